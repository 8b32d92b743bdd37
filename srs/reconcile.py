"""Old notes + new notes -> Changes: which note is which after an edit. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Sequence

from rapidfuzz import fuzz

from srs.cards import Changes, KnownNote, Note, normalised

SIMILAR = 70.0
"""Similarity, 0 to 100, from which two texts under one heading are the same note edited."""


def reconcile(
    known: Sequence[KnownNote], new: Sequence[Note], documents: Collection[str], keep: Collection[str] = ()
) -> Changes:
    """Match the notes of the documents read with those that the collection holds.

    `known` are the notes of these documents and equal ones elsewhere; only those of `documents` may be retired, and not
    those of `keep`. The order of the steps is the strength of the evidence; within one, a tie goes to the older note.
    """
    work = _Matching(known, documents)
    notes, echoes = _once(new)
    notes = [note for note in notes if not work.stands_elsewhere(note, echoes)]
    work.match(notes, lambda n: n.anchor, lambda k: k.anchor)
    work.match(notes, lambda n: (n.digest, n.path), lambda k: (k.digest, k.path))
    work.match(notes, lambda n: n.digest, lambda k: k.digest)
    work.leave_elsewhere()
    work.match(notes, _asked_alike, _asked_alike)
    work.match(
        notes, lambda n: (n.path, n.kind, normalised(n.answer)), lambda k: (k.path, k.kind, normalised(k.answer))
    )
    work.match(notes, lambda n: (n.kind, normalised(n.answer)), lambda k: (k.kind, normalised(k.answer)))
    work.match_similar(notes)
    return work.changes(notes, echoes, keep)


def _asked_alike(note: Note | KnownNote) -> Hashable:
    """Where it stands and what it asks; `None` for a phrase, whose few initials another phrase may have as well."""
    return None if note.kind == "phrase" else (note.path, note.kind, normalised(note.prompt))


def _once(new: Sequence[Note]) -> tuple[list[Note], list[Note]]:
    """Each content once, at its first place, and the further places."""
    first: dict[bytes, Note] = {}
    echoes = []
    for note in new:
        if first.setdefault(note.digest, note) is not note:
            echoes.append(note)
    return list(first.values()), echoes


class _Matching:
    def __init__(self, known: Sequence[KnownNote], documents: Collection[str]) -> None:
        self.open = {note.id: note for note in known}
        self.documents = documents
        self.leaving: list[KnownNote] = []
        self.pairs: dict[int, KnownNote] = {}  # place in the new notes -> the known note that it is
        self.settled = {note.digest for note in known if not note.retired and note.path not in documents}

    def stands_elsewhere(self, note: Note, echoes: list[Note]) -> bool:
        """Whether a document that was not read holds the same note: then this is a second place of it."""
        if note.digest in self.settled:
            echoes.append(note)
            return True
        return False

    def match(
        self, notes: Sequence[Note], of_new: Callable[[Note], Hashable], of_known: Callable[[KnownNote], Hashable]
    ) -> None:
        """Pair what is left by equal keys, in order of age and of place. `None` is no key."""
        waiting: dict[Hashable, list[KnownNote]] = defaultdict(list)
        for known in sorted(self.open.values(), key=lambda k: (k.retired, k.id)):
            if (found := of_known(known)) is not None:
                waiting[found].append(known)
        for at, note in enumerate(notes):
            found = of_new(note)
            if at not in self.pairs and found is not None and waiting[found]:
                self._pair(at, waiting[found].pop(0))

    def leave_elsewhere(self) -> None:
        """A note whose very content stands in a document that was not read lives on there: no other text takes it over."""
        self.leaving = [known for known in self.open.values() if known.elsewhere]
        for known in self.leaving:
            del self.open[known.id]

    def match_similar(self, notes: Sequence[Note]) -> None:
        """Pair what is left in one document by likeness, the likest first: first under one heading, then anywhere in it."""
        for place, least in (
            ((lambda n: (n.path, n.kind, n.heading)), SIMILAR - 20),
            ((lambda n: (n.path, n.kind)), SIMILAR),
        ):
            rivals: dict[Hashable, list[KnownNote]] = defaultdict(list)
            for known in self.open.values():
                rivals[place(known)].append(known)
            likeness = sorted(
                (-score, known.id, at)
                for at, note in enumerate(notes)
                if at not in self.pairs
                for known in rivals.get(place(note), ())
                if (score := _likeness(note, known)) >= least
            )
            for _, id, at in likeness:
                if at not in self.pairs and id in self.open:
                    self._pair(at, self.open[id])

    def _pair(self, at: int, known: KnownNote) -> None:
        self.pairs[at] = known
        del self.open[known.id]

    def changes(self, notes: Sequence[Note], echoes: Sequence[Note], keep: Collection[str]) -> Changes:
        kept, edited, moved, revived, added = [], [], [], [], []
        for at, note in enumerate(notes):
            known = self.pairs.get(at)
            if known is None:
                added.append(note)
                continue
            pair = (known.id, note)
            if known.retired:
                revived.append(pair)
            elif known.digest != note.digest and not _same_words(known, note):
                edited.append(pair)
            elif known.path != note.path or known.heading != note.heading:
                moved.append(pair)
            else:
                kept.append(pair)
        retired, left = (
            tuple(sorted(k.id for k in gone if not k.retired and k.path in self.documents and k.path not in keep))
            for gone in (self.open.values(), self.leaving)
        )
        return Changes(
            tuple(added),
            tuple(kept),
            tuple(edited),
            tuple(moved),
            tuple(revived),
            retired,
            tuple(echoes),
            left,
        )


def _same_words(known: KnownNote, note: Note) -> bool:
    return normalised(known.prompt) == normalised(note.prompt) and normalised(known.answer) == normalised(note.answer)


def _likeness(note: Note, known: KnownNote) -> float:
    """0 to 100: how like the answers are, or prompt and answer together where that says more."""
    answer = fuzz.ratio(normalised(note.answer), normalised(known.answer))
    prompt = fuzz.ratio(normalised(note.prompt), normalised(known.prompt))
    return max(answer, (answer + prompt) / 2) if note.kind != "phrase" else answer


def unchanged(known: KnownNote, note: Note) -> bool:
    """Whether writing the note again would change nothing."""
    names = ("path", "line", "prompt", "answer", "heading", "rule", "tags", "front_digest")
    return all(getattr(known, name) == getattr(note, name) for name in names)
