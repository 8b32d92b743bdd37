"""The values that every room speaks in: plain, immutable, without behaviour that needs a file, a clock or a database."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Self

KINDS = (
    "themes",
    "phrase",
    "critique",
    "rewrite",
    "pattern",
    "outline",
    "monologue",
    "question",
    "qa",
    "definition",
    "cloze",
)

ANSWERING = ("themes", "qa")
"""Kinds that answer a question: an open one with the same words is not asked beside them."""

_PLAIN = {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "…": "...", "—": "-", "–": "-"}
_WORD = re.compile(r"\w+")

BETWEEN = "›"
"""The sign between the titles in a prompt: most texts that are not ASCII are only so by this one, and quotes and dashes."""


def normalised(text: str) -> str:
    """The text as it counts for identity: case, spacing, kind of quote and dash, and Unicode form make no difference."""
    if not text.isascii():  # else there is nothing to translate, and this is called for every text of an import
        for sign, plain in _PLAIN.items():
            text = text.replace(sign, plain)
        if not text.replace(BETWEEN, "").isascii():  # all other forms of it are what it is
            text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def asked(text: str) -> str:
    """The text as it counts for being the same question: letters and digits only, whatever signs stand between them."""
    return " ".join(_WORD.findall(normalised(text).replace("'", "")))


def content_digest(*parts: str) -> bytes:
    """16 bytes that are equal exactly when the normalised parts are, as far as a learner will ever see."""
    return _digest_of("\x1f".join(map(normalised, parts)))


def _digest_of(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


# Many phrases have one front, one after the other.
_normalised = lru_cache(maxsize=1024)(normalised)


@lru_cache(maxsize=1024)
def _front_digest(front: str) -> bytes:
    return content_digest(asked(front) or front)


class Rating(IntEnum):
    """What the learner says of a recall. Only `AGAIN` is a failure."""

    AGAIN = 1
    HARD = 2
    GOOD = 3
    EASY = 4


class State(IntEnum):
    """FSRS's states. A new card is in `LEARNING` and has no `last_review`."""

    LEARNING = 1
    REVIEW = 2
    RELEARNING = 3


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown file.

    Attributes:
        path: the name it is known by: an absolute path, `starter/…` for what comes with the program, `-` for stdin.
        text: repaired and normalised; empty when the file is gone from its folder.
        digest: of the text, and of all that decides what is made of it.
        deck: slash path that its cards go to.
    """

    path: str
    text: str
    digest: bytes
    deck: str


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document as the collection holds it: enough to see whether it has changed."""

    id: int
    path: str
    digest: bytes
    deck: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a document: data with a place, never an exception."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Remark:
    """What could make a card better: a warning with a place, which stops nothing. `check` is a name in `quality.CHECKS`."""

    path: str
    line: int
    check: str
    message: str

    def __str__(self) -> str:
        return f"{Problem(self.path, self.line, self.message)} [{self.check}]"


class _Digested:
    """Room for a digest, once it was reckoned: it is no field of what has it."""

    __slots__ = ("_digest",)

    _digest: bytes


@dataclass(frozen=True, slots=True)
class Note(_Digested):
    """A fact as its author wrote it.

    Attributes:
        kind: one of `KINDS`.
        front: what the fact is about, as Markdown. Several notes may share it: phrases share their function.
        answer: the whole answer as Markdown, in the author's words.
        items: the parts of the answer where it is a list, else empty.
        topic, heading: title of the document or part, and the nearest heading, both without numbers and marks.
        path, line: where it stands, the line counted from 1.
        rule: name of the recipe's rule that made it.
        prompt: what is asked; unique in the collection. Empty until `cues.distinct` has chosen it.
    """

    kind: str
    front: str
    answer: str
    items: tuple[str, ...] = ()
    topic: str = ""
    heading: str = ""
    path: str = ""
    line: int = 0
    rule: str = ""
    tags: tuple[str, ...] = ()
    anchor: str | None = None
    prompt: str = ""

    @property
    def digest(self) -> bytes:
        """Equal for equal content, whatever the place and the cue."""
        try:
            return self._digest
        except AttributeError:
            text = f"{_normalised(self.kind)}\x1f{_normalised(self.front)}\x1f{normalised(self.answer)}"
            digest = _digest_of(text)
            object.__setattr__(self, "_digest", digest)
            return digest

    @property
    def front_digest(self) -> bytes:
        """Equal for notes that ask the same, whatever their kind."""
        return _front_digest(self.front)

    def asking(self, prompt: str) -> "Note":
        """The same note, with its prompt."""
        return _digested(
            self.digest, self.kind, self.front, self.answer, self.items, self.topic, self.heading, self.path, self.line,
            self.rule, self.tags, self.anchor, prompt,
        )  # fmt: skip

    def __reduce__(self) -> tuple[Any, ...]:
        """As it goes to another process: with its digest, and in half the time that its fields one by one would take."""
        return _digested, (
            self.digest, self.kind, self.front, self.answer, self.items, self.topic, self.heading, self.path, self.line,
            self.rule, self.tags, self.anchor, self.prompt,
        )  # fmt: skip


