"""Commands around the session: search, show, change, make and delete cards and decks."""

import json
import re
import sys
from contextlib import closing

import pexpect
import pytest
from click.testing import CliRunner
from databases import image_of, untouched

from srs.cli import main
from srs.records.schema import SCHEMAS
from srs.store import open_store

NOTES = """# Estimates

## Core Speaking Chunks

### Giving a Range
- "As of today, my best guess is…"
- "I'd put it at two to three weeks."

## Q: What is scope creep?

Work that comes in by the side door.
"""


@pytest.fixture(scope="module")
def template(place, tmp_path_factory):
    """A collection of three cards in the deck `work/estimates`, and its document; what comes with them puts both back."""
    folder = tmp_path_factory.mktemp("template")
    document = folder / "work" / "estimates.md"
    document.parent.mkdir()
    document.write_text(NOTES)
    with place.database(folder) as address:
        done = CliRunner().invoke(main, ["--database", address, "import", str(document.parent)])
        assert done.exit_code == 0, done.output
        with closing(open_store(address)) as store:
            image = image_of(store)
        yield address, document, image


@pytest.fixture
def database(template):
    address, document, put_back = template
    with closing(open_store(address)) as store:
        put_back(store)
    document.write_text(NOTES)
    return address


@pytest.fixture
def document(template):
    return template[1]


@pytest.fixture
def srs(database):
    def run(*arguments, lines="", code=0):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)], input=lines)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        return done

    return run


def an_editor(tmp_path, monkeypatch, change):
    """An editor that does `change`, Python over `text`, to the file that it is given."""
    script = tmp_path / "editor.py"
    script.write_text(
        f"import sys, pathlib\npath = pathlib.Path(sys.argv[-1])\ntext = path.read_text()\n{change}\npath.write_text(text)\n"
    )
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    monkeypatch.delenv("VISUAL", raising=False)


def found(srs, *query):
    return [card["id"] for card in json.loads(srs("cards", *query, "--json").stdout)]


# -- looking


def test_cards_are_listed_with_number_when_and_deck(srs):
    lines = srs("cards").stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [[str(n), "new", "work/estimates"] for n in (1, 2, 3)]
    assert all(len(line) <= 100 for line in lines)
    assert len(srs("cards", "--limit", 2).stdout.splitlines()) == 2


def test_the_words_of_a_query_need_no_quotes_around_them_all(srs):
    assert found(srs, "kind:phrase", "two") == found(srs, "kind:phrase two") != []
    assert found(srs, "-kind:phrase") == found(srs, "not", "kind:phrase")
    assert found(srs, "-h") == found(srs, "not", "h") == [1]
    assert sorted(found(srs, "kind:qa", "or", "kind:phrase")) == [1, 2, 3]


def test_cards_as_json_are_the_records_of_the_export(srs):
    exported = [json.loads(line) for line in srs("export", "cards", "--format", "jsonl").stdout.splitlines()]
    only_for_imports = {field.name for field in SCHEMAS["cards"] if field.exact}
    exported = [{name: record[name] for name in record if name not in only_for_imports} for record in exported]
    assert json.loads(srs("cards", "--json").stdout) == exported
    assert srs("cards", "is:review", "--json").stdout == "[]\n"


def test_nothing_found_is_said_beside_the_data(srs):
    done = srs("cards", "is:review")
    assert (done.stdout, done.stderr) == ("", "No card is so.\n")


