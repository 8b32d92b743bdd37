"""Phrases, word for word, under what they are for."""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page
from srs.extract.parts import glossed, label_over, lists, words_of
from srs.extract.recipe import Names, Rule
from srs.extract.wording import has_arrow, is_foreign, title, unquoted, without_emphasis, without_marks

_Place = tuple[tuple[Heading, ...], int]
"""A list: the headings over it, and its depth."""

_OPENING = {'"': '"”', "“": '”"', "„": "“”", "«": "»", "‘": "’"}
_GLOSS = re.compile(r"^[.,!]?\s*(?:->|=>|→|⇒|➡️?|➜|[-–—:=])+\s*|^\s+(?=[(\[（])|^\n+")
_REMARK = re.compile(
    r"(?:→|⇒|➡|->|=>|\(|\*\(|_|\*(?!\*)|use\b|used\b|e\.g|example|when\b|meaning|means|note\b|=)", re.IGNORECASE
)


def phrase_list(page: Page, rule: Rule) -> Iterator[Found]:
    """Heading or label (the function) -> each item of the lists below it, word for word."""
    under, outside = rule.names["under"], rule.names["outside"]
    function = ""
    inner: dict[int, str] = {}  # depth of a list -> the item over the phrases, which is their function
    lists_of = _texts_of_lists(page.blocks)
    separators = {place: _separator(texts) for place, texts in lists_of.items()}

    @cache
    def is_likely(place: _Place, named: bool) -> bool:
        """Whether a list reads like something to say; where no heading names phrases, a person must speak in it."""
        texts = lists_of.get(place, [])
        sayable = bool(texts) and sum(map(_is_sayable, texts)) >= 0.5 * len(texts)
        return sayable and (named or _is_spoken(page, place[0], texts, rule.names["asking"]))

    bold = _bold_sentences(page.blocks)
    headings: tuple[Heading, ...] | None = None
    names: list[str] = []
    for at, block in enumerate(page.blocks):
        inner = {depth: name for depth, name in inner.items() if depth < block.depth} if inner else inner
        if block.kind in {"heading", "rule", "end", "summary"}:
            function = ""
            continue
        if block.headings is not headings:  # all blocks below a heading share them
            headings, names = block.headings, _names_of(block.headings, under, outside) or _titled(block.headings, rule)
        if not names:
            continue
        # The title of a document says less than what stands below it.
        titled = len(names) == 1 and block.headings[0].level == 1
        if block.kind == "paragraph" and block.depth == 0:
            said = at in bold or _is_said(block) or (bool(block.quote) and len(names) > 1)
            if not said and not (len(names) < len(block.headings) and _are_sentences(block.whole)):
                function = _function(page.blocks, at)
                continue
        if block.kind not in {"item", "paragraph"} or not page.free(at) or at in page.flawed:
            continue
        if block.kind == "paragraph" and (block.depth or (titled and _is_motto(page.blocks, at))):
            continue
        is_function = _is_function(page.blocks, at)
        place = (block.headings, block.depth + is_function)
        doubtful = titled and block.kind == "item" and not is_quoted(block.whole)
        if doubtful and not is_likely(place, under.match(names[-1])):
            continue
        if is_function:
            inner[block.depth] = title(block.label or block.text)
            page.taken.add(at)
            continue
        if any(map(outside.match, filter(None, (function, block.label, *inner.values())))):
            continue
        purpose = (next(reversed(inner.values())) if inner else function) or title(block.headings[-1].text)
        if block.kind == "item" and _is_cued(block):
            note = page.note(rule, at, f"{page.topic(block)} › {title(block.label)}", _phrase(block.text, "")[0])
            yield Found(note._replace(heading=title(block.label)), range(at, at + 1))
            continue
        yield from _phrases(page, rule, at, purpose, separators.get(place) or "", bold.get(at, at + 1))


def _titled(headings: Sequence[Heading], rule: Rule) -> list[str]:
    """The title of a document of speaking, over a heading that names a function of speech."""
    titles, functions, outside = (rule.names[name] for name in ("titles", "functions", "outside"))
    if len(headings) < 2 or headings[0].level > 1 or not titles.match(headings[0].text):
        return []
    return [headings[0].text] if functions.match(headings[-1].text) and not outside.match(headings[-1].text) else []


