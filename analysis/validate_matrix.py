"""The matrix of cheats and verifiers as text: measured rates beside what was expected of them."""

DETECTORS = ("toploc:published", "toploc", "activation_difr", "activation_difr:uniform", "token_difr", "freivalds", "freivalds:int8",
             "redundancy", "refereed")
CHEATS = ("random_output", "smaller_model", "layer_skip", "int4", "int8", "fp8_kv", "suffix_cheat", "cheap_decode", "wrong_seed",
          "wrong_temperature", "work_inflation")


def unexplained(row):
    return row["came"] == "0" and row["why"] == "-"


def mark(row):
    """What a cell's rate is followed by."""
    if row["expected"] == "measure":
        return "?"
    if row["came"] == "1":
        return " "
    return "X" if unexplained(row) else "!"


def share(row, which):
    low, high = float(row[which + "_low"]), float(row[which + "_high"])
    return f"{100 * float(row[which]):.0f} ({100 * low:.0f}-{100 * high:.0f})"


def table(rows, population):
    """One population's lines; detectors that were not measured on it are left out."""
    cells = {(r["cheat"], r["detector"]): r for r in rows if r["population"] == population and r["expected"] != "-"}
    columns = [d for d in DETECTORS if any((c, d) in cells for c in CHEATS)]
    width = {d: max(len(d), 13) + 2 for d in columns}
    yield f"  {population + ' devices':<18}" + "".join(f"{d:>{width[d]}}" for d in columns)
    honest = {d: next(r for (_, detector), r in cells.items() if detector == d) for d in columns}
    yield f"  {'(honest work)':<18}" + "".join(f"{share(honest[d], 'f') + ' ':>{width[d]}}" for d in columns)
    for cheat in CHEATS:
        text = "".join(f"{share(cells[cheat, d], 'd') + mark(cells[cheat, d]) if (cheat, d) in cells else '':>{width[d]}}"
                       for d in columns)
        yield f"  {cheat:<18}{text}"


def grouped(rows):
    """(detector, cheat): its cells over all populations."""
    found = {}
    for row in rows:
        found.setdefault((row["detector"], row["cheat"]), []).append(row)
    return found


def spread(cells):
    rates = [100 * float(r["d"]) for r in cells]
    low, high = f"{min(rates):.0f}", f"{max(rates):.0f}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def listed(cells, populations):
    """Where: the populations' names, or that it is all of them."""
    where = list(dict.fromkeys(r["population"] for r in cells))
    return "any" if len(where) == len(populations) else ", ".join(where)


def lines(rows):
    """Of `orrery rows bridge`, a dictionary a row: tables, surprises with their reason, and what had no expectation."""
    yield "Cheats and verifiers, whole model: requests rejected, % (95 % Clopper-Pearson). ! other than expected, and why stands"
    yield "below; X other than expected, unexplained; ? nothing was published to expect"
    for population in ("canonical", "mixed", "w8a8"):
        yield from table(rows, population)
    populations = {r["population"] for r in rows}
    surprises = grouped(r for r in rows if r["came"] == "0")
    yield f"Surprises, {len(surprises)} pairs of detector and cheat:"
    for why in dict.fromkeys(cells[0]["why"] for cells in surprises.values()):
        for (detector, cheat), cells in surprises.items():
            if cells[0]["why"] == why:
                yield (f"  {detector} {cheat}: expected {cells[0]['expected']}, rejected {spread(cells)} among "
                       f"{listed(cells, populations)} devices")
        yield "    UNEXPLAINED" if why == "-" else f"    because {why}"
    yield "Findings, where nothing was expected:"
    for (detector, cheat), cells in grouped(r for r in rows if r["expected"] == "measure").items():
        yield f"  {detector} {cheat}: rejected {spread(cells)} among {listed(cells, populations)} devices"
