"""`wasmgate get` and `describe`, the status file, and the condition Healthy, with real plug-ins that do well, break and are missing."""

import json
import shutil
import time
import unittest

from client import fetch
from gateway import Gateway, ingress, service, wasm_plugin
from guests import adding_header, trapping
from registry import wasmgate
from upstream import Upstream


class Status(unittest.TestCase):
    def setUp(self):
        upstream = Upstream()
        self.addCleanup(upstream.stop)
        self.gateway = Gateway({
            "web.yaml": ingress("web", "web"), "svc.yaml": service("web", [upstream.endpoint()]),
            "bad.yaml": ingress("bad", "web", path="/bad"),
            "a.yaml": wasm_plugin("good", adding_header("x-v", "1"), default_config={}, phase="AUTHN", priority=5),
            "b.yaml": wasm_plugin("breaks", trapping(), match_rules=[{"ingress": ["default/bad"], "config": {}}]),
            "c.yaml": wasm_plugin("missing", "/nowhere/plugin.wasm", match_rules=[{"ingress": ["default/none"], "config": {}}])})
        self.addCleanup(self.gateway.stop)

    def ask(self, *words, check=True):
        return wasmgate(*words, "--admin", f"127.0.0.1:{self.gateway.admin_port}", docker_config=self.gateway.folder, check=check)

    def conditions(self, name):
        plugins = json.loads(self.ask("get", "plugins", name, "-o", "json").stdout)["plugins"]
        return {c["type"]: (c["status"], c["reason"]) for c in plugins[0]["conditions"]}

    def test_a_table_tells_which_plugin_is_ready_and_why_not(self):
        lines = [line.split() for line in self.ask("get", "plugins").stdout.splitlines()]
        self.assertEqual(lines[0], ["NAME", "READY", "REASON", "PHASE", "PRIORITY", "VERSION"])
        rows = {line[0]: line[1:] for line in lines[1:]}
        self.assertEqual(rows["higress-system/good"], ["True", "-", "AUTHN", "5", "-"])
        self.assertEqual(rows["higress-system/missing"][:2], ["False", "ImagePullFailed"])
        self.assertEqual(self.ask("get", "plugins", "good", "-o", "name").stdout, "plugin/higress-system/good\n")
        self.assertEqual(len(self.ask("get", "plugins", "--no-headers").stdout.splitlines()), 3)

    def test_a_plugin_that_traps_is_not_healthy_and_says_so_everywhere(self):
        self.assertEqual(self.conditions("breaks")["Healthy"], ("True", "Healthy"))
        self.assertEqual(fetch(self.gateway.port, path="/bad").status, 503)
        self.assertEqual(self.conditions("breaks")["Healthy"], ("False", "Trapping"))
        self.assertEqual(self.conditions("good")["Healthy"], ("True", "Healthy"))
        self.assertIn("Trapping", self.ask("describe", "plugin", "breaks").stdout)
        self.wait_for_status("Trapping")

    def wait_for_status(self, text):
        end = time.monotonic() + 15
        while text not in (seen := (self.gateway.state / "status.json").read_text()):
            self.assertLess(time.monotonic(), end, seen)
            time.sleep(0.05)
        return seen

    def test_the_status_file_is_read_without_a_gateway(self):
        self.gateway.write("broken.yaml", "kind: Ingress\nx\n")
        status = self.wait_for_status("broken.yaml")
        saved = self.gateway.folder.parent / (self.gateway.folder.name + "-saved")
        saved.mkdir()
        self.addCleanup(shutil.rmtree, saved)
        (saved / "status.json").write_text(status)
        self.gateway.stop()
        shown = wasmgate("get", "plugins", "-o", "wide", "--state-dir", saved, docker_config=saved)
        self.assertIn("higress-system/good", shown.stdout)
        self.assertIn("broken.yaml", json.loads(status)["refused"])

    def test_what_is_not_there_has_an_exit_code(self):
        self.assertEqual(self.ask("get", "plugins", "none", check=False).returncode, 4)
        self.assertEqual(self.ask("describe", "plugin", "none", check=False).returncode, 4)
        admin = f"127.0.0.1:{self.gateway.admin_port}"
        self.gateway.stop()
        self.assertEqual(wasmgate("get", "plugins", "--admin", admin, docker_config="/nonexistent", check=False).returncode, 6)


if __name__ == "__main__":
    unittest.main()
