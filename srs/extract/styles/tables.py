"""Tables: each row asks by one of its cells and is answered by others."""

import re
from collections.abc import Iterator

from srs.extract.blocks import Block
from srs.extract.page import Found, Page
from srs.extract.parts import as_list
from srs.extract.recipe import Names, Rule
from srs.extract.residue import is_filler
from srs.extract.styles.phrases import is_quoted
from srs.extract.styles.wrong import are_wordings
from srs.extract.wording import key, title, unquoted, without_emphasis


def table(page: Page, rule: Rule) -> Iterator[Found]:
    """The cell under a header of `front` -> the cells under headers of `back` that say something."""
    front, back, under, outside = (rule.names[name] for name in ("front", "back", "under", "outside"))
    for rows in _tables(page):
        head = page.blocks[rows[0]].head
        numbers = {c for c in range(len(head)) if _is_number(head[c], [_cell(page.blocks[at], c) for at in rows])}
        columns = [c for c in range(len(head)) if c not in numbers]
        headings = [heading.text for heading in page.blocks[rows[0]].headings]
        tells = page.recipe.tells(head)  # a story in each row
        if tells and rule.kind == "definition":
            continue
        if (not tells and any(outside.match(name) for name in [*head, *headings[-1:]])) or len(columns) < 2:
            continue
        if under.patterns and not any(map(under.match, headings)):
            continue
        asked = next((c for c in columns if front.match(head[c] or "-")), None)
        answers = [c for c in columns if c != asked and (back.match(head[c] or "-"))]
        if asked is None or not answers or not _are_pairs(page, rows, asked, answers[0], rule.names["ambiguous"]):
            continue
        use = ""
        for at in rows:
            use = _cell(page.blocks[at], asked) or (use if rule.kind == "phrase" else "")
            yield from _row(page, rule, at, use, answers, [c for c in columns if c != asked])


def _are_pairs(page: Page, rows: list[int], asked: int, answer: int, ambiguous: Names) -> bool:
    """Whether the rows have two wordings side by side, where the words over them may as well tell things apart."""
    head = page.blocks[rows[0]].head
    if not (ambiguous.match(head[asked]) and ambiguous.match(head[answer])):
        return True
    sides = [(_cell(page.blocks[at], asked), _cell(page.blocks[at], answer)) for at in rows]
    said = sum(is_quoted(flaw) and is_quoted(better) for flaw, better in sides)
    worded = sum(are_wordings(unquoted(flaw), unquoted(better)) for flaw, better in sides)
    return max(said, worded * (asked < answer)) >= 0.5 * len(rows)


def _row(page: Page, rule: Rule, at: int, asked: str, answers: list[int], others: list[int]) -> Iterator[Found]:
    block = page.blocks[at]
    question = unquoted(without_emphasis(asked))
    quoted = question.replace("\n", "\n> ")
    said = [(block.head[c], _cell(block, c)) for c in answers if _says(_cell(block, c))]
    if not page.free(at) or not _says(question) or not said:
        return
    heading = title(block.headings[-1].text) if block.headings else page.name
    topic = page.topic(block)
    kind = rule.kind
    if kind == "phrase":
        answer = unquoted(without_emphasis(said[0][1]))
        beside = [_cell(block, c) for c in others if _cell(block, c) != said[0][1]]
        use = " · ".join([question, *filter(_says, beside)])
        front = " › ".join(dict.fromkeys([topic, heading])) + f" – {use}"
    elif kind in {"rewrite", "critique"}:
        better = said[0][1] if len(said) == 1 else _labelled(said)
        answer = unquoted(better)
        asked_for = "Say it better" if kind == "rewrite" else "Bad answer"
        front = f"{asked_for}: {heading}\n\n> {quoted}"
    else:
        answer = unquoted(said[0][1]) if len(said) == 1 else _labelled(said)
        alone = kind == "definition" or rule.names["front"].patterns != ("*",) or page.asks(question)
        front = question if alone else f"{heading} › {question}"
    yield Found(page.note(rule, at, front, answer, heading=heading), range(at, at + 1))


def _labelled(said: list[tuple[str, str]]) -> str:
    return "\n\n".join(f"**{title(name)}:** {text}" if title(name) else text for name, text in said)


