from datetime import UTC, timedelta

import pytest

from srs.cards import Preset, Rating, State
from srs.days import Days
from srs.errors import DeckNotFound
from srs.notes import Note
from srs.scheduling import interval_label
from srs.study import LEARN_AHEAD, Session

AGAIN, HARD, GOOD, EASY = Rating
DAYS = Days(UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def session(store):
    def begin(deck=None, preset=None, **options):
        return Session(store, preset or Preset(), DAYS, deck, **options)

    return begin


@pytest.fixture
def a_review(a_card, now):
    """A card in review that is due."""

    def make(**changes):
        seen = {"state": 2, "step": None, "stability": 5.0, "difficulty": 5.0, "reps": 3}
        times = {"last_review": now - 5 * DAY, "due": DAYS.begin(DAYS.number(now))}
        return a_card(**(seen | times | changes))

    return make


def answer_all(session, now, rating=EASY):
    """How many cards are asked when each is answered at the same instant."""
    number = 0
    while (card := session.next(now)) is not None:
        session.answer(card, rating, now, 1)
        number += 1
    return number


def test_twenty_new_cards_a_day(session, a_card, now):
    for _ in range(25):
        a_card()
    assert session().waiting(now) == (20, 0, 0)
    assert answer_all(session(), now) == 20
    assert session().next(now) is None
    assert answer_all(session(), now + DAY) == 5


def test_two_hundred_reviews_a_day(session, a_review, now, store):
    ids = [a_review().id for _ in range(203)]
    first = session()
    for id in ids[:199]:
        first.answer(store.card(id), GOOD, now, 1)
    assert first.waiting(now) == (0, 0, 1)
    assert answer_all(session(), now) == 1


def test_a_learning_card_is_asked_beyond_the_limit_of_reviews(session, a_review, now):
    a_review(state=1, step=0)
    assert session(preset=Preset(reviews_per_day=0)).next(now) is not None


def test_new_gives_this_sitting_its_own_number_of_new_cards(session, a_card, now):
    for _ in range(30):
        a_card()
    assert answer_all(session(new=0), now) == 0
    assert answer_all(session(new=3), now) == 3
    assert answer_all(session(), now) == 17
    assert answer_all(session(new=4), now) == 4, "more new cards than the day's, when asked for"


def test_limit_ends_the_sitting_after_so_many_answers(session, a_card, now):
    for _ in range(5):
        a_card()
    assert answer_all(session(limit=2), now) == 2


def test_an_undone_answer_counts_against_no_limit(session, a_card, now):
    a_card()
    sitting = session(new=1, limit=1)
    sitting.answer(sitting.next(now), EASY, now, 1)
    sitting.undo()
    assert sitting.next(now) is not None


def test_learning_cards_come_first_then_reviews_then_new_ones(session, a_card, a_review, now):
    new, review = a_card(), a_review()
    learning = a_review(state=1, step=1, due=now - MINUTE)
    relearning = a_review(state=3, step=0, due=now)
    sitting, asked = session(), []
    while (card := sitting.next(now)) is not None:
        asked.append(card.id)
        sitting.skip(card)
    assert asked == [learning.id, relearning.id, review.id, new.id]


def test_a_learning_card_is_asked_ahead_of_time_only_when_nothing_else_is_left(session, a_card, a_review, now):
    soon = a_review(state=1, step=1, due=now + LEARN_AHEAD)
    a_review(state=1, step=1, due=now + LEARN_AHEAD + MINUTE)
    new = a_card()
    sitting = session()
    assert sitting.next(now).id == new.id
    sitting.skip(new)
    assert sitting.next(now).id == soon.id
    sitting.skip(soon)
    assert sitting.next(now) is None


def test_a_learning_card_of_another_day_is_not_left_for_today(session, a_review, now):
    a_review(state=1, step=1, due=now + DAY)
    assert session().waiting(now) == (0, 0, 0)
    a_review(state=1, step=1, due=now + 60 * MINUTE)
    assert session().waiting(now) == (0, 1, 0)


def test_the_allowance_is_new_when_the_study_day_turns_and_not_at_midnight(session, a_card, now):
    for _ in range(3):
        a_card()
    preset = Preset(new_per_day=1)
    evening = now.replace(hour=23, minute=59)
    assert answer_all(session(preset=preset), evening) == 1
    assert answer_all(session(preset=preset), evening + 2 * MINUTE) == 0
    assert answer_all(session(preset=preset), (now + DAY).replace(hour=3, minute=59)) == 0
    assert answer_all(session(preset=preset), (now + DAY).replace(hour=4)) == 1


@pytest.mark.parametrize("rating", Rating)
@pytest.mark.parametrize("state", ["new", "review", "relearning"])
def test_what_the_label_says_is_what_the_answer_gives(session, a_card, a_review, now, store, rating, state):
    card = {"new": a_card, "review": a_review, "relearning": lambda: a_review(state=3, step=0)}[state]()
    sitting = session()
    promised = sitting.preview(card, now)[rating]
    assert sitting.answer(card, rating, now, 1) == promised == store.card(card.id).schedule
    label = interval_label(now, promised.due, DAYS)
    if label.endswith("d"):
        assert sitting.next(DAYS.begin(DAYS.number(now) + int(label[:-1])) - MINUTE - LEARN_AHEAD) is None
        assert sitting.next(DAYS.begin(DAYS.number(now) + int(label[:-1]))) is not None
    else:
        assert promised.due == now + float(label[:-1]) * MINUTE


def test_the_tally_counts_answers_time_and_true_retention(session, a_card, a_review, now):
    sitting = session()
    assert sitting.tally.true_retention is None
    sitting.answer(a_card(), AGAIN, now, 4)
    sitting.answer(a_review(), GOOD, now, 5)
    sitting.answer(a_review(), AGAIN, now, 500)
    assert (sitting.tally.answers, sitting.tally.seconds, sitting.tally.true_retention) == (3, 69.0, 0.5)
    sitting.undo()
    assert (sitting.tally.answers, sitting.tally.seconds, sitting.tally.true_retention) == (2, 9.0, 1.0)


def test_an_answer_of_an_earlier_sitting_is_undone_without_touching_the_tally(session, a_card, now):
    card = a_card()
    session().answer(card, GOOD, now, 4)
    sitting = session()
    assert sitting.undo()[0] == card
    assert sitting.tally.answers == 0


def test_a_skipped_card_is_asked_again_in_the_next_sitting(session, a_card, now):
    card = a_card()
    sitting = session()
    sitting.skip(card)
    assert sitting.next(now) is None
    assert session().next(now) == card


def test_a_buried_card_is_back_on_the_next_study_day(session, a_card, now):
    sitting = session()
    sitting.bury(a_card(), now)
    assert session().next((now + DAY).replace(hour=3, minute=59)) is None
    assert session().next((now + DAY).replace(hour=4)) is not None


def test_a_suspended_card_is_not_asked_again(session, a_card, now):
    card = a_card()
    session().suspend(card, now)
    assert session().next(now + 100 * DAY) is None
    assert session().current(card) is None


def test_what_an_answer_found_is_kept_with_it(session, a_review, store, now):
    card = a_review()
    sitting = session()
    sitting.answer(card, GOOD, now, 1)
    [review] = store.history(card.id)
    assert (review.elapsed_days, review.scheduled_days) == (5, 5)
    assert review.retrievability == sitting.retrievability(card, now) == pytest.approx(0.9)


def test_due_tomorrow_counts_the_cards_of_the_next_study_day(session, a_card, a_review, now):
    tomorrow = DAYS.begin(DAYS.number(now) + 1)
    a_card(), a_review(), a_review(due=tomorrow), a_review(due=tomorrow + DAY - MINUTE), a_review(due=tomorrow + DAY)
    a_review(due=tomorrow, suspended=True)
    assert session().due_tomorrow(now) == 2


def test_a_sitting_over_an_unknown_deck_does_not_begin(session):
    with pytest.raises(DeckNotFound):
        session("nowhere")


@pytest.mark.usefixtures("store")
def test_a_card_in_review_shows_the_state_by_name(a_card, a_review):
    assert (a_card().schedule.state_name, a_review().schedule.state_name) == ("new", "review")
    assert a_review().schedule.state is State.REVIEW


# -- cards that are easily confused are kept apart


@pytest.fixture
def a_phrase(a_card):
    """A new card of a document of phrases."""

    def make(answer, deck="meetings", kind="phrase", heading="", **changes):
        return a_card(deck, note=Note(kind, f"{kind} {deck} {answer}", answer, heading=heading), **changes)

    return make


def asked_after(session, card, now, rating=EASY):
    """The answers of the cards that are asked from `card` on, each answered at the same instant."""
    answers = []
    while card is not None:
        answers.append(card.answer)
        session.answer(card, rating, now, 1)
        card = session.next(now)
    return answers


START, START_TOO, THANKS = "Shall we make a start on it?", "Shall we make a start on this?", "Thanks for coming."


def test_cards_with_answers_almost_alike_are_not_asked_one_after_the_other(session, a_phrase, now):
    first, _, _ = a_phrase(START), a_phrase(START_TOO), a_phrase(THANKS)
    assert asked_after(session(), first, now) == [START, THANKS, START_TOO]


def test_cards_with_answers_almost_alike_are_asked_when_nothing_else_is_left(session, a_phrase, now):
    first, _ = a_phrase(START), a_phrase(START_TOO)
    assert asked_after(session(), first, now) == [START, START_TOO]


def test_a_review_that_is_like_the_last_one_waits_for_a_new_card(session, a_phrase, now):
    seen = {"state": 2, "step": None, "stability": 5.0, "difficulty": 5.0, "reps": 3}
    times = {"last_review": now - 5 * DAY, "due": DAYS.begin(DAYS.number(now))}
    first, _ = (a_phrase(answer, **seen, **times) for answer in (START, START_TOO))
    a_phrase(THANKS)
    assert asked_after(session(), first, now) == [START, THANKS, START_TOO]


@pytest.mark.parametrize("changes", [{"deck": "talks"}, {"kind": "qa"}])
def test_cards_of_another_document_or_kind_give_nothing_away(session, a_phrase, now, changes):
    first, _, _ = a_phrase(START), a_phrase(START_TOO, **changes), a_phrase(THANKS)
    assert asked_after(session(), first, now) == [START, START_TOO, THANKS]


def test_a_card_that_is_passed_over_still_counts_as_waiting(session, a_phrase, now):
    first, _, _ = a_phrase(START), a_phrase(START_TOO), a_phrase(THANKS)
    sitting = session()
    sitting.answer(first, EASY, now, 1)
    assert sitting.next(now).answer == THANKS
    assert sitting.waiting(now) == (2, 0, 0)


def test_a_card_just_missed_does_not_come_back_early_to_keep_two_apart(session, a_phrase, now):
    first, second = a_phrase(START), a_phrase(START_TOO)
    sitting = session()
    sitting.answer(first, AGAIN, now, 1)
    assert sitting.next(now) == second


def test_of_phrases_of_one_function_the_near_equal_one_waits_for_the_others(session, a_phrase, now):
    first, _, _ = (a_phrase(answer, heading="Opening") for answer in (START, START_TOO, THANKS))
    assert asked_after(session(), first, now) == [START, THANKS, START_TOO]
