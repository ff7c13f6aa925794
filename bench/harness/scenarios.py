"""What is measured: each scenario is a list of servers with their plug-ins, and what must be seen on the wire."""

import pathlib
import subprocess

from harness import probe
from harness.servers import ROOT, PluginUse

BUILD = ROOT / "build/bench/plugins"
CPP = ROOT / "plugins/wasm-cpp"
CHAIN = (0, 1, 2, 4, 8, 16, 32)
BLOCK_RULES = ["swagger.html", "admin.php", "wp-login", "/.git/", "/.env", "phpmyadmin", "/actuator/", "cgi-bin", "etc/passwd",
               "?debug=1"]


class Entry:
    """One server of a scenario. `points`: where it stands on the scenario's curve, if it has one."""

    def __init__(self, kind, plugins=(), label=None, points=None, tuned=False):
        self.kind, self.plugins, self.points, self.tuned = kind, list(plugins), points, tuned
        self.label = label or kind + (", tuned" if tuned else "") + (f" + {plugins_label(self.plugins)}" if plugins else "")

    def check(self, port, path="/1k"):
        """Raises EffectMissing unless the plug-ins' effect is seen."""
        values = [use.config["value"] for use in self.plugins if use.name.startswith("add-header")]
        sixty = "20" if any(use.name == "sixty-headers" for use in self.plugins) else ""
        probe.check_passes(port, probe.seen_header(values, sixty), path)
        if any(use.name.startswith("request-block") for use in self.plugins):
            probe.check_blocked(port, "/swagger.html", 403)
        else:
            status, _, _ = probe.fetch(port, "/swagger.html")
            probe.expect("status of /swagger.html without request-block", status, 200)


def plugins_label(plugins):
    if len(plugins) > 1:
        return f"{len(plugins)} × {plugins[0].name.rsplit('-', 1)[0]}"
    return plugins[0].name.removesuffix("-1")


def run(command):
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")


def rust_module(folder, abi="0_2_1"):
    out = BUILD / abi / f"{pathlib.Path(folder).name}.wasm"
    run([ROOT / "bench/plugins/build", ROOT / folder, abi, out])
    return out


def cpp_module(name, abi="0_2_1"):
    target = f"build/wasm-{abi}/extensions/{name}/plugin.wasm"
    run(["make", "-s", "-C", CPP, target, f"PLUGIN_NAME={name}", f"ABI={abi}"])
    return CPP / target


def same_for_all(module):
    """Both gateways run the very same bytes (ABI 0.2.1, which stock Envoy knows)."""
    return {"wasmgate": module, "envoy": module}


def add_headers(count):
    module = rust_module("bench/plugins/add-header")
    return [PluginUse(f"add-header-{n}", same_for_all(module), {"name": f"x-bench-{n}", "value": f"v{n}"})
            for n in range(1, count + 1)]


def plain():
    return [Entry(kind) for kind in ("nginx", "haproxy", "envoy", "wasmgate")]


def request_block():
    use = PluginUse("request-block", same_for_all(cpp_module("request_block")), {"block_urls": BLOCK_RULES})
    return [Entry("nginx"), Entry("haproxy"), Entry("envoy"), Entry("wasmgate"), Entry("envoy", [use]), Entry("wasmgate", [use])]


def request_block_rust():
    module = rust_module("plugins/wasm-rust/extensions/request-block")
    use = PluginUse("request-block", same_for_all(module), {"block_urls": BLOCK_RULES})
    return [Entry("nginx"), Entry("envoy", [use]), Entry("wasmgate", [use])]


def headers4():
    uses = add_headers(4)
    return [Entry("nginx"), Entry("haproxy"), Entry("envoy"), Entry("wasmgate"), Entry("envoy", uses), Entry("wasmgate", uses)]


def sixty():
    use = PluginUse("sixty-headers", same_for_all(rust_module("bench/plugins/sixty-headers")), None)
    return [Entry("nginx"), Entry("envoy"), Entry("wasmgate"), Entry("envoy", [use]), Entry("wasmgate", [use])]


def chain():
    entries = [Entry("nginx")]
    for kind in ("envoy", "wasmgate"):
        for count in CHAIN:
            entries.append(Entry(kind, add_headers(count), f"{kind} + {count} × add-header", count))
    return entries


def bodies():
    uses = add_headers(1)
    return [Entry("nginx"), Entry("nginx", tuned=True), Entry("haproxy"), Entry("haproxy", tuned=True), Entry("envoy"),
            Entry("wasmgate"), Entry("envoy", uses), Entry("wasmgate", uses)]


class Scenario:
    """`path`: what is asked for."""

    def __init__(self, name, about, entries, seconds=3, path="/1k", connections=64):
        self.name, self.about, self.entries, self.seconds, self.path = name, about, entries, seconds, path
        self.connections = connections


SCENARIOS = {s.name: s for s in (
    Scenario("plain", "1 KB GET, no plug-in", plain),
    Scenario("request-block", "1 KB GET through request_block (C++) with ten URL rules", request_block),
    Scenario("request-block-rust", "1 KB GET through request-block (Rust) with ten URL rules", request_block_rust),
    Scenario("headers4", "1 KB GET through four plug-ins that add one request header each (Rust)", headers4),
    Scenario("sixty", "1 KB GET through a plug-in that sets, reads and removes twenty headers (Rust)", sixty),
    Scenario("chain", "1 KB GET through 0 to 32 plug-ins that add one request header each (Rust)", chain, seconds=2),
    Scenario("body-100k", "100 KB GET, no plug-in and one that adds a request header", bodies, path="/100k"),
    Scenario("body-10m", "10 MB GET, no plug-in and one that adds a request header", bodies, path="/10m", connections=16),
)}
DEFAULT = ("plain", "request-block", "headers4")
