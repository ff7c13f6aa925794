"""Plug-ins' Redis calls against a real redis-server."""

import shutil
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, ingress, service, wasm_plugin
from guests import guest
from redis_server import Redis, command
from upstream import Upstream

CLUSTER = "outbound|80||redis.default.svc.cluster.local"
IMPORTS = """
  (import "env" "proxy_redis_init" (func $init (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_redis_call" (func $call (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes" (func $buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_status" (func $status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_set_effective_context" (func $effective (param i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
"""


def caller(name, parameters="", user="", password="", timeout_ms=500):
    """Sends request header x-query (hexadecimal RESP) to Redis. Replies 200 with the RESP reply, 502 with the reason of a failure,
    600 − status when the call or init was refused: 590 InternalFailure, 598 BadArgument."""
    target = CLUSTER + parameters
    return guest(f"redis-{name}", f"""
      (global $stream (mut i32) (i32.const 0)) (global $bad (mut i32) (i32.const 0)) (global $calls (mut i32) (i32.const 0))
      (data (i32.const 256) "{target}") (data (i32.const 512) "{user}") (data (i32.const 576) "{password}")
      (data (i32.const 640) "x-query") (data (i32.const 656) "x-text")
      (func $digit (param $c i32) (result i32)
        (if (result i32) (i32.ge_u (local.get $c) (i32.const 97))
          (then (i32.sub (local.get $c) (i32.const 87))) (else (i32.sub (local.get $c) (i32.const 48)))))
      (func $answer (param $stream i32) (param $code i32) (param $body i32) (param $size i32)
        (drop (call $effective (local.get $stream)))
        (drop (call $reply (local.get $code) (i32.const 0) (i32.const 0) (local.get $body) (local.get $size)
                           (i32.const 0) (i32.const 0) (i32.const -1))))
      (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
      (func (export "proxy_on_configure") (param i32 i32) (result i32)
        (global.set $bad (call $init (i32.const 256) (i32.const {len(target)}) (i32.const 512) (i32.const {len(user)})
                                     (i32.const 576) (i32.const {len(password)}) (i32.const {timeout_ms})))
        (i32.const 1))
      (func (export "proxy_on_request_headers") (param $c i32) (param i32 i32) (result i32) (local $i i32) (local $n i32) (local $s i32)
        (drop (call $get (i32.const 0) (i32.const 640) (i32.const 7) (i32.const 16) (i32.const 20)))
        (local.set $n (i32.div_u (i32.load (i32.const 20)) (i32.const 2)))
        (loop $next
          (if (i32.lt_u (local.get $i) (local.get $n)) (then
            (i32.store8 (i32.add (i32.const 4096) (local.get $i)) (i32.add
              (i32.mul (i32.const 16) (call $digit (i32.load8_u (i32.add (i32.load (i32.const 16)) (i32.mul (local.get $i) (i32.const 2))))))
              (call $digit (i32.load8_u offset=1 (i32.add (i32.load (i32.const 16)) (i32.mul (local.get $i) (i32.const 2)))))))
            (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $next))))
        (local.set $s (call $call (i32.const 256) (i32.const {len(target)}) (i32.const 4096) (local.get $n) (i32.const 32)))
        (if (i32.or (local.get $s) (global.get $bad)) (then
          (call $answer (local.get $c) (i32.sub (i32.const 600) (i32.or (local.get $s) (global.get $bad))) (i32.const 0) (i32.const 0)))
          (else (i32.store (i32.add (i32.const 16384) (i32.and (i32.load (i32.const 32)) (i32.const 0x3ffc))) (local.get $c))))
        (i32.const 1))
      (func (export "proxy_on_redis_call_response") (param i32) (param $token i32) (param $status i32) (param i32) (local $c i32)
        (local.set $c (i32.load (i32.add (i32.const 16384) (i32.and (local.get $token) (i32.const 0x3ffc)))))
        (if (local.get $status)
          (then (drop (call $status (i32.const 16) (i32.const 20) (i32.const 24)))
                (call $answer (local.get $c) (i32.const 502) (i32.load (i32.const 20)) (i32.load (i32.const 24))))
          (else (drop (call $buffer (i32.const 9) (i32.const 0) (i32.const 1000000) (i32.const 20) (i32.const 24)))
                (call $answer (local.get $c) (i32.const 200) (i32.load (i32.const 20)) (i32.load (i32.const 24))))))""", IMPORTS)


def files_for(web, redis, plugin):
    return {
        "route.yaml": ingress("web", "web"),
        "service.yaml": service("web", [web.endpoint()]),
        "redis.yaml": service("redis", [("127.0.0.1", redis.port)]),
        "plugin.yaml": wasm_plugin("caller", plugin, default_config={}),
    }


