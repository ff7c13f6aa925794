"""The rows of bench/lifecycle.py about registries, the store and kill -9: each returns its figures, "met" among them."""

import collections
import hashlib
import json
import pathlib
import queue
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

import guests
from client import Connection, fetch
from gateway import ROOT, Gateway, binary, ingress, service, wasm_plugin
from harness import lying_registry as lies
from harness import network
from harness.forger import Forger, variant_section
from registry import Registry
from test_faults import custom_section
from test_oci import settings
from upstream import Upstream

BLOCK = ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm"
RULES = {"block_urls": ["swagger.html"]}
REFUSED_WITHIN = 130  # seconds: five tries of 15 s each, and the waits between them


def files_for(upstream, registry_host, **more):
    return {"good.yaml": ingress("good", "origin", path="/good"), "service.yaml": service("origin", [upstream.endpoint()]),
            "settings.yaml": settings(registry_host), **more}


def plugin_on(name, path, url, **spec):
    """An Ingress and a plug-in of that route only, as one file."""
    return ingress(name, "origin", path=path) + "---\n" + wasm_plugin(name, "", url=url, match_rules=[{"ingress": [f"default/{name}"], "config": {}}],
                                                                      **spec)


def plugins_of(gateway):
    return {p["resource"].rpartition("/")[2] if "resource" in p else p["name"].rpartition("/")[2]: p
            for p in json.loads(fetch(gateway.admin_port, path="/plugins").body)["plugins"]}


def store_files(state):
    """(whole, wrong, half-written) of the store under a state folder: a whole file's bytes hash to its name."""
    whole, wrong, parts = [], [], []
    for path in sorted((pathlib.Path(state) / "artifacts").rglob("*")):
        if not path.is_file():
            continue
        if path.name.startswith(".part-"):
            parts.append(path)
        elif path.parent.name == "blobs":
            (whole if hashlib.sha256(path.read_bytes()).hexdigest() == path.name else wrong).append(path)
        else:
            try:
                json.loads(path.read_text())
                whole.append(path)
            except ValueError:
                wrong.append(path)
    return whole, wrong, parts


def telling():
    """A module that logs at its start, so that a run cannot stay unseen."""
    return guests.guest("telling", """
      (data (i32.const 0) "this code was run")
      (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (drop (call $log (i32.const 4) (i32.const 0) (i32.const 17))) (i32.const 1))""",
                        imports='(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))').read_bytes()


