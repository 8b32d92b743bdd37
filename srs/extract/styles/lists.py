"""Lists: terms with their meanings, and lists that are remembered as a whole."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page
from srs.extract.parts import as_list, items_from, label_over, lead_over, lists, markdown
from srs.extract.recipe import Names, Rule
from srs.extract.styles.phrases import is_quoted
from srs.extract.wording import key, title, unquoted, without_emphasis, without_marks

_TERM = re.compile(
    r"(?P<term>(?:\*\*|__)[^*\n]{1,70}?(?:\*\*|__)|`[^`\n]{1,70}`|[^\n:=→]{1,60}?)"
    r"(?P<between>\s*(?:→|⇒|=>|->|=|:=?)\s*|:\s+|\s+[-–—]+\s+|\s*—\s*)(?P<meaning>\S.*)",
    re.DOTALL,
)


_PARTS_A_TERM = re.compile("[→⇒=:–—-]")  # without one of these no text is a term


def terms(page: Page, rule: Rule) -> Iterator[Found]:
    """Term -> meaning: definition lists, glossaries, and long lists of which nearly every item has that form."""
    under, outside = rule.names["under"], rule.names["outside"]
    yield from _definition_lists(page, rule)
    for members in _runs(page, under):
        first = page.blocks[members[0]]
        label = label_over(page, members[0])
        over = [heading.text for heading in first.headings]
        if any(map(outside.match, [label, *over])):
            continue
        glossary = any(map(under.match, [label, *over]))
        if not glossary and not first.depth:
            members = _without_remarks(page, members)
        if (
            not glossary
            and not first.depth
            and not _are_terms([page.blocks[at] for at in members], rule.names["parts"])
        ):
            continue
        if len(members) == 1 and not first.depth and "\n" in first.text:
            yield from _term_lines(page, rule, members[0])
            continue
        split = {at: _term(page.blocks[at], glossary or not first.depth) for at in members}
        roles = _roles(filter(None, split.values()))
        split = {at: pair if pair and key(pair[0]) not in roles else None for at, pair in split.items()}
        pairs = [pair for pair in split.values() if pair]
        enough = 0.6 if glossary else 0.8
        titled = glossary and not any(map(under.match, [label, *over[1:]]))  # only the title says that these are terms
        plain = all(arrow for _, _, arrow in pairs) or all(page.blocks[at].whole.startswith("`") for at in members)
        plain = plain and _are_told(pairs)
        least = 3 if titled and not first.depth else 1 if glossary else 4 if first.depth and not plain else 3
        if len(pairs) < least or len(pairs) < enough * len(members):
            continue
        if first.depth and not glossary and not _explains([page.blocks[at] for at in members], pairs):
            continue  # few enough to be remembered as a whole
        for at, pair in split.items():
            if pair and not rule.names["parts"].match(pair[0]):
                end = _end_of_item(page, at)
                more = markdown(page.blocks[at + 1 : end])
                answer = "\n\n".join(part for part in (pair[1], more) if part)
                yield Found(page.note(rule, at, pair[0], answer), range(at, end))


def _roles(pairs: Iterable[tuple[str, str, bool]]) -> set[str]:
    """Words that come back with another meaning: they say who speaks or which part follows, for a term is defined once."""
    meanings: dict[str, set[str]] = {}
    for term, meaning, _ in pairs:
        meanings.setdefault(key(term), set()).add(meaning)
    return {term for term, several in meanings.items() if len(several) > 1}


def _explains(items: Sequence[Block], pairs: Sequence[tuple[str, str, bool]]) -> bool:
    """Whether a list under any heading is one of terms: by arrows, by terms set off and told in words, or by its length."""
    set_off = all(item.whole.lstrip().startswith(("**", "__", "`")) for item in items)
    if {key(term) for term, _, _ in pairs} & {key(meaning) for _, meaning, _ in pairs}:
        return False  # what one leads to is where the next begins: steps
    return len(items) > 9 or (set_off and _are_told(pairs)) or all(arrow for _, _, arrow in pairs)


def _are_told(pairs: Sequence[tuple[str, str, bool]]) -> bool:
    return sum(len(meaning.split()) for _, meaning, _ in pairs) >= 3 * len(pairs)


def _definition_lists(page: Page, rule: Rule) -> Iterator[Found]:
    for at in page.of_kind["term"]:
        block = page.blocks[at]
        if not page.free(at):
            continue
        end = at + 1
        while end < len(page.blocks) and (
            page.blocks[end].kind == "meaning" or (page.blocks[end].kind != "term" and _is_more(page.blocks, end))
        ):
            end += 1
        meanings = [markdown([b]) for b in page.blocks[at + 1 : end]]
        if meanings:
            yield Found(page.note(rule, at, title(block.whole), "\n\n".join(meanings)), range(at, end))


def _is_more(blocks: Sequence[Block], at: int) -> bool:
    return (
        blocks[at - 1].kind == "meaning"
        and blocks[at].kind in {"code", "item"}
        and blocks[at].depth > blocks[at - 1].depth
    )


def _runs(page: Page, under: Names) -> Iterator[list[int]]:
    """Lists; and below the heading of a glossary paragraphs too, one after the other."""
    yield from lists(page)
    run: list[int] = []
    headings: tuple[Heading, ...] | None = None
    glossary = False
    for at, block in enumerate(page.blocks):
        if block.headings is not headings:  # all blocks below a heading share them
            headings, glossary = block.headings, any(under.match(heading.text) for heading in block.headings)
        fits = block.kind == "paragraph" and not block.depth and page.free(at) and bool(block.text) and not block.quote
        if fits and not glossary and not block.label:
            fits = block.text.count("\n") > 1
            if run or fits:
                yield from ([run] if run else [])
                run = []
                if fits:
                    yield [at]
            continue
        if fits:
            if "\n" in block.text and not block.label:
                yield [at]
            else:
                run.append(at)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _are_terms(blocks: Sequence[Block], parts: Names) -> bool:
    """Whether paragraphs under any heading are terms with their meanings, not the parts of something or settings."""
    if len(blocks) == 1:
        lines = _unwrapped(blocks[0].text)
        return len(lines) > 2 and all(_DASHED.match(line) for line in lines)
    if any(_DAY.search(block.label) for block in blocks):
        return False  # a diary
    meanings = [len(block.text.split()) for block in blocks]
    return sum(meanings) >= 3 * len(meanings) and not any(parts.match(block.label) for block in blocks)


def _without_remarks(page: Page, members: Sequence[int]) -> list[int]:
    """Paragraphs without those that a plain label opens, where bold titles stand over others: `Felt: good.` is no term."""
    blocks = [page.blocks[at] for at in members]
    titled = any(block.label and block.lead == f"**{block.label}**" for block in blocks)
    return [at for at, block in zip(members, blocks, strict=True) if not titled or block.lead[:1] in {"*", "_", ""}]


_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = re.compile(rf"\b(?:{_MONTH}\.? \d{{1,2}}|\d{{1,2}}\.? {_MONTH})\b(?!,? \d{{4}})", re.IGNORECASE)
_DASHED = re.compile(r"[^\n.:]{1,40}?\s[-–—]\s\S+ \S+")


def _unwrapped(text: str) -> list[str]:
    """The lines of a text; one that begins no term goes on with the line before."""
    lines: list[str] = []
    for line in text.split("\n"):
        if lines and not (_DASHED.match(line) or re.match(r"[^\n.]{1,40}?(?::|→|=)\s", line)):
            lines[-1] += "\n" + line
        else:
            lines.append(line)
    return lines


def _term_lines(page: Page, rule: Rule, at: int) -> Iterator[Found]:
    """Each line of a paragraph as a term with its meaning, where all of them are."""
    block = page.blocks[at]
    lines = _unwrapped(block.whole)
    pairs = [_term(block._replace(text=line, label="", lead=""), True) for line in lines]
    if all(pairs):
        for offset, pair in enumerate(pairs):
            assert pair is not None
            line = block.line + sum(before.count("\n") + 1 for before in lines[:offset])
            note = page.note(rule, at, pair[0], pair[1])._replace(line=line)
            yield Found(note, range(at, at + 1))


def _term(block: Block, glossary: bool) -> tuple[str, str, bool] | None:
    """(term, meaning, whether an arrow parts them) of a line."""
    text = without_marks(block.whole)
    match = _TERM.fullmatch(text) if _PARTS_A_TERM.search(text) else None
    if block.label and block.text:
        term, meaning, between = _strong(block), re.sub(r"^[-–—]+\s*", "", block.text), ":"
    elif match:
        term, meaning, between = match["term"].strip(), match["meaning"].strip(), match["between"]
    else:
        return None
    arrow = any(sign in between for sign in ("→", "⇒", "->", "="))
    if not glossary and ("→" in meaning or not (term[:1] in "*_`" or arrow)):
        return None
    if re.fullmatch(r"see (?:also )?(?:\S+ ){0,3}\S+", meaning):
        return None  # it only points to another
    term = title(re.sub(r":(\*\*|__|\*|_):?$", r"\1", term))
    term = term.rstrip(";,")
    if not term or len(term.split()) > 6 or not re.search(r"\w", meaning):
        return None
    return term, unquoted(meaning), arrow


def _strong(block: Block) -> str:
    """The label with its markup."""
    return f"**{block.label}**" if block.lead[:1] in "*_" else block.label


def _end_of_item(page: Page, at: int) -> int:
    depth = page.blocks[at].depth
    end = at + 1
    while depth and end < len(page.blocks):
        other = page.blocks[end]
        if (
            other.kind in {"heading", "rule", "end"}
            or other.depth < depth
            or (other.kind == "item" and other.depth <= depth)
        ):
            break
        end += 1
    return end


def _asks(page: Page, block: Block) -> bool:
    return not (block.label and block.text) and page.asks(unquoted(title(block.whole)))


# -- lists that are remembered as a whole --------------------------------------------------------------------------------


_GOES_ON = re.compile(
    r"\b(?:when|if|for|to|by|with|without|because|unless|until|as|that|not|never|avoid|wenn|falls|für|bei|nicht|cuando|si|para|no|quand|pour)$",
    re.IGNORECASE,
)
"""How a line ends that is the beginning of each item below it."""

_DATED = re.compile(r"\b(?:19|20)\d\d[-/.](?:\d\d[-/.]\d\d|W\d\d|\d\d\b)|\b\d{1,2}[./]\d{1,2}[./](?:19|20)?\d\d\b")
_UNTIL_NOW = re.compile(
    r"\b(?:19|20)\d\d *(?:[-–—]|to|bis|a|по) *(?:now|today|present|heute|jetzt|hoy|actualidad|presente|настоящее время|сейчас)\b",
    re.IGNORECASE,
)
"""Of a post that somebody still has: what stands below it is a life, not a list to learn."""


def outline(page: Page, rule: Rule) -> Iterator[Found]:
    """Heading or label -> the list below it."""
    under, outside, errands = rule.names["under"], rule.names["outside"], rule.names["errands"]
    every = list(lists(page))
    under_one = Counter(page.blocks[members[0]].headings for members in every)
    for members in every:
        first = page.blocks[members[0]]
        over = [heading.text for heading in first.headings]
        label = label_over(page, members[0])
        bare = not first.headings or under_one[first.headings] > 1
        if (
            not (over or label)
            or any(map(outside.match, [label, *over[-1:]]))
            or any(map(errands.match, [label, *over]))
            or not any(map(under.match, [label, *over]))
        ):
            continue
        asking = sum(_asks(page, page.blocks[at]) for at in members)
        quoted = sum(is_quoted(page.blocks[at].whole) for at in members)
        items, end = items_from(page.blocks, members[0])
        if asking >= 0.5 * len(members) and not any(map(rule.names["even_questions"].match, [label, *over[-1:]])):
            continue
        if page.over(members[0]) and not any(map(rule.names["even_questions"].match, [label, *over[-1:]])):
            continue
        if (_DATED.search(titles := " ".join([page.topic(first), *over])) or _UNTIL_NOW.search(titles)) and rule.names[
            "under"
        ].patterns == ("*",):
            continue  # a log, not something to learn
        if len(items) < 2 or quoted >= 0.6 * len(members):
            continue
        if len(items) > 20 or not all(page.free(at) for at in members) or _is_rest(page, members[0]):
            continue
        name = next(filter(None, map(title, reversed(over))), page.name)  # a heading may be without a word
        lead = lead_over(page, members[0])
        is_bold = page.blocks[members[0] - 1].lead[:1] in {"*", "_"} if members[0] else False
        own = page.blocks[members[0] - 2] if lead and members[0] > 1 else first
        main = own.kind == "heading" or own.headings != first.headings  # the list is all that the heading is about
        answer = as_list(items)
        if lead and title(lead) != name:
            if is_bold or bare or not main:
                name = f"{name} › {without_marks(without_emphasis(lead))}"
            elif not label or _GOES_ON.search(label):  # else it only says that a list follows
                answer = f"{page.blocks[members[0] - 1].whole}\n\n{answer}"
        start = members[0] - 1 if lead else members[0]
        yield Found(page.note(rule, members[0], name, answer, items), range(start, max(end, members[-1] + 1)))


def _is_rest(page: Page, at: int) -> bool:
    """Whether a list begins behind an item of its own that a card was made of: a list without its beginning is none."""
    before = page.blocks[at - 1] if at else None
    return before is not None and before.depth >= page.blocks[at].depth and not page.free(at - 1)
