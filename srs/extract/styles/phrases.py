"""Phrases, word for word, under what they are for."""

import re
from collections.abc import Iterator, Sequence

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page
from srs.extract.parts import glossed, label_over, lists, words_of
from srs.extract.recipe import Names, Rule
from srs.extract.wording import has_arrow, title, unquoted, without_emphasis, without_marks

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
    separators = _separators(page.blocks)
    headings: tuple[Heading, ...] | None = None
    names: list[str] = []
    for at, block in enumerate(page.blocks):
        inner = {depth: name for depth, name in inner.items() if depth < block.depth} if inner else inner
        if block.kind in {"heading", "rule", "end", "summary"}:
            function = ""
            continue
        if block.headings is not headings:  # all blocks below a heading share them
            headings, names = block.headings, _names_of(block.headings, under, outside)
        if not names:
            continue
        if len(names) == 1 and len(block.headings) == 1 and block.headings[0].level == 1 and not is_quoted(block.whole):
            continue  # the title alone makes a list no list of phrases
        if (
            block.kind == "paragraph"
            and block.depth == 0
            and not (is_quoted(block.whole) or (block.quote and len(names) > 1) or _CUED.match(block.text))
        ):
            over_list = at + 1 < len(page.blocks) and page.blocks[at + 1].kind == "item"
            most = 8 if block.whole.startswith("**") else 5  # words of a line that names, rather than remarks
            short = over_list and len(block.whole.split()) <= most and not block.whole.endswith((".", "!"))
            function = title(block.label) if block.label and not block.text else title(block.whole) if short else ""
            continue
        if block.kind not in {"item", "paragraph"} or not page.free(at) or (block.kind == "paragraph" and block.depth):
            continue
        if _is_function(page.blocks, at):
            inner[block.depth] = title(block.label or block.text)
            page.taken.add(at)
            continue
        if any(map(outside.match, filter(None, (function, block.label, *inner.values())))):
            continue
        purpose = (next(reversed(inner.values())) if inner else function) or title(block.headings[-1].text)
        if block.label and block.kind == "item" and is_quoted(block.text):
            note = page.note(rule, at, f"{page.topic(block)} › {title(block.label)}", _phrase(block.text, "")[0])
            yield Found(note._replace(heading=title(block.label)), range(at, at + 1))
            continue
        yield from _phrases(page, rule, at, purpose, separators.get((block.headings, block.depth), ""))


def _names_of(headings: Sequence[Heading], under: Names, outside: Names) -> list[str]:
    """The headings down to the innermost one that is `under`; empty where the blocks below them hold no phrases."""
    names = [heading.text for heading in headings]
    while names and not under.match(names[-1]) and any(map(under.match, names[:-1])) and not outside.match(names[-1]):
        names.pop()
    return names if names and under.match(names[-1]) and not outside.match(names[-1]) else []


def quoted_list(page: Page, rule: Rule) -> Iterator[Found]:
    """A list that holds hardly anything but quotations -> each of them, under the heading or label of the list."""
    for members in lists(page):
        first = page.blocks[members[0]]
        label = label_over(page, members[0])
        over = [heading.text for heading in first.headings]
        quoted = [at for at in members if is_quoted(page.blocks[at].whole) and _phrase(page.blocks[at].whole, "")[0]]
        by_dash = glossed(page, members) and len(quoted) < 0.75 * len(members)
        quoted = members if by_dash else quoted
        if (
            len(quoted) < 2
            or len(quoted) < 0.75 * len(members)
            or any(map(rule.names["outside"].match, [label, *over]))
        ):
            continue
        asking = sum(page.asks(unquoted(title(page.blocks[at].whole))) for at in members)
        if asking >= 0.6 * len(members) and any(map(rule.names["banks"].match, [label, *over])):
            continue
        purpose = title(label or (over[-1] if over else page.name))
        for at in quoted:
            yield from _phrases(page, rule, at, purpose, _dash(page.blocks[at].whole) if by_dash else "")


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
            yield Found(page.note(rule, at, front, whole, heading=heading), range(at, end))


_CUED = re.compile(r"(?P<cue>[^\"“\n]{2,60}?)\s*(?:→|⇒|➜|->|=>)\s*(?P<said>[\"“].+)", re.DOTALL)


