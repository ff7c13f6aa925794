"""pack, push, pull, copy, tag, login, logout, sign and verify of the real binary against a real registry, and skopeo beside it."""

import base64
import json
import os
import pathlib
import pty
import shutil
import socket
import stat
import subprocess
import tempfile
import threading
import unittest

from gateway import ROOT, Gateway, binary, ingress, service
from client import fetch
from registry import Registry, needs_registry, run, wasmgate
from test_oci import MODULE, plugin, settings
from upstream import Upstream

PLUGIN = MODULE.parent
LAYOUTS = ("compat", "oci", "cncf")
KEYS = {"ecdsa": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        "ed25519": ["-algorithm", "ED25519"]}


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


class CommandCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-distribution-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def wasmgate(self, *words, **options):
        return wasmgate(*words, docker_config=self.folder, cwd=self.folder, **options)

    def code(self, *words, **options):
        """The exit code and the errors of a command that may fail."""
        result = self.wasmgate(*words, check=False, **options)
        return result.returncode, result.stderr

    def make_key(self, kind="ecdsa", name="key"):
        private, public = self.folder / f"{name}.pem", self.folder / f"{name}.pub"
        run("openssl", "genpkey", *KEYS[kind], "-out", private)
        run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
        return private, public


class Packing(CommandCase):
    def manifest(self, layout):
        index = json.loads((layout / "index.json").read_text())
        digest = index["manifests"][0]["digest"].removeprefix("sha256:")
        return json.loads((layout / "blobs/sha256" / digest).read_text())

    def test_the_same_plugin_gives_the_same_bytes(self):
        for layout in LAYOUTS:
            with self.subTest(layout):
                copy = self.folder / f"copy-{layout}"
                copy.mkdir()
                for name in ("plugin.wasm", "spec.yaml", "README.md"):
                    shutil.copy(PLUGIN / name, copy / name)
                    os.utime(copy / name, (1, 1))
                for source, target in ((PLUGIN, "a"), (copy, "b")):
                    self.wasmgate("pack", source, f"{target}-{layout}", "--layout", layout)
                    self.wasmgate("pack", source, f"{target}-{layout}.tar", "--layout", layout)
                self.assertEqual(files_of(self.folder / f"a-{layout}"), files_of(self.folder / f"b-{layout}"))
                self.assertEqual((self.folder / f"a-{layout}.tar").read_bytes(), (self.folder / f"b-{layout}.tar").read_bytes())

    def test_spec_and_readme_are_layers_before_the_module(self):
        self.wasmgate("pack", PLUGIN, "image", "--annotation", "org.opencontainers.image.version=1.0.0")
        manifest = self.manifest(self.folder / "image")
        self.assertEqual([layer["mediaType"] for layer in manifest["layers"]],
                         ["application/vnd.module.wasm.doc.v1+markdown", "application/vnd.module.wasm.spec.v1+yaml",
                          "application/vnd.oci.image.layer.v1.tar+gzip"])
        self.assertEqual(manifest["annotations"]["org.opencontainers.image.version"], "1.0.0")
        self.wasmgate("pack", PLUGIN, "bare", "--bare")
        self.assertEqual(len(self.manifest(self.folder / "bare")["layers"]), 1)

    def test_packing_again_replaces_the_layout_and_nothing_else(self):
        self.wasmgate("pack", PLUGIN, "image", "--tag", "1.0.0")
        self.wasmgate("pack", PLUGIN, "image", "--tag", "1.1.0", "--bare")
        index = json.loads((self.folder / "image/index.json").read_text())
        self.assertEqual([m["annotations"]["org.opencontainers.image.ref.name"] for m in index["manifests"]], ["1.1.0"])
        self.assertEqual(len(list((self.folder / "image/blobs/sha256").iterdir())), 3)
        (self.folder / "mine").mkdir()
        (self.folder / "mine/note.txt").write_text("keep")
        code, error = self.code("pack", PLUGIN, "mine")
        self.assertEqual((code, (self.folder / "mine/note.txt").read_text()), (1, "keep"), error)

    def test_a_module_that_the_gateway_cannot_load_is_not_packed(self):
        empty = self.folder / "empty.wasm"
        empty.write_bytes(b"\0asm\1\0\0\0")
        code, error = self.code("pack", "empty.wasm", "image")
        self.assertEqual(code, 1)
        self.assertIn("cannot load this module", error)
        self.wasmgate("pack", "empty.wasm", "image", "--no-check")

    def test_wrong_words_are_wrong_usage(self):
        for words in (["pack", PLUGIN, "image", "--annotation", "novalue"], ["pack", PLUGIN, "image", "--tag", "no tag"],
                      ["pack", PLUGIN, "image", "--layout", "cncf", "--readme", PLUGIN / "README.md"],
                      ["pack", PLUGIN, "oci://127.0.0.1:1/x:1"], ["push", "oci://127.0.0.1:1/x:1", "oci://127.0.0.1:1/y:1"],
                      ["push", MODULE, "nowhere"], ["push", MODULE, "oci://127.0.0.1:1/x:1", "--sign"], ["pull"],
                      ["tag", "oci://127.0.0.1:1/x:1", "no tag"], ["login", "a/b", "-u", "x", "--password-stdin"],
                      ["pull", "--all", "folder"], ["copy", MODULE, "oci://127.0.0.1:1/y:1"]):
            with self.subTest(words):
                self.assertEqual(self.code(*words)[0], 2)

    def test_what_is_not_there_is_not_found(self):
        self.assertEqual(self.code("pack", "none.wasm")[0], 4)
        self.assertEqual(self.code("push", "no-layout", "oci://127.0.0.1:1/x:1")[0], 4)
        self.assertEqual(self.code("sign", "oci://127.0.0.1:1/x:1", "--key", "none.pem")[0], 4)
        self.assertEqual(self.code("logout", "127.0.0.1:1")[0], 4)


