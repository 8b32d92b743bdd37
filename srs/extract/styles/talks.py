"""What is rehearsed as a whole: talks, and patterns of speech with their parts."""

import re
from collections.abc import Iterator

from srs.extract.blocks import Block, Heading
from srs.extract.page import Found, Page
from srs.extract.parts import carried, items_from, markdown
from srs.extract.recipe import Rule
from srs.extract.wording import title, unquoted, without_marks

WORDS_PER_MINUTE = 130
"""A calm pace of speech; a talk without a target time of its own is given the time that its words take."""

_TIME = re.compile(
    r"(?:~|about |around |under |max\.? |up to )?(?P<from>\d+(?:[.,]\d+)?)\s*(?:[-–—]|to)?\s*(?P<to>\d+(?:[.,]\d+)?)?[\s-]*"
    r"(?P<unit>seconds?|secs?|minutes?|mins?|s|m)\b(?!\w)",
    re.IGNORECASE,
)


_VERSION = re.compile(r"\b(?:version|answer|pitch|intro\w*|summary|story|talk|speech|explanation|walkthrough)\b", re.I)
_REMARK = re.compile(r"note|tip|practice|remember|hint|word count|time|key", re.IGNORECASE)


def talk(page: Page, rule: Rule) -> Iterator[Found]:
    """A heading that names a talk -> its text, to be given in its time."""
    under, outside = rule.names["under"], rule.names["outside"]
    yield from _by_the_clock(page, rule)
    for at in page.of_kind["heading"]:
        block = page.blocks[at]
        if not page.free(at) or outside.match(block.text):
            continue
        if block.headings[-1].level == 1 and any(page.blocks[i].headings[-1].level > 1 for i in page.section(at)):
            continue  # the title of the document
        time = _TIME.search(block.text)
        section = page.section(at)
        inner = [page.blocks[i].text for i in section if page.blocks[i].kind == "heading"]
        if any(under.match(text) or _TIME.search(text) for text in inner):
            continue  # its parts are talks
        free = [page.blocks[i] for i in section if page.free(i) and page.blocks[i].kind != "summary"]
        unmarked, clock = _without_marks_of_time(free)
        spoken, minutes = _spoken(unmarked)
        prose = not any(b.kind in {"item", "row"} for b in spoken) and len(markdown(spoken).split()) >= 35
        if (
            not under.match(block.text)
            and not (time and (prose or _is_version(block.text)))
            and not (minutes and prose)
        ):
            continue
        text = unquoted(markdown(spoken))
        words = len(re.findall(r"\w+", text))
        lists = sum(b.kind in {"item", "row"} for b in spoken)
        if words < 25 or lists > len(spoken) / 2:
            continue
        target = time[0] if time else minutes or _time_of_document(page, rule) or clock or _paced(words)
        name = title(block.text)
        name = re.sub(r"\s*\([^)]*\)$", "", name) if time else name
        question = page.over(at)
        if question is not None and question.at != at:
            name = question.text
        front = f"{page.topic(block)} › {name} ({target})" if page.topic(block) != name else f"{name} ({target})"
        last = spoken[-1].line
        stop = next((i for i in section if page.blocks[i].kind == "rule" and page.blocks[i].line > last), section.stop)
        yield Found(page.note(rule, at, front, text), range(at, stop))


_CLOCK = r"\d{1,2}:[0-5]\d"
_FROM_TO = rf"{_CLOCK}(?:\s*[-–—]+\s*{_CLOCK})?"
_MARK_OF_TIME = re.compile(rf"(?:(?:\*\*)?[\[(]{_FROM_TO}[\])]:?(?:\*\*)?|\*\*{_FROM_TO}:?\*\*):?\s*(?:[-–—]+\s+)?")


def _without_marks_of_time(blocks: list[Block]) -> tuple[list[Block], str]:
    """The blocks without `[1:30]` or `**[1:30–2:00]**` at their beginning, and how long they say that all takes."""
    found: list[Block] = []
    seconds = 0.0
    for block in blocks:
        mark = _MARK_OF_TIME.match(block.whole) if block.kind in {"paragraph", "item"} else None
        if mark is None:
            found.append(block)
            continue
        text = block.whole[mark.end() :].strip()
        times = re.findall(_CLOCK, mark[0])
        minute, second = map(int, times[-1].split(":"))
        seconds = minute * 60 + second + (_seconds(len(text.split())) if len(times) == 1 else 0)
        if text:
            found.append(block._replace(text=text, label="", lead=""))
    return found, f"about {_half_minutes(seconds)}" if seconds >= 90 else ""


_TIMED = re.compile(rf"^[\[(]?{_FROM_TO}[\])]?:?\s*(?:[-–—|]+\s+)?(?=\D|$)|\s*[\[(]{_FROM_TO}[\])]$")


