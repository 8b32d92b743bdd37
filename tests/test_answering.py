"""What an answer is worth, by kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.answering import (
    RUNGS,
    clock,
    compare,
    in_sight,
    pace,
    rung,
    suggested_for_items,
    suggested_for_talk,
    suggested_for_words,
    target_seconds,
)
from srs.cards import Rating

AGAIN, HARD, GOOD, EASY = Rating


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("let me put it this way", "Let me put it this way…"),
        ("I'm aiming to", "I am aiming to..."),
        ("I’m aiming to", "I'm aiming to…"),
        ("we cannot go on", "We can't go on!"),
        ("it is late, let us go", "It's late – let's go."),
        ("“well” then", '"Well" then'),
        ("they would have said", "They'd have said"),
    ],
)
def test_case_signs_quotes_and_contractions_make_no_difference(typed: str, answer: str) -> None:
    assert compare(typed, answer).share == 1


def test_a_word_left_out_is_shown_as_missing() -> None:
    assert compare("put it way", "Put it this way.").words == (
        ("same", "Put"), ("same", "it"), ("missing", "this"), ("same", "way")
    )  # fmt: skip


def test_a_word_too_many_is_shown_as_extra() -> None:
    assert ("extra", "really") in compare("put it really this way", "Put it this way.").words


def test_nothing_typed_is_all_missing() -> None:
    assert {kind for kind, _ in compare("", "Put it this way.").words} == {"missing"}


@given(st.text(max_size=60))
def test_a_text_is_equal_to_itself(text: str) -> None:
    compared = compare(text, text)
    assert {kind for kind, _ in compared.words} <= {"same"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_the_words_of_the_answer_are_all_shown(typed: str, answer: str) -> None:
    right = [word for kind, word in compare(typed, answer).words if kind != "extra"]
    assert right == [word for _, word in compare(answer, answer).words]


@pytest.mark.parametrize(
    ("share", "hints", "rating"),
    [(1, 0, GOOD), (0.8, 0, HARD), (0.75, 0, HARD), (0.5, 0, AGAIN), (1, 1, HARD), (1, 2, AGAIN), (0.8, 5, AGAIN)],
)
def test_what_was_typed_suggests_a_rating_and_each_hint_lowers_it(share: float, hints: int, rating: Rating) -> None:
    assert suggested_for_words(share, hints) is rating


@pytest.mark.parametrize(
    ("covered", "of", "rating"), [(5, 5, GOOD), (4, 5, HARD), (3, 5, HARD), (2, 5, AGAIN), (0, 1, AGAIN), (1, 1, GOOD)]
)
def test_what_was_covered_suggests_a_rating(covered: int, of: int, rating: Rating) -> None:
    assert suggested_for_items(covered, of) is rating


@pytest.mark.parametrize(
    ("ratings", "at"),
    [
        ([], 0), ([GOOD], 1), ([GOOD, GOOD], 2), ([GOOD] * 9, 3), ([EASY], 2), ([GOOD, HARD], 1),
        ([GOOD, GOOD, AGAIN], 1), ([AGAIN], 0),
    ],
)  # fmt: skip
def test_each_success_takes_some_of_the_talk_out_of_sight(ratings: list[Rating], at: int) -> None:
    assert rung(ratings) == at


TALK = "My goal is to lead a platform team. First, I will learn to explain. Then I will write it down!"


def test_the_first_rung_shows_all_and_the_last_nothing() -> None:
    assert (in_sight(TALK, 0), in_sight(TALK, 3)) == (TALK, "")


def test_the_second_rung_shows_the_first_words_of_each_sentence() -> None:
    assert in_sight(TALK, 1) == "- My goal is …\n- First, I will …\n- Then I will …"


def test_the_third_rung_shows_key_words_of_each_sentence() -> None:
    assert in_sight(TALK, 2) == "- goal · lead · platform\n- First · learn · explain\n- Then · will · write"


@given(st.text(max_size=80), st.integers(0, len(RUNGS) - 1))
def test_what_is_in_sight_is_made_of_the_talk(talk: str, at: int) -> None:
    shown = in_sight(talk, at)
    assert all(word in talk for word in shown.replace("·", " ").replace("…", " ").split() if word.isalnum())


def test_a_talk_by_its_title_alone_is_easy_and_read_off_is_hard() -> None:
    assert [suggested_for_talk(at) for at in range(len(RUNGS))] == [HARD, GOOD, GOOD, EASY]


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("Goals › Short Monologue (30–60 seconds)", (30, 60)),
        ("Goals › Long Monologue (2–4 minutes)", (120, 240)),
        ("Pitch (about 1½ minutes)", (90, 90)),
        ("Pitch (1 min)", (60, 60)),
        ("Pitch (90 s)", (90, 90)),
        ("Pitch (for managers)", None),
        ("Pitch in 3 minutes", None),
    ],
)
def test_the_target_time_is_read_from_the_prompt(prompt: str, seconds: tuple[int, int] | None) -> None:
    assert target_seconds(prompt) == seconds


def test_the_pace_is_words_a_minute() -> None:
    assert pace("one two three four", 2) == 120


def test_seconds_are_shown_as_on_a_clock() -> None:
    assert [clock(5), clock(65.9), clock(600)] == ["0:05", "1:05", "10:00"]
