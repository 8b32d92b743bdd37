"""The health of a collection: what is wrong with it, in words, and what can be mended without loss."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from srs.cards import Schedule
from srs.care.replay import doubts, mended
from srs.scheduling import Scheduler
from srs.settings import Settings
from srs.store import Store
from srs.store.health import UNREACHED
from srs.store.rows import schedule_row

NAMED = 10
"""Cards whose numbers a finding says; the rest it counts."""

_SAYS_NOTHING_ALONE = {table.name for table in UNREACHED}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        check: which check found it, such as "schedule". message: what, in one line.
        cards: numbers of the cards that it is about, where it is about cards.
        mendable: whether `treat` mends it.
    """

    check: str
    message: str
    cards: tuple[int, ...] = ()
    mendable: bool = False

    def as_json(self) -> dict[str, Any]:
        return {"check": self.check, "message": self.message, "cards": list(self.cards), "mendable": self.mendable}


def diagnose(store: Store, settings: Settings, now: datetime) -> list[Finding]:
    """All that is wrong with a collection, the worst first; reads all of it and changes nothing."""
    damage = [Finding("integrity", f"{said}: srs restore FILE puts a backup in its place") for said in store.damage()]
    if damage:
        return damage
    lacking = [
        Finding("schema", f"the {part} is missing", mendable=part.startswith("index")) for part in store.lacking()
    ]
    if any(not finding.mendable for finding in lacking):
        return lacking
    return [*lacking, *_astray(store), *_schedules(store, settings), *_doubled(store), *_clock(store, now)]


def treat(store: Store, settings: Settings, now: datetime, findings: list[Finding]) -> None:
    """Mend what is mendable of the findings. Schedules are one change, which `srs undo` takes back."""
    checks = {finding.check for finding in findings if finding.mendable}
    if "schema" in checks:
        store.make_indexes()
    if "reference" in checks:
        store.take_out_unreached()
    if "schedule" in checks:
        schedules = _right_schedules(store, settings)
        if schedules:
            store.reschedule(
                [(id, schedule_row(s)) for id, s in schedules.items()],
                now,
                f"{_cards(len(schedules))} rescheduled by their answers",
            )


def _astray(store: Store) -> Iterator[Finding]:
    for found in store.astray():
        message = f"{found.rows} of {found.table} point to {found.other} that are not there"
        mendable = found.table in _SAYS_NOTHING_ALONE
        remedy = (
            "they say nothing without them" if mendable else "srs restore FILE brings them back, if a backup has them"
        )
        yield Finding("reference", f"{message}: {remedy}", mendable=mendable)
    if number := store.cardless():
        yield Finding(
            "reference", f"{number} notes have no card, so that nothing asks them: srs import brings cards back"
        )


def _schedules(store: Store, settings: Settings) -> Iterator[Finding]:
    """One finding for each sort of doubt, with the cards that it is about."""
    schedulers = _schedulers(store, settings)
    found: dict[bool, list[tuple[int, str]]] = {}
    for card, answers in store.histories():
        if said := doubts(card, answers, *schedulers[card.deck]):
            can = mended(card, answers, *schedulers[card.deck]) is not None
            found.setdefault(can, []).append((card.id, "; ".join(said)))
    for can, cases in sorted(found.items(), reverse=True):
        first, why = cases[0]
        others = f", and {len(cases) - 1} more" if len(cases) > 1 else ""
        message = f"the schedule of card {first} does not follow from its answers{others}: {why}"
        yield Finding("schedule", message, tuple(id for id, _ in cases[:NAMED]), mendable=can)


def _right_schedules(store: Store, settings: Settings) -> dict[int, Schedule]:
    schedulers = _schedulers(store, settings)
    right: dict[int, Schedule] = {}
    for card, answers in store.histories():
        by = schedulers[card.deck]
        schedule = mended(card, answers, *by) if doubts(card, answers, *by) else None
        if schedule is not None:
            right[card.id] = schedule
    return right


def _schedulers(store: Store, settings: Settings) -> Mapping[str, tuple[Scheduler, list[Scheduler]]]:
    """By deck: what is in force, and schedulers with all parameters that were before."""
    decks, fits, past = store.decks(), store.fits(), store.fits_ever()
    options = {deck.name: deck.options for deck in decks}
    found = {}
    for deck in decks:
        preset = settings.preset_for(deck.name, options, fits)
        others: list[tuple[float, ...] | None] = [None, *past] if past else []
        before = [Scheduler(replace(preset, parameters=one), settings.days) for one in others]
        found[deck.name] = Scheduler(preset, settings.days), before
    return found


def _doubled(store: Store) -> Iterator[Finding]:
    twins = store.twins()
    if twins:
        first, last = twins[0]
        message = f"cards {first} and {last} ask the same and have the same answer: srs delete takes one away"
        others = f"; so do {len(twins) - 1} more pairs" if len(twins) > 1 else ""
        yield Finding("duplicate", message + others, tuple(id for pair in twins[:NAMED] for id in pair))


def _clock(store: Store, now: datetime) -> Iterator[Finding]:
    answers, others = store.after(now)
    if answers:
        yield Finding(
            "clock", f"{answers} answers carry a time that has not come yet: is this clock, or was that one, wrong?"
        )
    if others:
        yield Finding("clock", f"{others} imports and changes carry a time that has not come yet: was a clock wrong?")
    if number := store.backwards():
        yield Finding(
            "clock", f"{number} answers were given before the one that they follow: a clock was set back; they count"
        )


def _cards(number: int) -> str:
    return f"{number} card{'' if number == 1 else 's'}"
