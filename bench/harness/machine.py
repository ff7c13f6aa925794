"""Facts that a result is worth nothing without: the machine, the versions, the commit."""

import os
import pathlib
import platform
import resource
import shutil
import subprocess

from harness.network import congestion_control
from harness.servers import ROOT


def _first_line(command):
    try:
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError:
        return None
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def _cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def facts(network):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    release = platform.freedesktop_os_release()
    return {
        "cpu": _cpu(), "cores": os.cpu_count(), "memory_gib": round(memory / 2**30, 1), "kernel": platform.release(),
        "system": release.get("PRETTY_NAME", "unknown"), "network": network, "congestion_control": congestion_control(),
        "descriptor_limit": resource.getrlimit(resource.RLIMIT_NOFILE)[0], "load_average_before": round(os.getloadavg()[0], 2),
    }


def tool_versions():
    found = {}
    for name, words in (("wrk", ["wrk", "-v"]), ("h2load", ["h2load", "--version"]), ("perf", ["perf", "--version"]),
                        ("valgrind", ["valgrind", "--version"])):
        if shutil.which(name):
            found[name] = (_first_line(words) or "").split(" [")[0]
    return found


def commit():
    """{id, changed}: the commit, and whether sources of the gateway differ from it."""
    return {"id": _first_line(["git", "rev-parse", "--short=12", "HEAD"]),
            "changed": bool(_first_line(["git", "status", "--porcelain", "--untracked-files=no", "src", "apps", "engine", "cmake"]))}
