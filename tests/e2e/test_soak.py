"""A short soak: requests through five plug-ins of three languages, each with a call out. Nothing is lost, no memory is kept.
bench/soak.py is the long one."""

import os
import tempfile
import threading
import unittest

import soak_chain
from client import Connection
from gateway import SLOWER, Gateway
from upstream import Upstream

SCALE = int(os.environ.get("WASMGATE_TEST_SCALE", "1"))
REQUESTS = max(3000, 20_000 // SCALE)
CLIENTS = 4
KEPT_KIB = 4 * 1024  # what one half of the requests may leave behind


class Soak(unittest.TestCase):
    def test_nothing_is_lost_and_no_memory_is_kept(self):
        with Upstream() as upstream, Upstream(lambda request: (200, [], b"\x02")) as auth, tempfile.TemporaryDirectory() as folder:
            with Gateway(soak_chain.files(upstream.endpoint(), auth.endpoint(), folder), ready=300) as gateway:
                self.load(gateway, REQUESTS // 3)  # the guests' heaps find their size
                upstream.take()
                auth.take()
                warm = gateway.rss_kib()
                for _ in range(2):
                    self.load(gateway, REQUESTS // 3)
                    self.assertEqual(len(auth.take()), REQUESTS // 3 // CLIENTS * CLIENTS, "each request asked once")
                    numbers = [int(request.get("x-number")) for request in upstream.take()]
                    self.assertEqual(len(numbers), REQUESTS // 3 // CLIENTS * CLIENTS)
                grown = gateway.rss_kib() - warm
                if SLOWER == 1:  # a sanitizer keeps freed memory back
                    self.assertLess(grown, KEPT_KIB, "KiB of memory kept after warm-up")
                self.assertEqual(max(numbers), REQUESTS // 3 // CLIENTS * CLIENTS * 3, "the count in shared data")
                log = gateway.log()
                self.assertNotIn("broke", log)
                self.assertNotIn("refused", log)

    def load(self, gateway, requests):
        wrong = []

        def client():
            with Connection(gateway.port, timeout=30) as connection:
                for _ in range(requests // CLIENTS):
                    answer = connection.request()
                    if (answer.status, answer.body, answer.get("x-configured")) != (200, b"upstream and go", '{"text":"kept"}'):
                        wrong.append((answer.status, answer.body, answer.headers))

        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong[:3], [])


if __name__ == "__main__":
    unittest.main()
