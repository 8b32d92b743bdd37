"""Which note is which after an edit."""

import unicodedata
from collections.abc import Sequence
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.notes import Changes, KnownNote, Note
from srs.reconcile import likeness, matching, reconcile, unchanged
from srs.reconcile.texts import Text
from srs.texts import normalised

HERE = "/notes/a.md"
THERE = "/notes/b.md"
LONG = "Ask who has time, pair on what is new, and name one owner for the rest of it."


def a_note(**changes: object) -> Note:
    note = Note("themes", "How so?", LONG, heading="How so?", path=HERE, line=3, prompt="How so?")
    return note._replace(**changes)


def held(note: Note, id: int = 1, *, retired: bool = False) -> KnownNote:
    return KnownNote(
        id, note.kind, note.prompt, note.answer, note.heading, note.path, note.line, note.digest, note.anchor, retired,
        note.rule, note.tags, front_digest=note.front_digest,
    )  # fmt: skip


def a_phrase(answer: str, heading: str = "Opening", **changes: object) -> Note:
    front = f"Talks › {heading}"
    return a_note(
        kind="phrase", front=front, heading=heading, answer=answer, prompt=f"{front}: “{answer[0]}…”", **changes
    )


def a_question(prompt: str, answer: str, kind: str = "qa", **changes: object) -> Note:
    return a_note(**{"kind": kind, "front": prompt, "prompt": prompt, "heading": prompt, "answer": answer} | changes)


def pairs(changes: Changes) -> dict[int, str]:
    """Which card has which answer now."""
    return {
        id: note.answer
        for group in (changes.kept, changes.edited, changes.moved, changes.revived)
        for id, note in group
    }


def after(before: Sequence[Note], now: Sequence[Note], *, retired: Sequence[int] = (), **options: object) -> Changes:
    """The changes from the first notes, whose cards have the ids 1, 2 …, to the others; all documents were read."""
    known = [held(note, id, retired=id in retired) for id, note in enumerate(before, 1)]
    return reconcile(known, now, {HERE, THERE}, **options)


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
    first, second = ask(1)._replace(anchor="a"), ask(2)._replace(anchor="b")
    swapped = [ask(1)._replace(anchor="b"), ask(2)._replace(anchor="a")]
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


# -- phrases -------------------------------------------------------------------------------------------------------------

PHRASE = "Shall we make a start, everyone?"


@pytest.mark.parametrize(
    "answer",
    [
        "Shall we mkae a start, everyone?",
        "Everyone, shall we make a start?",
        "Shall we now make a start, everyone?",
        "Shall we make a start?",
        "Shall we all make a start now?",
        "“Shall we make a start – everyone?”",
    ],
    ids=["letters swapped", "word order", "word added", "word removed", "reworded", "signs"],
)
def test_a_phrase_of_nearly_the_same_words_is_the_same(answer: str) -> None:
    other = a_phrase("Thank you all for coming in spite of the rain.")
    assert pairs(after([other, a_phrase(PHRASE)], [a_phrase(answer), other]))[2] == answer


def test_a_misspelt_phrase_of_one_word_is_the_same() -> None:
    assert pairs(after([a_phrase("Absolutely!")], [a_phrase("Absolutley!")])) == {1: "Absolutley!"}


@pytest.mark.parametrize("answer", ["Sorry, could you say that again?", "Shall I put the kettle on?"])
def test_a_phrase_replaced_by_another_is_another_card(answer: str) -> None:
    changes = after([a_phrase(PHRASE)], [a_phrase(answer)])
    assert ([note.answer for note in changes.added], changes.retired) == ([answer], (1,))


def test_less_likeness_is_needed_under_the_same_heading_than_elsewhere_and_least_in_another_document() -> None:
    old, new = "Let me walk you through the main idea.", "Let me lead you right to the main point."
    at_home = after([a_phrase(old)], [a_phrase(new)])
    in_another_document = after([a_phrase(old)], [a_phrase(new, path=THERE)])
    assert (len(at_home.edited), len(in_another_document.edited)) == (1, 0)


