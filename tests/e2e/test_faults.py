"""Life cycle of plug-ins when things go wrong: bad and slow updates under load, kill -9 at any moment, registries that lie.

The names of the tests say what holds; tests/README.md says which requirement each shows.
"""

import os
import pathlib
import random
import shutil
import signal
import socketserver
import subprocess
import tempfile
import threading
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, binary, ingress, service, wasm_plugin
from guests import adding_header, guest
from registry import Registry, needs_registry, wasmgate
from test_oci import MODULE, plugin, settings
from test_reload import SCALE, Load
from upstream import Upstream

ENDLESS_CONNECTIONS = ("apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {name: gateway}\n"
                       "spec:\n  limits:\n    requestsPerConnection: 100000000\n")


def custom_section(name, content):
    """A custom section of a module, as bytes."""
    payload = bytes([len(name)]) + name.encode() + content
    size, number = bytearray(), len(payload)
    while True:
        size.append(number & 0x7F | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return b"\0" + bytes(size) + payload


class UpdatesUnderLoad(unittest.TestCase):
    def test_bad_updates_between_good_ones_change_nothing(self):
        updates = max(1000 // SCALE // 2, 10)
        # Refuses its configuration when it is longer than 20 bytes; else tells in a header that it ran.
        module = guest("choosy", """
          (data (i32.const 0) "x-v") (data (i32.const 8) "1")
          (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.lt_u (local.get 1) (i32.const 20)))
          (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (drop (call $add (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 1))) (i32.const 0))""",
                       imports='(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))')
        with Upstream(lambda r: (200, [], (r.get("x-v") or "none").encode())) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", module, default_config={}), "gateway.yaml": ENDLESS_CONNECTIONS}
            with Gateway(files, workers=2) as gateway:
                load = Load(gateway.port)
                for i in range(1, updates + 1):
                    gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={"long": f"{i:040}"}))
                    gateway.wait_for_log("its last good generation goes on", count=i, timeout=20)
                self.assertEqual((load.finish(), load.values), ([], {b"1"}))
                self.assertRegex(gateway.log(), "ConfigureRejected: .*module [0-9a-f]{64} answered false in proxy_on_configure")

    def test_a_slow_new_plugin_slows_no_request(self):
        # Counts for about a second in its configuration, then serves.
        slow = guest("slow", """
          (data (i32.const 0) "x-v") (data (i32.const 8) "2")
          (func (export "proxy_on_configure") (param i32 i32) (result i32) (local $i i64)
            (loop $more (local.set $i (i64.add (local.get $i) (i64.const 1)))
              (br_if $more (i64.lt_u (local.get $i) (i64.const 600000000))))
            (i32.const 1))
          (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (drop (call $add (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 1))) (i32.const 0))""",
                     imports='(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))')
        with Upstream(lambda r: (200, [], (r.get("x-v") or "none").encode())) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", adding_header("x-v", "1"), default_config={}),
                     "gateway.yaml": ENDLESS_CONNECTIONS}
            with Gateway(files, workers=1) as gateway, Connection(gateway.port) as connection:
                gateway.write("plugin.yaml", wasm_plugin("p", slow, default_config={},
                                                         annotations={"wasmgate.io/start-deadline": "60s"}))
                begin, times, answers = time.monotonic(), [], []
                while not answers or answers[-1] != b"2":
                    before = time.monotonic()
                    answers.append(connection.request().body)
                    times.append(time.monotonic() - before)
                    self.assertLess(before - begin, 40, gateway.log())
                preparing = time.monotonic() - begin
                self.assertEqual(set(answers), {b"1", b"2"})
                self.assertGreater(preparing, 0.3, "the plug-in was not slow: the test shows nothing")
                # A worker that waited for the plug-in would answer nothing for all that time.
                self.assertLess(max(times), preparing / 2)
                self.assertGreater(len(times), 20)


    def test_compiling_gives_way_once_something_serves(self):
        steps = "(local.set 0 (i64.mul (i64.add (local.get 0) (i64.const 7)) (i64.rotl (local.get 0) (i64.const 9))))" * 900
        functions = "".join(f"(func $f{n} (param i64) (result i64) {steps} (i64.add (local.get 0) (i64.const {n})))" for n in range(400))
        large = guest("large", f'(table 400 funcref) (elem (i32.const 0) {" ".join(f"$f{n}" for n in range(400))}) {functions}')
        with Upstream() as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()])}
            with Gateway(files) as gateway:
                own = os.getpriority(os.PRIO_PROCESS, gateway.process.pid)
                gateway.write("plugin.yaml", wasm_plugin("p", large, default_config={}))
                self.assertGreater(large.stat().st_size, 4 * 1024 * 1024, "not large enough for fewer threads")
                end, seen, environment = time.monotonic() + 60, set(), b""
                while (own + 10 not in seen or b"RAYON" not in environment) and "generation 2 serves" not in gateway.log():
                    self.assertLess(time.monotonic(), end, gateway.log())
                    for child in subprocess.run(["pgrep", "-P", str(gateway.process.pid)], capture_output=True).stdout.split():
                        try:
                            seen.add(os.getpriority(os.PRIO_PROCESS, int(child)))
                            environment = pathlib.Path(f"/proc/{int(child)}/environ").read_bytes() or environment
                        except (ProcessLookupError, FileNotFoundError):
                            pass  # done already
                self.assertIn(min(own + 10, 19), seen, gateway.log())
                self.assertIn(b"RAYON_NUM_THREADS=", environment)

    def test_a_silent_registry_keeps_no_other_change_waiting(self):
        self.check_no_change_waits_for("never answers")

    def test_a_dripping_registry_keeps_no_other_change_waiting(self):
        self.check_no_change_waits_for("drips")

    def check_no_change_waits_for(self, fault):
        silent = Liar(fault)
        self.addCleanup(silent.close)
        with Upstream() as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "settings.json": settings(f"127.0.0.1:{silent.server_address[1]}")}
            with Gateway(files) as gateway:
                gateway.write("plugin.json", wasm_plugin("p", "", url=f"oci://127.0.0.1:{silent.server_address[1]}/x:1",
                                                         match_rules=[{"ingress": ["default/none"], "config": {}}]))
                end = time.monotonic() + 10
                while not silent.requests:
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                begin = time.monotonic()
                gateway.write("new.yaml", ingress("new", "web", host="new.example"))
                gateway.wait_for_log("a newer configuration waits", timeout=30)
                gateway.wait_for_log("generation 3 serves", timeout=30)
                self.assertLess(time.monotonic() - begin, 10)  # one try takes 15 s
                self.assertEqual(fetch(gateway.port, headers=[("host", "new.example")]).status, 200)


