"""Old notes + new notes -> Changes: which note is which after an edit. Pure."""

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from typing import Self, TypeVar

from rapidfuzz import fuzz

from srs.assignment import Edges, assigned, knots
from srs.cards import ANSWERING, Ambiguity, Changes, KnownNote, Note, asked, content_digest, normalised

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


def reconcile(
    known: Sequence[KnownNote], new: Sequence[Note], documents: Collection[str], keep: Collection[str] = ()
) -> Changes:
    """Match the notes of the documents read with those that the collection holds.

    `known` are the notes of these documents and equal ones elsewhere; only those of `documents` may be retired, and not
    those of `keep`. The order of the steps is the strength of the evidence. Where a step fits several notes they are
    paired for the greatest likeness in sum; where that is equal too, the oldest card wins and the case is told.
    """
    settled = {note.digest for note in known if not note.retired and note.path not in documents}
    notes, echoes = _once(new, settled)
    work = _Matching(known, notes, keep)
    for key in (lambda n: n.anchor, lambda n: n.digest):
        for retired in (False, True):
            work.match(key, retired)
    # A note whose very content stands in a document that was not read lives on there: no other text takes it over.
    leaving = [work.open.pop(id) for id in list(work.open) if work.open[id].elsewhere]
    for retired in (False, True):
        work.match_edited(retired)

    gone = (note for note in known if not note.retired and note.path in documents and note.path not in keep)
    missing = {note.id for note in gone} & ({*work.open} | {note.id for note in leaving})
    left = {note.id for note in leaving} & missing
    groups: dict[str, list[tuple[int, Note]]] = {"kept": [], "edited": [], "moved": [], "revived": []}
    for at, old in sorted(work.pairs.items(), key=lambda pair: pair[0]):
        groups[_what_happened(old, notes[at])].append((old.id, notes[at]))
    return Changes(
        added=tuple(work.left.values()),
        **{name: tuple(pairs) for name, pairs in groups.items()},
        retired=tuple(sorted(missing - left)),
        echoes=tuple(echoes),
        left=tuple(sorted(left)),
        ambiguous=tuple(work.ambiguous[at] for at in sorted(work.ambiguous)),
    )


def likeness(note: Note, known: KnownNote) -> float:
    """0 to 100: how like the answers are, or prompt and answer together where that says more.

    The prompt of a phrase is made from its answer and says nothing; a question without an answer is compared by its
    words, also with what answers it or is a phrase now; and since one word answers many questions, short answers are no
    more alike than their prompts.
    """
    return _likeness(note, known, _Text.of)


def unchanged(known: KnownNote, note: Note) -> bool:
    """Whether writing the note again would change nothing."""
    names = ("kind", "path", "line", "prompt", "answer", "heading", "rule", "tags", "anchor", "front_digest")
    return all(getattr(known, name) == getattr(note, name) for name in names)


def _once(new: Sequence[Note], settled: Collection[bytes]) -> tuple[list[Note], list[Note]]:
    """Each content once, at its first place, and the further places; `settled` has its first in a document not read."""
    first: dict[bytes, Note] = {}
    echoes = []
    for note in new:
        if note.digest in settled or first.setdefault(note.digest, note) is not note:
            echoes.append(note)
    return list(first.values()), echoes


def _what_happened(known: KnownNote, note: Note) -> str:
    """The name of the group in `Changes`."""
    if known.retired:
        return "revived"
    if known.digest != note.digest:
        before, now = ((n.kind, normalised(n.prompt), normalised(n.answer)) for n in (known, note))
        if before != now:
            return "edited"
    return "kept" if (known.path, known.heading) == (note.path, note.heading) else "moved"


# -- how like two notes are ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is compared: letters and digits as they stand, and its words in an order that no rewording changes."""

    letters: str
    words: tuple[str, ...]
    sorted_words: tuple[str, ...]
    sorted_letters: str
    numbers: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        letters = asked(text) or normalised(text)
        words = tuple(letters.split())
        numbers = frozenset(re.findall(r"\d+", letters))
        return cls(letters, words, tuple(sorted(words)), " ".join(sorted(words)), numbers)

    def alike(self, other: Self) -> float:
        """The mean of letters and words: any two sentences share four letters in ten, but few words.

        Nearly equal letters are enough without it, since a misspelt word is another word.
        """
        letters = max(fuzz.ratio(self.letters, other.letters), fuzz.ratio(self.sorted_letters, other.sorted_letters))
        words = fuzz.ratio(self.sorted_words, other.sorted_words)
        return max((letters + words) / 2, 2 * letters - 100)


