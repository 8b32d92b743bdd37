"""What the doctor finds and mends; and that a healthy collection is called healthy, whatever was done to it."""

import json
import random
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isclose

import pytest
from click.testing import CliRunner
from databases import held, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from srs import curating
from srs.cards import Fitted, Preset, Rating
from srs.care.doctor import diagnose, treat
from srs.care.replay import doubts, rebuilt
from srs.cli import main
from srs.days import Days
from srs.errors import NothingToUndo
from srs.importing import import_documents
from srs.notes import Changes, Document, Note
from srs.parameters import DEFAULTS, MODEL
from srs.query import parse
from srs.scheduling import Scheduler
from srs.settings import Settings
from srs.store import open_store
from srs.store.tables import cards, metadata
from srs.study import Session

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)
SETTINGS = Settings("", Days(UTC))
DAY = timedelta(days=1)


def add_cards(store, number, path="/a.md"):
    notes = tuple(Note("qa", f"{path} {n}", f"So {n}.", path=path, prompt=f"{path} {n}") for n in range(number))
    store.apply(Changes(added=notes), [Document(path, "", path.encode(), "a")], NOW)


def findings(store, at=NOW + 4000 * DAY, options=SETTINGS):
    return [(finding.check, finding.mendable) for finding in diagnose(store, options, at)]


def change(store, statement):
    """Something that no program of ours would do."""
    with store._writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql(statement)


@pytest.fixture
def studied(store):
    """Four cards; the first three were answered over some weeks."""
    add_cards(store, 4)
    session, at = Session(store, Preset(), Days(UTC)), NOW
    for _ in range(6):
        for id, rating in ((1, Rating.GOOD), (2, Rating.HARD), (3, Rating.AGAIN)):
            session.answer(store.card(id), rating, at, 1)
        at += 9 * DAY
    return store


