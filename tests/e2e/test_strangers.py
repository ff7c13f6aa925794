"""The five plug-ins that people write first (headers, body, configuration, auth by an HTTP call, auth by a gRPC call), written without
this repository's SDKs in C++, Rust and Go: each does the same on the real gateway."""

import json
import unittest

import strangers
from client import Connection
from gateway import Gateway, ingress, service, wasm_plugin
from grpc_upstream import GrpcUpstream, frame
from upstream import Upstream

SIDE = "outbound|80||side.dns"
# Modules in Go are large; under load the first call of one may need longer than the default allows.
NOTES = {"wasmgate.io/call-deadline": "2s", "wasmgate.io/request-deadline": "5s"}


class Five:
    """The five behaviours; `module(name)` and `config(name, …)` are a language's own."""

    def config(self, name, **fields):
        return fields or {"any": "thing"}

    def gateway(self, name, upstream, side=None, side_protocol=None, **config):
        files = {"route.yaml": ingress("case", "backend"), "service.yaml": service("backend", [upstream.endpoint()]),
                 "plugin.yaml": wasm_plugin("under-test", self.module(name), pluginConfig=self.config(name, **config), annotations=NOTES)}
        if side is not None:
            files["side.yaml"] = service("side", [side.endpoint()], annotations={"wasmgate.io/cluster-alias": "side.dns"},
                                         app_protocol=side_protocol)
        return Gateway(files)

    def get(self, gateway, path="/", **more):
        with Connection(gateway.port) as connection:
            return connection.request(path=path, **more)

    def test_headers_are_seen_and_changed(self):
        answered = (200, [("server", "origin")], b"text")
        with Upstream(lambda request: answered) as upstream, self.gateway("headers", upstream) as gateway:
            answer = self.get(gateway, "/hello")
            self.assertEqual((answer.status, answer.body, answer.get("x-from")), (200, b"Hello from a stranger!\n", "stranger"))
            self.assertEqual(upstream.take(), [])
            answer = self.get(gateway, "/other", headers=[("x-a", "b")])
            self.assertEqual((answer.get("x-stranger"), answer.get("server")), ("was-here", None))
            self.assertEqual(len(upstream.take()), 1)
            gateway.wait_for_log("x-a: b")
            gateway.wait_for_log("completed.", count=2)

    def test_a_body_with_a_secret_is_taken_out(self):
        bodies = iter([b"a secret", b"fine", b"x" * 200_000 + b"secret"])
        with Upstream(lambda request: (200, [], next(bodies))) as upstream, self.gateway("body", upstream) as gateway:
            self.assertEqual(self.get(gateway).body, b"A body of 8 bytes was taken out.\n")
            self.assertEqual(self.get(gateway).body, b"fine")
            self.assertEqual(self.get(gateway).body, b"A body of 200006 bytes was taken out.\n")

    def test_the_configuration_arrives(self):
        with Upstream() as upstream, self.gateway("configuration", upstream, a=1) as gateway:
            self.assertEqual(json.loads(self.get(gateway).get("x-configured")), self.config("configuration", a=1))

    def test_a_request_waits_for_the_answer_of_a_call(self):
        bytes_of = iter([b"\x02", b"\x03", b""])
        with Upstream() as upstream, Upstream(lambda request: (200, [], next(bytes_of))) as side:
            with self.gateway("http-auth", upstream, side, cluster=SIDE) as gateway:
                for status in (200, 403, 403):
                    answer = self.get(gateway, method="POST", body=b"text")
                    self.assertEqual((answer.status, answer.get("x-auth")), (status, "asked"))
                    self.assertEqual(side.take()[0].target, "/bytes/1")
                    self.assertEqual([r.body for r in upstream.take()], [b"text"] if status == 200 else [])

    def test_a_call_that_cannot_be_made_is_told(self):
        with Upstream() as upstream, self.gateway("http-auth", upstream, cluster="outbound|80||nowhere.dns") as gateway:
            answer = self.get(gateway)
            self.assertEqual((answer.status, answer.body), (503, b"Nobody can be asked.\n"))
            self.assertEqual(upstream.take(), [])

    def test_a_grpc_request_waits_for_the_answer_of_a_grpc_call(self):
        statuses = iter([0, 7])
        kind = [("content-type", "application/grpc")]

        def answer(call):
            if call.ended:
                call.head()
                status = next(statuses) if call.headers[":path"].endswith("/Check") else 0
                if status == 0:
                    call.send(frame(b"yes"))
                call.trailers(status)

        with Upstream() as upstream, GrpcUpstream({"Check": answer, "Told": answer}) as side:
            with self.gateway("grpc-auth", upstream, side, side_protocol="grpc", cluster=SIDE) as gateway:
                for status in (0, 7):
                    reply = self.get(gateway, method="POST", headers=kind, body=b"")
                    self.assertEqual(reply.get("grpc-status"), None if status == 0 else "10")
                    self.assertEqual(reply.get("x-auth"), None if status == 0 else "refused")
                    self.assertEqual(len(upstream.take()), 1 if status == 0 else 0)
                self.assertEqual(side.calls[0].headers["x-asked-by"], "stranger")
                self.assertEqual(self.get(gateway).status, 200)  # no gRPC request: not asked
                self.assertEqual(self.asked(side), self.calls_made)
            self.assertEqual(side.problems, [])

    calls_made = ["Check", "Check"]

    @staticmethod
    def asked(side):
        return [call.headers[":path"].rsplit("/", 1)[1] for call in side.calls]


class RustWithThePublicCrate(Five, unittest.TestCase):
    def module(self, name):
        return strangers.rust() / f"{name}.wasm"


class RustWithOurCrate(Five, unittest.TestCase):
    def module(self, name):
        return strangers.rust(ours=True) / f"{name}.wasm"


class Cpp(Five, unittest.TestCase):
    calls_made = ["Check", "Told", "Check"]

    def module(self, name):
        return strangers.cpp() / f"{name}.wasm"


class Go(Five, unittest.TestCase):
    def module(self, name):
        return strangers.go()

    def config(self, name, **fields):
        return {"example": name, **fields}


if __name__ == "__main__":
    unittest.main()