@needs_registry
class Transfers(CommandCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = Registry()

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def name(self, tag="1.0.0"):
        """An image's name of this test alone."""
        return f"{self.id().rpartition('.')[2]}:{tag}"

    def reference(self, tag="1.0.0"):
        return f"oci://{self.registry.host}/{self.name(tag)}"

    def push(self, source=PLUGIN, tag="1.0.0", *options):
        result = self.wasmgate("push", source, self.reference(tag), "--plain-http", "-o", "json", *options)
        return json.loads(result.stdout)["digest"]

    def test_a_packed_plugin_comes_back_byte_for_byte_in_every_layout(self):
        for layout in LAYOUTS:
            with self.subTest(layout):
                for place in (f"{layout}", f"{layout}.tar"):
                    self.wasmgate("pack", PLUGIN, place, "--layout", layout, "--digest-file", "packed")
                    self.wasmgate("push", place, self.reference(layout), "--plain-http", "--digest-file", "pushed")
                    self.wasmgate("pull", self.reference(layout), f"back-{place}", "--plain-http", "--digest-file", "pulled")
                    self.assertEqual({(self.folder / f).read_text() for f in ("packed", "pushed", "pulled")},
                                     {self.registry.digest(self.name(layout)) + "\n"})
                self.wasmgate("pull", self.reference(layout), "back.wasm", "--plain-http")
                self.assertEqual((self.folder / "back.wasm").read_bytes(), MODULE.read_bytes())
                run("skopeo", "inspect", "--raw", f"oci:{self.folder}/back-{layout}")
        self.assertEqual(self.registry.digest(self.name("compat")), self.push(PLUGIN, "again"))
        self.assertEqual(self.registry.digest(self.name("oci")), self.push(MODULE, "again-oci", "--layout", "oci"))

    def test_skopeo_copies_and_inspects_ours(self):
        for layout in LAYOUTS:
            with self.subTest(layout):
                self.push(MODULE, layout, "--layout", layout)
                run("skopeo", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false", f"docker://{self.reference(layout)[6:]}",
                    f"docker://{self.reference(layout)[6:]}-copy")
                self.assertEqual(self.registry.digest(self.name(layout)), self.registry.digest(self.name(f"{layout}-copy")))
                if layout != "cncf":  # skopeo knows no image behind that configuration's type
                    shown = json.loads(run("skopeo", "inspect", "--tls-verify=false", f"docker://{self.reference(layout)[6:]}").stdout)
                    self.assertEqual(shown["Architecture"], "wasm")

    def test_a_tag_is_another_name_of_the_same_image(self):
        digest = self.push()
        self.wasmgate("tag", self.reference(), "stable", "--plain-http")
        self.assertEqual(self.registry.digest(self.name("stable")), digest)
        code, _ = self.code("tag", self.reference("none"), "stable", "--plain-http")
        self.assertEqual(code, 4)

    def test_signatures_go_where_the_image_goes(self):
        private, public = self.make_key()
        digest = self.push(PLUGIN, "1.0.0", "--sign", "--key", private)
        other = Registry()
        self.addCleanup(other.close)
        there = f"oci://{other.host}/mirror/block:1.0.0"
        for step in ([self.reference(), there], [there, "layout"], ["layout", there.replace("1.0.0", "again")],
                     [there, "one.tar"], ["one.tar", there.replace("block", "copy")]):
            self.wasmgate("copy", *step, "--plain-http")
        for name in ("mirror/block:1.0.0", "mirror/block:again", "mirror/copy:1.0.0"):
            self.assertEqual(other.digest(name), digest)
            self.wasmgate("verify", f"oci://{other.host}/{name}", "--key", public, "--plain-http")

    def test_every_kind_of_key_signs_and_another_key_does_not_verify(self):
        for kind in KEYS:
            with self.subTest(kind):
                private, public = self.make_key(kind, kind)
                _, stranger = self.make_key(kind, "stranger")
                self.push(MODULE, kind)
                code, error = self.code("verify", self.reference(kind), "--key", public, "--plain-http")
                self.assertEqual(code, 7, error)  # no signature, or by the keys before only
                self.wasmgate("sign", self.reference(kind), "--key", private, "--plain-http")
                shown = self.wasmgate("verify", self.reference(kind), "--key", public, "--plain-http", "-o", "json")
                self.assertEqual(len(json.loads(shown.stdout)["signer"]), 64)
                self.assertEqual(self.code("verify", self.reference(kind), "--key", stranger, "--plain-http")[0], 7)

    def test_a_damaged_blob_is_a_mismatch(self):
        self.push(MODULE, "1.0.0", "--layout", "cncf")
        manifest = json.loads(run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.reference()[6:]}").stdout)
        path = self.registry.blob_path(manifest["layers"][0]["digest"])
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        self.addCleanup(path.write_bytes, good)
        for target in ("layout", "one.tar", "back.wasm"):
            code, error = self.code("pull", self.reference(), target, "--plain-http")
            self.assertEqual(code, 7, error)
        self.assertFalse((self.folder / "back.wasm").exists())
        self.assertFalse((self.folder / "one.tar").exists())

    def test_all_plugins_of_a_configuration_run_without_any_registry(self):
        registry = Registry()
        self.addCleanup(registry.close)
        url = f"oci://{registry.host}/team/block:1.0.0"
        private, public = self.make_key()
        self.wasmgate("push", PLUGIN, url, "--plain-http", "--sign", "--key", private)
        upstream = Upstream()
        self.addCleanup(upstream.stop)
        config = json.loads(settings())
        config["spec"]["oci"] = {"preloadFolder": str(self.folder / "preload")}
        files = {"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [("127.0.0.1", upstream.port)]),
                 "plugin.json": plugin(url, verificationKey=public.read_text()), "settings.json": json.dumps(config)}
        conf = self.folder / "conf"
        conf.mkdir()
        for name, text in files.items():
            (conf / name).write_text(text)
        self.wasmgate("pull", "--all", "-f", conf, "preload", "--plain-http")
        registry.stop()
        with Gateway(files) as gateway:
            statuses = (fetch(gateway.port, path="/swagger.html").status, fetch(gateway.port, path="/").status)
            self.assertEqual(statuses, (403, 200), gateway.log())

    def test_plain_http_is_never_a_fall_back(self):
        code, error = self.code("pull", self.reference(), "--timeout", "2")
        self.assertEqual(code, 6, error)
        self.assertIn("--plain-http", error)

    def test_a_registry_that_does_not_answer_is_a_time_out(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            code, error = self.code("pull", f"oci://127.0.0.1:{silent.getsockname()[1]}/x:1", "--plain-http", "--timeout", "1")
        self.assertEqual(code, 124, error)

    def test_an_interrupt_ends_it(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            process = subprocess.Popen([binary(), "pull", f"oci://127.0.0.1:{silent.getsockname()[1]}/x:1", "--plain-http"],
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.addCleanup(process.kill)
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                process.send_signal(2)
                self.assertEqual(process.wait(10), 130)

    def test_results_and_progress_go_apart(self):
        result = self.wasmgate("push", PLUGIN, self.reference(), "--plain-http")
        self.assertEqual(result.stdout.splitlines()[0], f"pushed  {self.reference()}@{self.registry.digest(self.name())}")
        self.assertNotIn("\x1b", result.stderr)
        self.assertTrue(result.stderr.splitlines()[-1].startswith("next:   wasmgate "), result.stderr)
        self.assertIn("README.md", result.stderr)

    def test_progress_moves_on_a_terminal_only(self):
        master, slave = pty.openpty()
        self.addCleanup(os.close, master)
        words = [binary(), "push", str(PLUGIN), self.reference(), "--plain-http"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=slave,
                                   env={**os.environ, "TERM": "xterm", "DOCKER_CONFIG": str(self.folder)})
        os.close(slave)
        seen = bytearray()

        def read():
            try:
                while part := os.read(master, 4096):
                    seen.extend(part)
            except OSError:
                pass  # the other end is closed
        reader = threading.Thread(target=read)
        reader.start()
        self.assertEqual(process.wait(30), 0)
        reader.join(10)
        self.assertRegex(bytes(seen), rb"\r\x1b\[K[|/\\-] pushing to")


@needs_registry
class Logins(CommandCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = Registry(users={"ada": "correct horse"})

    @classmethod
    def tearDownClass(cls):
        cls.registry.close()

    def setUp(self):
        super().setUp()
        self.store = self.folder / "config.json"
        self.target = f"oci://{self.registry.host}/team/block:1.0.0"

    def login(self, password="correct horse\n", **options):
        return self.wasmgate("login", self.registry.host, "-u", "ada", "--password-stdin", "--plain-http", stdin=password.encode(), **options)

    def test_nobody_is_let_in_without_login(self):
        code, error = self.code("push", PLUGIN, self.target, "--plain-http")
        self.assertEqual(code, 5, error)
        self.assertIn("wasmgate login", error)

    def test_login_lets_in_until_logout(self):
        self.store.write_text(json.dumps({"auths": {"other.example": {"auth": "eDp5"}}, "detachKeys": "ctrl-e"}))
        self.login()
        kept = json.loads(self.store.read_text())
        self.assertEqual(kept["auths"][self.registry.host]["auth"], base64.b64encode(b"ada:correct horse").decode())
        self.assertEqual((kept["auths"]["other.example"], kept["detachKeys"]), ({"auth": "eDp5"}, "ctrl-e"))
        self.assertEqual(stat.S_IMODE(self.store.stat().st_mode), 0o600)
        self.wasmgate("push", PLUGIN, self.target, "--plain-http")
        self.wasmgate("pull", self.target, "back.wasm", "--plain-http")
        self.wasmgate("logout", self.registry.host)
        self.assertEqual(json.loads(self.store.read_text())["auths"], {"other.example": {"auth": "eDp5"}})
        self.assertEqual(self.code("pull", self.target, "back.wasm", "--plain-http")[0], 5)
        self.assertEqual(self.code("logout", self.registry.host)[0], 4)

    def test_a_wrong_password_is_denied_and_not_kept(self):
        result = self.login("wrong\n", check=False)
        self.assertEqual(result.returncode, 5, result.stderr)
        self.assertFalse(self.store.exists())
        self.assertNotIn("wrong", result.stdout + result.stderr)

    def test_an_empty_password_is_wrong_usage(self):
        self.assertEqual(self.login("\n", check=False).returncode, 2)

    def test_a_credential_helper_keeps_it_instead_of_the_file(self):
        helper = self.folder / "docker-credential-wasmgatetest"
        vault = self.folder / "vault"
        helper.write_text(f"#!/bin/sh\ncase $1 in\nstore) cat > {vault} ;;\nget) cat {vault} 2>/dev/null || "
                          f"{{ echo credentials not found in native keychain; exit 1; }} ;;\nerase) rm -f {vault} ;;\nesac\n")
        helper.chmod(0o755)
        self.store.write_text(json.dumps({"credsStore": "wasmgatetest"}))
        old = os.environ["PATH"]
        os.environ["PATH"] = f"{self.folder}:{old}"
        self.addCleanup(os.environ.__setitem__, "PATH", old)
        self.login()
        self.assertEqual(json.loads(vault.read_text())["Secret"], "correct horse")
        self.assertNotIn("correct", self.store.read_text())
        self.wasmgate("push", PLUGIN, self.target, "--plain-http")
        self.wasmgate("logout", self.registry.host)
        self.assertFalse(vault.exists())

    def test_the_gateway_pulls_as_the_user_who_logged_in(self):
        self.login()
        self.wasmgate("push", PLUGIN, self.target, "--plain-http")
        upstream = Upstream()
        self.addCleanup(upstream.stop)
        files = {"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [("127.0.0.1", upstream.port)]),
                 "plugin.json": plugin(self.target), "settings.json": settings(self.registry.host)}
        with Gateway(files, env={"DOCKER_CONFIG": str(self.folder)}) as gateway:
            self.assertEqual(fetch(gateway.port, path="/swagger.html").status, 403, gateway.log())


if __name__ == "__main__":
    unittest.main()
