"""The model of memory against py-fsrs: formulas, bounds, whole histories."""

from datetime import UTC, datetime, timedelta

import fsrs
import fsrs.scheduler as reference
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from learners import random_histories, random_parameters

from srs.cards import Preset, Rating, Schedule
from srs.days import Days
from srs.memory import model
from srs.memory.replay import histories, replay, schedules
from srs.parameters import DEFAULTS, HIGHEST, LOWEST, Parameters, parsed
from srs.scheduling import Scheduler

NOON = datetime(2025, 1, 15, 12, tzinfo=UTC)
TODAY = NOON.toordinal()
DAYS = Days(UTC)
STEPS = [((1.0, 10.0), (10.0,)), ((), ()), ((5.0,), (3.0, 20.0)), ((1.0, 15.0, 2880.0), ())]


def scheduler(parameters, steps, retention=0.9):
    learning, relearning = steps
    return fsrs.Scheduler(
        parameters,
        retention,
        [timedelta(minutes=step) for step in learning],
        [timedelta(minutes=step) for step in relearning],
        enable_fuzzing=False,
    )


def one_by_one(scheduler, card, day, rating, begins=None):
    """The same histories through py-fsrs: each card after its last answer, its lapses, and each chance of recall."""
    cards, lapses, recall = {}, {}, []
    for at, (number, today, rated) in enumerate(zip(card.tolist(), day.tolist(), rating.tolist(), strict=True)):
        now = datetime.fromordinal(today).replace(tzinfo=UTC)
        if number not in cards or (begins is not None and begins[at]):
            cards[number], lapses[number] = fsrs.Card(card_id=number, due=now), 0
        before = cards[number]
        recall.append(scheduler.get_card_retrievability(before, now) if before.last_review else 1.0)
        lapses[number] += before.state is fsrs.State.Review and rated == 1
        cards[number], _ = scheduler.review_card(before, fsrs.Rating(rated), now)
    return list(cards.values()), list(lapses.values()), recall


def assert_equal_to_py_fsrs(seed, number):
    random = np.random.default_rng(seed)
    for steps in STEPS:
        w, retention = random_parameters(random), random.uniform(0.7, 0.99)
        card, day, rating = random_histories(random, number // len(STEPS))
        begins = random.random(len(card)) < 0.03
        expected, lapses, recall = one_by_one(scheduler(tuple(w), steps, retention), card, day, rating, begins)
        laid = histories(card, day, rating, begins)
        found = schedules(w, card, laid, retention=retention, learning_steps=steps[0], relearning_steps=steps[1])
        np.testing.assert_allclose(replay(w, laid).recall, recall, rtol=1e-9)
        np.testing.assert_allclose(found.stability, [c.stability for c in expected], rtol=1e-9)
        np.testing.assert_allclose(found.difficulty, [c.difficulty for c in expected], rtol=1e-9)
        assert found.state.tolist() == [c.state for c in expected]
        assert found.step.tolist() == [-1 if c.step is None else c.step for c in expected]
        assert found.lapses.tolist() == lapses
        waits = [c.due - c.last_review for c in expected]
        assert found.days.tolist() == [wait.days for wait in waits]
        minutes = [0.0 if wait.days else wait / timedelta(minutes=1) for wait in waits]
        assert found.minutes.tolist() == pytest.approx(minutes)


def test_500_random_histories_come_to_the_schedules_of_py_fsrs():
    assert_equal_to_py_fsrs(1, 500)


@pytest.mark.slow
def test_10_000_random_histories_come_to_the_schedules_of_py_fsrs():
    assert_equal_to_py_fsrs(2, 10_000)


@given(st.lists(st.tuples(st.sampled_from(Rating), st.integers(-2, 60)), min_size=1, max_size=20))
def test_replay_counts_study_days_as_the_session_does_also_when_the_clock_is_set_back(answers):
    session, schedule, day = Scheduler(Preset(fuzz=False), DAYS), Schedule.new(NOON), TODAY
    days = []
    for rating, wait in answers:
        day += wait
        days.append(day)
        schedule = session.review(schedule, rating, datetime.fromordinal(day).replace(hour=12, tzinfo=UTC))
    card, rating = np.zeros(len(days), dtype=np.int64), np.array([int(rating) for rating, _ in answers])
    w = model.vector(DEFAULTS)
    found = schedules(
        w,
        card,
        histories(card, np.array(days), rating),
        retention=0.9,
        learning_steps=(1.0, 10.0),
        relearning_steps=(10.0,),
    )
    assert found.stability[0] == pytest.approx(schedule.stability, rel=1e-12)
    assert found.difficulty[0] == pytest.approx(schedule.difficulty, rel=1e-12)
    assert (found.state[0], found.lapses[0], found.reps[0]) == (schedule.state, schedule.lapses, schedule.reps)
    due = DAYS.begin(day + int(found.days[0])) if found.days[0] else None
    assert due is None or due == schedule.due


def test_no_answers_at_all_come_to_no_schedules():
    nothing = np.array([], dtype=np.int64)
    found = schedules(
        model.vector(DEFAULTS),
        nothing,
        histories(nothing, nothing, nothing),
        retention=0.9,
        learning_steps=(1.0,),
        relearning_steps=(),
    )
    assert len(found.state) == len(found.stability) == 0


def test_bounds_and_defaults_are_those_of_py_fsrs():
    assert DEFAULTS.values == reference.DEFAULT_PARAMETERS
    assert reference.LOWER_BOUNDS_PARAMETERS == LOWEST
    assert reference.UPPER_BOUNDS_PARAMETERS == HIGHEST
    assert reference.STABILITY_MIN == model.STABILITY_MIN
    assert (reference.MIN_DIFFICULTY, reference.MAX_DIFFICULTY) == (model.DIFFICULTY_MIN, model.DIFFICULTY_MAX)


@pytest.mark.parametrize("retention", [0.7, 0.8, 0.9, 0.97, 0.99])
def test_intervals_are_those_of_py_fsrs(retention):
    stability = np.geomspace(0.001, 1e7, 400)
    for seed in range(5):
        w = random_parameters(np.random.default_rng(seed))
        plain = scheduler(tuple(w), STEPS[0], retention)
        expected = [plain._next_interval(stability=days) for days in stability.tolist()]
        assert model.interval(w, stability, retention).tolist() == expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (DEFAULTS.values[:20], "has 21 parameters, not 20"),
        ((*DEFAULTS.values[:20], 0.9), "parameter 20 is 0.9, and must be from 0.1 to 0.8"),
        ((float("nan"), *DEFAULTS.values[1:]), "parameter 0 is nan"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Parameters(values)


def test_parameters_of_another_model_are_refused():
    with pytest.raises(ValueError, match="FSRS-7"):
        parsed('{"model": "FSRS-7", "parameters": [1.0]}')


@pytest.mark.parametrize("text", ["[]", "{}", '"words"', '[1, "two"]', "[true]", "[1, null]"])
def test_a_list_of_21_numbers_is_asked_for(text):
    with pytest.raises(ValueError, match=r"no list of numbers|has 21 parameters"):
        parsed(text)
