"""Recipes of one's own: an `srs-recipe.toml` for the documents of a folder, and what front matter names."""

import sys
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from srs.cards import Card
from srs.cli import main
from srs.errors import RecipeError
from srs.importing import ImportPlan, apply_plan, plan_import
from srs.importing.checking import check_documents
from srs.store import Store

TEA = "# Tea\n\n## Bonmots\n\n- Put the kettle on.\n- Stand the spoon up.\n"
ADDED = '[[rule]]\nname = "phrases"\nunder = ["*bonmots*"]\n'
NEW = '[[rule]]\nname = "sayings"\nkind = "phrase"\nstyle = "phrase_list"\nunder = ["*bonmots*"]\n'

Bring = Callable[..., ImportPlan]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A document of which the recipes that ship make one card, of all its lines; and one of the same words deeper down."""
    made = tmp_path / "notes"
    (made / "deep" / "down").mkdir(parents=True)
    (made / "tea.md").write_text(TEA, "utf-8")
    (made / "deep" / "down" / "coffee.md").write_text("# Coffee\n\n## Bonmots\n\n- Grind it late.\n- Bloom.\n", "utf-8")
    return made


@pytest.fixture
def bring(store: Store, now: datetime) -> Bring:
    def run(*paths: Path) -> ImportPlan:
        plan = plan_import(store, [str(path) for path in paths])
        apply_plan(store, plan, now)
        return plan

    return run


def made(store: Store) -> set[tuple[str, str, str]]:
    """Kind, rule and answer of the cards in use."""
    return {(card.kind, card.rule, card.answer) for card in store.cards() if not card.retired}


def rules(path: Path) -> dict[str, str]:
    """The rule by which each answer is found."""
    return {note.answer: note.rule for document in check_documents([str(path)]).documents for note in document.notes}


def kinds(path: Path) -> list[str]:
    return [note.kind for document in check_documents([str(path)]).documents for note in document.notes]


# -- beside the documents ------------------------------------------------------------------------------------------------


def test_without_a_recipe_of_its_own_the_document_is_read_by_those_that_ship(folder: Path) -> None:
    assert kinds(folder / "tea.md") == ["outline"]


def test_a_recipe_in_the_folder_adds_words_to_a_rule_that_ships(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(ADDED, "utf-8")
    assert rules(folder / "tea.md") == {"Put the kettle on.": "phrases", "Stand the spoon up.": "phrases"}


def test_words_that_ship_stay_when_others_are_added(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(ADDED, "utf-8")
    (folder / "tea.md").write_text(TEA.replace("Bonmots", "Useful phrases"), "utf-8")
    assert kinds(folder / "tea.md") == ["phrase", "phrase"]


def test_a_rule_of_ones_own_comes_before_what_ships(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    assert rules(folder / "tea.md") == {"Put the kettle on.": "sayings", "Stand the spoon up.": "sayings"}


def test_a_recipe_holds_for_the_folders_below_it_and_for_no_other(folder: Path) -> None:
    (folder / "deep" / "srs-recipe.toml").write_text(NEW, "utf-8")
    assert kinds(folder / "deep" / "down" / "coffee.md") == ["phrase", "phrase"]
    assert kinds(folder / "tea.md") == ["outline"]


def test_the_nearest_recipe_has_the_last_word(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    (folder / "deep" / "srs-recipe.toml").write_text('[[rule]]\nname = "sayings"\nkind = "rewrite"\n', "utf-8")
    assert kinds(folder / "deep" / "down" / "coffee.md") == ["rewrite", "rewrite"]
    assert kinds(folder / "tea.md") == ["phrase", "phrase"]


def test_the_recipes_of_two_folders_both_count(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    (folder / "deep" / "srs-recipe.toml").write_text('[[rule]]\nname = "sayings"\nunder = ["quips"]\n', "utf-8")
    path = folder / "deep" / "down" / "coffee.md"
    path.write_text(path.read_text("utf-8") + "\n## Quips\n\n- Decaf is a rumour.\n", "utf-8")
    assert set(rules(path).values()) == {"sayings"}
    assert len(rules(path)) == 3


@pytest.mark.parametrize("recipe", [ADDED, NEW])
def test_the_file_alone_and_the_folder_give_the_same_cards(
    folder: Path, store: Store, bring: Bring, recipe: str
) -> None:
    (folder / "srs-recipe.toml").write_text(recipe, "utf-8")
    bring(folder / "deep" / "down" / "coffee.md")
    bring(folder / "tea.md")
    alone = made(store)
    assert len(alone) == 4
    assert bring(folder).nothing_changed
    assert made(store) == alone


def test_an_edited_recipe_has_an_unchanged_document_read_again(folder: Path, store: Store, bring: Bring) -> None:
    (folder / "srs-recipe.toml").write_text(ADDED, "utf-8")
    bring(folder)
    (folder / "srs-recipe.toml").write_text('skip = ["bonmots"]\n', "utf-8")
    assert bring(folder).unread == 0
    assert made(store) == set()


def test_cards_keep_their_ids_when_another_rule_finds_them(folder: Path, store: Store, bring: Bring) -> None:
    def by_answer() -> dict[str, Card]:
        return {card.answer: card for card in store.cards() if not card.retired}

    (folder / "srs-recipe.toml").write_text(ADDED, "utf-8")
    bring(folder)
    before = by_answer()
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    plan = bring(folder)
    assert (plan.unread, plan.changes.added, plan.changes.retired) == (0, (), ())
    assert {answer: card.id for answer, card in by_answer().items()} == {a: card.id for a, card in before.items()}
    assert {card.rule for card in by_answer().values()} == {"sayings"}


def test_a_new_recipe_is_found_without_a_new_start_of_the_program(folder: Path, store: Store, bring: Bring) -> None:
    bring(folder)
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    bring(folder)
    assert {kind for kind, _, _ in made(store)} == {"phrase"}
    (folder / "srs-recipe.toml").unlink()
    bring(folder)
    assert {kind for kind, _, _ in made(store)} == {"outline"}


def test_the_same_recipe_again_changes_nothing(folder: Path, bring: Bring) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    bring(folder)
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    assert bring(folder).unread == 2


# -- lists of words ------------------------------------------------------------------------------------------------------

LONG = "# Tea\n\n## What is a long brew?\n\n" + "Slow leaves make a better cup than haste. " * 6 + "\n"
LISTS = {
    "skip": ('skip = ["gossip"]', "# Tea\n\n## Gossip\n\n### Phrases\n\n- She takes sugar.\n", ["phrase"], []),
    "answers": ('answers = ["in my words"]', "# Tea\n\n## What is tea?\n\n**In my words:** Leaves.\n", ["qa"], ["qa"]),
    "questions": ('questions = ["examiner"]', "**Examiner:** What is tea?\n\n**Answer:** Leaves.\n", [], ["qa"]),
    "requests": ('requests = ["picture *"]', "# Tea\n\n## Picture a cup\n\n**Answer:** Leaves.\n", [], ["qa"]),
    "tasks": ('tasks = ["brew *"]', "# Tea\n\n## Practice questions\n\n- Brew a pot for six\n- Why warm it?\n",
              ["question"], ["question", "question"]),
    "follow_ups": ('follow_ups = ["and then"]', "# Tea\n\n## What is tea?\n\nLeaves.\n\n**And then:** Which?\n\nGreen ones.\n",
                   ["qa"], ["qa", "qa"]),
    "story": ('story = ["leaf", "water"]', "# Tea\n\n## Monday\n\n**Leaf:** green\n\n**Water:** soft\n", [], ["qa"]),
    "aspects": ('aspects = ["ways to brew"]', "# Tea\n\n## Green\n\n### Ways to brew\n\n- Cold\n- Warm\n",
                ["outline"], ["outline"]),
}  # fmt: skip


@pytest.mark.parametrize(("recipe", "text", "before", "after"), LISTS.values(), ids=list(LISTS))
def test_a_list_of_words_holds_for_the_whole_recipe(
    tmp_path: Path, recipe: str, text: str, before: list[str], after: list[str]
) -> None:
    (tmp_path / "tea.md").write_text(text, "utf-8")
    assert kinds(tmp_path / "tea.md") == before
    (tmp_path / "srs-recipe.toml").write_text(recipe + "\n", "utf-8")
    assert kinds(tmp_path / "tea.md") == after


def test_a_label_of_an_answer_is_no_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(LISTS["answers"][1], "utf-8")
    (tmp_path / "srs-recipe.toml").write_text('answers = ["in my words"]\n', "utf-8")
    assert [*rules(tmp_path / "tea.md")] == ["Leaves."]


def test_a_heading_that_is_an_aspect_is_asked_with_the_one_over_it(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(LISTS["aspects"][1], "utf-8")
    (tmp_path / "srs-recipe.toml").write_text('aspects = ["ways to brew"]\n', "utf-8")
    assert [n.prompt for made in check_documents([str(tmp_path)]).documents for n in made.notes] == [
        "Ways to brew (Green)"
    ]


def test_a_silenced_check_remarks_nothing_on_the_documents_of_its_folder_only(tmp_path: Path, bring: Bring) -> None:
    for name in ("quiet", "loud"):
        (tmp_path / "notes" / name).mkdir(parents=True)
        (tmp_path / "notes" / name / "tea.md").write_text(LONG.replace("long", name), "utf-8")
    (tmp_path / "notes" / "quiet" / "srs-recipe.toml").write_text('silence = ["long-answer"]\n', "utf-8")
    loud = [(str(tmp_path / "notes" / "loud" / "tea.md"), "long-answer")]
    assert [(remark.path, remark.check) for remark in check_documents([str(tmp_path)]).remarks] == loud
    assert [(remark.path, remark.check) for remark in bring(tmp_path).remarks] == loud


def test_a_silenced_check_leaves_the_others_their_say(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text(LONG.replace("a long brew?", "a brew? Who drinks it?"), "utf-8")
    (tmp_path / "srs-recipe.toml").write_text('silence = ["long-answer"]\n', "utf-8")
    assert [remark.check for remark in check_documents([str(tmp_path)]).remarks] == ["two-targets"]


# -- named in front matter -----------------------------------------------------------------------------------------------


def test_a_document_may_name_the_shipped_recipes_that_it_is_read_by(folder: Path) -> None:
    (folder / "tea.md").write_text("---\nrecipe: speaking\n---\n" + TEA + "\n## Useful phrases\n\n- Milk?\n", "utf-8")
    assert rules(folder / "tea.md") == {"Milk?": "phrases"}


@pytest.mark.parametrize("names", ["speaking, general", "[speaking, general]", "general,speaking"])
def test_a_document_may_name_several_recipes(folder: Path, names: str) -> None:
    (folder / "tea.md").write_text(f"---\nrecipe: {names}\n---\n" + TEA + "\n## Useful phrases\n\n- Milk?\n", "utf-8")
    assert kinds(folder / "tea.md") == ["outline", "phrase"]


@pytest.mark.parametrize("name", ["mine.toml", "recipes/mine.toml", "'mine.toml'", "mäine.toml"])
def test_a_document_may_name_a_recipe_beside_it(folder: Path, store: Store, bring: Bring, name: str) -> None:
    path = folder / name.strip("'")
    path.parent.mkdir(exist_ok=True)
    path.write_text(NEW, "utf-8")
    (folder / "tea.md").write_text(f"---\nrecipe: {name}\n---\n" + TEA, "utf-8")
    bring(folder / "tea.md")
    assert {rule for _, rule, _ in made(store)} == {"sayings"}


def test_a_named_recipe_and_the_one_in_the_folder_both_count(folder: Path) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    (folder / "tea.md").write_text("---\nrecipe: speaking\n---\n" + TEA + "\n## Useful phrases\n\n- Milk?\n", "utf-8")
    assert set(rules(folder / "tea.md").values()) == {"sayings", "phrases"}


MATTERS = {
    "long": ("utf-8", f"---\nrecipe: mine.toml\nabout: {'x' * 9000}\n---\n"),
    "UTF-16": ("utf-16", "---\nrecipe: mine.toml\n---\n"),
    "as on Windows": ("utf-8", "---\r\nrecipe: mine.toml\r\n---\r\n"),
    "after a byte order mark": ("utf-8-sig", "---\nrecipe: mine.toml\n---\n"),
}


@pytest.mark.parametrize(("encoding", "matter"), MATTERS.values(), ids=list(MATTERS))
def test_an_import_finds_the_recipe_in_whatever_front_matter_a_check_finds_it(
    folder: Path, store: Store, bring: Bring, encoding: str, matter: str
) -> None:
    (folder / "mine.toml").write_text(NEW, "utf-8")
    (folder / "tea.md").write_bytes((matter + TEA).encode(encoding))
    bring(folder / "tea.md")
    assert {rule for _, rule, _ in made(store)} == set(rules(folder / "tea.md").values()) == {"sayings"}


def test_a_line_across_the_page_is_no_front_matter(folder: Path, store: Store, bring: Bring) -> None:
    (folder / "tea.md").write_text("---\n\n" + TEA + "\nrecipe: nonsense\n", "utf-8")
    assert bring(folder / "tea.md").problems == []
    assert {kind for kind, _, _ in made(store)} == {"outline"}


def test_an_edited_named_recipe_has_its_document_read_again(folder: Path, store: Store, bring: Bring) -> None:
    (folder / "mine.toml").write_text(NEW, "utf-8")
    (folder / "tea.md").write_text("---\nrecipe: mine.toml\n---\n" + TEA, "utf-8")
    bring(folder)
    (folder / "mine.toml").write_text(NEW.replace('"phrase"', '"rewrite"'), "utf-8")
    assert bring(folder).unread == 1
    assert {kind for kind, rule, _ in made(store) if rule == "sayings"} == {"rewrite"}


def test_notes_on_stdin_may_name_a_recipe_of_the_folder_they_are_piped_in(
    folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "mine.toml").write_text(NEW, "utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=BytesIO(f"---\nrecipe: mine.toml\n---\n{TEA}".encode())))
    plan = plan_import(store, ["-"])
    assert {note.rule for note in plan.changes.added} == {"sayings"}


# -- what is wrong with a recipe -----------------------------------------------------------------------------------------

WRONG = {
    "no TOML": ("srs-recipe.toml", b'[[rule]]\nname "x"\n', "srs-recipe.toml:2: "),
    "a part that the style has not": ("srs-recipe.toml", ADDED.replace("under", "udner").encode(), "srs-recipe.toml:1: "),
    "a rule that is not whole": ("srs-recipe.toml", b'\n[[rule]]\nname = "mine"\n', "srs-recipe.toml:2: "),
    "a word of no meaning": ("srs-recipe.toml", b'# mine\nskpi = ["x"]\n', "srs-recipe.toml:2: "),
    "no text": ("srs-recipe.toml", b"\xff\xfe\xfa", "srs-recipe.toml: the recipe cannot be read"),
    "nothing": ("srs-recipe.toml", b"", "srs-recipe.toml:1: "),
    "named and wrong": ("mine.toml", b'[[rule]]\nname = "mine"\n', "mine.toml:1: "),
    "named and no text": ("mine.toml", b"\xff\xfe\xfa", "mine.toml: the recipe cannot be read"),
    "named and not there": ("other.toml", b"", "tea.md: there is no recipe “mine.toml”: name one of notations, "),
}  # fmt: skip


@pytest.mark.parametrize(("name", "recipe", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_recipe_is_one_line_with_its_place_and_nothing_is_imported(
    folder: Path, database: str, name: str, recipe: bytes, message: str
) -> None:
    (folder / name).write_bytes(recipe)
    if name != "srs-recipe.toml":
        (folder / "tea.md").write_text("---\nrecipe: mine.toml\n---\n" + TEA, "utf-8")
    for command in ("check", "import"):
        done = CliRunner().invoke(main, ["--database", database, command, str(folder)])
        assert (done.exit_code, done.stdout) == (1, "")
        [line] = done.stderr.splitlines()
        assert line.startswith(f"Error: {folder}/{message}")
    done = CliRunner().invoke(main, ["--database", database, "export", "cards", "--format", "jsonl"])
    assert (done.exit_code, done.stdout) == (0, "")


def test_an_unknown_recipe_is_told_with_those_there_are(folder: Path) -> None:
    (folder / "tea.md").write_text("---\nrecipe: speeking\n---\n" + TEA, "utf-8")
    with pytest.raises(RecipeError, match=r"tea\.md: there is no recipe “speeking”: name one of .*speaking.*TOML file"):
        check_documents([str(folder)])


def test_a_recipe_that_went_wrong_leaves_the_cards_as_they_were(folder: Path, store: Store, bring: Bring) -> None:
    (folder / "srs-recipe.toml").write_text(NEW, "utf-8")
    bring(folder)
    before = list(store.cards())
    (folder / "srs-recipe.toml").write_text(NEW + "under = 3\n", "utf-8")
    with pytest.raises(RecipeError):
        bring(folder)
    assert list(store.cards()) == before
