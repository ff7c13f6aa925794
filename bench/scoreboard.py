#!/usr/bin/env python3
"""What a bad plug-in or a change of configuration does to everybody else: the reliability scoreboard, with figures.

    scoreboard.py                        every row, a minute each
    scoreboard.py --row loop --seconds 20
    scoreboard.py --row reload --changes 2000
    scoreboard.py --row pack --row deadlines --row modules

A victim route is loaded by a schedule (2,000 requests/s; latency counts from when a request was due) while something bad happens on
another route of the same worker. One line per row, and bench/results/<date>-scoreboard.json.
"""

import argparse
import collections
import contextlib
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests/e2e"))
import guests  # noqa: E402
import hostile_modules  # noqa: E402
import strangers  # noqa: E402
from client import Connection, fetch  # noqa: E402
from gateway import Gateway, ingress, service, wasm_plugin  # noqa: E402
from harness import machine, network, servers  # noqa: E402
from harness.paced import PacedLoad  # noqa: E402

GATEWAY_CORE, LOAD_CORE = 1, 0
LIMITS = ("apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {name: gateway}\n"
          "spec:\n  limits:\n    requestsPerConnection: 100000000\n")
VICTIM_RATE = 2000


def on_core(gateway):
    """Keeps the gateway off the load generators' core."""
    for thread in pathlib.Path(f"/proc/{gateway.process.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {GATEWAY_CORE})


class Bench:
    """An upstream, and gateways of one worker with the routes /good (no plug-in) and /bad."""

    def __init__(self, folder, ports):
        self.upstream = servers.Upstream(ports.take(), folder)
        self.upstream.start(LOAD_CORE)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.upstream.port), 1).close()
                return
            time.sleep(0.02)
        raise RuntimeError("the upstream does not answer")

    def gateway(self, module=None, **spec):
        files = {"good.yaml": ingress("good", "origin", path="/good"), "bad.yaml": ingress("bad", "origin", path="/bad"),
                 "service.yaml": service("origin", [("127.0.0.1", self.upstream.port)]), "gateway.yaml": LIMITS}
        if module is not None:
            files["plugin.yaml"] = wasm_plugin("bad", module, match_rules=[{"ingress": ["default/bad"], "config": {}}], **spec)
        gateway = Gateway(files, workers=1)
        on_core(gateway)
        return gateway

    def victim(self, gateway, seconds):
        return PacedLoad(gateway.port, VICTIM_RATE, seconds, path="/good", connections=32, core=LOAD_CORE)

    def baseline(self, gateway, seconds):
        self.victim(gateway, 2).wait()  # warm-up
        return self.victim(gateway, seconds).wait()


def milliseconds(seconds):
    return round(seconds * 1000, 2)


