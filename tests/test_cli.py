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

import click
import pytest
from click.testing import CliRunner

from srs import __version__
from srs.cli import main

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
def database(tmp_path):
    return tmp_path / "srs.db"


@pytest.fixture
def srs(database):
    """Runs `srs` with these arguments; a traceback fails the test."""

    def run(*arguments, lines="", database=database):
        done = CliRunner().invoke(main, ["--database", str(database), *map(str, arguments)], input=lines)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert "Traceback" not in done.output
        return done

    return run


@pytest.fixture
def notes(tmp_path):
    path = tmp_path / "estimates.md"
    path.write_text(NOTES)
    return path


def one_json(done):
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_learners_first_day(srs, tmp_path):
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


def test_undo_without_an_answer_is_a_clear_error(srs):
    done = srs("undo")
    assert (done.exit_code, done.stderr) == (1, "Error: there is no answer to take back\n")


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
    subprocess.run([sys.executable, "-m", "srs", "--database", str(database), "due"], check=True, capture_output=True)
    return ["--database", f"sqlite:///file:{database}?mode=ro&uri=true", "import", tmp_path / "note.md"]


def another_programs_database(_tmp_path, database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE customers (name)")
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
def test_a_mistake_of_the_user_is_one_line_and_exit_code_1(srs, tmp_path, database, make):
    done = srs(*make(tmp_path, database))
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
    assert "the same card" in done.stderr
    for arguments in (["due"], ["stats"], ["due", "estimates"], ["stats", "estimates"]):
        done = srs(*arguments, "--json")
        assert one_json(done)
        assert done.stderr == ""


def test_a_reader_without_colour_gets_none(srs, notes):
    srs("import", notes)
    for arguments in (["due"], ["stats"], []):
        assert "\x1b" not in srs(*arguments).output


def test_a_file_name_with_an_escape_sequence_is_printed_harmlessly(tmp_path):
    evil = "ev\x1b[31mil\x07"
    (tmp_path / f"{evil}.md").write_text(NOTES)
    (tmp_path / f"{evil} too.md").write_text(NOTES)
    (tmp_path / f"{evil} empty.md").write_text("")
    done = CliRunner().invoke(
        main, ["--database", str(tmp_path / "x.db"), "import", str(tmp_path)], color=True, catch_exceptions=False
    )
    assert done.exit_code == 1
    assert r"ev\x1b[31mil\x07.md: 4 cards" in done.stdout
    outputs = [done.output]
    for arguments in (["due"], ["stats"], ["review"], [], ["stats", evil]):
        outputs.append(CliRunner().invoke(main, ["--database", str(tmp_path / "x.db"), *arguments], color=True).output)
    assert not [text for text in outputs if "\x1b" in text or "\x07" in text]


def test_an_export_that_fails_leaves_the_old_file_and_nothing_beside_it(srs, notes, database, tmp_path):
    srs("import", notes)
    out = tmp_path / "out" / "cards.csv"
    out.parent.mkdir()
    out.write_text("old")
    assert srs("export", "cards", "--output", out, "--deck", "nowhere").exit_code == 1
    with closing(sqlite3.connect(database)) as connection:  # half-way through, the database turns out to be damaged
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 99999 WHERE name = 'notes'")
        connection.commit()
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
    program = [sys.executable, "-m", "srs", "--database", str(database), "export", "cards"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(program, capture_output=True, check=True, env=environment)
    assert "guess is…" in done.stdout.decode("utf-8")
    assert done.stdout.count(b"\r\n") == 5


def test_interrupted_is_exit_code_130(database):
    program = [sys.executable, "-m", "srs", "--database", str(database), "import", "-"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 10
        while not database.exists() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.3)
        running.send_signal(signal.SIGINT)
        assert running.wait(5) == 130
        assert "Traceback" not in running.stderr.read()


@pytest.mark.parametrize("name", main.commands)
def test_the_help_of_a_command_has_an_example(name):
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert f"Example: srs {name}" in done.stdout
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option):
            assert parameter.help


def test_the_version_is_that_of_the_package():
    assert CliRunner().invoke(main, ["--version"]).stdout == f"srs, version {__version__}\n"
