#!/usr/bin/env python3
"""Runs the case files of plugins/cases on stock Envoy, with the plug-ins built `ABI=0_2_1`: what passes here and on wasmgate is portable.

    run_envoy.py [--output FILE] [--all] [--built] [WORD…]     only cases whose path has one of the words
`--output` writes the table of docs/portability.md; `--all` also runs what needs more than Envoy has, to see whether that is true;
`--built` takes modules that an earlier run has built as they are.
Ends with `N passed, M failed, K skipped`; the exit code is 1 when a case failed.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests/e2e")]
import envoy_config
import test_plugin_cases as cases
from harness.network import Ports
from harness.processes import child_setup
from harness.scenarios import BUILD, cpp_module, rust_module
from upstream import Upstream

# What stock Envoy offers of the words in plugins/cases/README.md.
HAS = {"header-hold", "http-call"}
WHY_NOT = {
    "magic-properties": "properties of Higress's Envoy",
    "content-length-repair": "Envoy forwards the content-length that the plug-in leaves",
    "response-reply": "not promised by Envoy",
    "redis": "a call of Higress's Envoy",
    "tls": "this runner has no TLS listener",
}
# What a module imports whatever its case does: Envoy does not load it.
IMPORTED = {"demo-wasm": ["redis"]}
CALLED = "outbound|80||service.dns"


class EnvoyServer:
    """Envoy on a port of its own with one plug-in; what test_plugin_cases' run_request needs of a gateway."""

    def __init__(self, program, plugin, upstream_port, route, cluster, called):
        self.folder = tempfile.TemporaryDirectory(prefix="wasmgate-envoy-")
        self.port = Ports().take()
        path = pathlib.Path(self.folder.name)
        config = envoy_config.bootstrap(self.port, upstream_port, [plugin], route, cluster,
                                        more_clusters=[(CALLED, upstream_port)] if called else [])
        (path / "envoy.json").write_text(json.dumps(config))
        self.log_path = path / "log"
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen(envoy_config.command(program, path / "envoy.json", "warning"), stdin=subprocess.DEVNULL,
                                        stdout=self.log_file, stderr=self.log_file, preexec_fn=child_setup(None))

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_listening(self, seconds=60.0):
        end = time.monotonic() + seconds
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"Envoy ended with {self.process.returncode}:\n{self.log()[-4000:]}")
            try:
                cases.Connection(self.port).close()
                return
            except OSError:
                if time.monotonic() > end:
                    raise RuntimeError(f"Envoy does not listen:\n{self.log()[-4000:]}") from None
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log_file.close()
        self.folder.cleanup()


def known_module(language, folder):
    """Where the module of an earlier run lies."""
    if language == "cpp":
        return ROOT / f"plugins/wasm-cpp/build/wasm-0_2_1/extensions/{folder.name}/plugin.wasm"
    return BUILD / f"0_2_1/{folder.name}.wasm"


def build(language, folder, built, as_they_are):
    """The plug-in's module for hosts that know only ABI 0.2.1."""
    key = (language, folder.name)
    if key not in built and as_they_are and known_module(language, folder).exists():
        built[key] = known_module(language, folder)
    if key not in built:
        built[key] = cpp_module(folder.name) if language == "cpp" else rust_module(folder.relative_to(ROOT))
    return built[key]


def run_case(case, program, module):
    """Raises AssertionError or RuntimeError when the case does not hold."""
    answer = case.get("upstream") or {}
    body = cases.as_bytes(answer.get("body", ""))
    reply = (answer.get("status", 200), cases.header_list(answer.get("headers")), body)
    runner = cases.PluginCases()
    runner.maxDiff = None
    with Upstream(lambda request: reply) as upstream:
        plugin = envoy_config.Plugin(module, case.get("config"))
        cluster = case.get("cluster") or "outbound|80||backend.default.svc.cluster.local"
        called = "http-call" in (case.get("needs") or [])
        server = EnvoyServer(program, plugin, upstream.port, case.get("route") or "default/case", cluster, called)
        try:
            server.wait_listening()
            for number, request in enumerate(case["requests"]):
                try:
                    runner.run_request(server, upstream, {"host": "example.com", **request})
                except (AssertionError, OSError) as problem:
                    raise AssertionError(f"request {number}: {problem}") from problem
        finally:
            server.stop()
        if upstream.problems:
            raise AssertionError(f"what arrived upstream is broken: {upstream.problems}")