def _by_the_clock(page: Page, rule: Rule) -> Iterator[Found]:
    """Headings with the times of a talk, `0:00–2:00 Opening` … -> what is said below all of them.

    It begins at 0:00: what begins at another time is a day.
    """
    families: dict[tuple[Heading, ...], list[int]] = {}
    for at in page.of_kind["heading"] if "0:00" in page.text else ():
        block = page.blocks[at]
        if page.free(at) and ":" in block.text and _TIMED.search(block.text):
            families.setdefault(block.headings[:-1], []).append(at)
    for over, parts in families.items():
        clocks = [re.findall(_CLOCK, page.blocks[at].text) for at in parts]
        named = title(over[-1].text) if over else page.name
        if len(parts) < 2 or clocks[0][0].lstrip("0") != ":00" or rule.names["outside"].match(named):
            continue
        spoken = [block for at in parts for block in _part_of_talk(page, at)]
        text = markdown(spoken)
        words = len(re.findall(r"\w+", text))
        if words < 25 or sum(block.kind in {"item", "row"} for block in spoken) > len(spoken) / 2:
            continue
        minute, second = map(int, clocks[-1][-1].split(":"))
        target = f"about {_half_minutes(minute * 60 + second)}" if len(clocks[-1]) > 1 else _paced(words)
        if time := _TIME.search(named):
            named, target = named.replace(time[0], "").strip(" ,;()–—-"), time[0]
        head = next((i for i in page.of_kind["heading"] if page.blocks[i].headings == over), parts[0])
        topic = [page.topic(page.blocks[head])] if len(over) > 1 else []
        used = {i for at in parts for i in (at, *page.section(at))}
        yield Found(page.note(rule, head, " › ".join([*topic, f"{named} ({target})"]), text), used)


def _part_of_talk(page: Page, at: int) -> list[Block]:
    """What is said below a heading with a time, under its words without the time."""
    block = page.blocks[at]
    spoken, _ = _spoken([page.blocks[i] for i in page.section(at) if page.free(i)])
    name = _TIMED.sub("", block.text)
    return [*([block._replace(text=name)] if name and spoken else []), *spoken]


_TELLS = re.compile(r"\b(?:I|[Ww]e|me|us|[Mm]y|[Yy]ou|[Yy]our)\b")  # a sentence, not the facts of the day


def _time_of_document(page: Page, rule: Rule) -> str:
    """The time in the title, or in a short line below it, of a document with a single talk."""
    under, outside = rule.names["under"], rule.names["outside"]
    named = [b for b in page.blocks if b.kind == "heading" and under.match(b.text) and not outside.match(b.text)]
    first = next((at for at, block in enumerate(page.blocks) if block.kind == "heading"), None)
    if first is None or page.blocks[first].headings[-1].level > 1 or len(named) > 1 + (page.blocks[first] in named):
        return ""
    below = next((page.blocks[i].whole for i in page.own(first) if page.blocks[i].kind == "paragraph"), "")
    lines = [page.blocks[first].text, *below.split("\n")[:1]]
    found = (_TIME.search(line) for line in lines if len(line.split()) <= 15 and not _TELLS.search(line))
    return next((match[0] for match in found if match), "")


def _is_version(text: str) -> bool:
    return (
        re.search(
            r"\b(?:version|answer|pitch|intro\w*|summary|story|talk|speech|explanation|walkthrough)\b", text, re.I
        )
        is not None
    )


def _spoken(blocks: list[Block]) -> tuple[list[Block], str]:
    """What is said, without the stage directions before it and remarks after it; and the target time, where one is given."""
    time = ""
    blocks = [block for block in blocks if not _is_cue(block)]
    while blocks:
        first = blocks[0]
        found = _TIME.search(first.whole)
        if first.kind == "rule" or (first.kind == "heading" and not first.text):
            blocks = blocks[1:]
        elif found and len(first.whole.split()) <= (12 if first.label else 8):
            time, blocks = time or found[0], blocks[1:]
        elif _is_direction(first) and len(blocks) > 1:
            blocks = blocks[1:]
        else:
            break
    cut = next((i for i, b in enumerate(blocks) if b.kind == "rule" and i > 0), len(blocks))
    blocks = blocks[:cut]
    while len(blocks) > 1 and (_is_direction(blocks[-1]) or _is_remark(blocks[-1])):
        blocks = blocks[:-1]
    if any(block.quote for block in blocks):
        quoted = [block for block in blocks if block.quote]
        if len(markdown(quoted)) >= 0.6 * len(markdown(blocks)):
            blocks = quoted
    if len(blocks) == 1 and blocks[0].kind == "code":
        blocks = [Block("paragraph", blocks[0].text, blocks[0].line, blocks[0].headings)]
    return blocks, time


def _is_direction(block: Block) -> bool:
    text = without_marks(block.whole).strip()
    wrapped = re.fullmatch(r"\*[^*]+\*|_[^_]+_|\([^)]*\)|\[[^\]]*\]|\*+\([^)]*\)\*+|\*\*[^*]+\*\*:?", text, re.DOTALL)
    return wrapped is not None and len(text.split()) <= 40 and not (text.startswith("**") and block.quote)


_CUE = re.compile(
    r"(?:speakers?|presenters?|stage) (?:notes?|directions?|cues?)|(?P<slide>(?:next )?slide(?: \d+)?)", re.I
)
_IN_BRACKETS = re.compile(r"[*_]*\[[^\]]*\][*_]*")


