"""Session: next, preview, answer, undo, progress. It holds ids and limits, and no queue: the queue is a query."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from srs.cards import Card, Counts, Deck, Fitted, Plan, Preset, Rating, Review, Schedule, State
from srs.days import Days
from srs.errors import NothingToUndo
from srs.limits import Limit, Share, below, followed, inside, paced, plan_of, shares, total
from srs.parameters import DEFAULTS, stretch
from srs.settings import Settings, paths
from srs.store import Store
from srs.store.imports import Changed
from srs.store.queue import Answered, Asking, Eve
from srs.store.search import Moment
from srs.study.sitting import Cram, Tally

if TYPE_CHECKING:
    from srs.scheduling import Scheduler

APART = 5
"""Cards at most that are passed over because they are easily confused with the one just answered."""

LEARN_AHEAD = timedelta(minutes=20)
"""When nothing else is left, a learning card is asked up to this long before it is due."""


class _Turn(Protocol):
    """A question to the store for the first card of some sort."""

    def __call__(self, asking: Asking, *, unlike: Card | None) -> Card | None: ...


class Session:
    """One sitting over a deck, or over all of the collection."""

    def __init__(
        self,
        store: Store,
        preset: Preset | Settings,
        days: Days,
        deck: str | None = None,
        *,
        new: int | None = None,
        limit: int | None = None,
        minutes: float | None = None,
        cram: bool = False,
        cram_counts: bool = False,
        ahead: int = 0,
    ) -> None:
        """Settings know the options of single decks; a preset is the same for all that have none in the collection.

        `new`, `limit` and `minutes` bound this sitting's new cards, answers and length; `None` leaves the day's limits.
        To `cram` is to ask all cards once, due or not, and again what was not known: without effect on their schedules,
        unless `cram_counts`. `ahead` is for how many study days more reviews are asked. Raises DeckNotFound.
        """
        self._store, self._days = store, days
        self._deck = deck.strip("/") if deck is not None else None
        if isinstance(preset, Preset):
            preset = Settings("", days, preset, chosen=frozenset({"new_per_day", "reviews_per_day"}))
        self._settings = preset
        self._new, self._limit, self._minutes, self._ahead = new, limit, minutes, ahead
        self._cram = Cram(counts=cram_counts) if cram else None
        self._new_begun = 0
        self._began: datetime | None = None
        self._skipped: set[int] = set()
        self._last: Card | None = None
        self._mine: list[Review] = []
        self._load: tuple[tuple[int, int, int], dict[int, int]] | None = None
        self._decks: list[Deck] = []
        self._fits: dict[str | None, Fitted] = {}
        self._plans: list[Plan] = []
        self._presets: dict[str | None, Preset] = {}
        self.tally = Tally()
        if deck is not None:
            store.require_deck(deck)
        self._read_decks()

    @property
    def preset(self) -> Preset:
        """The options of the deck that this sitting is over."""
        return self.preset_of(self._deck)

    def preset_of(self, deck: str | None) -> Preset:
        """The options in force in a deck. Raises SettingsError when the collection holds some that make no sense."""
        if deck not in self._presets:
            options = {deck.name: deck.options for deck in self._decks}
            self._presets[deck] = self._settings.preset_for(deck, options, self._fits)
        return self._presets[deck]

    def next(self, now: datetime) -> Card | None:
        """The card to ask at `now`; `None` when nothing is left, or the sitting's limit is reached.

        Learning cards that are due come first, then reviews and new cards as the deck has it, and last, learning cards
        that are due soon. What is easily confused with the card answered last waits for something else.
        """
        if self._is_over(now):
            return None
        asking, new, reviews = self._asking(now)
        if self._cram is not None:
            return self._cram.next(self._store, asking)
        due: list[_Turn] = [partial(self._store.next_learning, until=now), *self._turns(asking, new, reviews)]
        turns = [*due, partial(self._store.next_learning, until=now + LEARN_AHEAD)]
        if self._last is not None:
            # A card that was just missed does not come back early only to keep two others apart.
            card = (
                _apart(due, asking, self._last, unlike=self._last)
                or _apart(due, asking, self._last)
                or _first(due, asking)
                or _apart(turns, asking, self._last)
            )
            if card is not None:
                return card
        return _first(turns, asking)

    def _turns(self, asking: Asking, new: Sequence[Share], reviews: Sequence[Share]) -> list[_Turn]:
        """Reviews and new cards, in the order in which they have their turn now."""
        order = self.preset.new_order
        if order == "mixed":
            # The i-th of n cards stands at i / (n + 1) of the sitting: the one that stands nearer comes first.
            begun, done = self._new_begun, self.tally.reviews
            of_new = (begun + 1) / (begun + 1 + self._left(new, partial(self._store.count_new, asking)))
            of_reviews = (done + 1) / (done + 1 + self._left(reviews, partial(self._store.count_reviews, asking)))
            order = "first" if of_new < of_reviews else "last"
        turns: list[_Turn] = [self._store.next_review, self._store.next_new]
        return turns[::-1] if order == "first" else turns

    def _is_over(self, now: datetime) -> bool:
        self._began = self._began or now
        if self._limit is not None and self.tally.answers >= self._limit:
            return True
        # A clock that was set back does not give more time: then the time taken for the answers counts.
        taken = max((now - self._began).total_seconds(), self.tally.seconds)
        return self._minutes is not None and taken >= self._minutes * 60

    def _read_decks(self) -> None:
        """Know the decks as they are now: an import may have made one, options have been set, parameters fitted or plans made."""
        self._plans = self._store.plans()
        decks, fits = self._store.decks(), self._store.fits()
        if (decks, fits) != (self._decks, self._fits):
            self._decks, self._fits, self._presets = decks, fits, {}

    def _asking(self, now: datetime) -> tuple[Asking, list[Share], list[Share]]:
        """What is asked from at `now`, and what the limits leave of new cards and of reviews."""
        self._read_decks()
        today = self._days.number(now)
        answered = self._store.answered(today)
        plans = followed(self._decks, self._plans, today)
        new = self._shares("new_per_day", {deck: done.begun for deck, done in answered.items()}, plans)
        reviews = self._shares("reviews_per_day", {deck: done.reviews for deck, done in answered.items()})
        if self._new is not None:
            decks = frozenset(deck.id for deck in self._decks) if self._inside is None else self._inside
            new = [Share(decks, (Limit(decks, self._new - self._new_begun),))]
        eves = [eve for plan, decks in plans.items() if plan.day == today + 1 for eve in self._eve(plan, decks)]
        asking = Asking(
            now=now,
            day=self._days.begin(today),
            next_day=self._days.begin(today + 1),
            until=self._days.begin(today + self._ahead + 1) if self._ahead else now,
            order="retrievability-ascending" if eves else self.preset.review_order,
            seed=today,
            decks=self._inside,
            new_decks=self._open(new),
            review_decks=self._open(reviews),
            together=[deck.id for deck in self._decks if not self.preset_of(deck.name).bury_siblings],
            skipped=self._skipped,
            eves=eves,
        )
        return asking, new, reviews

    @property
    def _inside(self) -> frozenset[int] | None:
        """The decks that this sitting is over; `None` for the whole collection."""
        return None if self._deck is None else below(self._deck, self._decks)

    def _eve(self, plan: Plan, decks: frozenset[int]) -> list[Eve]:
        """The last pass of a plan, over its decks in this sitting, by the parameters that each is scheduled with."""
        by_stretch: dict[float, set[int]] = {}
        for deck in self._decks:
            if deck.id in decks and (self._inside is None or deck.id in self._inside):
                values = self.preset_of(deck.name).parameters or DEFAULTS.values
                by_stretch.setdefault(stretch(values, plan.least), set()).add(deck.id)
        return [Eve(frozenset(ids), most) for most, ids in by_stretch.items()]

    def _shares(
        self, option: str, done: Mapping[int, int], plans: Mapping[Plan, frozenset[int]] | None = None
    ) -> list[Share]:
        """The decks of this sitting by the limits that they are under, which `option` names. `done` is by deck.

        Decks that follow one of the `plans` are under its limit instead.
        """
        planned = frozenset[int]().union(*(plans or {}).values())
        free = [deck for deck in self._decks if deck.id not in planned]
        found = shares(free, done, *self._settings.day_limit(option, free)) if free else []
        found += [paced(plan, decks, done) for plan, decks in (plans or {}).items()]
        return inside(found, self._inside)

    def waiting(self, now: datetime) -> tuple[int, int, int]:
        """New, learning and review cards that are left to ask today; in a cram, all that are left count as reviews."""
        asking, new, reviews = self._asking(now)
        if self._cram is not None:
            asking = replace(asking, seed=self._cram.seed or asking.seed)
            return 0, 0, self._store.count_any(asking, self._cram.place) + len(self._cram.again)
        asking = replace(asking, skipped=())
        return (
            self._left(new, partial(self._store.count_new, asking)),
            self._store.count_learning(asking),
            self._left(reviews, partial(self._store.count_reviews, asking)),
        )

    def waiting_by_deck(self, now: datetime) -> list[Counts]:
        """What `waiting` counts, for every deck and the folders over it, each with all below it, in the order of names."""
        asking, new, reviews = self._asking(now)
        most_new, most_reviews = (max((share.most for share in under), default=0) for under in (new, reviews))
        waiting = self._store.waiting(asking, most_new, most_reviews)
        of_new, learning, of_review = ({id: counts[of] for id, counts in waiting.items()} for of in range(3))
        held = self._store.held(self._days.number(now))
        names: dict[str, set[int]] = {}
        for deck in self._decks:
            if self._inside is None or deck.id in self._inside:
                for name in paths(deck.name):
                    names.setdefault(name, set()).add(deck.id)
        found = []
        for name in sorted(names, key=lambda name: name.split("/")):
            ids = frozenset(names[name])
            found.append(
                Counts(
                    name,
                    total(inside(new, ids), _counting(of_new)),
                    sum(learning.get(id, 0) for id in ids),
                    total(inside(reviews, ids), _counting(of_review)),
                    done_today=sum(held[id][1] for id in ids if id in held),
                    cards=sum(held[id][0] for id in ids if id in held),
                )
            )
        return found if self._deck is None else [c for c in found if f"{c.deck}/".startswith(f"{self._deck}/")]

    def _left(self, shares: Sequence[Share], count: Callable[[frozenset[int] | None, int], int]) -> int:
        """How many cards may still be asked; `count` tells how many there are of some decks, up to a number."""
        return total(shares, lambda share: count(self._queued(share.decks), share.most))

    def _queued(self, decks: frozenset[int]) -> frozenset[int] | None:
        """Decks as the store wants them: `None` for all there are, which another index serves."""
        return None if len(decks) == len(self._decks) else decks

    def _open(self, shares: Sequence[Share]) -> frozenset[int] | None:
        """The decks of which some cards may still be asked."""
        return self._queued(frozenset().union(*(share.decks for share in shares if share.most)))

    def _scheduler(self, card: Card, now: datetime) -> "Scheduler":
        from srs.scheduling import Scheduler  # the first card is shown without it

        plan = plan_of(card.deck, self._plans, self._days.number(now))
        return Scheduler(self.preset_of(card.deck), self._days, plan)

    def preview(self, card: Card, now: datetime) -> dict[Rating, Schedule]:
        """What each rating gives; `answer` with the same `now` gives exactly that."""
        if self._cram is not None and not self._cram.counts:
            return dict.fromkeys(Rating, card.schedule)
        return self._scheduler(card, now).preview(card.schedule, now, card_id=card.id, load=self._loaded(card, now))

    def _loaded(self, card: Card, now: datetime) -> dict[int, int]:
        """How many cards come due by study day, read once for a card that is shown: its keys do what they say."""
        shown = card.id, card.schedule.reps, self._days.number(now)
        if self._load is None or self._load[0] != shown:
            load: dict[int, int] = {}
            spread = self._scheduler(card, now).spread(card.schedule, now)
            if spread is not None:
                first, last = (self._days.begin(day) for day in (spread[0], spread[1] + 1))
                for due, number in self._store.load(first, last, besides=card.id).items():
                    day = self._days.number(due)
                    load[day] = load.get(day, 0) + number
            self._load = shown, load
        return self._load[1]

    def answer(
        self, card: Card, rating: Rating, now: datetime, seconds: float, ticks: Sequence[tuple[str, bool]] = ()
    ) -> Schedule:
        """Commit an answer, and only then return the schedule that it gave; `leech` says if it made the card one.

        `ticks` are items of the answer, and whether each was covered. Raises StaleCard when the card was answered
        elsewhere. A cram that does not count commits nothing.
        """
        before = card.schedule
        scheduler = self._scheduler(card, now)
        scheduled = (before.due - before.last_review) / timedelta(days=1) if before.last_review else None
        if scheduled is not None and before.state is State.REVIEW and before.last_review is not None:
            scheduled = self._days.number(before.due) - self._days.number(before.last_review)
        review = Review(
            card_id=card.id,
            rating=rating,
            at=now,
            day=self._days.number(now),
            seconds=round(min(max(seconds, 0.0), scheduler.preset.answer_cap), 3),
            before=before,
            elapsed_days=scheduler.elapsed_days(before, now),
            scheduled_days=scheduled,
            retrievability=scheduler.retrievability(before, now) if before.last_review else None,
            ticks=tuple(ticks),
        )
        after = self.preview(card, now)[rating]
        if self._cram is not None and not self._cram.counts:
            self._cram.done.append((card, review))
        else:
            self._store.record(review, after, suspend=after.leech and scheduler.preset.leech_action == "suspend")
            self._mine.append(review)
            self._new_begun += before.last_review is None
        if self._cram is not None:
            self._cram.answered(card, rating)
        self._last, self._load = card, None
        self.tally.count(review)
        return after

    def undo(self) -> tuple[Card, str]:
        """Take back what was done last to one card, in this sitting or an earlier one: the card, and what in words.

        That is an answer, or a card put aside; of a cram, its own answers. Raises NothingToUndo.
        """
        done: Review | Changed
        if self._cram is not None and not self._cram.counts:
            if not self._cram.done:
                raise NothingToUndo("there is no answer of this cram to take back")
            card, done = self._cram.done.pop()
            self.tally.count(done, -1)
        else:
            card, done = self._store.undo()
            if self._mine and (self._mine[-1].card_id, self._mine[-1].at) == (card.id, getattr(done, "at", None)):
                mine = self._mine.pop()
                self.tally.count(mine, -1)
                self._new_begun -= mine.before.last_review is None
        if self._cram is not None:
            self._cram.put_aside(card)
            self._cram.again.insert(0, card.id)
        self._skipped.discard(card.id)
        self._load = None
        return card, done.rating.name.capitalize() if isinstance(done, Review) else done.what

    def skip(self, card: Card) -> None:
        """Not again in this sitting."""
        self._skipped.add(card.id)

    def bury(self, card: Card, now: datetime) -> None:
        """Not again until the next study day."""
        self._put_aside(card, now, "buried until tomorrow", buried_until=self._days.begin(self._days.number(now) + 1))

    def suspend(self, card: Card, now: datetime) -> None:
        """Not again until told."""
        self._put_aside(card, now, "suspended", suspended=True)

    def _put_aside(self, card: Card, now: datetime, how: str, **values: object) -> None:
        from srs.terms import Id

        at = Moment(now, self._days, fades=lambda _: 0.0)
        self._store.change_cards(Id((card.id,)), at, lambda _: f"1 card {how}", lambda _: values)
        if self._cram is not None:
            self._cram.put_aside(card)

    def current(self, card: Card) -> Card | None:
        """The card as the collection holds it now, after an edit say; `None` when it is not to be asked any longer."""
        found = self._store.card(card.id)
        return None if found is None or found.retired or found.suspended else found

    def history(self, card: Card) -> list[Review]:
        """Its answers, oldest first."""
        return self._store.history(card.id)

    def missed(self, card: Card) -> dict[str, tuple[int, int]]:
        """Items of its answer that were left out before: (times left out, times ticked off or left out)."""
        return self._store.missed(card.id)

    def better(self, card: Card) -> Card | None:
        """To a bad answer, the card that has a better one, or what a good one shows; `None` where no document has it."""
        from srs.quality import better_answer

        return better_answer(card, self._store.beside(card, ("rewrite", "themes", "qa")))

    def answered_by(self, card: Card) -> Card | None:
        """To a question without an answer, the card that has the themes of one that asks nearly the same."""
        from srs.quality import nearest_question

        return nearest_question(card, self._store.beside(card, ("themes",)))

    def today(self, now: datetime) -> Answered:
        """What was answered on this study day in the decks of this sitting."""
        answered = self._store.answered(self._days.number(now))
        inside = self._inside
        return sum((a for deck, a in answered.items() if inside is None or deck in inside), Answered())

    def retrievability(self, card: Card, now: datetime) -> float:
        return self._scheduler(card, now).retrievability(card.schedule, now)

    def due_tomorrow(self, now: datetime) -> int:
        """Cards that come due on the next study day, besides new ones."""
        day = self._days.number(now)
        return self._store.due_from(self._deck, since=self._days.begin(day + 1), until=self._days.begin(day + 2))


def _counting(numbers: Mapping[int, int]) -> Callable[[Share], int]:
    return lambda share: min(share.most, sum(numbers.get(id, 0) for id in share.decks))


def _first(turns: Sequence[_Turn], asking: Asking, unlike: Card | None = None) -> Card | None:
    found = (turn(asking, unlike=unlike) for turn in turns)
    return next((card for card in found if card is not None), None)


def _apart(turns: Sequence[_Turn], asking: Asking, last: Card, unlike: Card | None = None) -> Card | None:
    """The first card that is not easily confused with the last one; `None` when many in a row are."""
    from srs.quality import confusable

    apart: set[int] = set()
    while len(apart) < APART:
        card = _first(turns, replace(asking, skipped={*asking.skipped, *apart}), unlike)
        if card is None or not confusable(card, last):
            return card
        apart.add(card.id)
    return None
