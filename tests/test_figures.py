"""Every figure against one counted in plain Python, over rows that were read one by one."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from math import log
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from srs.cards import Preset, Rating, Schedule, State
from srs.days import Days
from srs.errors import DeckNotFound
from srs.figures import MATURE_DAYS, Recall, counted, verdict, wilson
from srs.parameters import DEFAULTS, remembered, stretch
from srs.scheduling import Scheduler
from srs.stats import _offsets, stats
from srs.store import open_store, progress
from srs.store.link import SQLITE
from srs.store.queue import Queue, open_queue
from srs.store.tables import revlog
from srs.study import Session
from tests import histories

BERLIN = Days(ZoneInfo("Europe/Berlin"))
PERIOD = 200


def inside(deck, name):
    return deck is None or f"{name}/".startswith(f"{deck}/")


class Collection:
    def __init__(self, store, answers, days, now):
        self.store, self.days, self.now = store, days, now
        self.log = histories.fill(self.store, answers, days)
        self.cards = {card.id: card for card in self.store.cards()}

    def of(self, deck):
        """The answers of the period."""
        since = self.days.number(self.now) - PERIOD
        return [row for row in self.all(deck) if row["day"] > since]

    def all(self, deck):
        return [row for row in self.log if inside(deck, self.cards[row["card_id"]].deck)]

    def seen(self, deck):
        return [card for card in self.cards.values() if inside(deck, card.deck) and not card.suspended]


def phase(row):
    if row["last_review_before"] is None:
        return "new"
    if row["state_before"] != State.REVIEW:
        return "learning"
    return "mature" if row["scheduled_days"] >= MATURE_DAYS else "young"


@pytest.fixture(scope="module", params=["generated", "real"])
def collection(request, fresh):
    with fresh() as store:
        if request.param == "generated":
            yield Collection(store, histories.generated(7), BERLIN, histories.NOW)
        else:
            if not histories.REAL.exists():
                pytest.skip(f"no log at {histories.REAL}")
            days = Days(ZoneInfo("America/Los_Angeles"))
            yield Collection(store, histories.real(), days, datetime(2024, 10, 6, 12, tzinfo=UTC))


@pytest.fixture(scope="module", params=[None, "a", "a/b"])
def deck(request):
    return request.param


@pytest.fixture(scope="module")
def figures(collection, deck):
    return stats(collection.store, deck, collection.days, collection.now, period_days=PERIOD)


def recall(rows):
    return Recall(len(rows), sum(row["rating"] > 1 for row in rows))


def test_spans_by_young_and_mature(collection, deck, figures):
    today = collection.days.number(collection.now)
    assert [span.days for span in figures.spans] == [1, 7, 30, None]
    for span in figures.spans:
        rows = [row for row in collection.all(deck) if span.days is None or 0 <= today - row["day"] < span.days]
        assert span.reviews == len(rows)
        assert span.minutes == pytest.approx(sum(row["seconds"] for row in rows) / 60, abs=0.051)
        assert span.young == recall([row for row in rows if phase(row) == "young"])
        assert span.mature == recall([row for row in rows if phase(row) == "mature"])
        assert span.true_retention == recall([row for row in rows if phase(row) in {"young", "mature"}]).share


def test_days_of_the_period_with_their_answers_by_phase(collection, deck, figures):
    rows = collection.of(deck)
    assert [day.day for day in figures.daily] == sorted({date.fromordinal(row["day"]).isoformat() for row in rows})
    for day in figures.daily:
        of_day = [row for row in rows if row["day"] == date.fromisoformat(day.day).toordinal()]
        assert day.again == sum(row["rating"] == 1 for row in of_day)
        assert {"new": day.new, "learning": day.learning, "young": day.young, "mature": day.mature} == {
            **dict.fromkeys(("new", "learning", "young", "mature"), 0), **Counter(map(phase, of_day))
        }  # fmt: skip
        assert day.minutes == pytest.approx(sum(row["seconds"] for row in of_day) / 60, abs=0.0051)


def test_streaks_are_days_in_a_row(collection, deck, figures):
    studied = {row["day"] for row in collection.all(deck)}
    runs = [1 + sum(all(day + n in studied for n in range(1, k + 1)) for k in range(1, 200)) for day in studied]
    assert figures.longest_streak == max(runs, default=0)
    assert figures.days_studied == len(studied)


def test_answer_buttons_by_phase(collection, deck, figures):
    counted = Counter((phase(row), Rating(row["rating"]).name.lower()) for row in collection.of(deck))
    assert {(p, r): n for p, by in figures.buttons.items() for r, n in by.items() if n} == dict(counted)


def test_hours_are_those_of_the_clock_on_the_wall_through_summer_time(collection, deck, figures):
    rows = [(row["reviewed_at"].astimezone(collection.days.zone).hour, row) for row in collection.of(deck)]
    for hour in figures.hours:
        of_hour = [row for at, row in rows if at == hour.hour]
        reviews = recall([row for row in of_hour if phase(row) in {"young", "mature"}])
        assert (hour.answers, hour.reviews, hour.recalled) == (len(of_hour), reviews.reviews, reviews.recalled)


def test_calibration_and_its_log_loss(collection, deck, figures):
    rows = [row for row in collection.of(deck) if row["elapsed_days"]]
    loss = -sum(log(row["retrievability"] if row["rating"] > 1 else 1 - row["retrievability"]) for row in rows)
    assert figures.calibration.reviews == len(rows)
    assert figures.calibration.log_loss == pytest.approx(loss / len(rows), abs=1e-4)
    points = figures.calibration.bins
    assert sum(point.reviews for point in points) == len(rows)
    assert len(points) <= 20
    assert sum(p.predicted * p.reviews for p in points) == pytest.approx(sum(row["retrievability"] for row in rows))
    assert sum(p.actual * p.reviews for p in points) == pytest.approx(sum(row["rating"] > 1 for row in rows))
    assert all(p.low <= p.actual <= p.high for p in points)


def test_cards_by_state_kind_and_deck(collection, deck, figures):
    cards = [card for card in collection.cards.values() if inside(deck, card.deck)]
    states = Counter("suspended" if card.suspended else card.schedule.state_name for card in cards)
    assert {name: number for name, number in figures.by_state.items() if number} == dict(states)
    assert figures.by_kind == dict(Counter(card.kind for card in cards))
    assert figures.by_deck == dict(Counter(card.deck for card in cards))


def test_forecast_counts_each_card_on_the_study_day_it_comes_due(collection, deck, figures):
    today = collection.days.number(collection.now)
    due = [collection.days.number(card.schedule.due) for card in collection.seen(deck)]
    assert figures.overdue == sum(day < today for day in due)
    by_day = Counter(max(day, today) for day in due)
    expected = [(date.fromordinal(day).isoformat(), by_day[day]) for day in range(today, today + 30)]
    assert list(figures.forecast) == expected


def test_how_stability_difficulty_and_retrievability_spread(collection, deck, figures):
    scheduler = Scheduler(Preset(), collection.days)
    cards = [card.schedule for card in collection.seen(deck)]
    chances = [scheduler.retrievability(schedule, collection.now) for schedule in cards]
    for bins, values in (
        (figures.stability, [schedule.stability for schedule in cards]),
        (figures.difficulty, [min(schedule.difficulty, 9.99) for schedule in cards]),
        (figures.retrievability, [min(chance, 0.999999) for chance in chances]),
    ):
        for bin in bins:
            near = sum(abs(value - edge) < 1e-9 for value in values for edge in (bin.low, bin.high or -1.0))
            exact = sum(bin.low <= value and (bin.high is None or value < bin.high) for value in values)
            assert bin.cards == pytest.approx(exact, abs=near)
        assert sum(bin.cards for bin in bins) == figures.seen == len(cards)
    assert figures.known == pytest.approx(sum(chances), abs=0.06)


def test_cards_that_are_hard_to_keep(collection, deck, figures):
    seen = sorted(collection.seen(deck), key=lambda c: (-c.schedule.difficulty, -c.schedule.lapses, c.id))
    assert [card.id for card in figures.hardest] == [card.id for card in seen[:10]]
    assert figures.leech_count == sum("leech" in c.tags for c in collection.cards.values() if inside(deck, c.deck))
    since = collection.days.number(collection.now) - 30
    again = Counter(
        row["card_id"]
        for row in collection.all(deck)
        if row["day"] > since and row["rating"] == 1 and row["state_before"] == State.REVIEW
    )
    ids = {card.id for card in seen}
    worst = sorted(((-number, id) for id, number in again.items() if id in ids))[:10]
    assert [(-card.again, card.id) for card in figures.forgotten] == worst


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_every_instant_has_the_offset_of_its_stretch(zone):
    days = Days(ZoneInfo(zone))
    at, until = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    stretches = _offsets(days, at, until)
    while at < until:
        offset = next(offset for end, offset in stretches if at < end)
        assert offset == at.astimezone(days.zone).utcoffset(), at
        at += timedelta(minutes=30)


# -- by hand ------------------------------------------------------------------------------------------------------------


def test_wilsons_interval_is_that_of_the_textbook():
    low, high = wilson(81, 263)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0
    assert wilson(20, 20)[1] == 1.0


def test_an_empty_collection_has_figures_too(store, now):
    figures = stats(store, None, BERLIN, now)
    assert (figures.streak, figures.longest_streak, figures.cards, figures.seen, figures.known) == (0, 0, 0, 0, 0)
    assert figures.calibration.log_loss is None
    assert {number for _, number in figures.forecast} == {0}
    assert verdict(figures) == (None, "There are no cards yet.")


def test_one_card_and_one_answer(store, a_card, now):
    Session(store, Preset(), BERLIN).answer(a_card(), Rating.GOOD, now, 30)
    figures = stats(store, None, BERLIN, now)
    assert figures.buttons["new"] == {"again": 0, "hard": 0, "good": 1, "easy": 0}
    assert [(hour.hour, hour.answers, hour.reviews) for hour in figures.hours if hour.answers] == [(13, 1, 0)]
    assert (figures.seen, figures.known, figures.retrievability[-1].cards) == (1, 1.0, 1)
    assert figures.calibration.reviews == 0
    assert verdict(figures)[0] is None


def test_suspended_cards_alone(store, a_card, now):
    a_card(suspended=True), a_card(suspended=True, last_review=now, stability=2.0, difficulty=5.0, state=2)
    figures = stats(store, None, BERLIN, now)
    assert (figures.by_state["suspended"], figures.seen, figures.due_today) == (2, 0, 0)


def test_the_verdict_compares_the_month_with_what_was_asked_for(store, a_card, now):
    session = Session(store, Preset(), BERLIN)
    past = {"state": 2, "step": None, "stability": 9.0, "difficulty": 5.0, "last_review": now - timedelta(days=9)}
    for number in range(40):
        card = a_card(due=now, reps=1, **past)
        session.answer(card, Rating.AGAIN if number % 2 else Rating.GOOD, now, 5)
    on_track, said = verdict(stats(store, None, BERLIN, now))
    assert on_track is False
    assert "50%" in said
    assert "90%" in said
    easy = stats(store, None, BERLIN, now, preset=Preset(desired_retention=0.5 + 1e-9))
    assert verdict(easy)[0] is True


@given(st.lists(st.integers(-5, 10**7)), st.integers(1, 30))
def test_a_long_list_is_counted_piece_by_piece(numbers, at_once):
    with patch.object(progress, "_AT_ONCE", at_once):
        assert progress._counted(",".join(map(str, numbers)) or None) == Counter(numbers)


@given(st.floats(0, 1))
def test_one_chance_stands_for_its_bin(chance):
    bins = next(bins for limit, bins in progress.CHANCE_BINS if chance < limit or limit == 1)
    with closing(sqlite3.connect(":memory:")) as connection:
        place = f"SELECT {SQLITE.cut(progress._place_of_chance(':chance'))}"
        [found] = connection.execute(place, {"chance": chance}).fetchone()
    assert progress._chances([found]) == pytest.approx([chance], abs=0.5001 / bins)


def test_answers_are_counted_piece_by_piece(collection, deck, figures):
    for at_once in (8, 1000):
        with patch.object(progress, "_AT_ONCE", at_once):
            again = stats(collection.store, deck, collection.days, collection.now, period_days=PERIOD)
        assert again == figures


def test_a_file_asked_by_its_driver_has_the_same_figures(tmp_path):
    file = str(tmp_path / "srs.db")
    with closing(open_store(file)) as store:
        histories.fill(store, histories.generated(7), BERLIN)
        with closing(open_queue(file)) as queue:
            assert type(queue) is Queue
            for name in (None, "a", "a/b"):
                assert stats(queue, name, BERLIN, histories.NOW) == stats(store, name, BERLIN, histories.NOW)
            with pytest.raises(DeckNotFound):
                stats(queue, "nowhere", BERLIN, histories.NOW)


def test_what_no_answer_should_hold_is_counted_all_the_same(store, a_card, now):
    card, days, long_ago = a_card(), Days(UTC), datetime(1960, 5, 1, 22, tzinfo=UTC)
    row = {"card_id": card.id, "rating": 3, "seconds": 1.0, "state_before": 2, "due_before": now, "lapses_before": 0,
           "elapsed_days": 1, "scheduled_days": 1.0}  # fmt: skip
    rows = [row | {"reviewed_at": at, "day": days.number(at)} for at in (long_ago, now)]
    with store._writing() as connection:
        connection.execute(
            insert(revlog), [row | {"retrievability": chance} for row in rows for chance in (None, -1, 2)]
        )
    figures = stats(store, None, days, now, period_days=100_000)
    assert {hour.hour: hour.recalled for hour in figures.hours if hour.answers} == {22: 3, now.hour: 3}
    assert [(point.predicted, point.reviews) for point in figures.calibration.bins] == [(0, 2), (1, 2)]


def test_no_answer_is_lost_where_the_width_of_bins_changes(store, a_card, now):
    chances = [0.8999, 0.89999, 0.9, 0.90001, 0.98999999, 0.99, 0.9989999999, 0.999, 0.9999999, 1.0]
    card, days = a_card(), Days(UTC)
    row = {"card_id": card.id, "reviewed_at": now, "day": days.number(now), "rating": 3, "seconds": 1.0, "state_before": 2,
           "due_before": now, "lapses_before": 0, "elapsed_days": 1}  # fmt: skip
    with store._writing() as connection:
        connection.execute(insert(revlog), [row | {"retrievability": chance} for chance in chances])
    calibration = stats(store, None, days, now).calibration
    assert calibration.reviews == sum(point.reviews for point in calibration.bins) == len(chances)
    assert sum(point.predicted * point.reviews for point in calibration.bins) == pytest.approx(sum(chances), abs=1e-3)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0.05, 0.99), min_size=1, max_size=5))
def test_what_is_remembered_is_what_the_scheduler_says(now, chances):
    scheduler = Scheduler(Preset(), BERLIN)
    for chance in chances:
        passed = stretch(DEFAULTS.values, chance)
        schedule = Schedule(State.REVIEW, now, None, 7 / passed, 5.0, now - timedelta(days=7), 1)
        assert remembered(DEFAULTS.values, passed) == pytest.approx(chance)
        assert scheduler.retrievability(schedule, now) == pytest.approx(chance)


def test_one_is_not_said_as_many():
    assert [counted(number, "card") for number in (0, 1, 2, 2000)] == ["0 cards", "1 card", "2 cards", "2,000 cards"]