@pytest.mark.parametrize(
    ("query", "column"), [("(tea", 1), ("tea )", 5), ("is:old", 4), ("tea \x1b[31m)", 10), ("rated:x", 7), ("or", 1)]
)
def test_a_bad_query_is_one_line_with_the_column_of_the_mistake(srs, query, column):
    for arguments in (["cards", query], ["suspend", "--query", query]):
        done = srs(*arguments, code=1)
        assert done.stdout == ""
        [line] = done.stderr.splitlines()
        assert line.startswith(f"Error: column {column} of the query “")
        assert "\x1b" not in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["cards", "--jsn"],
        ["cards", "--limit", "0"],
        ["card"],
        ["card", "x"],
        ["suspend"],
        ["suspend", "1", "--query", "tea"],
        ["suspend", "--query", " "],
        ["suspend", "one"],
        ["move", "1"],
        ["tag", "add", "two words", "1"],
        ["tag", "add", "a*", "1"],
        ["tag", "add"],
        ["add"],
        ["add", "--prompt", "x"],
        ["add", "--kind", "poem", "--prompt", "x", "--answer", "y"],
        ["deck"],
        ["deck", "rename", "work"],
        ["deck", "set", "work", "new_per_day"],
    ],
)
def test_wrong_usage_is_exit_code_2(srs, arguments):
    assert srs(*arguments, code=2).stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["card", "99"],
        ["edit", "99"],
        ["suspend", "1", "99"],
        ["suspend", "--query", "deck:nowhere"],
        ["move", "1", "--to", "/"],
        ["edit", "1", "--prompt", "x"],
        ["add", "--prompt", " ", "--answer", "x"],
        ["add", "--prompt", "x", "--answer", "y", "--deck", ""],
        ["add", "--prompt", "\udcff", "--answer", "y"],
        ["add", "--prompt", "x", "--answer", "y\0"],
        ["add", "--prompt", "x", "--answer", "y", "--tag", "\udcff"],
        ["move", "1", "--to", "\udcff"],
        ["deck", "rename", "nowhere", "x"],
        ["deck", "rename", "work", "\udcff"],
        ["deck", "rename", "work", " / "],
        ["deck", "delete", "nowhere", "--yes"],
        ["deck", "delete", "work"],
        ["deck", "set", "nowhere"],
        ["deck", "set", "work", "nonsense=1"],
        ["deck", "set", "work", "new_per_day=many"],
    ],
)
def test_a_mistake_of_the_user_is_one_line_and_changes_nothing(srs, arguments, database):
    before = untouched(database)
    done = srs(*arguments, code=1)
    [line] = done.stderr.splitlines()
    assert line.startswith("Error: ")
    assert done.stdout == ""
    assert untouched(database) == before


def test_a_card_is_shown_with_text_place_schedule_and_history(srs, document):
    srs("review", "--limit", "1", lines="\n3\n")
    [id] = found(srs, "rated:1")
    shown = srs("card", id).stdout
    assert re.search(rf"^{re.escape(str(document))}:\d+ \(.+\)$", shown, re.MULTILINE)
    assert re.search(r"^State: learning; 1 answers, 0 lapses$", shown, re.MULTILINE)
    assert re.search(r"^\d{4}-\d\d-\d\d \d\d:\d\d  Good ", shown, re.MULTILINE)
    assert "Stability" in shown
    assert "side door" in srs("card", 3).stdout
    record = json.loads(srs("card", id, "--json").stdout)
    assert [review["rating"] for review in record["history"]] == [3]
    [plain] = json.loads(srs("cards", f"id:{id}", "--json").stdout)
    assert plain.items() <= record.items()


# -- changing


@pytest.mark.parametrize(
    ("arguments", "said", "query", "undone"),
    [
        (["suspend", 1, 2], "2 cards suspended.", "is:suspended", "2 cards suspended"),
        (
            ["bury", "--query", "kind:phrase"],
            "2 cards buried until tomorrow.",
            "is:buried",
            "2 cards buried until tomorrow",
        ),
        (["tag", "add", "#hard", 1, 2], "2 cards tagged hard.", "tag:hard", "2 cards tagged hard"),
        (["move", 1, 2, "--to", "/x/y/"], "2 cards moved to x/y.", "deck:x", "2 cards moved to x/y"),
        (["delete", 1, 2], "2 cards put away, for a document holds them.", "is:retired", "2 cards put away"),
    ],
)
def test_a_change_says_how_many_and_is_taken_back(srs, arguments, said, query, undone):
    assert srs(*arguments).stdout == f"{said}\n"
    assert found(srs, query) == [1, 2]
    again = srs(*arguments)
    assert again.stdout == "Nothing to do: 2 cards were so already.\n"
    assert srs("undo").stdout == f"Taken back: {undone}\n"
    assert query == "deck:x" or found(srs, query) == []


