"""Single keys from a terminal. Between two keys the terminal stays as it is, so that what is typed ahead is not lost."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Protocol

import click

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")  # ECMA-48 control sequences, and the arrows of old terminals


class Keyboard(Protocol):
    """Keys one by one while `single` is on; within it, `lines` gives the terminal back to whole lines for a while."""

    def single(self) -> AbstractContextManager[None]: ...
    def lines(self) -> AbstractContextManager[None]: ...
    def read(self) -> str: ...


def keyboard() -> Keyboard:
    """The keyboard of this platform's terminal."""
    try:
        import termios
    except ImportError:  # Windows
        return _Click()
    return _Termios(sys.stdin.fileno(), termios.tcgetattr(sys.stdin.fileno()))


class _Click:
    def single(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lines(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self) -> str:
        return click.getchar()


class _Termios:
    """A Unix terminal: no echo and no waiting for Enter while keys are read; signals such as Ctrl-C and Ctrl-Z as ever."""

    def __init__(self, terminal: int, usual: list[object]) -> None:
        self._terminal, self._usual = terminal, usual
        self._ahead: list[str] = []

    @contextmanager
    def single(self) -> Iterator[None]:
        self._set_single()
        try:
            yield
        finally:
            self._set_usual()

    @contextmanager
    def lines(self) -> Iterator[None]:
        self._set_usual()
        try:
            yield
        finally:
            self._set_single()

    def _set_single(self) -> None:
        import termios

        mode = list(self._usual)
        mode[3] = int(str(mode[3])) & ~(termios.ICANON | termios.ECHO)
        self._set(mode)

    def _set_usual(self) -> None:
        self._set(self._usual)

    def _set(self, mode: list[object]) -> None:
        import termios

        with suppress(termios.error):  # the terminal was closed; what was answered is safe
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, mode)  # type: ignore[arg-type]

    def read(self) -> str:
        """The next key; a key that sends several characters, such as an arrow, is one escape."""
        if not self._ahead:
            data = os.read(self._terminal, 1024)
            if not data:
                raise EOFError
            self._ahead = list(_SEQUENCE.sub("\x1b", data.decode(errors="replace")))
        return self._ahead.pop(0)
