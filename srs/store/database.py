"""Opening a collection: the engine, what each database must be told, the version, and the upgrade when it is behind."""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.schema import CreateSchema

from srs.errors import DatabaseError
from srs.shipped import shipped
from srs.store import link
from srs.store.link import FOREIGN_PARTS, Safeguard, identity, require_the_same, tell
from srs.store.remedies import LACKING, explained
from srs.store.tables import metadata
from srs.store.version import SCHEMA, VERSION_TABLE

_SQLITE = ("sqlite", "sqlite+pysqlite")

HAS_FOREIGN_PARTS = "has triggers or views, which no collection of srs has, and is left as it is: name another file"


def open_engine(address: str, *, look: bool = False, safeguard: Safeguard | None = None) -> Engine:
    """The engine of a collection, created or upgraded if need be. `address` is a URL or a path of a SQLite file.

    To `look` creates and upgrades nothing: what is not there, or is older, is stood in for by a collection in memory.
    Raises DatabaseError when it is out of reach, newer than this program, or something else's.
    """
    url = url_of(address)
    file = file_of(url)
    if file is not None:
        if look and not file.exists():
            url, look = URL.create("sqlite", database=":memory:"), False
        elif not look:
            _make_file(file)
    engine = _engine(url)
    try:
        with translated(engine):
            with engine.connect() as connection:
                version = _version(connection, url)
            if version != SCHEMA:
                if look:
                    engine = _stand_in(engine, version)
                elif version is not None and safeguard is not None:
                    safeguard("upgrade")
                if version is None and engine.dialect.name == "sqlite":
                    _create(engine)
                else:
                    _upgrade(engine, version)
    except BaseException:
        engine.dispose()
        raise
    return engine


def is_there(address: str) -> bool:
    """Whether there is a collection at a path or URL. Raises DatabaseError when it is out of reach, or something else's."""
    url = url_of(address)
    file = file_of(url)
    if file is not None:
        return file.exists()
    engine = _engine(url)
    try:
        with translated(engine), engine.connect() as connection:
            return _version(connection, url) is not None
    finally:
        engine.dispose()


def _engine(url: URL) -> Engine:
    if url.drivername in _SQLITE:
        engine = create_engine(url)
        _tell_sqlite(engine, file_of(url))
        return engine
    if url.drivername != "postgresql+psycopg":
        raise DatabaseError(
            f"srs keeps no collections in {url.drivername}: give the path of a file, or postgresql+psycopg://host/name"
        )
    try:
        # Whoever reads sees one state of the collection, however many questions are asked of it.
        engine = create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    except ImportError:
        raise DatabaseError("the driver for PostgreSQL is missing: pip install 'srs[postgres]' brings it") from None
    _tell_postgresql(engine)
    return engine


def url_of(address: str) -> URL:
    if "://" in address:
        try:
            url = make_url(address)
        except ArgumentError:
            raise DatabaseError(
                f"“{address}” is no database URL: give a path or postgresql+psycopg://host/name"
            ) from None
        if url.drivername == "postgresql":  # the plain name means another driver to SQLAlchemy
            url = url.set(drivername="postgresql+psycopg")
    else:
        url = URL.create("sqlite", database=address if address == ":memory:" else str(Path(address).expanduser()))
    return url


def plain(address: str) -> str:
    """An address as it may be shown: without its password."""
    return _name(url_of(address))


def signs(address: str) -> str:
    """An address on a server as a part of a file's name: server, database and schema, but no user and no password."""
    url = url_of(address)
    host = url.host or url.query.get("host", "")
    schema = str(url.query.get("options", "")).rpartition("search_path=")[2]
    return re.sub(r"\W+", "-", f"{host}-{url.port or ''}-{url.database}-{schema}").strip("-")


def file_of(url: URL) -> Path | None:
    """The file of a collection that is one, and is named by a plain path."""
    database = url.database or ":memory:"
    is_file = url.drivername in _SQLITE and database != ":memory:" and not database.startswith("file:")
    return Path(database) if is_file else None


def _make_file(file: Path) -> None:
    """A collection that is not there yet, for its owner's eyes only; what SQLite puts beside it is alike."""
    if file.exists():
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"the folder {file.parent} cannot be made ({error.strerror}): name another with --database"
        ) from None
    with suppress(OSError):  # SQLite says better what is wrong
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _stand_in(engine: Engine, version: str | None) -> Engine:
    """A collection in memory, with all that the old one holds."""
    stand_in = create_engine("sqlite://")
    _tell_sqlite(stand_in)
    if version is not None:
        if engine.dialect.name != "sqlite":
            raise DatabaseError(f"{_name(engine.url)} was made by an older srs: srs due brings it up to date")
        with engine.connect() as old, stand_in.connect() as new:
            old.connection.dbapi_connection.backup(new.connection.dbapi_connection)  # type: ignore[union-attr]
    engine.dispose()
    return stand_in


