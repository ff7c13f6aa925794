"""The plug-in author's loop: `wasmgate new`, `build`, `run` to a first answer, and `dev`: save to new code's answer under load.

Prints the seconds. What is asserted is that it works and that no request fails; seconds depend on the machine.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from client import Connection
from gateway import ROOT, binary

RATE = 500  # requests per second
THREADS = 4
# language: SDK, the source that is edited
LANGUAGES = {"cpp": ("plugins/wasm-cpp", "plugin.cc"), "rust": ("plugins/wasm-rust", "src/plugin.rs")}
PATIENCE = 300.0


class Load:
    """Requests at a steady rate over a few connections; every answer that is not 200 is a failure."""

    def __init__(self, port):
        self.port, self.sent, self.failures = port, 0, []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.begin = time.monotonic()
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(THREADS)]
        for thread in self.threads:
            thread.start()

    def _run(self):
        connection, due = None, time.monotonic()
        while not self.stopping.is_set():
            try:
                connection = connection or Connection(self.port)
                status = connection.request("GET", "/").status
                problem = None if status == 200 else f"status {status}"
            except OSError as error:
                problem, connection = repr(error), None
            with self.lock:
                self.sent += 1
                if problem:
                    self.failures.append(problem)
            due = max(due + THREADS / RATE, time.monotonic() - 0.2)
            time.sleep(max(0.0, due - time.monotonic()))
        if connection:
            connection.close()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        return self.sent / (time.monotonic() - self.begin)


class AuthorLoop(unittest.TestCase):
    def wasmgate(self, *words, cwd):
        result = subprocess.run([binary(), *words], cwd=cwd, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def serve(self, sdk, log, *words):
        process = subprocess.Popen([binary(), *words, "--listen", "127.0.0.1:0"], cwd=sdk, stdin=subprocess.DEVNULL,
                                   stdout=log, stderr=log)
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def wait_for_port(self, log):
        match = self.wait_for(log, r"ready in \d+ ms   http 127\.0\.0\.1:(\d+)")
        return int(match[1])

    def wait_for(self, log, pattern):
        end = time.monotonic() + PATIENCE
        while True:
            text = pathlib.Path(log.name).read_text(errors="replace")
            match = re.search(pattern, text)
            if match:
                return match
            self.assertLess(time.monotonic(), end, f"no {pattern!r} in:\n{text[-4000:]}")
            time.sleep(0.005)

    def seen_by_upstream(self, port):
        with Connection(port) as connection:
            return connection.request("GET", "/").body.decode()

    def wait_for_header(self, port, name):
        """Until a request reaches upstream with this header; the seconds that it took."""
        begin = time.monotonic()
        while f'"{name}"' not in self.seen_by_upstream(port):
            self.assertLess(time.monotonic() - begin, PATIENCE, f"upstream never saw {name}")
            time.sleep(0.005)
        return time.monotonic() - begin

    def loop(self, language):
        folder, source = LANGUAGES[language]
        sdk = ROOT / folder
        name = f"loop-test-{os.getpid()}"
        plugin = sdk / "extensions" / name
        self.addCleanup(shutil.rmtree, plugin, ignore_errors=True)
        log = tempfile.NamedTemporaryFile("w", prefix="wasmgate-loop-", suffix=".log")
        self.addCleanup(log.close)
        begin = time.monotonic()
        self.wasmgate("new", name, "--template", "hello", cwd=sdk)
        self.wasmgate("build", name, cwd=sdk)
        self.serve(sdk, log, "run", name, "--admin", "off")
        self.wait_for_header(self.wait_for_port(log), "x-hello")
        first = time.monotonic() - begin
        swap, rate, sent = self.edit_under_load(sdk, name, plugin / source)
        print(f"\n{language}: new to first answer {first:.1f} s; save to new code's answer {swap:.1f} s, "
              f"{sent} requests at {rate:.0f}/s, 0 failed", file=sys.stderr)

    def edit_under_load(self, sdk, name, source):
        log = tempfile.NamedTemporaryFile("w", prefix="wasmgate-loop-", suffix=".log")
        self.addCleanup(log.close)
        self.serve(sdk, log, "dev", name)
        port = self.wait_for_port(log)
        self.wait_for_header(port, "x-hello")
        text = source.read_text()
        load = Load(port)
        self.wait_for(log, "edit the sources")
        source.write_text(text + "\nthis does not compile\n")
        self.wait_for(log, "build failed after .* the code before it serves on")
        self.assertIn('"x-hello"', self.seen_by_upstream(port))
        source.write_text(text.replace("x-hello", "x-other"))
        swap = self.wait_for_header(port, "x-other")
        time.sleep(0.5)
        rate = load.stop()
        self.assertEqual(load.failures, [])
        return swap, rate, load.sent

    def test_cpp(self):
        self.loop("cpp")

    def test_rust(self):
        self.loop("rust")


if __name__ == "__main__":
    unittest.main()
