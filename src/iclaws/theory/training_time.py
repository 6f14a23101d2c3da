r"""Optimiser time: gradient flow of the pretraining loss, in closed form or by one integral.

The flow descends half the excess risk at unit rate. Time here is an axis of its own, with
exponents that differ from those of distinct sequences or tasks.
"""

import numpy as np

from ..errors import InvalidValue
from ._numbers import Numbers, Values, finite, one_spectrum, one_whole, paired, plain, positive

_POINTS_PER_DECADE = 400


def layer_flow_risk(
    time: Numbers,
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
) -> Values:
    r"""Return the risk of one linear-attention layer at time $t$, fixed covariance, from zero.

    $\gamma_i(t)=\gamma_i^*(1-e^{-\lambda_ib_it})$: exact. Falls to its floor as
    $t^{-a/(a+2\nu+1)}$.

    Args:
        time: $t \ge 0$.
        num_context: $k > 0$, or infinity.
        covariance_spectrum: $\lambda_i$, $D$ values.
        prior_spectrum: $\omega_i$.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    t, noise = finite("time", time), float(finite("noise_var", noise_var))
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    lam, omega = one_spectrum("covariance_spectrum", lam), one_spectrum("prior_spectrum", omega)
    s = lam * omega
    per_example = 0.0 if np.isinf(num_context) else 1 / float(positive("num_context", num_context))
    read = lam * ((1 + per_example) * s + (s.sum() + noise) * per_example)
    gains = np.where(s > 0, lam * s / np.where(s > 0, read * lam, 1.0), 0.0)
    left = np.exp(-2 * t[..., None] * (lam * read))
    floor = (s * (1 - gains * lam)).sum()
    return plain(floor + (s * gains * lam * left).sum(axis=-1))


def rotated_flow_risk(
    time: Numbers,
    covariance_spectrum: Numbers,
    signal_spectrum: Numbers,
    *,
    num_factors: Numbers = 1,
    initial_weight: Numbers = 0.1,
) -> Values:
    r"""Return the risk of a deep stack on rotated tasks at time $t$ of its gradient flow.

    Unbounded context and depth: residual factor $e^{-\gamma\lambda}$ with the total step
    $\gamma=w^p$ a product of $p$ equal factors. $p=1$ is the reduced model
    ($t^{-\beta/(2+\beta)}$), $p=5$ trains query, key, value, read-in and read-out
    ($t^{-5\beta/(5\beta+2)}$ after a plateau of length $\propto w_0^{-3}$, see `plateau_time`).

    Args:
        time: $t \ge 0$.
        covariance_spectrum: $\lambda_i$.
        signal_spectrum: $s_i$.
        num_factors: $p \ge 1$.
        initial_weight: $w_0 > 0$ of each factor (not used for $p=1$, which starts at 0).

    Raises:
        InvalidValue: For an argument outside its range.
    """
    t, factors = finite("time", time), one_whole("num_factors", num_factors, low=1)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    lam, s = one_spectrum("covariance_spectrum", lam), one_spectrum("signal_spectrum", s)
    weight = float(positive("initial_weight", initial_weight))
    totals, times = _total_step_times(lam, s, factors, weight, float(t.max(initial=0.0)))
    log_total = np.interp(np.log(t + times[0]), np.log(times), np.log(totals))
    start = totals[0] if factors > 1 else 0.0
    total = np.where(t > 0, np.exp(log_total), start)
    return plain((s * np.exp(-2 * total[..., None] * lam)).sum(axis=-1))


def plateau_time(strength: Numbers, initial_weight: Numbers, num_factors: Numbers = 5) -> Values:
    r"""Return $t_c=\frac1{(p-2)c\,w_0^{p-2}}$, when $\dot w=c\,w^{p-1}$ escapes.

    Args:
        strength: $c=\mathrm{tr}\,\Lambda^2\Omega > 0$.
        initial_weight: $w_0 > 0$.
        num_factors: $p \ge 3$; with fewer there is no plateau.

    Raises:
        InvalidValue: For fewer than three factors, or an argument that is not positive.
    """
    c, weight = positive("strength", strength), positive("initial_weight", initial_weight)
    factors = one_whole("num_factors", num_factors)
    if factors < 3:
        raise InvalidValue(f"`num_factors` must be at least 3 for a plateau. Got {factors}.")
    return plain(1 / ((factors - 2) * c * weight ** (factors - 2)))


def _total_step_times(
    lam: np.ndarray, s: np.ndarray, factors: int, weight: float, longest: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return total steps $\gamma$ and the times they are reached, $dt=d\gamma/(p\gamma^{2-2/p}f)$.

    $f=\sum s_i\lambda_ie^{-2\gamma\lambda_i}$ is minus half the derivative of the risk.
    """
    start = weight**factors if factors > 1 else 1e-8 / lam.max()
    totals, times = [start], [0.0 if factors > 1 else start / (s @ lam)]
    power, grid = 2 - 2 / factors, 10 ** (1 / _POINTS_PER_DECADE)
    while times[-1] <= longest or len(times) < 3:
        # A decade at a time, until the longest time is covered.
        new = totals[-1] * grid ** np.arange(1, _POINTS_PER_DECADE + 1)
        nodes = np.append(totals[-1], new)
        pull = (s * lam * np.exp(-2 * nodes[:, None] * lam)).sum(axis=1)
        rate = factors * nodes**power * np.maximum(pull, 1e-300)
        # d gamma = gamma d ln gamma: the trapezoid rule in the logarithm.
        steps = np.log(grid) * 0.5 * (nodes[1:] / rate[1:] + nodes[:-1] / rate[:-1])
        times.extend(times[-1] + np.cumsum(steps))
        totals.extend(new)
        if not np.isfinite(times[-1]):
            break
    times_, totals_ = np.array(times), np.array(totals)
    usable = np.isfinite(times_)
    return totals_[usable], times_[usable] + (times_[1] - times_[0]) * 1e-9