# -- several notes at once -----------------------------------------------------------------------------------------------


def test_the_best_pairs_in_sum_are_taken_and_not_the_best_pair_first() -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    first, second = a_phrase(" ".join(words)), a_phrase(" ".join([*words[:7], "x", "y", "z"]))
    # The first new text is likest to the first old one; but then nothing is left for the second new text.
    likest, only = a_phrase(" ".join([*words[:9], "x"])), a_phrase(" ".join([*words[:4], "p", "q", "r", *words[7:]]))
    best = likeness(likest, held(first))
    assert best > max(likeness(likest, held(second)), likeness(only, held(first))) > likeness(only, held(second))
    assert pairs(after([first, second], [likest, only])) == {1: only.answer, 2: likest.answer}


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=5, max_size=6), min_size=6, max_size=6, unique_by=tuple))
def test_no_other_pairing_of_the_same_notes_is_likelier_in_sum(texts: list[list[str]]) -> None:
    notes = [a_phrase(" ".join(word * 4 for word in text)) for text in texts]
    known = {id: held(note, id) for id, note in enumerate(notes[:3], 1)}
    edited = reconcile(list(known.values()), notes[3:], {HERE}).edited
    found = sum(likeness(note, known[id]) for id, note in edited)
    for order in permutations([id for id, _ in edited]):
        other = [likeness(note, known[id]) for id, (_, note) in zip(order, edited, strict=True)]
        assert min(other, default=0) < 50 or sum(other) <= found + 0.1 * len(other)


def test_swapped_answers_leave_each_question_its_card() -> None:
    one, two = a_question("How do you rest?", LONG), a_question("How do you plan?", "With a map, and early in the day.")
    swapped = [one._replace(answer=two.answer), two._replace(answer=one.answer)]
    assert pairs(after([one, two], swapped)) == {1: two.answer, 2: one.answer}


def test_one_word_that_answers_different_questions_does_not_make_them_one() -> None:
    old = a_question("What is the capital of France?", "Paris")
    new = a_question("Where did the second Olympic Games take place?", "Paris")
    changes = after([old], [new])
    assert (changes.added, changes.retired) == ((new,), (1,))


def test_a_question_reworded_keeps_its_answer_of_one_word() -> None:
    old = a_question("What is the capital of France?", "Paris")
    assert after([old], [a_question("What's the capital city of France?", "Paris")]).added == ()


def test_alike_questions_with_different_short_answers_are_not_one() -> None:
    changes = after(
        [a_question("What is the capital of France?", "Paris")], [a_question("The capital of Italy?", "Rome")]
    )
    assert len(changes.added) == 1


def test_two_questions_without_answers_are_matched_by_what_they_ask() -> None:
    before = [
        a_question("What would you change here?", "", "question"),
        a_question("Who inspired you?", "", "question"),
    ]
    now = [
        a_question("Who has inspired you?", "", "question"),
        a_question("What would you change at work?", "", "question"),
    ]
    assert [(id, note.prompt) for id, note in after(before, now).edited] == [(1, now[1].prompt), (2, now[0].prompt)][
        ::-1
    ]


# -- numbers and places ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("edited", ["Berth 30 is free now.", "Is berth 30 free?", "Berth 30 was free."])
def test_a_text_with_another_number_is_another_fact_where_one_has_the_same_number(edited: str) -> None:
    changes = after([a_phrase("Berth 30 is free.")], [a_phrase("Berth 31 is free."), a_phrase(edited)])
    assert (pairs(changes), changes.ambiguous) == ({1: edited}, ())


def test_a_number_corrected_is_an_edit() -> None:
    assert pairs(after([a_phrase("Berth 30 is free.")], [a_phrase("Berth 31 is free.")])) == {1: "Berth 31 is free."}
    assert pairs(after([a_phrase("Berth 30 is free.")], [a_phrase("The berth is free.")])) == {1: "The berth is free."}


