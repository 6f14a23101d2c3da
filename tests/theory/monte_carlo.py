"""An independent reference: draw contexts and weights, apply an estimator, average."""

import numpy as np


class Estimate:
    """A mean with its standard error; `sees` compares it with a formula."""

    def __init__(self, values):
        values = np.asarray(values)
        self.mean = values.mean()
        self.error = values.std(ddof=1) / np.sqrt(values.size)

    def sees(self, value, *, errors=3.0, slack=0.0):
        """Whether `value` lies within so many standard errors, plus a relative slack."""
        return abs(self.mean - value) <= errors * self.error + slack * abs(value)

    def __repr__(self):
        return f"{self.mean:.5g} +- {self.error:.2g}"


def excess(estimator, k, covariance, prior, noise_var, *, draws=2000, seed=0):
    """Return the excess risk of `estimator(X, y) -> weights` over fresh contexts and tasks.

    The mean over the query is taken exactly.
    """
    generator = np.random.default_rng(seed)
    covariance, prior = np.asarray(covariance, float), np.asarray(prior, float)
    values = np.empty(draws)
    for draw in range(draws):
        x = generator.standard_normal((k, covariance.size)) * np.sqrt(covariance)
        w = generator.standard_normal(covariance.size) * np.sqrt(prior)
        y = x @ w + np.sqrt(noise_var) * generator.standard_normal(k)
        gap = estimator(x, y) - w
        values[draw] = gap @ (covariance * gap)
    return Estimate(values)


def ridge(penalty):
    """Return ridge regression with this diagonal (or scalar) penalty on X'X."""

    def fit(x, y):
        return np.linalg.solve(x.T @ x + np.diag(np.broadcast_to(penalty, x.shape[1])), x.T @ y)

    return fit


def least_squares(x, y):
    """Return minimum-norm least squares."""
    return np.linalg.lstsq(x, y, rcond=None)[0]


def descent(steps):
    """Return gradient descent on the mean squared error from zero."""

    def fit(x, y):
        w = np.zeros(x.shape[1])
        for step in steps:
            w = w + step * x.T @ (y - x @ w) / len(y)
        return w

    return fit


def descent_with_updates(steps, updates):
    """Return GD++ as layers act: labels and covariates change, the query beside them."""

    def fit(x, y):
        dims = x.shape[1]
        residual, rows, queries, w = y.copy(), x.copy(), np.eye(dims), np.zeros(dims)
        for step, update in zip(steps, updates, strict=True):
            w = w + step * queries @ rows.T @ residual / len(y)
            change = step * rows @ rows.T @ residual / len(y)
            covariance = rows.T @ rows / len(y)
            residual = residual - change
            rows = rows - update * rows @ covariance
            queries = queries - update * queries @ covariance
        return w

    return fit


def read_in(matrix, fit):
    """Return `fit` on covariates seen through a read-in map."""

    def through(x, y):
        return matrix.T @ fit(x @ matrix.T, y)

    return through
