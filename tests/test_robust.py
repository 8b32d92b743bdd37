"""Whatever becomes of a document, its cards are sound: golden and starter documents cut, doubled, shuffled and broken."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.cues import distinct
from srs.extract import extract
from srs.extract.repair import decode
from srs.importing import shipped_recipe
from srs.notes import KINDS, Document, Note
from srs.shipped import shipped
from srs.texts import normalised

RECIPE = shipped_recipe()
GOLDEN = sorted((Path(__file__).parent / "extract").glob("*.md"))
STARTER = sorted((shipped("decks") / "starter").rglob("*.md"))
_INPUT = re.compile(r"^~~~~~ input\n(.*?)^~~~~~\n", re.MULTILINE | re.DOTALL)
TEXTS = [text for path in GOLDEN for text in _INPUT.findall(path.read_text("utf-8"))]
DECKS = [path.read_text("utf-8") for path in STARTER]
SLOWEST = timedelta(seconds=5)  # for one document: whoever takes longer has lost his way


# -- what may happen to a document ---------------------------------------------------------------------------------------

Mutation = Callable[[list[str], Random], list[str]]

TOKENS = [
    *("#", "##### ", "**", "*", "_", "__", "`", "```", "~~~", "> ", "- ", "1. ", "|", "\\", "[", "](", "![", "<br>"),
    *("<!--", "-->", "<details>", "</p>", "&amp;", "{{c1::", "}}", "==", "::", ":::", "?", "??", ":", "—", "“", '"'),
    *(
        "[^1]",
        "[^1]: ",
        "^a1",
        "---",
        "===",
        "$$",
        "\t",
        "    ",
        "\u00a0",
        "\ufeff",
        "\u2028",
        "\x0c",
        "❌ ",
        "✅ ",
        "🎯",
    ),
    *("Q1: ", "A: ", "**Key Themes:**", "**Why it's bad:**", "Bad answer: ", "### Phrases", "? | ! ", "| --- | --- |"),
]


def _run(lines: list[str], random: Random) -> tuple[int, int]:
    """Some neighbouring lines."""
    start = random.randrange(len(lines) + 1)
    return start, min(len(lines), start + random.randrange(1, 7))


def _cut(lines: list[str], random: Random) -> list[str]:
    start, end = _run(lines, random)
    return lines[:start] + lines[end:]


def _doubled(lines: list[str], random: Random) -> list[str]:
    start, end = _run(lines, random)
    return lines[:end] + lines[start:]


def _shuffled(lines: list[str], random: Random) -> list[str]:
    start, end = _run(lines, random)
    return [*lines[:start], *random.sample(lines[start:end], end - start), *lines[end:]]


def _each(change: Callable[[str, int], str]) -> Mutation:
    """The lines of a run changed; the number counts them."""

    def mutated(lines: list[str], random: Random) -> list[str]:
        start, end = _run(lines, random)
        changed = [change(line, number) for number, line in enumerate(lines[start:end], 1)]
        return lines[:start] + changed + lines[end:]

    return mutated


def _one(change: Callable[[str, int, Random], str]) -> Mutation:
    """One line changed, at some place in it."""

    def mutated(lines: list[str], random: Random) -> list[str]:
        if not lines:
            return lines
        at = random.randrange(len(lines))
        return [*lines[:at], change(lines[at], random.randrange(len(lines[at]) + 1), random), *lines[at + 1 :]]

    return mutated


MUTATIONS: dict[str, Mutation] = {
    "lines cut": _cut,
    "lines doubled": _doubled,
    "lines shuffled": _shuffled,
    "all shuffled": lambda lines, random: random.sample(lines, len(lines)),
    "characters lost": _one(lambda line, at, random: line[:at] + line[at + random.randrange(1, 5) :]),
    "a token put in": _one(lambda line, at, random: line[:at] + random.choice(TOKENS) + line[at:]),
    "a token before": _one(lambda line, _, random: random.choice(TOKENS) + line),
    "a line broken": _one(lambda line, at, random: line[:at] + random.choice(["\n", "\n\n"]) + line[at:]),
    "a line emptied": _one(lambda *_: ""),
    "blank lines gone": lambda lines, _: [line for line in lines if line.strip()],
    "ended early": lambda lines, random: lines[: random.randrange(len(lines) + 1)],
    "indented": _each(lambda line, _: "  " + line),
    "made code": _each(lambda line, _: "    " + line),
    "quoted": _each(lambda line, _: "> " + line),
    "listed": _each(lambda line, _: "- " + line),
    "counted": _each(lambda line, number: f"{number}. {line}"),
    "made headings": _each(lambda line, number: "#" * (number % 6 + 1) + " " + line),
    "made rows": _each(lambda line, number: f"| {line} | {number} |"),
    "made bold": _each(lambda line, _: f"**{line}**"),
    "put in quotes": _each(lambda line, _: f"“{line}”"),
    "joined": _each(lambda line, number: line + " " * number + "\\"),
}


def broken(text: str, mutations: list[tuple[str, int]]) -> str:
    for name, seed in mutations:
        text = "\n".join(MUTATIONS[name](text.split("\n"), Random(seed)))
    return text


# -- what holds nevertheless ---------------------------------------------------------------------------------------------


def _letters(text: str) -> str:
    return "".join(re.findall(r"[^\W_]", normalised(text)))


_SILENT = re.compile(r"\[\^\w+\]|<[^<>\n]*>|&\w+;|\{\{\w+::|\s\^\w+")  # what may stand within a word and is not shown


def check(text: str) -> None:
    """The promises that every card keeps, whatever document it is made of."""
    decoded = decode(text.encode("utf-8", "surrogatepass"))
    if decoded is None or not decoded.text.strip():
        return
    document = Document("any.md", decoded.text, b"", "any")
    found = extract(document, RECIPE)
    assert extract(document, RECIPE) == found
    notes = distinct(found.notes, set())
    assert [note for note in notes if not _is_sound(note, len(decoded.text.splitlines()))] == []
    assert len({normalised(note.prompt) for note in notes}) == len(notes)
    letters = _letters(decoded.text) + _letters(_SILENT.sub("", decoded.text))
    words = {word for note in notes for part in (note.answer, *note.items) for word in re.findall(r"[^\W_]+", part)}
    assert {word for word in words if _letters(word) not in letters} == set()


def _is_sound(note: Note, lines: int) -> bool:
    answered = bool(note.answer.strip()) != (note.kind == "question")
    return note.kind in KINDS and bool(note.prompt.strip()) and answered and 1 <= note.line <= lines


MANY = st.lists(st.tuples(st.sampled_from(sorted(MUTATIONS)), st.integers(0, 9999)), max_size=5)
SOME = st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4).map("\n".join)
PIECE = st.tuples(st.sampled_from(DECKS), st.integers(0, 200)).map(lambda d: "\n".join(d[0].split("\n")[d[1] :][:60]))
ANY = st.builds(broken, SOME | PIECE, MANY)


@settings(max_examples=150, deadline=SLOWEST)
@given(ANY)
def test_a_broken_document_makes_sound_cards(text: str) -> None:
    check(text)


@pytest.mark.slow
@settings(max_examples=6000, deadline=SLOWEST)
@given(ANY)
def test_many_broken_documents_make_sound_cards(text: str) -> None:
    check(text)


@pytest.mark.parametrize("text", DECKS, ids=[path.stem for path in STARTER])
def test_a_shipped_document_makes_sound_cards(text: str) -> None:
    check(text)


@pytest.mark.parametrize("opening", ["- ", "> ", "[", "**", "“", "(", "| ", "<b>", "{{c1::", "==", "1. ", "\\", "`"])
def test_an_opening_a_thousand_times_over_is_read_in_time(opening: str) -> None:
    check("# Deep\n## Phrases\n" + opening * 1000 + "end\n")
    check("# Deep\n## Phrases\n" + "\n".join(opening * depth + "end" for depth in range(60)))
