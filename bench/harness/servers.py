"""The proxies under test and the upstream: how each is configured, started, found ready and ended."""

import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import time

import envoy_config
from harness.processes import child_setup, tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))
import gateway as gateway_files  # noqa: E402  (writers of the Kubernetes resources)

# Paths of the upstream and the size of their answers.
BODIES = {"/1k": 1024, "/100k": 100 * 1024, "/10m": 10 * 1024 * 1024}
# A proxy closes a connection after so many requests: out of the way for all of them.
KEEPALIVE_REQUESTS = 100_000_000
# Where wasmgate runs under valgrind: a small reservation, no pool of instances.
VALGRIND_ENGINE = {"WASMGATE_ENGINE": "small"}


class PluginUse:
    """A plug-in as a scenario uses it. `modules`: server kind to module file."""

    def __init__(self, name, modules, config):
        self.name, self.modules, self.config = name, modules, config


class Server:
    """One process tree on one port. Use as: start, wait_ready, …, stop."""

    kind = ""
    ready_seconds = 120

    def __init__(self, label, port, upstream_port, folder, plugins=(), tuned=False):
        """`tuned`: with buffers of 128 KiB, for the servers that are faster with large bodies so."""
        self.label, self.port, self.upstream_port, self.tuned = label, port, upstream_port, tuned
        self.plugins = list(plugins)
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.process = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return {}

    def under_valgrind(self):
        """(command, environment) for valgrind; None when this server does not run under it."""
        return self.command(), self.environment()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, core, prefix=(), valgrind=False):
        """`prefix`: words in front of the command."""
        command, environment = self.under_valgrind() if valgrind else (self.command(), self.environment())
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen([*prefix, *command], stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        env={**os.environ, **environment}, preexec_fn=child_setup(core), start_new_session=True)

    def log_text(self):
        return (self.folder / "log").read_text(errors="replace")

    def wait_ready(self, seconds=None):
        """Returns once it answers 200 through the upstream. Raises RuntimeError with its log otherwise."""
        end = time.monotonic() + (seconds or self.ready_seconds)
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.label} ended with {self.process.returncode}:\n{self.log_text()[-4000:]}")
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/1k")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                pass
            except http.client.HTTPException:
                pass
            finally:
                connection.close()
            if time.monotonic() > end:
                raise RuntimeError(f"{self.label} does not answer 200:\n{self.log_text()[-4000:]}")
            time.sleep(0.05)

    def pids(self):
        return tree(self.process.pid)

    def stop(self, seconds=15):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()
        self.process = None

    @classmethod
    def program(cls):
        """The program's path; None when it is not here."""
        return shutil.which(cls.kind)

    @classmethod
    def version(cls):
        done = subprocess.run([cls.program(), *cls.version_words], capture_output=True, text=True)
        return (done.stdout + done.stderr).strip().splitlines()[0].strip()

    version_words = ("-v",)


def _nginx_user():
    return f"user {pwd.getpwuid(os.getuid()).pw_name};" if os.getuid() == 0 else ""


class Nginx(Server):
    kind = "nginx"

    def command(self):
        temporary = "".join(f"  {name}_temp_path {self.folder}/{name};\n"
                            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        conf = self.write("nginx.conf", f"""{_nginx_user()}
daemon off;
master_process {"off" if self.alone else "on"};
worker_processes 1;
pid {self.folder}/pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
{temporary}  keepalive_requests {KEEPALIVE_REQUESTS};
{self.http_block()}
}}
""")
        return [self.program(), "-e", "stderr", "-c", str(conf), "-p", str(self.folder)]

    alone = False  # one process without a master, for valgrind

    def under_valgrind(self):
        self.alone = True
        return self.command(), {}

    def http_block(self):
        return f"""
  upstream origin {{ server 127.0.0.1:{self.upstream_port}; keepalive 512; keepalive_requests {KEEPALIVE_REQUESTS}; }}
  server {{
    listen 127.0.0.1:{self.port};
    location / {{
      proxy_pass http://origin;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      {"proxy_buffer_size 128k; proxy_buffers 8 128k; proxy_busy_buffers_size 256k;" if self.tuned else ""}
    }}
  }}"""


class Upstream(Nginx):
    """Answers 1 KB at once and larger bodies from files.

    With `X-Probe: 1` it also tells in `X-Seen` which of the plug-ins' headers arrived.
    """

    HEADERS = 32

    def __init__(self, port, folder):
        super().__init__("upstream", port, 0, folder)

    def http_block(self):
        files = self.folder / "files"
        files.mkdir(exist_ok=True)
        locations = ""
        for path, size in BODIES.items():
            if path != "/1k":
                (files / path[1:]).write_bytes(b"x" * size)
                locations += f"    location = {path} {{ root {files}; sendfile on; add_header X-Seen $seen; }}\n"
        names = ",".join(f"$http_x_bench_{n}" for n in range(1, self.HEADERS + 1))
        return f"""
  map $http_x_probe $seen {{ default ""; 1 "{names};$http_x_bench_sixty"; }}
  server {{
    listen 127.0.0.1:{self.port} backlog=4096;
    default_type text/plain;
    location / {{ add_header X-Seen $seen; return 200 "{'x' * BODIES['/1k']}"; }}
{locations}  }}"""


class Haproxy(Server):
    kind = "haproxy"

    def command(self):
        conf = self.write("haproxy.cfg", f"""
global
  nbthread 1
  maxconn 8000
  {"tune.bufsize 131072" if self.tuned else ""}
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind 127.0.0.1:{self.port}
  default_backend origin
backend origin
  server origin 127.0.0.1:{self.upstream_port}
""")
        return [self.program(), "-db", "-f", str(conf)]


class Envoy(Server):
    kind = "envoy"
    version_words = ("--version",)

    @classmethod
    def program(cls):
        return envoy_config.find_envoy()

    @classmethod
    def version(cls):
        text = subprocess.run([cls.program(), "--version"], capture_output=True, text=True).stdout
        return text.strip().split("version:")[-1].strip()

    def command(self):
        plugins = [envoy_config.Plugin(use.modules[self.kind], use.config, use.name) for use in self.plugins]
        conf = self.write("envoy.json", json.dumps(envoy_config.bootstrap(self.port, self.upstream_port, plugins)))
        return envoy_config.command(self.program(), conf)

    def under_valgrind(self):
        return None  # its allocator and V8 need more address space than valgrind gives


class Wasmgate(Server):
    kind = "wasmgate"
    version_words = ("--version",)

    @classmethod
    def program(cls):
        path = os.environ.get("WASMGATE") or str(ROOT / "build/release/apps/wasmgate/wasmgate")
        return path if os.access(path, os.X_OK) else None

    def command(self):
        conf = self.folder / "conf"
        conf.mkdir(exist_ok=True)
        for old in conf.iterdir():
            old.unlink()
        self.write("conf/route.yaml", gateway_files.ingress("all", "origin"))
        self.write("conf/service.yaml", gateway_files.service("origin", [("127.0.0.1", self.upstream_port)]))
        for use in self.plugins:
            self.write(f"conf/{use.name}.yaml", gateway_files.wasm_plugin(use.name, use.modules[self.kind], use.config))
        return [self.program(), "run", "-f", str(conf), "--listen", f"127.0.0.1:{self.port}", "--admin", "off",
                "--workers", "1", "--access-log", "off", "--state-dir", str(self.folder / "state")]

    def under_valgrind(self):
        return self.command(), VALGRIND_ENGINE


KINDS = {server.kind: server for server in (Nginx, Haproxy, Envoy, Wasmgate)}