class PrecompiledCode(unittest.TestCase):
    def test_it_is_left_out_and_the_webassembly_runs(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-precompiled-") as folder, Upstream() as upstream:
            module = pathlib.Path(folder) / "plugin.wasm"
            native = pathlib.Path(binary()).read_bytes()[:4096]  # an ELF's beginning, as such sections hold
            module.write_bytes(MODULE.read_bytes() + b"".join(
                custom_section(name, native) for name in ("precompiled_wasmtime", "precompiled_v8_x86_64", "wasmtime.engine")))
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", module, default_config={"block_urls": ["swagger.html"]})}
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port, path="/swagger.html").status, 403, gateway.log())
                self.assertIn("3 section(s) with precompiled code left out", gateway.log())

    def test_a_file_of_precompiled_code_is_no_module(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-precompiled-") as folder, Upstream() as upstream:
            module = pathlib.Path(folder) / "plugin.wasm"
            module.write_bytes(pathlib.Path(binary()).read_bytes()[:65536])
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", module, default_config={})}
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port).status, 503)
                self.assertIn("not a WebAssembly module", gateway.log())


@needs_registry
class KilledAtAnyMoment(unittest.TestCase):
    def test_the_next_start_serves_from_what_is_whole(self):
        kills = max(500 // SCALE, 25)
        moments = random.Random(27)
        registry = Registry()
        self.addCleanup(registry.close)
        state = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-state-"))
        self.addCleanup(shutil.rmtree, state, ignore_errors=True)
        with Upstream() as upstream:
            files = {"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [upstream.endpoint()]),
                     "settings.json": settings(registry.host)}
            def resource(round_number):
                # Every tenth start knows nothing of the image, and every fifth has no state at all.
                return plugin(f"oci://{registry.host}/team/block:v{round_number // 10}")
            conf = state / "conf"
            conf.mkdir()
            for name, text in files.items():
                (conf / name).write_text(text)
            for i in range(kills):
                if i % 10 == 0:
                    registry.push(MODULE, f"team/block:v{i // 10}")
                (conf / "plugin.json").write_text(resource(i))
                if i % 5 == 0:
                    shutil.rmtree(state / "state", ignore_errors=True)
                process = subprocess.Popen(
                    [binary(), "run", "-f", conf, "--listen", "127.0.0.1:0", "--admin", "off", "--state-dir", state / "state"],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(moments.uniform(0.005, 0.25))
                process.send_signal(signal.SIGKILL)
                process.wait()
            files["plugin.json"] = resource(kills - 1)
            with Gateway(files, state_dir=state / "state") as gateway:
                self.assertEqual(fetch(gateway.port, path="/swagger.html").status, 403, gateway.log())
            registry.stop()
            begin = time.monotonic()
            with Gateway(files, state_dir=state / "state") as gateway:
                self.assertEqual(fetch(gateway.port, path="/swagger.html").status, 403, gateway.log())
                self.assertLess(time.monotonic() - begin, 5.0)


class Liar(socketserver.ThreadingTCPServer):
    """A registry that answers every request with one kind of fault, and counts the requests."""

    daemon_threads, allow_reuse_address = True, True
    HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\n"
    FAULTS = {
        "closes at once": b"",
        "garbage": bytes(range(256)) * 4,
        "half a status line": b"HTTP/1.1 20",
        "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
        "fewer bytes than announced": HEAD + b"Content-Length: 1000\r\n\r\n{",
        "cut chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\n{",
        "bad chunk size": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{",
        "no body": HEAD + b"Content-Length: 0\r\n\r\n",
        "not JSON": HEAD + b"Content-Length: 5\r\n\r\nhello",
        "an HTML page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
        "another digest": HEAD + b"Docker-Content-Digest: sha256:" + b"1" * 64 + b"\r\nContent-Length: 2\r\n\r\n{}",
        "endless head": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
        "a large manifest": HEAD + b"Content-Length: 2000000\r\n\r\n" + b" " * 2_000_000,
        "redirects to itself": b"HTTP/1.1 307 Moved\r\nLocation: /v2/x/manifests/1\r\nContent-Length: 0\r\n\r\n",
        "redirects nowhere": b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\n\r\n",
        "redirects to metadata": b"HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n",
        "401 without challenge": b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n",
        "401 again and again": b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
        "realm elsewhere": b'HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer realm="http://169.254.169.254/t"\r\nContent-Length: 0\r\n\r\n',
        "403": b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
        "429 for an hour": b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n",
        "500": b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
        "never answers": None,
        "drips": HEAD + b"Content-Length: 1000000\r\n\r\n",  # and then a byte now and then
    }

    def __init__(self, fault):
        self.answer, self.drips, self.requests = self.FAULTS[fault], fault == "drips", 0
        super().__init__(("127.0.0.1", 0), Liar.Handler)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self.thread.start()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(10)
            try:
                if not self.request.recv(65536):
                    return
                self.server.requests += 1
                if self.server.answer is None:
                    self.request.recv(1)  # until the client goes
                else:
                    self.request.sendall(self.server.answer)
                    while self.server.drips:
                        time.sleep(0.2)
                        self.request.sendall(b" ")
            except OSError:
                pass  # the client has enough of it

    def close(self):
        self.drips = False
        self.shutdown()
        self.thread.join()
        self.server_close()


class RegistryChaos(unittest.TestCase):
    def test_every_fault_ends_soon_with_one_line_and_few_tries(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-chaos-") as folder:
            for fault in Liar.FAULTS:
                for _ in range(max(50 // SCALE // 5, 1)):
                    with self.subTest(fault):
                        liar = Liar(fault)
                        try:
                            begin = time.monotonic()
                            result = wasmgate("pull", f"oci://127.0.0.1:{liar.server_address[1]}/x:1", "out", "--plain-http", "--timeout", "1",
                                              docker_config=folder, cwd=folder, check=False)
                            self.assertLess(time.monotonic() - begin, 8)
                        finally:
                            liar.close()
                        self.assertIn(result.returncode, (1, 5, 6, 7, 124), result.stderr)
                        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                        self.assertLessEqual(liar.requests, 6)
                        self.assertFalse((pathlib.Path(folder) / "out").exists())


if __name__ == "__main__":
    unittest.main()
