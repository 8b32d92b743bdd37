"""Documents come into the collection, and a card stays the card it is whatever happens to its text."""

import io
import os
import sqlite3
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from databases import untouched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from srs import curating
from srs.cards import Card, Preset, Rating, Schedule
from srs.days import Days
from srs.errors import ImportFailed, NothingToUndo, StalePlan
from srs.importing import ImportPlan, apply_plan, import_documents, plan_import, plan_unchanged, shipped_recipe
from srs.importing.reading import RecipeSources, was_digest_of
from srs.notes import Imported
from srs.query import parse
from srs.settings import Settings
from srs.store import Store, open_store
from srs.store.glance import Glance, glance
from srs.store.tables import metadata
from srs.store.version import VERSION_TABLE
from srs.study import Session

RECIPE = shipped_recipe()
SETTINGS = Settings("", Days(UTC))
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
Fresh = Callable[[], AbstractContextManager[Store]]

PHRASES = """# Meetings

## Useful Phrases

### Opening
- "Shall we make a start?"
- "Thank you all for coming."

### Closing
- "Let's leave it there for today."
"""
THEMES = """# Leisure

## Q1: How do you rest?

I walk.

**Key Themes:**
- Walk every day
- Leave the phone at home

**Bad answer:** "I never do, I am always at work."
**Why it's bad:** Nobody believes it, and it sounds like a boast.

## Q2: How do you plan a journey?

**Key Themes:**
- Begin with the trains
- Leave a day free
"""


def bring(store: Store, *paths: Path | str, at: datetime = LATER, deck: str | None = None) -> ImportPlan:
    return import_documents(store, [str(path) for path in paths], RECIPE, at, deck=deck)


def answer_all(store: Store) -> None:
    session = Session(store, Preset(new_per_day=99), Days(UTC), new=99)
    for place, card in enumerate(list(store.cards())):
        session.answer(card, list(Rating)[place % 4], NOW + timedelta(minutes=place), 3.0)


def schedules(store: Store, *, retired: bool = False) -> dict[int, Schedule]:
    return {card.id: card.schedule for card in store.cards() if card.retired is retired}


def cards(store: Store) -> dict[str, Card]:
    """The cards in use by their answers."""
    return {card.answer: card for card in store.cards() if not card.retired}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    made.mkdir()
    (made / "meetings.md").write_text(PHRASES, "utf-8")
    (made / "leisure.md").write_text(THEMES, "utf-8")
    return made


@pytest.fixture
def studied(store: Store, folder: Path) -> Store:
    """A collection of six cards from the folder, each answered once."""
    bring(store, folder, at=NOW)
    answer_all(store)
    assert len(schedules(store)) == 6
    return store


