"""A result as a table for people; the data itself is the JSON file."""

from harness.figures import median


def _number(value, digits=1):
    return "–" if value is None else f"{value:,.{digits}f}"


def _ratio(ratio):
    return "–" if ratio is None else f"{ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})"


def _spread(spread, digits=1):
    return f"{spread['median']:,.{digits}f} ({spread['min']:,.{digits}f}–{spread['max']:,.{digits}f})"


def _rival_columns(result):
    """The servers without plug-ins that others are compared with, and the same plug-ins on Envoy."""
    return [label for label in ("nginx", "nginx, tuned", "envoy") if label in result["servers"]]


def _row(result, label, rivals):
    server = result["servers"][label]
    rounds = server["rounds"]
    summary = server["summary"]
    cells = [label, _spread(summary["cpu_us"])]
    cells += [_ratio(result["ratios"][label].get(rival)) if rival != label else "1" for rival in rivals]
    cells += [f"{summary['user_share'] * 100:.0f} %", _number(summary["requests_per_second"]["median"], 0),
              _number(summary["p50_us"]["median"], 0), _number(summary["p99_us"]["median"], 0),
              _number(server["syscalls_per_request"], 2), _number(server["instructions_per_request"], 0),
              _number(median(r["resident_mib"] for r in rounds)), _number(median(r["private_mib"] for r in rounds)),
              str(sum(r["failed"] for r in rounds))]
    return cells


def table(result):
    """The result's figures as a Markdown table."""
    rivals = _rival_columns(result)
    head = ["server", "CPU µs/request (min–max)", *[f"÷ {rival} (95 %)" for rival in rivals], "user", "requests/s", "p50 µs",
            "p99 µs", "syscalls/request", "instructions/request", "RSS MiB", "private MiB", "failed"]
    rows = [head] + [_row(result, label, rivals) for label in result["servers"]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def notes(result):
    """What a reader must know beside the table: one sentence per line."""
    method, lines = result["method"], []
    loads = [r["other_load"] for server in result["servers"].values() for r in server["rounds"]]
    lines.append(f"{method['rounds']} rounds of {method['seconds']} s after {method['warm_up_seconds']} s of warm-up, shuffled, "
                 f"{method['connections']} connections; ratios are medians of paired rounds with a 95 % bootstrap interval.")
    lines.append(f"Other processes used {median(loads) * 100:.0f} % of a core (median; at most {max(loads) * 100:.0f} %)"
                 + (": not a quiet machine, trust instructions and syscalls first." if median(loads) > 0.12 else "."))
    for pair in result["twins"]:
        ratio = result["ratios"][pair["twin"]][pair["of"]]
        wide = ratio["high"] - ratio["low"] > 0.2 or ratio["low"] < 0.9 or ratio["high"] > 1.1
        lines.append(f"A/A: a second {pair['of']} against the first: {_ratio(ratio)}"
                     + ("; wider than ±10 %, so this run does not count." if wide else "."))
    for pair in result["same_plugins"]:
        lines.append(f"{pair['ours']} ÷ {pair['theirs']}: {_ratio(result['ratios'][pair['ours']][pair['theirs']])}.")
    for added in result["added_cost"]:
        lines.append(f"Added by the plug-ins, {added['server']}: {_number(added['cpu_us'], 2)} µs"
                     + (f", {added['instructions']:,.0f} instructions" if added["instructions"] is not None else "")
                     + " per request.")
    for kind, line in result.get("slopes", {}).items():
        lines.append(f"One more plug-in on {kind}: {line['cpu_us']:.2f} µs of CPU"
                     + (f", {line['instructions']:,.0f} instructions" if line["instructions"] is not None else "") + ".")
    for label, server in result["servers"].items():
        if server["syscalls"]:
            lines.append(f"System calls of {label}: " + ", ".join(f"{n} {name}" for name, n in server["syscalls"].items()) + ".")
    lines += [f"{label}: {why}." for label, server in result["servers"].items() for why in server["missing"]]
    lines += result["absent"]
    return lines


def as_markdown(result):
    facts = result["machine"]
    lines = [f"## {result['scenario']}: {result['about']}", "",
             f"{result['date']}, commit {result['commit']['id']}{' with changes' if result['commit']['changed'] else ''}; "
             f"{facts['cpu']}, {facts['cores']} cores, {facts['system']}, Linux {facts['kernel']}; {facts['network']}, "
             f"{facts['congestion_control']}.", "", table(result), ""]
    return "\n".join(lines + [f"- {note}" for note in notes(result)]) + "\n"
