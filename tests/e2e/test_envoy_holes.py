"""What a plug-in can do to another gateway (the process dies, the client hangs for ever, wrong bytes go out), and not to this one."""

import threading
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from hostile import Guest, pairs
from upstream import Upstream

CLUSTER = "outbound|80||web.default.svc.cluster.local"


def routes(upstream, module, annotations=None, **spec):
    """`/bad` with the plug-in, everything else without. The deadlines leave room for a busy machine."""
    annotations = {"wasmgate.io/call-deadline": "2s", "wasmgate.io/request-deadline": "5s", **(annotations or {})}
    return {
        "bad.yaml": ingress("bad", "web", path="/bad"), "good.yaml": ingress("good", "web"),
        "service.yaml": service("web", [upstream.endpoint()]),
        "plugin.yaml": wasm_plugin("bad", module, match_rules=[{"ingress": ["default/bad"], "config": {}}], annotations=annotations, **spec),
    }


class Holes(unittest.TestCase):
    def run_one(self, module, headers=(), method="GET", body=None, answer=None, annotations=None, count=1, **spec):
        """Sends `count` requests to /bad, then one to /good. Returns the answers (None: reset), what the upstream got for /bad, and
        the log. The gateway must live and answer within seconds, and nothing unclean may reach the upstream."""
        with Upstream(answer) as upstream, Gateway(routes(upstream, module, annotations, **spec)) as gateway:
            answers = []
            for _ in range(count):
                begin = time.monotonic()
                try:
                    answers.append(fetch(gateway.port, path="/bad", headers=headers, method=method, body=body))
                except ConnectionError:
                    answers.append(None)
                self.assertLess(time.monotonic() - begin, 5, "nobody hangs")
            seen = upstream.take()
            self.assertEqual(fetch(gateway.port, path="/good").status, 200)
            self.assertIsNone(gateway.process.poll(), "the gateway lives")
            self.assertEqual(upstream.problems, [])
            return answers, seen, gateway.log()

    # ---- the process dies ----

    def test_continuing_a_response_that_has_not_begun_has_no_effect(self):
        g = Guest("continue-early")
        answers, seen, _ = self.run_one(g.on("proxy_on_request_headers", g.call("proxy_continue_stream", 1)).build())
        self.assertEqual((answers[0].status, len(seen)), (200, 1))

    def test_continuing_a_response_from_a_tick_while_the_request_is_paused_has_no_effect(self):
        g = Guest("continue-tick")
        g.on("proxy_on_configure", g.call("proxy_set_tick_period_milliseconds", 20)).on("proxy_on_request_headers", "", 1)
        g.on("proxy_on_tick", g.call("proxy_set_effective_context", 2) + g.call("proxy_continue_stream", 1))
        answers, seen, _ = self.run_one(g.build(), annotations={"wasmgate.io/pause-limit": "200ms"})
        self.assertEqual((answers[0].status, len(seen)), (504, 0))

    def test_a_local_reply_in_on_log_is_ignored_and_logged(self):
        g = Guest("reply-log")
        answers, _, log = self.run_one(g.on("proxy_on_log", g.reply(418, "late")).build(), count=3)
        self.assertEqual([a.status for a in answers], [200] * 3)
        self.assertIn("after the stream's end is ignored", log)

    def test_a_held_response_grown_past_the_limit_is_500(self):
        g = Guest("grow-held")
        grow = "(loop $more " + g.call("proxy_set_buffer_bytes", 1, -1, 0, b"x" * 16000) + """
            (local.set $i (i32.add (local.get $i) (i32.const 1))) (br_if $more (i32.lt_u (local.get $i) (i32.const 100))))"""
        answers, _, _ = self.run_one(g.on("proxy_on_response_body", grow, 1).build())
        self.assertTrue(answers[0] is None or answers[0].status == 500, answers[0])

    # ---- the client hangs for ever ----

    def test_a_trap_in_response_body_or_trailers_is_one_outcome(self):
        chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-t: 1\r\n\r\n"
        for callback in ("proxy_on_response_body", "proxy_on_response_trailers"):
            answers, _, _ = self.run_one(Guest(f"trap-{callback}").on(callback, "unreachable").build(), answer=lambda _: chunked)
            self.assertTrue(answers[0] is None or answers[0].status == 503, callback)

    def test_a_trap_in_the_answer_of_a_call_is_one_outcome_by_policy(self):
        for policy, status in (("FAIL_CLOSE", 503), ("FAIL_OPEN", 200)):
            g = Guest(f"trap-answer-{policy}")
            head = pairs([(":method", "GET"), (":path", "/call"), (":authority", "a")])
            g.on("proxy_on_request_headers", g.call("proxy_http_call", CLUSTER, head, b"", b"", 1000, 64), 1)
            g.on("proxy_on_http_call_response", "unreachable")
            answers, _, _ = self.run_one(g.build(), failStrategy=policy)
            self.assertEqual(answers[0].status, status)

    def test_a_trap_of_one_stream_is_one_outcome_for_a_paused_one_of_the_same_vm(self):
        g = Guest("trap-other")
        g.on("proxy_on_request_headers", f"""
          (if (i32.eqz {g.status("proxy_get_header_map_value", 0, "x-trap", 64, 68)}) (then unreachable))""", 1)
        with Upstream() as upstream, Gateway(routes(upstream, g.build())) as gateway:
            outcome = []

            def paused():
                try:
                    outcome.append(fetch(gateway.port, path="/bad").status)
                except ConnectionError:
                    outcome.append("reset")

            thread = threading.Thread(target=paused)
            thread.start()
            time.sleep(0.2)
            self.assertEqual(fetch(gateway.port, path="/bad", headers=[("x-trap", "1")]).status, 503)
            thread.join(5)
            self.assertEqual(outcome, [503])

    def test_a_pause_without_a_body_ends_at_the_pause_limit(self):
        answers, seen, _ = self.run_one(Guest("pause").on("proxy_on_request_headers", "", 1).build(),
                                        annotations={"wasmgate.io/pause-limit": "200ms"})
        self.assertEqual((answers[0].status, len(seen)), (504, 0))

    def test_a_shortened_body_has_its_true_length(self):
        g = Guest("shorten")
        g.on("proxy_on_request_body", g.call("proxy_set_buffer_bytes", 0, 2, 100, b""))
        g.on("proxy_on_response_body", g.call("proxy_set_buffer_bytes", 1, 3, 100, b""))
        answers, seen, _ = self.run_one(g.build(), method="POST", body=b"0123456789")
        self.assertEqual((answers[0].status, answers[0].body), (200, b"ups"))
        self.assertEqual(seen[0].body, b"01")

    # ---- wrong bytes on the wire ----

    def test_line_ends_and_nul_in_response_fields_change_nothing(self):
        for number, (name, value) in enumerate([("x-a", "1\r\nx-evil: 1"), ("x-a", "1\nx-evil: 1"), ("x-a", "1\0"), ("x\r\nevil", "1"), ("x\0", "1"),
                                                ("", "1"), ("a b", "1"), ("x:", "1")]):
            g = Guest(f"split-{number}")
            g.on("proxy_on_response_headers", g.call("proxy_add_header_map_value", 2, name, value) +
                 g.call("proxy_replace_header_map_value", 2, name, value))
            answers, _, _ = self.run_one(g.build())
            self.assertEqual(sorted(n.lower() for n, _ in answers[0].headers if n.lower().startswith("x")), [], (name, value))
            self.assertEqual((answers[0].status, answers[0].body), (200, b"upstream"))

    def test_line_ends_in_local_replies_become_500(self):
        g = Guest("split-reply")
        answers, _, _ = self.run_one(g.on("proxy_on_request_headers", g.reply(200, "b", pairs([("x-a", "1\r\nx-evil: 1")]))).build())
        self.assertEqual((answers[0].status, answers[0].get("x-evil")), (500, None))

    def test_line_ends_in_trailers_change_nothing(self):
        g = Guest("split-trailers")
        g.on("proxy_on_response_trailers", g.call("proxy_add_header_map_value", 3, "x-a", "1\r\nx-evil: 1"))
        chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-t: 1\r\n\r\n"
        answers, _, _ = self.run_one(g.build(), answer=lambda _: chunked)
        self.assertEqual((answers[0].status, answers[0].body), (200, b"ab"))
        self.assertNotIn("x-evil", [n for n, _ in answers[0].trailers])

    def test_a_request_head_that_http_forbids_is_never_sent(self):
        for number, (name, value) in enumerate([(":path", "/a b"), (":path", ""), (":path", "x"), (":method", "GET /x"), (":method", ""),
                                                (":authority", "a b"), (":authority", "a\r\nb: c")]):
            g = Guest(f"bad-head-{number}")
            g.on("proxy_on_request_headers", g.call("proxy_replace_header_map_value", 0, name, value))
            answers, seen, _ = self.run_one(g.build())
            if answers[0].status == 200:  # refused at the call: the request goes on as it was
                self.assertEqual((seen[0].method, seen[0].target), ("GET", "/bad"), (name, value))
            else:
                self.assertEqual((answers[0].status, seen), (400, []), (name, value))

    def test_an_empty_request_header_name_changes_nothing(self):
        g = Guest("empty-name")
        g.on("proxy_on_request_headers", g.call("proxy_add_header_map_value", 0, "", "1"))
        answers, seen, _ = self.run_one(g.build())
        self.assertEqual((answers[0].status, len(seen)), (200, 1))
        self.assertEqual([n for n, _ in seen[0].headers if n == ""], [])

    def test_continuing_inside_a_headers_callback_sends_everything_once(self):
        g = Guest("continue-twice")
        g.on("proxy_on_request_headers", g.call("proxy_continue_stream", 0) * 2)
        g.on("proxy_on_response_headers", g.call("proxy_continue_stream", 1) * 2)
        answers, seen, _ = self.run_one(g.build(), count=2)
        self.assertEqual(([a.body for a in answers], len(seen)), ([b"upstream"] * 2, 2))

    def test_statuses_that_are_none_are_refused(self):
        for status in ("99", "1000", "70000", "0", "", "abc", "101"):
            g = Guest(f"status-{status}")
            g.on("proxy_on_response_headers", g.call("proxy_replace_header_map_value", 2, ":status", status))
            answers, _, _ = self.run_one(g.build())
            self.assertIn(answers[0].status, (200, 502), status)

    def test_204_and_304_have_no_length_and_no_body(self):
        for status in ("204", "304"):
            g = Guest(f"bodiless-{status}")
            g.on("proxy_on_response_headers", g.call("proxy_replace_header_map_value", 2, ":status", status) +
                 g.call("proxy_replace_header_map_value", 2, "content-length", "8"))
            with Upstream() as upstream, Gateway(routes(upstream, g.build())) as gateway, Connection(gateway.port) as client:
                answer = client.request(path="/bad")
                self.assertEqual(answer.status, int(status))
                if status == "204":
                    self.assertIsNone(answer.get("content-length"))
                again = client.request(path="/good")  # nothing of a body stands before it
                self.assertEqual((again.status, again.body), (200, b"upstream"))

    def test_a_second_host_or_identity_fields_in_trailers_are_refused(self):
        g = Guest("two-hosts")
        g.on("proxy_on_request_headers", g.call("proxy_add_header_map_value", 0, "host", "evil"))
        answers, seen, _ = self.run_one(g.build())
        if answers[0].status == 200:
            self.assertEqual(seen[0].get("host"), "127.0.0.1")
        else:
            self.assertEqual((answers[0].status, seen), (400, []))
        g = Guest("trailer-names")
        g.on("proxy_on_request_trailers", g.call("proxy_add_header_map_value", 1, "host", "evil") +
             g.call("proxy_add_header_map_value", 1, "content-length", "1"))
        with Upstream() as upstream, Gateway(routes(upstream, g.build())) as gateway, Connection(gateway.port) as client:
            client.send(b"POST /bad HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-t: 1\r\n\r\n")
            self.assertIn(client.read_answer().status, (200, 400))
            for request in upstream.take():
                self.assertEqual([n for n, _ in request.trailers if n in ("host", "content-length")], [])
            self.assertEqual(upstream.problems, [])

    # ---- a broken VM stays, policy, start ----

    def test_a_vm_that_trapped_once_is_replaced(self):
        for policy, first in (("FAIL_CLOSE", 503), ("FAIL_OPEN", 200)):
            g = Guest(f"trap-once-{policy}")
            g.on("proxy_on_request_headers", f"""
              (if (i32.eqz {g.status("proxy_get_header_map_value", 0, "x-trap", 64, 68)}) (then unreachable))
              """ + g.call("proxy_add_header_map_value", 0, "x-here", "1"))
            with Upstream() as upstream, Gateway(routes(upstream, g.build(), failStrategy=policy)) as gateway:
                self.assertEqual(fetch(gateway.port, path="/bad", headers=[("x-trap", "1")]).status, first)
                self.assertEqual(fetch(gateway.port, path="/bad").status, 200)
                self.assertEqual(upstream.take()[-1].get("x-here"), "1", "the plug-in works again at once")

    def test_what_fails_while_starting_concerns_its_own_routes(self):
        for policy, status in (("FAIL_CLOSE", 503), ("FAIL_OPEN", 200)):
            for callback, body, result in (("proxy_on_vm_start", "", 0), ("proxy_on_configure", "", 0), ("proxy_on_configure", "unreachable", 0)):
                g = Guest(f"start-{policy}-{callback}-{len(body)}").on(callback, body, result)
                answers, _, _ = self.run_one(g.build(), failStrategy=policy)
                self.assertEqual(answers[0].status, status, (policy, callback))

    def test_malformed_and_oversized_maps_change_nothing(self):
        for number, data in enumerate([b"\1\0\0\0", pairs([("x-a", "1")]) + b"x", struct_lie(), pairs([("x-a", "1")] * 1025)]):
            g = Guest(f"map-{number}")
            answers, seen, _ = self.run_one(g.on("proxy_on_request_headers", g.call("proxy_set_header_map_pairs", 0, data)).build())
            self.assertEqual((answers[0].status, seen[0].target, seen[0].get("x-a")), (200, "/bad", None))


def struct_lie():
    """A count of 2³¹−1 pairs."""
    return b"\xff\xff\xff\x7f"


if __name__ == "__main__":
    unittest.main()
