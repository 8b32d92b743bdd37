"""`srs stats` as it is typed: on a terminal of any width, as JSON, as a page; with much, little and nothing to show."""

import io
import json
import re
from datetime import UTC

import pytest
from click.testing import CliRunner
from rich.console import Console

from srs.cli import main
from srs.cli.charts import show
from srs.days import Days
from srs.stats import stats
from tests import histories

DAYS = Days(UTC)
KEYS = """deck day period_days desired_retention spans streak longest_streak days_studied due_today overdue forecast daily
    buttons hours calibration by_state by_kind by_deck seen known stability difficulty retrievability forgotten hardest
    leeches leech_count missed"""


@pytest.fixture(scope="module")
def figures(fresh):
    with fresh() as store:
        histories.fill(store, histories.generated(3), DAYS)
        return stats(store, None, DAYS, histories.NOW)


def printed(figures, width, **options):
    out = io.StringIO()
    show(Console(file=out, width=width, highlight=False, emoji=False, markup=False, **options), figures)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140, 200])
def test_the_page_fits_the_terminal(figures, width):
    assert max(len(line) for line in printed(figures, width).splitlines()) <= width


def test_colour_adds_nothing_but_colour(figures):
    coloured = printed(figures, 80, force_terminal=True, color_system="256")
    assert "\x1b" in coloured
    plain = printed(figures, 80)
    assert "\x1b" not in plain
    lines = (line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", coloured).splitlines())
    assert list(lines) == [line.rstrip() for line in plain.splitlines()]


def test_the_first_screen_says_whether_it_goes_well_and_what_is_forgotten(figures):
    first = "\n".join(printed(figures, 80).splitlines()[:24])
    for said in (
        "in the last 30 days, 90% asked for.",
        "Today:",
        "Streak:",
        "Known:",
        "True retention",
        "Forgotten most",
    ):
        assert said in first


def test_all_that_there_is_to_see_is_on_the_page(figures):
    page = printed(figures, 80)
    for title in (
        "Due in the next 14 days", "Answers in the last 14 days", "Every day of the last 53 weeks", "Cards by state",
        "Cards by kind", "Cards by deck", "Stability", "Difficulty", "Retrievability", "Answer buttons",
        "Answers by hour", "Calibration", "Log loss", "Hardest cards", "Leeches",
    ):  # fmt: skip
        assert f"\n{title}" in page


# -- the command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def srs(database):
    def run(*arguments):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


@pytest.fixture
def card(srs):
    assert srs("add", "--deck", "a", "--prompt", "What is a kiln?", "--answer", "An oven.").exit_code == 0


@pytest.mark.usefixtures("card")
def test_the_keys_of_the_json_are_these(srs):
    assert list(json.loads(srs("stats", "--json").stdout)) == KEYS.split()
    short = json.loads(srs("stats", "--days", "7", "--json").stdout)
    assert short["period_days"] == 7


def test_an_empty_collection_says_what_to_do_next(srs):
    assert srs("stats").stdout == "There are no cards yet. Next: srs import --starter\n"
    assert json.loads(srs("stats", "--json").stdout)["calibration"] == {"reviews": 0, "log_loss": None, "bins": []}


@pytest.mark.usefixtures("card")
def test_one_card_without_an_answer(srs):
    page = srs("stats").stdout
    assert "Too early to tell: 0 reviews in the last 30 days" in page
    assert "Known: about 0 of 0 cards seen; 1 in all" in page
    assert "Calibration" not in page


@pytest.mark.usefixtures("card")
def test_suspended_cards_alone(srs):
    srs("suspend", "1")
    assert re.search(r"suspended +1 ", srs("stats").stdout)


@pytest.mark.usefixtures("card")
def test_a_deck_that_is_not_there(srs, tmp_path):
    for arguments in (["stats", "b"], ["stats", "b", "--json"], ["stats", "b", "--html", tmp_path / "page.html"]):
        done = srs(*arguments)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: there is no deck “b”")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.usefixtures("card")
def test_a_page_is_written_whole_or_not_at_all(srs, tmp_path):
    pytest.importorskip("plotly")
    file = tmp_path / "page.html"
    assert srs("stats", "a", "--html", file).exit_code == 0
    assert file.read_text("utf-8").endswith("</html>\n")
    assert "<title>Progress in a</title>" in file.read_text("utf-8")
    done = srs("stats", "--html", tmp_path / "none" / "page.html")
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1)
    assert "--html" in done.stderr