def test_no_card_found_is_nothing_done(srs):
    assert srs("suspend", "--query", "is:review").stdout == "No card is so: nothing was done.\n"


def test_suspended_and_deleted_cards_come_back(srs):
    srs("suspend", 1)
    srs("delete", 2)
    assert srs("unsuspend", 1, 2).stdout == "2 cards unsuspended.\n"
    assert found(srs) == [1, 2, 3]


def test_a_reset_card_is_new(srs):
    srs("review", "--limit", "1", lines="\n3\n")
    assert srs("reset", "--query", "rated:1").stdout == "1 card reset: new again.\n"
    assert found(srs, "is:new") == [1, 2, 3]
    assert srs("undo").stdout == "Taken back: 1 card reset\n"
    assert srs("undo").stdout.startswith("Taken back: Good on ")


def test_a_tag_is_taken_off(srs):
    srs("tag", "add", "hard", 1)
    assert srs("tag", "remove", "hard", "--query", "tag:hard").stdout == "1 card without the tag hard.\n"
    assert found(srs, "tag:hard") == []


def test_moving_a_card_of_a_document_warns_that_an_edit_moves_it_back(srs):
    assert "the next edit of these moves them back" in srs("move", 1, "--to", "x").stderr


# -- making and editing


def test_a_card_is_made_by_hand_asked_and_deleted(srs):
    done = srs("add", "--deck", "own/x", "--prompt", "Who signs off?", "--answer", "Two reviewers.", "--tag", "hr")
    assert done.stdout == "Card 4 added to own/x: Who signs off?\n"
    [record] = json.loads(srs("cards", "tag:hr", "--json").stdout)
    assert (record["deck"], record["kind"], record["source"]) == ("own/x", "qa", None)
    assert "Who signs off?" in srs("review", "own", lines="\n3\n").stdout
    assert "made by hand" in srs("card", 4).stdout
    assert srs("edit", 4, "--answer", "Three.").stdout == "Card 4 edited.\n"
    assert srs("edit", 4, "--answer", "Three.").stdout == "Card 4 is as it was.\n"
    assert srs("delete", 4).stdout == "1 card deleted.\n"
    srs("card", 4, code=1)
    assert srs("undo").stdout == "Taken back: 1 card deleted\n"
    assert srs("undo").stdout == "Taken back: card 4 edited\n"
    assert json.loads(srs("card", 4, "--json").stdout)["answer"] == "Two reviewers."


def test_a_card_made_by_hand_is_edited_in_the_editor(srs, tmp_path, monkeypatch):
    srs("add", "--prompt", "Why?", "--answer", "a\n---\nb")
    an_editor(tmp_path, monkeypatch, "text = text.replace('Why?', 'How?').replace('b', 'c')")
    assert srs("edit", 4).stdout == "Card 4 edited.\n"
    record = json.loads(srs("card", 4, "--json").stdout)
    assert (record["prompt"], record["answer"]) == ("How?", "a\n---\nc")
    an_editor(tmp_path, monkeypatch, "text = ''")
    assert "nothing was written" in srs("edit", 4, code=1).stderr
    monkeypatch.setenv("EDITOR", "no-such-editor")
    assert "set EDITOR" in srs("edit", 4, code=1).stderr


def test_a_card_of_a_document_is_edited_there_and_keeps_its_number(srs, document, tmp_path, monkeypatch):
    an_editor(tmp_path, monkeypatch, "text = text.replace('side door', 'back door')")
    done = srs("edit", 3)
    assert "1 edited" in done.stdout
    assert "back door" in document.read_text()
    assert "back door" in json.loads(srs("card", 3, "--json").stdout)["answer"]


def test_a_card_of_a_document_that_is_no_file_cannot_be_edited(srs, document):
    text = document.read_text()
    document.unlink()
    try:
        assert "not a file of yours" in srs("edit", 3, code=1).stderr
    finally:
        document.write_text(text)


