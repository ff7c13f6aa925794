#!/usr/bin/env python3
"""Tests of the runner's reading, counting and drawing, and of the paced load against a small server."""

import hashlib
import pathlib
import socket
import sys
import tempfile
import threading
import time
import unittest
import xml.dom.minidom

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/e2e"))
import envoy_config
import profile_server
import run
from harness import counters, figures, load, probe, report, scenarios, svg
from harness.change_rows import Changing
from harness.distribution_rows import store_files
from harness.paced import PacedLoad
from harness.servers import PluginUse

WRK = """Running 2s test @ http://127.0.0.1:24768/1k
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.67ms    3.20ms  31.99ms   75.55%
    Req/Sec     9.73k     1.02k   11.25k    60.00%
  Latency Distribution
     50%  950.00us
     75%    8.26ms
     90%   10.81ms
     99%    1.02s
  19516 requests in 2.01s, 23.44MB read
"""
WRK_ERRORS = """  Socket errors: connect 1, read 20, write 300, timeout 4000
  Non-2xx or 3xx responses: 7
"""
H2LOAD = """finished in 1.03s, 484.13 req/s, 583.39KB/s
requests: 500 total, 500 started, 500 done, {good} succeeded, {bad} failed, 0 errored, 0 timeout
status codes: {good} 2xx, 0 3xx, 0 4xx, {bad} 5xx
"""
STRACE = """% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 52.11    0.052000          26      2000           writev
 40.00    0.040000          20      1990        12 recvfrom
  0.10    0.000100          20         5           epoll_wait
------ ----------- ----------- --------- --------- ----------------
100.00    0.099000          24      3995        12 total
"""


class ReadingReports(unittest.TestCase):
    def test_wrk_gives_requests_seconds_and_latencies_in_microseconds(self):
        got = load.parse_wrk(WRK)
        self.assertEqual((got.requests, got.seconds, got.failed), (19516, 2.01, 0))
        self.assertEqual(got.latency_us[50], 950.0)
        self.assertEqual(got.latency_us[75], 8260.0)
        self.assertEqual(got.latency_us[99], 1_020_000.0)

    def test_wrk_counts_every_kind_of_failure(self):
        self.assertEqual(load.parse_wrk(WRK + WRK_ERRORS).failed, 4328)

    def test_wrk_refuses_other_text(self):
        with self.assertRaises(ValueError):
            load.parse_wrk("unable to connect to 127.0.0.1:1 Connection refused\n")

    def test_h2load_tells_good_from_bad(self):
        self.assertEqual(load.parse_h2load(H2LOAD.format(good=500, bad=0)), (500, 0))
        self.assertEqual(load.parse_h2load(H2LOAD.format(good=490, bad=10)), (490, 10))
        with self.assertRaises(ValueError):
            load.parse_h2load("")

    def test_strace_gives_calls_per_request_and_leaves_out_rare_ones(self):
        self.assertEqual(counters.parse_strace(STRACE, 1000), {"writev": 2.0, "recvfrom": 1.99})

    def test_callgrind_sums_all_reports(self):
        self.assertEqual(counters.parse_collected("==12== Collected : 100\n==13== Collected : 23\n"), 123)
        with self.assertRaises(ValueError):
            counters.parse_collected("==12== nothing\n")


ANNOTATED = """Ir
4,000,000 (100.0%)  PROGRAM TOTALS

2,000,000 (50.00%)  /x/src/http/http1/head_reader.cc:wasmgate::http1::HeadReader::read() [/x/wasmgate]
1,500,000 (37.50%)  ???:0x0000000004a2b000 [???]
  500,000 (12.50%)  ./malloc/malloc.c:malloc [/usr/lib/libc.so.6]
"""


class Profile(unittest.TestCase):
    def test_annotated_lines_become_instructions_per_request_and_part(self):
        functions, parts = profile_server.parse_annotated(ANNOTATED, 1000)
        self.assertEqual([count for count, _ in functions], [2000.0, 1500.0, 500.0])
        self.assertEqual(dict(parts), {"http": 2000.0, "no program (compiled modules)": 1500.0, "libc": 500.0})


