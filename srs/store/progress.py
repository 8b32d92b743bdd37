"""What the statistics are made of: questions that are answered in one pass over answers or cards, never by a row for each.

SQLite groups by sorting, unless an index has the groups in order. So what has none is listed, all values of one pass as one
text, and counted here: half the time. Numbers that have as many digits each stand in it side by side, and are read as bytes,
two digits to each: those are counted with no value of Python made for an answer.
"""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from srs.cards import Rating, State
from srs.figures import Missed, Trouble
from srs.store.link import Ask, Dialect
from srs.store.queue import Queue
from srs.store.rows import LEECH, instant, number

HOUR = timedelta(hours=1) // timedelta(microseconds=1)  # the unit of instants
QUARTER = HOUR // 4
DAY = 24 * HOUR
_EVER = 1_000_000 * DAY  # added to an instant, it is after 0

CHANCE_BINS = ((0.9, 20_000), (0.99, 200_000), (0.999, 2_000_000), (1.0, 20_000_000))
"""Bins of predicted recall to the whole, up to each limit: so narrow, and narrower towards 1, that one chance stands for all."""

FINE, COARSE_FROM, COARSEST = 1000, 8, 2000
"""Bins of elapsed time by stability: so many to each whole number, from this one on one each, the last without an end."""

_DIVISIONS = 16  # more than there are limits of anything
_AT_ONCE = 2**18  # characters of a list that are taken apart at once: so long nothing else is done by Python

_PHASES = (5, 6, 7, 8)
_RATED = tuple(16 * phase + rating for phase in _PHASES for rating in Rating)
# A number for each answer, of eight digits: two for hour and outcome, one for recalled or not, and five for the chance of it.
_CHANCE, _NO, _YES, _OF_HOUR, _HOUR_FROM = 100_000, 1, 2, 1_000_000, 10_000_000


class Sums(NamedTuple):
    """Answers: how many by phase (new, learning, young, mature) and in it by rating, 16 in all; the seconds they took."""

    answers: Sequence[int]
    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """How many answers there were.

    Attributes:
        by_hour: by local hour, 0 to 23: those of cards not in review, those forgotten in review, and those recalled.
        chances: of recall, as predicted, each to within its bin, in order; without first answers, and those on the same study
            day as the one before. forgotten, recalled: how many for each of them.
    """

    by_hour: Sequence[Sequence[int]]
    chances: Sequence[float]
    forgotten: Sequence[int]
    recalled: Sequence[int]


@dataclass(frozen=True, slots=True)
class Seen:
    """How many cards there are that were seen.

    Attributes:
        by_stability, by_difficulty: by their place between the limits.
        by_elapsed: by place between the limits, and elapsed time in units of stability, to within its bin.
        by_due: by the quarter of an hour in which they come due.
    """

    by_stability: Counter[int]
    by_difficulty: Counter[int]
    by_elapsed: dict[tuple[int, float], int]
    by_due: dict[datetime, int]


