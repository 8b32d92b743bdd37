"""What is asked: prompts that are unique in the collection and give nothing away, and hints by step."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from srs.texts import all_normalised, normalised

if TYPE_CHECKING:
    from srs.notes import Note


def distinct(notes: "Sequence[Note]", taken: Collection[str]) -> "list[Note]":
    """The notes with their prompts: for each the shortest that no other note has. See `prompts_of`."""
    return [note.asking(prompt) for note, prompt in zip(notes, prompts_of(notes, taken)[0], strict=True)]


def prompts_of(notes: "Sequence[Note]", taken: Collection[str]) -> tuple[list[str], set[str]]:
    """For each note the shortest prompt that no other note has; and all of them as `taken` holds them.

    `taken` holds the normalised prompts of the rest of the collection. Notes that would be asked alike all get the
    longer form, so that each of them tells which one is meant. A note that has a prompt was given it by `first_asked`.
    """
    prompts = [note.prompt or next(_prompts(note)) for note in notes]
    keys = all_normalised(prompts)
    if len(given := set(keys)) == len(keys) and given.isdisjoint(taken):
        return prompts, given
    return _told_apart(notes, prompts, keys, taken)


def first_asked(note: "Note") -> "Note":
    """The note with the shortest of the prompts that it may have."""
    return note.asking(next(_prompts(note)))


def _told_apart(
    notes: "Sequence[Note]", prompts: list[str], keys: list[str], taken: Collection[str]
) -> tuple[list[str], set[str]]:
    """The prompts, longer ones where the shortest are alike or taken; `keys` are the prompts normalised."""
    forms: dict[int, Iterator[str]] = {}
    asking: dict[str, set[int]] = defaultdict(set)  # by prompt: who would be asked so
    for at, key in enumerate(keys):
        asking[key].add(at)
    looked_at: Collection[str] = asking
    while alike := [at for key in looked_at if len(asking[key]) > 1 or key in taken for at in asking[key]]:
        looked_at = set()
        for at in alike:
            if at not in forms:
                forms[at] = islice(_prompts(notes[at]), 1, None)
            longer = next(forms[at], None)
            if longer is not None:
                asking[keys[at]].discard(at)
                prompts[at], keys[at] = longer, normalised(longer)
                asking[keys[at]].add(at)
                looked_at.add(keys[at])
    given: set[str] = set()
    last: dict[str, int] = {}  # by prompt: the number that was given last
    for at, (prompt, key) in enumerate(zip(prompts, keys, strict=True)):
        number, numbered = last.get(key, 1), key if key not in last else ""
        while not numbered or numbered in taken or numbered in given:
            number += 1
            numbered = normalised(f"{prompt} ({number})")
        given.add(numbered)
        last[key] = number
        prompts[at] = prompt if number == 1 else f"{prompt} ({number})"
    return prompts, given


def _prompts(note: "Note") -> Iterator[str]:
    """Ways to ask for a note, from the shortest to the most telling. The numbered form after them is the caller's."""
    if note.kind == "phrase" and (words := _words(note.answer)):
        count = f"{len(words)} word{'s' if len(words) != 1 else ''}"
        initials = ""
        for word in words:
            initials += (" " if initials else "") + _initial(word)
            yield f"{note.front}: “{initials}”, {count}"
        return
    front = normalised(note.front)
    places = [place for place in dict.fromkeys((note.heading, *note.over, note.topic)) if place]
    places = [place for place in places if normalised(place) not in front]
    if note.leans and places:
        ways = [", ".join(reversed(places[:many])) for many in range(1, len(places) + 1)]
    else:
        yield note.front
        near = [place for place in places if place in {note.heading, note.topic}]
        ways = [*near, ", ".join(reversed(near)), *note.over, ", ".join(reversed(places))]
    for context in dict.fromkeys(filter(None, ways)):
        yield f"{note.front} ({context})"


def hints(kind: str, answer: str, items: Sequence[str] = ()) -> tuple[str, ...]:
    """What `h` shows, one step after the other.

    A phrase gives its first word, then the initials of all; a list the first word of each item in turn.
    """
    if kind == "phrase":
        words = _words(answer)
        return (f"{words[0]} …", " ".join(_initial(word) for word in words)) if words else ()
    if kind in {"themes", "outline"}:
        first = [next(iter(_words(re.sub(r"[*_`]+", "", item))), "") for item in items]
        return tuple(f"{number}. {word} …" for number, word in enumerate(first, start=1) if word)
    return ()


def _words(text: str) -> list[str]:
    return [word for word in text.split() if word[0].isalnum() or _LETTER.search(word)]


_LETTER = re.compile(r"\w")


def _initial(word: str) -> str:
    if word[0].isalnum():
        return word[0] + "…"
    return next(character for character in word if character.isalnum() or character == "_") + "…"
