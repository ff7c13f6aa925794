"""Plug-ins from a real registry (Debian's docker-registry on loopback), put there by skopeo, running in the real gateway."""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from client import fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from upstream import Upstream

MODULE = ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Registry:
    """docker-registry with storage of its own. stop() and start() keep the port and what is stored."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-registry-"))
        self.port = free_port()
        self.config = self.folder / "config.yml"
        self.config.write_text(json.dumps({
            "version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}},
            "http": {"addr": f"127.0.0.1:{self.port}"}}))
        self.process = None
        self.start()

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(["docker-registry", "serve", str(self.config)], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                urllib.request.urlopen(f"http://{self.host}/v2/", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError("docker-registry does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def push(self, module, name):
        """Packs a module and copies it in by skopeo; returns the manifest's digest."""
        layout = self.folder / "layout"
        subprocess.run(["python3", str(ROOT / "plugins/tools/pack_image.py"), "--module", str(module), "--layout", str(layout),
                        "--tag", f"{self.host}/{name}"], check=True, capture_output=True)
        subprocess.run(["skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:{name.rpartition(':')[2]}",
                        f"docker://{self.host}/{name}"], check=True, capture_output=True)
        shown = subprocess.run(["skopeo", "inspect", "--tls-verify=false", f"docker://{self.host}/{name}"], check=True,
                               capture_output=True, text=True)
        return json.loads(shown.stdout)["Digest"]

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def settings(*insecure):
    return json.dumps({"apiVersion": "wasmgate.io/v1alpha1", "kind": "GatewayConfig", "metadata": {"name": "gateway"},
                       "spec": {"oci": {"insecureHosts": list(insecure)}}})


def plugin(url, **spec):
    return wasm_plugin("block", MODULE, default_config={"block_urls": ["swagger.html"]}, **{"url": url, **spec})


@unittest.skipUnless(shutil.which("docker-registry") and shutil.which("skopeo"), "docker-registry and skopeo are not installed")
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
