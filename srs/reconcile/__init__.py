"""Old notes + new notes -> Changes: which note is which after an edit. Pure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from srs.notes import Changes, KnownNote, Note
from srs.reconcile.matching import Matching
from srs.reconcile.texts import Text, alike
from srs.texts import normalised


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

    read = [note for note in known if note.path in documents and note.path not in keep]
    missing = {note.id for note in read if not note.retired} & ({*work.open} | {note.id for note in leaving})
    left = {note.id for note in leaving} & missing
    groups: dict[str, list[tuple[int, Note]]] = {"kept": [], "edited": [], "moved": [], "revived": []}
    for at, old in sorted(work.pairs.items(), key=lambda pair: pair[0]):
        groups[_what_happened(old, notes[at])].append((old.id, notes[at]))
    now = {old.id: notes[at].path for at, old in work.pairs.items()}
    return Changes(
        added=tuple(work.left.values()),
        **{name: tuple(pairs) for name, pairs in groups.items()},
        retired=tuple(sorted(missing - left)),
        echoes=tuple(echoes),
        left=tuple(sorted(left)),
        followed=tuple(_following(read, now, left)),
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
    return (
        known.line == note.line
        and known.prompt == note.prompt
        and known.answer == note.answer
        and known.path == note.path
        and known.heading == note.heading
        and known.rule == note.rule
        and known.kind == note.kind
        and known.tags == note.tags
        and known.anchor == note.anchor
        and known.front_digest == note.front_digest
    )


def _once(new: Sequence[Note], settled: Collection[bytes]) -> tuple[list[Note], list[Note]]:
    """Each content once, at its first place, and the further places; `settled` has its first in a document not read."""
    first: dict[bytes, Note] = {}
    echoes = []
    for note in new:
        if note.digest in settled or first.setdefault(note.digest, note) is not note:
            echoes.append(note)
    return list(first.values()), echoes


def _following(known: Sequence[KnownNote], now: Mapping[int, str], left: Collection[int]) -> Iterator[tuple[int, str]]:
    """Retired notes, and the documents they go to: where at least half of what stood among them went.

    That is their section, or else their document when nothing is left of it: it has another name, or was merged. So they
    are looked for where their text would be written again. `now` has the document of each known note that is still there.
    """
    departed = {note.path for note in known if now.get(note.id, note.path) != note.path}
    held: Counter[tuple[str, ...]] = Counter()
    went: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for note in known:
        if note.path in departed and not note.retired:
            for place in _places(note):
                held[place] += 1
                went[place].update([now[note.id]] if note.id in now else [])
    for note in known:
        if note.path in departed and note.id not in now and note.id not in left:
            section, document = _places(note)
            home = _home_of_most(went[section], held[section], note.path)
            if home is None and note.path not in went[document]:
                home = _home_of_most(went[document], held[document], note.path)
            if home is not None and home != note.path:
                yield note.id, home


def _places(note: KnownNote) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The section that a note stands in, and its document."""
    return (note.path, note.heading), (note.path,)


def _home_of_most(went: Mapping[str, int], held: int, before: str) -> str | None:
    """The document that has half of the notes or more; of two that have as many the one `before`, or the first by name."""
    most = max(sorted(went), key=lambda path: (went[path], path == before), default=None)
    return most if most is not None and 2 * went[most] >= held else None


def _what_happened(known: KnownNote, note: Note) -> str:
    """The name of the group in `Changes`."""
    if known.retired:
        return "revived"
    if known.digest != note.digest:
        before, now = ((n.kind, normalised(n.prompt), normalised(n.answer)) for n in (known, note))
        if before != now:
            return "edited"
    return "kept" if (known.path, known.heading) == (note.path, note.heading) else "moved"
