"""Text -> blocks: headings, paragraphs, list items, table rows … in order, each with its place and the headings over it.

CommonMark says where a block begins and ends; what a block means is for the styles. Inline markup stays as written.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from markdown_it.token import Token

from srs.extract.html import pieces
from srs.extract.markdown import tokens_of
from srs.extract.plain import Line, cut, plain_lines


class Heading(NamedTuple):
    """A heading as written, with its level from 1 and its line from 1."""

    level: int
    text: str
    line: int


class Block(NamedTuple):
    """One block of a document.

    Attributes:
        kind: heading, paragraph, item, row, code, rule; term, meaning of a definition list; summary, end of <details>.
        text: inline Markdown as written; without the label where there is one.
        line: first line, from 1.
        headings: those over it, outermost first; a heading has itself last.
        depth: how many lists it stands in; an item of an outer list has 1.
        quote: how many block quotes it stands in.
        label: the words of a label such as `**Key Themes:**` that opens the block, else empty.
        lead: the label as written.
        mark: what an item begins with: `-`, a number with its point, `[ ]` for a task, or a sign such as ✅;
            of a code block its language.
        sign: `+` after a tick, `-` after a cross.
        anchor: an id that the author gave the block, `^like-this` at its end.
        cells, head: the cells of a row, and those of its table's first row.
        quoted: the line on which the outermost block quote around it begins; 0 outside of one.
    """

    kind: str
    text: str
    line: int
    headings: tuple[Heading, ...] = ()
    depth: int = 0
    quote: int = 0
    label: str = ""
    lead: str = ""
    mark: str = ""
    sign: str = ""
    anchor: str | None = None
    cells: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    quoted: int = 0

    @property
    def whole(self) -> str:
        """The text with its label, as written."""
        return f"{self.lead} {self.text}".strip() if self.lead else self.text.strip()


class Parsed(NamedTuple):
    """A document in parts.

    Attributes:
        matter: the front matter's plain `key: value` lines, a list in one line.
        blocks: in order, split at labels.
        slips: (line, what) of signs that were opened and never closed, and so swallow what follows.
    """

    matter: dict[str, str]
    blocks: list[Block]
    slips: list[tuple[int, str]]


def parse(text: str) -> Parsed:
    """The parts of a document."""
    reader = _Reader(text)
    for first, piece in cut(_indented(text)):
        if (plain := plain_lines(piece)) is not None:
            reader.read_plain(plain, first)
        else:
            reader.read(tokens_of(piece), first)
    return Parsed(reader.matter, reader.blocks, reader.slips)


_NUMBERED_ITEM = re.compile(r"(\d{1,3}[.)]\s+)\S")
_SHALLOW = re.compile(r" {1,3}(?=[-*+] +\S)")


def _indented(text: str) -> str:
    """The text with bullets that stand a little right of a number put below it: what the author meant, not CommonMark."""
    if not _NUMBERED_LINES.search(text):
        return text
    lines = text.split("\n")
    offset = 0  # where the text of the number above begins; 0 where there is none
    fenced = False
    for at, line in enumerate(lines):
        if line.startswith(("```", "~~~")):
            fenced = not fenced
        elif number := _NUMBERED_ITEM.match(line):
            offset = len(number[1])
        elif line and not line.startswith((" ", "\t")):
            offset = 0
        elif offset and not fenced and (shallow := _SHALLOW.match(line)) and len(shallow[0]) < offset:
            lines[at] = " " * offset + line[shallow.end() :]
    return "\n".join(lines)


class _Reader:
    """One walk over a document, with what is open at the moment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.slips: list[tuple[int, str]] = []
        self.matter: dict[str, str] = {}
        self.blocks: list[Block] = []
        self.headings: tuple[Heading, ...] = ()
        self.lists: list[str] = []  # per open list: its kind of mark
        self.items: list[str] = []  # per open item: its mark, until its first block took it
        self.base = 0  # lists that a heading stands in
        self.quote = 0
        self.quoted = 0  # the line on which the outermost open block quote begins
        self.meaning = False  # the first block of a meaning is still to come
        self.term = ""  # "term" or "meaning" inside a definition list
        self.table_head: tuple[str, ...] = ()
        self.line = 1

    def read_plain(self, lines: list[Line], first: int) -> None:
        """Read a piece of plain lines that begins at a line, counted from 0."""
        for mark, text, at in lines:
            self.line = first + at + 1
            if mark.startswith("#"):
                self._heading(len(mark), text)
                continue
            if mark:
                self.lists, self.items = [mark], [mark]
            self._paragraph(text)
            self.lists, self.items = [], []

    def read(self, tokens: list[Token], first: int) -> None:
        """Read a piece by its tokens."""
        for index, token in enumerate(tokens):
            if token.map:
                self.line = first + token.map[0] + 1
            match token.type:
                case "inline":
                    self._inline(tokens[index - 1], token.content)
                case "paragraph_open" | "paragraph_close":
                    pass
                case "front_matter":
                    self.matter = _front_matter(token.content)
                case "bullet_list_open" | "ordered_list_open":
                    self.lists.append("-" if token.type.startswith("b") else "1.")
                case "bullet_list_close" | "ordered_list_close":
                    self.lists.pop()
                    self.base = min(self.base, len(self.lists))
                case "list_item_open":
                    self.items.append(f"{token.info}." if self.lists[-1] == "1." else "-")
                case "list_item_close":
                    self.items.pop()
                case "blockquote_open":
                    self.quoted = self.quoted or self.line
                    self.quote += 1
                case "blockquote_close":
                    self.quote -= 1
                    self.quoted = self.quoted if self.quote else 0
                case "dt_open" | "dd_open":
                    self.term = "term" if token.type == "dt_open" else "meaning"
                    self.meaning = True
                case "dl_close":
                    self.term = ""
                case "fence":
                    self._look_for_the_end(token)
                    self._add("code", token.content.rstrip("\n"), mark=token.info.strip().split(" ")[0].lower())
                case "hr":
                    self._add("rule", "")
                case "html_block":
                    if "<!--" in token.content and "-->" not in token.content:
                        self.slips.append((self.line, "a comment begins here and never ends: close it with -->"))
                    self._html(token.content)
                case "thead_open":
                    self.table_head = tuple(_cells(tokens, index + 1))
                case "tr_open":
                    self._row(tuple(_cells(tokens, index)))

    def _look_for_the_end(self, fence: Token) -> None:
        """A fence that reaches the end of the document without a closing line has swallowed the rest of it."""
        assert fence.map  # where there is code the document is one piece
        lines = self.text.rstrip().split("\n")
        last = lines[min(fence.map[1], len(lines)) - 1].strip("> \t")
        if fence.map[1] >= len(lines) and not (last.startswith(fence.markup) and fence.map[1] - fence.map[0] > 1):
            self.slips.append((self.line, f"code begins here and never ends: close it with {fence.markup}"))

    @property
    def _depth(self) -> int:
        return max(0, len(self.lists) - self.base)

    def _add(self, kind: str, text: str, mark: str = "", sign: str = "") -> None:
        self.blocks.append(Block(kind, text, self.line, self.headings, self._depth, self.quote, mark=mark, sign=sign))

    def _row(self, cells: tuple[str, ...]) -> None:
        cells = cells[: len(self.table_head)]
        if cells != self.table_head:
            block = Block("row", " | ".join(cells), self.line, self.headings, self._depth, self.quote)
            self.blocks.append(block._replace(cells=cells, head=self.table_head))

    def _inline(self, opening: Token, content: str) -> None:
        if opening.type == "heading_open" and not self.quote:
            self.base = len(self.lists)  # what follows in the same item is the section, not the list
            if self.items:
                self.items[-1] = ""
            self._heading(int(opening.tag[1]), content)
        elif opening.type == "heading_open":  # inside a quote it opens no section
            self._paragraph(f"**{content.strip('*')}**")
        elif opening.type in {"paragraph_open", "dt_open"}:
            self._paragraph(content)

    def _heading(self, level: int, content: str) -> None:
        self.headings = (*(h for h in self.headings if h.level < level), Heading(level, content, self.line))
        self._add("heading", content, sign=_sign(content)[0])

    def _paragraph(self, content: str) -> None:
        kind, mark = self.term or "paragraph", ""
        if self.items and self.items[-1] and not self.term:
            kind, mark = "item", self.items[-1]
            self.items[-1] = ""
        elif self.term == "meaning" and not self.meaning:
            kind = "paragraph"
        self.meaning = False
        if content.startswith("[") and (task := _TASK.match(content)):
            mark, content = "[ ]", content[task.end() :]
        if "%%" in content or "<" in content:
            content = re.sub(r"%%.*?%%", "", content, flags=re.DOTALL)
            content = re.sub(r"</?(?:b|strong)>", "**", content, flags=re.IGNORECASE)
            if not content.strip():
                return
        if self.quote and (callout := re.match(r"\[![\w-]+\][-+]?[ \t]*([^\n]*)(?:\n|$)", content)):
            if self.quote == 1:
                self._add("end", "")
            if callout[0].lower().startswith("[!todo"):
                return
            title = callout[1].strip()
            content = (f"**{title}**\n" if title else "") + content[callout.end() :]
        block = Block(kind, content, self.line, self.headings, self._depth, self.quote, mark=mark, quoted=self.quoted)
        self.blocks.extend(_split(block))

    def _html(self, content: str) -> None:
        first = self.line
        for offset, kind, text in pieces(content):
            self.line = first + offset
            if kind == "paragraph" and (head := re.match(r"(#{1,6})[ \t]+(\S.*)", text)):
                # Directly below a closing tag Markdown is still HTML to CommonMark, but not to its author.
                level = len(head[1])
                self.headings = (*(h for h in self.headings if h.level < level), Heading(level, head[2], self.line))
                self._add("heading", head[2])
                if rest := text[head.end() :].strip():
                    self._paragraph(rest)
            elif kind == "paragraph":
                self._paragraph(text)
            else:
                self._add(kind, text, mark="-" if kind == "item" else "")
        self.line = first


