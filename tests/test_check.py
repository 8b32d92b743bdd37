"""What `srs check` shows of documents: cards with rule and line, sections without any, remarks, near-duplicates."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner, Result

from srs.cli import main
from srs.importing import plan_import
from srs.importing.checking import check_documents
from srs.store import Store

BANK = """# Beekeeping

## Practice questions

- How do you find the queen?
- What do you feed before frost?

## Why I keep bees

I began on a roof, with a neighbour's spare hive and no gloves.
"""
HIVES = """# Hive work

## How do you find the queen?

**Key themes:**

- Look for the slow circle
- Begin at the brood

## Useful phrases

- Stand to the side of the entrance.
"""

Check = Callable[..., Result]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Runs `srs check`; a traceback fails the test, and so does a collection: it never asks for one."""

    def run(*arguments: Path | str, color: bool = False) -> Result:
        database = tmp_path / "collection" / "srs.db"
        done = CliRunner().invoke(main, ["--database", str(database), "check", *map(str, arguments)], color=color)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert not database.parent.exists()
        return done

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    made.mkdir()
    (made / "bank.md").write_text(BANK, "utf-8")
    (made / "hives.md").write_text(HIVES, "utf-8")
    return made


def a_document(folder: Path, text: str, name: str = "tea.md") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


# -- as text -------------------------------------------------------------------------------------------------------------


def test_every_card_is_shown_with_its_line_and_rule(check: Check, folder: Path) -> None:
    done = check(folder / "hives.md")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"{folder}/hives.md: 2 cards (1 themes, 1 phrase)",
        "   3  themes by “key themes”: How do you find the queen? → - Look for the slow circle - Begin at the brood",
        "  12  phrase by “phrases”: Hive work › Useful phrases: “S…”, 7 words → Stand to the side of the entrance.",
        "",
        "2 cards from 1 document, 0 remarks.",
    ]


def test_sections_that_made_no_card_are_named_with_their_lines(check: Check, folder: Path) -> None:
    assert "  no card from: Why I keep bees (line 8)\n" in check(folder / "bank.md").stdout


def test_a_document_without_cards_says_so_and_where_it_was_read(check: Check, folder: Path) -> None:
    path = a_document(folder, "# Tea\n\n## How I came to it\n\nBy rail, one wet afternoon.\n")
    assert check(path).stdout.splitlines() == [
        f"{path}: 0 cards",
        "  no card from: How I came to it (line 3)",
        "",
        "0 cards from 1 document, 0 remarks.",
    ]


def test_a_question_answered_in_the_same_document_is_told_and_no_card(check: Check, folder: Path) -> None:
    path = a_document(folder, BANK + "\n" + HIVES.partition("\n")[2])
    shown = check(path).stdout
    assert "   5  answered elsewhere, no card of its own: How do you find the queen?\n" in shown
    assert f"{path}: 3 cards (1 question, 1 themes, 1 phrase)" in shown


@pytest.mark.parametrize("names", [("bank.md", "hives.md"), ("hives.md", "bank.md")])
def test_a_question_answered_in_another_document_is_told_and_no_card(
    check: Check, folder: Path, names: tuple[str, ...]
) -> None:
    shown = check(*(folder / name for name in names)).stdout
    assert "  5  answered elsewhere, no card of its own: How do you find the queen?\n" in shown
    assert f"{folder}/bank.md: 1 card (1 question)" in shown
    assert shown.endswith("\n3 cards from 2 documents, 0 remarks.\n")


def test_a_question_alone_is_a_card(check: Check, folder: Path) -> None:
    assert f"{folder}/bank.md: 2 cards (2 question)" in check(folder / "bank.md").stdout


def test_remarks_stand_below_their_document_with_the_name_of_the_check(check: Check, folder: Path) -> None:
    path = a_document(folder, "# Tea\n\n## What is tea? Who drinks it?\n\nLeaves.\n")
    lines = check(path, folder / "hives.md").stdout.splitlines()
    remark = f"  remark: {path}:3: 2 questions in one prompt [two-targets]"
    assert lines.index(remark) < lines.index(f"{folder}/hives.md: 2 cards (1 themes, 1 phrase)")
    assert lines[-1] == "3 cards from 2 documents, 1 remark."


