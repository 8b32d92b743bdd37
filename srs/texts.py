"""What counts when two texts are compared."""

import re
import unicodedata

_PLAIN = {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "…": "...", "—": "-", "–": "-"}
_WORD = re.compile(r"\w+")

BETWEEN = "›"
"""The sign between the titles in a prompt: most texts that are not ASCII are only so by this one, and quotes and dashes."""


def normalised(text: str) -> str:
    """The text as it counts for identity: case, spacing, kind of quote and dash, and Unicode form make no difference."""
    if not text.isascii():  # else there is nothing to translate, and this is called for every text of an import
        for sign, plain in _PLAIN.items():
            text = text.replace(sign, plain)
        if not text.replace(BETWEEN, "").isascii():  # all other forms of it are what it is
            text = unicodedata.normalize("NFKC", text)
    return " ".join(text.casefold().split())


def asked(text: str) -> str:
    """The text as it counts for being the same question: letters and digits only, whatever signs stand between them."""
    return " ".join(_WORD.findall(normalised(text).replace("'", "")))
