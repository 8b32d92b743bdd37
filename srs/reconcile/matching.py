"""Which known note a new one is: step by step, the strongest evidence first, each step for the greatest likeness in sum."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise, product
from typing import TypeVar

from rapidfuzz import fuzz

from srs.assignment import Edges, assigned, knots
from srs.notes import ANSWERING, Ambiguity, KnownNote, Note
from srs.reconcile.texts import (
    Reader,
    Text,
    alike,
    bare_question,
    front,
    is_short,
    name,
    other_numbers,
    question,
    says_little,
    text,
)

# Measured on the starter decks: unrelated phrases are alike up to 42 under one heading and up to 52 (99.9 %; at most 59)
# in one document; one with a word put in, left out or misspelt is from 73 upwards, with two words replaced from 60. The
# context makes that 50 under the same heading. Another document holds more texts that may be alike by chance, and a
# retired note was given up once: both need as much as a note has after a small edit only.
SIMILAR = 60.0
"""Likeness, 0 to 100, from which two texts of one document are the same note edited."""
CONTEXT = 10.0
"""What an equal heading and prompt add to the likeness; partly equal ones add their part."""
SAME = 90.0
"""Likeness, with its context, from which two notes of different kinds are the same in another form."""
OPEN = 10.0
"""How much more two questions without an answer need: they begin alike, and the unrelated are alike up to 64 (99.9 %)."""
APART = 20.0
"""How much more likeness a note needs that was in another document, or is retired."""

IN_PLACE = 45.0
"""Likeness from which two questions are the same with an equal answer in the same place: one word of two replaced is 47."""
NUMBER = 20.0
"""How far a text with another number comes behind one with the same: a word more is an edit, a number another fact."""
PLACE = 5.0
"""How far a text comes before another where the notes before and after it are the same still; one of them is half of it.
It chooses only, and proves nothing: what is written in the place of another text is seldom the same, however unlike."""

SMALL = 900  # pairs up to which all of a group are compared; in a larger one those that share rare words
LOOKED_AT = 200  # known notes that may be looked at for one new note by its words
SHORTLIST = 12  # and of these the ones that are compared

_Key = Callable[[Note | KnownNote], Hashable]
_Fits = Callable[[Note, KnownNote], bool]


class Matching:
    """What is matched so far, and what is open on both sides."""

    def __init__(self, known: Iterable[KnownNote], notes: Iterable[Note], keep: Collection[str]) -> None:
        self.open = {note.id: note for note in sorted(known, key=lambda k: k.id)}
        self.left = dict(enumerate(notes))
        self.keep = keep
        self.pairs: dict[int, KnownNote] = {}  # place in the new notes -> the known note that it is
        self.ambiguous: dict[int, Ambiguity] = {}
        self.linked: set[tuple[str, str]] = set()  # old and new path of equal notes: a file renamed, split or merged
        self.read: Reader = cache(Text.of)
        self.all_left = list(self.left.items())
        self.in_use = [note for note in self.open.values() if not note.retired]
        self.asking = Counter(front(note) for note in self.in_use if note.kind in ANSWERING)

    @cached_property
    def beside(self) -> dict[int, dict[int, int]]:
        """What stands before and after each new note."""
        return _neighbours([(at, note.path) for at, note in self.all_left])

    @cached_property
    def beside_known(self) -> dict[int, dict[int, int]]:
        """What stands before and after each known note."""
        in_use = sorted(self.in_use, key=lambda note: (note.path, note.line, note.id))
        return _neighbours([(note.id, note.path) for note in in_use])

    def match_edited(self, retired: bool) -> None:
        """Pair notes of other content. Those in use go through all steps before a retired one goes through the first."""
        self.match(lambda n: (asked := front(n)) and (asked, n.kind), retired, self._is_near)
        self.match(self._telling_answer, retired, self._is_in_reach)
        if retired:  # given up once, but word for word the same, wherever it stood and under whatever title
            self.match(self._words, retired)
        self._match_similar(retired)
        self._match_in_place(retired)
        self.match(self._sole_question, retired, self._is_in_reach, sure=True)
        self.match(lambda n: self.read(text(n)).letters or None, retired, self._has_changed_form, sure=True)
        self.match(front, retired, self._is_near, sure=True)
        self.match(lambda n: self.read(name(n)).letters or None, retired, self._is_listed_alike, sure=True)
        pairs = list(_worth_comparing(self.left, self._of_status(retired), self.read))
        self._settle(pairs, SAME, self._is_edited_form, sure=True)

    def match(self, key: _Key, retired: bool, fits: _Fits | None = None, *, sure: bool = False) -> None:
        """Pair by equal keys; `None` is no key. With `sure` nothing is paired that might as well be paired otherwise."""
        waiting = _grouped(self._of_status(retired), key)
        for found, notes in _grouped(self.left, key).items() if waiting else ():
            if found in waiting and not self._is_alone(notes, waiting[found], fits):
                pairs = _worth_comparing(notes, waiting[found], self.read)
                self._settle(pairs, -APART, fits, sure)

    def _is_alone(self, notes: Mapping[int, Note], known: Mapping[int, KnownNote], fits: _Fits | None) -> bool:
        """Pair two notes of equal content without a rival, as most are: what else would be compared decides nothing."""
        (at, note), (id, old) = next(iter(notes.items())), next(iter(known.items()))
        if fits is not None or len(notes) != 1 or len(known) != 1 or note.digest != old.digest:
            return False
        self.pairs[at] = old
        del self.left[at], self.open[id]
        self.linked.add((old.path, note.path))
        return True

    def _is_alike(self, note: Note, known: KnownNote) -> bool:
        """Whether likeness may prove anything; of a retired note with another number it proves that it is not back."""
        return self._is_in_reach(note, known) and not (known.retired and other_numbers(note, known, self.read))

    def _match_similar(self, retired: bool) -> None:
        pairs: set[tuple[int, int]] = set()
        waiting = _grouped(self._of_status(retired), lambda n: n.kind)
        if not waiting:
            return
        for kind, notes in _grouped(self.left, lambda n: n.kind).items():
            pairs.update(_worth_comparing(notes, waiting.get(kind, {}), self.read))
            here = _grouped(waiting.get(kind, {}), lambda n: (n.path, n.heading))
            for place, there in _grouped(notes, lambda n: (n.path, n.heading)).items():
                if len(there) * len(here.get(place, ())) <= SMALL:
                    pairs.update(product(there, here.get(place, ())))
        self._settle(pairs, SIMILAR, self._is_alike)

    def _match_in_place(self, retired: bool) -> None:
        """Pair notes by a short answer, which tells little, where they stand beside the same ones and ask much the same."""
        waiting = _grouped(self._of_status(retired), self._listed_answer)
        for found, notes in _grouped(self.left, self._listed_answer).items() if waiting else ():
            if found in waiting:
                pairs = _worth_comparing(notes, waiting[found], self.read)
                in_place = [(at, id) for at, id in pairs if self._unmoved(at, id)]
                self._settle(in_place, -APART, self._is_asked_alike, sure=True)

    def _settle(self, pairs: Iterable[tuple[int, int]], needed: float, fits: _Fits | None, sure: bool = False) -> None:
        """Choose among pairs by how far each exceeds what is needed, in tenths: likeness less apart than that is equal."""
        edges: Edges = defaultdict(dict)
        for at, id in pairs:
            note, known = self.left[at], self.open[id]
            if fits is None or fits(note, known):
                evidence = round(10 * (self._evidence(note, known) - needed)) + 1
                if evidence > 0:
                    behind = min(round(10 * NUMBER), evidence // 2) if other_numbers(note, known, self.read) else 0
                    edges[at][id] = evidence - behind + round(10 * PLACE * self._unmoved(at, id) / 2)
        for knot in knots(edges):
            chosen = assigned(knot)
            tied = {at: Ambiguity(self.left[at], chosen[at], ids) for at, ids in self._ties(knot, chosen)}
            for at in chosen.keys() - tied.keys() if sure else chosen:
                note, self.pairs[at] = self.left.pop(at), self.open.pop(chosen[at])
                if needed < SIMILAR:
                    self.linked.add((self.pairs[at].path, note.path))
            if not sure:
                self.ambiguous |= tied

    def _ties(self, knot: Edges, chosen: Mapping[int, int]) -> Iterator[tuple[int, tuple[int, ...]]]:
        """The places that might as well have another of the known notes, or whose known note another new one might have."""
        owner = {id: at for at, id in chosen.items()}
        spare = {pair for at, row in knot.items() if at not in chosen for pair in row.items()}
        for at, id in chosen.items():
            others = tuple(
                other
                for other, evidence in sorted(knot[at].items())
                if evidence == knot[at][id]
                and self.open[other].digest != self.open[id].digest
                and (other not in owner or knot[owner[other]].get(id) == knot[owner[other]][other])
            )
            if others or (id, knot[at][id]) in spare:
                yield at, others

    def _of_status(self, retired: bool) -> dict[int, KnownNote]:
        return {id: known for id, known in self.open.items() if known.retired is retired}

    def _telling_answer(self, note: Note | KnownNote) -> Hashable:
        """The answer, where it tells the note: one word only with its question, but of a phrase it is all there is."""
        if note.kind == "phrase" or not is_short(note, self.read):
            return self.read(note.answer).letters, note.kind
        return self._words(note)

    def _words(self, note: Note | KnownNote) -> Hashable:
        """All that its author wrote, but for titles; `None` without an answer."""
        asked = "" if note.kind == "phrase" else self.read(bare_question(note)).letters
        return (note.answer or None) and (self.read(note.answer).letters, note.kind, asked)

    def _listed_answer(self, note: Note | KnownNote) -> Hashable:
        """A short answer, and where it is listed; `None` of what is told by its answer, or has none."""
        if note.kind == "phrase" or not note.answer or not is_short(note, self.read):
            return None
        return self.read(note.answer).letters, note.kind, note.heading

    def _sole_question(self, note: Note | KnownNote) -> Hashable:
        """The question, where it is found again in any document, whatever answers it now: no other card asked it."""
        if note.kind not in ANSWERING or says_little(self.read(bare_question(note))):
            return None
        asked = front(note)
        return (asked, note.kind) if self.asking[asked] == 1 else None

    def _is_asked_alike(self, note: Note, known: KnownNote) -> bool:
        now, before = (self.read(bare_question(n)) for n in (note, known))
        return self._is_near(note, known) and now.alike(before) >= IN_PLACE

    def _has_changed_form(self, note: Note, known: KnownNote) -> bool:
        proves = not is_short(note, self.read) or alike(note, known, self.read) >= SIMILAR
        return proves and note.kind != known.kind and self._is_in_reach(note, known)

    def _is_edited_form(self, note: Note, known: KnownNote) -> bool:
        return note.kind != known.kind and self._is_near(note, known) and self._has_changed_form(note, known)

    def _is_listed_alike(self, note: Note, known: KnownNote) -> bool:
        """Whether one section lists both: two tables may well have rows of one name."""
        return self._is_near(note, known) and note.kind != known.kind and note.heading == known.heading

    def _is_near(self, note: Note, known: KnownNote) -> bool:
        """Whether they stand in one document, or in two between which notes went."""
        return known.path == note.path or ((known.path, note.path) in self.linked and known.path not in self.keep)

    def _is_in_reach(self, note: Note, known: KnownNote) -> bool:
        """Whether likeness may prove anything: not of a retired note far away, nor of one that is perhaps still there."""
        return self._is_near(note, known) or not (known.retired or known.path in self.keep)

    def _evidence(self, note: Note, known: KnownNote) -> float:
        context = fuzz.ratio(note.heading, known.heading)
        if note.kind != "phrase":
            context = (context + fuzz.ratio(note.prompt, known.prompt)) / 2
        apart = known.retired or not self._is_near(note, known)
        lacking = APART * apart + OPEN * (not note.answer and not known.answer)
        return alike(note, known, self.read) + CONTEXT * context / 100 - lacking

    def _unmoved(self, at: int, id: int) -> int:
        """How many of the notes before and after them, 0 to 2, are known to be the same."""
        there = self.beside_known[id]
        return sum(
            side in there and other in self.pairs and self.pairs[other].id == there[side]
            for side, other in self.beside[at].items()
        )


def _neighbours(order: Sequence[tuple[int, str]]) -> dict[int, dict[int, int]]:
    """Of numbers with the documents they are of, in order: number -> the one before it as -1, the one after it as 1."""
    beside: dict[int, dict[int, int]] = defaultdict(dict)
    for (one, path), (next_one, next_path) in pairwise(order):
        if path == next_path:
            beside[one][1], beside[next_one][-1] = next_one, one
    return beside


_N = TypeVar("_N", Note, KnownNote)


def _grouped(notes: Mapping[int, _N], key: _Key) -> dict[Hashable, dict[int, _N]]:
    """Notes by their keys; those without one are in no group."""
    groups: dict[Hashable, dict[int, _N]] = defaultdict(dict)
    for number, note in notes.items():
        if (found := key(note)) is not None:
            groups[found][number] = note
    return groups


# -- which pairs are compared ---------------------------------------------------------------------------------------------


def _worth_comparing(
    notes: Mapping[int, Note], known: Mapping[int, KnownNote], read: Reader
) -> Iterable[tuple[int, int]]:
    """(place of a new note, id of a known one): all pairs of few, and of many those that share rare words."""
    return product(notes, known) if len(notes) * len(known) <= SMALL else _by_rare_words(notes, known, read)


def _by_rare_words(
    notes: Mapping[int, Note], known: Mapping[int, KnownNote], read: Reader
) -> Iterator[tuple[int, int]]:
    holding: dict[Hashable, list[int]] = defaultdict(list)
    for id, old in known.items():
        for mark in _marks(old, read):
            holding[mark].append(id)
    for at, note in notes.items():
        votes: dict[int, float] = defaultdict(float)
        looked_at = 0
        for ids in sorted((holding[mark] for mark in _marks(note, read) if mark in holding), key=len):
            looked_at += len(ids)
            if looked_at > LOOKED_AT:
                break
            for id in ids:
                votes[id] += 1 / len(ids)
        yield from ((at, id) for _, id in heapq.nsmallest(SHORTLIST, ((-vote, id) for id, vote in votes.items())))


def _marks(note: Note | KnownNote, read: Reader) -> set[Hashable]:
    """What a text is found by: its words, the pairs of them, and their beginnings, which outlive most typos."""
    words = read(note.answer).words
    if note.kind != "phrase":
        words = (*read(question(note)).words, *words)
    return {*words, *pairwise(words), *((word[:3],) for word in words)}
