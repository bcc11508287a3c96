"""The closed form of restarts beside the simulator: part of `./orrery validate`."""

import numpy as np

LIMIT = 0.03
# Probability that a link breaks, steps of a sequence, sequences.
CASES = ((0.002, 128, 2000), (0.005, 64, 3000), (0.01, 32, 5000), (0.02, 16, 6000))


def slow_down(p, steps):
    """Expected steps until `steps` in a row succeed, over `steps`; a step crosses five links."""
    q = (1 - p) ** 5
    return (q**-steps - 1) / ((1 - q) * steps)


def check(program, simulate):
    """Prints a row a case; simulate(program, scenario, settings) gives the results of a run."""
    print("Restarts, five links a step, each breaking with probability p: slow-down of a sequence of L steps")
    print(f"  {'setting':<44} {'expected':>9} {'simulated':>9} {'error':>7}")
    worst = 0.0
    for p, steps, sequences in CASES:
        settings = {"workload.output_tokens": steps, "workload.requests": sequences}
        quiet = {**settings, "workload.requests": 20, "network.break_probability": 0}
        alone = np.mean(simulate(program, "restart_closed_form.toml", quiet).request["latency"])
        taken = simulate(program, "restart_closed_form.toml", {**settings, "network.break_probability": p})
        simulated = float(np.mean(taken.request["latency"]) / alone)
        expected = slow_down(p, steps)
        error = simulated / expected - 1
        worst = max(worst, abs(error))
        print(f"  p {p:<6} L {steps:<4} {sequences} sequences{'':<17} {expected:>9.3f} {simulated:>9.3f} {error:>+7.1%}")
    passed = worst <= LIMIT
    print(f"  worst error {worst:.1%}, at most {LIMIT:.0%} allowed: {'ok' if passed else 'MISSED'}")
    return passed
