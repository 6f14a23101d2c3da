"""The averaging estimator."""

from .._types import Moments, Scalar
from ..models import AbstractMomentModel
from ._base import AbstractBaseline, baselines


@baselines.register("averaging")
class Averaging(AbstractBaseline, AbstractMomentModel):
    r"""$\hat w = X^\top y / k$: consistent for unit isotropic covariates (arXiv 2208.01066).

    With unit weights its risk over that of zero is $(D+1)/k$.
    """

    def predict(self, moments: Moments) -> Scalar:
        """Return the query's product with the average of labelled covariates."""
        return moments.cross @ moments.query
