"""Things and what they are: a heading, bold line or item that names one, and below it the words that say what it is."""

import re
from collections import Counter
from collections.abc import Iterator

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page
from srs.extract.parts import carried, markdown, words_of
from srs.extract.recipe import Rule
from srs.extract.wording import title, without_emphasis


def labelled_heading(page: Page, rule: Rule) -> Iterator[Found]:
    """A heading, bold line or item, and below it a label such as `In short:` that says what it is -> term, meaning.

    What has several meanings below it is no term but the title of several.
    """
    labels, more, outside = (rule.names[name] for name in ("labels", "more", "outside"))
    found: list[tuple[int, int]] = []
    for at in page.worded:
        block = page.blocks[at]
        if block.label and page.free(at) and labels.match(block.label) and not page.over(at):
            head = _term_over(page, at)
            if head is not None and _is_title(page.blocks[head]) and rule.names["loose"].match(block.label):
                continue
            if head is not None and page.free(head) and not outside.match(words_of(page.blocks[head])):
                found.append((head, at))
    times = Counter(head for head, _ in found)
    for head, at in found:
        if times[head] > 1:
            continue
        over = page.blocks[head]
        stop = page.own(next((i for i in range(at - 1, -1, -1) if page.blocks[i].kind == "heading"), -1)).stop
        items, meaning, end = carried(page, at, stop)
        if not meaning:
            continue
        while (
            end < stop and more.match(page.blocks[end].label or "-") and page.blocks[end].depth == page.blocks[at].depth
        ):
            _, example, after = carried(page, end, stop)
            meaning += f"\n\n**{title(page.blocks[end].label)}:** {example}" if example else ""
            end = max(after, end + 1)
        used = range(at if over.kind == "heading" else head, end)
        yield Found(page.note(rule, head, title(over.label or over.text), meaning, items), used)


def _is_title(block: Block) -> bool:
    return block.kind == "heading" and block.headings[-1].level == 1


def _term_over(page: Page, at: int) -> int | None:
    """The heading, bold line or item that a label speaks of."""
    blocks, depth = page.blocks, page.blocks[at].depth
    i = at - 1
    while i >= 0 and blocks[i].depth == depth and blocks[i].label and blocks[i].text:
        i -= 1  # other parts of what is told
    if i >= 0 and blocks[i].label and not blocks[i].text and blocks[i].kind == "paragraph" and blocks[i].depth <= depth:
        return i
    if depth and not (i >= 0 and blocks[i].kind == "heading"):  # a label inside an item speaks of the item
        i = next((i for i in range(at - 1, -1, -1) if blocks[i].kind == "heading" or blocks[i].depth < depth), -1)
        return i if i >= 0 and blocks[i].kind == "item" else None
    return next((i for i in range(i, -1, -1) if blocks[i].kind == "heading"), None)


def described_heading(page: Page, rule: Rule) -> Iterator[Found]:
    """A heading that names a thing, and below it the sentence that says what it is -> term, meaning.

    Among several short sections of one level, below a heading of their own, each is taken for a term.
    """
    company = _described_by_company(page, rule)
    for at in page.of_kind["heading"]:
        block = page.blocks[at]
        if not page.free(at):
            continue
        body = page.own(at)
        term = title(block.text)
        while body and page.blocks[body[-1]].kind in {"rule", "end"}:
            body = range(body.start, body.stop - 1)
        if not body:
            continue
        body = range(body.start, next((i for i in body if page.blocks[i].kind == "rule"), body.stop))
        first = page.blocks[body.start]
        if (
            first.kind == "paragraph"
            and not first.label
            and page.free(body.start)
            and (at in company or _describes(term, first))
        ):
            answer = markdown([page.blocks[i] for i in body if page.free(i)], page.recipe.answers)
            yield Found(page.note(rule, at, term, answer), range(at, body.stop))


def _described_by_company(page: Page, rule: Rule) -> set[int]:
    outside, under = rule.names["outside"], rule.names["under"]
    families: dict[tuple[Heading, ...], list[tuple[int, bool]]] = {}
    least: dict[tuple[Heading, ...], int] = {}
    defining: Counter[tuple[Heading, ...]] = Counter()
    for at in page.of_kind["heading"]:
        block = page.blocks[at]
        if len(block.headings) < 2:
            continue
        over = block.headings[:-1]
        texts = [heading.text for heading in block.headings]
        glossary = any(map(under.match, texts[:-1]))
        main = not glossary and block.headings[-1].level < 3  # sections of the document, not of a heading of their own
        body = [page.blocks[i] for i in page.own(at) if page.blocks[i].kind not in {"rule", "end"}]
        short = bool(body) and body[0].kind == "paragraph" and not body[0].label and not body[0].quote
        short = short and 4 <= len(markdown(body).split()) <= 60 and len(title(block.text).split()) <= 4
        short = short and not page.asks(block.text) and not any(map(outside.match, texts[-2:]))
        short = short and page.free(at) and not (main and _OF_MINE.search(body[0].text))
        families.setdefault(over, []).append((at, short))
        least.setdefault(over, 1 if glossary else 3)
        if main:
            defining[over] += short and _defines(body[0].text)
    return {
        at
        for over, family in families.items()
        if sum(short for _, short in family) >= max(least[over], 0.6 * len(family))
        and defining.get(over, len(family)) >= 0.6 * len(family)
        for at, short in family
        if short
    }


_OF_MINE = re.compile(r"\b(?:I|[Mm]y|[Yy]ou|[Yy]our)\b")
_DEFINES = re.compile(
    r"(?:an?|the|any|one) (?:[\w-]+ ){1,4}?(?:that|which|who|whose|of|for|inside|where)\b|something |someone "
    r"|(?:is|[a-z]+[^s\W]s) (?:an?|the|no|which|how|what|between|from|to)\b",
    re.IGNORECASE,
)


def _defines(text: str) -> bool:
    """Whether a text begins like an entry of a dictionary: `A box that …`, or `Holds a …`, said of the heading."""
    return _DEFINES.match(without_emphasis(text)) is not None


_IS = r"(?:\s*\([^)]*\))?,?\s+(?:is|are|means?|refers? to|stands? for|describes?|denotes?|was|were|lets?|allows?|ensures?)\b"


def _describes(term: str, block: Block) -> bool:
    """Whether a text begins by saying what the term is."""
    if not 1 <= len(term.split()) <= 5 or len(block.text.split()) > 80:
        return False
    names = {term, re.sub(r"\s*\(.*?\)", "", term), *re.findall(r"\(([^)]+)\)", term)}
    options = "|".join(re.escape(name.strip()) for name in sorted(names, key=len, reverse=True) if name.strip())
    return re.match(rf"(?:the |an? )?(?:{options})s?{_IS}", without_emphasis(block.text), re.I) is not None
