"""What every room's tests share: a fixed instant, a collection, a card in it, and no way to the user's own files."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from databases import Files, Server, running, share_compiled_statements
from hypothesis import settings
from sqlalchemy import update

from srs.cards import Card
from srs.notes import Changes, Document, Note
from srs.processes import available
from srs.store import Store
from srs.store.tables import cards

share_compiled_statements()

# A change is judged by the same examples each time; everybody else looks for new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors: a third of their time tests wait, for terminals, servers and disks."""
    return available() * 3 // 2


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    for name in ("SRS_DATABASE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def now() -> datetime:
    return datetime(2025, 1, 15, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL, started when the first test wants one."""
    with running() as started:
        yield started


Fresh = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files | Server:
    """Where collections are: whoever uses it, or what comes of it, is run on both databases, unless marked `sqlite`."""
    if request.param == "sqlite":
        return Files(tmp_path_factory.mktemp("collections"))
    started: Server = request.getfixturevalue("server")
    return started


@pytest.fixture(scope="session")
def fresh(place: Files | Server) -> Fresh:
    """Gives empty collections."""
    return place.collection


@pytest.fixture
def databases(place: Files | Server, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives what commands are told with --database: addresses of empty collections."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(place.database(tmp_path))


@pytest.fixture
def database(databases: Callable[[], str]) -> str:
    """The address of an empty collection."""
    return databases()


@pytest.fixture
def nowhere(place: Files | Server, tmp_path: Path) -> Iterator[str]:
    """The address of a collection that is not there yet."""
    with place.nowhere(tmp_path) as address:
        yield address


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of what only a file, or only SQLite, has are not run on PostgreSQL, and no tests that are about drawing alone.

    Whoever answers, undoes, puts aside, edits or is killed at a terminal does so on both, and the test looks into the
    collection afterwards. What a key draws follows from values that the store has returned: that it returns the same ones
    from both is tested where they are asked for, so that a second process for each drawing would only show Rich again.
    """

    def elsewhere(item: pytest.Item) -> bool:
        chosen = getattr(item, "callspec", None)
        here_alone = any(item.get_closest_marker(name) for name in ("sqlite", "drawing"))
        return here_alone and chosen is not None and chosen.params.get("place") == "postgresql"

    config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
    items[:] = [item for item in items if not elsewhere(item)]


@pytest.fixture
def store(fresh: Fresh) -> Iterator[Store]:
    with fresh() as store:
        yield store


@pytest.fixture
def a_card(request: pytest.FixtureRequest, now: datetime) -> Callable[..., Card]:
    """A new card in `store`, or in another collection; `changes` are columns of its row."""
    numbers = count(1)

    def make(deck: str = "notes", into: Store | None = None, note: Note | None = None, **changes: object) -> Card:
        into = into or request.getfixturevalue("store")
        number = next(numbers)
        path = f"/notes/{deck}.md"
        made = note or Note("qa", f"Question {number}", f"Answer {number}", path=path, line=number, rule="test")
        if not made.prompt:
            made = made._replace(path=path, prompt=made.front)
        into.apply(Changes(added=(made,)), [Document(path, "", b"", deck)], now)
        card = list(into.cards())[-1]
        if changes:
            with into._writing() as connection:
                connection.execute(update(cards).where(cards.c.id == card.id).values(changes))
        found = into.card(card.id)
        assert found is not None
        return found

    return make