_MINE = re.compile(r"\b(?:I|[Ww]e|me|us|[Mm]y|[Ll]et['’]s|(?:[Cc]ould|[Ww]ould|[Cc]an) you)\b")


_OPEN = re.compile(r"…|\.\.\.|[?？]")


def _is_spoken(page: Page, headings: Sequence[Heading], texts: Sequence[str], asking: Names) -> bool:
    """Whether a person speaks in half of a list. Where all of it are questions, its heading must be one of asking."""
    spoken = sum(_MINE.search(text) is not None or _OPEN.search(text) is not None for text in texts)
    bank = all(map(page.asks, texts)) and not any(asking.match(heading.text) for heading in headings[-1:])
    return spoken >= 0.5 * len(texts) and not bank


def _are_sentences(text: str) -> bool:
    """Whether each of several lines is a short sentence, and a person speaks in most of them."""
    lines = text.split("\n")
    if len(lines) < 2 or not all(
        line[:1].isupper() and _ENDS.search(line) and len(line.split()) < 16 for line in lines
    ):
        return False
    return sum(_MINE.search(line) is not None for line in lines) > 0.5 * len(lines)


def _function(blocks: Sequence[Block], at: int) -> str:
    """What the phrases below a paragraph are for, where it is a label or a short line over their list."""
    block = blocks[at]
    over_list = at + 1 < len(blocks) and blocks[at + 1].kind == "item"
    most = 8 if block.whole.startswith("**") else 5  # words of a line that names, rather than remarks
    short = over_list and len(block.whole.split()) <= most and not block.whole.endswith((".", "!"))
    return title(block.label) if block.label and not block.text else title(block.whole) if short else ""


_ENDS = re.compile(r"[.!?…。！？][\"”’)]*$")
_SAYABLE = re.compile(r"[.!?…。！？](?!\w)|\b(?:I|[Ww]e|[Yy]ou|me|us|[Mm]y|[Ll]et['’]s)\b")


def _is_sayable(text: str) -> bool:
    """Whether a text reads like something to say: by the signs of a sentence, or because a person speaks in it."""
    return _SAYABLE.search(without_emphasis(text)) is not None


def _is_said(block: Block) -> bool:
    """Whether the lines of a paragraph are quotations, each with a gloss at most, or a situation and a quotation."""
    lines = block.whole.split("\n")
    if is_quoted(lines[0]):
        return not is_quoted(_phrase(block.whole, "")[0]) or all(not is_quoted(_phrase(x, "")[0]) for x in lines)
    return _CUED.match(block.text) is not None


def _is_motto(blocks: Sequence[Block], at: int) -> bool:
    """Whether a quotation stands alone between the title and all else."""
    following = blocks[at + 1] if at + 1 < len(blocks) else None
    alone = following is None or not following.quote
    return bool(blocks[at].quote) and "\n" not in blocks[at].text and blocks[at - 1].kind == "heading" and alone


def _is_cued(block: Block) -> bool:
    """Whether the label of an item is the situation, and what stands behind it what to say in it."""
    if not block.label:
        return False
    if is_quoted(block.text):
        return True
    is_sentence = block.text[:1].isupper() and _ENDS.search(block.text) is not None and not _REMARK.match(block.text)
    return is_sentence and block.lead[:1] in {"*", "_"} and not _ENDS.search(block.label)


def _bold_sentences(blocks: Sequence[Block]) -> dict[int, int]:
    """Bold sentences, where a section has several, each with the index after what stands below it: what it means."""
    by_section: dict[tuple[Heading, ...], dict[int, int]] = {}
    for at, block in enumerate(blocks):
        if block.kind != "paragraph" or block.depth:
            continue
        following = blocks[at + 1] if at + 1 < len(blocks) else None
        if not _is_bold_sentence(block) or len(block.label.split()) < 2 or (following and following.kind == "item"):
            continue
        below = not block.text and following and following.kind == "paragraph" and not following.label
        by_section.setdefault(block.headings, {})[at] = at + 2 if below else at + 1
    return {at: end for found in by_section.values() if len(found) > 1 for at, end in found.items()}


def _names_of(headings: Sequence[Heading], under: Names, outside: Names) -> list[str]:
    """The headings down to the innermost one that is `under`; empty where the blocks below them hold no phrases."""
    names = [heading.text for heading in headings]
    while names and not under.match(names[-1]) and any(map(under.match, names[:-1])) and not outside.match(names[-1]):
        names.pop()
    return names if names and under.match(names[-1]) and not outside.match(names[-1]) else []


