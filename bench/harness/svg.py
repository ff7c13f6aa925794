"""Plots as SVG text: bars with whiskers for one scenario, lines for a curve. Small on purpose; no library."""

from xml.sax.saxutils import escape

COLOURS = {"nginx": "#2f855a", "haproxy": "#2b6cb0", "envoy": "#b7791f", "wasmgate": "#c53030"}
GREY = "#4a5568"


def _colour(label):
    for kind, colour in COLOURS.items():
        if label.startswith(kind):
            return colour
    return GREY


def _text(x, y, words, anchor="start", size=12, colour=GREY):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(words)}</text>'


def _line(x1, y1, x2, y2, colour="#cbd5e0", width=1.0):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _document(width, height, parts):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'font-family="sans-serif">\n<rect width="{width}" height="{height}" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n")


def ticks(top, wanted=6):
    """Round numbers from 0 to at least `top`, about `wanted` of them."""
    if top <= 0:
        return [0.0, 1.0]
    step = 1.0
    while step * wanted < top:
        step *= 10
    while step * wanted / 10 >= top:
        step /= 10
    for finer in (5, 2):
        if step / finer * wanted >= top:
            step /= finer
            break
    count = 1
    while step * count < top:
        count += 1
    return [step * i for i in range(count + 1)]


def bars(title, unit, rows):
    """`rows`: [(label, median, low, high)], drawn top down."""
    left, right, top, height = 190, 60, 44, 30
    width, bottom = 760, top + height * len(rows)
    marks = ticks(max(high for *_, high in rows))
    scale = (width - left - right) / marks[-1]
    parts = [_text(16, 24, title, size=15)]
    for mark in marks:
        x = left + mark * scale
        parts += [_line(x, top, x, bottom), _text(x, bottom + 18, f"{mark:g}", "middle")]
    for i, (label, middle, low, high) in enumerate(rows):
        y = top + height * i
        parts.append(_text(left - 8, y + 19, label, "end"))
        parts.append(f'<rect x="{left}" y="{y + 6}" width="{middle * scale:.1f}" height="{height - 12}" fill="{_colour(label)}"/>')
        parts.append(_line(left + low * scale, y + height / 2, left + high * scale, y + height / 2, "#1a202c", 1.5))
        parts.append(_text(left + high * scale + 6, y + 19, f"{middle:.1f}"))
    parts.append(_text(left, bottom + 36, unit))
    return _document(width, bottom + 48, parts)


def lines(title, x_label, unit, series):
    """`series`: {label: [(x, y)]}."""
    left, right, top, bottom, width, height = 64, 130, 64, 60, 760, 440
    marks_x = ticks(max(x for points in series.values() for x, _ in points), 8)
    marks_y = ticks(max(y for points in series.values() for _, y in points))

    def place(x, y):
        return (left + x / marks_x[-1] * (width - left - right), height - bottom - y / marks_y[-1] * (height - top - bottom))

    parts = [_text(16, 24, title, size=15)]
    for mark in marks_y:
        _, y = place(0, mark)
        parts += [_line(left, y, width - right, y), _text(left - 8, y + 4, f"{mark:g}", "end")]
    for mark in marks_x:
        x, y = place(mark, 0)
        parts += [_line(x, y, x, y + 5), _text(x, y + 20, f"{mark:g}", "middle")]
    parts.append(_text((left + width - right) / 2, height - 16, x_label, "middle"))
    parts.append(_text(left, top - 8, unit))
    for label, points in series.items():
        placed = [place(x, y) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(label)}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_colour(label)}"/>' for x, y in placed]
        parts.append(_text(placed[-1][0] + 8, placed[-1][1] + 4, label, colour=_colour(label)))
    return _document(width, height, parts)


def of_result(result):
    """The plot of a result: a curve when its servers stand on one, else bars."""
    servers = result["servers"]
    curves = {}
    for label, server in servers.items():
        if server["point"] is not None:
            curves.setdefault(server["kind"], []).append((server["point"], server["summary"]["cpu_us"]["median"]))
    unit = "CPU µs per request (median of rounds)"
    if curves:
        reference = servers.get("nginx")
        if reference is not None:
            last = max(x for points in curves.values() for x, _ in points)
            level = reference["summary"]["cpu_us"]["median"]
            curves["nginx without plug-ins"] = [(0, level), (last, level)]
        return lines(result["about"], "plug-ins", unit, curves)
    rows = [(label, s["summary"]["cpu_us"]["median"], s["summary"]["cpu_us"]["min"], s["summary"]["cpu_us"]["max"])
            for label, s in servers.items()]
    return bars(result["about"], unit + "; line: min to max", rows)