def edit(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text("utf-8")
    changed = change(text)
    assert changed != text
    path.write_bytes(changed.encode())


# -- importing twice -----------------------------------------------------------------------------------------------------


def imported(folder: Path, database: str) -> object:
    """Import once more; what the collection holds then, and when that was written."""
    with closing(open_store(database)) as opened:
        bring(opened, folder)
    return untouched(database)


def test_importing_twice_writes_nothing(database: str, folder: Path) -> None:
    assert imported(folder, database) == imported(folder, database)


def test_importing_again_after_a_document_went_writes_nothing(database: str, folder: Path) -> None:
    imported(folder, database)
    (folder / "meetings.md").unlink()
    assert imported(folder, database) == imported(folder, database)


def test_importing_twice_reports_that_nothing_changed(store: Store, folder: Path) -> None:
    bring(store, folder)
    report = bring(store, folder)
    assert (report.nothing_changed, report.documents, report.unread) == (True, 2, 2)


def test_importing_the_starter_decks_twice_changes_nothing(store: Store) -> None:
    import_documents(store, [], RECIPE, NOW, starter=True)
    assert import_documents(store, [], RECIPE, LATER, starter=True).nothing_changed


def test_a_new_card_is_due_at_once(store: Store, folder: Path) -> None:
    bring(store, folder, at=NOW)
    assert {schedule.due for schedule in schedules(store).values()} == {NOW}


# -- edits that keep every card ------------------------------------------------------------------------------------------


def _swap_functions(text: str) -> str:
    before, opening, closing = text.split("### ")
    return f"{before}### {closing}\n### {opening}"


def _swap(first: str, second: str) -> Callable[[str], str]:
    return lambda text: text.replace(first + second, second + first)


EDITS: dict[str, tuple[str, Callable[[str], str]]] = {
    "fixing a typo in a phrase": ("meetings.md", lambda t: t.replace("Thank you all for", "Thanks to you all for")),
    "fixing a typo in a theme": ("leisure.md", lambda t: t.replace("Walk every day", "Walk each day")),
    "fixing a typo in a question": ("leisure.md", lambda t: t.replace("do you rest?", "do you rest at all?")),
    "fixing a typo in a reason": ("leisure.md", lambda t: t.replace("Nobody believes", "Nobody will believe")),
    "fixing a typo in a bad answer": ("leisure.md", lambda t: t.replace("I never do, I am", "I never do; I'm")),
    "changing an answer": ("leisure.md", lambda t: t.replace("- Begin with the trains\n- Leave", "- Ask a friend\n- Keep")),
    "adding an item": ("leisure.md", lambda t: t.replace("- Leave a day", "- Pack little\n- Leave a day")),
    "moving items": ("leisure.md", _swap("- Walk every day\n", "- Leave the phone at home\n")),
    "renaming the function": ("meetings.md", lambda t: t.replace("### Opening", "### To begin with")),
    "renaming the section": ("meetings.md", lambda t: t.replace("## Useful Phrases", "## 1. Phrases (3 items)")),
    "renaming the topic": ("meetings.md", lambda t: t.replace("# Meetings", "# Conferences")),
    "renumbering the questions": ("leisure.md", lambda t: t.replace("Q1: ", "Q7: ").replace("Q2: ", "")),
    "reordering functions": ("meetings.md", _swap_functions),
    "reordering phrases": ("meetings.md", _swap('- "Shall we make a start?"\n', '- "Thank you all for coming."\n')),
    "adding front matter": ("meetings.md", lambda t: "---\ntags: [work]\n---\n" + t),
    "a title in front matter": ("meetings.md", lambda t: "---\ntitle: Talks\n---\n" + t.replace("# Meetings\n", "")),
    "a deck in front matter": ("leisure.md", lambda t: "---\ndeck: free/time\n---\n" + t),
    "curling the quotes": ("meetings.md", lambda t: t.replace('- "', "- “").replace('"\n', "”\n").replace("'", "’")),
    "dropping the quotes": ("meetings.md", lambda t: t.replace('"', "")),
    "windows line ends": ("leisure.md", lambda t: t.replace("\n", "\r\n")),
    "a byte order mark": ("leisure.md", lambda t: "\ufeff" + t),
    "text before it all": ("leisure.md", lambda t: "Some words first.\n\n" + t),
    "labels in italics": ("leisure.md", lambda t: t.replace("**", "*")),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change"), EDITS.values(), ids=list(EDITS))
def test_an_edit_keeps_every_card_and_its_schedule(
    studied: Store, folder: Path, name: str, change: Callable[[str], str]
) -> None:
    before = schedules(studied)
    edit(folder / name, change)
    bring(studied, folder)
    assert schedules(studied) == before


@pytest.mark.parametrize(("name", "change"), EDITS.values(), ids=list(EDITS))
def test_an_edit_taken_back_gives_the_cards_as_they_were(
    studied: Store, folder: Path, name: str, change: Callable[[str], str]
) -> None:
    before = {(card.id, card.answer, card.prompt) for card in studied.cards()}
    text = (folder / name).read_bytes()
    edit(folder / name, change)
    bring(studied, folder)
    (folder / name).write_bytes(text)
    bring(studied, folder)
    assert {(card.id, card.answer, card.prompt) for card in studied.cards()} == before


def test_an_edited_card_shows_its_new_answer(studied: Store, folder: Path) -> None:
    card = cards(studied)["Shall we make a start?"]
    edit(folder / "meetings.md", lambda t: t.replace("make a start", "get started"))
    bring(studied, folder)
    assert cards(studied)["Shall we get started?"].id == card.id


def test_a_phrase_inserted_before_the_others_leaves_them_their_schedules(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    edit(folder / "meetings.md", lambda t: t.replace("### Opening\n", '### Opening\n- "So, here we are."\n'))
    report = bring(studied, folder)
    assert len(report.changes.added) == 1
    assert schedules(studied).items() > before.items()


def test_a_phrase_that_begins_like_another_leaves_it_its_schedule(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    edit(folder / "meetings.md", lambda t: t.replace("### Opening\n", '### Opening\n- "So who will take notes?"\n'))
    bring(studied, folder)
    assert schedules(studied).items() > before.items()


def test_a_phrase_removed_retires_one_card_only(studied: Store, folder: Path) -> None:
    gone = cards(studied)["Thank you all for coming."].id
    before = schedules(studied)
    edit(folder / "meetings.md", lambda t: t.replace('- "Thank you all for coming."\n', ""))
    bring(studied, folder)
    assert schedules(studied) == {id: schedule for id, schedule in before.items() if id != gone}


def test_a_phrase_removed_and_restored_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    text = (folder / "meetings.md").read_bytes()
    edit(folder / "meetings.md", lambda t: t.replace('- "Thank you all for coming."\n', ""))
    bring(studied, folder)
    (folder / "meetings.md").write_bytes(text)
    report = bring(studied, folder)
    assert (schedules(studied), len(report.changes.revived)) == (before, 1)


def test_a_renamed_file_keeps_its_cards(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    (folder / "meetings.md").rename(folder / "talks.md")
    bring(studied, folder)
    assert schedules(studied) == before


def test_a_note_moved_to_another_file_keeps_its_card(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    edit(folder / "meetings.md", lambda t: t[: t.index("### Closing")])
    (folder / "more.md").write_text(
        "# Meetings\n## Phrases\n### Closing\n" + PHRASES.split("### Closing\n")[1], "utf-8"
    )
    bring(studied, folder)
    assert schedules(studied) == before


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 4), st.text(alphabet="abc de", min_size=3, max_size=30).filter(str.strip))
def test_editing_one_answer_moves_no_other_card(fresh: Fresh, tmp_path: Path, which: int, answer: str) -> None:
    def text(answers: list[str]) -> str:
        return "\n".join(f"## Q{n}: Is {n} enough?\n**Key Themes:**\n- {a}\n" for n, a in enumerate(answers))

    answers = ["walk home", "sleep well", "eat bread", "read books", "sing along"]
    path = tmp_path / "edited.md"
    path.write_text(text(answers), "utf-8")
    with fresh() as opened:
        bring(opened, path, at=NOW)
        answer_all(opened)
        before = {card.prompt: (card.id, card.schedule) for card in opened.cards()}
        answers[which] = answer
        path.write_text(text(answers), "utf-8")
        bring(opened, path)
        assert {card.prompt: (card.id, card.schedule) for card in opened.cards()} == before


def test_another_phrase_with_the_same_initial_is_another_card(studied: Store, folder: Path) -> None:
    old = cards(studied)["Shall we make a start?"].id
    edit(folder / "meetings.md", lambda text: text.replace("Shall we make a start?", "Sorry, could you repeat it?"))
    bring(studied, folder)
    new = cards(studied)["Sorry, could you repeat it?"]
    assert new.id != old
    assert new.schedule.last_review is None


def test_changed_tags_reach_the_cards(store: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda text: f"---\ntags: draft\n---\n{text}")
    bring(store, folder)
    edit(folder / "meetings.md", lambda text: text.replace("tags: draft", "tags: ready"))
    bring(store, folder)
    assert cards(store)["Shall we make a start?"].tags == ("ready",)


# -- one note in two places ----------------------------------------------------------------------------------------------


@pytest.fixture
def twice(studied: Store, folder: Path) -> Store:
    (folder / "second.md").write_text(PHRASES, "utf-8")
    bring(studied, folder)
    return studied


def test_two_equal_notes_in_two_files_are_one_card(twice: Store) -> None:
    assert len(list(twice.cards())) == 6


def test_two_equal_notes_imported_together_are_asked_as_one(store: Store, folder: Path) -> None:
    (folder / "second.md").write_text(PHRASES, "utf-8")
    bring(store, folder)
    assert cards(store)["Shall we make a start?"].prompt == "Meetings › Opening: “S…”, 5 words"


def test_a_card_that_lost_its_second_place_and_then_its_first_is_retired(twice: Store, folder: Path) -> None:
    (folder / "second.md").unlink()
    bring(twice, folder)
    (folder / "meetings.md").unlink()
    bring(twice, folder)
    assert len(schedules(twice, retired=True)) == 3


def test_a_card_lives_on_in_its_second_place(twice: Store, folder: Path) -> None:
    before = schedules(twice)
    (folder / "meetings.md").unlink()
    bring(twice, folder)
    assert schedules(twice) == before


def test_a_card_edited_in_one_of_its_places_keeps_its_history_in_the_other(twice: Store, folder: Path) -> None:
    before = cards(twice)["Shall we make a start?"]
    edit(folder / "meetings.md", lambda text: text.replace("Shall we make a start?", "Shall we make a late start?"))
    bring(twice, folder)
    assert cards(twice)["Shall we make a start?"].schedule == before.schedule
    assert cards(twice)["Shall we make a late start?"].schedule.last_review is None


def test_a_card_that_lost_both_places_is_retired(twice: Store, folder: Path) -> None:
    (folder / "meetings.md").unlink()
    bring(twice, folder)
    (folder / "second.md").unlink()
    bring(twice, folder)
    assert len(schedules(twice, retired=True)) == 3


def test_a_card_that_lost_its_second_place_stays(twice: Store, folder: Path) -> None:
    before = schedules(twice)
    (folder / "second.md").unlink()
    bring(twice, folder)
    assert schedules(twice) == before


def test_a_card_that_lost_both_places_at_once_is_retired(twice: Store, folder: Path) -> None:
    (folder / "meetings.md").unlink()
    (folder / "second.md").unlink()
    bring(twice, folder)
    assert len(schedules(twice, retired=True)) == 3


# -- what retires nothing, and what does ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data", [b"", b"\n \n", b"\x00\x01\x02", bytes(range(256)) * 4], ids=["empty", "blank", "nul", "binary"]
)
def test_a_file_that_is_no_text_retires_nothing_and_is_a_problem(studied: Store, folder: Path, data: bytes) -> None:
    before = schedules(studied)
    (folder / "meetings.md").write_bytes(data)
    report = bring(studied, folder)
    assert (schedules(studied), len(report.problems)) == (before, 1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a file that not even root can read from its start")
def test_a_file_that_cannot_be_read_retires_nothing(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    (folder / "meetings.md").unlink()
    (folder / "meetings.md").symlink_to("/proc/self/mem")
    report = bring(studied, folder)
    assert "cannot be read" in report.problems[0].message
    assert schedules(studied) == before


def _from_stdin(store: Store, text: str, monkeypatch: pytest.MonkeyPatch, name: str | None = None) -> ImportPlan:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    return import_documents(store, ["-"], RECIPE, LATER, name=name)


def test_another_text_on_stdin_retires_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _from_stdin(store, PHRASES, monkeypatch)
    before = schedules(store)
    _from_stdin(store, THEMES, monkeypatch)
    assert schedules(store).items() > before.items()


def test_two_named_texts_on_stdin_are_two_documents(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _from_stdin(store, PHRASES, monkeypatch, "meetings")
    before = schedules(store)
    plan = _from_stdin(store, PHRASES.replace("make a start", "get going"), monkeypatch, "work/more.md")
    assert (len(plan.changes.added), plan.changes.edited, plan.changes.retired) == (1, (), ())
    assert schedules(store).items() > before.items()
    assert set(store.documents()) == {"meetings", "work/more.md"}
    assert decks(store) == {"meetings", "work/more"}


def test_a_named_text_on_stdin_is_an_edit_of_the_one_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _from_stdin(store, PHRASES, monkeypatch, "meetings")
    before = schedules(store)
    plan = _from_stdin(store, PHRASES.replace("make a start", "make a late start"), monkeypatch, "meetings")
    assert (len(plan.changes.edited), schedules(store)) == (1, before)


@pytest.mark.parametrize(
    ("name", "deck"),
    [("v1.2 notes", "v1.2 notes"), ("a/b.md", "a/b"), ("/home/me/talks.md", "talks"), ("é.markdown", "é")],
)
def test_the_name_of_stdin_gives_the_deck(store: Store, monkeypatch: pytest.MonkeyPatch, name: str, deck: str) -> None:
    _from_stdin(store, PHRASES, monkeypatch, name)
    assert decks(store) == {deck}


def test_a_document_gone_from_its_folder_retires_its_cards(studied: Store, folder: Path) -> None:
    (folder / "meetings.md").unlink()
    bring(studied, folder)
    assert len(schedules(studied, retired=True)) == 3


def test_a_document_that_came_back_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    text = (folder / "meetings.md").read_bytes()
    (folder / "meetings.md").unlink()
    bring(studied, folder)
    (folder / "meetings.md").write_bytes(text)
    bring(studied, folder)
    assert schedules(studied) == before


def test_a_document_that_came_back_under_another_title_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    (folder / "meetings.md").unlink()
    bring(studied, folder)
    (folder / "meetings.md").write_text(
        PHRASES.replace("# Meetings", "# Sittings").replace("make a", "mkae a"), "utf-8"
    )
    bring(studied, folder)
    assert schedules(studied) == before


# -- what is retired goes with its document ------------------------------------------------------------------------------

THANKS = '- "Thank you all for coming."\n'


def renamed(folder: Path, old: str, new: str, change: Callable[[str], str] = str) -> None:
    """Write a file under another name, changed."""
    text = (folder / old).read_text("utf-8")
    (folder / old).unlink()
    (folder / new).write_text(change(text), "utf-8")


def without_thanks(text: str) -> str:
    assert THANKS in text
    return text.replace(THANKS, "")


def with_thanks(text: str) -> str:
    """With the phrase again, under another title and misspelt."""
    return text.replace("# Meetings", "# Sittings").replace(
        "### Opening\n", "### Opening\n" + THANKS.replace("all", "al")
    )


def test_a_phrase_deleted_while_its_file_is_renamed_has_its_history_imports_later(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    renamed(folder, "meetings.md", "sittings.md", without_thanks)
    bring(studied, folder)
    for edition in range(2):
        edit(folder / "sittings.md", lambda t, n=edition: f"Edition {n}.\n{t}")  # type: ignore[misc]
        bring(studied, folder)
    edit(folder / "sittings.md", with_thanks)
    assert [note.answer for _, note in bring(studied, folder).changes.revived] == ["Thank you al for coming."]
    assert schedules(studied) == before


def test_a_phrase_deleted_before_its_file_is_renamed_twice_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    edit(folder / "meetings.md", without_thanks)
    bring(studied, folder)
    for old, new in (("meetings.md", "first.md"), ("first.md", "second.md")):
        renamed(folder, old, new)
        bring(studied, folder)
    edit(folder / "second.md", with_thanks)
    bring(studied, folder)
    assert schedules(studied) == before


def test_a_phrase_deleted_while_two_files_change_their_names_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    meetings = (folder / "meetings.md").read_text("utf-8")
    renamed(folder, "leisure.md", "meetings.md")
    (folder / "leisure.md").write_text(without_thanks(meetings), "utf-8")
    bring(studied, folder)
    edit(folder / "leisure.md", with_thanks)
    bring(studied, folder)
    assert schedules(studied) == before


def test_a_phrase_deleted_while_its_section_goes_to_another_file_has_its_history(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    renamed(folder, "meetings.md", "opening.md", lambda t: without_thanks(t).partition("\n### Closing")[0] + "\n")
    (folder / "meetings.md").write_text(PHRASES.replace(PHRASES[PHRASES.index("### Op") : PHRASES.index("### Cl")], ""))
    bring(studied, folder)
    edit(folder / "opening.md", with_thanks)
    bring(studied, folder)
    assert schedules(studied) == before


def elsewhere(folder: Path) -> None:
    """The phrase that was deleted, word for word in a new document with a title of its own."""
    (folder / "harbour.md").write_text("# Harbour\n\n## Useful Phrases\n\n### Beginning\n" + THANKS, "utf-8")


def test_a_phrase_deleted_from_one_document_has_its_history_in_another_with_another_title(
    studied: Store, folder: Path
) -> None:
    before = schedules(studied)
    edit(folder / "meetings.md", without_thanks)
    bring(studied, folder)
    deleted = rows(studied)
    elsewhere(folder)
    bring(studied, folder)
    assert schedules(studied) == before
    studied.take_back()
    assert rows(studied) == deleted


def test_a_phrase_that_stands_in_one_document_is_another_card_in_another(studied: Store, folder: Path) -> None:
    elsewhere(folder)
    assert len(bring(studied, folder).changes.added) == 1


def test_a_card_put_away_by_hand_is_not_taken_for_what_is_written_elsewhere(studied: Store, folder: Path) -> None:
    edit(folder / "meetings.md", without_thanks)
    curating.suspend(studied, parse("thank"), curating.moment(SETTINGS, LATER))
    bring(studied, folder)
    elsewhere(folder)
    assert len(bring(studied, folder).changes.added) == 1


def test_what_is_retired_is_of_the_document_and_deck_that_its_file_became_until_that_is_taken_back(
    studied: Store, folder: Path
) -> None:
    def thanks() -> Card:
        return next(card for card in studied.cards() if card.answer == "Thank you all for coming.")

    edit(folder / "meetings.md", without_thanks)
    bring(studied, folder)
    before = rows(studied)
    renamed(folder, "meetings.md", "sittings.md")
    bring(studied, folder)
    assert (thanks().path, thanks().deck, thanks().retired) == (str(folder / "sittings.md"), "notes/sittings", True)
    studied.take_back()
    assert rows(studied) == before


@pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes only there")
def test_a_file_name_that_is_no_text_is_a_problem_and_the_rest_is_imported(studied: Store, folder: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/\xff.md"))
    odd.write_text("# Meetings\n\n## Useful phrases\n- Let us begin.\n", "utf-8")
    report = import_documents(studied, [str(folder)], shipped_recipe(), NOW)
    assert [problem.message for problem in report.problems] == ["has a name that is not UTF-8: rename it"]


def test_a_document_gone_is_told_once(studied: Store, folder: Path) -> None:
    (folder / "meetings.md").unlink()
    bring(studied, folder)
    assert bring(studied, folder).nothing_changed


def test_another_folder_keeps_its_cards(studied: Store, folder: Path, tmp_path: Path) -> None:
    before = schedules(studied)
    other = tmp_path / "other"
    other.mkdir()
    (other / "new.md").write_text('# Trips\n## Phrases\n- "Mind the gap, please."\n', "utf-8")
    (folder / "meetings.md").unlink()
    bring(studied, other)
    assert schedules(studied).items() > before.items()


def test_a_file_imported_alone_leaves_its_folder_alone(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    (folder / "meetings.md").unlink()
    bring(studied, folder / "leisure.md")
    assert schedules(studied) == before


def test_documents_in_hidden_folders_and_other_files_are_not_read(store: Store, folder: Path) -> None:
    (folder / ".git").mkdir()
    (folder / ".git" / "x.md").write_text(PHRASES, "utf-8")
    (folder / "x.py").write_text(PHRASES, "utf-8")
    assert bring(store, folder).documents == 2


def test_a_file_named_twice_is_read_once(store: Store, folder: Path) -> None:
    assert bring(store, folder, folder / "leisure.md").documents == 2


# -- decks ---------------------------------------------------------------------------------------------------------------


def decks(store: Store) -> set[str]:
    return {card.deck for card in store.cards()}


def test_a_folder_gives_the_deck_by_its_path(store: Store, folder: Path) -> None:
    bring(store, folder)
    assert decks(store) == {"notes/meetings", "notes/leisure"}


def test_a_file_gives_the_deck_by_its_name(store: Store, folder: Path) -> None:
    bring(store, folder / "meetings.md")
    assert decks(store) == {"meetings"}


def test_front_matter_gives_the_deck(store: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda t: "---\ndeck: /english/ talks/\n---\n" + t)
    bring(store, folder / "meetings.md")
    assert decks(store) == {"english/talks"}


def test_the_deck_asked_for_is_stronger_than_front_matter(store: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda t: "---\ndeck: english\n---\n" + t)
    bring(store, folder / "meetings.md", deck="mine")
    assert decks(store) == {"mine"}


def test_a_document_imported_alone_keeps_the_deck_of_its_folder(studied: Store, folder: Path) -> None:
    before = decks(studied)
    edit(folder / "meetings.md", lambda t: t + "\nThe end.\n")
    bring(studied, folder / "meetings.md")
    assert decks(studied) == before


def test_asking_for_another_deck_moves_the_cards_of_an_unchanged_document(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    bring(studied, folder, deck="all/mine")
    assert (decks(studied), schedules(studied)) == ({"all/mine"}, before)


# -- planning ------------------------------------------------------------------------------------------------------------


def rows(store: Store) -> list[str]:
    """All that a collection holds."""
    with store._reading() as connection:
        return [
            f"{table.name}: {tuple(row)}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table).order_by(table.c.id))
        ]


def test_a_plan_writes_nothing_and_says_what_the_import_then_does(studied: Store, folder: Path) -> None:
    edit(
        folder / "meetings.md",
        lambda t: t.replace("make a start", "make a late start").replace("### Closing", "### End"),
    )
    edit(folder / "leisure.md", lambda t: t[: t.index("## Q2")] + "## Q3: Where to?\n**Key Themes:**\n- Far away\n")
    before = rows(studied)
    plan = plan_import(studied, [str(folder)], RECIPE)
    assert rows(studied) == before
    assert not plan.nothing_changed
    assert import_documents(studied, [str(folder)], RECIPE, LATER) == plan


def test_a_plan_knows_how_an_edited_card_read_before(studied: Store, folder: Path) -> None:
    card = cards(studied)["Shall we make a start?"]
    edit(folder / "meetings.md", lambda t: t.replace("make a start", "make a late start"))
    plan = plan_import(studied, [str(folder)], RECIPE)
    [(id, note)] = plan.changes.edited
    assert (plan.known[id].answer, note.answer) == ("Shall we make a start?", "Shall we make a late start?")
    assert plan.known[id].card_id == card.id
    assert 70 <= plan.similarity(id, note) < 100


def test_a_plan_is_stale_once_another_import_was_made(studied: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda t: t + "- So that is that.\n")
    plan = plan_import(studied, [str(folder)], RECIPE)
    bring(studied, folder)
    before = rows(studied)
    with pytest.raises(StalePlan, match="import again"):
        apply_plan(studied, plan, LATER)
    assert rows(studied) == before


def test_a_plan_names_a_document_that_loses_more_than_half_of_its_cards(studied: Store, folder: Path) -> None:
    (folder / "meetings.md").unlink()
    edit(folder / "leisure.md", lambda t: t[: t.index("## Q2")])
    plan = plan_import(studied, [str(folder)], RECIPE)
    assert plan.losses == [(str(folder / "meetings.md"), 3, 3)]


@pytest.mark.parametrize(("left", "losses"), [(0, 1), (2, 1), (3, 0), (4, 0)])
def test_half_of_the_cards_is_no_loss_to_ask_about(store: Store, tmp_path: Path, left: int, losses: int) -> None:
    path = tmp_path / "animals.md"
    said = [
        "An owl hoots.",
        "Bees hum along.",
        "Crows caw at dawn.",
        "Do dogs bark there?",
        "Even fish sleep.",
        "Foxes dig.",
    ]
    path.write_text("# Animals\n## Phrases\n" + "".join(f'- "{phrase}"\n' for phrase in said), "utf-8")
    bring(store, path)
    edit(path, lambda t: "\n".join(["Some text.", *t.splitlines()[: 2 + left]]))
    plan = plan_import(store, [str(path)], RECIPE)
    assert (len(plan.changes.retired), len(plan.losses)) == (6 - left, losses)


def test_a_document_whose_cards_move_loses_nothing(studied: Store, folder: Path) -> None:
    (folder / "meetings.md").rename(folder / "talks.md")
    plan = plan_import(studied, [str(folder)], RECIPE)
    assert (len(plan.changes.moved), plan.losses) == (3, [])


def test_documents_that_are_as_they_were_are_not_decoded(
    studied: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srs.importing.changing.decode", None)
    monkeypatch.setattr("srs.importing.changing.extract", None)
    assert bring(studied, folder).unread == 2


def test_progress_is_told_document_by_document(store: Store, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    plan_import(store, [str(folder)], RECIPE, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_prompts_stay_unique_when_they_are_chosen_in_batches(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("srs.importing.changing.BATCH", 1)
    text = "".join(f"### {name}\n- 'Let us go.'\n- 'Let it go.'\n" for name in ("A b", "A", "A. b", "A (b)"))
    (folder / "more.md").write_text("# T\n## Phrases\n" + text, "utf-8")
    bring(store, folder)
    prompts = [card.prompt for card in store.cards()]
    assert len(set(prompts)) == len(prompts) > 6


@pytest.mark.parametrize("places", [1, 2])
def test_a_line_repeated_a_thousand_times_is_one_card_and_is_kept_once_for_each_document(
    store: Store, tmp_path: Path, places: int
) -> None:
    for place in range(places):
        (tmp_path / f"{place}.md").write_text("# T\n## Phrases\n" + "- Here we go again.\n" * 1000, "utf-8")
    bring(store, *(tmp_path / f"{place}.md" for place in range(places)))
    assert len(list(store.cards())) == 1
    assert sum(line.startswith("echoes:") for line in rows(store)) == places - 1


# -- taking an import back -----------------------------------------------------------------------------------------------


def test_undo_takes_back_a_whole_import(studied: Store, folder: Path) -> None:
    before = rows(studied)
    edit(
        folder / "meetings.md",
        lambda t: t.replace("make a start", "make a late start").replace("### Closing", "### End"),
    )
    edit(folder / "leisure.md", lambda t: t[: t.index("## Q2")] + "## Q3: Where to?\n**Key Themes:**\n- Far away\n")
    (folder / "again.md").write_text(PHRASES, "utf-8")
    (folder / "more.md").write_text('# Trips\n## Phrases\n- "Mind the gap, please."\n', "utf-8")
    plan = bring(studied, folder)
    taken_back = studied.take_back()
    assert isinstance(taken_back, Imported)
    assert (taken_back.at, taken_back.added, taken_back.edited, taken_back.retired) == (
        LATER,
        len(plan.changes.added),
        len(plan.changes.edited),
        len(plan.changes.retired),
    )
    assert rows(studied) == before
    after = bring(studied, folder)
    assert [len(group) for group in (after.changes.added, after.changes.edited, after.changes.retired)] == [
        len(group) for group in (plan.changes.added, plan.changes.edited, plan.changes.retired)
    ]


def test_answers_and_imports_are_one_stack(studied: Store, folder: Path) -> None:
    def answer() -> None:
        session = Session(studied, Preset(), Days(UTC))
        card = cards(studied)["Mind the gap, please."]
        session.answer(card, Rating.GOOD, LATER, 2.0)

    (folder / "more.md").write_text('# Trips\n## Phrases\n- "Mind the gap, please."\n', "utf-8")
    bring(studied, folder)
    answer()
    answer()
    (folder / "last.md").write_text('# Trips\n## Phrases\n- "All aboard!"\n', "utf-8")
    bring(studied, folder)
    kinds = []
    while True:
        try:
            kinds.append(type(studied.take_back()).__name__)
        except NothingToUndo:
            break
    assert kinds == ["Imported", "tuple", "tuple", "Imported", *["tuple"] * 6, "Imported"]
    assert (list(studied.cards()), studied.documents(), studied.deck_names()) == ([], {}, [])


def test_an_import_made_in_the_middle_of_a_session_is_not_taken_back_by_its_u(studied: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda t: t.replace("make a start", "make a late start"))
    bring(studied, folder)
    card, _ = studied.undo()
    assert "Shall we make a late start?" in cards(studied)
    Session(studied, Preset(), Days(UTC)).answer(studied.card(card.id) or card, Rating.EASY, LATER, 1.0)
    assert isinstance(studied.take_back(), tuple), "that answer is newer than the import"
    assert isinstance(studied.take_back(), Imported)
    assert "Shall we make a start?" in cards(studied)


def test_only_the_newest_imports_can_be_taken_back(studied: Store, folder: Path) -> None:
    for number in range(25):
        edit(folder / "meetings.md", lambda t, n=number: f"Edition {n}.\n{t}")  # type: ignore[misc]
        bring(studied, folder)
    assert sum(line.startswith("imports:") for line in rows(studied)) == 20
    assert [type(studied.take_back()).__name__ for _ in range(21)] == ["Imported"] * 20 + ["tuple"]


def test_a_first_import_keeps_no_texts_to_be_taken_back(store: Store, folder: Path) -> None:
    bring(store, folder)
    kept = [line for line in rows(store) if line.startswith("import_rows:")]
    assert 0 < len(kept) <= 6
    assert all(line.endswith(", None)") for line in kept)


SAID = [
    "An owl hoots.",
    "Bees hum all day.",
    "Crows caw at dawn.",
    "Dogs bark.",
    "Even fish sleep.",
    "An owl hoots twice.",
]
STEPS = st.lists(
    st.one_of(
        st.dictionaries(st.sampled_from("abc"), st.lists(st.sampled_from(SAID), max_size=6), min_size=1),
        st.integers(0, 9),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_was_imported_and_answered_is_taken_back_step_by_step(
    fresh: Fresh,
    tmp_path_factory: pytest.TempPathFactory,
    steps: list[dict[str, list[str]] | int],
) -> None:
    folder = tmp_path_factory.mktemp("notes")
    (folder / "none.md").write_text("# Nothing to learn\n", "utf-8")
    with fresh() as opened:
        session = Session(opened, Preset(), Days(UTC))
        history = [rows(opened)]
        for number, step in enumerate(steps):
            at = NOW + timedelta(minutes=number)
            if isinstance(step, int):
                found = list(opened.cards())
                if found:
                    session.answer(found[step % len(found)], Rating.GOOD, at, 1.0)
            else:
                for name, phrases in step.items():
                    text = f"# Animals\n## Phrases\n### {len(phrases) % 2}\n" + "".join(f"- {p}\n" for p in phrases)
                    (folder / f"{name}.md").write_text(text, "utf-8")
                for path in folder.glob("?.md"):
                    if path.stem not in step:
                        path.unlink()
                bring(opened, folder, at=at, deck="d" if len(step) == 1 else None)
            if rows(opened) != history[-1]:
                history.append(rows(opened))
        while history[1:]:
            history.pop()
            opened.take_back()
            assert rows(opened) == history[-1]
        with pytest.raises(NothingToUndo):
            opened.take_back()


# -- what cannot be imported ---------------------------------------------------------------------------------------------


def test_a_path_that_is_missing_fails_and_imports_nothing(store: Store, folder: Path) -> None:
    with pytest.raises(ImportFailed, match="no such file or folder"):
        bring(store, folder, folder / "absent.md")
    assert list(store.cards()) == []


def test_a_folder_without_documents_fails_and_imports_nothing(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    with pytest.raises(ImportFailed, match="no documents in this folder"):
        bring(store, folder, tmp_path / "bare")
    assert list(store.cards()) == []


def test_a_document_without_cards_is_named(store: Store, tmp_path: Path) -> None:
    (tmp_path / "plain.md").write_text("# Just text\n\nNothing to learn.\n", "utf-8")
    assert bring(store, tmp_path / "plain.md").empty == [str(tmp_path / "plain.md")]


def test_a_fence_that_was_never_closed_retires_nothing_of_what_it_hides(studied: Store, folder: Path) -> None:
    before = schedules(studied)
    edit(folder / "leisure.md", lambda text: text.replace("## Q2", "```\n## Q2"))
    plan = bring(studied, folder)
    assert [problem.line for problem in plan.problems] == [14]
    assert schedules(studied) == before


def test_cards_whose_words_still_stand_there_are_told_when_they_are_retired(studied: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda text: text.replace("## Useful Phrases", "## My Notes").replace('"', ""))
    plan = bring(studied, folder)
    assert plan.lost_from_sight == [(str(folder / "meetings.md"), 3)]


def test_cards_whose_words_are_gone_are_not_told(studied: Store, folder: Path) -> None:
    edit(folder / "meetings.md", lambda text: text.replace('- "Thank you all for coming."\n', ""))
    assert bring(studied, folder).lost_from_sight == []


# -- when nothing changed ------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path, folder: Path) -> Path:
    """A collection in a file, into which the folder was imported."""
    path = tmp_path / "srs.db"
    with closing(open_store(str(path))) as opened:
        apply_plan(opened, plan_import(opened, [str(folder)]), NOW)
    return path


def _seen(file: Path) -> Glance:
    seen = glance(str(file))
    assert seen is not None
    return seen


def _both(file: Path, folder: Path, deck: str | None = None) -> tuple[ImportPlan | None, ImportPlan]:
    """What is planned by a glance, and what by the collection."""
    quick = plan_unchanged(_seen(file), [str(folder)], deck=deck)
    with closing(open_store(str(file))) as opened:
        return quick, plan_import(opened, [str(folder)], deck=deck)


def test_a_glance_sees_what_the_collection_holds(file: Path) -> None:
    with closing(open_store(str(file))) as opened:
        assert (_seen(file).last_import, dict(_seen(file).documents)) == (opened.last_import(), opened.documents())


def test_a_glance_plans_what_the_collection_does_when_nothing_changed(file: Path, folder: Path) -> None:
    quick, full = _both(file, folder)
    assert quick == full


@pytest.mark.parametrize("change", ["edited", "gone", "new", "not text", "recipe", "deck"])
def test_a_glance_plans_nothing_when_something_changed(file: Path, folder: Path, change: str) -> None:
    match change:
        case "edited":
            (folder / "meetings.md").write_text(PHRASES.replace("make a start", "get going"), "utf-8")
        case "gone":
            (folder / "meetings.md").unlink()
        case "new":
            (folder / "more.md").write_text("# More\n", "utf-8")
        case "not text":
            (folder / "more.md").write_bytes(b"\0\1\2")
        case "recipe":
            (folder / "srs-recipe.toml").write_text('skip = ["meetings"]\n', "utf-8")
    quick, full = _both(file, folder, deck="other" if change == "deck" else None)
    assert quick is None
    assert full.changed or full.problems


@pytest.mark.parametrize("state", ["missing", "no database", "older", "with a view"])
def test_a_collection_that_is_not_as_it_should_be_is_not_glanced_at(file: Path, state: str) -> None:
    if state == "missing":
        file.unlink()
    elif state == "no database":
        file.write_text("no database at all", "utf-8")
    else:
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute(
                f"UPDATE {VERSION_TABLE} SET version_num = '0001'"
                if state == "older"
                else "CREATE VIEW seen AS SELECT 1"
            )
    assert glance(str(file)) is None
    assert file.exists() == (state != "missing")


def test_documents_imported_before_digests_had_another_form_are_as_they_were(file: Path, folder: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        for path in folder.iterdir():
            was = was_digest_of(path.read_bytes(), RecipeSources(), None)
            connection.execute("UPDATE documents SET digest = ? WHERE path = ?", (was, str(path)))
    quick, full = _both(file, folder)
    assert (quick, full.unread, full.changed) == (None, 2, [])


def test_questions_asked_of_a_collection_do_not_grow_with_documents_that_are_as_they_were(
    store: Store, tmp_path: Path
) -> None:
    def asked(number: int) -> int:
        for at in range(number):
            (tmp_path / f"{at}.md").write_text(PHRASES.replace("start", f"start {at}"), "utf-8")
        apply_plan(store, plan_import(store, [str(tmp_path)]), NOW)
        statements: list[str] = []

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        event.listen(store._engine, "before_cursor_execute", note)
        plan_import(store, [str(tmp_path)])
        event.remove(store._engine, "before_cursor_execute", note)
        return len(statements)

    assert asked(1) == asked(30)