@pytest.fixture
def near(folder: Path) -> Path:
    for name, span in (("plans.md", "5 years"), ("hopes.md", "five years")):
        themes = f"**Key themes:**\n\n- {name.title()} first\n"
        a_document(folder, f"# Ahead\n\n## Where will you be in {span}?\n\n{themes}", name)
    return folder


def test_questions_nearly_the_same_in_two_documents_are_shown_side_by_side(check: Check, near: Path) -> None:
    [line] = [line for line in check(near).stdout.splitlines() if line.startswith("nearly the same: ")]
    assert line == (
        f"nearly the same: {near}/hopes.md:3 “Where will you be in five years?” and "
        f"{near}/plans.md:3 “Where will you be in 5 years?”"
    )


def test_another_number_makes_another_question(check: Check, near: Path) -> None:
    path = near / "hopes.md"
    path.write_text(path.read_text("utf-8").replace("five years", "ten years"), "utf-8")
    assert "nearly the same" not in check(near).stdout


def test_a_recipe_may_silence_near_duplicates(check: Check, near: Path) -> None:
    (near / "srs-recipe.toml").write_text('silence = ["near-duplicate"]\n', "utf-8")
    assert "nearly the same" not in check(near).stdout


@pytest.mark.parametrize("answered", ["once", "twice"])
def test_cards_are_shown_as_an_import_would_ask_them(folder: Path, store: Store, answered: str) -> None:
    if answered == "twice":
        a_document(folder, HIVES.replace("Hive work", "Skeps").replace("Look for", "Wait at"), "skeps.md")
    shown = {note.prompt for document in check_documents([str(folder)]).documents for note in document.notes}
    assert shown == {note.prompt for note in plan_import(store, [str(folder)]).changes.added}


def test_the_starter_decks_are_checked_without_a_remark_on_what_was_read(check: Check) -> None:
    done = check("--starter")
    assert done.exit_code == 0, done.stderr
    assert "starter" in done.stdout


# -- on a terminal -------------------------------------------------------------------------------------------------------


def on_a_terminal(path: Path, width: int) -> list[str]:
    """What `srs check` shows there, without the line ends of a terminal."""
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    program = ["-m", "srs", "check", str(path)]
    child = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, width), env=environment)  # type: ignore[arg-type]
    return str(child.read()).replace("\r\n", "\n").splitlines()


def test_a_line_of_a_card_fits_the_terminal_whatever_signs_it_holds(folder: Path) -> None:
    phrases = [
        "Stand to the side of the entrance, always. " * 3,
        "蜜蜂を驚かせないように" * 2,
        "Mind the \x07bell\x1b[31m " * 9,
    ]
    path = a_document(folder, "# 蜂\n\n## Useful phrases\n\n" + "".join(f"- {phrase}\n" for phrase in phrases))
    shown = [line for line in on_a_terminal(path, 90) if " by “" in line]
    assert len(shown) == 3
    assert all(line.endswith("…") for line in shown)
    assert max(sum(2 if "\u3040" <= sign <= "\u9fff" else 1 for sign in line) for line in shown) <= 90
    assert not [line for line in shown if "\x07" in line or "\x1b" in line]


def test_a_line_that_fits_is_shown_whole(folder: Path) -> None:
    path = a_document(folder, "# Tea\n\n## Useful phrases\n\n- Milk?\n")
    assert "  5  phrase by “phrases”: Tea › Useful phrases: “M…”, 1 word → Milk?" in on_a_terminal(path, 70)


def test_into_a_file_lines_are_written_whole(check: Check, folder: Path) -> None:
    path = a_document(folder, "# Tea\n\n## Useful phrases\n\n- " + "Milk, and then more of it. " * 12 + "\n")
    assert any(len(line) > 300 for line in check(path).stdout.splitlines())


def test_control_characters_are_spelled_out_wherever_they_stand(check: Check, folder: Path) -> None:
    evil = a_document(
        folder,
        "# T\x1b[31mea\n\n## Us\x1beful phrases\n\n- Mi\x1b[2Jlk?\n\n## No\x07thing\n\nRain.\n\n## Is it? Is n\x1bot?\n\nYes.\n",
        "ev\x1b[31mil.md",
    )
    a_document(folder, "", "em\x1bpty.md")
    done = check(folder, color=True)
    assert done.exit_code == 1
    assert not [sign for sign in ("\x1b", "\x07") if sign in done.output]
    assert rf"{evil.parent}/ev\x1b[31mil.md" in done.stdout
    assert rf"{evil.parent}/em\x1bpty.md: is empty" in done.stderr


