"""Loss laws in depth and width and whether they have an interior optimum."""

from typing import NamedTuple

import numpy as np

from ._numbers import Array, Numbers, Values, pair, plain, positive


class Optimum(NamedTuple):
    """Depth, width and loss at the optimum of one budget.

    Attributes:
        depth: Best depth (not rounded).
        width: Best width.
        loss: Loss above its floor.
    """

    depth: Values
    width: Values
    loss: Values


def power_mean_loss(
    depth: Numbers, width: Numbers, exponents: Numbers,
    coefficients: Numbers, mixing: Numbers = 1.0,
) -> Values:  # fmt: skip
    r"""Return $(A^{1/s}L^{-\alpha/s}+B^{1/s}d^{-\beta/s})^s$, the family between sum and product.

    $1/s=1$ is the additive law, $1/s\to0$ (with the factor $2^{-s}$ left out) the product law,
    which has no interior optimum; the frontier ratio is $\beta/\alpha$ for every $s<\infty$.

    Args:
        depth: $L > 0$.
        width: $d > 0$.
        exponents: $(\alpha,\beta)$.
        coefficients: $(A,B)$.
        mixing: $1/s$ in (0, 1].

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    logs = _log_terms(depth, width, exponents, coefficients)
    inverse = positive("mixing", mixing)
    return plain(np.exp(np.logaddexp(*(inverse * log for log in logs)) / inverse))


def bottleneck_loss(
    depth: Numbers, width: Numbers, exponents: Numbers,
    coefficients: Numbers,
) -> Values:  # fmt: skip
    r"""Return $\max(AL^{-\alpha},Bd^{-\beta})$: the optimum is the corner, with the same frontier.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    return plain(np.exp(np.maximum(*_log_terms(depth, width, exponents, coefficients))))


def exponential_depth_optimum(
    rate: Numbers, width_exponent: Numbers, coefficients: Numbers, budget: Numbers
) -> Optimum:
    r"""Minimise $Ae^{-cL}+Bd^{-\beta}$ at $N=Ld$: $L^*=\frac\beta c\ln d^*+O(\ln\ln d^*)$.

    Stationarity is $cL+\ln L-\beta\ln(N/L)=\ln\frac{Ac}{\beta B}+\ldots$, one root in $\ln L$.

    Args:
        rate: $c > 0$ per layer.
        width_exponent: $\beta > 0$.
        coefficients: $(A,B)$.
        budget: $N > 0$, any shape.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    from ._roots import falling_root

    c, beta = positive("rate", rate), positive("width_exponent", width_exponent)
    a, b = pair("coefficients", coefficients)
    total = positive("budget", budget)
    c, beta, total = np.broadcast_arrays(c, beta, total)

    def gain(log_depth: Array) -> Array:
        # ln(A c L e^{-cL}) - ln(beta B (L/N)^beta): falls once, at the optimum.
        width_term = np.log(beta * b) + beta * (log_depth - np.log(total))
        return np.log(a * c) + log_depth - c * np.exp(log_depth) - width_term

    # The gain may rise before it falls: start where it is largest, L = (1 - beta)/c if positive.
    low = np.log(np.maximum(1 - beta, 1e-9) / c)
    high = np.log((np.abs(gain(low)) + beta * np.abs(np.log(total)) + 50) * 4 / np.minimum(c, 1))
    depth = np.exp(falling_root(gain, low, np.maximum(high, low + 1)))
    width = total / depth
    loss = a * np.exp(-c * depth) + b * width**-beta
    return Optimum(plain(depth), plain(width), plain(loss))


def paper_step_optimum(
    time_exponent: Numbers, width_exponent: Numbers, coefficients: Numbers,
    budget: Numbers,
) -> Optimum:  # fmt: skip
    r"""Minimise $A(d/L)^{b/2}+Bd^{-\beta}$ at $N=Ld$: the reading with $\eta=(Ld)^{-1/2}$.

    Gradient-descent time is then $T=\sqrt{L/d}$ and $d^*\propto N^{b/(2(b+\beta))}$: one third
    iff $b=2\beta$. The loss then rises with width beyond $d\sim\sqrt L$, which decides.

    Args:
        time_exponent: $b > 0$ of the loss in $T$.
        width_exponent: $\beta > 0$.
        coefficients: $(A,B)$.
        budget: $N > 0$.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    b, beta = positive("time_exponent", time_exponent), positive("width_exponent", width_exponent)
    a, c = pair("coefficients", coefficients)
    total = positive("budget", budget)
    # At L = N/d the first term is A (d^2/N)^(b/2): A b d^b N^(-b/2) = beta B d^(-beta).
    logs = (np.log(beta * c / (a * b)) + 0.5 * b * np.log(total)) / (b + beta)
    width = np.exp(logs)
    depth = total / width
    loss = a * (width / depth) ** (b / 2) + c * width**-beta
    return Optimum(plain(depth), plain(width), plain(loss))


def strongly_convex_optimum(
    rate: Numbers, width_exponent: Numbers, coefficient: Numbers, budget: Numbers
) -> Optimum:
    r"""Minimise $e^{-\mu\sqrt{L/d}}+Bd^{-\beta}$ at $N=Ld$: $d^*\to N^{1/2}/\log N$, not $1/3$.

    Raises:
        InvalidValue: For an argument that is not positive.
    """
    from ._minimise import minimise_on_line

    mu, beta = positive("rate", rate), positive("width_exponent", width_exponent)
    b, total = positive("coefficient", coefficient), positive("budget", budget)
    mu, beta, b, total = np.broadcast_arrays(mu, beta, b, total)

    def loss(log_width: Array) -> Array:
        width = np.exp(log_width)
        return np.exp(-mu * np.sqrt(total) / width) + b * width**-beta

    top = 0.5 * np.log(total)
    log_width, best = minimise_on_line(loss, np.minimum(0.0, top), np.maximum(top, 1.0))
    width = np.exp(log_width)
    return Optimum(plain(total / width), plain(width), plain(best))


def _log_terms(
    depth: Numbers, width: Numbers, exponents: Numbers,
    coefficients: Numbers,
) -> tuple[Array, Array]:  # fmt: skip
    """Return the logarithms of the depth and the width term."""
    layers, size = positive("depth", depth), positive("width", width)
    alpha, beta = pair("exponents", exponents)
    a, b = pair("coefficients", coefficients)
    return np.log(a) - alpha * np.log(layers), np.log(b) - beta * np.log(size)
