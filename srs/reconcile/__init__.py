"""Old notes + new notes -> Changes: which note is which after an edit. Pure."""

from collections.abc import Collection, Sequence
from operator import attrgetter

from srs.cards import Changes, KnownNote, Note, normalised
from srs.reconcile.matching import Matching
from srs.reconcile.texts import Text, alike


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
    work = Matching(known, notes, keep)
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
    return alike(note, known, Text.of)


def unchanged(known: KnownNote, note: Note) -> bool:
    """Whether writing the note again would change nothing."""
    return bool(_WRITTEN(known) == _WRITTEN(note))


_WRITTEN = attrgetter("line", "kind", "path", "prompt", "answer", "heading", "rule", "tags", "anchor", "front_digest")


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
