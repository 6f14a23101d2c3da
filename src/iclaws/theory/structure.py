"""The structure of a task family: all that its scaling laws depend on."""

from typing import NamedTuple

from .configuration import Setting
from .spectra import Spectra, isotropic_spectra, power_law_spectra


class TaskStructure(NamedTuple):
    r"""A family of linear tasks with power-law spectra.

    Attributes:
        num_dims: Task dimension $D$.
        setting: Isotropic, one fixed covariance, or one rotated in every context.
        capacity: $\nu$ of $\lambda_i=i^{-\nu}$; not used when isotropic.
        source: $\beta$ of $\sum_{j>i}s_j\sim i^{-\nu\beta}$; likewise.
        noise_var: $\sigma^2$.
        signal_var: $\tau$.
    """

    num_dims: int
    setting: Setting = Setting.ISOTROPIC
    capacity: float = 1.5
    source: float = 0.7
    noise_var: float = 0.0
    signal_var: float = 1.0

    @property
    def spectra(self) -> Spectra:
        """The spectra at these exponents."""
        if self.setting is Setting.ISOTROPIC:
            return isotropic_spectra(self.num_dims, self.signal_var)
        return power_law_spectra(self.capacity, self.source, self.num_dims, self.signal_var)
