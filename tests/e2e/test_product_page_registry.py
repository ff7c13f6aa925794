"""The deployment section of the product page, word for word, against a real registry; and images that other tools made."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from client import fetch
from gateway import ROOT, Gateway, binary, ingress, service
from guests import adding_header
from registry import Registry, needs_registry, run, wasmgate
from test_oci import MODULE, settings
from upstream import Upstream

CPP = ROOT / "plugins/wasm-cpp"
HELLO = CPP / "extensions/hello-world/plugin.wasm"

# As on the page; only the registry's name is filled in.
PAGE = """apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata:
  name: request-block
  namespace: higress-system
spec:
  defaultConfig:
    block_urls:
    - "swagger.html"
  url: oci://<your-registry>/request_block:1.0.0
"""
PAGE_RULES = """  matchRules:
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


class RegistryCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-page-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.registry = Registry()
        self.addCleanup(self.registry.close)
        self.upstream = Upstream()
        self.addCleanup(self.upstream.stop)

    def wasmgate(self, *words):
        return wasmgate(*words, docker_config=self.folder, cwd=self.folder)

    def files(self, plugin_text):
        return {"web.yaml": ingress("web", "web"), "foo.yaml": ingress("foo", "web", host="foo.test"),
                "svc.yaml": service("web", [("127.0.0.1", self.upstream.port)]), "plugin.yaml": plugin_text,
                "settings.json": settings(self.registry.host)}

    def page(self, rules="", **spec):
        """The page's resource; `spec`: fields beside its own."""
        more = "".join(f"  {key}: {json.dumps(value)}\n" for key, value in spec.items())
        return PAGE.replace("<your-registry>", self.registry.host) + rules + more

    def status(self, gateway, path="/", host="web.test", body=None):
        method = "GET" if body is None else "POST"
        return fetch(gateway.port, method=method, path=path, host=host, body=body).status


@needs_registry
class DeployThePlugin(RegistryCase):
    def build_and_push(self):
        made = run("make", "build-image", cwd=CPP, env={
            **os.environ, "PLUGIN_NAME": "request_block", "PLUGIN_VERSION": "1.0.0", "REGISTRY": f"{self.registry.host}/",
            "WASMGATE_CONTAINER_ENGINE": "none"})
        image = f"{self.registry.host}/request_block:1.0.0"
        self.assertIn(f"image:            {image}\n", made.stdout)
        self.wasmgate("push", CPP / "extensions/request_block/image", f"oci://{image}", "--plain-http")

    def test_build_push_refer_and_block(self):
        self.build_and_push()
        with Gateway(self.files(self.page())) as gateway:
            self.assertEqual(self.status(gateway, "/swagger.html"), 403, gateway.log())
            self.assertEqual(self.status(gateway, "/api"), 200)
            self.assertEqual(self.status(gateway, body=b"foo"), 200)
            gateway.write("plugin.yaml", self.page(PAGE_RULES))
            gateway.wait_for_log("generation 2 serves")
            expected = {("foo.test", b"foo"): 403, ("foo.test", b"bar"): 200,  # the ingress's rule
                        ("x.example.com", b"bar"): 403, ("x.example.com", b"foo"): 200,  # the domain's rule
                        ("web.test", b"foo"): 200, ("web.test", b"bar"): 200}  # no rule
            for (host, body), status in expected.items():
                self.assertEqual(self.status(gateway, host=host, body=body), status, (host, body, gateway.log()))
            self.assertEqual(self.status(gateway, "/swagger.html", host="web.test"), 403)  # the global configuration
            self.assertEqual(self.status(gateway, "/swagger.html", host="foo.test"), 200)  # a rule that matches stands alone


