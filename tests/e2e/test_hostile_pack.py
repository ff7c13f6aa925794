"""The hostile pack: every bad module on one gateway, none of which may harm a neighbour (docs/hostile-modules.md has the whole table)."""

import re
import threading
import time
import unittest

import strangers
from client import Connection, fetch
from gateway import ROOT, Gateway, ingress, service, wasm_plugin
from hostile import Guest
from hostile_modules import files as pack_files
from hostile_modules import modules
from upstream import Upstream


class TheTable(unittest.TestCase):
    def test_names_only_tests_that_exist_and_every_row(self):
        table = (ROOT / "docs/hostile-modules.md").read_text()
        sources = [p.read_text() for p in [*(ROOT / "src").rglob("*_test.cc"), *(ROOT / "tests").rglob("*_test.cc"), *(ROOT / "tests/e2e").glob("*.py")]]
        everything = "\n".join(sources)
        for suite, name in re.findall(r"`(\w+)\.(\w+)`", table):
            found = re.search(rf"TEST(?:_[FP])?\({suite}, {name}\)", everything) or f"def {name}(" in everything
            self.assertTrue(found, f"{suite}.{name}")
        rows = {row for row, *_ in modules()} | {"m44"}  # in Go: not everywhere
        self.assertEqual(set(re.findall(r"`(m\d+[a-e]?)`", table)), rows)
        numbers = set()
        for first, last in re.findall(r"^\| M(\d+)(?:–M(\d+))? \|", table, re.M):
            numbers.update(range(int(first), int(last or first) + 1))
        self.assertEqual(numbers, set(range(1, 46)))


class HostilePack(unittest.TestCase):
    def test_every_bad_module_on_one_gateway_harms_nobody(self):
        pack = modules()
        with Upstream() as upstream:
            files = {"good.yaml": ingress("good", "web"), "keep.yaml": ingress("keep", "web", path="/keep"),
                     "service.yaml": service("web", [upstream.endpoint()]), **pack_files(pack, "web"),
                     "keeper.yaml": wasm_plugin("keeper", strangers.cpp() / "keeper.wasm", match_rules=[{"ingress": ["default/keep"], "config": {}}])}
            with Gateway(files, workers=1, ready=120) as gateway:
                self.assertEqual(fetch(gateway.port, path="/keep/put").body, b"kept")
                before = fetch(gateway.port, path="/keep/get")
                self.assertGreater(len(before.body), 80_000)
                self.strike(gateway, pack)
                after = fetch(gateway.port, path="/keep/get")
                self.assertEqual((after.status, len(after.body)), (200, len(before.body)), gateway.log()[-3000:])
                self.assertTrue(after.body == before.body, "bytes of a neighbour's shared data or queue changed")
                self.assertEqual((before.get("x-counter"), after.get("x-counter")), ("1000", "1000"))
                self.assertGreater(int(after.get("x-ticks")), int(before.get("x-ticks")), "its timer runs on")
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
            status = fetch(gateway.port, path=f"/{row}", method="POST", body=body, headers=[("x-garbage", "30")]).status
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
            stored = "(i32.load (i32.const 64)) (i32.load (i32.const 68))"
            g.on("proxy_on_configure", g.call("proxy_set_shared_data", "key", value, 0) + g.call("proxy_define_metric", 0, "same", 64))
            g.on("proxy_on_request_headers", g.call("proxy_get_shared_data", "key", 64, 68, 72) +
                 g.call("proxy_add_header_map_value", 0, f"x-{name}", stored))
            files_of[name] = g.build()
        with Upstream() as upstream:
            files = {"service.yaml": service("web", [upstream.endpoint()]), "route.yaml": ingress("all", "web")}
            for name, module in files_of.items():
                files[f"{name}.yaml"] = wasm_plugin(name, module, default_config={})
            with Gateway(files) as gateway:
                for _ in range(3):
                    self.assertEqual(fetch(gateway.port).status, 200)
                metrics = fetch(gateway.admin_port, path="/stats/prometheus").body.decode()
                lines = sorted(line for line in metrics.splitlines() if line.startswith("same"))
                self.assertEqual(lines, ['same{plugin="higress-system/a"} 0', 'same{plugin="higress-system/b"} 0'])
                self.assertEqual([(r.get("x-a"), r.get("x-b")) for r in upstream.take()], [("from-a", "from-b")] * 3)


if __name__ == "__main__":
    unittest.main()
