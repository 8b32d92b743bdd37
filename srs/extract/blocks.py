"""Text -> blocks: headings, paragraphs, list items and table rows in order, each with its place and the headings over it.

CommonMark says where a block begins and ends; what a block means is for the styles. Inline markup stays as written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as written, with its level from 1 and its line from 1."""

    level: int
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document.

    Attributes:
        kind: heading, paragraph, item, row, code, rule.
        text: inline Markdown as written; without the label where there is one.
        line: first line, from 1.
        headings: those over it, outermost first; a heading has itself last.
        depth: how many lists it stands in; an item of an outer list has 1.
        label: the words of a label such as `**Key Themes:**` that opens the block, else empty.
        lead: the label as written.
    """

    kind: str
    text: str
    line: int
    headings: tuple[Heading, ...] = ()
    depth: int = 0
    label: str = ""
    lead: str = ""

    @property
    def whole(self) -> str:
        """The text with its label, as written."""
        return f"{self.lead} {self.text}".strip()


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin)
    # Inline markup is not parsed, which is most of the work; a text indented by four is notes, not code.
    return parser.disable(["inline", "text_join", "code"], ignoreInvalid=True)


def parse(text: str) -> tuple[dict[str, str], list[Block]]:
    """The front matter's plain `key: value` lines, a list in one line, and the blocks in order, split at labels."""
    matter: dict[str, str] = {}
    blocks: list[Block] = []
    headings: tuple[Heading, ...] = ()
    depth = 0
    opened: list[bool] = []  # per list item: its first block is still to come
    tokens = _parser().parse(text)
    for index, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        match token.type:
            case "front_matter":
                matter = _front_matter(token.content)
            case "bullet_list_open" | "ordered_list_open":
                depth += 1
            case "bullet_list_close" | "ordered_list_close":
                depth -= 1
            case "list_item_open":
                opened.append(True)
            case "list_item_close":
                opened.pop()
            case "fence":
                blocks.append(Block("code", token.content, line, headings, depth))
            case "hr":
                blocks.append(Block("rule", "", line, headings, depth))
            case "tr_open":
                blocks.append(Block("row", " | ".join(_cells(tokens, index)), line, headings, depth))
            case "inline" if tokens[index - 1].type == "heading_open":
                level = int(tokens[index - 1].tag[1])
                headings = (*(h for h in headings if h.level < level), Heading(level, token.content, line))
                blocks.append(Block("heading", token.content, line, headings))
            case "inline" if tokens[index - 1].type == "paragraph_open":
                kind = "item" if opened and opened[-1] else "paragraph"
                if opened:
                    opened[-1] = False
                blocks.extend(_split(Block(kind, token.content, line, headings, depth)))
    return matter, blocks


def _front_matter(content: str) -> dict[str, str]:
    matter: dict[str, str] = {}
    name = ""
    for line in content.splitlines():
        if name and line.lstrip().startswith("- "):
            matter[name] = f"{matter[name]}, {line.lstrip()[2:].strip()}".lstrip(", ")
        elif ":" in line and not line.startswith((" ", "#", "-")):
            name, value = (part.strip() for part in line.split(":", 1))
            name = name.lower()
            matter[name] = value.strip("'\"")
    return matter


def _cells(tokens: list[Token], index: int) -> Iterator[str]:
    while tokens[index].type != "tr_close":
        if tokens[index].type == "inline":
            yield tokens[index].content
        index += 1


_MARK = r"[^\w\s\"'“‘«„(\[`*_]*\s*"  # signs such as ❌ or ✅, whatever is left of them
_STRONG = re.compile(
    rf"{_MARK}(?P<open>\*\*\*|\*\*|__|\*|_)(?=\S)(?P<label>[^*\n]{{1,100}}?)(?<=\S)(?P=open)(?P<rest>.*)", re.DOTALL
)
_PLAIN = re.compile(rf"{_MARK}(?P<label>[^\W\d_][\w'’/&,() -]{{0,60}}?):(?:\s+(?P<rest>.*)|$)", re.DOTALL)


def _label(text: str) -> tuple[str, str, str] | None:
    """(label, lead, rest) of a line that opens with a label: `**Label:** …`, `*Label*: …`, `Label: …`, or all of it bold."""
    if match := _STRONG.match(text):
        label, rest = match["label"].strip(), match["rest"]
        if label.endswith(":") or rest.lstrip().startswith(":") or not rest.strip():
            lead = text[: len(text) - len(rest)] + (":" if rest.lstrip().startswith(":") else "")
            return label.rstrip(": "), lead.strip(), rest.lstrip(" :\t").strip()
        return None
    match = _PLAIN.match(text)
    if match and len(match["label"].split()) <= 6:
        rest = match["rest"] or ""
        return match["label"].strip(), text[: len(text) - len(rest)].strip(), rest.strip()
    return None


def _split(block: Block) -> Iterator[Block]:
    """The block cut before each of its lines that opens with a label, so that a label is always at a block's beginning."""
    current: Block | None = None
    for offset, line in enumerate(block.text.split("\n")):
        line = line.rstrip(" \\").strip()
        found = _label(line)
        if found or current is None:
            if current is not None:
                yield current
            label, lead, rest = found or ("", "", line)
            kind = block.kind if offset == 0 else "paragraph"
            current = replace(block, kind=kind, text=rest, line=block.line + offset, label=label, lead=lead)
        else:
            current = replace(current, text=f"{current.text}\n{line}" if current.text else line)
    if current is not None:
        yield current
