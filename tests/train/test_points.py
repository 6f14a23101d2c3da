"""Points: identity, description, and what is refused before anything is compiled."""

import hashlib
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from iclaws._identity import describe, fingerprint
from iclaws.errors import InvalidValue, NotIdentifiable, UnknownName
from iclaws.models import models
from iclaws.models.linear_attention import LinearAttention
from iclaws.models.transformer import Transformer
from iclaws.tasks import tasks
from iclaws.tasks.linear_regression import LinearRegression
from iclaws.train import Point, Recipe
from iclaws.train.curriculum import Ramp
from iclaws.train.grouping import group_points, stack
from iclaws.train.point import check_value, revive


def test_the_identity_is_the_hash_of_what_differs_from_the_defaults():
    """Written out by hand: were this to change, every stored result would be orphaned."""
    point = Point(
        LinearRegression(num_dims=5, noise_var=0.25),
        LinearAttention(depth=2),
        Recipe(num_steps=100, learning_rate=1e-2),
        seed=3,
    )
    expected = {
        "is": "Point",
        "task": {"is": "task:linear-regression", "num_dims": 5, "noise_var": 0.25},
        "model": {"is": "model:linear-attention", "depth": 2},
        "recipe": {"is": "Recipe", "num_steps": 100, "learning_rate": 0.01},
        "seed": 3,
    }
    text = json.dumps(expected, sort_keys=True, separators=(",", ":"))
    assert fingerprint(point) == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert point.identity() == fingerprint(point)


@pytest.mark.parametrize("model", models.names())
@pytest.mark.parametrize("task", tasks.names())
def test_a_point_survives_its_description(task, model):
    drawn, architecture = tasks.get(task).example(), models.get(model)()
    if drawn.loss not in architecture.losses:
        with pytest.raises(InvalidValue, match=f"{model!r} cannot be trained on this task"):
            Point(drawn, architecture)
        return
    point = Point(drawn, architecture, Recipe(num_tasks=3), seed=5)
    described = json.loads(json.dumps(describe(point)))
    revived = revive(described)
    assert describe(revived) == describe(point)
    assert fingerprint(revived) == fingerprint(point)
    assert jax.tree.structure(revived) == jax.tree.structure(point)


def test_every_field_of_a_recipe_counts():
    other = {
        "num_steps": 3,
        "batch_size": 3,
        "optimiser": "sgd",
        "learning_rate": 3.0,
        "schedule": "linear",
        "warmup_steps": 3,
        "weight_decay": 3.0,
        "clip_norm": None,
        "loss_on": "all",
        "num_queries": 3,
        "num_tasks": 3,
        "num_sequences": 3,
        "num_redraws": 3,
        "dims_curriculum": Ramp(2),
        "context_curriculum": Ramp(2),
        "eval_contexts": 3,
        "adam_decays": (0.9, 0.98),
    }
    assert other.keys() == {field for field in Recipe.__dataclass_fields__}
    needed = {"num_redraws": {"num_tasks": 4}}  # only a pool can be redrawn
    changed = {
        fingerprint(Recipe(**{name: value}, **needed.get(name, {})))
        for name, value in other.items()
    }
    assert len(changed | {fingerprint(Recipe())}) == len(other) + 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"num_steps": 0}, "`num_steps` must be at least 1. Got 0"),
        ({"batch_size": -1}, "`batch_size` must be at least 1. Got -1"),
        ({"num_tasks": 0}, "`num_tasks` must be at least 1"),
        ({"num_sequences": 0}, "`num_sequences` must be at least 1"),
        ({"num_queries": 0}, "`num_queries` must be at least 1"),
        ({"eval_contexts": 1}, "`eval_contexts` must be at least 2"),
        ({"learning_rate": -0.1}, "`learning_rate` must not be negative. Got -0.1"),
        ({"warmup_steps": -1}, "`warmup_steps` must not be negative"),
        ({"clip_norm": 0.0}, "`clip_norm` must be above 0"),
        ({"num_redraws": -1, "num_tasks": 2}, "`num_redraws` must be from 0 to 1000"),
        ({"num_redraws": 2}, "give `num_tasks`"),
        ({"num_redraws": 2, "num_tasks": 2, "num_sequences": 9}, "exclude each other"),
    ],
)
def test_recipes_that_cannot_be_run_are_refused(fields, words):
    with pytest.raises(InvalidValue, match=words):
        Recipe(**fields)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: {"seed": -1}, "`seed` must be at least 0. Got -1"),
        (lambda: {"seed": 2**31}, "`seed` must be finite and at most .* Got 2147483648"),
        (lambda: {"recipe": Recipe(num_sequences=2**40)}, "`num_sequences` must be finite"),
        (lambda: {"recipe": Recipe(learning_rate=float("nan"))}, "`learning_rate` .* Got nan"),
        (lambda: {"recipe": Recipe(learning_rate=1e39)}, "`learning_rate` must be finite"),
        (lambda: {"task": LinearRegression(signal_var=float("inf"))}, "`signal_var`.*Got inf"),
        (lambda: {"task": LinearRegression(num_context=2**31)}, "`num_context`"),
    ],
)
def test_numbers_that_32_bits_do_not_hold_are_refused(change, words):
    """They would wrap round or overflow inside the program, and nobody would know."""
    fields = {"task": LinearRegression(), "model": LinearAttention()} | change()
    with pytest.raises(InvalidValue, match=words):
        Point(**fields)


