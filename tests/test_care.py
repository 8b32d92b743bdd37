"""Backups: when they are made, which are kept, and what becomes of a collection that one is put in the place of."""

import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from databases import Server, held
from hypothesis import given
from hypothesis import strategies as st

from srs.cards import Rating
from srs.care import backups as care
from srs.care.daily import safeguard
from srs.cli import main
from srs.days import Days
from srs.errors import CollectionDamaged, DatabaseError, StaleCard
from srs.notes import Changes, Document, Note
from srs.settings import Kept, Settings
from srs.store import database, link, open_store
from srs.study import Session

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept" / "srs.db"


@pytest.fixture
def settings(path):
    return Settings(str(path), Days(UTC))


def opened(settings, at=NOW):
    return closing(open_store(settings.database, safeguard=safeguard(settings, at)))


def add_cards(store, number, path="/a.md", now=NOW):
    notes = tuple(Note("qa", f"{path} {n}", "So.", path=path, prompt=f"{path} {n}") for n in range(number))
    store.apply(Changes(added=notes), [Document(path, "", path.encode(), "a")], now)


def fill(settings):
    with closing(open_store(settings.database)) as store:
        add_cards(store, 3)
        Session(store, settings, settings.days).answer(store.card(1), Rating.GOOD, NOW, 1)


@pytest.fixture
def collection(settings):
    """Three cards, one of them answered, in a file."""
    fill(settings)
    return settings


