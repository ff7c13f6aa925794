#!/usr/bin/env python3
"""Where a server's instructions go: user-mode instructions per request by function and by part of the source, from callgrind.

    profile_server.py                                         wasmgate without plug-ins
    profile_server.py --scenario headers4 --server 'wasmgate + 4 × add-header' --top 40
    profile_server.py --perf                                  sampled time of both kernel and user instead (perf, cpu-clock)
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from harness import network, scenarios, servers
from harness.load import run_h2load, run_wrk

REQUESTS = 2000
LINE = re.compile(r"^\s*([\d,]+) \(\s*[\d.]+%\)\s+(.*)$")


def part_of(place):
    """The part of the source that a line of callgrind_annotate is about: a room of src/, a library, or code made at run time."""
    room = re.search(r"/src/([a-z]+)/[^:]*:", place)
    if room and "/.cargo/" not in place and "/rustc/" not in place and (servers.ROOT / "src" / room[1]).is_dir():
        return room[1]
    for word, name in (("wasmtime", "wasmtime"), ("llhttp", "llhttp"), ("/c++/", "libstdc++ headers"), ("libc.so", "libc"),
                       ("ld-linux", "libc"), ("libstdc++", "libstdc++"), ("/rustc/", "Rust std"), ("boost", "boost")):
        if word in place:
            return name
    program = re.search(r"\[([^\]]+)\]$", place)
    return pathlib.Path(program[1]).name if program and program[1] != "???" else "no program (compiled modules)"


def parse_annotated(text, requests):
    """[(instructions per request, function)] and {part: instructions per request}."""
    functions, parts = [], collections.Counter()
    for line in text.splitlines():
        found = LINE.match(line)
        if found is None or found[2].startswith(("PROGRAM TOTALS", "events")):
            continue
        count = int(found[1].replace(",", "")) / requests
        functions.append((count, found[2]))
        parts[part_of(found[2])] += count
    return functions, parts


def callgrind(server, core, folder, top):
    out = folder / "callgrind.out"
    server.start(core, valgrind=True, prefix=["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"])
    server.wait_ready(300)
    run_h2load(server.port, 300)  # steady state: pools filled, code patched

    def switch(state):
        subprocess.run(["callgrind_control", "-i", state, str(server.process.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    switch("on")
    run_h2load(server.port, REQUESTS)
    switch("off")
    server.stop(120)
    text = subprocess.run(["callgrind_annotate", "--threshold=99.9", "--auto=no", str(out)], capture_output=True, text=True).stdout
    functions, parts = parse_annotated(text, REQUESTS)
    print(f"{sum(parts.values()):,.0f} instructions per request\n\nby part:")
    for name, count in parts.most_common():
        print(f"{count:10,.0f}  {name}")
    print("\nby function:")
    for count, place in functions[:top]:
        print(f"{count:10,.0f}  {place.replace(str(servers.ROOT) + '/', '')[:180]}")


def perf(server, core, folder, top):
    server.start(core)
    server.wait_ready()
    run_wrk(server.port, 1, 64)
    data = folder / "perf.data"
    pids = ",".join(map(str, server.pids()))
    run_wrk(server.port, 5, 64, before=["perf", "record", "-q", "-e", "cpu-clock", "-F", "2000", "-o", str(data), "-p", pids, "--"])
    text = subprocess.run(["perf", "report", "-i", str(data), "--stdio", "--no-children", "--sort", "dso,symbol"],
                          capture_output=True, text=True).stdout
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    print("\n".join(re.sub(r"\s+-\s+-\s*$", "", line)[:160].rstrip() for line in lines[:top]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="plain", choices=scenarios.SCENARIOS)
    parser.add_argument("--server", default="wasmgate", help="its label in the scenario's table")
    parser.add_argument("--perf", action="store_true")
    parser.add_argument("--top", type=int, default=30)
    parser.add_argument("--proxy-core", type=int, default=1)
    parser.add_argument("--load-core", type=int, default=0)
    options = parser.parse_args()
    entries = {entry.label: entry for entry in scenarios.SCENARIOS[options.scenario].entries()}
    if options.server not in entries:
        parser.error(f"--server: {options.scenario} has {', '.join(entries)}")
    os.sched_setaffinity(0, {options.load_core})
    network.enter_namespace()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-profile-"))
    ports, entry = network.Ports(), entries[options.server]
    upstream = servers.Upstream(ports.take(), folder / "upstream")
    server = servers.KINDS[entry.kind](entry.label, ports.take(), upstream.port, folder / "server", entry.plugins, entry.tuned)
    try:
        upstream.start(options.load_core)
        upstream.wait_ready(10)
        (perf if options.perf else callgrind)(server, options.proxy_core, folder, options.top)
    finally:
        server.stop()
        upstream.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
