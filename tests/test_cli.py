import csv
import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from functools import partial

import click
import pexpect
import pytest
from click.testing import CliRunner
from databases import rows, untouched

from srs import __version__
from srs.cli import main
from srs.cli.changes import words_changed
from srs.cli.main import COMMANDS
from srs.store import open_store

NOTES = """# Topic 1: Estimates

## 1. Core Speaking Chunks (4 items)

### Giving a Range
- "As of today, my best guess is…"
- "I'd put it at two to three weeks."

### Saying What Won't Fit
- "Something has to come out of this release."
- "We can have one or the other, but not both."
"""


@pytest.fixture
def srs(database):
    """Runs `srs` with these arguments; a traceback fails the test."""

    def run(*arguments, lines="", database=database):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)], input=lines)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def spoilt(nowhere):
    """An empty collection that no other test will use."""
    open_store(nowhere).close()
    return nowhere


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "estimates.md"
    path.write_text(NOTES)
    return path


def one_json(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_learners_first_day(nowhere, tmp_path, srs):
    srs = partial(srs, database=nowhere)
    assert "srs import --starter" in srs().stdout
    done = srs("import", "--starter")
    assert done.exit_code == 0, done.stderr
    assert "Next: srs review" in done.stdout
    assert "Today: 20 new" in srs().stdout

    done = srs("review", lines="\n3\n\n1\n \n4\nq\n")
    assert done.exit_code == 0
    assert "Answer:" in done.stdout
    assert re.search(r"1 Again 1m, 2 Hard \S+, 3 Good 10m, 4 Easy \d+d", done.stdout)
    assert "3 answers in 0:0" in done.stdout

    done = srs("undo")
    assert done.exit_code == 0
    assert done.stdout.startswith("Taken back: Easy on “")
    total = [deck for deck in one_json(srs("due", "--json")) if "/" not in deck["deck"]]
    assert sum(deck["done_today"] for deck in total) == 2
    assert "interview" in srs("due").stdout

    figures = one_json(srs("stats", "--json"))
    assert figures["spans"][0]["reviews"] == 2
    assert figures["streak"] == 1
    assert "Streak: 1 day in a row" in srs("stats").stdout

    out = tmp_path / "reviews.csv"
    done = srs("export", "reviews", "--output", out)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "2 records written" in done.stderr
    assert [row["rating"] for row in csv.DictReader(io.StringIO(out.read_text("utf-8")))] == ["3", "1"]
    done = srs("export", "reviews", "--format", "jsonl")
    assert [json.loads(line)["rating"] for line in done.stdout.splitlines()] == [3, 1]


def test_importing_again_changes_nothing_and_says_so(srs, notes):
    assert srs("import", notes).exit_code == 0
    done = srs("import", notes)
    assert (done.exit_code, done.stdout) == (0, "Nothing changed in 1 document.\n")


def test_every_answer_is_kept_when_the_input_ends(srs, notes):
    srs("import", notes)
    assert srs("review", lines="\n3\n").exit_code == 0
    assert one_json(srs("stats", "--json"))["spans"][0]["reviews"] == 1


def test_the_new_and_limit_options_bound_a_sitting(srs, notes):
    srs("import", notes)
    assert "No answers this time." in srs("review", "--new", "0", lines="\n4\n" * 9).stdout
    assert "1 answer in" in srs("review", "--limit", "1", lines="\n4\n" * 9).stdout


def test_undo_without_anything_to_take_back_is_a_clear_error(srs):
    done = srs("undo")
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: there is nothing to take back: no answer, no import, no change\n",
    )


def a_binary_file(tmp_path, _database):
    (tmp_path / "picture.md").write_bytes(bytes(range(256)) * 9)
    return ["import", tmp_path / "picture.md"]


def an_empty_file(tmp_path, _database):
    (tmp_path / "empty.md").write_text("")
    return ["import", tmp_path / "empty.md"]


def a_folder_without_documents(tmp_path, _database):
    (tmp_path / "folder").mkdir()
    return ["import", tmp_path / "folder"]


def an_unknown_deck(_tmp_path, _database):
    return ["review", "nowhere"]


def an_unknown_deck_to_count(_tmp_path, _database):
    return ["due", "nowhere"]


def an_unknown_deck_to_export(_tmp_path, _database):
    return ["export", "cards", "--deck", "nowhere"]


