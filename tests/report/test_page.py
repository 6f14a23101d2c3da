"""The page as a reader meets it: whole, offline, verdicts first, every study, no raw text."""

import base64
import gzip
import html.parser
import json
import re

import pytest

from iclaws import report
from iclaws.claims import Finding, Verdict
from iclaws.errors import StoreUnwritable
from iclaws.report.page import render
from iclaws.results import Store

from .made import Made, fill, planned


class Reader(html.parser.HTMLParser):
    """Tags with their attributes, and the text between them by the tag that holds it."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.stack, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br", "rect", "path", "circle"):
            self.stack.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in ("path", "rect", "circle"):
            return
        opened, _ = self.stack.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"

    def handle_data(self, data):
        if self.stack:
            self.texts.append((*self.stack[-1], data))


@pytest.fixture(scope="module")
def read(page):
    return Reader(page)


def visible(read):
    return " ".join(text for tag, _, text in read.texts if tag not in ("script", "style"))


def specs(read):
    found = [
        text
        for tag, attrs, text in read.texts
        if tag == "script" and attrs.get("type") == "application/json"
    ]
    return [json.loads(text, parse_constant=pytest.fail) for text in found]


def test_every_tag_is_closed(read):
    assert not read.stack


def test_nothing_is_loaded_from_elsewhere(read, page):
    for tag, attrs in read.tags:
        for name in ("src", "href", "srcset", "data"):
            value = attrs.get(name) or "#"
            assert value.startswith(("#", "data:")), f"<{tag} {name}={value!r}>"
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style and "@import" not in style


def test_links_lead_somewhere(read):
    anchors = {attrs["id"] for _, attrs in read.tags if "id" in attrs}
    targets = {a["href"][1:] for _, a in read.tags if a.get("href", "").startswith("#")}
    assert targets and targets <= anchors


def test_a_verdict_leads_to_the_section_of_its_preset(tmp_path):
    small, large = Made("quick"), Made("full")
    store = fill(tmp_path / "runs", study=small)
    store.plan([planned(point, large) for point in large.points()])
    findings = [
        Finding("C1", "own", "made", "all", Verdict.INCONCLUSIVE, "Why.", preset=preset)
        for preset in ("quick", "full")
    ]
    text = render(store, findings, studies=[small, large])
    table = text[text.index('<table class="verdicts">') :]
    links = re.findall(r'<a href="#([^"]+)">made</a> \((\w+)\)', table)
    assert links == [("study-made-quick", "quick"), ("study-made-full", "full")]


def test_plotly_is_inside_once_and_unpacks(read):
    from plotly.offline import get_plotlyjs

    packed = [text for _, attrs, text in read.texts if attrs.get("id") == "plotly"]
    assert len(packed) == 1
    assert gzip.decompress(base64.b64decode(packed[0])).decode() == get_plotlyjs()


def test_it_is_less_than_half_of_plotly(page):
    from plotly.offline import get_plotlyjs

    assert len(page) < 0.5 * len(get_plotlyjs())


def test_verdicts_come_first(page):
    places = [page.index(mark) for mark in ('id="verdicts"', 'class="study"', 'class="plot"')]
    assert places == sorted(places)


def test_verdicts_carry_estimate_interval_and_both_expectations(read):
    text = " ".join(visible(read).split())
    assert "−0.101 [−0.107, −0.0950]" in text
    assert "−0.125" in text and "−0.5" in text
    assert "1 supported" in text and "1 refuted" in text and "1 untested" in text
    assert "0 inconclusive" not in text


def test_text_is_escaped(page):
    assert "<b>9</b>" not in page
    assert "&lt;b&gt;9&lt;/b&gt; &amp; more" in page


def test_a_study_cannot_smuggle_markup(tmp_path):
    class Sly(Made):
        name = "<img src=x onerror=alert(1)>"
        title = "</script><script>alert(2)</script>"
        question = '`<u>` and "quotes"'

        def figures(self):
            return ()

    store = fill(tmp_path / "runs", study=Sly())
    text = report.write(store, tmp_path / "r.html", [], studies=[Sly()]).read_text("utf-8")
    tags = [tag for tag, _ in Reader(text).tags]
    assert "img" not in tags and "u" not in tags
    assert tags.count("script") == 1
    assert "<code>&lt;u&gt;</code>" in text


def test_every_study_has_its_section_question_and_provenance(read):
    text = visible(read)
    assert "Known power laws" in text
    assert "Does the report show what was put in?" in text
    for known in ("abcdef123456", "0.10.2", "30.0 s in 1 ensemble", "2026-01-02 00:00 UTC"):
        assert known in text


def test_what_was_left_out_is_said(read):
    text = visible(read)
    assert "40 runs; 38 count" in text
    assert "1 run diverged, frozen at step 24" in text
    assert "1 run had not converged (loss still falling by up to 31.0 %" in text


def test_heavy_tails_are_told(tmp_path):
    changes = {(16, 0.0, 0): {"tail_share": 0.6, "excess_risk_robust": 0.0123}}
    store = fill(tmp_path / "runs", changes)
    text = report.write(store, tmp_path / "r.html", [], studies=[Bare()]).read_text("utf-8")
    assert "In 1 run the worst 1 % of contexts hold more than 20% of the squared error" in text
    assert "0.0123" in text


def test_predictions_are_told_with_their_time(read):
    text = visible(read)
    assert "all 40 points: gradient descent, L tied steps, at its optimum" in text
    assert "Stored 2026-01-01 00:00 UTC, each before its run began" in text


def test_late_predictions_are_not_called_early(tmp_path):
    store = fill(tmp_path / "runs", planned_at="2026-01-03T00:00:00.000+00:00")
    text = report.write(store, tmp_path / "r.html", [], studies=[Bare()]).read_text("utf-8")
    assert "but 40 runs had begun by then" in text


class Bare(Made):
    """The same study without figures."""

    def figures(self):
        return ()


def test_figures_are_what_plotly_draws(read):
    import plotly.graph_objects as go

    found = specs(read)
    assert len(found) == 3  # one panel, and two of the learning curves
    for spec in found:
        text = re.sub(r'"@[^"]*"', '"#000000"', json.dumps(spec))
        plain = json.loads(text)
        go.Figure(data=plain["data"], layout=plain["layout"])  # raises on an unknown property


def test_colours_are_there_for_both_themes(read):
    for spec in specs(read):
        used = {int(n) for n in re.findall(r'"@(\d+)~?"', json.dumps(spec["data"]))}
        for theme in ("light", "dark"):
            assert max(used) < len(spec["colours"][theme])


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), None])
def test_numbers_that_are_none_do_no_harm(tmp_path, bad):
    changes = {(4, 0.1, 2): {"excess_risk": bad, "excess_risk_se": bad, "curve_excess_risk": [bad]}}
    store = fill(tmp_path / "runs", changes, predicted_excess_risk=bad, lower_bound=bad)
    study = Made()
    drawn = type("Drawn", (Made,), {"figures": lambda self: study.figures()[1:]})()
    text = report.write(store, tmp_path / "r.html", [], studies=[drawn]).read_text("utf-8")
    assert specs(Reader(text))
    words = re.split(r"\W+", visible(Reader(text)))
    assert not {"nan", "NaN", "inf", "None"} & set(words)


def test_an_empty_store_says_so(tmp_path):
    text = report.write(Store(tmp_path / "runs"), tmp_path / "r.html").read_text("utf-8")
    assert "Nothing is stored" in text and "iclaws reproduce" in text
    assert 'id="plotly"' not in text
    assert len(text) < 30_000


def test_a_study_without_runs_says_how_to_get_them(tmp_path):
    from iclaws.studies import studies

    study = studies.get(studies.names()[0])()
    store = Store(tmp_path / "runs")
    text = report.write(store, tmp_path / "r.html", studies=[study]).read_text("utf-8")
    assert f"<code>iclaws run {study.name}</code>" in text


def test_a_study_nobody_declared_has_tables(tmp_path):
    store = fill(tmp_path / "runs")
    text = report.write(store, tmp_path / "r.html", []).read_text("utf-8")
    assert 'class="sortable"' in text and 'class="plot"' not in text


def test_no_part_of_a_report_stays(tmp_path):
    store = Store(tmp_path / "runs")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnwritable, match=r"r\.html cannot be written"):
        report.write(store, tmp_path / "file" / "r.html")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_the_same_store_makes_the_same_page_but_for_the_time(tmp_path):
    store = fill(tmp_path / "runs")
    texts = [
        report.write(store, tmp_path / "r.html", [], studies=[Bare()]).read_text("utf-8")
        for _ in range(2)
    ]
    first, second = (re.sub(r"Written [^.]*", "", text) for text in texts)
    assert first == second


def test_every_law_shows_its_residuals(page):
    folded = page[page.index('<details class="fits">') :]
    assert folded.count("<svg") >= 4  # two curves, residuals and extrapolation each
    assert "excess_risk" in folded


def test_published_experiments_count_runs_that_had_not_converged(tmp_path):
    class Published(Bare):
        source = "arXiv 0000.00000"

    store = fill(tmp_path / "runs", {(4, 0.1, 2): {"converged": False, "remaining_drop": 0.31}})
    text = report.write(store, tmp_path / "r.html", [], studies=[Published()]).read_text("utf-8")
    assert "40 runs; 40 count" in text and "asks what its schedule gives" in text
    text = report.write(store, tmp_path / "r.html", [], studies=[Bare()]).read_text("utf-8")
    assert "40 runs; 39 count" in text and "in no mean and no fit" in text
