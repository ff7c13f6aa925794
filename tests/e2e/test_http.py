"""HTTP/1.1 through the real gateway without plug-ins: framing, connections, errors to statuses, limits."""

import json
import signal
import socket
import threading
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from upstream import Upstream


def files_for(upstream, extra=""):
    files = {"route.yaml": ingress("web", "web"), "service.yaml": service("web", [upstream.endpoint()])}
    if extra:
        files["gateway.yaml"] = extra
    return files


def settings(text):
    return f"apiVersion: wasmgate.io/v1alpha1\nkind: GatewayConfig\nmetadata: {{name: gateway}}\nspec:\n{text}"


class Http(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(lambda r: (200, [("x-seen", r.method)], r.body or b"hello"))
        cls.gateway = Gateway(files_for(cls.upstream), workers=2)

    @classmethod
    def tearDownClass(cls):
        code = cls.gateway.stop()
        cls.upstream.stop()
        assert code == 0, code

    def setUp(self):
        self.upstream.take()

    def test_keeps_both_connections_alive(self):
        before = self.upstream.connections
        with Connection(self.gateway.port) as connection:
            for _ in range(50):
                self.assertEqual(connection.request().body, b"hello")
        self.assertLessEqual(self.upstream.connections - before, 1)

    def test_forwards_bodies_of_both_framings(self):
        body = bytes(range(256)) * 4096
        with Connection(self.gateway.port) as connection:
            self.assertEqual(connection.request("POST", body=body).body, body)
            pieces = [body[:1], body[1:70000], body[70000:]]
            self.assertEqual(connection.request("POST", chunks=pieces).body, body)
        self.assertEqual(self.upstream.problems, [])

    def test_answers_pipelined_requests_in_order(self):
        with Connection(self.gateway.port) as connection:
            connection.send(b"".join(b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n%d" % (i, i) for i in range(5)))
            self.assertEqual([connection.read_answer("POST").body for _ in range(5)], [b"0", b"1", b"2", b"3", b"4"])

    def test_head_has_no_body(self):
        with Connection(self.gateway.port) as connection:
            self.assertEqual(connection.request("HEAD").body, b"")
            self.assertEqual(connection.request("GET").body, b"hello")

    def test_answers_100_continue_itself(self):
        with Connection(self.gateway.port) as connection:
            connection.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            self.assertEqual(connection._line(), b"HTTP/1.1 100 Continue")
            connection._line()
            connection.send(b"abc")
            self.assertEqual(connection.read_answer("POST").body, b"abc")
        self.assertIsNone(self.upstream.take()[0].get("expect"))

    def test_strips_hop_by_hop_and_sets_forwarded_headers(self):
        fetch(self.gateway.port, headers=[("Connection", "x-hop"), ("X-Hop", "1"), ("Keep-Alive", "5"), ("TE", "gzip"),
                                          ("X-Forwarded-For", "6.6.6.6"), ("Upgrade", "websocket")])
        seen = self.upstream.take()[0]
        for name in ("connection", "x-hop", "keep-alive", "te", "upgrade"):
            self.assertIsNone(seen.get(name), name)
        self.assertEqual(seen.get("x-forwarded-for"), "127.0.0.1")
        self.assertEqual(seen.get("x-forwarded-proto"), "http")
        self.assertRegex(seen.get("x-request-id"), r"^[0-9a-f-]{36}$")

    def test_refuses_smuggling_and_closes(self):
        for raw in (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", b"GET / HTTP/1.1\nHost: a\n\n",
                    b"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n"):
            with Connection(self.gateway.port) as connection:
                connection.send(raw + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(connection.read_answer().status, 400, raw)
                self.assertTrue(connection.closed_by_peer(), raw)
        self.assertEqual(self.upstream.take(), [])

    def test_limits_header_bytes_and_count(self):
        self.assertEqual(fetch(self.gateway.port, headers=[("X-Big", "x" * 33000)]).status, 431)
        self.assertEqual(fetch(self.gateway.port, headers=[(f"X-{i}", "1") for i in range(120)]).status, 431)
        self.assertEqual(fetch(self.gateway.port, headers=[(f"X-{i}", "1") for i in range(90)]).status, 200)

    def test_http10_clients_get_a_closed_connection(self):
        with Connection(self.gateway.port) as connection:
            connection.send(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n")
            self.assertEqual(connection.read_answer().status, 200)
            self.assertTrue(connection.closed_by_peer())

    def test_writes_an_access_log_line(self):
        fetch(self.gateway.port, path="/logged?x=1", headers=[("User-Agent", "tester")])
        end = time.monotonic() + 5
        while "/logged?x=1" not in self.gateway.access_log() and time.monotonic() < end:
            time.sleep(0.05)
        line = [l for l in self.gateway.access_log().splitlines() if "/logged" in l][0]
        self.assertIn('"GET /logged?x=1 HTTP/1.1" 200', line)
        self.assertIn('"tester"', line)

    def test_many_clients_at_once(self):
        problems = []

        def work():
            try:
                with Connection(self.gateway.port) as connection:
                    for i in range(40):
                        body = b"x" * (i * 997 % 30000)
                        if connection.request("POST", body=body).body != (body or b"hello"):
                            problems.append(i)
            except Exception as problem:
                problems.append(repr(problem))

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])


class Errors(unittest.TestCase):
    def test_no_route_is_404(self):
        with Upstream() as upstream:
            files = {"route.yaml": ingress("web", "web", path="/only"), "service.yaml": service("web", [upstream.endpoint()])}
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port, path="/other").status, 404)
                self.assertEqual(fetch(gateway.port, path="/only/x").status, 200)

    def test_no_endpoint_and_refused_connections_are_503(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        files = {"a.yaml": ingress("none", "none", path="/none"), "b.yaml": ingress("dead", "dead", path="/dead"),
                 "c.yaml": service("none", []), "d.yaml": service("dead", [("127.0.0.1", port)])}
        with Gateway(files) as gateway:
            self.assertEqual(fetch(gateway.port, path="/none").status, 503)
            self.assertEqual(fetch(gateway.port, path="/dead").status, 503)
            time.sleep(1.3)
            self.assertIn(" UH ", gateway.access_log())
            self.assertIn(" UF ", gateway.access_log())

    def test_a_slow_upstream_is_504_and_bad_bytes_are_502(self):
        def answer(request):
            if request.target == "/slow":
                time.sleep(1.5)
            return b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab" if request.target == "/bad" else (200, [], b"ok")

        with Upstream(answer) as upstream:
            with Gateway(files_for(upstream, settings("  timeouts:\n    route: 300ms\n"))) as gateway:
                self.assertEqual(fetch(gateway.port, path="/slow").status, 504)
                self.assertEqual(fetch(gateway.port, path="/bad").status, 502)
                self.assertEqual(fetch(gateway.port, path="/").status, 200)

    def test_a_slow_request_head_is_408(self):
        with Upstream() as upstream:
            with Gateway(files_for(upstream, settings("  timeouts:\n    requestHead: 300ms\n"))) as gateway:
                with Connection(gateway.port) as connection:
                    connection.send(b"GET / HTTP/1.1\r\nHost:")
                    self.assertEqual(connection.read_answer().status, 408)
                    self.assertTrue(connection.closed_by_peer())

    def test_sigterm_lets_requests_in_progress_end(self):
        entered = threading.Event()

        def answer(request):
            entered.set()
            time.sleep(0.5)
            return (200, [], b"late")

        with Upstream(answer) as upstream:
            gateway = Gateway(files_for(upstream))
            results = []
            thread = threading.Thread(target=lambda: results.append(fetch(gateway.port).body))
            thread.start()
            self.assertTrue(entered.wait(5))
            gateway.signal(signal.SIGTERM)
            thread.join(5)
            self.assertEqual(results, [b"late"])
            self.assertEqual(gateway.stop(), 0)

    def test_admin_pages(self):
        with Upstream() as upstream, Gateway(files_for(upstream)) as gateway:
            fetch(gateway.port)
            self.assertEqual(fetch(gateway.admin_port, path="/healthz").status, 200)
            self.assertEqual(fetch(gateway.admin_port, path="/readyz").status, 200)
            page = fetch(gateway.admin_port, path="/stats/prometheus")
            self.assertIn(b"wasmgate_downstream_requests_total", page.body)
            self.assertEqual(fetch(gateway.admin_port, "POST", "/healthz", body=b"").status, 405)
            self.assertEqual(fetch(gateway.admin_port, path="/nothing").status, 404)
            self.assertIn(b"default/web", fetch(gateway.admin_port, path="/config_dump").body)

    def test_admin_pages_refuse_other_hosts_and_origins(self):
        with Upstream() as upstream, Gateway(files_for(upstream)) as gateway:
            self.assertEqual(fetch(gateway.admin_port, path="/healthz", host="evil.example").status, 403)
            self.assertEqual(fetch(gateway.admin_port, path="/healthz",
                                   headers=[("Origin", "http://evil.example")]).status, 403)

    def test_admin_pages_say_why_a_plugin_does_not_run(self):
        with Upstream() as upstream:
            files = {**files_for(upstream), "p.yaml": wasm_plugin("p", "/nonexistent/p.wasm", default_config={})}
            with Gateway(files) as gateway:
                ready = fetch(gateway.admin_port, path="/readyz")
                self.assertEqual(ready.status, 200)
                self.assertIn(b"/nonexistent/p.wasm", ready.body)
                state = json.loads(fetch(gateway.admin_port, path="/plugins").body)["plugins"][0]
                conditions = {c["type"]: c for c in state["conditions"]}
                self.assertEqual(conditions["ResolvedRefs"]["status"], "False")
                self.assertIn("/nonexistent/p.wasm", conditions["ResolvedRefs"]["message"])


if __name__ == "__main__":
    unittest.main()
