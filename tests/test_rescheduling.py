import json
from contextlib import closing
from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pytest
from click.testing import CliRunner
from databases import rows_of
from sqlalchemy import select

from srs.cards import Fitted, Plan, Preset, Rating, State
from srs.cli.main import main
from srs.days import Days
from srs.memory.habits import TYPICAL, habits_of
from srs.parameters import DEFAULTS, MODEL
from srs.planning.rescheduling import AHEAD, apply, preview
from srs.scheduling import Scheduler, fuzz_range, interval_of
from srs.settings import Settings
from srs.store import open_store
from srs.store.tables import cards
from srs.study import Session

DAYS = Days(UTC)
SETTINGS = Settings("", DAYS)
TIGHTER = replace(SETTINGS, preset=Preset(desired_retention=0.96))
OTHER = tuple(value * 1.2 if place in {2, 3, 8} else value for place, value in enumerate(DEFAULTS.values))


KEPT = {}


def answered(store, a_card, now, number=40):
    """Cards with answers of three weeks, some of them in learning or never seen; returns today.

    They are answered once, and put from then on into whichever collection: hundreds of answers would come out the same.
    """
    if number not in KEPT:
        KEPT[number] = answer_for_weeks(store, a_card, now, number), rows_of(store)
    today, put = KEPT[number]
    put(store)
    return today


def answer_for_weeks(store, a_card, now, number):
    random = np.random.default_rng(2)
    session = Session(store, SETTINGS, DAYS)
    made = [a_card("talks" if at % 2 else "notes").id for at in range(number)]
    for card_id in made[:-2]:
        at = now + timedelta(days=int(random.integers(0, 4)))
        while at < now + timedelta(days=21):
            card = store.card(card_id)
            rating = Rating(int(random.choice([1, 2, 3, 4], p=[0.15, 0.1, 0.65, 0.1])))
            session.answer(card, rating, at, 5)
            at = max(at, store.card(card_id).schedule.due) + timedelta(minutes=1)
    today = now + timedelta(days=21)
    for card_id in made[-4:-2]:
        card = store.card(card_id)
        if card.schedule.state is State.REVIEW:
            session.answer(card, Rating.AGAIN, today, 5)
    return today


def rows(store):
    with store._engine.connect() as connection:
        return connection.execute(select(cards).order_by(cards.c.id)).all()


def due_by_day(store, today):
    found = [0] * AHEAD
    for card in store.cards():
        at = max(DAYS.number(card.schedule.due) - DAYS.number(today), 0)
        if card.schedule.state is State.REVIEW and at < AHEAD:
            found[at] += 1
    return tuple(found)


def test_what_is_right_already_stays(store, a_card, now):
    today = answered(store, a_card, now)
    found = preview(store, SETTINGS, None, today)
    assert found.cards > 30
    assert not found.changes
    assert found.before == found.after == due_by_day(store, today)


@pytest.mark.parametrize("deck", [None, "talks"])
def test_the_preview_is_what_is_done_and_undo_restores_every_row(store, a_card, now, deck):
    today = answered(store, a_card, now)
    before = rows(store)
    found = preview(store, TIGHTER, deck, today)
    assert found.moved > 10
    assert rows(store) == before
    apply(store, found, today)
    after = rows(store)
    if deck is None:
        assert due_by_day(store, today) == found.after
    for old, new in zip(before, after, strict=True):
        if old.state != State.REVIEW or old.last_review is None:
            assert new == old, "learning and new cards stay as they are"
    assert {old.id for old, new in zip(before, after, strict=True) if old != new} == set(found.changes)
    assert not preview(store, TIGHTER, deck, today).changes
    assert store.take_back().what == f"{len(found.changes)} cards rescheduled"
    assert rows(store) == before


def test_each_new_day_lies_within_the_fuzz_of_its_interval(store, a_card, now):
    today = answered(store, a_card, now)
    found = preview(store, TIGHTER, None, today)
    for new in found.changes.values():
        low, high = fuzz_range(interval_of(new.stability, TIGHTER.preset))
        assert low <= DAYS.number(new.due) - DAYS.number(new.last_review) <= high


