"""`wasmgate apply`, `delete` and `rollback` on a running gateway."""

import pathlib
import stat
import tempfile
import unittest

from client import fetch
from gateway import Gateway, ingress, service, wasm_plugin
from guests import adding_header
from registry import wasmgate
from upstream import Upstream


class Changes(unittest.TestCase):
    def setUp(self):
        upstream = Upstream(lambda r: (200, [], (r.get("x-v") or "none").encode()))
        self.addCleanup(upstream.stop)
        self.resource = {v: wasm_plugin("p", adding_header("x-v", v), default_config={}) for v in ("1", "2", "3")}
        both = ingress("web", "web") + "---\n# kept as it is\n" + service("web", [upstream.endpoint()])
        self.gateway = Gateway({"both.yaml": both, "plugin.yaml": self.resource["1"]})
        self.addCleanup(self.gateway.stop)

    def change(self, *words, stdin=b"", check=True):
        return wasmgate(*words, "--state-dir", self.gateway.state, docker_config=self.gateway.folder, stdin=stdin, check=check)

    def apply(self, text, *words, **options):
        return self.change("apply", "-f", "-", "--wait", *words, stdin=text.encode(), **options)

    def value(self):
        return fetch(self.gateway.port).body.decode()

    def test_apply_changes_one_resource_and_serves_it(self):
        result = self.apply(self.resource["2"])
        self.assertEqual(result.stdout, "wasmplugin/higress-system/p: changed\n")
        self.assertEqual(self.value(), "2")
        self.assertEqual(self.apply(self.resource["2"]).stdout, "wasmplugin/higress-system/p: unchanged\n")
        self.apply(ingress("more", "web", path="/more"))
        self.assertEqual(fetch(self.gateway.port, path="/more").status, 200)
        self.assertTrue((self.gateway.conf / "ingress-default-more.yaml").exists())
        self.assertIn("# kept as it is", (self.gateway.conf / "both.yaml").read_text())

    def test_what_is_invalid_changes_no_file(self):
        before = {p: p.read_text() for p in self.gateway.conf.iterdir()}
        bad = ingress("bad", "web").replace("spec:", "spec:\n  rulez: 1")
        for text in (bad, "kind: Ingress\n", "a: ["):
            result = self.apply(self.resource["2"] + "\n---\n" + text, check=False)
            self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("rulez", self.apply(bad, check=False).stderr)
        self.assertEqual(self.change("apply", "-f", self.gateway.conf / "none.yaml", check=False).returncode, 4)
        self.assertEqual({p: p.read_text() for p in self.gateway.conf.iterdir()}, before)
        self.assertEqual(self.value(), "1")

    def test_delete_needs_yes_and_leaves_the_other_documents(self):
        self.assertEqual(self.change("delete", "ingress", "web", check=False).returncode, 2)
        self.assertEqual(self.change("delete", "ingress", "other", "--yes", check=False).returncode, 4)
        self.change("delete", "Ingress", "default/web", "--yes", "--dry-run")
        self.assertEqual(fetch(self.gateway.port).status, 200)
        self.change("delete", "Ingress", "default/web", "--yes", "--wait")
        self.assertEqual(fetch(self.gateway.port).status, 404)
        self.assertIn("kind: Service", (self.gateway.conf / "both.yaml").read_text())
        self.change("delete", "plugin", "p", "--yes", "--wait")
        self.assertFalse((self.gateway.conf / "plugin.yaml").exists())

    def test_rollback_brings_back_what_served_before(self):
        self.apply(self.resource["2"])
        self.apply(ingress("more", "web", path="/more"))
        self.change("rollback", "--wait")
        self.assertFalse((self.gateway.conf / "ingress-default-more.yaml").exists())
        self.assertEqual(self.value(), "2")
        self.change("rollback", "--wait")  # and forth again
        self.assertTrue((self.gateway.conf / "ingress-default-more.yaml").exists())

    def test_a_refused_configuration_is_never_kept(self):
        good = (self.gateway.conf / "both.yaml").read_text()
        self.gateway.write("both.yaml", "kind: Ingress\n")
        self.gateway.wait_for_log("configuration refused")
        self.apply(self.resource["2"], check=False)
        result = self.change("rollback")
        self.assertIn("both.yaml: restored", result.stdout)
        self.assertEqual((self.gateway.conf / "both.yaml").read_text(), good)

    def test_ten_generations_are_kept_for_this_user_only(self):
        for i in range(14):
            self.apply(self.resource[str(i % 3 + 1)] + f"\n# {i}\n")
        kept = list((self.gateway.state / "generations").iterdir())
        self.assertEqual(len(kept), 10)
        for path in (*kept, self.gateway.state / "admin.sock"):
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600, path)

    def test_without_a_gateway_it_says_so(self):
        with tempfile.TemporaryDirectory() as empty:
            result = wasmgate("rollback", "--state-dir", empty, docker_config=empty, check=False)
            self.assertEqual(result.returncode, 6)
            self.assertIn(str(pathlib.Path(empty) / "admin.sock"), result.stderr)


if __name__ == "__main__":
    unittest.main()
