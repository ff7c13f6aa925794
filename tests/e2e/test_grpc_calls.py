"""Plug-ins' gRPC calls and streams: a real gateway, a real HTTP/2 upstream."""

import time
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from grpc_upstream import GrpcUpstream, frame
from guests import guest
from upstream import Upstream

SLACK = 2.0  # a busy machine
CLUSTER = "outbound|80||grpc.default.svc.cluster.local"
IMPORTS = """
  (import "env" "proxy_grpc_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_stream" (func $open (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_send" (func $send (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_grpc_close" (func $close (param i32) (result i32)))
  (import "env" "proxy_grpc_cancel" (func $cancel (param i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_size" (func $size (param i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_status" (func $status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
"""
# 16: out-slots; 256: names; 4096: what a stream has received; the reply's status is 400 + gRPC status (200 for 0).
COMMON = """
  (global $stream (mut i32) (i32.const 0))
  (global $id (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 4096))
  (data (i32.const 256) "UPSTREAM") (data (i32.const 512) "test.Echo") (data (i32.const 544) "x-method")
  (data (i32.const 576) "ping") (data (i32.const 608) "\\01\\00\\00\\00\\04\\00\\00\\00\\02\\00\\00\\00x-me\\00hi\\00")
  (func $answer (param $code i32) (param $body i32) (param $size i32)
    (drop (call $effective (global.get $stream)))
    (drop (call $reply (local.get $code) (i32.const 0) (i32.const 0) (local.get $body) (local.get $size)
                       (i32.const 0) (i32.const 0) (i32.const -1))))
  (func $put (param $byte i32)
    (i32.store8 (global.get $end) (local.get $byte)) (global.set $end (i32.add (global.get $end) (i32.const 1))))
  (func $code (param $status i32) (result i32)
    (select (i32.add (local.get $status) (i32.const 400)) (i32.const 200) (local.get $status)))
  (func (export "proxy_on_grpc_close") (param i32 i32) (param $code i32)
    (call $put (i32.const 36))
    (drop (call $status (i32.const 16) (i32.const 20) (i32.const 24)))
    (memory.copy (global.get $end) (i32.load (i32.const 20)) (i32.load (i32.const 24)))
    (global.set $end (i32.add (global.get $end) (i32.load (i32.const 24))))
    (call $answer (call $code (i32.load (i32.const 16))) (i32.const 4096) (i32.sub (global.get $end) (i32.const 4096))))
"""


def wat_bytes(data):
    return "".join(f"\\{b:02x}" for b in data)


def unary(name, upstream=CLUSTER.encode()):
    """Calls test.Echo/<x-method> with message "ping" and 300 ms; replies with the answer, or 400 + status and the reason."""
    return guest(f"grpc-unary-{name}", COMMON.replace("UPSTREAM", wat_bytes(upstream)) + f"""
      (func (export "proxy_on_request_headers") (param $c i32) (param i32 i32) (result i32) (local $s i32)
        (global.set $stream (local.get $c)) (global.set $end (i32.const 4096))
        (drop (call $get (i32.const 0) (i32.const 544) (i32.const 8) (i32.const 16) (i32.const 20)))
        (local.set $s (call $call (i32.const 256) (i32.const {len(upstream)}) (i32.const 512) (i32.const 9)
            (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.const 608) (i32.const 20)
            (i32.const 576) (i32.const 4) (i32.const 300) (i32.const 32)))
        (if (local.get $s) (then (call $answer (i32.add (local.get $s) (i32.const 500)) (i32.const 0) (i32.const 0))))
        (i32.const 1))
      (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
        (drop (call $buffer (i32.const 5) (i32.const 0) (i32.const 1000000) (i32.const 16) (i32.const 20)))
        (call $answer (i32.const 200) (i32.load (i32.const 16)) (i32.load (i32.const 20))))""", IMPORTS)


