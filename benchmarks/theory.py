"""Speed of the theory module against its targets: `python benchmarks/theory.py`.

Each line: what, wall and processor time (best of several), target, verdict on the processor
time, which a busy machine does not stretch. Exits 1 if a target is missed. Set
OPENBLAS_NUM_THREADS=1 on a shared machine: small linear algebra is faster on one thread.
"""

import sys
import time

import numpy as np

from iclaws import theory

GRID = 10_000


def best_of(call, repeats=5):
    """Return the least wall and processor time of several calls, the first one warming up."""
    call()
    walls, cores = [], []
    for _ in range(repeats):
        wall, core = time.perf_counter(), time.process_time()
        call()
        walls.append(time.perf_counter() - wall)
        cores.append(time.process_time() - core)
    return min(walls), min(cores)


def grids():
    """Yield every closed form over a grid of 10^4 configurations."""
    g = np.random.default_rng(0)
    k, dims = g.uniform(1, 300, GRID), g.integers(2, 100, GRID).astype(float)
    tau, noise = g.uniform(0.1, 2, GRID), g.uniform(0, 1, GRID)
    ratios = 10 ** g.uniform(-2, 2, (3, GRID))
    spectra = theory.power_law_spectra(1.5, 0.7, 64)
    lam, s, omega = spectra.covariance, spectra.signal, spectra.prior
    iso = (k, dims, tau, noise)
    yield "isotropic_bayes_risk", lambda: theory.isotropic_bayes_risk(*iso)
    yield "bayes_risk (64 modes)", lambda: theory.bayes_risk(k, s, noise)
    yield "least_squares_risk", lambda: theory.least_squares_risk(*iso)
    yield "ridge_risk (64 modes)", lambda: theory.ridge_risk(k, lam, s, noise, ratios[0])
    yield "linear_attention_risk (64)", lambda: theory.linear_attention_risk(k, lam, omega, noise)
    yield "depth_recursion (8, 64)", lambda: theory.depth_recursion(8, k, s, noise)
    yield "polynomial_bound (L = 32)", lambda: theory.polynomial_bound(32, *iso)
    yield "gradient_descent (L = 8, quiet)", lambda: theory.gradient_descent_risk(8, *iso[:3], 0.0)
    yield "gradient_descent (L = 8)", lambda: theory.gradient_descent_risk(8, *iso)
    yield "gradient_descent (L = 64)", lambda: theory.gradient_descent_risk(64, *iso)
    yield "finite_pretraining (no ridge)", lambda: theory.finite_pretraining_errors(*ratios, noise)
    yield (
        "finite_pretraining (ridge)",
        lambda: theory.finite_pretraining_errors(*ratios, noise, ratios[0]),
    )
    yield (
        "width_context_limit (64)",
        lambda: theory.width_context_limit(k, dims.astype(int) % 64, s, noise),
    )
    yield "random_read_in_risk (64)", lambda: theory.random_read_in_risk(dims, lam, s)
    train, test = spectra.signal[:16], spectra.covariance[:16]
    yield (
        "structured_pretraining (16)",
        lambda: theory.structured_pretraining_errors(train, test, *ratios, noise, ratios[0]),
    )
    yield (
        "linear_attention_risk_with (64)",
        lambda: theory.linear_attention_risk_with(0.5, k, lam, omega, noise),
    )
    yield "layer_flow_risk (64)", lambda: theory.layer_flow_risk(k, 20, lam, omega, 0.1)
    yield "rotated_flow_risk (64)", lambda: theory.rotated_flow_risk(k, lam, s)
    yield "bayes_accuracy (64)", lambda: theory.bayes_accuracy(k, s, noise)
    yield "shape_penalty", lambda: theory.shape_penalty(np.log(ratios[0]), (0.5, 1.0))
    yield (
        "exponential_depth_optimum",
        lambda: theory.exponential_depth_optimum(0.5, 1.0, (1.0, 1.0), 1e3 * ratios[0]),
    )
    yield (
        "depth_width_law",
        lambda: theory.depth_width_law(k, dims, (0.6, 0.9), (1.0, 1.0), 0.5),
    )
    yield "mutual_information", lambda: theory.mutual_information(*iso)
    yield "rate_distortion_limit", lambda: theory.rate_distortion_limit(*iso)
    yield "identification_context", lambda: theory.identification_context(dims, tau, noise)
    yield "task_diversity_error", lambda: theory.task_diversity_error(*ratios[:2], noise)
    yield "allocate", lambda: theory.allocate([0.5, 1.0], [1.0, 2.0], [1, 2], 10 * ratios[0])
    yield (
        "smeared_polynomial_risk",
        lambda: theory.smeared_polynomial_risk(dims.astype(int), ratios[0]),
    )