def test_on_a_terminal_a_card_is_written_in_the_editor(database, tmp_path, monkeypatch):
    an_editor(tmp_path, monkeypatch, "text = 'deck: own\\nkind: qa\\ntags: a b\\n---\\nWho?\\n---\\nI.\\n'")
    program = ["-m", "srs", "--database", database, "add"]
    shown = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, 100)).read()
    assert "Card 4 added to own: Who?" in shown


# -- decks


def test_decks_are_listed_with_their_cards_and_options(srs):
    srs("deck", "set", "work", "new_per_day=3")
    records = json.loads(srs("decks", "--json").stdout)
    assert [(deck["deck"], deck["cards"], deck["options"]) for deck in records] == [
        ("work", 3, {"new_per_day": 3}),
        ("work/estimates", 3, {}),
    ]
    assert re.search(r"work +3 +new_per_day=3", srs("decks").stdout)


def test_a_deck_is_renamed_with_all_below_it(srs):
    assert srs("deck", "rename", "work", "a/b").stdout == "Deck work is now a/b.\n"
    assert found(srs, "deck:a/b/estimates") == [1, 2, 3]
    assert srs("undo").stdout == "Taken back: deck work renamed to a/b\n"
    assert found(srs, "deck:work") == [1, 2, 3]


def test_a_deleted_deck_is_gone_from_all_lists_until_it_is_taken_back(srs):
    srs("add", "--deck", "work", "--prompt", "x", "--answer", "y")
    assert (
        srs("deck", "delete", "work", "--yes").stdout == "Deck work: 1 card deleted, 3 cards of documents put away.\n"
    )
    assert json.loads(srs("decks", "--json").stdout) == []
    assert found(srs) == []
    assert srs("undo").stdout == "Taken back: deck work: 1 card deleted, 3 cards put away\n"
    assert found(srs) == [1, 2, 3, 4]


def test_on_a_terminal_it_is_asked_before_a_deck_goes(srs, database):
    program = ["-m", "srs", "--database", database, "deck", "delete", "work"]
    child = pexpect.spawn(sys.executable, program, encoding="utf-8", dimensions=(24, 200))
    child.expect(r"with 3 cards would be deleted. Go ahead\? \[y/N\]")
    child.send("n\r")
    child.read()
    child.wait()
    assert child.exitstatus == 1
    assert len(found(srs)) == 3


def test_what_is_in_force_in_a_deck_is_shown_with_where_it_comes_from(srs):
    srs("deck", "set", "work", "new_per_day=3", "learning_steps=1m,10m")
    shown = srs("deck", "set", "work/estimates").stdout
    assert re.search(r"^new_per_day +3 +work$", shown, re.MULTILINE)
    assert re.search(r"^learning_steps +1m,10m +work$", shown, re.MULTILINE)
    assert re.search(r"^fuzz +yes +default$", shown, re.MULTILINE)
    srs("deck", "set", "work", "new_per_day=")
    record = json.loads(srs("deck", "set", "work", "--json").stdout)
    assert record["options"]["new_per_day"] == {"value": 20, "from": "default"}
    assert srs("undo").stdout == "Taken back: new_per_day of work set\n"


def test_names_with_escape_sequences_are_shown_harmlessly(srs, database):
    srs("add", "--deck", "ev\x1b[31mil", "--prompt", "a\x1b[32mb", "--answer", "c\x07d")
    for arguments in (["cards"], ["card", "4"], ["decks"], ["deck", "set", "ev\x1b[31mil"], ["suspend", "4"], ["undo"]):
        done = CliRunner().invoke(main, ["--database", database, *arguments], color=True)
        assert done.exit_code == 0
        assert "\x1b" not in done.output
        assert "\x07" not in done.output


@pytest.mark.parametrize(
    "arguments",
    [["tag", "add"], ["tag", "remove"], ["deck", "rename"], ["deck", "delete"], ["deck", "set"]],
    ids=" ".join,
)
def test_the_help_of_a_command_below_another_has_an_example(arguments):
    shown = CliRunner().invoke(main, [*arguments, "--help"]).stdout
    assert f"Example: srs {' '.join(arguments)}" in shown