class Figures(unittest.TestCase):
    def test_interval_holds_the_median_and_repeats(self):
        values = [1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 3.0]
        low, high = figures.interval(values)
        self.assertLessEqual(low, 1.02)
        self.assertGreaterEqual(high, 1.02)
        self.assertEqual((low, high), figures.interval(values))

    def test_interval_of_equal_values_has_no_width(self):
        self.assertEqual(figures.interval([2.0] * 5), (2.0, 2.0))

    def test_ratios_are_taken_within_rounds(self):
        got = figures.paired_ratio([1.0, 20.0, 3.0], [2.0, 40.0, 6.0])
        self.assertEqual((got["median"], got["min"], got["max"]), (0.5, 0.5, 0.5))
        with self.assertRaises(ValueError):
            figures.paired_ratio([1.0], [1.0, 2.0])

    def test_line_fit_finds_slope_and_start(self):
        slope, start = figures.line_fit([(0, 10.0), (1, 12.0), (4, 18.0)])
        self.assertAlmostEqual(slope, 2.0)
        self.assertAlmostEqual(start, 10.0)
        with self.assertRaises(ValueError):
            figures.line_fit([(1, 1.0), (1, 2.0)])


class Probe(unittest.TestCase):
    def test_seen_header_keeps_the_place_of_each_plugin(self):
        self.assertEqual(probe.seen_header(["v1", "v2"], "20"), "v1,v2" + "," * 30 + ";20")

    def test_a_difference_is_an_error(self):
        with self.assertRaises(probe.EffectMissing):
            probe.expect("thing", "v1", "v2")


class Envoy(unittest.TestCase):
    def filters(self, *plugins):
        made = envoy_config.bootstrap(1, 2, plugins)
        manager = made["static_resources"]["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"]
        return manager["http_filters"]

    def test_plugins_stand_before_the_router_in_order(self):
        names = [f["name"] for f in self.filters(envoy_config.Plugin("/a.wasm", name="a"), envoy_config.Plugin("/b.wasm", name="b"))]
        self.assertEqual(names, ["envoy.filters.http.wasm.a", "envoy.filters.http.wasm.b", "envoy.filters.http.router"])

    def test_configuration_is_text_and_may_be_absent(self):
        config = self.filters(envoy_config.Plugin("/a.wasm", {"x": 1}))[0]["typed_config"]["config"]
        self.assertEqual(config["configuration"]["value"], '{"x": 1}')
        self.assertNotIn("configuration", self.filters(envoy_config.Plugin("/a.wasm"))[0]["typed_config"]["config"])

    def test_stop_iteration_is_a_setting(self):
        for wanted in (True, False):
            config = self.filters(envoy_config.Plugin("/a.wasm", stop_iteration=wanted))[0]["typed_config"]["config"]
            self.assertIs(config["allow_on_headers_stop_iteration"], wanted)


class Drawing(unittest.TestCase):
    def test_ticks_are_round_and_reach_the_top(self):
        for top, last in ((148, 150), (0.7, 0.8), (19, 20), (1, 1.0), (0, 1.0), (6200, 8000)):
            marks = svg.ticks(top)
            self.assertAlmostEqual(marks[-1], last, msg=top)
            self.assertLessEqual(len(marks), 8)

    def test_plots_are_well_formed_and_escape_labels(self):
        for text in (svg.bars("a & b", "µs", [("nginx <1>", 2.0, 1.0, 3.0)]),
                     svg.lines("t", "x", "y", {"envoy": [(0, 1.0), (4, 9.0)], "wasmgate": [(0, 1.0), (4, 2.0)]})):
            self.assertEqual(xml.dom.minidom.parseString(text).documentElement.tagName, "svg")


