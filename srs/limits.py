"""The limits of a day: which decks share one, and what they leave. Pure; the same for the queue and the counts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from srs.cards import Deck, Plan


@dataclass(frozen=True, slots=True)
class Limit:
    """What a limit of the day leaves to some decks together; below 0 when it was lowered meanwhile."""

    decks: frozenset[int]
    left: int


@dataclass(frozen=True, slots=True)
class Share:
    """Decks under the same limits."""

    decks: frozenset[int]
    limits: tuple[Limit, ...]

    @property
    def most(self) -> int:
        """Cards that may still be asked of these decks, 0 or more."""
        return max(0, min(limit.left for limit in self.limits))


def shares(
    decks: Sequence[Deck], done: Mapping[int, int], own: Mapping[str, int], whole: int, chosen: bool
) -> list[Share]:
    """All decks by the limits that they are under.

    `own` are the limits that were set, by deck or by what stands over decks; `done` is what was asked today, by deck.
    A limit holds for the deck that it was set for and all below it together; one that is only inherited says nothing
    new. The collection's own limit, `whole`, holds for all when it was `chosen`; a default yields to what was chosen
    for a deck.
    """
    limits = []
    everything = frozenset(deck.id for deck in decks)
    if not own and everything:  # as most learners have it: no deck need be asked for its limits
        return [Share(everything, (Limit(everything, whole - _among(done, everything)),))]
    free = everything
    for name in sorted(own):
        inside = below(name, decks)
        limits.append(Limit(inside, own[name] - _among(done, inside)))
        free -= inside
    held = everything if chosen else free
    limits.append(Limit(held, whole - _among(done, held)))
    found: dict[tuple[Limit, ...], set[int]] = {}
    for id in everything:
        found.setdefault(tuple(limit for limit in limits if id in limit.decks), set()).add(id)
    return [Share(frozenset(ids), under) for under, ids in found.items()]


def _among(done: Mapping[int, int], decks: frozenset[int]) -> int:
    return sum(number for id, number in done.items() if id in decks)  # far fewer were studied today than there are


def plan_of(deck: str, plans: Collection[Plan], today: int) -> Plan | None:
    """The plan that a deck follows today: the nearest over it of those whose day is to come."""
    over = [p for p in plans if p.day > today and (p.deck is None or f"{deck}/".startswith(f"{p.deck}/"))]
    return max(over, key=lambda plan: len(plan.deck or ""), default=None)


def followed(decks: Collection[Deck], plans: Collection[Plan], today: int) -> dict[Plan, frozenset[int]]:
    """The plans that are followed today, each with the numbers of its decks."""
    found: dict[Plan, frozenset[int]] = {}
    for deck in decks if plans else ():
        plan = plan_of(deck.name, plans, today)
        if plan is not None:
            found[plan] = found.get(plan, frozenset()) | {deck.id}
    return found


def paced(plan: Plan, decks: frozenset[int], done: Mapping[int, int]) -> Share:
    """The decks that follow a plan: its number of new cards a day goes before every limit. `done` is today's, by deck."""
    return Share(decks, (Limit(decks, plan.new_per_day - _among(done, decks)),))


def inside(shares: Sequence[Share], decks: frozenset[int] | None) -> list[Share]:
    """The shares as far as they lie in some decks; `None` for all."""
    if decks is None:
        return list(shares)
    return [Share(share.decks & decks, share.limits) for share in shares if share.decks & decks]


def total(shares: Sequence[Share], count: Callable[[Share], int]) -> int:
    """How many cards may still be asked, when `count` tells how many there are of a share, at most its `most`."""
    numbers = [count(share) for share in shares]
    for limit in sorted({limit for share in shares for limit in share.limits}, key=lambda limit: len(limit.decks)):
        held = [at for at, share in enumerate(shares) if limit in share.limits]
        over = sum(numbers[at] for at in held) - max(0, limit.left)
        for at in held:  # limits lie within each other: it is the same from which share the rest is taken
            less = min(max(0, over), numbers[at])
            numbers[at], over = numbers[at] - less, over - less
    return sum(numbers)


def below(name: str, decks: Collection[Deck]) -> frozenset[int]:
    """The deck and all below it."""
    return frozenset(deck.id for deck in decks if f"{deck.name}/".startswith(f"{name}/"))
