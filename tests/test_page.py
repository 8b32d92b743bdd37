"""The page of figures: safe, alone, complete, and drawn by a real browser where there is one."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import UTC
from html.parser import HTMLParser

import pytest

from srs.days import Days
from srs.errors import SrsError
from srs.figures import verdict
from srs.page import page, require_charts
from srs.page.charts import charts
from srs.stats import stats
from srs.store import open_store
from tests import histories

pytest.importorskip("plotly", reason="the page's charts need Plotly: pip install 'srs[html]'")
DAYS = Days(UTC)
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def figures():
    store = open_store(":memory:")
    histories.fill(store, histories.generated(3), DAYS, deck_of=lambda n: (f"a/{EVIL}", "a/b", "ab")[n % 3])
    yield stats(store, None, DAYS, histories.NOW)
    store.close()


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_every_chart_has_a_title_a_text_and_its_numbers_as_a_table(figures):
    drawn = charts(figures)
    assert {chart.name for chart in drawn} == {
        "forecast", "retention", "buttons", "calendar", "daily", "minutes", "hours", "calibration", "retrievability",
        "stability", "difficulty", "states", "kinds", "decks",
    }  # fmt: skip
    elements = Elements(page(figures))
    places = [e for e in elements.of("div") if e.get("class") == "chart"]
    assert [e["id"] for e in places] == [chart.name for chart in drawn]
    for chart, place in zip(drawn, places, strict=True):
        assert place["aria-label"] == f"{chart.title}. {chart.says}"
        assert place["role"] == "img"
        assert chart.rows
        assert {len(row) for row in chart.rows} == {len(chart.columns)}
    assert len(elements.of("details")) == len(drawn)
    assert len(elements.of("table")) >= len(drawn)


def test_plotly_itself_finds_nothing_wrong_with_a_chart(figures):
    from plotly.graph_objects import Figure

    def painted(value):
        """The page's own colours stand for real ones."""
        if isinstance(value, dict):
            return {name: painted(each) for name, each in value.items()}
        if isinstance(value, list):
            return [painted(each) for each in value]
        return "#123456" if isinstance(value, str) and value.startswith("@") else value

    for chart in charts(figures):
        Figure(painted({"data": chart.traces, "layout": chart.layout}))


def test_the_page_asks_nothing_of_anyone(figures):
    text = page(figures)
    elements = Elements(text)
    assert not [a for _, a in elements.found if {"src", "href", "srcset", "action"} & a.keys()]
    [policy] = [a["content"] for a in elements.of("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"('sha256-[\w+/=]{44}' ?){2}", rules["script-src"])
    assert "connect-src" not in rules
    assert "http" not in policy


def test_text_from_notes_is_text_in_the_page(figures):
    text = page(figures)
    plotly = require_charts().read_text("utf-8")
    assert "<b>bold</b>" not in text.replace(plotly, "")
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert len(Elements(text).of("script")) == 3
    assert not Elements(text).of("img")
    data = re.search(r'<script type="application/json" id="charts">(.*?)</script>', text, re.DOTALL)[1]
    assert "<" not in data
    labels = json.loads(data)["decks"]["data"][0]["y"]
    assert not any("<" in label for label in labels)


@pytest.mark.parametrize("cards", [0, 1])
def test_there_is_a_page_for_next_to_nothing(store, a_card, now, cards):
    for _ in range(cards):
        a_card()
    figures = stats(store, None, DAYS, now)
    assert verdict(figures)[1].split(":")[0] in page(figures)
    assert [chart.name for chart in charts(figures)] == ["states", "kinds", "decks"] * cards


def test_without_plotly_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("srs.page.find_spec", lambda _: None)
    with pytest.raises(SrsError, match=r"pip install 'srs\[html\]'"):
        require_charts()


def test_making_a_page_loads_nothing_of_plotlys_python():
    program = "import sys, srs.page; srs.page.require_charts(); print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# -- in a browser -------------------------------------------------------------------------------------------------------


FLAGS = (
    "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
    "disable-component-update", "disable-sync", "disable-dev-shm-usage", "enable-logging=stderr", "v=0",
    "virtual-time-budget=20000", "window-size=1100,1400", "dump-dom",
)  # fmt: skip


def opened(file, folder):
    """The page after its scripts have run, with the network off; and what it wrote to the console."""
    if BROWSER is None:
        assert not os.environ.get("CI"), "there is no Chromium here: .ci/run installs it"
        pytest.skip("no Chromium to open the page in")
    offline = ["--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9", f"--user-data-dir={folder}"]
    command = [BROWSER, *(f"--{flag}" for flag in FLAGS), *offline, file.as_uri()]
    folder.mkdir()
    # Into files, and all of its processes ended: those that a browser leaves behind would hold a pipe open for ever.
    with (folder / "dom").open("w+", encoding="utf-8") as dom, (folder / "log").open("w+", encoding="utf-8") as log:
        with subprocess.Popen(command, stdout=dom, stderr=log, start_new_session=True) as running:
            try:
                running.wait(180)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(running.pid, signal.SIGKILL)
        dom.seek(0), log.seek(0)
        return dom.read(), [line for line in log if "CONSOLE" in line]


def drawn_in(dom):
    """How many marks each chart shows."""
    parts = re.split(r'<div class="chart[^"]*" id="', dom)[1:]
    shown = {part.partition('"')[0]: part.partition("<details>")[0] for part in parts}
    marks = r'<g class="point"|<path class="point"|<image |class="js-line"'
    return {name: len(re.findall(marks, part)) for name, part in shown.items()}


def test_a_browser_without_network_draws_every_chart_and_finds_no_error(figures, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(page(figures), "utf-8")
    dom, console = opened(file, tmp_path / "profile")
    assert console == []
    marks = drawn_in(dom)
    assert list(marks) == [chart.name for chart in charts(figures)]
    assert all(marks.values()), marks
    assert marks["forecast"] == 30


def test_the_browser_would_tell_of_a_script_that_the_policy_does_not_know(figures, tmp_path):
    file = tmp_path / "page.html"
    file.write_text(page(figures).replace("</body>", "<script>document.title = 'changed'</script></body>"), "utf-8")
    dom, console = opened(file, tmp_path / "profile")
    assert console
    assert "<title>changed" not in dom
