"""Starts the real `wasmgate run` on loopback, with configuration files in a folder of its own and ports that the kernel chose."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    """The gateway under test: $WASMGATE, else the release build."""
    path = os.environ.get("WASMGATE") or str(ROOT / "build/release/apps/wasmgate/wasmgate")
    if not os.access(path, os.X_OK):
        raise RuntimeError(f"{path}: not built; run `make build`")
    return path


# A binary with a sanitizer compiles modules several times slower.
SLOWER = 4 if os.environ.keys() & {"ASAN_OPTIONS", "TSAN_OPTIONS"} else 1


class Gateway:
    """One running gateway. `files`: name to text, written to a fresh folder that is given with -f."""

    def __init__(self, files, workers=1, args=(), env=None, ready=30.0, state_dir=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="wasmgate-e2e-"))
        self.conf = self.folder / "conf"
        self.conf.mkdir()
        for name, text in files.items():
            self.write(name, text)
        self.port_file = self.folder / "ports.json"
        self.access_path = self.folder / "access.log"
        self.log_path = self.folder / "gateway.log"
        self.state = pathlib.Path(state_dir) if state_dir else self.folder / "state"
        self.log_file = open(self.log_path, "wb")
        command = [binary(), "run", "-f", str(self.conf), "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
                   "--workers", str(workers), "--state-dir", str(self.state), "--port-file", str(self.port_file),
                   "--access-log", str(self.access_path), *args]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file,
                                        env={**os.environ, **(env or {})})
        ready *= SLOWER
        end = time.monotonic() + ready
        while not self.port_file.exists():
            if self.process.poll() is not None:
                raise RuntimeError(f"wasmgate ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > end:
                log = self.log()
                self.stop()
                raise RuntimeError(f"wasmgate was not ready within {ready} s:\n{log}")
            time.sleep(0.01)
        ports = json.loads(self.port_file.read_text())
        self.port = int(ports["listeners"][0].rsplit(":", 1)[1])
        self.admin_port = int(ports["admin"].rsplit(":", 1)[1])

    def write(self, name, text):
        """Writes a configuration file the way editors do: a new file renamed into place."""
        target = self.conf / name
        part = self.folder / (name + ".part")
        part.write_text(text)
        part.rename(target)

    def remove(self, name):
        (self.conf / name).unlink()

    def log(self):
        self.log_file.flush()
        return self.log_path.read_text(errors="replace")

    def access_log(self):
        return self.access_path.read_text(errors="replace") if self.access_path.exists() else ""

    def wait_for_log(self, text, count=1, timeout=10.0):
        end = time.monotonic() + timeout
        while self.log().count(text) < count:
            if time.monotonic() > end:
                raise AssertionError(f"log does not say {text!r} {count} times within {timeout} s:\n{self.log()}")
            time.sleep(0.01)

    def signal(self, number):
        self.process.send_signal(number)

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        return 0

    def stop(self, timeout=40.0):
        """Ends it by SIGTERM and returns its exit code; kills it when it does not end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log_file.close()
        code = self.process.returncode
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def ingress(name, service, host=None, path="/", path_type="Prefix", namespace="default", port=80):
    """An Ingress with one rule as YAML text."""
    host_line = f"    host: {json.dumps(host)}\n" if host else ""
    return f"""apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: {namespace}
spec:
  rules:
  - http:
      paths:
      - path: {path}
        pathType: {path_type}
        backend:
          service:
            name: {service}
            port:
              number: {port}
{host_line}"""


def service(name, endpoints, namespace="default", port=80, annotations=None, app_protocol=None):
    """A Service and an EndpointSlice for [(address, port), …], all endpoints on one port, as YAML text."""
    target = endpoints[0][1] if endpoints else 1
    notes = "".join(f"    {k}: {json.dumps(v)}\n" for k, v in (annotations or {}).items())
    notes = f"  annotations:\n{notes}" if notes else ""
    protocol = f"    appProtocol: {app_protocol}\n" if app_protocol else ""
    addresses = "".join(f"- addresses: [{json.dumps(address)}]\n" for address, _ in endpoints) or "[]\n"
    listed = f"endpoints:\n{addresses}" if endpoints else f"endpoints: {addresses}"
    return f"""apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {namespace}
{notes}spec:
  ports:
  - name: http
    port: {port}
    targetPort: {target}
{protocol}---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {name}-1
  namespace: {namespace}
  labels:
    kubernetes.io/service-name: {name}
addressType: IPv4
ports:
- name: http
  port: {target}
{listed}"""


def wasm_plugin(name, module, default_config=None, match_rules=None, annotations=None, **spec):
    """A WasmPlugin as YAML text (JSON is YAML)."""
    body = {"url": f"file://{module}", **spec}
    if default_config is not None:
        body["defaultConfig"] = default_config
    if match_rules is not None:
        body["matchRules"] = match_rules
    meta = {"name": name, "namespace": "higress-system"}
    if annotations:
        meta["annotations"] = annotations
    return json.dumps({"apiVersion": "extensions.higress.io/v1alpha1", "kind": "WasmPlugin", "metadata": meta,
                       "spec": body}, indent=2)
