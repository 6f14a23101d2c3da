"""Resampling contexts: every estimate is a sum over contexts, reweighted."""

import numpy as np
from jaxtyping import Float


def bootstrap_weights(count: int, num_draws: int, seed: int = 0) -> Float[np.ndarray, "draws n"]:
    """Return how often each of `count` contexts is drawn, one row per resample."""
    generator = np.random.default_rng([seed, count])
    return generator.multinomial(count, np.full(count, 1.0 / count), num_draws).astype(np.float64)


def interval(draws: Float[np.ndarray, " draws"]) -> tuple[float, float]:
    """Return the central 95 % of the draws."""
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)
