"""The modules of docs/hostile-modules.md as plug-ins for one gateway: `/row` has the plug-in of that row."""

import struct
import subprocess
import sys
import tempfile

import strangers
from gateway import ROOT, ingress, wasm_plugin
from guests import file, guest, looping
from hostile import Guest, pairs, times

LOOP = "(loop $for_ever (br $for_ever))"
RECURSE = "(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))"
GROW = "(i32.mul (memory.grow (i32.const 1)) (i32.const 65536))"  # a new page each time


def random_modules(count, seed):
    """Random valid plug-ins, each as bytes."""
    suite = ROOT / "tests/conformance/proxy_wasm/suite.py"
    with tempfile.TemporaryDirectory(prefix="wasmgate-random-") as folder:
        text = subprocess.run([sys.executable, str(suite), "driver", "0_2_1"], stdout=subprocess.PIPE, check=True).stdout
        with open(f"{folder}/model.wat", "wb") as out:
            out.write(text)
        subprocess.run(["wat2wasm", f"{folder}/model.wat", "-o", f"{folder}/model.wasm"], check=True)
        subprocess.run([str(ROOT / "tests/random_modules/generate.sh"), f"{folder}/model.wasm", str(count), str(seed), f"{folder}/out"],
                       check=True, stdin=subprocess.DEVNULL)
        with open(f"{folder}/out", "rb") as source:
            data = source.read()
    found, at = [], 0
    while at < len(data):
        size = struct.unpack_from("<I", data, at)[0]
        found.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return found


def modules():
    """[(row, module, statuses that /row may give, annotations)]. Also 503 wherever its VM is gone for now."""
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
    for row, wat in (("m07", LOOP + "(i32.const 0)"), ("m23a", "(i32.const 0)"), ("m23b", "(i32.const 1)"), ("m23c", "(i32.const -1)"),
                     ("m23d", "(i32.const 65532)"), ("m23e", "(i32.const 1024)"), ("m24", GROW)):
        g = Guest(row).allocate(wat)
        add(row, g.on("proxy_on_request_headers", "".join(g.call("proxy_get_header_map_pairs", table, 64, 68) for table in range(8)) +
                      g.call("proxy_get_header_map_value", 0, ":path", 64, 68) + g.call("proxy_get_property", b"request\0path", 64, 68)), (200,))
    cheap = Guest("m08")
    add("m08", cheap.on("proxy_on_request_headers", f"(loop $for_ever {cheap.call('proxy_get_status', 64, 68, 72)} (br $for_ever))"))
    for row, values in (("m19", (0, 1, 65532, 65535, 65536, 0x7FFFFFFF, -0x80000000, -1)), ("m20", (*range(17), 255))):
        g = Guest(row)
        add(row, g.on("proxy_on_request_headers", "".join(g.every(value) for value in values)), (200, 413, 500, 503, 504, None),
            **{"pause-limit": "200ms"})
    everywhere = Guest("m21")
    for callback in ("proxy_on_vm_start", "proxy_on_configure", "proxy_on_request_headers", "proxy_on_request_body", "proxy_on_response_headers",
                     "proxy_on_response_body", "proxy_on_log", "proxy_on_done", "proxy_on_delete", "proxy_on_tick"):
        everywhere.on(callback, everywhere.every(0))
    add("m21", everywhere, (200, 413, 500, 503, 504, None), **{"pause-limit": "200ms"})
    inside = Guest("m22")
    inside.allocate(inside.call("proxy_set_shared_data", "inside", "x", 0) + inside.call("proxy_add_header_map_value", 0, "x-inside", "y") +
                    inside.call("proxy_get_header_map_value", 0, ":path", 64, 68) + inside.reply(418, "no") + "(i32.const 32768)")
    add("m22", inside.on("proxy_on_request_headers", inside.call("proxy_get_header_map_value", 0, ":path", 64, 68)), (200,))
    out.append(("m26a", guest("m26a", "", '(import "env" "proxy_unknown" (func))'), (503,), {}))
    out.append(("m26b", guest("m26b", "", head='(global $next (mut i32) (i32.const 0)) (memory 1)'), (503,), {}))
    out.append(("m26c", guest("m26c", "", head='(global $next (mut i32) (i32.const 0)) (func (export "proxy_abi_version_0_2_1")) '
                                               '(memory (export "memory") 65536)'), (503,), {}))
    out.append(("m26d", guest("m26d", "(func $s (drop (call $log (i32.const 9) (i32.const -8) (i32.const 99))) unreachable) (start $s)",
                              '(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))'), (503,), {}))
    ticking = Guest("m35")
    add("m35", ticking.on("proxy_on_configure", ticking.call("proxy_set_tick_period_milliseconds", 1))
        .on("proxy_on_tick", times(20000, ticking.call("proxy_get_status", 64, 68, 72))).on("proxy_on_request_headers", ""), (200,))
    wasi = Guest("m41")
    add("m41", wasi.on("proxy_on_request_headers", times(1000, wasi.call("fd_write", "(local.get $i)", "(i32.const 0)", 1, 64)) +
                       wasi.call("random_get", 0, -0x80000000) + wasi.call("random_get", 0, 65536) + wasi.call("environ_get", -4, -4) +
                       wasi.call("poll_oneoff", 0, 0, 1000, 64)), (200,))
    good = looping().read_bytes()
    out.append(("m42a", file("m42a.wasm", good[:len(good) // 2]), (503,), {}))
    out.append(("m42b", file("m42b.wasm", good[:40] + bytes([good[40] ^ 8]) + good[41:]), (200, 503), {}))
    for row, module in zip(("m43a", "m43b", "m43c", "m43d"), random_modules(4, 7)):
        out.append((row, file(f"{row}.wasm", module), (200, 400, 413, 500, 503, 504, None), {"pause-limit": "200ms"}))
    if strangers.find_go():
        out.append(("m44", strangers.go(), (200,), {"call-deadline": "2s", "request-deadline": "5s", "start-deadline": "20s"}))
    never = Guest("m45")
    add("m45", never.on("proxy_on_request_headers", "").on("proxy_on_done", "", 0), (200,))
    return out


def files(pack, service_name):
    """Configuration: a route and a plug-in for each row."""
    out = {}
    for row, module, _, notes in pack:
        out[f"{row}.yaml"] = ingress(row, service_name, path=f"/{row}")
        out[f"p-{row}.yaml"] = wasm_plugin(row, module, match_rules=[{"ingress": [f"default/{row}"], "config": {}}],
                                           annotations={f"wasmgate.io/{k}": v for k, v in notes.items()})
    return out
