#!/usr/bin/env python3
"""Draws the panels of dashboard.json from a Prometheus, as one SVG: draw.py http://127.0.0.1:9090 SECONDS OUT.svg

For documents, where no Grafana is at hand. Needs Python 3 and nothing else. The last SECONDS are drawn.
"""

import json
import sys
import time
import urllib.parse
import urllib.request
from html import escape
from pathlib import Path

WIDTH, HEIGHT, COLUMNS = 330, 150, 3
COLOURS = ["#2f6fb5", "#d9822b", "#3f9142", "#b03060", "#7757b5"]


def query(base, expression, start, end):
    words = {"query": expression, "start": start, "end": end, "step": max(1, (end - start) / 150)}
    with urllib.request.urlopen(f"{base}/api/v1/query_range?{urllib.parse.urlencode(words)}", timeout=30) as answer:
        return json.load(answer)["data"]["result"]


def series(base, panel, start, end):
    """Name and points of each line of a panel."""
    lines = []
    for target in panel["targets"]:
        expression = target["expr"].replace("$__rate_interval", "15s").replace("$namespace", ".*")
        for found in query(base, expression, start, end):
            name = target["legendFormat"]
            for label, value in found["metric"].items():
                name = name.replace("{{" + label + "}}", value)
            points = [(t, float(v)) for t, v in found["values"] if v not in ("NaN", "+Inf")]
            if any(v for _, v in points):
                lines.append((name, points))
    return lines


def number(value, unit):
    if unit == "percentunit":
        return f"{100 * value:.0f} %"
    if unit == "s" and value < 1:
        return f"{1000 * value:.3g} ms"
    if unit == "bytes":
        return f"{value / 2**30:.3g} GiB"
    return f"{value:.3g}" + (" s" if unit == "s" else "")


def chart(panel, lines, start, end):
    unit = panel["fieldConfig"]["defaults"]["unit"]
    top = max((v for _, points in lines for _, v in points), default=0) or 1
    left, right, above, below = 8, WIDTH - 12, 34, HEIGHT - 28
    out = [f'<text x="{left}" y="14" class="t">{escape(panel["title"])}</text>']
    out.append(f'<path d="M{left} {below}H{right}M{left} {above}H{right}" class="g"/>')
    out.append(f'<text x="{left}" y="{above - 4}" class="n">{escape(number(top, unit))}</text>')
    legend = left
    for place, (name, points) in enumerate(lines):
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(
            f"{left + (t - start) / (end - start) * (right - left):.1f},{below - v / top * (below - above):.1f}" for t, v in points
        )
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}"/>')
        out.append(f'<text x="{legend}" y="{HEIGHT - 12}" class="n" fill="{colour}">{escape(name)}</text>')
        legend += 8 + 5.4 * len(name)
    if not lines:
        out.append(f'<text x="{left}" y="{below - 8}" class="n">none</text>')
    return "".join(out)


def main():
    base, seconds, file = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    end = time.time()
    start = end - seconds
    panels = json.loads(Path(__file__).with_name("dashboard.json").read_text())["panels"]
    rows = -(-len(panels) // COLUMNS)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{COLUMNS * WIDTH}" height="{rows * HEIGHT}" font-family="sans-serif">',
        "<style>.t{font-size:12px;font-weight:bold}.n{font-size:10px}.g{stroke:#ccc}</style>",
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, panel in enumerate(panels):
        x, y = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        out.append(f'<g transform="translate({x} {y})">{chart(panel, series(base, panel, start, end), start, end)}</g>')
    out.append("</svg>")
    file.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
