"""The rows of bench/lifecycle.py about changes under load: each returns its figures, "met" among them.

Each configuration has a letter, A or B, and a number. The route's upstream, the plug-in's code and the plug-in's configuration tell
theirs in every answer's body ("A A {"n":"A000123"}"), so an answer that mixes two configurations, or is older than what serves, is seen.
"""

import collections
import re
import signal
import tempfile
import time

import guests
from client import Connection
from gateway import Gateway, ingress, service, wasm_plugin
from harness import network
from harness.figures import line_fit
from harness.paced import PacedLoad
from harness.servers import Nginx

BODY = re.compile(r'^([AB]) ([AB]) \{"n":"([AB])(\d+)"\}$')
LIMITS = ("apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {name: gateway}\n"
          "spec:\n  limits:\n    requestsPerConnection: 100000000\n")
IMPORTS = """
  (import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))"""
GOES_ON = "its last good generation goes on"
STALE_AFTER = 0.05  # seconds: when we see that something serves, another worker may have done so a moment later


def telling(letter):
    """Tells its letter and its configuration in request headers. A configuration {"n":"X…"} is refused, "T…" traps, one for
    single routes ({"_rules_":…}) takes 5 s."""
    return guests.guest(f"telling-{letter}", f"""
      (data (i32.const 0) "x-code") (data (i32.const 16) "x-config") (data (i32.const 32) "{letter}")
      (global $size (mut i32) (i32.const 0))
      (func $time (result i64) (drop (call $now (i32.const 80))) (i64.load (i32.const 80)))
      (func (export "proxy_on_configure") (param i32 i32) (result i32) (local $kind i32) (local $end i64)
        (drop (call $get (i32.const 7) (i32.const 0) (local.get 1) (i32.const 64) (i32.const 68)))
        (global.set $size (i32.load (i32.const 68)))
        (memory.copy (i32.const 4096) (i32.load (i32.const 64)) (global.get $size))
        (local.set $kind (i32.load8_u (i32.const 4102)))
        (if (i32.eq (local.get $kind) (i32.const {ord('T')})) (then unreachable))
        (if (i32.eq (i32.load8_u (i32.const 4098)) (i32.const {ord('_')})) (then
          (local.set $end (i64.add (call $time) (i64.const 5000000000)))
          (loop $more (br_if $more (i64.lt_u (call $time) (local.get $end))))))
        (i32.ne (local.get $kind) (i32.const {ord('X')})))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $add (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 32) (i32.const 1)))
        (drop (call $add (i32.const 0) (i32.const 16) (i32.const 8) (i32.const 4096) (global.get $size)))
        (i32.const 0))""", imports=IMPORTS)


class Echo(Nginx):
    """Two servers that answer with their letter and what the plug-in told."""

    def __init__(self, ports, folder):
        self.ports = {"A": ports.take(), "B": ports.take()}
        super().__init__("echo", self.ports["A"], 0, folder)

    def http_block(self):
        return "".join(f'  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "{letter} $http_x_code $http_x_config"; }} }}\n'
                       for letter, port in self.ports.items())


def letter_of(number):
    return "AB"[number % 2]


