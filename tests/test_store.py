import re
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from srs.cards import Preset, Rating, State
from srs.days import Days
from srs.errors import DatabaseError, DeckNotFound, NothingToUndo, StaleCard, StalePlan
from srs.notes import Changes, Document, Note
from srs.store import asking, imports, link, open_store
from srs.store.queue import open_queue
from srs.store.tables import cards, revlog
from srs.study import Session

AGAIN, HARD, GOOD, EASY = Rating


@pytest.fixture
def path(tmp_path):
    return tmp_path / "srs.db"


@pytest.fixture
def saved(path):
    """A collection in a file."""
    store = open_store(str(path))
    yield store
    store.close()


def a_session(store, deck=None, **options):
    return Session(store, Preset(), Days(), deck, **options)


def rows(store, table=cards):
    with store._reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]


def asked(store, now, deck=None):
    """Ids of all cards in the order they are asked; each is skipped in turn."""
    session, found = a_session(store, deck), []
    while (card := session.next(now)) is not None:
        found.append(card.id)
        session.skip(card)
    return found


# -- answers


def test_an_answer_is_a_card_row_and_a_revlog_row(store, a_card, now):
    card = a_card()
    after = a_session(store).answer(card, GOOD, now, 3.5)
    assert store.card(card.id).schedule == after
    [review] = store.history(card.id)
    assert (review.rating, review.at, review.seconds, review.before) == (GOOD, now, 3.5, card.schedule)


def test_an_answer_whose_revlog_row_cannot_be_written_leaves_the_card_as_it_was(saved, a_card, now):
    card = a_card(into=saved)
    with saved._writing() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no BEFORE INSERT ON revlog BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(Exception, match="no"):
        a_session(saved).answer(card, GOOD, now, 1)
    assert saved.card(card.id) == card


def test_a_second_answer_to_the_same_showing_is_stale_and_changes_nothing(store, a_card, now):
    card = a_card()
    a_session(store).answer(card, GOOD, now, 1)
    before = rows(store), rows(store, revlog)
    with pytest.raises(StaleCard):
        a_session(store).answer(card, EASY, now, 1)
    assert (rows(store), rows(store, revlog)) == before


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(Rating), st.integers(0, 90_000)), max_size=12))
def test_every_undo_gives_the_exact_row_before_the_answer_back_to_new(store, a_card, now, answers):
    ids = [a_card().id for _ in range(3)]
    session, at, history = a_session(store), now, []
    for which, rating, minutes in answers:
        at += timedelta(minutes=minutes, microseconds=minutes)
        history.append((rows(store), rows(store, revlog)))
        session.answer(store.card(ids[which]), rating, at, 1)
    for before in reversed(history):
        session.undo()
        assert (rows(store), rows(store, revlog)) == before
    assert session.tally.answers == 0
    with pytest.raises(NothingToUndo):
        session.undo()


def test_undo_survives_closing_the_collection(path, a_card, now):
    with closing(open_store(str(path))) as store:
        card = a_card(into=store)
        a_session(store).answer(card, EASY, now, 1)
    with closing(open_store(str(path))) as store:
        assert store.undo()[0] == card
        assert store.card(card.id) == card


# -- imports


def an_import(store, now, *answers, path="/more.md", after=None):
    notes = tuple(Note("qa", answer, answer, path=path, prompt=answer) for answer in answers)
    store.apply(Changes(added=notes), [Document(path, "", b"new", "more")], now, after=after)


def test_an_import_planned_on_another_state_is_refused_and_changes_nothing(store, a_card, now):
    a_card()
    planned_on = store.last_import()
    an_import(store, now, "one", after=planned_on)
    with pytest.raises(StalePlan):
        an_import(store, now, "two", path="/other.md", after=planned_on)
    store.take_back()
    an_import(store, now, "two", path="/other.md", after=planned_on)
    assert list(store.documents()) == ["/notes/notes.md", "/other.md"]


def test_an_answer_that_gets_the_number_of_one_taken_back_is_newer_than_the_import_between(store, a_card, now):
    card, session = a_card(), a_session(store)
    session.answer(card, GOOD, now, 1)
    an_import(store, now, "one")
    session.undo()
    session.answer(card, EASY, now, 1)
    assert store.take_back()[1].rating == EASY
    assert store.take_back().added == 1


