"""Blocks put together again: lists, what a label carries, and Markdown of one form."""

import re
from collections.abc import Iterator, Sequence

from srs.extract.blocks import Block
from srs.extract.page import Page, bare_label
from srs.extract.recipe import Names
from srs.extract.wording import title, unquoted, without_marks


def lists(page: Page) -> Iterator[list[int]]:
    """The indices of the outermost items of each list that no note was made of yet, in order."""
    members: list[int] = []
    depth = 0  # of the list
    taken = page.taken
    for at, block in enumerate(page.blocks):
        is_item = block.kind == "item"
        if members:
            if block.depth > depth or (not is_item and block.depth >= depth > 0):
                continue  # what stands inside an item belongs to it
            if not is_item or block.depth < depth or at in taken:
                yield members
                members = []
        if is_item and at not in taken:
            depth = depth if members else block.depth
            members.append(at)
    if members:
        yield members


def label_over(page: Page, at: int) -> str:
    """The label, bold line or short sentence with a colon that stands directly over a list."""
    if at == 0 or page.blocks[at - 1].kind != "paragraph" or page.blocks[at - 1].depth > page.blocks[at].depth:
        return ""
    block = page.blocks[at - 1]
    if block.label and not block.text:
        return block.label
    text = block.whole.strip()
    return text.rstrip(":") if text.endswith(":") and len(text.split()) <= 10 and "\n" not in text else ""


def lead_over(page: Page, at: int) -> str:
    """What leads over to a list: its label, or else a line directly over it that is no whole sentence."""
    if (label := label_over(page, at)) or at == 0:
        return label
    block = page.blocks[at - 1]
    goes_on = block.kind == "paragraph" and not block.label and not block.quote and block.depth < page.blocks[at].depth
    text = block.text if goes_on else ""
    return text if "\n" not in text and len(text.split()) <= 10 and text[-1:].isalnum() else ""


_GLOSSED = re.compile(r"[\"“]?\w[^\n]{5,}?[.?!…][\"”]?\s+[-–—]\s+[^\n]+")


def glossed(page: Page, members: Sequence[int]) -> bool:
    """Whether nearly all items are a sentence, a dash, and what it means or is for."""
    found = sum(_is_glossed(page.blocks[at].whole) for at in members)
    return len(members) > 1 and found >= 0.75 * len(members)


def _is_glossed(text: str) -> bool:
    return ("-" in text or "–" in text or "—" in text) and _GLOSSED.fullmatch(text) is not None


def as_list(items: Sequence[str]) -> str:
    return "\n".join("- " + item.replace("\n", "\n  ") for item in items)


def items_from(blocks: Sequence[Block], start: int) -> tuple[list[str], int]:
    """The items of the list that begins at `start`, inner lists kept inside their item, and the index after it."""
    items: list[str] = []
    at = start
    while at < len(blocks) and blocks[at].depth > 0 and not ends_part(blocks[at]):
        at += 1
    judged = {block.sign for block in blocks[start:at]} >= {"+", "-"}  # then the signs say which are which
    at = start
    while at < len(blocks) and blocks[at].depth > 0 and not ends_part(blocks[at]):
        block = blocks[at]
        outermost = block.depth <= blocks[start].depth
        if block.kind == "item" and outermost:
            items.append((f"{block.mark} " if judged and block.sign else "") + without_marks(block.whole))
        elif items:
            mark = "- " if block.kind == "item" else ""
            items[-1] += "\n" + "  " * (block.depth - blocks[start].depth or 1) + mark + block.whole
        at += 1
    return [item for item in items if item], at


_SAYS = re.compile(r"[.!…)][\"”’*_]*$")  # set off as a whole, it is a sentence or a remark, and no label


def markdown(blocks: Sequence[Block], answers: Names | None = None) -> str:
    """The blocks as Markdown of one form: whatever the marks and blank lines were, the same content is the same text.

    Labels of `answers`, which only say that the answer follows, are left out.
    """
    parts: list[str] = []
    previous: Block | None = None
    initials = {label for block in blocks if len(label := bare_label(block.label)) == 1}
    in_series = not initials <= {"Q", "A", "q", "a"}  # `S: … T: … A: … R: …`: then A is no answer
    outer = min((b.depth - (b.kind == "item") for b in blocks if b.depth), default=0)
    for place, block in enumerate(blocks):
        if block.label and not block.text and place + 1 == len(blocks) and not _SAYS.search(block.lead):
            continue  # a label that carries nothing
        text = block.whole
        if (
            block.label
            and answers
            and answers.match(bare := bare_label(block.label))
            and not (in_series and len(bare) == 1)
        ):
            text = block.text
        only_says_so = block.kind in {"heading", "summary"} and answers is not None and answers.match(block.text)
        if block.kind in {"rule", "end"} or only_says_so:
            continue
        base = "  " * max(0, block.depth - (block.kind == "item") - outer)
        tight = previous is not None and previous.depth > 0 and block.depth > 0
        match block.kind:
            case "heading":
                text = f"**{title(block.text)}**"
            case "code":
                fence = "```" if "```" not in text else "~~~~"
                text = f"{fence}{block.mark}\n{block.text}\n{fence}"
            case "item":
                number = block.mark if block.mark[:1].isdigit() else "-"
                text = f"{number} {without_marks(text)}".replace("\n", "\n  ")
            case "row":
                rows = "| " + " | ".join(block.cells) + " |"
                if previous is None or previous.kind != "row":
                    rows = "| " + " | ".join(block.head) + " |\n|" + " --- |" * len(block.head) + "\n" + rows
                else:
                    tight = True
                text = rows
        if not text.strip():
            continue
        text = "\n".join(base + line if line else line for line in text.split("\n"))
        parts.append((("\n" if tight else "\n\n") if parts else "") + text)
        previous = block
    return "".join(parts).strip()


def ends_part(block: Block) -> bool:
    return block.kind in {"heading", "rule", "end", "summary"}


def carried(page: Page, at: int, end: int) -> tuple[list[str], str, int]:
    """What the label at `at` carries: the list below it, else its text; and the index after that, `end` at most."""
    blocks = page.blocks
    block = blocks[at]
    after = at + 1
    if (
        not block.text
        and after + 1 < end
        and blocks[after].depth == block.depth
        and blocks[after + 1].depth > block.depth
    ):
        said = blocks[after].whole  # a sentence that only leads over to the list
        after += said.endswith(":") and len(said.split()) <= 12
    if after < end and blocks[after].depth > block.depth and (block.kind == "heading" or not block.text):
        items, stop = items_from(blocks[:end], after)
        if len(items) > 1 or not items[:1] or "\n" not in items[0]:
            return items, as_list(items), stop
    if block.kind == "heading":
        stop = after
        while stop < end and not ends_part(blocks[stop]) and not (blocks[stop].label and stop != after):
            stop += 1
        return [], unquoted(markdown(blocks[after:stop])), stop
    if block.text:
        return [], unquoted(block.text), after
    stop = after
    while stop < end and not ends_part(blocks[stop]) and not blocks[stop].label and blocks[stop].depth == block.depth:
        stop += 1
    return [], unquoted(markdown(blocks[after:stop])), stop


def words_of(block: Block) -> str:
    """What may be a label: the words of one, or a heading."""
    return block.label or (block.text if block.kind == "heading" else "")
