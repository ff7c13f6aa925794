#!/usr/bin/env python3
"""The demo: starts the gateway with one C++ and two Rust plug-ins in front of a built-in echo upstream, sends six requests, prints
what each plug-in did and cost, and keeps serving until Ctrl-C. DEMO_ONCE=1 ends after the table, with 0 when all went as expected."""

import argparse
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
ROUTES = """\
# Written by tools/demo.py: two routes to the built-in echo upstream.
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: demo}
spec:
  rules:
  - http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: hello, namespace: demo}
spec:
  rules:
  - http:
      paths:
      - {path: /hello, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}
"""
PLUGINS = """\
# Written by tools/demo.py: three plug-ins built from source on this machine.
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {{name: request-block}}
spec:
  url: file://{cpp}/request_block/plugin.wasm
  priority: 320
  defaultConfig:
    block_urls:
    - swagger.html
  matchRules:
  - ingress:
    - demo/shop
    config:
      block_urls:
      - swagger.html
      block_bodies:
      - foo
---
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {{name: request-block-rust}}
spec:
  url: file://{rust}/request-block/plugin.wasm
  priority: 310
  defaultConfig:
    block_headers:
    - evil-bot
---
apiVersion: extensions.higress.io/v1alpha1
kind: WasmPlugin
metadata: {{name: say-hello}}
spec:
  url: file://{rust}/say-hello/plugin.wasm
  matchRules:
  - ingress:
    - demo/hello
    config:
      name: wasmgate
"""

# method, path, headers, body, what the demo expects, remark
REQUESTS = [
    ("GET", "/", {}, None, 200, ""),
    ("GET", "/swagger.html", {}, None, 403, "blocked by its URL"),
    ("POST", "/upload", {}, b"x" * (1 << 20), 200, "body 1 MiB"),
    ("POST", "/upload", {}, b"say foo", 403, "blocked by its body"),
    ("GET", "/hello", {}, None, 200, "answered by a plug-in"),
    ("GET", "/", {"User-Agent": "evil-bot/1.0"}, None, 403, "blocked by a header"),
]


def free_port(wanted):
    for port in range(wanted, wanted + 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    return 0


def host_calls(admin):
    """{plug-in: host functions it has called} from the metrics page."""
    connection = http.client.HTTPConnection("127.0.0.1", admin, timeout=5)
    connection.request("GET", "/stats/prometheus")
    text = connection.getresponse().read().decode()
    out = {}
    for line in text.splitlines():
        found = re.match(r'wasmgate_plugin_host_calls_total\{.*?plugin="([^"]+)".*?\} (\S+)', line)
        if found:
            name = found[1].split("/")[-1]
            out[name] = out.get(name, 0) + int(float(found[2]))
    return out


def settled_host_calls(admin, before, patience=1.5):
    """Counters reach the page a few times a second: waits until they have moved and stand still."""
    end, last = time.monotonic() + patience, before
    while time.monotonic() < end:
        time.sleep(0.06)
        now = host_calls(admin)
        if now != before and now == last:
            return now
        last = now
    return last


def micros(seconds):
    return f"{seconds * 1e6:+.0f} µs" if abs(seconds) < 0.01 else f"{seconds * 1e3:+.1f} ms"


def send(connection, method, path, headers, body):
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def connect(gateway):
    return http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)


def added_latency(gateway, plain, request):
    """Median round trip with the plug-ins less the one without, over many turns of one request each; in seconds."""
    sides = [(connect(gateway), []), (connect(plain), [])]
    for turn in range(6 if request[3] and len(request[3]) > 1000 else 16):
        for connection, times in sides if turn % 2 == 0 else reversed(sides):
            for again in range(8):
                begin = time.perf_counter()
                send(connection, *request)
                if turn > 0 and again > 1:  # the first ones warm up
                    times.append(time.perf_counter() - begin)
    for connection, _ in sides:
        connection.close()
    return statistics.median(sides[0][1]) - statistics.median(sides[1][1])