@pytest.mark.parametrize(
    ("part", "name", "value", "words"),
    [
        ("recipe", "num_tasks", 2.5, "`num_tasks` must be a whole number or None. Got 2.5"),
        ("recipe", "num_steps", 20_000_000_000, "`num_steps` .* at most 2.14.* Got 20000000000"),
        ("recipe", "warmup_steps", True, "`warmup_steps` must be a whole number. Got True"),
        ("recipe", "learning_rate", None, "`learning_rate` must be a number. Got None"),
        ("recipe", "learning_rate", np.float32("nan"), "`learning_rate` must be finite"),
        ("recipe", "adam_decays", (0.9, "b"), "`adam_decays` must be a tuple of 2, each .* number"),
        ("recipe", "dims_curriculum", 3, "`dims_curriculum` must be of the type Ramp or None"),
        ("recipe", "clip_norm", "big", "`clip_norm` must be a number or None. Got 'big'"),
        ("model", "tied", "maybe", "`tied` must be True or False. Got 'maybe'"),
        ("model", "init_scale", "nan", "`init_scale` must be a number. Got 'nan'"),
        ("task", "num_context", 2.5, "`num_context` must be a whole number. Got 2.5"),
    ],
)
def test_a_value_of_another_type_than_its_field_is_refused(part, name, value, words):
    """Python looks at no annotation, and the program would round, truncate or fail late."""
    parts = {"task": LinearRegression(), "model": LinearAttention(), "recipe": Recipe()}
    object.__setattr__(parts[part], name, value)  # past the type checker that only tests have
    with pytest.raises(InvalidValue, match=words):
        Point(**parts)


def test_fields_inside_a_field_are_checked_too():
    ramp = Ramp(2)
    object.__setattr__(ramp, "interval", 2.5)
    with pytest.raises(InvalidValue, match=r"`interval` must be a whole number. Got 2.5"):
        Point(LinearRegression(), LinearAttention(), Recipe(dims_curriculum=ramp))


def test_numbers_of_numpy_are_numbers():
    check_value(Point, "seed", np.int64(2))
    check_value(Recipe, "learning_rate", np.float32(0.5))
    check_value(Recipe, "num_tasks", jnp.asarray(2))  # inside a program


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ({"is": "task:linear-regresion"}, "Did you mean 'linear-regression'"),
        ({"is": "model:linear-attension"}, "Did you mean 'linear-attention'"),
        ({"is": "widget:linear-regression"}, "No kind of element is named 'widget'"),
        ({"is": "Recipee"}, "No part of a point is named 'Recipee'. Did you mean 'Recipe'"),
    ],
)
def test_an_unknown_element_is_named_with_the_nearest(description, words):
    with pytest.raises(UnknownName, match=words):
        revive(description)


def test_a_description_of_another_version_is_refused():
    stored = describe(LinearRegression())
    for changed in (stored | {"version": 2}, stored | {"a_field_of_later": 1}):
        with pytest.raises(InvalidValue, match="stored by another version of iclaws"):
            revive(changed)


def test_a_point_of_arrays_has_no_identity():
    """Inside an ensemble fields are arrays; results are filed under plain numbers only."""
    point = Point(LinearRegression(), LinearAttention(), seed=jnp.zeros((), jnp.int32))
    with pytest.raises(NotIdentifiable):
        fingerprint(point)


def grouped(*points):
    return [len(group) for group in group_points(points)]


def test_static_fields_part_groups_and_numbers_do_not():
    task, model = LinearRegression(), LinearAttention()
    same = [
        Point(task, model),
        Point(task, model, seed=1),
        Point(LinearRegression(noise_var=0.5, num_context=7, signal_var=2), model),
        Point(task, model, Recipe(learning_rate=0.1)),
        Point(task, LinearAttention(init_scale=1)),
    ]
    assert grouped(*same) == [5]
    assert grouped(
        *same,
        Point(LinearRegression(11), model),
        Point(task, LinearAttention(depth=2)),
        Point(task, model, Recipe(num_steps=7)),
        Point(task, model, Recipe(num_tasks=4)),
        Point(task, LinearAttention(read_in_rank=2)),
        Point(task, LinearAttention(read_in_rank=3)),
    ) == [5, 1, 1, 1, 1, 2]


def test_token_runs_share_a_program_within_a_factor_of_two_in_length():
    model = Transformer(width=8)
    points = [Point(LinearRegression(2, k), model) for k in (4, 7, 8, 15)]
    assert grouped(*points) == [2, 2]


def test_the_order_of_points_is_kept():
    points = [
        Point(LinearRegression(), LinearAttention(depth=d), seed=s) for s in (0, 1) for d in (1, 2)
    ]
    groups = group_points(points)
    assert [[p.seed for p in group] for group in groups] == [[0, 1], [0, 1]]
    assert [group[0].model.depth for group in groups] == [1, 2]


def test_stacked_numbers_have_one_type_whoever_wrote_them():
    stacked = stack(
        [
            Point(LinearRegression(noise_var=noise), LinearAttention())
            for noise in (0, 0.5, np.float64(1))
        ]
    )
    assert stacked.task.noise_var.dtype == jnp.float32
    np.testing.assert_array_equal(stacked.task.noise_var, [0.0, 0.5, 1.0])
    assert stacked.seed.dtype == stacked.task.num_context.dtype == jnp.int32


def test_moments_are_drawn_where_all_agree():
    def uses(**fields):
        return Point(**({"task": LinearRegression(), "model": LinearAttention()} | fields))

    assert uses().uses_moments
    assert not uses(recipe=Recipe(loss_on="all")).uses_moments
    assert not uses(model=Transformer()).uses_moments
