"""Debian's docker-registry on loopback with storage of its own, with or without users."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import warnings

from gateway import ROOT, binary

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # crypt: the only bcrypt of the standard library
    import crypt


def needs_registry(case):
    """Skips a test class when the tools that it needs are not installed."""
    missing = [tool for tool in ("docker-registry", "skopeo") if shutil.which(tool) is None]
    return unittest.skipIf(missing, f"not installed: {', '.join(missing)}")(case)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*words, cwd=None, env=None, stdin=b"", check=True):
    """Runs a program; returns its result with text outputs. `check`: fails the test when it fails."""
    result = subprocess.run([str(w) for w in words], cwd=cwd, env=env, input=stdin, capture_output=True, timeout=120)
    result.stdout, result.stderr = result.stdout.decode(), result.stderr.decode()
    if check and result.returncode != 0:
        raise AssertionError(f"{words} ended with {result.returncode}:\n{result.stdout}{result.stderr}")
    return result


class Registry:
    """stop() and start() keep the port and what is stored. `users`: name to password; none: everybody may do everything."""

    def __init__(self, users=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-registry-"))
        self.port = free_port()
        self.users = users or {}
        settings = {
            "version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "store")}, "delete": {"enabled": True}},
            "http": {"addr": f"127.0.0.1:{self.port}"}}
        if self.users:
            lines = [f"{name}:{crypt.crypt(word, '$2b$05$' + 'abcdefghijklmnopqrstuu')}\n" for name, word in self.users.items()]
            (self.folder / "htpasswd").write_text("".join(lines))
            settings["auth"] = {"htpasswd": {"realm": "test", "path": str(self.folder / "htpasswd")}}
        self.config = self.folder / "config.yml"
        self.config.write_text(json.dumps(settings))
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
            except urllib.error.HTTPError:
                return  # 401: it runs
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.02)
        raise RuntimeError("docker-registry does not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def push(self, module, name):
        """Packs a module and copies it in by skopeo; returns the manifest's digest."""
        layout = self.folder / "layout"
        run("python3", ROOT / "plugins/tools/pack_image.py", "--module", module, "--layout", layout, "--tag", f"{self.host}/{name}")
        run("skopeo", "copy", "--dest-tls-verify=false", f"oci:{layout}:{name.rpartition(':')[2]}", f"docker://{self.host}/{name}")
        return self.digest(name)

    def digest(self, name):
        """The digest of what a tag names, as skopeo sees it."""
        shown = run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.host}/{name}")
        return run("skopeo", "manifest-digest", "/dev/stdin", stdin=shown.stdout.encode()).stdout.strip()

    def blob_path(self, digest):
        """The file of a stored blob, for tests that damage it."""
        hexadecimal = digest.removeprefix("sha256:")
        return self.folder / "store/docker/registry/v2/blobs/sha256" / hexadecimal[:2] / hexadecimal / "data"

    def close(self):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def wasmgate(*words, docker_config, stdin=b"", check=True, cwd=None):
    """Runs a command of the real binary with a credential store of its own."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("WASMGATE") and k not in ("REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR")}
    env |= {"DOCKER_CONFIG": str(docker_config), "HOME": str(docker_config), "XDG_CONFIG_HOME": str(docker_config)}
    return run(binary(), *words, env=env, stdin=stdin, check=check, cwd=cwd)
