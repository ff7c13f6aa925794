"""Figures that need no quiet machine: system calls and user-mode instructions per request."""

import pathlib
import re
import shutil
import subprocess
import tempfile

from harness.load import run_h2load, run_wrk

FEW, MANY = 500, 4500


def syscalls(server, connections, path="/1k", seconds=2):
    """(system calls per request at natural speed, None) or (None, why not)."""
    if shutil.which("perf") is None:
        return None, "perf is not installed"
    pids = ",".join(map(str, server.pids()))
    with tempfile.NamedTemporaryFile("r", prefix="wasmgate-perf-") as report:
        load = run_wrk(server.port, seconds, connections, path,
                       before=["perf", "stat", "-x,", "-o", report.name, "-e", "raw_syscalls:sys_enter", "-p", pids, "--"])
        text = pathlib.Path(report.name).read_text()
    counted = re.search(r"^(\d+),[^,]*,raw_syscalls:sys_enter", text, re.M)
    if counted is None or load.requests == 0:
        return None, f"perf counted nothing: {text.strip().splitlines()[-1] if text.strip() else 'no report'}"
    return int(counted[1]) / load.requests, None


def syscall_split(server, connections, path="/1k", seconds=2):
    """{name: calls per request} of all calls above 0.01, counted by strace (which slows the server down)."""
    command = ["strace", "-c", "-f", *[word for pid in server.pids() for word in ("-p", str(pid))]]
    tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        load = run_wrk(server.port, seconds, connections, path)
    finally:
        tracer.send_signal(2)
        _, text = tracer.communicate(timeout=30)
    return parse_strace(text, load.requests)


def parse_strace(text, requests):
    calls = {}
    for count, name in re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", text, re.M):
        if name != "total" and int(count) / requests >= 0.01:
            calls[name] = round(int(count) / requests, 2)
    return calls


def parse_collected(text):
    """Instructions of a callgrind run from its report. Raises ValueError when there is none."""
    found = re.findall(r"^==\d+== Collected : (\d+)", text, re.M)
    if not found:
        raise ValueError("callgrind reported no instructions")
    return sum(int(n) for n in found)


def _collect(server, core, requests):
    """User-mode instructions of the server's whole life with that many requests."""
    log = server.folder / "log"
    log.write_text("")
    server.start(core, prefix=["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"], valgrind=True)
    try:
        server.wait_ready(300)
        run_h2load(server.port, requests)
    finally:
        server.stop(120)
    return parse_collected(log.read_text(errors="replace"))


def instructions(server, core):
    """(user-mode instructions per request, None) or (None, why not): the difference between a short and a long run."""
    if shutil.which("valgrind") is None:
        return None, "valgrind is not installed"
    if server.under_valgrind() is None:
        return None, f"{server.kind} does not run under valgrind"
    try:
        # The first start compiles plug-ins (billions of instructions) and keeps the code: none of the runs that count may do that.
        _collect(server, core, FEW)
        return (_collect(server, core, MANY) - _collect(server, core, FEW)) / (MANY - FEW), None
    except (RuntimeError, ValueError, subprocess.TimeoutExpired) as problem:
        return None, str(problem)
