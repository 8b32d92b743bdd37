"""What only a server has: addresses, schemas, locks, connections that are lost. All else is tested with `fresh`."""

import os
import shutil
import threading
from contextlib import closing

import pytest
from click.testing import CliRunner
from databases import held
from sqlalchemy import create_engine, text

from srs.cards import Preset, Rating
from srs.care import backups as care
from srs.care.moving import from_file
from srs.cli import main
from srs.days import Days
from srs.errors import DatabaseError
from srs.notes import Changes, Document, Note
from srs.settings import Settings
from srs.shipped import shipped
from srs.store import copying, database, link, open_store
from srs.store.version import SCHEMA
from srs.study import Session


@pytest.fixture
def address(server):
    with server.nowhere() as address:
        yield address


@pytest.fixture
def saved(address):
    with closing(open_store(address)) as store:
        yield store


def execute(address, statement):
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def one_card(store, now, words="Why?"):
    note = Note("qa", words, "So.", path="/a.md", prompt=words)
    store.apply(Changes(added=(note,)), [Document("/a.md", "", b"", "a")], now)
    return next(card for card in list(store.cards()) if card.prompt == words)


def answer(store, card, now):
    return Session(store, Preset(), Days()).answer(card, Rating.GOOD, now, 1)


def test_a_learners_day_on_a_server(address):
    def srs(*arguments):
        done = CliRunner().invoke(main, ["--database", address, *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    assert "Next: srs review" in srs("import", "--starter")
    assert "new, 0 learning" in srs()
    done = CliRunner().invoke(main, ["--database", address, "review"], input="\n3\n\n1\nu\nq\n")
    assert "1 answer in" in done.output
    assert "1" in srs("cards", "rated:1", "--json")
    assert "1 card suspended" in srs("suspend", "1")
    for taken_back in ("1 card suspended", "Good", "the import of"):
        assert taken_back in srs("undo")
    assert "There are no cards yet" in srs()


def test_two_learners_on_one_server_know_nothing_of_each_other(server, now):
    with server.nowhere() as ana, server.nowhere() as ben:
        execute(ben, f"CREATE SCHEMA {ben.rpartition('%3D')[2]}")
        with closing(open_store(ana)) as anas, closing(open_store(ben)) as bens:
            answer(anas, one_card(anas, now, "Ana's?"), now)
            one_card(bens, now, "Ben's?")
            assert [card.prompt for card in anas.cards()] == ["Ana's?"]
            assert [(card.prompt, card.schedule.reps) for card in bens.cards()] == [("Ben's?", 0)]
            with anas._writing():
                answer(bens, bens.card(1), now)


def test_first_starts_at_the_same_time_make_one_collection(address, now):
    execute(address, f"CREATE SCHEMA {address.rpartition('%3D')[2]}")
    failed = []

    def start():
        try:
            open_store(address).close()
        except DatabaseError as error:
            failed.append(error)

    starts = [threading.Thread(target=start) for _ in range(3)]
    [thread.start() for thread in starts]
    [thread.join() for thread in starts]
    assert failed == []
    with closing(open_store(address)) as store:
        one_card(store, now)


def test_a_second_writer_waits_for_the_first_and_sees_what_it_wrote(address, saved, now):
    card = one_card(saved, now)
    with closing(open_store(address)) as other:
        thread = threading.Thread(target=other.apply, args=(Changes(), [Document("/b.md", "", b"", "b")], now))
        with saved._writing() as connection:
            thread.start()
            thread.join(0.3)
            assert thread.is_alive()
            connection.execute(text("INSERT INTO decks (name) VALUES ('b')"))
        thread.join()
        assert other.deck_names() == ["a", "b"]
        assert other.card(card.id) == card


def test_a_collection_locked_for_longer_is_a_clear_error_and_stays_as_it_was(address, saved, now, monkeypatch):
    monkeypatch.setattr(link, "LOCK_WAIT_SECONDS", 0.05)
    card = one_card(saved, now)
    with closing(open_store(address)) as other:
        with other._writing(), pytest.raises(DatabaseError, match="in use by another program"):
            answer(saved, card, now)
        assert saved.card(card.id) == card
        answer(saved, card, now)


def test_who_reads_sees_one_state_of_the_collection(saved, now):
    first = one_card(saved, now)
    with saved._reading() as connection:
        assert saved._card(saved._ask(connection), first.id) == first
        answer(saved, first, now)
        assert saved._card(saved._ask(connection), first.id) == first
    assert saved.card(first.id).schedule.reps == 1


def test_what_fails_because_of_an_interruption_is_an_interruption(saved):
    """Ctrl-C may come while the driver asks whether the server is still there, and have that fail."""

    def ask():
        with saved._reading() as connection:
            try:
                raise KeyboardInterrupt
            finally:
                connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(KeyboardInterrupt):
        ask()


def test_a_connection_that_was_lost_in_between_is_made_anew(address, now):
    name = f"lost by {os.getpid()}"
    lose = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
    with closing(open_store(f"{address}&application_name={name}")) as saved:
        card = one_card(saved, now)
        execute(address, lose)
        answer(saved, card, now)

        def lost_while_writing():
            with saved._writing() as connection:
                execute(address, lose)
                connection.execute(text("SELECT 1"))

        with pytest.raises(DatabaseError, match="cannot be reached"):
            lost_while_writing()
        assert saved.card(card.id).schedule.reps == 1


def test_a_collection_by_a_newer_srs_is_refused(address):
    open_store(address).close()
    execute(address, "UPDATE srs_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="made by a newer srs"):
        open_store(address)


def test_another_programs_schema_is_refused_and_left_as_it_is(address):
    execute(address, f"CREATE SCHEMA {address.rpartition('%3D')[2]}")
    execute(address, "CREATE TABLE customers (name text)")
    with pytest.raises(DatabaseError, match="belongs to another program"):
        open_store(address)


def test_to_look_at_a_schema_that_is_not_there_makes_nothing(address):
    for _ in range(2):
        with closing(open_store(address, look=True)) as store:
            assert list(store.cards()) == []
    engine = create_engine(address)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT current_schema()")).scalar() is None
    engine.dispose()


def test_a_restore_that_fails_on_the_way_leaves_all_as_it_was(address, saved, now, tmp_path, monkeypatch):
    one_card(saved, now)
    settings = Settings(address, Days())
    mine = care.back_up(settings, now, tmp_path / "mine.db").file
    one_card(saved, now, "What else?")
    before, seen = held(address), iter(range(1000))
    monkeypatch.setattr(copying, "_copied", lambda *_: next(seen))
    with pytest.raises(DatabaseError, match="not what was sent"):
        from_file(mine, address)
    assert held(address) == before


def test_the_doctor_mends_rows_astray_after_a_backup_that_has_them(address, saved, now):
    one_card(saved, now)
    astray = "INSERT INTO ticks (review_id, item, covered) VALUES (99, 'x', true)"
    execute(address, f"SET LOCAL session_replication_role = replica; {astray}")
    before = held(address)
    done = CliRunner().invoke(main, ["--database", address, "doctor", "--fix"])
    assert (done.exit_code, "mended: 1 of ticks" in done.stdout) == (0, True), done.output
    kept = done.stderr.removeprefix("What was there before: ").strip()
    assert held(kept) == before
    assert held(address)["ticks"] == []


FAILING = f"""
from alembic import op
revision, down_revision = "9998", "{SCHEMA}"
def upgrade():
    op.execute("CREATE TABLE half_made (id INTEGER)")
    op.execute("DELETE FROM cards")
    raise RuntimeError("half-way")
"""


def test_a_failed_upgrade_leaves_the_old_collection(address, saved, now, tmp_path, monkeypatch):
    card = one_card(saved, now)
    folder = tmp_path / "migrations"
    shutil.copytree(shipped("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9998_failing.py").write_text(FAILING)
    with monkeypatch.context() as changed:
        changed.setattr(database, "shipped", folder.with_name)
        changed.setattr(database, "SCHEMA", "9998")
        with pytest.raises(RuntimeError, match="half-way"):
            open_store(address)
    assert saved.card(card.id) == card
    with closing(open_store(address)) as again:
        assert again.card(card.id) == card


def test_an_address_where_nobody_answers_is_one_line_without_the_password():
    with pytest.raises(DatabaseError) as caught:
        open_store("postgresql://ana:secret@127.0.0.1:9/none?connect_timeout=2")
    assert "cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_database_that_is_not_there_is_one_line(server):
    with pytest.raises(DatabaseError, match="does not exist"):
        open_store(server.url.set(database="absent").render_as_string(hide_password=False))


def test_a_name_that_no_column_holds_is_a_clear_error(saved, now):
    with pytest.raises(DatabaseError, match="name this long"):
        saved.apply(Changes(), [Document("/b.md", "", b"", "b" * 501)], now)
    assert saved.deck_names() == []
