"""Study as a learner does it: real sessions, a passed clock, answers at random with the chances that the model predicts."""

from datetime import timedelta

import numpy as np

from srs.cards import Rating, Schedule, State
from srs.memory.habits import TYPICAL
from srs.study import Session


def rated(schedule, recall, before, random):
    """A rating, and its seconds, of the typical learner; `before` is the card's last rating of the same day."""
    kind = 0 if schedule.state is State.LEARNING else 1 if schedule.state is State.REVIEW else 2
    if schedule.last_review is None:
        chances = TYPICAL.first
    elif kind == 1:
        chances = np.array([1 - recall, *(recall * TYPICAL.recalled)])
    else:
        chances = (TYPICAL.learning if kind == 0 else TYPICAL.relearning)[min(before, 3) - 1]
    rating = 1 + int((random.random() >= np.cumsum(chances)[:3]).sum())
    return Rating(rating), float(TYPICAL.seconds[kind, rating - 1])


def lived(scheduler, begin, first_day, days, random, number):
    """One card studied from a day on by the scheduler alone: (answers, chance of recall on the morning after the last day)."""
    schedule, answers = Schedule.new(begin), 0
    for day in range(first_day, days):
        at, before = begin + timedelta(days=day), 0
        while schedule.due <= at and (not before or schedule.state is not State.REVIEW):
            recall = scheduler.retrievability(schedule, at) if schedule.last_review else 0.0
            rating, _ = rated(schedule, recall, before, random)
            schedule = scheduler.review(schedule, rating, at, card_id=number)
            answers, before = answers + 1, int(rating)
            at = max(at, schedule.due) if schedule.state is not State.REVIEW else at
    return answers, scheduler.retrievability(schedule, begin + timedelta(days=days))


def answer_all(store, settings, at, random, seen=lambda *_: None, **bounds):
    """Answer what a day asks, at the speed of the typical learner; returns (cards begun, answers, seconds)."""
    session = Session(store, settings, settings.days, **bounds)
    begun = answers = 0
    total, before = 0.0, {}
    while (card := session.next(at)) is not None:
        rating, seconds = rated(card.schedule, session.retrievability(card, at), before.get(card.id, 0), random)
        at += timedelta(seconds=seconds)
        label = session.preview(card, at)[rating]
        after = session.answer(card, rating, at, seconds)
        assert after == label, "the key does what its label says"
        seen(session, card, at, after)
        before[card.id] = int(rating)
        begun += card.schedule.last_review is None
        answers += 1
        total += seconds
    return begun, answers, total
