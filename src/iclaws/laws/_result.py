"""A law with its parameters, the noise model they were fitted under, and what to ask of it."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InvalidValue
from . import _table
from ._base import AbstractLaw
from ._jacobian import Identification
from ._losses import Huber, log_likelihood, profile_scale, scaled_negative_log_likelihood
from ._problem import Problem
from ._search import Found, residuals_at
from ._status import FAILED, FitStatus

if TYPE_CHECKING:
    from ._allocate import Allocation
    from ._bootstrap import Bootstrap
    from ._noise import NoiseParts
    from ._profile import Profile


@dataclasses.dataclass(frozen=True, eq=False)
class Fit:
    """What a fit found.

    Attributes:
        problem: The law with its data.
        found: The optimum in the optimiser's coordinates; None if there was too little data.
        identification: Rank, condition and trade-offs; None likewise.
        status: How the fit ended.
        notes: Sentences a reader should see: terms that vanished, parameters that trade off,
            duplicates in the data.
        noise: The two parts of the noise where standard errors told them apart, else None.
    """

    problem: Problem
    found: Found | None
    identification: Identification | None
    status: FitStatus
    notes: tuple[str, ...] = ()
    noise: "NoiseParts | None" = None

    @classmethod
    def failed(cls, problem: Problem, status: FitStatus, note: str) -> "Fit":
        """Return a fit without numbers."""
        return cls(problem, None, None, status, (note,))

    @property
    def law(self) -> AbstractLaw:
        """Return the law."""
        return self.problem.law

    @property
    def ok(self) -> bool:
        """Say whether the status is `OK`."""
        return self.status is FitStatus.OK

    @property
    def optimum(self) -> Found:
        """Return the optimum, or raise `InvalidValue` with the reason why there is none."""
        if self.found is None:
            raise InvalidValue(f"{self.law} was not fitted: {' '.join(self.notes)}")
        return self.found

    @property
    def coordinates(self) -> np.ndarray:
        """Return the optimum in the optimiser's coordinates."""
        return self.optimum.coordinates

    @property
    def parameters(self) -> dict[str, float]:
        """Return the parameters in the user's units; empty if there was too little data."""
        if self.status in FAILED:
            return {}
        values = self.problem.natural(self.coordinates)
        return {name: float(value) for name, value in values.items()}

    @property
    def residuals(self) -> np.ndarray:
        """Return `prediction - data` per row, on the scale and in the units of the loss."""
        return residuals_at(self.problem, self.coordinates) * self.problem.unit

    @property
    def objective(self) -> float:
        """Return the summed, weighted loss of the residuals.

        With a free scale it is the negative log-likelihood of the data instead.
        """
        problem, loss = self.problem, self.problem.loss
        if isinstance(loss, Huber) and loss.free_scale:
            scaled = scaled_negative_log_likelihood(
                loss, self.residuals / self.scale, problem.weights
            )
            return scaled + float(np.sum(problem.weights)) * float(np.log(self.scale))
        return float(np.sum(problem.weights * loss.values(self.residuals)))

    @property
    def scale(self) -> float:
        """Return the scale of the residuals in the user's units; 1 unless it was free."""
        loss = self.problem.loss
        if isinstance(loss, Huber) and loss.free_scale:
            return profile_scale(loss, self.residuals, self.problem.weights)
        return 1.0

    @property
    def num_rows(self) -> int:
        """Return the rows with a positive weight."""
        return int(np.sum(self.problem.weights > 0))

    @property
    def num_parameters(self) -> int:
        """Return the law's parameters, without the scale of the noise."""
        return len(self.law.parameters)

    @property
    def log_likelihood(self) -> float:
        """Return the log-likelihood of the transformed target, its noise scale maximised out."""
        problem = self.problem
        if isinstance(problem.loss, Huber) and problem.loss.free_scale:
            return -self.objective
        share = self.num_rows / float(np.sum(problem.weights))
        return log_likelihood(problem.loss, self.objective * share, self.num_rows)[0]

    @property
    def aic(self) -> float:
        """Return Akaike's criterion; the scale of the noise counts as a parameter."""
        return 2.0 * (self.num_parameters + 1) - 2.0 * self.log_likelihood

    @property
    def aicc(self) -> float:
        """Return Akaike's criterion corrected for few rows; infinite where it is undefined."""
        k = self.num_parameters + 1
        spare = self.num_rows - k - 1
        return self.aic + 2.0 * k * (k + 1) / spare if spare > 0 else np.inf

    @property
    def bic(self) -> float:
        """Return Schwarz's criterion; the scale of the noise counts as a parameter."""
        k = self.num_parameters + 1
        return float(k * np.log(self.num_rows) - 2.0 * self.log_likelihood)

    def standard_errors(self, kind: str = "sandwich") -> dict[str, float]:
        """Return the standard error of every parameter, `"sandwich"` or `"wald"`.

        The sandwich allows for unequal noise, and for clusters where the fit has them.
        """
        from ._covariance import standard_errors

        return standard_errors(self, kind)

    @property
    def jacobian_rank(self) -> int:
        """Return the rank of the residuals' Jacobian; below the parameter count, some are free."""
        return 0 if self.identification is None else self.identification.rank

    @property
    def noise_model(self) -> str:
        """Return what the estimates assume about the noise, with how the residuals use it."""
        from ._describe import noise_model

        return noise_model(self)

    def predict(self, table: Any) -> np.ndarray:
        """Return the predicted target of every row of a table."""
        coordinates = self.coordinates
        columns = _table.gather(table, self.law.columns)
        return np.array(self.problem.predict(coordinates, columns))

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the smallest and largest value of each column that was fitted."""
        used = self.problem.weights > 0
        return {
            name: (float(values[used].min()), float(values[used].max()))
            for name, values in self.problem.raw_columns.items()
        }

    def forecast(self, table: Any, **choices: Any) -> dict[str, np.ndarray]:
        """Return predictions with intervals and their distance from the data.

        See `iclaws.laws._forecast.forecast` for the choices and the columns.
        """
        from ._forecast import forecast

        return forecast(self, table, **choices)

    def save(self, path: str | Path, *, draws: "Bootstrap | None" = None) -> None:
        """Write the fit to a JSON file that `iclaws.laws.load` reads."""
        from ._file import save

        save(self, path, draws=draws)

    def allocate(self, *, cost: str, budget: float | int, **choices: Any) -> "Allocation":
        """Return the best configuration for a budget; see `iclaws.laws._allocate.allocate`."""
        from ._allocate import allocate

        return allocate(self, cost=cost, budget=budget, **choices)

    def bootstrap(self, num_draws: int = 1000, **choices: Any) -> "Bootstrap":
        """Return refits of resampled data; see `iclaws.laws._bootstrap.bootstrap`."""
        from ._bootstrap import bootstrap

        return bootstrap(self, num_draws, **choices)

    def profile(self, name: str, **choices: Any) -> "Profile":
        """Return the profile likelihood of one parameter; see `iclaws.laws._profile.profile`."""
        from ._profile import profile

        return profile(self, name, **choices)

    def summary(self) -> str:
        """Return the fit in a few lines: numbers, status, noise model, notes."""
        from ._describe import summary

        return summary(self)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={value:.6g}" for name, value in self.parameters.items())
        return f"Fit({self.law.expression}; {numbers}; {self.status.name})"
