r"""Finite sizes exactly: statistics of drawn contexts, from which every spectral filter follows.

A context enters a label-linear predictor $x_q^\top A^\top g(S)Ah$ only through
$S=A\hat\Sigma A^\top$, $\hat\Sigma=X^\top X/k$, $h=X^\top y/k$. Averaged over weights, label
noise and query in closed form, its excess risk is a quadratic form in the values of $g$ at the
eigenvalues of $S$: contexts are drawn once, every depth, step and polynomial is then arithmetic.
"""

import dataclasses
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ._numbers import Numbers, finite, one_spectrum, one_whole
from ._wishart import random_rows, scaled_contexts

# Numbers in the widest temporary of one block of contexts.
_BLOCK = 1 << 22


@dataclasses.dataclass(frozen=True)
class ContextStatistics:
    r"""What $n$ drawn contexts tell about every spectral filter.

    In the residual $p=1-\mu g$ the risk of one context is
    $f+2b\cdot p+p^\top Mp+\sigma^2\,n\cdot g^2$; in the gains it is
    $S-2c\cdot g+g^\top Qg+\sigma^2\,n\cdot g^2$. The first form is the one stored: nothing
    cancels where the risk is small.

    Attributes:
        eigenvalues: $\mu$ of $S$, descending; only the $\min(k,r)$ that can differ from zero.
        floor: $f$, what remains after fitting the context exactly.
        cross: $b$.
        residual_quadratic: $M$.
        noise: $n$, per unit of label noise.
        signal_var: Excess risk of answering zero.
    """

    eigenvalues: Float[np.ndarray, "contexts rank"]
    floor: Float[np.ndarray, " contexts"]
    cross: Float[np.ndarray, "contexts rank"]
    residual_quadratic: Float[np.ndarray, "contexts rank rank"]
    noise: Float[np.ndarray, "contexts rank"]
    signal_var: float

    @property
    def linear(self) -> Float[np.ndarray, "contexts rank"]:
        r"""The linear coefficients $c=\mu(b+M1)$ of the risk in the gains."""
        return self.eigenvalues * (self.cross + self.residual_quadratic.sum(axis=-1))

    @property
    def quadratic(self) -> Float[np.ndarray, "contexts rank rank"]:
        r"""The quadratic coefficients $Q=\mu M\mu$ of the risk in the gains."""
        return self.eigenvalues[:, :, None] * self.residual_quadratic * self.eigenvalues[:, None]


class SampledRisk(NamedTuple):
    """A mean over drawn contexts.

    Attributes:
        risk: Mean excess risk.
        standard_error: Of that mean.
        top_share: Share of the mean that the worst 1 % of contexts carry (0.01 if all alike):
            far above a half, the mean hangs on contexts that a smaller sample would miss.
    """

    risk: float
    standard_error: float
    top_share: float


def context_statistics(
    num_context: Numbers,
    covariance_spectrum: Numbers,
    prior_spectrum: Numbers,
    *,
    read_in: Float[np.ndarray, "rank dims"] | None = None,
    rotated: bool = False,
    num_draws: Numbers = 512,
    seed: int = 0,
) -> ContextStatistics:
    r"""Draw Gaussian contexts and return the statistics of their read-in covariance.

    The cost does not grow with $k$ beyond $k=D$ (Bartlett decomposition of the Wishart law).
    Rotating covariance and prior together changes nothing without a read-in; with one,
    `rotated` draws a fresh orthogonal matrix for each context (no read-in fits them all).

    Args:
        num_context: $k \ge 1$; infinity for the exact covariance in every context.
        covariance_spectrum: $\lambda_i$, $D$ values.
        prior_spectrum: $\omega_i$, $D$ values.
        read_in: $A$, rank x dims; None for the identity.
        rotated: Whether each context has its own eigenbasis.
        num_draws: Contexts $n$; memory and time grow as $n\min(k,r)^2$.
        seed: Of the generator; the same seed draws the same contexts.

    Raises:
        InvalidValue: For spectra or a read-in that do not fit together, or counts below one.
    """
    k = np.inf if np.isinf(num_context) else one_whole("num_context", num_context, low=1)
    draws = one_whole("num_draws", num_draws, low=1)
    lam = one_spectrum("covariance_spectrum", covariance_spectrum)
    omega = one_spectrum("prior_spectrum", prior_spectrum)
    _check_shapes(lam, omega, read_in)
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // (lam.size * int(min(k, lam.size))))
    parts = []
    for start in range(0, draws, block):
        size = min(block, draws - start)
        maps = random_rows(read_in, lam.size, size if rotated else None, generator)
        rows = scaled_contexts(k, lam, size, generator)
        parts.append(_block_statistics(rows, k, lam, omega, maps))
    mu, floor, cross, quadratic, noise = (
        np.concatenate(arrays) for arrays in zip(*parts, strict=True)
    )
    return ContextStatistics(mu, floor, cross, quadratic, noise, signal_var=float(lam @ omega))


