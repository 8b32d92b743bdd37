"""Questions, and what stands below them: themes under a label, points, a whole answer, or nothing yet."""

import re
from collections import Counter
from collections.abc import Iterator

from srs.extract.blocks import Block, Heading
from srs.extract.page import Asked, Found, Page, asks, asks_for_questions, bare_label
from srs.extract.parts import as_list, carried, items_from, label_over, lists, markdown, words_of
from srs.extract.recipe import Names, Rule
from srs.extract.wording import key, title, unquoted, without_emphasis, without_translation


def labelled_answer(page: Page, rule: Rule) -> Iterator[Found]:
    """Question -> what stands under the strongest label in its answer: a list, or a text. Earlier labels are stronger."""
    labels = rule.names["labels"]
    best: dict[int, tuple[int, int, Asked]] = {}
    for at in page.worded:
        block = page.blocks[at]
        words = words_of(block)
        if not words or not page.free(at) or not labels.match(words):
            continue
        asked = _asked_over(page, at, rule)
        if asked and asked.at != at and page.free(asked.at):
            rank = labels.rank(words)
            if asked.at not in best or rank < best[asked.at][0]:
                best[asked.at] = (rank, at, asked)
    for _, at, asked in best.values():
        items, answer, _ = carried(page, at, max(asked.body.stop, at + 1))
        if answer:
            yield Found(page.note(rule, asked.at, asked.text, answer, items, heading=asked.text), asked.all)


def _asked_over(page: Page, at: int, rule: Rule) -> Asked | None:
    """The question over a label: one that asks by itself, or a heading that the rule's words make one."""
    questions, groups, parts = (rule.names[name] for name in ("questions", "groups", "parts"))
    nearest = page.over(at)
    over = [heading for heading in page.blocks[at].headings if heading.line != page.blocks[at].line]
    while over and (parts.match(over[-1].text) or page.recipe.answers.match(over[-1].text)):
        over.pop()
    if not over:
        return nearest
    heading = over[-1]
    place = next(
        i for i in range(at, -1, -1) if page.blocks[i].kind == "heading" and page.blocks[i].line == heading.line
    )
    if nearest and nearest.at >= place:
        return nearest
    if not questions.match(heading.text) and not any(groups.match(outer.text) for outer in over[:-1]):
        return nearest
    if heading.level == 1 and any(page.blocks[i].kind == "heading" for i in page.section(place)):
        return nearest  # the title of the document
    return Asked(place, title(heading.text), "", page.section(place))


def labelled_remark(page: Page, rule: Rule) -> Iterator[Found]:
    """A label in the answer to a question -> what it carries, asked as the label and the question."""
    for at in page.worded:
        block = page.blocks[at]
        words = words_of(block)
        if not words or not page.free(at) or not rule.names["labels"].match(words):
            continue
        asked = page.over(at)
        if asked is None or asked.at == at:
            continue
        items, answer, end = carried(page, at, asked.body.stop)
        if len(answer.split()) > 1 and all(map(page.free, range(at, end))):
            label = title(words)
            front = f"{label}: “{asked.text}”"
            if said := re.fullmatch(r"[\"“](?P<flaw>[^\"“”]+)[\"”][\s:–—-]+(?P<reason>\w.+)", answer, re.DOTALL):
                front, answer = f"Bad answer to “{asked.text}”\n\n> {said['flaw']}", said["reason"]
            yield Found(page.note(rule, at, front, answer, items, heading=asked.text), range(at, end))


def points(page: Page, rule: Rule) -> Iterator[Found]:
    """Question -> the list that is all its answer."""
    for asked in page.questions:
        body = [page.blocks[at] for at in asked.body if page.blocks[at].kind != "rule"]
        if not all(map(page.free, asked.body)):
            continue
        if asked.inline or len(body) < 2 or not page.free(asked.at) or not rule.names["questions"].match(asked.text):
            continue
        depth = page.blocks[asked.at].depth + 1
        if any(block.kind != "item" or block.depth < depth for block in body) or any(page.asks(b.text) for b in body):
            continue
        items, end = items_from(page.blocks[: asked.body.stop], asked.body.start)
        if end >= asked.body.stop and len(items) > 1 and not any(_is_quotation(item) for item in items):
            yield Found(page.note(rule, asked.at, asked.text, as_list(items), items, heading=asked.text), asked.all)


