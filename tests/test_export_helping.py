"""Two processes write of many answers what one writes."""

import io
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from benchmarks import data
from srs.days import Days
from srs.export import helping, pieces
from srs.records.writing import write
from srs.store.queue import open_queue
from srs.store.reviews import Which

pytestmark = pytest.mark.sqlite

DAYS = Days(UTC)
LEECH = '{"own_tags": ["a, \\"b\\""]}'


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collection with 26,000 answers, between whose numbers there are gaps; some are of leeches, some ticked off."""
    file = tmp_path_factory.mktemp("many") / "srs.db"
    data.collection(file, data.Size(1_000, 26_000, 0))
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE revlog SET id = -id")
        connection.execute("UPDATE revlog SET id = -id + -id / 6000 * 9000")
        connection.execute("DELETE FROM revlog WHERE id % 7 = 0 AND id < 3000")
        connection.execute("UPDATE notes SET kind = 'phrase' WHERE id % 3 = 0")
        connection.execute("UPDATE revlog SET card_before = ? WHERE id BETWEEN 5000 AND 5100", [LEECH])
        connection.execute(
            "INSERT INTO ticks (review_id, item, covered) SELECT id, 'a, b', 1 FROM revlog WHERE id > 46000"
        )
        connection.execute("UPDATE decks SET name = '=' || name WHERE id % 3 = 0")
    return file


@pytest.fixture
def collection(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same for this test alone, and few answers are many."""
    monkeypatch.setattr(helping, "MANY", 10)
    monkeypatch.setattr(helping, "HEAD", 2)
    file = tmp_path / "many.db"
    with closing(sqlite3.connect(many)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
    return str(file)


@pytest.fixture
def halves(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """Which halves this process has begun to spell."""
    begun: list[int | None] = []
    spelt = helping.spelt

    def noted(*given: Any, half: int | None = None, **more: Any) -> Any:
        begun.append(half)
        return spelt(*given, half=half, **more)

    monkeypatch.setattr(helping, "spelt", noted)
    return begun


def exported(address: str, form: str = "csv", which: Which | None = None, helped: bool = True) -> bytes:
    out = io.BytesIO()
    with closing(open_queue(address)) as collection:
        found = pieces(collection, "reviews", form, DAYS, which, address if helped else None)
        with closing(found):
            write(found, "reviews", form, out)
    return out.getvalue()


DECK = "area-01"
CHOICES = [
    Which(),
    Which(deck=DECK),
    Which(kind="qa"),
    Which(deck=DECK, kind="qa"),
    Which(since=730_000, until=738_000),
]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("which", CHOICES, ids=str)
def test_two_processes_write_what_one_writes(
    collection: str, halves: list[int | None], form: str, which: Which
) -> None:
    helped = exported(collection, form, which)
    assert halves == [None, 0]
    assert helped == exported(collection, form, which, helped=False)
    assert helped.count(b"\n") > 500


def test_few_answers_are_written_by_one_process(collection: str, halves: list[int | None]) -> None:
    helping.MANY = 26_000
    assert exported(collection) == exported(collection, helped=False)
    assert halves == [None]


def wrapped(monkeypatch: pytest.MonkeyPatch, then: Callable[[Any], None]) -> list[Any]:
    """Does something as soon as the other process was begun."""
    begun: list[Any] = []
    helper = helping._helper

    @contextmanager
    def and_then(*given: Any) -> Iterator[Any]:
        with helper(*given) as other:
            begun.append(other)
            then(other)
            yield other

    monkeypatch.setattr(helping, "_helper", and_then)
    return begun


def test_what_somebody_writes_meanwhile_is_in_no_half(
    collection: str, halves: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_helper: Any) -> None:
        with closing(sqlite3.connect(collection)) as connection, connection:
            connection.execute("UPDATE revlog SET seconds = 77")

    alone = exported(collection, helped=False)
    wrapped(monkeypatch, write)
    assert exported(collection) == alone
    assert sorted(map(str, halves)) == ["0", "1", "None"]
    assert exported(collection) != alone


def test_another_file_in_its_place_is_in_no_half(
    collection: str, halves: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(_helper: Any) -> None:
        with closing(sqlite3.connect(collection)) as source, closing(sqlite3.connect(f"{collection}.new")) as target:
            source.backup(target)
            target.execute("UPDATE revlog SET seconds = 77")
            target.commit()
        Path(f"{collection}.new").replace(collection)

    alone = exported(collection, helped=False)
    wrapped(monkeypatch, replace)
    assert exported(collection) == alone
    assert 1 in halves


@pytest.mark.parametrize("after", range(0, 12, 3))
def test_what_a_process_that_was_killed_should_have_written_is_written_here(
    collection: str, halves: list[int | None], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    alone = b"".join(text for _, text in pieces(open_queue(collection), "reviews", "csv", DAYS))
    monkeypatch.setattr(helping, "AHEAD", 4096)  # less than a block: what was not asked for yet dies with it
    begun = wrapped(monkeypatch, lambda _: None)
    with closing(open_queue(collection)) as opened:
        found = pieces(opened, "reviews", "csv", DAYS, None, collection)
        texts = [next(found)[1] for _ in range(after + 1)]
        begun[0].kill()
        texts += [text for _, text in found]
    assert b"".join(texts) == alone
    assert 1 in halves


def test_without_another_process_one_writes_all(
    collection: str, halves: list[int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = exported(collection, helped=False)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert exported(collection) == alone
    assert 1 in halves


@pytest.mark.parametrize("pieces_read", [1, 5])
def test_who_has_read_enough_leaves_no_process_behind(
    collection: str, monkeypatch: pytest.MonkeyPatch, pieces_read: int
) -> None:
    monkeypatch.setattr(helping, "AHEAD", 4096)  # less than a block: it has not said all yet
    begun = wrapped(monkeypatch, lambda _: None)
    with closing(open_queue(collection)) as opened:
        with closing(pieces(opened, "reviews", "csv", DAYS, None, collection)) as found:
            for _ in range(pieces_read):
                next(found)
            assert begun[0].poll() is None
        assert begun[0].poll() is not None


def close(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    process.stdout.close()


ENDS = {
    "by Ctrl-C": (lambda process: os.killpg(process.pid, signal.SIGINT), 130),
    "by a reader that has read enough": (close, 0),
    "by a signal": (lambda process: process.terminate(), -signal.SIGTERM),
    "by force": (lambda process: process.kill(), -signal.SIGKILL),
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
@pytest.mark.parametrize("how", ENDS)
def test_however_it_ends_it_says_nothing_and_leaves_no_process_behind(tmp_path: Path, how: str) -> None:
    file = data.collection(tmp_path / "srs.db", data.Size(5_000, 100_000))
    words = [sys.executable, "-m", "srs", "--database", str(file), "export", "reviews"]
    end, code = ENDS[how]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(8_000_000)  # both are at it, and wait for somebody to read on
        [helper] = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        end(process)
        assert process.wait(30) == code
        assert process.stderr.read() == b""
    for _ in range(100):
        if not is_alive(helper):
            break
        time.sleep(0.1)
    assert not is_alive(helper)


def is_alive(process: str) -> bool:
    """Those that have ended, and of which nobody has been told, are not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
