"""Width: what a read-in of limited rank loses, at unbounded context and depth."""

import numpy as np

from ._fixed_point import self_consistent
from ._numbers import Numbers, Values, finite, paired, plain, positive, spectrum, whole


def random_read_in_risk(
    read_in_rank: Numbers, covariance_spectrum: Numbers, signal_spectrum: Numbers
) -> Values:
    r"""Return what a random read-in of rank $r$ loses on rotated tasks.

    $\sum s_i\frac\kappa{\lambda_i+\kappa}$ with $\sum\frac{\lambda_i}{\lambda_i+\kappa}=r$: a
    fixed read-in sees rotated tasks through a random subspace. A deterministic equivalent,
    within 1 % of Monte Carlo for $r\ge32$; falls as $r^{-\nu\min(\beta,1)}$.

    Args:
        read_in_rank: $r \ge 0$.
        covariance_spectrum: $\lambda_i$, modes on the last axis.
        signal_spectrum: $s_i$ over the same modes.

    Raises:
        InvalidValue: For a negative argument, or spectra of unequal length.
    """
    rank = finite("read_in_rank", read_in_rank)
    lam, s = paired(covariance_spectrum, signal_spectrum)
    # With v = r kappa this is the self-consistency of minimum-norm regression on r examples.
    v = self_consistent(rank, lam, np.zeros(()))[..., None]
    weight = rank[..., None] * lam
    with np.errstate(divide="ignore", invalid="ignore"):
        lost = np.where(weight > 0, v / (weight + v), 1.0)
    return plain((s * lost).sum(axis=-1))


def best_read_in_risk(read_in_rank: Numbers, signal_spectrum: Numbers) -> Values:
    r"""Return $F_r$, the signal outside the $r$ best modes: the best read-in at fixed covariance.

    Args:
        read_in_rank: $r \ge 0$, whole, any shape.
        signal_spectrum: $s_i$ in any order, modes on the last axis.

    Raises:
        InvalidValue: For a rank that is not a whole number, or a negative spectrum.
    """
    rank, s = whole("read_in_rank", read_in_rank), spectrum("signal_spectrum", signal_spectrum)
    # Tails summed from the small end keep their digits.
    ascending = np.sort(s, axis=-1)
    tails = np.concatenate([np.zeros((*s.shape[:-1], 1)), np.cumsum(ascending, axis=-1)], axis=-1)
    left = np.maximum(s.shape[-1] - rank, 0)
    if s.ndim == 1:
        return plain(tails[left])
    shape = np.broadcast_shapes(rank.shape, s.shape[:-1])
    tails = np.broadcast_to(tails, (*shape, tails.shape[-1]))
    left = np.broadcast_to(left, shape)[..., None]
    return plain(np.take_along_axis(tails, left, axis=-1)[..., 0])


def isotropic_read_in_risk(read_in_rank: Numbers, num_dims: Numbers, signal_var: Numbers) -> Values:
    r"""Return $\tau(1-r/D)_+$: at isotropic covariance every read-in of rank $r$ is as good.

    Raises:
        InvalidValue: For a negative argument.
    """
    rank, dims = finite("read_in_rank", read_in_rank), positive("num_dims", num_dims)
    return plain(finite("signal_var", signal_var) * np.maximum(0.0, 1 - rank / dims))
