"""Documents made into notes by several processes at once, where many have changed; in their order, however many there are.

Made by one process alone the notes are the same: what the others fail at, this one does.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from srs.errors import SrsError
from srs.importing.reading import Read

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from srs.importing.changing import Made

ALONE = 256 << 10
"""Bytes that this process reads before others help: to begin one takes as long as to read as much."""

BATCH = 128 << 10
"""Bytes of documents that a process is given at a time."""


def made_in_order(found: Iterable[Read | None], processes: int = 1) -> "Iterator[Made | None]":
    """What each document makes, in their order; `None` for `None`. Raises what `made_of` raises, and `found`."""
    waiting = iter(found)
    done = 0
    for given in waiting:
        yield _made(given)
        done += len(given.data) if given else 0
        if processes > 1 and done >= ALONE:
            yield from _made_by_many(waiting, processes)


def _made(given: Read | None) -> "Made | None":
    from srs.importing.changing import made_of

    return made_of(given) if given else None


def _made_by_many(found: Iterator[Read | None], processes: int) -> "Iterator[Made | None]":
    helpers = _Helpers(processes - 1)
    waiting: deque[tuple[list[Read | None], Future[list[Made]]]] = deque()
    try:
        for batch in _batches(found):
            if isinstance(batch, SrsError):
                while waiting:
                    yield from helpers.result(*waiting.popleft())
                raise batch
            waiting.append((batch, helpers.begin(batch) or _made_here(batch)))
            while waiting and waiting[0][1].done():
                yield from helpers.result(*waiting.popleft())
        while waiting:
            yield from helpers.result(*waiting.popleft())
    finally:
        helpers.close()


def _made_here(batch: "list[Read | None]") -> "Future[list[Made]]":
    """What this process makes of a batch while the others are busy; a mistake is raised when it is the batch's turn."""
    from concurrent.futures import Future

    from srs.importing.changing import made_of

    made: Future[list[Made]] = Future()
    try:
        made.set_result([made_of(each) for each in batch if each])
    except SrsError as error:
        made.set_exception(error)
    return made


def _batches(found: Iterator[Read | None]) -> Iterator[list[Read | None] | SrsError]:
    """The documents in lists of some bytes; and an error where there is one, after those before it."""
    batch: list[Read | None] = []
    size = 0
    try:
        for given in found:
            batch.append(given)
            size += len(given.data) if given else 0
            if size >= BATCH:
                yield batch
                batch, size = [], 0
    except SrsError as error:
        yield batch
        yield error
        return
    yield batch


class _Helpers:
    """Other processes, begun when there is enough to do for them."""

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._busy: list[Future[list[Made]]] = []
        self._is_broken = False

    def begin(self, batch: "list[Read | None]") -> "Future[list[Made]] | None":
        """Give them a batch; `None` where it is too small, they have enough to do, or cannot be had."""
        given = [each for each in batch if each]
        is_small = self._pool is None and sum(len(each.data) for each in given) < BATCH
        self._busy = [future for future in self._busy if not future.done()]
        if self._is_broken or is_small or len(self._busy) >= 2 * self._processes:
            return None
        from concurrent.futures.process import BrokenProcessPool

        try:
            if self._pool is None:
                self._pool = _pool(self._processes)
            self._busy.append(self._pool.submit(_made_of_all, given))
            return self._busy[-1]
        except (BrokenProcessPool, ImportError, NotImplementedError, OSError):  # where processes may not be begun
            self._is_broken = True
            return None

    def result(self, batch: "list[Read | None]", future: "Future[list[Made]]") -> "Iterator[Made | None]":
        """What a batch makes."""
        from concurrent.futures import BrokenExecutor

        made = None
        try:
            made = iter(future.result())
        except BrokenExecutor:  # one of them was killed
            self._is_broken = True
        for given in batch:
            yield _made(given) if made is None or given is None else next(made)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _pool(processes: int) -> "ProcessPoolExecutor":
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A fork would take over the collection's connection, and whatever threads there are.
    return ProcessPoolExecutor(processes, get_context("spawn"), initializer=_begun)


def _begun() -> None:
    """In a helper: the process that began it hears Ctrl-C, and ends it."""
    import gc
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000)


def _made_of_all(given: list[Read]) -> "list[Made]":
    from srs.importing.changing import made_of

    return [made_of(each) for each in given]
