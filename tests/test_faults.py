"""Disks that are full or fail, folders that vanish, and several processes: a clear error, and the collection as before."""

import os
import sqlite3
import subprocess
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from databases import held, processes
from sqlalchemy import event

from srs.cards import Preset, Rating
from srs.care import backups as care
from srs.care.doctor import diagnose
from srs.days import Days
from srs.errors import DatabaseError, StaleCard
from srs.notes import Changes, Document, Note
from srs.settings import Settings
from srs.store import link, open_store
from srs.store.files import verified
from srs.study import Session

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)


def add_cards(store, number, path="/a.md", words="So."):
    notes = tuple(Note("qa", f"{path} {n}", words, path=path, prompt=f"{path} {n}") for n in range(number))
    store.apply(Changes(added=notes), [Document(path, "", path.encode(), "a")], NOW)


def session_of(store):
    return Session(store, Preset(new_per_day=9999), Days(UTC), cram=True, cram_counts=True)


def settings_of(path):
    return Settings(str(path), Days(UTC), Preset(new_per_day=9999))


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "kept" / "srs.db"
    with closing(open_store(str(path))) as store:
        add_cards(store, 3)
    return path


@pytest.fixture
def three(database):
    """A collection of three cards, on either database."""
    with closing(open_store(database)) as store:
        add_cards(store, 3)
    return database


# -- the disk fails


DO = {
    "answer": lambda store: session_of(store).answer(store.card(2), Rating.GOOD, NOW, 1),
    "import": lambda store: add_cards(store, 3, "/b.md"),
    "undo": lambda store: store.take_back(),
}


def broken(store):
    """What the driver says of a disk that fails."""
    if store._engine.dialect.name == "sqlite":
        return sqlite3.OperationalError("disk I/O error")
    from psycopg.errors import IoError

    return IoError("could not write block 7 of relation base/5/16384: Input/output error")


@contextmanager
def failing_at(store, statement):
    """The disk fails when that statement is executed, counted from 0; yields a list that holds it once it has."""
    count, failed = iter(range(10_000)), []

    @event.listens_for(store._engine, "do_execute")
    def execute(_cursor, text, _parameters, _context):
        if next(count) == statement:
            failed.append(text)
            raise broken(store)

    yield failed
    event.remove(store._engine, "do_execute", execute)


@pytest.mark.parametrize("what", DO)
def test_a_disk_that_fails_at_any_statement_leaves_the_collection_as_it_was(three, what):
    with closing(open_store(three)) as store:
        session_of(store).answer(store.card(1), Rating.GOOD, NOW, 1)
        before = held(three)
        for statement in range(1000):
            with failing_at(store, statement) as failed:
                try:
                    DO[what](store)
                except DatabaseError as error:
                    assert "disk error" in str(error)  # noqa: PT017
            if not failed:
                break
            assert held(three) == before
        assert statement > 5
        assert held(three) != before


@pytest.mark.parametrize("what", DO)
def test_a_disk_that_fails_at_the_commit_leaves_the_collection_as_it_was(three, what, monkeypatch):
    with closing(open_store(three)) as store:
        before = held(three)

        def fail(_connection):
            raise broken(store)

        with monkeypatch.context() as changed:
            changed.setattr(store._engine.dialect, "do_commit", fail)
            with pytest.raises(DatabaseError, match="disk error"), store._writing() as connection:
                connection.exec_driver_sql("UPDATE decks SET name = 'x'")
        assert held(three) == before
        DO[what](store)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = (
        os.name == "posix"
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("only root may mount a small disk: max_page_count stands in for it in test_store")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_a_clear_error_and_every_acknowledged_answer_is_there(small_disk):
    path = small_disk / "srs.db"
    with closing(open_store(str(path))) as store:
        add_cards(store, 5, words="word " * 100)
        session, given = session_of(store), 0

        def answer_on():
            nonlocal given
            for minute in range(5000):
                session.answer(store.card(minute % 5 + 1), Rating.GOOD, NOW + timedelta(minutes=minute), 1)
                given += 1

        with pytest.raises(DatabaseError, match="no room left"):
            answer_on()
        with pytest.raises(DatabaseError, match="no room left"):
            add_cards(store, 500, "/b.md", words="word " * 1000)
        with pytest.raises(DatabaseError, match="no room left"):
            care.back_up(settings_of(path), NOW)
        assert given == sum(len(store.history(card)) for card in range(1, 6)) > 0
        assert diagnose(store, settings_of(path), NOW + timedelta(days=4000)) == []
    assert [file.name for file in (small_disk / "backups").iterdir()] == [], "nothing half made is left"


def test_a_folder_that_vanished_takes_no_answer(path):
    with closing(open_store(str(path))) as store:
        session = session_of(store)
        session.answer(store.card(1), Rating.GOOD, NOW, 1)
        kept = path.parent.rename(path.parent.with_name("elsewhere"))
        with pytest.raises(DatabaseError, match="no longer where it was"):
            session.answer(store.card(2), Rating.GOOD, NOW, 1)
        kept.rename(path.parent)
        session.answer(store.card(2), Rating.GOOD, NOW, 1)
        rmtree(path.parent)
        with pytest.raises(DatabaseError, match="no longer where it was"):
            session.answer(store.card(3), Rating.GOOD, NOW, 1)


def test_a_collection_that_was_replaced_as_a_file_takes_no_answer_of_the_old_one(path, tmp_path):
    with closing(open_store(str(path))) as store:
        card = store.card(1)
        copy = tmp_path / "copy.db"
        copy.write_bytes(path.read_bytes())
        copy.replace(path)
        with pytest.raises(DatabaseError, match="no longer where it was"):
            session_of(store).answer(card, Rating.GOOD, NOW, 1)


@contextmanager
def as_somebody(folder):
    """Root may write anywhere: a folder is somebody's, and so is this process for a while."""
    if os.geteuid() != 0:
        yield
        return
    somebody = 65534
    for place in (folder, *folder.rglob("*")):
        os.chown(place, somebody, -1)
    os.seteuid(somebody)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name == "nt", reason="folders are read-only as POSIX has it")
