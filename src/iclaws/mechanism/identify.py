"""Which algorithm a model's predictions are those of, if of any.

The rule, written before looking: the closest rival is named if its squared prediction
difference (SPD, arXiv 2211.15661) is below 5 % of the predictions' mean square, upper end of the
interval included, and if every other rival is farther by more than its paired interval. If only
the second part fails the outcome is undecided between those that are not; else none of these.
"""

import enum
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from ..errors import InvalidValue
from ..models import AbstractModel
from ..train.grouping import stack
from ..train.point import Point
from ..train.references import references
from ._base import AbstractProbe, Values, probes
from ._bootstrap import bootstrap_weights
from ._contexts import Contexts, draw_contexts, predict
from .rivals import DEPTHS, rivals as rivals_of

MOST = 0.05  # of the predictions' mean square
NUM_DRAWS = 1000


class Outcome(enum.StrEnum):
    """How an identification came out."""

    IDENTIFIED = "identified"
    UNDECIDED = "undecided"
    NONE = "none of these"


class Distance(NamedTuple):
    """One rival's distance from a model.

    Attributes:
        spd: Mean squared difference of the predictions over the mean square of the model's.
        low, high: 95 % interval over contexts.
        excess: By how much it exceeds the closest rival's, on the same contexts.
        excess_low, excess_high: 95 % interval of the excess.
    """

    spd: float
    low: float
    high: float
    excess: float
    excess_low: float
    excess_high: float


class Identification(NamedTuple):
    """What the rule says of one model.

    Attributes:
        outcome: How it came out.
        closest: The rival of least SPD, whatever the outcome.
        candidates: Rivals that the intervals do not tell from the closest, itself first.
        distances: Every rival's distance, the closest first.
    """

    outcome: Outcome
    closest: str
    candidates: tuple[str, ...]
    distances: dict[str, Distance]

    @property
    def algorithm(self) -> str:
        """Return the closest rival if it is identified, else the outcome in words."""
        if self.outcome is Outcome.UNDECIDED:
            return " or ".join(self.candidates)
        return self.closest if self.outcome is Outcome.IDENTIFIED else self.outcome.value


def identify(
    model: AbstractModel, contexts: Contexts, rivals: Mapping[str, AbstractModel]
) -> Identification:
    """Return which rival a model predicts like.

    Args:
        model: One model of any architecture.
        contexts: Where all of them answer: differences are paired.
        rivals: The algorithms, by name (`rivals.rivals`, or baselines of one's own).
    """
    return identify_predictions(predict(model, contexts), predict_rivals(rivals, contexts))


def predict_rivals(
    rivals: Mapping[str, AbstractModel], contexts: Contexts
) -> dict[str, Float[np.ndarray, "C Q"]]:
    """Return every rival's predictions; those of one structure are computed in one program."""
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for name, rival in rivals.items():
        shapes = tuple(np.shape(leaf) for leaf in jax.tree.leaves(rival))
        groups[jax.tree.structure(rival), shapes].append(name)
    found: dict[str, np.ndarray] = {}
    for names in groups.values():
        if len(names) == 1:
            found[names[0]] = predict(rivals[names[0]], contexts)
            continue
        stacked = stack([rivals[name] for name in names])
        found |= dict(zip(names, predict(stacked, contexts, runs=1), strict=True))
    return {name: found[name] for name in rivals}


def identify_predictions(
    predicted: Float[np.ndarray, "C Q"],
    rivals: Mapping[str, Float[np.ndarray, "C Q"]],
    *,
    num_draws: int = NUM_DRAWS,
    seed: int = 0,
) -> Identification:
    """Return which rival's predictions a model's are, from the predictions themselves.

    Raises:
        InvalidValue: there is no rival, fewer than two contexts, or an answer is not finite.
    """
    _check(predicted, rivals)
    squared = np.stack([((predicted - other) ** 2).mean(axis=1) for other in rivals.values()])
    size = (predicted**2).mean(axis=1)
    draws = bootstrap_weights(len(size), num_draws, seed)
    # A model that answers nothing has no scale of its own.
    largest = max(float((other**2).mean()) for other in rivals.values())
    size = np.maximum(size, 1e-12 * max(largest, 1e-30))
    spd, drawn = squared.mean(axis=1) / size.mean(), (squared @ draws.T) / (draws @ size)[None]
    best = int(np.argmin(spd))
    excess, drawn_excess = spd - spd[best], drawn - drawn[best]
    low, high = np.quantile(drawn, (0.025, 0.975), axis=1)
    excess_low, excess_high = np.quantile(drawn_excess, (0.025, 0.975), axis=1)
    columns = (spd, low, high, excess, excess_low, excess_high)
    names, order = list(rivals), np.argsort(spd, kind="stable")
    distances = {names[i]: Distance(*(float(column[i]) for column in columns)) for i in order}
    near = tuple(names[i] for i in order if i == best or excess_low[i] <= 0.0)
    outcome = Outcome.IDENTIFIED if len(near) == 1 else Outcome.UNDECIDED
    if not high[best] < MOST:
        outcome = Outcome.NONE
    return Identification(outcome, names[best], near, distances)


