"""What follows an answer is found out while the question is read, and holds only for as long as it is true."""

from contextlib import closing
from datetime import UTC, timedelta

import pytest

from srs.cards import Preset, Rating
from srs.days import Days
from srs.errors import DatabaseError
from srs.store import open_store
from srs.store.queue import open_queue
from srs.study import Session

AGAIN, HARD, GOOD, EASY = Rating
MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.sqlite


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "srs.db")


@pytest.fixture
def saved(path):
    """The collection as others have it open."""
    with closing(open_store(path)) as store:
        yield store


@pytest.fixture
def queue(path, saved, a_card):
    """The collection as a sitting has it open: five new cards."""
    for _ in range(5):
        a_card(into=saved)
    with closing(open_queue(path)) as queue:
        yield queue


@pytest.fixture
def session(queue):
    return Session(queue, Preset(), Days(UTC))


def asked_of(queue, question):
    """The statements that reach the database, and what they gave."""
    statements = []
    queue._link._to.set_trace_callback(statements.append)
    given = question()
    queue._link._to.set_trace_callback(None)
    return given, [said for said in statements if not said.startswith(("BEGIN", "COMMIT", "PRAGMA data_version"))]


def prepared(session, now):
    card = session.next(now)
    session.prepare(card, now)
    return card


@pytest.mark.parametrize("rating", Rating)
def test_what_follows_is_known_when_the_answer_is_given(queue, session, now, rating):
    card = prepared(session, now)
    session.answer(card, rating, now + MINUTE / 2, 30)
    (following, waiting), statements = asked_of(
        queue, lambda: (session.next(now + MINUTE / 2), session.waiting(now + MINUTE / 2))
    )
    assert statements == []
    anew = Session(queue, Preset(), Days(UTC))
    assert (following, waiting) == (anew.next(now + MINUTE / 2), anew.waiting(now + MINUTE / 2))


def test_an_answer_on_trial_is_seen_by_nobody_and_leaves_nothing(queue, session, saved, now):
    card = session.next(now)
    with queue.on_trial():
        session.answer(card, GOOD, now, 1)
        assert queue.card(card.id).schedule.reps == 1
        assert saved.card(card.id).schedule.reps == 0
    assert queue.card(card.id) == card
    assert queue.history(card.id) == []


def test_what_was_foreseen_is_found_anew_when_somebody_else_wrote(session, saved, now):
    card = prepared(session, now)
    session.answer(card, GOOD, now, 1)
    foreseen = session.next(now)
    Session(saved, Preset(), Days(UTC)).suspend(foreseen, now)
    assert session.next(now) not in (None, foreseen)


def test_a_card_that_comes_due_while_the_question_is_read_is_not_passed_over(session, now):
    first = session.next(now)
    session.answer(first, AGAIN, now, 1)
    later = now + timedelta(seconds=50)
    second = prepared(session, later)
    session.answer(second, GOOD, later + timedelta(seconds=20), 1)
    assert session.next(later + timedelta(seconds=20)).id == first.id


def test_a_card_that_is_skipped_after_it_was_foreseen_is_not_asked(session, now):
    session.answer(prepared(session, now), GOOD, now, 1)
    skipped = session.next(now)
    session.skip(skipped)
    assert session.next(now) != skipped


def test_what_follows_one_card_is_not_what_follows_another_one(session, now):
    skipped = prepared(session, now)
    session.skip(skipped)
    second = session.next(now)
    session.answer(second, GOOD, now, 1)
    assert session.next(now) not in (None, skipped, second)


def test_a_trial_does_not_wait_for_who_is_writing(queue, session, saved, now):
    card = session.next(now)
    with saved._writing():
        with pytest.raises(DatabaseError, match="in use"), queue.on_trial():
            pass
        session.prepare(card, now)  # and nothing is foreseen
    session.answer(card, GOOD, now, 1)
    assert session.next(now) is not None