def test_a_deck_that_other_cards_live_in_by_now_outlives_the_import_that_made_it(store, a_card, now):
    card = a_card("old")
    an_import(store, now, "one")
    with store._writing() as connection:
        connection.execute(update(cards).where(cards.c.id == card.id).values(deck_id=2))
    store.take_back()
    assert store.deck_names() == ["more", "old"]
    assert [c.deck for c in store.cards()] == ["more"]


def test_an_import_that_cannot_be_taken_back_whole_is_not_taken_back_at_all(saved, a_card, now):
    a_card(into=saved)
    an_import(saved, now, "one", "two")
    with saved._writing() as connection:
        connection.exec_driver_sql("CREATE TRIGGER no BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'no'); END")
    before = rows(saved), list(saved.cards()), saved.last_import()
    with pytest.raises(Exception, match="no"):
        saved.take_back()
    assert (rows(saved), list(saved.cards()), saved.last_import()) == before


def test_numbers_follow_the_documents_and_are_not_given_twice(store, now):
    an_import(store, now, *"abc")
    store.take_back()
    an_import(store, now, *(str(number) for number in range(1200)))
    assert [(card.id, card.prompt) for card in store.cards()] == [(4 + n, str(n)) for n in range(1200)]
    assert [row[1] for row in rows(store)] == list(range(4, 1204)), "each card its note"


# -- the queue


@pytest.mark.parametrize("aside", ["suspended", "buried", "retired"])
def test_a_card_put_aside_is_not_asked(store, a_card, now, aside):
    change = {"buried_until": now + timedelta(hours=1)} if aside == "buried" else {aside: True}
    a_card(**change)
    a_card(state=2, last_review=now - timedelta(days=3), due=now - timedelta(days=1), **change)
    shown = a_card()
    assert asked(store, now) == [shown.id]
    assert a_session(store).waiting(now) == (1, 0, 0)


def test_a_buried_card_is_back_when_its_time_is_over(store, a_card, now):
    card = a_card(buried_until=now)
    assert asked(store, now) == [card.id]


def test_a_deck_includes_the_decks_below_it_and_none_of_a_similar_name(store, a_card, now):
    a, below, _alike, other = a_card("a"), a_card("a/b"), a_card("ab"), a_card("A%")
    assert asked(store, now, "a") == [a.id, below.id]
    assert asked(store, now, "a/b") == asked(store, now, "/a/b/") == [below.id]
    assert asked(store, now, "A%") == [other.id]
    assert len(asked(store, now)) == 4


def test_an_unknown_deck_is_refused_with_the_nearest_name(store, a_card):
    a_card("interview/behavioral")
    with pytest.raises(DeckNotFound, match="did you mean “interview/behavioral”"):
        store.require_deck("interview/behavoral")
    with pytest.raises(DeckNotFound, match="did you mean “interview/behavioral”"):
        store.require_deck("behavioral")
    with pytest.raises(DeckNotFound, match="srs due lists them"):
        store.require_deck("xyzzy")


def plans(store, question):
    """The query plans of all that `question` asks of the queue."""
    asked = []

    def listen(_connection, _cursor, statement, parameters, _context, _many):
        if "cards.suspended IS" in statement:
            asked.append((statement, parameters))

    event.listen(store._engine, "before_cursor_execute", listen)
    question()
    event.remove(store._engine, "before_cursor_execute", listen)
    with store._reading() as connection:
        return [
            " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))
            for statement, parameters in asked
        ]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("deck", "queue", "new"),
    [(None, "ix_cards_queue", "ix_cards_new"), ("a", "ix_cards_queue_by_deck", "ix_cards_new_by_deck")],
)
def test_every_question_of_the_queue_uses_its_index(store, a_card, now, deck, queue, new):
    a_card("a", retired=True), a_card("b", retired=True)
    sought = asking.Asking(now, now, now, now, "retrievability-descending", 1, *[deck and [1]] * 3)

    def ask():
        store.count_new(sought, sought.decks, 20), store.next_new(sought)
        store.count_reviews(sought, sought.decks, 200), store.next_review(sought)
        store.count_learning(sought), store.next_learning(sought, until=now)

    of_new, fresh, of_reviews, review, of_learning, learning = plans(store, ask)
    indexes = {learning: queue, review: queue, of_reviews: queue, of_learning: queue, fresh: new, of_new: new}
    for plan, index in indexes.items():
        assert re.search(rf"USING (COVERING )?INDEX {index}\b", plan), plan
        assert not re.search(r"SCAN cards (?!USING (COVERING )?INDEX)", plan), plan
    for plan in plans(store, lambda: store.next_due(now)):
        assert re.search(r"SEARCH cards USING (COVERING )?INDEX ix_cards_queue \(state=\? AND due>\?\)", plan), plan
    for plan in (review, fresh, of_new, of_reviews):
        assert "SEARCH sibling USING INDEX uq_cards_note_id_ordinal (note_id=?)" in plan, plan
    assert "TEMP B-TREE" not in fresh, "one deck: the first row of the index is the answer"
    by_due = replace(sought, order="due")
    [in_order] = plans(store, lambda: store.next_review(by_due))
    assert "TEMP B-TREE" not in in_order, "the same, in the order of the index"


