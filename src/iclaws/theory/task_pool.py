r"""One layer of linear attention pretrained on a finite pool of tasks, exact at every size.

For tasks with second moment $R=\frac1M\sum_mw_mw_m^\top$ the mean labelled covariate $h$ has
$\mathbb E\,hh^\top=B(R)=(1+\frac1k)R+\frac{\mathrm{tr}R+\sigma^2}kI$ and $\mathbb E\,wh^\top=R$
(isotropic covariates), so that pretraining without end on the pool ends at $\Gamma=R\,B(R)^{-1}$.
New tasks are then answered with the risk $\mathrm{tr}\,\Gamma B(R_0)\Gamma^\top
-2\,\mathrm{tr}\,\Gamma R_0+\mathrm{tr}\,R_0$, $R_0=\frac\tau DI$. As the sizes grow this is the
limit of unlimited data of `finite_pretraining_errors`.
"""

from typing import NamedTuple

import numpy as np

from ._numbers import Numbers, finite, one_whole, positive


class TaskPoolRisk(NamedTuple):
    """Mean risks over drawn pools.

    Attributes:
        fresh_tasks: Excess risk on new tasks.
        fresh_tasks_se: Its standard error, over pools.
        pretrain_tasks: Excess risk on the tasks of the pool.
        pretrain_tasks_se: Its standard error.
        spread: Standard deviation of the first over pools: what seeds differ by.
    """

    fresh_tasks: float
    fresh_tasks_se: float
    pretrain_tasks: float
    pretrain_tasks_se: float
    spread: float


def task_pool_risk(
    num_context: Numbers,
    num_tasks: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers,
    *,
    num_draws: int = 200,
    seed: int = 0,
) -> TaskPoolRisk:
    r"""Return both excess risks of the optimum for a pool of $M$ Gaussian tasks.

    Args:
        num_context: $k \ge 1$.
        num_tasks: $M \ge 1$.
        num_dims: $D$.
        signal_var: $\tau$.
        noise_var: $\sigma^2 \ge 0$.
        num_draws: Pools.
        seed: Of the generator.

    Raises:
        InvalidValue: For counts that are not whole or variances out of range.
    """
    context = one_whole("num_context", num_context, low=1)
    tasks, dims = one_whole("num_tasks", num_tasks, low=1), one_whole("num_dims", num_dims, low=1)
    tau, noise = float(positive("signal_var", signal_var)), float(finite("noise_var", noise_var))
    draws = one_whole("num_draws", num_draws, low=2)
    pools = np.random.default_rng(seed).standard_normal((draws, tasks, dims)) * np.sqrt(tau / dims)
    # Only the eigenvalues of R matter: everything commutes with it.
    singular = np.linalg.svd(pools, compute_uv=False) ** 2 / tasks
    eigen = np.zeros((draws, dims))
    eigen[:, : singular.shape[1]] = singular
    trace = eigen.sum(axis=1, keepdims=True)
    gain = eigen / np.maximum((1 + 1 / context) * eigen + (trace + noise) / context, 1e-300)
    fresh = _risk(gain, np.full((draws, dims), tau / dims), context, noise)
    seen = _risk(gain, eigen, context, noise)
    root = np.sqrt(draws)
    return TaskPoolRisk(
        float(fresh.mean()),
        float(fresh.std(ddof=1) / root),
        float(seen.mean()),
        float(seen.std(ddof=1) / root),
        float(fresh.std(ddof=1)),
    )


def _risk(gain: np.ndarray, tasks: np.ndarray, context: int, noise: float) -> np.ndarray:
    trace = tasks.sum(axis=1, keepdims=True)
    read = (1 + 1 / context) * tasks + (trace + noise) / context
    return (gain**2 * read - 2 * gain * tasks + tasks).sum(axis=1)
