"""HTML inside Markdown -> the pieces that notes are made of: questions that fold out, definition lists, items, text."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

_BLOCKS = {"summary": "summary", "dt": "term", "dd": "meaning", "li": "item", "p": "paragraph", "div": "paragraph"}
_MARKS = {"b": "**", "strong": "**", "i": "*", "em": "*", "code": "`"}
_SILENT = {"script", "style", "svg", "img", "picture", "video", "iframe"}


def pieces(content: str) -> Iterator[tuple[int, str, str]]:
    """(line from 0, kind of block, text) of an HTML block, in order; comments, pictures and scripts say nothing."""
    reader = _Pieces()
    begins = content.rfind("<!--")
    reader.feed(content[:begins] if begins >= 0 and content.find("-->", begins) < 0 else content)
    reader.close()
    reader.end()
    yield from reader.found


class _Pieces(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str, str]] = []
        self.kind, self.text, self.line = "paragraph", "", 0
        self.silent = self.code = 0

    def end(self, following: str = "paragraph") -> None:
        """Close the piece that is open, and begin one of the kind `following`."""
        lines = [line.strip() for line in self.text.split("\n")]
        text = re.sub(r"\n{2,}", "\n\n", "\n".join(lines)).strip()
        if text:
            self.found.append((self.line, self.kind, text))
        self.kind, self.text = following, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT - {"img"}:
            self.silent += 1
        elif tag in _BLOCKS:
            self.end(_BLOCKS[tag])
        elif tag == "pre":
            self.end("code")
            self.code += 1
        elif tag == "br":
            self.text += "\n"
        elif tag in {"details", "dl", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr"}:
            self.end()
        elif tag in _MARKS and not self.code:
            self.text += _MARKS[tag]

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag == "details":
            self.end()
            self.found.append((self.getpos()[0] - 1, "end", ""))
        elif tag == "pre":
            self.code = max(0, self.code - 1)
            self.end()
        elif tag in _BLOCKS or tag in {"dl", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6"}:
            self.end()
        elif tag in _MARKS and not self.code:
            self.text += _MARKS[tag]

    def handle_data(self, data: str) -> None:
        if self.silent:
            return
        if not self.text.strip() and data.strip():
            self.line = self.getpos()[0] - 1 + data[: len(data) - len(data.lstrip())].count("\n")
        self.text += data
