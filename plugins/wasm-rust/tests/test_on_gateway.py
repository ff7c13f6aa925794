"""Rust plug-ins on the real gateway, beyond what plugins/cases can say: plug-ins of other authors, and calls out.

Needs a built gateway, the plug-ins (`make build PLUGIN_NAME=ai-intent`) and the strangers
(`tests/strangers/build.sh` and the same with --ours). What is not built is skipped, and said so.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "tests/e2e"))

from client import Connection  # noqa: E402
from gateway import Gateway, ingress, service, wasm_plugin  # noqa: E402
from grpc_upstream import GrpcUpstream, frame  # noqa: E402
from upstream import Upstream  # noqa: E402

CHAT = json.dumps({"messages": [{"role": "user", "content": "May I?"}]}).encode()


def get(gateway, path="/", **more):
    with Connection(gateway.port) as connection:
        return connection.request(path=path, **more)


class OnGateway(unittest.TestCase):
    def gateway(self, module, upstream, config=None, side=None, more=None):
        """One route to `upstream` with the plug-in; `side` is the cluster outbound|80||side.dns, `more` further files."""
        if not module.exists():
            self.skipTest(f"{module} is not built")
        files = {
            "route.yaml": ingress("case", "backend"),
            "service.yaml": service("backend", [upstream.endpoint()]),
            "plugin.yaml": wasm_plugin("under-test", module, pluginConfig=config or {"any": "thing"}),
        }
        if side is not None:
            alias = {"wasmgate.io/cluster-alias": "side.dns"}
            files["side.yaml"] = service("side", [side.endpoint()], annotations=alias)
        return Gateway({**files, **(more or {})})


class Strangers(OnGateway):
    """Each with the public crate and with ours."""

    def each(self, name, check):
        for file in ("plugin.wasm", "plugin-ours.wasm"):
            with self.subTest(module=file):
                check(HERE / "strangers" / name / file)

    def test_headers_are_seen_and_changed(self):
        def check(module):
            with Upstream() as upstream, self.gateway(module, upstream) as gateway:
                answer = get(gateway, "/hello")
                self.assertEqual((answer.status, answer.body), (200, b"Hello from a stranger!\n"))
                self.assertEqual(upstream.take(), [])
                answer = get(gateway, "/other", headers=[("x-a", "b")])
                self.assertEqual(answer.get("x-stranger"), "was-here")
                self.assertEqual(len(upstream.take()), 1)
                gateway.wait_for_log("x-a: b")
                gateway.wait_for_log("completed.", count=2)

        self.each("headers", check)

    def test_a_body_with_a_secret_is_taken_out(self):
        def check(module):
            for body, expected in ((b"a secret", b"A body of 8 bytes was taken out.\n"), (b"fine", b"fine")):
                reply = (200, [("content-type", "text/plain")], body)
                with Upstream(lambda request: reply) as upstream, self.gateway(module, upstream) as gateway:
                    self.assertEqual(get(gateway).body, expected)

        self.each("body", check)

    def test_the_configuration_arrives(self):
        def check(module):
            with Upstream() as upstream, self.gateway(module, upstream, {"a": 1}) as gateway:
                self.assertEqual(json.loads(get(gateway).get("x-configured")), {"a": 1})

        self.each("configuration", check)

    def test_a_request_waits_for_the_answer_of_a_call(self):
        config = {"cluster": "outbound|80||side.dns"}
        def check(module):
            for byte, status in ((b"\x02", 200), (b"\x03", 403)):
                with Upstream() as upstream, Upstream(lambda request: (200, [], byte)) as side:
                    with self.gateway(module, upstream, config, side) as gateway:
                        self.assertEqual(get(gateway, method="POST", body=b"text").status, status)
                        self.assertEqual(side.take()[0].target, "/bytes/1")
                        self.assertEqual(len(upstream.take()), 1 if status == 200 else 0)

        self.each("http-auth", check)

    def test_a_call_that_cannot_be_made_is_told(self):
        def check(module):
            with Upstream() as upstream:
                with self.gateway(module, upstream, {"cluster": "outbound|80||nowhere.dns"}) as gateway:
                    self.assertEqual(get(gateway).status, 503)

        self.each("http-auth", check)

    def test_a_grpc_request_waits_for_the_answer_of_a_grpc_call(self):
        config = {"cluster": "outbound|80||side.dns"}
        kind = [("content-type", "application/grpc")]

        def check(module):
            for status in (0, 7):
                def answer(call, status=status):
                    if call.ended:
                        call.head()
                        call.send(frame(b""))
                        call.trailers(status)

                with Upstream() as upstream, GrpcUpstream({"Check": answer}) as side:
                    alias = {"wasmgate.io/cluster-alias": "side.dns"}
                    text = service("side", [side.endpoint()], annotations=alias, app_protocol="grpc")
                    with self.gateway(module, upstream, config, more={"side.yaml": text}) as gateway:
                        reply = get(gateway, method="POST", headers=kind, body=b"")
                        self.assertEqual(reply.get("grpc-status"), None if status == 0 else "10")
                        self.assertEqual(reply.get("x-auth"), None if status == 0 else "refused")
                        self.assertEqual(len(upstream.take()), 1 if status == 0 else 0)
                        self.assertEqual(side.calls[0].headers["x-asked-by"], "stranger")
                        self.assertEqual(get(gateway).status, 200)

        self.each("grpc-auth", check)


class Intent(OnGateway):
    MODULE = HERE.parent / "extensions/ai-intent/plugin.wasm"
    CONFIG = {
        "categories": [{"use_for": "scene", "options": ["finance", "law"]}],
        "llm": {
            "proxy_service_name": "side.dns",
            "proxy_url": "http://model.test/v1/chat",
            "proxy_api_key": "key",
            "proxy_timeout": 2000,
        },
    }

    def test_the_model_is_asked_before_the_request_goes_on(self):
        content = '{"use_for": "scene", "result": "law"}'
        reply = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        with Upstream() as upstream, Upstream(lambda request: (200, [], reply)) as model:
            with self.gateway(self.MODULE, upstream, self.CONFIG, model) as gateway:
                self.assertEqual(get(gateway, method="POST", body=CHAT).status, 200)
                asked = model.take()[0]
                self.assertEqual((asked.target, asked.get("authorization")), ("/v1/chat", "Bearer key"))
                self.assertIn("May I?", json.loads(asked.body)["messages"][0]["content"])
                self.assertEqual(upstream.take()[0].body, CHAT)

    def test_a_failing_model_does_not_hold_the_request(self):
        with Upstream() as upstream, Upstream(lambda request: (500, [], b"no")) as model:
            with self.gateway(self.MODULE, upstream, self.CONFIG, model) as gateway:
                self.assertEqual(get(gateway, method="POST", body=CHAT).status, 200)
                gateway.wait_for_log("the model has answered with status 500")


class Redis:
    """A Redis server on a free port of loopback; without files."""

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        quiet = subprocess.DEVNULL
        self.process = subprocess.Popen(["redis-server", *options], stdout=quiet, stderr=quiet)
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if time.monotonic() > end:
                    self.process.kill()
                    raise
                time.sleep(0.02)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Demo(OnGateway):
    MODULE = HERE.parent / "extensions/demo-wasm/plugin.wasm"

    def test_redis_and_http_calls_fill_the_report(self):
        if shutil.which("redis-server") is None:
            self.skipTest("redis-server is not installed")
        config = {
            "test": "t",
            "redis": {"service_name": "redis.dns", "service_port": 80},
            "call": {"service_name": "side", "domain": "side.test", "path": "/post"},
        }
        reply = (200, [("content-type", "text/plain")], b"the body")
        with Redis() as redis, Upstream(lambda request: reply) as upstream:
            with Upstream(lambda request: (200, [], b"called")) as side:
                alias = {"wasmgate.io/cluster-alias": "redis.dns"}
                text = service("redis", [("127.0.0.1", redis.port)], annotations=alias)
                with self.gateway(self.MODULE, upstream, config, side, {"redis.yaml": text}) as gateway:
                    for number in ("1", "2"):
                        report = json.loads(get(gateway).body)
                        self.assertEqual(report["http_call_body"], "called")
                        expected = {"redis_cid": number, "http_call_body": "called", "res_body": "the body"}
                        self.assertEqual(report, expected, gateway.log())
                    self.assertEqual(side.take()[0].body, b"test_body")


if __name__ == "__main__":
    unittest.main()
