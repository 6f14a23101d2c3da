"""Whether anything changes along the scale: the shape against a constant, and seeds agreeing."""

import numpy as np
from jaxtyping import Float
from scipy import stats

from ._data import FEWEST_SEEDS, Points

DEGREE = 3  # contrasts of the scale: as many as a step has parameters besides its level
REACH = 0.5  # share of the logarithmic range that a seed must cover to have contrasts
EXACT = 1e-20  # scatter, as a share of what is explained, below which a fit is exact


def p_flat(data: Points, squares: float) -> float:
    """Return the p-value that the order parameter does not change along the scale.

    An F test of the shape against a constant, over values. Values of one seed are no
    independent witnesses, however: where there are seeds, they must agree as well, and the
    larger of both p-values counts.

    Args:
        data: Of one system.
        squares: What the shape leaves.
    """
    dof = len(data.order) - 4
    if dof < 1:
        return 0.0
    total = float(((data.order - data.order.mean()) ** 2).sum())
    p_shape = _p_of_f(max(total - squares, 0.0) / 3, squares / dof, dofs=(3.0, float(dof)))
    if not data.clustered:
        return p_shape
    contrasts = _contrasts(data)
    return p_shape if contrasts is None else max(p_shape, p_agree(contrasts))


def p_agree(contrasts: Float[np.ndarray, "seeds k"]) -> float:
    r"""Return the p-value that the contrasts of seeds have mean zero.

    Their mean square over seeds against their scatter, summed over contrasts: an F whose degrees
    of freedom are multiplied by $({\rm tr}\,S)^2/{\rm tr}\,S^2$ of the covariance $S$ of seeds
    (Box; Greenhouse and Geisser), which is 1 where seeds differ in one direction only.
    """
    count = len(contrasts)
    covariance = np.atleast_2d(np.cov(contrasts, rowvar=False))
    scatter = float(np.trace(covariance))
    between = float(count * (contrasts.mean(axis=0) ** 2).sum())
    effective = scatter**2 / max(float((covariance**2).sum()), 1e-300) if scatter > 0 else 1.0
    return _p_of_f(between, scatter, dofs=(effective, effective * (count - 1)))


def _p_of_f(explained: float, rest: float, *, dofs: tuple[float, float]) -> float:
    if rest <= EXACT * explained:
        return 0.0
    return float(stats.f.sf(explained / rest, *dofs)) if rest > 0 else 1.0


def _contrasts(data: Points) -> Float[np.ndarray, "seeds k"] | None:
    """Return how every seed bends along the logarithm of the scale, its level left out.

    Coefficients of polynomials that are orthonormal over all rows. None where fewer than three
    seeds have scales enough: then a seed is no curve, and rows are all there is.
    """
    x = np.log(data.scale)
    degree = min(DEGREE, len(data.distinct) - 1)
    basis, triangle = np.linalg.qr(np.vander((x - x.mean()) / np.ptp(x), degree + 1)[:, ::-1])
    del triangle
    found = []
    for seed in range(data.num_seeds):
        own = data.seed == seed
        spread = np.ptp(x[own])
        if len(np.unique(x[own])) > degree and spread >= REACH * np.ptp(x):
            found.append(np.linalg.lstsq(basis[own], data.order[own], rcond=None)[0][1:])
    return np.array(found) if len(found) >= FEWEST_SEEDS else None