def _tell_sqlite(engine: Engine, file: Path | None = None) -> None:
    opened: list[tuple[int, int] | None] = [None]

    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours, below
        if file is not None:
            opened[0] = opened[0] or identity(file)
        tell(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and then writes would fail, not wait, when another one wrote in between.
        writes = connection.get_execution_options().get("srs_writes", False)
        if writes and file is not None:
            opened[0] = require_the_same(file, opened[0])
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _tell_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One writer at a time in a collection, as in a file: what it reads stays so until it has written.
        if connection.get_execution_options().get("srs_writes", False):
            connection.exec_driver_sql(
                f"SET LOCAL lock_timeout = {link.LOCK_WAIT_SECONDS * 1000:.0f};"
                "SELECT pg_advisory_xact_lock(hashtext('srs'), hashtext(current_schema()))"
            )


def writing(engine: Engine) -> Engine:
    """The same engine for transactions that write: they wait for each other, and see what the one before has written."""
    if engine.dialect.name == "sqlite":
        return engine.execution_options(srs_writes=True)
    return engine.execution_options(srs_writes=True, isolation_level="READ COMMITTED")


def _version(connection: Connection, url: URL) -> str | None:
    """The revision of the collection, `None` for an empty database. Nothing is written to one that is not ours."""
    try:
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    except DBAPIError as error:
        if not _says_no_table(error):
            raise
        connection.rollback()
        if inspect(connection).get_table_names():
            raise DatabaseError(
                f"{_name(url)} belongs to another program and is left as it is: name another file with --database"
            ) from None
        return None
    if version is None or not str(version).isdigit():
        raise DatabaseError(
            f"{_name(url)} has no version that srs knows: restore a copy of it, or name another with --database"
        )
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql(FOREIGN_PARTS).scalar():
        raise DatabaseError(f"{_name(url)} {HAS_FOREIGN_PARTS}")
    if version > SCHEMA:
        raise DatabaseError(
            f"{_name(url)} was made by a newer srs and is left as it is: upgrade with pip install --upgrade srs"
        )
    return str(version)


def _says_no_table(error: DBAPIError) -> bool:
    return "no such table" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "42P01"


def _create(engine: Engine) -> None:
    """What all migrations make of an empty file, made at once: a test compares the two, and alembic need not be loaded."""
    with writing(engine).connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
        with connection.begin():
            if inspect(connection).has_table(VERSION_TABLE):  # another process was quicker
                return
            metadata.create_all(connection, checkfirst=False)
            connection.exec_driver_sql(
                f"CREATE TABLE {VERSION_TABLE} "
                f"(version_num VARCHAR(32) NOT NULL, CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
            )
            connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES (?)", (SCHEMA,))


def _upgrade(engine: Engine, version: str | None) -> None:
    from alembic import command  # half a second that only an old collection costs, and a new one on a server
    from alembic.config import Config

    if version is None and engine.dialect.name == "postgresql":
        _make_schema(engine)
    with writing(engine).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(shipped("migrations")))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _make_schema(engine: Engine) -> None:
    """The schema that the address names, where it is not there yet: a collection for each learner of a server."""
    with engine.begin() as connection:
        if connection.execute(text("SELECT current_schema()")).scalar() is None:
            path = str(connection.execute(text("SHOW search_path")).scalar())
            connection.execute(CreateSchema(path.split(",")[0].strip().strip('"'), if_not_exists=True))


def _name(url: URL) -> str:
    return str(url.database) if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """The database's own errors as one line for the user."""
    try:
        yield
    except DBAPIError as error:
        behind: BaseException | None = error
        while behind is not None:
            if isinstance(behind, KeyboardInterrupt):  # what failed has failed because of it
                raise behind from None
            behind = behind.__context__
        name, said = _name(engine.url), str(error.orig)
        known = explained(name, said)
        if known is not None:
            raise known from error
        if getattr(error.orig, "sqlstate", "") in {"42P01", "42703"}:  # no such table, no such column
            raise DatabaseError(f"the collection {name} {LACKING}") from error
        if error.connection_invalidated or "connect" in said.lower():
            reason = said.strip().splitlines()[0]
            raise DatabaseError(f"the collection {name} cannot be reached ({reason}): check the address") from error
        raise
