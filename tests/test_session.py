"""Sessions at a real terminal, 80 by 24, and line by line: what the learner sees, and what the collection holds afterwards."""

import os
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pexpect
import pytest
from click.testing import CliRunner
from databases import Files, Server, image_of, rows

from srs.cli import main
from srs.notes import KINDS
from srs.store import open_store

NOTES = """\
# Talking about work

### Question 1: "Tell me about a project that slipped."

**Key Themes:**

- names the cause without blame
- shows the first sign that was mised
- ends with what changed afterwards

**Bad Example:** "The other team let us down, so nothing could be done."

*Why it's bad:* It blames others and shows no lesson.

## Useful phrases

- "Let me walk you through the numbers."
- "Could we park that for now?"
- "Here is where I would push back."
"""

PROJECT, CRITIQUE, WALK, PARK, PUSH = 1, 2, 3, 4, 5
AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
DAY_START = timedelta(hours=4)
_SEQUENCE = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])")


class Desk:
    """A learner's home: notes, a collection, and the terminal in front of them."""

    def __init__(self, home: Path, database: str) -> None:
        self.home, self.database = home, database
        self.environment: dict[str, str] = {
            **{name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_DATA_HOME": str(home / "data"),
            "SRS_DATABASE": database,
            "TERM": "xterm-256color",
            "TZ": "UTC",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PYTHONIOENCODING": "utf-8",
            "LC_ALL": "C.UTF-8",
        }
        self.opened: list[Terminal] = []

    def srs(self, *arguments: str, stdin: str | bytes = "") -> str:
        entered = stdin if isinstance(stdin, bytes) else stdin.encode()
        command = [sys.executable, "-m", "srs", *arguments]
        done = subprocess.run(command, input=entered, capture_output=True, env=self.environment, cwd=self.home)
        assert done.returncode == 0, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        return done.stdout.decode()

    def write(self, text: str, name: str = "work.md") -> Path:
        path = self.home / name
        path.write_text(text, "utf-8")
        done = CliRunner().invoke(
            main, ["import", str(path)], env=self.environment
        )  # a process for it would show nothing more
        assert done.exit_code == 0, done.output
        return path

    def review(self, *arguments: str, **environment: str) -> "Terminal":
        terminal = Terminal(["review", *arguments], {**self.environment, **environment}, self.home)
        self.opened.append(terminal)
        return terminal

    def rows(self, sql: str) -> list[Any]:
        return rows(self.database, sql)

    @property
    def answers(self) -> list[tuple[int, int]]:
        """Card and rating of every answer that the collection holds."""
        return self.rows("SELECT card_id, rating FROM revlog ORDER BY id")

    def schedule(self, card: int) -> Any:
        columns = "state, step, due, stability, difficulty, last_review, reps, lapses"
        return self.rows(f"SELECT {columns} FROM cards WHERE id = {card}")[0]

    def days_later(self, days: int) -> None:
        """Let the days pass, by moving all that has happened into the past."""
        micros = days * 86_400_000_000
        self.rows(f"UPDATE cards SET due = due - {micros}, last_review = last_review - {micros}")
        self.rows(f"UPDATE revlog SET reviewed_at = reviewed_at - {micros}, due_before = due_before - {micros}")
        self.rows(f"UPDATE revlog SET day = day - {days}")


class Terminal:
    """`srs` at a pseudo-terminal. `see` reads from the last key on; colours and line breaks do not count."""

    def __init__(self, arguments: list[str], environment: dict[str, str], home: Path) -> None:
        command = ["-m", "srs", *arguments]
        self.child = pexpect.spawn(
            sys.executable, command, env=environment, cwd=str(home), dimensions=(24, 80), encoding="utf-8"
        )
        self.child.delaybeforesend = None
        self.raw, self._since = "", 0

    def _read(self, seconds: float) -> None:
        try:
            self.raw += self.child.read_nonblocking(65536, seconds)
        except pexpect.TIMEOUT:
            pass
        except pexpect.EOF:
            if seconds:
                time.sleep(0.01)

    def text(self, since: int = 0) -> str:
        return " ".join(_SEQUENCE.sub("", self.raw[since:]).split())

    def see(self, expected: str) -> None:
        self._until(lambda: expected in self.text(self._since), expected)

    def _until(self, true: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + 10
        while not true():
            assert time.monotonic() < end, f"not seen: {what}\n{self.text(self._since)}"
            self._read(0.05)

    def press(self, keys: str, expected: str = "") -> None:
        """Press keys once the program reads them, as a learner does who looks at the screen; then see what comes."""
        self._until(lambda: not termios.tcgetattr(self.child.child_fd)[3] & termios.ICANON, "a wait for a key")
        self._send(keys)
        self.see(expected)

    def enter(self, line: str, expected: str = "") -> None:
        self._until(lambda: self.text().endswith((">", "Your answer:")), "a wait for a line")
        self._send(line + "\r")
        self.see(expected)

    def _send(self, keys: str) -> None:
        self._read(0)
        self._since = len(self.raw)
        self.child.send(keys)

    def end(self) -> int | None:
        """Read to the end; the exit code, or `None` after a signal."""
        self._until(lambda: not self.child.isalive(), "the end")
        self._read(0)
        assert "Traceback" not in self.raw
        code: int | None = self.child.exitstatus
        return code

    def quit(self) -> str:
        self.press("q", "Due tomorrow")
        assert self.end() == 0
        return self.text(self._since)


@pytest.fixture
def empty_desk(tmp_path: Path, database: str) -> Iterator[Desk]:
    """Nothing imported yet."""
    desk = Desk(tmp_path, database)
    yield desk
    for terminal in desk.opened:
        terminal.child.close(force=True)


@pytest.fixture(scope="module")
def imported(place: Files | Server, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    folder = tmp_path_factory.mktemp("imported")
    with place.database(folder) as database:
        Desk(folder, database).write(NOTES)
        with closing(open_store(database)) as store:
            return image_of(store)


@pytest.fixture
def desk(empty_desk: Desk, imported: Callable[..., None]) -> Desk:
    """A collection with one card of each kind in NOTES, and three phrases; nothing answered."""
    with closing(open_store(empty_desk.database)) as store:
        imported(store)
    return empty_desk


def interval(answered: int, due: int, label: str) -> str:
    """What the database says was given, in the words of the key: minutes and hours exactly, days as study days."""
    at, then = (datetime.fromtimestamp(micros / 1e6, UTC) for micros in (answered, due))
    if label.endswith("d"):
        return f"{((then - DAY_START).date() - (at - DAY_START).date()).days}d"
    minutes = (due - answered) / 6e7
    return f"{minutes / 60:g}h" if label.endswith("h") else f"{minutes:g}m"


# -- at a terminal --------------------------------------------------------------------------------------------------------


def test_the_collection_holds_exactly_what_was_answered(desk: Desk) -> None:
    screen = desk.review()
    screen.see("5 new · 0 learning · 0 review")
    screen.see("Which key themes does a good answer show? (3)")
    assert "without blame" not in screen.text()
    screen.press(" ", "names the cause without blame")
    screen.press("c", "c opens the checklist")
    screen.press("1", "Why is this a bad answer?")
    assert "shows no lesson" not in screen.text()
    screen.press("\r", "It blames others and shows no lesson.")
    screen.press("3", "“L…”")
    screen.press("u", "Why is this a bad answer?")
    assert desk.answers == [(PROJECT, AGAIN)]
    screen.press(" ", "shows no lesson")
    screen.press("4", "“L…”")
    assert "2 answers in 0:" in screen.quit()
    assert desk.answers == [(PROJECT, AGAIN), (CRITIQUE, EASY)]

    again = desk.review()
    again.see("“L…”")
    again.press(" ", "Let me walk you through the numbers.")
    again.press("2", "“C…”")
    again.quit()
    assert desk.answers == [(PROJECT, AGAIN), (CRITIQUE, EASY), (WALK, HARD)]


@pytest.mark.parametrize("in_review", [False, True])
def test_a_key_gives_the_interval_that_it_shows(desk: Desk, in_review: bool) -> None:
    if in_review:
        desk.srs("review", "--plain", stdin="\n4\n" * 5)
        desk.days_later(12)
    before = len(desk.answers)
    screen = desk.review()
    shown: dict[int, str] = {}
    keys = ["1", "2", "3", "4", "\r"] if in_review else ["1", "2", "4", " ", "3"]
    for card, key in zip((PROJECT, CRITIQUE, WALK, PARK, PUSH), keys, strict=True):
        asked = {PROJECT: "that slipped.", CRITIQUE: "bad answer?", WALK: "“L…”", PARK: "“C…”", PUSH: "“H…”"}[card]
        screen.see(asked)
        screen.press(" ", "Space is Good")
        if card == PROJECT:
            screen.press("c", "Space is Good")
        labels = dict(re.findall(r"([1-4]) \w+ ([\d.]+[mhd])", screen.text(screen._since)))
        shown[card] = labels[key if key.isdigit() else "3"]
        screen.press(key)
    screen.see("key themes does")
    rows = desk.rows(
        "SELECT card_id, rating, reviewed_at, due FROM revlog r JOIN cards c ON c.id = card_id ORDER BY r.id"
    )
    answered = (
        rows[before:] if not in_review else [row for row in rows if row[2] == max(r[2] for r in rows if r[0] == row[0])]
    )
    assert [rating for _, rating, _, _ in answered] == [int(key) if key.isdigit() else GOOD for key in keys]
    assert {card: interval(at, due, shown[card]) for card, _, at, due in answered} == shown


@pytest.mark.parametrize("end", ["q", "\x03", "\x04", "hangup", "terminate"])
def test_every_answer_given_so_far_is_kept(desk: Desk, end: str) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press(" ", "without blame")
    screen.press("c3", "bad answer?")
    screen.press(" ", "no lesson")
    if end == "hangup":
        screen.child.close(force=False)
    elif end == "terminate":
        screen.child.kill(signal.SIGTERM)
        assert screen.end() is None
    else:
        screen.press(end, "1 answer in 0:")
        assert screen.end() == 0
    assert desk.answers == [(PROJECT, GOOD)]


@pytest.mark.drawing
def test_a_session_whose_terminal_is_gone_ends_even_when_hangups_are_ignored(desk: Desk) -> None:
    started = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); os.execv(sys.executable, sys.argv[1:])"
    )
    command = ["-c", started, sys.executable, "-m", "srs", "review"]
    child = pexpect.spawn(sys.executable, command, env=desk.environment, dimensions=(24, 80), encoding="utf-8")
    child.expect("slipped")
    os.close(child.child_fd)
    end = time.monotonic() + 10
    while os.waitpid(child.pid, os.WNOHANG) == (0, 0):
        assert time.monotonic() < end, "still running"
        time.sleep(0.02)
    child.closed, child.child_fd = True, -1


def test_undo_goes_back_into_an_earlier_session(desk: Desk) -> None:
    new = desk.schedule(CRITIQUE)
    desk.srs("review", "--plain", stdin="\n3\n\n4\n")
    screen = desk.review()
    screen.see("“L…”")
    screen.press("u", "bad answer?")
    assert desk.schedule(CRITIQUE) == new
    screen.press("u", "key themes does")
    assert desk.answers == []
    screen.press("u", "nothing to take back")
    screen.press(" ", "without blame")
    screen.quit()


def test_a_card_put_aside_is_asked_as_late_as_it_should_be(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("s", "bad answer?")  # skipped: back in the next session
    screen.press(" ", "no lesson")
    screen.press("-", "“L…”")  # buried: back tomorrow
    screen.press("@", "“C…”")  # suspended: back when told
    screen.quit()
    assert desk.answers == []
    assert desk.rows("SELECT id FROM cards WHERE suspended") == [(WALK,)]
    [(card, until)] = desk.rows("SELECT id, buried_until FROM cards WHERE buried_until IS NOT NULL")
    tomorrow = (datetime.now(UTC) - DAY_START).date() + timedelta(days=1)
    assert (card, datetime.fromtimestamp(until / 1e6, UTC)) == (
        CRITIQUE,
        datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=UTC) + DAY_START,
    )
    said = desk.srs("review", "--plain", stdin="\n4\n\n4\n\n4\n")
    assert desk.answers == [(PROJECT, EASY), (PARK, EASY), (PUSH, EASY)]
    assert "bad answer?" not in said


def test_help_and_card_info_leave_the_card_where_it_is(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("?", "every answer given so far is kept")
    screen.press("i", "Card 1, themes, new; 0 answers, 0 lapses")
    screen.see(f"{'work.md'}:3")
    screen.press(" ", "Space is Good")
    screen.press("i", "Card 1, themes")
    screen.press("x")
    screen.press("c3", "bad answer?")
    screen.quit()
    assert desk.answers == [(PROJECT, GOOD)]


@pytest.mark.drawing
def test_hints_for_a_phrase_come_step_by_step(desk: Desk) -> None:
    screen = desk.review()
    for asked in ("that slipped.", "bad answer?"):
        screen.see(asked)
        screen.press("s")
    screen.see("“L…”")
    screen.press("h", "Let …")
    assert "L… m… w…" not in screen.text()
    screen.press("h", "L… m… w… y… t… t… n…")
    screen.press("h", "no further hint")
    assert "walk" not in screen.text()
    screen.press(" ", "Let me walk you through the numbers.")
    screen.quit()


def test_a_typed_answer_is_compared_and_its_letters_are_no_keys(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("s", "bad answer?")
    screen.press("s", "“L…”")
    screen.press("t", "Your answer:")
    screen.enter("let me guide you, q u 1", "Let me -guide- [walk] you -q u 1- [through the numbers]")
    screen.see("Space is Again")
    screen.press("1", "“C…”")
    screen.press("t", "Your answer:")
    screen.enter("COULD we park that, for now", "Word for word.")
    screen.press("3", "“H…”")
    screen.press("t", "Your answer:")
    screen.enter("\x03", "2 answers in 0:")
    assert screen.end() == 0
    assert desk.answers == [(WALK, AGAIN), (PARK, GOOD)]


@pytest.mark.drawing
def test_with_typed_every_phrase_is_typed(desk: Desk) -> None:
    screen = desk.review("--typed")
    screen.see("key themes does")
    screen.press("s", "bad answer?")
    screen.press("s", "Your answer:")
    screen.enter("Let me walk you through the numbers", "Word for word.")
    screen.press(" ", "Your answer:")
    screen.enter("", "Could we park that for now?")
    screen.quit()


def test_keys_typed_ahead_are_not_lost(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press(" c1 4", "“L…”")
    screen.quit()
    assert desk.answers == [(PROJECT, AGAIN), (CRITIQUE, EASY)]


@pytest.mark.drawing
def test_an_arrow_key_does_nothing(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press(" ", "Space is Good")
    screen.press("\x1b[1;5D")
    time.sleep(0.1)
    screen.press("\x03", "No answers this time.")
    assert screen.end() == 0


def test_keys_typed_ahead_of_an_arrow_and_after_it_count(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("\x1b[A \x1b[1;5Dc3", "bad answer?")
    screen.quit()
    assert desk.answers == [(PROJECT, GOOD)]


def test_fixing_a_typo_in_the_editor_keeps_the_schedule(empty_desk: Desk, tmp_path: Path) -> None:
    document = empty_desk.write(NOTES)
    empty_desk.srs("review", "--plain", stdin="\n3\n")
    empty_desk.rows("UPDATE cards SET due = due - 900000000")
    before = empty_desk.schedule(PROJECT)
    editor = tmp_path / "fix typo.py"
    editor.write_text(
        "import pathlib, sys\n"
        "path = pathlib.Path(sys.argv[-1])\n"
        "path.write_text(path.read_text('utf-8').replace('mised', 'missed'), 'utf-8')\n"
    )
    screen = empty_desk.review(EDITOR=f"{sys.executable} '{editor}'")
    screen.see("key themes does")
    screen.press(" ", "that was mised")
    screen.press("e", "key themes does")
    screen.press(" ", "that was missed")
    screen.quit()
    assert "missed" in document.read_text("utf-8")
    assert empty_desk.schedule(PROJECT) == before
    assert empty_desk.answers == [(PROJECT, GOOD)]


@pytest.mark.parametrize("editor", [" ", "'open", "/no/such/editor"])
@pytest.mark.drawing
def test_an_editor_that_cannot_be_started_costs_nothing(desk: Desk, editor: str) -> None:
    screen = desk.review(EDITOR=editor, PATH="/nowhere")
    screen.see("key themes does")
    screen.press("e", "Not edited:")
    screen.press(" ", "key themes does")
    screen.quit()


@pytest.mark.drawing
def test_an_escape_sequence_in_a_card_is_text(empty_desk: Desk) -> None:
    empty_desk.write(
        "## Useful phrases\x1b]0;owned\x07\n\n"
        '- "Wipe\x1b[2Jnothing, \x1b]0;titled\x07 please, \x9b31mred \u202eturned."\n'
    )
    screen = empty_desk.review()
    screen.see("Say the phrase.")
    screen.press("h")
    screen.press("h")
    screen.press(" ", "nothing,")
    screen.see("Space is Again")
    screen.press("i", "Card 1")
    screen.quit()
    for sequence in ("\x1b]0;", "\x1b[2Jnothing", "\x07", "\x9b", "\u202e"):
        assert sequence not in screen.raw
    assert "␛[2Jnothing" in screen.text()
    assert not set(empty_desk.srs("review", "--plain", stdin="\n")) & set("\x1b\x07\x9b\u202e")


@pytest.mark.drawing
def test_without_colour_no_colour_is_written(desk: Desk) -> None:
    colour = re.compile(r"\x1b\[[0-9;]*(?:3[0-8]|4[0-8]|9[0-7])[0-9;]*m")
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        screen = desk.review(**environment)
        screen.see("key themes does")
        screen.press(" ", "Space is Good")
        screen.press("?", "the answer")
        screen.quit()
        assert bool(colour.search(screen.raw)) is coloured


@pytest.mark.drawing
def test_a_card_longer_than_the_screen_loses_nothing(empty_desk: Desk) -> None:
    themes = [f"- theme {number} is told with care" for number in range(1, 61)]
    question = "What did you learn " + "and then " * 250 + "leave behind?"
    empty_desk.write("\n".join([f"### {question}", "", "**Key Themes:**", "", *themes, ""]))
    screen = empty_desk.review()
    screen.see(question)
    screen.press(" ", "theme 60 is told with care")
    screen.see("Space is Good")
    shown = screen.text(screen._since)
    assert [int(number) for number in re.findall(r"theme (\d+) is told with care", shown)] == list(range(1, 61))
    screen.quit()


# -- what each kind has of its own ----------------------------------------------------------------------------------------


def test_ticked_items_suggest_a_rating_and_what_was_missed_is_shown_the_next_time(desk: Desk) -> None:
    screen = desk.review("--limit", "1")
    screen.see("key themes does")
    screen.press(" ", "1–3 tick what you covered")
    screen.press("1", "Space is Again")
    screen.press("3", "Space is Hard")
    screen.press("a", "Space is Good")
    screen.press("2", "Space is Hard")
    screen.press(" ", "1 answer in")
    assert desk.answers == [(PROJECT, HARD)]
    assert desk.rows("SELECT item, covered FROM ticks ORDER BY id") == [
        ("names the cause without blame", 1),
        ("shows the first sign that was mised", 0),
        ("ends with what changed afterwards", 1),
    ]
    desk.days_later(1)
    screen = desk.review()
    screen.see("key themes does")
    screen.press(" ", "shows the first sign that was mised missed 1 of 1 3")
    screen.press("u", "key themes does")
    screen.quit()
    assert desk.rows("SELECT * FROM ticks") == []


def test_a_checklist_need_not_be_used(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press(" ", "Space is Good")
    screen.press("c", "1 Again")
    screen.press("c", "1–3 tick")
    screen.press(" ", "bad answer?")
    screen.quit()
    assert desk.answers == [(PROJECT, GOOD)]
    assert desk.rows("SELECT * FROM ticks") == []


def test_a_list_of_more_than_nine_items_is_ticked_nine_by_nine(empty_desk: Desk) -> None:
    empty_desk.write("\n".join(["## Framework: packing", "", *(f"- thing {number}" for number in range(1, 12)), ""]))
    screen = empty_desk.review()
    screen.see("Name its parts. (11)")
    screen.press(" ", "9 · thing 9 · thing 10")
    screen.press("0", "thing 9 1 · thing 10 2 · thing 11")
    screen.press("2", "2 ✓ thing 11")
    screen.press(" ", "Framework: packing Space shows")
    screen.quit()
    assert [item for item, covered in empty_desk.rows("SELECT item, covered FROM ticks") if covered] == ["thing 11"]


@pytest.mark.drawing
def test_a_hint_for_a_list_is_the_first_word_of_an_item(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("h", "1. names …")
    screen.press("h", "2. shows …")
    screen.press(" ", "Space is Again")
    screen.quit()


@pytest.mark.drawing
def test_after_the_flaw_of_a_bad_answer_comes_a_better_one(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("s", "bad answer?")
    screen.press(" ", "It blames others and shows no lesson. A good answer shows")
    screen.see("ends with what changed afterwards")
    screen.quit()


QUESTIONS = """\
# Talking about work

### Question 1: "Tell me about a project that slipped."

**Key Themes:**

- names the cause

## More questions

- Which project of yours has slipped furthest?
- How do you choose a library?
"""


@pytest.mark.drawing
def test_a_question_is_spoken_against_a_countdown_and_shows_the_themes_of_one_like_it(empty_desk: Desk) -> None:
    empty_desk.write(QUESTIONS)
    empty_desk.srs("deck", "set", "work", "speaking_time=3")
    screen = empty_desk.review()
    screen.see("key themes does")
    screen.press("s", "slipped furthest?")
    screen.see("0:02 left")
    screen.see("0:01 left")
    screen.see("0:01 over")
    screen.press(" ", "judge how you spoke")
    screen.see("of 0:03")
    screen.see("Themes of “Tell me about a project that slipped.”")
    screen.see("names the cause")
    screen.press("3", "choose a library?")
    screen.press(" ", "judge how you spoke")
    screen.see("Space is Good")
    assert "Themes of" not in screen.text(screen._since)
    screen.quit()


@pytest.mark.drawing
def test_about_a_card_shows_how_it_fades_and_what_comes_next(desk: Desk) -> None:
    desk.srs("review", "--plain", "--limit", "1", stdin="\n4\n")
    desk.days_later(9)
    screen = desk.review("--new", "0")
    screen.see("key themes does")
    screen.press("i", "1 answer, 0 lapses")
    for shown in (
        "work.md:3",
        "chance of recall now",
        "Easy",
        "100% █",
        "↑day 0",
        "↑today, day 9",
        "Next: Again 10m, Hard",
    ):
        screen.see(shown)
    screen.quit()


EVERY_KIND = """\
# Clay

### Question 1: "Tell me about a pot that broke."

**Key Themes:**

- names the crack

**Bad Example:** "The wheel was at fault."

*Why it's bad:* It blames a tool.

## Red Flags

| Bad | Better |
| --- | --- |
| I never break pots. | I break few, and I know why. |

## Framework: before firing

- dry the pot
- sand the foot

## Short Monologue (30–60 seconds)

> I throw pots in a shed behind the house, and most of them are for soup. In winter the clay is too cold to touch, so I
> carry it in on the evening before and keep it near the stove.

## Pattern 1: reason first

**Structure:** Because + cause, + what was done

**When to use:** when the cause matters more than the deed

**Examples:**

- Because the clay was wet, we waited.

## Useful phrases

- "Let it dry before you judge it."

## Glossary

- **Kiln**: an oven in which clay is fired

## Notes

Q: How hot is a bisque kiln?
A: About a thousand degrees.

Clay shrinks by ==a tenth== as it dries.

## Follow-up questions

- What would you glaze first?
"""


def test_every_kind_of_card_is_flipped_and_rated_with_space_alone(empty_desk: Desk) -> None:
    empty_desk.write(EVERY_KIND)
    kinds = [kind for (kind,) in empty_desk.rows("SELECT kind FROM notes ORDER BY id")]
    assert set(kinds) == set(KINDS)
    screen = empty_desk.review("--limit", str(len(kinds)))
    for number in range(len(kinds)):
        screen.see("q end")
        screen.press(" ", "Space is")
        screen.press(" ", "q end" if number + 1 < len(kinds) else f"{len(kinds)} answers in")
    assert screen.end() == 0
    assert sorted(card for card, _ in empty_desk.answers) == list(range(1, len(kinds) + 1))


def test_every_kind_of_card_goes_line_by_line_too(empty_desk: Desk) -> None:
    empty_desk.write(EVERY_KIND)
    empty_desk.srs("review", "--plain", stdin="\n4\n" * 20)
    assert {rating for _, rating in empty_desk.answers} == {EASY}
    assert len(empty_desk.answers) == len(empty_desk.rows("SELECT id FROM cards"))


# -- what happens to a terminal -------------------------------------------------------------------------------------------


def test_another_size_of_the_window_draws_the_card_anew(desk: Desk) -> None:
    screen = desk.review()
    screen.see("q end")
    screen.press(" ", "Space is Good")
    since = len(screen.raw)
    screen.child.setwinsize(30, 60)
    screen._since = since
    screen.see("Space is Good")
    assert "─" * 60 in screen.raw[since:]
    assert "─" * 61 not in screen.raw[since:]
    screen.press(" ", "bad answer?")
    screen.quit()
    assert desk.answers == [(PROJECT, GOOD)]


def test_after_ctrl_z_the_card_is_back_and_the_time_away_does_not_count(desk: Desk) -> None:
    screen = desk.review()
    screen.see("q end")
    screen.press(" ", "Space is Good")
    screen.child.kill(signal.SIGTSTP)
    end = time.monotonic() + 10
    while "\nState:\tT" not in Path(f"/proc/{screen.child.pid}/status").read_text():
        assert time.monotonic() < end, "not stopped"
        time.sleep(0.02)
    assert termios.tcgetattr(screen.child.child_fd)[3] & termios.ICANON, "the shell has its terminal back"
    time.sleep(1.5)
    screen._read(0)
    screen._since = len(screen.raw)
    screen.child.kill(signal.SIGCONT)
    screen.see("names the cause without blame")
    screen.press(" ", "bad answer?")
    screen.quit()
    [(seconds,)] = desk.rows("SELECT seconds FROM revlog")
    assert seconds < 1.5


def test_what_is_pasted_is_no_key(desk: Desk) -> None:
    screen = desk.review()
    screen.see("q end")
    screen.press("\x1b[200~ 1\r4 " + "3 " * 2000 + "\x1b[201~")
    time.sleep(0.2)
    screen.press(" ", "Space is Good")
    screen.press("\x1b[200~2")
    screen.press("4\x1b[201~ ", "bad answer?")
    screen.quit()
    assert desk.answers == [(PROJECT, GOOD)]


def test_a_pasted_text_of_several_lines_is_one_typed_answer(desk: Desk) -> None:
    screen = desk.review("--typed")
    screen.see("key themes does")
    screen.press("s", "bad answer?")
    screen.press("s", "Your answer:")
    screen.enter("\x1b[200~Let me walk you\rthrough the numbers\x1b[201~", "Word for word.")
    screen.quit()
    assert desk.answers == []


def test_undo_brings_back_what_was_put_aside_exactly(desk: Desk) -> None:
    row = f"SELECT * FROM cards WHERE id = {PROJECT}"
    before = desk.rows(row)
    for key, said in (("-", "1 card buried until tomorrow"), ("@", "1 card suspended")):
        screen = desk.review()
        screen.see("key themes does")
        screen.press(key, "bad answer?")
        assert desk.rows(row) != before
        screen.press("u", f"Taken back: {said}")
        assert desk.rows(row) == before
        screen.quit()


def test_the_time_in_the_editor_does_not_count(empty_desk: Desk, tmp_path: Path) -> None:
    empty_desk.write(NOTES)
    editor = tmp_path / "slow.py"
    editor.write_text("import time; time.sleep(1.5)")
    screen = empty_desk.review(EDITOR=f"{sys.executable} '{editor}'")
    screen.see("q end")
    screen.press("e", "q end")
    screen.press(" ", "Space is Good")
    screen.press(" ", "bad answer?")
    screen.quit()
    [(seconds,)] = empty_desk.rows("SELECT seconds FROM revlog")
    assert 0 < seconds < 1.5


def test_a_card_without_a_document_is_edited_too(empty_desk: Desk, tmp_path: Path) -> None:
    empty_desk.srs("add", "--prompt", "What is a kiln?", "--answer", "An oven for play.")
    editor = tmp_path / "mend.py"
    editor.write_text(
        "import pathlib, sys; p = pathlib.Path(sys.argv[-1]); p.write_text(p.read_text().replace('play', 'clay'))"
    )
    screen = empty_desk.review(EDITOR=f"{sys.executable} '{editor}'")
    screen.see("kiln?")
    screen.press("e", "kiln?")
    screen.press(" ", "An oven for clay.")
    screen.quit()


# -- line by line ---------------------------------------------------------------------------------------------------------


def test_without_a_terminal_a_session_goes_line_by_line(desk: Desk) -> None:
    said = desk.srs("review", stdin="?\n\n1\nu\n \n4\nq\n")
    assert desk.answers == [(PROJECT, EASY)]
    assert "names the cause without blame" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("stdin", [b"", b"\n", b"\n3", b"\n3\n\n", b"\n3\nnonsense\n\xff\xfe\n\n12\n"])
def test_the_end_of_input_ends_the_session_quietly(desk: Desk, stdin: bytes) -> None:
    desk.srs("review", stdin=stdin)
    assert desk.answers == [(PROJECT, GOOD)] * (b"3" in stdin)


def test_plain_at_a_terminal_goes_line_by_line(desk: Desk) -> None:
    screen = desk.review("--plain")
    screen.see("that slipped. >")
    screen.enter("", "Answer:")
    screen.see("4 Easy")
    screen.enter("3", "bad answer?")
    screen.see(">")
    screen.enter("\x04", "1 answer in 0:")
    assert screen.end() == 0
    assert "\x1b" not in screen.raw
    assert desk.answers == [(PROJECT, GOOD)]


# -- answers that suggest their rating -----------------------------------------------------------------------------------

TALK = """\
# Baking
## Short Monologue (30–60 seconds)
> I bake bread for a living, and I light the oven before the sun is up. While it heats, I weigh the flour for the day.
>
> What I like most is the quiet hour before the shop opens, when the first loaves cool on the rack.
"""


def test_a_hint_makes_space_mean_hard(desk: Desk) -> None:
    screen = desk.review()
    screen.see("key themes does")
    screen.press("s", "bad answer?")
    screen.press("s", "“L…”")
    screen.press("h", "Let …")
    screen.press(" ", "Space is Hard")
    screen.press(" ", "“C…”")
    screen.quit()
    assert desk.answers == [(WALK, HARD)]


@pytest.mark.drawing
def test_a_talk_is_in_sight_at_first_and_only_its_key_words_after_it_was_easy(empty_desk: Desk) -> None:
    empty_desk.write(TALK)
    screen = empty_desk.review()
    screen.see("In sight: the whole text")
    screen.see("What I like most is the quiet hour")
    screen.press(" ", "of 0:30–1:00")
    screen.press("4", "1 answer in")
    empty_desk.days_later(9)
    screen = empty_desk.review()
    screen.see("In sight: key words")
    screen.see("bread · living · before")
    assert "quiet hour" not in screen.text()
    screen.press(" ", "quiet hour")
    screen.see("Space is Good")
    screen.quit()


def test_line_by_line_a_talk_is_in_sight_too(empty_desk: Desk) -> None:
    empty_desk.write(TALK)
    shown = empty_desk.srs("review", "--plain", stdin="\n\n")
    assert "In sight: the whole text." in shown
    assert "Enter is Hard" in shown
    assert empty_desk.answers == [(1, HARD)]