# -- as JSON -------------------------------------------------------------------------------------------------------------


def as_json(done: Result) -> dict[str, list[dict[str, object]]]:
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


def test_the_report_as_json_is_whole(check: Check, near: Path) -> None:
    a_document(near, "# Tea\n\n## What is tea? Who drinks it?\n\nLeaves.\n")
    done = check(near, "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    report = as_json(done)
    assert {*report} == {"documents", "remarks", "near_duplicates", "problems"}
    documents = {document["path"]: document for document in report["documents"]}
    assert documents[f"{near}/bank.md"] == {
        "path": f"{near}/bank.md",
        "cards": [
            {
                "kind": "question",
                "prompt": "What do you feed before frost?",
                "answer": "",
                "items": [],
                "tags": [],
                "source": {"path": f"{near}/bank.md", "line": 6, "rule": "question bank"},
            }
        ],
        "answered": [{"line": 5, "question": "How do you find the queen?"}],
        "without": [{"line": 8, "heading": "Why I keep bees"}],
    }
    [themes, _] = documents[f"{near}/hives.md"]["cards"]  # type: ignore[misc]
    assert themes["items"] == ["Look for the slow circle", "Begin at the brood"]
    assert report["remarks"] == [
        {"path": f"{near}/tea.md", "line": 3, "check": "two-targets", "message": "2 questions in one prompt"}
    ]
    assert report["near_duplicates"] == [
        [
            {"path": f"{near}/hopes.md", "line": 3, "question": "Where will you be in five years?"},
            {"path": f"{near}/plans.md", "line": 3, "question": "Where will you be in 5 years?"},
        ]
    ]
    assert report["problems"] == []


def test_a_problem_is_in_the_json_and_on_stderr(check: Check, folder: Path) -> None:
    path = a_document(folder, " \n")
    done = check(folder, "--json")
    report = as_json(done)
    message = "is empty, or no text: srs reads Markdown and plain text"
    assert report["problems"] == [{"path": str(path), "line": 0, "message": message}]
    assert len(report["documents"]) == 2
    assert (done.exit_code, done.stderr) == (1, f"{path}: {message}\n")


@pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes only there")
@pytest.mark.parametrize("command", [["check"], ["import", "--dry-run"]])
def test_a_file_name_that_is_no_text_does_not_spoil_the_json(folder: Path, command: list[str]) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md")).write_text(HIVES, "utf-8")
    done = CliRunner().invoke(main, [*command, "--json", str(folder)], catch_exceptions=False)
    [problem] = json.loads(done.stdout)["problems"]
    assert (done.exit_code, problem["path"]) == (1, rf"{folder}/\udcff.md")


# -- what it is told, and what it leaves alone ---------------------------------------------------------------------------


def test_remarks_alone_are_no_failure(check: Check, folder: Path) -> None:
    path = a_document(folder, "# Tea\n\n## What is tea? Who drinks it?\n\nLeaves.\n")
    assert check(path).exit_code == 0


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02" * 50])
def test_what_is_no_text_is_a_problem_and_the_rest_is_checked(check: Check, folder: Path, data: bytes) -> None:
    (folder / "odd.md").write_bytes(data)
    done = check(folder)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "3 cards from 2 documents" in done.stdout


def test_a_missing_path_is_one_line_and_exit_code_1(check: Check, folder: Path) -> None:
    done = check(folder / "none.md")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == f"Error: {folder}/none.md: no such file or folder: check the path\n"


def test_a_folder_without_documents_is_one_line_and_exit_code_1(check: Check, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    done = check(tmp_path / "bare")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no documents in this folder" in done.stderr


def test_a_check_of_nothing_is_wrong_usage(check: Check) -> None:
    assert check().exit_code == 2


def test_a_check_changes_no_file_and_makes_none(check: Check, folder: Path, home: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for place in (folder, home) for path in place.rglob("*") if path.is_file()}

    before = files()
    check(folder)
    assert CliRunner().invoke(main, ["check", str(folder)]).exit_code == 0
    assert files() == before


def test_notes_on_stdin_can_be_checked(folder: Path) -> None:
    done = CliRunner().invoke(main, ["check", "-"], input=(folder / "hives.md").read_text("utf-8"))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("-: 2 cards (1 themes, 1 phrase)\n")