class Progress:
    """Grouped figures of answers and cards, of the whole collection or of some decks."""

    def __init__(self, ask: Ask, dialect: Dialect, within: Collection[int] | None) -> None:
        """`within`: numbers of decks; `None` for the whole collection."""
        self._ask, self._dialect = ask, dialect
        self._inside = "" if within is None else f" AND cards.deck_id IN ({', '.join(map(str, within)) or 'NULL'})"
        self._answers = "revlog" if within is None else "revlog JOIN cards ON cards.id = revlog.card_id"
        # Said in other words than in the queue's indexes: SQLite would read all cards in their order, one jump for each.
        self._in_use = f"NOT (cards.suspended OR cards.retired){self._inside}"
        self._seen = f"{self._in_use} AND cards.last_review IS NOT NULL"

    # -- answers ----------------------------------------------------------------------------------------------------------

    def answers_before(self, mature: float, until: int) -> tuple[list[int], Sums]:
        """The answers on study days before `until`, together; and which days these are, in order."""
        before = f"FROM {self._answers} WHERE day < :until{self._inside}"
        values = {"until": until}
        seconds, answers = self._one(f"SELECT {self._sums(mature)} {before}", values)
        if self._inside:
            days = self._one(f"SELECT {self._listed('day', ',')} FROM (SELECT DISTINCT day {before}) AS days", values)
        else:  # one jump into the index for each day
            later = (
                "SELECT (SELECT day FROM revlog WHERE day > found ORDER BY day LIMIT 1) FROM days WHERE found < :until"
            )
            days = self._one(
                f"WITH RECURSIVE days (found) AS (SELECT min(day) FROM revlog UNION ALL {later}) "
                f"SELECT {self._listed('found', ',')} FROM days WHERE found < :until",
                values,
            )
        return sorted(_counted(days[0])), _sums(seconds, answers)

    def answers_by_day(self, mature: float, since: int) -> dict[int, Sums]:
        """The answers on each study day from `since`, in order."""
        rows = self._ask(
            f"SELECT day, {self._sums(mature)} FROM {self._answers} WHERE day >= :since{self._inside} "
            "GROUP BY day ORDER BY day",
            {"since": since},
        )
        return {day: _sums(seconds, answers) for day, seconds, answers in rows}

    def _sums(self, mature: float) -> str:
        """The seconds of answers, and the list of their phases and ratings, a digit each."""
        new, learning, young, old = (10 * phase for phase in _PHASES)
        phase = (
            f"CASE WHEN scheduled_days IS NULL THEN {new} WHEN state_before <> {State.REVIEW:d} THEN {learning} "
            f"WHEN scheduled_days < {mature!r} THEN {young} ELSE {old} END"
        )
        return f"sum(seconds), {self._listed(f'{phase} + rating')}"

    def answers_counted(self, since: int, offsets: Sequence[tuple[datetime, timedelta]]) -> Answered:
        """The answers from study day `since`.

        `offsets` are the stretches of one distance from UTC, oldest first: until when, and what is added to UTC.
        """
        outcome = (
            f"CASE WHEN state_before <> {State.REVIEW:d} THEN {_HOUR_FROM} "
            f"WHEN rating = {Rating.AGAIN:d} THEN {_HOUR_FROM + _OF_HOUR} ELSE {_HOUR_FROM + 2 * _OF_HOUR} END"
        )
        hour = f"(reviewed_at + {_offset(offsets)}) / {HOUR} % 24 * {3 * _OF_HOUR}"
        chance = (
            f"coalesce(CASE WHEN elapsed_days >= 1 THEN {self._dialect.cut(_place_of_chance('retrievability'))} "
            f"+ CASE WHEN rating = {Rating.AGAIN:d} THEN {_NO * _CHANCE} ELSE {_YES * _CHANCE} END END, 0)"
        )
        [listed] = self._one(
            # Not the day itself: SQLite would follow its index, one jump for each answer.
            f"SELECT {self._listed(f'{hour} + {outcome} + {chance}')} FROM {self._answers} "
            f"WHERE revlog.day + 0 >= :since{self._inside}",
            {"since": since},
        )
        hours, chances = Counter[int](), Counter[int]()
        for piece in _pieces(listed):
            hours.update(piece[0::4])
            piece[0::4] = bytes(len(piece) // 4)
            chances.update(memoryview(piece).cast("I"))
        shown = bytes.fromhex("".join(map(str, range(10, 10 + 3 * 24))))
        by_hour = [[hours[one] for one in shown[at : at + 3]] for at in range(0, len(shown), 3)]
        return Answered(by_hour, *_by_chance(chances))

    # -- cards ------------------------------------------------------------------------------------------------------------

    def cards_by_place(self) -> tuple[Counter[tuple[int, bool, bool]], Counter[str], Counter[str]]:
        """How many cards that are not retired there are by state, suspended and seen; by kind; and by deck."""
        place = (
            "((cards.deck_id * 8 + cards.state) * 2 + CASE WHEN cards.suspended THEN 1 ELSE 0 END) * 2 "
            "+ CASE WHEN cards.last_review IS NULL THEN 0 ELSE 1 END"
        )
        places, kinds = self._one(
            f"SELECT {self._listed(place, ',')}, {self._listed('notes.kind', ',')} FROM cards "
            f"JOIN notes ON notes.id = cards.note_id WHERE NOT cards.retired{self._inside}"
        )
        names = dict(tuple(row) for row in self._ask("SELECT id, name FROM decks", {}))
        states, by_deck = Counter[tuple[int, bool, bool]](), Counter[str]()
        for key, many in _counted(places).items():
            states[key // 4 % 8, bool(key // 2 % 2), bool(key % 2)] += many
            by_deck[names[key // 32]] += many
        return states, _parted(kinds), by_deck

    def cards_seen(
        self,
        today: datetime,
        until: datetime,
        *,
        stability: Sequence[float],
        difficulty: Sequence[float],
        elapsed: Sequence[float],
    ) -> Seen:
        """The cards seen, by where they stand between limits, and, up to `until`, by when they come due.

        `today` is when this study day began; limits of elapsed time are in units of stability.
        """
        # Study days are those of 24 hours back from when today began, as in the queue: begun ones count whole.
        passed = f"({number(today)} - cards.last_review)"
        days = f"CASE WHEN {passed} <= 0 THEN 0 ELSE ({passed} + {DAY - 1}) / {DAY} END"
        ratio = f"(CAST({days} AS FLOAT) / cards.stability)"
        fine = (
            f"CASE WHEN {ratio} < {COARSE_FROM} THEN {self._dialect.cut(f'{ratio} * {FINE} + 0.5')} "
            f"WHEN {ratio} < {COARSEST} THEN {self._dialect.cut(f'{ratio} + 0.5')} * {FINE} ELSE {COARSEST * FINE} END"
        )
        lists = (
            _division("cards.stability", stability),
            _division("cards.difficulty", difficulty),
            f"({fine}) * {_DIVISIONS} + {_division(ratio, elapsed)}",
            f"CASE WHEN cards.due < {number(until)} THEN cards.due / {QUARTER} END",
        )
        listed = self._one(f"SELECT {', '.join(self._listed(one, ',') for one in lists)} FROM cards WHERE {self._seen}")
        stabilities, difficulties, bins, quarters = map(_counted, listed)
        return Seen(
            stabilities,
            difficulties,
            {(key % _DIVISIONS, key // _DIVISIONS / FINE): many for key, many in bins.items()},
            {instant(key * QUARTER): many for key, many in quarters.items()},
        )

    # -- cards that are hard to keep --------------------------------------------------------------------------------------

    def hardest(self, most: int) -> tuple[Trouble, ...]:
        """The most difficult of the cards seen, those with more lapses first."""
        order = "ORDER BY cards.difficulty DESC, cards.lapses DESC, cards.id"
        first = f"SELECT cards.id FROM cards WHERE {self._seen} {order} LIMIT :most"
        rows = self._ask(f"{_troubles()} WHERE cards.id IN ({first}) {order}", {"most": most})
        return _in_trouble(rows)

    def leeches(self, most: int) -> tuple[int, tuple[Trouble, ...]]:
        """How many cards are tagged as leeches by the program or by hand, suspended ones too; those with most lapses."""
        tagged = f"NOT cards.retired AND CAST(cards.own_tags AS TEXT) LIKE '%\"{LEECH}\"%'{self._inside}"
        [many] = self._one(f"SELECT count(*) FROM cards WHERE {tagged}")
        if not many:
            return 0, ()
        query = f"{_troubles()} WHERE {tagged} ORDER BY cards.lapses DESC, cards.id LIMIT :most"
        return many, _in_trouble(self._ask(query, {"most": most}))

    def forgotten(self, since: int, most: int) -> tuple[Trouble, ...]:
        """The cards that were forgotten most often while in review, from study day `since`; `again` is how often."""
        # Not the card itself: SQLite would read the whole history in its order. Its text is read last: many were forgotten once.
        often = (
            f"SELECT card_id + 0 AS card, count(*) AS again FROM revlog WHERE day >= :since "
            f"AND state_before = {State.REVIEW:d} AND rating = {Rating.AGAIN:d} GROUP BY card_id + 0"
        )
        chosen = (
            f"SELECT card, again FROM ({often}) AS often JOIN cards ON cards.id = card WHERE {self._in_use} "
            "ORDER BY again DESC, card LIMIT :most"
        )
        query = f"{_troubles('chosen.again')} JOIN ({chosen}) AS chosen ON chosen.card = cards.id"
        rows = self._ask(f"{query} ORDER BY chosen.again DESC, cards.id", {"since": since, "most": most})
        return _in_trouble(rows)

    def missed_items(self, most: int) -> tuple[Missed, ...]:
        """The items of lists that were left out most often: `missed` times, of `ticked` times that they were ticked off."""
        left_out = "sum(CASE WHEN ticks.covered THEN 0 ELSE 1 END)"
        often = (
            f"SELECT revlog.card_id AS card, ticks.item AS item, {left_out} AS missed, count(*) AS ticked "
            f"FROM ticks JOIN revlog ON revlog.id = ticks.review_id GROUP BY revlog.card_id, ticks.item HAVING {left_out} > 0"
        )
        rows = self._ask(
            f"SELECT cards.id, decks.name, notes.prompt, often.item, often.missed, often.ticked {_FROM} "
            f"JOIN ({often}) AS often ON often.card = cards.id WHERE {self._in_use} "
            "ORDER BY often.missed DESC, often.ticked, cards.id, often.item LIMIT :most",
            {"most": most},
        )
        return tuple(Missed(*row) for row in rows)

    def _one(self, query: str, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        row: Sequence[Any] = self._ask(query, values or {}).fetchone()
        return row

    def _listed(self, value: str, between: str = "") -> str:
        """All values of one pass, but for NULL, as one text; none without any."""
        return self._dialect.listed(value, between)


def gathered(store: Queue, deck: str | None, *questions: Callable[[Progress], Any]) -> list[Any]:
    """The answers to questions about a deck with those below it, or about all; the longest first is best.

    Each is a transaction of its own. Raises DeckNotFound.
    """
    within = None if deck is None else store.require_deck(deck)

    def of(question: Callable[[Progress], Any]) -> Callable[[Ask, Dialect], Any]:
        return lambda ask, dialect: question(Progress(ask, dialect, within))

    return store.side_by_side(*map(of, questions))


# -- lists ----------------------------------------------------------------------------------------------------------------


def _parted(listed: str | None) -> Counter[str]:
    """How often each value is listed. A long list is taken apart piece by piece: it needs five times its room."""
    found, at = Counter[str](), 0
    while listed and at >= 0:
        end = listed.find(",", at + _AT_ONCE)
        found.update(listed[at : end if end >= 0 else None].split(","))
        at = end + 1 or -1
    return found


def _counted(listed: str | None) -> Counter[int]:
    """How often each number is listed."""
    return Counter({int(key): many for key, many in _parted(listed).items()})


def _pieces(listed: str | None) -> Iterator[bytearray]:
    """A list of numbers of eight digits each, as four bytes each that show these digits, piece by piece."""
    size = 8 * -(-_AT_ONCE // 8)
    for at in range(0, len(listed or ""), size):
        yield bytearray.fromhex((listed or "")[at : at + size])


def _sums(seconds: float | None, answers: str | None) -> Sums:
    rated = bytes.fromhex(answers or "")
    return Sums([rated.count(one) for one in _RATED], seconds or 0.0)


# -- predicted recall -----------------------------------------------------------------------------------------------------


def _widths() -> Iterator[tuple[float, int, int, int]]:
    """Of each width of bins: the limit, how many to the whole, the place of the last of them, and what is added to its number
    for that.

    Where the width changes, a chance is in the last bin of one and in the first of the next: they have one place.
    """
    place, low = 0, 0.0
    for limit, bins in CHANCE_BINS:
        place, low = place + round((limit - low) * bins), limit
        yield limit, bins, place, place - round(limit * bins)


_WIDTHS = tuple(_widths())


def _place_of_chance(chance: str) -> str:
    """The place of the bin that a chance is in, and a half that is to be cut off; of what is no chance, the nearest."""
    first, *steps = (
        (f"WHEN {chance} < {limit} THEN", f"{chance} * {bins} + {added + 0.5}") for limit, bins, _, added in _WIDTHS
    )
    low = f"{first[0]} CASE WHEN {chance} > 0 THEN {first[1]} ELSE 0 END"
    return f"CASE {low} {' '.join(map(' '.join, steps))} WHEN {chance} >= 1 THEN {_WIDTHS[-1][2]} END"


def _chances(places: Sequence[int]) -> list[float]:
    """What stands for the predictions in bins, by their places, which are given in order."""
    found: list[float] = []
    for _, bins, last, added in _WIDTHS:
        found += [(place - added) / bins for place in places[len(found) : bisect_right(places, last)]]
    return found


def _by_chance(counted: Mapping[int, int]) -> tuple[list[float], list[int], list[int]]:
    """Chances, and how many were forgotten and recalled, by the bytes that show `_NO` or `_YES` and the place of a chance."""
    numbers = dict(zip(map(int, array("I", counted).tobytes().hex(" ", 4).split()), counted.values(), strict=True))
    places = sorted({number % _CHANCE for number in numbers if number})
    forgotten, recalled = ([numbers.get(what * _CHANCE + place, 0) for place in places] for what in (_NO, _YES))
    return _chances(places), forgotten, recalled


# -- SQL ------------------------------------------------------------------------------------------------------------------

_FROM = "FROM cards JOIN notes ON notes.id = cards.note_id JOIN decks ON decks.id = cards.deck_id"


def _troubles(*others: str) -> str:
    columns = ("cards.id", "decks.name", "notes.prompt", "cards.difficulty", "cards.lapses", *others)
    return f"SELECT {', '.join(columns)} {_FROM}"


def _in_trouble(rows: Iterable[Sequence[Any]]) -> tuple[Trouble, ...]:
    return tuple(
        Trouble(id, deck, prompt, round(difficulty or 0.0, 1), lapses, *again)
        for id, deck, prompt, difficulty, lapses, *again in rows
    )


def _division(value: str, limits: Collection[float]) -> str:
    """How many of the limits, which rise, a figure has reached."""
    steps = " ".join(f"WHEN {value} < {limit!r} THEN {place}" for place, limit in enumerate(limits))
    return f"CASE {steps} ELSE {len(limits)} END"


def _offset(offsets: Sequence[tuple[datetime, timedelta]]) -> str:
    """What is added to an instant, so that it is after 0 and its hours are those of the clock on the wall."""
    *steps, last = [(number(until), _EVER + offset // timedelta(microseconds=1)) for until, offset in offsets]
    if not steps:
        return str(last[1])
    return f"CASE {' '.join(f'WHEN reviewed_at < {until} THEN {added}' for until, added in steps)} ELSE {last[1]} END"
