"""Small pictures of sequences, one for each family of tasks: SVG, by hand, without a library."""

import contextlib

import jax
import numpy as np

from iclaws.errors import InvalidValue

CELL, GAP, PLOT = 11, 6, 150  # pixels
NUM_POINTS, CURVE_POINTS, DIMS, FUNCTIONS = 16, 60, 5, 3
MOST_POINTS = 48
LOW, HIGH, INK, FRAME = (33, 102, 172), (178, 24, 43), "#333", "#bbb"
LINES = ("#2166ac", "#b2182b", "#4d9221")


def picture(cls):
    """Return an SVG of one sequence as a strip and, in one dimension, of three functions."""
    shapes, width, height = _strip(_sequence(cls))
    curves = _curves(cls)
    if curves is not None:
        shapes += _plot(curves, left=width + 3 * GAP)
        width, height = width + 3 * GAP + PLOT, max(height, PLOT // 2 + 3 * GAP)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    style = 'font-family="sans-serif" font-size="9"'
    background = f'<rect width="{width}" height="{height}" fill="#fff"/>'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>'
    return "\n".join([head, background, *shapes, "</svg>"]) + "\n"


def _sequence(cls):
    """Return one sequence, of several dimensions where the family has covariates of any."""
    with contextlib.suppress(TypeError, InvalidValue):
        return _draw(cls(num_dims=DIMS, num_context=NUM_POINTS - 1), 2, NUM_POINTS)
    task = cls.example()
    return _draw(task, 2, int(task.num_context) + 1)


def _draw(task, seed, num_points):
    task = task.prepare(np.random.default_rng(0))
    latent_key, key = jax.random.split(jax.random.key(seed))
    latent = task.sample_latent(latent_key)
    return jax.tree.map(np.asarray, task.sample_sequence(key, latent, num_points))


def _strip(drawn):
    """Return a column for each point: its covariates (or token), and its label below."""
    xs = drawn.xs if drawn.xs.ndim == 2 else drawn.xs[:, None]
    xs, ys = xs[:MOST_POINTS], drawn.ys[:MOST_POINTS]
    weights = None if drawn.weights is None else drawn.weights[:MOST_POINTS]
    shapes, left, down = [], 14, GAP
    shapes.append(f'<text x="2" y="{down + CELL * xs.shape[1] / 2 + 3:.0f}" fill="{INK}">x</text>')
    for row, values in enumerate(xs.T):
        shapes += _cells(values, left, down + CELL * row, weights=None)
    down += CELL * xs.shape[1] + GAP
    shapes.append(f'<text x="2" y="{down + CELL - 2}" fill="{INK}">y</text>')
    shapes += _cells(ys, left, down, weights=weights)
    return shapes, left + CELL * len(ys) + GAP, down + CELL + GAP


def _cells(values, left, top, *, weights):
    whole = np.issubdtype(values.dtype, np.integer)
    largest = max(float(np.abs(values).max()), 1e-6)
    shapes = []
    for column, value in enumerate(values):
        if weights is not None and weights[column] == 0:
            continue
        place = f'x="{left + CELL * column}" y="{top}" width="{CELL - 1}" height="{CELL - 1}"'
        shapes.append(f'<rect {place} fill="{_hue(value) if whole else _shade(value / largest)}"/>')
        if whole:
            middle = f'x="{left + CELL * column + CELL / 2 - 0.5}" y="{top + CELL - 3}"'
            text = f'font-size="7" text-anchor="middle" fill="{INK}"'
            shapes.append(f"<text {middle} {text}>{value}</text>")
    return shapes


def _shade(share):
    """Return blue for -1, white for 0 and red for 1."""
    end = HIGH if share > 0 else LOW
    mixed = [round(255 + (channel - 255) * abs(float(share))) for channel in end]
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def _hue(token):
    """Return a pale colour of each token's own."""
    return f"hsl({int(token) * 137 % 360},55%,80%)"


def _curves(cls):
    """Return xs and ys of three functions in one dimension, or None where that says little."""
    try:
        task = cls(num_dims=1, num_context=CURVE_POINTS - 1)
        drawn = [_draw(task, seed, CURVE_POINTS) for seed in range(FUNCTIONS)]
    except (TypeError, InvalidValue):
        return None
    if drawn[0].weights is not None or len(np.unique(drawn[0].xs)) < CURVE_POINTS // 2:
        return None
    return [(one.xs[:, 0], one.ys) for one in drawn]


def _plot(curves, *, left):
    width, height, top = PLOT - GAP, PLOT // 2, GAP
    frame = f'x="{left}" y="{top}" width="{width}" height="{height}"'
    shapes = [f'<rect {frame} fill="none" stroke="{FRAME}"/>']
    wide = max(float(np.abs(xs).max()) for xs, _ in curves)
    high = max(max(float(np.abs(ys).max()) for _, ys in curves), 1e-6) * 1.1
    for (xs, ys), colour in zip(curves, LINES, strict=True):
        for x, y in zip(xs, ys, strict=True):
            across = left + width * (0.5 + 0.48 * x / wide)
            down = top + height * (0.5 - 0.5 * y / high)
            shapes.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="1.6" fill="{colour}"/>')
    middle = f'x="{left + width / 2:.0f}" y="{top + height + GAP + 2}" text-anchor="middle"'
    return [*shapes, f'<text {middle} font-size="7" fill="{INK}">y over x, one dimension</text>']
