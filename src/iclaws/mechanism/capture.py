"""Inside the model: stream, attention and heads as values, and runs with some of them replaced.

The ordinary call of a model is not touched: `capture` runs its layers another way, with the
same result.
"""

from collections.abc import Callable
from functools import partial, singledispatch
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..errors import InvalidValue
from ..models import AbstractModel
from ..models._blocks import Block
from ..models._sequence import LabelledModel, PointModel, TokenModel, interleave
from ..models.linear_attention import LinearAttentionModel
from ..models.transformer import TOKENS_PER_POINT, TransformerModel, TransformerTrunk
from ._contexts import Contexts, as_arrays, over_runs


class Trace(NamedTuple):
    """What happened inside a model on one sequence. Tokens of a transformer are x, y, x, y ...

    Attributes:
        stream: The residual stream before each layer and after the last, `(L + 1, T, M)`. Of
            linear attention: covariates and, in the last channel, labels.
        patterns: Attention weights, read by token q from token t, `(L, H, q, t)`.
        heads: What each head adds to the stream, `(L, H, T, M)`.
        mlp: What each MLP adds, `(L, T, M)`; None without.
        predictions: The read-out applied to the stream before each layer and after the last,
            `(L + 1, P)`: at every point, of linear attention at the last alone. Logits have a
            further axis of classes.
    """

    stream: Float[Array, "*n L+1 T M"]
    patterns: Float[Array, "*n L H T T"]
    heads: Float[Array, "*n L H T M"]
    mlp: Float[Array, "*n L T M"] | None
    predictions: Float[Array, "*n"]


class Patch(eqx.Module):
    """Values to put in place of what a model computes.

    Attributes:
        value: Broadcast to the site's shape in `Trace`: 0 ablates, another trace's value
            patches.
        where: Likewise; above one half where the value is put.
    """

    value: Float[Array, "*n"] = eqx.field(converter=jnp.asarray)
    where: Float[Array, "*m"] = eqx.field(converter=jnp.asarray)


class Patches(NamedTuple):
    """A patch for each site of a `Trace`; None leaves what is computed."""

    stream: Patch | None = None
    patterns: Patch | None = None
    heads: Patch | None = None
    mlp: Patch | None = None


NOTHING = Patches()
_SHUT = "{} has no layers to look into: traces are of transformers and of linear attention."


def capture(model: AbstractModel, xs: Array, ys: Array, *, patches: Patches = NOTHING) -> Trace:
    """Return what happens inside a model on a sequence, `(P, D)` and `(P,)`; the caller vmaps.

    The last point is the query: its label is not read. Values in `patches` replace what is
    computed, and everything after follows from them.

    Raises:
        InvalidValue: the model has no layers to look into, or a patch names a site it lacks.
    """
    return _capture(model, (xs, ys), patches)


def capture_contexts(
    model: AbstractModel, contexts: Contexts, *, patches: Patches = NOTHING, runs: int = 0
) -> Trace:
    """Return the traces of all contexts at their first query, axes `(*runs, C, ...)`.

    Args:
        model: One model, or several along leading axes of its leaves.
        contexts: The sequences.
        patches: The same for every context and model.
        runs: Leading axes of the model's leaves.
    """
    return _capture_contexts(model, as_arrays(model, contexts), patches, runs=runs)


@partial(jax.jit, static_argnames="runs")
def _capture_contexts(
    models: AbstractModel, contexts: Any, patches: Patches, *, runs: int
) -> Trace:
    def of_model(model: AbstractModel) -> Trace:
        def one(xs: Array, ys: Array, queries: Array) -> Trace:
            labels = jnp.concatenate([ys, jnp.zeros((1,), ys.dtype)])
            return capture(model, jnp.concatenate([xs, queries[:1]]), labels, patches=patches)

        return jax.vmap(one)(contexts.xs, contexts.ys, contexts.queries)

    return over_runs(of_model, models, runs)


@singledispatch
def _capture(model: Any, sequence: tuple[Array, Array], patches: Patches) -> Trace:
    del sequence, patches
    raise InvalidValue(_SHUT.format(type(model).__name__))


@_capture.register
def _(model: TransformerModel, sequence: tuple[Array, Array], patches: Patches) -> Trace:
    def read(stream: Array) -> Array:
        return model.read_out(model.final_norm(stream[::TOKENS_PER_POINT]))[:, 0]

    return _trace(model._embed(*sequence), model.blocks, patches)(read)


