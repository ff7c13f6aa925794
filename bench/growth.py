#!/usr/bin/env python3
"""Does the cost of a request grow with a plug-in's lists? Instructions per request with short and long lists, from callgrind.

    growth.py                     request_block with 1, 100, 10,000 patterns; key_auth with 1, 1,000, 100,000 credentials
    growth.py --plugin key_auth --requests 2000

One start of the gateway per length; only requests after a warm-up are counted. `whole`: the gateway with the plug-in. `plug-in`: less
the gateway without any. Ends with 1 when the plug-in's own cost at the longest list is more than 1.5 times that at the shortest.
"""

import argparse
import http.client
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import network, scenarios, servers
from harness.load import run_h2load

LIMIT = 1.5
WARM_UP = 300
READY_SECONDS = 600


def patterns(count):
    """Paths that no request has."""
    return {"block_urls": [f"/forbidden/{n:05}/page" for n in range(count)]}


def credentials(count):
    """The request's key is the last one."""
    return {"keys": ["apikey"], "in_query": True, "in_header": False, "credentials": [f"credential-{n:06}" for n in range(count)]}


# name: lengths, configuration for a length, path of a request that passes
PLUGINS = {
    "request_block": ((1, 100, 10_000), patterns, lambda count: "/1k?page=42"),
    "key_auth": ((1, 1_000, 100_000), credentials, lambda count: f"/1k?apikey=credential-{count - 1:06}"),
}


class Gateway(servers.Wasmgate):
    """A gateway under callgrind that is ready when it answers 200 to its own path."""

    path = "/1k"

    def answers(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def wait_ready(self, seconds=None):
        end = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"no answer 200 to {self.path}:\n{self.log_text()[-4000:]}")
            time.sleep(0.2)

    def control(self, state):
        subprocess.run(["callgrind_control", "-i", state, str(self.process.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def instructions(self, requests):
        out = self.folder / "callgrind.out"
        self.start(None, valgrind=True, prefix=["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"])
        try:
            self.wait_ready()
            run_h2load(self.port, WARM_UP, path=self.path)
            self.control("on")
            run_h2load(self.port, requests, path=self.path)
            self.control("off")
        finally:
            self.stop(120)
        total = re.search(r"^totals: (\d+)", out.read_text(errors="replace"), re.M)
        if total is None:
            raise RuntimeError(f"callgrind reported nothing:\n{self.log_text()[-2000:]}")
        return int(total[1]) / requests


def measure(folder, ports, upstream, path, plugins, requests, label):
    gateway = Gateway(label, ports.take(), upstream.port, folder / label, plugins)
    gateway.path = path
    return gateway.instructions(requests)


def grow(name, folder, ports, upstream, requests):
    """Prints a row per length. The ratio of the plug-in's own cost, longest list to shortest."""
    lengths, config, path = PLUGINS[name]
    module = scenarios.cpp_module(name)
    without = measure(folder, ports, upstream, path(lengths[0]), [], requests, f"{name}-none")
    print(f"\n{name}: instructions per request; gateway alone {without:,.0f}\n\n| list | whole | plug-in |\n|---:|---:|---:|", flush=True)
    own = []
    for count in lengths:
        use = servers.PluginUse(name.replace("_", "-"), {"wasmgate": module}, config(count))
        whole = measure(folder, ports, upstream, path(count), [use], requests, f"{name}-{count}")
        own.append(whole - without)
        print(f"| {count:,} | {whole:,.0f} | {own[-1]:,.0f} |", flush=True)
    ratio = own[-1] / own[0]
    print(f"\n{name}: longest list to shortest {ratio:.2f} (at most {LIMIT})", flush=True)
    return ratio


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plugin", choices=sorted(PLUGINS), action="append")
    parser.add_argument("--requests", type=int, default=1000)
    options = parser.parse_args()
    network.enter_namespace()
    folder, ports = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-growth-")), network.Ports()
    upstream = servers.Upstream(ports.take(), folder / "upstream")
    try:
        upstream.start(None)
        upstream.wait_ready(10)
        ratios = [grow(name, folder, ports, upstream, options.requests) for name in options.plugin or sorted(PLUGINS)]
    finally:
        upstream.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if max(ratios) > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
