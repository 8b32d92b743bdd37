"""What an import makes of documents that have changed: their notes, which of them are known, and what is to be done."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from srs.cues import first_asked, prompts_of
from srs.extract import extract, front_matter
from srs.extract.recipe import Recipe
from srs.extract.repair import decode
from srs.importing.reading import STDIN, Read, SourceFile, read, shipped_recipe, slash_path
from srs.notes import ANSWERING, Changes, Document, KnownDocument, KnownNote, Note, Problem, Remark
from srs.texts import asked, normalised

if TYPE_CHECKING:
    from srs.importing import ImportPlan
    from srs.store import Store

LOSS = 3
"""Cards that a document loses before it counts as a loss to ask about: more than half of them, and no fewer than these."""

LOOKED_AT = 2000
"""Cards at most whose quality an import looks at; `srs check` looks at any number."""

BATCH = 5000
"""Notes whose prompts are looked for at a time."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a document makes; `document`, without its text, is `None` where it is none.

    Attributes:
        notes: with the shortest of the prompts that they may have: other notes may need longer ones.
        answered: open questions that are not asked, because a note answers them.
        repairs: places mended, signs lost.
        silence: the checks that its recipe silences.
    """

    document: Document | None
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    answered: int = 0
    repairs: tuple[int, int] = (0, 0)
    silence: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """What the changed documents hold.

    Attributes:
        keep: documents whose missing notes prove nothing.
        silence: for each document the checks that its recipe silences.
    """

    notes: list[Note] = field(default_factory=list)
    keep: set[str] = field(default_factory=lambda: {STDIN})
    silence: dict[str, tuple[str, ...]] = field(default_factory=dict)


def made_of(given: Read) -> Made:
    """The notes of a document, and what there is to tell of it. Raises RecipeError."""
    file, shown = given.file, given.file.shown
    recipe = given.recipe if isinstance(given.recipe, Recipe) else shipped_recipe(given.recipe.names, given.recipe.own)
    decoded = decode(given.data)
    if decoded is None:
        return Made(None, (), (Problem(shown, 0, "is not text: srs reads Markdown and plain text"),))
    if not decoded.text.strip():
        return Made(None, (), (Problem(shown, 0, "is empty: its cards, if it had any, stay as they are"),))
    place = given.deck or front_matter(decoded.text).get("deck") or given.known_deck or file.deck
    document = Document(file.name, decoded.text, given.digest, slash_path(place))
    extraction = extract(document, recipe)
    return Made(
        Document(file.name, "", given.digest, document.deck),
        tuple(map(first_asked, extraction.notes)),
        extraction.problems,
        len(extraction.answered),
        (decoded.repaired, decoded.lost),
        recipe.silence,
    )


def take(file: SourceFile, made: Made, found: Found, plan: "ImportPlan") -> None:
    """Note what a document makes."""
    plan.problems += made.problems
    document = made.document
    if document is None:
        return
    if any(made.repairs):
        plan.repairs.append((file.shown, *made.repairs))
    if made.problems:
        found.keep.add(document.path)
    found.notes += made.notes
    found.silence[document.path] = made.silence
    plan.answered += made.answered
    plan.by_document[document.path] = Counter(note.kind for note in made.notes)
    plan.decks.add(document.deck)
    plan.changed.append(document)


def compare(
    store: "Store",
    plan: "ImportPlan",
    found: Found,
    named: Sequence[SourceFile],
    known: Mapping[str, KnownDocument],
    gone: set[str],
    again: Collection[str],
) -> set[str]:
    """Complete a plan: what becomes of the notes found, and of those of documents that are gone.

    Documents that have to be read again for it, besides those in `again`; where there are any the plan is void.
    """
    gone = gone | _moved_away(store, known, found.notes, gone)
    places = {document.path for document in plan.changed} | gone
    if not places:
        return set()

    notes, covered, answered = _asked_once(found.notes, store, places, plan)
    notes, digests = _prompted(notes, store, places, {normalised(note.prompt) for note in covered})
    known_notes = store.known_notes(places, digests)
    known_notes += _given_up(store, notes, known_notes)
    from srs.reconcile import reconcile, unchanged  # and the comparing of texts with it

    changes = reconcile(known_notes, notes, places, found.keep)
    notes, found.notes = [], []  # memory for what follows
    plan.unchanged = len(changes.kept)
    as_known = {note.id: note for note in known_notes}
    new_deck = {d.path for d in plan.changed if d.path in known and known[d.path].deck != d.deck}
    rewritten = tuple(
        (id, note) for id, note in changes.kept if note.path in new_deck or not unchanged(as_known[id], note)
    )
    going = [as_known[id] for id in changes.retired]
    reworded = [as_known[id] for id, note in changes.edited if note.front_digest != as_known[id].front_digest]
    unanswered = [note for note in (*going, *reworded) if note.kind in ANSWERING and note.front_digest not in answered]
    if wake := _asking_again(unanswered, named, places) - set(again):
        return wake
    held = Counter(note.path for note in known_notes if not note.retired)
    lost = Counter(note.path for note in going if note.kind != "question" or note.front_digest not in answered)
    plan.losses = [(path, n, held[path]) for path, n in sorted(lost.items()) if n >= LOSS and 2 * n > held[path]]
    plan.lost_from_sight = _lost_from_sight([file for file in named if file.name in lost], going)
    as_known.update((note.id, note) for note in covered)
    plan.changes = replace(changes, kept=rewritten, retired=(*changes.retired, *(note.id for note in covered)))
    plan.known = {id: as_known[id] for id in _touched(plan.changes)}
    plan.remarks = _looked_at(plan.changes, found.silence)
    plan.changed += [Document(path, "", b"", known[path].deck) for path in sorted(gone)]
    return set()


def _touched(changes: Changes) -> set[int]:
    """The known notes that a plan has something to say of."""
    touched = {id for group in (changes.edited, changes.moved, changes.revived) for id, _ in group}
    return touched.union(changes.retired, *((a.taken, *a.others) for a in changes.ambiguous))


def _looked_at(changes: Changes, silence: Mapping[str, tuple[str, ...]]) -> list[Remark]:
    """Remarks on the notes that are new or edited, where they are not too many to look at."""
    seen = [*changes.added, *(note for _, note in changes.edited)]
    if len(seen) > LOOKED_AT:
        return []
    from srs.quality import remarks

    return [remark for remark in remarks(seen) if remark.check not in silence[remark.path]]


def _lost_from_sight(changed: Sequence[SourceFile], going: Sequence[KnownNote]) -> list[tuple[str, int]]:
    """Documents that still hold, word for word, answers of cards to retire, and how many of them."""
    found = []
    for file in changed:
        answers = [normalised(note.answer) for note in going if note.path == file.name and len(note.answer.split()) > 2]
        decoded = decode(data) if answers and file.source != STDIN and (data := read(file, [])) else None
        text = normalised(decoded.text) if decoded else ""
        if count := sum(answer in text for answer in answers):
            found.append((file.shown, count))
    return found


def _asked_once(
    notes: list[Note], store: "Store", places: Collection[str], plan: "ImportPlan"
) -> tuple[list[Note], list[KnownNote], set[bytes]]:
    """The notes without the questions that a note of the collection answers; questions of the rest that these answer;
    and the front digests of all that is answered."""
    answering = {note.front_digest for note in notes if note.kind in ANSWERING}
    open_questions = {note.front_digest for note in notes if note.kind == "question"}
    elsewhere = store.asking(ANSWERING, open_questions - answering, places)
    answered = open_questions & (answering | {note.front_digest for note in elsewhere})
    kept = [note for note in notes if note.kind != "question" or note.front_digest not in answered]
    plan.answered += len(notes) - len(kept)
    return kept, store.asking(("question",), answering, places), answering | answered


def _asking_again(unanswered: Sequence[KnownNote], named: Sequence[SourceFile], places: Collection[str]) -> set[str]:
    """Documents that are as they were, but ask something that is no longer answered."""
    if not unanswered or any(file.source == STDIN for file in named):
        return set()  # standard input cannot be read twice
    fronts = {asked(_front(note)) for note in unanswered}
    found = set()
    for file in named:
        decoded = decode(read(file, []) or b"") if file.name not in places else None
        words = f" {asked(decoded.text)} " if decoded else ""
        if any(f" {front} " in words for front in fronts):
            found.add(file.name)
    return found


def _front(note: KnownNote) -> str:
    """What a note asks, without the words that tell its prompt from others."""
    cuts = [found.start() for found in re.finditer(r" \(", note.prompt)]
    fronts = (note.prompt[:cut] for cut in cuts)
    return next(
        (front for front in fronts if Note(note.kind, front, "").front_digest == note.front_digest), note.prompt
    )


def _moved_away(
    store: "Store", known: Mapping[str, KnownDocument], notes: Sequence[Note], gone: Collection[str]
) -> set[str]:
    """Documents that are no longer there, and of which most was read at another place: their folder has another name."""
    missing = {path for path in known if path not in gone and known[path].digest and Path(path).is_absolute()}
    missing = {path for path in missing if not Path(path).exists()}
    if not missing or not notes:
        return set()
    digests = {note.digest for note in notes}
    held = [note for note in store.known_notes(missing, ()) if not note.retired]
    found = Counter(note.path for note in held if note.digest in digests)
    return {path for path, count in Counter(note.path for note in held).items() if 2 * found[path] >= count}


def _given_up(store: "Store", notes: Sequence[Note], known: Sequence[KnownNote]) -> list[KnownNote]:
    """Retired notes, besides those known, with the answer of a note whose content is not: it may be back under other titles."""
    contents = {note.digest for note in known}
    others = [note for note in notes if note.digest not in contents]
    retired = store.retired_answers() if others else {}
    answers = {asked(note.answer) for note in others if note.answer} if retired else set()
    digests = [digest for digest, answer in retired.items() if asked(answer) in answers]
    held = {note.id for note in known}
    return [note for note in store.known_notes((), digests) if note.retired and note.id not in held]


def _prompted(
    notes: list[Note], store: "Store", places: Collection[str], freed: set[str]
) -> tuple[list[Note], Collection[bytes]]:
    """The notes with their prompts, and their digests. Equal notes are one card: they share its prompt.

    `freed` are normalised prompts of other documents that will not be asked any longer.
    """
    digests = [note.digest for note in notes]
    once: dict[bytes, Note] = {}
    for digest, note in zip(digests, notes, strict=True):
        once.setdefault(digest, note)
    fronts: dict[bytes, list[bytes]] = {}
    for digest, note in once.items():
        fronts.setdefault(note.front_digest, []).append(digest)
    prompts: dict[bytes, str] = {}
    used: set[str] = set()
    for batch in _batches(fronts):
        waiting = [digest for front in batch for digest in fronts[front]]
        taken = store.taken_prompts(batch, places) - freed
        asked, given = prompts_of([once[digest] for digest in waiting], used | taken if taken else used)
        prompts.update(zip(waiting, asked, strict=True))
        used |= given
    pairs = ((note, prompts[digest]) for digest, note in zip(digests, notes, strict=True))
    return [note if note.prompt == prompt else note.asking(prompt) for note, prompt in pairs], prompts.keys()


def _batches(fronts: Mapping[bytes, Sequence[bytes]]) -> Iterator[list[bytes]]:
    """Fronts by the thousands of their notes: to find prompts takes memory, and it is needed for those of one front only."""
    batch: list[bytes] = []
    size = 0
    for front, notes in fronts.items():
        batch.append(front)
        size += len(notes)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
