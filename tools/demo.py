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
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CONFIG = """\
# Written by tools/demo.py: two routes to the built-in echo upstream, and three plug-ins built from source on this machine.
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: shop, namespace: demo}}
spec:
  rules:
  - http:
      paths:
      - {{path: /, pathType: Prefix, backend: {{service: {{name: echo, port: {{number: 80}}}}}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: hello, namespace: demo}}
spec:
  rules:
  - http:
      paths:
      - {{path: /hello, pathType: Prefix, backend: {{service: {{name: echo, port: {{number: 80}}}}}}}}
---
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
    return f"{seconds * 1e6:.0f} µs" if seconds < 0.01 else f"{seconds * 1e3:.1f} ms"


def send(port, method, path, headers, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wasmgate", default=str(ROOT / "build/release/apps/wasmgate/wasmgate"))
    options = parser.parse_args()
    folder = ROOT / "build/demo"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.yaml").write_text(
        CONFIG.format(cpp=ROOT / "plugins/wasm-cpp/extensions", rust=ROOT / "plugins/wasm-rust/extensions"))
    ports = folder / "ports.json"
    ports.unlink(missing_ok=True)
    listen, admin_port = free_port(8080), free_port(8081)
    if admin_port == listen:
        admin_port = free_port(listen + 1)
    log = open(folder / "gateway.log", "wb")
    gateway = subprocess.Popen(
        [options.wasmgate, "run", "--demo", "-f", str(folder / "demo.yaml"), "--listen", f"127.0.0.1:{listen}", "--admin",
         f"127.0.0.1:{admin_port}", "--port-file", str(ports), "--state-dir", str(folder / "state"), "--access-log",
         str(folder / "access.log"), "--workers", "1"],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        begin = time.monotonic()
        while not ports.exists():
            if gateway.poll() is not None or time.monotonic() - begin > 60:
                print((folder / "gateway.log").read_text(errors="replace"), file=sys.stderr)
                return 1
            time.sleep(0.01)
        bound = json.loads(ports.read_text())
        port = int(bound["listeners"][0].rsplit(":", 1)[1])
        admin = int(bound["admin"].rsplit(":", 1)[1])
        ready = re.search(r"(wasmgate \S+ ready in \d+ ms)", (folder / "gateway.log").read_text(errors="replace"))
        print(f"{ready[1] if ready else 'wasmgate ready'}   http 127.0.0.1:{port}   admin http://127.0.0.1:{admin}")
        sizes = [("request-block", "C++", "wasm-cpp/extensions/request_block"),
                 ("request-block-rust", "Rust", "wasm-rust/extensions/request-block"),
                 ("say-hello", "Rust", "wasm-rust/extensions/say-hello")]
        print("plug-ins  " + "   ".join(
            f"{name} ({language}, {(ROOT / 'plugins' / path / 'plugin.wasm').stat().st_size // 1024} KB)"
            for name, language, path in sizes))
        print(f"\n{'REQUEST':36} {'STATUS':7} {'PLUG-INS (host calls)':52} ROUND TRIP")
        wrong = 0
        for method, path, headers, body, expected, remark in REQUESTS:
            before = host_calls(admin)
            begin = time.perf_counter()
            status = send(port, method, path, headers, body)
            took = time.perf_counter() - begin
            after = settled_host_calls(admin, before)
            spent = {n: s - before.get(n, 0) for n, s in after.items() if s > before.get(n, 0)}
            named = "  ".join(f"{n} ({s})" for n, s in spent.items())
            title = f"{method} {path}" + (f"  ({remark})" if remark else "")
            print(f"{title:36} {status:<7} {named:52} {micros(took)}", flush=True)
            if status != expected:
                wrong += 1
                print(f"  expected {expected}", file=sys.stderr)
        print(f"\nThe first requests meet cold code; repeat one to see it warm.\n"
              f"Try: curl -i 127.0.0.1:{port}/swagger.html      curl 127.0.0.1:{port}/hello      "
              f"curl 127.0.0.1:{admin}/stats/prometheus")
        if os.environ.get("DEMO_ONCE") == "1":
            return 1 if wrong else 0
        print("Serving until Ctrl-C. Change build/demo/demo.yaml and watch build/demo/gateway.log.", flush=True)
        gateway.wait()
        return gateway.returncode
    except KeyboardInterrupt:
        return 0
    finally:
        if gateway.poll() is None:
            gateway.send_signal(signal.SIGTERM)
            try:
                gateway.wait(10)
            except subprocess.TimeoutExpired:
                gateway.kill()
        log.close()


if __name__ == "__main__":
    sys.exit(main())
