"""What an answer is worth, by kind: typed words, ticked items, a talk that is given with less and less in sight. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from srs.cards import Rating
from srs.texts import normalised

NEARLY = 0.75
"""Share of the words of a typed answer from which it was nearly right."""
MOST = 0.6
"""Share of the items of a list from which most of it was covered: 3 of 5."""
RUNGS = ("the whole text", "the first words of each sentence", "key words", "the title only")
"""How much of a talk is in sight, from one success to the next."""

_SHORT = {
    "n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would", "'s": " is",
}  # fmt: skip
_ODD = {"can't": "cannot", "won't": "will not", "shan't": "shall not", "let's": "let us", "can not": "cannot"}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Compared:
    """A typed answer beside the right one.

    Attributes:
        words: ("same", "missing" or "extra", the word as it was written), in order.
        share: 0 to 1, of the words that are right.
    """

    words: tuple[tuple[str, str], ...]
    share: float


def compare(typed: str, answer: str) -> Compared:
    """Word by word; case, punctuation, kinds of quotes, `…` and contractions make no difference."""
    mine, right = _words(typed), _words(answer)
    words: list[tuple[str, str]] = []
    same = 0
    from difflib import SequenceMatcher  # few type: the first card is shown without it

    matcher = SequenceMatcher(None, [word for word, _ in mine], [word for word, _ in right], autojunk=False)
    for what, i, j, k, m in matcher.get_opcodes():
        if what == "equal":
            same += j - i
            words += [("same", shown) for _, shown in right[k:m] if shown]
        else:
            words += [("extra", shown) for _, shown in mine[i:j] if shown]
            words += [("missing", shown) for _, shown in right[k:m] if shown]
    return Compared(tuple(words), same / max(len(mine), len(right), 1))


def _words(text: str) -> list[tuple[str, str]]:
    """(a word as it counts, as it was written); a contraction counts as its words, shown with the first of them."""
    found: list[tuple[str, str]] = []
    straight = text.replace("’", "'").replace("‘", "'")
    for match in _WORD.finditer(straight):
        word = normalised(match[0])
        long = _ODD.get(word, word)
        for short, spelt in _SHORT.items():
            if long == word and word.endswith(short) and len(word) > len(short):
                long = word[: -len(short)] + spelt
                break
        first, *rest = long.split()
        found += [(first, match[0]), *((part, "") for part in rest)]
    return found


def suggested_for_words(share: float, hints: int = 0) -> Rating:
    """Good when every word is right, Hard when nearly; each hint lowers it by one."""
    rating = Rating.GOOD if share == 1 else Rating.HARD if share >= NEARLY else Rating.AGAIN
    return Rating(max(Rating.AGAIN, rating - hints))


def suggested_for_items(covered: int, of: int) -> Rating:
    """Good when all items were covered, Hard when most were."""
    return Rating.GOOD if covered >= of else Rating.HARD if covered >= MOST * of else Rating.AGAIN


def rung(ratings: Sequence[Rating]) -> int:
    """How much of a talk is in sight, an index of `RUNGS`, after these answers, oldest first.

    Good goes one on, Easy two, Hard stays, and Again goes back one.
    """
    at = 0
    for rating in ratings:
        at = min(
            max(at + {Rating.AGAIN: -1, Rating.HARD: 0, Rating.GOOD: 1, Rating.EASY: 2}[rating], 0), len(RUNGS) - 1
        )
    return at


def suggested_for_talk(at: int) -> Rating:
    """A talk that was read off is hard; one that was given by its title alone is easy."""
    return (Rating.HARD, Rating.GOOD, Rating.GOOD, Rating.EASY)[at]


def in_sight(talk: str, at: int) -> str:
    """What of a talk is shown while it is given, as Markdown; empty on the last rung."""
    if at == 0:
        return talk
    if at >= len(RUNGS) - 1:
        return ""
    sentences = re.findall(r"[^\s.!?][^.!?]*[.!?…]*", re.sub(r"\*\*[^*\n]+\*\*:?", "", talk))
    if at == 1:
        lines = [" ".join(sentence.split()[:3]) + " …" for sentence in sentences]
    else:
        lines = [" · ".join(_key_words(sentence)) for sentence in sentences]
    return "\n".join(f"- {line}" for line in lines if line.strip(" ·…"))


def _key_words(sentence: str) -> list[str]:
    """The longest words of a sentence, three at most, in their order: long words are seldom the common ones."""
    words = list(dict.fromkeys(re.findall(r"[^\W_][\w'’-]{3,}", sentence)))
    chosen = sorted(words, key=len, reverse=True)[:3]
    return [word for word in words if word in chosen]


_TARGET = re.compile(
    r"(?P<from>\d+(?:[.,]\d+)?)(?P<half>½)?\s*(?:[-–—]|to)?\s*(?P<to>\d+(?:[.,]\d+)?)?[\s-]*(?P<unit>sec|min|s\b|m\b)",
    re.I,
)


def target_seconds(prompt: str) -> tuple[int, int] | None:
    """(least, most) seconds of a talk, as its prompt names them in brackets: `(2–4 minutes)`; `None` without any."""
    bracket = re.search(r"\(([^()]*)\)\s*$", prompt.strip())
    match = _TARGET.search(bracket[1]) if bracket else None
    if not match:
        return None
    unit = 60 if match["unit"].lower().startswith("m") else 1
    least = (float(match["from"].replace(",", ".")) + (0.5 if match["half"] else 0)) * unit
    most = float(match["to"].replace(",", ".")) * unit if match["to"] else least
    return round(least), round(most)


def pace(talk: str, seconds: float) -> int:
    """Words a minute, of a talk that took so long."""
    return round(len(re.findall(r"\w+(?:['’]\w+)*", talk)) / max(seconds, 1) * 60)


def clock(seconds: float) -> str:
    """`1:05` of 65 seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