def a_read_only_database(tmp_path, database):
    (tmp_path / "note.md").write_text(NOTES)
    read_only = f"sqlite:///file:{database}?mode=ro&uri=true"
    if "://" in database:
        read_only = f"{database}%20-cdefault_transaction_read_only%3Don"
    return ["--database", read_only, "import", tmp_path / "note.md"]


def another_programs_database(_tmp_path, database):
    rows(database, "ALTER TABLE srs_version RENAME TO customers")
    return ["due"]


def a_missing_path(tmp_path, _database):
    return ["import", tmp_path / "none.md"]


def a_missing_settings_file(tmp_path, _database):
    return ["--config", tmp_path / "none.toml", "due"]


def an_output_in_a_missing_folder(tmp_path, _database):
    return ["export", "cards", "--output", tmp_path / "none" / "cards.csv"]


@pytest.mark.parametrize(
    "make",
    [
        a_binary_file, an_empty_file, a_folder_without_documents, an_unknown_deck, an_unknown_deck_to_count,
        an_unknown_deck_to_export, a_read_only_database, another_programs_database, a_missing_path, a_missing_settings_file,
        an_output_in_a_missing_folder,
    ],
)  # fmt: skip
def test_a_mistake_of_the_user_is_one_line_and_exit_code_1(srs, tmp_path, spoilt, make):
    done = srs(*make(tmp_path, spoilt), database=spoilt)
    assert done.exit_code == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(("Error: ", f"{tmp_path}/"))
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["review", "--new", "-1"],
        ["review", "--limit", "0"],
        ["export"],
        ["export", "x"],
        ["import"],
        ["import", "x.md", "--name", "x"],
        ["import", "-", "--name", " "],
        ["--x"],
    ],
)
def test_wrong_usage_is_exit_code_2(srs, arguments):
    done = srs(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_bad_document_does_not_keep_the_others_out(srs, notes, tmp_path):
    (tmp_path / "empty.md").write_text(" ")
    done = srs("import", notes, tmp_path / "empty.md", "--json")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[0].startswith(f"{tmp_path}/empty.md: is empty")
    assert json.loads(done.stdout)["added"] == 4


def test_json_is_one_value_on_stdout_and_talk_goes_to_stderr(srs, notes, tmp_path):
    (tmp_path / "twice.md").write_text(NOTES)
    done = srs("import", notes, tmp_path / "twice.md", "--json")
    assert one_json(done)["added"] == 4
    assert "4 cards from line 6 on: stand elsewhere too; asked once" in done.stderr
    for arguments in (["due"], ["stats"], ["due", "estimates"], ["stats", "estimates"]):
        done = srs(*arguments, "--json")
        assert one_json(done)
        assert done.stderr == ""


# -- looking before importing


EDITED = NOTES.replace("two to three weeks", "three to four weeks").replace("### Giving", "### Naming").replace(
    '- "We can have one or the other, but not both."\n', '- "Let us hear from the people who wait for it."\n'
)  # fmt: skip
CHANGE = {
    "change", "card_id", "kind", "prompt", "answer", "path", "heading", "line", "before", "similarity", "others"
}  # fmt: skip
REPORT = {
    "dry_run": bool, "documents": int, "documents_unchanged": int, "decks": list, "added": int, "edited": int,
    "moved": int, "revived": int, "retired": int, "ambiguous": int, "unchanged": int, "kinds": dict, "repaired": list,
    "problems": list, "losses": list, "changes": list,
}  # fmt: skip


def test_a_dry_run_makes_no_collection(srs, notes, nowhere, place):
    done = srs("import", notes, "--dry-run", database=nowhere)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[:2] == [str(notes), "  4 new (4 phrase)"]
    assert done.stdout.splitlines()[-1] == "4 new. The new ones: 4 phrase. Nothing was written."
    assert not place.is_there(nowhere)


def test_a_dry_run_leaves_the_collection_byte_for_byte(srs, notes, database):
    srs("import", notes)
    before = untouched(database)
    notes.write_text(EDITED)
    assert srs("import", notes, "--dry-run").exit_code == 0
    assert srs("import", notes, "--dry-run", "--json").exit_code == 0
    assert untouched(database) == before


def test_a_dry_run_shows_word_by_word_what_an_edit_changes(srs, notes):
    srs("import", notes)
    notes.write_text(EDITED)
    shown = srs("import", notes, "--dry-run").stdout
    assert "I'd put it at [-two-]{+three+} to [-three-]{+four+} weeks." in shown
    assert re.search(r"edited, schedule kept .*\n    ~ .*\n      \d+ % alike\n", shown)
    assert "1 retired, schedule kept" in shown
    assert re.search(r"^    - Estimates › Saying What Won't Fit", shown, re.MULTILINE)
    assert "\x1b" not in shown


def test_a_dry_run_shows_where_a_card_moves_from_and_to(srs, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "one.md").write_text(NOTES)
    srs("import", folder)
    (folder / "one.md").rename(folder / "two.md")
    shown = srs("import", folder, "--dry-run").stdout
    assert "4 moved, schedule kept" in shown
    assert f"{folder}/one.md › Giving a Range → {folder}/two.md › Giving a Range" in shown


def test_a_card_that_is_like_several_is_shown_with_all_of_them(srs, tmp_path):
    def meeting(*gates):
        lines = "".join(f"- Please meet me at gate {gate} by noon.\n" for gate in gates)
        (tmp_path / "trips.md").write_text("# Trips\n## Phrases\n" + lines)
        return tmp_path / "trips.md"

    srs("import", meeting("one", "two"))
    shown = srs("import", meeting("six"), "--dry-run").stdout
    assert "1 ambiguous: like several cards, taken for the oldest" in shown
    assert "card 1: Please meet me at gate one by noon." in shown
    assert "card 2: Please meet me at gate two by noon." in shown
    done = srs("import", meeting("six"), "--json")
    [case] = [change for change in one_json(done)["changes"] if change["change"] == "ambiguous"]
    assert (case["card_id"], case["others"]) == (1, [2])
    assert "trips.md:3: like 2 cards; taken for the oldest of them, card 1" in done.stderr


def test_a_dry_run_of_what_is_as_it_was_says_so(srs, notes):
    srs("import", notes)
    assert srs("import", notes, "--dry-run").stdout == "Nothing would change in 1 document.\n"


def test_a_dry_run_of_many_new_cards_takes_a_line_for_each(srs, tmp_path):
    text = "# Numbers\n## Phrases\n" + "".join(f"- The {n}th of {'very ' * (n % 40)}many things.\n" for n in range(300))
    (tmp_path / "many.md").write_text(text)
    lines = srs("import", tmp_path / "many.md", "--dry-run").stdout.splitlines()
    assert len(lines) == 303
    assert max(map(len, lines)) <= 100


def test_a_file_name_and_a_text_with_escape_sequences_are_shown_harmlessly(tmp_path, srs, database):
    path = tmp_path / "ev\x1b[31mil.md"
    path.write_text(NOTES.replace("Range", "Ra\x1b[32mnge"))
    srs("import", path)
    path.write_text(path.read_text().replace("three weeks", "three \x1b[33m weeks"))
    for arguments in (["import", path, "--dry-run"], ["import", path, "--json"], ["undo"]):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)], color=True)
        assert done.exit_code == 0
        assert "\x1b" not in done.output