class Changing:
    """A gateway whose configuration is changed while a load looks at every answer."""

    def __init__(self, upstream, workers=2):
        self.modules = {letter: telling(letter) for letter in "AB"}
        self.upstream, self.written, self.served = upstream, {}, {}
        files = {f"{letter.lower()}.yaml": service(f"origin-{letter.lower()}", [("127.0.0.1", port)]) for letter, port in upstream.ports.items()}
        self.gateway = Gateway({**files, "limits.yaml": LIMITS, "web.yaml": self.resources(0)}, workers=workers)
        self.written[0] = self.served[0] = time.monotonic()
        self.log = open(self.gateway.log_path, errors="replace")
        self.probe = Connection(self.gateway.port)
        self.line_start, self.lines, self.number = "", collections.deque(), 0

    def resources(self, number, route=None, code=None, kind=None, **spec):
        """Everything of one configuration in one file, so that it changes at once."""
        letter = letter_of(number)
        notes = {"wasmgate.io/start-deadline": "60s"}
        return (ingress("web", f"origin-{(route or letter).lower()}", path="/good") + "---\n"
                + wasm_plugin("p", self.modules[code or letter], default_config={"n": f"{kind or letter}{number:06}"}, annotations=notes, **spec))

    def read_log(self):
        """Takes what is new in the log to the lines that nobody has looked at yet."""
        *lines, self.line_start = (self.line_start + self.log.read()).split("\n")
        self.lines.extend(lines)

    def wait_for(self, text, timeout=60):
        """Log lines until one has `text`, that one included."""
        seen, end = [], time.monotonic() + timeout
        while True:
            self.read_log()
            while self.lines:
                seen.append(self.lines.popleft())
                if text in seen[-1]:
                    return seen
            if time.monotonic() > end:
                raise RuntimeError(f"{text!r}: not within {timeout} s\n" + "\n".join(seen[-20:]))
            time.sleep(0.001)

    def write(self, text, at_once):
        self.gateway.write("web.yaml", text)
        if at_once:
            self.gateway.process.send_signal(signal.SIGHUP)

    def change(self, at_once):
        """The next configuration, until it serves."""
        self.number += 1
        number = self.number
        self.written[number] = time.monotonic()
        self.write(self.resources(number), at_once)
        while True:
            self.wait_for(" serves on ")
            found = BODY.match(self.probe.request(path="/good").body.decode("latin-1"))
            if found and int(found[4]) == number:
                break
        self.served[number] = time.monotonic() + STALE_AFTER

    def judge(self, bodies):
        """(answers mixed of two configurations, answers of one that did not serve yet or any more, other bodies)."""
        mixed = wrong_time = other = 0
        served = sorted((at, number) for number, at in self.served.items())
        position = 0
        for sent, received, text in sorted(bodies):
            found = BODY.match(text)
            if not found:
                other += 1
                continue
            number = int(found[4])
            mixed += not (found[1] == found[2] == found[3] == letter_of(number))
            while position + 1 < len(served) and served[position + 1][0] <= sent:
                position += 1
            wrong_time += number < served[position][1] or self.written.get(number, float("inf")) > received
        return mixed, wrong_time, other

    def close(self):
        self.probe.close()
        self.log.close()
        self.gateway.stop()


class _Site:
    """Upstream and Changing, gone with the block."""

    def __init__(self, **options):
        self.options = options

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wasmgate-lifecycle-")
        self.upstream = Echo(network.Ports(), self.folder.name)
        self.upstream.start(0)
        time.sleep(0.5)
        self.site = Changing(self.upstream, **self.options)
        return self.site

    def __exit__(self, *_):
        self.site.close()
        self.upstream.stop()
        self.folder.cleanup()


def milliseconds(seconds):
    return round(seconds * 1000, 2)


def _load(site, rate, seconds):
    return PacedLoad(site.gateway.port, rate, seconds, path="/good", connections=64, bodies=True)


def _told(site, load, before):
    """What every row of changes tells of its load."""
    report = load.stop()
    mixed, wrong_time, other = site.judge(report.bodies)
    facts = {"answers": len(report.samples), "lost": report.lost, "closed_or_failed": report.failures, "statuses": report.statuses,
             "mixed_answers": mixed, "answers_at_a_wrong_time": wrong_time, "other_answers": other,
             "p50_ms": milliseconds(report.percentile(0.5)), "p99_ms": milliseconds(report.percentile(0.99)), "longest_ms": milliseconds(report.longest()),
             "p99_before_ms": milliseconds(before.percentile(0.99)), "longest_before_ms": milliseconds(before.longest())}
    clean = not (report.lost or report.failures or mixed or wrong_time or other) and set(report.statuses) == {200}
    return facts, clean


