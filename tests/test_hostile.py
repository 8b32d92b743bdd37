"""What strangers may hand over: documents, recipes, databases. Nothing outside of what was named is read, nothing is run."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pexpect
import pytest
from click.testing import CliRunner

from srs.cli import main
from srs.errors import DatabaseError, RecipeError, SettingsError
from srs.extract.recipe import load_recipe
from srs.importing import import_documents, reading
from srs.settings import load_settings
from srs.store import open_store

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)
NOTES = "# Talks\n\n## Phrases\n\n### Opening\n\n- Shall we begin?\n- Let us begin.\n"


def problems(store, *paths):
    return [str(problem) for problem in import_documents(store, [str(path) for path in paths], None, NOW).problems]


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.md"
    path.write_text(NOTES)
    return path


@pytest.mark.sqlite
def test_a_link_out_of_the_folder_that_was_named_is_not_followed(store, tmp_path, secret):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "own.md").write_text(NOTES.replace("begin", "start"))
    (folder / "inside.md").symlink_to(folder / "own.md")
    (folder / "outside.md").symlink_to(secret)
    [problem] = problems(store, folder)
    assert "outside.md: cannot be read: it is a link out of the folder" in problem
    assert len(list(store.cards())) == 2
    assert problems(store, secret) == [], "whoever names it gets it"


@pytest.mark.sqlite
@pytest.mark.skipif(os.name == "nt", reason="no pipes by name")
def test_a_pipe_or_a_device_is_refused_at_once(store, tmp_path):
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero"):
        [problem] = problems(store, path)
        assert "is a pipe or a device" in problem


@pytest.mark.sqlite
def test_a_document_too_large_for_notes_is_a_problem(store, tmp_path, monkeypatch):
    (tmp_path / "large.md").write_text(NOTES * 50)
    monkeypatch.setattr(reading, "LARGEST", 1 << 10)
    [problem] = problems(store, tmp_path / "large.md")
    assert "megabytes" in problem


@pytest.mark.sqlite
def test_a_document_names_no_recipe_outside_its_folder(store, tmp_path):
    (tmp_path / "secret.toml").write_text("password = 'hidden'")
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "link.toml").symlink_to(tmp_path / "secret.toml")
    for name in ("../secret.toml", str(tmp_path / "secret.toml"), "link.toml"):
        (folder / "a.md").write_text(f"---\nrecipe: {name}\n---\n{NOTES}")
        with pytest.raises(RecipeError, match="there is no recipe") as caught:
            problems(store, folder / "a.md")
        assert "password" not in str(caught.value)


@pytest.mark.parametrize("text", ["skip = " + "[" * 20_000, "skip = " + "{a=" * 20_000, "a." * 2_000 + "b = 1"])
def test_a_recipe_or_settings_nested_without_end_are_refused(tmp_path, text):
    with pytest.raises(RecipeError):
        load_recipe({"mine.toml": text}, {})
    (tmp_path / "srs.toml").write_text(text)
    with pytest.raises(SettingsError):
        load_settings(None, str(tmp_path / "srs.toml"))


@pytest.mark.parametrize(
    "part",
    [
        "CREATE TRIGGER evil AFTER INSERT ON revlog BEGIN DELETE FROM cards; END",
        "CREATE VIEW evil AS SELECT * FROM cards",
    ],
)
def test_a_collection_with_triggers_or_views_is_refused(tmp_path, part):
    path = tmp_path / "srs.db"
    open_store(str(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(part)
    for look in (False, True):
        with pytest.raises(DatabaseError, match="triggers or views"):
            open_store(str(path), look=look)


def test_a_collections_schema_is_not_trusted(tmp_path):
    with closing(open_store(str(tmp_path / "srs.db"))) as store, store._reading() as connection:
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0


EVIL = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\u2066\x9b31m"


@pytest.mark.skipif(os.name == "nt", reason="no terminal to look at")
@pytest.mark.parametrize(
    "arguments", [["cards"], ["card", "1"], ["export", "cards"], ["export", "cards", "--format", "jsonl"]]
)
def test_text_of_cards_has_no_power_over_a_terminal(database, arguments):
    done = CliRunner().invoke(
        main, ["--database", database, "add", "--prompt", f"Why{EVIL}?", "--answer", f"So{EVIL}.", "--tag", f"t{EVIL}"]
    )
    assert done.exit_code == 0, done.output
    for sign in EVIL[0], "\u202e", "\u2066", "\x9b":
        assert sign not in done.output
    command = [sys.executable, "-m", "srs", "--no-color", "--database", database, *arguments]
    shown = pexpect.run(" ".join(command), encoding="utf-8", timeout=30)
    assert "Why" in shown
    for sign in ("\x1b]", "\x1b[2J", "\u202e", "\u2066", "\x9b", "\x07"):
        assert sign not in shown, repr(shown)


def test_a_file_of_records_is_for_its_owners_eyes_only_and_holds_the_text_as_it_is(tmp_path, database):
    arguments = ["--database", database]
    CliRunner().invoke(main, [*arguments, "add", "--prompt", f"Why{EVIL}?", "--answer", "So."])
    for number in range(2):
        file = tmp_path / f"cards{number}.csv"
        if number:
            file.touch(0o644)
        CliRunner().invoke(main, [*arguments, "export", "cards", "--output", str(file)])
        assert "\u202e" in file.read_text("utf-8")
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="an editor for POSIX")
def test_the_editor_is_run_without_a_shell_whatever_a_file_is_called(tmp_path, monkeypatch, database):
    document = tmp_path / "$(touch owned);`touch owned` -c q.md"
    document.write_text(NOTES)
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\nprintf %s "$1" > seen\n')
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.chdir(tmp_path)
    arguments = ["--database", database]
    CliRunner().invoke(main, [*arguments, "import", str(document)])
    CliRunner().invoke(main, [*arguments, "edit", "1"])
    assert (tmp_path / "seen").read_text() == str(document)
    assert not (tmp_path / "owned").exists()


DAY = """if True:
    import sys

    def no_network(event, arguments):
        if event.startswith("socket.") or event in {"urllib.Request", "ftplib.connect", "smtplib.connect"}:
            raise SystemExit(f"network: {event} {arguments}")

    sys.addaudithook(no_network)
    from click.testing import CliRunner
    from srs.cli import main

    for line in sys.argv[3:]:
        done = CliRunner().invoke(main, ["--database", sys.argv[1], *line.split()], input="\\n3\\n\\n1\\nq\\n")
        if done.exit_code:
            raise SystemExit(f"{line}: {done.output}")
"""


def test_a_learners_day_opens_no_socket(tmp_path):
    (tmp_path / "notes.md").write_text(NOTES)
    saved = tmp_path / "saved.db"
    lines = [
        f"import --starter {tmp_path / 'notes.md'}", "", "review", "due", "stats", "cards is:new", "card 1", "suspend 1",
        "undo", f"check {tmp_path / 'notes.md'}", "export reviews", f"backup {saved}", f"restore {saved}", "doctor",
        f"copy {saved} {tmp_path / 'other.db'}", "decks", "add --prompt Why? --answer So.", "review",
    ]  # fmt: skip
    command = [sys.executable, "-c", DAY, str(tmp_path / "srs.db"), "-", *lines]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
