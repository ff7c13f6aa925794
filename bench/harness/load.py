"""The load generators and what their output says: wrk for time, h2load for an exact number of requests."""

import re
import subprocess

UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


class Load:
    """One run. `latency_us`: percentile to microseconds. `failed`: answers other than 2xx and 3xx, and socket errors."""

    def __init__(self, requests, seconds, latency_us, failed):
        self.requests, self.seconds, self.latency_us, self.failed = requests, seconds, latency_us, failed


def parse_wrk(text):
    """Reads wrk's report (with --latency). Raises ValueError when it is not one."""
    total = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m),", text)
    if total is None:
        raise ValueError(f"not a report of wrk:\n{text}")
    latency = {}
    for percent, value, unit in re.findall(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.M):
        latency[int(percent)] = float(value) * UNITS[unit]
    failed = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    if errors is not None:
        failed += sum(int(n) for n in errors.groups())
    return Load(int(total[1]), float(total[2]) * UNITS[total[3]] / 1e6, latency, failed)


def parse_h2load(text):
    """(succeeded, not succeeded) of h2load's report. Raises ValueError when it is not one."""
    found = re.search(r"requests: (\d+) total, .*?(\d+) succeeded, (\d+) failed, (\d+) errored", text)
    if found is None:
        raise ValueError(f"not a report of h2load:\n{text}")
    total, succeeded = int(found[1]), int(found[2])
    statuses = re.search(r"status codes: (\d+) 2xx", text)
    good = min(succeeded, int(statuses[1])) if statuses else succeeded
    return good, total - good


def wrk_command(port, seconds, connections, path="/1k"):
    return ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", f"http://127.0.0.1:{port}{path}"]


def run_wrk(port, seconds, connections, path="/1k", before=()):
    """Runs it and waits. `before`: words in front of the command, such as perf's. Raises RuntimeError when it fails or hangs."""
    command = [*before, *wrk_command(port, seconds, connections, path)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds + 30)
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"{' '.join(command)}: no end after {late.timeout} s") from late
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return parse_wrk(done.stdout)


def run_h2load(port, requests, connections=8, path="/1k", timeout=300):
    """An exact number of HTTP/1.1 requests. Raises RuntimeError unless all of them are answered 2xx."""
    command = ["h2load", "--h1", f"-c{connections}", "-t1", f"-n{requests}", f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout)
    good, bad = parse_h2load(done.stdout)
    if bad != 0 or good != requests:
        raise RuntimeError(f"{' '.join(command)}: {bad} of {requests} requests failed\n{done.stdout}")
