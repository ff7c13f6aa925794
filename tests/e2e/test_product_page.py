"""The product page, in its order, on the real gateway: its resource, its rules by ingress and domain, its Rust crate."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from client import fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from upstream import Upstream

REQUEST_BLOCK = ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm"

# As printed there; the url is the only change: a file in place of a registry.
RESOURCE = """\
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: request-block
  namespace: higress-system
spec:
  defaultConfig:
    block_urls:
    - "swagger.html"
  url: file://{module}
"""

RULES = """\
  matchRules:
  - ingress:
    - default/foo
    config:
      block_bodies:
      - "foo"
  - domain:
    - "*.example.com"
    config:
      block_bodies:
      - "bar"
"""


def build(folder, name):
    subprocess.run(["make", "-s", "build"], cwd=ROOT / folder, env={**os.environ, "PLUGIN_NAME": name}, check=True,
                   stdout=subprocess.DEVNULL)


class ProductPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        build("plugins/wasm-cpp", "request_block")

    def files(self, upstream, plugin):
        """Ingress default/foo serves foo.test; default/web everything else, *.example.com among it."""
        return {
            "foo.yaml": ingress("foo", "web", host="foo.test"),
            "web.yaml": ingress("web", "web"),
            "service.yaml": service("web", [upstream.endpoint()]),
            "plugin.yaml": plugin.format(module=REQUEST_BLOCK),
        }

    def test_the_default_configuration_blocks_everywhere(self):
        with Upstream() as upstream, Gateway(self.files(upstream, RESOURCE)) as gateway:
            self.assertEqual(fetch(gateway.port, path="/swagger.html").status, 403)
            self.assertEqual(fetch(gateway.port, path="/swagger.html", host="foo.test").status, 403)
            self.assertEqual(fetch(gateway.port, path="/foo").status, 200)
            self.assertEqual([r.target for r in upstream.take()], ["/foo"])

    def test_the_first_matching_rule_decides_by_ingress_and_domain(self):
        with Upstream() as upstream, Gateway(self.files(upstream, RESOURCE + RULES)) as gateway:
            def post(host, body, path="/foo"):
                return fetch(gateway.port, method="POST", path=path, host=host, body=body).status

            self.assertEqual(post("foo.test", b"a foo here"), 403)
            self.assertEqual(post("foo.test", b"a bar here"), 200)
            self.assertEqual(post("www.example.com", b"a bar here"), 403)
            self.assertEqual(post("www.example.com", b"a foo here"), 200)
            self.assertEqual(post("elsewhere.test", b"foo and bar"), 200)
            # A rule's configuration stands in place of the default one.
            self.assertEqual(fetch(gateway.port, path="/swagger.html", host="elsewhere.test").status, 403)
            self.assertEqual(fetch(gateway.port, path="/swagger.html", host="foo.test").status, 200)
            self.assertEqual(fetch(gateway.port, path="/swagger.html", host="www.example.com").status, 200)
            self.assertEqual(len(upstream.take()), 5)

    def test_the_crate_adds_its_header_to_requests(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-page-") as folder, Upstream() as upstream:
            module = pathlib.Path(folder) / "my-plugin.wasm"
            made = subprocess.run(["bash", str(ROOT / "plugins/wasm-rust/tests/product_page.sh")], text=True,
                                  env={**os.environ, "MODULE_OUT": str(module)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(made.returncode, 0, made.stdout[-4000:])
            files = self.files(upstream, RESOURCE)
            files["plugin.yaml"] = wasm_plugin(
                "my-plugin", module, default_config={"header_name": "x-page", "header_value": "default"},
                match_rules=[{"ingress": ["default/foo"], "config": {"header_name": "x-page", "header_value": "foo"}}])
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port, path="/").status, 200)
                self.assertEqual(fetch(gateway.port, path="/", host="foo.test").status, 200)
                self.assertEqual([r.get("x-page") for r in upstream.take()], ["default", "foo"])
                self.assertIn("Adding header x-page=foo to request", gateway.log())


if __name__ == "__main__":
    unittest.main()