def test_a_question_with_another_number_is_another_one_where_one_has_the_same_number() -> None:
    before = a_question("What was built on the quay in 1998?", LONG)
    other, same = a_question("What was built on the quay in 1999?", LONG), a_question("In 1998, what was built?", LONG)
    assert [(id, note.prompt) for id, note in after([before], [other, same]).edited] == [(1, same.prompt)]


def test_a_retired_note_does_not_come_back_with_another_number() -> None:
    changes = after([a_phrase("Berth 30 is free.")], [a_phrase("Berth 31 is free.")], retired=[1])
    assert (len(changes.added), changes.revived) == (1, ())


def listed(*notes: Note) -> list[Note]:
    return [note._replace(line=line) for line, note in enumerate(notes, 1)]


def test_a_term_of_which_half_the_words_are_others_is_the_same_with_its_answer_in_its_place() -> None:
    fender, gate = (a_question(term, LONG + term, "definition", heading="Glossary") for term in ("fender", "gate"))
    old, new = (a_question(term, "door", "definition", heading="Glossary") for term in ("oak gangway", "oak bridge"))
    assert pairs(after(listed(fender, old, gate), listed(fender, new, gate)))[2] == "door"
    assert pairs(after(listed(fender, old), listed(fender, new)))[2] == "door"
    assert after(listed(fender, old, gate), listed(gate, new, fender)).retired == (2,)
    assert after(listed(fender, old, gate), listed(fender, new._replace(answer="lid"), gate)).retired == (2,)


def test_a_row_with_the_same_word_in_the_place_of_another_row_is_another_one() -> None:
    rows = [
        a_question(f"Servers › {name}", "yes", heading="Servers") for name in ("reads mail", "speaks HTTP", "caches")
    ]
    changes = after(
        listed(*rows), listed(rows[0], a_question("Servers › logs to a file", "yes", heading="Servers"), rows[2])
    )
    assert changes.retired == (2,)


def test_of_two_cards_equally_like_a_note_the_one_in_its_place_has_it() -> None:
    red, tan, thanks = (
        a_phrase(text) for text in ("Let us take the red one.", "Let us take the tan one.", "Thank you!")
    )
    new = a_phrase("Let us take the one.")
    changes = after(listed(red, thanks, tan), listed(thanks, new))
    assert (dict(changes.edited), changes.ambiguous) == ({3: new._replace(line=2)}, ())
    assert pairs(after(listed(red, thanks), listed(tan, new, thanks))) == {1: new.answer, 2: thanks.answer}


# -- other documents -----------------------------------------------------------------------------------------------------


def test_a_typo_in_a_renamed_document_is_an_edit() -> None:
    new = a_phrase("Shall we make a strat, everyone?", path=THERE)
    assert after([a_phrase(PHRASE)], [new]).edited == ((1, new),)


def test_a_document_known_again_by_its_other_notes_needs_no_more_likeness_than_one_that_stayed() -> None:
    old, new = "Let me walk you through the main idea.", "Let me lead you right to the main point."
    before = [a_phrase(old), a_phrase(PHRASE)]
    assert pairs(after(before, [before[1]._replace(path=THERE), a_phrase(new, path=THERE)])) == {1: new, 2: PHRASE}


def test_a_question_of_a_renamed_document_may_have_another_answer() -> None:
    stays, old = a_question("How do you rest?", LONG), a_question("How do you plan?", "With a map, early in the day.")
    now = [stays._replace(path=THERE), old._replace(path=THERE, answer="I ask my sister.")]
    assert pairs(after([stays, old], now)) == {1: LONG, 2: "I ask my sister."}