def _is_quotation(text: str) -> bool:
    text = without_emphasis(text)
    return unquoted(text) != text


_ABOUT_CODE = re.compile(
    r"\b(?:this|these|following|below|above|output|prints?|printed|code|snippet|program|query|result|wrong with|happens)\b",
    re.I,
)


def answer(page: Page, rule: Rule) -> Iterator[Found]:
    """Question -> everything below it. Code that a question is about belongs to the question."""
    repeated = _repeated([asked.text for asked in page.questions])
    for asked in page.questions:
        if not page.free(asked.at) or rule.names["outside"].match(asked.text):
            continue
        if _holds_questions(page, asked) or _is_table(page, asked):
            continue
        start, front = asked.body.start, asked.text
        blocks = page.blocks
        if start < asked.body.stop and blocks[start].kind == "code" and not asked.inline:
            others = markdown(blocks[start + 1 : asked.body.stop], page.recipe.answers)
            if others and (asked.text in repeated or _ABOUT_CODE.search(asked.text)):
                front = f"{asked.text}\n\n{markdown([blocks[start]])}"
                start += 1
        given = _given(page, range(start, asked.body.stop))
        if given:
            front = f"{front}\n\n{markdown(blocks[given.start : given.stop])}"
            start = given.stop
        said = list(_said(page, range(start, asked.body.stop), rule.names["without"]))
        body = [blocks[at] for at in said]
        while body and body[-1].kind == "heading":
            body.pop()
        text = markdown(body, page.recipe.answers)
        whole = "\n\n".join(part for part in (asked.inline, text) if part)
        alone = asks(whole) and "\n" not in whole and not re.search(r"[.:;!,]\s", whole)
        if not re.search(r"\w", whole) or alone:
            continue
        plain_list = bool(body) and not asked.inline and all(b.kind == "item" for b in body)
        items = items_from(blocks[: asked.body.stop], start)[0] if plain_list else ()
        whole = unquoted(whole)
        used = {asked.at, *range(asked.body.start, start), *said}
        used |= {at for at in asked.body if page.blocks[at].kind != "item"}  # but lists that were left out stay free
        over = asked.after or asked.text
        yield Found(page.note(rule, asked.at, front, whole, items, heading=over, leans=bool(asked.after)), used)


def _given(page: Page, body: range) -> range:
    """What stands between a question and the label of its answer, such as the options to choose from."""
    for at in body:
        block = page.blocks[at]
        if (block.label or block.kind == "summary") and page.recipe.answers.match(
            bare_label(block.label or block.text)
        ):
            before = [page.blocks[i] for i in range(body.start, at)]
            return range(body.start, at) if any(b.kind == "item" for b in before) else range(0)
        if block.label or block.kind in {"heading", "summary"} or not page.free(at):
            return range(0)
    return range(0)


def _said(page: Page, body: range, without: Names) -> Iterator[int]:
    """The blocks of an answer that no other note was made of, and that say nothing wrong on purpose."""
    at = body.start
    while at < body.stop:
        words = words_of(page.blocks[at])
        if words and without.match(words):
            at = max(carried(page, at, body.stop)[2], at + 1)
            continue
        if page.free(at):
            yield at
        at += 1


def _repeated(texts: list[str]) -> set[str]:
    return {text for text, times in Counter(texts).items() if times > 1}


def _holds_questions(page: Page, asked: Asked) -> bool:
    """Whether what stands below a heading are questions of their own, not an answer."""
    first = page.blocks[asked.body.start] if asked.body else None
    asking = page.asks(page.blocks[asked.at].whole)
    said = first is not None and first.kind == "paragraph" and not first.lead.startswith(("*", "_"))
    if asking and first and said and not asks(first.whole):
        return False
    inner = [at for at in asked.body if page.blocks[at].kind in {"item", "heading", "summary"}]
    if len(inner) < 2 or sum(page.asks(page.blocks[at].whole) for at in inner) < 0.6 * len(inner):
        return False
    return not (asking and _are_points(page, asked))


