from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest
from studying import lived

from srs.cards import Preset, Rating, Schedule
from srs.days import Days
from srs.memory import simulate as simulating
from srs.memory.habits import TYPICAL
from srs.memory.model import retrievability, vector
from srs.memory.simulate import Held, Rules, simulate
from srs.parameters import DEFAULTS, recall_after, stretch
from srs.scheduling import Scheduler, fuzz_range, interval_of

W = vector(DEFAULTS)
ALWAYS_GOOD = replace(
    TYPICAL,
    first=np.array([0.0, 0, 1, 0]),
    recalled=np.array([0.0, 1, 0]),
    learning=np.tile([0.0, 0, 1, 0], (3, 1)),
    relearning=np.tile([0.0, 0, 1, 0], (3, 1)),
)


def new(number):
    return Held(np.zeros(number, bool), np.ones(number), np.ones(number), np.zeros(number, int), np.zeros(number, int))


def in_review(*cards):
    """Cards from (stability, difficulty, last, due)."""
    stability, difficulty, last, due = (np.array(values) for values in zip(*cards, strict=True))
    return Held(np.ones(len(cards), bool), stability.astype(float), difficulty.astype(float), last, due)


def test_the_first_day_of_a_card_is_that_of_the_scheduler(now):
    scheduler, schedule = Scheduler(Preset(), Days(UTC)), Schedule.new(now)
    for minutes in (0, 10):
        schedule = scheduler.review(schedule, Rating.GOOD, now + timedelta(minutes=minutes))
    found = simulate(W, new(1), ALWAYS_GOOD, [Rules(0.9, 20, 200)], 1, fuzz=False)
    assert found.answers.tolist() == [[2]]
    assert found.new.tolist() == [[1]]
    assert found.reviews.tolist() == [[0]]
    assert found.seconds[0, 0] == pytest.approx(2 * 13.78)
    assert found.recall[0, 0] == pytest.approx(scheduler.retrievability(schedule, now + timedelta(days=1)))


def test_cards_that_are_not_due_fade_as_the_model_says():
    held = in_review((10, 5, -3, 30), (4, 5, 0, 31))
    found = simulate(W, held, TYPICAL, [Rules(0.9, 20, 200)], 5)
    days = found.marks.astype(float)
    assert days.tolist() == [0, 1, 2, 3, 4]
    by_hand = retrievability(W, days + 3, np.full(5, 10.0)) + retrievability(W, days, np.full(5, 4.0))
    assert found.knowledge[0] == pytest.approx(by_hand)
    assert found.answers.sum() == 0


def test_a_review_gives_the_stability_and_the_day_of_the_scheduler(now):
    """Two ratings are possible; each of the many copies has one of two recalls in the end, and both are the scheduler's."""
    scheduler, schedule = Scheduler(Preset(relearning_steps=()), Days(UTC)), Schedule.new(now)
    for days in (0, 0, 2):
        schedule = scheduler.review(schedule, Rating.GOOD, now + timedelta(days=days))
    interval = (schedule.due.date() - now.date()).days - 2
    held = in_review((schedule.stability, schedule.difficulty, -interval, 0))
    later = now + timedelta(days=2 + interval)
    outcomes = [
        scheduler.retrievability(scheduler.review(schedule, rating, later), later + timedelta(days=1))
        for rating in (Rating.AGAIN, Rating.GOOD)
    ]
    found = {
        round(float(simulate(W, held, ALWAYS_GOOD, [Rules(0.9, 0, 9)], 1, steps=(2, 0), seed=seed).recall[0, 0]), 9)
        for seed in range(60)
    }
    assert found == {round(outcome, 9) for outcome in outcomes}


@pytest.mark.parametrize("interval", [*range(1, 40), 90, 365, 1000])
def test_intervals_vary_as_those_of_the_scheduler(interval):
    low, high = simulating._fuzzed(np.array([interval]))
    assert (low[0], high[0]) == fuzz_range(interval)


def test_stretch_and_recall_are_the_curve_of_the_model():
    for chance in (0.7, 0.9, 0.95, 0.99):
        passed = stretch(DEFAULTS.values, chance)
        assert recall_after(DEFAULTS.values, passed) == pytest.approx(chance)
        assert retrievability(W, np.array([passed * 7]), np.array([7.0]))[0] == pytest.approx(chance)