@pytest.mark.sqlite
def test_what_is_retired_is_found_by_an_index(store, a_card):
    retired, _, _ = a_card("a", retired=True), a_card("b", retired=True, suspended=True), a_card("b")
    assert list(store.retired_answers().values()) == [retired.answer]
    (plan,) = plans(store, store.retired_answers)
    assert "SEARCH cards USING INDEX ix_cards_deck_id (deck_id=? AND retired=?)" in plan


@pytest.mark.sqlite
def test_the_phrases_to_keep_apart_are_looked_up_once_and_by_an_index(store, a_card, now):
    last = a_card("a", note=Note("phrase", "f", "Answer", heading="Closing"))
    session = a_session(store)
    session.answer(last, EASY, now, 1)
    a_card("a")
    kept_apart = [plan for plan in plans(store, lambda: session.next(now)) if "notes" in plan]
    assert kept_apart
    for plan in kept_apart:
        assert "SEARCH notes USING INDEX ix_notes_document_id" in plan, plan
        assert "CORRELATED LIST SUBQUERY" not in plan, plan


@pytest.mark.sqlite
def test_counting_what_waits_uses_the_indexes(store, now):
    for plan in plans(store, lambda: a_session(store).waiting(now)):
        assert "INDEX ix_cards_" in plan, plan


@pytest.mark.sqlite
def test_counts_by_deck_search_the_indexes_by_deck_and_pass_over_no_other_cards(store, a_card, now):
    a_card("a"), a_card("b")
    [waiting] = plans(store, lambda: a_session(store).waiting_by_deck(now))
    assert waiting.count("SEARCH cards USING INDEX ix_cards_new_by_deck (deck_id=?)") == 1, waiting
    assert waiting.count("SEARCH cards USING INDEX ix_cards_queue_by_deck (deck_id=? AND state=? AND due<?)") == 2, (
        waiting
    )
    assert "SCAN cards" not in waiting, waiting


def test_a_stamp_tells_of_every_change_by_whomever(path, saved, a_card, now):
    a_card(into=saved)
    with closing(open_store(str(path))) as other:
        before = saved.stamp()
        assert saved.stamp() == before
        a_session(other).waiting(now)
        assert saved.stamp() == before, "to read is no change"
        a_session(other).answer(next(other.cards()), GOOD, now, 1)
        elsewhere = saved.stamp()
        assert elsewhere != before
        saved.undo()
        assert saved.stamp() == elsewhere.after_own() != elsewhere


def test_what_is_asked_at_once_is_of_one_state_and_one_transaction(path, saved, a_card, now):
    card = a_card(into=saved)
    begun = []
    event.listen(saved._engine, "begin", begun.append)
    with closing(open_store(str(path))) as other, saved.at_once():
        assert saved.card(card.id).schedule.reps == 0
        a_session(other).answer(card, GOOD, now, 1)
        assert saved.card(card.id).schedule.reps == 0
        with saved.at_once():
            assert saved.history(card.id) == []
    assert len(begun) == 1
    assert saved.card(card.id).schedule.reps == 1


def test_what_is_asked_side_by_side_is_answered_in_the_order_of_the_questions(path, saved, a_card):
    ids = [a_card(into=saved).id for _ in range(9)]

    def number(id):
        return lambda ask, _: ask("SELECT id FROM cards WHERE id = :id", {"id": id}).fetchone()[0]

    def mistake(*_):
        raise ZeroDivisionError

    with closing(open_queue(str(path))) as queue, closing(open_store(":memory:")) as alone:
        a_card(into=alone)
        assert alone.side_by_side(number(1), number(1)) == [1, 1]
        for each in (saved, queue, alone):
            assert each.side_by_side() == []
            for questions in ([number(1), mistake], [mistake, number(1)], [mistake, mistake]):
                with pytest.raises(ZeroDivisionError):
                    each.side_by_side(*questions)
        for each in (saved, queue):
            assert each.side_by_side(*map(number, ids)) == ids