def test_a_collection_that_was_only_used_is_healthy(studied):
    assert findings(studied) == []


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(1, 3), st.sampled_from(Rating)),
        st.tuples(st.sampled_from(["undo", "reset", "bury", "suspend", "import"]), st.integers(1, 3), st.none()),
        st.tuples(st.just("settings"), st.integers(0, 2), st.none()),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 1440, 5000, 90_000]), st.none()),
    ),
    max_size=25,
)
OPTIONS = (
    Preset(),
    Preset(desired_retention=0.7, learning_steps=(1.0,), relearning_steps=()),
    Preset(desired_retention=0.99, learning_steps=(), relearning_steps=(5.0, 30.0), fuzz=False),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_a_learner_does_every_schedule_follows_from_the_answers_alone(fresh, steps):
    at, preset = NOW, Preset()
    with fresh() as store:
        add_cards(store, 3)
        for number, (what, card, rating) in enumerate(steps):
            at += timedelta(minutes=1)
            session = Session(store, preset, Days(UTC))
            moment = curating.moment(SETTINGS, at)
            match what:
                case "answer":
                    session.answer(store.card(card), rating, at, 1)
                case "undo":
                    try:
                        store.take_back()
                    except NothingToUndo:
                        add_cards(store, 3)
                    if store.card(1) is None:
                        add_cards(store, 3)
                case "reset":
                    curating.reset(store, parse(f"id:{card}"), moment)
                case "bury":
                    session.bury(store.card(card), at)
                case "suspend":
                    session.suspend(store.card(card), at)
                case "import":
                    add_cards(store, 1, f"/{number}.md")
                case "settings":
                    preset = OPTIONS[card]
                case _:
                    at += timedelta(minutes=card)
            if store.card(3) is None:  # the first import was taken back, and made again: other numbers
                return
        for options in OPTIONS:
            assert diagnose(store, Settings("", Days(UTC), options), at) == []
        scheduler = Scheduler(preset, Days(UTC))
        for card, answers in store.histories():
            if card.schedule.reps:
                again = rebuilt(answers, scheduler)
                kept = replace(again, state=card.schedule.state, step=card.schedule.step, due=card.schedule.due)
                assert isclose(kept.stability, card.schedule.stability)
                assert replace(kept, stability=card.schedule.stability) == card.schedule


WRONG = {
    "stability": {"stability": 99.0},
    "difficulty": {"difficulty": 9.99},
    "no stability": {"stability": None},
    "reps": {"reps": 3},
    "lapses": {"lapses": 7},
    "last review": {"last_review": NOW + 2 * DAY},
    "state": {"state": 1, "step": 0},
    "due far ahead": {"due": NOW + 3000 * DAY},
    "due before the answer": {"due": NOW},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_schedule_that_does_not_follow_from_the_answers_is_found_and_mended(studied, wrong):
    right = [card.schedule for card in list(studied.cards())]
    with studied._writing() as connection:
        connection.execute(update(cards).where(cards.c.id == 1).values(WRONG[wrong]))
    [finding] = found = diagnose(studied, SETTINGS, NOW + 4000 * DAY)
    assert (finding.check, finding.cards, finding.mendable) == ("schedule", (1,), True)
    treat(studied, SETTINGS, NOW, found)
    assert findings(studied) == []
    mended = [card.schedule for card in list(studied.cards())]
    assert mended[1:] == right[1:]
    if "due" not in wrong:
        assert mended[0] == right[0], "also the fuzz is that of then"
    assert studied.take_back().what == "1 card rescheduled by their answers"
    assert len(findings(studied)) == 1


def test_a_card_that_looks_answered_without_an_answer_is_found_and_left(studied):
    change(studied, "DELETE FROM revlog WHERE card_id = 2")
    assert findings(studied) == [("schedule", False)]


def test_a_sample_of_schedules_is_as_the_answers_have_it_and_random_ones_are_not(studied):
    scheduler, chance = Scheduler(Preset(), Days(UTC)), random.Random(1)
    for card, answers in studied.histories():
        assert doubts(card, answers, scheduler) == []
        for _ in range(20):
            other = replace(card.schedule, stability=chance.uniform(0.1, 300))
            assert doubts(replace(card, schedule=other), answers, scheduler)


@pytest.mark.parametrize(
    ("statement", "mendable"),
    [
        ("INSERT INTO ticks (review_id, item, covered) VALUES (9999, 'x', true)", True),
        ("INSERT INTO echoes (note_id, document_id, line) VALUES (9999, 1, 1)", True),
        ("UPDATE cards SET note_id = 9999 WHERE id = 4", False),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(database, statement, mendable):
    with closing(open_store(database)) as store:
        add_cards(store, 4)
        # A connection like any other checks no reference on SQLite, and on PostgreSQL none that is told not to.
        rows(database, f"SET LOCAL session_replication_role = replica; {statement}" if "://" in database else statement)
        assert ("reference", mendable) in findings(store)
        treat(store, SETTINGS, NOW, diagnose(store, SETTINGS, NOW))
        assert (findings(store) == []) is mendable


def test_a_lost_index_is_found_and_made_again(nowhere):
    with closing(open_store(nowhere)) as store:
        change(store, "DROP INDEX ix_cards_queue")
        assert findings(store) == [("schema", True)]
        treat(store, SETTINGS, NOW, diagnose(store, SETTINGS, NOW))
        assert findings(store) == []


def test_a_lost_column_is_found(nowhere):
    with closing(open_store(nowhere)) as store:
        change(store, "ALTER TABLE notes DROP COLUMN anchor")
        assert findings(store) == [("schema", False)]


def test_a_collection_that_lacks_a_part_says_so_in_one_line_to_every_command(nowhere):
    open_store(nowhere).close()
    rows(nowhere, "ALTER TABLE notes RENAME COLUMN anchor TO lost")
    for arguments in (["cards"], ["export", "cards"]):
        done = CliRunner().invoke(main, ["--database", nowhere, *arguments])
        said = done.stderr.strip()
        assert (done.exit_code, said.endswith("lacks a part of its schema: srs doctor says which")) == (1, True), said
    assert "the column notes.anchor is missing" in CliRunner().invoke(main, ["--database", nowhere, "doctor"]).output


def test_two_cards_that_ask_the_same_are_found(studied):
    change(studied, "UPDATE notes SET digest = (SELECT digest FROM notes WHERE id = 1) WHERE id = 4")
    [finding] = diagnose(studied, SETTINGS, NOW + 4000 * DAY)
    assert (finding.check, finding.cards) == ("duplicate", (1, 4))


def test_times_that_have_not_come_yet_are_found(studied):
    assert findings(studied, NOW - DAY) == [("clock", False)] * 2


def test_an_answer_before_the_one_that_it_follows_is_told_and_counts(store):
    add_cards(store, 1)
    session = Session(store, Preset(), Days(UTC))
    session.answer(store.card(1), Rating.GOOD, NOW, 1)
    session.answer(store.card(1), Rating.GOOD, NOW - 3 * DAY, 1)
    assert findings(store) == [("clock", False)]


def test_the_starter_decks_have_no_doubles(store):
    import_documents(store, [], None, NOW, starter=True)
    assert findings(store) == []


def test_the_doctor_says_what_is_wrong_and_mends_it_after_a_backup(database):
    def srs(*arguments):
        return CliRunner().invoke(main, ["--database", database, "doctor", *arguments])

    with closing(open_store(database)) as store:
        add_cards(store, 2)
        Session(store, Preset(), Days(UTC)).answer(store.card(1), Rating.GOOD, NOW, 1)
        assert srs().output == "Nothing is wrong with the collection.\n"
        change(store, "UPDATE cards SET stability = 99 WHERE id = 1")
    done = srs()
    assert done.exit_code == 1
    assert "schedule: the schedule of card 1 does not follow from its answers: its stability is 99.0" in done.output
    report = json.loads(srs("--json").output)
    assert [finding["cards"] for finding in report["findings"]] == [[1]]
    before = held(database)
    done = srs("--fix")
    assert (done.exit_code, "mended: " in done.output) == (0, True)
    assert held(done.stderr.removeprefix("What was there before: ").strip()) == before
    assert held(database) != before
    assert srs("--json").output == '{"findings": [], "mended": []}\n'


def test_every_reference_of_the_schema_is_looked_at(store):
    with store._reading() as connection:
        tables = {table.name for table in metadata.sorted_tables if table.foreign_keys}
        assert {"cards", "notes", "revlog", "ticks", "echoes"} <= tables
        assert connection is not None
    assert store.astray() == []


def test_memory_reckoned_by_parameters_that_were_in_force_before_is_no_finding(store, a_card, now):
    settings, id = Settings("", Days(UTC)), a_card().id

    def answered(at):
        session = Session(store, settings, settings.days)
        session.answer(store.card(id), Rating.GOOD, at, 5)

    answered(now)
    answered(now + timedelta(days=2))
    values = tuple(value * 1.1 if place < 4 else value for place, value in enumerate(DEFAULTS.values))
    store.keep_fit(None, Fitted(now + timedelta(days=3), values, MODEL, 100), "a fit")
    assert diagnose(store, settings, now + timedelta(days=3)) == []
    answered(now + timedelta(days=20))
    assert diagnose(store, settings, now + timedelta(days=20)) == []