def _changes(options, count, at_once):
    with _Site() as site:
        for _ in range(20):
            site.change(at_once)
        before = _load(site, options.rate, 5).wait()
        load, sizes, begin, done = _load(site, options.rate, 2 * options.limit), [], time.monotonic(), 0
        time.sleep(0.5)
        while done < count and load.process.poll() is None and time.monotonic() - begin < options.limit:
            site.change(at_once)
            done += 1
            if done % 20 == 0:
                sizes.append((done, site.gateway.rss_kib()))
        took, covered = time.monotonic() - begin, load.process.poll() is None
        facts, clean = _told(site, load, before)
        late = [(x, y) for x, y in sizes if x >= done / 4]  # after warm-up
        slope = line_fit(late)[0] if len(late) > 2 else 0.0
        alive = site.gateway.process.poll() is None
    return {"changes": done, "milliseconds_per_change": round(took / done * 1000, 1), "seconds": round(took), "load_lasted_longer": covered, **facts,
            "rss_kib_per_change": round(slope, 3), "rss_mib_at_a_quarter": round(late[0][1] / 1024, 1) if late else None,
            "rss_mib_end": round(sizes[-1][1] / 1024, 1) if sizes else None,
            "met": clean and covered and alive and done == count and slope <= 1.0}


def files(options):
    """R-20: changes of route, plug-in configuration and plug-in digest, all three each time, through files, beside 64 connections."""
    return _changes(options, options.count or 2000, False)


def digests(options):
    """R-20: the same as fast as it goes: each change is told by SIGHUP instead of waiting for 100 ms of quiet."""
    return _changes(options, options.count or 10000, True)


def refused(options):
    """R-22: bad updates between good ones under load: the old one serves, each is told by name, what is active stays."""
    count = options.count or 1000
    damaged = guests.file("damaged.wasm", telling("A").read_bytes()[:-20])
    no_module = guests.file("text.wasm", b"no module")
    # kind: (text of the resources, what the log says, what its lines must name)
    kinds = {
        "refuses its configuration": (lambda s, n: s.resources(n, kind="X"), GOES_ON, ["higress-system/p", "module", "proxy_on_configure"]),
        "traps in its configuration": (lambda s, n: s.resources(n, kind="T"), GOES_ON, ["higress-system/p", "module", "proxy_on_configure"]),
        "damaged module": (lambda s, n: s.resources(n).replace(str(s.modules[letter_of(n)]), str(damaged)), GOES_ON,
                           ["higress-system/p", "CompileFailed"]),
        "no module": (lambda s, n: s.resources(n).replace(str(s.modules[letter_of(n)]), str(no_module)), GOES_ON, ["higress-system/p", "text.wasm"]),
        "another digest": (lambda s, n: s.resources(n, sha256="1" * 64), GOES_ON, ["higress-system/p", "DigestMismatch", "1" * 64]),
        "unknown field": (lambda s, n: s.resources(n).replace('"url"', '"urll"'), "configuration refused", ["web.yaml:", "urll"]),
        "wrong type": (lambda s, n: s.resources(n).replace("port:", "port: x #", 1), "configuration refused", ["web.yaml:"]),
    }
    with _Site() as site:
        site.change(True)
        before = _load(site, options.rate, 5).wait()
        named, examples, outcomes = collections.Counter(), {}, collections.Counter()
        load = _load(site, options.rate, 2 * options.limit)
        begin, done = time.monotonic(), 0
        while done < count and load.process.poll() is None and time.monotonic() - begin < options.limit:
            kind = list(kinds)[done % len(kinds)]
            text, wanted, names = kinds[kind]
            # The route stays: with a bad plug-in the rest of a change goes live by design.
            bad = text(site, site.number + 2)
            active = site.probe.request(path="/good").body
            site.read_log()
            site.lines.clear()
            site.write(bad, True)
            # The watcher may bring out the update before once more, and tell of it.
            lines, end = site.wait_for(wanted), time.monotonic() + 20
            while not all(name in (said := "\n".join(lines)) for name in names) and time.monotonic() < end:
                lines += site.wait_for(wanted)
            if wanted == GOES_ON:
                site.wait_for(" serves on ")
            named[kind] += all(name in said for name in names)
            outcomes[kind] += 1
            line = next((line for line in lines if names[0] in line), said[:300])
            examples.setdefault(kind, re.sub(r"^\S+T\S+ |/\S*/", "", line)[:400])  # without time and folders
            outcomes["active one changed"] += site.probe.request(path="/good").body != active
            done += 1
            time.sleep(0.05)  # so that many answers meet each update
            if done % 10 == 0:
                site.change(True)
        took, covered = time.monotonic() - begin, load.process.poll() is None
        facts, clean = _told(site, load, before)
        alive = site.gateway.process.poll() is None
    told = {kind: f"{named[kind]} of {outcomes[kind]}" for kind in kinds}
    return {"bad_updates": done, "good_between": done // 10, "seconds": round(took), "load_lasted_longer": covered, **facts,
            "named_by_kind": told, "active_changed": outcomes["active one changed"], "examples": examples,
            "met": clean and covered and alive and done == count and sum(named.values()) == done and outcomes["active one changed"] == 0}