def test_an_answer_of_ones_own_is_no_reason_to_survey_the_collection(saved, a_card, now):
    for _ in range(9):
        a_card(into=saved)
    session, asked = a_session(saved), []

    def answer_one():
        asked.clear()
        session.answer(session.next(now), GOOD, now, 1)
        session.next(now), session.waiting(now), session.today(now)

    answer_one()
    event.listen(saved._engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    answer_one()
    assert not [statement for statement in asked if "FROM decks" in statement or "FROM plans" in statement]
    a_card("another", into=saved)
    answer_one()
    assert [statement for statement in asked if "FROM decks" in statement]


def test_an_answer_and_the_next_card_cost_as_many_questions_in_a_large_collection_as_in_a_small_one(store, a_card, now):
    def asked_by_five_answers():
        session, asked = a_session(store), []
        session.next(now)
        event.listen(store._engine, "before_cursor_execute", listener := lambda *of: asked.append(of[2]))
        for _ in range(5):
            card = session.next(now)
            session.preview(card, now), session.answer(card, GOOD, now, 1)
            session.next(now), session.waiting(now), session.today(now)
        event.remove(store._engine, "before_cursor_execute", listener)
        return len(asked)

    for number in range(12):
        a_card(f"deck {number % 3}")
    asked_by_five_answers()  # some cards are being learned now, as they are later on
    small = asked_by_five_answers()
    for number in range(120):
        a_card(f"deck {number}")
    assert asked_by_five_answers() <= small


@pytest.mark.sqlite
def test_how_many_cards_a_deck_holds_is_counted_without_reading_them(store):
    asked = []
    event.listen(store._engine, "before_cursor_execute", lambda *of: asked.append(of[2:4]))
    store.held(1)
    counting, of = next(each for each in asked if "revlog" not in each[0] and "cards" in each[0])
    with store._reading() as connection:
        plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {counting}", of).all())
    assert "USING COVERING INDEX ix_cards_deck_id" in plan


# -- the file


def test_a_collection_is_durable_and_keeps_its_references(saved):
    def pragma(name):
        with saved._reading() as connection:
            return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    assert (pragma("journal_mode"), pragma("foreign_keys"), pragma("synchronous")) == ("wal", 1, 2)


def test_a_second_writer_waits_for_the_first(path, saved, a_card, now):
    card = a_card(into=saved)
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, lambda: holder.execute("COMMIT"))
    release.start()
    a_session(saved).answer(card, GOOD, now, 1)
    release.join()
    holder.close()
    assert len(saved.history(card.id)) == 1


def test_a_collection_locked_for_longer_is_a_clear_error_and_stays_as_it_was(path, a_card, now, monkeypatch):
    monkeypatch.setattr(link, "LOCK_WAIT_SECONDS", 0.05)
    with closing(open_store(str(path))) as store, closing(sqlite3.connect(path, isolation_level=None)) as holder:
        card = a_card(into=store)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="in use by another program"):
            a_session(store).answer(card, GOOD, now, 1)
        assert store.card(card.id) == card
        holder.execute("ROLLBACK")
        a_session(store).answer(card, GOOD, now, 1)


def test_two_sessions_on_one_file_see_each_other(path, saved, a_card, now):
    card = a_card(into=saved)
    with closing(open_store(str(path))) as other:
        a_session(other).answer(card, GOOD, now, 1)
        with pytest.raises(StaleCard):
            a_session(saved).answer(card, GOOD, now, 1)


def test_a_read_only_collection_can_be_read_and_says_so_when_written(path, a_card, now, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with closing(open_store(str(path))) as store:
        card = a_card(into=store)
    with closing(open_store(f"sqlite:///file:{path}?mode=ro&uri=true")) as store:
        assert store.card(card.id) == card
        with pytest.raises(DatabaseError, match="read-only"):
            a_session(store).answer(card, GOOD, now, 1)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith("file:")], "the URL is no path to make folders for"


def test_a_read_only_collection_that_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(DatabaseError, match="cannot be opened"):
        open_store(f"sqlite:///file:{tmp_path}/none.db?mode=ro&uri=true")


def fill_up(store):
    """From here on the file may not grow by a page, as on a full disk."""

    @event.listens_for(store._engine, "checkout")
    def checkout(connection, _record, _proxy):
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")


