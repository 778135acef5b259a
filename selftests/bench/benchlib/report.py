# SPDX-License-Identifier: GPL-2.0-only
"""Rows of the result, as JSON, as a table, and as reStructuredText."""

import json

from .events import EVENTS

COMPARED = ("csr_reads", "csr_writes", "fences", "barriers", "exits", "faults")
NEVER_MORE = ("csr_reads", "csr_writes", "fences")
HEADER = ("event", "stock", "ours", "ratio", "CSR reads", "CSR writes",
          "fences", "exits", "faults", "target", "reached")


def ratio_of(ours, stock):
    return round(ours / stock, 4) if stock else None


def row_of(event, stock, ours, units):
    """One entry of bench.json; None where a module failed the event."""
    row = {"event": event.key, "title": event.title,
           "ours": None, "stock": None, "ratio": None,
           "target": str(event.target) if event.target else None,
           "reached": None, "exceeds_stock": [], "varies": []}
    figures = {}
    for side, sample in (("ours", ours), ("stock", stock)):
        if sample:
            figures[side] = sample.figures(event.units or units[side])
            row[side] = figures[side]["insns"]
    for metric in COMPARED:
        row[metric] = {side: figures[side][metric] for side in figures}
    if len(figures) < 2:
        return row
    row["ratio"] = ratio_of(row["ours"], row["stock"])
    row["exceeds_stock"] = [
        metric for metric in NEVER_MORE
        if figures["ours"][metric] > figures["stock"][metric]]
    if event.target:
        row["reached"] = event.target.met(figures["ours"], figures["stock"])
    return row


def rows_of(stock, ours, failed):
    """@failed: side -> names of events that side could not do."""
    rows = []
    for event in EVENTS:
        pair = [None if event.key in failed[side] else side_samples.typical(
                    event.key)
                for side, side_samples in (("stock", stock), ("ours", ours))]
        if any(pair) or any(event.key in names for names in failed.values()):
            units = {"stock": stock.units.get(event.key),
                     "ours": ours.units.get(event.key)}
            row = row_of(event, *pair, units)
            row["varies"] = [
                side for side, run in (("stock", stock), ("ours", ours))
                if row[side] is not None and not run.steady(event.key)]
            rows.append(row)
    return rows


def number(value):
    if value is None:
        return "failed"
    return f"{value:.0f}" if value == int(value) else f"{value:.2f}"


def pair(row, metric):
    both = row[metric]
    if not both:
        return "-"
    text = (f"{number(both.get('stock'))} / {number(both.get('ours'))}")
    return text + (" !" if metric in row["exceeds_stock"] else "")


def cells_of(row):
    reached = {None: "", True: "yes", False: "NO"}[row["reached"]]
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    stock, ours = (("~" if side in row["varies"] else "") + number(row[side])
                   for side in ("stock", "ours"))
    return (row["title"], stock, ours, ratio,
            pair(row, "csr_reads"), pair(row, "csr_writes"),
            pair(row, "fences"), pair(row, "exits"), pair(row, "faults"),
            row["target"] or "", reached)


def widths(table):
    return [max(len(cells[i]) for cells in table) for i in range(len(HEADER))]


def text(rows):
    table = [HEADER, *map(cells_of, rows)]
    width = widths(table)
    return "\n".join(
        "  ".join(cell.ljust(w) if i in (0, 9) else cell.rjust(w)
                  for i, (cell, w) in enumerate(zip(cells, width))).rstrip()
        for cells in table)


def rst(rows):
    table = [HEADER, *map(cells_of, rows)]
    width = widths(table)
    rule = "  ".join("=" * w for w in width)
    lines = ["  ".join((cell or "\\").ljust(w)
                       for cell, w in zip(cells, width)).rstrip()
             for cells in table]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def write_json(rows, path):
    with open(path, "w", encoding="ascii") as f:
        json.dump(rows, f, indent=1)
        f.write("\n")


RST_BEGIN = ".. bench: begin"
RST_END = ".. bench: end"


def update_rst(rows, path):
    """Replace what stands between the two comments of @path."""
    with open(path, encoding="utf-8") as f:
        before, _, rest = f.read().partition(RST_BEGIN)
        _, _, after = rest.partition(RST_END)
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{RST_BEGIN}\n\n{rst(rows)}\n\n{RST_END}{after}")
