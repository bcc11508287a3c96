#!/usr/bin/env python3
"""Writes data/regions.toml: round-trip times between city regions, from WonderNetwork's public ping release.

Usage: ORRERY_DATA=<pack> python3 data/derive/regions.py > data/regions.toml

A region is the WonderNetwork servers of one country within 50 km of the named city. The round-trip time of two regions
is the median of `avg` over all pairs of their servers, both directions; within a region it is the median over pairs of
different servers there, or over all such pairs anywhere if the region has one server only.
"""
import collections
import csv
import gzip
import math
import os
import statistics
import sys
import textwrap

REGIONS = [  # (server, name, ISO 3166 country)
    ("Washington", "washington", "US"), ("NewYork", "newyork", "US"), ("Chicago", "chicago", "US"),
    ("Dallas", "dallas", "US"), ("SanFrancisco", "sanfrancisco", "US"), ("Seattle", "seattle", "US"),
    ("Toronto", "toronto", "CA"), ("SaoPaulo", "saopaulo", "BR"), ("Santiago", "santiago", "CL"),
    ("London", "london", "GB"), ("Paris", "paris", "FR"), ("Frankfurt", "frankfurt", "DE"),
    ("Amsterdam", "amsterdam", "NL"), ("Stockholm", "stockholm", "SE"), ("Madrid", "madrid", "ES"),
    ("Warsaw", "warsaw", "PL"), ("Dubai", "dubai", "AE"), ("Lagos", "lagos", "NG"),
    ("Johannesburg", "johannesburg", "ZA"), ("Bangalore", "bangalore", "IN"), ("Singapore", "singapore", "SG"),
    ("Tokyo", "tokyo", "JP"), ("Seoul", "seoul", "KR"), ("Sydney", "sydney", "AU"),
]
RADIUS_KM = 50

HEAD = """\
# City regions, the round-trip times between them [ms] and the share of real peer-to-peer nodes around them.
# Written by data/derive/regions.py; do not edit.
#
# Round-trip times: WonderNetwork's public ping release, averages over 2020-07-19 and 20 between data-centre servers, as
# carried by github.com/GeoDecConsensus/geodec (rundata/ping_grouped.csv, commit b78c478e8754) and, for the servers'
# places, github.com/sm86/geo-latency-data (ad13da0f2aed). Each is the median of `avg` over the pairs of servers within
# 50 km of the two cities, both directions. Within a region: between different servers there ({singles} regions have one
# server; they get the median of all such pairs, {typical} ms). They hold no access link: see data/access.toml.
# share: of the machines of six public peer-to-peer networks (Ethereum by ethernodes.org and by its own crawl, Solana,
# Avalanche, Aptos, Sui: nodes or stake by nearest WonderNetwork server, GeoDec's rundata), those nearest to the region;
# mean over the networks. Coarse: each network's servers are its 40 to 64 most frequent ones.
# Median over all {pairs} pairs of mdev / avg: {ratio:.5f}; the default of network.jitter is sqrt(2) times that, because
# two one-way excesses add up to the round trip's.
#
# rtt_ms of the n-th region: to the regions 1 .. n, itself last.
"""


def distance_km(a, b):
    lat_a, lon_a, lat_b, lon_b = map(math.radians, (*a, *b))
    h = math.sin((lat_a - lat_b) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_a - lon_b) / 2) ** 2
    return 2 * 6371 * math.asin(math.sqrt(h))


def read(pack):
    with open(f"{pack}/net/wondernetwork_2020_servers.csv", newline="") as f:
        servers = {int(r["id"]): r for r in csv.DictReader(f)}
    for s in servers.values():
        s["place"] = (float(s["latitude"]), float(s["longitude"]))
    with gzip.open(f"{pack}/net/wondernetwork_2020_pings_grouped.csv.gz", "rt") as f:
        rows = [(int(r["source"]), int(r["destination"]), float(r["avg"]), float(r["mdev"])) for r in csv.DictReader(f)]
    with open(f"{pack}/net/validator_geo_weights.csv", newline="") as f:
        nodes = [(r["chain"], (float(r["lat"]), float(r["lon"])), int(r["weight_ppm"])) for r in csv.DictReader(f)]
    return servers, rows, nodes


def main():
    servers, rows, nodes = read(os.environ["ORRERY_DATA"])
    rtt = {(a, b): avg for a, b, avg, _ in rows if a != b}
    ratio = statistics.median(mdev / avg for a, b, avg, mdev in rows if a != b)
    by_name = {s["name"]: s for s in servers.values()}

    def members(anchor):
        return [i for i, s in servers.items()
                if s["country"] == anchor["country"] and distance_km(s["place"], anchor["place"]) <= RADIUS_KM]

    def median(from_servers, to_servers):
        pairs = {(a, b) for a in from_servers for b in to_servers} | {(a, b) for a in to_servers for b in from_servers}
        times = [rtt[p] for p in pairs if p in rtt]
        return statistics.median(times) if times else None

    near = [rtt[a, b] for a in servers for b in servers if (a, b) in rtt and servers[a]["country"] == servers[b]["country"]
            and distance_km(servers[a]["place"], servers[b]["place"]) <= RADIUS_KM]
    typical = statistics.median(near)
    anchors = [by_name[server] for server, _, _ in REGIONS]
    groups = [members(a) for a in anchors]
    weight = collections.Counter()
    for chain, place, ppm in nodes:
        nearest = min(range(len(REGIONS)), key=lambda i: distance_km(place, anchors[i]["place"]))
        weight[nearest] += ppm / sum(w for c, _, w in nodes if c == chain) / len({c for c, _, _ in nodes})

    out = [HEAD.format(singles=sum(len(g) == 1 for g in groups), typical=round(typical, 2), pairs=len(rtt), ratio=ratio)]
    for i, (_, name, country) in enumerate(REGIONS):
        times = [median(groups[i], groups[j]) for j in range(i)] + [median(groups[i], groups[i]) or typical]
        if None in times:
            sys.exit(f"no ping between {name} and {REGIONS[times.index(None)][1]}")
        latitude, longitude = anchors[i]["place"]
        out.append(f'[[region]]\nname = "{name}"\ncity = "{anchors[i]["title"].strip()}"\ncountry = "{country}"\n'
                   f'latitude = {latitude}\nlongitude = {longitude}\nshare = {weight[i]:.4f}\n'
                   f'rtt_ms = [{textwrap.fill(", ".join(f"{t:.2f}" for t in times), 108, subsequent_indent=" " * 10)}]\n')
    print("\n".join(out), end="")


main()