def is_quoted(text: str) -> bool:
    return not text[:1].isalnum() and without_emphasis(without_marks(text))[:1] in _OPENING


def _is_function(blocks: Sequence[Block], at: int) -> bool:
    """Whether an item names what the phrases below it are for; a phrase may have a remark below it too."""
    inner: list[Block] = []
    end = at + 1
    if blocks[at].kind == "item" and (end == len(blocks) or blocks[end].depth <= blocks[at].depth):
        return False
    while end < len(blocks) and blocks[end].kind == "item" and blocks[end].depth > blocks[at].depth:
        inner.append(blocks[end])
        end += 1
    if not inner or is_quoted(blocks[at].whole):
        return False
    return is_quoted(inner[0].whole) or not _REMARK.match(inner[0].whole)


def _separators(blocks: Sequence[Block]) -> dict[tuple[object, int], str]:
    """For each list the sign that parts phrase and use in nearly all of its unquoted items, where there is one."""
    lists_of: dict[tuple[object, int], list[str]] = {}
    for block in blocks:
        if block.kind == "item" and not is_quoted(block.whole):
            lists_of.setdefault((block.headings, block.depth), []).append(block.whole.split("\n")[0])
    found = {}
    for place, texts in lists_of.items():
        together = "\n".join(texts)
        for sign in ("→", "⇒", "->", "=>", " – ", " — ", " - ", " = ", ": "):
            if len(texts) > 1 and sign in together and sum(sign in text for text in texts) >= 0.75 * len(texts):
                found[place] = sign
                break
    return found


def _phrases(page: Page, rule: Rule, at: int, purpose: str, separator: str) -> Iterator[Found]:
    """The phrases of an item; of a paragraph that is nothing but quotations each line is one."""
    block = page.blocks[at]
    lines = [block.whole]
    if block.kind == "paragraph":
        lines = block.whole.split("\n")
        if not all(is_quoted(line) or _CUED.match(line) for line in lines):
            lines = [block.whole]
    end = at + 1
    remarks = []
    while end < len(page.blocks) and page.blocks[end].depth >= block.depth > 0 and block.kind == "item":
        other = page.blocks[end]
        if other.kind not in {"paragraph", "item"} or (other.kind == "item" and other.depth <= block.depth):
            break
        remarks.append(other.whole)
        end += 1
    for offset, line in enumerate(lines):
        phrase, use = _phrase(line, separator)
        use = use or (" ".join(remarks) if remarks and _REMARK.match(remarks[0]) else "")
        if not (phrase[:1].isalnum() or re.search(r"\w", phrase)):
            continue
        use = _bare_use(use)
        topic = page.topic(block)
        front = (topic if topic == purpose else f"{topic} › {purpose}") + (f" – {use}" if use else "")
        note = page.note(rule, at, front, phrase, heading=purpose)
        if offset:
            note = note._replace(line=note.line + offset)
        yield Found(note, range(at, end))


def _phrase(text: str, separator: str) -> tuple[str, str]:
    """(phrase, use) of an item: `"Let me see…" – to gain time`. Without quotes the whole item is the phrase."""
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
    elif separator and separator in text:
        phrase, use = text.split(separator, 1)
        if separator != ": " or len(phrase.split()) > 1:
            return unquoted(phrase.strip(" ,;")), use.strip()
    elif is_arrowed and (match := re.fullmatch(r"(.+?)\s*(?:→|⇒|=>)\s*(.+)", text, re.DOTALL)):
        return unquoted(match[1]), match[2].strip()
    elif "\n" in text and (match := re.fullmatch(r"([^\n]+)\n\s*(\(.+\))", text, re.DOTALL)):
        return unquoted(match[1]), match[2]
    return unquoted(text.rstrip(",;")), ""


def _bare_use(use: str) -> str:
    if not use:
        return ""
    use = without_emphasis(re.sub(r"^(?:→|⇒|➡️?|->|=>|[-–—:])\s*", "", " ".join(use.split())))
    return use[1:-1].strip() if re.fullmatch(r"\([^()]*\)|\[[^\[\]]*\]|（[^（）]*）", use) else use