_TITLE = re.compile(r"[\"”»], [^\"“”«»\n.!?]* (?:19|20)\d\d$")  # “Boring deploys”, DevDays 2023


def quoted_list(page: Page, rule: Rule) -> Iterator[Found]:
    """A list that holds hardly anything but quotations -> each of them, under the heading or label of the list."""
    for members in lists(page):
        first = page.blocks[members[0]]
        label = label_over(page, members[0])
        over = [heading.text for heading in first.headings]
        quoted = [at for at in members if is_quoted(page.blocks[at].whole) and _phrase(page.blocks[at].whole, "")[0]]
        quoted = [at for at in quoted if not _TITLE.search(page.blocks[at].whole)]
        by_dash = glossed(page, members) and len(quoted) < 0.75 * len(members)
        quoted = [at for at in (members if by_dash else quoted) if at not in page.flawed]
        least, share = (1, 0.5) if label and rule.names["situations"].match(label) else (2, 0.75)
        if (
            len(quoted) < least
            or len(quoted) < share * len(members)
            or any(map(rule.names["outside"].match, [label, *over]))
        ):
            continue
        asking = sum(page.asks(unquoted(title(page.blocks[at].whole))) for at in members)
        if asking >= 0.6 * len(members) and any(map(rule.names["banks"].match, [label, *over])):
            continue
        purpose = title(label or (over[-1] if over else page.name))
        for at in quoted:
            yield from _phrases(page, rule, at, purpose, _dash(page.blocks[at].whole) if by_dash else "", at + 1)


def _dash(text: str) -> str:
    return next((sign for sign in (" — ", " – ", " - ") if sign in text), "")


def labelled_quotation(page: Page, rule: Rule) -> Iterator[Found]:
    """A heading or label that names a situation, and below it what to say in it, in quotes or in a block of its own."""
    under, labels, outside = (rule.names[name] for name in ("under", "labels", "outside"))
    for at in page.worded:
        block = page.blocks[at]
        words = words_of(block)
        over = [heading.text for heading in block.headings if heading.line != block.line]
        if (
            not words
            or not page.free(at)
            or outside.match(words)
            or not (labels.match(words) or any(map(under.match, over)))
        ):
            continue
        end = at + 1
        while end < len(page.blocks) and page.blocks[end].kind in {"paragraph", "code"} and not page.blocks[end].label:
            end += 1
        said = page.blocks[at + 1 : end]
        text = "\n\n".join(b.text for b in ([block] if block.label and block.text else []) + list(said))
        whole = unquoted(without_emphasis(text))
        spoken = (whole != text and is_quoted(text)) or (said and all(b.quote or b.kind == "code" for b in said))
        if (
            spoken
            and all(map(page.free, range(at, end)))
            and not any(b.mark for b in said)
            and 3 <= len(whole.split()) <= 90
            and page.over(at) is None
        ):
            heading = title(over[-1]) if over else page.topic(block)
            front = " › ".join(dict.fromkeys([heading, title(words)]))
            quotes = [] if block.label and block.text else _quotes(page.blocks, at + 1, end)
            if len(quotes) > 1:
                for quote in quotes:
                    phrase, use = _phrase("\n\n".join(page.blocks[i].text for i in quote), "")
                    purpose = front + (f" – {_bare_use(use)}" if use else "")
                    used = range(at, quote.stop) if quote is quotes[0] else quote
                    yield Found(page.note(rule, quote.start, purpose, phrase, heading=heading), used)
                continue
            yield Found(page.note(rule, at, front, whole, heading=heading), range(at, end))


def _quotes(blocks: Sequence[Block], start: int, end: int) -> list[range]:
    """The blocks of each of several block quotes, nothing between them: they are alternatives, their paragraphs are not."""
    begins = [at for at in range(start, end) if at == start or blocks[at].quoted != blocks[at - 1].quoted]
    if not all(blocks[at].quoted for at in begins):
        return []
    return [range(at, stop) for at, stop in zip(begins, [*begins[1:], end], strict=True)]


