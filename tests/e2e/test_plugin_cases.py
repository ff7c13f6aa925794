"""Every case file of plugins/cases on the real gateway, once per language that has the plug-in."""

import base64
import contextlib
import json
import os
import pathlib
import shutil
import unittest

import yaml

from client import Connection
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from redis_server import Redis
from upstream import Upstream

CASES = ROOT / "plugins/cases"
# What this gateway does not have yet: cases that need it are skipped, and said so.
LACKS = {"tls"}


def spellings(name):
    return {name, name.replace("-", "_"), name.replace("_", "-")}


def modules(name):
    """[(language, module)] of the built plug-ins of that name."""
    found = []
    for language in ("cpp", "rust"):
        for spelling in sorted(spellings(name)):
            folder = ROOT / f"plugins/wasm-{language}/extensions/{spelling}"
            if folder.is_dir():
                found.append((language, folder / "plugin.wasm"))
    return found


def as_bytes(value):
    """A body of a case: text, {base64: ...}, {repeat: text, count: n}, or any other value as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"])
    if isinstance(value, dict) and set(value) == {"repeat", "count"}:
        return value["repeat"].encode() * value["count"]
    return json.dumps(value).encode()


def header_list(value):
    """Headers of a case: a mapping (a list value repeats the name) or a list of pairs."""
    pairs = value.items() if isinstance(value, dict) else value or []
    out = []
    for name, values in pairs:
        for item in values if isinstance(values, list) else [values]:
            out.append((name, str(item)))
    return out


class PluginCases(unittest.TestCase):
    def run_case(self, path, language, module):
        case = yaml.safe_load(path.read_text())
        needs = set(case.get("needs") or [])
        if LACKS & needs:
            self.skipTest(f"needs {', '.join(sorted(LACKS & needs))}")
        if "redis" in needs and not shutil.which("redis-server"):
            self.skipTest("redis-server is not installed")
        self.assertTrue(module.exists(), f"{module} is not built: make -C plugins/wasm-{language} build "
                                         f"PLUGIN_NAME={module.parent.name}")
        answer = case.get("upstream") or {}
        reply = (answer.get("status", 200), header_list(answer.get("headers")), as_bytes(answer.get("body", "upstream")))
        namespace, route = ("default", case.get("route") or "default/case")
        if "/" in route:
            namespace, route = route.split("/", 1)
        else:
            namespace = "higress-system"
        service_name, service_namespace, port = "backend", "default", 80
        if case.get("cluster"):
            _, port, _, fqdn = case["cluster"].split("|")
            service_name, service_namespace = fqdn.split(".")[:2]
        with contextlib.ExitStack() as stack:
            upstream = stack.enter_context(Upstream(lambda request: reply))
            files = {
                "route.yaml": ingress(route, service_name, namespace=namespace, port=port),
                "service.yaml": service(service_name, [upstream.endpoint()], namespace=service_namespace, port=port),
                "plugin.yaml": wasm_plugin(path.parent.name, module, pluginConfig=case.get("config"),
                                           **({} if case.get("config") is not None else {"defaultConfigDisable": False})),
            }
            if service_namespace != namespace:
                files["route.yaml"] = ingress(route, service_name, namespace=namespace, port=port)
                files["alias.yaml"] = service(service_name, [upstream.endpoint()], namespace=namespace, port=port)
            if "http-call" in needs:
                files["called.yaml"] = service("called", [upstream.endpoint()], annotations={"wasmgate.io/cluster-alias": "service.dns"})
            if "redis" in needs:
                redis = stack.enter_context(Redis())
                files["redis.yaml"] = service("redis", [("127.0.0.1", redis.port)], port=6379,
                                              annotations={"wasmgate.io/cluster-alias": "redis.dns"})
            if case.get("config") is None:
                files["plugin.yaml"] = wasm_plugin(path.parent.name, module, default_config={})
            with Gateway(files) as gateway:
                for number, request in enumerate(case["requests"]):
                    with self.subTest(request=number, name=request.get("name", "")):
                        self.run_request(gateway, upstream, request)
            self.assertEqual(upstream.problems, [])

    def run_request(self, gateway, upstream, request):
        upstream.take()
        expect = request.get("expect") or {}
        chunks = [as_bytes(c) for c in request["chunks"]] if "chunks" in request else None
        headers = header_list(request.get("headers"))
        host = next((value for name, value in headers if name == "host"), "example.com")
        with Connection(gateway.port) as connection:
            answer = connection.request(request.get("method", "GET"), request.get("path", "/"),
                                        headers=[pair for pair in headers if pair[0] != "host"],
                                        body=as_bytes(request.get("body")), chunks=chunks, host=host)
        seen = upstream.take()
        if "status" in expect:
            self.assertEqual(answer.status, expect["status"], gateway.log()[-2000:])
        for name, value in header_list(expect.get("headers")):
            self.assertEqual(answer.get(name), value, f"response header {name}")
        for name in expect.get("absent") or []:
            self.assertIsNone(answer.get(name), f"response header {name} should be absent")
        if expect.get("body") is not None:
            self.assert_body(answer.body, expect["body"], "response body")
        wanted = expect.get("upstream")
        if wanted == "none":
            self.assertEqual(len(seen), 0, "the request must not reach the upstream")
        elif wanted is not None:
            self.assertEqual(len(seen), 1, f"requests at the upstream; answer {answer.status} {answer.body[:200]!r}")
            arrived = seen[0]
            for name, value in header_list(wanted.get("headers")):
                self.assertEqual(arrived.target if name == ":path" else arrived.get(name), value, f"upstream header {name}")
            for name in wanted.get("absent") or []:
                self.assertIsNone(arrived.get(name), f"upstream header {name} should be absent")
            if wanted.get("body") is not None:
                self.assert_body(arrived.body, wanted["body"], "upstream body")

    def assert_body(self, got, wanted, what):
        if isinstance(wanted, str):
            self.assertEqual(got.decode("utf-8", "replace"), wanted, what)
        else:
            self.assertEqual(json.loads(got), wanted, what)


def add_tests():
    only = os.environ.get("CASES")
    for path in sorted(CASES.glob("*/*.yaml")):
        if only and only not in str(path):
            continue
        for language, module in modules(path.parent.name):
            name = f"test_{path.parent.name}_{path.stem}_{language}".replace("-", "_")

            def test(self, path=path, language=language, module=module):
                self.run_case(path, language, module)

            setattr(PluginCases, name, test)


add_tests()

if __name__ == "__main__":
    unittest.main()
