"""Linear regression with a chosen spectrum: the task whose theory is known exactly."""

import dataclasses
import math
from types import ModuleType
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from .._checks import require
from .._identity import DERIVED
from .._types import Count, Key, Moments, MomentSequence, Real, as_real
from ..errors import InvalidValue
from ._base import Spectra, tasks
from ._functions import AbstractRegressionTask
from ._gaussian import sample_factor

Setting = Literal["iso", "fs", "rrs"]
InputScale = Literal["unit", "per-dim", "unit-width"]
Inputs = Literal["gaussian", "uniform"]
UNIT_WIDTH_VAR = 1.0 / 12.0  # of a coordinate uniform on (-1/2, 1/2)
# The eigendecomposition behind least squares costs D^3 a context.
LARGEST_LEAST_SQUARES = 32
LARGEST_POWER = 30  # of 10 among the prior's eigenvalues: their sums stay finite in 32 bits


class LinearLatent(NamedTuple):
    """One function of linear regression.

    Attributes:
        weights: The weights $w$, `(D,)`.
        mixing: `M` with $x = M z$ for standard normal $z$: `(D, D)`, or its diagonal `(D,)`.
    """

    weights: Array
    mixing: Array


@tasks.register("linear-regression")
class LinearRegression(AbstractRegressionTask):
    r"""$y_i = w \cdot x_i + \varepsilon_i$ with $x \sim N(0, \Sigma)$ and $w \sim N(0, \Omega)$.

    $\Sigma$ and $\Omega$ commute, with eigenvalues $\lambda_i$ and $\omega_i$. Settings:
    `iso`: $\lambda_i = 1$, $\omega_i = \tau/D$. `fs`: $\lambda_i = i^{-\nu}$ and
    $\lambda_i\omega_i \propto i^{-\nu\beta-1}$ in one basis for ever, so that a model can learn
    a preconditioner. `rrs`: the same spectrum in a basis drawn afresh for every context,
    so that it cannot.

    Scale: $E y^2 = \tau + \sigma^2$; see `signal_var` and `input_scale` for other conventions.
    Source: arXiv 2208.01066 and 2306.15063 for `iso`, 2510.01098 for `fs` and `rrs`.
    Bayes-optimal: ridge with the prior's spectrum; without noise its limit, which for `iso` is
    least squares.

    Attributes:
        num_dims: Dimension $D$ of covariates and weights.
        num_context: Labelled examples $k$ before the query.
        setting: `iso`, `fs` (fixed structure) or `rrs` (randomly rotated structure).
        capacity: $\nu > 0$, the decay of the covariance; None in the setting `iso`.
        source: $\beta > 0$, the decay of the signal; None in the setting `iso`.
        signal_var: $\tau = \mathrm{Var}(w \cdot x) = \sum_i \lambda_i\omega_i$. Unit-variance
            weights on unit coordinates (arXiv 2208.01066, 2306.15063) are `signal_var=num_dims`.
        noise_var: $\sigma^2$ of the label noise.
        input_scale: `unit`: $\lambda_1 = 1$. `per-dim`: $\Sigma$ divided by $D$ and $\Omega$
            multiplied by it, as in Lu et al. (arXiv 2405.11751), where $x \sim N(0, I/D)$.
            `unit-width`: likewise by 12, the variance of a uniform covariate on (-1/2, 1/2).
        inputs: `gaussian`, or `uniform` with the same covariance: with `unit-width` that is
            $x \sim U(-\frac12, \frac12)^D$, as the runs of arXiv 2212.07677 draw them (its text
            says U(-1, 1)). The theory's formulas are for Gaussian covariates.
        num_rotations: Haar rotations that contexts of `rrs` start from. Each context also
            permutes and reflects the axes at random: averaged over those, any matrix is a
            multiple of the identity, so no preconditioner pays however small the pool.

    Raises:
        InvalidValue: a size, variance or exponent is out of range, or does not fit the setting.
    """

    num_dims: int = eqx.field(static=True, default=10)
    num_context: Count = 20
    setting: Setting = eqx.field(static=True, default="iso")
    capacity: Real | None = eqx.field(default=None, converter=as_real)
    source: Real | None = eqx.field(default=None, converter=as_real)
    signal_var: Real = eqx.field(default=1.0, converter=as_real)
    noise_var: Real = eqx.field(default=0.0, converter=as_real)
    input_scale: InputScale = eqx.field(static=True, default="unit")
    num_rotations: int = eqx.field(static=True, default=64)
    inputs: Inputs = eqx.field(static=True, default="gaussian")
    rotations: Float[Array, "N D D"] | None = eqx.field(default=None, metadata=DERIVED)

    @property
    def gives_moments(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Whether moments are drawn directly: those of Gaussian covariates are."""
        return self.inputs == "gaussian"

    def __check_init__(self) -> None:
        """Refuse what has no meaning, with the value and the range."""
        _check_sizes(self)
        _check_spectrum(self)

    def prepare(self, generator: np.random.Generator) -> "LinearRegression":
        """Draw the pool of Haar rotations that the setting `rrs` starts from."""
        if self.setting != "rrs":
            return self
        square = generator.normal(size=(self.num_rotations, self.num_dims, self.num_dims))
        q, r = np.linalg.qr(square)
        # The signs of R's diagonal make the law of Q Haar (Mezzadri, math-ph/0609050).
        pool = q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[:, None, :]
        return dataclasses.replace(self, rotations=jnp.asarray(pool, jnp.float32))

    def sample_latent(self, key: Key) -> LinearLatent:
        """Draw the weights, and in the setting `rrs` the basis."""
        weight_key, basis_key = jax.random.split(key)
        covariance, prior = self._eigenvalues()
        weights = jnp.sqrt(prior) * jax.random.normal(weight_key, (self.num_dims,))
        if self.setting != "rrs":
            return LinearLatent(weights, jnp.sqrt(covariance))
        basis = self._draw_basis(basis_key)
        return LinearLatent(basis @ weights, basis * jnp.sqrt(covariance)[None, :])

    def sample_covariates(
        self, key: Key, latent: LinearLatent, num_points: int
    ) -> Float[Array, "P D"]:
        """Draw covariates of this function's covariance."""
        shape = (num_points, self.num_dims)
        if self.inputs == "uniform":  # of unit variance
            zs = jax.random.uniform(key, shape, minval=-(3.0**0.5), maxval=3.0**0.5)
        else:
            zs = jax.random.normal(key, shape)
        return _mix(latent.mixing, zs.T).T

    def evaluate(self, latent: LinearLatent, xs: Float[Array, "P D"]) -> Float[Array, " P"]:
        r"""Return $w \cdot x$."""
        return xs @ latent.weights

    def sample_moments(self, key: Key, latent: LinearLatent, num_queries: int) -> MomentSequence:
        r"""Draw $\hat\Sigma$ (Wishart), $h = \hat\Sigma w + X^\top\varepsilon/k$ and queries."""
        factor_key, noise_key, query_key, label_key = jax.random.split(key, 4)
        num_context = jnp.asarray(self.num_context, jnp.float32)
        scale = 1.0 / jnp.maximum(num_context, 1.0)
        noise_std = jnp.sqrt(jnp.asarray(self.noise_var))
        # F with F F^T = X^T X / k. Given X, X^T eps is normal with covariance sigma^2 X^T X.
        rows = latent.mixing if latent.mixing.ndim == 1 else jnp.ones(self.num_dims)
        factor = sample_factor(factor_key, self.num_context, rows * jnp.sqrt(scale))
        factor = factor if latent.mixing.ndim == 1 else latent.mixing @ factor
        covariance = factor @ factor.T
        noise = factor @ jax.random.normal(noise_key, (self.num_dims,))
        cross = covariance @ latent.weights + noise_std * jnp.sqrt(scale) * noise
        queries = _mix(latent.mixing, jax.random.normal(query_key, (self.num_dims, num_queries))).T
        targets = queries @ latent.weights
        labels = targets + noise_std * jax.random.normal(label_key, (num_queries,))
        return MomentSequence(Moments(covariance, cross, queries, num_context), labels, targets)

    def spectra(self) -> Spectra | None:
        """Return the eigenvalues as float64 arrays; None unless covariates are Gaussian."""
        if self.inputs != "gaussian":
            return None
        covariance, prior = self._eigenvalues(np)
        return Spectra(covariance, prior, float(self.noise_var), self.setting == "rrs")

    def references(self) -> dict[str, dict[str, Any]]:
        """Return ridge in a fixed basis with noise; if isotropic least squares.

        And averaging where covariates have variance 1, the only one at which it estimates.
        """
        covariance, prior = self._eigenvalues(np)
        isotropic = bool(np.ptp(covariance) == 0.0)
        found: dict[str, dict[str, Any]] = {}
        # Bayes whatever the law of covariates: the weights are Gaussian.
        if self.setting != "rrs" and float(self.noise_var) > 0:
            found["ridge"] = {"prior": prior, "noise_var": float(self.noise_var)}
        if isotropic and self.num_dims <= LARGEST_LEAST_SQUARES:
            found["least-squares"] = {}
        if isotropic and covariance[0] == 1.0 and self.num_context > 0:
            found["averaging"] = {}
        return found

    @property
    def bayes(self) -> str | None:
        """Return ridge, or its limit without noise, least squares, if isotropic."""
        name = "ridge" if float(self.noise_var) > 0 else "least-squares"
        return name if name in self.references() else None

    @property
    def input_var(self) -> float:
        """Return the largest variance of a covariate, the scale that step sizes go with."""
        return float(np.max(self._eigenvalues(np)[0]))

    def _draw_basis(self, key: Key) -> Float[Array, "D D"]:
        if self.rotations is None:
            raise InvalidValue("Draw from `task.prepare(generator)`: its rotations come first.")
        choice_key, axis_key, sign_key = jax.random.split(key, 3)
        choice = jax.random.randint(choice_key, (), 0, self.num_rotations)
        axes = jax.random.permutation(axis_key, self.num_dims)
        signs = jax.random.rademacher(sign_key, (self.num_dims,), dtype=jnp.float32)
        return self.rotations[choice, axes] * signs[:, None]

    def _eigenvalues(self, xp: ModuleType = jnp) -> tuple[Any, Any]:
        """Return `(lambda, omega)`, computed by JAX or, in float64, by NumPy."""
        index = xp.arange(1.0, self.num_dims + 1.0)
        if self.setting == "iso":
            covariance = signal = prior = xp.ones_like(index)
        else:
            decay = xp.asarray(self.capacity)
            tail = decay * self.source + 1.0
            covariance, signal = index**-decay, index**-tail
            # Not the quotient of the two, which is 0/0 where steep powers underflow.
            prior = index ** (decay - tail)
        scale = {"unit": 1.0, "per-dim": 1.0 / self.num_dims, "unit-width": UNIT_WIDTH_VAR}
        input_var = scale[self.input_scale]
        return covariance * input_var, prior * (self.signal_var / xp.sum(signal) / input_var)


def _mix(mixing: Array, columns: Float[Array, "D n"]) -> Float[Array, "D n"]:
    return mixing[:, None] * columns if mixing.ndim == 1 else mixing @ columns


def _check_sizes(task: LinearRegression) -> None:
    require("num_rotations", task.num_rotations, at_least=1)
    require("signal_var", task.signal_var, above=0)
    if task.inputs == "uniform" and task.setting == "rrs":
        raise InvalidValue(
            "Uniform covariates have no rotated setting: rotated, they are not uniform. "
            "Use `inputs`='gaussian', or the setting 'iso' or 'fs'."
        )


def _check_spectrum(task: LinearRegression) -> None:
    for name in ("capacity", "source"):
        value = getattr(task, name)
        if task.setting == "iso" and value is not None:
            raise InvalidValue(
                f"`{name}`={value} has no meaning in the setting 'iso', whose spectrum is flat. "
                f"Leave it out, or choose the setting 'fs' or 'rrs'."
            )
        if task.setting != "iso" and value is None:
            raise InvalidValue(
                f"The setting {task.setting!r} has a power-law spectrum: give `{name}`, above 0."
            )
        if value is not None:
            require(name, value, above=0)
    _check_prior(task)


def _check_prior(task: LinearRegression) -> None:
    nu, beta = task.capacity, task.source
    if not isinstance(nu, float) or not isinstance(beta, float):
        return
    if (nu * (1.0 - beta) - 1.0) * math.log10(task.num_dims) > LARGEST_POWER:
        raise InvalidValue(
            f"The variance of the last of {task.num_dims} weights is about its index to the power "
            f"{nu * (1.0 - beta) - 1.0:.3g}, too large for 32 bits. Lower `capacity`={nu}, raise "
            f"`source`={beta}, or lower `num_dims`."
        )
