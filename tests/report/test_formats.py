"""Numbers and words as a reader sees them, and colours that can be told from the paper."""

import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import iclaws.report
from iclaws.report import formats
from iclaws.report.palette import palettes

STYLE = (Path(iclaws.report.__file__).parent / "static" / "report.css").read_text("utf-8")


@given(st.floats(min_value=1e-300, max_value=1e300), st.sampled_from([-1, 1]))
def test_numbers_keep_three_digits(size, sign):
    text = formats.number(sign * size)
    assert float(text.replace(formats.MINUS, "-")) == pytest.approx(sign * size, rel=6e-3)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (float("nan"), "n/a"),
        (float("inf"), "∞"),
        (-float("inf"), "−∞"),
        (0.0, "0"),
        (12.0, "12"),
        (0.048123, "0.0481"),
        (-1.2345e-7, "−1.23e−07"),
    ],
)
def test_numbers(value, text):
    assert formats.number(value) == text


def test_an_estimate_without_interval_stands_alone():
    assert formats.with_interval(0.5, None) == "0.500"
    assert formats.with_interval(None, (0.0, 1.0)) == "–"


def test_prose_sets_code_and_escapes():
    assert formats.prose("run `a<b` & go") == "run <code>a&lt;b</code> &amp; go"


def test_one_is_no_plural():
    assert formats.counted(1, "run") == "1 run"
    assert formats.counted(0, "run") == "0 runs"


def luminance(colour):
    parts = [int(part) / 255 for part in colour]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first, second):
    """Return the contrast ratio of WCAG 2."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def themes():
    blocks = {"light": STYLE.index(":root {"), "dark": STYLE.index(':root[data-theme="dark"] {')}
    for theme, start in blocks.items():
        block = STYLE[start : STYLE.index("}", start)]
        found = re.findall(r"--([a-z]+): #([0-9a-f]{6})", block)
        yield theme, {n: tuple(int(c[i : i + 2], 16) for i in (0, 2, 4)) for n, c in found}


@pytest.mark.parametrize(("theme", "colours"), list(themes()), ids=["light", "dark"])
def test_text_can_be_read(theme, colours):
    names = ("ink", "muted", "link", "supported", "refuted", "inconclusive", "untested")
    for name in names:
        assert contrast(colours[name], colours["paper"]) >= 4.5, name


@pytest.mark.parametrize("count", [1, 2, 5, 9])
@pytest.mark.parametrize(("theme", "colours"), list(themes()), ids=["light", "dark"])
def test_curves_stand_out_from_the_paper(theme, colours, count):
    shades = palettes(count)[theme]
    assert len(set(shades)) == count
    for shade in shades:
        parts = tuple(int(part) for part in re.findall(r"\d+", shade))
        assert contrast(parts, colours["paper"]) >= 2, shade


def test_both_ways_to_dark_are_the_same():
    blocks = re.findall(r"\{([^{}]*color-scheme: dark;[^{}]*)\}", STYLE)
    assert len(blocks) == 2
    assert blocks[0].split() == blocks[1].split()
