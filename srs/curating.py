"""Cards looked up, made and changed by hand, one verb each. Every change can be taken back."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from itertools import chain, count
from typing import Any

from srs.cards import Card, Fitted, Preset, Schedule, State
from srs.cues import distinct
from srs.errors import CardExists, CardNotFound, DeckNotFound, NotEditable
from srs.notes import Note
from srs.query import parse
from srs.settings import Settings, parse_options, paths
from srs.store import Store
from srs.store.rows import schedule_row
from srs.store.search import Moment
from srs.terms import Id, Query
from srs.texts import normalised

RULE = "by hand"
"""The rule of a note that stands in no document."""

LISTED = ("themes", "outline", "critique")
"""Kinds whose answer may be a list."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the cards named.

    Attributes:
        found: cards named. changed: those that are another way now. away: those that were put away, not deleted.
        notes: what else the learner should know.
    """

    found: int
    changed: int
    away: int = 0
    notes: tuple[str, ...] = ()


def moment(settings: Settings, now: datetime, fits: Mapping[str | None, Fitted] | None = None) -> Moment:
    """What a query takes for granted; of the parameters, those fitted to the whole collection."""

    def fades(chance: float) -> float:
        from srs.scheduling import Scheduler  # fsrs takes its time to load, and few queries need it

        return _fades(Scheduler(settings.preset_for(None, {}, fits), settings.days), chance, now)

    return Moment(now, settings.days, fades)


def _fades(scheduler: Any, chance: float, now: datetime) -> float:
    """How many times its stability must have passed until the chance of recall has fallen to `chance`.

    By halving: what the curve looks like is the scheduler's to know.
    """
    if chance >= 1:
        return 0.0 if chance == 1 else -1.0
    if chance <= 0:
        return _NEVER

    def at(ratio: float) -> float:
        schedule = Schedule(State.REVIEW, now, None, 1 / ratio, 5.0, now - timedelta(days=1), 1)
        return float(scheduler.retrievability(schedule, now))

    low, high = 1e-9, 1e-9
    while high < _NEVER and at(high) > chance:
        low, high = high, high * 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if at(middle) > chance else (low, middle)
    return high


_NEVER = 1e15


def chosen(store: Store, ids: Sequence[int], query: str | None) -> Query:
    """The query that names cards by number, or the one written. Raises CardNotFound, QueryError."""
    if query is not None:
        return parse(query)
    if missing := sorted(set(ids) - store.existing(ids)):
        raise CardNotFound(f"there is no card {missing[0]}: srs cards lists them")
    return Id(tuple(dict.fromkeys(ids)))


def deck_path(name: str) -> str:
    """A deck's name as the collection has it. Raises DeckNotFound for none at all."""
    path = "/".join(part.strip() for part in _storable(name).split("/") if part.strip())
    if not path:
        raise DeckNotFound("a deck needs a name, such as interview/behavioral")
    return path


def _storable(text: str) -> str:
    """The text, if a database can hold it. Raises NotEditable."""
    if re.search("[\0\ud800-\udfff]", text):
        raise NotEditable("the text is not UTF-8, or holds a NUL: nothing was written")
    return text


def the_card(store: Store, card_id: int) -> Card:
    """Raises CardNotFound."""
    card = store.card(card_id)
    if card is None:
        raise CardNotFound(f"there is no card {card_id}: srs cards lists them")
    return card


def cards_(number: int) -> str:
    """`1 card`, `2 cards`."""
    return f"{number} card{'' if number == 1 else 's'}"


# -- what is done to cards ----------------------------------------------------------------------------------------------


def suspend(store: Store, which: Query, at: Moment) -> Done:
    """Not asked until told."""
    return Done(*store.change_cards(which, at, lambda n: f"{cards_(n)} suspended", lambda _: {"suspended": True}))


def unsuspend(store: Store, which: Query, at: Moment) -> Done:
    """Asked again; a card of a document that was deleted by hand is back, too."""

    def back(row: Any) -> Mapping[str, Any]:
        return {"suspended": False, "retired": row.retired and not row.suspended}

    return Done(*store.change_cards(which, at, lambda n: f"{cards_(n)} unsuspended", back))