def _is_cue(block: Block) -> bool:
    """Whether a line anywhere in a talk is for its speaker: a note, what the next slide is, what stands in square brackets."""
    if block.label and (cue := _CUE.fullmatch(block.label)):
        return not cue["slide"] or block.kind == "item"  # a paragraph is what is said to it
    return "[" in block.whole[:4] and _IN_BRACKETS.fullmatch(block.whole) is not None


def _is_remark(block: Block) -> bool:
    return bool(block.label) and not block.quote and _REMARK.match(without_marks(block.label)) is not None


def _paced(words: int) -> str:
    seconds = round(_seconds(words) / 15) * 15
    return f"about {max(seconds, 15)} seconds" if seconds < 90 else f"about {_half_minutes(seconds)}"


def _seconds(words: int) -> float:
    return words / WORDS_PER_MINUTE * 60


def _half_minutes(seconds: float) -> str:
    halves = round(seconds / 30)
    return f"{halves // 2}{'½' if halves % 2 else ''} minutes"


def labelled_parts(page: Page, rule: Rule) -> Iterator[Found]:
    """A heading, or a bold line, with labelled parts below it -> all its parts; one of them is of `first`."""
    yield from _unlabelled(page, rule)
    starts = [at for at, block in enumerate(page.blocks) if block.label and _begins(block, rule) and page.free(at)]
    for at in starts:
        head = _head_over(page, at, rule)
        if head is None or not page.free(head):
            continue
        block = page.blocks[head]
        end = at
        while end < len(page.blocks) and not _ends_parts(page.blocks[end], block, rule):
            end += 1
        inside = range(head + 1, end)
        labels = [page.blocks[i].label for i in inside if page.blocks[i].label]
        if sum(_is_part(label, rule) for label in labels) < 2 and not any(
            page.blocks[i].kind == "item" for i in inside
        ):
            continue
        answer = _in_parts(page, inside)
        if not re.search(r"\w", re.sub(r"\*\*[^*]*\*\*", "", answer)):
            continue  # a template to fill in
        yield Found(page.note(rule, head, title(block.label or block.whole), answer), range(head, end))


def _unlabelled(page: Page, rule: Rule) -> Iterator[Found]:
    """Below a heading of patterns: a heading, how it is built, and examples, all without labels."""
    for at in page.of_kind["heading"]:
        block = page.blocks[at]
        if not page.free(at) or not any(map(rule.names["under"].match, _over(block))):
            continue
        own = [i for i in page.own(at) if page.blocks[i].kind not in {"rule", "end"}]
        inside = [page.blocks[i] for i in own]
        if (
            len(inside) < 2
            or inside[0].kind != "paragraph"
            or any(b.label or b.kind not in {"paragraph", "item"} for b in inside)
        ):
            continue
        if inside[-1].kind == "item" and len(inside[0].text.split()) <= 15 and all(map(page.free, own)):
            yield Found(page.note(rule, at, title(block.text), markdown(inside)), range(at, own[-1] + 1))


def _over(block: Block) -> list[str]:
    return [heading.text for heading in block.headings[:-1]]


def _begins(block: Block, rule: Rule) -> bool:
    """Whether a label says how the pattern is built; below a heading of patterns any of its parts will do."""
    if rule.names["first"].match(block.label):
        return True
    return _is_part(block.label, rule) and any(rule.names["under"].match(heading.text) for heading in block.headings)


def _is_part(label: str, rule: Rule) -> bool:
    return rule.names["first"].match(label) or rule.names["parts"].match(label)


def _head_over(page: Page, at: int, rule: Rule) -> int | None:
    """What the parts belong to: the heading over them, or the bold line directly before the first of them."""
    for i in range(at - 1, -1, -1):
        block = page.blocks[i]
        if block.kind == "heading":
            return i
        if block.kind == "rule":
            return None
        if block.label and not block.text and not _is_part(block.label, rule) and block.depth <= page.blocks[at].depth:
            return i
    return None


def _ends_parts(block: Block, head: Block, rule: Rule) -> bool:
    if block.kind in {"heading", "rule", "end"}:
        return True
    return head.kind != "heading" and bool(block.label) and not block.text and not _is_part(block.label, rule)


def _in_parts(page: Page, inside: range) -> str:
    """Each labelled part on a line of its own, lists below their labels; a list without a label stands as it is."""
    out: list[str] = []
    at = inside.start
    while at < inside.stop:
        block = page.blocks[at]
        if block.label:
            _, text, after = carried(page, at, inside.stop)
            between = "\n" if text.startswith("- ") or "\n" in text else " "
            out.append(f"**{title(block.label)}:**{between}{text}".strip())
            at = max(after, at + 1)
        elif block.kind == "item":
            items, after = items_from(page.blocks[: inside.stop], at)
            out.append("\n".join("- " + item.replace("\n", "\n  ") for item in items))
            at = max(after, at + 1)
        else:
            out.append(markdown([block]))
            at += 1
    return "\n\n".join(part for part in out if part)
