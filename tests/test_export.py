import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from math import copysign

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from srs.cards import Preset, Rating
from srs.cli import main
from srs.days import Days
from srs.errors import SrsError
from srs.export import batches, pieces, records
from srs.export.times import clock, instant
from srs.notes import Note
from srs.records.schema import COLUMNS, SCHEMAS, VERSION
from srs.records.writing import SIGNS, cell, plainly, require_arrow, speller, write, write_parquet
from srs.store import reviews as store_reviews
from srs.store.reviews import Places, Which
from srs.study import Session

DAYS = Days(UTC)
CONTRACT = {
    "cards": """id deck kind prompt answer items tags source state due stability_days difficulty reps lapses suspended
        retired""",
    "reviews": """card_id deck kind reviewed_at rating state_before elapsed_days scheduled_days stability_before
        difficulty_before retrievability duration_seconds""",
    "stats": """day deck reviews new_cards again hard good easy true_retention minutes cards_in_review
        cards_due_next_day""",
}
AWKWARD = 'He said "no", then:\n* naïve — 日本語 🎉'


@pytest.fixture
def collection(store, a_card, now):
    """Two cards, one of them with three answers."""
    note = Note("themes", "Why, oh why?", AWKWARD, ("one, two", "three"), line=3, rule="r", tags=("t",))
    card = a_card("talk/würde", note=note)
    a_card("other", suspended=True)
    session, at = Session(store, Preset(), DAYS), now
    for days, rating in ((0, Rating.EASY), (9, Rating.AGAIN), (9, Rating.GOOD)):
        at = now + timedelta(days=days, microseconds=123456)
        session.answer(store.card(card.id), rating, at, 2.5)
    return store


def exported(store, what, form, deck=None):
    out = io.BytesIO()
    number = write(pieces(store, what, form, DAYS, Which(deck)), what, form, out)
    return number, out.getvalue().decode()


@pytest.mark.parametrize("what", CONTRACT)
def test_the_columns_begin_with_those_of_the_contract(collection, what):
    names, fixed = list(COLUMNS[what]), CONTRACT[what].split()
    assert names[: len(fixed)] == fixed
    assert not any(field.exact for field in SCHEMAS[what][: len(fixed)])
    _, text = exported(collection, what, "csv")
    assert next(csv.reader(io.StringIO(text, newline=""))) == names
    _, text = exported(collection, what, "jsonl")
    for line in text.splitlines():
        assert list(json.loads(line)) == names


@pytest.mark.parametrize("what", CONTRACT)
def test_csv_and_json_lines_hold_the_same_records(collection, what):
    number, text = exported(collection, what, "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    as_jsonl, lines = exported(collection, what, "jsonl")
    values = [json.loads(line) for line in lines.splitlines()]
    assert number == as_jsonl == len(rows) == len(values) > 0
    for row, value in zip(rows, values, strict=True):
        for name, text in row.items():
            expected = value[name]
            if expected in (None, ""):
                assert text == ""
            elif isinstance(expected, str):
                assert text == (f"'{expected}" if expected[0] in "=+-@'" else expected)
            else:
                assert json.loads(text) == expected


def test_csv_is_that_of_rfc_4180(collection):
    _, text = exported(collection, "cards", "csv")
    assert f'"{AWKWARD.replace(chr(34), chr(34) * 2)}"' in text
    assert text.endswith("\r\n")
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    assert outside.count("\n") == outside.count("\r\n") == 3


@pytest.mark.parametrize("what", CONTRACT)
def test_times_are_iso_8601_in_utc(collection, what):
    for record in records(collection, what, DAYS):
        for name in {"due", "reviewed_at", "due_before"} & record.keys():
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record[name])
        if "day" in record:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", record["day"])


def test_a_card_is_exported_whole(collection):
    first, second = records(collection, "cards", DAYS)
    assert (first["answer"], first["items"], first["tags"]) == (AWKWARD, ["one, two", "three"], ["t"])
    assert first["source"] == {"path": "/notes/talk/würde.md", "line": 3, "rule": "r"}
    assert (first["state"], first["reps"], first["lapses"]) == ("review", 3, 1)
    assert (second["state"], second["stability_days"], second["suspended"]) == ("new", None, True)


def test_reviews_are_exported_oldest_first(collection):
    rows = list(records(collection, "reviews", DAYS))
    assert [row["rating"] for row in rows] == [4, 1, 3]
    assert [row["state_before"] for row in rows] == ["new", "review", "relearning"]
    assert [row["elapsed_days"] for row in rows] == [None, 9, 0]
    assert rows[0]["reviewed_at"] == "2025-01-15T12:00:00.123Z"
    assert rows[0]["retrievability"] is None
    assert 0 < rows[1]["retrievability"] < 1


@pytest.mark.parametrize("most", [0, 1, 100_000])
def test_answers_say_where_their_cards_are_however_few_are_remembered(collection, a_card, now, monkeypatch, most):
    monkeypatch.setattr(Places, "MOST", most)
    monkeypatch.setattr(store_reviews, "BLOCK", 2)
    session = Session(collection, Preset(), DAYS)
    for number, deck in enumerate(("None,", "=a", "talk/würde", "None,")):
        kind = ("qa", "phrase")[number % 2]
        card = a_card(deck, note=Note(kind, f"Question {number}", "Answer", line=number, rule="r"))
        for day in (20, 30):
            session.answer(collection.card(card.id), Rating.GOOD, now + timedelta(days=day + number), 1.0)
    cards = {card.id: (card.deck, card.kind) for card in collection.cards()}
    found = list(records(collection, "reviews", DAYS))
    assert len(found) == 11
    assert all((record["deck"], record["kind"]) == cards[record["card_id"]] for record in found)
    assert [record["id"] for record in found] == sorted(record["id"] for record in found)
    for which in (Which("talk"), Which(kind="qa"), Which("None,", "qa")):
        chosen = [record for record in found if which.deck is None or f"{record['deck']}/".startswith(f"{which.deck}/")]
        assert list(records(collection, "reviews", DAYS, which)) == [
            record for record in chosen if which.kind is None or record["kind"] == which.kind
        ]


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_time_out_of_tables_is_that_of_the_calendar(at):
    assert clock()((at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)) == instant(at)


