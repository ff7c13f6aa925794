#!/usr/bin/env python3
"""How long does a start take with compiled code in the cache, and how long a change of a plug-in's module?

    startup.py                         10 plug-ins, 20 starts, 40 swaps, 20 kills
    startup.py --plugins 50 --starts 5

The plug-ins are copies of request_block (C++) and request-block (Rust), each with a digest of its own. Figures, in milliseconds:

  cold_start     from starting the process to its first answer; `ready` is what the gateway says of itself
  kill           the same after kill -9 under load
  swap           what the gateway says a generation took, when the module is compiled already
  swap_visible   from renaming the file to the first answer by the new module, the watcher's 100 ms of quiet included
  swap_compile   `swap` for a module that was never seen

One line per figure (median, 90th percentile, longest), and bench/results/<date>-startup.json.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT / "tests/e2e"))
import guests  # noqa: E402
from client import Connection  # noqa: E402
from gateway import binary, ingress, service, wasm_plugin  # noqa: E402
from harness import machine, network  # noqa: E402
from upstream import Upstream  # noqa: E402

MODULES = (ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm", ROOT / "plugins/wasm-rust/extensions/request-block/plugin.wasm")
TARGETS = {"cold_start": 50, "kill": 500, "swap": 20}


def variant(module, number):
    """The module with a custom section that makes its digest another one."""
    payload = b"\x07variant" + number.to_bytes(4, "little")
    return module + b"\0" + bytes([len(payload)]) + payload


class Gateway:
    """One process on a folder that outlives it. Waits by connecting, not by files, so that nothing of the wait is counted."""

    def __init__(self, folder, port, workers):
        self.log = folder / "gateway.log"
        self.port = port
        with open(self.log, "wb") as log:
            self.begin = time.monotonic()
            self.process = subprocess.Popen(
                [binary(), "run", "-f", folder / "conf", "--listen", f"127.0.0.1:{port}", "--admin", "off", "--workers", str(workers),
                 "--state-dir", folder / "state", "--access-log", "off"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def first_answer(self, path="/swagger.html", status=403):
        """Milliseconds from the start to an answer by the plug-ins."""
        while True:
            try:
                with Connection(self.port, timeout=300) as connection:  # accepted by the kernel long before the gateway is ready
                    answer = connection.request(path=path)
                took = (time.monotonic() - self.begin) * 1000
                assert answer.status == status, f"status {answer.status}\n{self.log.read_text()}"
                return took
            except ConnectionRefusedError:
                if self.process.poll() is not None or time.monotonic() - self.begin > 120:
                    raise RuntimeError(self.log.read_text()) from None
                time.sleep(0.0005)

    def logged(self, pattern):
        return [float(value) for value in re.findall(pattern, self.log.read_text())]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.process.wait(30)


def write(folder, name, text):
    part = folder / f"{name}.part"
    part.write_text(text)
    part.rename(folder / "conf" / name)


def prepare(folder, upstream, options):
    (folder / "conf").mkdir()
    write(folder, "web.yaml", ingress("web", "web") + "---\n" + service("web", [upstream.endpoint()]))
    code = [module.read_bytes() for module in options.module]
    for number in range(options.plugins):
        module = folder / f"{number}.wasm"
        module.write_bytes(variant(code[number % len(code)], number))
        write(folder, f"plugin-{number}.yaml", wasm_plugin(f"p{number}", module, default_config={"block_urls": ["swagger.html"]}))


def starts(folder, options, port, number=signal.SIGTERM):
    answers, ready = [], []
    for _ in range(options.starts):
        gateway = Gateway(folder, port, options.workers)
        answers.append(gateway.first_answer())
        ready += gateway.logged(r" ready in ([\d.]+) ms")
        with Connection(port) as connection:  # some load, so that a kill meets a busy process
            for _ in range(20):
                connection.request(path="/")
        gateway.end(number)
    return answers, ready


def swaps(folder, options, port):
    """A further plug-in whose module changes between two, then to new ones."""
    modules = [guests.adding_header("x-v", f"v{i}") for i in range(2)]
    gateway = Gateway(folder, port, options.workers)
    gateway.first_answer()
    took, visible, compiled = [], [], []

    def change(module, wanted):
        known = len(gateway.logged(r"generation \d+ serves.*?([\d.]+) ms\n"))
        write(folder, "swapped.yaml", wasm_plugin("swapped", module, default_config={}))
        begin = time.monotonic()
        with Connection(port) as connection:
            while wanted is not None and connection.request(path="/").body != wanted:
                time.sleep(0.0005)
        seen = (time.monotonic() - begin) * 1000
        while len(lines := gateway.logged(r"generation \d+ serves.*?([\d.]+) ms\n")) == known:
            time.sleep(0.001)
        return lines[-1], seen

    for i in range(options.swaps + 2):
        figures = change(modules[i % 2], b"v%d" % (i % 2))
        if i >= 2:
            took.append(figures[0])
            visible.append(figures[1])
    code = options.module[0].read_bytes()
    for i in range(max(options.swaps // 8, 1)):
        module = folder / f"new-{i}.wasm"
        module.write_bytes(variant(code, 1_000_000 + i))
        compiled.append(change(module, None)[0])
    gateway.end()
    return took, visible, compiled


def figures(values):
    ordered = sorted(values)
    return {"median": round(statistics.median(ordered), 1), "p90": round(ordered[int(0.9 * (len(ordered) - 1))], 1),
            "longest": round(ordered[-1], 1), "samples": len(ordered)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugins", type=int, default=10)
    parser.add_argument("--module", type=pathlib.Path, action="append", help="in place of the two; takes request_block's configuration")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--swaps", type=int, default=40)
    parser.add_argument("--no-result", action="store_true", help="write no file")
    options = parser.parse_args()
    options.module = options.module or list(MODULES)
    missing = [str(module) for module in options.module if not module.exists()]
    if missing:
        sys.exit(f"not built: {', '.join(missing)}")
    place = network.enter_namespace()
    port = network.Ports().take()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-startup-"))
    results = {}
    try:
        with Upstream(lambda r: (200, [], (r.get("x-v") or "none").encode())) as upstream:
            prepare(folder, upstream, options)
            first = Gateway(folder, port, options.workers)
            results["first_start"] = figures([first.first_answer()])  # compiles
            first.end()
            answers, ready = starts(folder, options, port)
            results["cold_start"], results["ready"] = figures(answers), figures(ready)
            results["kill"] = figures(starts(folder, options, port, signal.SIGKILL)[0])
            took, visible, compiled = swaps(folder, options, port)
            results |= {"swap": figures(took), "swap_visible": figures(visible), "swap_compile": figures(compiled)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, row in results.items():
        target = f"   target {TARGETS[name]}" if name in TARGETS else ""
        print(f"{name:13} {json.dumps(row)}{target}")
    if not options.no_result:
        out = HERE / "results" / f"{datetime.date.today()}-startup.json"
        out.write_text(json.dumps({"machine": machine.facts(place), "plugins": options.plugins, "workers": options.workers,
                                   "milliseconds": results}, indent=1) + "\n")
    return 0 if all(results[name]["median"] <= target for name, target in TARGETS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