def bury(store: Store, which: Query, at: Moment) -> Done:
    """Not asked until the next study day."""
    until = at.days.begin(at.today + 1)
    return Done(
        *store.change_cards(
            which, at, lambda n: f"{cards_(n)} buried until tomorrow", lambda _: {"buried_until": until}
        )
    )


def reset(store: Store, which: Query, at: Moment) -> Done:
    """New again, behind the other new cards. The answers stay in the history."""
    new = schedule_row(Schedule.new(at.now))

    def forgotten(row: Any) -> Mapping[str, Any]:
        return new if row.last_review is not None or row.reps else {name: getattr(row, name) for name in new}

    return Done(*store.change_cards(which, at, lambda n: f"{cards_(n)} reset", forgotten))


def tag(store: Store, which: Query, at: Moment, name: str) -> Done:
    """Give cards a tag, besides those of their documents."""

    def tagged(row: Any) -> Mapping[str, Any]:
        has = any(same.casefold() == name.casefold() for same in (*row.tags, *row.own_tags))
        return {"own_tags": row.own_tags if has else [*row.own_tags, name]}

    return Done(*store.change_cards(which, at, lambda n: f"{cards_(n)} tagged {name}", tagged))


def untag(store: Store, which: Query, at: Moment, name: str) -> Done:
    """Take a tag from cards. One that the document gives stays."""
    kept = 0

    def untagged(row: Any) -> Mapping[str, Any]:
        nonlocal kept
        kept += any(same.casefold() == name.casefold() for same in row.tags)
        return {"own_tags": [own for own in row.own_tags if own.casefold() != name.casefold()]}

    done = Done(*store.change_cards(which, at, lambda n: f"{cards_(n)} without the tag {name}", untagged))
    said = f"{cards_(kept)} of a document that says “{name}” keep it: edit it there" if kept else ""
    return replace(done, notes=(said,) if said else ())


def move(store: Store, which: Query, at: Moment, deck: str) -> Done:
    """Put cards into a deck, which is made if need be."""
    done = Done(*store.move_cards(which, at, lambda n: f"{cards_(n)} moved to {deck}", deck))
    written = store.from_documents(which, at) if done.changed else 0
    if not written:
        return done
    said = f"{cards_(written)} from documents: the next edit of these moves them back, unless they name the deck themselves"
    return replace(done, notes=(said,))


def delete(store: Store, which: Query, at: Moment) -> Done:
    """Delete cards with their history; those that a document holds are put away instead, and stay away."""
    found, gone, away = store.delete_cards(which, at, _deleted)
    return Done(found, gone, away)


def _deleted(gone: int, away: int) -> str:
    parts = [f"{cards_(gone)} deleted"] if gone or not away else []
    return ", ".join([*parts, *([f"{cards_(away)} put away"] if away else [])])


# -- cards without a document -------------------------------------------------------------------------------------------


def add(store: Store, at: Moment, *, kind: str, deck: str, prompt: str, answer: str, tags: Sequence[str] = ()) -> Card:
    """A card by hand, due at once. Raises CardExists when there is one with the same prompt and answer."""
    note = _note(kind, prompt, answer)
    _refuse_twin(store, note, None)
    note = note._replace(tags=tuple(dict.fromkeys(map(_storable, tags))))
    note = _prompted(note, store.taken_prompts([note.front_digest], ()))
    return the_card(store, store.add_note(note, deck, at))


def edit(store: Store, card: Card, at: Moment, *, prompt: str | None = None, answer: str | None = None) -> Card:
    """Another text for a card that stands in no document; its schedule stays. Raises NotEditable, CardExists."""
    if card.path is not None:
        raise NotEditable(f"card {card.id} stands in {card.path}: srs edit {card.id} opens it there")
    front = own_front(card) if prompt is None else prompt
    note = _note(card.kind, front, card.answer if answer is None else answer)
    _refuse_twin(store, note, card.id)
    if front == own_front(card) and card.kind != "phrase":
        note = note.asking(card.prompt)
    else:
        note = _prompted(note, store.taken_prompts([note.front_digest], ()) - {normalised(card.prompt)})
    if (note.prompt, note.answer) != (card.prompt, card.answer):
        store.edit_note(card.id, note, at)
    return the_card(store, card.id)