def a_round(cpu_us, other_load=0.0):
    return {"cpu_us": cpu_us, "user_share": 0.25, "requests": 1000, "requests_per_second": 1000.0, "p50_us": 900.0, "p99_us": 2000.0,
            "failed": 0, "resident_mib": 10.0, "private_mib": 5.0, "other_load_before": 0.0, "other_load": other_load}


def a_server(kind, cpu, plugins=(), instructions=None, point=None):
    rounds = [a_round(c) for c in cpu]
    return {"kind": kind, "point": point, "plugins": [{"name": p} for p in plugins], "summary": run.summary(rounds), "syscalls": None,
            "syscalls_per_request": 5.0, "instructions_per_request": instructions, "missing": [], "rounds": rounds}


class Result(unittest.TestCase):
    def setUp(self):
        self.found = {"nginx": a_server("nginx", [20.0, 22.0], instructions=20_000),
                      "envoy + p": a_server("envoy", [60.0, 66.0], ["p"]),
                      "wasmgate": a_server("wasmgate", [18.0, 19.8], instructions=16_000),
                      "wasmgate + p": a_server("wasmgate", [19.0, 20.8], ["p"], instructions=19_000)}

    def test_added_cost_is_against_the_same_server_without_plugins(self):
        costs = run.added_cost(self.found)
        self.assertEqual([c["server"] for c in costs], ["wasmgate + p"])
        self.assertAlmostEqual(costs[0]["cpu_us"], 1.0)
        self.assertEqual(costs[0]["instructions"], 3000)

    def test_same_plugins_pairs_only_equal_chains(self):
        self.assertEqual(run.same_plugins(self.found), [{"ours": "wasmgate + p", "theirs": "envoy + p"}])

    def test_slopes_use_the_points_of_each_kind(self):
        found = {f"wasmgate {n}": a_server("wasmgate", [10.0 + n], instructions=100.0 * n, point=n) for n in (0, 1, 2)}
        line = run.slopes(found)["wasmgate"]
        self.assertAlmostEqual(line["cpu_us"], 1.0)
        self.assertAlmostEqual(line["instructions"], 100.0)

    def test_table_has_one_row_per_server_and_says_ratios(self):
        ratios = {a: {b: figures.paired_ratio(run.cpu_of(self.found[a]["rounds"]), run.cpu_of(self.found[b]["rounds"]))
                      for b in self.found if b != a} for a in self.found}
        text = report.table({"servers": self.found, "ratios": ratios})
        self.assertEqual(len(text.splitlines()), 2 + len(self.found))
        row = next(line for line in text.splitlines() if line.startswith("| wasmgate  "))
        self.assertIn("0.90 (0.90–0.90)", row)
        self.assertIn("16,000", row)

    def test_labels_say_how_many_plugins(self):
        uses = [PluginUse(f"add-header-{n}", {}, {"value": "v"}) for n in (1, 2)]
        self.assertEqual(scenarios.Entry("envoy", uses).label, "envoy + 2 × add-header")
        self.assertEqual(scenarios.Entry("envoy", uses[:1]).label, "envoy + add-header")


class Options(unittest.TestCase):
    def test_a_long_run_has_a_twin_and_a_short_one_has_not(self):
        self.assertEqual(run.read_options(["--rounds", "25"]).aa, ["nginx"])
        self.assertEqual(run.read_options(["--rounds", "5"]).aa, [])

    def test_an_unknown_server_is_refused(self):
        with self.assertRaises(SystemExit):
            run.read_options(["--servers", "nginx,apache"])


class Answers(threading.Thread):
    """A server on loopback that answers 200 with two bytes, `late` seconds after the request; closes after `last` answers."""

    def __init__(self, late=0.0, last=None):
        super().__init__(daemon=True)
        self.late, self.last = late, last
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with self.listener, self.listener.accept()[0] as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answered = 0
            while self.last is None or answered < self.last:
                if not client.recv(4096):
                    return
                time.sleep(self.late)
                client.sendall(b"HTTP/1.1 200 OK\r\nContent-")
                client.sendall(b"Length: 2\r\n\r\nok")
                answered += 1


