"""Colours of curves: one ordered scale, cut so that both themes keep every curve legible."""

LIGHT, DARK = (0.0, 0.7), (0.32, 1.0)  # parts of the scale that stand out on white, on black
ALONE = {"light": "rgb(37, 99, 166)", "dark": "rgb(116, 178, 240)"}


def palettes(count: int) -> dict[str, list[str]]:
    """Return `count` colours for the light and the dark theme, ordered like the curves.

    Viridis: even in lightness and safe for colour-blind readers.
    """
    if count <= 1:
        return {theme: [colour] for theme, colour in ALONE.items()}
    parts = {"light": LIGHT, "dark": DARK}
    return {theme: _sampled(part, count) for theme, part in parts.items()}


def _sampled(part: tuple[float, float], count: int) -> list[str]:
    from plotly.colors import sample_colorscale

    low, high = part
    places = [low + (high - low) * n / (count - 1) for n in range(count)]
    return [str(colour) for colour in sample_colorscale("Viridis", places)]