def configurations(count=200):
    """Return a spread of emergence configurations, worst cases included."""
    g = np.random.default_rng(1)
    spectra = theory.power_law_spectra(1.5, 0.7, 64)
    found = []
    for _ in range(count):
        setting = list(theory.Setting)[g.integers(3)]
        iso = setting is theory.Setting.ISOTROPIC
        found.append(
            theory.Configuration(
                num_context=int(g.integers(0, 300)),
                num_dims=int(g.integers(2, 100)) if iso else 64,
                noise_var=float(g.choice([0.0, 0.1, 1.0])),
                depth=int(g.integers(1, 33)),
                read_in_rank=None if g.random() < 0.5 else int(g.integers(1, 64)),
                architecture=list(theory.Architecture)[g.integers(3)],
                setting=setting,
                spectra=None if iso else spectra,
                num_tasks=None if g.random() < 0.5 else int(g.integers(1, 3000)),
                num_sequences=None if g.random() < 0.5 else int(g.integers(100, 10**6)),
            )
        )
    return found


def emergence_times():
    """Return the mean and the worst time of one decision, wall and processor."""
    times = [
        best_of(lambda c=configuration: theory.emergence(c), repeats=3)
        for configuration in configurations()
    ]
    return np.mean(times, axis=0), np.max(times, axis=0)


def sampled():
    """Yield the finite-size predictor at its stated size."""
    spectra = theory.power_law_spectra(1.5, 0.7, 64)

    def draw(k):
        return theory.context_statistics(k, spectra.covariance, spectra.prior, num_draws=512)

    stats, depths = draw(128), np.arange(1, 33)
    yield "context_statistics (64, k = 128)", lambda: draw(128), 3
    yield "context_statistics (64, k = 1e5)", lambda: draw(100_000), 3
    yield "tied, depths 1..32", lambda: theory.sampled_gradient_descent_risk(depths, stats, 0.1), 5
    yield (
        "untied, depths 1..32",
        lambda: theory.sampled_gradient_descent_risk(depths, stats, 0.0, tied=False),
        5,
    )
    yield "bound, degrees 1..32", lambda: theory.sampled_polynomial_bound(depths, stats, 0.1), 5


def main():
    """Print one line per target."""
    missed = 0

    def line(name, times, target):
        nonlocal missed
        wall, core = (1e3 * seconds for seconds in times)
        missed += core > 1e3 * target
        verdict = "ok" if core <= 1e3 * target else "MISSED"
        print(f"{name:34s} {wall:9.2f} wall {core:9.2f} cpu  <= {1e3 * target:6.0f} ms  {verdict}")

    print(f"closed forms over {GRID} configurations")
    for name, call in grids():
        line(name, best_of(call, repeats=3), 1.0)
    s = theory.power_law_spectra(1.5, 0.7, 100_000).signal
    line("bayes_risk (1e5 modes)", best_of(lambda: theory.bayes_risk(1000, s, 0.1)), 0.020)
    mean, worst = emergence_times()
    line("emergence, mean", mean, 0.005)
    line("emergence, worst of 200", worst, 0.005)
    for name, call, target in sampled():
        line(name, best_of(call, repeats=2), target)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
