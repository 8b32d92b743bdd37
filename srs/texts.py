"""What counts when two texts are compared, and whether a text says what it speaks of."""

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


_ASKING = (
    r"(?:(?:so|and|but|then) )?(?:(?:why|how|what|when|where|who)(?:['’]s)? )?"
    r"(?:(?:is|are|was|were|do|does|did|can|could|should|would|will|has|have|had) )?"
)
_PRONOUN_FIRST = re.compile(  # a whole question about a pronoun; "Why is it hard to …" and "Why this role" are none
    rf"(?i){_ASKING}"
    r"(this|that|these|they|those(?! who)|it(?!.*\b(?:to|that|for(?!\W*$)|if|when|like|\w{2,}ing)\b))\b"
    r"(?!.*\b(?:days?|time|week|month|year|role|job|position|company|team|interview|industry|field|career|pointer|keyword)\b)"
    r"[^.:;?!()`“\"\n]*[.?!]?"
)
_PRONOUN_LAST = re.compile(  # "When would you use it?", "Why not avoid them?"
    rf"(?i)(?=why|how|when|where|should){_ASKING}(?:not )?(?:(?:you|we|I|one) )?(?:not |ever )?\w+ (it|them|this)(?: for)?\?"
)


def points_nowhere(question: str) -> str:
    """The pronoun that a whole question is about, in lower case; empty where it says what it asks about."""
    found = _PRONOUN_FIRST.fullmatch(question.strip()) or _PRONOUN_LAST.fullmatch(question.strip())
    return found[1].lower() if found else ""