@pytest.mark.parametrize("retention", [0.7, 0.85, 0.9, 0.97])
def test_an_interval_is_that_of_py_fsrs(retention, now):
    preset = Preset(desired_retention=retention, fuzz=False)
    scheduler, schedule = Scheduler(preset, Days(UTC)), Schedule.new(now)
    at = now
    for rating in (3, 3, 3, 4, 2, 3, 3):
        schedule = scheduler.review(schedule, Rating(rating), at)
        if schedule.step is None:
            days = scheduler.days.number(schedule.due) - scheduler.days.number(at)
            assert interval_of(schedule.stability, preset) == days
        at = max(at, schedule.due)


def test_no_card_is_lost_and_no_limit_is_passed():
    held = Held(np.arange(80) % 2 == 0, np.full(80, 5.0), np.full(80, 6.0), np.full(80, -9), np.full(80, -2))
    rules = [Rules(0.8, 3, 7), Rules(0.9, 50, 7), Rules(0.95, 0, 500), Rules(0.9, 7, 7, 0.95)]
    found = simulate(W, held, TYPICAL, rules, 12, copies=3, seed=4)
    assert found.new.sum(axis=1) + found.unseen == pytest.approx([40] * 4)
    assert found.new[2].sum() == 0
    assert (found.new.max(axis=1) <= [3, 50, 0, 7]).all()
    assert (found.reviews.max(axis=1) <= [7, 7, 500, 7]).all()
    assert (found.answers >= found.reviews + found.new).all()
    assert (found.knowledge <= 80 - found.unseen[:, np.newaxis] + 1e-9).all()
    assert found.reviews[2, 0] == 40


def test_more_is_remembered_and_more_time_is_taken_at_a_higher_desired_retention():
    found = simulate(W, new(200), TYPICAL, [Rules(r, 20, 500) for r in (0.7, 0.8, 0.9, 0.97)], 120, copies=4)
    assert (np.diff(found.seconds.sum(axis=1)) > 0).all()
    assert (np.diff(found.knowledge[:, -1]) > 0).all()


def test_the_same_seed_gives_the_same_and_another_one_another(monkeypatch):
    rules = [Rules(r, 5, 50) for r in (0.8, 0.85, 0.9)]
    first, again, other = (simulate(W, new(30), TYPICAL, rules, 20, seed=seed) for seed in (1, 1, 2))
    assert (first.seconds == again.seconds).all()
    assert (first.seconds != other.seconds).any()
    monkeypatch.setattr(simulating, "_AT_ONCE", 60)
    parted = simulate(W, new(30), TYPICAL, rules, 20, seed=1)
    assert parted.seconds.shape == first.seconds.shape
    assert parted.seconds.sum() == pytest.approx(first.seconds.sum(), rel=0.1)


def test_the_scheduler_itself_costs_and_gives_what_was_simulated(now):
    """Six hundred cards over twelve days, one by one; the mean of so few may be off by some percent."""
    days, cards, random = 12, 600, np.random.default_rng(5)
    scheduler = Scheduler(Preset(load_balance=False), Days(UTC))
    found = [lived(scheduler, now, number % 5, days, random, number) for number in range(cards)]
    answers, recall = np.mean(found, axis=0)
    simulated = simulate(W, new(cards), TYPICAL, [Rules(0.9, cards // 5, 2000)], days, copies=5)
    assert answers == pytest.approx(simulated.answers.sum() / cards, rel=0.05)
    assert recall == pytest.approx(simulated.recall.mean(), abs=0.006)


@pytest.mark.slow
def test_thousands_of_cards_over_a_year_take_seconds(capsys):
    from time import perf_counter

    began = perf_counter()
    simulate(W, new(5000), TYPICAL, [Rules(r / 100, 20, 200) for r in range(70, 98)], 365)
    took = perf_counter() - began
    with capsys.disabled():
        print(f"\n5000 cards, 365 days, 28 desired retentions: {took:.1f} s")
    assert took < 20
