"""import_documents(): read files, extract, reconcile, apply. The only reader of source documents."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from srs import __version__
from srs.cards import Changes, Document, Note, Problem
from srs.cues import distinct
from srs.errors import ImportFailed
from srs.extract import deck_in_front_matter, extract
from srs.extract.recipe import Recipe, load_recipe
from srs.extract.repair import Decoded, decode
from srs.extract.styles import STYLES
from srs.reconcile import reconcile, unchanged
from srs.shipped import shipped
from srs.store import Store
from srs.store.content import KnownDocument

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".txt"})
STDIN = "-"


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do.

    Attributes:
        documents: how many were read; unread: how many of them are as they were.
        unchanged: notes of changed documents that are as they were.
        by_document: for each changed document how many notes of each kind it holds.
        repairs: (path, places mended, signs lost) of documents with damaged text.
        empty: documents in which no rule found a card.
    """

    documents: int = 0
    unread: int = 0
    changes: Changes = field(default_factory=Changes)
    unchanged: int = 0
    by_document: dict[str, Counter[str]] = field(default_factory=dict)
    decks: set[str] = field(default_factory=set)
    repairs: list[tuple[str, int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def nothing_changed(self) -> bool:
        c = self.changes
        return not (c.added or c.edited or c.moved or c.revived or c.retired)

    @property
    def empty(self) -> list[str]:
        return [path for path, kinds in self.by_document.items() if not kinds]


@dataclass(frozen=True, slots=True)
class _File:
    """A file to read, the name it is known by, and the deck that its place gives."""

    source: Path
    name: str
    deck: str

    @property
    def shown(self) -> str:
        return STDIN if self.name == STDIN else str(self.source)


def shipped_recipe() -> Recipe:
    sources = {path.name: path.read_text("utf-8") for path in sorted((shipped("decks") / "recipes").glob("*.toml"))}
    return load_recipe(sources, {name: style.names for name, style in STYLES.items()})


def import_documents(
    store: Store, paths: Sequence[str], recipe: Recipe, now: datetime, *, deck: str | None = None, starter: bool = False
) -> ImportReport:
    """Bring documents and folders into the collection. `-` is standard input; `starter` adds what comes with the program.

    Raises ImportFailed when a path does not exist or a folder holds no documents; then nothing is read. A file that is
    no text or is empty is a Problem: the rest is imported, and its cards stay as they are.
    """
    report = ImportReport()
    files = list(_files(paths, starter))
    known = store.documents()
    changed = []
    for file in files:
        report.documents += 1
        decoded = _read(file, report)
        if decoded is None:
            continue
        document = _document(file, decoded.text, recipe, known[file.name].deck if file.name in known else None, deck)
        if file.name in known and (known[file.name].digest, known[file.name].deck) == (
            document.digest,
            document.deck,
        ):
            report.unread += 1
        else:
            changed.append(document)
            if decoded.repaired or decoded.lost:
                report.repairs.append((file.shown, decoded.repaired, decoded.lost))
    gone = _gone(paths, known, {file.name for file in files})
    if not changed and not gone:
        return report

    notes: list[Note] = []
    keep = {STDIN}  # documents whose missing notes prove nothing
    for document in changed:
        extraction = extract(document, recipe)
        if extraction.problems:
            report.problems += extraction.problems
            keep.add(document.path)
        report.by_document[document.path] = Counter(note.kind for note in extraction.notes)
        report.decks.add(document.deck)
        notes += extraction.notes
    places = {document.path for document in changed} | gone
    once = {note.digest: note for note in reversed(notes)}  # equal notes are one card: they share its prompt
    asked = distinct([note for note in notes if once[note.digest] is note], store.taken_prompts(notes, places))
    prompts = {note.digest: note.prompt for note in asked}
    notes = [replace(note, prompt=prompts[note.digest]) for note in notes]
    known_notes = store.known_notes(places, {note.digest for note in notes})
    changes = reconcile(known_notes, notes, places, keep)
    report.unchanged = len(changes.kept)
    as_known = {note.id: note for note in known_notes}
    new_deck = {d.path for d in changed if d.path in known and known[d.path].deck != d.deck}
    rewritten = tuple(
        (id, note) for id, note in changes.kept if note.path in new_deck or not unchanged(as_known[id], note)
    )
    report.changes = replace(changes, kept=rewritten)
    emptied = [Document(path, "", b"", known[path].deck) for path in sorted(gone)]
    store.apply(report.changes, [*changed, *emptied], now)
    return report


def _files(paths: Sequence[str], starter: bool) -> Iterator[_File]:
    seen: set[str] = set()
    for file in _named_files(paths, starter):
        if file.name not in seen:
            seen.add(file.name)
            yield file


def _named_files(paths: Sequence[str], starter: bool) -> Iterator[_File]:
    if starter:
        root = shipped("decks") / "starter"
        for path in sorted(root.rglob("*.md")):
            inside = path.relative_to(root)
            yield _File(path, f"starter/{inside.as_posix()}", inside.with_suffix("").as_posix())
    for name in paths:
        path = Path(name)
        if name == STDIN:
            yield _File(path, STDIN, "stdin")
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


def _read(file: _File, report: ImportReport) -> Decoded | None:
    if any("\ud800" <= character <= "\udfff" for character in file.name):
        report.problems.append(Problem(file.shown, 0, "has a name that is not UTF-8: rename it"))
        return None
    try:
        data = sys.stdin.buffer.read() if file.name == STDIN else file.source.read_bytes()
    except OSError as error:
        report.problems.append(Problem(file.shown, 0, f"cannot be read: {error.strerror}"))
        return None
    decoded = decode(data)
    if decoded is None:
        report.problems.append(Problem(file.shown, 0, "is not text: srs reads Markdown and plain text"))
    elif not decoded.text.strip():
        report.problems.append(Problem(file.shown, 0, "is empty: its cards, if it had any, stay as they are"))
        return None
    return decoded


def _document(file: _File, text: str, recipe: Recipe, known_deck: str | None, asked_deck: str | None) -> Document:
    """A document keeps the deck that it was imported into first, until it or the command line says otherwise."""
    place = asked_deck or deck_in_front_matter(text) or known_deck or file.deck
    deck = "/".join(part.strip() for part in place.split("/") if part.strip()) or "notes"
    digest = blake2b(digest_size=16)
    for part in (text, recipe.digest_text, __version__):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return Document(file.name, text, digest.digest(), deck)


def _gone(paths: Sequence[str], known: Mapping[str, KnownDocument], present: set[str]) -> set[str]:
    """Documents that were imported from one of the folders, are no longer there, and were not yet emptied for it."""
    roots = [Path(name).resolve() for name in paths if name != STDIN and Path(name).is_dir()]
    missing = (name for name, document in known.items() if document.digest and name not in present)
    return {
        name for name in missing if any(Path(name).is_relative_to(root) for root in roots) and not Path(name).exists()
    }
