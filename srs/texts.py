"""What counts when two texts are compared."""

import re
import unicodedata
from collections.abc import Sequence

_PLAIN = {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "…": "...", "—": "-", "–": "-"}
_WORD = re.compile(r"\w+")

BETWEEN = "›"
"""The sign between the titles in a prompt: most texts that are not ASCII are only so by this one, and quotes and dashes."""


def normalised(text: str) -> str:
    """The text as it counts for identity: case, spacing, kind of quote and dash, and Unicode form make no difference."""
    return " ".join(_folded(text).split())


def all_normalised(texts: Sequence[str]) -> list[str]:
    """The same of many texts: what little there is to translate is looked for in one long one."""
    together = "\0".join(texts)
    if together.count("\0") != len(texts) - 1:
        return list(map(normalised, texts))
    return [" ".join(text.split()) for text in _folded(together).split("\0")]


def _folded(text: str) -> str:
    if not text.isascii():  # else there is nothing to translate, and this is called for every text of an import
        for sign, plain in _PLAIN.items():
            text = text.replace(sign, plain)
        if not text.replace(BETWEEN, "").isascii():  # all other forms of it are what it is
            text = unicodedata.normalize("NFKC", text)
    return text.casefold()


def asked(text: str) -> str:
    """The text as it counts for being the same question: letters and digits only, whatever signs stand between them."""
    return " ".join(_WORD.findall(normalised(text).replace("'", "")))
