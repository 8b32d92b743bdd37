"""import_documents(): read files, extract, reconcile, apply. The only reader of source documents."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from srs import __version__
from srs.cards import Changes, Document, KnownNote, Note, Problem, normalised
from srs.cues import distinct
from srs.errors import ImportFailed
from srs.extract import deck_in_front_matter, extract
from srs.extract.recipe import Recipe, load_recipe
from srs.extract.repair import decode
from srs.extract.styles import STYLES
from srs.reconcile import likeness, reconcile, unchanged
from srs.shipped import shipped
from srs.store import Store
from srs.store.content import KnownDocument

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".txt"})
STDIN = "-"
RECIPES = ("notations", "interview", "speaking", "general")
"""The shipped recipes in the order in which they are tried: what an author marked first, what is most general last."""


LOSS = 3
"""Cards that a document loses before it counts as a loss to ask about: more than half of them, and no fewer than these."""

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
    losses: list[tuple[str, int, int]] = field(default_factory=list)
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


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read, the name it is known by, and the deck that its place gives."""

    source: Path
    name: str
    deck: str

    @property
    def shown(self) -> str:
        return self.name if str(self.source) == STDIN else str(self.source)


def shipped_recipe() -> Recipe:
    folder = shipped("decks") / "recipes"
    sources = {f"{name}.toml": (folder / f"{name}.toml").read_text("utf-8") for name in RECIPES}
    return load_recipe(sources, {name: style.names for name, style in STYLES.items()})


