"""Draw the figures of docs/theory.md: every formula (lines) against Monte Carlo (points).

`python benchmarks/theory_figures.py [name ...]` writes SVG files to docs/figures/theory. Points
come from drawn contexts and weights and the estimators themselves, never from the formulas;
error bars are two standard errors.
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np

from iclaws import theory

matplotlib.use("Agg")
import matplotlib.pyplot as plt

OUT = Path(__file__).parents[1] / "docs" / "figures" / "theory"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#6a6a6a")  # told apart without red-green
plt.rcParams.update(
    {
        "svg.fonttype": "none", "svg.hashsalt": "iclaws", "font.family": "sans-serif",
        "font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=COLOURS), "legend.frameon": False,
        "lines.linewidth": 1.4, "lines.markersize": 4, "legend.fontsize": 8,
    }
)  # fmt: skip
FIGURES = {}


def figure(draw):
    """Register a drawing function under its name."""
    FIGURES[draw.__name__] = draw
    return draw


def axes(columns, *labels, logs="xy"):
    """Return axes with labels, logarithmic where asked for."""
    made, grid = plt.subplots(1, columns, figsize=(3.4 * columns, 2.7), layout="constrained")
    grid = np.atleast_1d(grid)
    for ax, (x, y) in zip(grid, labels, strict=True):
        ax.set_xlabel(x)
        ax.set_ylabel(y)
        if "x" in logs:
            ax.set_xscale("log")
        if "y" in logs:
            ax.set_yscale("log")
    return made, grid


def excess(fit, k, covariance, prior, noise_var, draws=300, seed=0):
    """Return mean excess risk of `fit(X, y) -> weights` and two standard errors."""
    generator, values = np.random.default_rng(seed), np.empty(draws)
    for draw in range(draws):
        x = generator.standard_normal((k, covariance.size)) * np.sqrt(covariance)
        w = generator.standard_normal(covariance.size) * np.sqrt(prior)
        y = x @ w + np.sqrt(noise_var) * generator.standard_normal(k)
        gap = fit(x, y) - w
        values[draw] = gap @ (covariance * gap)
    return values.mean(), 2 * values.std(ddof=1) / np.sqrt(draws)


def ridge(penalty):
    """Return ridge regression on X'X plus this diagonal."""
    return lambda x, y: np.linalg.solve(
        x.T @ x + np.diag(np.broadcast_to(penalty, x.shape[1])), x.T @ y
    )


def layers(steps, updates=None):
    """Return GD or GD++ as the layers act, covariates and queries updated beside the labels."""

    def fit(x, y):
        rows, residual, queries = x.copy(), y.copy(), np.eye(x.shape[1])
        w = np.zeros(x.shape[1])
        for step, update in zip(steps, np.zeros(len(steps)) if updates is None else updates):  # noqa: B905
            w = w + step * queries @ rows.T @ residual / len(y)
            covariance = rows.T @ rows / len(y)
            residual = residual - step * rows @ rows.T @ residual / len(y)
            rows, queries = (
                rows - update * rows @ covariance,
                queries - update * queries @ covariance,
            )
        return w

    return fit


def points(ax, xs, found, colour, label=None, marker="o"):
    """Draw means with their error bars."""
    mean, error = np.array(found).T
    ax.errorbar(xs, mean, error, fmt=marker, color=colour, label=label, lw=1, mfc="white")