@needs_registry
class VerifiedPlugins(RegistryCase):
    def setUp(self):
        super().setUp()
        self.key, self.public = self.folder / "k.pem", self.folder / "k.pub"
        run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key)
        run("openssl", "pkey", "-in", self.key, "-pubout", "-out", self.public)
        self.url = f"oci://{self.registry.host}/request_block:1.0.0"

    def resource(self, note=""):
        """`note`: another text, so that what failed is asked for at once instead of after its back-off."""
        return self.page(verificationKey=self.public.read_text() + note, imagePullPolicy="Always")

    def test_a_signed_image_runs_and_an_unsigned_one_does_not(self):
        self.wasmgate("push", MODULE, self.url, "--plain-http")
        with Gateway(self.files(self.resource())) as gateway:
            self.assertIn("SignatureInvalid", gateway.log())
            self.assertEqual(self.status(gateway), 503)
            self.wasmgate("sign", self.url, "--key", self.key, "--plain-http")
            gateway.write("plugin.yaml", self.resource("signed now"))
            gateway.wait_for_log("generation 2 serves")
            self.assertEqual(self.status(gateway, "/swagger.html"), 403, gateway.log())

    def test_what_replaces_a_signed_image_is_refused_and_the_old_one_goes_on(self):
        signed = ["--plain-http", "--digest-file", "signed", "--sign", "--key", self.key]
        self.wasmgate("push", MODULE, self.url, *signed)
        with Gateway(self.files(self.resource())) as gateway:
            self.assertEqual(self.status(gateway, "/swagger.html"), 403, gateway.log())
            self.wasmgate("push", HELLO, self.url, "--plain-http", "--digest-file", "other")
            # The other image with the first one's signature beside it.
            tags = [(self.folder / name).read_text().strip().replace(":", "-") + ".sig" for name in ("signed", "other")]
            name = f"docker://{self.registry.host}/request_block"
            run("skopeo", "copy", "--src-tls-verify=false", "--dest-tls-verify=false", f"{name}:{tags[0]}", f"{name}:{tags[1]}")
            gateway.write("plugin.yaml", self.resource() + "# touched\n")
            gateway.wait_for_log("its last good generation goes on")
            self.assertIn("the signature is over another manifest", gateway.log())
            self.assertEqual(self.status(gateway, "/swagger.html"), 403)


@needs_registry
class ImagesOfOtherTools(RegistryCase):
    def assert_runs(self, name):
        resource = self.page().replace("request_block:1.0.0", name)
        with Gateway(self.files(resource)) as gateway:
            self.assertEqual((self.status(gateway, "/swagger.html"), self.status(gateway)), (403, 200), gateway.log())

    def test_copies_by_skopeo_run_in_every_layout(self):
        for layout in ("compat", "oci", "cncf"):
            with self.subTest(layout):
                self.wasmgate("pack", MODULE, layout, "--layout", layout, "--tag", "1.0.0")
                run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{self.folder}/{layout}:1.0.0",
                    f"docker://{self.registry.host}/copied:{layout}")
                self.assert_runs(f"copied:{layout}")

    def test_the_docker_form_runs(self):
        self.wasmgate("pack", MODULE, "image", "--tag", "1.0.0", "--bare")
        run("skopeo", "copy", "--format", "v2s2", "--dest-tls-verify=false", f"oci:{self.folder}/image:1.0.0",
            f"docker://{self.registry.host}/docker:1.0.0")
        raw = run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.registry.host}/docker:1.0.0").stdout
        self.assertIn("vnd.docker.distribution.manifest.v2+json", raw)
        self.assert_runs("docker:1.0.0")

    @unittest.skipUnless(shutil.which("buildah"), "buildah is not installed")
    def test_a_dockerfile_built_by_buildah_runs_in_both_forms(self):
        context = self.folder / "context"
        context.mkdir()
        shutil.copy(MODULE, context / "plugin.wasm")
        (context / "Dockerfile").write_text("FROM scratch\nCOPY plugin.wasm ./\n")
        buildah = ["buildah", "--root", self.folder / "store", "--runroot", self.folder / "run", "--storage-driver", "vfs"]
        built = run(*buildah, "build", "--isolation", "chroot", "--tag", "built:1", context, check=False)
        if built.returncode != 0:
            self.skipTest(f"buildah cannot build here: {built.stderr.strip()}")
        for form in ("oci", "v2s2"):
            with self.subTest(form):
                run(*buildah, "push", "--tls-verify=false", "--format", form, "built:1", f"docker://{self.registry.host}/built:{form}")
                self.assert_runs(f"built:{form}")


