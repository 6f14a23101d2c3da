"""Which baselines a point is compared with."""

import jax.numpy as jnp
import numpy as np

from ..baselines.averaging import Averaging
from ..baselines.gd_plus_plus import GDPlusPlus
from ..baselines.gradient_descent import GradientDescent
from ..baselines.least_squares import LeastSquares
from ..baselines.ridge import Ridge
from ..baselines.zero import Zero
from ..models import AbstractModel
from .expectations import expect
from .point import Point

# Steps of size zero change nothing: one length serves every depth with one compiled program.
PADDED_DEPTH = 32
# The eigendecomposition behind least squares costs D^3 a context.
LARGEST_LEAST_SQUARES = 32


def references(point: Point) -> dict[str, AbstractModel]:
    """Return the baselines of a point, by name.

    Always zero. For linear regression in a fixed basis the Bayes estimator (ridge; least squares
    without noise, if isotropic), averaging where covariates are isotropic, and gradient
    descent (or GD++) of the model's own depth at the steps that theory finds best.
    """
    found: dict[str, AbstractModel] = {"zero": Zero()}
    spectra, num_dims = point.task.spectra(), point.task.num_dims
    if spectra is None:
        return found
    isotropic = bool(np.ptp(spectra.covariance) == 0.0)
    if not spectra.rotated and spectra.noise_var > 0:
        prior = jnp.asarray(spectra.prior, jnp.float32)
        found["ridge"] = Ridge(prior, jnp.asarray(spectra.noise_var, jnp.float32))
    if isotropic and num_dims <= LARGEST_LEAST_SQUARES:
        found["least-squares"] = LeastSquares()
    if isotropic and point.task.num_context > 0:
        found["averaging"] = Averaging()
    steps, shrinkage = expect(point).steps, expect(point).shrinkage
    if steps is not None and shrinkage is None:
        found["gradient-descent"] = GradientDescent(_padded(steps))
    elif steps is not None and shrinkage is not None:
        found["gd-plus-plus"] = GDPlusPlus(_padded(steps), _padded(shrinkage))
    return found


def _padded(values: np.ndarray) -> jnp.ndarray:
    length = PADDED_DEPTH * -(-len(values) // PADDED_DEPTH)
    return jnp.asarray(np.pad(values, (0, length - len(values))), jnp.float32)