_TASK = re.compile(r"\[[ xX]\]\s+")


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
    """The cells of the row from `index` on."""
    while tokens[index].type != "tr_close":
        if tokens[index].type == "inline":
            yield tokens[index].content.strip()
        index += 1


# -- what a line opens with ----------------------------------------------------------------------------------------------

_MARK = r"(?:\[[A-Z]\]\s*)?[^\w\s\"'“‘«„(\[`*_~<=$]*\s*"  # signs such as ❌ or ✅, whatever is left of them
_STRONG = re.compile(
    rf"{_MARK}(?P<open>\*\*\*|\*\*|__|\*|_)(?=\S)(?P<label>[^*\n]{{1,200}}?)(?<=\S)(?P=open)(?P<rest>.*)", re.DOTALL
)
_PLAIN = re.compile(rf"{_MARK}(?P<label>[^\W\d_][\w'’/&,() -]{{0,60}}?):(?:\s+(?P<rest>.*)|$)", re.DOTALL)
# Labels whose colon is often forgotten, and `Q6.`, `Ans.` with a point instead of it.
_PART = re.compile(
    r"structure|form|formula|when to use|use|usage|examples?|situation|task|action|result|takeaway|key takeaway", re.I
)
_MARKED = re.compile(r"(?:q|question|a|ans|answer)\s*(?:\d+[.)]?|[.)])", re.I)
# A dash is no point where it may stand behind a quarter of a year: then what follows is a sentence.
_Q_AND_A = re.compile(
    r"(?:(?P<label>Q|Q\d+|Question \d+|Ans|Answer)[.)]"
    r"|(?P<dashed>Question \d+|Q\d+(?=\s+[-–—]\s[^\n]*(?:\?|[.!:…][\"”'’)*_]*$)))\s+[-–—])\s+(?=\S)"
)
_MARKED_Q = re.compile(r"(?:Q|Question ?)\d*")
_MARKED_A = re.compile(r"(A\d*)[.)]\s+(?=\S)")  # only below a question: "A1. Beginner" is none
_SIGNS = {"+": "✅✔✓☑👍🟢", "-": "❌✖✗✘🚫⛔👎🔴❎"}
_SIGN = re.compile(rf"\s*(?:(?P<plus>[{_SIGNS['+']}])|(?P<minus>[{_SIGNS['-']}]))\ufe0f?\s*")
_LINK_TARGET = re.compile(r"\s*\{#[^}\s]*\}")
_BULLET = re.compile(r"[-*+•‣▪◦●○▸►–]\s+(?=\S)")
_NUMBER = re.compile(r"\d{1,3}[.)]\s+(?=\S)")
_NUMBERED_LINES = re.compile(r"^[ \t]*\d{1,3}[.)]\s+\S", re.MULTILINE)
_LETTER = re.compile(r"(?P<letter>[a-z]|[ivx]{2,4})[.)]\s+(?=\S)")


