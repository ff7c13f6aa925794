"""Builds the plug-ins of tests/guests, once a run: what people write without this repository's SDKs, in C++, Rust and Go."""

import functools
import os
import re
import shutil
import subprocess
import unittest

from gateway import ROOT

GUESTS = ROOT / "tests/guests"
BUILT = ROOT / "build/guests"
NAMES = ("headers", "body", "configuration", "http-auth", "grpc-auth")


def run(command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-6000:]}")


@functools.cache
def cpp():
    """The folder of the C++ modules."""
    run(["make", "-s", "-C", str(GUESTS / "cpp"), f"OUT={BUILT / 'cpp'}"])
    return BUILT / "cpp"


@functools.cache
def rust(ours=False):
    """The folder of the Rust modules: with the public crate, or with ours of the same name."""
    out = BUILT / ("rust-ours" if ours else "rust")
    run([str(GUESTS / "rust/build.sh"), str(out), *(["--ours"] if ours else [])])
    return out


def find_go():
    """The go program when it is 1.24 or later, else None."""
    path = shutil.which("go") or "/usr/local/go/bin/go"
    if not os.access(path, os.X_OK):
        return None
    version = re.search(r"go(\d+)\.(\d+)", subprocess.run([path, "version"], capture_output=True, text=True, check=False).stdout)
    return path if version and (int(version[1]), int(version[2])) >= (1, 24) else None


@functools.cache
def go():
    """The Go module. Skips the test where there is no Go."""
    program = find_go()
    if program is None:
        raise unittest.SkipTest("no Go 1.24 or later on PATH: plug-ins in Go are not tested")
    out, part = BUILT / "go/guest.wasm", BUILT / "go/guest.wasm.part"
    run([program, "build", "-buildmode=c-shared", "-o", str(part), "."], cwd=GUESTS / "go",
        env={**os.environ, "GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOFLAGS": "-mod=mod"})
    if not out.exists() or out.read_bytes() != part.read_bytes():
        part.rename(out)  # a gateway that watches it sees a change only when there is one
    return out
