"""A document cut at its headings, and the pieces whose every line is what it looks like: most notes are nothing else.

What is found here is what CommonMark says of them; it is found without trying all its rules at each line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_CODE = ("```", "~~~", "\r", "\0")  # and what is another sign, or a line's end, to CommonMark
_HTML = re.compile(r"^[^\n<A-Za-z]*<", re.MULTILINE)
_DEFINED = re.compile(r"[:~](?<![^\n \t>].)[ \t]")  # at the beginning of a line, or of what an item or a quote says
_MATTER = re.compile(r"---[ \t]*\n(?:(?!---|\.\.\.|#)[^\n]*\n)*+(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_HEADING = re.compile(r"^#{1,6} ", re.MULTILINE)

# What a text, or that of an item, may begin with and be nothing else: no mark of a list, a quote, a table, a rule …
_BEGINS = r"(?:[^\W\d_]|[0-9]++(?![.)])|[\"'(\[$&]|\*{1,3}+(?=[^\W_])|_{1,2}+(?=[^\W_])|[^\x00-\x7f\s])"
_SPACES = r"\x0b\x0c\x1c-\x1f\x85"  # to Python, and not to CommonMark
_REST = rf"[^\n{_SPACES}]*+\n"
_PLAIN = re.compile(
    rf"(?:[ \t]*+\n|#{{1,6}}+ [^\s#][^\n#{_SPACES}]*+\n|(?:-|[0-9]{{1,3}}+[.)]) {_BEGINS}{_REST}|{_BEGINS}{_REST})*+\Z"
)
_ESCAPED = re.compile(r"\\[^\S\n]")  # at a line's end it would be taken for a break when the space is gone
_NUMBERED = re.compile(r"([0-9]{1,3})[.)] ")


class Line(NamedTuple):
    """A heading, an item, or a text of one or more lines.

    Attributes:
        mark: `#` to `######`, `-`, a number with its point; empty for a text.
        line: the first, counted from 0 in its piece.
    """

    mark: str
    text: str
    line: int


def cut(text: str) -> Iterator[tuple[int, str]]:
    """(first line from 0, text) of pieces that Markdown reads alone as it reads them in the whole, cut at headings."""
    begin = 0
    if text.startswith("-"):
        matter = _MATTER.match(text)
        begin = matter.end() if matter else len(text)
    start = line = 0
    for heading in () if _goes_on(text) else _HEADING.finditer(text, begin):
        if heading.start() > start:
            yield line, text[start : heading.start()]
            line += text.count("\n", start, heading.start())
            start = heading.start()
    yield line, text[start:]


def _goes_on(text: str) -> bool:
    """Whether something may go on below a heading that began above it: code, HTML, a definition list."""
    if any(sign in text for sign in _CODE) or _DEFINED.search(text):
        return True
    return "<" in text and _HTML.search(text) is not None


def plain_lines(piece: str) -> list[Line] | None:
    """What a piece consists of; `None` where some line of it is not plain."""
    if _PLAIN.match(piece + "\n") is None or ("\\" in piece and _ESCAPED.search(piece)):
        return None
    found: list[Line] = []
    goes_on = False  # whether a text without a mark belongs to what is above it
    for at, written in enumerate(piece.split("\n")):
        text = written.strip()
        if not text:
            goes_on = False
            continue
        mark = ""
        if text.startswith("#"):
            mark, _, text = text.partition(" ")
        elif text.startswith("- "):
            mark, text = "-", text[2:]
        elif "0" <= text[0] <= "9" and (number := _NUMBERED.match(text)):
            if goes_on and not found[-1].mark and number[1] != "1":
                return None  # inside a text only a list that begins with 1 begins
            mark, text = f"{number[1]}.", text[number.end() :]
        if goes_on and not mark:
            found[-1] = found[-1]._replace(text=f"{found[-1].text}\n{text}")
        else:
            found.append(Line(mark, text, at))
        goes_on = not mark.startswith("#")
    return found