def import_documents(
    store: Store,
    paths: Sequence[str],
    recipe: Recipe,
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
    recipe: Recipe,
    *,
    deck: str | None = None,
    starter: bool = False,
    name: str | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> ImportPlan:
    """What an import of documents and folders would do; nothing is written.

    `-` is standard input, known by `name` if that is given; `starter` adds what comes with the program. `progress` is
    told after each document how many of how many are read.

    Raises ImportFailed when a path does not exist or a folder holds no documents; then nothing is read. A file that is
    no text or is empty is a Problem: the rest is imported, and its cards stay as they are.
    """
    plan = ImportPlan(store.last_import())
    files = list(_files(paths, starter, name))
    known = store.documents()
    notes: list[Note] = []
    keep = {STDIN}  # documents whose missing notes prove nothing
    for file in files:
        document = _changed(file, known.get(file.name), recipe, deck, plan)
        if document is not None:
            extraction = extract(document, recipe)
            if extraction.problems:
                plan.problems += extraction.problems
                keep.add(document.path)
            plan.by_document[document.path] = Counter(note.kind for note in extraction.notes)
            plan.decks.add(document.deck)
            plan.changed.append(replace(document, text=""))
            notes += extraction.notes
        plan.documents += 1
        if progress is not None:
            progress(plan.documents, len(files))
    gone = _gone(paths, known, {file.name for file in files})
    places = {document.path for document in plan.changed} | gone
    if not places:
        return plan

    notes, digests = _prompted(notes, store, places)
    known_notes = store.known_notes(places, digests)
    changes = reconcile(known_notes, notes, places, keep)
    del notes
    plan.unchanged = len(changes.kept)
    as_known = {note.id: note for note in known_notes}
    new_deck = {d.path for d in plan.changed if d.path in known and known[d.path].deck != d.deck}
    rewritten = tuple(
        (id, note) for id, note in changes.kept if note.path in new_deck or not unchanged(as_known[id], note)
    )
    plan.changes = replace(changes, kept=rewritten)
    touched = {id for group in (changes.edited, changes.moved, changes.revived) for id, _ in group}
    touched.update(changes.retired, *((a.taken, *a.others) for a in changes.ambiguous))
    plan.known = {id: as_known[id] for id in touched}
    held = Counter(note.path for note in known_notes if not note.retired)
    lost = Counter(as_known[id].path for id in changes.retired)
    plan.losses = [(path, n, held[path]) for path, n in sorted(lost.items()) if n >= LOSS and 2 * n > held[path]]
    plan.changed += [Document(path, "", b"", known[path].deck) for path in sorted(gone)]
    return plan


def _changed(
    file: _File, known: KnownDocument | None, recipe: Recipe, deck: str | None, plan: ImportPlan
) -> Document | None:
    """The document, with its text; `None` when it is as it was, or is none. Only what has changed is more than hashed."""
    data = _read(file, plan)
    if data is None:
        return None
    digest = _digest(data, recipe, deck)
    if known is not None and known.digest == digest:
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
    place = deck or deck_in_front_matter(decoded.text) or (known.deck if known else file.deck)
    return Document(file.name, decoded.text, digest, _slash_path(place))


def _prompted(notes: list[Note], store: Store, places: Collection[str]) -> tuple[list[Note], Collection[bytes]]:
    """The notes with their prompts, and their digests. Equal notes are one card: they share its prompt."""
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
        asked = distinct([once[digest] for digest in waiting], used | store.taken_prompts(batch, places))
        prompts.update((digest, note.prompt) for digest, note in zip(waiting, asked, strict=True))
        used.update(normalised(note.prompt) for note in asked)
    return [replace(note, prompt=prompts[digest]) for digest, note in zip(digests, notes, strict=True)], prompts.keys()


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


def _files(paths: Sequence[str], starter: bool, name: str | None) -> Iterator[_File]:
    seen: set[str] = set()
    for file in _named_files(paths, starter, name):
        if file.name not in seen:
            seen.add(file.name)
            yield file


def _named_files(paths: Sequence[str], starter: bool, stdin_name: str | None) -> Iterator[_File]:
    if starter:
        root = shipped("decks") / "starter"
        for path in sorted(root.rglob("*.md")):
            inside = path.relative_to(root)
            yield _File(path, f"starter/{inside.as_posix()}", inside.with_suffix("").as_posix())
    for name in paths:
        path = Path(name)
        if name == STDIN:
            yield _File(path, stdin_name or STDIN, _deck_of(stdin_name) if stdin_name else "stdin")
        elif path.is_dir():
            found = sorted(
                p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file() and not _hidden(p, path)
            )
            if not found:
                raise ImportFailed(f"{name}: no documents in this folder: srs reads {', '.join(sorted(SUFFIXES))}")
            root = path.resolve()
            for file in found:
                inside = file.relative_to(path)
                yield _File(file, str(root / inside), (Path(root.name) / inside).with_suffix("").as_posix())
        elif path.exists():
            yield _File(path, str(path.resolve()), path.stem)
        else:
            raise ImportFailed(f"{name}: no such file or folder: check the path")


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _deck_of(name: str) -> str:
    """The deck of a document that is only a name: as for a file or, if it has folders of its own, for one in a folder."""
    path = Path(name)
    path = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
    return path.name if path.is_absolute() else path.as_posix()


def _slash_path(deck: str) -> str:
    return "/".join(part.strip() for part in deck.split("/") if part.strip()) or "notes"


def _read(file: _File, plan: ImportPlan) -> bytes | None:
    if any("\ud800" <= character <= "\udfff" for character in file.name):
        plan.problems.append(Problem(file.shown, 0, "has a name that is not UTF-8: rename it"))
        return None
    try:
        return sys.stdin.buffer.read() if str(file.source) == STDIN else file.source.read_bytes()
    except OSError as error:
        plan.problems.append(Problem(file.shown, 0, f"cannot be read: {error.strerror}"))
        return None


def _digest(data: bytes, recipe: Recipe, deck: str | None) -> bytes:
    """Of the bytes of a document, and of all that decides what is made of them."""
    digest = blake2b(data, digest_size=16)
    for part in (recipe.digest_text, __version__, deck or ""):
        digest.update(b"\0" + part.encode("utf-8", "surrogatepass"))
    return digest.digest()


def _gone(paths: Sequence[str], known: Mapping[str, KnownDocument], present: set[str]) -> set[str]:
    """Documents that were imported from one of the folders, are no longer there, and were not yet emptied for it."""
    folders = (str(Path(name).resolve()) for name in paths if name != STDIN and Path(name).is_dir())
    roots = tuple(folder.rstrip(os.sep) + os.sep for folder in folders)
    missing = (name for name, document in known.items() if document.digest and name not in present)
    return {name for name in missing if name.startswith(roots) and not Path(name).exists()}