def chaos(options):
    """R-30: a registry with every kind of fault, at the manifest and at the layer: time, tries and log lines of each, and the gateway serves on."""
    kinds = [*lies.FAULTS, *lies.LAYERS]
    rounds = max(1, (options.count or 10 * len(kinds)) // len(kinds))
    module, layers = telling(), {kind: make() for kind, make in lies.LAYERS.items()}
    work = queue.Queue()
    slow = {"never answers", "half a head", "half a body, then nothing", "drips", "429 for an hour"}
    for kind in sorted(kinds, key=lambda kind: kind not in slow):  # the long ones first
        for number in range(rounds):
            # What only a manifest can have wrong is no fault of a layer.
            part = "manifest" if number % 2 == 0 or kind in lies.HARMLESS else "blob"
            work.put((kind, part, f"f{kinds.index(kind)}-{number}"))
    rows, victims, lock = [], collections.Counter(), threading.Lock()

    def run_tasks(registry, upstream):
        with Gateway(files_for(upstream, registry.host), workers=1) as gateway:
            while True:
                try:
                    kind, part, name = work.get_nowait()
                except queue.Empty:
                    break
                if kind in layers:
                    registry.add(f"chaos/{name}", lies.Image(layer=layers[kind]))
                else:
                    registry.add(f"chaos/{name}", lies.Image(module + variant_section(name)), **{part: lies.FAULTS[kind]})
                at, kept = len(gateway.log()), len(store_files(gateway.state)[0])
                begin, seen = time.monotonic(), collections.Counter()
                gateway.write("plugin.yaml", plugin_on(name, f"/{name}", f"oci://{registry.host}/chaos/{name}:1"))
                line = None
                while line is None and time.monotonic() - begin < 2 * REFUSED_WITHIN:
                    try:
                        seen[str(fetch(gateway.port, path="/good").status)] += 1
                    except (OSError, AssertionError) as problem:
                        seen[repr(problem)] += 1
                    time.sleep(0.05)
                    line = re.search(rf"plug-in higress-system/{name}: (.*)|generation \d+ serves", gateway.log()[at:])
                took = time.monotonic() - begin
                time.sleep(0.05)
                text = gateway.log()[at:]
                lines = [entry for entry in text.splitlines() if name in entry]
                rows.append({"kind": kind, "part": part, "seconds": took, "requests": registry.requests[f"chaos/{name}"], "lines": len(lines),
                             "line": lines[0][lines[0].find("plug-in"):].replace(name, "…") if lines else "", "ran": "this code was run" in text,
                             "left": 0 if kind in lies.HARMLESS else len(store_files(gateway.state)[0]) - kept})
                with lock:
                    victims.update(seen)
            with lock:
                victims["alive" if gateway.process.poll() is None else "dead"] += 1

    registry = lies.LyingRegistry()
    with Upstream() as upstream:
        threads = [threading.Thread(target=run_tasks, args=(registry, upstream)) for _ in range(min(20, work.qsize()))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    registry.close()
    by_kind, bad = {}, [row for row in rows if row["kind"] not in lies.HARMLESS]
    for kind in kinds:
        mine = [row for row in rows if row["kind"] == kind]
        by_kind[kind] = {"n": len(mine), "longest_s": round(max(r["seconds"] for r in mine), 1), "most_requests": max(r["requests"] for r in mine),
                         "log_lines": sorted({r["lines"] for r in mine}), "ran": sum(r["ran"] for r in mine),
                         "says": sorted({r["line"].split(";")[0][:160] for r in mine})[:2]}
    return {"kinds": len(by_kind), "pulls": len(rows), "longest_s": max(k["longest_s"] for k in by_kind.values()),
            "most_requests": max(k["most_requests"] for k in by_kind.values()), "other_than_one_line": sum(r["lines"] != 1 for r in bad),
            "ran": sum(r["ran"] for r in bad), "answers_beside": dict(victims), "store_files_left": sum(r["left"] for r in bad), "by_kind": by_kind,
            "met": all(r["seconds"] <= REFUSED_WITHIN and r["lines"] == 1 and not r["ran"] and not r["left"] for r in bad)
            and set(victims) == {"200", "alive"}}


def forgeries(options):
    """R-29: wrong digests, wrong signatures, truncated artifacts: all refused, nothing of them is run, nothing stays in the store."""
    count, batch = options.count or 500, 50
    module = telling()
    registry = lies.LyingRegistry()
    reasons, accepted, left, wrong, statuses, by_kind = collections.Counter(), [], [], 0, collections.Counter(), collections.Counter()
    with tempfile.TemporaryDirectory(prefix="wasmgate-forged-") as folder, Upstream() as upstream:
        forger = Forger(registry, pathlib.Path(folder), module)
        # First that the good ones are taken: what is refused below is refused for its forgery.
        good = lies.Image(module)
        registry.add("good/image", good)
        registry.add("good/image", lies.signature_image(forger.private, good.digest), tag=good.digest.replace(":", "-") + ".sig")
        registry.faults["good/image"] = {}
        with Gateway(files_for(upstream, registry.host, **{"plugin.yaml": plugin_on(
                "g", "/g", f"oci://{registry.host}/good/image:1", sha256=good.digest[7:], verificationKey=forger.public)})) as gateway:
            taken = fetch(gateway.port, path="/g").status == 200 and "this code was run" in gateway.log()
        with Gateway(files_for(upstream, registry.host), workers=1) as gateway:
            for first in range(0, count, batch):
                text, names = [], {}
                for number in range(first, min(count, first + batch)):
                    kind = forger.kinds[number % len(forger.kinds)]
                    names[f"v{number}"] = kind
                    text.append(plugin_on(f"v{number}", f"/v{number}", **forger.make(kind, f"v{number}")))
                gateway.write("plugins.yaml", "\n---\n".join(text))
                gateway.wait_for_log(f"generation {first // batch + 2} serves", timeout=240)
                for name, kind in names.items():
                    answer = fetch(gateway.port, path=f"/{name}").status
                    statuses[answer] += 1
                    found = re.findall(rf"plug-in higress-system/{name}: (\w+):", gateway.log())
                    reasons.update(found[:1])
                    by_kind[kind] += bool(found)
                    if not found or answer != 503:
                        accepted.append(kind)
                    registry.forget(f"forged/{name}")
                statuses[f"good {fetch(gateway.port, path='/good').status}"] += 1
                whole, bad, parts = store_files(gateway.state)
                left = [*whole, *parts]
                wrong += len(bad)
            ran = gateway.log().count("this code was run")
            left = [str(path.relative_to(gateway.state)) for path in left]
            alive = gateway.process.poll() is None
    registry.close()
    return {"variants": count, "kinds": len(forger.kinds), "good_one_taken": taken, "refused": sum(by_kind.values()), "reasons": dict(reasons),
            "accepted": accepted, "ran": ran, "files_left_in_store": len(left), "left": left[:5], "files_with_wrong_hash": wrong,
            "statuses": {str(k): v for k, v in statuses.items()}, "alive": alive, "by_kind": dict(by_kind),
            "met": taken and not accepted and sum(by_kind.values()) == count and ran == 0 and not left and alive}


def outage(options):
    """R-28: no registry: a restart and a change with known digests serve; an unknown one leaves the old generation, is told and is tried with back-off."""
    seconds = options.seconds
    registry = Registry()
    results = {}
    with tempfile.TemporaryDirectory(prefix="wasmgate-outage-") as folder, Upstream() as upstream:
        state = pathlib.Path(folder) / "state"
        digests = [registry.push(guests.file(f"b{i}.wasm", BLOCK.read_bytes() + variant_section(str(i))), f"team/block:v{i}")[7:] for i in range(2)]

        def resource(number, rules=None, **spec):
            return wasm_plugin("block", "", url=f"oci://{registry.host}/team/block:v{number}", sha256=digests[number] if number < 2 else "1" * 64,
                               default_config=rules or RULES, **spec)

        def files(text):
            return {**files_for(upstream, registry.host), "web.yaml": ingress("web", "origin"), "plugin.yaml": text}

        def blocks(gateway, path="/swagger.html"):
            return fetch(gateway.port, path=path).status == 403 and fetch(gateway.port, path="/good").status == 200

        with Gateway(files(resource(0)), state_dir=state) as gateway:
            first = blocks(gateway)
            gateway.write("plugin.yaml", resource(1))
            gateway.wait_for_log("generation 2 serves", timeout=60)
        registry.stop()
        restarts, served = [], 0
        for number in range(options.count or 20):
            begin = time.monotonic()
            with Gateway(files(resource(number % 2)), state_dir=state) as gateway:
                served += blocks(gateway)
                restarts.append(time.monotonic() - begin)
        results |= {"restarts": len(restarts), "restarts_that_served": served, "restart_to_answer_ms_median": round(1000 * statistics.median(restarts)),
                    "restart_to_answer_ms_longest": round(1000 * max(restarts))}
        with Gateway(files(resource(0)), state_dir=state) as gateway:
            changes = 0
            for number in range(1, 21):
                gateway.write("plugin.yaml", resource(number % 2, {"block_urls": [f"word-{number}"]}))
                gateway.wait_for_log(f"generation {number + 1} serves", timeout=30)
                changes += blocks(gateway, f"/word-{number}")
            results["changes_with_known_digests"], results["of_which_served"] = 20, changes
            # Now the address is taken by something that closes each connection, so that the tries can be counted.
            counter = lies.LyingRegistry(registry.port)
            counter.answer = lambda target: (counter.times.append(time.monotonic()), b"")[1]
            begin, statuses = time.monotonic(), collections.Counter()
            gateway.write("plugin.yaml", resource(2, {"block_urls": ["never"]}))
            gateway.wait_for_log("its last good generation goes on", timeout=60)
            while time.monotonic() - begin < seconds:
                statuses["old rule" if blocks(gateway, "/word-20") else "other"] += 1
                time.sleep(0.1)
            told = json.loads((state / "status.json").read_text())
            page = json.loads(fetch(gateway.admin_port, path="/plugins").body)["plugins"][0]
            gaps = [b - a for a, b in zip(counter.times, counter.times[1:])]
            log_lines = gateway.log().count("its last good generation goes on")
            rounds = [gap for gap in gaps if gap > 5]
            counter.close()
            registry.start()
            registry.push(guests.file("b2.wasm", BLOCK.read_bytes() + variant_section("2")), "team/block:v2")
        waited = _wait_beside_silence(upstream)
    message = next((c["message"] for c in page["conditions"] if c["status"] == "False"), "")
    registry.close()
    results |= {
        "unknown_seconds": seconds, "answers_by_the_old_generation": statuses["old rule"], "other_answers": statuses["other"],
        "requests_to_the_registry": len(counter.times), "requests_per_minute": [sum(m * 60 <= t - begin < m * 60 + 60 for t in counter.times)
                                                                                for m in range(-(-seconds // 60))],
        "waits_between_rounds_s": [round(gap, 1) for gap in rounds], "log_lines": log_lines, "status_page": message[:300],
        "in_status_file": "ImagePullFailed" in json.dumps(told), "change_beside_a_silent_registry_waits_s": round(waited, 1)}
    results["met"] = (first and served == len(restarts) and changes == 20 and statuses["other"] == 0 and bool(message) and results["in_status_file"]
                      and all(b > 1.5 * a for a, b in zip(rounds, rounds[1:])))
    return results


def _wait_beside_silence(upstream):
    """Seconds until a change of a route serves that comes while a registry keeps us waiting for a plug-in's manifest."""
    silent = lies.LyingRegistry()
    silent.add("team/silent", lies.Image(telling()), manifest=lies.FAULTS["never answers"])
    try:
        with Gateway(files_for(upstream, silent.host)) as gateway:
            gateway.write("plugin.yaml", plugin_on("silent", "/silent", f"oci://{silent.host}/team/silent:1"))
            while not silent.times:
                time.sleep(0.01)
            begin = time.monotonic()
            gateway.write("new.yaml", ingress("new", "origin", path="/new"))
            while fetch(gateway.port, path="/new").status == 404 and time.monotonic() - begin < 2 * REFUSED_WITHIN:
                time.sleep(0.05)
            return time.monotonic() - begin
    finally:
        silent.close()


class Process:
    """One gateway on folders that outlive it."""

    def __init__(self, folder, port, admin):
        self.port, self.admin_port, self.log_path = port, admin, folder / "gateway.log"
        with open(self.log_path, "wb") as log:
            self.begin = time.monotonic()
            self.process = subprocess.Popen(
                [binary(), "run", "-f", folder / "conf", "--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}", "--workers", "1",
                 "--state-dir", folder / "state", "--access-log", "off"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def first_answer(self):
        """(Milliseconds from the start, status)."""
        while True:
            try:
                with Connection(self.port, timeout=60) as connection:
                    status = connection.request(path="/swagger.html").status
                return (time.monotonic() - self.begin) * 1000, status
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.begin > 60:
                    raise RuntimeError(self.log_path.read_text()) from None
                time.sleep(0.001)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def kills(options):
    """R-27, O-11: kill -9 at random moments of start, fetch, store and reload: the next start serves, from whole files only."""
    count, limit = options.count or 1000, options.limit
    moments, registry, versions = random.Random(27), Registry(), 5
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-kills-"))
    ports = network.Ports()
    port, admin = ports.take(), ports.take()
    known, fresh, phases, wrong_digest, wrong_files, parts_seen, parts_kept, refused = [], [], collections.Counter(), 0, 0, 0, 0, 0
    try:
        digests = []
        for version in range(versions):
            # Half a megabyte that gzip cannot shorten, so that a store takes a while.
            module = BLOCK.read_bytes() + custom_section("ballast", random.Random(version).randbytes(512 * 1024))
            digests.append(hashlib.sha256(module).hexdigest())
            registry.push(guests.file(f"v{version}.wasm", module), f"team/block:v{version}")
        (folder / "conf").mkdir()

        def write(name, text):
            part = folder / f"{name}.part"
            part.write_text(text)
            part.rename(folder / "conf" / name)

        def choose(version):
            write("plugin.yaml", wasm_plugin("block", "", url=f"oci://{registry.host}/team/block:v{version}", default_config=RULES))

        with Upstream() as upstream:
            for name, text in {**files_for(upstream, registry.host), "web.yaml": ingress("web", "origin")}.items():
                write(name, text)
            current, done = 0, 0
            served = set()  # versions that served since the state was taken away
            choose(current)
            begin = time.monotonic()
            while done < count and time.monotonic() - begin < limit:
                phase = moments.choices(("start", "reload", "empty start"), (5, 14, 1))[0]
                if phase != "reload":
                    if phase == "empty start":
                        shutil.rmtree(folder / "state", ignore_errors=True)
                        served.clear()
                    process = Process(folder, port, admin)
                    time.sleep(moments.uniform(0.0, 0.3 if phase == "start" else 1.0))
                else:
                    process = Process(folder, port, admin)
                    took, status = process.first_answer()
                    (known if current in served else fresh).append(took)
                    page = fetch(admin, path="/plugins").body.decode()
                    wrong_digest += digests[current] not in page or status != 403
                    served.add(current)
                    current = moments.randrange(versions)
                    if moments.random() < 0.2:  # as if it were new: fetched, stored, compiled
                        shutil.rmtree(folder / "state/artifacts/blobs")
                        (folder / "state/artifacts/blobs").mkdir(mode=0o700)
                        served.clear()
                    choose(current)
                    process.process.send_signal(signal.SIGHUP)
                    time.sleep(moments.uniform(0.0, 0.25))
                process.kill()
                done += 1
                phases[phase] += 1
                whole, wrong, parts = store_files(folder / "state")
                wrong_files += len(wrong)
                parts_seen += len(parts)
            # At the end without any registry, when the last one was whole; and nothing half-written stays.
            process = Process(folder, port, admin)
            final = process.first_answer()[1]
            parts_kept = len(store_files(folder / "state")[2])
            process.kill()
            registry.stop()
            process = Process(folder, port, admin)
            without = process.first_answer()[1]
            refused = process.log_path.read_text().count("error")
            process.kill()
    finally:
        registry.close()
        shutil.rmtree(folder, ignore_errors=True)
    return {"kills": done, "phases": dict(phases), "seconds": round(time.monotonic() - begin), "starts_measured": len(known) + len(fresh),
            "start_known_ms": {"n": len(known), "median": round(statistics.median(known), 1), "p99": round(sorted(known)[int(0.99 * (len(known) - 1))], 1),
                               "longest": round(max(known), 1)},
            "start_that_must_fetch_ms": {"n": len(fresh), "median": round(statistics.median(fresh), 1), "longest": round(max(fresh), 1)},
            "wrong_code_or_answer": wrong_digest, "files_whose_hash_is_wrong": wrong_files, "half_written_seen": parts_seen,
            "half_written_after_a_start": parts_kept, "last_starts": [final, without], "errors_at_last_start": refused,
            "met": wrong_digest == 0 and wrong_files == 0 and parts_kept == 0 and (final, without) == (403, 403) and statistics.median(known) <= 500}
