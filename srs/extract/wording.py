"""Words out of their markup: what a heading, a label or an item says once numbers, signs and quotes are off."""

import re
import unicodedata
from functools import lru_cache
from html import unescape

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w*])", re.DOTALL)
_ANCHOR = re.compile(r"\s*(?:\{#[^}]*\}|<a [^>]*>\s*</a>)\s*|\s+\^[\w-]+$")
_NUMBER = re.compile(
    r"(?:(?:question|topic|pattern|section|part|chapter|unit|lesson|example|scenario|story|case|exercise|q)\s*(?:no\.?\s*|#\s*)?\d+(?:\.\d+)*|#?\d+(?:\.\d+)+|#?\d+|q)"
    r"\s*(?:[.:)]+\s+|\s[-–—]+\s+)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\s*\(\s*\d+(?:\s*[-–+/]\s*\d*)?\s*(?:items?|phrases?|chunks?|questions?|cards?|examples?|total)?\s*\)\s*$",
    re.IGNORECASE,
)
_QUOTES = {'"': '"”', "“": '”"', "„": "“”", "«": "»", "‘": "’", "'": "'"}


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
    if text[:1].isalnum() or text[:1] in _TEXT_SIGNS:
        return text.strip()
    return _MARKS.sub("", text).strip()


_TEXT_SIGNS = "_\"'“‘«„([`*~$<@/\\.…&+=#¿¡-"
_MARKS = re.compile(rf"^[^\w{re.escape(_TEXT_SIGNS)}]+|^[\ufe0e\ufe0f\u200d\s]+")


@lru_cache(maxsize=20_000)
def without_emphasis(text: str) -> str:
    """Links as their text, and no bold or italics around words; code spans stay."""
    if "{#" in text or "<a " in text or "^" in text:
        text = _ANCHOR.sub(" ", text)
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    previous = None if "*" in text or "_" in text else text
    while previous != text:
        previous, text = text, _EMPHASIS.sub(r"\2", text)
    return text.strip()


@lru_cache(maxsize=20_000)
def title(text: str) -> str:
    """A heading as a person would say it: `## 📋 Q3: **Why us?**` is `Why us?`, `Chunks (25 items)` is `Chunks`."""
    text = without_marks(without_emphasis(text))
    if text.startswith("["):
        text = _LETTERED.sub("", text)
    text = text.rstrip(": ")
    if "#" in text:
        text = _HASHTAG.sub("", text)
    if number := _NUMBER.match(text):
        text = text[number.end() :]
    if "(" in text:
        text = _COUNT.sub("", text)
    text = without_marks(text)
    if not text.isascii():
        text = _EMOJI.sub("", text)
    return unquoted(text.rstrip("#: ").strip())


_LETTERED = re.compile(r"^\[[A-Z]\]\s+")
_HASHTAG = re.compile(r"(?:\s+#[a-z][\w/-]*)+$")


_EMOJI = re.compile("[\\s\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+$")


_TAG = re.compile(
    r"</?(?:u|span|font|center|sub|sup|kbd|small|big|mark|a|p|div|summary|details|abbr)(?:\s[^<>]*)?/?>", re.I
)
_WIKI = re.compile(r"!?\[\[(?:[^\]|]*\|)?([^\]]*)\]\]")
_CODE_SPAN = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)


_FOR_LOOKS = re.compile(r"[\[<%^{&\\]")


def tidy(text: str) -> str:
    """Markdown without what is not for reading: pictures, targets of links, comments, footnote marks, tags for looks."""
    if _FOR_LOOKS.search(text) is None:
        return text
    parts = []
    end = 0
    for span in _CODE_SPAN.finditer(text):
        parts += [_tidied(text[end : span.start()]), span[0]]
        end = span.end()
    return "".join([*parts, _tidied(text[end:])]).strip()


_EMBEDDED = re.compile(r"(?<=\w )!\[\[([^\]|]+)(?:\|[^\]]*)?\]\](?= \w)")  # a file named in the middle of a sentence