@figure
def risks():
    """Isotropic and structured reference risks by context length."""
    made, (iso, power) = axes(2, ("context k", "excess risk"), ("context k", "excess risk"))
    dims, noise, k = 20, 0.1, np.unique(np.rint(np.geomspace(2, 200, 200)))
    drawn = np.array([3, 6, 12, 17, 24, 35, 60, 120])
    for ax, spectra in (
        (iso, theory.isotropic_spectra(dims)), (power, theory.power_law_spectra(1.2, 0.7, dims)),
    ):  # fmt: skip
        lam, s, omega = spectra.covariance, spectra.signal, spectra.prior
        lines = {
            "Bayes": (theory.bayes_risk(k, s, noise), ridge(noise / omega)),
            "one layer": (theory.linear_attention_risk(k, lam, omega, noise), None),
            "ridge 0.3": (theory.ridge_risk(k, lam, s, noise, 0.3), ridge(0.3)),
            "least squares": (
                theory.least_squares_risk(k, dims, 1.0, noise)
                if ax is iso
                else theory.ridge_risk(k, lam, s, noise, 0.0),
                lambda x, y: np.linalg.lstsq(x, y, rcond=None)[0],
            ),
        }
        for (name, (line, fit)), colour in zip(lines.items(), COLOURS, strict=False):
            ax.plot(k, np.where(line < 20, line, np.nan), color=colour, label=name)
            found = []
            for one in drawn:
                gains = theory.linear_attention_gains(one, lam, omega, noise)
                here = fit or (lambda x, y, g=gains: g * (x.T @ y) / len(y))
                found.append(excess(here, int(one), lam, omega, noise))
            points(ax, drawn, found, colour)
        ax.set_ylim(8e-3, 5)
    iso.set_title("isotropic, D = 20", fontsize=9)
    power.set_title("eigenvalues i^-1.2, D = 20", fontsize=9)
    iso.legend()
    return made


@figure
def depth():
    """Tied, untied and updated layers by depth, isotropic."""
    made, (quiet, loud) = axes(2, ("depth L", "excess risk"), ("depth L", "excess risk"), logs="y")
    dims, k = 100, 200
    sizes = (k, dims, 1.0)
    for ax, noise in ((quiet, 0.0), (loud, 0.1)):
        depths = np.arange(0, 9)
        tied = [theory.gradient_descent_risk(one, *sizes, noise) for one in depths]
        free = [theory.gradient_descent_risk(one, *sizes, noise, tied=False) for one in depths]
        plus = [theory.gd_plus_plus_risk(one, *sizes, noise) for one in range(4)]
        bound = theory.polynomial_bound(depths, *sizes, noise).risk
        ax.plot(depths, [one.risk for one in tied], label="tied")
        ax.plot(depths, [one.risk for one in free], label="untied")
        ax.plot(range(4), [one.risk for one in plus], label="GD++")
        ax.plot(depths, bound, ":", color="black", label="best polynomial")
        if noise:
            ax.axhline(theory.isotropic_bayes_risk(*sizes, noise), color=COLOURS[4], ls="--", lw=1)
            ax.text(0, theory.isotropic_bayes_risk(*sizes, noise) * 1.03, "Bayes")
        args = (k, np.ones(dims), np.full(dims, 1 / dims), noise, 60)
        at = [1, 2, 3, 4, 6, 8]
        points(ax, at, [excess(layers([tied[o].steps] * o), *args) for o in at], COLOURS[0])
        points(ax, at, [excess(layers(free[o].steps), *args) for o in at], COLOURS[1])
        updated = [excess(layers(o.steps, o.updates), *args) for o in plus[1:]]
        points(ax, [1, 2, 3], updated, COLOURS[2])
        ax.set_title(f"D = {dims}, k = {k}, noise {noise:g}", fontsize=9)
    quiet.set_ylim(1e-4, 1.5)
    quiet.legend()
    return made


