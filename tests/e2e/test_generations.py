"""Two generations of one plug-in beside each other: canaries, automatic roll-back, and one gateway per state folder."""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from client import Connection, fetch
from gateway import Gateway, binary, ingress, service, wasm_plugin
from guests import adding_header, trapping
from registry import wasmgate
from test_faults import ENDLESS_CONNECTIONS
from test_reload import Load
from upstream import Upstream

CANARY = "wasmgate.io/canary-"


class Generations(unittest.TestCase):
    """A gateway of two workers, whose upstream answers with the header that the generation at work has added."""

    def setUp(self):
        upstream = Upstream(lambda r: (200, [], (r.get("x-v") or "none").encode()))
        self.addCleanup(upstream.stop)
        self.main, self.other = adding_header("x-v", "main"), adding_header("x-v", "other")
        self.gateway = Gateway({"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [upstream.endpoint()]),
                                "gateway.yaml": ENDLESS_CONNECTIONS, "plugin.yaml": wasm_plugin("p", self.main, default_config={})}, workers=2)
        self.addCleanup(self.gateway.stop)

    def apply(self, module, annotations=None, **spec):
        """Writes the plug-in and waits until a generation with it serves."""
        before = self.gateway.log().count(" serves on ")
        self.gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={}, annotations=annotations, **spec))
        self.gateway.wait_for_log(" serves on ", count=before + 1)

    def values(self, count, **request):
        """How often each generation answers `count` requests."""
        seen = {}
        with Connection(self.gateway.port) as connection:
            for _ in range(count):
                answer = connection.request(**request)
                key = answer.body.decode() if answer.status == 200 else answer.status
                seen[key] = seen.get(key, 0) + 1
        return seen

    def ask(self, *words):
        return wasmgate(*words, "--admin", f"127.0.0.1:{self.gateway.admin_port}", docker_config=self.gateway.folder).stdout

    def status(self):
        return json.loads(self.ask("get", "plugins", "p", "-o", "json"))["plugins"][0]

    def metric(self, name):
        with Connection(self.gateway.admin_port) as connection:
            text = connection.request(path="/stats/prometheus", host="localhost").body.decode()
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + " ")), None)


class Canaries(Generations):
    def test_a_share_of_the_requests_meets_the_canary(self):
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "20"})
        seen = self.values(2000)
        self.assertEqual(set(seen), {"main", "other"})
        # Six standard deviations of 2,000 draws at 20 %.
        self.assertTrue(290 <= seen["other"] <= 510, seen)
        time.sleep(0.3)  # workers hand their counts on four times a second
        label = 'wasmgate_plugin_streams_total{plugin="higress-system/p"'
        self.assertEqual(self.metric(label + ',canary="true"}'), seen["other"])
        self.assertEqual(self.metric(label + "}"), seen["main"])

    def test_a_header_leads_to_the_canary(self):
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "header": "X-Canary=yes"})
        self.assertEqual(self.values(50), {"main": 50})
        self.assertEqual(self.values(50, headers=[("x-canary", "yes")]), {"other": 50})
        self.assertEqual(self.values(50, headers=[("x-canary", "no")]), {"main": 50})

    def test_the_whole_share_and_none(self):
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "100%"})
        self.assertEqual(self.values(50), {"other": 50})
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "0"})
        self.assertEqual(self.values(50), {"main": 50})
        self.apply(self.main)
        self.assertNotIn("canary", self.status())

    def test_both_generations_are_shown(self):
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "2.5", CANARY + "header": "x-canary"})
        plugin = self.status()
        canary = plugin["canary"]
        self.assertNotEqual(canary["digest"], plugin["digest"])
        self.assertEqual((canary["percent"], canary["header"], canary["serving"], canary["reason"]), (2.5, "x-canary", True, ""))
        row = self.ask("get", "plugins", "-o", "wide").splitlines()[1]
        self.assertIn(f"2.5%,x-canary {canary['digest'][:19]}", row)
        self.assertIn(canary["digest"], self.ask("describe", "plugin", "p"))
        explained = wasmgate("explain", "-f", self.gateway.conf, "http://h/", docker_config=self.gateway.folder).stdout
        self.assertIn(f"canary: file://{self.other} met by 2.5 % of the requests and those with the header x-canary", explained)

    def test_a_canary_that_breaks_ends_alone(self):
        trap = trapping()
        self.apply(self.main, {CANARY + "url": f"file://{trap}", CANARY + "percent": "50"})
        seen = self.values(400)
        self.assertEqual(set(seen), {"main", 503})
        self.assertLessEqual(seen[503], 5, "more than the crash budget")
        self.gateway.wait_for_log("no canary: CanaryEnded")
        self.assertEqual(self.values(200), {"main": 200})
        plugin = self.status()
        self.assertEqual({c["status"] for c in plugin["conditions"]}, {"True"})
        self.assertEqual((plugin["canary"]["serving"], plugin["canary"]["reason"]), (False, "CanaryEnded"))
        self.assertIn("broke 5 times within 60 s (trap)", plugin["canary"]["message"])
        self.assertIn("CanaryEnded", self.ask("get", "plugins"))
        # It stays ended over other changes, and another canary starts afresh.
        self.apply(self.main, {CANARY + "url": f"file://{trap}", CANARY + "percent": "60"}, priority=7)
        self.assertEqual(self.values(100), {"main": 100})
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "100"})
        self.assertEqual(self.values(50), {"other": 50})

    def test_a_canary_that_is_not_there_takes_nothing(self):
        self.apply(self.main, {CANARY + "url": "file:///nowhere/plugin.wasm", CANARY + "percent": "50"})
        self.assertEqual(self.values(50), {"main": 50})
        self.assertEqual(self.status()["canary"]["reason"], "ImagePullFailed")

    def test_rollback_ends_a_canary(self):
        self.apply(self.main, {CANARY + "url": f"file://{self.other}", CANARY + "percent": "100"})
        self.assertEqual(self.values(20), {"other": 20})
        wasmgate("rollback", "--wait", "--state-dir", self.gateway.state, docker_config=self.gateway.folder)
        self.assertEqual(self.values(20), {"main": 20})
        self.assertNotIn("canary", self.status())


