"""Configuration changes under load: nothing is lost, nothing is closed, and what is broken is refused and named."""

import os
import threading
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from guests import adding_header
from upstream import Upstream

SCALE = int(os.environ.get("WASMGATE_TEST_SCALE", "1"))


class Load:
    """Keep-alive clients that never reconnect: a closed connection or a wrong answer is a failure."""

    def __init__(self, port, clients=4, path="/"):
        self.stop_flag, self.failures, self.answers, self.values = threading.Event(), [], 0, set()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._run, args=(port, path)) for _ in range(clients)]
        for thread in self.threads:
            thread.start()

    def _run(self, port, path):
        try:
            with Connection(port) as connection:
                while not self.stop_flag.is_set():
                    answer = connection.request(path=path)
                    with self.lock:
                        self.answers += 1
                        self.values.add(answer.body)
                        if answer.status != 200:
                            self.failures.append(f"status {answer.status}")
        except Exception as problem:
            with self.lock:
                self.failures.append(repr(problem))

    def finish(self):
        self.stop_flag.set()
        for thread in self.threads:
            thread.join(10)
        return self.failures


class Reload(unittest.TestCase):
    def test_hundred_changes_under_load_lose_nothing(self):
        changes = 100
        echo = lambda request: (200, [], (request.get("x-version") or "none").encode())
        modules = [adding_header("x-version", f"v{i}") for i in range(2)]
        with Upstream(echo) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("version", modules[0], default_config={}),
                     # The load never reconnects, so the limit of requests per connection must not end it.
                     "gateway.yaml": "apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {name: gateway}\n"
                                     "spec:\n  limits:\n    requestsPerConnection: 100000000\n"}
            with Gateway(files, workers=2) as gateway:
                load = Load(gateway.port)
                for i in range(1, changes + 1):
                    # Turn by turn: another module, another configuration, another route.
                    if i % 3 == 0:
                        gateway.write("plugin.yaml", wasm_plugin("version", modules[i % 2], default_config={"round": i}))
                    elif i % 3 == 1:
                        gateway.write("plugin.yaml", wasm_plugin("version", modules[(i + 1) % 2], default_config={}))
                    else:
                        gateway.write("extra.yaml", ingress(f"extra-{i}", "web", path=f"/extra-{i}"))
                    gateway.wait_for_log(f"generation {i + 1} serves", timeout=20)
                failures = load.finish()
                self.assertEqual(failures, [])
                self.assertEqual(load.values, {b"v0", b"v1"})
                self.assertGreater(load.answers, changes)
                self.assertEqual(fetch(gateway.port, path=f"/extra-{changes - changes % 3 - 1}").status, 200)

    def test_a_broken_change_is_refused_and_named_and_the_old_one_serves(self):
        with Upstream() as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()])}
            with Gateway(files) as gateway:
                with Connection(gateway.port) as connection:
                    self.assertEqual(connection.request().status, 200)
                    gateway.write("bad.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: x\nspec:\n  rulez: []\n")
                    gateway.wait_for_log("configuration refused")
                    self.assertIn("bad.yaml:6:3: error:", gateway.log())
                    self.assertEqual(connection.request().status, 200)
                    gateway.remove("bad.yaml")
                    gateway.wait_for_log("generation 2 serves")
                    self.assertEqual(connection.request().status, 200)

    def test_a_plugin_that_does_not_configure_keeps_its_last_good_generation(self):
        from guests import guest
        module = guest("configure", """
          (data (i32.const 0) "x-v") (data (i32.const 8) "1")
          (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.lt_u (local.get 1) (i32.const 20)))
          (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (drop (call $add (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 1))) (i32.const 0))""",
                       imports='(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))')
        with Upstream() as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", module, default_config={})}
            with Gateway(files) as gateway:
                fetch(gateway.port)
                gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={"long": "x" * 40}))
                gateway.wait_for_log("its last good generation goes on")
                gateway.wait_for_log("generation 2 serves")
                self.assertEqual(fetch(gateway.port).status, 200)
                self.assertEqual([r.get("x-v") for r in upstream.take()], ["1", "1"])

    def test_a_changed_module_file_is_noticed(self):
        first, second = adding_header("x-version", "old"), adding_header("x-version", "new")
        with Upstream(lambda r: (200, [], (r.get("x-version") or "").encode())) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()])}
            with Gateway(files) as gateway:
                module = gateway.folder / "plugin.wasm"
                module.write_bytes(first.read_bytes())
                gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={}))
                gateway.wait_for_log("generation 2 serves")
                self.assertEqual(fetch(gateway.port).body, b"old")
                module.write_bytes(second.read_bytes())
                gateway.wait_for_log("generation 3 serves")
                self.assertEqual(fetch(gateway.port).body, b"new")

    def test_a_plugin_whose_secret_is_missing_does_not_go_live(self):
        module = adding_header("x-version", "1")
        secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: higress-system}\nstringData: {k: v}\n"
        with Upstream(lambda r: (200, [], (r.get("x-version") or "none").encode())) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
                     "plugin.yaml": wasm_plugin("p", module, default_config={"key": "${secret.s.k}"})}
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port).status, 503)
                self.assertIn("SecretNotFound", gateway.log())
                gateway.write("secret.yaml", secret)
                gateway.wait_for_log("generation 2 serves")
                self.assertEqual(fetch(gateway.port).body, b"1")
                gateway.remove("secret.yaml")
                gateway.wait_for_log("generation 3 serves")
                self.assertIn("its last good generation goes on", gateway.log())
                self.assertEqual(fetch(gateway.port).body, b"1")

    def test_a_module_that_changes_within_the_same_second_is_noticed(self):
        modules = [adding_header("x-version", f"v{i}") for i in range(2)]
        with Upstream(lambda r: (200, [], (r.get("x-version") or "").encode())) as upstream:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()])}
            with Gateway(files) as gateway:
                module = gateway.folder / "plugin.wasm"
                module.write_bytes(modules[0].read_bytes())
                gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={}))
                gateway.wait_for_log("generation 2 serves")
                times = module.stat()
                for number in range(1, 6):
                    with open(module, "r+b") as file:  # in place: the same file, the same size
                        file.write(modules[number % 2].read_bytes())
                    os.utime(module, ns=(times.st_atime_ns, times.st_mtime_ns))
                    gateway.wait_for_log(f"generation {number + 2} serves")
                    self.assertEqual(fetch(gateway.port).body, f"v{number % 2}".encode())


if __name__ == "__main__":
    unittest.main()
