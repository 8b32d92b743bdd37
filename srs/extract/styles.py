"""One function for each shape that a note takes on paper. A style reads the blocks of a document by a rule's names.

A new kind of card is a rule in a recipe, and at most one function here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from srs.cards import Note
from srs.extract.blocks import Block
from srs.extract.recipe import Names, Rule
from srs.extract.wording import title, unquoted, without_emphasis, without_marks


@dataclass(frozen=True, slots=True)
class Page:
    """A document as the styles read it: its blocks, and the topic where no heading of level one gives it."""

    blocks: Sequence[Block]
    name: str

    def topic(self, block: Block) -> str:
        over = block.headings[0] if block.headings else None
        return title(over.text) if over and over.level == 1 else self.name


@dataclass(frozen=True, slots=True)
class Style:
    """A function that reads notes from a page, and the names that a rule may give it."""

    read: Callable[[Page, Rule], Iterator[Note]]
    names: frozenset[str]


def _ends_part(block: Block) -> bool:
    return block.kind in {"heading", "rule"}


def _items_from(blocks: Sequence[Block], start: int) -> tuple[list[str], int]:
    """The items of the list that begins at `start`, inner lists kept inside their item, and the index after it."""
    items: list[str] = []
    at = start
    while at < len(blocks) and blocks[at].depth > 0 and not _ends_part(blocks[at]):
        block = blocks[at]
        outermost = block.depth == blocks[start].depth
        if block.kind == "item" and outermost:
            items.append(without_marks(block.whole))
        elif items:
            mark = "- " if block.kind == "item" else ""
            items[-1] += "\n" + "  " * (block.depth - blocks[start].depth or 1) + mark + block.whole
        at += 1
    return [item for item in items if item], at


def _words(block: Block) -> str:
    """What may be a label: the words of one, or a heading."""
    return block.label or (block.text if block.kind == "heading" else "")


def _as_list(items: Sequence[str]) -> str:
    return "\n".join("- " + item.replace("\n", "\n  ") for item in items)


def _text_from(blocks: Sequence[Block], start: int, stop: Callable[[Block], bool]) -> tuple[str, int]:
    """Paragraphs from `start` until a heading, a rule or a block that `stop` knows; and the index after them."""
    parts: list[str] = []
    at = start
    while at < len(blocks) and not _ends_part(blocks[at]) and not stop(blocks[at]):
        if text := blocks[at].whole:
            parts.append("- " + text if blocks[at].kind == "item" else text)
        at += 1
    return "\n\n".join(parts), at


# -- a question, and the list under a label in its answer ---------------------------------------------------------------


def labelled_answer(page: Page, rule: Rule) -> Iterator[Note]:
    """Question (a heading, or a bold line) -> what stands under a label in its section: a list, or a text."""
    labels, questions, groups, parts = (rule.names[name] for name in ("labels", "questions", "groups", "parts"))
    made: set[Block] = set()
    asked: Block | None = None
    for index, block in enumerate(page.blocks):
        if block.kind == "heading":
            asked = None
        if _asks(block):
            asked = block
        words = _words(block)
        if not words or not labels.match(words):
            continue
        question = asked or _question_over(block, questions, groups, parts)
        if question is None or question in made or question is block:
            continue
        items, answer = _labelled(page.blocks, index)
        if answer:
            made.add(question)
            yield Note(
                kind=rule.kind,
                front=title(question.label or question.text),
                answer=answer,
                items=tuple(items),
                topic=page.topic(question),
                heading=title(question.label or question.text),
                line=question.line,
                rule=rule.name,
            )


def _asks(block: Block) -> bool:
    """Whether a bold line asks: `**Q1: Why us?**` stands for a heading where the author used none."""
    if block.kind == "heading" or not block.label or block.text:
        return False
    return block.label.rstrip('"”').endswith("?") or _numbered(block.label)


def _question_over(block: Block, questions: Names, groups: Names, parts: Names) -> Block | None:
    """The nearest heading over a block that is asked: by its words, or because it stands in a section of questions."""
    over = [heading for heading in block.headings if heading.line != block.line]
    while over and (parts.match(over[-1].text)):
        over.pop()
    if not over:
        return None
    heading = over[-1]
    asked = questions.match(heading.text) or heading.text.rstrip('"”* ').endswith("?") or _numbered(heading.text)
    if not asked and not any(groups.match(outer.text) for outer in over[:-1]):
        return None
    return Block("heading", heading.text, heading.line, tuple(over))


def _numbered(text: str) -> bool:
    return re.match(r"\W*(?:q|question)\s*#?\d+\b", text, re.IGNORECASE) is not None


def _labelled(blocks: Sequence[Block], index: int) -> tuple[list[str], str]:
    """What a label at `index` carries: the list below it, else its text."""
    block = blocks[index]
    after = index + 1
    if (block.kind == "heading" or not block.text) and after < len(blocks) and blocks[after].depth > block.depth:
        items, _ = _items_from(blocks, after)
        return items, _as_list(items)
    if block.kind == "heading":
        if after == len(blocks) or _ends_part(blocks[after]):
            return [], ""
        text, _ = _text_from(blocks, after, lambda other: bool(other.label) and other is not blocks[after])
        return [], unquoted(text)
    text = block.text
    if not text and after < len(blocks) and not _ends_part(blocks[after]) and not blocks[after].label:
        text, _ = _text_from(blocks, after, lambda other: bool(other.label) or other.depth > 0)
    return [], unquoted(text)


# -- a list of phrases under what they are for --------------------------------------------------------------------------

_OPENING = {'"': '"', "“": "”", "„": "“”", "«": "»"}
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)")  # an item that is nothing else belongs to a table of contents
_GLOSS = re.compile(r"^\s*(?:[-–—:=]|→|⇒|->|=>)\s*|^\s+(?=\()")


def phrase_list(page: Page, rule: Rule) -> Iterator[Note]:
    """Heading or label (the function) -> each item of the lists below it, word for word."""
    under, outside = rule.names["under"], rule.names["outside"]
    function = ""
    inner: dict[int, str] = {}  # depth of a list -> the item over the phrases, which is their function
    for index, block in enumerate(page.blocks):
        inner = {depth: name for depth, name in inner.items() if depth < block.depth}
        if _ends_part(block):
            function = ""
            continue
        if not any(under.match(heading.text) for heading in block.headings) or any(
            outside.match(heading.text) for heading in block.headings
        ):
            continue
        if block.kind == "paragraph" and block.depth == 0:
            function = title(block.label) if block.label and not block.text else ""
            continue
        if block.kind != "item" or _LINK.fullmatch(block.text):
            continue
        has_inner = index + 1 < len(page.blocks) and page.blocks[index + 1].depth > block.depth
        if has_inner and page.blocks[index + 1].kind == "item" and block.whole.lstrip("* ")[:1] not in _OPENING:
            inner[block.depth] = title(block.label or block.text)
            continue
        if any(outside.match(name) for name in (function, block.label, *inner.values()) if name):
            continue
        phrase, use = _phrase(block.whole)
        if not re.search(r"\w", phrase):
            continue
        purpose = next(reversed(inner.values()), function) or title(block.headings[-1].text)
        topic = page.topic(block)
        yield Note(
            kind=rule.kind,
            front=" › ".join(dict.fromkeys([topic, purpose])) + (f" – {use}" if use else ""),
            answer=phrase,
            topic=topic,
            heading=purpose,
            line=block.line,
            rule=rule.name,
        )


def _phrase(text: str) -> tuple[str, str]:
    """(phrase, use) of an item: `"Let me see…" – to gain time`. Without quotes the whole item is the phrase."""
    text = without_marks(without_emphasis(text))
    closing = _OPENING.get(text[:1])
    if closing:
        end = next((at for at in range(1, len(text)) if text[at] in closing), -1)
        rest = text[end + 1 :]
        if end > 1 and (gloss := _GLOSS.match(rest)):
            use = rest[gloss.end() :].strip()
            return text[1:end].strip(), use.strip("()") if use.startswith("(") else use
    return unquoted(text.rstrip(",;")), ""


# -- something wrong, and why it is ------------------------------------------------------------------------------------


def flaw_and_reason(page: Page, rule: Rule) -> Iterator[Note]:
    """A label that says "wrong", what is wrong, a label that says "why", the reason -> wrong, why."""
    wrong, why, questions = (rule.names[name] for name in ("wrong", "why", "questions"))
    blocks = page.blocks
    asked: Block | None = None
    for index, block in enumerate(blocks):
        if block.kind == "heading":
            asked = None
        if _asks(block):
            asked = block
        words = _words(block)
        named = _named(words)
        if not words or not (wrong.match(words) or (named and wrong.match(named[0]))):
            continue
        below, at = _text_from(blocks, index + 1, lambda other: bool(other.label))
        flaw = "\n\n".join(part for part in (block.text if block.label else "", below) if part)
        if not flaw or at == len(blocks) or not why.match(_words(blocks[at])):
            continue
        items, reason = _labelled(blocks, at)
        if not reason:
            continue
        flaw_name = title(named[1]) if named else ""
        context = title(asked.label) if asked else _context(block, questions, wrong, page)
        yield Note(
            kind=rule.kind,
            front=f"Bad answer to “{context}”\n\n" + _quoted(unquoted(flaw)),
            answer=f"**{flaw_name}**: {reason}" if flaw_name and not items else reason,
            items=tuple(items),
            topic=page.topic(block),
            heading=context,
            line=block.line,
            rule=rule.name,
        )


_NAMED = re.compile(r"(?P<name>.*?)(?:\s*#?\d+)?\s*(?:\s[-–—]+\s*|:\s*|\((?=.*\)$))(?P<rest>.+?)\)?$")


def _named(label: str) -> tuple[str, str] | None:
    """("Bad example", "Vague") of `Bad Example 2 - Vague`."""
    match = _NAMED.match(label)
    return (match["name"], match["rest"]) if match else None


def _context(block: Block, questions: Names, wrong: Names, page: Page) -> str:
    """What a bad answer answers: the nearest question over it, else the topic. “What not to say” is no question."""
    for heading in reversed(block.headings):
        if wrong.match(heading.text):
            continue
        if heading.text.rstrip('"”* ').endswith("?") or questions.match(heading.text) or _numbered(heading.text):
            return title(heading.text)
    return page.topic(block)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


STYLES = {
    "labelled_answer": Style(labelled_answer, frozenset({"labels", "questions", "groups", "parts"})),
    "phrase_list": Style(phrase_list, frozenset({"under", "outside"})),
    "flaw_and_reason": Style(flaw_and_reason, frozenset({"wrong", "why", "questions"})),
}
