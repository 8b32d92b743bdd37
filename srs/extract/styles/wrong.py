"""Something wrong: why it is, or what is better."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page, asks
from srs.extract.parts import carried, ends_part, label_over, lists, markdown, words_of
from srs.extract.recipe import Names, Rule
from srs.extract.styles.phrases import is_quoted
from srs.extract.wording import has_arrow, title, unquoted, without_emphasis, without_marks


def flaw_and_reason(page: Page, rule: Rule) -> Iterator[Found]:
    """A label that says "wrong", what is wrong, a label that says "why", the reason -> wrong, why."""
    wrong, why, questions = (rule.names[name] for name in ("wrong", "why", "questions"))
    blocks = page.blocks
    yield from _quoted_with_reasons(page, rule)
    before: dict[int, tuple[int, list[str], str]] = {}  # a reason that stands before what is wrong
    for at in page.worded:
        block = blocks[at]
        words = words_of(block)
        if not words or not page.free(at):
            continue
        parts = _named(words)
        if why.match(words):
            items, reason, after = carried(page, at, len(blocks))
            before = {after: (at, items, reason)}
        if not (wrong.match(words) or (parts and wrong.match(parts[0]))):
            continue
        end = at + 1
        while end < len(blocks) and not ends_part(blocks[end]) and not blocks[end].label:
            end += 1
        inline = _REASON.fullmatch(without_emphasis(block.text)) if block.label else None
        if inline and end == at + 1:
            context = _context(page, at, questions, wrong)
            note = page.note(rule, at, _bad_answer(context, inline["flaw"]), inline["reason"].strip(), heading=context)
            yield Found(note, range(at, at + 1))
            continue
        below = markdown(blocks[at + 1 : end])
        flaw = "\n\n".join(part for part in (block.text if block.label else "", below) if part)
        start = at
        if flaw and end < len(blocks) and why.match(words_of(blocks[end])):
            items, reason, after = carried(page, end, len(blocks))
        elif flaw and at in before:
            start, items, reason = before[at]
            after = end
        else:
            continue
        if not reason:
            continue
        name = title(parts[1]) if parts else ""
        context = _context(page, at, questions, wrong)
        answer = f"**{name}**: {reason}" if name and not items else reason
        note = page.note(rule, at, _bad_answer(context, unquoted(flaw)), answer, items, heading=context)
        yield Found(note, range(start, after))


def _bad_answer(context: str, flaw: str) -> str:
    return f"Bad answer to “{context}”\n\n{_quoted(flaw)}"


_NAMED = re.compile(r"(?P<name>.*?)(?:\s*#?\d+)?\s*(?:\s[-–—]+\s*|:\s*|\((?=.*\)$))(?P<rest>.+?)\)?$")
_REASON = re.compile(
    r"[\"“](?P<flaw>[^\"“”]+)[\"”][.,]?\s*(?:(?:[-–—:]+|→|➜|⇒|->|=>)\s+|\((?=.*\)$))(?P<reason>.+?)\)?$", re.DOTALL
)


def _named(label: str) -> tuple[str, str] | None:
    """("Bad example", "Vague") of `Bad Example 2 - Vague`."""
    match = _NAMED.match(label)
    return (match["name"], match["rest"]) if match else None


def _quoted_with_reasons(page: Page, rule: Rule) -> Iterator[Found]:
    """Items such as `"I am a perfectionist" – a cliché` of a list of wrong things -> what is said, why not."""
    wrong, questions = rule.names["wrong"], rule.names["questions"]
    for members in lists(page):
        over = [heading.text for heading in page.blocks[members[0]].headings[-1:]]
        if not any(map(wrong.match, [label_over(page, members[0]) or "-", *over])):
            continue
        said = {at: _REASON.fullmatch(without_emphasis(without_marks(page.blocks[at].text))) for at in members}
        pairs = {
            at: match
            for at, match in said.items()
            if match and not re.match(r"[\"“]|→", without_marks(match["reason"]))
        }
        if len(pairs) < 0.6 * len(members):
            continue
        context = _context(page, members[0], questions, wrong)
        for at, match in pairs.items():
            front = _bad_answer(context, match["flaw"].strip())
            yield Found(page.note(rule, at, front, match["reason"].strip(), heading=context), range(at, at + 1))


def _context(page: Page, at: int, questions: Names, wrong: Names) -> str:
    """What a bad answer answers: the nearest question over it, else the topic. “What not to say” is no question."""
    asked = page.over(at)
    while asked and wrong.match(asked.text):
        asked = page.over(asked.at)
    if asked:
        return asked.text
    for heading in reversed(page.blocks[at].headings):
        if not wrong.match(heading.text) and (asks(heading.text) or questions.match(heading.text)):
            return title(heading.text)
    return page.topic(page.blocks[at])


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


# -- a pair of wrong and right -------------------------------------------------------------------------------------------

_ARROW = r"\s*(?:→|⇒|➡️?|->|=>|-->)\s*"
_IN_ONE = [
    re.compile(rf"(?P<wrong>.+?)[,;.]?{_ARROW}(?P<right>.+)", re.DOTALL),
    re.compile(r"~~(?P<wrong>.+?)~~[\s:–—-]*(?P<right>\S.*)", re.DOTALL),
    re.compile(
        r"(?:instead of|rather than|don['’]t say|avoid|not)(?: saying)?:?\s+(?P<wrong>[\"“].+?[\"”])[,;.:]?\s*[-–—]*\s*"
        r"(?:(?:try|say|use|but|better|instead)(?: saying)?:?\s+)+(?P<right>[\"“].+)",
        re.IGNORECASE | re.DOTALL,
    ),
]


def _may_be_in_one(text: str) -> bool:
    """Whether the text has a sign without which none of the forms is there."""
    return has_arrow(text) or '"' in text or "“" in text or "~~" in text


def pair(page: Page, rule: Rule) -> Iterator[Found]:
    """Something wrong and what is better, side by side: by labels, by cross and tick, or in one line."""
    outside = rule.names["outside"]
    at = 0
    headings: tuple[Heading, ...] | None = None
    is_outside = False
    in_one = _may_be_in_one(page.text)
    while at < len(page.blocks):
        found = None
        if page.blocks[at].headings is not headings:  # all blocks below a heading share them
            headings = page.blocks[at].headings
            is_outside = any(outside.match(heading.text) for heading in headings)
        if page.free(at) and not is_outside:
            found = _in_one_block(page, at, rule) if in_one else None
            if not found and (page.blocks[at].sign == "-" or words_of(page.blocks[at])):
                found = _side_by_side(page, at, rule)
        if found:
            name, flaw, better, used = found
            if not name and (over := _item_over(page, at)) is not None:
                name, used = title(page.blocks[over].label), range(over, used.stop)
            context = title(page.blocks[at].headings[-1].text) if page.blocks[at].headings else page.name
            asked = page.over(at)
            context = asked.text if asked else context
            front = f"Say it better: {name or context}\n\n{_quoted(flaw)}"
            yield Found(page.note(rule, at, front, better, heading=context), used, range(at, used.start))
            at = max(at + 1, used.stop if used.start <= at else at + 1)
        else:
            at += 1


def _item_over(page: Page, at: int) -> int | None:
    """The bold item over a pair in its inner list: it names the pair."""
    depth = page.blocks[at].depth
    over = next((i for i in range(at - 1, max(-1, at - 4), -1) if page.blocks[i].depth < depth), None)
    if depth < 2 or over is None or not page.free(over):
        return None
    block = page.blocks[over]
    return over if block.kind == "item" and block.label and not block.text else None


def _in_one_block(page: Page, at: int, rule: Rule) -> tuple[str, str, str, range] | None:
    block = page.blocks[at]
    if block.kind not in {"item", "paragraph"} or not _may_be_in_one(block.whole):
        return None
    over = [heading.text for heading in block.headings[-2:]]
    head = page.blocks[at - 1].label if at else ""
    under_wrong = any(rule.names["wrong"].match(text) for text in [*over, head, block.label] if text)
    under_wrong = under_wrong or any(rule.names["under"].match(text) for text in [*over, head] if text)
    under_wrong = under_wrong or any(map(_contrasts, [*over[-1:], head]))  # `Blunt → kind`
    text = block.text if block.label and rule.names["wrong"].match(block.label) else without_marks(block.whole)
    for form in _IN_ONE:
        match = form.fullmatch(text)
        if not match:
            continue
        flaw, better = match["wrong"].strip(), re.sub(r"([\"”])[.,;]$", r"\1", match["right"].strip())
        plain = _bare(better, rule.names["right"])
        crossed = block.sign == "-" and re.match(r"\W*[✅✔✓☑👍]", better)
        if form is _IN_ONE[0] and not (crossed or (under_wrong and is_quoted(flaw) and is_quoted(plain))):
            continue
        name = title(block.label) if block.label and not rule.names["wrong"].match(block.label) else ""
        flaw = flaw.removeprefix(block.lead).strip() if name else flaw
        return name, unquoted(without_marks(flaw)), unquoted(plain), range(at, at + 1)
    return None


def _contrasts(heading: str) -> bool:
    return has_arrow(heading) or re.search(r"\b(?:vs|versus)\b", heading, re.IGNORECASE) is not None


def _bare(text: str, right: Names) -> str:
    text = without_marks(text)
    match = re.match(r"\*{0,2}([\w' ]{2,20}):\*{0,2}\s*", text)
    return text[match.end() :] if match and right.match(match[1]) else text


class _Side(NamedTuple):
    """One side of a pair.

    Attributes:
        at: index of the block that opens it; stop: that after it.
        name: what its label says besides "wrong" or "right".
        is_said: whether the author marked it as something said or written: by quotes, a block quote or a code block.
    """

    at: int
    name: str
    text: str
    stop: int
    is_said: bool


def _side(page: Page, at: int, names: Names, sign: str) -> _Side | None:
    """The side that a block opens; a list of several things is no side."""
    blocks = page.blocks
    if at >= len(blocks) or not page.free(at):
        return None
    block = blocks[at]
    words = words_of(block)
    head, _, rest = words.partition(" - ") if words else ("", "", "")
    by_words = bool(words) and (names.match(words) or (bool(rest) and names.match(head)) or _first_words(words, names))
    if not by_words and (block.sign != sign or block.kind == "heading"):
        return None
    if block.text and block.kind != "heading":
        stop = at + 1
        while stop < len(blocks) and _continues(blocks[stop], block):
            stop += 1
        text = markdown([*([blocks[at]] if not block.label else []), *blocks[at + 1 : stop]])
        text = "\n\n".join(part for part in (block.text if block.label else "", text) if part)
        text = text[2:] if text.startswith("- ") else text
    else:
        stop = at + 1
        while stop < len(blocks) and not ends_part(blocks[stop]) and not blocks[stop].label and not blocks[stop].sign:
            stop += 1
        inside = blocks[at + 1 : stop]
        if sum(b.kind == "item" for b in inside) > 1 and not any(b.kind == "code" for b in inside):
            return None
        text = markdown(inside)
        text = text[2:] if text.startswith("- ") else text
    # `❌ **Avoiding conflict**` is named so, `**Bad answer:**` is not.
    named = bool(block.sign) and not names.exact(words) and not _JUDGES.match(without_marks(words))
    label = "" if by_words and not rest and not named else words
    is_said = is_quoted(text) or any(b.quote > block.quote or b.kind == "code" for b in blocks[at + 1 : stop])
    text = unquoted(text)
    return _Side(at, title(rest or label), text, stop, is_said) if text else None


_JUDGES = re.compile(
    r"bad|weak|poor|wrong|red flag|do not|don['’]t|never|instead|avoid\b|better|good|say", re.IGNORECASE
)


def _first_words(words: str, names: Names) -> bool:
    """`Bad (vague)`, `Weak: too long`: the name is what stands before."""
    match = re.match(r"([^(:–—-]+?)\s*[(:–—]", words)
    return match is not None and names.match(match[1])


def _continues(block: Block, first: Block) -> bool:
    return (
        block.kind in {"paragraph", "code"}
        and not block.label
        and not block.sign
        and (block.depth > first.depth or (block.depth == first.depth > 0) or block.kind == "code" or block.quote > 0)
    )


def _side_by_side(page: Page, at: int, rule: Rule) -> tuple[str, str, str, range] | None:
    wrong, right = rule.names["wrong"], rule.names["right"]
    first = _side(page, at, wrong, "-")
    if first:
        second = _side(page, first.stop, right, "+")
        if second is None and first.stop < len(page.blocks):
            return _past_a_reason(page, first, rule)
        if second and not _goes_on(page, at, first.stop, second.stop) and _are_wordings(page, first, second, rule):
            return first.name or _named_better(second.name, right), first.text, second.text, range(at, second.stop)
        return None
    first = _side(page, at, right, "+") if words_of(page.blocks[at]) else None
    if first and words_of(page.blocks[first.stop] if first.stop < len(page.blocks) else page.blocks[at]):
        second = _side(page, first.stop, wrong, "-")
        before = page.blocks[at - 1] if at else None
        if (
            second
            and not (before and wrong.match(words_of(before) or "-"))
            and not _side(page, second.stop, right, "+")
            and _are_wordings(page, second, first, rule)
        ):
            return second.name, second.text, first.text, range(at, second.stop)
    return None


def _are_wordings(page: Page, flaw: _Side, better: _Side, rule: Rule) -> bool:
    """Whether the sides are two wordings of one utterance.

    Words such as "good", "after" or "active" tell things from one another as often as sentences.
    """
    blocks = page.blocks[flaw.at], page.blocks[better.at]
    if any(block.sign for block in blocks) or not all(rule.names["ambiguous"].match(words_of(b)) for b in blocks):
        return True
    if flaw.is_said and better.is_said:
        return True
    inner = blocks[0].depth > 1 and page.over(flaw.at) is None
    return not inner and flaw.at < better.at and are_wordings(flaw.text, better.text)


_OF_MINE = re.compile(r"\b(?:I|my|we|our)\b")
_LONG_WORD = re.compile(r"\w{4,}")
_SAYS_NOTHING = frozenset(
    {"with", "that", "this", "from", "have", "than", "then", "they", "them", "when", "will", "only"}
)


def are_wordings(flaw: str, better: str) -> bool:
    """Whether two texts without quotes look like two ways to say a thing: both are sentences, or they share words."""
    if all(_is_sentence(text) or _OF_MINE.search(text) for text in (flaw, better)):
        return True
    return bool(({*_LONG_WORD.findall(flaw.casefold())} & {*_LONG_WORD.findall(better.casefold())}) - _SAYS_NOTHING)


def _is_sentence(text: str) -> bool:
    return text[:1].isalpha() and not text[:1].islower() and text.rstrip('"”’)').endswith((".", "!", "?", "…", "。"))


def _past_a_reason(page: Page, first: _Side, rule: Rule) -> tuple[str, str, str, range] | None:
    """Wrong, why it is wrong, and what is better: the wrong side is left for the rule that asks for the reason."""
    block = page.blocks[first.stop]
    if rule.names["why"].match(words_of(block)) and block.kind != "heading":
        after = carried(page, first.stop, len(page.blocks))[2]
    elif block.kind == "paragraph" and not block.label:
        after = first.stop + 1
    else:
        return None
    second = _side(page, after, rule.names["right"], "+")
    if second is None or not words_of(page.blocks[after]):
        return None
    start = after if block.label else first.stop
    return first.name, first.text, second.text, range(start, second.stop)


def _named_better(label: str, right: Names) -> str:
    return "" if right.match(label) else label


def _goes_on(page: Page, at: int, middle: int, end: int) -> bool:
    """Whether the cross follows other crosses, or the tick is followed by other ticks: then they are lists, not a pair."""
    blocks = page.blocks
    if not (blocks[at].sign == "-" and blocks[middle].sign == "+"):
        return False
    same = blocks[at].headings
    before = (
        at > 0 and blocks[at - 1].sign == "-" and blocks[at - 1].headings == same and blocks[at - 1].kind != "heading"
    )
    after = end < len(blocks) and blocks[end].sign == "+" and blocks[end].headings == same
    return before or after
