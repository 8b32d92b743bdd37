"""The way to a day: how many new cards and which minutes a day bring a deck to it, and how the day then looks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from math import ceil
from typing import TYPE_CHECKING, Any

from srs.cards import Plan, State
from srs.errors import PlanRefused
from srs.limits import followed, plan_of
from srs.parameters import DEFAULTS, recall_after
from srs.planning.learner import Known, Learner, learner_of
from srs.scheduling import Scheduler
from srs.settings import Settings
from srs.store import Store

if TYPE_CHECKING:
    from srs.memory.simulate import Course, Rules

FARTHEST = 3650
"""Days ahead for which a plan can be made."""

LOWEST, HIGHEST = 0.70, 0.99
"""Chances of recall that can be wanted."""

EXACT = 5000
"""Cards up to which the recall on the day is reckoned card by card when a plan is shown."""

_SHARES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9)  # of the days, in which new cards are begun
_LEASTS = (0.8, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99)
_MANY = 5000  # cards from which fewer ways are tried
_SAMPLE = 4000  # cards that a simulation follows at least, in copies of the learner's


@dataclass(frozen=True, slots=True)
class Expected:
    """What a way of studying comes to.

    Attributes:
        recall: mean chance of recall on the day. minutes: a day, on average. most: minutes of the longest day.
        unseen: cards that will be new still. answers: in all.
    """

    recall: float
    minutes: float
    most: float
    unseen: float
    answers: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan as it could be made, and what it is worth.

    Attributes:
        planned, ordinary: what to expect with the plan, and of the same days without it.
        by_deck: (deck, cards, new ones, mean chance of recall on the day).
        shortfall: why it cannot be done, in words; empty when it can.
        due: other due days for cards that would come too late, by number.
    """

    plan: Plan
    days: int
    cards: int
    planned: Expected
    ordinary: Expected
    by_deck: tuple[tuple[str, int, int, float], ...]
    shortfall: str
    due: Mapping[int, datetime]


def propose(
    store: Store,
    settings: Settings,
    deck: str | None,
    by: date,
    now: datetime,
    *,
    recall: float = 0.9,
    minutes: float | None = None,
    seed: int = 0,
) -> Proposal:
    """Work backwards from a day. `minutes` are those that a day may take; without them, no more in all than without a plan.

    Raises PlanRefused, NothingToPlan, DeckNotFound, ToolsMissing.
    """
    today = settings.days.number(now)
    _check(by, today, recall, minutes)
    days = by.toordinal() - today
    others = [plan for plan in store.plans() if plan.deck != deck]

    def is_free(name: str) -> bool:
        """Whether no other plan is nearer to a deck than this one."""
        nearest = plan_of(name, others, today)
        return nearest is None or len(nearest.deck or "") < len(deck or "")

    learner = learner_of(store, settings, deck, now, only=is_free)
    ordinary, *ways = _ways(learner, days)
    course = _simulated(learner, [ordinary, *ways], days, seed)
    expected = [_expected(course, at) for at in range(len(ways) + 1)]
    best = 1 + _best(expected[1:], expected[0], recall, minutes)
    rules, found = ways[best - 1], expected[best]
    plan = Plan(
        deck=deck,
        first_day=today,
        day=by.toordinal(),
        recall=recall,
        least=rules.least or recall,
        new_per_day=rules.new_per_day,
        new_cards=learner.new,
        minutes=round(found.minutes, 2),
        predicted=round(found.recall, 4),
    )
    return Proposal(
        plan=plan,
        days=days,
        cards=len(learner.cards),
        planned=found,
        ordinary=expected[0],
        by_deck=_by_deck(learner, course.recall[best]),
        shortfall=_shortfall(found, recall, minutes),
        due=_brought_forward(store, settings, learner.cards, plan, now),
    )


def _check(by: date, today: int, recall: float, minutes: float | None) -> None:
    days = by.toordinal() - today
    if days < 1:
        raise PlanRefused(f"{by} is {'today' if days == 0 else 'past'}: a plan needs a day that is still to come")
    if days > FARTHEST:
        raise PlanRefused(f"{by} is {days} days ahead: a plan reaches {FARTHEST} days at most")
    if not LOWEST <= recall <= HIGHEST:
        raise PlanRefused(f"a recall of {recall:g} cannot be planned for: write one from {LOWEST:.2f} to {HIGHEST:.2f}")
    if minutes is not None and not 0 < minutes <= 1440:
        raise PlanRefused(f"a day of {minutes:g} minutes cannot be planned for: write more than 0, and 1440 at most")