def test_an_import_onto_a_full_disk_is_one_clear_line_and_changes_nothing(saved, a_card, now):
    a_card(into=saved)
    before = list(saved.cards())
    notes = tuple(Note("qa", f"Q{n}", "long " * 100, path="/new.md", prompt=f"Q{n}") for n in range(500))
    fill_up(saved)
    with pytest.raises(DatabaseError, match="no room left") as caught:
        saved.apply(Changes(added=notes), [Document("/new.md", "", b"new", "new")], now)
    assert "\n" not in str(caught.value)
    assert list(saved.cards()) == before
    assert saved.deck_names() == ["notes"]
    assert "/new.md" not in saved.documents()


def test_an_answer_onto_a_full_disk_is_one_clear_line_and_keeps_those_before(saved, a_card, now):
    card, session = a_card(into=saved), a_session(saved)
    fill_up(saved)

    def answer_on():
        for minute in range(500):
            session.answer(saved.card(card.id), GOOD, now + timedelta(minutes=minute), 1)

    with pytest.raises(DatabaseError, match="no room left"):
        answer_on()
    given = session.tally.answers
    assert saved.card(card.id).schedule.reps == len(saved.history(card.id)) == given > 0


def a_foreign_database(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE customers (name)")
        connection.commit()


def a_text_file(path):
    path.write_text("Dear diary, this is not a database. " * 50)


def a_newer_collection(path):
    open_store(str(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE srs_version SET version_num = '9999'")
        connection.commit()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (a_foreign_database, "belongs to another program"),
        (a_text_file, "is not a database"),
        (a_newer_collection, "made by a newer srs"),
    ],
)
def test_a_file_that_is_not_ours_to_change_is_refused_and_stays_identical(path, make, message):
    make(path)
    before = path.read_bytes()
    with pytest.raises(DatabaseError, match=message):
        open_store(str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("address", ["nonsense://x", "sqlite+nothing:///x.db", "://", "mysql://u@h:99999999/x"])
def test_an_address_that_cannot_be_used_is_a_clear_error(address):
    with pytest.raises(DatabaseError):
        open_store(address)


def test_a_folder_in_place_of_the_file_is_a_clear_error(tmp_path):
    with pytest.raises(DatabaseError, match="cannot be opened"):
        open_store(str(tmp_path))


def test_a_file_in_place_of_the_folder_is_a_clear_error(tmp_path):
    Path(tmp_path / "file").write_text("")
    with pytest.raises(DatabaseError, match="cannot be made"):
        open_store(str(tmp_path / "file" / "srs.db"))


@pytest.mark.usefixtures("store")
def test_a_card_knows_its_content_and_place(a_card, now):
    note = Note(
        "themes", "Why?", "* a\n* b", ("a", "b"), path="/notes/x/y.md", line=7, rule="r", tags=("t",), prompt="Why?"
    )
    card = a_card("x/y", note=note)
    assert (card.deck, card.items, card.tags, card.path, card.line, card.rule, card.schedule.state) == (
        "x/y", ("a", "b"), ("t",), "/notes/x/y.md", 7, "r", State.LEARNING
    )  # fmt: skip
    assert replace(card.schedule, due=now) == card.schedule


def test_known_notes_are_those_of_the_documents_and_all_that_equal_one(store, now, monkeypatch):
    monkeypatch.setattr(imports, "CHUNK", 2)
    texts = ("one", "two", "three", "two", "four", "one", "three", "two", "five")
    paths = ("/0.md", "/1.md", "/2.md")
    notes = [
        Note("qa", f"Q {text}", text, path=paths[at % 3], line=at, tags=("x", "y")[: at % 3], prompt=str(at))
        for at, text in enumerate(texts)
    ]
    assert store.known_notes(paths, [note.digest for note in notes]) == []
    documents = [Document(path, "", b"1", "d") for path in paths]
    store.apply(Changes(added=tuple(notes)), documents, now)
    store.apply(Changes(retired=(2, 5)), documents, now)
    every = store.known_notes(paths, ())
    assert [(n.digest, n.path, n.line, n.prompt, n.tags, n.retired) for n in every] == [
        (n.digest, n.path, n.line, n.prompt, n.tags, n.line in {1, 4}) for n in notes
    ]
    asked = sorted({note.digest for note in notes})
    for size in range(4):
        for read in combinations(paths, size):
            for digests in ((), asked[:1], asked[1:], asked):
                wanted = [note for note in every if note.path in read or note.digest in digests]
                assert store.known_notes(read, digests) == wanted
