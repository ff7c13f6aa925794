"""A plug-in sees the endpoints of its route's cluster and chooses one of them (Higress' host functions)."""

import struct
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from guests import guest
from upstream import Upstream

IMPORTS = """
  (import "env" "proxy_get_upstream_hosts" (func $hosts (param i32 i32) (result i32)))
  (import "env" "proxy_set_upstream_override_host" (func $choose (param i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
"""


def chooser():
    """x-host: goes there. Without it: answers with the serialised list of hosts."""
    return guest("hosts", """
      (data (i32.const 256) "x-host")
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (if (i32.eqz (call $get (i32.const 0) (i32.const 256) (i32.const 6) (i32.const 16) (i32.const 20)))
          (then (drop (call $choose (i32.load (i32.const 16)) (i32.load (i32.const 20)))))
          (else (drop (call $hosts (i32.const 16) (i32.const 20)))
                (drop (call $reply (i32.const 200) (i32.const 0) (i32.const 0) (i32.load (i32.const 16)) (i32.load (i32.const 20))
                                   (i32.const 0) (i32.const 0) (i32.const -1)))))
        (i32.const 0))""", IMPORTS)


def read_pairs(data):
    count = struct.unpack("<I", data[:4])[0]
    sizes = [struct.unpack("<II", data[4 + 8 * i:12 + 8 * i]) for i in range(count)]
    at, out = 4 + 8 * count, []
    for key, value in sizes:
        out.append((data[at:at + key].decode(), data[at + key + 1:at + key + 1 + value]))
        at += key + value + 2
    return out


def second_endpoint(port):
    return f"""apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: web-2
  namespace: default
  labels:
    kubernetes.io/service-name: web
addressType: IPv4
ports:
- name: http
  port: {port}
endpoints:
- addresses: ["127.0.0.1"]
"""


class UpstreamHosts(unittest.TestCase):
    def test_hosts_are_listed_and_one_is_chosen(self):
        with Upstream() as one, Upstream() as two:
            files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [one.endpoint()]),
                     "more.yaml": second_endpoint(two.port), "plugin.yaml": wasm_plugin("chooser", chooser(), default_config={})}
            with Gateway(files) as gateway:
                hosts = dict(read_pairs(fetch(gateway.port).body))
                self.assertEqual(set(hosts), {f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"})
                self.assertEqual(dict(read_pairs(hosts[f"127.0.0.1:{two.port}"]))["health"], b"healthy")
                with Connection(gateway.port) as client:
                    for _ in range(6):
                        self.assertEqual(client.request(headers=[("x-host", f"127.0.0.1:{two.port}")]).status, 200)
                    self.assertEqual((len(one.take()), len(two.take())), (0, 6))
                    self.assertEqual(client.request(headers=[("x-host", "127.0.0.1:1")]).status, 200, "no endpoint: ignored")
                gateway.wait_for_log("is no endpoint of the route's cluster")


if __name__ == "__main__":
    unittest.main()