@pytest.mark.parametrize("options", [["--dry-run"], []])
def test_the_report_as_json_is_whole(srs, notes, options):
    srs("import", notes)
    notes.write_text(EDITED)
    report = one_json(srs("import", notes, "--json", *options))
    assert {name: type(value) for name, value in report.items()} == REPORT
    assert report["dry_run"] is bool(options)
    assert {frozenset(change) for change in report["changes"]} == {frozenset(CHANGE)}
    names = [change["change"] for change in report["changes"]]
    assert {name: names.count(name) for name in ("added", "edited", "retired")} == {
        name: report[name] for name in ("added", "edited", "retired")
    }
    [edited] = [change for change in report["changes"] if "four weeks" in change["answer"]]
    assert edited["before"]["answer"] == "I'd put it at two to three weeks."
    assert edited["before"].keys() < edited.keys()
    assert 70 < edited["similarity"] < 100
    [added] = [change for change in report["changes"] if change["change"] == "added"]
    assert (added["card_id"], added["before"], added["similarity"], added["others"]) == (None, None, None, [])
    [retired] = [change for change in report["changes"] if change["change"] == "retired"]
    assert (retired["card_id"], retired["answer"]) == (4, "We can have one or the other, but not both.")


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("one two three", "one 2 three", "one [-two-]{+2+} three"),
        ("one", "one two", "one {+two+}"),
        ("one two", "two", "[-one-] two"),
        ("a " * 30 + "b", "a " * 30 + "c", "… a a a a a [-b-]{+c+}"),
        ("b" + " a" * 30, "c" + " a" * 30, "[-b-]{+c+} a a a a a …"),
        ("a  b", "a\nb", "a b"),
    ],
)
def test_a_change_is_shown_word_by_word_with_a_few_words_around_it(old, new, shown):
    assert words_changed(old, new, color=False) == shown


