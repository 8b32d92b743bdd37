"""Single keys from a terminal. Between two keys the terminal stays as it is, so that what is typed ahead is not lost."""

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from select import select
from typing import Any, Protocol

import click

REDRAW = "\f"
"""Read when the screen has to be drawn anew: Ctrl-L, another size of the window, and the return after Ctrl-Z."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.)")  # ECMA-48 control sequences, and the arrows of old terminals
_CUT_SHORT = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|O)?$")
_PASTED = re.compile(r"\x1b\[200~.*?(?:\x1b\[201~|$)", re.DOTALL)
_PASTE_ON, _PASTE_OFF, _PASTE_END = b"\x1b[?2004h", b"\x1b[?2004l", "\x1b[201~"
_REST_SECONDS = 0.05  # within which the rest of a sequence arrives, also from a far machine


class Keyboard(Protocol):
    """Keys one by one while `single` is on; within it, `lines` gives the terminal back to whole lines for a while.

    Attributes:
        away: seconds for which the program was stopped, by Ctrl-Z say.
    """

    away: float

    def single(self) -> AbstractContextManager[None]: ...
    def lines(self) -> AbstractContextManager[None]: ...
    def read(self, seconds: float | None = None) -> str | None: ...


def keyboard() -> Keyboard:
    """The keyboard of this platform's terminal."""
    try:
        import termios
    except ImportError:  # Windows
        return _Click()
    return _Termios(sys.stdin.fileno(), termios.tcgetattr(sys.stdin.fileno()))


class _Click:
    away = 0.0

    def single(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lines(self) -> AbstractContextManager[None]:
        return nullcontext()

    def read(self, seconds: float | None = None) -> str | None:
        return click.getchar()


class _Termios:
    """A Unix terminal: no echo and no waiting for Enter while keys are read; signals such as Ctrl-C as ever.

    What is pasted is no key: the terminal marks it, and it is passed over.
    """

    def __init__(self, terminal: int, usual: list[object]) -> None:
        self._terminal, self._usual = terminal, usual
        self._ahead: list[str] = []
        self._is_single = self._pasting = False
        self._woken, self._waker = os.pipe()
        os.set_blocking(self._waker, False)
        self.away = 0.0

    @contextmanager
    def single(self) -> Iterator[None]:
        handlers = {signal.SIGTSTP: self._stop, signal.SIGCONT: self._go_on, signal.SIGWINCH: lambda *_: None}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        # Written to as a signal comes, not as its handler runs: one that comes just before the wait for a key ends it too.
        waker = signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)
        self._set_single(True)
        try:
            yield
        finally:
            self._set_single(False)
            signal.set_wakeup_fd(waker)
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def lines(self) -> Iterator[None]:
        self._set_single(False)
        try:
            yield
        finally:
            self._set_single(True)

    def _set_single(self, on: bool) -> None:
        self._is_single = on
        self._set_mode(on)

    def _set_mode(self, single: bool) -> None:
        import termios

        mode = list(self._usual)
        if single:
            mode[3] = int(str(mode[3])) & ~(termios.ICANON | termios.ECHO)
        with suppress(termios.error, OSError):  # the terminal was closed; what was answered is safe
            os.write(self._terminal, _PASTE_ON if single else _PASTE_OFF)
            termios.tcsetattr(self._terminal, termios.TCSADRAIN, mode)  # type: ignore[arg-type]

    def _stop(self, *_: Any) -> None:
        """Ctrl-Z: the shell gets its terminal back as it was."""
        self._set_mode(False)
        stopped = time.monotonic()
        signal.raise_signal(signal.SIGSTOP)
        self.away += time.monotonic() - stopped
        self._go_on()

    def _go_on(self, *_: Any) -> None:
        self._set_mode(self._is_single)

    def read(self, seconds: float | None = None) -> str | None:
        """The next key, `None` after so many seconds without one.

        A key that sends several characters, such as an arrow, is one escape.
        """
        while not self._ahead:
            ready, _, _ = select([self._terminal, self._woken], [], [], seconds)
            if not ready:
                return None
            if self._woken in ready:
                os.read(self._woken, 1024)
                return REDRAW
            self._ahead = list(self._keys(self._data()))
        return self._ahead.pop(0)

    def _data(self) -> str:
        data = os.read(self._terminal, 1024)
        if not data:
            raise EOFError
        while _CUT_SHORT.search(data) and select([self._terminal], [], [], _REST_SECONDS)[0]:
            more = os.read(self._terminal, 1024)
            if not more:
                break
            data += more
        return data.decode(errors="replace")

    def _keys(self, text: str) -> str:
        """The text without what was pasted, which may go on in what is read next."""
        if self._pasting:
            _, end, text = text.partition(_PASTE_END)
            self._pasting = not end
            if self._pasting:
                return ""
        self._pasting = text.rfind("\x1b[200~") > text.rfind(_PASTE_END)
        return _SEQUENCE.sub("\x1b", _PASTED.sub("", text))