def streaming(name, after_open, on_receive=""):
    """Opens test.Echo/<x-method>; writes down i (initial metadata), <message>, t (trailers), $<reason> and replies with it at the end."""
    return guest(f"grpc-stream-{name}", COMMON.replace("UPSTREAM", CLUSTER) + f"""
      (func (export "proxy_on_request_headers") (param $c i32) (param i32 i32) (result i32) (local $s i32)
        (global.set $stream (local.get $c)) (global.set $end (i32.const 4096))
        (drop (call $get (i32.const 0) (i32.const 544) (i32.const 8) (i32.const 16) (i32.const 20)))
        (local.set $s (call $open (i32.const 256) (i32.const {len(CLUSTER)}) (i32.const 512) (i32.const 9)
            (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.const 608) (i32.const 20) (i32.const 32)))
        (global.set $id (i32.load (i32.const 32)))
        (if (local.get $s) (then (call $answer (i32.add (local.get $s) (i32.const 500)) (i32.const 0) (i32.const 0))))
        {after_open}
        (i32.const 1))
      (func (export "proxy_on_grpc_receive_initial_metadata") (param i32 i32) (param $n i32)
        (call $put (select (i32.const 105) (i32.const 73) (local.get $n))))
      (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
        (drop (call $buffer (i32.const 5) (i32.const 0) (i32.const 1000000) (i32.const 16) (i32.const 20)))
        (memory.copy (global.get $end) (i32.load (i32.const 16)) (i32.load (i32.const 20)))
        (global.set $end (i32.add (global.get $end) (i32.load (i32.const 20))))
        {on_receive})
      (func (export "proxy_on_grpc_receive_trailing_metadata") (param i32 i32) (param $n i32)
        (call $put (i32.const 116)))""", IMPORTS)


SEND = "(drop (call $send (global.get $id) (i32.const 576) (i32.const 4) (i32.const {end})))"


def echo(call):
    if call.ended:
        call.head(**{"x-initial": "1"})
        call.send(frame(b"".join(call.messages) + b"/" + call.headers.get("x-me", "").encode()), piece=3)
        call.trailers(0)


def deny(call):
    if call.ended:
        call.head()
        call.trailers(7, "not%20you")


def two_then_status(call):
    if call.ended:
        call.head()
        call.send(frame(b"A") + frame(b"B" * 3))
        call.trailers(0)


def each(call):
    """Answers every message as it comes, ends after the client's end."""
    if not hasattr(call, "seen"):
        call.seen = 0
        call.head()
    for message in call.messages[call.seen:]:
        call.send(frame(b"<" + message + b">"))
    call.seen = len(call.messages)
    if call.ended:
        call.trailers(0)


def http_error(call):
    if call.ended:
        call.head(end=True, **{":status": "503", "content-type": "text/plain"})


def too_large(call):
    if call.ended:
        call.head()
        call.send(b"\0\x7f\xff\xff\xff" + b"x" * 100)


def early(call):
    """Answers before the client's end."""
    if not hasattr(call, "seen"):
        call.seen = True
        call.head()
        call.trailers(0)


HANDLERS = {"Early": early, "Echo": echo, "Deny": deny, "Two": two_then_status, "Each": each, "Silent": lambda call: None,
            "Http": http_error, "Large": too_large}


def files_for(web, grpc, plugin):
    return {
        "route.yaml": ingress("web", "web"),
        "service.yaml": service("web", [web.endpoint()]),
        "grpc.yaml": service("grpc", [grpc.endpoint()], app_protocol="grpc"),
        "plain.yaml": service("plain", [web.endpoint()]),
        "plugin.yaml": wasm_plugin("caller", plugin, default_config={}),
    }


