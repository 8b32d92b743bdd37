"""check_documents(): what an import would make of documents, and how good the cards are. Knows no collection."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from srs.cues import distinct
from srs.extract import extract, front_matter
from srs.extract.repair import decode
from srs.importing.reading import files, forget_recipes, read, recipe_of
from srs.notes import ANSWERING, Document, Note, Problem, Remark
from srs.quality import near_duplicates, remarks


@dataclass(slots=True)
class Checked:
    """What one document makes.

    Attributes:
        notes: its cards, with their prompts, in the order of the document.
        answered: questions that are no cards of their own, because a note answers them.
        without: (line, heading) of the sections that say something and made no card.
    """

    path: str
    notes: list[Note]
    answered: list[Note]
    without: tuple[tuple[int, str], ...]
    silence: tuple[str, ...]


@dataclass(slots=True)
class CheckReport:
    """All documents checked.

    Attributes:
        remarks: on the quality of the cards, but for what the documents' recipes silence.
        near: pairs of questions that ask nearly the same.
    """

    documents: list[Checked] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    near: list[tuple[Note, Note]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def check_documents(paths: Sequence[str], *, starter: bool = False) -> CheckReport:
    """Extract documents and folders, as an import would, and look at the cards. Raises ImportFailed and RecipeError."""
    report = CheckReport()
    forget_recipes()
    for file in files(paths, starter, None):
        data = read(file, report.problems)
        decoded = decode(data) if data else None
        if decoded is None or not decoded.text.strip():
            if data is not None:
                report.problems.append(
                    Problem(file.shown, 0, "is empty, or no text: srs reads Markdown and plain text")
                )
            continue
        matter = front_matter(decoded.text)
        recipe = recipe_of(file, matter)
        found = extract(Document(file.shown, decoded.text, b"", matter.get("deck") or file.deck), recipe)
        report.problems += found.problems
        report.documents.append(
            Checked(file.shown, list(found.notes), list(found.answered), found.without, recipe.silence)
        )
    _finish(report)
    return report


def _finish(report: CheckReport) -> None:
    """Prompts, and all that shows only when the documents are seen together."""
    every = [note for document in report.documents for note in document.notes]
    answering = {note.front_digest for note in every if note.kind in ANSWERING}
    once: dict[bytes, Note] = {}
    for note in every:
        if note.kind != "question" or note.front_digest not in answering:
            once.setdefault(note.digest, note)
    prompts = {note.digest: note.prompt for note in distinct(list(once.values()), ())}
    for document in report.documents:
        open_ones = [n for n in document.notes if n.kind == "question" and n.front_digest in answering]
        document.answered += open_ones
        asked = [note for note in document.notes if note.kind != "question" or note.front_digest not in answering]
        document.notes = [note.asking(prompts[note.digest]) for note in asked]
    every = [note for document in report.documents for note in document.notes]
    silence = {document.path: document.silence for document in report.documents}
    report.remarks = [remark for remark in remarks(every) if remark.check not in silence[remark.path]]
    report.near = [(a, b) for a, b in near_duplicates(every) if "near-duplicate" not in silence[b.path]]