@figure
def rotated():
    """Depth on rotated tasks: asymptotic laws, finite-size formulas and drawn contexts."""
    made, (ax, other) = axes(2, ("depth L", "excess risk"), ("depth L", "optimal step"))
    spectra = theory.power_law_spectra(1.5, 0.7, 2000)
    depths = np.unique(np.geomspace(1, 256, 24).astype(int))
    found = theory.spectral_descent_risk(depths, spectra.covariance, spectra.signal)
    ax.plot(depths, found.risk, label="tied, endless context")
    ax.plot(depths, found.risk[-1] * (depths / 256.0) ** -0.7, ":", color="black", label="L^-0.7")
    free = theory.smeared_polynomial_risk(depths, 0.7)
    ax.plot(depths, free, color=COLOURS[1], label="untied, smeared spectrum")
    other.plot(depths, found.steps, label="endless context")
    for k, colour in ((64, COLOURS[2]), (256, COLOURS[3])):
        small = theory.power_law_spectra(1.5, 0.7, 128)
        args = (k, small.covariance, small.prior)
        stats = theory.context_statistics(*args, num_draws=64)
        few = np.array([1, 2, 4, 8, 16, 32, 64])
        drawn = theory.sampled_gradient_descent_risk(few, stats, 0.02)
        ax.plot(few, drawn.risk, color=colour, label=f"k = {k}, noise 0.02")
        direct = [
            excess(layers([step] * int(one)), *args, 0.02, draws=40, seed=5)
            for one, step in zip(few[:6], drawn.steps, strict=False)
        ]
        points(ax, few[:6], direct, colour)
        other.plot(few, drawn.steps, color=colour, label=f"k = {k}, noise 0.02")
    other.set_yscale("linear")
    other.axhline(2, color="black", ls=":", lw=1)
    other.text(1, 2.02, "2 / largest eigenvalue")
    ax.legend(fontsize=7)
    other.legend(fontsize=7)
    return made


@figure
def step():
    """The optimal step by depth and dimension, isotropic, with drawn contexts."""
    made, (by_depth, by_dims) = axes(
        2, ("depth L", "optimal step"), ("dimension D", "optimal step")
    )
    depths = 2 ** np.arange(0, 8)
    few = 2 ** np.arange(0, 7)
    for noise, colour in ((0.0, COLOURS[0]), (0.01, COLOURS[1]), (0.1, COLOURS[2])):
        steps = theory.gradient_descent_risk(depths, 200, 100, 1.0, noise).steps
        by_depth.plot(depths, steps, color=colour, label=f"tied, noise {noise:g}")
        stats = theory.context_statistics(200, np.ones(100), np.full(100, 0.01), num_draws=24)
        drawn = theory.sampled_gradient_descent_risk(few, stats, noise).steps
        by_depth.plot(few, drawn, "o", color=colour, mfc="white")
        dims = np.geomspace(5, 2000, 30)
        lines = [theory.gradient_descent_risk(4, 100, one, 1.0, noise).steps for one in dims]
        by_dims.plot(dims, lines, color=colour)
        for one in (10, 40, 160):
            stats = theory.context_statistics(
                100, np.ones(one), np.full(one, 1 / one), num_draws=96
            )
            at = theory.sampled_gradient_descent_risk(4, stats, noise).steps
            by_dims.plot(one, at, "o", color=colour, mfc="white")
    untied = [
        theory.gradient_descent_risk(int(one), 200, 100, 1.0, 0.0, tied=False).steps.mean()
        for one in depths
    ]
    by_depth.plot(depths, untied, "--", color=COLOURS[4], label="untied mean, no noise")
    by_depth.plot(depths, 0.7 * depths**-0.5, ":", color="black", label="L^-1/2")
    by_dims.plot(dims, 2.4 * dims**-0.5, ":", color="black", label="D^-1/2")
    by_depth.legend(fontsize=7)
    by_dims.legend(fontsize=7)
    return made


