"""Plug-ins from a real registry (Debian's docker-registry on loopback), put there by skopeo, running in the real gateway."""

import json
import tempfile
import unittest

from client import fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from registry import Registry, needs_registry
from upstream import Upstream

MODULE = ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm"


def settings(*insecure):
    return json.dumps({"apiVersion": "wasmgate.io/v1alpha1", "kind": "GatewayConfig", "metadata": {"name": "gateway"},
                       "spec": {"oci": {"insecureHosts": list(insecure)}}})


def plugin(url, **spec):
    return wasm_plugin("block", MODULE, default_config={"block_urls": ["swagger.html"]}, **{"url": url, **spec})


@needs_registry
class PluginsFromARegistry(unittest.TestCase):
    def setUp(self):
        self.registry = Registry()
        self.addCleanup(self.registry.close)
        self.upstream = Upstream()
        self.addCleanup(self.upstream.stop)
        self.digest = self.registry.push(MODULE, "team/block:1.0.0")
        self.url = f"oci://{self.registry.host}/team/block:1.0.0"

    def files(self, plugin_text, insecure=True):
        return {"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [("127.0.0.1", self.upstream.port)]),
                "plugin.json": plugin_text, "settings.json": settings(*([self.registry.host] if insecure else []))}

    def statuses(self, gateway):
        return (fetch(gateway.port, path="/swagger.html").status, fetch(gateway.port, path="/").status)

    def test_a_tag_runs(self):
        with Gateway(self.files(plugin(self.url))) as gateway:
            self.assertEqual(self.statuses(gateway), (403, 200), gateway.log())

    def test_a_pinned_manifest_runs_and_another_does_not(self):
        with Gateway(self.files(plugin(self.url, sha256=self.digest.removeprefix("sha256:")))) as gateway:
            self.assertEqual(self.statuses(gateway), (403, 200), gateway.log())
            gateway.write("plugin.json", plugin(self.url, sha256="1" * 64))
            gateway.wait_for_log("its last good generation goes on")
            self.assertEqual(self.statuses(gateway), (403, 200))

    def test_plain_http_needs_to_be_allowed(self):
        with Gateway(self.files(plugin(self.url), insecure=False)) as gateway:
            self.assertEqual(fetch(gateway.port).status, 503, gateway.log())
            self.assertIn("ImagePullFailed", gateway.log())

    def test_a_known_plugin_runs_after_a_restart_without_the_registry(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-state-") as state:
            with Gateway(self.files(plugin(self.url)), state_dir=state):
                pass
            self.registry.stop()
            with Gateway(self.files(plugin(self.url)), state_dir=state) as gateway:
                self.assertEqual(self.statuses(gateway), (403, 200), gateway.log())

    def test_known_plugins_change_without_the_registry(self):
        with Gateway(self.files(plugin(self.url))) as gateway:
            self.registry.stop()
            other = json.loads(plugin(self.url))
            other["spec"]["defaultConfig"] = {"block_urls": ["other.html"]}
            gateway.write("plugin.json", json.dumps(other))
            gateway.wait_for_log("generation 2 serves")
            self.assertEqual(self.statuses(gateway), (200, 200), gateway.log())
            self.assertEqual(fetch(gateway.port, path="/other.html").status, 403)

    def test_the_old_generation_serves_while_a_new_address_fails_and_comes_by_itself(self):
        with Gateway(self.files(plugin(self.url))) as gateway:
            gateway.write("plugin.json", plugin(f"oci://{self.registry.host}/team/block:2.0.0"))
            gateway.wait_for_log("its last good generation goes on")
            self.assertEqual(self.statuses(gateway), (403, 200))
            self.registry.push(MODULE, "team/block:2.0.0")
            gateway.wait_for_log("generation 3 serves", timeout=30)
            self.assertEqual(self.statuses(gateway), (403, 200))


if __name__ == "__main__":
    unittest.main()
