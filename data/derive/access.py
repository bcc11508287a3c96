#!/usr/bin/env python3
"""Writes data/access.toml: up and down rates and access latency by country and by class of link.

Usage: ORRERY_DATA=<pack> python3 data/derive/access.py > data/access.toml
"""
import csv
import gzip
import os
import re
import statistics

COUNTRIES = ("US CA MX BR AR CL GB IE FR DE NL BE CH AT ES PT IT SE NO FI DK PL CZ UA RO GR TR RU IL AE SA EG NG KE ZA "
             "IN PK BD CN HK TW JP KR SG MY TH VN ID PH AU NZ").split()

HEAD = """\
# Access links: the rates that one host gets [Mbit/s] and the one-way latency of the access network [ms].
# Written by data/derive/access.py; do not edit.
#
# cloud, datacentre: received throughput between cloud virtual machines in different regions, 64 connections, {pairs}
# measurements of January 2022 (github.com/skyplane-project/skyplane, profiles/throughput.csv, f1628c9): median and 95th
# percentile. One rate for both directions, since what one end receives the other has sent. Access latency 0: the
# round-trip times of regions.toml were measured between data centres.
# broadband, mobile: medians of Speedtest users world-wide, first quarter of 2023 (Ookla, Speedtest Global Index: fixed
# 79.0 / 34.92 Mbit/s, 9 ms; mobile 41.54 / 10.42 Mbit/s, 28 ms).
# fibre, cable, dsl: mean rates at peak time (19-23 h) over 9,104 SamKnows probes in Europe, March 2012 (European
# Commission, Quality of Broadband Services in the EU, SMART 2010/0036): old, but the three were measured alike.
# The report's latencies are not at hand: they have that of `broadband`.
# Two-letter names: mean rates of Speedtest users in April 2020, by country, as used by the Tor network models of
# tmodel-ccs2018.github.io (data/shadow/network/bandwidth, a20f2be7ca37); latency of `broadband`.
#
# latency_ms = (round trip to a test server nearby - {near} ms, the round trip between data centres of one city in
# regions.toml) / 2.
"""


def main():
    pack = os.environ["ORRERY_DATA"]
    with gzip.open(f"{pack}/net/skyplane_throughput.csv.gz", "rt") as f:
        rates = sorted(float(r["throughput_received"]) / 1e6 for r in csv.DictReader(f) if r["throughput_received"])
    with open(f"{pack}/net/speedtest_country_2018_2020.csv", newline="") as f:
        speed = {r["country"]: r for r in csv.DictReader(f) if r["snapshot"] == "2020.04"}
    facts = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "regions.toml")
    with open(facts) as f:
        near = float(re.search(r"median of all such pairs, ([0-9.]+) ms", f.read()).group(1))

    cloud, datacentre = statistics.median(rates), rates[int(0.95 * len(rates))]
    rows = [("datacentre", datacentre, datacentre, near), ("cloud", cloud, cloud, near), ("fibre", 19.8, 41.02, 9),
            ("cable", 3.68, 33.1, 9), ("dsl", 0.69, 7.2, 9), ("broadband", 34.92, 79.0, 9), ("mobile", 10.42, 41.54, 28)]
    rows += [(c, float(speed[c]["up_mbps"]), float(speed[c]["down_mbps"]), 9) for c in COUNTRIES]
    print(HEAD.format(pairs=len(rates), near=near))
    print("access = [")
    for name, up, down, rtt in rows:
        print(f'  {{ name = "{name}", up_mbit = {up:.2f}, down_mbit = {down:.2f}, latency_ms = {(rtt - near) / 2:.2f} }},')
    print("]")


main()