def lacking(plugin, case):
    needs = list(case.get("needs") or [])
    needs += [need for need in IMPORTED.get(plugin, []) if need not in needs]
    return [need for need in needs if need not in HAS]


class Outcome:
    """What came of one case with one language's build."""

    def __init__(self, plugin, case, language, missing):
        self.plugin, self.case, self.language, self.missing = plugin, case, language, missing
        self.problem = None
        self.skipped = False

    @property
    def label(self):
        return f"{self.plugin}/{self.case} ({self.language})"

    @property
    def passed(self):
        return not self.skipped and self.problem is None

    def line(self):
        if self.skipped:
            return f"skip  {self.label}: needs {', '.join(self.missing)}"
        return f"ok    {self.label}" if self.passed else f"FAIL  {self.label}: {self.problem}"


def run_all(program, words, run_everything, as_they_are):
    """Runs the chosen cases and tells each; the outcomes."""
    built, outcomes = {}, []
    for path in sorted(cases.CASES.glob("*/*.yaml")):
        if words and not any(word in str(path.relative_to(cases.CASES)) for word in words):
            continue
        case = yaml.safe_load(path.read_text())
        for language, module in cases.modules(path.parent.name):
            outcome = Outcome(path.parent.name, path.stem, language, lacking(path.parent.name, case))
            outcome.skipped = bool(outcome.missing) and not run_everything
            if not outcome.skipped:
                try:
                    run_case(case, program, build(language, module.parent, built, as_they_are))
                except (AssertionError, RuntimeError, unittest.SkipTest) as problem:
                    outcome.problem = str(problem)
            outcomes.append(outcome)
            print(outcome.line(), flush=True)
    return outcomes


def counted(outcomes):
    passed = sum(o.passed for o in outcomes)
    skipped = sum(o.skipped for o in outcomes)
    return passed, len(outcomes) - passed - skipped, skipped


def cell(outcomes):
    if not outcomes:
        return ""
    passed, failed, skipped = counted(outcomes)
    return f"{passed} of {passed + failed + skipped}" + (f", {failed} failed" if failed else "")


def document(outcomes, version):
    """docs/portability.md as text."""
    passed, failed, skipped = counted(outcomes)
    lines = [
        "# Portability", "",
        f"The case files of `plugins/cases` on stock {version}, with the shipped plug-ins built `ABI=0_2_1`:",
        f"**{passed} passed, {failed} failed, {skipped} skipped.** `make check-portability` runs them again and writes this page.", "",
        "Envoy's filter has `allow_on_headers_stop_iteration: true`, and connections have buffer limits of 32 MiB: what plug-ins that hold",
        "headers while they read a body need there. All cases pass on wasmgate.", "",
        "| plug-in | C++ | Rust |", "|---|---|---|"]
    for plugin in sorted({o.plugin for o in outcomes}):
        own = [o for o in outcomes if o.plugin == plugin]
        lines.append(f"| {plugin} | {cell([o for o in own if o.language == 'cpp'])} | {cell([o for o in own if o.language == 'rust'])} |")
    if skipped:
        lines += ["", "Skipped, since Envoy lacks what the case needs:", "", "| case | needs | why Envoy lacks it |", "|---|---|---|"]
        for plugin, case, missing in sorted({(o.plugin, o.case, tuple(o.missing)) for o in outcomes if o.skipped}):
            lines.append(f"| {plugin}/{case} | {', '.join(missing)} | {'; '.join(WHY_NOT.get(need, 'unknown') for need in missing)} |")
    return "\n".join(lines) + "\n"


def version_of(program):
    """"Envoy 1.40.0" from "envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL"."""
    text = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"/(\d+\.\d+\.\d+)", text)
    return f"Envoy {found[1]}" if found else "Envoy"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE", help="write the page docs/portability.md there")
    parser.add_argument("--all", action="store_true", help="skip nothing")
    parser.add_argument("--built", action="store_true", help="build only what is not there")
    parser.add_argument("words", nargs="*", metavar="WORD")
    options = parser.parse_args()
    program = envoy_config.find_envoy(install=True)
    outcomes = run_all(program, options.words, options.all, options.built)
    if options.output:
        options.output.write_text(document(outcomes, version_of(program)))
    passed, failed, skipped = counted(outcomes)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
