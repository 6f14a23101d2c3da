"""Two resources at once: predicted surfaces, and the laws that describe them."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import (
    Numbers,
    Values,
    finite,
    one_spectrum,
    pair,
    paired,
    plain,
    positive,
    whole,
)
from .contexts import context_statistics
from .limits import width_context_limit
from .sampled import sampled_gradient_descent_risk


class Surface(NamedTuple):
    """Excess risk over two resources.

    Attributes:
        risk: First resource on the first axis.
        standard_error: Over drawn contexts or read-ins; 0 where exact.
        first: Sizes of the first resource.
        second: Sizes of the second.
    """

    risk: Float[np.ndarray, "first second"]
    standard_error: Float[np.ndarray, "first second"]
    first: np.ndarray
    second: np.ndarray


def depth_context_surface(
    depths: Numbers,
    contexts: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    noise_var: Numbers,
    tied: bool = True,
    *,
    num_draws: int = 64,
    seed: int = 0,
) -> Surface:
    r"""Return gradient descent at its best steps over depth and context, rotated tasks.

    Exact in the weights, averaged over drawn contexts. Without noise close to the sum of a
    depth and a context term; a product is refuted. With noise it follows Bayes once
    $L\eta$ reaches the early-stopping time.

    Args:
        depths: $L$.
        contexts: $k$.
        covariance_spectrum: $\lambda_i$.
        prior_spectrum: $\omega_i$.
        noise_var: $\sigma^2$.
        tied: One step for all layers.
        num_draws: Contexts per length.
        seed: Of the generator.

    Raises:
        InvalidValue: For sizes that are not whole, or spectra that do not fit.
    """
    layers, lengths = _sizes("depths", depths), _sizes("contexts", contexts)
    risk = np.empty((layers.size, lengths.size))
    error = np.empty_like(risk)
    for column, k in enumerate(lengths):
        stats = context_statistics(
            int(k), covariance_spectrum, prior_spectrum, num_draws=num_draws, seed=seed
        )
        found = sampled_gradient_descent_risk(layers, stats, noise_var, tied)
        risk[:, column], error[:, column] = found.risk, found.standard_error
    return Surface(risk, error, layers, lengths)


def depth_width_surface(
    depths: Numbers,
    ranks: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    *,
    num_draws: int = 32,
    seed: int = 0,
) -> Surface:
    r"""Return tied gradient descent over depth and read-in rank, rotated tasks, $k=\infty$.

    $e(r,L)=\mathrm{floor}(r)+\sum_jc_j(1-\eta\rho_j)^{2L}$ with $\rho_j$ the eigenvalues of the
    covariance in a random subspace; the second term ends at $L\gg r^\nu$.

    Args:
        depths: $L$.
        ranks: $r$, at most $D$.
        covariance_spectrum: $\lambda_i$.
        prior_spectrum: $\omega_i$.
        num_draws: Rotations.
        seed: Of the generator.

    Raises:
        InvalidValue: For sizes that are not whole, or ranks above the dimension.
    """
    layers, widths = _sizes("depths", depths), _sizes("ranks", ranks)
    lam, omega = paired(covariance_spectrum, prior_spectrum)
    dims = one_spectrum("covariance_spectrum", lam).size
    if widths.max() > dims or widths.min() < 1:
        raise InvalidValue(f"`ranks` must lie between 1 and {dims}. Got {widths.tolist()}.")
    risk = np.empty((layers.size, widths.size))
    error = np.empty_like(risk)
    for column, rank in enumerate(widths):
        frame = np.eye(int(rank), dims)
        stats = context_statistics(
            np.inf, lam, omega, read_in=frame, rotated=True, num_draws=num_draws, seed=seed
        )
        found = sampled_gradient_descent_risk(layers, stats, 0.0)
        risk[:, column], error[:, column] = found.risk, found.standard_error
    return Surface(risk, error, layers, widths)


def width_context_surface(
    ranks: Numbers, contexts: Numbers, signal_spectrum: Numbers, noise_var: Numbers
) -> Surface:
    r"""Return the width-limited Bayes risk over rank and context, isotropic or fixed covariance.

    Not additive: what the read-in misses acts as label noise on what it sees.

    Raises:
        InvalidValue: For sizes that are not whole, or a negative spectrum.
    """
    widths, lengths = _sizes("ranks", ranks), _sizes("contexts", contexts)
    found = width_context_limit(lengths, widths[:, None], signal_spectrum, noise_var)
    return Surface(np.asarray(found), np.zeros((widths.size, lengths.size)), widths, lengths)


def depth_width_law(
    depth: Numbers,
    read_in_rank: Numbers,
    exponents: Numbers,
    coefficients: Numbers,
    cut_off: Numbers,
) -> Values:
    r"""Return $c_1(4L)^{-\alpha}Q(\alpha,4bLr^{-\beta/\alpha})+c_2r^{-\beta}$.

    $Q$, the regularised upper incomplete gamma function, ends the depth term where the read-in
    has no smaller eigenvalues left; plain additive fits overestimate $\alpha$ without it.
    Homogeneous in $L/r^{\beta/\alpha}$, so that the frontier is the additive one.

    Args:
        depth: $L > 0$.
        read_in_rank: $r > 0$.
        exponents: $(\alpha,\beta)$ of depth and width.
        coefficients: $(c_1,c_2)$.
        cut_off: $b \ge 0$; 0 for the plain additive law.

    Raises:
        InvalidValue: For an argument outside its range.
    """
    from scipy.special import gammaincc

    layers, rank = positive("depth", depth), positive("read_in_rank", read_in_rank)
    alpha, beta = pair("exponents", exponents)
    one, two = pair("coefficients", coefficients)
    at = 4 * finite("cut_off", cut_off) * layers * rank ** (-beta / alpha)
    return plain(one * (4 * layers) ** -alpha * gammaincc(alpha, at) + two * rank**-beta)


def _sizes(name: str, value: Numbers) -> np.ndarray:
    """Return a list of whole sizes."""
    return np.atleast_1d(whole(name, value)).ravel()
