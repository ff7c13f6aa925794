#!/usr/bin/env python3
"""What a bad plug-in or a change of configuration does to everybody else: the reliability scoreboard, with figures.

    scoreboard.py                        every row, a minute each
    scoreboard.py --row loop --seconds 20
    scoreboard.py --row reload --changes 2000

A victim route is loaded by a schedule (2,000 requests/s; latency counts from when a request was due) while something bad happens on
another route of the same worker. One line per row, and bench/results/<date>-scoreboard.json.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import socket
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests/e2e"))
import guests  # noqa: E402
from gateway import Gateway, ingress, service, wasm_plugin  # noqa: E402
from harness import machine, network, servers  # noqa: E402
from harness.paced import PacedLoad  # noqa: E402

GATEWAY_CORE, LOAD_CORE = 1, 0
LIMITS = ("apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {name: gateway}\n"
          "spec:\n  limits:\n    requestsPerConnection: 100000000\n")
VICTIM_RATE = 2000


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
        for thread in pathlib.Path(f"/proc/{gateway.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {GATEWAY_CORE})
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


ROWS = {"loop": loop, "hog": hog, "storm": storm, "reload": reload}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", choices=list(ROWS))
    parser.add_argument("--seconds", type=int, default=60, help="of each attack")
    parser.add_argument("--changes", type=int, default=2000)
    options = parser.parse_args()
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
