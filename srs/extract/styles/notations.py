"""Cards that an author wrote as cards, in the notations of other programs."""

import re
from collections.abc import Iterator, Sequence

from srs.extract.blocks import Block
from srs.extract.page import Found, Page, bare_label
from srs.extract.parts import ends_part, markdown
from srs.extract.recipe import Names, Rule
from srs.extract.wording import key, title, unquoted

_PAIR = re.compile(r"(?P<front>(?:(?!::).)+?)(?P<gap>\s*)(?P<sign>:{2,3})(?!:)(?P<after>\s*)(?P<back>(?:(?!::).)+)")
_SCOPE = re.compile(r"[\w>~]::~?\w+\s*[(<;]|\b(?:std|boost|absl|fmt|core|crate|self|super|ns|detail)::|::\w+::|[<>;{}]")
_SPANS = re.compile(r"`[^`]*`|\$[^$]*\$")


def inline_pair(page: Page, rule: Rule) -> Iterator[Found]:
    """`question::answer`, and with three colons also the other way round."""
    if "::" not in page.text:
        return
    strong = sum(
        not _SCOPE.search(line) and (match := _PAIR.fullmatch(line)) is not None and _is_pair(match)
        for block in page.blocks
        if block.kind in {"item", "paragraph"} and "::" in block.whole
        for line in block.whole.split("\n")
    )
    for at, block in enumerate(page.blocks):
        if block.kind not in {"item", "paragraph"} or not page.free(at) or "::" not in block.whole:
            continue
        lines = block.whole.split("\n")
        several = len(lines) > 1 and all(re.search(r"\w:::?\w", line) and not _SCOPE.search(line) for line in lines)
        for offset, line in enumerate(lines):
            masked = _SPANS.sub(lambda span: "x" * len(span[0]), line)
            match = _PAIR.fullmatch(masked)
            if not match or _SCOPE.search(masked) or not (several or _is_pair(match) or (strong and _is_word(match))):
                continue
            front = line[: match.end("front")].strip()
            back = _TRAILING.sub("", line[match.start("back") :]).strip()
            note = page.note(rule, at, title(front), back)._replace(line=block.line + offset)
            yield Found(note, range(at, at + 1))
            if match["sign"] == ":::":
                other = page.note(rule, at, title(back), front)._replace(line=block.line + offset)
                yield Found(other, range(at, at + 1))


_TRAILING = re.compile(r"(?:\s+#[\w/-]+|\s+\^[\w-]+)+\s*$")


def _is_word(match: re.Match[str]) -> bool:
    """A single word before the sign: in code it is a name, among cards it is a term."""
    return not match["after"] and re.fullmatch(r"[^\W_]+", match["front"].strip()) is not None


def _is_pair(match: re.Match[str]) -> bool:
    """A field of a data block, `status:: done`, has a name of one or two words; a name in code has no spaces at all."""
    front = match["front"].strip()
    if front.endswith("?") or match["sign"] == ":::":
        return True
    words = len(front.split())
    if match["gap"]:
        return True
    return words >= 3 or (not match["after"] and " " in front and front[:1].isupper())


def question_mark_line(page: Page, rule: Rule) -> Iterator[Found]:
    """A question, a line that is only `?`, and its answer; `??` asks the other way round too."""
    blocks = page.blocks
    for at, block in enumerate(blocks) if "?" in page.text else ():
        if "?" not in block.whole:
            continue
        lines = block.whole.split("\n")
        mark = next((i for i, line in enumerate(lines) if line.strip() in {"?", "??"}), None)
        if mark is None or block.kind not in {"paragraph", "item"} or not page.free(at):
            continue
        front = re.sub(r"^(?:#[\w/-]+[ \t]*)+\n", "", "\n".join(lines[:mark])).strip()
        start = at
        if not front and at and page.free(at - 1) and blocks[at - 1].kind in {"paragraph", "item", "heading"}:
            front, start = blocks[at - 1].whole, at - 1
        back = "\n".join(lines[mark + 1 :]).strip()
        end = at + 1
        reach = block.line + len(lines)
        while end < len(blocks) and not ends_part(blocks[end]) and (not back or blocks[end].line == reach):
            text = markdown([blocks[end]])
            back = f"{back}\n{text}" if back else text
            reach = blocks[end].line + blocks[end].whole.count("\n") + 1
            end += 1
        if front and back:
            note = page.note(rule, start, title(front) if "\n" not in front else front, back)
            note = note._replace(line=blocks[start].line)
            yield Found(note, range(start, end))
            if lines[mark].strip() == "??":
                yield Found(note._replace(front=back, answer=front), range(start, end))


_GAPS = re.compile(
    r"\{\{c(?P<number>\d+)::(?P<anki>(?:(?!\}\}|::).)+)(?:::(?P<hint>(?:(?!\}\}).)*))?\}\}|==(?=\S)(?P<marked>[^=\n]+?)(?<=\S)=="
)
MOST_GAPS = 20
"""A text with more gaps than this is marked for another reason."""
_BRACKETS = re.compile(r"(?<!!)\[(?P<marked>[^\]\[\n]+)\](?!\()")