MOST_POINTS = 9
"""Of more questions than these below one that asks, each is asked for itself."""


def _are_points(page: Page, asked: Asked) -> bool:
    """Whether a list of questions is what a question is answered by: one that asks for no questions, and none has an answer."""
    block = page.blocks[asked.at]
    if asks_for_questions(asked.text) or any(page.blocks[at].kind != "item" for at in asked.body):
        return False
    if block.kind == "item" and any(asks_for_questions(text) for text in _texts(block)):
        return False  # in a bank what stands below a question follows it up
    answered = {other.at for other in page.questions if other.inline or other.body}
    return len(asked.body) <= MOST_POINTS and answered.isdisjoint(asked.body)


def _is_table(page: Page, asked: Asked) -> bool:
    """Whether a table answers a choice, such as "SQL or NoSQL?": then each of its rows is a card."""
    if not re.search(r"^which\b|\bor\b|\bvs\b|\bversus\b", asked.text, re.I) or page.blocks[asked.at].kind != "heading":
        return False
    rows = sum(page.blocks[at].kind == "row" for at in asked.body)
    others = [page.blocks[at] for at in asked.body if page.blocks[at].kind not in {"row", "rule", "end"}]
    return rows > 1 and not asked.inline and len(markdown(others).split()) <= 25


def open_question(page: Page, rule: Rule) -> Iterator[Found]:
    """Questions that nothing answers: items of a bank, or headings with nothing below."""
    under, outside = rule.names["under"], rule.names["outside"]
    for members in lists(page):
        first = members[0]
        over = [heading.text for heading in page.blocks[first].headings]
        if any(outside.match(text) for text in over):
            continue
        label = label_over(page, first)
        bank = any(under.match(text) for text in ([label] if label else []) + over)
        asking = [at for at in members if _asks_alone(page, at)]
        quoted = sum(_is_quotation(page.blocks[at].whole) for at in members)
        nearest = label or (over[-1] if over else "")
        if under.match(nearest) and not page.asks(nearest):
            enough = len(asking) >= 0.5 * len(members)
        elif bank:
            enough = len(asking) >= 0.6 * len(members)
        else:
            enough = len(asking) >= 0.8 * len(members) and quoted <= 0.5 * len(members) and len(members) > 1
        if not enough:
            continue
        for at in members if len(asking) >= 0.6 * len(members) and under.match(nearest) else asking:
            block = page.blocks[at]
            text = unquoted(without_translation(title(block.whole)))
            if not page.free(at) or len(text.split()) < 2 or _is_heading_like(page, at):
                continue
            category = title(label or nearest)
            yield Found(page.note(rule, at, text, "", heading=category), range(at, at + 1))
    yield from _inner_questions(page, rule)
    yield from _rows_that_ask(page, rule)
    yield from _paragraphs_that_ask(page, rule)
    for asked in page.questions:
        block = page.blocks[asked.at]
        said = markdown([page.blocks[i] for i in asked.body], page.recipe.answers)
        bare = (block.kind in {"heading", "summary"} or bool(block.label)) and not said and not asked.inline
        bare = bare and page.free(asked.at)
        if bare and len(asked.text.split()) > 2 and not any(outside.match(h.text) for h in block.headings):
            yield Found(page.note(rule, asked.at, asked.text, ""), asked.all)


def _inner_questions(page: Page, rule: Rule) -> Iterator[Found]:
    """Questions in the inner lists of a bank: of a category, or those that follow another one."""
    category = ""
    for at in page.of_kind["item"]:
        block = page.blocks[at]
        if block.depth == 1:
            category = block.whole
        if block.depth < 2 or not page.free(at) or page.over(at) or not _asks_alone(page, at):
            continue
        if block.headings and rule.names["under"].match(block.headings[-1].text):
            yield Found(
                page.note(rule, at, unquoted(title(block.whole)), "", heading=title(category)), range(at, at + 1)
            )