def _digested(digest: bytes, *fields: Any) -> Note:
    """A note of which the digest is known."""
    note = Note(*fields)
    object.__setattr__(note, "_digest", digest)
    return note


@dataclass(frozen=True, slots=True)
class KnownNote:
    """A note as the collection holds it: what is needed to recognise it again.

    Attributes:
        elsewhere: the same content also stands in a document that was not read now.
        card_id: its (first) card, the number by which everyone else knows it.
    """

    id: int
    kind: str
    prompt: str
    answer: str
    heading: str
    path: str
    line: int
    digest: bytes
    anchor: str | None
    retired: bool
    rule: str = ""
    tags: tuple[str, ...] = ()
    elsewhere: bool = False
    front_digest: bytes = b""
    card_id: int = 0


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A new note that several known ones are equally like.

    Attributes:
        taken: id of the known note that it was matched with, the oldest of them.
        others: ids of the rest, oldest first.
    """

    note: Note
    taken: int
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import does to the collection. Pairs are (id of the known note, what it reads like now).

    Attributes:
        kept: same content, and perhaps another line, cue or place.
        edited: other content, same note: its schedule stays.
        moved: same content under another heading or in another document.
        revived: were retired and are back.
        retired: ids of notes that no document holds any longer. Nothing of them is deleted.
        echoes: notes whose content stands somewhere already: further places of those.
        left: ids of notes that are gone from one document and stand in another.
        followed: retired notes that go where those they stood among went. Pairs are (id, path of the document).
        ambiguous: where the evidence was equal for several known notes.
    """

    added: tuple[Note, ...] = ()
    kept: tuple[tuple[int, Note], ...] = ()
    edited: tuple[tuple[int, Note], ...] = ()
    moved: tuple[tuple[int, Note], ...] = ()
    revived: tuple[tuple[int, Note], ...] = ()
    retired: tuple[int, ...] = ()
    echoes: tuple[Note, ...] = ()
    left: tuple[int, ...] = ()
    followed: tuple[tuple[int, str], ...] = ()
    ambiguous: tuple[Ambiguity, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """An import that was made: when, and how many notes it added, edited, moved, revived and retired."""

    at: datetime
    added: int = 0
    edited: int = 0
    moved: int = 0
    revived: int = 0
    retired: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the scheduler knows of one card.

    Attributes:
        due: from when the card is asked; for a card in review the beginning of a study day.
        step: index of the learning or relearning step, `None` in review.
        stability: days until recall falls to 90 %; `None` for a new card.
        difficulty: 1 to 10; `None` for a new card.
        last_review: `None` for a new card.
        reps: answers given so far.
        lapses: times it was forgotten while in review.
        leech: the answer that gave this schedule made the card a leech; says nothing of when it is asked.
    """

    state: State
    due: datetime
    step: int | None = 0
    stability: float | None = None
    difficulty: float | None = None
    last_review: datetime | None = None
    reps: int = 0
    lapses: int = 0
    leech: bool = field(default=False, compare=False)

    @classmethod
    def new(cls, now: datetime) -> Self:
        return cls(State.LEARNING, now)

    @property
    def state_name(self) -> str:
        """`new`, `learning`, `review` or `relearning`."""
        return "new" if self.last_review is None else self.state.name.lower()


@dataclass(frozen=True, slots=True)
class Card:
    """One question, with what the session shows and the scheduler needs.

    Attributes:
        heading: nearest heading over it in its document; of a phrase, what it is good for.
    """

    id: int
    deck: str
    kind: str
    prompt: str
    answer: str
    items: tuple[str, ...]
    tags: tuple[str, ...]
    path: str | None
    line: int
    rule: str
    schedule: Schedule
    suspended: bool = False
    retired: bool = False
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One answer.

    Attributes:
        at: the true instant. day: its study day.
        seconds: time taken, from the question to the rating.
        before: the schedule that the answer found, so that undo is exact.
        elapsed_days: study days since the last review; `None` for a first answer.
        scheduled_days: interval the answer found in force, in days; `None` for a first answer.
        retrievability: chance of recall predicted for this moment, 0 to 1; `None` for a first answer.
        ticks: (item of the answer, whether it was covered), where the learner said so.
    """

    card_id: int
    rating: Rating
    at: datetime
    day: int
    seconds: float
    before: Schedule
    elapsed_days: int | None
    scheduled_days: float | None
    retrievability: float | None
    ticks: tuple[tuple[str, bool], ...] = ()


NEW_ORDERS = ("mixed", "first", "last")
REVIEW_ORDERS = ("retrievability-descending", "retrievability-ascending", "due", "random")
LEECH_ACTIONS = ("tag", "suspend")


@dataclass(frozen=True, slots=True)
class Preset:
    """Options of a deck; the defaults are the field's.

    Attributes:
        new_per_day, reviews_per_day: of the deck and all below it together.
        desired_retention: chance of recall, 0.70 to 0.99, at which a card comes due.
        learning_steps, relearning_steps: minutes.
        answer_cap: seconds at most that are counted for one answer.
        new_order: new cards among the reviews, before or after them; one of `NEW_ORDERS`.
        review_order: one of `REVIEW_ORDERS`.
        bury_siblings: a card is not asked on a study day on which another card of its note was.
        leech_threshold: lapses that make a leech, and every half of it again; 0 for never.
        leech_action: whether a leech is only tagged, or suspended too; one of `LEECH_ACTIONS`.
        fuzz: intervals from 2.5 days vary a little, so that cards learned together part.
        load_balance: within the fuzz, the study day with the least due is taken.
        easy_days: share of an ordinary day's reviews, 0 to 1, from Monday to Sunday; it counts within the fuzz.
        typed: answers to phrases are typed.
        speaking_time: seconds that count down while a question is answered aloud; 0 for no countdown.
        parameters: the 21 of the model of memory, fitted to the learner; `None` for the defaults. No option to be set.
    """

    new_per_day: int = 20
    reviews_per_day: int = 200
    desired_retention: float = 0.9
    learning_steps: tuple[float, ...] = (1.0, 10.0)
    relearning_steps: tuple[float, ...] = (10.0,)
    answer_cap: float = 60.0
    new_order: str = "mixed"
    review_order: str = "retrievability-descending"
    bury_siblings: bool = True
    leech_threshold: int = 8
    leech_action: str = "tag"
    fuzz: bool = True
    load_balance: bool = True
    easy_days: tuple[float, ...] = (1.0,) * 7
    typed: bool = False
    speaking_time: int = 120
    parameters: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Parameters of the model of memory, and what they were fitted to.

    Attributes:
        at: when. model: what they are parameters of. reviews: answers that they were fitted to.
        log_loss_before, log_loss_after: of answers held out, by the parameters in force then, and by a fit.
    """

    at: datetime
    parameters: tuple[float, ...]
    model: str
    reviews: int
    log_loss_before: float | None = None
    log_loss_after: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The way to a day on which the cards of a deck are to be recalled.

    Attributes:
        deck: with all below it; `None` for the whole collection.
        first_day, day: study days, as `Days.number` counts them: the one on which it was made, and the one it is for.
        recall: mean chance of recall wanted on the day.
        least: chance of recall on the day below which no card is left without a last answer in the days before.
        new_per_day: new cards to begin on a day. new_cards: new ones when it was made.
        minutes: a day, on average. predicted: mean chance of recall on the day. Both as reckoned when it was made.
    """

    deck: str | None
    first_day: int
    day: int
    recall: float
    least: float
    new_per_day: int
    new_cards: int
    minutes: float
    predicted: float


@dataclass(frozen=True, slots=True)
class Deck:
    """A deck as the collection holds it.

    Attributes:
        name: slash path. options: what was set for it, without what it inherits.
    """

    id: int
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many cards wait, and how many answers were given today. A deck's counts include those of the decks below it."""

    deck: str
    new: int = 0
    learning: int = 0
    review: int = 0
    done_today: int = 0
    cards: int = field(default=0)
