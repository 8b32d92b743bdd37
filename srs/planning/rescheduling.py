"""All cards in review scheduled anew: their answers replayed with the parameters and the desired retention in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from srs.cards import Preset, Schedule, State
from srs.errors import NothingToPlan
from srs.limits import plan_of
from srs.parameters import DEFAULTS, Parameters
from srs.planning.learner import Known, known, require_numpy
from srs.scheduling import BALANCED_DAYS, Scheduler
from srs.settings import Settings
from srs.store import Store

if TYPE_CHECKING:
    from srs.memory.anew import Ending

AHEAD = 30
"""Study days that a preview shows, today first."""

_SAME = 1e-6  # stabilities and difficulties that differ by less are the same


@dataclass(frozen=True, slots=True)
class Rescheduling:
    """What would become of the cards in review.

    Attributes:
        cards: how many there are. changes: new schedules by number, of those that change. moved: those of them with another
            due day. before, after: reviews that come due by study day, today first, with all that is overdue.
    """

    cards: int
    changes: Mapping[int, Schedule]
    moved: int
    before: tuple[int, ...]
    after: tuple[int, ...]
    first_day: int

    def as_json(self) -> dict[str, Any]:
        days = enumerate(zip(self.before, self.after, strict=True), self.first_day)
        return {
            "cards_in_review": self.cards,
            "changed": len(self.changes),
            "moved": self.moved,
            "due_today_before": self.before[0],
            "due_today_after": self.after[0],
            "days": [{"day": date.fromordinal(day).isoformat(), "before": b, "after": a} for day, (b, a) in days],
        }


def preview(store: Store, settings: Settings, deck: str | None, now: datetime) -> Rescheduling:
    """What a rescheduling of a deck with all below it, or of all cards, would do. Writes nothing.

    Raises DeckNotFound, NothingToPlan, ToolsMissing.
    """
    require_numpy()
    cards = [card for card in known(store, deck) if card.schedule.last_review is not None]
    review = [card for card in cards if card.schedule.state is State.REVIEW]
    if not review:
        raise NothingToPlan("no card is in review yet: there is nothing to reschedule")
    replayed = _replayed(store, settings, deck, review)
    today = settings.days.number(now)
    changes = _spread(store, settings, review, replayed, today)
    number = settings.days.number
    moved = sum(changes[card.id].due != card.schedule.due for card in review if card.id in changes)
    before = [number(card.schedule.due) for card in review]
    after = [number(changes.get(card.id, card.schedule).due) for card in review]
    return Rescheduling(len(review), changes, moved, _by_day(before, today), _by_day(after, today), today)


def apply(store: Store, found: Rescheduling, now: datetime) -> None:
    """Write what the preview shows. `store.take_back` undoes it."""
    changes = [
        (id, {"due": new.due, "stability": new.stability, "difficulty": new.difficulty})
        for id, new in found.changes.items()
    ]
    if changes:
        number = len(changes)
        store.reschedule(changes, now, f"{number} card{'' if number == 1 else 's'} rescheduled")


def _replayed(
    store: Store, settings: Settings, deck: str | None, review: Sequence[Known]
) -> "dict[int, tuple[Ending, Preset]]":
    """What the answers of each card come to, where all of them are there, with the options of its deck."""
    from srs.memory.anew import endings
    from srs.memory.log import collect
    from srs.memory.model import vector

    log = collect(store.answers(deck))
    options, fits = {deck.name: deck.options for deck in store.decks()}, store.fits()
    presets = {name: settings.preset_for(name, options, fits) for name in {card.deck for card in review}}
    kinds: dict[tuple[Any, ...], list[Known]] = {}
    for card in review:
        preset = presets[card.deck]
        kinds.setdefault((preset.parameters, preset.learning_steps, preset.relearning_steps), []).append(card)
    found: dict[int, tuple[Ending, Preset]] = {}
    for (parameters, learning, relearning), alike in kinds.items():
        w = vector(DEFAULTS if parameters is None else Parameters(parameters))
        ends = endings(w, log, [card.id for card in alike], learning=learning, relearning=relearning)
        for card in alike:
            end = ends.get(card.id)
            if end is not None and end.reps == card.schedule.reps:
                found[card.id] = end, presets[card.deck]
    return found


def _spread(
    store: Store,
    settings: Settings,
    review: Sequence[Known],
    replayed: "Mapping[int, tuple[Ending, Preset]]",
    today: int,
) -> dict[int, Schedule]:
    """The new schedules, each day within its fuzz chosen as after an answer, with regard to what is due on it by then."""
    plans, days = store.plans(), settings.days
    held = [days.number(card.schedule.due) for card in review if card.id in replayed]
    first, last = min(held, default=today), today + BALANCED_DAYS + 1
    load = {days.number(due): many for due, many in store.load(days.begin(first), days.begin(last)).items()}
    for day in held:
        if day in load:
            load[day] -= 1
    schedulers: dict[str, Scheduler] = {}
    found = {}
    for card in review:
        if card.id not in replayed:
            continue
        end, preset = replayed[card.id]
        stability, difficulty = end.stability, end.difficulty
        if card.deck not in schedulers:
            schedulers[card.deck] = Scheduler(preset, days, plan_of(card.deck, plans, today))
        old = card.schedule
        if max(abs(stability - (old.stability or 0)), abs(difficulty - (old.difficulty or 0))) < _SAME:
            stability, difficulty = old.stability or stability, old.difficulty or difficulty
        as_known = replace(old, stability=stability, difficulty=difficulty)
        new = schedulers[card.deck].anew(as_known, card_id=card.id, load=load)
        day = days.number(new.due)
        load[day] = load.get(day, 0) + 1
        if new != old:
            found[card.id] = new
    return found


def _by_day(due: Sequence[int], today: int) -> tuple[int, ...]:
    found = [0] * AHEAD
    for day in due:
        at = max(day - today, 0)
        if at < AHEAD:
            found[at] += 1
    return tuple(found)