def _rows_that_ask(page: Page, rule: Rule) -> Iterator[Found]:
    """Rows of a table that say nothing but a question."""
    for at in page.of_kind["row"]:
        block = page.blocks[at]
        cells = [cell for cell in block.cells if re.search(r"[^\W\d]", cell)]
        if page.free(at) and len(cells) == 1 and page.asks(cells[0]) and len(block.head) < 4:
            yield Found(page.note(rule, at, unquoted(title(cells[0])), ""), range(at, at + 1))


def _paragraphs_that_ask(page: Page, rule: Rule) -> Iterator[Found]:
    """Below the heading of a bank each line of a text that asks."""
    for at in page.of_kind["paragraph"]:
        block = page.blocks[at]
        if block.depth or block.label or not page.free(at) or page.over(at):
            continue
        if (
            not block.headings
            or not rule.names["under"].match(block.headings[-1].text)
            or page.asks(block.headings[-1].text)
        ):
            continue
        for offset, line in enumerate(block.text.split("\n")):
            words = unquoted(title(line))
            one = not re.search(r"[.!?]\s+\S", words)
            if one and (page.asks(words) or page.recipe.tasks.match(words)) and len(words.split()) > 2:
                yield Found(page.note(rule, at, words, "")._replace(line=block.line + offset), range(at, at + 1))


def _asks_alone(page: Page, at: int) -> bool:
    """Whether an item asks; `**Job:** What is to be done?` is a part of something with its label."""
    block = page.blocks[at]
    if block.label and block.text and not asks(block.label):
        return False
    text = block.whole
    words = unquoted(title(text))
    return page.asks(words) or page.recipe.tasks.match(words)


def _is_heading_like(page: Page, at: int) -> bool:
    """An item that asks nothing, with an inner list, is the category of its questions."""
    if page.asks(unquoted(title(page.blocks[at].whole))):
        return False
    following = page.blocks[at + 1] if at + 1 < len(page.blocks) else None
    return following is not None and following.kind == "item" and following.depth > page.blocks[at].depth


def alike_sections(page: Page, rule: Rule) -> Iterator[Found]:
    """Headings of one level whose sections have the same labels, as the entries of a catalogue do -> the whole section."""
    families: dict[tuple[Heading, ...], list[int]] = {}
    for at in page.of_kind["heading"]:
        families.setdefault(page.blocks[at].headings[:-1], []).append(at)
    for family in families.values():
        entries = {at: _labels_below(page, at) for at in family if _may_be_entry(page, at, rule.names["outside"])}
        if not any(len(labels) > 1 for labels in entries.values()):
            continue
        asked = (at for at in family if page.asks(page.blocks[at].text))  # a question may have the same labels
        every = [*entries.values(), *(_labels_below(page, at) for at in asked)]
        times = Counter(label for labels in every for label in labels)
        shared = {label for labels in entries.values() for label in labels if times[label] > 1}
        alike = [at for at, labels in entries.items() if len(labels & shared) > 1]
        if sum(len(labels & shared) > 1 for labels in every) < 2 or any(map(rule.names["outside"].match, shared)):
            continue
        for at in alike:
            own = page.own(at)
            answer = markdown([page.blocks[i] for i in own if page.blocks[i].kind != "rule"])
            yield Found(page.note(rule, at, title(page.blocks[at].text), answer), range(at, own.stop))


def _may_be_entry(page: Page, at: int, outside: Names) -> bool:
    block = page.blocks[at]
    if page.asks(block.text) or any(map(outside.match, _texts(block))):
        return False
    return page.free(at) and all(map(page.free, page.own(at)))


def _labels_below(page: Page, at: int) -> frozenset[str]:
    return frozenset(
        key(page.blocks[i].label) for i in page.own(at) if page.blocks[i].label and not page.blocks[i].depth
    )


def _texts(block: Block) -> list[str]:
    return [heading.text for heading in block.headings]
