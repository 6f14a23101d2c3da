"""The page in a real browser: figures drawn, tables sorted, themes switched."""

import re
import shutil
import subprocess

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
# Run when the figures are there: sort by the first column twice, switch the theme, hide a curve.
PROBE = """<script>
const told = {};
const wait = setInterval(() => {
  const plots = document.querySelectorAll(".plot");
  if ([...plots].some((plot) => !plot.querySelector(".main-svg"))) return;
  clearInterval(wait);
  const table = [...document.querySelectorAll(".sortable")].at(-1);
  const column = () => [...table.tBodies[0].rows].map((row) => Number(row.cells[0].dataset.sort));
  const heading = table.querySelector("th");
  heading.querySelector("button").click(); told.up = column();
  heading.querySelector("button").click(); told.down = column();
  told.sort = heading.getAttribute("aria-sort");
  const paper = () => getComputedStyle(document.body).backgroundColor;
  told.light = paper();
  document.getElementById("theme").click();
  told.dark = paper();
  const shown = () => plots[0].data.filter((trace) => trace.visible !== false).length;
  told.before = shown();
  document.querySelector(".key [data-curve='0']").click();
  setTimeout(() => {
    told.after = shown();
    told.wide = document.documentElement.scrollWidth > innerWidth;
    document.title = "told " + JSON.stringify(told);
  }, 500);
}, 50);
</script></body>"""


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium here")
def test_a_browser_draws_sorts_and_switches(page, tmp_path):
    import json

    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", PROBE), "utf-8")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=500,900",
        "--virtual-time-budget=30000", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        path.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = re.search(r"<title>told (.*?)</title>", done.stdout)
    assert found, done.stderr[-2000:]
    told = json.loads(found[1])
    assert told["up"] == sorted(told["up"]) and told["down"] == told["up"][::-1]
    assert told["sort"] == "descending"
    assert told["light"] != told["dark"]
    assert 0 < told["after"] < told["before"]
    assert not told["wide"]
