"""import_documents(): read, extract, reconcile, apply. A plan says what an import would do; applied, it is done."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from srs.cards import ANSWERING, Changes, Document, KnownNote, Note, Problem, Remark, asked, normalised
from srs.cues import prompts_of
from srs.extract import extract, front_matter
from srs.extract.recipe import Recipe
from srs.extract.repair import decode
from srs.importing.reading import (
    STDIN,
    SourceFile,
    digest_of,
    files,
    forget_recipes,
    gone_from,
    matter_of,
    read,
    recipe_of,
    shipped_recipe,
    slash_path,
)
from srs.quality import remarks
from srs.reconcile import likeness, reconcile, unchanged
from srs.store import Store
from srs.store.content import KnownDocument

__all__ = ["ImportPlan", "apply_plan", "import_documents", "plan_import", "shipped_recipe"]

LOSS = 3
"""Cards that a document loses before it counts as a loss to ask about: more than half of them, and no fewer than these."""

LOOKED_AT = 2000
"""Cards at most whose quality an import looks at; `srs check` looks at any number."""

BATCH = 5000
"""Notes whose prompts are looked for at a time."""


@dataclass(slots=True)
class ImportPlan:
    """What an import would do, and once it is applied, did.

    Attributes:
        documents: how many were read; unread: how many of them are as they were.
        unchanged: notes of changed documents that are as they were.
        by_document: for each changed document how many notes of each kind it holds.
        repairs: (path, places mended, signs lost) of documents with damaged text.
        losses: (path, cards to retire, cards it has) of documents that would lose more than half of their cards.
        remarks: on the quality of the cards that are new or edited, where they are not too many to look at.
        answered: open questions that are not asked, because a note answers them.
        lost_from_sight: (path, cards) of documents that still hold the words of cards to retire, but in no form known.
        empty: documents in which no rule found a card.
        known: the notes that change, as the collection holds them, by id.
        changed: the documents to save, without their texts.
        base: number of the newest import that the plan rests on.
    """

    base: int = 0
    documents: int = 0
    unread: int = 0
    changes: Changes = field(default_factory=Changes)
    unchanged: int = 0
    by_document: dict[str, Counter[str]] = field(default_factory=dict)
    decks: set[str] = field(default_factory=set)
    repairs: list[tuple[str, int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    answered: int = 0
    losses: list[tuple[str, int, int]] = field(default_factory=list)
    lost_from_sight: list[tuple[str, int]] = field(default_factory=list)
    known: dict[int, KnownNote] = field(default_factory=dict)
    changed: list[Document] = field(default_factory=list)

    @property
    def nothing_changed(self) -> bool:
        c = self.changes
        return not (c.added or c.edited or c.moved or c.revived or c.retired)

    @property
    def empty(self) -> list[str]:
        return [path for path, kinds in self.by_document.items() if not kinds]

    def similarity(self, id: int, note: Note) -> int:
        """0 to 100: how like an edited note is to what it was."""
        return round(likeness(note, self.known[id]))


def import_documents(
    store: Store,
    paths: Sequence[str],
    recipe: Recipe | None,
    now: datetime,
    *,
    deck: str | None = None,
    starter: bool = False,
    name: str | None = None,
) -> ImportPlan:
    """Bring documents and folders into the collection, whatever is lost by it: plan, then apply."""
    plan = plan_import(store, paths, recipe, deck=deck, starter=starter, name=name)
    apply_plan(store, plan, now)
    return plan


def apply_plan(store: Store, plan: ImportPlan, now: datetime) -> None:
    """Do what was planned, in one transaction. Raises StalePlan when another import came in between."""
    if plan.changed:
        store.apply(plan.changes, plan.changed, now, after=plan.base)


def plan_import(
    store: Store,
    paths: Sequence[str],
    recipe: Recipe | None = None,
    *,
    deck: str | None = None,
    starter: bool = False,
    name: str | None = None,
    progress: Callable[[int, int], object] | None = None,
    again: Collection[str] = (),
) -> ImportPlan:
    """What an import of documents and folders would do; nothing is written.

    `-` is standard input, known by `name` if that is given; `starter` adds what comes with the program. `recipe` is for
    all documents instead of their own ones. `progress` is told after each document how many of how many are read.
    Documents in `again` are read even if they are as they were.

    Raises ImportFailed when a path does not exist or a folder holds no documents; then nothing is read. A file that is
    no text or is empty is a Problem: the rest is imported, and its cards stay as they are.
    """
    plan = ImportPlan(store.last_import())
    forget_recipes()
    named = list(files(paths, starter, name))
    known = store.documents()
    found = _Found()
    for file in named:
        reading = _changed(file, known.get(file.name), recipe, deck, plan, file.name in again)
        if reading is not None:
            _extract(*reading, found, plan)
        plan.documents += 1
        if progress is not None:
            progress(plan.documents, len(named))
    gone = gone_from(paths, known, {file.name for file in named})
    gone |= _moved_away(store, known, found.notes, gone)
    places = {document.path for document in plan.changed} | gone
    if not places:
        return plan

    notes, covered, answered = _asked_once(found.notes, store, places, plan)
    notes, digests = _prompted(notes, store, places, {normalised(note.prompt) for note in covered})
    known_notes = store.known_notes(places, digests)
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
        return plan_import(
            store, paths, recipe, deck=deck, starter=starter, name=name, progress=progress, again={*again, *wake}
        )
    held = Counter(note.path for note in known_notes if not note.retired)
    lost = Counter(note.path for note in going if note.kind != "question" or note.front_digest not in answered)
    plan.losses = [(path, n, held[path]) for path, n in sorted(lost.items()) if n >= LOSS and 2 * n > held[path]]
    plan.lost_from_sight = _lost_from_sight([file for file in named if file.name in lost], going)
    as_known.update((note.id, note) for note in covered)
    plan.changes = replace(changes, kept=rewritten, retired=(*changes.retired, *(note.id for note in covered)))
    plan.known = {id: as_known[id] for id in _touched(plan.changes)}
    plan.remarks = _looked_at(plan.changes, found.silence)
    plan.changed += [Document(path, "", b"", known[path].deck) for path in sorted(gone)]
    return plan


@dataclass(slots=True)
class _Found:
    """What the changed documents hold.

    Attributes:
        keep: documents whose missing notes prove nothing.
        silence: for each document the checks that its recipe silences.
    """

    notes: list[Note] = field(default_factory=list)
    keep: set[str] = field(default_factory=lambda: {STDIN})
    silence: dict[str, tuple[str, ...]] = field(default_factory=dict)


def _extract(document: Document, recipe: Recipe, found: _Found, plan: ImportPlan) -> None:
    """Extract a changed document, and note what there is to tell of it."""
    extraction = extract(document, recipe)
    if extraction.problems:
        plan.problems += extraction.problems
        found.keep.add(document.path)
    found.notes += extraction.notes
    found.silence[document.path] = recipe.silence
    plan.answered += len(extraction.answered)
    plan.by_document[document.path] = Counter(note.kind for note in extraction.notes)
    plan.decks.add(document.deck)
    plan.changed.append(replace(document, text=""))


def _touched(changes: Changes) -> set[int]:
    """The known notes that a plan has something to say of."""
    touched = {id for group in (changes.edited, changes.moved, changes.revived) for id, _ in group}
    return touched.union(changes.retired, *((a.taken, *a.others) for a in changes.ambiguous))


def _looked_at(changes: Changes, silence: Mapping[str, tuple[str, ...]]) -> list[Remark]:
    """Remarks on the notes that are new or edited, where they are not too many to look at."""
    seen = [*changes.added, *(note for _, note in changes.edited)]
    if len(seen) > LOOKED_AT:
        return []
    return [remark for remark in remarks(seen) if remark.check not in silence[remark.path]]


def _lost_from_sight(changed: Sequence[SourceFile], going: Sequence[KnownNote]) -> list[tuple[str, int]]:
    """Documents that still hold, word for word, answers of cards to retire, and how many of them."""
    found = []
    for file in changed:
        answers = [normalised(note.answer) for note in going if note.path == file.name and len(note.answer.split()) > 2]
        decoded = decode(data) if answers and str(file.source) != STDIN and (data := read(file, [])) else None
        text = normalised(decoded.text) if decoded else ""
        if count := sum(answer in text for answer in answers):
            found.append((file.shown, count))
    return found


def _changed(
    file: SourceFile,
    known: KnownDocument | None,
    recipe: Recipe | None,
    deck: str | None,
    plan: ImportPlan,
    again: bool,
) -> tuple[Document, Recipe] | None:
    """The document, with its text, and its recipe; `None` when it is as it was, or is none.

    Only what has changed is more than hashed, but for front matter, which may name a recipe.
    """
    data = read(file, plan.problems)
    if data is None:
        return None
    own_recipe = recipe or recipe_of(file, matter_of(data))
    digest = digest_of(data, own_recipe, deck)
    if known is not None and known.digest == digest and not again:
        plan.unread += 1
        return None
    decoded = decode(data)
    if decoded is None:
        plan.problems.append(Problem(file.shown, 0, "is not text: srs reads Markdown and plain text"))
        return None
    if not decoded.text.strip():
        plan.problems.append(Problem(file.shown, 0, "is empty: its cards, if it had any, stay as they are"))
        return None
    if decoded.repaired or decoded.lost:
        plan.repairs.append((file.shown, decoded.repaired, decoded.lost))
    place = deck or front_matter(decoded.text).get("deck") or (known.deck if known else file.deck)
    return Document(file.name, decoded.text, digest, slash_path(place)), own_recipe


def _asked_once(
    notes: list[Note], store: Store, places: Collection[str], plan: ImportPlan
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
    if not unanswered or any(str(file.source) == STDIN for file in named):
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
    store: Store, known: Mapping[str, KnownDocument], notes: Sequence[Note], gone: Collection[str]
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


def _prompted(
    notes: list[Note], store: Store, places: Collection[str], freed: set[str]
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
        asked = prompts_of([once[digest] for digest in waiting], used | taken if taken else used)
        prompts.update(zip(waiting, asked, strict=True))
        used.update(map(normalised, asked))
    return [note.asking(prompts[digest]) for digest, note in zip(digests, notes, strict=True)], prompts.keys()


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
