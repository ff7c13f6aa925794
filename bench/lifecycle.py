#!/usr/bin/env python3
"""Life cycle of configurations and plug-ins at scale: changes under load, bad updates, slow updates, kill -9, registries that are down or lie.

    lifecycle.py                                      every row
    lifecycle.py --row files --count 2000             changes of route, configuration and digest through files (R-20)
    lifecycle.py --row digests --count 10000          the same, as fast as SIGHUP allows
    lifecycle.py --row refused --row slow             bad and slow updates (R-22, R-24)
    lifecycle.py --row kills --count 1000 --limit 480 kill -9 at random moments (R-27, O-11)
    lifecycle.py --row outage --row forgeries --row chaos   registries (R-28, R-29, R-30)

One line per row, and bench/results/<date>-lifecycle.json.
"""

import argparse
import datetime
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests/e2e"))
from harness import change_rows, distribution_rows, machine, network  # noqa: E402

ROWS = {"files": change_rows.files, "digests": change_rows.digests, "refused": change_rows.refused, "slow": change_rows.slow,
        "outage": distribution_rows.outage, "forgeries": distribution_rows.forgeries, "chaos": distribution_rows.chaos,
        "kills": distribution_rows.kills}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--row", action="append", choices=list(ROWS))
    parser.add_argument("--count", type=int, help="changes, updates, kills, variants or pulls; each row has its own default")
    parser.add_argument("--seconds", type=int, default=120, help="how long an outage is watched")
    parser.add_argument("--limit", type=int, default=480, help="seconds after which rows of changes and kills end with what they have")
    parser.add_argument("--rate", type=int, default=1000, help="requests/s beside the changes")
    parser.add_argument("--no-result", action="store_true", help="write no file")
    options = parser.parse_args()
    if not distribution_rows.BLOCK.exists():
        sys.exit(f"not built: {distribution_rows.BLOCK}")
    place = network.enter_namespace()
    print(f"lifecycle: {place}")
    met = True
    for name in options.row or ROWS:
        facts = machine.facts(place)
        figures = ROWS[name](options)
        met = met and figures["met"]
        print(f"{name}: {ROWS[name].__doc__}\n  {json.dumps(figures)}", flush=True)
        if not options.no_result:
            out = HERE / "results" / f"{datetime.date.today()}-lifecycle.json"
            kept = json.loads(out.read_text())["rows"] if out.exists() else {}
            # Each row with its own commit and load: they are often taken one at a time.
            row = {**figures, "commit": machine.commit(), "load_average_before": facts["load_average_before"]}
            out.write_text(json.dumps({"machine": facts, "rows": {**kept, name: row}}, indent=1) + "\n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
