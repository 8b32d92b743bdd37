"""What a sitting knows of the collection, kept up to date through its own answers and read anew when somebody else writes."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime

from srs.cards import Card, Deck, Fitted, Plan, Preset, Review, Schedule, State
from srs.days import Days
from srs.limits import Share, below, followed, inside, paced, shares
from srs.parameters import DEFAULTS, stretch
from srs.settings import Settings
from srs.store.queue import Answered, Eve, Queue, Stamp


class Standing:
    """Decks with their options, plans and limits; what was answered today; what comes due.

    An answer is two rows, and not a survey of the collection: what `look` has read holds until somebody else writes.

    Attributes:
        decks, plans: those of the collection. today: the study day's number. done: what was answered today, by deck.
        stamp: the state of the collection that all this is of.
    """

    def __init__(self, store: Queue, settings: Settings, days: Days, deck: str | None) -> None:
        self._store, self._settings, self._days, self._deck = store, settings, days, deck
        self.stamp: Stamp | None = None
        self.today = 0
        self.decks: list[Deck] = []
        self.plans: list[Plan] = []
        self.done: dict[int, Answered] = {}
        self._done_in_all: Answered | None = None
        self._due: dict[int, int] = {}
        self._fits: dict[str | None, Fitted] = {}
        self._forget()

    def copy(self) -> "Standing":
        """For an answer on trial: what it changes here is not changed in this one."""
        twin = copy(self)
        twin.done, twin._due = self.done.copy(), self._due.copy()
        return twin

    def _forget(self) -> None:
        """What follows from the decks and their options is found again when it is asked for."""
        self._presets: dict[str | None, Preset] = {}
        self._limits: dict[tuple[str, frozenset[int]], tuple[list[Deck], dict[str, int], int, bool]] = {}
        self._together: list[int] | None = None
        self._done_in_all = None
        self.inside = None if self._deck is None else below(self._deck, self.decks)

    def read_decks(self) -> None:
        """The decks as they are now: an import may have made one, options been set, parameters fitted, or plans made."""
        self.plans = self._store.plans()
        decks, fits = self._store.decks(), self._store.fits()
        if (decks, fits) != (self.decks, self._fits):
            self.decks, self._fits = decks, fits
            self._forget()

    def look(self, now: datetime) -> None:
        """Know all as it is at `now`; without a question to the database but one, when nobody else has written."""
        stamp, today = self._store.stamp(), self._days.number(now)
        if stamp != self.stamp:
            self.read_decks()
            self._due = {}
        if stamp != self.stamp or today != self.today:
            self.done, self._done_in_all = self._store.answered(today), None
        self.stamp, self.today = stamp, today

    def answered(self, card: Card, review: Review, after: Schedule, *, suspended: bool) -> None:
        """An answer of this sitting was just committed; it may have suspended the card."""
        deck = next((deck.id for deck in self.decks if deck.name == card.deck), None)
        self.stamp = None if self.stamp is None or deck is None else self.stamp.after_own()
        if deck is not None and review.day == self.today:
            answered = Answered.of(review)
            self.done[deck] = self.done.get(deck, Answered()) + answered
            if self._done_in_all is not None and (self.inside is None or deck in self.inside):
                self._done_in_all += answered
        self._moves(card.schedule, -1)
        self._moves(after, 0 if suspended else 1)

    def done_in_all(self) -> Answered:
        """What was answered today in the decks of this sitting."""
        if self._done_in_all is None:
            inside = self.done if self.inside is None else self.inside & self.done.keys()
            self._done_in_all = sum((self.done[deck] for deck in inside), Answered())
        return self._done_in_all

    def _moves(self, schedule: Schedule, by: int) -> None:
        day = self._due_day(schedule)
        if day in self._due:
            self._due[day] += by

    def _due_day(self, schedule: Schedule) -> int | None:
        """The study day on which a card comes due for a review."""
        if schedule.last_review is None or schedule.state is not State.REVIEW:
            return None
        return self._days.number(schedule.due)

    def load(self, first: int, last: int, besides: Card) -> dict[int, int]:
        """How many reviews of the whole collection come due from one study day to another, without one card's."""
        missing = [day for day in range(first, last + 1) if day not in self._due]
        if missing:
            since, until = self._days.begin(missing[0]), self._days.begin(missing[-1] + 1)
            self._due |= dict.fromkeys(range(missing[0], missing[-1] + 1), 0)
            for due, number in self._store.load(since, until).items():
                self._due[self._days.number(due)] += number
        own = self._due_day(besides.schedule)
        return {day: self._due[day] - (day == own) for day in range(first, last + 1)}

    def preset_of(self, deck: str | None) -> Preset:
        """The options in force in a deck. Raises SettingsError when the collection holds some that make no sense."""
        if deck not in self._presets:
            options = {deck.name: deck.options for deck in self.decks}
            self._presets[deck] = self._settings.preset_for(deck, options, self._fits)
        return self._presets[deck]

    def new_shares(self, plans: Mapping[Plan, frozenset[int]]) -> list[Share]:
        """The decks of this sitting by the limits of new cards that they are under; those with a plan are under its own."""
        begun = {deck: done.begun for deck, done in self.done.items()}
        found = self._shares("new_per_day", begun, frozenset[int]().union(*plans.values()))
        return inside([*found, *(paced(plan, decks, begun) for plan, decks in plans.items())], self.inside)

    def review_shares(self) -> list[Share]:
        """The same of reviews, for which plans have no limit of their own."""
        reviews = {deck: done.reviews for deck, done in self.done.items()}
        return inside(self._shares("reviews_per_day", reviews, frozenset()), self.inside)

    def _shares(self, option: str, done: Mapping[int, int], planned: frozenset[int]) -> list[Share]:
        if (option, planned) not in self._limits:
            free = [deck for deck in self.decks if deck.id not in planned]
            self._limits[option, planned] = free, *self._settings.day_limit(option, free)
        free, own, whole, chosen = self._limits[option, planned]
        return shares(free, done, own, whole, chosen) if free else []

    def followed(self) -> dict[Plan, frozenset[int]]:
        """The plans that are followed today, each with the numbers of its decks."""
        return followed(self.decks, self.plans, self.today)

    def eves(self, plans: Mapping[Plan, frozenset[int]]) -> list[Eve]:
        """The last pass of plans for tomorrow, over their decks in this sitting, by the parameters of each."""
        by_stretch: dict[float, set[int]] = {}
        for plan, decks in plans.items():
            for deck in self.decks if plan.day == self.today + 1 else ():
                if deck.id in decks and (self.inside is None or deck.id in self.inside):
                    values = self.preset_of(deck.name).parameters or DEFAULTS.values
                    by_stretch.setdefault(stretch(values, plan.least), set()).add(deck.id)
        return [Eve(frozenset(ids), most) for most, ids in by_stretch.items()]

    def together(self) -> list[int]:
        """Decks in which several cards of a note may be asked on one day."""
        if self._together is None:
            self._together = [deck.id for deck in self.decks if not self.preset_of(deck.name).bury_siblings]
        return self._together