_Reader = Callable[[str], _Text]


def _likeness(note: Note, known: KnownNote, read: _Reader) -> float:
    answer = read(_text(note)).alike(read(_text(known)))
    if note.kind == known.kind == "phrase" or not (note.answer or known.answer):
        return answer
    if "phrase" in {note.kind, known.kind}:
        return max(answer, read(_name(note)).alike(read(_name(known))))
    question = _question if note.kind == known.kind else _bare_question
    prompt = read(question(note)).alike(read(question(known)))
    if not (note.answer and known.answer):
        return max(answer, prompt)
    if _is_short(note, read) and _is_short(known, read):
        return min(answer, prompt)
    return max(answer, (answer + prompt) / 2)


def _text(note: Note | KnownNote) -> str:
    """What the author wrote to be learnt: the answer, or a question that has none."""
    return note.answer or _question(note)


def _question(note: Note | KnownNote) -> str:
    """The prompt, without its first line where more follows: of a bad answer to a question the answer counts."""
    return note.prompt.partition("\n\n")[2] or note.prompt


def _bare_question(note: Note | KnownNote) -> str:
    """The question without the titles before it, which a card has in one form of the text and lacks in another."""
    return _question(note).rpartition(" › ")[2]


def _name(note: Note | KnownNote) -> str:
    """What the note is listed by in its section: a phrase by itself; empty where that would say little."""
    if note.kind == "phrase":
        return note.answer
    return _bare_question(note) if note.kind in {"themes", "outline", "pattern", "question", "qa", "definition"} else ""


def _numbers(note: Note | KnownNote, read: _Reader) -> frozenset[str]:
    """The numbers in what was written to be learnt, and in what is asked."""
    own = read(note.answer).numbers
    return own if note.kind == "phrase" else own | read(_question(note)).numbers


def _other_numbers(note: Note, known: KnownNote, read: _Reader) -> bool:
    """Whether each has a number that the other lacks."""
    now, before = _numbers(note, read), _numbers(known, read)
    return not (now <= before or before <= now)


def _is_short(note: Note | KnownNote, read: _Reader) -> bool:
    """Whether an equal answer proves little: a gap, a word, a number, or none at all."""
    return note.kind == "cloze" or _says_little(read(note.answer))


def _says_little(text: _Text) -> bool:
    return len(text.words) <= 2 and len(text.letters) <= 20  # letters too, for what is written without spaces


def _front(note: Note | KnownNote) -> Hashable:
    """What is asked; `None` for a phrase, which shares it with others."""
    return None if note.kind == "phrase" else note.front_digest or content_digest(asked(note.prompt) or note.prompt)


# -- which pairs are compared ---------------------------------------------------------------------------------------------


def _worth_comparing(
    notes: Mapping[int, Note], known: Mapping[int, KnownNote], read: _Reader
) -> Iterable[tuple[int, int]]:
    """(place of a new note, id of a known one): all pairs of few, and of many those that share rare words."""
    return product(notes, known) if len(notes) * len(known) <= SMALL else _by_rare_words(notes, known, read)


