"""The values of what is written that every room speaks in: documents, the notes in them, and what an import changes.

Plain and immutable, like those of `cards`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

from srs.texts import asked, normalised

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


def content_digest(*parts: str) -> bytes:
    """16 bytes that are equal exactly when the normalised parts are, as far as a learner will ever see."""
    return _digest_of("\x1f".join(map(normalised, parts)))


def _digest_of(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


# Many phrases have one front, one after the other.
_normalised = lru_cache(maxsize=1024)(normalised)


@lru_cache(maxsize=10_000)  # and are asked for it again when all notes of an import are known
def _front_digest(front: str) -> bytes:
    return content_digest(asked(front) or front)


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


class _Written(NamedTuple):
    """The fields of a note: an import makes, sends and reads hundreds of thousands, and a tuple is the cheapest of values."""

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
    over: tuple[str, ...] = ()
    leans: bool = False
    prompt: str = ""
    known_digest: bytes = b""


class Note(_Written):
    """A fact as its author wrote it.

    Attributes:
        kind: one of `KINDS`.
        front: what the fact is about, as Markdown. Several notes may share it: phrases share their function.
        answer: the whole answer as Markdown, in the author's words.
        items: the parts of the answer where it is a list, else empty.
        topic, heading: title of the document or part, and the nearest heading, both without numbers and marks.
        over: the headings between those two, the nearest first; known only where the note is read.
        leans: whether the front does not say what it is about: the nearest heading over it does.
        path, line: where it stands, the line counted from 1.
        rule: name of the recipe's rule that made it.
        prompt: what is asked; unique in the collection. Empty until `cues.distinct` has chosen it.
        known_digest: the digest, once there is a prompt; it is never given, and no change outlives it.
    """

    __slots__ = ()

    @property
    def digest(self) -> bytes:
        """Equal for equal content, whatever the place and the cue."""
        return self.known_digest or _digest_of(
            f"{_normalised(self.kind)}\x1f{_normalised(self.front)}\x1f{normalised(self.answer)}"
        )

    @property
    def front_digest(self) -> bytes:
        """Equal for notes that ask the same, whatever their kind."""
        return _front_digest(self.front)

    def asking(self, prompt: str) -> "Note":
        """The same note, with its prompt."""
        return Note._make((*self[:_PROMPT], prompt, self.digest))

    def _replace(self, **changes: Any) -> "Note":
        """The note with other fields, and what follows from them."""
        return super()._replace(known_digest=b"", **changes)


_PROMPT = Note._fields.index("prompt")


class KnownNote(NamedTuple):
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
