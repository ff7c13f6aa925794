"""Projects outside an SDK's folder, `wasmgate run REF --once`, `dev` and `run REF` with an upstream of one's own, and the keys of `dev` on a terminal."""

import json
import os
import pathlib
import pty
import re
import select
import subprocess
import tempfile
import time
import unittest

from client import fetch
from gateway import ROOT, binary
from guests import trapping
from upstream import Upstream

BLOCK = ROOT / "plugins/wasm-cpp/extensions/request_block/plugin.wasm"
PATIENCE = 300.0


def run(*words, code=0):
    done = subprocess.run([binary(), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != code:
        raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Once(unittest.TestCase):
    def setUp(self):
        self.assertTrue(BLOCK.exists(), "request_block is not built")

    def once(self, *words, code=0):
        return run("run", str(BLOCK), "--once", *words, code=code)

    def test_a_request_that_passes_is_shown_on_both_sides(self):
        out = json.loads(self.once("--config", '{"block_urls":["swagger"]}', "--url", "http://a.example.com/x?y", "-X", "PUT",
                                   "-H", "x-user: me", "--body", "text", "-o", "json"))
        self.assertEqual(len(out), 1)
        self.assertEqual((out[0]["method"], out[0]["path"], out[0]["response"]["status"]), ("PUT", "/x?y", 200))
        [arrived] = out[0]["upstream"]
        headers = dict(arrived["headers"])
        self.assertEqual((headers[":authority"], headers["x-user"], arrived["body"]), ("a.example.com", "me", "text"))

    def test_a_refused_request_reaches_nobody(self):
        text = self.once("--config", '{"block_urls":["swagger"],"blocked_message":"no"}', "--url", "/swagger")
        self.assertRegex(text, r"\Arequest   GET /swagger\nupstream  saw nothing\nresponse  403\n(  .*\n)+\n  no\n\Z")

    def test_requests_of_a_case_file(self):
        case = ROOT / "plugins/cases/request-block/urls.yaml"
        out = json.loads(self.once("--request", str(case), "-o", "json"))
        self.assertGreater(len(out), 2)
        self.assertEqual({entry["response"]["status"] for entry in out} & {200, 404}, {200, 404})

    def test_what_is_wrong_has_its_exit_code(self):
        self.once("--config", "{", code=3)
        self.once("-H", "no colon", code=3)
        self.once("--request", "/does/not/exist.yaml", code=4)
        self.once("--request", "x.yaml", "--url", "/", code=2)

    def test_a_plugin_that_traps_ends_with_9(self):
        module = trapping()
        out = json.loads(run("run", str(module), "--once", "-o", "json", code=9))
        self.assertEqual(out[0]["response"]["status"], 503)
        self.assertEqual(out[0]["upstream"], [])


class Project(unittest.TestCase):
    """A plug-in in a folder of its own, away from every SDK."""

    def project(self, language, sdk):
        folder = tempfile.TemporaryDirectory(prefix="wasmgate-project-")
        self.addCleanup(folder.cleanup)
        run("new", "mine", "--lang", language, "--dir", folder.name, *sdk)
        return pathlib.Path(folder.name).resolve() / "mine"

    def check(self, language, sdk=()):
        folder = self.project(language, sdk)
        self.assertEqual((folder / ".sdk").resolve(), ROOT / f"plugins/wasm-{language}")
        (folder / ".sdk").unlink()  # as after a fresh clone of the project
        built = json.loads(run("build", str(folder), "-o", "json"))
        self.assertEqual((built["loadable"], built["warnings"]), (True, []))
        self.assertTrue((folder / "plugin.wasm").exists())
        module = (folder / "plugin.wasm").read_bytes()
        self.assertFalse(str(folder).encode() in module or str(ROOT).encode() in module, "a path of this machine is in the module")
        report = json.loads(run("test", str(folder / "cases"), "-o", "json"))
        self.assertEqual((report["failed"], sorted({test["suite"] for test in report["tests"]})), (0, ["native", "wasm"]))
        out = json.loads(run("run", str(folder), "--once", "-o", "json"))
        self.assertIn("x-hello", dict(out[0]["upstream"][0]["headers"]))

    def test_cpp_with_the_sdk_around_the_program(self):
        self.check("cpp")

    def test_rust_with_a_named_sdk(self):
        self.check("rust", ["--sdk", str(ROOT / "plugins")])

    def test_a_folder_that_is_there_stays(self):
        folder = self.project("cpp", [])
        run("new", "mine", "--lang", "rust", "--dir", str(folder.parent), code=1)
        run("new", "other", "--lang", "cpp", "--dir", str(folder.parent), "--sdk", "/nowhere", code=4)


class OwnUpstream(unittest.TestCase):
    def port(self, log):
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(r"ready in \d+ ms   http 127\.0\.0\.1:(\d+)", pathlib.Path(log.name).read_text(errors="replace"))
            if found:
                return int(found[1])
            self.assertLess(time.monotonic(), end, pathlib.Path(log.name).read_text(errors="replace")[-2000:])
            time.sleep(0.01)

    def test_run_sends_what_passes_to_it(self):
        with Upstream(lambda request: (200, [], b"mine")) as upstream, tempfile.NamedTemporaryFile("w") as log:
            process = subprocess.Popen([binary(), "run", str(BLOCK), "--config", '{"block_urls":["swagger"]}', "--listen", "127.0.0.1:0",
                                        "--admin", "off", "--upstream", f"127.0.0.1:{upstream.port}"],
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                port = self.port(log)
                self.assertEqual(fetch(port, path="/x").body, b"mine")
                self.assertEqual(fetch(port, path="/swagger").status, 403)
                self.assertEqual([request.target for request in upstream.take()], ["/x"])
            finally:
                process.terminate()
                process.wait(20)

    def test_an_address_that_is_none_is_refused(self):
        run("run", str(BLOCK), "--upstream", "somewhere", code=2)


class Keys(unittest.TestCase):
    """`dev` on a pseudo-terminal."""

    def setUp(self):
        self.master, slave = pty.openpty()
        self.addCleanup(os.close, self.master)
        self.text = ""
        # A session of its own makes the pseudo-terminal its controlling terminal.
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", binary(), "dev", "hello-world", "--config", '{"a":["b"]}', "--listen", "127.0.0.1:0"],
            cwd=ROOT / "plugins/wasm-cpp", stdin=slave, stdout=slave, stderr=slave)
        os.close(slave)
        self.addCleanup(self.end)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(20)

    def wait_for(self, pattern):
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text):
            self.assertLess(time.monotonic(), end, f"no {pattern!r} in:\n{self.text[-4000:]}")
            if select.select([self.master], [], [], 0.2)[0]:
                try:
                    self.text += os.read(self.master, 65536).decode(errors="replace")
                except OSError:  # the terminal's other side is closed
                    self.assertRegex(self.text, pattern)
                    return

    def press(self, key):
        self.text = ""
        os.write(self.master, key.encode())

    def test_keys_build_show_and_end(self):
        self.wait_for("dev: r builds again, c shows the configuration, q ends")
        self.press("c")
        self.wait_for(r'"a": \[\s+"b"')
        self.press("r")
        self.wait_for(r"dev: built hello-world in")
        self.press("q")
        self.assertEqual(self.process.wait(30), 0)


if __name__ == "__main__":
    unittest.main()