def query(*words):
    return [("x-query", command(*words).hex())]


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class RedisCalls(unittest.TestCase):
    def test_queries_bring_replies_as_they_come(self):
        with Redis() as redis, Upstream() as web, Gateway(files_for(web, redis, caller("plain"))) as gateway:
            with Connection(gateway.port) as client:
                for words, reply in [
                        (("SET", "k", b"a\r\nb\0"), b"+OK\r\n"), (("GET", "k"), b"$5\r\na\r\nb\0\r\n"), (("GET", "none"), b"$-1\r\n"),
                        (("INCR", "n"), b":1\r\n"), (("MGET", "k", "n"), b"*2\r\n$5\r\na\r\nb\0\r\n$1\r\n1\r\n"),
                        (("EVAL", "return {1,{2,'x'}}", "0"), b"*2\r\n:1\r\n*2\r\n:2\r\n$1\r\nx\r\n"),
                        (("GETRANGE", "k"), b"-ERR wrong number of arguments for 'getrange' command\r\n")]:
                    answer = client.request(headers=query(*words))
                    self.assertEqual((answer.status, answer.body), (200, reply), words)
                large = b"x" * 12000
                self.assertEqual(redis.ask("SET", "large", large), b"+OK\r\n")
                self.assertEqual(client.request(headers=query("GET", "large")).body, b"$12000\r\n" + large + b"\r\n")
            self.assertIn(b"connected_clients:2", redis.ask("INFO", "clients"), "one of the gateway and this one")

    def test_many_queries_share_one_connection(self):
        with Redis() as redis, Upstream() as web, Gateway(files_for(web, redis, caller("plain"))) as gateway:
            clients = [Connection(gateway.port) for _ in range(40)]
            for i, client in enumerate(clients):
                head = f"GET / HTTP/1.1\r\nHost: a\r\nx-query: {command('ECHO', str(i)).hex()}\r\n\r\n"
                client.send(head.encode())
            for i, client in enumerate(clients):
                self.assertEqual(client.read_answer().body, b"$%d\r\n%d\r\n" % (len(str(i)), i))
                client.close()
            self.assertIn(b"connected_clients:2", redis.ask("INFO", "clients"))

    def test_signs_in_and_selects_a_database(self):
        plugin = caller("auth", "?db=3", user="me", password="secret")
        with Redis(user=("me", "secret")) as redis, Upstream() as web, Gateway(files_for(web, redis, plugin)) as gateway:
            self.assertEqual(fetch(gateway.port, headers=query("SET", "k", "v")).body, b"+OK\r\n")
            self.assertEqual(fetch(gateway.port, headers=query("ACL", "WHOAMI")).body, b"$2\r\nme\r\n")
            self.assertIn(b"db3:keys=1", redis.ask("INFO", "keyspace"))

    def test_a_refused_sign_in_is_a_network_error(self):
        plugin = caller("wrong", user="me", password="wrong")
        with Redis(user=("me", "secret")) as redis, Upstream() as web, Gateway(files_for(web, redis, plugin)) as gateway:
            answer = fetch(gateway.port, headers=query("GET", "k"))
            self.assertEqual((answer.status, answer.body), (502, b"connection refused"))
            self.assertIn("WRONGPASS", gateway.log())

    def test_a_slow_server_is_a_timeout_and_the_next_query_works(self):
        with Redis() as redis, Upstream() as web, Gateway(files_for(web, redis, caller("short", timeout_ms=150))) as gateway:
            self.assertEqual(fetch(gateway.port, headers=query("PING")).body, b"+PONG\r\n")
            answer = fetch(gateway.port, headers=query("DEBUG", "SLEEP", "0.4"))
            self.assertEqual((answer.status, answer.body), (502, b"timeout"))
            time.sleep(0.4)
            self.assertEqual(fetch(gateway.port, headers=query("ECHO", "b")).body, b"$1\r\nb\r\n")

    def test_a_server_that_comes_back_is_used_again(self):
        with Upstream() as web:
            redis = Redis()
            with Gateway(files_for(web, redis, caller("plain"))) as gateway:
                self.assertEqual(fetch(gateway.port, headers=query("PING")).body, b"+PONG\r\n")
                redis.stop()
                answer = fetch(gateway.port, headers=query("PING"))
                self.assertEqual(answer.status, 502)
                self.assertIn(answer.body, (b"connection refused", b"reset"))
                with Redis(port=redis.port):
                    self.assertEqual(fetch(gateway.port, headers=query("PING")).body, b"+PONG\r\n")

    def test_what_a_shared_connection_cannot_carry_is_not_sent(self):
        with Redis() as redis, Upstream() as web, Gateway(files_for(web, redis, caller("plain"))) as gateway:
            for raw in (b"PING\r\n", command("PING") + command("PING"), command("SUBSCRIBE", "x"), command("SELECT", "1"), command("MULTI")):
                self.assertEqual(fetch(gateway.port, headers=[("x-query", raw.hex())]).status, 590, raw)
            self.assertIn(b"connected_clients:1", redis.ask("INFO", "clients"))

    def test_an_unknown_service_is_a_bad_argument(self):
        with Redis() as redis, Upstream() as web:
            files = files_for(web, redis, caller("plain"))
            del files["redis.yaml"]
            with Gateway(files) as gateway:
                self.assertEqual(fetch(gateway.port, headers=query("PING")).status, 598)


if __name__ == "__main__":
    unittest.main()
