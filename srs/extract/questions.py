"""What a page asks, and which blocks answer it, whatever form the author gave to questions and answers."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from srs.extract.blocks import Block, Heading
from srs.extract.page import ENDS_ASKING, Asked, Page, asks, bare_label
from srs.extract.parts import words_of
from srs.extract.wording import has_arrow, is_foreign, is_numbered, key, title, unquoted, without_emphasis

_BANK = re.compile(r"question|interview|\bask", re.IGNORECASE)
_ARROW = re.compile(r"\s*(?:→|⇒|➡|➜|->|=>)")
_ARROWED = re.compile(r"(?P<question>.{6,}?)\s*(?:→|⇒|➡️?|➜|->|=>)\s*(?P<answer>\S.*)", re.DOTALL)
_DASHED = re.compile(r"(?P<question>[^-–—?:]{6,80}?)\s+[-–—]\s+(?P<answer>\S.*)", re.DOTALL)
_SOME_DASH = re.compile("[-–—]")  # without one the form is not there
_INLINE = re.compile(
    r"(?P<question>[^?]{8,}\?[\"”'’*]*)(?P<between>\s*(?:[-–—:→]+|\n|=>)\s*|\s+)(?P<answer>\S.*)", re.DOTALL
)


def questions(page: Page) -> Iterator[Asked]:
    """The questions of a page, in order."""
    look = _Look(page)
    for asked in filter(None, map(look.at, range(len(page.blocks)))):
        look.asked = look.asked if asked.after else asked.text
        yield asked


class _Look:
    """One way through a page, block by block, with what shows only when its neighbours are seen too."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.headings = _asked_by_company(page)
        self.stories = _stories(page)
        self.items = _items_in_company(page)
        self.paragraphs = _asked_in_paragraphs(page)
        self.followed = _answered_below(page)
        self.asked = ""  # by the last question that is no follow-up
        self.answer = range(0)  # of the heading that asked last: a question in it is part of what is said

    def at(self, at: int) -> Asked | None:
        """The question that the block asks, if it does."""
        block = self.page.blocks[at]
        if block.kind == "heading":
            self.asked = self.asked if at in self.answer else ""
            return self._heading(at)
        if block.kind == "summary" or (block.label and not block.text and self._only_says_so(block)):
            if self._only_says_so(block):
                return None if at in self.answer else _exercise(self.page, at)
            end = _until(self.page.blocks, at, lambda other: other.kind in {"end", "summary"})
            return self._asked(at, block.text, "", end)
        is_marked = bool(block.label) and self.page.recipe.questions.match(bare_label(block.label))
        if question := _marked_inside(self.page, block):
            return self._asked(at, question, "", _end_of_labelled(self.page, at))
        if is_marked and (found := self._marked(at)):
            return found
        if block.label and self.asked and (found := _follow_up(self.page, at)):
            return replace(found, after=self.asked)
        if block.label and block.kind not in {"row", "item"} and at in self.answer:
            return None
        if block.label and block.kind != "row" and self._label_asks(at):
            # An arrow makes it a phrase and its use.
            end = _end_of_labelled(self.page, at)
            return None if _ARROW.match(block.text) else self._asked(at, block.label, block.text, end)
        if block.kind == "item" and not block.lead.startswith(("*", "_")):
            return self._asked(at, *_asked_item(self.page, at, self.followed, at in self.items))
        if (
            block.kind == "paragraph"
            and not block.label
            and not block.depth
            and not block.quote
            and has_arrow(block.text)
        ):
            arrow = _ARROWED.fullmatch(block.text)
            if (
                arrow
                and asks(arrow["question"])
                and "\n" not in block.text
                and unquoted(arrow["question"]) == arrow["question"]
            ):
                return self._asked(at, arrow["question"], arrow["answer"], at + 1)
        if at in self.paragraphs:
            text, _, inline = block.text.partition("\n")
            return self._asked(at, text, inline, self.paragraphs[at])
        return None

    def _only_says_so(self, block: Block) -> bool:
        """Whether the block says that an answer follows, and nothing else."""
        return self.page.recipe.answers.match(block.text or block.label)

    def _asked(self, at: int, text: str, inline: str, end: int) -> Asked | None:
        return Asked(at, title(text), inline.strip(), _trimmed(self.page.blocks, at + 1, end)) if text else None

    def _heading(self, at: int) -> Asked | None:
        page, block = self.page, self.page.blocks[at]
        asking = page.asks(block.text) or block.headings[-1] in self.headings or block.headings[-1] in self.stories
        if page.recipe.answers.match(block.text) or not asking:
            return None
        if block.headings[-1].level == 1 and any(page.blocks[i].kind == "heading" for i in page.section(at)):
            return None  # the title of the document
        end = _end_of_headed(page, at)
        first = next((b for b in page.blocks[at + 1 : end] if b.kind not in {"rule", "end"}), None)
        if first and not asks(first.label or "-") and not (first.kind == "item" and page.asks(first.text)):
            self.answer = range(at + 1, end)
        return self._asked(at, block.text, "", end)

    def _marked(self, at: int) -> Asked | None:
        """`Q: …`, or `*Question: …*`, with the question behind the label or below it."""
        blocks = self.page.blocks
        end = _end_of_labelled(self.page, at)
        place = at if blocks[at].text else at + 1
        if place > at and not _starts_text(blocks, place):
            return None
        return self._asked(place, *_asked_and_said(self.page, place), end)

    def _label_asks(self, at: int) -> bool:
        block = self.page.blocks[at]
        return asks(block.label) or (not block.text and (self.page.asks(block.label) or at in self.items))


