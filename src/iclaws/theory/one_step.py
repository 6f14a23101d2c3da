"""One gradient step on covariates with independent coordinates that need not be Gaussian."""

from typing import NamedTuple

from ._numbers import Numbers, Values, finite, plain, positive


class OneStep(NamedTuple):
    r"""The best single step.

    Attributes:
        risk: Excess risk at the best step.
        step_size: $\eta$, of the mean gradient, in units of the covariates as they are.
    """

    risk: Values
    step_size: Values


def one_step_risk(
    num_context: Numbers,
    num_dims: Numbers,
    signal_var: Numbers,
    noise_var: Numbers = 0.0,
    *,
    kurtosis: Numbers = 3.0,
    input_var: Numbers = 1.0,
) -> OneStep:
    r"""Return the risk of one GD step from zero at its best step size.

    This is also the optimum of one layer of linear self-attention (arXiv 2212.07677). With
    $E\,\mathrm{tr}\hat\Sigma^2 = d\,v^2\,[1 + (d - 2 + \kappa_4)/k]$, the best step is
    $\eta v = [1 + (d-2+\kappa_4)/k + d\sigma^2/(k\tau)]^{-1}$ and the risk $\tau(1-\eta v)$: for
    Gaussian covariates without noise $\tau(d+1)/(k+d+1)$.

    Args:
        num_context: $k \ge 1$.
        num_dims: $d$.
        signal_var: $\tau$, variance of $w \cdot x$ under isotropic weights.
        noise_var: $\sigma^2$.
        kurtosis: $\kappa_4 = E z^4$ of a coordinate scaled to unit variance: 3 for a Gaussian,
            9/5 for a uniform one.
        input_var: $v$, variance of a coordinate.

    Raises:
        InvalidValue: For an argument out of range.
    """
    k, dims = positive("num_context", num_context), positive("num_dims", num_dims)
    tau, noise = positive("signal_var", signal_var), finite("noise_var", noise_var)
    fourth = finite("kurtosis", kurtosis, low=1.0)
    spread = (dims - 2.0 + fourth + dims * noise / tau) / k
    risk = tau * spread / (1.0 + spread)
    return OneStep(plain(risk), plain(1.0 / (positive("input_var", input_var) * (1.0 + spread))))
