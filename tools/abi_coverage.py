#!/usr/bin/python3
"""Writes docs/abi-coverage.md from the plug-in ABI's case files; with --check it only tells whether the page is up to date."""

import collections
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/conformance/proxy_wasm"))
import suite  # noqa: E402

PAGE = ROOT / "docs/abi-coverage.md"
HEAD = """# Coverage of the plug-in ABI

Written by `tools/abi_coverage.py` from `tests/conformance/proxy_wasm/cases/`; do not edit. Every single case is a call (or a flow of
callbacks) × phase × argument class × ABI version ({abis}), run on the real host by the program `conformance_proxy_wasm`.
"""


def status_text(entry):
    def text(table):
        if isinstance(table, dict):
            return ", ".join(f"{key} {text(value)}" for key, value in table.items())
        return str(table)
    return text(entry["status"])


def page():
    data = suite.Suite()
    counts = collections.Counter(case["id"].split("/")[0] for case in data.expand())
    out = [HEAD.format(abis=", ".join(v.replace("_", ".") for v in suite.ABIS)), f"**{sum(counts.values())} cases**: "
           f"{len(data.functions)} host functions, {sum('callback' in e for e in data.entries)} callbacks, none without a case.\n"]
    for title, module in (("Host functions", "env"), ("WASI preview1", "wasi_snapshot_preview1")):
        out.append(f"## {title}\n\n| function | status of the plain call | phases | own cases | single cases | file |\n|---|---|---|---|---|---|")
        for entry in data.functions.values():
            if entry.get("module", "env") == module:
                phases = len(suite.expand_phases(entry.get("phases")))
                out.append(f"| `{entry['function']}` | {status_text(entry)} | {phases} | {len(entry.get('cases', ()))} | "
                           f"{counts[entry['function']]} | {entry['file']} |")
        out.append("")
    out.append("## Callbacks\n\n| callback | shown | single cases | file |\n|---|---|---|---|")
    for entry in data.entries:
        if "callback" in entry:
            shown = "; ".join(dict.fromkeys(case["name"] for case in entry["cases"]))
            out.append(f"| `{entry['callback']}` | {shown} | {counts[entry['callback']]} | {entry['file']} |")
    out.append("\nKnown by name and not called: TCP (`proxy_on_new_connection`, `proxy_on_downstream_data`, `proxy_on_upstream_data`, "
               "`proxy_on_*_connection_close`) and `proxy_on_*_metadata`.")
    return "\n".join(out) + "\n"


def main():
    text = page()
    if "--check" in sys.argv[1:]:
        fresh = PAGE.exists() and PAGE.read_text() == text
        print("1 passed, 0 failed" if fresh else f"0 passed, 1 failed: {PAGE} is stale, run tools/abi_coverage.py")
        return 0 if fresh else 1
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
