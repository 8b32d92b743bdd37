"""Answers out, oldest first: as the driver has them, block by block, out of one state of the collection."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import filterfalse, groupby
from typing import Any

from srs.store.link import Ask, Dialect

BLOCK = 2000
"""Numbers of answers in a block: enough that the work between two of them does not count, and little memory."""

COLUMNS = (
    "card_id", "reviewed_at", "rating", "state_before", "elapsed_days", "scheduled_days", "stability_before",
    "difficulty_before", "retrievability", "seconds", "id", "day", "step_before", "due_before", "last_review_before",
    "lapses_before", "CAST(card_before AS TEXT)", "NULL",
)  # fmt: skip
"""The last is what was ticked off, as JSON."""

ID, DUE = COLUMNS.index("id"), COLUMNS.index("due_before")


@dataclass(frozen=True, slots=True)
class Which:
    """Which records. `since` and `until` are study days, both included; `None` stands for all."""

    deck: str | None = None
    kind: str | None = None
    since: int | None = None
    until: int | None = None


class Reviews:
    """Answers, as one transaction sees them.

    Attributes:
        places: of each card of the rows that were given last the name of its deck, and its kind.
    """

    def __init__(self, ask: Ask, stream: Ask, dialect: Dialect, which: Which, decks: Collection[int] | None) -> None:
        """`stream` asks for very many rows; `decks` are numbers of those wanted, `None` for all."""
        self._ask, self._stream = ask, stream
        self._where = _condition(which, decks)
        self._values = {"kind": which.kind, "since": which.since, "until": which.until}
        self.places = Places(ask, dialect)

    def are_more_than(self, number: int) -> bool:
        counted = f"SELECT count(*) FROM (SELECT 1 FROM revlog WHERE {self._where} LIMIT {number + 1}) AS few"
        return bool(self._ask(counted, self._values).fetchone()[0] > number)

    def expect_many(self) -> None:
        """What all of very many rows need is asked for at once."""
        self.places.find_all()

    def blocks(self, *, after: int = -1, half: int | None = None) -> Iterator[tuple[int, Sequence[Sequence[Any]]]]:
        """Numbers of blocks, and their rows, instants as whole microseconds; of those after one. A `half`, 0 or 1, is
        every second block."""
        where = f"{self._where} AND id >= {(after + 1) * BLOCK}"
        if half is not None:
            where += f" AND id / {BLOCK} % 2 = {half}"
        found = self._stream(f"SELECT {', '.join(COLUMNS)} FROM revlog WHERE {where} ORDER BY id", self._values)
        for block, rows in groupby(found, lambda row: row[ID] // BLOCK):
            answers = list(rows)
            self.places.find({row[0] for row in answers})
            yield block, self._ticked(answers)

    def _ticked(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The answers, with what was ticked off in them: few have anything."""
        between = {"first": rows[0][ID], "last": rows[-1][ID]}
        question = "SELECT review_id, item, covered FROM ticks WHERE review_id BETWEEN :first AND :last ORDER BY id"
        found: dict[int, dict[str, bool]] = {}
        for id, item, covered in self._ask(question, between):
            found.setdefault(id, {})[item] = bool(covered)
        if not found:
            return rows
        said = {id: json.dumps(items, ensure_ascii=False) for id, items in found.items()}
        return [(*row[:-1], said.get(row[ID])) for row in rows]


def _condition(which: Which, decks: Collection[int] | None) -> str:
    """It names the values of `which`. Where there is none for cards, their table is not asked."""
    found = ["day >= :since"] * (which.since is not None) + ["day <= :until"] * (which.until is not None)
    of_cards = [] if decks is None else [f"cards.deck_id IN ({', '.join(map(str, decks))})"]
    of_cards += ["notes.kind = :kind"] * (which.kind is not None)
    if of_cards:
        wanted = "SELECT cards.id FROM cards JOIN notes ON notes.id = cards.note_id WHERE "
        found.append(f"card_id IN ({wanted}{' AND '.join(of_cards)})")
    return " AND ".join(found) or "1 = 1"


class Places(dict[int, tuple[str, str]]):
    """Of each card the name of its deck, and its kind: asked for once, for a card is met many times, and lies far apart."""

    MOST = 100_000
    """Cards that are remembered at most, so that the memory taken does not depend on how many there are."""

    def __init__(self, ask: Ask, dialect: Dialect) -> None:
        self._ask = ask
        self._all = "SELECT cards.id, cards.deck_id, notes.kind FROM cards JOIN notes ON notes.id = cards.note_id"
        self._some = f"{self._all} WHERE cards.id IN ({dialect.numbers})"
        self._decks: dict[int, str] = dict(ask("SELECT id, name FROM decks", {}).fetchall())
        self._known: dict[tuple[int, str], tuple[str, str]] = {}  # one for all cards of the same deck and kind

    def find(self, numbers: set[int]) -> None:
        """See to it that these cards are there."""
        if len(self) > self.MOST:
            self.clear()
        missing = list(filterfalse(self.__contains__, numbers))  # numbers - self.keys() would look at every key
        if missing:
            self._learn(self._some, {"numbers": json.dumps(missing)})

    def find_all(self) -> None:
        """As many as are remembered: one by one they would take three times as long."""
        self._learn(f"{self._all} ORDER BY cards.id LIMIT {self.MOST}", {})

    def _learn(self, question: str, values: dict[str, str]) -> None:
        for id, deck, kind in self._ask(question, values):
            self[id] = self._known.setdefault((deck, kind), (self._decks[deck], kind))
