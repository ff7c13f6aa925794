"""Shipped Rust plug-ins that call out, beyond what plugins/cases can say: a model, a Redis server, an HTTP service."""

import json
import shutil
import unittest

from client import fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from test_redis_calls import Redis
from upstream import Upstream

CHAT = json.dumps({"messages": [{"role": "user", "content": "May I?"}]}).encode()


def gateway(plugin, upstream, config, others):
    """One route to `upstream` with the plug-in; `others`: alias to endpoint."""
    module = ROOT / f"plugins/wasm-rust/extensions/{plugin}/plugin.wasm"
    if not module.exists():
        raise AssertionError(f"{module} is not built: make -C plugins/wasm-rust build PLUGIN_NAME={plugin}")
    files = {"route.yaml": ingress("case", "backend"), "service.yaml": service("backend", [upstream.endpoint()]),
             "plugin.yaml": wasm_plugin("under-test", module, pluginConfig=config)}
    for alias, endpoint in others.items():
        name = alias.split(".")[0]
        files[f"{name}.yaml"] = service(name, [endpoint], annotations={"wasmgate.io/cluster-alias": alias})
    return Gateway(files)


class Intent(unittest.TestCase):
    CONFIG = {"categories": [{"use_for": "scene", "options": ["finance", "law"]}],
              "llm": {"proxy_service_name": "side.dns", "proxy_url": "http://model.test/v1/chat", "proxy_api_key": "key",
                      "proxy_timeout": 2000}}

    def test_the_model_is_asked_before_the_request_goes_on(self):
        content = '{"use_for": "scene", "result": "law"}'
        reply = json.dumps({"choices": [{"message": {"content": content}}]}).encode()
        with Upstream() as upstream, Upstream(lambda request: (200, [], reply)) as model:
            with gateway("ai-intent", upstream, self.CONFIG, {"side.dns": model.endpoint()}) as running:
                self.assertEqual(fetch(running.port, method="POST", body=CHAT).status, 200)
                asked = model.take()[0]
                self.assertEqual((asked.target, asked.get("authorization")), ("/v1/chat", "Bearer key"))
                self.assertIn("May I?", json.loads(asked.body)["messages"][0]["content"])
                self.assertEqual(upstream.take()[0].body, CHAT)

    def test_a_failing_model_does_not_hold_the_request(self):
        with Upstream() as upstream, Upstream(lambda request: (500, [], b"no")) as model:
            with gateway("ai-intent", upstream, self.CONFIG, {"side.dns": model.endpoint()}) as running:
                self.assertEqual(fetch(running.port, method="POST", body=CHAT).status, 200)
                running.wait_for_log("the model has answered with status 500")


class Demo(unittest.TestCase):
    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    def test_redis_and_http_calls_fill_the_report(self):
        config = {"test": "t", "redis": {"service_name": "redis.dns", "service_port": 80},
                  "call": {"service_name": "side", "domain": "side.test", "path": "/post"}}
        reply = (200, [("content-type", "text/plain")], b"the body")
        with Redis() as redis, Upstream(lambda request: reply) as upstream, Upstream(lambda request: (200, [], b"called")) as side:
            others = {"side.dns": side.endpoint(), "redis.dns": ("127.0.0.1", redis.port)}
            with gateway("demo-wasm", upstream, config, others) as running:
                for number in ("1", "2"):
                    report = json.loads(fetch(running.port).body)
                    self.assertEqual(report, {"redis_cid": number, "http_call_body": "called", "res_body": "the body"}, running.log())
                self.assertEqual(side.take()[0].body, b"test_body")


if __name__ == "__main__":
    unittest.main()
