"""What is no content: links, tasks, templates, machine code, leftovers of chats, sections that a recipe skips."""

import re
from collections.abc import Sequence

from srs.extract.blocks import Block, Heading
from srs.extract.page import asks
from srs.extract.recipe import Recipe
from srs.extract.wording import first_word, is_numbered, key, tidy, title, without_emphasis, without_marks


def content(blocks: Sequence[Block], recipe: Recipe) -> list[Block]:
    """The blocks that say something, tidied, in order."""
    listed = _table_of_contents(blocks)
    found: list[Block] = []
    headings: tuple[Heading, ...] = ()
    is_skipped = False
    for at, block in enumerate(blocks):
        if block.headings is not headings:
            headings, is_skipped = block.headings, _is_skipped(block, recipe)
        if not is_skipped and at not in listed and _is_content(block):
            found.append(_tidied(block))
    while found and (found[-1].kind in {"rule", "end"} or _is_footer(found[-1])):
        found.pop()
    return found


_LINKS = re.compile(r"!?\[\[[^\]]*\]\]|\[!\[[^\]]*\]\([^)]*\)\]\([^)]*\)|!?\[[^\]]*\]\([^)]*\)|<?https?://\S+>?")
_FILLER = re.compile(
    r"(?:(?:tbd|tba|todo|fixme|wip)\b[^\n]{0,80}|to do|n/?a|coming soon|work in progress|fill (?:me )?in|placeholder"
    r"|still (?:missing|to (?:come|find|write))|[\[(]missing[\])]|missing(?=!)|back to top|\W*"
    r"|\?{2,}.*|[\[<(]\s*(?:your|write|add|insert|fill|enter|put|describe)\b[^\]>)]{0,60}[\]>)]"
    r"|(?:add|write|insert) [\w ]{0,20}here)[\s.!…:]*",
    re.IGNORECASE,
)
_CHAT = re.compile(
    r"(?:let me know if|would you like me to|(?:i )?hope (?:this|that) helps|shall i |do you want me to|feel free to ask"
    r"|(?:sure|certainly|perfect|great|of course|absolutely)\b[^\w]{1,5}\s*here(?:'s|’s| is| are)\b).*",
    re.IGNORECASE | re.DOTALL,
)
_TAGS = re.compile(
    r"(?:#[\w/-]+[\s,]*)+|\[\^[^\]]+\]:.*|\[?[\w-]+(?: [\w-]+)?::\s[^:]*\]?|\[TOC\]|\{[:%].*[%}]\}?", re.DOTALL
)
_FOOTER = re.compile(
    r"(?:last|zuletzt) (?:updated|edited|modified|reviewed|changed|revised|aktualisiert|bearbeitet|geändert)\b.{0,60}"
    r"|updated?(?: on)?:? .{0,20}\d.{0,20}|(?:sources?|quellen?|fuentes?|credits?|licen[cs]e)\s*:.{0,200}"
    r"|(?:(?:many|special|big) )?thanks (?:to|for)\b.{0,200}|(?:©|\(c\)|copyright\b).{0,200}"
    r"|(?:written|compiled|generated|maintained) (?:by|with)\b.{0,100}",
    re.IGNORECASE,
)
_MACHINE = frozenset({"dataview", "dataviewjs", "mermaid", "query", "tasks", "button", "toc", "plantuml", "chart"})


def _table_of_contents(blocks: Sequence[Block]) -> set[int]:
    """Items that only repeat a heading or a bold question of the document, where most of a list does."""
    headings = {key(title(b.text)) for b in blocks if b.kind == "heading"}
    headings |= {key(b.label) for b in blocks if b.label and not b.text}
    found: set[int] = set()
    run: list[int] = []
    for at, block in enumerate((*blocks, Block("rule", "", 0))):
        if block.kind == "item" and not block.label:
            run.append(at)
        elif run:
            found.update(run if len(run) > 1 and headings and _repeats(run, blocks, headings) else [])
            run = []
    return found


def _repeats(run: Sequence[int], blocks: Sequence[Block], headings: set[str]) -> bool:
    """Whether more than one, and 6 in 10 of the items, repeat one of the headings."""
    others = 0
    beginnings = {heading.partition(" ")[0] for heading in headings}
    for i in run:
        word = first_word(blocks[i].text)
        others += bool(word and word not in beginnings) or key(title(blocks[i].text)) not in headings
        if others > 0.4 * len(run):
            return False
    return len(run) - others > 1 and len(run) - others >= 0.6 * len(run)


def _is_footer(block: Block) -> bool:
    """Whether the last line of a document says something of the document."""
    return (
        block.kind == "paragraph" and not block.depth and _FOOTER.fullmatch(without_emphasis(block.whole)) is not None
    )


def _is_skipped(block: Block, recipe: Recipe) -> bool:
    skipped = False
    for heading in block.headings:  # a question below a table of contents is no part of it
        skipped = recipe.skip.match(heading.text) or (skipped and not (asks(heading.text) or is_numbered(heading.text)))
    return skipped


def _is_content(block: Block) -> bool:
    if block.kind in {"heading", "rule", "end"}:
        return True
    if block.kind == "code":
        return block.mark not in _MACHINE and bool(block.text.strip())
    if block.kind == "row":
        return any(not is_filler(cell) for cell in block.cells[1:]) and not is_filler(block.cells[0] or "x")
    whole = block.whole
    if block.kind == "paragraph" and not block.depth and not block.quote and _CHAT.fullmatch(whole):
        return False
    if block.mark == "[ ]" or ((whole[:1] in "#[{" or "::" in whole) and _TAGS.fullmatch(whole)):
        return False
    without = _LINKS.sub("", whole) if "[" in whole or "://" in whole else whole
    if without != whole and not re.search(r"\w{2}", re.sub(r"(?i)back to|previous|next|home|top|prev", "", without)):
        return False
    if block.label and block.text:
        return not (is_filler(block.label) or is_filler(block.text))
    return not is_filler(block.label or block.text)


def is_filler(text: str) -> bool:
    """Whether a text only holds the place of one that is still to be written."""
    return _FILLER.fullmatch(without_marks(text).strip("*_~ ")) is not None


_ANCHOR = re.compile(r"\s\^([A-Za-z0-9-]+)\s*$")


def _tidied(block: Block) -> Block:
    if block.kind == "code":
        return block
    if "^" in block.text and (found := _ANCHOR.search(block.text)):
        block = block._replace(text=block.text[: found.start()], anchor=found[1])
    text, lead, label = tidy(block.text), block.lead and tidy(block.lead), block.label and tidy(block.label)
    if block.cells or block.head:
        cells, head = (tuple(map(tidy, cells)) for cells in (block.cells, block.head))
        return block._replace(text=text, lead=lead, label=label, cells=cells, head=head)
    if text == block.text and lead == block.lead and label == block.label:
        return block
    return block._replace(text=text, lead=lead, label=label)
