#!/usr/bin/env python3
"""Runs command lines of the real binary and compares exit code, standard output and standard error with the recorded text.

A folder of cases/ is one case: `cmd` holds the arguments as a shell would split them, `stdin` (optional) the standard input, `mask`
(optional) regular expressions, one a line, whose matches are hidden; other files are the command's inputs. The command runs in the
folder. `expected` is the result.   run.py WASMGATE [--update] [CASE...]
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys

CASES = pathlib.Path(__file__).resolve().parent / "cases"


def run(binary, folder):
    words = shlex.split((folder / "cmd").read_text())
    stdin = folder / "stdin"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WASMGATE") and k != "NO_COLOR"}
    environment["TERM"] = "dumb"
    result = subprocess.run([binary, *words], cwd=folder, env=environment, timeout=60, capture_output=True,
                            input=stdin.read_bytes() if stdin.exists() else b"")
    text = f"exit {result.returncode}\n--- stdout\n{result.stdout.decode()}--- stderr\n{result.stderr.decode()}"
    mask = folder / "mask"
    for pattern in mask.read_text().splitlines() if mask.exists() else []:
        text = re.sub(pattern, "(masked)", text)
    return text


def main():
    words = [w for w in sys.argv[1:] if w != "--update"]
    if not words:
        sys.exit(__doc__)
    binary = os.path.abspath(words[0])
    folders = sorted(f for f in CASES.iterdir() if not words[1:] or f.name in words[1:])
    failed = 0
    for folder in folders:
        got = run(binary, folder)
        expected = folder / "expected"
        known = expected.read_text() if expected.exists() else ""
        if got == known:
            continue
        if "--update" in sys.argv:
            expected.write_text(got)
            print("updated", folder.name)
            continue
        failed += 1
        print("FAILED", folder.name)
        sys.stdout.writelines(difflib.unified_diff(known.splitlines(True), got.splitlines(True), "expected", "got"))
    print(f"{len(folders) - failed} of {len(folders)} cases passed")
    sys.exit(1 if failed or not folders else 0)


if __name__ == "__main__":
    main()
