import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from srs.errors import DatabaseError
from srs.shipped import shipped
from srs.store import database, open_store
from srs.store.tables import metadata
from srs.store.version import SCHEMA, VERSION_TABLE


def columns(inspector):
    return {
        table: [(c["name"], repr(c["type"]), c["nullable"]) for c in inspector.get_columns(table)]
        for table in metadata.tables
    }


def indexes(connection):
    found = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"))
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in found}


@pytest.fixture
def migrated(store):
    """A connection to an empty collection that the migrations made; on SQLite an ordinary start makes it at once."""
    engine = store._engine
    if engine.dialect.name == "sqlite":
        engine = database._engine(database.url_of(":memory:"))
        database._upgrade(engine, None)
    with engine.connect() as connection:
        yield connection


def test_from_empty_to_head_is_what_the_tables_say(migrated):
    context = MigrationContext.configure(migrated, opts={"compare_type": True, "version_table": VERSION_TABLE})
    assert compare_metadata(context, metadata) == []


def parts(connection):
    """All parts of a collection, by the words that made them, and its rows. Spaces are what the words may differ in."""
    found = connection.execute(text("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")).all()
    words = [(*row[:3], re.sub(r"\s*([(),])\s*", r"\1", " ".join((row.sql or "").split()))) for row in found]
    names = [row.name for row in found if row.type == "table"]
    return words, {name: connection.execute(text(f"SELECT * FROM {name}")).all() for name in names}


@pytest.mark.sqlite
def test_a_new_collection_is_what_all_migrations_make_of_an_empty_file(store, migrated):
    with store._engine.connect() as connection:
        assert parts(connection) == parts(migrated)
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).all() == [(SCHEMA,)]


@pytest.mark.sqlite
def test_two_that_make_one_collection_at_once_make_it_once(tmp_path):
    path = tmp_path / "srs.db"
    open_store(str(path)).close()
    engine = database._engine(database.url_of(str(path)))
    before = dump(path)
    database._create(engine)  # the other one has seen no collection either
    engine.dispose()
    assert dump(path) == before


@pytest.mark.sqlite
def test_columns_types_and_partial_indexes_are_what_the_tables_say(store):
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with store._engine.connect() as migrated, engine.connect() as declared:
        assert columns(inspect(migrated)) == columns(inspect(declared))
        assert indexes(migrated) == indexes(declared)
    engine.dispose()


def test_the_newest_migration_is_the_version_that_an_ordinary_start_expects():
    newest = max(path.name[:4] for path in (shipped("migrations") / "versions").glob("*.py"))
    assert newest == SCHEMA


FAILING = """
from alembic import op
revision, down_revision = "9998", "SCHEMA"
def upgrade():
    op.execute("CREATE TABLE half_made (id INTEGER)")
    op.execute("DELETE FROM cards")
    raise RuntimeError("half-way")
"""


@pytest.fixture
def failing(tmp_path, monkeypatch):
    folder = tmp_path / "migrations"
    shutil.copytree(shipped("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "9998_failing.py").write_text(FAILING.replace("SCHEMA", SCHEMA))
    monkeypatch.setattr(database, "shipped", folder.with_name)
    monkeypatch.setattr(database, "SCHEMA", "9998")


def dump(path):
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_failed_first_start_leaves_an_empty_database(tmp_path, monkeypatch):
    monkeypatch.setattr(database, "VERSION_TABLE", "notes")  # a name that is taken, when all other tables are made
    with pytest.raises(OperationalError, match="notes"):
        open_store(str(tmp_path / "srs.db"))
    assert dump(tmp_path / "srs.db") == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_a_failed_upgrade_leaves_the_old_collection(tmp_path, a_card, request):
    path = tmp_path / "srs.db"
    with closing(open_store(str(path))) as store:
        a_card(into=store)
    before = dump(path)
    request.getfixturevalue("failing")
    with pytest.raises(RuntimeError, match="half-way"):
        open_store(str(path))
    assert dump(path) == before


OLD = sorted((Path(__file__).parent / "collections").glob("*.sql"))


@pytest.fixture(params=OLD, ids=lambda path: path.stem)
def old(request, tmp_path):
    """A collection as an older version left it: three cards, one of them retired, a second place, three answers."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text("utf-8"))
    return path


CONTENT = ("decks", "documents", "notes", "echoes", "cards", "revlog", "ticks", "parameters", "plans")


def test_every_older_version_is_upgraded_with_all_its_rows(old):
    with closing(sqlite3.connect(old)) as connection:
        there = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
        names = {t: [row[1] for row in connection.execute(f"PRAGMA table_info({t})")] for t in CONTENT if t in there}

    def content():
        with closing(sqlite3.connect(old)) as connection:
            return [
                connection.execute(f"SELECT {', '.join(names[table])} FROM {table} ORDER BY id").fetchall()
                for table in names
            ]

    before = content()
    with closing(open_store(str(old))) as store:
        assert content() == before
        assert [(card.id, card.schedule.reps, card.retired) for card in store.cards()] == [
            (1, 1, False), (2, 1, False), (3, 1, True)
        ]  # fmt: skip
        with store._engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "version_table": VERSION_TABLE}
            )
            assert compare_metadata(context, metadata) == []
        for reps in (2, 1, 0):
            store.take_back()
            assert sum(card.schedule.reps for card in store.cards()) == reps


def test_to_look_at_an_older_version_leaves_it_as_it_is(old):
    before = old.read_bytes()
    with closing(open_store(str(old), look=True)) as store:
        assert len(list(store.cards())) == 3
        assert store.last_import() == 0
    assert old.read_bytes() == before


def test_to_look_at_what_is_not_there_makes_nothing(tmp_path):
    with closing(open_store(str(tmp_path / "none" / "srs.db"), look=True)) as store:
        assert list(store.cards()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "home"]


def test_an_ordinary_start_does_not_load_alembic(tmp_path):
    path = str(tmp_path / "srs.db")
    open_store(path).close()
    program = (
        "import sys; from srs.store import open_store; open_store(sys.argv[1]).close(); print('alembic' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_a_learner_set_and_tagged_outlives_the_upgrade(tmp_path):
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((Path(__file__).parent / "collections" / "0003.sql").read_text("utf-8"))
    with closing(open_store(str(path))) as store:
        assert next(deck.options for deck in store.decks()) == {"new_per_day": 5}
        assert store.card(2).tags[-1] == "leech"


def test_a_collection_of_a_newer_version_is_refused_by_this_one(tmp_path):
    path = tmp_path / "srs.db"
    open_store(str(path)).close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE srs_version SET version_num = '9999'")
    before = path.read_bytes()
    for look in (False, True):
        with pytest.raises(DatabaseError, match="made by a newer srs and is left as it is: upgrade"):
            open_store(str(path), look=look)
    assert path.read_bytes() == before
