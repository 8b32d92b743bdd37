"""The benchmarks' own rules: made data is what it says, figures are what they are called. Nothing is timed here."""

import sqlite3
import time
from contextlib import closing

import pytest

from benchmarks import data, table
from benchmarks.cases import Row
from benchmarks.timing import growth, middle, ratio
from srs.importing import plan_import


def test_documents_hold_as_many_cards_as_they_say(store, tmp_path):
    data.documents(tmp_path / "phrases", 3, 20)
    data.documents(tmp_path / "mixed", 1, 20, mixed=True)
    assert len(plan_import(store, [str(tmp_path / "phrases")]).changes.added) == 60
    kinds = plan_import(store, [str(tmp_path / "mixed")]).by_document
    assert [dict(found) for found in kinds.values()] == [{"phrase": 20, "themes": 4, "critique": 3, "definition": 3}]


@pytest.mark.parametrize("together", [True, False])
def test_an_edit_rewords_one_card_in_a_hundred(store, tmp_path, now, together):
    from srs.importing import apply_plan

    data.documents(tmp_path, 10, 20)
    apply_plan(store, plan_import(store, [str(tmp_path)]), now)
    edited = data.edit(tmp_path, share=10 if together else 100, together=together, version=1)
    plan = plan_import(store, [str(tmp_path)])
    assert (edited, len(plan.changes.edited), plan.unread) == ((20, 20, 9) if together else (2, 2, 8))


def test_a_made_collection_is_the_same_twice_and_holds_what_it_says(tmp_path):
    def rows(name):
        with closing(sqlite3.connect(data.collection(tmp_path / name, data.Size(300, 900, 20)))) as connection:
            due = f"state = 2 AND due <= 1000000 * {int(time.time())}"
            numbers = connection.execute(f"SELECT count(*), sum(reps), sum({due}) FROM cards").fetchone()
            assert numbers == (300, 900, 20)
            return connection.execute("SELECT * FROM revlog ORDER BY id").fetchall()

    answers = rows("one.db")
    assert len(answers) == 900
    assert answers == rows("two.db")


def test_growth_is_the_exponent_of_the_power_law_through_the_points():
    assert growth([(1, 3), (10, 30), (100, 300)]) == pytest.approx(1)
    assert growth([(1, 5), (100, 5)]) == pytest.approx(0)
    assert growth([(10, 1), (100, 10**0.5)]) == pytest.approx(0.5)


def test_ratios_are_taken_pair_by_pair():
    assert ratio([1, 20, 3], [1, 10, 1]) == 2
    assert middle(list(range(101))) == (50, 99)


@pytest.mark.parametrize(
    ("row", "reached"),
    [
        (Row("a", 3, "s", ratio=1.2, bound="≤ 1.3"), True),
        (Row("a", 3, "s", ratio=1.4, bound="≤ 1.3"), False),
        (Row("a", 3, "s", bound="≤ 1.3"), None),
        (Row("a", 81, "MB", ratio=0.1, bound="≤ 80 MB"), False),
        (Row("a", 300_000, "/s", bound="≥ 200000 /s"), True),
        (Row("a", 3, "s"), None),
    ],
)
def test_a_bound_is_that_of_the_ratio_or_where_it_names_a_unit_of_the_figure(row, reached):
    assert row.is_reached is reached


def test_the_table_takes_the_place_between_the_marks(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n\n{table.BEGIN}\nold\n{table.END}\n\nafter\n")
    rows = [Row("import", 2.0, "s", size, "peer", 4.0, 0.5, "≤ 1.0") for size in (1_000, 1_000_000)]
    table.write(readme, table.as_text(rows, {"machine": "small"}))
    text = readme.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "| import | 1M | 2 s | peer | 4 s | 0.50 | ≤ 1.0 | ✓ |" in text
    assert "| import | 1k, 1M | 0.00 |" in text
    assert "old" not in text