class RollBack(Generations):
    ON = {"wasmgate.io/auto-rollback": "true"}

    def test_a_new_generation_that_breaks_makes_room_for_its_predecessor(self):
        """R-23: back within a second, not more failed requests than the crash budget."""
        load = Load(self.gateway.port, clients=8)
        begin = time.monotonic()
        self.gateway.write("plugin.yaml", wasm_plugin("p", trapping(), default_config={}, annotations=self.ON))
        while not load.failures:
            self.assertLess(time.monotonic(), begin + 20, self.gateway.log())
            time.sleep(0.001)
        broken = time.monotonic()
        self.gateway.wait_for_log("RolledBack")
        self.gateway.wait_for_log(" serves on ", count=3)
        back = time.monotonic() - broken
        failures = load.finish()
        print(f"R-23: {len(failures)} failed requests of {load.answers}; back {back * 1000:.0f} ms after the first of them")
        self.assertEqual(set(failures), {"status 503"})
        self.assertLessEqual(len(failures), 5)
        self.assertLess(back, 1.0)
        self.assertEqual(self.values(100), {"main": 100})
        plugin = self.status()
        programmed = next(c for c in plugin["conditions"] if c["type"] == "Programmed")
        self.assertEqual((programmed["status"], programmed["reason"]), ("False", "RolledBack"))
        self.assertRegex(programmed["message"], r"broke [45] times within 60 s \(trap\)")
        self.assertTrue(plugin["servingOlder"])
        # Other changes do not bring it back; a repaired one goes live.
        self.gateway.write("other.yaml", ingress("more", "web", path="/more"))
        self.gateway.wait_for_log(" serves on ", count=4)
        self.assertEqual(self.values(50), {"main": 50})
        self.apply(self.other, self.ON)
        self.assertEqual(self.values(50), {"other": 50})
        self.assertEqual({c["status"] for c in self.status()["conditions"]}, {"True"})

    def test_configuration_alone_is_rolled_back_too(self):
        from guests import guest
        module = guest("breaks-when-long", """
          (global $long (mut i32) (i32.const 0)) (data (i32.const 0) "x-v") (data (i32.const 8) "1")
          (func (export "proxy_on_configure") (param i32 i32) (result i32)
            (global.set $long (i32.gt_u (local.get 1) (i32.const 20))) (i32.const 1))
          (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
            (if (global.get $long) (then unreachable))
            (drop (call $add (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 8) (i32.const 1))) (i32.const 0))""",
                       imports='(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))')
        self.apply(module, self.ON)
        self.gateway.write("plugin.yaml", wasm_plugin("p", module, default_config={"long": "x" * 40}, annotations=self.ON))
        self.gateway.wait_for_log(" serves on ", count=3)
        seen = self.values(100)
        self.assertLessEqual(seen.pop(503, 0), 5)
        self.assertEqual(set(seen), {"1"})
        self.gateway.wait_for_log("RolledBack: its new configuration broke 4 times")
        self.assertEqual(self.values(50), {"1": 50})

    def test_without_the_setting_the_failure_policy_holds(self):
        self.apply(trapping())
        self.assertEqual(self.values(30), {503: 30})
        self.assertNotIn("RolledBack", self.gateway.log())

    def test_after_the_window_the_predecessor_is_gone(self):
        self.apply(self.other, {**self.ON, "wasmgate.io/rollback-window": "1s"})
        self.assertIn("predecessor", self.status())
        self.gateway.wait_for_log(" serves on ", count=3)  # without it
        self.assertNotIn("predecessor", self.status())
        self.assertEqual(self.values(50), {"other": 50})

    def test_a_newer_change_within_the_window_is_tried_as_well(self):
        self.apply(self.other, self.ON)
        self.apply(trapping(), self.ON)
        seen = self.values(100)
        self.assertLessEqual(seen.pop(503, 0), 5)
        self.assertEqual(set(seen), {"other"})