def filter_risk(
    stats: ContextStatistics,
    gains: Float[np.ndarray, "contexts rank"]
    | Callable[[Float[np.ndarray, "contexts rank"]], Float[np.ndarray, "contexts rank"]],
    noise_var: Numbers,
) -> SampledRisk:
    r"""Return the risk of a spectral filter over the drawn contexts.

    Args:
        stats: From `context_statistics`.
        gains: $g(\mu)$ at `stats.eigenvalues`, or the function $g$ itself.
        noise_var: $\sigma^2 \ge 0$.

    Raises:
        InvalidValue: For gains of another shape than the eigenvalues, or a negative noise.
    """
    values = gains(stats.eigenvalues) if callable(gains) else gains
    values = np.asarray(values, dtype=np.float64)
    if values.shape != stats.eigenvalues.shape:
        raise InvalidValue(
            f"`gains` must have one value per eigenvalue, {stats.eigenvalues.shape}. "
            f"Got shape {values.shape}."
        )
    residual = 1 - stats.eigenvalues * values
    return summarise(context_risks(stats, residual, values, float(finite("noise_var", noise_var))))


def context_risks(
    stats: ContextStatistics,
    residual: Float[np.ndarray, "contexts rank"],
    gains: Float[np.ndarray, "contexts rank"],
    noise_var: float,
) -> Float[np.ndarray, " contexts"]:
    """Return the risk of each context for a filter given as residual and gains."""
    with np.errstate(over="ignore", invalid="ignore"):
        bent = (stats.residual_quadratic @ residual[..., None])[..., 0]
        value = stats.floor + (residual * (2 * stats.cross + bent)).sum(axis=-1)
        return value + noise_var * (stats.noise * gains**2).sum(axis=-1)


def summarise(risks: Float[np.ndarray, " contexts"]) -> SampledRisk:
    """Return mean, standard error and the share of the worst 1 % of contexts."""
    size = risks.size
    mean = float(risks.mean())
    error = float(risks.std(ddof=1) / np.sqrt(size)) if size > 1 else float("inf")
    worst = np.sort(risks)[-max(1, size // 100) :].sum()
    return SampledRisk(mean, error, float(worst / (size * mean)) if mean > 0 else 0.0)


def _check_shapes(lam: np.ndarray, omega: np.ndarray, read_in: np.ndarray | None) -> None:
    """Say which of the shapes does not fit."""
    if lam.size != omega.size:
        raise InvalidValue(
            f"The two spectra must list the same modes. Got {lam.size} and {omega.size} of them."
        )
    if read_in is not None and (read_in.ndim != 2 or read_in.shape[1] != lam.size):
        raise InvalidValue(
            f"`read_in` must have one column per mode ({lam.size}). Got shape {read_in.shape}."
        )


def _block_statistics(
    rows: np.ndarray, k: float | int, lam: np.ndarray, omega: np.ndarray, maps: np.ndarray | None
) -> tuple[np.ndarray, ...]:
    r"""Return eigenvalues, floor, cross, quadratic and noise of one block of contexts.

    `rows` $R$ with $R^\top R=\hat\Sigma$ are as few as examples or dimensions.
    """
    mu, writes, reads = _channels(rows, maps)
    write_cov = (writes * lam) @ np.swapaxes(writes, 1, 2)
    quadratic = write_cov * ((reads * omega) @ np.swapaxes(reads, 1, 2))
    learnable = (writes * (lam * omega) * reads).sum(axis=-1)
    total = quadratic.sum(axis=-1)
    cross = learnable - total
    floor = lam @ omega - 2 * learnable.sum(axis=-1) + total.sum(axis=-1)
    if maps is None and mu.shape[1] == lam.size:
        cross, floor = np.zeros_like(cross), np.zeros_like(floor)  # exactly: every mode is seen
    noise = mu / k * np.einsum("nll->nl", write_cov)
    return mu, np.maximum(floor, 0.0), cross, quadratic, noise


def _channels(
    rows: np.ndarray, maps: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Return $\mu$ and, per eigenvector $u$ of $S$, where the filter writes and what it reads.

    It writes along $v=A^\top u$ and reads $w$ along $q=\hat\Sigma v/\mu$.
    """
    seen = rows if maps is None else rows @ np.swapaxes(maps, -1, -2)
    wide = seen.shape[1] < seen.shape[2]
    small = seen @ np.swapaxes(seen, 1, 2) if wide else np.swapaxes(seen, 1, 2) @ seen
    mu, vectors = np.linalg.eigh(small)
    mu, vectors = np.maximum(mu[:, ::-1], 0.0), np.swapaxes(vectors[..., ::-1], 1, 2)
    with np.errstate(divide="ignore"):
        inverse = np.where(mu > 0, 1 / np.sqrt(mu), 0.0)[..., None]
    right = inverse * (vectors @ seen) if wide else vectors
    if maps is None:
        return mu, right, right
    left = vectors if wide else inverse * (vectors @ np.swapaxes(seen, 1, 2))
    return mu, right @ maps, inverse * (left @ rows)
