r"""Depth on a given spectrum in an unbounded context: the depth law of rotated tasks.

At $k=\infty$ every context shows its exact covariance, so that the excess risk of a filter is
$\sum_is_ip(\lambda_i)^2$ whatever the rotation.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ._numbers import Numbers, Values, one_spectrum, one_whole, plain, positive, whole
from ._objective import FilterObjective, best_polynomials
from ._steps import best_free, best_tied
from .gradient_descent import GradientDescentRisk
from .spectra import Spectra


class KrylovBound(NamedTuple):
    r"""Best residual polynomials of one spectrum, by degree.

    Attributes:
        risks: Excess risk of degrees $0..L$.
        total_steps: $-p'(0)$ of each.
    """

    risks: Float[np.ndarray, " degrees"]
    total_steps: Float[np.ndarray, " degrees"]


def spectral_descent_risk(
    depth: Numbers, covariance_spectrum: Numbers, signal_spectrum: Numbers, tied: bool = True
) -> GradientDescentRisk:
    r"""Return $\min_\eta\sum_is_i\prod_\ell(1-\eta_\ell\lambda_i)^2$ and the optimal steps.

    For $\lambda_i=i^{-\nu}$ and source $\beta$ the tied risk falls as $L^{-\beta}$ with
    $\eta^*\to2/\lambda_1$ from below.

    Args:
        depth: $L$; several tied depths at once.
        covariance_spectrum: $\lambda_i$.
        signal_spectrum: $s_i$ over the same modes.
        tied: One step for all layers, or one for each (steps then on the last axis).

    Raises:
        InvalidValue: For a depth that is not a whole number, or spectra that do not fit.
    """
    objective = spectral_objective(covariance_spectrum, signal_spectrum)
    if not tied:
        found = best_free(objective, one_whole("depth", depth))[-1]
        return GradientDescentRisk(found.risk, found.steps)
    depths = whole("depth", depth)
    best = {int(one): best_tied(objective, int(one)) for one in np.unique(depths)}
    risk = np.array([best[int(one)].risk for one in depths.ravel()]).reshape(depths.shape)
    steps = np.array([best[int(one)].steps[0] for one in depths.ravel()]).reshape(depths.shape)
    return GradientDescentRisk(plain(risk), plain(steps))


def krylov_bound(
    depth: Numbers, covariance_spectrum: Numbers, signal_spectrum: Numbers
) -> KrylovBound:
    r"""Return the best residual polynomial of each degree up to $L$ for one known spectrum.

    A lower bound for label-linear attention with frozen covariates; falls as $L^{-(2+\nu)\beta}$
    on $\lambda_i=i^{-\nu}$, because roots may sit on single eigenvalues.

    Raises:
        InvalidValue: For a depth that is not a whole number, or spectra that do not fit.
    """
    objective = spectral_objective(covariance_spectrum, signal_spectrum)
    best = best_polynomials(objective, one_whole("depth", depth), np.zeros(1))
    return KrylovBound(best.risks, best.gains[:, -1])


def smeared_polynomial_risk(depth: Numbers, source: Numbers) -> Values:
    r"""Return $[\Gamma(\beta+1)\Gamma(L+1)/\Gamma(L+\beta+1)]^2\sim\Gamma(\beta+1)^2L^{-2\beta}$.

    The best polynomial under the density $\beta\lambda^{\beta-1}$ on $[0,1]$: untied depth on
    a spectrum that finite contexts have smeared.

    Args:
        depth: $L \ge 0$.
        source: $\beta > 0$.

    Raises:
        InvalidValue: For a depth that is not a whole number, or a source that is not positive.
    """
    from scipy.special import beta as euler_beta

    layers, beta = whole("depth", depth), positive("source", source)
    return plain((beta * euler_beta(beta, layers + 1.0)) ** 2)


def smeared_spectra(source: Numbers, num_modes: Numbers) -> Spectra:
    r"""Return Gauss-Jacobi nodes and weights of the density $\beta\lambda^{\beta-1}$ as spectra.

    Exact for residual polynomials of degree below `num_modes`.

    Raises:
        InvalidValue: For a source that is not positive, or no modes.
    """
    from scipy.special import roots_jacobi

    beta = float(positive("source", source))
    nodes, weights = roots_jacobi(one_whole("num_modes", num_modes, low=1), 0.0, beta - 1)[:2]
    covariance, signal = (nodes[::-1] + 1) / 2, weights[::-1] / weights.sum()
    return Spectra(covariance, signal, signal / covariance)


def spectral_objective(covariance_spectrum: Numbers, signal_spectrum: Numbers) -> FilterObjective:
    """Return the risk of a filter on one spectrum, without label noise."""
    from ._numbers import paired

    lam, s = paired(covariance_spectrum, signal_spectrum)
    lam, s = one_spectrum("covariance_spectrum", lam), one_spectrum("signal_spectrum", s)
    return FilterObjective(lam, 0.0, np.zeros(lam.size), np.sqrt(s), np.empty((0, lam.size)))
