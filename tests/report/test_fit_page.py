"""The page of one fit: every number and figure of it, also where there is no fit."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from iclaws import laws, report
from iclaws.errors import StoreUnwritable
from iclaws.report.formats import number

LAW = "E + A*N^-alpha"


@pytest.fixture(scope="module")
def fit():
    n = np.repeat(np.geomspace(1e2, 1e6, 9), 3)
    noise = 0.01 * np.random.default_rng(0).normal(size=len(n))
    return laws.fit(LAW, {"N": n, "loss": (0.5 + 9 * n**-0.4) * np.exp(noise)})


@pytest.fixture(scope="module")
def page(fit, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "fit.html"
    return report.write_fit(fit, path, draws=fit.bootstrap(100)).read_text("utf-8")


def test_every_parameter_stands_with_its_interval(fit, page):
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td>', page)
    assert {name: pytest.approx(float(text), rel=1e-3) for name, text in rows} == fit.parameters
    low, high = fit.profile("alpha").interval
    assert f"<td>{number(low, 4)} to {number(high, 4)}</td>" in page
    assert fit.noise_model in page


def test_every_kind_of_figure_is_drawn_and_is_well_formed(page):
    titles = re.findall("<h2>(.*?)</h2>", page)
    drawn = ["The law and the data", "Beyond the data", "Residuals", "Profiles",
             "Pairs of parameters"]  # fmt: skip
    assert titles == ["Status", "Parameters", *drawn]
    figures = re.findall("<svg.*?</svg>", page, re.DOTALL)
    assert len(figures) == len(drawn)
    for figure in figures:
        assert len(list(ET.fromstring(figure).iter())) > 20
    assert "src=" not in page


def test_without_draws_there_are_no_pairs(fit, tmp_path):
    text = report.write_fit(fit, tmp_path / "fit.html").read_text("utf-8")
    assert "Pairs of parameters" not in text
    assert "bootstrap" not in text


def test_a_fit_that_found_nothing_says_why(tmp_path):
    poor = laws.fit(LAW, {"N": np.array([1.0, 2.0]), "loss": np.array([2.0, 1.0])})
    assert not poor.parameters
    text = report.write_fit(poor, tmp_path / "fit.html").read_text("utf-8")
    assert poor.status.name in text
    assert "<svg" not in text


def test_nothing_is_left_of_a_page_that_cannot_be_written(fit, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnwritable):
        report.write_fit(fit, tmp_path / "file" / "fit.html")