def _tidied(text: str) -> str:
    text = _EMBEDDED.sub(r"\1", text)
    text = re.sub(r"<!--.*?-->|%%.*?%%|!\[[^\]]*\]\([^)]*\)|!\[\[[^\]]*\]\]|\[\^[^\]\s]+\]", "", text, flags=re.DOTALL)
    text = _WIKI.sub(r"\1", _LINK.sub(r"\1", text))
    text = re.sub(r"\\([.()!#+|-])", r"\1", text)
    text = re.sub(r"<br\s*/?>", "\n", text, flags=re.I)
    text = re.sub(r"</?(?:b|strong)>", "**", text, flags=re.I)
    text = re.sub(r"</?(?:i|em)>", "*", text, flags=re.I)
    text = re.sub(r"</?code>", "`", text, flags=re.I)
    return unescape(re.sub(r"[ \t]*\{#[\w:.-]+\}", "", _TAG.sub("", text)))


def is_foreign(text: str, other: str) -> bool:
    """Whether a text has letters, and none of the script of the other one: a translation beside it."""

    def scripts(words: str) -> set[str]:
        return {unicodedata.name(c, "?").split(" ")[0] for c in words if c.isalpha()}

    found = scripts(text)
    return bool(found) and not found & scripts(other)


def without_translation(text: str) -> str:
    """The text without lines, and without what follows a question, in another script than it began in."""
    first, *rest = text.split("\n")
    head, mark, tail = first.partition("?")
    if mark and is_foreign(tail, head):
        first = head + mark
    return "\n".join([first, *(line for line in rest if not is_foreign(line, first))])


_CARRIERS = """a about an and any are at be been can could describe did do does ever example explain for from give had has have i
    in is it me my of on one or our please share situation some talk tell that the their them these they this time to us walk
    was we were with would you your through there"""


def asks_for(question: str) -> tuple[str, ...]:
    """The words of a question that say what it asks for, in their order, whatever form it is put in.

    "Tell me about a conflict" and "Describe a time you had a conflict" ask for the same.
    """
    words = re.findall(r"\w+", question.casefold().replace("’", "'").replace("'", ""))
    carriers = _CARRIERS.split()
    told = {"tell", "describe", "give", "share", "talk", "walk", "explain"} & set(words[:2])
    kept = [word for word in words if word not in carriers and not (told and word in {"when", "where", "which", "how"})]
    return tuple(_stem(word) for word in kept) or tuple(words)


def _stem(word: str) -> str:
    if len(word) < 5:
        return word
    return re.sub(r"(?:ing|ed|ies|es|s|e)$", "", word)


def is_numbered(text: str) -> bool:
    """Whether a heading begins with a number of its own."""
    return _NUMBER.match(without_marks(without_emphasis(text))) is not None


@lru_cache(maxsize=20_000)
def key(text: str) -> str:
    """What labels and headings are compared by: lower case, letters, digits and single spaces only."""
    straight = title(text).casefold().replace("’", "'").replace("'", "")
    return " ".join(_WORD.findall(straight))


_WORD = re.compile(r"\w+")
_FIRST_WORD = re.compile(r"[A-Za-z]{3,}(?= [A-Za-z])")
_NUMBERED = frozenset({
    "question", "topic", "pattern", "section", "part", "chapter", "unit", "lesson", "example", "scenario", "story", "case",
    "exercise",
})  # fmt: skip


def first_word(text: str) -> str:
    """The first word of the text's key, where that has several words and it is plain to see; empty where it is not."""
    found = _FIRST_WORD.match(text)
    word = found[0].lower() if found else ""
    return "" if word in _NUMBERED else word  # its number may be left out, and the word with it


_ARROW = re.compile("[→⇒➡➜]")


def has_arrow(text: str) -> bool:
    return "->" in text or "=>" in text or (not text.isascii() and _ARROW.search(text) is not None)