def _sign(text: str) -> tuple[str, int]:
    """(`+`, `-` or nothing, where the text after the sign begins)."""
    match = _SIGN.match(text)
    if not match:
        return "", 0
    return ("+" if match["plus"] else "-"), match.end()


def _label(text: str) -> tuple[str, str, str] | None:
    """(label, lead, rest) of a line that opens with a label: `**Label:** …`, `*Label*: …`, `Label: …`, or all of it bold.

    A bold question is a label too: its answer may stand on the same line.
    """
    if not text[:1].isalnum() and (match := _STRONG.match(text)):
        label, rest = match["label"].strip(), match["rest"]
        if _LINK_TARGET.fullmatch(rest):
            text, rest = text[: len(text) - len(rest)], ""
        asks = label.rstrip("\"”'").endswith("?")
        if (
            (dash := re.match(r"\s+[-–—]+\s+(?=\S)", rest))
            and match["open"] in {"**", "__"}
            and len(label.split()) <= 6
        ):
            return label, f"{text[: len(text) - len(rest)].strip()} {dash[0].strip()}", rest[dash.end() :].strip()
        if label.endswith(":") or rest.lstrip().startswith(":") or not rest.strip(" \"”'") or asks:
            lead = text[: len(text) - len(rest)] + (":" if rest.lstrip().startswith(":") else "")
            return label.rstrip(": "), lead.strip(), rest.lstrip(" :\t").strip()
        if _PART.fullmatch(label) or _MARKED.fullmatch(label):
            return label.rstrip(". "), text[: len(text) - len(rest)].strip(), rest.strip()
        return None
    if text[:1] in {"Q", "A"} and (match := _Q_AND_A.match(text)):
        return match["label"] or match["dashed"], match[0].strip(), text[match.end() :].strip()
    match = _PLAIN.match(text) if ":" in text else None
    if match and len(match["label"].split()) <= 6:
        rest = match["rest"] or ""
        return match["label"].strip(), text[: len(text) - len(rest)].strip(), rest.strip()
    return None


