"""srs copy: from any database to any other, whole or not at all."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from srs import curating
from srs.cards import Preset, Rating
from srs.care.moving import copy
from srs.cli import main
from srs.days import Days
from srs.errors import DatabaseError
from srs.importing import import_documents
from srs.query import parse
from srs.settings import Settings
from srs.store import copying, open_store
from srs.store.tables import metadata
from srs.study import Session

NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)


def rows(store):
    with store._reading() as connection:
        return {
            t.name: [tuple(row) for row in connection.execute(select(t).order_by(t.c.id))]
            for t in metadata.sorted_tables
        }


def used(address):
    """A collection with all that a learner leaves in one."""
    with closing(open_store(address)) as store:
        import_documents(store, [], None, NOW, starter=True)
        session = Session(store, Preset(), Days(UTC), new=30)
        for minute in range(20):
            at = NOW + timedelta(minutes=minute)
            session.answer(session.next(at), list(Rating)[minute % 4], at, 2.5, [("an item", True)])
        at = curating.moment(Settings("", Days(UTC)), NOW)
        curating.tag(store, parse("kind:phrase"), at, "mine")
        curating.delete(store, parse("id:1,2"), at)
        curating.set_deck(store, Settings("", Days(UTC)), at, "interview", {"new_per_day": "3"})
        return rows(store)


@pytest.fixture(params=["file to server", "server to file", "file to file"])
def places(request, server, tmp_path):
    with server.nowhere() as address:
        file, other = str(tmp_path / "srs.db"), str(tmp_path / "other.db")
        yield {"file to server": (file, address), "server to file": (address, file), "file to file": (file, other)}[
            request.param
        ]


def test_a_collection_arrives_whole_and_goes_on_there(places):
    source, target = places
    before = used(source)
    done = CliRunner().invoke(main, ["copy", source, target])
    assert done.output.endswith("answers copied and compared.\n")
    with closing(open_store(target)) as store, closing(open_store(source)) as old:
        assert rows(store) == rows(old) == before
        session = Session(store, Preset(), Days(UTC), new=5)
        session.answer(session.next(NOW), Rating.GOOD, NOW, 1)
        session.undo()
        store.take_back()


def test_what_holds_something_is_refused_and_left(tmp_path):
    first, second = str(tmp_path / "a.db"), str(tmp_path / "b.db")
    used(first)
    before = used(second)
    with pytest.raises(DatabaseError, match="not empty"):
        copy(first, second)
    with closing(open_store(second)) as store:
        assert rows(store) == before


def test_what_arrives_otherwise_is_refused_and_nothing_of_it_stays(tmp_path, monkeypatch):
    first, second = str(tmp_path / "a.db"), str(tmp_path / "b.db")
    used(first)
    seen = iter(range(1000))
    monkeypatch.setattr(copying, "_copied", lambda *_: next(seen))
    with pytest.raises(DatabaseError, match="not what was sent"):
        copy(first, second)
    with closing(open_store(second)) as store:
        assert not any(rows(store).values())


def test_a_collection_that_is_not_there_or_is_the_same_is_a_clear_error(tmp_path):
    with pytest.raises(DatabaseError, match="no collection"):
        copy(str(tmp_path / "none.db"), str(tmp_path / "b.db"))
    used(str(tmp_path / "a.db"))
    with pytest.raises(DatabaseError, match="to itself"):
        copy(str(tmp_path / "a.db"), str(tmp_path / "a.db"))
    assert not (tmp_path / "none.db").exists()