def test_a_question_that_no_other_card_asked_has_another_answer_in_another_document() -> None:
    old = a_question("How do you rest after a long week?", LONG)
    new = old._replace(path=THERE, answer="I ask my sister.")
    assert pairs(after([old], [new])) == {1: new.answer}
    assert after([old], [new], keep={HERE}).added == (new,)
    assert after([old], [new], retired=[1]).added == (new,)
    assert after([old, old._replace(answer="With a map.")], [new]).added == (new,)
    short = a_question("Advantages › Price", LONG)
    assert len(after([short], [short._replace(path=THERE, answer="I ask my sister.")]).added) == 1


def test_a_document_with_problems_gives_no_card_to_a_like_text_elsewhere() -> None:
    new = a_phrase("Shall we make a strat, everyone?", path=THERE)
    assert after([a_phrase(PHRASE)], [new], keep={HERE}).added == (new,)


# -- ties ----------------------------------------------------------------------------------------------------------------


def test_of_two_cards_equally_like_a_note_the_older_has_it_and_the_case_is_told() -> None:
    before = [a_phrase("Let us take the red one."), a_phrase("Let us take the tan one.")]
    new = a_phrase("Let us take the one.")
    changes = after(before, [new])
    assert (changes.edited, changes.retired) == (((1, new),), (2,))
    assert [(case.note, case.taken, case.others) for case in changes.ambiguous] == [(new, 1, (2,))]


def test_of_two_notes_equally_like_a_card_the_first_has_it_and_the_case_is_told() -> None:
    now = [a_phrase("Let us take the red one."), a_phrase("Let us take the tan one.")]
    changes = after([a_phrase("Let us take the one.")], now)
    assert (changes.edited, changes.added) == (((1, now[0]),), (now[1],))
    assert [(case.note, case.taken, case.others) for case in changes.ambiguous] == [(now[0], 1, ())]


def test_two_cards_and_two_notes_all_equally_alike_are_paired_in_order_and_told() -> None:
    before = [a_phrase(f"Let us take the {word} one.") for word in ("red", "tan")]
    now = [a_phrase(f"Let us take the {word} one.") for word in ("sly", "shy")]
    changes = after(before, now)
    assert pairs(changes) == {1: now[0].answer, 2: now[1].answer}
    assert [(case.taken, case.others) for case in changes.ambiguous] == [(1, (2,)), (2, (1,))]


def test_a_better_match_of_the_other_card_is_no_tie() -> None:
    before = [a_phrase("Let us take the red one."), a_phrase("Let us take the tan one.")]
    changes = after(before, [a_phrase("Let us take the one."), a_phrase("Let us take the tan one now.")])
    assert (len(changes.edited), changes.ambiguous) == (2, ())


def test_a_note_kept_is_no_tie_though_a_retired_card_has_the_same_content() -> None:
    changes = after([a_note(), a_note()], [a_note()], retired=[1])
    assert (changes.kept, changes.ambiguous) == (((2, a_note()),), ())


# -- another form --------------------------------------------------------------------------------------------------------


def test_a_note_of_another_kind_with_the_same_answer_is_an_edit() -> None:
    new = a_note(kind="outline", front="Rest", prompt="Rest", heading="Rest")
    assert after([a_note()], [new]).edited == ((1, new),)


def test_a_note_of_another_kind_with_the_same_content_is_written_again() -> None:
    changes = after([a_note()], [a_note(kind="outline")])
    assert (len(changes.edited), unchanged(held(a_note()), a_note(kind="outline"))) == (1, False)


def test_a_question_that_gets_a_model_answer_keeps_its_card() -> None:
    new = a_question("Why us?", LONG, "themes")
    assert after([a_question("Why us?", "", "question")], [new]).edited == ((1, new),)


def test_a_question_of_another_document_is_not_the_same_in_another_form() -> None:
    new = a_question("Why us?", LONG, "themes", path=THERE)
    assert after([a_question("Why us?", "", "question")], [new]).added == (new,)


def test_two_cards_that_might_have_changed_their_form_leave_it_open() -> None:
    before = [a_note(front="A", prompt="A", heading="A"), a_note(front="B", prompt="B", heading="B")]
    new = a_note(kind="outline", front="C", prompt="C", heading="C")
    assert after(before, [new]).added == (new,)