class GrpcCalls(unittest.TestCase):
    def ask(self, plugin, *methods):
        """One gateway, one request per method on one connection; returns [(status, body)] and the upstream."""
        with Upstream() as web, GrpcUpstream(HANDLERS) as grpc, Gateway(files_for(web, grpc, plugin)) as gateway:
            with Connection(gateway.port) as client:
                answers = [client.request(headers=[("x-method", m)]) for m in methods]
            self.assertEqual(grpc.problems, [])
            self.assertLessEqual(grpc.connections, 1)
            return [(a.status, a.body) for a in answers], grpc

    def test_a_unary_call_brings_its_message_or_its_status(self):
        answers, grpc = self.ask(unary("plain"), "Echo", "Deny", "Nothing", "Http", "Large", "Echo")
        self.assertEqual(answers, [
            (200, b"ping/hi"), (407, b"$not you"), (412, b"$no such method"), (414, b"$HTTP status 503 without grpc-status"),
            (408, b"$a message above the limit"), (200, b"ping/hi")])
        head = grpc.calls[0].headers
        self.assertEqual((head[":path"], head[":authority"], head["te"], head["content-type"], head["grpc-timeout"]),
                         ("/test.Echo/Echo", "grpc.default.svc.cluster.local", "trailers", "application/grpc", "300m"))

    def test_a_serialised_grpc_service_names_its_cluster(self):
        name = CLUSTER.encode()
        envoy_grpc = b"\x0a" + bytes([len(name)]) + name
        answers, _ = self.ask(unary("proto", b"\x0a" + bytes([len(envoy_grpc)]) + envoy_grpc), "Echo")
        self.assertEqual(answers, [(200, b"ping/hi")])

    def test_a_serialised_grpc_service_brings_metadata_and_a_time_out(self):
        def field(number, data):
            return bytes([number << 3 | 2, len(data)]) + data

        service_message = (field(1, field(1, CLUSTER.encode())) + field(3, b"\x10\x80\xa3\xc3\x47")  # 150,000,000 ns
                           + field(5, field(1, b"x-one") + field(2, b"1")) + field(5, field(1, b"x-two-bin") + field(3, b"AAE")))
        begin = time.monotonic()
        answers, grpc = self.ask(unary("service", service_message), "Echo", "Silent")
        self.assertEqual(answers, [(200, b"ping/hi"), (404, b"$timeout")])
        self.assertTrue(0.14 <= time.monotonic() - begin < SLACK)
        head = grpc.calls[0].headers
        self.assertEqual((head["x-one"], head["x-two-bin"], head["x-me"], head["grpc-timeout"]), ("1", "AAE", "hi", "150m"))
        forbidden = field(1, field(1, CLUSTER.encode())) + field(5, field(1, b"x one") + field(2, b"1"))
        self.assertEqual(self.ask(unary("forbidden", forbidden), "Echo")[0], [(510, b"")])  # 500 + InternalFailure

    def test_unknown_clusters_do_not_parse_and_those_without_http2_do_not_start(self):
        self.assertEqual(self.ask(unary("unknown", b"outbound|80||none"), "Echo")[0], [(504, b"")])  # 500 + ParseFailure
        plain = b"outbound|80||plain.default.svc.cluster.local"
        self.assertEqual(self.ask(unary("http1", plain), "Echo")[0], [(510, b"")])  # 500 + InternalFailure

    def test_a_call_without_an_answer_ends_at_its_time_out(self):
        begin = time.monotonic()
        answers, grpc = self.ask(unary("plain"), "Silent", "Echo")
        self.assertEqual(answers, [(404, b"$timeout"), (200, b"ping/hi")])  # 400 + DeadlineExceeded
        self.assertGreaterEqual(time.monotonic() - begin, 0.28)

    def test_nobody_listening_is_unavailable(self):
        with Upstream() as web:
            grpc = GrpcUpstream(HANDLERS)
            grpc.stop()
            with Gateway(files_for(web, grpc, unary("plain"))) as gateway:
                answer = fetch(gateway.port, headers=[("x-method", "Echo")])
                self.assertEqual((answer.status, answer.body), (414, b"$connection refused"))

    def test_a_stream_is_told_in_order(self):
        sends = SEND.format(end=0) + SEND.format(end=0) + SEND.format(end=1)
        answers, grpc = self.ask(streaming("three", sends), "Two", "Each", "Deny", "Nothing")
        self.assertEqual(answers, [(200, b"iABBBt$"), (200, b"i<ping><ping><ping>t$"), (407, b"it$not you"),
                                   (412, b"t$no such method")])
        self.assertEqual(grpc.calls[0].messages, [b"ping"] * 3)

    def test_close_ends_our_side_only(self):
        # The second message is sent when the first one's echo is there; close() then ends the stream from our side.
        plugin = streaming("close", SEND.format(end=0), """
          (if (i32.lt_u (global.get $end) (i32.const 4105)) (then %s) (else (drop (call $close (global.get $id)))))"""
                           % SEND.format(end=0))
        answers, _ = self.ask(plugin, "Each")
        self.assertEqual(answers, [(200, b"i<ping><ping>t$")])

    def test_cancel_resets_and_nothing_more_is_told(self):
        plugin = streaming("cancel", SEND.format(end=0), """
          (drop (call $cancel (global.get $id)))
          (call $answer (i32.add (i32.const 200) (call $cancel (global.get $id))) (i32.const 4096)
                        (i32.sub (global.get $end) (i32.const 4096)))""")
        with Upstream() as web, GrpcUpstream(HANDLERS) as grpc, Gateway(files_for(web, grpc, plugin)) as gateway:
            answer = fetch(gateway.port, headers=[("x-method", "Each")])
            self.assertEqual((answer.status, answer.body), (201, b"i<ping>"))  # cancelled twice: NotFound
            self.wait_for_reset(grpc.calls[0])

    def test_an_answer_before_our_end_leaves_no_stream_behind(self):
        plugin = streaming("early", SEND.format(end=0))
        with Upstream() as web, GrpcUpstream(HANDLERS) as grpc, Gateway(files_for(web, grpc, plugin)) as gateway:
            answer = fetch(gateway.port, headers=[("x-method", "Early")])
            self.assertEqual((answer.status, answer.body), (200, b"it$"))
            self.wait_for_reset(grpc.calls[0])

    def wait_for_reset(self, call):
        end = time.monotonic() + 5
        while not call.reset and time.monotonic() < end:
            time.sleep(0.01)
        self.assertTrue(call.reset)


if __name__ == "__main__":
    unittest.main()
