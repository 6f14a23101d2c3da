"""What every formula does with its arguments: check them, broadcast them, hand floats back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue

# What a formula takes for one of its variables, and what it gives back: a number for numbers,
# an array of the broadcast shape for arrays.
Numbers = float | int | np.ndarray | np.generic | Sequence
Values = float | np.ndarray
if TYPE_CHECKING:
    Array = np.ndarray
else:
    # Arithmetic on zero-dimensional arrays gives NumPy scalars, which behave as arrays.
    Array = np.ndarray | np.generic


def real(name: str, value: Numbers, *, low: float | int = 0.0, high: float | int = np.inf) -> Array:
    """Return `value` as float64, or raise `InvalidValue` if any of it is not in [low, high]."""
    array = _float64(name, value)
    if not np.all((array >= low) & (array <= high)):  # catches NaN as well
        worst = array[~((array >= low) & (array <= high))].flat[0]
        raise InvalidValue(
            f"`{name}` must be between {low:g} and {high:g}. Got {worst:g}; "
            "change it or leave that entry out."
        )
    return array


def finite(name: str, value: Numbers, *, low: float | int = 0.0) -> Array:
    """Return `value` as float64 of at least `low`, infinity refused."""
    array = real(name, value, low=low)
    if not np.all(np.isfinite(array)):
        raise InvalidValue(f"`{name}` must be finite. Got {array.max()}; give a large number.")
    return array


def positive(name: str, value: Numbers) -> Array:
    """Return `value` as float64, finite and above zero."""
    array = finite(name, value)
    if not np.all(array > 0):
        raise InvalidValue(f"`{name}` must be positive. Got {array.min():g}.")
    return array


def pair(name: str, value: Numbers) -> tuple[float, float]:
    """Return two positive numbers."""
    array = positive(name, value)
    if array.shape != (2,):
        raise InvalidValue(f"`{name}` must be two numbers. Got {array.tolist()}.")
    return float(array[0]), float(array[1])


def whole(name: str, value: Numbers, *, low: int = 0) -> np.ndarray:
    """Return `value` as integers of at least `low`; 2.0 is one (to rounding), 2.5 is not."""
    array = finite(name, value, low=low)
    nearest = np.rint(array)
    if np.any(np.abs(array - nearest) > 1e-9 * nearest):
        worst = array[np.abs(array - nearest) > 1e-9 * nearest].flat[0]
        raise InvalidValue(f"`{name}` counts something: it must be a whole number. Got {worst:g}.")
    return np.asarray(nearest).astype(np.int64)


def one_whole(name: str, value: Numbers, *, low: int = 0) -> int:
    """Return one whole number, or say that an array does not fit here."""
    array = whole(name, value, low=low)
    if array.ndim:
        raise InvalidValue(f"`{name}` must be one number here. Got shape {array.shape}.")
    return int(array)


def spectrum(name: str, value: Numbers) -> Array:
    """Return a spectrum (modes on the last axis), finite and not negative."""
    array = finite(name, value)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise InvalidValue(f"`{name}` must list one value per mode. Got {array.tolist()}.")
    return array


def one_spectrum(name: str, value: Numbers) -> Float[np.ndarray, " modes"]:
    """Return a spectrum without batch axes."""
    array = spectrum(name, value)
    if array.ndim != 1:
        raise InvalidValue(f"`{name}` must be one spectrum here. Got shape {array.shape}.")
    return array


def paired(covariance_spectrum: Numbers, prior_spectrum: Numbers) -> tuple[Array, Array]:
    """Return two spectra over the same modes, or say that their lengths differ."""
    covariance = spectrum("covariance_spectrum", covariance_spectrum)
    prior = spectrum("prior_spectrum", prior_spectrum)
    if covariance.shape[-1] != prior.shape[-1]:
        raise InvalidValue(
            "The two spectra must list the same modes in the same order. "
            f"Got {covariance.shape[-1]} and {prior.shape[-1]} of them."
        )
    return covariance, prior


def increasing(name: str, value: Numbers) -> Float[np.ndarray, " sizes"]:
    """Return a one-dimensional list of positive sizes, each above the one before."""
    array = np.atleast_1d(positive(name, value))
    if array.ndim != 1 or array.size < 2 or not np.all(np.diff(array) > 0):
        raise InvalidValue(
            f"`{name}` must list at least two sizes in increasing order. Got {array.tolist()}."
        )
    return array


def plain(array: np.ndarray | np.generic) -> Values:
    """Return a Python float for a zero-dimensional result, the array itself otherwise."""
    return float(array) if array.ndim == 0 else np.asarray(array)


def _float64(name: str, value: Numbers) -> Array:
    """Return `value` as a float64 array, or say that it is not numeric."""
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"`{name}` must be a number or an array. Got {value!r}.") from error
