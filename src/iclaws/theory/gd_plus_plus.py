r"""GD++ (covariates updated between layers): exponential in depth where GD is a power law."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._covariate_updates import best_updates, polynomial_degree
from ._numbers import Numbers, finite, one_whole, paired, positive
from ._objective import FilterObjective, best_polynomials
from .depth import polynomial_bound
from .gradient_descent import isotropic_objective

_DEEPEST = 5


class GDPlusPlusRisk(NamedTuple):
    r"""GD++ at its best scalars, beside what its degree allows.

    Attributes:
        risk: Excess risk at the best scalars found.
        bound: Risk of the best polynomial of degree $(3^L-1)/2$, a lower bound.
        steps: $\eta_\ell$.
        updates: $\zeta_\ell$ of the covariates; the last one acts on nothing and is 0.
    """

    risk: float
    bound: float
    steps: Float[np.ndarray, " layers"]
    updates: Float[np.ndarray, " layers"]


def gd_plus_plus_risk(
    depth: Numbers,
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    tied: bool = False,
) -> GDPlusPlusRisk:
    """Return the risk of GD++ at isotropic covariance, proportional limit, up to five layers.

    Args:
        depth: Layers, 0 to 5 (beyond, the bound is at Bayes to rounding).
        num_context: Labelled examples.
        num_dims: Task dimension.
        signal_var: Variance of the signal.
        noise_var: Variance of the label noise.
        tied: One pair of scalars for all layers.

    Raises:
        InvalidValue: For a depth out of range, or a negative argument.
    """
    layers = _layers(depth)
    k, dims = float(positive("num_context", num_context)), float(positive("num_dims", num_dims))
    tau, noise = float(finite("signal_var", signal_var)), float(finite("noise_var", noise_var))
    degree = polynomial_degree(layers)
    bound = float(polynomial_bound(degree, k, dims, tau, noise).risk)
    objective = isotropic_objective(max(1, degree), dims / k, tau, noise)
    best = best_updates(objective, layers, tied=tied)[-1]
    return GDPlusPlusRisk(best.risk, bound, best.steps, best.updates)


def gd_plus_plus_spectrum_risk(
    depth: Numbers,
    covariance_spectrum: Numbers,
    signal_spectrum: Numbers,
    *,
    tied: bool = False,
) -> GDPlusPlusRisk:
    r"""Return the risk of GD++ on a given spectrum in an unbounded context ($k=\infty$).

    Args:
        depth: Layers, 0 to 5.
        covariance_spectrum: $\lambda_i$.
        signal_spectrum: $s_i$ over the same modes.
        tied: One pair of scalars for all layers.

    Raises:
        InvalidValue: For a depth out of range, or spectra that do not fit together.
    """
    layers = _layers(depth)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    objective = FilterObjective(lam, 0.0, np.zeros(lam.size), np.sqrt(s), np.zeros(lam.size))
    bound = best_polynomials(objective, polynomial_degree(layers), np.empty(0)).risks[-1]
    best = best_updates(objective, layers, tied=tied)[-1]
    return GDPlusPlusRisk(best.risk, float(bound), best.steps, best.updates)


def _layers(depth: Numbers) -> int:
    """Return the depth, refused beyond what its degree makes computable."""
    layers = one_whole("depth", depth)
    if layers > _DEEPEST:
        raise InvalidValue(
            f"GD++ is computed for up to {_DEEPEST} layers (degree 121). Got {layers}; "
            "use `depth_recursion` at degree (3^L - 1)/2 for the bound."
        )
    return layers
