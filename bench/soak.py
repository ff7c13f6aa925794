#!/usr/bin/env python3
"""Many requests through five plug-ins of three languages, each with a call out: is one lost, does memory grow?

    soak.py                                   200,000 requests at 1,000/s
    soak.py --requests 20000 --rate 500

One worker; the load follows a schedule on connections that never reconnect, so a closed one is a failure. Memory of the process and of
the plug-ins is sampled every second. Writes bench/results/<date>-soak.json.
"""

import argparse
import datetime
import json
import pathlib
import re
import statistics
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests/e2e"))
import soak_chain  # noqa: E402
from client import fetch  # noqa: E402
from gateway import Gateway  # noqa: E402
from harness import machine, network  # noqa: E402
from harness.figures import line_fit  # noqa: E402
from harness.paced import PacedLoad  # noqa: E402
from scoreboard import LIMITS, LOAD_CORE, Bench, milliseconds, on_core  # noqa: E402

WARM_SHARE = 0.25  # of the run, until the guests' heaps have found their size


def plugin_memory(gateway):
    """{plug-in: bytes of guest memory} of the metrics page."""
    page = fetch(gateway.admin_port, path="/stats/prometheus").body.decode()
    found = re.findall(r'^wasmgate_plugin_memory_bytes\{[^}]*plugin="([^"]+)"[^}]*\} (\d+)', page, re.M)
    return {name: int(value) for name, value in found}


class Sampler:
    """Memory by time, once a second."""

    def __init__(self, gateway):
        self.gateway, self.samples, self.stopped = gateway, [], threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.begin = time.monotonic()
        self.thread.start()

    def run(self):
        while not self.stopped.wait(1):
            self.samples.append((round(time.monotonic() - self.begin, 1), self.gateway.rss_kib()))

    def stop(self):
        self.stopped.set()
        self.thread.join()


def soak(folder, options):
    bench = Bench(folder, network.Ports())
    try:
        files = soak_chain.files(("127.0.0.1", bench.upstream.port), ("127.0.0.1", bench.upstream.port), folder)
        with Gateway({**files, "limits.yaml": LIMITS}, workers=1, ready=120) as gateway:
            on_core(gateway)
            first = fetch(gateway.port)
            if first.status != 200 or first.get("x-configured") is None or not first.body.endswith(b" and go"):
                raise RuntimeError(f"the chain does not do its work: {first.status} {first.headers}")
            sampler = Sampler(gateway)
            seconds = options.requests / options.rate
            report = PacedLoad(gateway.port, options.rate, seconds, connections=32, core=LOAD_CORE).wait()
            sampler.stop()
            warm = [(t, kib) for t, kib in sampler.samples if WARM_SHARE * seconds <= t <= seconds]
            tenth = max(1, len(warm) // 10)
            before = statistics.median(kib for _, kib in warm[:tenth])
            after = statistics.median(kib for _, kib in warm[-tenth:])
            slope, _ = line_fit(warm)  # KiB per second
            log = gateway.log()
            return {
                "requests": options.requests, "rate": options.rate, "plugins": [name for name, *_ in soak_chain.modules()],
                "answers": len(report.samples), "lost": report.lost, "failures": report.failures, "statuses": report.statuses,
                "p50_ms": milliseconds(report.percentile(0.5)), "p99_ms": milliseconds(report.percentile(0.99)),
                "longest_ms": milliseconds(report.longest()),
                "rss_kib_warm": before, "rss_kib_end": after, "rss_growth_share": round(after / before - 1, 5),
                "rss_kib_per_1000_requests": round(slope * 1000 / options.rate, 3),
                "plugin_memory_bytes": plugin_memory(gateway), "traps": log.count("broke"), "samples": sampler.samples,
                "met": report.lost == 0 and not report.failures and set(report.statuses) == {200} and after <= before * 1.01 + 512,
            }
    finally:
        bench.upstream.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=1000)
    options = parser.parse_args()
    soak_chain.modules()  # built before the machine's network is out of sight
    place = network.enter_namespace()
    with tempfile.TemporaryDirectory(prefix="wasmgate-soak-") as folder:
        result = soak(folder, options)
    print(json.dumps({k: v for k, v in result.items() if k != "samples"}, indent=1))
    out = HERE / "results" / f"{datetime.date.today()}-soak.json"
    out.write_text(json.dumps({"machine": machine.facts(place), **result}, indent=1) + "\n")
    return 0 if result["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
