"""Every shipped plug-in is whole: README, schema, unit tests, case files. Nothing is built."""

import pathlib
import re
import subprocess
import sys
import unittest

import yaml

PLUGINS = pathlib.Path(__file__).resolve().parents[1]
CPP = {"basic_auth", "bot_detect", "custom_response", "hello-world", "hmac_auth", "jwt_auth", "key_auth", "key_rate_limit",
       "model_mapper", "model_router", "oauth", "request_block", "sni_misdirect"}
RUST = {"ai-data-masking", "ai-intent", "demo-wasm", "hello-world", "request-block", "say-hello"}
FOLDERS = [PLUGINS / "wasm-cpp/extensions" / name for name in sorted(CPP)] + \
          [PLUGINS / "wasm-rust/extensions" / name for name in sorted(RUST)]
# Folders of plugins/cases that are no plug-in's.
SHARED = {"rule-matcher"}


def cases_of(folder):
    return sorted((PLUGINS / "cases" / folder.name.replace("_", "-")).glob("*.yaml"))


def sources(folder):
    return "\n".join(path.read_text() for path in sorted(folder.rglob("*.rs")) if "target" not in path.parts)


class ShippedPlugins(unittest.TestCase):
    def each(self):
        for folder in FOLDERS:
            with self.subTest(plugin=folder.relative_to(PLUGINS)):
                yield folder

    def test_the_folders_are_there(self):
        for folder in self.each():
            self.assertTrue(folder.is_dir())

    def test_each_has_a_readme_that_names_its_fields(self):
        for folder in self.each():
            readme = (folder / "README.md").read_text()
            self.assertEqual(readme.splitlines()[0].lstrip("# ").replace("_", "-"), folder.name.replace("_", "-"))
            schema = yaml.safe_load((folder / "spec.yaml").read_text())["spec"]["configSchema"]["openAPIV3Schema"]
            for field in schema.get("properties") or {}:
                self.assertIn(field, readme, "a field of spec.yaml")

    def test_the_page_about_matching_shows_the_vectors(self):
        done = subprocess.run([sys.executable, PLUGINS / "tools/matching_page.py", "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_has_a_schema(self):
        for folder in self.each():
            spec = yaml.safe_load((folder / "spec.yaml").read_text())
            info = spec["info"]
            self.assertEqual(info["name"].replace("_", "-"), folder.name.replace("_", "-"))
            self.assertRegex(info["version"], r"^\d+\.\d+\.\d+$")
            self.assertTrue(info["title"] and info["description"] and info["category"])
            self.assertIn(spec["spec"]["phase"], ("UNSPECIFIED_PHASE", "AUTHN", "AUTHZ", "STATS"))
            self.assertIsInstance(spec["spec"]["priority"], int)
            self.assertEqual(spec["spec"]["configSchema"]["openAPIV3Schema"]["type"], "object")

    def test_each_cpp_plugin_has_unit_tests(self):
        for folder in self.each():
            if folder.name in CPP and folder.parts[-3] == "wasm-cpp":
                tests = "\n".join(path.read_text() for path in folder.glob("*_test.cc"))
                self.assertRegex(tests, r"\bTEST(_F|_P)?\(")

    def test_each_rust_plugin_has_unit_tests_and_runs_its_cases_natively(self):
        for folder in self.each():
            if folder.parts[-3] == "wasm-rust":
                self.assertGreaterEqual(len(re.findall(r"#\[test\]", sources(folder))), 2)
                self.assertIn("testing::run_cases(_initialize)", sources(folder))

    def test_each_has_cases(self):
        for folder in self.each():
            self.assertTrue(cases_of(folder))
            for path in cases_of(folder):
                case = yaml.safe_load(path.read_text())
                self.assertTrue(case["about"], path)
                self.assertTrue(all("expect" in request for request in case["requests"]), path)

    def test_each_folder_of_cases_belongs_to_a_plugin(self):
        known = {name.replace("_", "-") for name in CPP | RUST} | SHARED
        self.assertEqual({path.name for path in (PLUGINS / "cases").iterdir() if path.is_dir()} - known, set())

    def test_what_rust_calls_shipped_is_this_list(self):
        listed = (PLUGINS / "wasm-rust/tools/lib/shipped.txt").read_text().split()
        self.assertEqual(set(listed), RUST)


if __name__ == "__main__":
    unittest.main()