def _asked_and_said(page: Page, at: int) -> tuple[str, str]:
    """The lines of a marked text that ask, and those below them that answer; where the answer has a mark too, all ask."""
    text = page.blocks[at].text
    following = page.blocks[at + 1].label if at + 1 < len(page.blocks) else ""
    if "\n" not in text or page.recipe.answers.match(bare_label(following)):
        return text, ""
    lines = text.split("\n")
    asking = [ENDS_ASKING.search(line) is not None for line in lines]
    anew = (i for i, line in enumerate(lines) if i and not line[:1].islower())
    end = asking.index(True) + 1 if any(asking) else next(anew, len(lines))
    while end < len(lines) and asking[end]:
        end += 1
    return "\n".join(lines[:end]), "\n".join(lines[end:])


def _marked_inside(page: Page, block: Block) -> str:
    """What is asked by a line such as `*Question: Tell me …*`, all of it set off."""
    mark, _, question = block.label.partition(":") if block.label and not block.text else ("", "", "")
    asks_so = bool(question) and page.recipe.questions.match(bare_label(mark)) and page.asks(question.strip())
    return question.strip() if asks_so else ""


def _stories(page: Page) -> set[Heading]:
    """Headings over what is told in parts, as an answer is, but for those that name a method: there the parts explain it."""
    parts: dict[Heading, dict[str, None]] = {}  # in their order
    asking: set[Heading] = set()  # something below them asks before the parts begin: they answer that
    for block in page.blocks:
        words = words_of(block)
        over = block.headings[:-1] if block.kind == "heading" else block.headings
        if not words or not over:
            continue
        if page.recipe.story.match(words):
            parts.setdefault(over[-1], {})[key(words)] = None
        elif over[-1] not in parts and block.label and (page.asks(words) or _is_marked(page, block)):
            asking.add(over[-1])
    return {
        heading
        for heading, names in parts.items()
        if heading not in asking
        and len(names) >= (2 if any(len(name) > 1 for name in names) else 3)
        and not page.recipe.names_method(heading.text)
        and "".join(name[0] for name in names) not in key(heading.text).split()
    }


def _is_marked(page: Page, block: Block) -> bool:
    return page.recipe.questions.match(bare_label(block.label)) or bool(_marked_inside(page, block))


