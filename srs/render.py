"""A side of a card -> what the terminal shows. With extract/blocks.py and markdown.py the only importer of markdown-it."""

import re
import unicodedata
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from rich.markdown import Markdown

# One line that begins with a letter and has none of the signs that mean something: most prompts are no more than that.
_BARE = re.compile(r"[^\W\d_][^\s*_`\[\]<>#&\\~|]*(?: [^\s*_`\[\]<>#&\\~|]+)*")
_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


def harmless(text: str) -> str:
    """The text without power over the terminal: control characters are shown as signs, direction overrides left out."""
    return "".join(map(_harmless, text))


def _harmless(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if 0x80 <= code < 0xA0 or 0xD800 <= code < 0xE000:
        return "�"
    return "" if character in _DIRECTION else character


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # In notes `<` is a sign of C++ or of comparison more often than HTML, and a tag would swallow what is in it.
    # `[Company]: …` is a placeholder, not the target of a link.
    return (
        MarkdownIt("commonmark", {"html": False})
        .enable(["strikethrough", "table"])
        .disable(["code", "autolink", "reference"])
    )


def terminal(markdown: str) -> "Markdown | Text":
    """Something that a rich console prints: emphasis, lists, quotes and code of the Markdown, nothing else."""
    text = harmless(markdown)
    return Text(text, justify="left") if _BARE.fullmatch(text) else formatted(text)


def formatted(text: str) -> "Markdown":
    """The same of any text; what this needs takes long to load."""
    from rich.markdown import Markdown

    rendered = Markdown("", hyperlinks=False, code_theme="ansi_dark")
    rendered.parsed = _parser().parse(text)
    for block in rendered.parsed:
        for part in block.children or ():
            part.content = harmless(part.content)  # an entity such as &#8238; is a character only now
    return rendered


def plain(markdown: str, width: int = 80) -> str:
    """The same as lines of text without colour or control sequences."""
    from rich.console import Console

    out = StringIO()
    console = Console(file=out, width=width, color_system=None, force_terminal=False, emoji=False)
    console.print(terminal(markdown))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())
