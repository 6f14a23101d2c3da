"""The reduced model: drawn features against real prompts, errors against published ones."""

import numpy as np
import pytest

from iclaws import theory
from iclaws.errors import InvalidValue
from iclaws.theory.reduced_model import _error, _features, _fresh_law, _pool_law, _tasks

RATIOS = (0.2, 0.6, 1, 2, 8, 32)
# Differences between new and pretraining tasks of the published simulation (saved outputs of
# the repository of arXiv 2405.11751), alpha = tau = 10, noise .01, ridge 1e-6.
PUBLISHED = {
    10: (1.452, 0.676, 0.266, 0.0455, 0.0042, 0.0011),
    32: (1.010, 0.506, 0.191, 0.0332, 0.0040, 0.00078),
}


def gaps(dims, ratio, draws, **options):
    errors = [
        theory.reduced_linear_attention(
            dims, 10 * dims, round(ratio * dims), 10 * dims**2, 0.01, 1e-6, seed=seed, **options
        )
        for seed in range(draws)
    ]
    gap = np.array([error.fresh_tasks - error.pretrain_tasks for error in errors])
    return gap.mean(), gap.std(ddof=1) / np.sqrt(draws)


def check_published(dims, draws):
    """Within 2 standard errors; the published value is one average over a few draws itself."""
    for ratio, expected in zip(RATIOS, PUBLISHED[dims], strict=True):
        mean, error = gaps(dims, ratio, draws)
        spread = error * np.sqrt(draws)  # of one draw: what a published average of 4 may be off
        assert abs(mean - expected) < 2 * np.hypot(error, spread / 2), (dims, ratio, mean, expected)


def test_published_errors_at_ten_dimensions():
    check_published(10, 60)


@pytest.mark.slow
def test_published_errors_at_thirty_two_dimensions():
    check_published(32, 6)


@pytest.mark.slow
def test_errors_tend_to_the_limit():
    """Each error's distance to the proportional limit falls as the dimension grows."""
    for ratio in (0.6, 2.0):
        limit = theory.finite_pretraining_errors(10, ratio, 10, 0.01, 1e-6)
        found = [
            np.mean(
                [
                    theory.reduced_linear_attention(
                        dims, 10 * dims, round(ratio * dims), 10 * dims**2, 0.01, seed=seed
                    )
                    for seed in range(draws)
                ],
                axis=0,
            )
            for dims, draws in ((10, 60), (32, 6))
        ]
        away = np.abs(np.array(found) - np.array(limit))
        assert np.all(away[1] < 0.6 * away[0]), (ratio, away)
        np.testing.assert_allclose(found[1], limit, rtol=0.15)


def test_double_descent_peaks_where_data_equal_parameters():
    """Fresh tasks, ridgeless: the error is largest at n = d (d + 1) and falls on both sides."""
    dims = 12
    error = {
        tau: np.median(
            [
                theory.reduced_linear_attention(
                    dims, dims, None, round(tau * dims * (dims + 1)), 0.01, 0.0, seed=seed
                ).fresh_tasks
                for seed in range(9)
            ]
        )
        for tau in (0.4, 1.0, 2.5)
    }
    assert error[1.0] > 3 * max(error[0.4], error[2.5])


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_features_have_the_moments_of_real_prompts(noise):
    generator, dims, context, draws = np.random.default_rng(1), 3, 4, 400_000
    task = np.array([1.2, -0.7, 0.4])
    features, labels = _features(generator, np.tile(task, (draws, 1)), context, noise)
    xs = generator.standard_normal((draws, context + 1, dims)) / np.sqrt(dims)
    ys = xs @ task + np.sqrt(noise) * generator.standard_normal((draws, context + 1))
    sums = np.einsum("nkd,nk->nd", xs[:, :-1], ys[:, :-1]) * dims / context
    squares = (ys[:, :-1] ** 2).mean(axis=1, keepdims=True)
    phi = np.concatenate([sums, squares], axis=1)
    real = (xs[:, -1][:, :, None] * phi[:, None, :]).reshape(draws, -1)
    for ours, theirs in (
        (features, real),
        (features * labels[:, None], real * ys[:, -1:]),
        (features**2, real**2),
        (features[:, :1] * features, real[:, :1] * real),
    ):
        error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / draws)
        # 12 comparisons of 5 standard errors: a false alarm in 10^5.
        assert np.all(np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 5 * error)


@pytest.mark.parametrize("task_norm", ["fixed", "gaussian"])
def test_exact_error_is_that_of_real_prompts(task_norm):
    """Any weights, on a pool and on new tasks: the expectation against drawn prompts."""
    generator, dims, context, noise, draws = np.random.default_rng(2), 3, 4, 0.2, 300_000
    gamma = 0.4 * generator.standard_normal((dims, dims + 1))
    pool = _tasks(generator, 2, dims, task_norm=task_norm)
    for law, tasks in (
        (_pool_law(pool, noise), pool[np.arange(draws) % 2]),
        (
            _fresh_law(dims, noise, task_norm),
            _tasks(generator, draws, dims, task_norm=task_norm),
        ),
    ):
        features, labels = _features(generator, tasks, context, noise)
        squared = (labels - features @ gamma.reshape(-1)) ** 2
        error = squared.std() / np.sqrt(draws)
        assert abs(squared.mean() - _error(gamma, law, context, noise)) < 5 * error


def test_fresh_tasks_for_ever_leave_no_gap():
    unlimited = theory.reduced_linear_attention(4, 8, None, 4000, 0.05)
    assert unlimited.fresh_tasks == unlimited.pretrain_tasks


def test_the_two_conventions_of_the_task_norm_share_their_limit():
    fixed, gaussian = (gaps(16, 1, 12, task_norm=norm) for norm in ("fixed", "gaussian"))
    assert abs(fixed[0] - gaussian[0]) < 4 * np.hypot(fixed[1], gaussian[1]) + 0.1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"num_dims": 0}, "num_dims"),
        ({"num_sequences": 2.5}, "whole"),
        ({"noise_var": -1}, "noise_var"),
    ],
)
def test_refuses_what_has_no_meaning(options, words):
    wanted = {"num_dims": 3, "num_context": 3, "num_tasks": 3, "num_sequences": 9, "noise_var": 0.1}
    with pytest.raises(InvalidValue, match=words):
        theory.reduced_linear_attention(**(wanted | options))
