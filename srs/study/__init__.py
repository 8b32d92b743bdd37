"""Session: next, preview, answer, undo, progress. It holds ids and limits, and no queue: the queue is a query."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from srs.cards import Card, Counts, Preset, Rating, Review, Schedule
from srs.days import Days
from srs.errors import DatabaseError, NothingToUndo, StaleCard
from srs.limits import Limit, Share, inside, plan_of, total
from srs.settings import Settings, paths
from srs.store.queue import Answered, Asking, Queue
from srs.study.moment import Foreseen, Moment, Shown
from srs.study.sitting import Cram, Tally
from srs.study.standing import Standing

if TYPE_CHECKING:
    from srs.scheduling import Scheduler
    from srs.store.imports import Changed

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
        store: Queue,
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
        self._shown: Shown | None = None
        self._moment: Moment | None = None
        self._prepared: Shown | None = None
        self._foreseen: dict[Rating, Foreseen] = {}
        self._following: Foreseen | None = None
        self._standing = Standing(store, preset, days, self._deck)
        self.tally = Tally()
        with store.at_once():
            if deck is not None:
                store.require_deck(deck)
            self._standing.read_decks()

    @property
    def preset(self) -> Preset:
        """The options of the deck that this sitting is over."""
        return self.preset_of(self._deck)

    def preset_of(self, deck: str | None) -> Preset:
        """The options in force in a deck. Raises SettingsError when the collection holds some that make no sense."""
        return self._standing.preset_of(deck)

    def next(self, now: datetime) -> Card | None:
        """The card to ask at `now`; `None` when nothing is left, or the sitting's limit is reached.

        Learning cards that are due come first, then reviews and new cards as the deck has it, and last, learning cards
        that are due soon. What is easily confused with the card answered last waits for something else.
        """
        if self._is_over(now):
            return None
        with self._store.at_once():
            if (foreseen := self._still(now)) is not None:
                return foreseen.card
            moment = self._at(now)
            return self._next(moment) if self._cram is None else self._cram.next(self._store, moment.asking)

    def _next(self, moment: Moment) -> Card | None:
        asking = moment.asking
        due = self._turns(moment)
        turns = [*due, partial(self._store.next_learning, until=asking.now + LEARN_AHEAD)]
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

    def _turns(self, moment: Moment) -> list["_Turn"]:
        """Learning cards that are due, reviews and new cards, in the order in which they have their turn now."""
        learning: list[_Turn] = [partial(self._store.next_learning, until=moment.asking.now)] if moment.learning else []
        new: list[_Turn] = [self._store.next_new] if moment.new else []
        reviews: list[_Turn] = [self._store.next_review] if moment.reviews else []
        order = self.preset.new_order
        if order == "mixed":
            # The i-th of n cards stands at i / (n + 1) of the sitting: the one that stands nearer comes first.
            begun, done = self._new_begun, self.tally.reviews
            is_new = (begun + 1) / (begun + 1 + moment.new) < (done + 1) / (done + 1 + moment.reviews)
            order = "first" if is_new else "last"
        return learning + (new + reviews if order == "first" else reviews + new)

    def _is_over(self, now: datetime) -> bool:
        self._began = self._began or now
        if self._limit is not None and self.tally.answers >= self._limit:
            return True
        # A clock that was set back does not give more time: then the time taken for the answers counts.
        taken = max((now - self._began).total_seconds(), self.tally.seconds)
        return self._minutes is not None and taken >= self._minutes * 60

    def _at(self, now: datetime) -> Moment:
        """What is asked from at `now`; what was found out for that moment before still holds, if nothing was done since."""
        standing = self._standing
        standing.look(now)
        if self._moment is None or (self._moment.asking.now, self._moment.stamp) != (now, standing.stamp):
            plans = standing.followed()
            new, reviews = standing.new_shares(plans), standing.review_shares()
            if self._new is not None:
                decks = frozenset(deck.id for deck in standing.decks) if standing.inside is None else standing.inside
                new = [Share(decks, (Limit(decks, self._new - self._new_begun),))]
            eves = standing.eves(plans)
            today, begin = standing.today, self._days.begin
            asking = Asking(
                now=now,
                day=begin(today),
                next_day=begin(today + 1),
                until=begin(today + self._ahead + 1) if self._ahead else now,
                order="retrievability-ascending" if eves else self.preset.review_order,
                seed=today,
                decks=standing.inside,
                new_decks=self._open(new),
                review_decks=self._open(reviews),
                together=standing.together(),
                skipped=frozenset(self._skipped),
                eves=eves,
            )
            self._moment = Moment(standing.stamp, asking, new, reviews, self._store, self._queued)
        return self._moment

    def waiting(self, now: datetime) -> tuple[int, int, int]:
        """New, learning and review cards that are left to ask today; in a cram, all that are left count as reviews."""
        with self._store.at_once():
            if (foreseen := self._still(now)) is not None:
                return foreseen.waiting
            moment = self._at(now)
            if self._cram is None:
                return moment.new, moment.learning, moment.reviews
            asking = replace(moment.asking, seed=self._cram.seed or moment.asking.seed)
            return 0, 0, self._store.count_any(asking, self._cram.place) + len(self._cram.again)

    def waiting_by_deck(self, now: datetime) -> list[Counts]:
        """What `waiting` counts, for every deck and the folders over it, each with all below it, in the order of names."""
        with self._store.at_once():
            moment = self._at(now)
            most_new, most_reviews = (
                max((share.most for share in under), default=0) for under in (moment.new_shares, moment.review_shares)
            )
            waiting = self._store.waiting(moment.asking, most_new, most_reviews)
            held = self._store.held(self._standing.today)
        of_new, learning, of_review = ({id: counts[of] for id, counts in waiting.items()} for of in range(3))
        names: dict[str, set[int]] = {}
        for deck in self._standing.decks:
            if self._standing.inside is None or deck.id in self._standing.inside:
                for name in paths(deck.name):
                    names.setdefault(name, set()).add(deck.id)
        found = []
        for name in sorted(names, key=lambda name: name.split("/")):
            ids = frozenset(names[name])
            found.append(
                Counts(
                    name,
                    total(inside(moment.new_shares, ids), _counting(of_new)),
                    sum(learning.get(id, 0) for id in ids),
                    total(inside(moment.review_shares, ids), _counting(of_review)),
                    done_today=sum(held[id][1] for id in ids if id in held),
                    cards=sum(held[id][0] for id in ids if id in held),
                )
            )
        return found if self._deck is None else [c for c in found if f"{c.deck}/".startswith(f"{self._deck}/")]

    def _queued(self, decks: frozenset[int]) -> frozenset[int] | None:
        """Decks as the store wants them: `None` for all there are, which another index serves."""
        return None if len(decks) == len(self._standing.decks) else decks

    def _open(self, shares: Sequence[Share]) -> frozenset[int] | None:
        """The decks of which some cards may still be asked."""
        return self._queued(frozenset().union(*(share.decks for share in shares if share.most)))

    def _scheduler(self, card: Card, now: datetime) -> "Scheduler":
        from srs.scheduling import Scheduler  # the first card is shown without it

        plan = plan_of(card.deck, self._standing.plans, self._days.number(now))
        return Scheduler(self.preset_of(card.deck), self._days, plan)

    def preview(self, card: Card, now: datetime) -> dict[Rating, Schedule]:
        """What each rating gives; `answer` with the same `now` gives exactly that."""
        if self._cram is not None and not self._cram.counts:
            return dict.fromkeys(Rating, card.schedule)
        shown = self._show(card, now)
        return {rating: shown.scheduler.later(after, shown.at, now) for rating, after in shown.outcomes.items()}

    def _show(self, card: Card, now: datetime) -> Shown:
        """Found once for a card that is shown: its keys do what they say."""
        day = self._days.number(now)
        if self._shown is None or not self._shown.is_of(card, day):
            scheduler = self._scheduler(card, now)
            spread = scheduler.spread(card.schedule, now)
            load: dict[int, int] = {}
            if spread is not None:
                with self._store.at_once():
                    self._standing.look(now)
                    load = self._standing.load(*spread, besides=card)
            outcomes = scheduler.preview(card.schedule, now, card_id=card.id, load=load)
            self._shown = Shown(card, day, now, scheduler, outcomes)
        return self._shown

    def answer(
        self, card: Card, rating: Rating, now: datetime, seconds: float, ticks: Sequence[tuple[str, bool]] = ()
    ) -> Schedule:
        """Commit an answer, and only then return the schedule that it gave; `leech` says if it made the card one.

        `ticks` are items of the answer, and whether each was covered. Raises StaleCard when the card was answered
        elsewhere. A cram that does not count commits nothing.
        """
        before, shown = card.schedule, self._show(card, now)
        scheduler = shown.scheduler
        review = Review(
            card_id=card.id,
            rating=rating,
            at=now,
            day=shown.day,
            seconds=round(min(max(seconds, 0.0), scheduler.preset.answer_cap), 3),
            before=before,
            elapsed_days=shown.elapsed_days,
            scheduled_days=shown.scheduled_days,
            retrievability=shown.retrievability,
            ticks=tuple(ticks),
        )
        after = scheduler.later(shown.outcomes[rating], shown.at, now)
        if self._cram is not None and not self._cram.counts:
            after = before
            self._cram.done.append((card, review))
        else:
            suspend = after.leech and scheduler.preset.leech_action == "suspend"
            self._store.record(review, after, suspend=suspend)
            self._standing.answered(card, review, after, suspended=suspend)
            self._mine.append(review)
            self._new_begun += before.last_review is None
        if self._cram is not None:
            self._cram.answered(card, rating)
        self._last, self._shown, self._moment = card, None, None
        self._following = self._foreseen.get(rating) if shown is self._prepared else None
        self.tally.count(review)
        return after

    def prepare(self, card: Card, now: datetime) -> None:
        """While a card is read: find what its keys will say, and what follows each of them.

        For that each answer is given on trial, and taken back: so what is foreseen is by the same rules as all else.
        """
        shown = self._show(card, now)
        if shown is self._prepared or self._cram is not None or not self._store.has_trials:
            return
        self._prepared, self._foreseen = shown, {}
        with suppress(
            DatabaseError, StaleCard
        ):  # somebody else writes, or wrote, or nobody may: it is found out afterwards
            for rating in Rating:
                with self._store.on_trial():
                    found = self._on_trial(card, rating, now)
                if found is not None:
                    self._foreseen[rating] = found

    def _on_trial(self, card: Card, rating: Rating, now: datetime) -> Foreseen | None:
        """What follows an answer to a card; `None` where it depends on when it is given."""
        twin = copy(self)
        twin.tally, twin._standing, twin._mine = replace(self.tally), self._standing.copy(), []
        twin.answer(card, rating, now, 0.0)
        following = twin._next(twin._at(now))
        if following is None or following.schedule.due > now:
            return None
        tomorrow = self._days.begin(self._standing.today + 1)
        until = min(tomorrow, self._store.next_due(now) or tomorrow)
        return Foreseen(following, twin.waiting(now), twin._standing.stamp, now, until)

    def _still(self, now: datetime) -> Foreseen | None:
        """What was foreseen, if it holds."""
        if self._following is None:
            return None
        self._standing.look(now)
        return self._following if self._following.holds(self._standing.stamp, now) else None

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
            card, done = self._store.whole.undo()
            if self._mine and (self._mine[-1].card_id, self._mine[-1].at) == (card.id, getattr(done, "at", None)):
                mine = self._mine.pop()
                self.tally.count(mine, -1)
                self._new_begun -= mine.before.last_review is None
        if self._cram is not None:
            self._cram.put_aside(card)
            self._cram.again.insert(0, card.id)
        self._skipped.discard(card.id)
        self._shown = self._moment = self._following = None
        return card, done.rating.name.capitalize() if isinstance(done, Review) else done.what

    def skip(self, card: Card) -> None:
        """Not again in this sitting."""
        self._skipped.add(card.id)
        self._moment = self._following = None

    def bury(self, card: Card, now: datetime) -> None:
        """Not again until the next study day."""
        self._put_aside(card, now, "buried until tomorrow", buried_until=self._days.begin(self._days.number(now) + 1))

    def suspend(self, card: Card, now: datetime) -> None:
        """Not again until told."""
        self._put_aside(card, now, "suspended", suspended=True)

    def _put_aside(self, card: Card, now: datetime, how: str, **values: object) -> None:
        from srs.store.search import Moment
        from srs.terms import Id

        at = Moment(now, self._days, fades=lambda _: 0.0)
        self._store.whole.change_cards(Id((card.id,)), at, lambda _: f"1 card {how}", lambda _: values)
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
        with self._store.at_once():
            self._standing.look(now)
        return self._standing.done_in_all()

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