@_capture.register(PointModel | LabelledModel | TokenModel)
def _(model: Any, sequence: tuple[Array, Array], patches: Patches) -> Trace:
    xs, ys = sequence
    trunk = model.trunk
    if not isinstance(trunk, TransformerTrunk):
        raise InvalidValue(_SHUT.format(type(trunk).__name__))
    stride = 1 if isinstance(model, TokenModel) else TOKENS_PER_POINT
    if isinstance(model, TokenModel):
        stream = model.embedding[xs]
    elif isinstance(model, LabelledModel):
        stream = interleave(model.read_in(xs), model.labels[ys])
    else:
        labels = ys[:, None] * model.read_in.weight[:1] + model.read_in.bias[None, :]
        stream = interleave(model.read_in(xs), labels)
    if trunk.positions is not None:
        stream = stream + trunk.positions[: stream.shape[0]]

    def read(stream: Array) -> Array:
        answers = model.read_out(trunk.final_norm(stream[::stride]))
        return answers[:, 0] if isinstance(model, PointModel) else answers

    return _trace(stream, trunk.blocks, patches)(read)


@_capture.register
def _(model: LinearAttentionModel, sequence: tuple[Array, Array], patches: Patches) -> Trace:
    xs, ys = sequence
    if patches.mlp is not None:
        raise InvalidValue("Linear attention has no MLP to patch.")
    num_points = xs.shape[0]
    us = xs if model.read_in is None else xs @ model.read_in.T
    visible = jnp.arange(num_points) < num_points - (1 if model.mask_query else 0)
    keys = visible.astype(xs.dtype) / max(num_points - 1, 1)
    labels = jnp.where(jnp.arange(num_points) < num_points - 1, ys, 0.0)
    tied = model.mixers.shape[0] != model.depth

    def layer(tokens: Array, index: Array) -> tuple[Array, tuple]:
        change, which = _changer(patches, index), 0 if tied else index
        tokens = change("stream", tokens)
        us, labels = tokens[:, :-1], tokens[:, -1]
        scores = (us @ model.acting_mixers[which] @ us.T).T * keys[None, :]
        patterns = change("patterns", scores[None])
        moved = jnp.zeros_like(us)
        if model.covariate_mixers is not None:
            moved = patterns[0] @ us @ model.covariate_mixers[which].T
        added = jnp.concatenate([moved, -(patterns[0] @ labels)[:, None]], axis=1)
        heads = change("heads", added[None])
        return tokens + heads[0], (tokens, patterns, heads)

    start = jnp.concatenate([us, labels[:, None]], axis=1)
    last, (streams, patterns, heads) = jax.lax.scan(layer, start, jnp.arange(model.depth))
    stream = _closed(streams, last, patches)
    return Trace(stream, patterns, heads, None, -stream[:, -1:, -1])


def _trace(
    tokens: Array, blocks: Block, patches: Patches
) -> Callable[[Callable[[Array], Array]], Trace]:
    """Run a transformer's layers; return what makes a trace of them, given its read-out."""
    mask = jnp.tril(jnp.ones((tokens.shape[0],) * 2, bool))

    def layer(tokens: Array, inputs: tuple) -> tuple[Array, tuple]:
        block, index = inputs
        change = _changer(patches, index)
        tokens = change("stream", tokens)
        after, inside = block.trace(tokens, mask, change)
        return after, (tokens, inside)

    depth = blocks.query.weight.shape[0]
    last, (streams, inside) = jax.lax.scan(layer, tokens, (blocks, jnp.arange(depth)))
    stream = _closed(streams, last, patches)
    return lambda read: Trace(
        stream, inside.patterns, inside.heads, inside.mlp, jax.vmap(read)(stream)
    )


def _changer(patches: Patches, index: Array) -> Callable[[str, Array], Array]:
    """Return what a layer applies at its sites: the values put there, else what it computed."""

    def change(site: str, value: Array) -> Array:
        patch = getattr(patches, site)
        if patch is None:
            return value
        put, where = (_of_layer(part, index, value.ndim) for part in (patch.value, patch.where))
        put, where = (jnp.broadcast_to(part, value.shape) for part in (put, where))
        return jnp.where(where > 0.5, put.astype(value.dtype), value)

    return change


def _of_layer(part: Array, index: Array, ndim: int) -> Array:
    """Return a layer's part of an array that may lack leading axes, as broadcasting lets it."""
    if part.ndim <= ndim:
        return part
    return part[0] if part.shape[0] == 1 else part[index]


def _closed(streams: Array, last: Array, patches: Patches) -> Array:
    """Return all streams, the one after the last layer patched as well."""
    last = _changer(patches, jnp.asarray(streams.shape[0]))("stream", last)
    return jnp.concatenate([streams, last[None]])