def cloze(page: Page, rule: Rule) -> Iterator[Found]:
    """A text with gaps, `{{c1::…}}`, `==…==`, or `C: … [gap]` -> what stands in each gap; the other gaps are filled."""
    has_gaps = "{{c" in page.text or "==" in page.text
    for at in range(len(page.blocks)) if has_gaps else page.worded:
        block = page.blocks[at]
        if block.kind not in {"item", "paragraph"} or not page.free(at):
            continue
        labelled = bool(block.label) and rule.names["labels"].match(block.label)
        text = block.text if labelled else block.whole
        if not labelled and "{{c" not in text and "==" not in text:
            continue
        lines = text.split("\n")
        if not labelled and sum(_GAPS.search(line) is not None for line in lines) > 1:
            for offset, line in enumerate(lines):
                one = block._replace(text=line, label="", lead="", line=block.line + offset)
                yield from _gaps_of(page, rule, at, one, line, _GAPS)
            continue
        yield from _gaps_of(page, rule, at, block, text, _BRACKETS if labelled else _GAPS)


def _gaps_of(page: Page, rule: Rule, at: int, block: Block, text: str, form: re.Pattern[str]) -> Iterator[Found]:
    """A card for each number of the gaps in a text."""
    masked = text if form is _BRACKETS else _SPANS.sub(lambda span: "\0" * len(span[0]), text)
    gaps = list(form.finditer(masked))
    if len(gaps) > MOST_GAPS:
        return
    for number in dict.fromkeys(_number(gap, place) for place, gap in enumerate(gaps)):
        hidden = [gap for place, gap in enumerate(gaps) if _number(gap, place) == number]
        front = _filled(text, gaps, hidden)
        answer = " … ".join(_inside(gap) for gap in hidden)
        if re.search(r"\w", front.replace("[…]", "")):
            yield Found(page.note(rule, at, front, answer)._replace(line=block.line), range(at, at + 1))


def _number(gap: re.Match[str], place: int) -> str:
    return gap.groupdict().get("number") or f"#{place}"


def _inside(gap: re.Match[str]) -> str:
    return (gap.groupdict().get("anki") or gap["marked"]).strip()


def _filled(text: str, gaps: list[re.Match[str]], hidden: list[re.Match[str]]) -> str:
    parts, end = [], 0
    for gap in gaps:
        hint = gap.groupdict().get("hint")
        parts += [text[end : gap.start()], (f"[… {hint}]" if hint else "[…]") if gap in hidden else _inside(gap)]
        end = gap.end()
    return "".join([*parts, text[end:]])


def exchange(page: Page, rule: Rule) -> Iterator[Found]:
    """Two labels that take turns, `They say: … / I say: …`, in whatever language -> what one says, what the other replies."""
    answering, outside = rule.names["answering"], rule.names["outside"]
    for exchanges in _exchanges(page, answering):
        labels = [key(page.blocks[at].label) for at in exchanges[0]]
        turns = [tuple(page.blocks[at].text for at in pair) for pair in exchanges]
        if not answering.match(labels[1]) and (len(turns) < 2 or not _is_dialogue(turns)):
            continue
        if sum(_is_said(*pair) for pair in turns) <= 0.5 * len(turns):
            continue
        if any(map(outside.match, labels)) or page.recipe.questions.match(bare_label(labels[0])):
            continue
        for first, second in exchanges:
            said, reply = (unquoted(_turn(page.blocks[at].text)) for at in (first, second))
            front = said if page.asks(said) else f"{title(page.blocks[first].label)}: {said}"
            yield Found(page.note(rule, first, front, reply), range(first, second + 1))


def _exchanges(page: Page, answering: Names) -> Iterator[list[tuple[int, int]]]:
    """Pairs of blocks with the same two labels that follow each other."""
    for turns in _turns(page):
        found: list[tuple[int, int]] = []
        before: list[str] = []
        while len(turns) > 1:
            labels = [key(page.blocks[at].label) for at in turns[:2]]
            if found and labels != before:
                yield found
                found = []
            if labels[0] == labels[1] or (answering.match(labels[0]) and not answering.match(labels[1])):
                turns = turns[1:]  # a reply is asked for, not what one is replied
                continue
            found.append((turns[0], turns[1]))
            turns, before = turns[2:], labels
        if found:
            yield found


def _is_dialogue(exchanges: Sequence[Sequence[str]]) -> bool:
    """Whether most turns are sentences: data that take turns, such as names and dates, are none."""
    turns = [text for pair in exchanges for text in pair]
    return sum(_SENTENCE.search(text) is not None for text in turns) > 0.5 * len(turns)


def _is_said(first: str, second: str) -> bool:
    """Whether two turns are talk, by a sentence or by their words: `Jonas: hotel`, `me: flights` shares things out."""
    if any(_SENTENCE.search(line) for line in (*first.split("\n"), *second.split("\n"))):
        return True
    counts = [len(text.partition("\n")[0].split()) for text in (first, second)]
    return min(counts) > 2 and sum(counts) > 6


def _turn(text: str) -> str:
    """What is said, without a plain line below that neither goes on with it nor begins a sentence."""
    lines = text.split("\n")
    while (
        len(lines) > 1 and _SENTENCE.search(lines[-2]) and not (lines[-1][:1].isupper() or _SENTENCE.search(lines[-1]))
    ):
        lines.pop()
    return "\n".join(lines)


_SENTENCE = re.compile(r"[.!?…。！？][\"”’»)*_]*$")


def _turns(page: Page) -> Iterator[list[int]]:
    """Blocks of one section that follow each other and have a label with a text each."""
    turns: list[int] = []
    for at, block in enumerate(page.blocks):
        if block.kind in {"rule", "end"}:
            continue
        fits = block.kind in {"paragraph", "item"} and bool(block.label and block.text) and page.free(at)
        fits = fits and page.over(at) is None
        previous = page.blocks[turns[-1]] if turns else block
        if turns and not (fits and block.headings == previous.headings and block.depth == previous.depth):
            yield turns
            turns = []
        if fits:
            turns.append(at)
    if turns:
        yield turns
