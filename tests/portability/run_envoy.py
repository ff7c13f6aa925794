#!/usr/bin/env python3
"""Runs the case files of plugins/cases on stock Envoy, with the plug-ins built `ABI=0_2_1`: what passes here and on wasmgate is portable.

    run_envoy.py [WORD…]     only cases whose path has one of the words
Ends with `N passed, M failed, K skipped`; the exit code is 1 when a case failed.
"""

import json
import pathlib
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
from harness.scenarios import cpp_module, rust_module
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


def build(language, folder, built):
    """The plug-in's module for hosts that know only ABI 0.2.1."""
    key = (language, folder.name)
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


def lacking(case):
    return [f"{need} ({WHY_NOT.get(need, 'unknown word')})" for need in case.get("needs") or [] if need not in HAS]


def main(words):
    program = envoy_config.find_envoy(install=True)
    built, passed, failed, skipped = {}, 0, 0, 0
    for path in sorted(cases.CASES.glob("*/*.yaml")):
        name = str(path.relative_to(cases.CASES))
        if words and not any(word in name for word in words):
            continue
        case = yaml.safe_load(path.read_text())
        for language, module in cases.modules(path.parent.name):
            label, missing = f"{name} ({language})", lacking(case)
            if missing:
                skipped += 1
                print(f"skip  {label}: needs {', '.join(missing)}", flush=True)
                continue
            try:
                run_case(case, program, build(language, module.parent, built))
                passed += 1
                print(f"ok    {label}", flush=True)
            except (AssertionError, RuntimeError, unittest.SkipTest) as problem:
                failed += 1
                print(f"FAIL  {label}: {problem}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