def _ways(learner: Learner, days: int) -> "list[Rules]":
    """The ordinary way first; then paces of new cards, each with how late the last answers are to be."""
    from srs.memory.simulate import Rules

    preset, new = learner.preset, learner.new
    plain = Rules(preset.desired_retention, preset.new_per_day, preset.reviews_per_day)
    step = 1 if len(learner.cards) <= _MANY else 2
    spans = {max(1, round(days * share)) for share in _SHARES[::step]} if new else {1}
    paces = sorted({ceil(new / span) for span in spans})
    return [
        plain,
        *(Rules(plain.retention, pace, plain.reviews_per_day, least) for pace in paces for least in _LEASTS[::step]),
    ]


def _simulated(learner: Learner, rules: "Sequence[Rules]", days: int, seed: int) -> "Course":
    from srs.memory.model import vector
    from srs.memory.simulate import simulate

    return simulate(
        vector(learner.parameters),
        learner.held,
        learner.habits,
        rules,
        days,
        steps=learner.steps,
        fuzz=learner.preset.fuzz,
        copies=max(1, min(50, _SAMPLE // len(learner.cards))),
        seed=seed,
    )


def _expected(course: "Course", at: int) -> Expected:
    by_day = course.seconds[at] / 60
    return Expected(
        float(course.recall[at].mean()),
        float(by_day.mean()),
        float(by_day.max()),
        float(course.unseen[at]),
        float(course.answers[at].sum()),
    )


def _best(ways: Sequence[Expected], ordinary: Expected, recall: float, minutes: float | None) -> int:
    """The way with the best recall of those that take no more time than they may.

    Where these fall short of the recall that is wanted, and the time was left open, the shortest way that reaches it.
    """
    if minutes is None:
        within = [at for at, way in enumerate(ways) if way.minutes <= ordinary.minutes]
    else:
        within = [at for at, way in enumerate(ways) if way.most <= minutes]
    best = max(within, key=lambda at: ways[at].recall, default=None)
    if best is not None and (minutes is not None or ways[best].recall >= recall):
        return best
    if minutes is not None:
        return min(range(len(ways)), key=lambda at: ways[at].most)
    reaching = [at for at, way in enumerate(ways) if way.recall >= recall]
    if reaching:
        return min(reaching, key=lambda at: ways[at].minutes)
    return max(range(len(ways)), key=lambda at: ways[at].recall)


def _shortfall(found: Expected, recall: float, minutes: float | None) -> str:
    if minutes is not None and found.most > minutes:
        return f"the longest day takes {found.most:.0f} minutes, even with as few new cards a day as will do"
    if found.recall < recall:
        return f"the recall comes to {found.recall:.2f}, not to {recall:.2f}"
    return ""


def _by_deck(learner: Learner, recall: Any) -> tuple[tuple[str, int, int, float], ...]:
    found: dict[str, tuple[int, int, float]] = {}
    for card, chance in zip(learner.cards, recall.tolist(), strict=True):
        cards, new, total = found.get(card.deck, (0, 0, 0.0))
        found[card.deck] = cards + 1, new + (card.schedule.last_review is None), total + chance
    return tuple((deck, cards, new, total / cards) for deck, (cards, new, total) in sorted(found.items()))


def _brought_forward(
    store: Store, settings: Settings, cards: Sequence[Known], plan: Plan, now: datetime
) -> dict[int, datetime]:
    """Cards in review that would come due too late for the day, and when they come due instead, evenly spread."""
    options, fits = {deck.name: deck.options for deck in store.decks()}, store.fits()
    today, number = settings.days.number(now), settings.days.number
    schedulers: dict[str, Scheduler] = {}
    first, last = settings.days.begin(today), settings.days.begin(plan.day)
    load = {number(due): many for due, many in store.load(first, last).items()}
    found = {}
    for card in cards:
        if card.schedule.state is not State.REVIEW or number(card.schedule.due) < plan.day:
            continue
        if card.deck not in schedulers:
            schedulers[card.deck] = Scheduler(settings.preset_for(card.deck, options, fits), settings.days, plan)
        after = schedulers[card.deck].anew(card.schedule, card_id=card.id, load=load, since=today)
        day = number(after.due)
        if day < plan.day:
            found[card.id] = after.due
            load[day] = load.get(day, 0) + 1
    return found


def apply(store: Store, proposal: Proposal, now: datetime) -> None:
    """Have the queue follow the plan from now on. `store.take_back` undoes it."""
    plan = proposal.plan
    store.keep_plan(plan, proposal.due, now, f"plan for {_of(plan.deck)} by {date.fromordinal(plan.day)}")


def cancel(store: Store, deck: str | None, now: datetime) -> Plan:
    """End the plan of a deck. Cards keep their due days. Raises PlanRefused when there is none."""
    plan = next((plan for plan in store.plans() if plan.deck == deck), None)
    if plan is None:
        raise PlanRefused(f"there is no plan for {_of(deck)}: srs plan lists them")
    store.drop_plan(deck, now, f"plan for {_of(deck)} cancelled")
    return plan


def _of(deck: str | None) -> str:
    return "the whole collection" if deck is None else f"“{deck}”"


# -- how it stands -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan is getting on.

    Attributes:
        days: until its day, 0 on the day. predicted: mean chance of recall on the day, as far as it can be told cheaply.
        new, reviews: how many cards are behind: not begun by now, and due before today.
    """

    plan: Plan
    days: int
    predicted: float
    new: int
    reviews: int

    @property
    def on_track(self) -> bool:
        return not self.new and not self.reviews

    def __str__(self) -> str:
        day = date.fromordinal(self.plan.day)
        which = f"{day} ({self.plan.deck})" if self.plan.deck else str(day)
        if self.days == 0:
            return f"Today is {which}: predicted recall {self.predicted:.2f}"
        late = [
            f"{n} {what}{'' if n == 1 else 's'}" for n, what in ((self.new, "new card"), (self.reviews, "review")) if n
        ]
        how = f"behind by {' and '.join(late)}" if late else "on track"
        return (
            f"{self.days} day{'' if self.days == 1 else 's'} to {which}: {how}, predicted recall {self.predicted:.2f}"
        )

    def as_json(self) -> dict[str, Any]:
        plan = {name: value for name, value in asdict(self.plan).items() if name not in {"first_day", "day"}}
        days = {
            "day": date.fromordinal(self.plan.day).isoformat(),
            "since": date.fromordinal(self.plan.first_day).isoformat(),
        }
        now = {"days": self.days, "predicted_now": round(self.predicted, 4), "on_track": self.on_track}
        return {**plan, **days, **now, "new_behind": self.new, "reviews_behind": self.reviews}


def standings(store: Store, settings: Settings, now: datetime, deck: str | None = None) -> list[Standing]:
    """The plans that are followed, or only those of a deck and below or over it, the nearest first. Needs no numpy."""
    today = settings.days.number(now)
    plans = [plan for plan in store.plans() if plan.day >= today]
    if not plans:
        return []
    decks = store.decks()
    # On its day a plan is no longer followed, but is still shown: so it is asked which decks follow it on the day before.
    inside = followed(decks, plans, min(today, min(plan.day for plan in plans) - 1))
    fits = store.fits()
    found = []
    for plan in plans:
        if deck is None or plan.deck is None or _related(plan.deck, deck.strip("/")):
            preset = settings.preset_for(plan.deck, {one.name: one.options for one in decks}, fits)
            values = preset.parameters or DEFAULTS.values
            ids = inside.get(plan, frozenset())
            found.append(_standing(store, settings, plan, None if len(ids) == len(decks) else ids, today, values))
    return found


def _related(one: str, other: str) -> bool:
    """Whether one deck is the other, or below it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _standing(
    store: Store, settings: Settings, plan: Plan, decks: frozenset[int] | None, today: int, values: Sequence[float]
) -> Standing:
    """A card that comes due before the day is expected to be recalled as predicted; others by how long they will wait."""
    number = settings.days.number
    new, late, rows = store.standing(decks, settings.days.begin(today), EXACT)
    left = plan.day - today
    begun_by_now = plan.new_per_day * (today - plan.first_day)
    behind = max(0, new - max(0, plan.new_cards - begun_by_now)) if left else new
    never = max(0, new - plan.new_per_day * left)
    if not rows:
        share = 1.0 if not never else 1 - min(1.0, never / max(plan.new_cards, new, 1))
        return Standing(plan, left, plan.predicted * share, behind, late)
    total = plan.predicted * (new - never)
    for row in rows:
        waits = left > 0 and number(row.due) < plan.day
        passed = max(0, plan.day - number(row.last_review)) / (row.stability or 1.0)
        total += plan.predicted if waits else recall_after(values, passed)
    return Standing(plan, left, total / (len(rows) + new), behind, late if left else 0)
