"""Whole histories for the tests: generated ones, and a real one where it is at hand; replayed by the program's scheduler."""

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from srs.cards import Preset, Rating, Schedule, State
from srs.notes import Note
from srs.scheduling import Scheduler
from srs.store.rows import schedule_row
from srs.store.tables import cards, decks, documents, notes, revlog
from srs.store.written import new_card_row, note_row

REAL = Path(__file__).parents[2] / "shared" / "data" / "anki_josh_12580.csv"
NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)


def fill(store, answers, days, *, deck_of=lambda number: ("a", "a/b", "ab")[number % 3]):
    """A collection of the cards in `answers`, which are (card, rating, instant, seconds) in the order of time."""
    scheduler = Scheduler(Preset(), days)
    schedules, log, numbers = {}, [], {}
    for card, rating, at, seconds in answers:
        number = numbers.setdefault(card, len(numbers) + 1)
        before = schedules.get(number) or Schedule.new(at - timedelta(days=1))
        after = scheduler.review(before, Rating(rating), at)
        seen, scheduled = before.last_review, None
        if seen:
            scheduled = (before.due - seen) / timedelta(days=1)
            if before.state is State.REVIEW:
                scheduled = days.number(before.due) - days.number(seen)
        log.append(
            {
                "card_id": number,
                "reviewed_at": at,
                "day": days.number(at),
                "rating": rating,
                "seconds": seconds,
                "state_before": int(before.state),
                "step_before": before.step,
                "due_before": before.due,
                "stability_before": before.stability,
                "difficulty_before": before.difficulty,
                "last_review_before": seen,
                "lapses_before": before.lapses,
                "elapsed_days": scheduler.elapsed_days(before, at),
                "scheduled_days": scheduled,
                "retrievability": scheduler.retrievability(before, at) if seen else None,
            }
        )
        schedules[number] = after
    _save(store, schedules, log, deck_of)
    return log


def _save(store, schedules, log, deck_of):
    names = sorted({deck_of(number) for number in schedules})
    ids = {name: at for at, name in enumerate(names, 1)}
    places = [
        {"id": id, "path": f"/notes/{name}.md", "deck_id": id, "digest": b"d" * 16, "imported_at": NOW}
        for name, id in ids.items()
    ]
    with store._writing() as connection:
        connection.execute(insert(decks), [{"id": id, "name": name} for name, id in ids.items()])
        connection.execute(insert(documents), places)
        for number, schedule in schedules.items():
            kind = ("qa", "phrase", "themes")[number % 3]
            prompt = f"Question {number}, <b>bold</b>?"
            note = Note(kind, prompt, f"Answer {number}", line=number, rule="test", prompt=prompt)
            deck_id = ids[deck_of(number)]
            connection.execute(insert(notes).values(id=number, **note_row(note, deck_id)))
            row = new_card_row(number, deck_id, NOW) | schedule_row(schedule) | {"suspended": number % 11 == 0}
            tags = ["leech"] if schedule.lapses >= 4 else []
            connection.execute(insert(cards).values(id=number, own_tags=tags, **row))
        connection.execute(insert(revlog), log)


def generated(seed, reviews=600, number=40, span=400):
    """Answers over `span` days up to `NOW`, with gaps, hard cards, and several answers on one day."""
    chance = random.Random(seed)
    times = sorted(NOW - timedelta(days=chance.random() ** 2 * span) for _ in range(reviews))
    for at in times:
        card = min(chance.randrange(number), chance.randrange(number))
        failed = chance.random() < (0.5 if card % 7 == 0 else 0.12)
        yield card, 1 if failed else chance.choice([2, 3, 3, 3, 4]), at, round(chance.random() * 60, 3)


def real():
    """The answers of one learner, twelve thousand of them."""
    with REAL.open(newline="", encoding="utf-8") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: row["review_time"]):
            at = datetime.fromisoformat(row["review_time"])
            seconds = min(60.0, int(row["review_duration"]) / 1000)
            yield row["card_id"], int(row["review_rating"]), at, seconds