class RunImages(unittest.TestCase):
    """`run REF` on images in files, of our making and of other tools; no registry."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-run-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.module = self.folder / "plugin.wasm"  # a small one: each start compiles it
        shutil.copy(adding_header("x-run", "yes"), self.module)

    def wasmgate(self, *words, check=True):
        return wasmgate(*words, docker_config=self.folder, cwd=self.folder, check=check)

    def assert_runs(self, reference):
        ports = self.folder / "ports.json"
        ports.unlink(missing_ok=True)
        with open(self.folder / "log", "w+") as log:
            process = subprocess.Popen(
                [binary(), "run", reference, "--listen", "127.0.0.1:0", "--admin", "off",
                 "--access-log", "off", "--state-dir", self.folder / "state", "--port-file", ports],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                end = time.monotonic() + 60
                while not ports.exists():
                    self.assertIsNone(process.poll(), (self.folder / "log").read_text())
                    self.assertLess(time.monotonic(), end)
                    time.sleep(0.01)
                port = int(json.loads(ports.read_text())["listeners"][0].rsplit(":", 1)[1])
                self.assertIn(b"x-run", fetch(port).body, (self.folder / "log").read_text())
            finally:
                process.terminate()
                process.wait(30)

    def test_a_layout_runs_as_a_folder_and_as_an_archive(self):
        for layout in ("compat", "oci", "cncf"):
            with self.subTest(layout):
                self.wasmgate("pack", self.module, layout, "--layout", layout, "--tag", "1.0.0")
                self.assert_runs(layout)
                self.wasmgate("pack", self.module, f"{layout}.tar", "--layout", layout, "--tag", "1.0.0")
                self.assert_runs(f"{layout}.tar")

    def test_two_images_are_one_too_many(self):
        self.wasmgate("pack", self.module, "image", "--tag", "1")
        self.wasmgate("pack", adding_header("x-run", "no"), "other", "--tag", "2")
        self.wasmgate("copy", "other", "image")
        result = self.wasmgate("run", "image", check=False)
        self.assertEqual(result.returncode, 4)
        self.assertIn("several images; name one", result.stderr)

    @unittest.skipUnless(shutil.which("skopeo"), "skopeo is not installed")
    def test_skopeo_copies_run_from_its_archives(self):
        self.wasmgate("pack", self.module, "image", "--tag", "1.0.0", "--bare")
        for target in ("oci:copied:1", "oci-archive:copied.tar:1", "docker-archive:docker.tar:team/x:1"):
            with self.subTest(target):
                run("skopeo", "copy", "oci:image:1.0.0", target, cwd=self.folder)
                self.assert_runs(target.split(":")[1])

    @unittest.skipUnless(shutil.which("skopeo"), "skopeo is not installed")
    def test_skopeo_reads_ours_into_every_form(self):
        self.wasmgate("pack", self.module, "image", "--tag", "1.0.0", "--bare")
        self.wasmgate("pack", self.module, "image.tar", "--tag", "1.0.0", "--bare")
        for source in ("oci:image:1.0.0", "oci-archive:image.tar:1.0.0"):
            for target in ("dir:plain", "oci:again:1", "oci-archive:again.tar:1", "docker-archive:again-docker.tar:x:1"):
                with self.subTest(f"{source} {target}"):
                    path = self.folder / target.split(":")[1]
                    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
                    run("skopeo", "copy", source, target, cwd=self.folder)
                    self.assertTrue(path.exists())

    @unittest.skipUnless(shutil.which("buildah"), "buildah is not installed")
    def test_a_dockerfile_built_by_buildah_runs_from_files(self):
        context = self.folder / "context"
        context.mkdir()
        shutil.copy(self.module, context)
        (context / "Dockerfile").write_text("FROM scratch\nCOPY plugin.wasm ./\n")
        buildah = ["buildah", "--root", self.folder / "store", "--runroot", self.folder / "run", "--storage-driver", "vfs"]
        built = run(*buildah, "build", "--isolation", "chroot", "--tag", "built:1", context, check=False)
        if built.returncode != 0:
            self.skipTest(f"buildah cannot build here: {built.stderr.strip()}")
        for target in ("oci:built:1", "oci-archive:built.tar:1", "docker-archive:built-docker.tar:x:1"):
            with self.subTest(target):
                run(*buildah, "push", "built:1", target, cwd=self.folder)
                self.assert_runs(target.split(":")[1])


if __name__ == "__main__":
    unittest.main()
