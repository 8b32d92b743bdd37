"""What is asked: unique, and giving nothing away."""

import pickle
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cues import distinct, first_asked, hints, prompts_of
from srs.notes import Note
from srs.texts import _PLAIN, all_normalised, normalised

TEXT = st.text(alphabet="ab A.…’'\"_-1é²ß\n()", max_size=8)
KIND = st.sampled_from(["phrase", "themes", "critique"])
NOTES = st.lists(st.tuples(KIND, TEXT, TEXT, st.just(()), TEXT, TEXT).map(lambda fields: Note(*fields)), max_size=12)


def a_phrase(answer: str, front: str = "Talk › Start") -> Note:
    return Note("phrase", front, answer)


def prompts(*notes: Note, taken: tuple[str, ...] = ()) -> list[str]:
    return [note.prompt for note in distinct(notes, {normalised(prompt) for prompt in taken})]


@given(NOTES, st.lists(TEXT.map(normalised), max_size=4))
def test_prompts_are_unique_for_any_notes_and_none_is_taken(notes: list[Note], taken: list[str]) -> None:
    asked = [normalised(note.prompt) for note in distinct(notes, taken)]
    assert len(set(asked)) == len(notes)
    assert not set(asked) & set(taken)


@given(NOTES, st.lists(TEXT.map(normalised), max_size=4))
def test_what_is_asked_is_told_as_it_counts_for_other_notes(notes: list[Note], taken: list[str]) -> None:
    prompts, given = prompts_of(notes, taken)
    assert given == set(map(normalised, prompts))
    assert (prompts, given) == prompts_of([first_asked(note) for note in notes], set(taken))


@given(st.text() | st.text(alphabet="a ›“…é\u0301\u0338 ﬁＡ\n-").map("› ".join))
def test_a_text_is_normalised_as_if_all_its_signs_were(text: str) -> None:
    plain = text.translate(str.maketrans(_PLAIN))
    assert normalised(text) == " ".join(unicodedata.normalize("NFKC", plain).casefold().split())


@given(st.lists(TEXT | st.text()))
def test_many_texts_are_normalised_as_each_of_them_is(texts: list[str]) -> None:
    assert all_normalised(texts) == list(map(normalised, texts))


@given(NOTES)
def test_a_note_is_the_same_in_another_process(notes: list[Note]) -> None:
    there = pickle.loads(pickle.dumps(distinct(notes, ())))
    assert there == distinct(notes, ())
    assert [note.digest for note in there] == [note.digest for note in notes]


@given(NOTES)
def test_only_the_prompt_of_a_note_is_chosen(notes: list[Note]) -> None:
    chosen = distinct(notes, ())
    assert [(n.kind, n.front, n.answer, n.digest) for n in chosen] == [
        (n.kind, n.front, n.answer, n.digest) for n in notes
    ]


@given(st.text(max_size=20))
def test_hints_take_any_phrase(answer: str) -> None:
    assert len(hints("phrase", answer)) in {0, 2}


def test_a_phrase_is_asked_by_its_function_its_first_initial_and_its_length() -> None:
    assert prompts(a_phrase("Let me see…")) == ["Talk › Start: “L…”, 3 words"]


def test_one_word_is_no_plural() -> None:
    assert prompts(a_phrase("Well…")) == ["Talk › Start: “W…”, 1 word"]


def test_phrases_that_begin_alike_show_more_initials() -> None:
    assert prompts(a_phrase("Let me see"), a_phrase("Let us see")) == [
        "Talk › Start: “L… m…”, 3 words",
        "Talk › Start: “L… u…”, 3 words",
    ]


def test_a_phrase_of_another_length_needs_no_more() -> None:
    assert prompts(a_phrase("Let me see"), a_phrase("Let go"))[1] == "Talk › Start: “L…”, 2 words"


def test_phrases_with_all_initials_alike_are_numbered() -> None:
    assert prompts(a_phrase("Let me see"), a_phrase("Let me say"))[1].endswith(" (2)")


def test_a_prompt_that_is_taken_is_not_used_again() -> None:
    assert prompts(a_phrase("Let me see"), taken=("Talk › Start: “L…”, 3 words",)) == ["Talk › Start: “L… m…”, 3 words"]


def test_equal_questions_are_told_apart_by_their_topic() -> None:
    notes = [
        Note("themes", "Why?", "a", topic="Work", heading="Why?"),
        Note("themes", "Why?", "b", topic="Sport", heading="Why?"),
    ]
    assert prompts(*notes) == ["Why? (Work)", "Why? (Sport)"]


def test_equal_questions_without_any_context_are_numbered() -> None:
    assert prompts(Note("qa", "Why?", "a"), Note("qa", "Why?", "b")) == ["Why?", "Why? (2)"]


def test_the_initial_of_a_phrase_is_a_letter() -> None:
    assert prompts(a_phrase("“…so” it is")) == ["Talk › Start: “s…”, 3 words"]


@pytest.mark.parametrize("answer", ["I see", "OK", "A b", "Yes."])
def test_a_phrase_does_not_stand_in_its_prompt_or_hints(answer: str) -> None:
    assert normalised(answer) not in normalised(prompts(a_phrase(answer))[0])


def test_the_hints_are_the_first_word_and_then_all_initials() -> None:
    assert hints("phrase", "Let me see…") == ("Let …", "L… m… s…")


def test_a_list_gives_the_first_word_of_each_item_in_turn() -> None:
    items = ("**Names** the cause", "*`ends`* with a lesson", "…")
    assert hints("themes", "", items) == ("1. Names …", "2. ends …")


def test_other_kinds_have_no_hints() -> None:
    assert hints("qa", "Let me see", ("Let me", "see")) == ()