def test_two_long_texts_are_compared_in_a_moment():
    began = time.monotonic()
    assert words_changed("a " * 20_000, "b " * 20_000, color=False).startswith("[-a a")
    assert time.monotonic() - began < 2


# -- before much is lost, and taking it back


@pytest.fixture
def losing(srs, tmp_path):
    """A folder from which a document of four cards has gone."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "one.md").write_text(NOTES)
    srs("import", folder)
    (folder / "one.md").write_text("# Estimates\n\nTo be written.\n")
    return folder


def test_an_import_that_loses_most_of_a_document_is_refused_where_nobody_can_be_asked(srs, losing, database):
    before = untouched(database)
    done = srs("import", losing)
    assert (done.exit_code, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith(f"Error: most cards of {losing}/one.md (4 of 4) would be retired")
    assert "--yes" in line
    assert untouched(database) == before
    assert "asks first" in srs("import", losing, "--dry-run").stdout


def test_yes_imports_also_what_loses_most_of_a_document(srs, losing):
    done = srs("import", losing, "--yes")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "4 retired."


@pytest.mark.parametrize(("key", "code", "retired"), [("y", 0, 4), ("n", 1, 0), ("\x03", 130, 0)])
def test_on_a_terminal_it_is_asked_before_a_document_loses_most_of_its_cards(losing, database, srs, key, code, retired):
    program = ["-m", "srs", "--database", database, "import", str(losing)]
    child = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, 300))
    child.expect(r"4 of 4\) would be retired. Go ahead\? \[y/N\]")
    child.send(key if key == "\x03" else key + "\r")
    rest = child.read()
    child.wait()
    assert child.exitstatus == code
    assert ("nothing was imported" in rest) is (key == "n")
    assert one_json(srs("import", losing, "--dry-run", "--json"))["retired"] == 4 - retired


def test_a_terminal_shows_edits_in_colour_unless_told_not_to(srs, notes, database):
    srs("import", notes)
    notes.write_text(EDITED)
    for options, colored in (([], True), (["--no-color"], False)):
        program = ["-m", "srs", *options, "--database", database, "import", str(notes), "--dry-run"]
        shown = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, 100)).read()
        assert ("\x1b[31mtwo\x1b[0m \x1b[32mthree\x1b[0m" in shown) is colored
        assert ("[-two-]{+three+}" in shown) is not colored


def test_undo_takes_back_an_import_and_says_which(srs, notes):
    srs("import", notes)
    notes.write_text(EDITED)
    counts = one_json(srs("import", notes, "--json"))
    done = srs("undo")
    assert done.exit_code == 0, done.stderr
    assert re.fullmatch(
        rf"Taken back: the import of \d{{4}}-\d\d-\d\d \d\d:\d\d: {counts['added']} new, {counts['edited']} edited, "
        rf"{counts['retired']} retired\n",
        done.stdout,
    )
    assert srs("undo").stdout.endswith(": 4 new\n")
    assert srs("undo").exit_code == 1
    assert one_json(srs("import", notes, "--json"))["added"] == 4


def test_two_pipes_with_names_are_two_documents(srs):
    assert srs("import", "-", "--name", "estimates", lines=NOTES).exit_code == 0
    report = one_json(srs("import", "-", "--name", "work/more", "--json", lines=EDITED))
    assert (report["decks"], report["edited"], report["retired"]) == (["work/more"], 0, 0)
    assert [*report["kinds"]] == ["work/more"]


def test_a_long_import_shows_how_far_it_is_on_a_terminal_only(tmp_path, database, srs):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number}.md").write_text(NOTES.replace("two", f"two or {number}"))
    assert "Reading" not in srs("import", folder, "--dry-run").output
    program = ["-m", "srs", "--database", database, "import", str(folder), "--dry-run"]
    shown = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, 100)).read()
    assert "Reading documents" in shown
    assert "100%" in shown
    assert shown.index("100%") < shown.index("Comparing them with the collection")


def test_a_reader_without_colour_gets_none(srs, notes):
    srs("import", notes)
    for arguments in (["due"], ["stats"], []):
        assert "\x1b" not in srs(*arguments).output


def test_a_file_name_with_an_escape_sequence_is_printed_harmlessly(tmp_path, database):
    evil = "ev\x1b[31mil\x07"
    (tmp_path / f"{evil}.md").write_text(NOTES)
    (tmp_path / f"{evil} too.md").write_text(NOTES)
    (tmp_path / f"{evil} empty.md").write_text("")
    done = CliRunner().invoke(
        main, ["--database", database, "import", str(tmp_path)], color=True, catch_exceptions=False
    )
    assert done.exit_code == 1
    assert r"ev\x1b[31mil\x07.md: 4 cards" in done.stdout
    outputs = [done.output]
    for arguments in (["due"], ["stats"], ["review"], [], ["stats", evil]):
        outputs.append(CliRunner().invoke(main, ["--database", database, *arguments], color=True).output)
    assert not [text for text in outputs if "\x1b" in text or "\x07" in text]


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(srs, notes, spoilt, tmp_path):
    srs = partial(srs, database=spoilt)
    srs("import", notes)
    out = tmp_path / "out" / "cards.csv"
    out.parent.mkdir()
    out.write_text("old")
    assert srs("export", "cards", "--output", out, "--deck", "nowhere").exit_code == 1
    if "://" in spoilt:  # half-way through, the database turns out to be damaged
        rows(spoilt, "ALTER TABLE notes RENAME COLUMN anchor TO lost")
    else:
        with closing(sqlite3.connect(spoilt)) as connection, connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'notes'")
    done = srs("export", "cards", "--output", out)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert [(path.name, path.read_text()) for path in out.parent.iterdir()] == [("cards.csv", "old")]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this platform")
def test_an_export_to_what_is_no_file_goes_through_it(srs, notes, tmp_path):
    srs("import", notes)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert srs("export", "cards", "--format", "jsonl", "--output", pipe).exit_code == 0
    assert len(os.read(reader, 100_000).splitlines()) == 4
    os.close(reader)
    assert pipe.is_fifo()


def test_an_export_is_utf_8_with_its_line_ends_on_any_locale(srs, notes, database):
    srs("import", notes)
    program = [sys.executable, "-m", "srs", "--database", database, "export", "cards"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, capture_output=True, check=True, env=environment)
    assert "guess is…" in done.stdout.decode("utf-8")
    assert done.stdout.count(b"\r\n") == 5


def test_interrupted_is_exit_code_130(nowhere, place):
    program = [sys.executable, "-m", "srs", "--database", nowhere, "import", "-"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 10
        while not place.is_there(nowhere) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 130
        assert "Traceback" not in running.stderr.read()


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_has_an_example(name):
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert f"Example: srs {name}" in done.stdout
    command = main.get_command(None, name)
    assert (command.name, command.get_short_help_str(100)) == (name, COMMANDS[name][1])
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(main, ["--version"]).stdout == f"srs, version {__version__}\n"


# -- what an import says of the cards


LONG = "# Tea\n\n## What is a long brew?\n\n" + "Slow leaves make a better cup than haste. " * 6 + "\n"


@pytest.mark.parametrize("options", [[], ["--dry-run"], ["--json"]])
def test_an_import_says_in_one_line_that_cards_could_be_better(srs, tmp_path, options):
    (tmp_path / "tea.md").write_text(LONG + "\n## What is tea? Who drinks it?\n\nLeaves. Everyone.\n")
    done = srs("import", tmp_path / "tea.md", *options)
    assert done.exit_code == 0
    [line] = done.stderr.splitlines()
    assert line.startswith(f"2 remarks on the cards, such as {tmp_path}/tea.md:3: an answer of 48 words: ")
    assert line.endswith("[long-answer]. srs check PATH shows all")


def test_an_import_makes_no_remark_on_cards_that_are_as_they_were(srs, tmp_path):
    (tmp_path / "tea.md").write_text(LONG)
    assert "1 remark on the cards" in srs("import", tmp_path / "tea.md").stderr
    (tmp_path / "tea.md").write_text(LONG + "\n## What is tea?\n\nLeaves.\n")
    assert srs("import", tmp_path / "tea.md").stderr == ""


def test_a_silenced_remark_is_not_counted(srs, tmp_path):
    (tmp_path / "tea.md").write_text(LONG)
    (tmp_path / "srs-recipe.toml").write_text('silence = ["long-answer"]\n')
    assert srs("import", tmp_path / "tea.md").stderr == ""


def test_a_document_without_cards_is_told_with_the_way_to_see_why(srs, tmp_path):
    path = tmp_path / "diary.md"
    path.write_text("# Diary\n\n## Monday\n\nRain, and a long walk.\n")
    assert srs("import", path).stdout == f"No cards found in {path}: srs check shows what was read\n"
    assert "no card from: Monday (line 3)" in srs("check", path).stdout


# -- a question is asked once


BANK = "# Beekeeping\n\n## Practice questions\n\n" + "".join(
    f"- {question}\n"
    for question in ("How do you find the queen?", "What do you feed before frost?", "When do you open a hive?")
)
ANSWERS = {
    "themes": "# Hives\n\n## How do you find the queen?\n\n**Key themes:**\n- Look for the slow circle\n- Be calm\n",
    "qa": "# Hives\n\n## Q: “How do you find the queen?”\n\nLook for the slow circle of bees.\n",
}


@pytest.fixture
def hives(tmp_path):
    """A folder with a bank of three questions, and a place for the answers."""
    folder = tmp_path / "bees"
    folder.mkdir()
    (folder / "bank.md").write_text(BANK)
    return folder / "hives.md"


@pytest.fixture
def asked(srs):
    """All cards in use, by prompt and kind; or the retired ones."""

    def look(*, retired=False):
        records = map(json.loads, srs("export", "cards", "--format", "jsonl").stdout.splitlines())
        return {(card["prompt"], card["kind"]): card for card in records if card["retired"] is retired}

    return look


QUEEN = "How do you find the queen?"


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("order", ["together", "the answer first", "the question first", "the question alone again"])
def test_a_question_that_another_document_answers_is_asked_once(srs, hives, asked, kind, order):
    hives.write_text(ANSWERS[kind])
    bank = hives.parent / "bank.md"
    for path in {
        "together": [hives.parent],
        "the answer first": [hives, bank],
        "the question first": [bank, hives],
    }.get(order, [bank, hives.parent]):
        assert srs("import", path).exit_code == 0
    if order == "the question alone again":
        bank.write_text(BANK + "- Who taught you?\n")
        srs("import", bank)
    assert [found for found in asked() if found[0].startswith(QUEEN)] == [(QUEEN, kind)]
    assert len(asked()) == (4 if order == "the question alone again" else 3)


def test_a_question_that_is_answered_later_is_retired_with_its_history(srs, hives, asked):
    srs("import", hives.parent)
    assert srs("review", "--limit", "1", lines="\n4\n").exit_code == 0
    before = asked()[QUEEN, "question"]
    hives.write_text(ANSWERS["themes"])
    assert one_json(srs("import", hives.parent, "--json"))["retired"] == 1
    after = asked(retired=True)[QUEEN, "question"]
    assert (after["id"], after["reps"], after["stability_days"]) == (before["id"], 1, before["stability_days"])


@pytest.mark.parametrize("together", [True, False])
def test_questions_that_are_answered_are_no_loss_to_ask_about(srs, hives, asked, together):
    srs("import", hives.parent)
    (hives.parent / "bank.md").write_text(BANK.replace("Practice", "More"))
    sections = [f"## {line[2:]}\n\n**Key themes:**\n- Point {n}\n" for n, line in enumerate(BANK.splitlines()[4:])]
    hives.write_text("# Hives\n\n" + "\n".join(sections))
    for path in [hives.parent] if together else [hives, hives.parent]:
        done = srs("import", path)
        assert done.exit_code == 0, done.stderr
    assert {kind for _, kind in asked()} == {"themes"}
    assert len(asked(retired=True)) == 3


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("change", ["the document goes", "the answer goes", "it answers another question"])
def test_a_question_comes_back_when_its_answer_goes(srs, hives, asked, known, change):
    if known:
        srs("import", hives.parent)
    id = asked().get((QUEEN, "question"), {}).get("id")
    hives.write_text(ANSWERS["themes"])
    srs("import", hives.parent)
    if change == "the document goes":
        hives.unlink()
    elif change == "the answer goes":
        hives.write_text("# Hives\n\nSee the bank.\n")
    else:
        hives.write_text(ANSWERS["themes"].replace("find the queen", "mark the queen"))
    done = srs("import", hives.parent)
    assert done.exit_code == 0, done.stderr
    assert asked()[QUEEN, "question"]["id"] == id or not known
    assert len([found for found in asked() if found[1] == "question"]) == 3
    assert srs("import", hives.parent).stdout.startswith("Nothing changed")


def test_a_question_stays_answered_as_long_as_one_document_answers_it(srs, hives, asked):
    hives.write_text(ANSWERS["themes"])
    (hives.parent / "more.md").write_text(ANSWERS["qa"])
    srs("import", hives.parent)
    hives.unlink()
    srs("import", hives.parent)
    assert (QUEEN, "question") not in asked()


def test_undo_of_the_import_that_answered_a_question_asks_it_again(srs, hives, asked):
    srs("import", hives.parent)
    before = asked()
    hives.write_text(ANSWERS["qa"])
    srs("import", hives.parent)
    srs("undo")
    assert asked() == before


def test_importing_questions_and_answers_twice_changes_nothing(srs, hives, database):
    hives.write_text(ANSWERS["themes"])
    srs("import", hives.parent)
    before = untouched(database)
    assert srs("import", hives.parent).stdout == "Nothing changed in 2 documents.\n"
    assert untouched(database) == before


def test_an_answer_is_asked_alike_whether_the_question_came_before_it_or_with_it(srs, hives, asked):
    srs("import", hives.parent)
    hives.write_text(ANSWERS["themes"])
    srs("import", hives.parent)
    assert (QUEEN, "themes") in asked()


def test_a_question_that_is_answered_where_it_stands_is_the_same_card(srs, hives, asked):
    srs("import", hives.parent)
    id = asked()[QUEEN, "question"]["id"]
    section = f"\n## {QUEEN}\n\n**Key themes:**\n- Look for the slow circle\n"
    (hives.parent / "bank.md").write_text(BANK.replace(f"- {QUEEN}\n", "") + section)
    srs("import", hives.parent)
    assert asked()[QUEEN, "themes"]["id"] == id
    (hives.parent / "bank.md").write_text(BANK + section)
    srs("import", hives.parent)
    assert asked()[QUEEN, "themes"]["id"] == id
    assert len(asked()) == 3


# -- a folder by another name, and a folder that is not there


@pytest.fixture
def moved(srs, tmp_path):
    """A folder of two documents, imported and answered once; it is then called `new`."""
    old = tmp_path / "old"
    old.mkdir()
    (old / "estimates.md").write_text(NOTES)
    (old / "trips.md").write_text('# Trips\n\n## Phrases\n\n- "Mind the gap, please."\n- "Is this seat taken?"\n')
    srs("import", old)
    srs("review", lines="\n4\n" * 6)
    return old, tmp_path / "new"


def standing(asked):
    """What must not change: the schedule, by card."""
    return {card["id"]: (card["due"], card["stability_days"], card["reps"]) for card in asked().values()}


def test_a_folder_with_another_name_keeps_every_card_also_those_edited_since(srs, moved, asked):
    old, new = moved
    before = standing(asked)
    old.rename(new)
    (new / "estimates.md").write_text(NOTES.replace("two to three weeks", "two to four weeks"))
    (new / "trips.md").write_text((new / "trips.md").read_text().replace("this seat", "that seat"))
    report = one_json(srs("import", new, "--json"))
    assert (report["added"], report["edited"], report["moved"], report["retired"]) == (0, 2, 4, 0)
    assert standing(asked) == before
    assert {card["deck"] for card in asked().values()} == {"new/estimates", "new/trips"}
    assert {reps for _, _, reps in before.values()} == {1}


def test_a_folder_with_another_name_is_told_once(srs, moved):
    old, new = moved
    old.rename(new)
    srs("import", new)
    assert srs("import", new).stdout == "Nothing changed in 2 documents.\n"


def test_a_folder_with_another_name_and_its_old_one_again_keeps_every_card(srs, moved, asked):
    old, new = moved
    before = standing(asked)
    for one, other in ((old, new), (new, old)):
        one.rename(other)
        assert srs("import", other).exit_code == 0
    assert standing(asked) == before
    assert asked(retired=True) == {}


@pytest.mark.parametrize("part", ["a document", "a few lines"])
def test_a_copy_of_a_part_of_a_folder_that_is_gone_retires_nothing(srs, moved, asked, tmp_path, part):
    old, _ = moved
    before = standing(asked)
    copy = tmp_path / "copy"
    copy.mkdir()
    text = NOTES if part == "a document" else NOTES[: NOTES.index("- \"I'd put")]
    (copy / "estimates.md").write_text(text)
    old.rename(tmp_path / ".unmounted")
    done = srs("import", copy, "--yes")
    assert done.exit_code == 0, done.stderr
    assert standing(asked) == before
    (tmp_path / ".unmounted").rename(old)
    srs("import", old)
    assert standing(asked) == before


# -- anchors


ANCHORED = {
    "a phrase": ("## Useful phrases\n\n### Opening\n\n- Shall we begin? ^one\n- Thanks for coming.\n",
                 "## Key phrases\n\n### At the end\n\n- Thanks for coming.\n- My name is Ada, and I write it all down. ^one\n"),
    "themes": ("## How do you rest? ^one\n\n**Key themes:**\n- Walk every day\n- Sleep\n",
               "## What calms you at work? ^one\n\n**Key themes:**\n- Tea\n"),
    "the end of a list": ("## How do you rest?\n\n**Key themes:**\n- Walk every day\n- Sleep ^one\n",
                          "## What calms you at work?\n\n**Key themes:**\n- Tea ^one\n"),
    "a term": ("## Glossary\n\n- Kern: the space between letters ^one\n",
               "## Glossary\n\n- Platen: what presses the paper ^one\n"),
    "an answer": ("## What is tea?\n\nLeaves in water. ^one\n", "## Who invented the pot?\n\nNobody remembers. ^one\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), ANCHORED.values(), ids=list(ANCHORED))
def test_an_anchor_keeps_a_card_its_id_though_everything_else_of_it_changes(srs, asked, tmp_path, before, after):
    path = tmp_path / "notes.md"
    path.write_text(f"# Notes\n\n{before}")
    srs("import", path)
    path.write_text(f"# Others\n\n{after}")
    report = one_json(srs("import", path, "--yes", "--json"))
    [edited] = [change for change in report["changes"] if change["change"] == "edited" and change["similarity"] < 60]
    assert edited["card_id"] == 1
    assert (report["added"], report["retired"], len(asked())) == (0, 0, before.count("\n- Thanks") + 1)
    assert "^one" not in json.dumps([*asked().values()])


def test_two_cards_of_one_block_with_one_anchor_do_not_fight(srs, asked, tmp_path):
    path = tmp_path / "clouds.md"
    path.write_text("# Clouds\n\n- sheep clouds:::altocumulus ^sheep\n")
    srs("import", path)
    before = {card["answer"]: card["id"] for card in asked().values()}
    path.write_text("# Clouds\n\n- flocks of sheep:::altocumulus ^sheep\n")
    report = one_json(srs("import", path, "--json"))
    assert (report["edited"], report["added"], report["retired"], report["problems"]) == (2, 0, 0, [])
    after = {card["answer"]: card["id"] for card in asked().values()}
    assert after == {"altocumulus": before["altocumulus"], "flocks of sheep": before["sheep clouds"]}
    assert srs("import", path).stdout == "Nothing changed in 1 document.\n"


def test_one_anchor_in_two_documents_names_two_cards(srs, asked, tmp_path):
    def write(**answers):
        for name, answer in answers.items():
            (tmp_path / f"{name}.md").write_text(f"# {name}\n\n## What is {name}?\n\n{answer} ^one\n")

    write(tea="Leaves in hot water.", rain="Water from clouds.")
    paths = [tmp_path / "tea.md", tmp_path / "rain.md"]
    srs("import", *paths)
    before = {prompt: card["id"] for (prompt, _), card in asked().items()}
    write(tea="A drink that keeps.", rain="What falls on picnics.")
    srs("import", *paths)
    assert {prompt: card["id"] for (prompt, _), card in asked().items()} == before