def bilingual(page: Page, rule: Rule) -> Iterator[Found]:
    """Sentences in one language beside another, in columns that languages name -> the first, by what it means."""
    languages = rule.names["languages"]
    for rows in _tables(page):
        head = page.blocks[rows[0]].head
        columns = [c for c in range(len(head)) if languages.match(head[c] or "-")]
        said = [_cell(page.blocks[at], columns[0]) for at in rows] if len(columns) > 1 else []
        if not said or sum(_is_sentence(text) for text in said) < 0.6 * len(said):
            continue
        for at in rows:
            block = page.blocks[at]
            phrase, meaning = (unquoted(without_emphasis(_cell(block, c))) for c in columns[:2])
            if _says(phrase) and _says(meaning) and page.free(at):
                heading = title(block.headings[-1].text) if block.headings else page.name
                front = " › ".join(dict.fromkeys([page.topic(block), heading])) + f" – {meaning}"
                yield Found(page.note(rule, at, front, phrase, heading=heading), range(at, at + 1))


def _is_sentence(text: str) -> bool:
    words = len(text.split())
    return words > 3 or (words > 1 and text.rstrip('"”’').endswith((".", "!", "?", "…")))


def matrix(page: Page, rule: Rule) -> Iterator[Found]:
    """A table of two by two, named on both sides, or one that spells a word -> its fields as a list."""
    for rows in _tables(page):
        head = page.blocks[rows[0]].head
        if len(head) == 2 and key(head[0]) in {"do", "dos"} and key(head[1]) in {"dont", "donts"}:
            for column in (0, 1):
                items = [cell for at in rows if _says(cell := _cell(page.blocks[at], column))]
                over = page.blocks[rows[0]].headings
                name = " › ".join([*(title(h.text) for h in over[-1:]), title(head[column])])
                yield Found(page.note(rule, rows[0], name, as_list(items), items), rows)
            continue
        letters = [_cell(page.blocks[at], 0).strip("*_ ") for at in rows]
        if len(rows) > 2 and all(re.fullmatch(r"[A-Z]", letter) for letter in letters) and letters != sorted(letters):
            items = [
                f"{letter}: " + ": ".join(filter(_says, page.blocks[at].cells[1:]))
                for letter, at in zip(letters, rows, strict=True)
            ]
            block = page.blocks[rows[0]]
            name = title(block.headings[-1].text) if block.headings else page.name
            yield Found(page.note(rule, rows[0], name, as_list(items), items), range(rows[0], rows[-1] + 1))
            continue
        cells = [_cell(page.blocks[at], c) for at in rows for c in range(3)]
        if len(head) != 3 or len(rows) != 2 or _says(head[0]) or not all(map(_says, cells)) or cells[0][:1].isdigit():
            continue
        items = [
            f"{title(_cell(page.blocks[at], 0))}, {title(head[c])}: {_cell(page.blocks[at], c)}"
            for at in rows
            for c in (1, 2)
        ]
        block = page.blocks[rows[0]]
        name = title(block.headings[-1].text) if block.headings else page.name
        yield Found(page.note(rule, rows[0], name, as_list(items), items), range(rows[0], rows[-1] + 1))


def _tables(page: Page) -> Iterator[list[int]]:
    """The rows of each table that are left."""
    rows: list[int] = []
    for at, block in enumerate(page.blocks) if page.of_kind["row"] else ():
        if block.kind == "row" and page.free(at) and (not rows or block.head == page.blocks[rows[0]].head):
            rows.append(at)
            continue
        if rows:
            yield rows
        rows = [at] if block.kind == "row" and page.free(at) else []
    if rows:
        yield rows


def _cell(block: Block, column: int) -> str:
    return block.cells[column] if column < len(block.cells) else ""


def _is_number(head: str, cells: list[str]) -> bool:
    """Whether a column only counts the rows, or ticks them off."""
    if all(re.fullmatch(r"\W*", cell) for cell in cells):
        return True
    counts = [cell.strip(" .#*") for cell in cells]
    return counts == [str(n) for n in range(1, len(cells) + 1)] or (
        re.fullmatch(r"(?:#|no|nr|number|id)?\.?", head.casefold()) is not None
        and all(re.fullmatch(r"[\W\d]+", cell) for cell in cells)
    )


def _says(text: str) -> bool:
    """Whether a cell says something: a blank, a dash, a box to fill in does not."""
    return re.search(r"\w", re.sub(r"\[[ x_.…]*\]|_{2,}", "", text)) is not None and not is_filler(text)