def _by_rare_words(
    notes: Mapping[int, Note], known: Mapping[int, KnownNote], read: _Reader
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


def _marks(note: Note | KnownNote, read: _Reader) -> set[Hashable]:
    """What a text is found by: its words, the pairs of them, and their beginnings, which outlive most typos."""
    words = read(note.answer).words
    if note.kind != "phrase":
        words = (*read(_question(note)).words, *words)
    return {*words, *pairwise(words), *((word[:3],) for word in words)}


# -- the matching ---------------------------------------------------------------------------------------------------------

_Key = Callable[[Note | KnownNote], Hashable]
_Fits = Callable[[Note, KnownNote], bool]


class _Matching:
    """What is matched so far, and what is open on both sides."""

    def __init__(self, known: Iterable[KnownNote], notes: Iterable[Note], keep: Collection[str]) -> None:
        self.open = {note.id: note for note in sorted(known, key=lambda k: k.id)}
        self.left = dict(enumerate(notes))
        self.keep = keep
        self.pairs: dict[int, KnownNote] = {}  # place in the new notes -> the known note that it is
        self.ambiguous: dict[int, Ambiguity] = {}
        self.linked: set[tuple[str, str]] = set()  # old and new path of equal notes: a file renamed, split or merged
        self.read: _Reader = cache(_Text.of)
        self.beside = _neighbours([(at, note.path) for at, note in self.left.items()])
        in_use = sorted((n for n in self.open.values() if not n.retired), key=lambda n: (n.path, n.line, n.id))
        self.beside_known = _neighbours([(note.id, note.path) for note in in_use])
        self.asking = Counter(_front(note) for note in in_use if note.kind in ANSWERING)

    def match_edited(self, retired: bool) -> None:
        """Pair notes of other content. Those in use go through all steps before a retired one goes through the first."""
        self.match(lambda n: (front := _front(n)) and (front, n.kind), retired, self._is_near)
        self.match(self._telling_answer, retired, self._is_in_reach)
        self._match_similar(retired)
        self._match_in_place(retired)
        self.match(self._sole_question, retired, self._is_in_reach, sure=True)
        self.match(lambda n: self.read(_text(n)).letters or None, retired, self._has_changed_form, sure=True)
        self.match(_front, retired, self._is_near, sure=True)
        self.match(lambda n: self.read(_name(n)).letters or None, retired, self._is_listed_alike, sure=True)
        pairs = list(_worth_comparing(self.left, self._of_status(retired), self.read))
        self._settle(pairs, SAME, self._is_edited_form, sure=True)

    def match(self, key: _Key, retired: bool, fits: _Fits | None = None, *, sure: bool = False) -> None:
        """Pair by equal keys; `None` is no key. With `sure` nothing is paired that might as well be paired otherwise."""
        waiting = _grouped(self._of_status(retired), key)
        for found, notes in _grouped(self.left, key).items() if waiting else ():
            if found is not None and found in waiting and not self._is_alone(notes, waiting[found], fits):
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
        return self._is_in_reach(note, known) and not (known.retired and _other_numbers(note, known, self.read))

    def _match_similar(self, retired: bool) -> None:
        pairs: set[tuple[int, int]] = set()
        waiting = _grouped(self._of_status(retired), lambda n: n.kind)
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
            if found is not None and found in waiting:
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
                    behind = min(round(10 * NUMBER), evidence // 2) if _other_numbers(note, known, self.read) else 0
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
        if note.kind == "phrase" or not _is_short(note, self.read):
            return self.read(note.answer).letters, note.kind
        return (note.answer or None) and (
            self.read(note.answer).letters,
            note.kind,
            self.read(_bare_question(note)).letters,
        )

    def _listed_answer(self, note: Note | KnownNote) -> Hashable:
        """A short answer, and where it is listed; `None` of what is told by its answer, or has none."""
        if note.kind == "phrase" or not note.answer or not _is_short(note, self.read):
            return None
        return self.read(note.answer).letters, note.kind, note.heading

    def _sole_question(self, note: Note | KnownNote) -> Hashable:
        """The question, where it is found again in any document, whatever answers it now: no other card asked it."""
        if note.kind not in ANSWERING or _says_little(self.read(_bare_question(note))):
            return None
        front = _front(note)
        return (front, note.kind) if self.asking[front] == 1 else None

    def _is_asked_alike(self, note: Note, known: KnownNote) -> bool:
        now, before = (self.read(_bare_question(n)) for n in (note, known))
        return self._is_near(note, known) and now.alike(before) >= IN_PLACE

    def _has_changed_form(self, note: Note, known: KnownNote) -> bool:
        proves = not _is_short(note, self.read) or _likeness(note, known, self.read) >= SIMILAR
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
        return _likeness(note, known, self.read) + CONTEXT * context / 100 - lacking

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
    groups: dict[Hashable, dict[int, _N]] = defaultdict(dict)
    for number, note in notes.items():
        groups[key(note)][number] = note
    return groups
