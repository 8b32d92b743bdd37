import csv
import io
import json
import re
from datetime import UTC, timedelta

import pytest

from srs.cards import Note, Preset, Rating
from srs.days import Days
from srs.export import COLUMNS, records, write
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
    out = io.StringIO(newline="")
    number = write(records(store, what, DAYS, deck), COLUMNS[what], form, out)
    return number, out.getvalue()


@pytest.mark.parametrize("what", CONTRACT)
def test_the_columns_are_those_of_the_contract(collection, what):
    names = CONTRACT[what].split()
    assert list(COLUMNS[what]) == names
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
        for name, cell in row.items():
            expected = value[name]
            if expected is None:
                assert cell == ""
            elif isinstance(expected, str):
                assert cell == expected
            else:
                assert json.loads(cell) == expected


def test_csv_is_that_of_rfc_4180(collection):
    _, text = exported(collection, "cards", "csv")
    assert f'"{AWKWARD.replace(chr(34), chr(34) * 2)}"' in text
    assert text.endswith("\r\n")
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    assert outside.count("\n") == outside.count("\r\n") == 3


@pytest.mark.parametrize("what", CONTRACT)
def test_times_are_iso_8601_in_utc(collection, what):
    for record in records(collection, what, DAYS):
        for name in {"due", "reviewed_at"} & record.keys():
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


def test_an_export_of_a_deck_holds_that_deck_only(collection):
    assert {record["deck"] for record in records(collection, "cards", DAYS, "talk")} == {"talk/würde"}
    assert list(records(collection, "reviews", DAYS, "other")) == []


def test_nothing_to_export_is_a_header_alone(store):
    assert exported(store, "reviews", "csv")[1].split("\r\n")[1:] == [""]
    assert exported(store, "reviews", "jsonl") == (0, "")