def _check(predicted: np.ndarray, rivals: Mapping[str, np.ndarray]) -> None:
    if not rivals:
        raise InvalidValue("There is no rival to compare with. Give at least one, by name.")
    if len(predicted) < 2:
        raise InvalidValue(f"An interval needs at least 2 contexts. Got {len(predicted)}.")
    for name, values in {"the model": predicted, **rivals}.items():
        if not np.isfinite(values).all():
            raise InvalidValue(
                f"Some prediction of {name} is not finite, so distances have no meaning. "
                "Leave it out, or measure on other contexts."
            )


@probes.register("identify")
class Identify(AbstractProbe):
    """The closest algorithm, and the distance of every rival."""

    name = "identify"
    columns = (
        "algorithm",
        "closest",
        "closest_spd",
        "closest_spd_high",
        "descent_spd",
        "descent_spd_high",
        "descent_lead",
        "descent_lead_low",
        "descent_lead_high",
    )

    def applies(self, point: Point) -> bool:
        """Return whether the best parameters of the algorithms are known."""
        return point.task.spectra() is not None and int(point.task.num_context) > 0

    def measure(self, models: AbstractModel, points: Sequence[Point]) -> list[Values]:
        """Return the identification of each model."""
        task, depth = points[0].task, int(getattr(points[0].model, "depth", 1))
        contexts = draw_contexts(task, 512, num_queries=2)
        pools = [references(point).get("dmmse") for point in points]
        # More layers with free steps than the model has would be another algorithm's degree.
        named = rivals_of(task, sorted({*DEPTHS, depth}), untied=depth)
        answers, predicted = predict_rivals(named, contexts), predict(models, contexts, runs=1)
        return [
            _values(one, answers if pool is None else answers | {"dmmse": predict(pool, contexts)})
            for one, pool in zip(predicted, pools, strict=True)
        ]


def _values(predicted: np.ndarray, answers: dict[str, np.ndarray]) -> Values:
    if not np.isfinite(predicted).all():
        return {"algorithm": Outcome.NONE.value}
    found = identify_predictions(predicted, answers)
    values: Values = {
        "algorithm": found.algorithm,
        "closest": found.closest,
        "closest_spd": found.distances[found.closest].spd,
        "closest_spd_high": found.distances[found.closest].high,
    }
    return (
        values
        | _descent(predicted, answers)
        | {
            f"spd_{name.replace('-', '_')}": distance.spd
            for name, distance in found.distances.items()
        }
    )


def _descent(predicted: np.ndarray, answers: dict[str, np.ndarray]) -> Values:
    """Return how gradient descent does against everything else, each at its closest."""
    own = {name: value for name, value in answers.items() if "gradient-descent" in name}
    others = {name: value for name, value in answers.items() if name not in own}
    best, rival = (
        min(named, key=lambda name: float(((predicted - named[name]) ** 2).mean()))
        for named in (own, others)
    )
    pair = identify_predictions(predicted, {best: own[best], rival: others[rival]})
    distance, other = pair.distances[best], pair.distances[rival]
    # The excess is counted from the closer of the two.
    lead = other if pair.closest == best else distance
    sign = 1.0 if pair.closest == best else -1.0
    ends = sorted((sign * lead.excess_low, sign * lead.excess_high))
    return {
        "descent_spd": distance.spd,
        "descent_spd_high": distance.high,
        "descent_lead": sign * lead.excess,
        "descent_lead_low": ends[0],
        "descent_lead_high": ends[1],
    }
