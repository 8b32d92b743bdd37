import unicodedata
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.padding import Padding
from rich.styled import Styled
from rich.text import Text

from srs.render import formatted, harmless, plain, terminal

CONTROLS = [chr(n) for n in (*range(0x20), *range(0x7F, 0xA0)) if chr(n) not in "\n\t"]
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def has_power(text):
    return [c for c in text if c in BIDI or (unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t")]


@pytest.mark.parametrize("shown", [harmless, plain])
def test_control_characters_and_overrides_reach_the_output_as_harmless_text(shown):
    text = shown("a" + "b".join([*CONTROLS, *BIDI, "\ud800"]) + "z")
    assert has_power(text) == []
    assert text.startswith("a")
    assert text.replace("\n", "").endswith("z")


@pytest.mark.parametrize("shown", [harmless, plain])
def test_an_escape_sequence_is_spelled_out(shown):
    assert "␛[31mred␛]0;title␇" in shown("\x1b[31mred\x1b]0;title\x07")


@pytest.mark.parametrize("entity", ["&#27;[31m", "&#x9b;31m", "&#8238;", "&rlm;", "&lrm;", "&#13;", "&#8;", "&#x2066;"])
def test_a_character_written_as_an_entity_has_no_power_either(entity):
    assert has_power(plain(f"a {entity} b `{entity}` [c](x{entity})\n\n    {entity}")) == []


@pytest.mark.parametrize(
    "text",
    [
        "vector<int>", "Map<String, List<X>>", "a < b and c > d", "<div>kept</div>", "<b>", "<https://example.com>",
        "Dear [Company], I am [Name].", "[Company]: the place", "[x] done", "if (a[i] < b[j])", "C++, C# and F*",
    ],
)  # fmt: skip
def test_signs_of_code_and_placeholders_are_not_swallowed(text):
    assert plain(text).strip() == text


def test_markdown_is_shown_as_text():
    shown = plain("**bold** and *soft*\n\n* one\n* two\n\n> said")
    assert "bold and soft" in shown
    assert "one" in shown
    assert "said" in shown
    assert "*" not in shown


def test_letters_joined_by_invisible_signs_stay_joined():
    assert harmless("👩\u200d💻 naïve 日本語") == "👩\u200d💻 naïve 日本語"


def test_lines_are_as_narrow_as_asked():
    assert max(map(len, plain("word " * 50, 30).splitlines())) <= 30


@pytest.mark.parametrize("width", [10, 40])
@given(st.lists(st.text("abcDé9.,:;-+=!?()“”'\"/…中 ", min_size=1, max_size=12), min_size=1, max_size=8).map(" ".join))
def test_a_text_without_signs_of_markdown_is_shown_as_markdown_shows_it(width, text):
    def shown(part):
        console = Console(file=StringIO(), width=width, force_terminal=True, color_system="standard")
        console.print(Padding(Styled(part, "bold"), (0, 0, 1, 0)))
        return console.file.getvalue()

    assert shown(terminal(text)) == shown(formatted(text))


def test_a_prompt_of_plain_words_needs_no_markdown():
    assert isinstance(terminal("Opening › Say what it costs: “T…”, 9 words"), Text)
    for signs in (
        "*a*",
        "1. a",
        "- a",
        "# a",
        "a  b",
        "a\nb",
        " a",
        "a\\!",
        "&amp; a",
        "> a",
        "a_b_",
        "~~a~~",
        "a `b`",
    ):
        assert not isinstance(terminal(signs), Text), signs
