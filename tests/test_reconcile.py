"""Which note is which after an edit."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cards import KnownNote, Note
from srs.reconcile import reconcile

HERE = "/notes/a.md"
LONG = "Ask who has time, pair on what is new, and name one owner for the rest of it."


def a_note(**changes: object) -> Note:
    return replace(Note("themes", "How so?", LONG, heading="How so?", path=HERE, line=3, prompt="How so?"), **changes)


def held(note: Note, id: int = 1, *, retired: bool = False) -> KnownNote:
    return KnownNote(
        id, note.kind, note.prompt, note.answer, note.heading, note.path, note.line, note.digest, note.anchor, retired
    )


def ask(number: int) -> Note:
    return a_note(front=f"Q{number}?", prompt=f"Q{number}?", heading=f"Q{number}?", answer=f"{number} " * 20)


def test_the_same_notes_are_kept() -> None:
    assert reconcile([held(a_note())], [a_note()], {HERE}).kept == ((1, a_note()),)


def test_a_new_note_is_added() -> None:
    assert reconcile([], [a_note()], {HERE}).added == (a_note(),)


def test_a_note_that_is_gone_is_retired() -> None:
    assert reconcile([held(a_note())], [], {HERE}).retired == (1,)


def test_a_note_of_a_document_with_problems_is_not_retired() -> None:
    assert reconcile([held(a_note())], [], {HERE}, {HERE}).retired == ()


def test_a_note_of_another_document_is_not_retired() -> None:
    assert reconcile([held(a_note(path="/notes/b.md"))], [], {HERE}).retired == ()


def test_another_answer_to_the_same_question_is_an_edit() -> None:
    new = a_note(answer="Something else entirely.")
    assert reconcile([held(a_note())], [new], {HERE}).edited == ((1, new),)


def test_another_question_with_the_same_answer_is_an_edit() -> None:
    new = a_note(front="Who?", prompt="Who?", heading="Who?")
    assert reconcile([held(a_note())], [new], {HERE}).edited == ((1, new),)


def test_question_and_answer_a_little_changed_are_an_edit() -> None:
    new = a_note(front="And how so?", prompt="And how so?", heading="And how so?", answer=LONG + " Done.")
    assert reconcile([held(a_note())], [new], {HERE}).edited == ((1, new),)


def test_question_and_answer_both_of_another_matter_are_another_note() -> None:
    new = a_note(front="Zzz?", prompt="Zzz?", heading="Zzz?", answer="xyz")
    changes = reconcile([held(a_note())], [new], {HERE})
    assert (changes.added, changes.retired) == ((new,), (1,))


def test_another_kind_is_another_note() -> None:
    new = a_note(kind="critique")
    assert reconcile([held(a_note())], [new], {HERE}).added == (new,)


def test_the_same_note_under_another_heading_has_moved() -> None:
    new = a_note(heading="Elsewhere")
    assert reconcile([held(a_note())], [new], {HERE}).moved == ((1, new),)


def test_the_same_note_in_another_document_that_was_read_has_moved() -> None:
    new = a_note(path="/notes/b.md")
    assert reconcile([held(a_note())], [new], {HERE, "/notes/b.md"}).moved == ((1, new),)


def test_a_second_place_in_a_document_that_was_not_read_is_an_echo() -> None:
    new = a_note(path="/notes/b.md")
    assert reconcile([held(a_note())], [new], {"/notes/b.md"}).echoes == (new,)


def test_a_second_place_in_the_same_document_is_an_echo() -> None:
    again = a_note(line=9)
    assert reconcile([held(a_note())], [a_note(), again], {HERE}).echoes == (again,)


def test_a_retired_note_that_is_back_is_revived() -> None:
    assert reconcile([held(a_note(), retired=True)], [a_note()], {HERE}).revived == ((1, a_note()),)


def test_a_retired_note_is_not_retired_again() -> None:
    assert reconcile([held(a_note(), retired=True)], [], {HERE}).retired == ()


def test_a_note_in_use_is_matched_before_a_retired_one() -> None:
    known = [held(a_note(), 1, retired=True), held(a_note(), 2)]
    assert reconcile(known, [a_note()], {HERE}).kept == ((2, a_note()),)


def test_an_anchor_is_stronger_than_the_content() -> None:
    first, second = replace(ask(1), anchor="a"), replace(ask(2), anchor="b")
    swapped = [replace(ask(1), anchor="b"), replace(ask(2), anchor="a")]
    changes = reconcile([held(first, 1), held(second, 2)], swapped, {HERE})
    assert {id: note.anchor for id, note in changes.edited} == {1: "a", 2: "b"}


@pytest.mark.parametrize("kind", ["themes", "phrase", "critique"])
def test_the_likest_of_several_edited_notes_is_the_same(kind: str) -> None:
    old = [
        a_note(kind=kind, front=f"{n}", prompt=f"{n}", answer=text)
        for n, text in (("1", "The first of all my thoughts"), ("2", "A second idea of mine"))
    ]
    new = [
        a_note(kind=kind, front=f"{n}", prompt=f"{n}", answer=text)
        for n, text in (("3", "A second idea of ours"), ("4", "The first of all our thoughts"))
    ]
    changes = reconcile([held(old[0], 1), held(old[1], 2)], new, {HERE})
    assert dict(changes.edited) == {2: new[0], 1: new[1]}


@given(st.lists(st.integers(0, 9), max_size=8), st.lists(st.integers(0, 9), max_size=8))
def test_every_note_is_accounted_for_once(before: list[int], after: list[int]) -> None:
    known = [held(ask(number), id) for id, number in enumerate(dict.fromkeys(before), 1)]
    new = [replace(ask(number), line=line) for line, number in enumerate(after)]
    changes = reconcile(known, new, {HERE})
    pairs = [*changes.kept, *changes.edited, *changes.moved, *changes.revived]
    assert len(pairs) + len(changes.added) + len(changes.echoes) == len(new)
    assert sorted([id for id, _ in pairs] + list(changes.retired)) == [note.id for note in known]