class Paced(unittest.TestCase):
    def test_every_request_that_was_due_is_sent_and_answered(self):
        report = PacedLoad(Answers().port, rate=200, seconds=0.5, connections=1).wait()
        self.assertEqual((report.statuses, report.lost, report.failures), ({200: 100}, 0, []))

    def test_latency_counts_from_when_a_request_was_due(self):
        # One connection, 20 ms an answer, 100 requests/s: each waits 10 ms longer than the one before.
        report = PacedLoad(Answers(late=0.02).port, rate=100, seconds=0.2, connections=1).wait()
        self.assertEqual(len(report.samples), 20)
        self.assertGreaterEqual(report.longest(), 0.02 * 20 - 0.19)
        self.assertGreater(report.percentile(0.9), 2 * report.percentile(0.1))

    def test_a_closed_connection_is_a_failure_and_its_requests_are_lost(self):
        report = PacedLoad(Answers(last=3).port, rate=100, seconds=0.1, connections=1).wait()
        self.assertEqual((report.statuses, report.lost, len(report.failures)), ({200: 3}, 7, 1))

    def test_bodies_are_kept_with_the_times_of_their_requests(self):
        begin = time.monotonic()
        report = PacedLoad(Answers(late=0.01).port, rate=50, seconds=0.1, connections=1, bodies=True).wait()
        self.assertEqual([text for _, _, text in report.bodies], ["ok"] * 5)
        self.assertTrue(all(begin < sent < sent + 0.01 <= received < time.monotonic() for sent, received, _ in report.bodies), report.bodies)

    def test_it_ends_early_when_it_is_told_to(self):
        load = PacedLoad(Answers().port, rate=100, seconds=60, connections=1)
        time.sleep(0.5)
        report = load.stop()
        self.assertEqual((report.lost, report.failures), (0, []))
        self.assertLess(len(report.samples), 1000)


class Judging(unittest.TestCase):
    """Of answers beside changes: 0 (A) was written at second 0, 1 (B) at 10, and served from 11 on."""

    def judge(self, sent, received, text):
        site = Changing.__new__(Changing)
        site.written, site.served = {0: 0.0, 1: 10.0}, {0: 0.0, 1: 11.0}
        return site.judge([(sent, received, text)])

    def test_old_before_and_new_after_are_right_and_both_in_between(self):
        for sent, received, text in ((5, 6, 'A A {"n":"A000000"}'), (10.1, 10.2, 'A A {"n":"A000000"}'), (10.1, 10.2, 'B B {"n":"B000001"}'),
                                     (10.9, 12, 'A A {"n":"A000000"}'), (12, 13, 'B B {"n":"B000001"}')):
            self.assertEqual(self.judge(sent, received, text), (0, 0, 0), text)

    def test_mixed_early_late_and_other_answers_are_seen(self):
        for text in ('B A {"n":"A000000"}', 'A B {"n":"A000000"}', 'A A {"n":"B000000"}'):
            self.assertEqual(self.judge(5, 6, text), (1, 0, 0), text)
        self.assertEqual(self.judge(5, 6, 'B B {"n":"B000001"}'), (0, 1, 0))
        self.assertEqual(self.judge(12, 13, 'A A {"n":"A000000"}'), (0, 1, 0))
        self.assertEqual(self.judge(5, 6, "A  "), (0, 0, 1))


class Stores(unittest.TestCase):
    def test_a_file_that_does_not_hash_to_its_name_is_seen(self):
        with tempfile.TemporaryDirectory() as state:
            blobs = pathlib.Path(state) / "artifacts/blobs"
            blobs.mkdir(parents=True)
            (blobs / hashlib.sha256(b"whole").hexdigest()).write_bytes(b"whole")
            (blobs / hashlib.sha256(b"torn").hexdigest()).write_bytes(b"tor")
            (blobs / ".part-1").write_bytes(b"t")
            self.assertEqual([len(files) for files in store_files(state)], [1, 1, 1])


if __name__ == "__main__":
    unittest.main()