_CUED = re.compile(r"(?P<cue>[^\"“\n]{2,60}?)\s*(?:→|⇒|➜|->|=>)\s*(?P<said>[\"“].+)", re.DOTALL)


def is_quoted(text: str) -> bool:
    return not text[:1].isalnum() and without_emphasis(without_marks(text))[:1] in _OPENING


def _is_function(blocks: Sequence[Block], at: int) -> bool:
    """Whether an item names what the phrases below it are for; a phrase may have a remark below it too."""
    inner: list[Block] = []
    end = at + 1
    if blocks[at].kind != "item" or end == len(blocks) or blocks[end].depth <= blocks[at].depth:
        return False
    while end < len(blocks) and blocks[end].kind == "item" and blocks[end].depth > blocks[at].depth:
        inner.append(blocks[end])
        end += 1
    if not inner or is_quoted(blocks[at].whole):
        return False
    if is_quoted(inner[0].whole):
        return True
    return not _REMARK.match(inner[0].whole) and not _is_explained(blocks[at], [other.whole for other in inner])


def _is_explained(block: Block, below: Sequence[str]) -> bool:
    """Whether an item is a sentence that what stands below it explains or translates; a question may be replied to."""
    text = without_emphasis(block.whole)
    if not text.endswith(("?", "？")):
        return _ENDS.search(text) is not None
    first = below[0]
    return len(below) == 1 and (first[:1].islower() or first.endswith(("?", "？")) or is_foreign(first, text))


def _texts_of_lists(blocks: Sequence[Block]) -> dict[_Place, list[str]]:
    """The unquoted items of each list."""
    found: dict[_Place, list[str]] = {}
    for block in blocks:
        if block.kind == "item" and not is_quoted(block.whole):
            found.setdefault((block.headings, block.depth), []).append(block.whole)
    return found


_BRACKETS = ("(", "[", "（")
_SEPARATORS = ("→", "⇒", "->", "=>", " – ", " — ", " - ", " = ", ": ")


def _separator(texts: Sequence[str]) -> str:
    """The sign that parts phrase and use in nearly all of the items of a list, where there is one."""
    if len(texts) < 2:
        return ""
    enough = 0.75 * len(texts)
    together = "\n".join(texts)
    for sign in _SEPARATORS:
        if sign in together and sum(sign in text.partition("\n")[0] for text in texts) >= enough:
            return sign
    lines = [text.split("\n") for text in texts]
    if sum(len(several) == 2 and _ENDS.search(several[0]) is not None for several in lines) >= enough:
        return "\n"
    if not any(sign in together for sign in _BRACKETS):
        return ""
    return " (" if sum(_IN_BRACKETS.fullmatch(without_emphasis(text)) is not None for text in texts) >= enough else ""


_IN_BRACKETS = re.compile(r"(?P<phrase>[^\n]+?)\s*(?P<use>[(\[（](?:[^()\[\]（）])+[)\]）])")
_BEHIND = re.compile(r"(?P<phrase>[^\n]*?[.!?…][\"”’]*)\s+(?P<use>[(\[（].+[)\]）]|\w.*)", re.DOTALL)

_GOES_ON = re.compile(
    r"[.!?…。！？][\"”’)]*\s"
)  # without it there is nothing behind the end: most phrases have nothing
_BEHIND_A_DASH = re.compile(r"(?P<phrase>[^\n]*?[.!?…。！？][\"”’)]*)\s+[-–—]\s+(?P<use>[^\n]+)")
_IN_ITALICS = re.compile(r"(?P<phrase>[^\n]+?)\s+[-–—]\s+(?P<sign>[*_])(?![*_])(?P<use>[^*_\n]+)(?P=sign)")


def _behind(text: str) -> re.Match[str] | None:
    """The phrase, and what tells of it behind its end: in brackets, in another script, or after a dash.

    A whole sentence after a dash goes on with the phrase, or replies.
    """
    if not _GOES_ON.search(text):
        return None
    match = _BEHIND_A_DASH.fullmatch(text) if _dash(text) else None
    if match and (not _ENDS.search(match["use"]) or _REMARK.match(match["use"])):
        return match
    match = _BEHIND.fullmatch(text)
    return match if match and (match["use"][0] in "([（" or is_foreign(match["use"], match["phrase"])) else None


