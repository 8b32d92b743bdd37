"""Made-up learners: answers at random for the formulas, and learners whose memory is known, by py-fsrs."""

from datetime import UTC, datetime, timedelta

import fsrs
import numpy as np

from srs.memory.log import collect
from srs.parameters import DEFAULTS, HIGHEST, LOWEST

DAY = 86_400_000_000  # microseconds
W = np.array(DEFAULTS.values)
TRUTH = (0.5, 1.2, 4.0, 15, 6.4, 0.8, 2.6, 0.02, 1.5, 0.15, 1.0, 1.8, 0.08, 0.3, 1.7, 0.5, 2.2, 0.6, 0.1, 0.08, 0.25)
BEGIN, EPOCH = datetime(2024, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)


def random_parameters(random):
    """Anywhere near the defaults, within the bounds."""
    return np.clip(W * np.exp(random.normal(0, 0.3, 21)), LOWEST, HIGHEST)


def random_histories(random, number, longest=25):
    """Card, day and rating by answer: all ratings, many answers on the same day, waits of a day to years."""
    lengths = random.integers(1, longest, number)
    card = np.repeat(np.arange(number), lengths)
    same_day = random.random(len(card)) < 0.35
    wait = np.where(same_day, 0, np.ceil(random.exponential(30, len(card)) ** random.uniform(0.3, 1.4, len(card))))
    day = BEGIN.toordinal() + np.cumsum(wait.astype(np.int64))
    return card, day, random.choice([1, 2, 3, 4], len(card), p=[0.25, 0.15, 0.45, 0.15])


def answers(seed, number, truth=TRUTH, days=365, same_day=0.3):
    """Rows for `collect`, of a learner who forgets as `truth` says, and reviews as the defaults would have it, or late."""
    random = np.random.default_rng(seed)
    memory = fsrs.Scheduler(truth, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    schedule = fsrs.Scheduler(desired_retention=0.88, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    rows, card = [], 0
    while len(rows) < number:
        card, day, minute = card + 1, int(random.integers(0, days)), 0
        true = used = fsrs.Card(card_id=card)
        rating = int(random.choice([1, 2, 3, 4], p=[0.3, 0.1, 0.5, 0.1]))
        new = True
        while day < days:
            now = BEGIN + timedelta(days=day)
            when = (now + timedelta(minutes=minute) - EPOCH) // timedelta(microseconds=1)
            rows.append((card, when, now.toordinal(), rating, new))
            new = False
            true, _ = memory.review_card(true, fsrs.Rating(rating), now)
            used, _ = schedule.review_card(used, fsrs.Rating(rating), now)
            if random.random() < same_day:
                minute, chance = minute + 10, 0.9
            else:
                day, minute = day + max(1, round((used.due - now).days * random.uniform(0.8, 1.4))), 0
                chance = memory.get_card_retrievability(true, BEGIN + timedelta(days=day))
            recalled = random.random() < chance
            rating = int(random.choice([2, 3, 4], p=[0.1, 0.8, 0.1])) if recalled else 1
    return rows


def a_log(seed, number, **changes):
    """The same as a log."""
    return collect(answers(seed, number, **changes))
