"""Values at which an estimator would answer NaN or infinity are refused where it is made."""

import jax.numpy as jnp
import pytest

from iclaws.baselines.bigram import Bigram
from iclaws.baselines.discrete_bayes import DiscreteBayes
from iclaws.baselines.dmmse import DMMSE
from iclaws.baselines.gaussian_process import GaussianProcess
from iclaws.baselines.induction_copy import InductionCopy
from iclaws.baselines.lasso import Lasso
from iclaws.baselines.logistic_regression import LogisticRegression
from iclaws.baselines.n_gram import NGram
from iclaws.baselines.nearest_label import NearestLabel
from iclaws.baselines.ridge import Ridge
from iclaws.baselines.smoothed_dmmse import SmoothedDMMSE
from iclaws.baselines.sparse_bayes import SparseBayes
from iclaws.baselines.unigram import Unigram
from iclaws.errors import InvalidValue

POOL = jnp.eye(2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Ridge(jnp.ones(2), 0.0), "`noise_var` must be above 0. Got 0.0"),
        (lambda: Ridge(jnp.ones(2), float("nan")), "`noise_var` must be above 0. Got nan"),
        (lambda: DMMSE(POOL, 0.0), "`noise_var` must be above 0"),
        (lambda: SmoothedDMMSE(POOL, 0.5, -0.1), "`smoothing_var` must be at least 0"),
        (lambda: DiscreteBayes(POOL, 0.0), "`noise_var` must be above 0"),
        (lambda: SparseBayes(1, 1.0, 0.0), "`noise_var` must be above 0"),
        (lambda: GaussianProcess(0.0), "`noise_var` must be above 0"),
        (lambda: GaussianProcess(length_scale=0.0), "`length_scale` must be above 0"),
        (lambda: LogisticRegression(0.0), "`ridge` must be above 0"),
        (lambda: Lasso(-0.1), "`alpha` must be at least 0"),
        (lambda: NGram(4, 0.0), "`concentration` must be above 0"),
        (lambda: NGram(4, 1.0, -1), "`order` must be at least 0"),
        (lambda: Bigram(4, 0.0), "`concentration` must be above 0"),
        (lambda: Unigram(4, 0.0), "`concentration` must be above 0"),
        (lambda: InductionCopy(4, 0.0), "`error` must be above 0"),
        (lambda: InductionCopy(4, 1.5), "`error` must be at most 1. Got 1.5"),
        (lambda: NearestLabel(4, 0.0), "`error` must be above 0"),
    ],
)
def test_values_out_of_range_are_refused(make, words):
    with pytest.raises(InvalidValue, match=words):
        make()


def test_arrays_are_let_through():
    """Inside a program a field is an array, whose value nobody knows yet."""
    assert Ridge(jnp.ones(2), jnp.asarray(0.0)).noise_var.shape == ()
