"""Many answers, spelt by two processes: every second block each.

Both see the same state of the collection, and what they make is put together in order: it is what one alone would make. What
the other one fails at, this one does.
"""

import gc
import json
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import astuple
from functools import partial
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from srs.export.answers import Spelt, spelt
from srs.records.writing import Piece
from srs.store.link import identity, link, plain_file
from srs.store.reviews import Which

if TYPE_CHECKING:
    from srs.store import Store
    from srs.store.queue import Queue

AHEAD = 1 << 20
"""Bytes that the other may be ahead by, where the system lets it: two blocks, so that neither waits for the other at each."""

Helper = subprocess.Popen[bytes]

MANY = 50_000
"""Answers from which on another process helps."""

HEAD = 12
"""Blocks that this process spells alone: the other takes as long to begin."""


def pieces(collection: "Queue", which: Which, form: str, address: str) -> Generator[Piece, None, None]:
    """Answers as text. `address` is where the collection is. Raises DeckNotFound."""
    with closing(_Watch(address)) as watch, collection.reviews(which) as reviews:
        here = partial(spelt, reviews, form)
        if not watch.has_seen_no_change() or not reviews.are_more_than(MANY):
            yield from map(itemgetter(1), here())
            return
        with _helper(address, form, which) as helper:
            reviews.expect_many()
            last = -1
            for last, piece in islice(here(), HEAD):  # noqa: B007
                yield piece
            others = _theirs(helper, watch, here, last)
            yield from map(itemgetter(1), merge(here(after=last, half=0), others, key=itemgetter(0)))


class _Watch:
    """Knows whether somebody has written to the collection since. Of one that is no file nobody can say."""

    def __init__(self, address: str) -> None:
        self._file, self._link = plain_file(address), link(address)
        self._seen = self._state()

    def has_seen_no_change(self) -> bool:
        return self._seen is not None and self._seen == self._state()

    def _state(self) -> tuple[Any, int] | None:
        try:
            return (identity(self._file), self._link.others()) if self._file and self._link else None
        except sqlite3.Error:
            return None

    def close(self) -> None:
        if self._link is not None:
            self._link.close()


@contextmanager
def _helper(address: str, form: str, which: Which) -> Iterator[Helper | None]:
    """Another process, `None` where there can be none. Of the collection it sees what is there when it says its first word."""
    program = ("-P", "-c", "from srs.export.helping import main; main()", json.dumps((address, form, astuple(which))))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    try:
        begun = Helper(
            [sys.executable, *program], env=environment, stdin=pipe, stdout=pipe, stderr=nothing, pipesize=AHEAD
        )
    except OSError:
        yield None
        return
    with begun as helper:
        try:
            yield helper
        finally:
            helper.kill()


def _theirs(helper: Helper | None, watch: _Watch, here: Callable[..., Iterator[Spelt]], last: int) -> Iterator[Spelt]:
    """The odd blocks after the last: from the helper, if it sees what this process sees, and as long as it lives."""
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        to, said = (helper.stdin, helper.stdout) if helper is not None else (None, None)
        if to and said and pickle.load(said) and watch.has_seen_no_change():
            os.write(to.fileno(), b"%d\n" % last)  # past the buffer: closing it would try once more if this fails
            while (spelt := pickle.load(said)) is not None:
                yield spelt
                last = spelt[0]
            return
    yield from here(after=last, half=1)


def main() -> None:
    """The other process. Whatever it fails at, it ends: the first one does what is left."""
    from srs.store.queue import Queue

    gc.set_threshold(50_000)  # what is made of a block is no garbage until the next
    address, form, which = json.loads(sys.argv[1])
    to = link(address)
    assert to is not None
    with closing(Queue(to, _no_more)) as collection, collection.reviews(Which(*which)) as reviews:
        _say(True)
        reviews.expect_many()
        for piece in spelt(reviews, form, after=int(sys.stdin.readline()), half=1):
            _say(piece)
        _say(None)


def _say(value: object) -> None:
    pickle.dump(value, sys.stdout.buffer)
    sys.stdout.buffer.flush()


def _no_more() -> "Store":
    raise AssertionError("answers are asked for by the driver")