def _phrases(page: Page, rule: Rule, at: int, purpose: str, separator: str, end: int) -> Iterator[Found]:
    """The phrases of an item; of a paragraph that is nothing but quotations each line is one.

    A bold sentence is one, up to `end`.
    """
    block = page.blocks[at]
    lines = [block.whole]
    remarks = [other.whole for other in page.blocks[at + 1 : end]]
    if block.kind == "paragraph" and _is_bold_sentence(block):
        lines, remarks = [block.label], [block.text, *remarks]
    elif block.kind == "paragraph":
        lines = block.whole.split("\n")
        if not all(is_quoted(line) or _CUED.match(line) for line in lines) and not _are_sentences(block.whole):
            lines = [block.whole]
    inner = end
    while inner < len(page.blocks) and page.blocks[inner].depth >= block.depth > 0 and block.kind == "item":
        other = page.blocks[inner]
        if other.kind not in {"paragraph", "item"} or (other.kind == "item" and other.depth <= block.depth):
            break
        remarks.append(other.whole)
        inner += 1
    means = bool(remarks) and (block.kind == "paragraph" or _REMARK.match(remarks[0]) or _is_explained(block, remarks))
    for offset, line in enumerate(lines):
        phrase, use = _phrase(line, separator)
        use = use or (" ".join(remarks) if means else "")
        if not (phrase[:1].isalnum() or re.search(r"\w", phrase)):
            continue
        use = _bare_use(use)
        topic = page.topic(block)
        front = (topic if topic == purpose else f"{topic} › {purpose}") + (f" – {use}" if use else "")
        note = page.note(rule, at, front, phrase, heading=purpose)
        if offset:
            note = note._replace(line=note.line + offset)
        yield Found(note, range(at, inner))


def _is_bold_sentence(block: Block) -> bool:
    return block.lead[:1] in {"*", "_"} and _ENDS.search(block.label) is not None


def _phrase(text: str, separator: str) -> tuple[str, str]:
    """(phrase, use) of an item: `"Let me see…" – to gain time`.

    Without quotes the whole item is the phrase, up to a dash behind its end, or before words in italics.
    """
    italic = _IN_ITALICS.fullmatch(text) if text[-1:] in {"*", "_"} else None
    if italic and text[:1] not in _OPENING:
        return unquoted(without_marks(without_emphasis(italic["phrase"])).rstrip(",;")), italic["use"]
    text = without_marks(without_emphasis(text))
    closing = _OPENING.get(text[:1])
    if closing:
        end = next(
            (at for at in range(1, len(text)) if text[at] in closing and text[at + 1 : at + 2] not in {"t", "s"}), -1
        )
        rest = text[end + 1 :]
        if end > 1 and (gloss := _GLOSS.match(rest)):
            return text[1:end].strip(), rest[gloss.end() :].strip()
        if not any(text[at] in closing for at in range(1, len(text))):
            text = text[1:]  # a quotation that nobody closed
    elif (is_arrowed := has_arrow(text)) and (match := _CUED.fullmatch(text)):
        return unquoted(match["said"]), match["cue"].strip()
    elif separator == " (" and (match := _IN_BRACKETS.fullmatch(text)):
        return unquoted(match["phrase"]), match["use"]
    elif separator.strip(" (") and separator in text:
        phrase, use = text.split(separator, 1)
        if separator != ": " or len(phrase.split()) > 1:
            return unquoted(phrase.strip(" ,;")), use.strip()
    elif is_arrowed and (match := re.fullmatch(r"(.+?)\s*(?:→|⇒|=>)\s*(.+)", text, re.DOTALL)):
        return unquoted(match[1]), match[2].strip()
    elif "\n" in text and (match := re.fullmatch(r"([^\n]+)\n\s*(\(.+\))", text, re.DOTALL)):
        return unquoted(match[1]), match[2]
    elif match := _behind(text):
        return unquoted(match["phrase"]), match["use"]
    return unquoted(text.rstrip(",;")), ""


def _bare_use(use: str) -> str:
    if not use:
        return ""
    use = _SIGN.sub("", without_emphasis(_SIGN.sub("", " ".join(use.split()))))
    if re.fullmatch(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）", use):
        use = _SIGN.sub("", use[1:-1].strip())
    return without_emphasis(use)


_SIGN = re.compile(r"^(?:→|⇒|➡️?|->|=>|[-–—:=])\s*")
