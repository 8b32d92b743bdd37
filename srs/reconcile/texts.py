"""How like two notes are: by letters and words, prompts and answers. What it proves is for `matching` to say."""

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Self

from rapidfuzz import fuzz

from srs.notes import KnownNote, Note, content_digest
from srs.texts import asked, normalised


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is compared: letters and digits as they stand, and its words in an order that no rewording changes."""

    letters: str
    words: tuple[str, ...]
    sorted_words: tuple[str, ...]
    sorted_letters: str
    numbers: frozenset[str]

    @classmethod
    def of(cls, written: str) -> Self:
        letters = asked(written) or normalised(written)
        words = tuple(letters.split())
        figures = frozenset(re.findall(r"\d+", letters))
        return cls(letters, words, tuple(sorted(words)), " ".join(sorted(words)), figures)

    def alike(self, other: Self) -> float:
        """The mean of letters and words: any two sentences share four letters in ten, but few words.

        Nearly equal letters are enough without it, since a misspelt word is another word.
        """
        letters = max(fuzz.ratio(self.letters, other.letters), fuzz.ratio(self.sorted_letters, other.sorted_letters))
        words = fuzz.ratio(self.sorted_words, other.sorted_words)
        return max((letters + words) / 2, 2 * letters - 100)


Reader = Callable[[str], Text]


def alike(note: Note, known: KnownNote, read: Reader) -> float:
    """0 to 100; what `reconcile.likeness` says, with texts read only once."""
    answer = read(text(note)).alike(read(text(known)))
    if note.kind == known.kind == "phrase" or not (note.answer or known.answer):
        return answer
    if "phrase" in {note.kind, known.kind}:
        return max(answer, read(name(note)).alike(read(name(known))))
    asks = question if note.kind == known.kind else bare_question
    prompt = read(asks(note)).alike(read(asks(known)))
    if not (note.answer and known.answer):
        return max(answer, prompt)
    if is_short(note, read) and is_short(known, read):
        return min(answer, prompt)
    return max(answer, (answer + prompt) / 2)


def text(note: Note | KnownNote) -> str:
    """What the author wrote to be learnt: the answer, or a question that has none."""
    return note.answer or question(note)


def question(note: Note | KnownNote) -> str:
    """The prompt, without its first line where more follows: of a bad answer to a question the answer counts."""
    return note.prompt.partition("\n\n")[2] or note.prompt


def bare_question(note: Note | KnownNote) -> str:
    """The question without the titles before it, which a card has in one form of the text and lacks in another."""
    return question(note).rpartition(" › ")[2]


def name(note: Note | KnownNote) -> str:
    """What the note is listed by in its section: a phrase by itself; empty where that would say little."""
    if note.kind == "phrase":
        return note.answer
    return bare_question(note) if note.kind in {"themes", "outline", "pattern", "question", "qa", "definition"} else ""


def numbers(note: Note | KnownNote, read: Reader) -> frozenset[str]:
    """The numbers in what was written to be learnt, and in what is asked."""
    own = read(note.answer).numbers
    return own if note.kind == "phrase" else own | read(question(note)).numbers


def other_numbers(note: Note, known: KnownNote, read: Reader) -> bool:
    """Whether each has a number that the other lacks."""
    now, before = numbers(note, read), numbers(known, read)
    return not (now <= before or before <= now)


def is_short(note: Note | KnownNote, read: Reader) -> bool:
    """Whether an equal answer proves little: a gap, a word, a number, or none at all."""
    return note.kind == "cloze" or says_little(read(note.answer))


def says_little(written: Text) -> bool:
    return len(written.words) <= 2 and len(written.letters) <= 20  # letters too, for what is written without spaces


def front(note: Note | KnownNote) -> Hashable:
    """What is asked; `None` for a phrase, which shares it with others."""
    return None if note.kind == "phrase" else note.front_digest or content_digest(asked(note.prompt) or note.prompt)