@figure
def pretraining():
    """Finite pretraining: double descent in sequences, tasks that generalise."""
    made, (data, tasks) = axes(2, ("sequences / D^2", "total error"), ("tasks / D", "total error"))
    noise, dims = 0.1, 20
    tau, kappa = np.geomspace(0.3, 20, 300), np.geomspace(0.1, 30, 200)
    for ax, sweep in ((data, tau), (tasks, kappa)):
        for ridge_, style in ((1e-6, "-"), (0.1, "--")):
            args = (2, 1, sweep) if ax is data else (2, sweep, 4)
            found = theory.finite_pretraining_errors(*args, noise, ridge_)
            for values, colour in zip(found, COLOURS, strict=False):
                ax.plot(sweep, np.minimum(values, 30), style, color=colour)
    for ridge_, marker in ((1e-6, "o"), (0.1, "s")):
        for ax, sweep in ((data, (0.4, 0.7, 1.5, 3, 8)), (tasks, (0.25, 0.5, 1, 2, 8))):
            runs = np.array(
                [
                    [
                        pretrained(
                            dims, (2, 1, one) if ax is data else (2, one, 4), noise, ridge_, seed
                        )
                        for seed in range(6)
                    ]
                    for one in sweep
                ]
            )
            for which, colour in zip(range(2), COLOURS, strict=False):
                values = runs[..., which]
                error = 2 * values.std(axis=1, ddof=1) / np.sqrt(values.shape[1])
                found = np.stack([values.mean(axis=1), error], axis=1)
                points(ax, sweep, found, colour, marker=marker)
    data.plot([], [], color=COLOURS[0], label="fresh tasks")
    data.plot([], [], color=COLOURS[1], label="pretraining tasks")
    data.plot([], [], "--", color="black", label="ridge 0.1")
    data.set_ylim(0.3, 20)
    data.legend()
    return made


def pretrained(dims, ratios, noise, penalty, seed):
    """Fit one layer by ridge regression on drawn sequences; return its two exact errors."""
    alpha, kappa, tau = ratios
    generator = np.random.default_rng(seed)
    # The layer has d(d + 1) parameters in theory's counting: the finite-size substitution.
    length, count = int(alpha * dims), int(tau * dims * (dims + 1))
    pool = generator.standard_normal((max(1, round(kappa * dims)), dims))
    pool *= np.sqrt(dims) / np.linalg.norm(pool, axis=1, keepdims=True)
    w = pool[generator.integers(len(pool), size=count)]
    x = generator.standard_normal((count, length, dims)) / np.sqrt(dims)
    y = np.einsum("nld,nd->nl", x, w) + np.sqrt(noise) * generator.standard_normal((count, length))
    h = np.einsum("nl,nld->nd", y, x) * dims / length
    q = generator.standard_normal((count, dims)) / np.sqrt(dims)
    label = (q * w).sum(axis=1) + np.sqrt(noise) * generator.standard_normal(count)
    features = (q[:, :, None] * h[:, None, :]).reshape(count, -1)
    gram = features.T @ features + count / dims * penalty * np.eye(dims**2)
    gains = np.linalg.solve(gram, features.T @ label).reshape(dims, dims)
    errors = []
    for second in (np.eye(dims), pool.T @ pool / len(pool)):
        total = np.trace(second)
        spread = (1 + 1 / length) * second + (total + noise * dims) / length * np.eye(dims)
        bias = total - 2 * np.trace(gains @ second)
        errors.append(noise + (bias + np.trace(gains @ spread @ gains.T)) / dims)
    return errors