def _split(block: Block) -> Iterator[Block]:
    """The block cut before each of its lines that opens with a label, a sign or a bullet of the author's own.

    So a label is always at a block's beginning. A line after a sign is an item; a label that has nothing beside it is none.
    """
    if "\n" not in block.text:
        line = block.text.rstrip(" \\").strip()
        if line[:1].isalpha() and not _LETTER.match(line) and not _label(line):  # as nearly all are: one plain sentence
            yield block if line == block.text else block._replace(text=line)
            return
    current: Block | None = None
    letter = ""
    # Indented so far that CommonMark takes them for text.
    in_item = block.kind == "item" and block.mark[:1].isdigit()
    numbered = len(_NUMBERED_LINES.findall(block.text)) + in_item > 1
    for offset, written in enumerate(block.text.split("\n")):
        line = written.rstrip(" \\").strip()
        sign, after = _sign(line)
        bullet = _BULLET.match(line)
        lettered = _LETTER.match(line)
        if lettered and not (letter or lettered["letter"] in {"a", "i"}):
            lettered = None
        if lettered:
            letter = lettered["letter"]
        elif (numbered or (current and not current.text)) and _NUMBER.match(line):
            lettered = _NUMBER.match(line)  # a list that does not begin with 1 cannot interrupt a paragraph
        found = _label(line)
        if not found and line[:1] == "A" and current is not None and _MARKED_Q.fullmatch(current.label):
            marked = _MARKED_A.match(line)
            found = (marked[1], marked[0].strip(), line[marked.end() :].strip()) if marked else None
        begins = found or sign or bullet or lettered
        if not begins and current is not None:
            current = current._replace(text=f"{current.text}\n{line}" if current.text else line)
            continue
        if current is not None:
            yield current
        kind, depth, mark = (block.kind, block.depth, block.mark) if offset == 0 else ("paragraph", block.depth, "")
        if (lettered or bullet or sign) and (not found or found[2]) and (after < len(line) or not sign):
            own = lettered or bullet
            mark = own[0].strip() if own else line[:after].strip()
            if not found:
                line = line[own.end() if own else after :]
            if kind != "item":
                kind, depth = "item", block.depth + (not (in_item and mark[:1].isdigit()))
        label, lead, rest = found or ("", "", line)
        if found and bullet:
            lead = lead[bullet.end() :]
        current = block._replace(
            kind=kind,
            depth=depth,
            mark=mark,
            text=rest,
            line=block.line + offset,
            label=label,
            lead=lead,
            sign=sign,
        )
    if current is not None:
        yield current