class Gateway:
    """One running gateway with the demo's routes, on the next free ports."""

    def __init__(self, program, folder, name, wanted_port):
        self.folder, self.name = folder, name
        ports = folder / f"{name}-ports.json"
        ports.unlink(missing_ok=True)
        listen = free_port(wanted_port)
        admin = free_port(listen + 1)
        self.log = open(folder / f"{name}.log", "wb")
        self.process = subprocess.Popen(
            [program, "run", "--demo", "-f", str(folder / name), "--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}",
             "--port-file", str(ports), "--state-dir", str(folder / f"{name}-state"), "--access-log", str(folder / f"{name}-access.log"),
             "--workers", "1"],
            stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.ports = ports

    def wait_ready(self):
        begin = time.monotonic()
        while not self.ports.exists():
            if self.process.poll() is not None or time.monotonic() - begin > 60:
                print(self.text(), file=sys.stderr)
                return False
            time.sleep(0.01)
        bound = json.loads(self.ports.read_text())
        self.port = int(bound["listeners"][0].rsplit(":", 1)[1])
        self.admin = int(bound["admin"].rsplit(":", 1)[1])
        return True

    def text(self):
        return (self.folder / f"{self.name}.log").read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.log.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmgate", default=str(ROOT / "build/release/apps/wasmgate/wasmgate"))
    options = parser.parse_args()
    folder = ROOT / "build/demo"
    for name in ("gateway", "plain"):
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "routes.yaml").write_text(ROUTES)
    (folder / "gateway/plugins.yaml").write_text(
        PLUGINS.format(cpp=ROOT / "plugins/wasm-cpp/extensions", rust=ROOT / "plugins/wasm-rust/extensions"))
    gateway = plain = None
    try:
        gateway = Gateway(options.wasmgate, folder, "gateway", 8080)
        plain = Gateway(options.wasmgate, folder, "plain", 8180)  # the same routes without plug-ins, to compare with
        if not gateway.wait_ready() or not plain.wait_ready():
            return 1
        wrong = show(gateway, plain)
        plain.stop()
        if os.environ.get("DEMO_ONCE") == "1":
            return 1 if wrong else 0
        print("Serving until Ctrl-C. Change build/demo/gateway/plugins.yaml and watch build/demo/gateway.log.", flush=True)
        gateway.process.wait()
        return gateway.process.returncode
    except KeyboardInterrupt:
        return 0
    finally:
        for one in (gateway, plain):
            if one is not None:
                one.stop()


def answer(gateway, method, path, headers, body):
    """Sends one request: its status, and which plug-ins called the host how often meanwhile."""
    before = host_calls(gateway.admin)
    connection = connect(gateway)
    status = send(connection, method, path, headers, body)
    connection.close()
    after = settled_host_calls(gateway.admin, before)
    return status, "  ".join(f"{name} ({calls - before.get(name, 0)})" for name, calls in after.items() if calls > before.get(name, 0))


def show(gateway, plain):
    """Prints the table; returns how many requests were not answered as expected."""
    ready = re.search(r"(wasmgate \S+ ready in \d+ ms)", gateway.text())
    print(f"{ready[1] if ready else 'wasmgate ready'}   http 127.0.0.1:{gateway.port}   admin http://127.0.0.1:{gateway.admin}")
    sizes = [("request-block", "C++", "wasm-cpp/extensions/request_block"),
             ("request-block-rust", "Rust", "wasm-rust/extensions/request-block"),
             ("say-hello", "Rust", "wasm-rust/extensions/say-hello")]
    print("plug-ins  " + "   ".join(
        f"{name} ({language}, {(ROOT / 'plugins' / path / 'plugin.wasm').stat().st_size // 1024} KB)"
        for name, language, path in sizes))
    print(f"\n{'REQUEST':40} {'STATUS':7} {'PLUG-INS (host calls)':58} ADDED LATENCY")
    wrong = 0
    answers = [answer(gateway, *request[:4]) for request in REQUESTS]  # before the repetitions, which count host calls too
    for (method, path, headers, body, expected, remark), (status, named) in zip(REQUESTS, answers):
        title = f"{method} {path}" + (f"  ({remark})" if remark else "")
        added = added_latency(gateway, plain, (method, path, headers, body))
        print(f"{title:40} {status:<7} {named:58} {micros(added)}", flush=True)
        if status != expected:
            wrong += 1
            print(f"  expected {expected}", file=sys.stderr)
    print(f"\nAdded latency: median round trip less that of the same request without plug-ins; below zero where a plug-in answers\n"
          f"and the upstream is not asked.\n"
          f"Try: curl -i 127.0.0.1:{gateway.port}/swagger.html      curl 127.0.0.1:{gateway.port}/hello      "
          f"curl 127.0.0.1:{gateway.admin}/stats/prometheus")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