@figure
def width():
    """Read-ins of limited rank, alone and with a context."""
    made, (alone, both) = axes(2, ("read-in rank r", "excess risk"), ("context k", "excess risk"))
    spectra = theory.power_law_spectra(1.5, 0.7, 300)
    ranks, drawn = (
        np.unique(np.geomspace(1, 200, 40).astype(int)),
        np.array([2, 4, 8, 16, 32, 64, 128]),
    )
    generator = np.random.default_rng(0)
    alone.plot(ranks, theory.best_read_in_risk(ranks, spectra.signal), label="best modes")
    alone.plot(
        ranks, theory.random_read_in_risk(ranks, spectra.covariance, spectra.signal),
        label="random (rotated tasks)",
    )  # fmt: skip
    found = []
    for rank in drawn:
        values = []
        for _ in range(30):
            frame = generator.standard_normal((rank, 300))
            seen = frame * spectra.covariance
            inside = np.linalg.solve(seen @ frame.T, seen)
            values.append(1 - np.trace(inside @ np.diag(spectra.signal) @ frame.T))
        found.append((np.mean(values), 2 * np.std(values) / np.sqrt(30)))
    points(alone, drawn, found, COLOURS[1])
    alone.legend()
    k, dims, noise = np.geomspace(2, 400, 100), 60, 0.05
    for rank, colour in ((15, COLOURS[0]), (30, COLOURS[1]), (60, COLOURS[2])):
        s = np.full(dims, 1 / dims)
        both.plot(
            k, theory.width_context_limit(k, rank, s, noise), color=colour, label=f"r = {rank}"
        )
        noisy = (noise + 1 - rank / dims) * dims
        fit = ridge(noisy)
        frame = np.eye(rank, dims)
        at = (8, 30, 60, 120, 300)
        direct = [
            excess(
                lambda x, y, f=fit, m=frame: m.T @ f(x @ m.T, y), one, np.ones(dims), s, noise, 150
            )
            for one in at
        ]
        points(both, at, direct, colour)
    floor = theory.isotropic_bayes_risk(k, dims, 1.0, noise) + 0.5
    both.plot(k, floor, ":", color=COLOURS[1], label="r = 30, sum of terms")
    both.legend()
    return made


@figure
def sequences():
    """Pretraining sequences at a fixed covariance, and pretraining time."""
    made, (data, time) = axes(
        2, ("sequences n", "excess risk"), ("gradient-flow time", "excess risk")
    )
    spectra, k, noise = theory.power_law_spectra(1.0, 0.7, 16), 20, 0.1
    args = (k, spectra.covariance, spectra.prior, noise)
    n = np.geomspace(30, 1e5, 60)
    data.plot(n, theory.sequence_risk(n, *args, 0.05), label="ridge 0.05")
    data.axhline(theory.linear_attention_risk(*args), color="black", ls=":", lw=1)
    data.text(30, theory.linear_attention_risk(*args) * 1.02, "population optimum")
    at = (60, 150, 300, 600, 1500, 4000)
    found = [[layer_risk(one, args, seed) for seed in range(10)] for one in at]
    points(data, at, [(np.mean(v), 2 * np.std(v) / np.sqrt(10)) for v in found], COLOURS[0])
    t = np.geomspace(0.1, 1e4, 60)
    time.plot(t, theory.layer_flow_risk(t, *args), label="fixed covariance, one layer")
    gains, clock, marks = np.zeros(16), 0.0, []
    rate = 0.05
    for target in np.geomspace(0.3, 3e3, 9):
        while clock < target:
            gains = gains - rate * population_slope(gains, *args)
            clock += rate
        marks.append(theory.linear_attention_risk_with(gains, *args))
    time.plot(np.geomspace(0.3, 3e3, 9), marks, "o", color=COLOURS[0], mfc="white")
    big = theory.power_law_spectra(1.5, 0.7, 2000)
    time.plot(t, theory.rotated_flow_risk(t, big.covariance, big.signal), label="rotated, deep")
    critical = theory.plateau_time(float(big.signal @ big.covariance), 0.1)
    late = critical * np.geomspace(0.01, 30, 200)
    plateau = theory.rotated_flow_risk(
        late, big.covariance, big.signal, num_factors=5, initial_weight=0.1
    )
    time.plot(late, plateau, color=COLOURS[2], label="five factors, plateau")
    time.axvline(critical, color=COLOURS[2], ls=":", lw=1)
    time.set_ylim(0.05, 1.3)
    time.legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 0.02))
    return made


def population_slope(gains, k, lam, omega, noise):
    """Return half the gradient of the population risk of one layer, from its definition."""
    s = lam * omega
    total = s.sum() + noise
    return -lam * s * (1 - gains * lam) + gains * lam**2 * (s + total) / k


