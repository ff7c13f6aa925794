"""A plug-in in standard Go on the real gateway."""

import time
import unittest

import strangers
from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from upstream import Upstream

CLUSTER = "outbound|80||web.default.svc.cluster.local"


class GoGuest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = strangers.go()

    def files(self, upstream):
        return {
            "route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()]),
            "plugin.yaml": wasm_plugin("go", self.module, default_config={"cluster": CLUSTER}, annotations={
                "wasmgate.io/call-deadline": "2s", "wasmgate.io/request-deadline": "5s"}),
        }

    def test_headers_bodies_ticks_and_calls(self):
        def answer(request):
            return 200, [("content-type", "text/plain")], b"answer of " + request.target.encode() if request.target == "/call" else b"upstream"

        with Upstream(answer) as upstream, Gateway(self.files(upstream)) as gateway, Connection(gateway.port) as client:
            first = client.request("POST", headers=[("x-name", "gopher")], body=b"some text")
            self.assertEqual((first.status, first.body), (200, b"upstream and go"))
            seen = upstream.take()[0]
            self.assertEqual((seen.get("x-go"), seen.body), ("GOPHER", b"SOME TEXT"))
            chunked = client.request("POST", chunks=[b"ab", b"cd" * 30000])
            self.assertEqual((chunked.status, upstream.take()[0].body), (200, b"AB" + b"CD" * 30000))
            called = client.request(headers=[("x-call", "/call")])
            self.assertEqual((called.status, called.body), (200, b"upstream and go"))
            self.assertEqual([(r.target, r.get("x-answer")) for r in upstream.take()], [("/call", None), ("/", "answer of /call")])
            time.sleep(0.3)
            self.assertGreater(int(client.request().get("x-ticks")), 3)
            self.assertIn("configured for", gateway.log())

    def test_the_collector_works_under_memory_pressure(self):
        with Upstream() as upstream, Gateway(self.files(upstream)) as gateway:
            for _ in range(20):
                answer = fetch(gateway.port, headers=[("x-garbage", "30")])
                self.assertEqual((answer.status, answer.body), (200, b"upstream and go"))
            self.assertNotIn("broke", gateway.log())


if __name__ == "__main__":
    unittest.main()