def test_one_word_in_another_form_is_another_note() -> None:
    old = a_question("What is the capital of France?", "Paris")
    new = a_question("Where did the second Olympic Games take place?", "Paris", "definition")
    assert after([old], [new]).added == (new,)


def test_a_row_of_a_table_that_is_read_in_another_way_may_have_a_typo_as_well() -> None:
    old = a_question("Say it better: Reports\n\n> We fixed it", "I found the faulty loop and replaced it", "rewrite")
    new = a_question("Reports › We fixed it", "I fuond the faulty loop and replaced it", heading=old.heading)
    assert pairs(after([old], [new])) == {1: new.answer}


def test_a_word_that_is_listed_in_another_form_may_have_another_short_answer() -> None:
    old = a_question("das Gehalt", "salary", "definition", heading="Nouns")
    new = a_question("Nouns › das Gehalt", "pay", heading="Nouns")
    assert pairs(after([old], [new])) == {1: "pay"}
    assert pairs(after([old], [new._replace(heading="Verbs")])) == {}


def test_a_phrase_that_becomes_a_term_keeps_its_card() -> None:
    old = a_phrase("auf dem Schlauch stehen", "Idioms")
    new = a_question("auf dem Schlauch stehen", "to be slow to understand", "definition", heading="Idioms")
    assert pairs(after([old], [new])) == {1: new.answer}


def test_a_phrase_of_a_table_that_is_read_in_another_way_may_have_a_typo_as_well() -> None:
    old = a_phrase("Seit wann haben Sie die Schmerzen?", "At the doctor’s")
    new = a_question("Seit wann hbaen Sie die Schmerzen?", "Since when have you had the pain?")
    assert pairs(after([old], [new])) == {1: new.answer}


def test_a_row_with_a_short_answer_outlives_another_heading() -> None:
    old = a_question("Left-sided and right-sided › crackles", "raised JVP", heading="Left-sided and right-sided")
    new = a_question("Two kinds of failure › crackles", "raised JVP", heading="Two kinds of failure")
    assert pairs(after([old], [new])) == {1: new.answer}


def test_a_question_that_is_read_as_a_phrase_keeps_its_card_there_and_back() -> None:
    question, phrase = a_question("Who taught you to steer?", "", "question"), a_phrase("Who taught you to steer?")
    assert pairs(after([question], [phrase])) == {1: phrase.answer}
    assert pairs(after([phrase], [question])) == {1: ""}


def test_rows_of_one_name_in_two_tables_are_two_notes() -> None:
    old = a_question("Merge vs rebase › History", "**Merge:** as it happened", heading="Merge vs rebase")
    new = a_question("Java vs Kotlin › History", "**Kotlin:** begun in Saint Petersburg", heading="Java vs Kotlin")
    assert after([old], [new]).added == (new,)


def test_a_better_answer_is_not_the_reason_why_one_was_bad() -> None:
    old = a_question("Bad answer to “Why us?”\n\n> I need it.", "It speaks of you and not of them.", "critique")
    new = a_question("Say it better: Why us?\n\n> I need it.", "I bring the van back full.", "rewrite")
    assert after([old], [new]).added == (new,)


def test_questions_without_an_answer_that_only_begin_alike_are_two() -> None:
    before = a_question("How do you say no to a customer?", "", "question", heading="Bank")
    now = a_question("How do you run a meeting?", "", "question", heading="Bank")
    assert after([before], [now]).retired == (1,)


# -- retired cards -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [a_note(answer="Something else entirely."), a_note(front="So?", prompt="So?", answer=LONG + " Done.")],
    ids=["equal front", "high similarity"],
)
def test_a_retired_note_comes_back_edited(new: Note) -> None:
    assert after([a_note()], [new], retired=[1]).revived == ((1, new),)


