#!/usr/bin/python3
"""Writes data/lifetimes.toml: published availability fits, and quantiles of two traces of the data pack.

  ORRERY_DATA=... python3 data/derive/lifetimes.py > data/lifetimes.toml
"""
import csv
import gzip
import os

CHURN = os.path.join(os.environ["ORRERY_DATA"], "churn")
HOUR = 3600.0
# Denser at the top: segments between quantiles are straight lines, and the tails carry the mean.
GRID = [0, .01, .02, .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .84, .87, .9, .92, .94, .95,
        .96, .97, .98, .985, .99, .995, .998, 1]

# name, key in the table, what was observed (Javadi, Kondo, Iosup, Epema 2013, Table 1; Failure Trace Archive)
FTA = [("overnet03", "Overnet03", "peers of the Overnet file-sharing network, 2003"),
       ("skype06", "Skype06", "super-peers of Skype, 2005-2006"),
       ("microsoft99", "Microsoft99", "desktops of a company, 1999"),
       ("notredame07", "Nd07cpu", "desktops of the University of Notre Dame offered to Condor (host free), 2007"),
       ("planetlab05", "Pl05", "PlanetLab servers, 2004-2005"),
       ("grid5000", "G5k06", "nodes of Grid'5000, 2005-2006"),
       ("lanl05", "Lanl05", "HPC nodes at Los Alamos, 1996-2005"),
       ("ldns04", "Ldns04", "DNS servers, 2004"),
       ("websites02", "Websites02", "web servers, 2001-2002")]
FAMILIES = [("weibull", "Wbl"), ("gamma", "Gam"), ("lognormal", "LogN"), ("exponential", "Exp")]
FTA_SOURCE = ("fits of Javadi, Kondo, Iosup, Epema, JPDC 73 (2013) 1208 to the Failure Trace Archive, as carried by "
              "atlarge-research/opendc (hours; Weibull and gamma: shape, scale; lognormal: mu of hours, sigma)")


def table(path):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(os.path.join(CHURN, path), "rt") as f:
        return list(csv.DictReader(f))


def kaplan_meier(lengths):
    """lengths: (hours, ended). Points (share ended by, hours), last one at share 1 with the longest observation."""
    lengths = sorted(lengths)
    alive, survival, points = len(lengths), 1.0, []
    i = 0
    while i < len(lengths):
        t, ended, gone = lengths[i][0], 0, 0
        while i < len(lengths) and lengths[i][0] == t:
            ended += lengths[i][1]
            gone += 1
            i += 1
        if ended:
            survival *= 1 - ended / alive
            points.append((1 - survival, t))
        alive -= gone
    points.append((1.0, lengths[-1][0]))
    return points


def quantiles(points):
    """Quantile at each grid probability of a step function; where it never gets there, its last value."""
    result, i = [], 0
    for p in GRID:
        while points[i][0] < p - 1e-12:
            i += 1
        result.append((p, points[i][1]))
    return result


def number(x):
    return f"{x:.4g}"


def print_quantiles(key, points):
    cells = [f"[{p:g}, {number(v)}]" for p, v in quantiles(points)]
    lines = ["  " + ", ".join(cells[i:i + 8]) for i in range(0, len(cells), 8)]
    print(f"{key}.quantiles = [\n" + ",\n".join(lines) + "\n]")


def print_fta():
    rows = {(r["system"], r["family"]): r for r in table("fta_fitted_distributions.csv")}
    for name, key, what in FTA:
        print(f'[[system]]\nname = "{name}"\nwhat = "{what}"\nsource = "{FTA_SOURCE}"')
        for side, prefix in (("online", "avail"), ("absent", "unavail")):
            for family, short in FAMILIES:
                r = rows[key, short]
                values = [r[f"{prefix}_p1"], r[f"{prefix}_p2"]]
                print(f"{side}.{family} = [{', '.join(v for v in values if v)}]")
        print()
    r = rows["SETI_BOINC", "WblAvail_LogNUnavail"]
    print('[[system]]\nname = "seti"\nwhat = "volunteer hosts of SETI@home (BOINC), 2007-2009"')
    print('source = "Javadi, Kondo, Vincent, Anderson, MASCOTS 2009, as carried by arcos-combos/combos (hours); sigma of '
          'absences appears there as 2.844 and 2.444, this is the first"')
    print(f"online.weibull = [{r['avail_p1']}, {r['avail_p2']}]")
    print(f"absent.lognormal = [{r['unavail_p1']}, {r['unavail_p2']}]\n")


def print_tor():
    sessions = {}
    lengths = []
    for r in table("tor2023q1_sessions.csv.gz"):
        start, end = float(r["start_s"]), float(r["end_s"])
        sessions.setdefault(r["node"], []).append((start, end))
        if r["left_censored"] == "0":
            lengths.append(((end - start) / HOUR, r["right_censored"] == "0"))
    gaps = []
    for spans in sessions.values():
        spans.sort()
        gaps += [((b[0] - a[1]) / HOUR, True) for a, b in zip(spans, spans[1:])]
    print('[[system]]\nname = "tor2023"\nwhat = "volunteers\' relays of the Tor network, first quarter of 2023"')
    print('source = "relay lists of SecOps-Institute/Tor-IP-Addresses (MIT), hourly, 2023-01-01 to 2023-03-31; session '
          'lengths: Kaplan-Meier over sessions that began in the window, the longest cut at its 90 days; absences: gaps that '
          'ended in the window; a host is an IPv4 address"')
    print_quantiles("online", kaplan_meier(lengths))
    print_quantiles("absent", kaplan_meier(gaps))
    print()


def print_spot():
    zones = {r["trace"]: float(r["gap_s"]) for r in table("skypilot_spot_meta.csv")
             if r["kind"] == "availability" and r["instance"] == "v100_1" and r["date"] == "02-15-2023"}
    runs = {}
    for r in table("skypilot_spot_rle.csv.gz"):
        if r["trace"] in zones:
            up = int(r["available_instances"]) > 0
            runs.setdefault(r["trace"], []).append((up, int(r["run_ticks"]) * zones[r["trace"]] / HOUR))
    # First and last run of a zone are cut by the window: the first is left out, the last counts as not ended.
    observed = [(up, (h, i < len(zone) - 1)) for zone in runs.values() for i, (up, h) in enumerate(zone) if i > 0]
    print('[[system]]\nname = "spot_v100"\nwhat = "AWS spot instances with one V100, nine zones, February and March 2023"')
    print('source = "skypilot-org/spot-traces (Wu et al., Can\'t Be Late, NSDI 2024), probed every 195 s for 45 days; '
          'Kaplan-Meier over the runs of all zones"')
    print_quantiles("online", kaplan_meier([o for up, o in observed if up]))
    print_quantiles("absent", kaplan_meier([o for up, o in observed if not up]))
    print()


print("""# How long machines stay on line and away, in hours. Written by data/derive/lifetimes.py; do not edit.
#
# The first family of each line is the default; `name:family` picks another. Quantiles are [probability, hours], straight
# lines in between.
""")
print_tor()
print_spot()
print_fta()
