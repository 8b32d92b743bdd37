import random
from datetime import UTC, date, timedelta

import pytest

from srs.cards import Preset, Rating, State
from srs.days import Days
from srs.errors import DeckNotFound
from srs.export import records
from srs.stats import stats
from srs.store.reviews import Which
from srs.study import Session

AGAIN, HARD, GOOD, EASY = Rating
DAYS = Days(UTC)
DAY = timedelta(days=1)


def inside(deck, name):
    return deck is None or f"{name}/".startswith(f"{deck}/")


@pytest.fixture
def history(store, a_card, now):
    """Forty days of answers over three decks, as (deck, review, schedule after it); the last are of `now`'s study day."""
    chance = random.Random(7)
    found = [a_card(("a", "a/b", "ab")[n % 3]) for n in range(24)]
    session = Session(store, Preset(), DAYS)
    log = []
    for day in range(-40, 1):
        if chance.random() < 0.3 and day < -4:
            continue
        at = now + day * DAY
        for _ in range(chance.randrange(1, 12)):
            at += timedelta(seconds=chance.randrange(5, 4000))
            card = store.card(chance.choice(found).id)
            after = session.answer(card, Rating(chance.choice([1, 2, 3, 3, 3, 4])), at, chance.random() * 90)
            log.append((card.deck, store.history(card.id)[-1], after))
    Session(store, Preset(), DAYS).suspend(found[3], now)
    return log


def counted(review):
    return review.before.last_review is not None and review.before.state is State.REVIEW


@pytest.mark.parametrize(
    ("studied", "streak"),
    [([], 0), ([0], 1), ([-1], 1), ([-2], 0), ([0, -1, -2, -4], 3), ([-1, -2, -3], 3)],
)
def test_a_streak_is_days_in_a_row_up_to_today_or_yesterday(store, a_card, now, studied, streak):
    session = Session(store, Preset(), DAYS)
    for day in sorted(studied):
        session.answer(a_card(), GOOD, now + day * DAY, 1)
    assert stats(store, None, DAYS, now).streak == streak


def test_a_late_evening_belongs_to_the_day_it_began_on(store, a_card, now):
    session = Session(store, Preset(), DAYS)
    session.answer(a_card(), GOOD, now.replace(hour=23), 60)
    session.answer(a_card(), GOOD, (now + DAY).replace(hour=3, minute=59), 60)
    figures = stats(store, None, DAYS, (now + DAY).replace(hour=3, minute=59))
    assert (figures.spans[0].reviews, figures.spans[0].minutes, figures.streak) == (2, 2.0, 1)


def test_true_retention_by_hand(store, a_card, now):
    session = Session(store, Preset(), DAYS)
    for rating in (AGAIN, HARD, GOOD, EASY):
        card = a_card(state=2, step=None, stability=3.0, difficulty=5.0, last_review=now - 3 * DAY, due=now, reps=1)
        session.answer(card, rating, now, 1)
    session.answer(a_card(), AGAIN, now, 1)  # a first answer is no review of a card in review
    assert stats(store, None, DAYS, now).spans[0].true_retention == 0.75


def test_cards_in_review_and_due_next_day_are_those_of_a_replay(store, history):
    rows = list(records(store, "stats", DAYS))
    assert len(rows) == len({(r.day, deck) for deck, r, _ in history})
    for row in rows:
        day = date.fromisoformat(row["day"]).toordinal()
        last = {r.card_id: after for deck, r, after in history if deck == row["deck"] and r.day <= day}
        assert row["cards_in_review"] == sum(after.state is State.REVIEW for after in last.values())
        assert row["cards_due_next_day"] == sum(DAYS.number(after.due) <= day + 1 for after in last.values())


def test_daily_figures_are_sums_over_the_answers(store, history):
    for row in records(store, "stats", DAYS):
        day = date.fromisoformat(row["day"]).toordinal()
        chosen = [r for deck, r, _ in history if deck == row["deck"] and r.day == day]
        in_review = [r for r in chosen if counted(r)]
        assert row["reviews"] == len(chosen)
        assert row["new_cards"] == sum(r.before.last_review is None for r in chosen)
        for rating in Rating:
            assert row[rating.name.lower()] == sum(r.rating is rating for r in chosen)
        assert row["minutes"] == pytest.approx(sum(r.seconds for r in chosen) / 60, abs=0.0051)
        recalled = sum(r.rating > 1 for r in in_review)
        assert row["true_retention"] == (recalled / len(in_review) if in_review else None)


def test_figures_of_an_unknown_deck_are_refused(store, now):
    with pytest.raises(DeckNotFound):
        stats(store, "nowhere", DAYS, now)
    with pytest.raises(DeckNotFound):
        records(store, "reviews", DAYS, Which("nowhere"))


def test_the_items_missed_most_are_counted_with_how_often_they_were_ticked_off(store, a_card, now):
    first, second = a_card(), a_card("other")
    session = Session(store, Preset(), DAYS)
    for at, (card, covered) in enumerate([(first, "a"), (first, "ab"), (second, "c"), (first, "")]):
        ticks = [(item, item in covered) for item in ("abc" if card is first else "cd")]
        session.answer(store.card(card.id), GOOD, now + at * DAY, 5, ticks)
    found = [(m.id, m.item, m.missed, m.ticked) for m in stats(store, None, DAYS, now).missed]
    assert found == [(first.id, "c", 3, 3), (first.id, "b", 2, 3), (second.id, "d", 1, 1), (first.id, "a", 1, 3)]
    assert [m.item for m in stats(store, "other", DAYS, now).missed] == ["d"]
    session.undo()
    assert [m.missed for m in stats(store, "notes", DAYS, now).missed] == [2, 1]