def layer_risk(n, args, seed):
    """Fit one layer on n drawn sequences at a fixed covariance; return its exact excess risk."""
    k, lam, omega, noise = args
    generator, s = np.random.default_rng(seed), lam * omega
    w = generator.standard_normal((n, lam.size)) * np.sqrt(omega)
    x = generator.standard_normal((n, k, lam.size)) * np.sqrt(lam)
    y = np.einsum("nkd,nd->nk", x, w) + np.sqrt(noise) * generator.standard_normal((n, k))
    h = np.einsum("nk,nkd->nd", y, x) / k
    q = generator.standard_normal((n, lam.size)) * np.sqrt(lam)
    label = (q * w).sum(axis=1) + np.sqrt(noise) * generator.standard_normal(n)
    features = (q[:, :, None] * h[:, None, :]).reshape(n, -1)
    gram = features.T @ features + 0.05 * np.eye(lam.size**2)
    gains = np.linalg.solve(gram, features.T @ label).reshape(lam.size, lam.size)
    read = lam * ((1 + 1 / k) * s + (s.sum() + noise) / k)
    return s.sum() - 2 * (lam * np.diag(gains) * s).sum() + (lam[:, None] * gains**2 * read).sum()


@figure
def discrete():
    """Identification of discrete tasks, and sparse tasks."""
    made, (pool, sparse) = axes(
        2, ("context k", "excess risk"), ("context k", "excess risk"), logs="y"
    )
    lengths = np.arange(0, 17)
    for tasks, colour in ((16, COLOURS[0]), (256, COLOURS[1]), (4096, COLOURS[2])):
        found = theory.dmmse_risk(lengths, tasks, 32, 1.0, 0.1, num_draws=(6, 48))
        error = 2 * found.standard_error
        pool.errorbar(
            lengths, found.risk, error, fmt="o-", ms=3, lw=1, color=colour, label=f"M = {tasks}"
        )
        pool.axvline(theory.identification_context(tasks, 1.0, 0.1), color=colour, ls=":", lw=1)
    k = np.linspace(0, 16, 80)
    pool.plot(
        k, theory.isotropic_bayes_risk(k, 32, 1.0, 0.1), color="black", label="Gaussian Bayes"
    )
    pool.set_ylim(1e-3, 1.5)
    pool.legend(loc="lower left")
    lengths = np.arange(0, 31, 2)
    for noise, colour in ((0.1, COLOURS[0]), (1.0, COLOURS[1])):
        found = theory.sparse_bayes_risk(lengths, 20, 2, 1.0, noise, num_draws=400)
        sparse.errorbar(
            lengths, found.risk, 2 * found.standard_error, fmt="o-", ms=3, lw=1, color=colour,
            label=f"2 of 20 weights, noise {noise:g}",
        )  # fmt: skip
        at = theory.sparse_identification_context(20, 2, 1.0, noise)
        sparse.axvline(at, color=colour, ls=":", lw=1)
        k = np.linspace(0, 30, 80)
        dense = theory.isotropic_bayes_risk(k, 20, 1.0, noise)
        sparse.plot(k, dense, "--", color=colour, lw=1)
    sparse.set_ylim(1e-3, 1.5)
    sparse.legend(loc="lower left")
    return made


@figure
def transitions():
    """Scaling functions of the two exact transitions; points are the full formulas."""
    made, (tasks, context) = axes(
        2, ("(M/D - 1) / x^1/2", "excess / x^1/2"),
        ("(k/D - 1) / (noise/signal)^1/2", "excess / (noise signal)^1/2"), logs="",
    )  # fmt: skip
    u, few = np.linspace(-4, 4, 200), np.linspace(-3.6, 3.6, 13)
    tasks.plot(u, theory.task_diversity_scaling(u), color="black")
    context.plot(u, theory.context_threshold_scaling(u), color="black")
    for alpha, colour in ((100, COLOURS[0]), (1e4, COLOURS[1])):
        root = np.sqrt(1.1 / alpha)
        found = theory.finite_pretraining_errors(alpha, 1 + few * root, np.inf, 0.1).fresh_tasks
        tasks.plot(
            few, (found - 0.1) / root, "o", color=colour, mfc="white", label=f"k/D = {alpha:g}"
        )
    for noise, colour in ((1e-2, COLOURS[0]), (1e-4, COLOURS[1])):
        k = np.rint(200 * (1 + few * np.sqrt(noise)))
        at = (k / 200 - 1) / np.sqrt(noise)
        found = [
            theory.sampled_bayes_risk(int(one), np.full(200, 1 / 200), noise, num_draws=32).risk
            for one in k
        ]
        context.plot(
            at, found / np.sqrt(noise), "o", color=colour, mfc="white",
            label=f"D = 200 drawn, noise {noise:g}",
        )  # fmt: skip
    tasks.legend()
    context.legend()
    return made


