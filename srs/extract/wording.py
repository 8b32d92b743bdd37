"""Words out of their markup: what a heading, a label or an item says once numbers, signs and quotes are off."""

import re

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w*])", re.DOTALL)
_ANCHOR = re.compile(r"\s*(?:\{#[^}]*\}|<a [^>]*>\s*</a>)\s*|\s+\^[\w-]+$")
_NUMBER = re.compile(
    r"(?:(?:question|topic|pattern|section|part|chapter|step|unit|lesson|q)\s*(?:no\.?\s*|#\s*)?\d+(?:\.\d+)*|#?\d+(?:\.\d+)+|#?\d+|q)"
    r"\s*(?:[.:)]+\s+|\s[-–—]+\s+)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\s*\(\s*\d+(?:\s*[-–+]\s*\d*)?\s*(?:items?|phrases?|chunks?|questions?|cards?|examples?|total)?\s*\)\s*$",
    re.IGNORECASE,
)
_QUOTES = {'"': '"', "“": "”", "„": "“”", "«": "»", "‘": "’", "'": "'"}


def unquoted(text: str) -> str:
    """The text without the quotes around the whole of it; quotes inside stay."""
    text = text.strip()
    while len(text) > 1 and (closing := _QUOTES.get(text[0])) and text[-1] in closing:
        inside = text[1:-1]
        if text[0] in inside or (text[-1] in inside and text[-1] != "’"):  # two quotations, not one around all
            break
        text = inside.strip()
    return text


def without_marks(text: str) -> str:
    """The text from its first letter, digit, quote or markup on: no emoji, ticks, crosses or what is left of them."""
    return re.sub(r"^[^\w\"'“‘«„(\[`*~$<@/\\.…&+=#-]+|^[\ufe0e\ufe0f\u200d\s]+", "", text).strip()


def without_emphasis(text: str) -> str:
    """Links as their text, and no bold or italics around words; code spans stay."""
    text = _LINK.sub(r"\1", _ANCHOR.sub(" ", text))
    previous = None
    while previous != text:
        previous, text = text, _EMPHASIS.sub(r"\2", text)
    return text.strip()


def title(text: str) -> str:
    """A heading as a person would say it: `## 📋 Q3: **Why us?**` is `Why us?`, `Chunks (25 items)` is `Chunks`."""
    text = without_marks(without_emphasis(text))
    text = _COUNT.sub("", _NUMBER.sub("", text, count=1) if _NUMBER.match(text) else text)
    return unquoted(without_marks(text).rstrip("#: ").strip())


def key(text: str) -> str:
    """What labels and headings are compared by: lower case, letters, digits and single spaces only."""
    straight = title(text).casefold().replace("’", "'").replace("'", "")
    return " ".join(re.findall(r"\w+", straight))