def test_a_retired_note_of_another_document_comes_back_only_as_it_was() -> None:
    changed, same = a_note(answer=LONG + " Done.", path=THERE), a_note(path=THERE)
    assert after([a_note()], [changed], retired=[1]).added == (changed,)
    assert after([a_note()], [same], retired=[1]).revived == ((1, same),)


def test_a_retired_phrase_of_another_document_comes_back_under_another_title_and_another_heading() -> None:
    old, new = a_phrase(PHRASE), a_phrase(PHRASE.upper(), "Beginning")._replace(front="Harbour › Beginning", path=THERE)
    assert after([old], [new], retired=[1]).revived == ((1, new),)
    assert after([old], [new], retired=[1], keep={HERE}).revived == ((1, new),)
    misspelt = new._replace(answer="Shall we make a strat, everyone?")
    assert after([old], [misspelt], retired=[1]).added == (misspelt,)


@pytest.mark.parametrize("answer", [LONG, "Paris"])
def test_a_retired_question_of_another_document_comes_back_under_another_title(answer: str) -> None:
    old = a_question("Rest › How do you rest?", answer)
    new = a_question("Leisure › How do you rest?", answer)._replace(path=THERE)
    assert after([old], [new], retired=[1]).revived == ((1, new),)
    other = a_question("Leisure › What would you ask?", answer)._replace(path=THERE)
    assert after([old], [other], retired=[1]).added == (other,)


def test_a_card_in_use_keeps_its_history_though_a_retired_one_is_likelier() -> None:
    before = [a_phrase("Let us take the red one."), a_phrase("Let us take that tan one.")]
    new = a_phrase("Let us take the red one now.")
    assert after(before, [new], retired=[1]).edited == ((2, new),)


# -- where what is retired goes ------------------------------------------------------------------------------------------

OPENING = [a_phrase(text) for text in (PHRASE, "Thank you all for coming today.", "Before we begin, who needs tea?")]
CLOSING = [a_phrase(text, "Closing") for text in ("Let us leave it there, then.", "Who will write up all of this?")]


def there(*notes: Note) -> list[Note]:
    """The notes in the other document."""
    return [note._replace(path=THERE) for note in notes]


def test_what_is_retired_goes_with_a_renamed_document() -> None:
    changes = after([*OPENING, *CLOSING], there(*OPENING[:2]), retired=[4, 5])
    assert changes.followed == ((3, THERE), (4, THERE), (5, THERE))
    assert changes.retired == (3,)


def test_what_is_retired_goes_with_its_section_to_another_document() -> None:
    now = [OPENING[0], *there(CLOSING[0])]
    assert after([*OPENING, *CLOSING], now).followed == ((5, THERE),)


def test_what_is_retired_stays_where_half_of_its_section_stays() -> None:
    now = [CLOSING[0], *there(OPENING[0], CLOSING[1])]
    assert after([*OPENING, *CLOSING, a_phrase("Good night, and thank you.", "Closing")], now).followed == ()


def test_what_is_retired_stays_where_most_of_its_section_was_deleted() -> None:
    assert after(OPENING, [*CLOSING, *there(OPENING[0])]).followed == ()


def test_a_section_all_retired_stays_while_its_document_holds_something_of_what_it_held() -> None:
    thanks, *others = (a_phrase(text, "Thanks") for text in ("Thank you for your patience.", "Much obliged, everyone."))
    now = [CLOSING[0], CLOSING[1], *there(*OPENING)]
    assert after([*OPENING, *CLOSING, thanks, *others], now, retired=[6]).followed == ()
    assert after([*OPENING, *CLOSING, thanks, *others], there(*OPENING), retired=[6]).followed == tuple(
        (id, THERE) for id in (4, 5, 6, 7)
    )


def test_what_is_retired_goes_with_the_texts_of_two_documents_that_changed_their_names() -> None:
    before = [*OPENING, *there(*CLOSING)]
    assert after(before, [*there(*OPENING[:2]), CLOSING[0]]).followed == ((3, THERE), (5, HERE))