class StateFolders(unittest.TestCase):
    def run_second(self, *words):
        return subprocess.run([binary(), "run", *words, "--listen", "127.0.0.1:0", "--admin", "off"], stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=30)

    def test_a_second_gateway_is_refused_and_the_first_named(self):
        with Upstream() as upstream, Gateway({"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [upstream.endpoint()])}) as gateway:
            result = self.run_second("-f", gateway.conf, "--state-dir", gateway.state)
            self.assertEqual(result.returncode, 1)
            self.assertIn(f"is in use by the gateway of process {gateway.process.pid};", result.stderr.decode())
            self.assertEqual(fetch(gateway.port).status, 200)
            shown = wasmgate("apply", "-f", gateway.conf / "web.yaml", "--state-dir", gateway.state, docker_config=gateway.folder).stdout
            self.assertEqual(shown, "ingress/default/web: unchanged\n")

    def test_a_killed_one_leaves_the_folder_free(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-state-") as state, Upstream() as upstream:
            files = {"web.yaml": ingress("web", "web"), "svc.yaml": service("web", [upstream.endpoint()])}
            first = Gateway(files, state_dir=state)
            self.addCleanup(first.stop)
            first.signal(signal.SIGKILL)
            first.process.wait()
            with Gateway(files, state_dir=state) as second:
                self.assertEqual((pathlib.Path(state) / "lock").read_text(), f"{second.process.pid}\n")
                self.assertEqual(fetch(second.port).status, 200)

    def test_the_demo_runs_beside_a_gateway_with_the_default_folder(self):
        with tempfile.TemporaryDirectory(prefix="wasmgate-home-") as home:
            ports = pathlib.Path(home) / "ports.json"
            env = {k: v for k, v in os.environ.items() if k not in ("STATE_DIRECTORY", "WASMGATE_STATE_DIR")} | {"XDG_STATE_HOME": home}
            command = [binary(), "run", "--listen", "127.0.0.1:0", "--admin", "off", "--access-log", "off", "--port-file", ports]
            logs = []
            for _ in range(2):
                ports.unlink(missing_ok=True)
                log = open(pathlib.Path(home) / f"log{len(logs)}", "w+")
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
                self.addCleanup(process.wait)
                self.addCleanup(process.terminate)
                logs.append(log)
                end = time.monotonic() + 30
                while not ports.exists():
                    self.assertLess(time.monotonic(), end, pathlib.Path(log.name).read_text())
                    self.assertIsNone(process.poll(), pathlib.Path(log.name).read_text())
                    time.sleep(0.01)
                self.assertEqual(fetch(int(json.loads(ports.read_text())["listeners"][0].rsplit(":", 1)[1])).status, 200)
            self.assertIn("this one uses a temporary folder", pathlib.Path(logs[1].name).read_text())
            for log in logs:
                log.close()


if __name__ == "__main__":
    unittest.main()
