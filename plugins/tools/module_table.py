#!/usr/bin/env python3
"""Measures all plug-ins of both SDKs and writes a table of module sizes and build times as Markdown.

    module_table.py [--output FILE] [--sdk cpp|rust]

Each plug-in is built twice by its makefile: once as it is, so that the SDK and its libraries are there, then again after its main
source was touched. The second time is the work of an edit; it is told as processor time, which other load on the machine changes little.
Nothing is left changed.
"""

import argparse
import gzip
import json
import os
import pathlib
import resource
import subprocess
import sys

PLUGINS = pathlib.Path(__file__).resolve().parents[1]
SDKS = {"cpp": ("C++", "wasm-cpp", "plugin.cc", "module"), "rust": ("Rust", "wasm-rust", "src/lib.rs", "build")}


def build(sdk, verb, name):
    """Seconds of processor time that one build took."""
    begin = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["make", "-s", "-C", str(sdk), verb, f"PLUGIN_NAME={name}"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{name} does not build:\n{done.stdout}")
    end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime


def abi(module):
    """The ABI's version by the gateway's own word; a dash when no gateway is built."""
    program = os.environ.get("WASMGATE") or PLUGINS.parent / "build/release/apps/wasmgate/wasmgate"
    if not os.access(program, os.X_OK):
        return "–"
    shown = subprocess.run([str(program), "inspect", str(module), "-o", "json"], capture_output=True, text=True)
    return json.loads(shown.stdout)["abi"]


def rows(key):
    language, folder, source, verb = SDKS[key]
    sdk = PLUGINS / folder
    for plugin in sorted(p for p in (sdk / "extensions").iterdir() if (p / source).exists()):
        build(sdk, verb, plugin.name)
        (plugin / source).touch()
        seconds = build(sdk, verb, plugin.name)
        module = (plugin / "plugin.wasm").read_bytes()
        packed = len(gzip.compress(module, 9, mtime=0))
        print(f"{plugin.name}: {len(module)} B, {seconds:.1f} s", file=sys.stderr, flush=True)
        yield f"| {plugin.name} | {language} | {abi(plugin / 'plugin.wasm')} | {len(module):,} | {packed:,} | {seconds:.1f} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=pathlib.Path)
    parser.add_argument("--sdk", choices=sorted(SDKS), action="append")
    options = parser.parse_args()
    lines = ["# Modules: sizes and build times", "",
             "Written by `plugins/tools/module_table.py`; not edited by hand. Bytes as built, and packed by gzip as in an image. Processor time to",
             "build again after an edit of the plug-in, SDK and libraries being built, on two cores of a virtual machine.", "",
             "| plug-in | language | ABI | bytes | packed | processor s |", "|---|---|---|---:|---:|---:|"]
    for key in options.sdk or sorted(SDKS):
        lines += rows(key)
    text = "\n".join(lines) + "\n"
    if options.output:
        options.output.write_text(text)
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