def test_other_parameters_give_the_stabilities_of_a_scheduler_that_had_them_from_the_beginning(store, a_card, now):
    today = answered(store, a_card, now)
    store.keep_fit(None, Fitted(today, OTHER, MODEL, 100), "fitted")
    found = preview(store, SETTINGS, None, today)
    scheduler = Scheduler(Preset(parameters=OTHER), DAYS)
    assert len(found.changes) == found.cards
    for card_id, new in found.changes.items():
        history = store.history(card_id)
        schedule = history[0].before
        for review in history:
            schedule = scheduler.review(schedule, review.rating, review.at)
        assert new.stability == pytest.approx(schedule.stability, rel=1e-9)
        assert new.difficulty == pytest.approx(schedule.difficulty, rel=1e-9)


def test_what_was_learnt_together_does_not_come_back_together(store, a_card, now):
    session = Session(store, SETTINGS, DAYS)
    at = now
    for card_id in [a_card().id for _ in range(60)]:
        for days in (0, 2, 9):
            session.answer(store.card(card_id), Rating.EASY if days == 0 else Rating.GOOD, at + timedelta(days=days), 5)
    found = preview(store, replace(SETTINGS, preset=Preset(desired_retention=0.94)), None, now + timedelta(days=9))
    assert found.moved > 50
    assert max(found.after[1:]) <= 60 / 4


def test_a_card_whose_answers_are_not_all_there_stays(store, a_card, now):
    today = answered(store, a_card, now)
    with store._writing() as connection:
        connection.execute(cards.update().where(cards.c.id == 1).values(reps=99))
    assert 1 not in preview(store, TIGHTER, None, today).changes


def test_a_plan_holds_for_new_due_days_too(store, a_card, now):
    today = answered(store, a_card, now)
    plan = Plan(None, DAYS.number(today), DAYS.number(today) + 20, 0.9, 0.99, 5, 0, 1.0, 0.95)
    store.keep_plan(plan, {}, today, "plan")
    found = preview(store, replace(SETTINGS, preset=Preset(desired_retention=0.8)), None, today)
    for new in found.changes.values():
        assert DAYS.number(new.due) < plan.day


def test_habits_are_counted_and_few_are_helped_out():
    typical = habits_of([])
    assert typical.first == pytest.approx(TYPICAL.first)
    assert typical.seconds == pytest.approx(TYPICAL.seconds)
    counted = [(True, 1, None, 3, 5000, 50_000.0), (False, 2, None, 1, 500, 5000.0), (False, 2, None, 4, 5000, 5000.0)]
    own = habits_of([*counted, (False, 1, 3, 3, 5000, 5000.0), (False, 3, 1, 3, 5000, 5000.0)])
    assert own.first[2] > 0.98
    assert own.recalled[2] > 0.98
    assert own.learning[2, 2] > 0.98
    assert own.relearning[0, 2] > 0.98
    assert own.learning[0] == pytest.approx(TYPICAL.learning[0] / TYPICAL.learning[0].sum())
    assert own.seconds[0, 2] == pytest.approx((50_000 + 5000 + 137.8) / 10_010)
    for chances in (own.first, own.recalled, *own.learning, *own.relearning):
        assert chances.sum() == pytest.approx(1)


def test_the_command_asks_shows_and_is_taken_back(database, tmp_path, a_card, now, monkeypatch):
    config = tmp_path / "srs.toml"
    config.write_text("desired_retention = 0.96\ntimezone = 'UTC'\n")
    with closing(open_store(database)) as store:
        today = answered(store, lambda deck: a_card(deck, into=store), now)
        before = rows(store)
    monkeypatch.setattr("srs.cli.outlook.now", lambda: today)

    def srs(*arguments, code=0):
        done = CliRunner().invoke(main, ["--database", database, "--config", str(config), *arguments])
        assert done.exit_code == code, done.output
        return done.output

    assert "Nothing was changed." in srs("reschedule", "--dry-run")
    assert "--yes goes ahead" in srs("reschedule", code=1)
    shown = json.loads(srs("reschedule", "--dry-run", "--json"))
    assert not shown["applied"]
    assert len(shown["days"]) == AHEAD
    done = json.loads(srs("reschedule", "--yes", "--json"))
    assert done == {**shown, "applied": True}
    assert "All due days are right already." in srs("reschedule")
    assert srs("undo") == f"Taken back: {done['changed']} cards rescheduled\n"
    with closing(open_store(database)) as store:
        assert rows(store) == before
