import unicodedata

import pytest

from srs.render import harmless, plain

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