def test_a_read_only_folder_is_a_clear_error(path):
    with TemporaryDirectory() as root:  # the folder of the test is closed to others
        path = path.rename(Path(root) / "srs.db")
        with as_somebody(Path(root)):
            Path(root).chmod(0o500)
            path.chmod(0o400)
            with pytest.raises(DatabaseError, match=r"read-only|cannot be opened"):
                add_to(str(path))
            path.chmod(0o600)
            Path(root).chmod(0o700)
            add_to(str(path))


def add_to(database):
    with closing(open_store(database)) as store:
        add_cards(store, 1, "/b.md")


# -- several processes


def review_on(database: str, name: int, tell) -> None:
    """Answer cards until none is left; tell how many answers counted, and how many another one had given."""
    answers = stale = 0
    with closing(open_store(database)) as store:
        session = session_of(store)
        tell.send(None)
        at = NOW + timedelta(seconds=name)
        while (card := session.next(at)) is not None:
            try:
                session.answer(card, Rating.GOOD, at, 1)
                answers += 1
            except StaleCard:
                stale += 1
    tell.send((answers, stale))


def test_two_reviews_an_import_and_a_backup_at_the_same_time(three):
    with closing(open_store(three)) as store:
        add_cards(store, 40, "/many.md")
    context = processes()
    reviews = []
    for name in range(2):
        hear, tell = context.Pipe(duplex=False)
        child = context.Process(target=review_on, args=(three, name, tell))
        child.start()
        tell.close()
        reviews.append((child, hear))
    for _, hear in reviews:
        hear.recv()
    with closing(open_store(three)) as store:
        add_cards(store, 5, "/b.md")
    made = care.back_up(settings_of(three), NOW)
    told = [hear.recv() for _, hear in reviews]
    for child, hear in reviews:
        child.join()
        hear.close()
    assert verified(made.file).rows["cards"] == 48
    with closing(open_store(three)) as store:
        assert sum(answers for answers, _ in told) == sum(len(store.history(card.id)) for card in list(store.cards()))
        assert {card.schedule.reps for card in list(store.cards()) if card.id <= 43} <= {1, 2}
        found = diagnose(store, settings_of(three), NOW + timedelta(days=4000))
        # Each of the two has a clock of its own, so one may answer "before" the other: that alone may be said.
        assert [finding for finding in found if "a clock was set back" not in finding.message] == []


def test_a_session_holds_no_lock_while_a_card_is_shown(three, monkeypatch):
    monkeypatch.setattr(link, "LOCK_WAIT_SECONDS", 0.05)
    with closing(open_store(three)) as store, closing(open_store(three)) as other:
        session = session_of(store)
        card = session.next(NOW)
        session.preview(card, NOW)
        with other._writing() as connection:
            lock = "LOCK TABLE cards, notes, revlog IN ACCESS EXCLUSIVE MODE"
            connection.exec_driver_sql("SELECT 1" if "://" not in three else lock)
        began = time.monotonic()
        session.answer(card, Rating.GOOD, NOW, 1)
        assert time.monotonic() - began < 4
