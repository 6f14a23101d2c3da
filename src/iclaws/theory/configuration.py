"""One configuration of task, architecture and pretraining, as the emergence rule reads it."""

import dataclasses
import enum

import numpy as np

from ..errors import InvalidValue
from ._numbers import finite, one_spectrum, one_whole, positive
from .spectra import Spectra, isotropic_spectra


class Architecture(enum.StrEnum):
    """What the layers can do."""

    FROZEN = "label-linear attention, covariates frozen"
    UPDATING = "label-linear attention, covariates updated"
    GENERAL = "softmax attention or MLP: not linear in the labels"


class Setting(enum.StrEnum):
    """How covariances vary over contexts."""

    ISOTROPIC = "iso"
    FIXED = "fs"
    ROTATED = "rrs"


@dataclasses.dataclass(frozen=True)
class Configuration:
    """What decides whether in-context learning can emerge.

    Attributes:
        num_context: Labelled examples.
        num_dims: Task dimension.
        noise_var: Label noise.
        signal_var: Signal variance (isotropic; otherwise the spectra say it).
        depth: Attention layers.
        read_in_rank: Rank of the read-in; None for at least `num_dims`.
        architecture: What the layers can do.
        setting: How covariances vary.
        spectra: Covariance and prior; None for isotropic.
        num_tasks: Distinct pretraining tasks; None for fresh ones for ever.
        num_sequences: Distinct pretraining sequences; None likewise.
    """

    num_context: int
    num_dims: int
    noise_var: float = 0.0
    signal_var: float = 1.0
    depth: int = 1
    read_in_rank: int | None = None
    architecture: Architecture = Architecture.FROZEN
    setting: Setting = Setting.ISOTROPIC
    spectra: Spectra | None = None
    num_tasks: int | None = None
    num_sequences: int | None = None

    def __post_init__(self) -> None:
        """Refuse values outside their meaning, with one sentence."""
        one_whole("num_context", self.num_context)
        one_whole("num_dims", self.num_dims, low=1)
        one_whole("depth", self.depth)
        finite("noise_var", self.noise_var)
        positive("signal_var", self.signal_var)
        for name in ("read_in_rank", "num_tasks", "num_sequences"):
            if getattr(self, name) is not None:
                one_whole(name, getattr(self, name), low=1)
        if (self.setting is Setting.ISOTROPIC) != (self.spectra is None):
            raise InvalidValue(
                f"Setting {self.setting.value!r} and `spectra` do not go together: isotropic "
                "tasks have none, the others need them. Set or drop `spectra`."
            )
        if self.spectra is not None:
            size = one_spectrum("spectra.signal", self.spectra.signal).size
            if size != self.num_dims:
                raise InvalidValue(f"`spectra` list {size} modes; `num_dims` is {self.num_dims}.")

    @property
    def task_spectra(self) -> Spectra:
        """The spectra, isotropic ones included."""
        return self.spectra or isotropic_spectra(self.num_dims, self.signal_var)

    @property
    def zero_shot_risk(self) -> float:
        """Excess risk of answering zero."""
        return float(np.sum(self.task_spectra.signal))

    @property
    def rank(self) -> int:
        """Rank of the read-in, at most the task dimension."""
        return self.num_dims if self.read_in_rank is None else min(self.read_in_rank, self.num_dims)
