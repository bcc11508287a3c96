"""A small results file with known content, written as the program writes it."""

import h5py
import numpy as np

SCENARIO = """\
experiment.name = "sample"
experiment.seed = 1
model.name = "llama-3-8b"
swarm.lifetime = "exponential"
swarm.node = []
swarm.nodes = 60
routing.policy = "petals"
sharding.policy = "petals"
"""


def columns():
    draw = np.random.default_rng(1)
    requests, bins, period = 400, 90, 20.0
    arrival = np.sort(draw.uniform(0, 1700, requests))
    ttft = draw.lognormal(0.3, 0.5, requests)
    gap = draw.lognormal(-1.6, 0.3, requests)
    latency = ttft + 63 * gap
    status = np.where(draw.uniform(size=requests) < 0.03, 1.0, 0.0)
    latency[draw.uniform(size=requests) < 0.1] *= 2.5
    good = (status == 0) & (ttft < 3)
    end = arrival + latency
    edges = period * np.arange(bins + 1)

    def rate(which):
        return np.histogram(end[which], edges)[0] / period

    live = 60 - np.abs(np.cumsum(draw.integers(-2, 3, bins))) % 25
    failovers = draw.poisson(0.4, bins).astype(float)
    series = {"time": edges[:-1], "live_nodes": live.astype(float), "goodput": rate(good), "served": rate(status == 0),
              "failovers": failovers}
    table = {"run": np.zeros(requests, "i8"), "arrival": arrival, "status": status, "ttft": ttft,
             "latency": latency, "inter_token_mean": gap}
    served = float((status == 0).sum())
    metric = {"requests_total": requests, "requests_served": served, "goodput_share": good.mean(),
              "failovers": failovers.sum(), "duration": 1795.0}
    return series, table, metric


def write(path, format="orrery-results", version=2, status=1, reason=""):
    """One row; `status` 2 writes a failed one without numbers."""
    series, table, metric = columns()
    with h5py.File(path, "w") as file:
        file.attrs.update({"format": format, "version": version, "program": "orrery 0", "commit": "abc", "config": SCENARIO,
                           "changes": "", "plan": ""})
        file["id"] = np.array([b"0123456789abcdef"], "S16")
        file["scenario"] = [SCENARIO]
        file["status"] = np.array([status], "u1")
        file["reason"] = np.array([reason.encode()], "S512")
        file["sweep/point"] = np.array([0])
        file["sweep/replica"] = np.array([0])
        if status != 1:
            return
        for group, values, shape in (("series", series, (1, -1)), ("request", table, (-1,)), ("metric", metric, (1,))):
            for name, column in values.items():
                data = file.create_dataset(f"{group}/{name}", data=np.reshape(column, shape))
                data.attrs.update({"unit": "s" if name in ("time", "ttft") else "1", "what": f"the {name}"})
