"""A load generator that sends by a schedule: latency counts from the moment at which a request was due, so a server that stands still is
seen as it is by its users. Its connections never reconnect unless told to: a closed one is a failure.

As a program: paced.py OPTIONS-as-JSON, writes a JSON report to standard output. PacedLoad runs it as a child process,
and may end it before its time (SIGTERM).
"""

import json
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, deque


class Report:
    """`samples`: [(due, in seconds from the start; latency in seconds; status)] of all answers. `bodies`, when they are kept:
    [(sent, received, text)], times of time.monotonic()."""

    def __init__(self, samples, statuses, failures, lost, bodies):
        self.samples, self.statuses, self.failures, self.lost, self.bodies = samples, statuses, failures, lost, bodies

    def percentile(self, share, begin=0.0, end=float("inf")):
        latencies = sorted(latency for due, latency, _ in self.samples if begin <= due < end)
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))] if latencies else 0.0

    def longest(self, status=None):
        return max((latency for _, latency, got in self.samples if status in (None, got)), default=0.0)


class _Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.due = None
        self.received = b""

    def answer(self):
        """The status of a complete answer, None when more is to come. Answers have a content-length."""
        head = self.received.find(b"\r\n\r\n")
        if head < 0:
            return None
        lines = self.received[:head].lower().split(b"\r\n")
        length = next((int(line.split(b":", 1)[1]) for line in lines if line.startswith(b"content-length:")), 0)
        if len(self.received) < head + 4 + length:
            return None
        self.body = self.received[head + 4:]
        self.received = b""
        self.closes = b"connection: close" in lines
        return int(lines[0].split(b" ", 2)[1])


class _Run:
    def __init__(self, port, host, path, rate, seconds, connections, reconnect, bodies):
        self.port, self.reconnect, self.keep_bodies, self.bodies, self.stopping = port, reconnect, bodies, [], False
        self.request = f"GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode()
        self.rate, self.seconds = rate, seconds
        self.selector = selectors.DefaultSelector()
        self.idle, self.samples, self.statuses, self.failures = deque(), [], Counter(), []
        for _ in range(connections):
            self.open()

    def open(self):
        connection = _Connection(self.port)
        self.selector.register(connection.socket, selectors.EVENT_READ, connection)
        self.idle.append(connection)

    def drop(self, connection, why):
        self.selector.unregister(connection.socket)
        connection.socket.close()
        if connection in self.idle:
            self.idle.remove(connection)
        if why and not (self.reconnect and why == "closed while idle"):
            self.failures.append(why)
        if self.reconnect:
            self.open()

    def read(self, connection):
        try:
            data = connection.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError as problem:
            return self.drop(connection, f"reset: {problem}")
        if not data:
            return self.drop(connection, "closed while idle" if connection.due is None else "closed without an answer")
        connection.received += data
        status = connection.answer()
        if status is None or connection.due is None:
            return
        now = time.monotonic() - self.begin
        self.samples.append((round(connection.due, 6), round(now - connection.due, 6), status))
        self.statuses[status] += 1
        if self.keep_bodies:
            self.bodies.append((round(connection.sent, 6), round(now + self.begin, 6), connection.body.decode("latin-1")))
        connection.due = None
        if connection.closes:
            self.drop(connection, "" if self.reconnect else "closed after an answer")
        else:
            self.idle.append(connection)

    def stop(self, *_):
        self.stopping = True

    def run(self):
        """Sends what is due, oldest first; what finds no idle connection waits, and its latency grows."""
        self.begin = time.monotonic()
        sent, total = 0, int(self.rate * self.seconds)
        grace = self.seconds + 10
        while True:
            now = time.monotonic() - self.begin
            if self.stopping:
                total, grace, self.stopping = sent, min(grace, now + 10), False
            while sent < total and sent / self.rate <= now and self.idle:
                connection = self.idle.popleft()  # in turn, so that none idles until it is closed
                connection.due, connection.sent = sent / self.rate, now + self.begin
                sent += 1
                try:
                    connection.socket.send(self.request)
                except OSError as problem:
                    self.drop(connection, f"send: {problem}")
            waiting = sum(1 for key in self.selector.get_map().values() if key.data.due is not None) if sent == total else 1
            if (sent == total and waiting == 0) or now > grace or not self.selector.get_map():
                return total - len(self.samples)
            pause = max(0.0, sent / self.rate - now) if sent < total and self.idle else 0.05
            for key, _ in self.selector.select(pause):
                self.read(key.data)


class PacedLoad:
    """Runs a load in a process of its own on one core; wait() gives the Report."""

    def __init__(self, port, rate, seconds, host="localhost", path="/", connections=16, reconnect=False, core=None, bodies=False):
        options = {"port": port, "host": host, "path": path, "rate": rate, "seconds": seconds, "connections": connections,
                   "reconnect": reconnect, "bodies": bodies}
        command = [sys.executable, __file__, json.dumps(options)]
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def stop(self):
        """Sends no more, and gives the Report."""
        self.process.terminate()
        return self.wait()

    def wait(self):
        text, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        data = json.loads(text)
        return Report([tuple(s) for s in data["samples"]], {int(k): v for k, v in data["statuses"].items()}, data["failures"], data["lost"],
                      [tuple(b) for b in data["bodies"]])


if __name__ == "__main__":
    run = _Run(**json.loads(sys.argv[1]))
    signal.signal(signal.SIGTERM, run.stop)
    lost = run.run()
    json.dump({"samples": run.samples, "statuses": run.statuses, "failures": run.failures[:50], "lost": lost,
               "bodies": run.bodies}, sys.stdout)