def _starts_text(blocks: Sequence[Block], at: int) -> bool:
    return at < len(blocks) and blocks[at].kind in {"paragraph", "item"} and not blocks[at].label


def _trimmed(blocks: Sequence[Block], start: int, end: int) -> range:
    while start < end and blocks[start].kind in {"rule", "end"}:
        start += 1
    while start < end and blocks[end - 1].kind in {"rule", "end"}:
        end -= 1
    return range(start, end)


def _until(blocks: Sequence[Block], at: int, stop: Callable[[Block], bool]) -> int:
    end = at + 1
    while end < len(blocks) and not stop(blocks[end]):
        end += 1
    return end


def _end_of_headed(page: Page, at: int) -> int:
    """Where the answer below a heading ends: at the next heading that asks, or at a rule once something was said."""
    end = at + 1
    said = False
    for end in page.section(at):
        block = page.blocks[end]
        if block.kind == "heading" and page.asks(block.text) and not page.recipe.answers.match(block.text):
            return end
        if said and (block.kind == "rule" or _is_answered_mark(page, end) or _follow_up(page, end)):
            return end
        said = said or block.kind != "rule"
    return page.section(at).stop


def _is_answered_mark(page: Page, at: int) -> bool:
    """Whether a line such as `Q: …` asks, with the line of its answer next to it."""
    block = page.blocks[at]
    following = page.blocks[at + 1] if at + 1 < len(page.blocks) else None
    return (
        bool(block.label and block.text and following and following.label)
        and page.recipe.questions.match(bare_label(block.label))
        and following is not None
        and page.recipe.answers.match(bare_label(following.label))
    )


def _end_of_labelled(page: Page, at: int) -> int:
    """Where the answer to a bold or marked question ends: at the next of its kind, a heading, or a rule."""
    block = page.blocks[at]
    below = page.blocks[at + 1] if at + 1 < len(page.blocks) and not block.text else None

    def stop(other: Block) -> bool:
        if (
            other.kind in {"heading", "rule", "end", "summary"}
            or other.depth < block.depth
            or other.quote < block.quote
        ):
            return True
        if block.kind == "item" and other.kind == "item" and other.depth <= block.depth:
            return True
        if not other.label or other.depth > block.depth:
            return False
        is_question = asks(other.label) or page.recipe.questions.match(bare_label(other.label))
        return is_question or (_begins_another(page, block, other) and (other is not below or page.asks(other.label)))

    end = _until(page.blocks, at, stop)
    inside = range(at + 1, end)
    return next((i for i in inside if _follow_up(page, i) or (i > at + 1 and _is_title_after_answer(page, i))), end)


def _follow_up(page: Page, at: int) -> Asked | None:
    """`**Follow-up:** …?`, or all of it bold, where an answer comes after it and no further part of the first answer."""
    block = page.blocks[at]
    if not block.label or block.kind not in {"paragraph", "item"}:
        return None
    name, _, question = block.label.partition(":")
    if not page.recipe.follow_ups.match(name):
        return None
    text, inline = f"{question}\n{block.text}".strip(" ()\n"), ""
    if not asks(text) and (match := _INLINE.fullmatch(text)):
        text, inline = match["question"], match["answer"]
    ends = {"heading", "rule", "end"}

    def stop(other: Block) -> bool:
        next_item = block.kind == other.kind == "item" and other.depth <= block.depth
        return bool(other.label) or next_item or other.depth < block.depth or other.kind in ends

    end = _until(page.blocks, at, stop)
    below = page.blocks[end].label if end < len(page.blocks) else ""
    goes_on = page.recipe.names_part(below) and not page.recipe.follow_ups.match(below.partition(":")[0])
    if not asks(text) or goes_on or not (inline or end > at + 1):
        return None
    return Asked(at, title(text), inline.strip(), _trimmed(page.blocks, at + 1, end))