def under_attack(bench, module, rate, seconds, **spec):
    """The victim's figures before and during `rate` requests/s to the bad plug-in."""
    with bench.gateway(module, **spec) as gateway:
        # The same second load to a harmless route first: what the generators cost each other is in both figures.
        beside = PacedLoad(gateway.port, rate, max(5, seconds // 4) + 4, path="/good/beside", connections=8, reconnect=True, core=LOAD_CORE)
        before = bench.baseline(gateway, max(5, seconds // 4))
        beside.wait()
        rss = gateway.rss_kib()
        victim = bench.victim(gateway, seconds)
        bad = PacedLoad(gateway.port, rate, seconds, path="/bad", connections=8, reconnect=True, core=LOAD_CORE)
        victim, bad = victim.wait(), bad.wait()
        log = gateway.log()
        return {
            "victim_answers": len(victim.samples), "victim_lost": victim.lost, "victim_failures": victim.failures,
            "victim_statuses": victim.statuses,
            "p50_before_ms": milliseconds(before.percentile(0.5)), "p50_during_ms": milliseconds(victim.percentile(0.5)),
            "p99_before_ms": milliseconds(before.percentile(0.99)), "p99_during_ms": milliseconds(victim.percentile(0.99)),
            "p99_ratio": round(victim.percentile(0.99) / before.percentile(0.99), 2),
            "p99_ratio_after_5_s": round(victim.percentile(0.99, begin=5) / before.percentile(0.99), 2),
            "victim_longest_ms": milliseconds(victim.longest()),
            "bad_statuses": bad.statuses, "bad_lost": bad.lost, "bad_longest_ms": milliseconds(bad.longest()),
            "quarantines": log.count("it is in quarantine"), "rss_growth_mib": round((gateway.rss_kib() - rss) / 1024, 1),
            "alive": gateway.process.poll() is None,
        }


def loop(bench, options):
    """R-12: a plug-in that never comes back, 50 requests/s to it."""
    figures = under_attack(bench, guests.looping(), 50, options.seconds)
    figures["met"] = (figures["victim_lost"] == 0 and not figures["victim_failures"] and figures["p99_ratio"] <= 1.5
                      and figures["p99_ratio_after_5_s"] <= 1.1 and figures["alive"])
    return figures


def hog(bench, options):
    """R-13: a plug-in that takes all memory it can get, 50 requests/s to it."""
    figures = under_attack(bench, guests.growing(), 50, options.seconds)
    figures["met"] = figures["victim_lost"] == 0 and not figures["victim_failures"] and figures["rss_growth_mib"] <= 200 and figures["alive"]
    return figures


def storm(bench, options):
    """R-14: a plug-in that traps at every request, 500 requests/s to it."""
    figures = under_attack(bench, guests.trapping(), 500, options.seconds)
    figures["met"] = (figures["victim_lost"] == 0 and not figures["victim_failures"] and figures["p99_ratio"] <= 1.1
                      and set(figures["bad_statuses"]) == {503} and figures["alive"])
    return figures


def reload(bench, options):
    """R-20: changes of route, plug-in configuration and plug-in digest at full rate on 64 connections that never reconnect."""
    modules = [guests.adding_header("x-version", f"v{i}") for i in range(2)]
    with bench.gateway() as gateway:
        gateway.write("plugin.yaml", wasm_plugin("version", modules[0], default_config={}))
        gateway.wait_for_log("generation 2 serves", timeout=20)
        before = bench.baseline(gateway, 5)
        sizes = []

        def change(number):
            kind = number % 3
            if kind == 0:
                gateway.write("plugin.yaml", wasm_plugin("version", modules[number % 2], default_config={"round": number}))
            elif kind == 1:
                gateway.write("plugin.yaml", wasm_plugin("version", modules[(number // 3) % 2], default_config={}))
            else:
                gateway.write("extra.yaml", ingress("extra", "origin", path=f"/extra-{number}"))
            wanted = f"generation {number + 2} serves"
            end = time.monotonic() + 20
            while wanted not in gateway.log()[-20000:]:
                if time.monotonic() > end:
                    raise RuntimeError(f"{wanted}: not within 20 s\n{gateway.log()[-3000:]}")
                time.sleep(0.002)

        # The load must last longer than the changes: these wait for 100 ms of quiet each, and for the machine.
        first = 20
        begin = time.monotonic()
        for number in range(1, first + 1):
            change(number)
        seconds = (time.monotonic() - begin) / first * options.changes * 1.3 + 5
        load = PacedLoad(gateway.port, VICTIM_RATE, seconds, path="/good", connections=64, core=LOAD_CORE)
        begin = time.monotonic()
        for number in range(first + 1, first + options.changes + 1):
            change(number)
            if number % max(1, options.changes // 20) == 0:
                sizes.append((number, gateway.rss_kib()))
        covered = load.process.poll() is None
        took = time.monotonic() - begin
        report = load.wait()
    half = sizes[len(sizes) // 2:]  # after warm-up
    slope = (half[-1][1] - half[0][1]) / max(1, half[-1][0] - half[0][0])
    return {
        "changes": options.changes, "load_lasted_longer": covered, "changes_per_second": round(options.changes / took, 1), "answers": len(report.samples),
        "lost": report.lost, "closed_or_failed": report.failures, "statuses": report.statuses,
        "p99_before_ms": milliseconds(before.percentile(0.99)), "p99_during_ms": milliseconds(report.percentile(0.99)),
        "longest_before_ms": milliseconds(before.longest()), "longest_ms": milliseconds(report.longest()),
        "rss_kib_per_change": round(slope, 2), "rss_mib": round(sizes[-1][1] / 1024, 1),
        "met": covered and report.lost == 0 and not report.failures and set(report.statuses) == {200} and slope <= 1.0,
    }


class Attacker:
    """Asks one path again and again for some seconds, a new connection each time; an answer, a reset or nothing is all the same."""

    def __init__(self, port, path, seconds):
        self.port, self.path, self.seconds, self.statuses = port, path, seconds, collections.Counter()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        end = time.monotonic() + self.seconds
        body = b"x" * (2 * 1024 * 1024) if self.path == "/m37" else b"body"
        while time.monotonic() < end:
            try:
                with Connection(self.port, timeout=30) as connection:
                    self.statuses[str(connection.request("POST", self.path, body=body, headers=[("x-garbage", "30")]).status)] += 1
            except OSError as problem:
                self.statuses[type(problem).__name__] += 1
            time.sleep(0.02)


def settled_memory(gateway, seconds=20):
    """Resident and private (anonymous) MiB once they have stopped falling."""
    def look():
        status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
        return {name: round(int(re.search(rf"^{field}:\s+(\d+) kB", status, re.M)[1]) / 1024, 1)
                for name, field in (("resident", "VmRSS"), ("private", "RssAnon"))}
    lowest, since = look(), time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(1)
        now = look()
        if now["resident"] < lowest["resident"] * 0.998:
            lowest, since = now, time.monotonic()
    return lowest


def pack(bench, options):
    """R-15, R-77: every hostile module some seconds each on one process, then taken away, several times; a neighbour's stores before and after."""
    rows = hostile_modules.modules()
    each = max(1, options.seconds // 12)
    keeper = wasm_plugin("keeper", strangers.cpp() / "keeper.wasm", match_rules=[{"ingress": ["default/keep"], "config": {}}])
    with bench.gateway() as gateway:
        def serves(generation):
            gateway.wait_for_log(f"generation {generation} serves", timeout=180)

        gateway.write("keep.yaml", ingress("keep", "origin", path="/keep"))
        gateway.write("keeper.yaml", keeper)
        while fetch(gateway.port, path="/keep/put").body != b"kept":
            time.sleep(0.2)
        bench.victim(gateway, 5).wait()
        before, memory = fetch(gateway.port, path="/keep/get"), [settled_memory(gateway)]
        victims, statuses, highest, with_modules = [], collections.defaultdict(collections.Counter), 0, 0
        for _ in range(options.pack_rounds):
            for name, text in hostile_modules.files(rows, "origin").items():
                gateway.write(name, text)
            while "/m45" not in fetch(gateway.admin_port, path="/config_dump").body.decode():
                time.sleep(0.5)
            time.sleep(10)
            with_modules = gateway.rss_kib()
            victim = PacedLoad(gateway.port, options.pack_rate, each * len(rows), path="/good", connections=32, core=LOAD_CORE)
            for row, *_ in rows:
                attacker = Attacker(gateway.port, f"/{row}", each)
                attacker.thread.join()
                statuses[row].update(attacker.statuses)
                highest = max(highest, gateway.rss_kib())
            victims.append(victim.wait())
            after = fetch(gateway.port, path="/keep/get")
            for name in hostile_modules.files(rows, "origin"):
                gateway.remove(name)
            while "/m45" in fetch(gateway.admin_port, path="/config_dump").body.decode():
                time.sleep(0.5)
            memory.append(settled_memory(gateway))
        changed = sum(a != b for a, b in zip(before.body, after.body)) + abs(len(before.body) - len(after.body))
        lost, failures = sum(v.lost for v in victims), [why for v in victims for why in v.failures]
        answered = set().union(*(v.statuses for v in victims))
        return {
            "modules": len(rows), "seconds_each": each, "rounds": options.pack_rounds, "victim_rate": options.pack_rate,
            "victim_answers": sum(len(v.samples) for v in victims), "victim_lost": lost, "victim_failures": failures,
            "victim_statuses": sorted(answered), "victim_p99_ms": [milliseconds(v.percentile(0.99)) for v in victims],
            "victim_longest_ms": [milliseconds(v.longest()) for v in victims],
            "attacks": sum(s.total() for s in statuses.values()), "statuses": {row: dict(s) for row, s in statuses.items()},
            "memory_mib": {"before": memory[0], "after_round": memory[1:]},
            "rss_mib_with_modules": round(with_modules / 1024, 1), "rss_mib_highest": round(highest / 1024, 1),
            "rss_ratio": [round(m["resident"] / memory[0]["resident"], 3) for m in memory[1:]],
            "rss_ratio_after_two_rounds": round(memory[-1]["resident"] / memory[2]["resident"], 3),
            "neighbour_bytes_compared": len(before.body), "neighbour_bytes_changed": changed,
            "neighbour_counter": [before.get("x-counter"), after.get("x-counter")],
            "neighbour_ticks": [int(before.get("x-ticks")), int(after.get("x-ticks"))], "alive": gateway.process.poll() is None,
            "met": lost == 0 and not failures and answered == {200} and gateway.process.poll() is None
                   and memory[-1]["resident"] <= memory[2]["resident"] * 1.02 and changed == 0
                   and before.get("x-counter") == after.get("x-counter"),
        }


def deadlines(bench, options):
    """R-16: 64 VMs, half of which run into their deadlines all the time: is a call of the other half ended, too?"""
    workers, calm, loops = 8, 4, 4
    files = {"service.yaml": service("origin", [("127.0.0.1", bench.upstream.port)]), "gateway.yaml": LIMITS}
    busy = guests.guest("busy", """(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (local $i i32)
        (loop $more (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $more (i32.lt_u (local.get $i) (i32.const 1000000))))
        (i32.const 0))""")
    for kind, module, count, notes in (("calm", busy, calm, {"call-deadline": "5s", "request-deadline": "10s"}),
                                       ("loop", guests.looping(), loops, {"call-deadline": "5ms", "crash-budget": "1000000", "backoff-min": "1ms",
                                                                          "backoff-max": "2ms"})):
        for i in range(count):
            name = f"{kind}{i}"
            files[f"{name}.yaml"] = ingress(name, "origin", path=f"/{name}")
            files[f"p-{name}.yaml"] = wasm_plugin(name, module, match_rules=[{"ingress": [f"default/{name}"], "config": {}}],
                                                  annotations={f"wasmgate.io/{k}": v for k, v in notes.items()})
    with Gateway(files, workers=workers, ready=60) as gateway:
        callers = {name: [Attacker(gateway.port, f"/{name}{i}", options.seconds) for i in range(4)] for name in ("calm", "loop")}
        answers = {name: collections.Counter() for name in callers}
        for name, group in callers.items():
            for caller in group:
                caller.thread.join()
                answers[name].update(caller.statuses)
        page = fetch(gateway.admin_port, path="/stats/prometheus").body.decode()
        fired = {name: int(value) for name, value in re.findall(
            r'^wasmgate_plugin_failures_total\{(?=[^}]*cause="deadline")[^}]*plugin="([^"]+)"[^}]*\} (\d+)', page, re.M)}
        collateral = sum(count for name, count in fired.items() if "calm" in name)
        deadline_count = sum(count for name, count in fired.items() if "loop" in name)
        return {"vms": workers * (calm + loops), "deadlines_fired": deadline_count, "loop_answers": answers["loop"], "calm_answers": answers["calm"],
                "collateral_traps": collateral, "met": set(answers["calm"]) == {"200"} and collateral == 0 and deadline_count > 100}


def modules(bench, options):
    """R-08: damaged and random modules, loaded as plug-ins in batches: each is refused with a reason or runs, and the process lives."""
    good = (strangers.cpp() / "headers.wasm").read_bytes()
    source = random.Random(1)
    count = options.modules
    damaged = [good[:source.randrange(len(good))] for _ in range(count // 4)]
    for _ in range(count // 4):
        flipped = bytearray(good)
        flipped[source.randrange(len(good))] ^= 1 << source.randrange(8)
        damaged.append(bytes(flipped))
    for _ in range(count // 4):
        edited = bytearray(good)
        at = source.randrange(len(good) - 16)
        edited[at:at + source.randrange(1, 16)] = source.randbytes(source.randrange(16))
        damaged.append(bytes(edited))
    everything = damaged + hostile_modules.random_modules(count - len(damaged), 2)
    source.shuffle(everything)
    batch = 50
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-modules-"))
    runs, reasons, begin = 0, collections.Counter(), time.monotonic()
    with bench.gateway() as gateway:
        rss = 0
        for first in range(0, len(everything), batch):
            text = []
            for number, data in enumerate(everything[first:first + batch], first):
                path = folder / f"{number}.wasm"
                path.write_bytes(data)
                text.append(wasm_plugin(f"m{number}", path, default_config={}, failStrategy="FAIL_OPEN",
                                        annotations={f"wasmgate.io/{k}": v for k, v in (("call-deadline", "10ms"), ("start-deadline", "100ms"),
                                                                                        ("pause-limit", "100ms"))}))
            gateway.write("plugins.yaml", "\n---\n".join(text))
            gateway.wait_for_log(f"generation {first // batch + 2} serves", timeout=180)
            for _ in range(3):
                if fetch(gateway.port, path="/good").status not in (200, 400, 403, 404, 413, 500, 502, 503, 504) or gateway.process.poll() is not None:
                    raise RuntimeError("the gateway does not answer")
            for plugin in json.loads(fetch(gateway.admin_port, path="/plugins").body)["plugins"]:
                refusal = [c for c in plugin["conditions"] if c["status"] == "False" and c["message"]]
                if refusal:
                    reasons[refusal[0]["reason"]] += 1
                else:
                    runs += 1
            for number in range(first, min(first + batch, len(everything))):
                (folder / f"{number}.wasm").unlink()
            if first == len(everything) // 4 // batch * batch:
                rss = gateway.rss_kib()
        took = time.monotonic() - begin
        alive, end = gateway.process.poll() is None, gateway.rss_kib()
    shutil.rmtree(folder)
    return {"modules": len(everything), "refused": dict(reasons), "run": runs, "milliseconds_per_module": round(1000 * took / len(everything), 1),
            "rss_mib_after_a_quarter": round(rss / 1024, 1), "rss_mib_end": round(end / 1024, 1), "alive": alive,
            "met": alive and runs > 0 and sum(reasons.values()) > 0}


ROWS = {"loop": loop, "hog": hog, "storm": storm, "reload": reload, "pack": pack,
        "deadlines": deadlines, "modules": modules}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", choices=list(ROWS))
    parser.add_argument("--seconds", type=int, default=60, help="of each attack")
    parser.add_argument("--changes", type=int, default=2000)
    parser.add_argument("--pack-rate", type=int, default=500, help="requests/s of the victim beside the hostile modules")
    parser.add_argument("--pack-rounds", type=int, default=3, help="how often all of them come and go (3 or more: the first two warm up)")
    parser.add_argument("--modules", type=int, default=4000)
    options = parser.parse_args()
    if {"pack", "modules"} & set(options.row or ROWS):
        strangers.cpp()  # built before the machine's network is out of sight
        hostile_modules.modules()
    place = network.enter_namespace()
    print(f"scoreboard: {place}")
    results = {}
    with tempfile.TemporaryDirectory(prefix="wasmgate-scoreboard-") as folder:
        bench = Bench(folder, network.Ports())
        try:
            for name in options.row or ROWS:
                results[name] = ROWS[name](bench, options)
                print(f"{name}: {ROWS[name].__doc__}\n  {json.dumps(results[name])}", flush=True)
        finally:
            bench.upstream.stop()
    out = HERE / "results" / f"{datetime.date.today()}-scoreboard.json"
    kept = json.loads(out.read_text())["rows"] if out.exists() else {}
    out.write_text(json.dumps({"machine": machine.facts(place), "rows": {**kept, **results}}, indent=1) + "\n")
    return 0 if all(row["met"] for row in results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