@figure
def allocation():
    """Depth against width on rotated tasks: drawn surface, its optima, the predicted frontier."""
    made, (surface, share) = axes(
        2, ("read-in rank r", "depth L"), ("capacity c", "depth exponent"), logs=""
    )
    spectra = theory.power_law_spectra(1.5, 0.6, 1000)
    depths, ranks = 2 ** np.arange(10), np.unique(np.geomspace(4, 200, 9).astype(int))
    found = theory.depth_width_surface(
        depths, ranks, spectra.covariance, spectra.prior, num_draws=12
    )
    surface.set_xscale("log")
    surface.set_yscale("log")
    levels = np.geomspace(found.risk.min() * 1.2, 0.7, 7)
    lines = surface.contour(ranks, depths, found.risk, levels, colors=COLOURS[4], linewidths=0.8)
    surface.clabel(lines, fontsize=6, fmt="%.2g")
    # A polynomial in both logarithms carries the argmin through the noise of the draws.
    terms = [(i, j) for i in range(5) for j in range(5 - i)]
    x, y = np.meshgrid(np.log(depths), np.log(ranks), indexing="ij")
    design = np.stack([(x**i * y**j).ravel() for i, j in terms], axis=1)
    weights = np.linalg.lstsq(design, np.log(found.risk).ravel(), rcond=None)[0]
    best = []
    for budget in np.geomspace(100, 2000, 8):
        path = np.linspace(0, np.log(depths[-1]), 600)
        rest = np.log(budget) - path
        path, rest = (a[(rest > np.log(4)) & (rest < np.log(200))] for a in (path, rest))
        values = sum(w * path**i * rest**j for w, (i, j) in zip(weights, terms, strict=True))
        best.append((np.exp(rest[values.argmin()]), np.exp(path[values.argmin()])))
    best = np.array(best)
    surface.plot(*best.T, "o", color=COLOURS[1], mfc="white", label="best at a budget L r")
    centre = np.exp(np.log(best).mean(axis=0))
    r = np.geomspace(best[:, 0].min(), best[:, 0].max(), 10)
    surface.plot(r, centre[1] * (r / centre[0]) ** 1.5, color=COLOURS[1], label="L ~ r^1.5")
    surface.legend(loc="upper left")
    nu = np.linspace(1.05, 4, 60)
    share.plot(nu, [theory.frontier(one, 0.7).depth for one in nu], label="tied: c/(1 + c)")
    share.plot(
        nu, [theory.frontier(one, 0.7, tied=False).depth for one in nu], label="untied: c/(2 + c)"
    )
    share.axhline(2 / 3, color="black", ls=":", lw=1)
    share.text(1.05, 0.675, "2/3")
    slope = np.polyfit(np.log(best.prod(axis=1)), np.log(best[:, 1]), 1)[0]
    share.plot(1.5, slope, "o", color=COLOURS[0], mfc="white", label="fitted on the left")
    share.legend()
    return made


def main():
    """Draw the figures named, or all of them."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or FIGURES:
        made = FIGURES[name]()
        made.savefig(OUT / f"{name}.svg", metadata={"Date": None})
        plt.close(made)
        print(f"{name}: {(OUT / f'{name}.svg').stat().st_size / 1024:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
