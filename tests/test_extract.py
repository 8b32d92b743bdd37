"""Documents and the cards that they make: golden cases in `tests/extract/*.md`, the shipped decks, real notes, any text.

A golden case is a heading, the document between `~~~~~ input` and `~~~~~`, and its cards: `[kind] prompt => answer`, or
with `=>` on a line of its own where prompt or answer take several lines.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cues import distinct
from srs.extract import blocks, extract, front_matter, markdown
from srs.extract.repair import LOST, decode
from srs.importing import shipped_recipe
from srs.notes import Document, Note
from srs.shipped import shipped
from srs.texts import normalised

RECIPE = shipped_recipe()
HERE = Path(__file__).parent
SEEDS = sorted((HERE.parents[1] / "shared" / "seeds").glob("*.txt"))
STARTER = sorted((shipped("decks") / "starter").rglob("*.md"))
_CASE = re.compile(r"^## ([^\n]+)\n~~~~~ input\n(.*?)^~~~~~\n~~~~~ cards\n(.*?)^~~~~~$", re.MULTILINE | re.DOTALL)
_CARD = re.compile(r"^\[(\w+)\] (.*?)(?: => |\n=>\n)(.*?)(?=^\[\w+\] |\Z)", re.MULTILINE | re.DOTALL)

Cards = list[tuple[str, str, str]]


def golden() -> list[tuple[str, str, Cards]]:
    """(title, document, cards) of every case."""
    return [
        (f"{path.stem}: {title}", text, [(kind, prompt, answer.rstrip("\n")) for kind, prompt, answer in cards(listed)])
        for path in sorted((HERE / "extract").glob("*.md"))
        for title, text, listed in _CASE.findall(path.read_text("utf-8"))
    ]


def cards(listed: str) -> list[tuple[str, str, str]]:
    return _CARD.findall(listed)


def notes_of(data: bytes | str, name: str = "golden") -> list[Note]:
    decoded = decode(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data)
    assert decoded is not None
    return distinct(extract(Document(f"{name}.md", decoded.text, b"", name), RECIPE).notes, set())


def cards_of(data: bytes | str) -> Cards:
    return [(note.kind, note.prompt, note.answer) for note in notes_of(data)]


GOLDEN = golden()
DOCUMENTS = [text for _, text, _ in GOLDEN]
OPEN = [text for text in DOCUMENTS if "```" not in text]


@pytest.mark.parametrize(("text", "expected"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN])
def test_a_golden_document_makes_exactly_its_cards(text: str, expected: Cards) -> None:
    assert cards_of(text) == expected


def test_every_golden_case_is_read() -> None:
    written = sum(path.read_text("utf-8").count("\n~~~~~ input\n") for path in (HERE / "extract").glob("*.md"))
    assert len({title for title, _, _ in GOLDEN}) == written


def test_lines_that_end_as_on_windows_make_the_same_cards() -> None:
    assert [cards_of(text.replace("\n", "\r\n")) for text in DOCUMENTS] == [cards_of(text) for text in DOCUMENTS]


def test_a_list_may_be_glued_to_its_label_or_stand_apart() -> None:
    apart = [re.sub(r"^(\*\*[^*\n]+\*\*:?)\n- ", r"\1\n\n- ", text, flags=re.MULTILINE) for text in OPEN]
    assert [cards_of(text) for text in apart] == [cards_of(text) for text in OPEN]


# -- the words of the shipped recipes ------------------------------------------------------------------------------------

FORMS = ["**{}:**", "**{}**:", "**{}**", "*{}:*", "{}:", "### {}", "**✅ {}:**"]


def words(rule: str, part: str, star: str = "") -> list[str]:
    """What the recipe looks for, `star` standing for any words."""
    found = next(r for r in RECIPE.rules if r.name == rule).names[part].patterns
    return [pattern.replace(" *", f" {star or 'so'}").replace("*", star).strip().capitalize() for pattern in found]


@pytest.mark.parametrize("form", FORMS)
def test_every_label_of_themes_is_known_in_every_form(form: str) -> None:
    unknown = [
        label
        for label in words("key themes", "labels")
        if not cards_of(f"## How so?\nText.\n\n{form.format(label)}\n- one\n- two\n")
    ]
    assert unknown == []


@pytest.mark.parametrize("form", FORMS)
def test_every_label_of_a_bad_answer_is_known_in_every_form(form: str) -> None:
    unknown = [
        label
        for label in words("bad answer", "wrong")
        if [card[0] for card in cards_of(f"## How so?\n{form.format(label)}\nNo.\n\n**Why it's bad:** Rude.\n")]
        != ["critique"]
    ]
    assert unknown == []


@pytest.mark.parametrize("form", FORMS)
def test_every_label_of_a_reason_is_known_in_every_form(form: str) -> None:
    unknown = [
        label
        for label in words("bad answer", "why")
        if [card[2] for card in cards_of(f"## How so?\n**Bad answer:** No.\n\n{form.format(label)}\nRude.\n")]
        != ["Rude."]
    ]
    assert unknown == []


def test_every_request_of_the_recipe_is_asked() -> None:
    requests = words("key themes", "questions", "it works")
    assert [r for r in requests if not cards_of(f"# Work\n## {r}\n**Key Themes:**\n- one\n")] == []


def test_every_heading_of_phrases_is_known() -> None:
    headings = words("phrases", "under")
    assert [h for h in headings if not cards_of(f'# Work\n## {h}\n- "Well then."\n')] == []


def test_every_heading_of_what_is_not_said_makes_no_phrases() -> None:
    headings = words("phrases", "outside")
    assert [h for h in headings if cards_of(f'# Work\n## Phrases\n### {h}\n- "Well then."\n')] == []


# -- front matter --------------------------------------------------------------------------------------------------------


def test_front_matter_gives_the_deck() -> None:
    assert front_matter("---\ntitle: T\ndeck: 'english/small'\n---\n# H\n")["deck"] == "english/small"


@pytest.mark.parametrize("text", ["# H\n", "---\ntitle: T\n---\n", "---\n", "---", "", "text\n---\ndeck: x\n---\n"])
def test_a_document_that_names_no_deck_has_none(text: str) -> None:
    assert "deck" not in front_matter(text)


@pytest.mark.parametrize(
    "tags", ["[a1, travel]", '["a1", "travel"]', "a1, travel", "a1 travel", "\n  - a1\n  - travel"]
)
def test_front_matter_gives_every_card_its_tags(tags: str) -> None:
    assert notes_of(f'---\ntags: {tags}\n---\n## Phrases\n- "Well then."\n')[0].tags == ("a1", "travel")


def test_front_matter_never_makes_a_card() -> None:
    assert cards_of('---\ntitle: Phrases\ntags:\n  - "Well then."\n---\n# Phrases\n') == []


# -- shipped decks and real notes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", STARTER, ids=[path.stem for path in STARTER])
def test_a_starter_document_makes_cards_and_no_problem(path: Path) -> None:
    extraction = extract(Document(path.name, path.read_text("utf-8"), b"", path.stem), RECIPE)
    assert extraction.notes
    assert not extraction.problems


@pytest.mark.parametrize(
    ("text", "line"), [("# A\n\n```\nrest\n", 3), ("# A\n~~~~ py\n~~~\n", 2), ("# A\n\n<!-- rest\n\n- b\n", 3)]
)
def test_what_is_opened_and_never_closed_is_a_problem_with_its_line(text: str, line: int) -> None:
    assert [problem.line for problem in extract(Document("a.md", text, b"", "a"), RECIPE).problems] == [line]


@pytest.mark.parametrize(
    "text", ["```\nx\n```\n", "```\nx\n```", "> ~~~\n> x\n> ~~~\n", "<!-- x\n-->\n", "- ```\n  x\n  ```\n"]
)
def test_what_is_closed_is_no_problem(text: str) -> None:
    assert not extract(Document("a.md", text, b"", "a"), RECIPE).problems


def test_the_starter_decks_ask_nothing_twice() -> None:
    notes = [note for path in STARTER for note in notes_of(path.read_bytes(), path.stem)]
    asked = Counter(normalised(note.prompt) for note in distinct(notes, set()))
    assert [prompt for prompt, times in asked.items() if times > 1] == []


@pytest.fixture(scope="module")
def real() -> list[Note]:
    if not SEEDS:
        pytest.skip("the real notes are not here")
    return distinct([note for path in SEEDS for note in notes_of(path.read_bytes(), path.stem)], set())


EXPECTED = {
    "seeds/000_49756df161cf7f49.txt": {"themes": 5, "critique": 4, "rewrite": 6, "outline": 7, "question": 25},
    "seeds/001_adfe9055a43e49ba.txt": {"phrase": 31, "pattern": 4, "monologue": 4, "outline": 2, "question": 7},
    "examples/leadership-teamwork.md": {"themes": 6, "rewrite": 4, "outline": 6, "question": 17},
    "examples/daily-standup.md": {"phrase": 31, "pattern": 4, "monologue": 4, "outline": 3, "question": 7},
    "examples/cpp-questions.md": {"qa": 34},
    "examples/interview-tables.md": {"themes": 10, "outline": 3},
    "examples/communication-phrases.md": {"phrase": 20},
}
"""What a careful human makes of the real documents."""


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_document_makes_the_cards_that_a_careful_human_would(name: str) -> None:
    path = HERE.parents[1] / "shared" / name
    if not path.exists():
        pytest.skip("the real notes are not here")
    assert Counter(note.kind for note in notes_of(path.read_bytes(), path.stem)) == EXPECTED[name]


def test_the_real_phrases_stand_under_their_seven_functions(real: list[Note]) -> None:
    assert list(Counter(note.heading for note in real if note.kind == "phrase").values()) == [5, 4, 5, 5, 4, 3, 5]


def test_the_real_themes_have_all_their_items(real: list[Note]) -> None:
    assert [len(note.items) for note in real if note.kind == "themes"] == [5, 6, 5, 5, 6]


def test_the_real_critiques_have_each_its_own_reason(real: list[Note]) -> None:
    reasons = {note.answer for note in real if note.kind == "critique"}
    assert len(reasons) == 4
    assert all(re.match(r"\*\*.+\*\*: \w", reason) for reason in reasons)


def test_the_real_prompts_are_unique(real: list[Note]) -> None:
    assert len({normalised(note.prompt) for note in real}) == len(real)


def test_no_card_of_the_real_notes_shows_damage(real: list[Note]) -> None:
    shown = "".join(note.prompt + note.answer + "".join(note.items) for note in real)
    assert re.findall(f"{LOST}|â€|ğŸ|âœ|âŒ|Ã.", shown) == []


def test_no_phrase_of_real_or_starter_notes_stands_in_its_prompt(real: list[Note]) -> None:
    notes = distinct([*real, *(note for path in STARTER for note in notes_of(path.read_bytes()))], set())
    told = [n.answer for n in notes if n.kind == "phrase" and normalised(n.answer) in normalised(n.prompt)]
    assert told == []


# -- any text ------------------------------------------------------------------------------------------------------------

LINES = sorted({line for text in DOCUMENTS for line in text.split("\n")})
ALPHABET = st.sampled_from(
    [*"ab1 \n\t#*_-—:>`\"'“”()[]|?.\\&<~", "Key themes", "Q1", "Why", "Bad", "phrases", "---\n", "\x85", "\u2028", "❌"]
)


@given(st.lists(ALPHABET, max_size=60).map("".join) | st.text(max_size=80))
def test_extraction_takes_any_text(text: str) -> None:
    extract(Document("any.md", text, b"", "any"), RECIPE)
    front_matter(text)


@given(
    st.lists(
        st.sampled_from(LINES).flatmap(lambda line: st.integers(0, 8).map(lambda cut: line[cut:] if cut > 5 else line)),
        max_size=40,
    )
)
def test_shuffled_and_cut_lines_make_cards_with_an_answer_that_are_asked_differently(lines: list[str]) -> None:
    notes = notes_of("\n".join(lines)) if "".join(lines).strip() else []
    assert all(note.prompt.strip() and (note.answer.strip() or note.kind == "question") for note in notes)
    assert len({normalised(note.prompt) for note in notes}) == len(notes)


OPENINGS = [
    "- a--\n- b\n",
    "---\na: b\n---\n",
    "  ---\n",
    "> - # a\n",
    "1) a\n: b\n",
    "~~~\n",
    "- \n\n  a\n",
    "*\t*\t*\n",
    "a\n=\n",
    "> a\n>---\n",
    "- a\n  -- \n",
    "a|b\n-|-\n1|2\n",
    "> a|b\n>:-|-\n",
    "a\n\n~ b\n: c\n",
    "> a\n>\t: b\n",
    "a\r\n---\r\n",
]


@pytest.mark.parametrize(
    "path", [*STARTER, *SEEDS, *sorted((HERE / "extract").glob("*.md"))], ids=lambda path: path.stem
)
def test_rules_tried_by_the_first_sign_of_a_line_find_what_all_rules_tried_find(path: Path) -> None:
    text = path.read_text("utf-8")
    for document in (text, *(opening + text for opening in OPENINGS)):
        assert markdown.tokens_of(document) == markdown.plain_parser().parse(document)


def test_dashes_in_the_first_item_of_a_document_begin_no_front_matter() -> None:
    assert [block.text for block in blocks.parse("- $--\n\nb\n").blocks] == ["$--", "b"]


@given(st.text(alphabet="ab \t\n-*+_#>|:=~`1.)<\r\x0b", max_size=60))
def test_rules_tried_by_the_first_sign_find_in_any_text_what_all_rules_find(text: str) -> None:
    assert markdown.tokens_of(text) == markdown.plain_parser().parse(text)


def in_one_piece(text: str) -> blocks.Parsed:
    """A document as it is read where nothing is cut and no line is plain."""
    reader = blocks._Reader(text)
    reader.read(markdown.tokens_of(blocks._indented(text)), 0)
    return blocks.Parsed(reader.matter, reader.blocks, reader.slips)


@pytest.mark.parametrize(
    "path", [*STARTER, *SEEDS, *sorted((HERE / "extract").glob("*.md"))], ids=lambda path: path.stem
)
def test_a_document_cut_at_its_headings_and_read_by_plain_lines_is_the_same(path: Path) -> None:
    text = path.read_text("utf-8")
    for document in (text, *(opening + text for opening in OPENINGS)):
        assert blocks.parse(document) == in_one_piece(document)


PIECES = st.sampled_from([
    *"a1 \t#*_-:>`~\"[|.)<=é\x85\u3000\x1c\x0c\\$", "\n", "\n", "\n\n", "\n# ", "\n## a", "\n- ", "\n- a", "\n1. ", "\n2) a",
    "a b", "a: b", "**a**", "\n: a", "\n---\n", "\n```\n", "\n<!-- ", "-->", "\n|-|-|\n", "\n  - ", "\n> ", "\n...\n",
    "- [ ] ", "❌ ",
])  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join), st.sampled_from(["", "---\n", "---\na: b\n---\n", "# a\n"]))
def test_any_text_cut_at_its_headings_and_read_by_plain_lines_is_the_same(text: str, before: str) -> None:
    assert blocks.parse(before + text) == in_one_piece(before + text)
