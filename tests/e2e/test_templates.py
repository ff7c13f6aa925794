"""Every template of `wasmgate new` in both languages: it builds, its native tests and its cases pass, and lint finds nothing.

All twelve in `make check-long` (WASMGATE_TEST_SCALE=1), or those named in $TEMPLATES ("auth block"); else `hello` alone. clang-tidy
runs with more than one template only, since it takes long.
"""

import json
import os
import shutil
import subprocess
import unittest

from gateway import ROOT, binary

ALL = ("hello", "block", "auth", "transform", "callout", "ratelimit")
SDKS = {"cpp": ROOT / "plugins/wasm-cpp", "rust": ROOT / "plugins/wasm-rust"}


def chosen():
    if os.environ.get("TEMPLATES"):
        return os.environ["TEMPLATES"].split()
    return ALL if os.environ.get("WASMGATE_TEST_SCALE") == "1" else ALL[:1]


class Templates(unittest.TestCase):
    def run_words(self, words, code=0):
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
                              env={**os.environ, "WASMGATE": binary(), "LINT_TIDY": "1" if len(chosen()) > 1 else "0"})
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
        return done.stdout

    def new(self, language, template):
        name = f"template-{template}-{os.getpid()}"
        folder = SDKS[language] / "extensions" / name
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.run_words([binary(), "new", name, "--lang", language, "--template", template, "--dir", str(ROOT)])
        return name, folder

    def check(self, language, template):
        name, folder = self.new(language, template)
        built = json.loads(self.run_words([binary(), "build", str(folder), "-o", "json"]))
        self.assertEqual((built["loadable"], built["warnings"]), (True, []))
        report = json.loads(self.run_words([binary(), "test", str(folder), "-o", "json"]))
        self.assertEqual(report["failed"], 0)
        self.assertEqual(sorted({test["suite"] for test in report["tests"]}), ["native", "wasm"])
        self.run_words(["make", "-s", "-C", str(SDKS[language]), "lint", f"PLUGIN_NAME={name}"])
        if language == "rust":  # lint lets warnings of plug-ins that are not the SDK's pass; a template has none
            self.run_words(["touch", str(folder / "src/lib.rs")])
            lint = subprocess.run(["make", "-C", str(SDKS[language]), "lint", f"PLUGIN_NAME={name}"], capture_output=True, text=True)
            self.assertNotIn("warning:", lint.stdout + lint.stderr)

    def test_a_wrong_expectation_fails(self):
        _, folder = self.new("cpp", "hello")
        case = folder / "cases/greeting.yaml"
        case.write_text(case.read_text().replace("{x-hello: good morning}", "{x-hello: good night}"))
        out = self.run_words([binary(), "test", str(folder), "--wasm", "-o", "json", "--junit", str(folder / "junit.xml")], code=8)
        self.assertEqual(json.loads(out)["failed"], 1)
        self.assertIn('upstream header x-hello: expected &quot;good night&quot;', (folder / "junit.xml").read_text())

    def test_a_source_that_does_not_compile_fails(self):
        _, folder = self.new("cpp", "hello")
        (folder / "plugin.cc").write_text("int main( {")
        self.run_words([binary(), "build", str(folder)], code=1)
        self.run_words([binary(), "test", str(folder), "--wasm"], code=1)


def add_tests():
    for language in SDKS:
        for template in chosen():
            setattr(Templates, f"test_{template}_{language}",
                    lambda self, language=language, template=template: self.check(language, template))


add_tests()

if __name__ == "__main__":
    unittest.main()