def large_module(functions):
    """A module that takes long to compile: many functions of much arithmetic."""
    lines = "\n".join(f"(local.set {i % 8} (i64.add (i64.mul (local.get {(i * 3 + 1) % 8}) (local.get {(i * 5 + 2) % 8})) (i64.rotl (local.get "
                      f"{(i + 4) % 8}) (i64.xor (local.get {(i * 7) % 8}) (i64.const {i * 2654435761})))))" for i in range(400))
    body = "\n".join(f"(func $f{n} (param i64 i64 i64 i64 i64 i64 i64 i64) (result i64) {lines} (i64.add (local.get 0) (i64.const {n})))"
                     for n in range(functions))
    table = f'(table {functions} funcref) (elem (i32.const 0) {" ".join(f"$f{n}" for n in range(functions))})'
    return guests.guest(f"large-{functions}", f"""{table} {body}
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32) (i32.const 0))""")


def _p99(values):
    ordered = sorted(values)
    return ordered[int(0.99 * len(ordered))] if ordered else 0.0


def slow(options):
    """R-24: a plug-in whose configuration takes 5 s, and one whose compilation takes long, beside a load: nothing lost, latency before and during."""
    results, clean = {}, True
    compiled = [large_module(1500 + n) for n in range(options.count or 3)]
    with _Site() as site:
        site.change(True)
        _load(site, options.rate, 3).wait()
        before = _load(site, options.rate, 10).wait()
        base = _p99(received - sent for sent, received, _ in before.bodies)
        resources = 1  # plug-ins so far

        def beside(name, texts):
            """Brings out one more plug-in after the other, each on a route of its own."""
            nonlocal clean, resources
            load, spans, problems = _load(site, options.rate, 120 * len(texts)), [], []
            time.sleep(0.5)
            for text in texts:
                begin, resources = time.monotonic(), resources + 1
                site.gateway.write(f"{name}-{resources}.yaml", text)
                lines = site.wait_for(f" {resources} plug-ins,", 120)
                spans.append((begin + 0.1, time.monotonic()))  # after the watcher's quiet
                problems += [line[-300:] for line in lines if "error" in line]
            report = load.stop()
            mixed, wrong_time, other = site.judge(report.bodies)
            inside = [received - sent for sent, received, _ in report.bodies if any(a <= sent <= b for a, b in spans)]
            clean = clean and not (problems or report.lost or report.failures or mixed or wrong_time or other) and set(report.statuses) == {200}
            results[name] = {"times": len(texts), "seconds_each": [round(b - a, 2) for a, b in spans], "problems": problems,
                             "answers_meanwhile": len(inside), "answers": len(report.samples), "lost": report.lost, "closed_or_failed": report.failures,
                             "statuses": report.statuses, "p99_before_ms": milliseconds(base), "p99_meanwhile_ms": milliseconds(_p99(inside)),
                             "p99_ratio": round(_p99(inside) / base, 2), "longest_meanwhile_ms": milliseconds(max(inside, default=0.0)),
                             "longest_before_ms": milliseconds(max(received - sent for sent, received, _ in before.bodies))}

        def on_its_route(number, module, config):
            name = f"slow-{number}"
            return (ingress(name, "origin-a", path=f"/{name}") + "---\n"
                    + wasm_plugin(name, module, annotations={"wasmgate.io/start-deadline": "60s"},
                                  match_rules=[{"ingress": [f"default/{name}"], "config": config}]))

        beside("configure", [on_its_route(n, site.modules["A"], {"n": f"A{n:06}"}) for n in range(len(compiled))])
        beside("compile", [on_its_route(100 + n, module, {}) for n, module in enumerate(compiled)])
        alive = site.gateway.process.poll() is None
    return {**results, "alive": alive, "met": clean and alive and max(results["configure"]["p99_ratio"], results["compile"]["p99_ratio"]) <= 1.05}