def _is_title_after_answer(page: Page, at: int) -> bool:
    """Whether a few words without an end, over a list, come after an answer that stands in the line that is marked as one."""
    before, block = page.blocks[at - 1], page.blocks[at]
    following = page.blocks[at + 1] if at + 1 < len(page.blocks) else None
    return (
        bool(before.label and before.text)
        and page.recipe.answers.match(bare_label(before.label))
        and not before.text.endswith((":", ","))
        and following is not None
        and following.kind == "item"
        and following.depth > block.depth == before.depth
        and block.kind == "paragraph"
        and not block.label
        and len(block.text.split()) <= 4
        and block.text[-1:].isalnum()
        and not page.recipe.names_part(block.text)
    )


def _begins_another(page: Page, block: Block, other: Block) -> bool:
    """Whether a bold line below a bold or marked question is no part of its answer: a request, or a title."""
    if other.lead[:2] not in {"**", "__"} or other.lead.endswith((":", ":**", ":__")):
        return False
    if page.asks(other.label):
        return not other.text
    is_sentence = other.label.endswith((".", "!"))
    if other.text:  # a sentence and what it means, as the question is one
        return is_sentence and bool(block.text) and block.lead[:2] in {"**", "__"}
    return not is_sentence and block.kind != "item" and not page.recipe.names_part(other.label)


def _exercise(page: Page, at: int) -> Asked | None:
    """What a solution solves: the text over it, under a heading that does not ask by itself."""
    start = at
    while (
        start
        and page.blocks[start - 1].kind in {"paragraph", "code", "row", "item"}
        and not page.blocks[start - 1].label
    ):
        start -= 1
    before = page.blocks[start - 1] if start else None
    if not before or before.kind != "heading" or page.blocks[at].depth:
        return None
    end = _until(page.blocks, at, lambda b: b.kind in {"end", "summary", "heading", "rule"})
    text = "\n\n".join(block.whole for block in page.blocks[start:at] if block.kind == "paragraph") or title(
        before.text
    )
    return Asked(start if start < at else start - 1, text, "", _trimmed(page.blocks, at + 1, end))


def _items_in_company(page: Page) -> set[int]:
    """Items that do not look like questions, in lists of which most items do."""
    lists_of: dict[tuple[tuple[Heading, ...], int], list[int]] = {}
    for at in page.of_kind["item"]:
        lists_of.setdefault((page.blocks[at].headings, page.blocks[at].depth), []).append(at)
    return {
        at
        for members in lists_of.values()
        if len(members) > 2
        and sum(page.asks(page.blocks[at].label or page.blocks[at].text) for at in members) >= 0.5 * len(members)
        for at in members
    }


def _asked_item(page: Page, at: int, followed: set[int], in_company: bool) -> tuple[str, str, int]:
    """(question, what answers it in its line, where its answer ends) of an item that asks and is answered."""
    block = page.blocks[at]
    if block.label:  # no label of its own: `Vanishing gradients: causes and cures?`
        end = _end_of_item(page, at, False)
        return (block.whole, "", end) if asks(block.whole) and end > at + 1 else ("", "", end)
    arrow = _ARROWED.fullmatch(block.text) if has_arrow(block.text) else None
    if arrow and (page.asks(arrow["question"]) or in_company) and unquoted(arrow["question"]) == arrow["question"]:
        return arrow["question"], arrow["answer"], _end_of_item(page, at, False)
    dashed = _DASHED.fullmatch(block.text) if _SOME_DASH.search(block.text) else None
    if dashed and page.recipe.requests.match(dashed["question"]) and not asks(dashed["answer"]):
        return dashed["question"], dashed["answer"], _end_of_item(page, at, False)
    if "?" in block.text and (match := _INLINE.fullmatch(block.text)):
        said = unquoted(without_emphasis(match["question"])) != without_emphasis(match["question"])
        said = said or (re.match(r"\s+[-–—]\s", match["between"]) is not None and at in page.glossed)
        if said and not any(_BANK.search(heading.text) for heading in block.headings):
            return "", "", at + 1  # a phrase, and what it is for
        answer = match["answer"].strip()
        plain = match["between"].strip() or "\n" in match["between"]
        if is_foreign(answer, match["question"]):
            return "", "", at + 1  # a translation
        if (
            not asks(answer)
            and not _ARROW.match(match["between"] + answer)
            and len(answer.split()) >= (1 if plain else 3)
            and not answer.startswith(("(", "/", "["))
        ):
            return match["question"], answer, _end_of_item(page, at, False)
    if not page.asks(block.text) and not in_company:
        return "", "", at + 1
    end = _end_of_item(page, at, at in followed)
    return (block.text, "", end) if end > at + 1 else ("", "", end)