def test_an_export_of_a_deck_holds_that_deck_only(collection):
    assert {record["deck"] for record in records(collection, "cards", DAYS, Which("talk"))} == {"talk/würde"}
    assert list(records(collection, "reviews", DAYS, Which("other"))) == []


def test_an_export_of_a_kind_and_of_some_days(collection):
    assert [record["kind"] for record in records(collection, "cards", DAYS, Which(kind="themes"))] == ["themes"]
    assert list(records(collection, "reviews", DAYS, Which(kind="qa"))) == []
    assert list(records(collection, "stats", DAYS, Which(kind="qa"))) == []
    for what, on_the_day in (("reviews", 2), ("stats", 1)):
        everything = list(records(collection, what, DAYS))
        last = date.fromisoformat(everything[-1]["day"]).toordinal()
        assert list(records(collection, what, DAYS, Which(since=last))) == everything[-on_the_day:]
        assert list(records(collection, what, DAYS, Which(until=last - 1))) == everything[:-on_the_day]


TYPES = {
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "text": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "instant": lambda v: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", v),
    "day": lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d", v),
    "texts": lambda v: all(isinstance(each, str) for each in v),
    "place": lambda v: list(v) == ["path", "line", "rule"],
    "json": lambda v: isinstance(v, dict),
}


@pytest.mark.parametrize("what", CONTRACT)
def test_every_value_is_what_the_schema_says(collection, what):
    for record in records(collection, what, DAYS):
        for field in SCHEMAS[what]:
            value = record[field.name]
            assert field.null if value is None else TYPES[field.type](value), (field, value)


@pytest.mark.parametrize("what", CONTRACT)
def test_the_command_says_what_every_column_means(what):
    done = CliRunner().invoke(main, ["export", what, "--fields"])
    for field in SCHEMAS[what]:
        assert field.meaning
        assert re.search(rf"^  {field.name} +{field.type}.*{re.escape(field.meaning)}", done.stdout, re.MULTILINE)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "＝1", "'=1", "'tis", "''"])
def test_no_cell_of_text_begins_as_a_formula_does_and_each_can_be_read_back(text):
    assert cell(text) == f"'{text}"
    assert cell(text)[0] not in SIGNS - {"'"}
    assert cell(-1.5) == "-1.5"  # a number is a number, and stays one


TEXTS = st.lists(st.sampled_from([*"=-+@'\"\t\r\n\0\\[],:1 é", "null", "x"]), max_size=6).map("".join)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9)


@given(st.lists(st.tuples(TEXTS | st.just("talk"), st.none() | TEXTS, NUMBERS, NUMBERS), max_size=8))
def test_the_fast_way_to_csv_writes_what_the_plain_one_does(values):
    rows = [(1, deck, "qa", "2025-01-15T12:00:00.000Z", 3, "new", *[number] * 3, *[other] * 2, 1.5, 1, "2025-01-15",
             None, "2025-01-14T12:00:00.000Z", None, 0, leech, leech) for deck, leech, number, other in values]  # fmt: skip
    assert speller("reviews", "csv")(rows) == plainly(rows)
    days = [("2025-01-15", deck, *range(6), number, other, 1, 2) for deck, _, number, other in values]
    assert speller("stats", "csv")(days) == plainly(days)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_as_it_was(number):
    spelt = cell(number)
    assert (float(spelt), copysign(1, float(spelt))) == (number, copysign(1, number))
    assert spelt == str(number) or "e" in str(number)


def test_parquet_holds_the_same_records_with_true_types(collection, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    for what in CONTRACT:
        number = write_parquet(batches(collection, what, DAYS), what, tmp_path / "x.parquet")
        table = parquet.read_table(tmp_path / "x.parquet")
        expected = list(records(collection, what, DAYS))
        assert number == len(expected) == table.num_rows
        assert table.column_names == list(COLUMNS[what])
        assert table.schema.metadata[b"srs"] == f"{what} {VERSION}".encode()
        assert table.field(0).metadata[b"meaning"].decode() == SCHEMAS[what][0].meaning
        for row, record in zip(table.to_pylist(), expected, strict=True):
            for name, value in row.items():
                if isinstance(value, datetime):
                    assert instant(value) == record[name]
                elif not isinstance(record[name], dict) or name == "source":
                    assert (value.isoformat() if isinstance(value, date) else value) == record[name]


def test_without_pyarrow_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr("srs.records.writing.find_spec", lambda _: None)
    with pytest.raises(SrsError, match=r"pip install 'srs\[parquet\]'"):
        require_arrow()


def test_nothing_to_export_is_a_header_alone(store):
    assert exported(store, "reviews", "csv")[1].split("\r\n")[1:] == [""]
    assert exported(store, "reviews", "jsonl") == (0, "")