def content(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def names(path):
    return [file.name for file in care.backups(path)]


# -- when a backup is made


def test_the_first_change_of_a_day_finds_the_collection_backed_up(collection, path):
    before = content(path)
    with opened(collection) as store:
        assert names(path) == []
        add_cards(store, 1, "/b.md")
        add_cards(store, 1, "/c.md")
    assert names(path) == ["srs-2025-01-15.db"]
    assert content(care.backups(path)[0]) == before
    for days in (0, 1, 1):
        with opened(collection, NOW + timedelta(days=days)) as store:
            add_cards(store, 1, f"/{days}.md")
    assert names(path) == ["srs-2025-01-15.db", "srs-2025-01-16.db"]


def test_looking_makes_no_backup_and_an_empty_collection_has_none(settings, path):
    with opened(settings) as store:
        assert list(store.cards()) == []
        add_cards(store, 0)
        add_cards(store, 1)
        assert names(path) == []
        add_cards(store, 1, "/b.md")
    assert names(path) == ["srs-2025-01-15.db"]


def test_a_study_day_turns_at_four_for_backups_too(collection, path):
    with opened(collection, NOW.replace(hour=3)) as store:
        add_cards(store, 1, "/b.md")
    assert names(path) == ["srs-2025-01-14.db"]


@pytest.mark.usefixtures("collection")
def test_backups_can_be_turned_off_but_for_those_before_an_upgrade(path):
    off = Settings(str(path), Days(UTC), backups=None)
    with opened(off) as store:
        add_cards(store, 1, "/b.md")
    assert names(path) == []
    before = content(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE plans")
        connection.execute("UPDATE srs_version SET version_num = '0006'")
    with opened(off) as store:
        assert len(list(store.cards())) == 4
    assert names(path) == ["srs-2025-01-15-120000-before-upgrade.db"]
    assert len(content(care.backups(path)[0])) < len(before)


def test_an_upgrade_without_a_backup_is_not_made(collection, path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE plans")
        connection.execute("UPDATE srs_version SET version_num = '0006'")
    before = content(path)
    (path.parent / "backups").write_text("in the way")
    with pytest.raises(DatabaseError), opened(collection):
        pass
    assert content(path) == before


@pytest.mark.usefixtures("collection")
def test_that_the_days_backup_cannot_be_made_is_said_once_and_stops_nothing(path, tmp_path):
    (path.parent / "backups").write_text("in the way")
    (tmp_path / "b.md").write_text("# A\n## Q1: Why?\n**Key Themes:**\n- So\n")
    done = CliRunner().invoke(main, ["--database", str(path), "import", str(tmp_path / "b.md")])
    assert (done.exit_code, done.stderr.count("No backup was made today")) == (0, 1)


def test_backups_are_for_the_owners_eyes_only(collection, path):
    with opened(collection) as store:
        add_cards(store, 1, "/b.md")
        for file in (path, path.with_name("srs.db-wal"), path.with_name("srs.db-shm"), care.backups(path)[0]):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    for folder in (path.parent, path.parent / "backups"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_damaged_collection_is_not_backed_up_and_the_good_backups_stay(collection, path):
    good = care.back_up(collection, NOW).file
    damage(path)
    with pytest.raises(CollectionDamaged, match="is damaged"):
        care.back_up(collection, NOW + timedelta(minutes=1))
    assert care.backups(path) == [good]
    assert [p.name for p in good.parent.iterdir()] == [good.name], "nothing half made is left"


def damage(path):
    """Overwrite a page in the middle, as a failing disk does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        [page] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_notes_digest'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)


# -- which are kept


def days_back(*numbers):
    return [(date(2025, 12, 31) - timedelta(days=n), Path(f"{n}")) for n in sorted(numbers, reverse=True)]


def test_days_weeks_and_months_are_kept_as_told():
    stay = care.kept(days_back(*range(400)), Kept(daily=3, weekly=3, monthly=3))
    # The last day of the year was a Wednesday; Sundays and ends of months before it.
    assert sorted(int(file.name) for file in stay) == [0, 1, 2, 3, 10, 31, 61]


def test_by_default_some_thirty_are_kept_of_ten_years():
    stay = care.kept(days_back(*range(3650)), Kept())
    assert len(stay) <= 12 + 10 + 9
    assert max(int(file.name) for file in stay) > 8 * 30


def test_who_studies_rarely_keeps_as_many():
    assert len(care.kept(days_back(*range(0, 3650, 40)), Kept())) == 12


@given(st.lists(st.integers(0, 900)), st.builds(Kept, *[st.integers(0, 5)] * 3))
def test_the_newest_backup_always_stays_and_nothing_is_kept_beyond_the_numbers(days, numbers):
    files = [(day, Path(f"{place}")) for place, (day, _) in enumerate(days_back(*days))]
    stay = care.kept(files, numbers)
    assert len({day for day, file in files if file in stay}) <= numbers.daily + numbers.weekly + numbers.monthly
    if files and (numbers.daily or numbers.weekly or numbers.monthly):
        assert files[-1][1] in stay


def test_only_backups_of_this_collection_are_ever_thinned_out(collection, path):
    folder = path.parent / "backups"
    folder.mkdir()
    others = ("srs-2-2020-01-01.db", "srs-mine.db", "notes.txt", "srs-2020-01-01.db.old")
    for name in others:
        (folder / name).write_text("")
    for day in range(1, 30):
        (folder / f"srs-2020-01-{day:02d}.db").write_text("")
    with opened(collection) as store:
        add_cards(store, 1, "/b.md")
    assert set(others) < {file.name for file in folder.iterdir()}
    assert len(names(path)) == 12 + 2  # the last days of two weeks besides


def test_what_a_killed_copy_left_is_taken_away_when_it_is_old(collection, path):
    folder = path.parent / "backups"
    folder.mkdir()
    for name, at in ((".srs-2025-01-13.db.7.part", NOW - timedelta(days=2)), (".srs-2025-01-15.db.8.part", NOW)):
        (folder / name).touch()
        os.utime(folder / name, (at.timestamp(), at.timestamp()))
    with opened(collection) as store:
        add_cards(store, 1, "/b.md")
    assert {file.name for file in folder.iterdir()} == {".srs-2025-01-15.db.8.part", "srs-2025-01-15.db"}


# -- by hand


@pytest.fixture
def srs(database):
    def run(*arguments):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)])
        assert not done.exception or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def three_cards(database):
    """Three cards, one of them answered, on either database."""
    settings = Settings(database, Days(UTC))
    fill(settings)
    return settings


@pytest.mark.usefixtures("three_cards")
def test_backup_and_restore_by_hand(srs, database, tmp_path):
    before = held(database)
    assert "3 cards and 1 answer saved to" in srs("backup", tmp_path / "mine.db").output
    assert held(str(tmp_path / "mine.db")) == before
    assert stat.S_IMODE((tmp_path / "mine.db").stat().st_mode) == 0o600
    assert "is there already" in srs("backup", tmp_path / "mine.db").output
    with closing(open_store(database)) as store:
        add_cards(store, 5, "/b.md")
    after = held(database)
    done = srs("restore", tmp_path / "mine.db")
    assert "3 cards and 1 answer restored" in done.output
    assert held(database) == before
    kept = done.stderr.removeprefix("What was there before: ").strip()
    assert "-before-restore.db" in kept
    assert "8 cards and 1 answer restored" in srs("restore", kept).output
    assert held(database) == after


def test_a_backup_has_a_name_of_its_own_among_the_others(three_cards, place, home):
    first, second = care.back_up(three_cards, NOW), care.back_up(three_cards, NOW)
    assert first.file.name.endswith("2025-01-15-120000.db")
    assert second.file.name.endswith("2025-01-15-120000-2.db")
    assert first.file.parent.name == "backups"
    assert home in first.file.parents or not isinstance(place, Server)
    assert sorted(first.file.parent.iterdir()) == sorted([first.file, second.file]), "nothing half made is left"


def test_a_backup_of_a_server_is_named_by_it_without_user_or_password():
    address = "postgresql://ana:secret@db.example.org:5433/srs?options=-csearch_path%3Dana_7"
    assert database.signs(address) == "db-example-org-5433-srs-ana_7"


def test_what_is_made_after_a_restore_gets_numbers_of_its_own(three_cards, tmp_path):
    care.back_up(three_cards, NOW, tmp_path / "mine.db")
    with closing(open_store(three_cards.database)) as store:
        add_cards(store, 5, "/b.md")
        care.restore(three_cards, NOW, tmp_path / "mine.db")
        shown = store.card(2)
        add_cards(store, 1, "/c.md")
        assert [card.id for card in store.cards()][:3] == [1, 2, 3]
        assert len(list(store.cards())) == 4
        session = Session(store, three_cards, three_cards.days)
        session.answer(shown, Rating.GOOD, NOW, 1)
        assert len(store.history(2)) == 1


def test_an_older_backup_is_restored_anywhere(three_cards, tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript((Path(__file__).parent / "collections" / "0001.sql").read_text("utf-8"))
    care.restore(three_cards, NOW, tmp_path / "old.db")
    with closing(open_store(three_cards.database)) as store:
        assert len(list(store.cards())) == 3
        assert {card.prompt for card in store.cards()} != {f"/a.md {n}" for n in range(3)}


def test_a_collection_that_is_not_there_cannot_be_backed_up_but_restored(three_cards, nowhere, place, tmp_path):
    mine = care.back_up(three_cards, NOW, tmp_path / "mine.db").file
    gone = Settings(nowhere, Days(UTC))
    with pytest.raises(DatabaseError, match="there is no collection at"):
        care.back_up(gone, NOW)
    assert not place.is_there(nowhere)
    assert care.restore(gone, NOW, mine)[1] is None
    assert held(nowhere) == held(three_cards.database)


def test_a_backup_made_while_others_write_is_whole(collection, path):
    with closing(open_store(str(path))) as store, store._writing() as connection:
        connection.exec_driver_sql("DELETE FROM revlog")
        made = care.back_up(collection, NOW)
        assert (made.cards, made.answers) == (3, 1)
    assert care.back_up(collection, NOW).answers == 0
    assert len(names(path)) == 2


def test_a_session_that_is_open_sees_what_was_restored(collection, path):
    made = care.back_up(collection, NOW).file
    with closing(open_store(str(path))) as store:
        session = Session(store, collection, collection.days)
        session.answer(store.card(2), Rating.GOOD, NOW, 1)
        shown = store.card(2)
        with store._reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM revlog").scalar() == 2
            care.restore(collection, NOW, made)
            assert connection.exec_driver_sql("SELECT count(*) FROM revlog").scalar() == 2
        with pytest.raises(StaleCard):
            session.answer(shown, Rating.GOOD, NOW, 1)
        session.answer(store.card(2), Rating.EASY, NOW, 1)
    with closing(open_store(str(path))) as store:
        assert [review.rating for review in store.history(2)] == [Rating.EASY]
        with store._reading() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_restore_while_another_writes_waits_and_then_says_so(collection, path, monkeypatch):
    made = care.back_up(collection, NOW).file
    monkeypatch.setattr(link, "LOCK_WAIT_SECONDS", 0.2)
    with closing(open_store(str(path))) as store, store._writing() as connection:
        connection.exec_driver_sql("UPDATE decks SET name = 'b'")
        with pytest.raises(DatabaseError, match="in use by another program"):
            care.restore(collection, NOW, made)
    with closing(open_store(str(path))) as store:
        assert store.deck_names() == ["b"]


def test_a_damaged_collection_is_replaced_and_set_aside(collection, path):
    made = care.back_up(collection, NOW).file
    before = content(path)
    damage(path)
    damaged = path.read_bytes()
    _, aside = care.restore(collection, NOW, made)
    assert content(path) == before
    assert aside.read_bytes() == damaged
    assert stat.S_IMODE(aside.stat().st_mode) == stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_collection_that_is_gone_is_restored(collection, path):
    made = care.back_up(collection, NOW).file
    before = content(path)
    path.unlink()
    assert care.restore(collection, NOW, made)[1] is None
    assert content(path) == before


def test_a_backup_of_an_older_version_is_brought_up_to_date(collection, path, tmp_path):
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        connection.executescript((Path(__file__).parent / "collections" / "0001.sql").read_text("utf-8"))
    care.restore(collection, NOW, tmp_path / "old.db")
    with closing(open_store(str(path))) as store:
        assert len(list(store.cards())) == 3


def newer(path):
    open_store(str(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE srs_version SET version_num = '9999'")


def foreign(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE customers (name)")


def with_a_trigger(path):
    open_store(str(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TRIGGER evil AFTER INSERT ON revlog BEGIN DELETE FROM cards; END")


def damaged(path):
    open_store(str(path)).close()
    damage(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (newer, "made by a newer srs"),
        (foreign, "is no collection"),
        (with_a_trigger, "triggers or views"),
        (damaged, "is damaged"),
        (lambda path: path.write_text("Dear diary. " * 99), "is not a database"),
        (lambda path: path.write_text(""), "is no collection"),
        (lambda path: path.mkdir(), "no such file"),
        (lambda _: None, "no such file"),
    ],
)
def test_what_is_no_good_backup_is_refused_and_changes_nothing(collection, path, tmp_path, make, message):
    make(tmp_path / "file.db")
    before = content(path)
    with pytest.raises(DatabaseError, match=message):
        care.restore(collection, NOW, tmp_path / "file.db")
    assert content(path) == before
    assert names(path) == []


def test_a_collection_is_not_restored_from_itself(collection, path):
    with pytest.raises(DatabaseError, match="the collection itself"):
        care.restore(collection, NOW, path)


def test_the_days_backup_of_a_server_is_its_own_affair():
    assert safeguard(Settings("postgresql://host/name", Days(UTC)), NOW) is None
