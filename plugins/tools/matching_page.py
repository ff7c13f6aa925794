#!/usr/bin/env python3
"""Writes the table of examples in docs/rule-matching.md from plugins/cases/rule-matcher/vectors.json, which both SDKs' tests read.

    matching_page.py            rewrites the part of the page below its marker
    matching_page.py --check    exit 1 when the page is not what would be written
"""

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/rule-matching.md"
VECTORS = ROOT / "plugins/cases/rule-matcher/vectors.json"
MARKER = "<!-- From here on written by plugins/tools/matching_page.py. -->\n"


def code(text):
    return "`" + text.replace("|", "\\|") + "`"


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def configuration(vector):
    texts = [given["raw"] if "raw" in given else compact(given["json"]) for given in vector["configurations"]]
    options = ", ".join(name for name, value in vector.get("options", {}).items() if value)
    out = ", then ".join(code(text) if text else "no bytes" for text in texts)
    return f"{out} with {options}" if options else out


def asked(request):
    names = [("authority", "host"), ("route", "route"), ("cluster", "service"), ("consumer", "consumer")]
    said = [f"{word} {code(request[key])}" if request[key] else f"{word} {'empty' if request[key] == '' else 'none'}"
            for key, word in names if key in request]
    return ", ".join(said) or "nothing known"


def outcome(request):
    if "result" in request:
        return {"in": "let in"}.get(request["result"], str(request["result"]))
    number = request["rule_id"]
    return "none (−1)" if request["config"] is None else f"{'global' if number == 0 else f'rule {number}'}: {code(compact(request['config']))}"


def row(vector):
    if not vector["accepted"]:
        result = "refused"
    elif not vector["requests"]:
        result = "accepted"
    else:
        result = "; ".join(f"{asked(request)} → {outcome(request)}" for request in vector["requests"])
    if vector.get("warning"):
        result += "; with a warning"
    return f"| {vector['id']} | {vector['about'].replace('|', '&#124;')} | {configuration(vector)} | {result} |"


def tables():
    vectors = json.loads(VECTORS.read_text())
    out = []
    for title, key in (("Matcher", "rules"), ("Matcher of the authentication plug-ins", "auth")):
        out += [f"### {title}", "", "| | what | configuration | requests and the configuration they get |", "|---|---|---|---|"]
        out += [row(vector) for vector in vectors[key]] + [""]
    return "\n" + "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = PAGE.read_text()
    wanted = page[:page.index(MARKER) + len(MARKER)] + tables()
    if options.check:
        return 0 if page == wanted else f"{PAGE.relative_to(ROOT)} differs from the vectors: run plugins/tools/matching_page.py"
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
