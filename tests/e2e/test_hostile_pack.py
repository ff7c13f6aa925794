"""The hostile pack: every bad module on one gateway, none of which may harm a neighbour (docs/hostile-modules.md has the whole table)."""

import json
import re
import threading
import time
import unittest

from client import Connection, fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from hostile import Guest, pairs, times
from upstream import Upstream

LOOP = "(loop $for_ever (br $for_ever))"
RECURSE = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))"


def modules():
    """[(row, module, statuses that /row may give, annotations)]."""
    out = []

    def add(row, g, statuses=(503,), **annotations):
        out.append((row, g.build(), statuses, annotations))

    for row, callback in (("m01", "_initialize"), ("m02", "proxy_on_vm_start"), ("m03", "proxy_on_configure"), ("m04", "proxy_on_request_headers"),
                          ("m05", "proxy_on_request_body")):
        add(row, Guest(row).on(callback, LOOP))
    tick = Guest("m06")
    add("m06", tick.on("proxy_on_configure", tick.call("proxy_set_tick_period_milliseconds", 10)).on("proxy_on_tick", LOOP)
        .on("proxy_on_request_headers", ""), (200, 503))
    add("m09", Guest("m09").on("proxy_on_request_headers", "(drop (memory.grow (i32.const 900))) (loop $more (memory.fill (i32.const 0) "
                               "(i32.const 1) (i32.const 58982400)) (memory.copy (i32.const 4) (i32.const 0) (i32.const 58982396)) (br $more))"))
    add("m10", Guest("m10").on("proxy_on_request_headers", "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable"))
    add("m11", Guest("m11").add("(table $t 1 funcref)").on(
        "proxy_on_request_headers", "(loop $more (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 10000)) (i32.const -1)))) unreachable"))
    add("m12", Guest("m12").add(RECURSE).on("proxy_on_request_headers", "", "(call $deep (i32.const 1))"))
    traps = {"m13": "unreachable", "m14": "(drop (i32.div_u (i32.const 1) (local.get $i)))",
             "m15": "(call_indirect (type $none) (i32.const 7))", "m16": "(i32.store (i32.const -8) (i32.const 1))",
             "m17": "(drop (i32.trunc_f32_s (f32.const 1e30)))", "m18": "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get $i) (i32.const 1))))"}
    for row, body in traps.items():
        add(row, Guest(row).add("(type $none (func)) (table 1 funcref)").on("proxy_on_request_headers", body))
    for row, value in (("m25a", 7), ("m25b", -1), ("m25c", 0x7FFFFFFF)):
        g = Guest(row)
        for callback in ("proxy_on_request_headers", "proxy_on_response_headers", "proxy_on_request_body", "proxy_on_response_body"):
            g.on(callback, "", value)
        add(row, g, (200, 504, 503, None), **{"pause-limit": "200ms"})
    headers = Guest("m27")
    add("m27", headers.on("proxy_on_request_headers", times(10000, headers.call("proxy_add_header_map_value", 0, "x-many", b"v" * 100)) +
                          headers.call("proxy_add_header_map_value", 0, "x-long", b"v" * 9000)), (200, 400, 503), **{"call-deadline": "1s"})
    lengths = Guest("m28")
    add("m28", lengths.on("proxy_on_request_headers", lengths.call("proxy_replace_header_map_value", 0, "content-length", "999") +
                          lengths.call("proxy_add_header_map_value", 0, "transfer-encoding", "chunked")), (200, 400))
    replies = Guest("m29")
    for callback in ("proxy_on_request_headers", "proxy_on_response_headers", "proxy_on_response_body", "proxy_on_log"):
        replies.on(callback, replies.reply(418, "once") * 2)
    add("m29", replies, (418,))
    calls = Guest("m30")
    head = pairs([(":method", "GET"), (":path", "/call"), (":authority", "a")])
    add("m30", calls.on("proxy_on_request_headers", times(10000, calls.call(
        "proxy_http_call", "outbound|80||web.default.svc.cluster.local", head, b"", b"", 1000, 64))), (200, 503), **{"call-deadline": "1s"})
    data = Guest("m31")
    key = data.text("key-----")
    store = "(i32.store offset=4 (i32.const {}) (local.get $i))".format(data.at - 16)
    add("m31", data.on("proxy_on_request_headers", times(30000, store + data.call("proxy_set_shared_data", key, b"v" * 2000, 0))), (200, 503),
        **{"call-deadline": "1s"})
    queues = Guest("m32")
    name = queues.text("queue---")
    store = "(i32.store offset=4 (i32.const {}) (local.get $i))".format(queues.at - 16)
    add("m32", queues.on("proxy_on_request_headers", times(20000, store + queues.call("proxy_register_shared_queue", name, 64) +
                                                           queues.call("proxy_enqueue_shared_queue", "(i32.load (i32.const 64))", b"x" * 2000))),
        (200, 503), **{"call-deadline": "1s"})
    metrics = Guest("m33")
    name = metrics.text("metric\x01-")
    store = "(i32.store offset=4 (i32.const {}) (local.get $i))".format(metrics.at - 16)
    add("m33", metrics.on("proxy_on_request_headers", times(20000, store + metrics.call("proxy_define_metric", 0, name, 64))), (200, 503),
        **{"call-deadline": "1s"})
    logs = Guest("m34")
    add("m34", logs.on("proxy_on_request_headers", times(50000, logs.call("proxy_log", 2, "\x1b[31mred\nsecond line")) +
                       logs.call("proxy_log", 2, "(i32.const 0)", "(i32.const 65000)")), (200, 503), **{"call-deadline": "1s"})
    add("m36", Guest("m36").on("proxy_on_request_headers", "", 1), (504,), **{"pause-limit": "200ms"})
    add("m37", Guest("m37").on("proxy_on_request_headers", "", 3), (413, 504), **{"pause-limit": "500ms"})
    resume = Guest("m38")
    add("m38", resume.on("proxy_on_request_headers", resume.call("proxy_continue_stream", 0) * 3 + resume.call("proxy_continue_stream", 1) * 3 +
                         resume.call("proxy_close_stream", 0) + resume.call("proxy_add_header_map_value", 0, "x", "y")), (None, 503))
    contexts = Guest("m39")
    add("m39", contexts.on("proxy_on_request_headers", times(100000, contexts.call(
        "proxy_set_effective_context", "(i32.mul (local.get $i) (i32.const 42949))"))), (200, 503), **{"call-deadline": "1s"})
    properties = Guest("m40")
    add("m40", properties.on("proxy_on_request_headers", "".join(
        properties.call("proxy_get_property", path, 64, 68) for path in (b"", b"\0" * 500, b"request\0" * 200, b"a" * 9000, b"xds\0node\0" + b"x\0" * 900,
                                                                        b"metadata\0filter_metadata\0a\0b", b"filter_state"))), (200,))
    return out


