"""What processes used, as the kernel counts it: CPU time of all threads, memory, and the load that others put on the machine."""

import ctypes
import os
import pathlib
import signal
import time

HZ = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def child_setup(core):
    """For Popen's preexec_fn: runs the child on that core only (None: on any) and ends it with us."""
    def setup():
        if core is not None:
            os.sched_setaffinity(0, {core})
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # not KILL: a master process ends its workers on this one
    return setup


def _stat(pid):
    """The fields of /proc/PID/stat after the name; None when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None


def tree(pid):
    """That process and all its descendants."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (fields := _stat(entry)) is not None:
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, queue = [], [pid]
    while queue:
        found.append(queue.pop())
        queue += children.get(found[-1], [])
    return found


def cpu_ns(pids):
    """Time on a core of all threads of these processes, in nanoseconds."""
    total = 0
    for pid in pids:
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except OSError:
                pass  # a thread that ended while we looked
    return total


def user_system_ticks(pids):
    user = system = 0
    for pid in pids:
        if (fields := _stat(pid)) is not None:
            user, system = user + int(fields[11]), system + int(fields[12])
    return user, system


def memory_kib(pids):
    """(resident, private) KiB of these processes together."""
    resident = private = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("Rss:"):
                resident += int(line.split()[1])
            elif line.startswith(("Private_Clean:", "Private_Dirty:")):
                private += int(line.split()[1])
    return resident, private


def _machine_busy_ticks():
    words = pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq = (int(w) for w in words[:7])
    return user + nice + system + irq + softirq


def _own_ticks():
    total = 0
    for pid in tree(os.getpid()):
        if (fields := _stat(pid)) is not None:
            total += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return total


class OtherLoad:
    """How busy others keep the machine between two moments: 1.0 is one core."""

    def __init__(self):
        self.begin, self.busy, self.own = time.monotonic(), _machine_busy_ticks(), _own_ticks()

    def share(self):
        seconds = time.monotonic() - self.begin
        others = (_machine_busy_ticks() - self.busy) - (_own_ticks() - self.own)
        return max(0.0, others / HZ / seconds) if seconds > 0 else 0.0


class QuietWait:
    """Waits until others leave the machine alone; each wait and the sum of all are bounded."""

    def __init__(self, limit=0.08, each=5.0, total=60.0):
        self.limit, self.each, self.left = limit, each, total

    def wait(self):
        """Returns the last share seen, below the limit or not."""
        begin = time.monotonic()
        bound = min(self.each, self.left)
        share = 0.0
        while True:
            load = OtherLoad()
            time.sleep(0.25)
            share = load.share()
            if share < self.limit or time.monotonic() - begin >= bound:
                break
        self.left = max(0.0, self.left - (time.monotonic() - begin))
        return share
