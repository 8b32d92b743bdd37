"""Markdown -> notes. Pure: a document and a recipe in, notes and problems out."""

from dataclasses import dataclass, replace

from srs.cards import Document, Note, Problem
from srs.extract.blocks import parse
from srs.extract.recipe import Recipe
from srs.extract.styles import STYLES, Page
from srs.extract.wording import title


@dataclass(frozen=True, slots=True)
class Extraction:
    """Notes in the order of the document, and what is wrong with it. Prompts are still empty: see `cues.distinct`."""

    notes: tuple[Note, ...]
    problems: tuple[Problem, ...] = ()


def extract(document: Document, recipe: Recipe) -> Extraction:
    """The notes that the recipe's rules find. A line makes one note: the first rule that reads it has it."""
    matter, blocks = parse(document.text)
    first = next((block.text for block in blocks if block.kind == "heading" and block.headings[-1].level == 1), "")
    name = matter.get("title") or title(first) or document.deck.rpartition("/")[2].replace("-", " ").replace("_", " ")
    page = Page(blocks, name)
    tags = tuple(tag.strip("'\"") for tag in matter.get("tags", "").strip("[]").replace(",", " ").split())
    notes: dict[int, Note] = {}
    for rule in recipe.rules:
        for note in STYLES[rule.style].read(page, rule):
            notes.setdefault(note.line, replace(note, path=document.path, tags=tags))
    return Extraction(tuple(notes[line] for line in sorted(notes)))


def deck_in_front_matter(text: str) -> str | None:
    """The deck that a document asks for itself."""
    if not text.startswith("---"):
        return None
    matter, _ = parse(text[: text.find("\n---", 3) + 5])
    return matter.get("deck") or None
