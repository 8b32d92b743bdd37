"""Recipes: what they say, and what they are told when they say it wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.errors import RecipeError
from srs.extract.recipe import Names, Recipe, load_recipe
from srs.extract.wording import first_word, key
from srs.importing import shipped_recipe
from srs.notes import KINDS

STYLES = {"list": frozenset({"labels", "parts"}), "pair": frozenset({"wrong"})}
RIGHT = '[[rule]]\nname = "n"\nkind = "themes"\nstyle = "list"\nlabels = ["themes"]\n'


def load(text: str) -> Recipe:
    return load_recipe({"mine.toml": text}, STYLES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (RIGHT.replace('"list"', '"table"'), "mine.toml:1: style “table” is not one of list, pair"),
        (RIGHT.replace('"themes"\nstyle', '"song"\nstyle'), "mine.toml:1: kind “song” is not one of themes, phrase"),
        (RIGHT.replace("labels", "lables"), "mine.toml:1: style “list” reads labels, parts; it knows no “lables”"),
        (RIGHT.replace('name = "n"\n', ""), "mine.toml:1: the rule needs a name"),
        (RIGHT.replace('name = "n"', "name = 3"), "mine.toml:1: the rule needs a name"),
        (RIGHT.replace('["themes"]', '"themes"'), "mine.toml:1: labels must be a list of words"),
        (RIGHT.replace('["themes"]', '[" "]'), "mine.toml:1: labels must be a list of words"),
        ('silence = ["loud"]\n', "mine.toml:1: there is no check “loud”: known are "),
        ("skip = 3\n", "mine.toml:1: skip must be a list of words"),
        (RIGHT + "\n[[rule]]\nname = 'n'\nlabels = 'x'\n", "mine.toml:7: labels must be a list of words"),
        (RIGHT.replace('["themes"]', "[1]"), "mine.toml:1: labels must be a list of words"),
        ("# mine\n\n" + RIGHT + "\n[[rule]]\n", "mine.toml:9: the rule needs a name"),
        (RIGHT + "[other]\n", "mine.toml:6: a recipe consists of [[rule]] tables and of questions, "),
        ("other = 1\n" + RIGHT, "mine.toml:1: a recipe consists of [[rule]] tables and of questions, "),
        ("", "mine.toml:1: a recipe needs at least one [[rule]]"),
        ("# nothing\n[rule]\nname = 'n'\n", "mine.toml:2: a recipe needs at least one [[rule]]"),
        ("rule = [1]\n", "mine.toml:1: a recipe needs at least one [[rule]]"),
        (RIGHT + "labels = [\n", "mine.toml:6: "),
        (RIGHT + 'style "pair"\n', "mine.toml:6: "),
    ],
)
def test_a_wrong_recipe_is_told_file_line_and_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("header", ["[[ rule ]]", "  [[rule]]", "[[rule]] # themes", '[["rule"]]'])
def test_a_rule_is_found_however_its_header_is_written(header: str) -> None:
    assert [rule.name for rule in load(RIGHT.replace("[[rule]]", header)).rules] == ["n"]


def test_the_rules_of_several_files_are_tried_in_their_order() -> None:
    second = RIGHT.replace('"n"', '"m"')
    assert [rule.name for rule in load_recipe({"a": RIGHT, "b": second}, STYLES).rules] == ["n", "m"]


def test_a_part_that_is_left_out_matches_nothing() -> None:
    assert not load(RIGHT).rules[0].names["parts"].match("anything")


def test_another_recipe_has_another_digest_text() -> None:
    assert load(RIGHT).digest_text != load(RIGHT + 'parts = ["answer"]\n').digest_text


def test_the_shipped_recipes_load() -> None:
    assert {rule.kind for rule in shipped_recipe().rules} == set(KINDS)


@pytest.mark.parametrize(
    "text", ["Key Themes", "🎯 key themes:", "3. KEY THEMES (5 items)", "**Key-Themes**", "key themes shown"]
)
def test_words_match_without_case_numbers_signs_and_markup(text: str) -> None:
    assert Names.of(["key themes*"]).match(text)


@pytest.mark.parametrize("text", ["themes", "monkey themes", "key", ""])
def test_words_match_whole(text: str) -> None:
    assert not Names.of(["key themes*"]).match(text)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"), [("tell me *", "Tell me more", True), ("tell me *", "Tell mean", False)]
)
def test_a_star_after_a_space_stands_for_further_words(pattern: str, text: str, matches: bool) -> None:
    assert Names.of([pattern]).match(text) is matches


def test_an_apostrophe_makes_no_difference() -> None:
    assert all(Names.of(["don't say"]).match(text) for text in ("Don’t say", "Don't say", "Dont say"))


WORDS = st.sampled_from([
    "tell me", "What", "is", "question", "Question", "no", "3", "(12 items)", "**bold**", "_it_", "a", "Compare", "don't",
    "^id", "#tag", "[x](y)", "{#id}", "<a b></a>", ":", "- ", "“quoted”", "❌", "é", "difference", "\n", "ſhort", "part", "›",
    "toc",
])  # fmt: skip
TEXTS = st.lists(WORDS, max_size=6).flatmap(
    lambda words: st.sampled_from([" ", "", "  "]).map(lambda by: by.join(words))
)


@given(TEXTS)
def test_the_first_word_is_that_of_the_key_and_not_all_of_it(text: str) -> None:
    word = first_word(text)
    assert not word or key(text).startswith(word + " ")


@given(TEXTS)
def test_names_match_what_their_patterns_match_whatever_the_first_word(text: str) -> None:
    recipe = shipped_recipe()
    for names in (recipe.requests, recipe.tasks, recipe.answers, recipe.questions, recipe.skip, Names.of(["*"])):
        assert names.expression
        assert names.match(text) == (names.expression.match(key(text)) is not None)