def own_front(card: Card) -> str:
    """What a card made by hand asks; of a phrase, without the initials that its prompt shows."""
    return re.sub(r": “[^”]*”, \d+ words?( \(\d+\))?$", "", card.prompt) if card.kind == "phrase" else card.prompt


def _note(kind: str, front: str, answer: str) -> Note:
    front, answer = _storable(front).strip(), _storable(answer).strip()
    if not front:
        raise NotEditable("a card needs a prompt: --prompt TEXT")
    if not answer and kind != "question":
        raise NotEditable("a card needs an answer: --answer TEXT, or --kind question for one to be answered aloud")
    items = re.findall(r"^[-*+] +(\S.*)$|^\d+[.)] +(\S.*)$", answer, re.MULTILINE) if kind in LISTED else []
    return Note(kind, front, answer, tuple(bullet or number for bullet, number in items), rule=RULE)


def _prompted(note: Note, taken: Collection[str]) -> Note:
    """The note with a prompt that no other has. Where a document would tell notes apart, only a number can."""
    if note.kind == "phrase":
        [note] = distinct([note], taken)
        return note
    forms = chain([note.front], (f"{note.front} ({number})" for number in count(2)))
    return note.asking(next(form for form in forms if normalised(form) not in taken))


def _refuse_twin(store: Store, note: Note, card_id: int | None) -> None:
    for known in store.known_notes((), [note.digest]):
        if known.card_id != card_id and not known.retired:
            raise CardExists(f"card {known.card_id} asks that already, with the same answer: nothing was written")


# -- decks --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Option:
    """An option in force in a deck. `place` is where it was set: a deck, `srs.toml`, or `default`."""

    name: str
    value: Any
    place: str


@dataclass(frozen=True, slots=True)
class DeckOptions:
    """What is in force in a deck, in the order of `Preset`; and what was set for this very deck in the collection."""

    deck: str
    options: tuple[Option, ...]
    own: Mapping[str, Any] = field(default_factory=dict)


def deck_options(store: Store, settings: Settings, deck: str) -> DeckOptions:
    """What is in force in a deck, and from where. Raises DeckNotFound, SettingsError."""
    store.require_deck(deck)
    held = {row.name: row.options for row in store.decks()}
    place = dict.fromkeys(settings.chosen, "srs.toml")
    for name in paths(deck):
        place |= dict.fromkeys(settings.own_options(name, held), name)
    preset = settings.preset_for(deck, held)
    names = [f.name for f in fields(Preset) if f.name != "parameters"]
    return DeckOptions(
        deck, tuple(Option(n, getattr(preset, n), place.get(n, "default")) for n in names), held.get(deck, {})
    )


def set_deck(store: Store, settings: Settings, at: Moment, deck: str, changes: Mapping[str, str]) -> DeckOptions:
    """Set options of a deck; an empty text takes one away. Raises DeckNotFound, SettingsError."""
    own = dict(deck_options(store, settings, deck).own)
    place = f"deck “{deck}”"
    known = {f.name for f in fields(Preset)} - {"parameters"}
    parse_options(place, {name: "1" for name in changes if name not in known})
    new = parse_options(place, {name: text for name, text in changes.items() if text.strip()})
    kept = {name: value for name, value in own.items() if name not in changes} | new
    if _as_json(kept) != _as_json(own):
        store.set_options(deck, _as_json(kept), at, f"{', '.join(changes)} of {deck} set")
    return deck_options(store, settings, deck)


def _as_json(options: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}


def rename_deck(store: Store, at: Moment, old: str, new: str) -> int:
    """Rename a deck and all below it; returns how many decks. Raises DeckNotFound, DeckExists."""
    return store.rename_deck(old, new, at, f"deck {old} renamed to {new}")


def delete_deck(store: Store, at: Moment, deck: str) -> Done:
    """Delete the cards of a deck and those below it, as `delete` does. Raises DeckNotFound."""
    gone, away = store.delete_deck(deck, at, lambda *n: f"deck {deck}: {_deleted(*n)}")
    return Done(gone + away, gone, away)


def search(store: Store, text: str, at: Moment, limit: int | None = None) -> Iterator[Card]:
    """The cards that a query finds, by number, streamed. Raises QueryError, DeckNotFound."""
    return store.search(parse(text), at, limit)