def test_what_is_retired_stays_in_a_document_that_was_deleted_though_one_of_its_notes_is_elsewhere() -> None:
    assert after([*OPENING, *CLOSING], there(OPENING[0])).followed == ()


def test_what_is_retired_stays_in_a_document_with_problems_and_in_one_that_was_not_read() -> None:
    now = there(*OPENING[:2])
    assert after(OPENING, now, retired=[3], keep={HERE}).followed == ()
    known = [held(note, id, retired=True) for id, note in enumerate(OPENING, 1)]
    assert reconcile(known, now, {THERE}).followed == ()


def test_of_two_documents_that_have_half_each_the_first_gets_what_is_retired() -> None:
    now = [OPENING[0]._replace(path="/notes/c.md"), *there(OPENING[1])]
    assert after(OPENING, now, retired=[3]).followed == ((3, THERE),)


# -- everything ----------------------------------------------------------------------------------------------------------


def test_ten_thousand_notes_are_not_compared_with_ten_thousand(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    alike = Text.alike

    def counted(self: Text, other: Text) -> float:
        nonlocal compared
        compared += 1
        return alike(self, other)

    def text(number: int, end: str) -> str:
        return f"The {number % 97} of {number // 97} was found in box {number * 7919 % 10_007} by {end}"

    monkeypatch.setattr(Text, "alike", counted)
    before = [a_phrase(text(number, "the porter")) for number in range(10_000)]
    now = [a_phrase(text(number, "a porter")) for number in range(10_000)]
    changes = after(before, now[::-1])
    assert all(note.answer == now[id - 1].answer for id, note in changes.edited)
    assert (len(changes.edited), compared <= 10_000 * matching.SHORTLIST) == (10_000, True)


@given(st.lists(st.integers(0, 9), max_size=8), st.lists(st.integers(0, 9), max_size=8))
def test_every_note_is_accounted_for_once(before: list[int], after: list[int]) -> None:
    known = [held(ask(number), id) for id, number in enumerate(dict.fromkeys(before), 1)]
    new = [ask(number)._replace(line=line) for line, number in enumerate(after)]
    changes = reconcile(known, new, {HERE})
    pairs = [*changes.kept, *changes.edited, *changes.moved, *changes.revived]
    assert len(pairs) + len(changes.added) + len(changes.echoes) == len(new)
    assert sorted([id for id, _ in pairs] + list(changes.retired)) == [note.id for note in known]


@given(st.text() | st.text("aB “”„«»‘’…—–-é\tﬁ½'\"", max_size=30))
def test_what_counts_for_identity_is_found_the_short_way_as_the_long_way(text: str) -> None:
    plain = str.maketrans("“”„«»‘’—–", '"""""\'\'--') | {ord("…"): "..."}
    long_way = " ".join(unicodedata.normalize("NFKC", text.translate(plain)).casefold().split())
    assert normalised(text) == long_way


_NOTES = st.builds(
    lambda words, kind, path, line: (a_phrase if kind == "phrase" else a_question)(
        " ".join(words) if kind == "phrase" else f"{words[0]}, why so?",
        **({"heading": words[0]} if kind == "phrase" else {"answer": " ".join(words)}), path=path, line=line,
    ),
    st.lists(st.sampled_from(["rope", "plank", "ferry 3", "ferry 4", "harbour", "again"]), min_size=1, max_size=4),
    st.sampled_from(["phrase", "qa"]), st.sampled_from([HERE, THERE]), st.integers(1, 9),
)  # fmt: skip


@given(
    st.lists(_NOTES, max_size=6, unique_by=lambda note: note.digest),
    st.lists(_NOTES, max_size=6),
    st.sets(st.integers(1, 6)),
)
def test_notes_without_a_rival_are_paired_the_short_way_as_the_long_way(before, now, retired):
    short = after(before, now, retired=retired)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching.Matching, "_is_alone", lambda *_: False)
        assert after(before, now, retired=retired) == short