def _end_of_item(page: Page, at: int, below: bool) -> int:
    """Where what belongs to an item ends; with `below` also what stands unindented below it does."""
    block = page.blocks[at]

    def stop(other: Block) -> bool:
        if other.kind in {"heading", "rule", "end"}:
            return True
        if other.kind == "item" and other.depth <= block.depth:
            return page.asks(other.text) or not below
        return other.depth < block.depth and not below

    return _until(page.blocks, at, stop)


def _answered_below(page: Page) -> set[int]:
    """Items that ask and have their answers unindented below them, as it is done where each is a list of its own."""
    found: set[int] = set()
    by_section: dict[tuple[Heading, ...], list[int]] = {}
    for at in page.of_kind["item"]:
        block = page.blocks[at]
        if page.asks(block.text) and not block.label:
            by_section.setdefault(block.headings, []).append(at)
    for places in by_section.values():
        answered = [
            at
            for at in places
            if at + 1 < len(page.blocks)
            and page.blocks[at + 1].depth < page.blocks[at].depth
            and page.blocks[at + 1].kind in {"paragraph", "code", "row"}
        ]
        if len(answered) >= 2 and len(answered) >= 0.6 * len(places):
            found.update(answered)
    return found


def _asked_in_paragraphs(page: Page) -> dict[int, int]:
    """Paragraphs that are a question or begin with its line, each with the end of its answer, where there are several."""
    found: dict[int, int] = {}
    by_section: dict[tuple[Heading, ...], list[int]] = {}
    for at in page.of_kind["paragraph"]:
        block = page.blocks[at]
        line, _, rest = block.text.partition("\n")
        asking = not block.depth and not block.label and not block.quote
        if not asking or len(line.split()) < 3 or re.search(r"[.!:]\s", line) or not ENDS_ASKING.search(line):
            continue
        following = page.blocks[at + 1] if at + 1 < len(page.blocks) else None
        below = following is not None and following.kind in {"paragraph", "code", "item"}
        answer = rest or (following.whole if following and below else "")
        if answer and not ENDS_ASKING.search(answer):
            by_section.setdefault(block.headings, []).append(at)
    several = sum(map(len, by_section.values())) > 1
    for places in by_section.values():
        alone = len(places) == 1 and not (several and "\n" in page.blocks[places[0]].text)  # prose asks too
        for place, at in enumerate(() if alone else places):
            stop = places[place + 1] if place + 1 < len(places) else len(page.blocks)
            end = at + 1
            while (
                end < stop
                and page.blocks[end].kind in {"paragraph", "code", "item", "row"}
                and (not ENDS_ASKING.search(page.blocks[end].whole) and not page.blocks[end].label)
            ):
                end += 1
            found[at] = end
    return found


def _asked_by_company(page: Page) -> set[Heading]:
    """Numbered headings that do not look like questions, among numbered ones that do."""
    families: dict[tuple[int, tuple[Heading, ...]], list[Block]] = {}
    for block in page.blocks:
        if block.kind == "heading" and is_numbered(block.text):
            families.setdefault((block.headings[-1].level, block.headings[:-1]), []).append(block)
    return {
        block.headings[-1]
        for family in families.values()
        if len(family) >= 3 and sum(page.asks(block.text) for block in family) >= 0.5 * len(family)
        for block in family
    }