class TheTable(unittest.TestCase):
    def test_names_only_tests_that_exist_and_every_row(self):
        table = (ROOT / "docs/hostile-modules.md").read_text()
        sources = [p.read_text() for p in [*(ROOT / "src").rglob("*_test.cc"), *(ROOT / "tests").rglob("*_test.cc"), *(ROOT / "tests/e2e").glob("*.py")]]
        everything = "\n".join(sources)
        for suite, name in re.findall(r"`(\w+)\.(\w+)`", table):
            found = re.search(rf"TEST(?:_[FP])?\({suite}, {name}\)", everything) or f"def {name}(" in everything
            self.assertTrue(found, f"{suite}.{name}")
        rows = {row for row, *_ in modules()}
        self.assertEqual(set(re.findall(r"`(m\d+[a-c]?)`", table)), rows)
        numbers = set()
        for first, last in re.findall(r"^\| M(\d+)(?:–M(\d+))? \|", table, re.M):
            numbers.update(range(int(first), int(last or first) + 1))
        self.assertEqual(numbers, set(range(1, 46)))


class HostilePack(unittest.TestCase):
    def test_every_bad_module_on_one_gateway_harms_nobody(self):
        pack = modules()
        with Upstream() as upstream:
            files = {"good.yaml": ingress("good", "web"), "service.yaml": service("web", [upstream.endpoint()])}
            for row, module, _, notes in pack:
                files[f"{row}.yaml"] = ingress(row, "web", path=f"/{row}")
                files[f"p-{row}.yaml"] = wasm_plugin(row, module, match_rules=[{"ingress": [f"default/{row}"], "config": {}}],
                                                     annotations={f"wasmgate.io/{k}": v for k, v in notes.items()})
            with Gateway(files, workers=2, ready=60) as gateway:
                self.strike(gateway, pack)
                self.assertIsNone(gateway.process.poll(), "the gateway lives")
                self.assertEqual(upstream.problems, [], "nothing unclean reached the upstream")
                self.assertLess(gateway.rss_kib(), 900 * 1024)
                self.assertNotIn("\x1b", gateway.log())

    def strike(self, gateway, pack):
        victims, stop = [], threading.Event()

        def victim():
            with Connection(gateway.port, timeout=20) as connection:
                while not stop.is_set():
                    victims.append(connection.request(path="/good").status)
                    time.sleep(0.005)

        thread = threading.Thread(target=victim)
        thread.start()
        wrong = []
        try:
            for row, _, statuses, _ in pack:
                for _ in range(2):
                    status = self.once(gateway, row)
                    if status not in statuses and status != 503:  # 503: its VM is gone for now
                        wrong.append((row, status))
        finally:
            stop.set()
            thread.join(20)
        self.assertEqual(wrong, [])
        self.assertGreater(len(victims), 20)
        self.assertEqual(set(victims), {200}, "the neighbour never noticed")

    def once(self, gateway, row):
        begin = time.monotonic()
        try:
            body = b"x" * (2 * 1024 * 1024) if row == "m37" else b"body"
            status = fetch(gateway.port, path=f"/{row}", method="POST", body=body).status
        except ConnectionError:
            status = None
        except TimeoutError:
            self.fail(f"{row}: hangs\n{gateway.log()[-2000:]}")
        self.assertLess(time.monotonic() - begin, 8, f"{row}: nobody hangs")
        return status

    def test_what_a_plugin_stores_never_reaches_another(self):
        """The same keys, queue and metric names of two plug-ins are different things."""
        files_of = {}
        for name, value in (("a", "from-a"), ("b", "from-b")):
            g = Guest(f"space-{name}")
            g.on("proxy_on_request_headers", g.call("proxy_set_shared_data", "key", value, 0) + g.call("proxy_define_metric", 0, "same", 64))
            files_of[name] = g.build()
        with Upstream() as upstream:
            files = {"service.yaml": service("web", [upstream.endpoint()]), "route.yaml": ingress("all", "web")}
            for name, module in files_of.items():
                files[f"{name}.yaml"] = wasm_plugin(name, module, default_config={})
            with Gateway(files) as gateway:
                for _ in range(3):
                    self.assertEqual(fetch(gateway.port).status, 200)
                metrics = fetch(gateway.admin_port, path="/metrics").body.decode()
                lines = [line for line in metrics.splitlines() if line.startswith("same")]
                self.assertEqual(len({json.dumps(line.split("}")[0]) for line in lines}), len(lines), lines)


if __name__ == "__main__":
    unittest.main()
