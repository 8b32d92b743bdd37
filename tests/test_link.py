"""A sitting's own way to a collection in a file: what goes wrong is one clear line, and nothing is lost or half done."""

import shutil
import sqlite3
import threading
from contextlib import closing, suppress

import pytest

from srs.cards import Preset, Rating
from srs.days import Days
from srs.errors import CollectionDamaged, DatabaseError
from srs.store import link, open_store
from srs.store.queue import Queue, open_queue
from srs.store.store import Store
from srs.study import Session

GOOD = Rating.GOOD
pytestmark = pytest.mark.sqlite


@pytest.fixture
def path(tmp_path):
    return tmp_path / "srs.db"


@pytest.fixture
def card(path, a_card):
    with closing(open_store(str(path))) as store:
        return a_card(into=store)


@pytest.fixture
def queue(path, card):
    assert card.id
    with closing(open_queue(str(path))) as queue:
        assert type(queue) is Queue
        yield queue


def answer(queue, card, now):
    return Session(queue, Preset(), Days()).answer(card, GOOD, now, 1)


def holder_of(path):
    return closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False))


def test_an_answer_is_durable_when_it_is_given(path, queue, card, now):
    after = answer(queue, card, now)
    assert queue._link._to.execute("PRAGMA synchronous").fetchone() == (2,)
    assert queue._link._to.execute("PRAGMA foreign_keys").fetchone() == (1,)
    with closing(open_store(str(path))) as other:
        assert other.card(card.id).schedule == after


def test_a_second_writer_waits_for_the_first(path, queue, card, now):
    with holder_of(path) as holder:
        holder.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, lambda: holder.execute("COMMIT"))
        release.start()
        answer(queue, card, now)
        release.join()
    assert len(queue.history(card.id)) == 1


def test_a_collection_locked_for_longer_is_a_clear_error_and_stays_as_it_was(path, card, now, monkeypatch):
    monkeypatch.setattr(link, "LOCK_WAIT_SECONDS", 0.05)
    with closing(open_queue(str(path))) as queue, holder_of(path) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseError, match="in use by another program"):
            answer(queue, card, now)
        assert queue.card(card.id) == card
        holder.execute("ROLLBACK")
        answer(queue, card, now)


def test_a_file_that_another_one_took_the_place_of_is_not_written_to(path, queue, card, now):
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    copy.rename(path)
    with pytest.raises(DatabaseError, match="no longer where it was"):
        answer(queue, card, now)


def test_an_answer_onto_a_full_disk_is_one_clear_line_and_keeps_those_before(queue, card, now):
    [pages] = queue._link._to.execute("PRAGMA page_count").fetchone()
    queue._link._to.execute(f"PRAGMA max_page_count = {pages}")
    session = Session(queue, Preset(), Days())

    def answer_on():
        for _ in range(500):
            session.answer(queue.card(card.id), GOOD, now, 1)

    with pytest.raises(DatabaseError, match="no room left"):
        answer_on()
    assert queue.card(card.id).schedule.reps == len(queue.history(card.id)) == session.tally.answers > 0


def test_an_answer_that_is_stopped_anywhere_is_there_whole_or_not_at_all(queue, card, now):
    """SQLite asks whether to go on after each step of its machine: at each one in turn it is told not to."""
    stopped = 0
    while not queue.history(card.id):
        stopped += 1
        left = iter(range(stopped))
        queue._link._to.set_progress_handler(lambda left=left: next(left, None) is None, 1)
        with suppress(sqlite3.OperationalError):
            answer(queue, card, now)
        queue._link._to.set_progress_handler(None, 1)
        assert queue.card(card.id).schedule.reps == len(queue.history(card.id))
    assert stopped > 20


@pytest.mark.usefixtures("card")
def test_a_damaged_file_is_one_clear_line(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    with pytest.raises(CollectionDamaged, match="srs restore FILE"):
        open_queue(str(path))


@pytest.mark.parametrize("make", ["nothing", "an older version", "a URL", "memory"])
@pytest.mark.usefixtures("card")
def test_what_is_no_up_to_date_file_is_opened_as_a_store(path, make):
    if make == "an older version":
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP INDEX ix_cards_deck_id")
            other.execute("CREATE INDEX ix_cards_deck_id ON cards (deck_id)")
            other.execute("UPDATE srs_version SET version_num = '0007'")
            other.commit()
    address = {"nothing": f"{path}.new", "a URL": f"sqlite:///{path}", "memory": ":memory:"}.get(make, str(path))
    with closing(open_queue(address)) as opened:
        assert type(opened) is Store
        assert opened.whole is opened
        assert len(opened.decks()) == (0 if make in {"nothing", "memory"} else 1)


@pytest.mark.parametrize("part", ["TRIGGER t AFTER INSERT ON revlog BEGIN SELECT 1; END", "VIEW v AS SELECT 1"])
@pytest.mark.usefixtures("card")
def test_a_file_with_foreign_parts_is_refused(path, part):
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"CREATE {part}")
    with pytest.raises(DatabaseError, match="triggers or views"):
        open_queue(str(path))
