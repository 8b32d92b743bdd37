"""Markdown -> notes. Pure: a document and a recipe in, notes and problems out."""

import re
from collections import Counter
from dataclasses import dataclass

from srs.extract.blocks import parse
from srs.extract.page import Page
from srs.extract.parts import glossed, lists
from srs.extract.questions import questions
from srs.extract.recipe import Recipe
from srs.extract.residue import content
from srs.extract.stories import as_lists
from srs.extract.styles import STYLES
from srs.extract.wording import asks_for, title
from srs.notes import Document, Note, Problem


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a document holds. Prompts are still empty: see `cues.distinct`.

    Attributes:
        notes: in the order of the document.
        problems: what is wrong with it.
        answered: questions of a bank that a note of the same document answers: they are no cards of their own.
        without: (line, heading) of the sections that say something and made no card.
    """

    notes: tuple[Note, ...]
    problems: tuple[Problem, ...] = ()
    answered: tuple[Note, ...] = ()
    without: tuple[tuple[int, str], ...] = ()


def extract(document: Document, recipe: Recipe) -> Extraction:
    """The notes that the recipe's rules find. What a note was made of is read by no later rule."""
    matter, blocks, slips = parse(document.text)
    first = next((block.text for block in blocks if block.kind == "heading" and block.headings[-1].level == 1), "")
    name = matter.get("title") or title(first) or document.deck.rpartition("/")[2].replace("-", " ").replace("_", " ")
    tags = tuple(tag.strip("'\"") for tag in matter.get("tags", "").strip("[]").replace(",", " ").split())
    page = Page(as_lists(content(blocks, recipe), recipe), name, recipe, document.path, tags)
    page.glossed = {at for members in lists(page) if glossed(page, members) for at in members}
    page.ask(questions(page))
    has_anchors = any(block.anchor for block in page.blocks)
    found: list[tuple[int, Note]] = []
    for rule in recipe.rules:
        for each in STYLES[rule.style].read(page, rule):
            if not _is_whole(each.note):
                continue
            page.taken.update(each.blocks)
            page.flawed.update(each.flawed)
            anchors = (page.blocks[at].anchor for at in each.blocks) if has_anchors else ()
            anchor = next(filter(None, anchors), None)
            found.append((each.note.line, each.note._replace(anchor=anchor) if anchor else each.note))
    shared = Counter(note.anchor for _, note in found if note.anchor)
    found = [
        (line, note._replace(anchor=None) if note.anchor and shared[note.anchor] > 1 else note) for line, note in found
    ]
    notes, answered = _unanswered([note for _, note in sorted(found, key=lambda pair: pair[0])])
    problems = tuple(Problem(document.path, line, what) for line, what in slips)
    return Extraction(tuple(notes), problems, tuple(answered), tuple(_without(page)))


def _is_whole(note: Note) -> bool:
    """Whether there is something to ask, and, but for an open question, something to answer: often only signs stand there."""
    return bool(note.front.strip()) and (bool(note.answer.strip()) or note.kind == "question")


def _unanswered(notes: list[Note]) -> tuple[list[Note], list[Note]]:
    """The notes without the open questions that others of them answer or ask already, and those questions."""
    answering = [
        re.sub(r"\s*\([^)]*\)$", "", note.front) for note in notes if note.kind in {"themes", "qa", "monologue"}
    ]
    fronts = {asks_for(part) for front in answering for part in (front, *front.split(" / "))}
    seen: set[tuple[str, ...]] = set()
    kept, answered = [], []
    for note in notes:
        if note.kind == "question":
            words = asks_for(note.front)
            if words in seen or words in fronts:
                answered.append(note)
                continue
            seen.add(words)
        kept.append(note)
    return kept, answered


def _without(page: Page) -> list[tuple[int, str]]:
    """Sections with a text or list of their own that no note was made of."""
    found = []
    for at in page.of_kind["heading"]:
        own = [i for i in page.own(at) if page.blocks[i].kind not in {"rule", "end"}]
        if own and page.free(at) and not any(i in page.taken for i in own):
            found.append((page.blocks[at].line, title(page.blocks[at].text)))
    return found


def front_matter(text: str) -> dict[str, str]:
    """What a document says of itself between its first `---` and the next: plain values, by name."""
    if not text.startswith("---"):
        return {}
    return parse(text[: text.find("\n---", 3) + 5]).matter
