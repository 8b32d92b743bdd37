"""How a session is shown: on a screen, one card at a time, or line by line."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

import click

from srs.cli.app import printable
from srs.cli.keyboard import REDRAW, Keyboard, keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console, RenderableType

    from srs.answering import Compared
    from srs.cards import Rating

NO_ANSWER = "*No answer is written down: judge how you spoke.*"


class Quit(Exception):
    """The learner ends the session."""


@dataclass(frozen=True, slots=True)
class Status:
    """Where a session stands. `waiting`: new, learning and review cards; `minutes` and `recalled` (0 to 1) are of today."""

    deck: str
    waiting: tuple[int, int, int]
    minutes: float = 0.0
    recalled: float | None = None

    @property
    def words(self) -> str:
        new, learning, reviews = self.waiting
        words = f"{new} new · {learning} learning · {reviews} review"
        if self.minutes >= 0.5:
            words += f" · {self.minutes:.0f} min"
        return words if self.recalled is None else f"{words} · recall {self.recalled:.0%}"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a checklist. `key` ticks it, if any does; `missed`: times left out, of how many, in answers before."""

    key: str
    text: str
    ticked: bool
    missed: tuple[int, int] | None = None

    @property
    def remark(self) -> str:
        return f"missed {self.missed[0]} of {self.missed[1]}" if self.missed else ""


class Face(Protocol):
    """How a session is shown. Keys are single characters; a space stands for Space and Enter.

    To ask for a key is to wait for one of some; every second `clock` says what stands at the foot, and after the first one
    without a key `idle` is called, once.

    Attributes:
        away: seconds for which the program was stopped, which are not the learner's.
        opens: whether a checklist is open as soon as the answer is shown.
        is_read: whether somebody reads it, who takes a while for that; or a program sends keys.
    """

    opens: bool
    is_read: bool

    @property
    def away(self) -> float: ...
    def session(self) -> AbstractContextManager[None]: ...
    def lent(self) -> AbstractContextManager[None]: ...
    def card(self, task: str, prompt: str, status: Status) -> None: ...
    def show(self, text: str) -> None: ...
    def part(self, title: str, markdown: str) -> None: ...
    def answer(self, markdown: str) -> None: ...
    def checklist(self, items: Sequence[Item], more: str) -> None: ...
    def compared(self, compared: "Compared") -> None: ...
    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating", digits: bool) -> None: ...
    def foot(self, first: str, rest: str) -> None: ...
    def key(
        self, keys: str, clock: Callable[[], str] | None = None, idle: Callable[[], object] | None = None
    ) -> str: ...
    def line(self, prompt: str) -> str: ...
    def notice(self, text: str) -> None: ...
    def clear(self) -> None: ...


class Screen:
    """A terminal: one card at a time, one key at a time.

    What is on the screen is kept in parts, so that it can be drawn anew, in another size too.
    """

    opens = is_read = True

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._keys: Keyboard = keyboard()
        self._parts: dict[str, Callable[[], RenderableType]] = {}
        self._foot = ("", "")
        self._footed = self._stale = False

    @property
    def away(self) -> float:
        return self._keys.away

    def session(self) -> AbstractContextManager[None]:
        return self._keys.single()

    def lent(self) -> AbstractContextManager[None]:
        """The terminal as other programs want it."""
        return self._keys.lines()

    def _put(self, name: str, part: "Callable[[], RenderableType]") -> None:
        """Show a part below the others; one of that name is replaced where it is, before the next key is read."""
        self._stale = self._stale or name in self._parts
        self._parts[name] = part
        if not self._stale:
            self._lift_foot()
            self._console.print(part())

    def _add(self, part: "Callable[[], RenderableType]") -> None:
        self._put(f"part {len(self._parts)}", part)

    def _draw(self) -> None:
        self._console.clear()
        self._footed = self._stale = False
        for part in self._parts.values():
            self._console.print(part())

    def card(self, task: str, prompt: str, status: Status) -> None:
        from rich.padding import Padding
        from rich.styled import Styled
        from rich.text import Text

        from srs.render import terminal

        self.clear()
        self._put("status", lambda: self._status(status))
        self._put("task", lambda: Padding(Text(task, style="italic"), (1, 0)))
        self._put("prompt", lambda: Padding(Styled(terminal(prompt), "bold"), (0, 0, 1, 0)))

    def _status(self, status: Status) -> "RenderableType":
        from rich.text import Text

        from srs.render import harmless

        deck, words = harmless(status.deck), status.words
        room = self._console.width - len(words) - 3
        if len(deck) > room:
            deck = "…" + deck[len(deck) - max(room - 1, 0) :] if room > 4 else ""
        text = Text(deck, style="bold cyan", overflow="ellipsis", no_wrap=True)
        return text.append(("   " if deck else "") + words, style="not bold dim")

    def foot(self, first: str, rest: str) -> None:
        """The line of keys, which stands last until something takes its place."""
        self._foot = first, rest
        self._draw_foot("")

    def _draw_foot(self, clock: str) -> None:
        from rich.text import Text

        self._lift_foot()
        first, rest = self._foot
        text = Text.assemble((f"{clock}   " if clock else "", "cyan"), (first, "bold"), ("   " + rest, "dim"))
        text.truncate(self._console.width - 1, overflow="ellipsis")
        self._console.print(text, end="")
        self._footed = True

    def _lift_foot(self) -> None:
        """What comes next takes the place of the line of keys."""
        if self._footed:
            from rich.control import Control
            from rich.segment import ControlType

            self._console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
            self._footed = False

    def show(self, text: str) -> None:
        from rich.padding import Padding
        from rich.text import Text

        from srs.render import harmless

        self._add(lambda: Padding(Text(harmless(text), style="yellow"), (0, 0, 1, 0)))

    def part(self, title: str, markdown: str) -> None:
        from rich.console import Group
        from rich.padding import Padding
        from rich.text import Text

        from srs.render import terminal

        def drawn() -> "RenderableType":
            head = Text(title, style="dim")
            return Padding(Group(head, Padding(terminal(markdown), (1, 0, 0, 0))) if markdown else head, (0, 0, 1, 0))

        self._add(drawn)

    def answer(self, markdown: str) -> None:
        from rich.console import Group
        from rich.padding import Padding
        from rich.rule import Rule

        from srs.render import terminal

        self._add(lambda: Group(Rule(style="dim"), Padding(terminal(markdown or NO_ANSWER), (0, 0, 1, 0))))

    def checklist(self, items: Sequence[Item], more: str) -> None:
        from rich.console import Group
        from rich.padding import Padding
        from rich.rule import Rule
        from rich.table import Table
        from rich.text import Text

        from srs.render import terminal

        def drawn() -> "RenderableType":
            table = Table.grid(padding=(0, 1))
            table.add_column(width=1)
            table.add_column(width=1)
            table.add_column(ratio=1)
            table.add_column(justify="right", no_wrap=True)
            for item in items:
                mark = Text("✓", style="bold green") if item.ticked else Text("·", style="dim")
                table.add_row(Text(item.key, "bold"), mark, terminal(item.text), Text(item.remark, style="yellow"))
            rest = [Text(more, style="dim")] if more else []
            return Padding(Group(Rule(style="dim"), table, *rest), (0, 0, 1, 0))

        self._put("checklist", drawn)

    def compared(self, compared: "Compared") -> None:
        from rich.console import Group
        from rich.text import Text

        from srs.render import harmless

        styles = {"same": "green", "missing": "bold yellow", "extra": "red"}
        shown = Text()
        for kind, words in _runs(compared):
            shown.append(harmless(words), style=styles[kind]).append(" ")
        self._add(lambda: Group(shown, Text(_verdict(compared), style="dim")))

    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating", digits: bool) -> None:
        from rich.text import Text

        colors = {1: "red", 2: "yellow", 3: "green", 4: "blue"}
        text = Text()
        for rating, interval in labels.items():
            key = f"{int(rating)} " if digits else ""
            text.append(f"{key}{rating.name.capitalize()}", style=f"bold {colors[rating]}")
            text.append(f" {interval}    ")
        text.append(f"Space is {suggested.name.capitalize()}", style="dim")
        self._put("labels", lambda: text)

    def key(self, keys: str, clock: Callable[[], str] | None = None, idle: Callable[[], object] | None = None) -> str:
        if self._stale:
            self._draw()
        while True:
            if clock is not None:
                self._draw_foot(clock())
            try:
                key = self._keys.read(None if clock is idle is None else 1.0)
                if key is None and idle is not None:
                    idle()
                    idle = None
            except (EOFError, KeyboardInterrupt, OSError):  # OSError: the terminal is gone
                return "q"
            if key is None:
                continue
            if key == REDRAW:
                with suppress(OSError):
                    footed = self._footed
                    self._draw()
                    if footed:
                        self._draw_foot(clock() if clock else "")
                continue
            if key in {"\r", "\n"}:
                key = " "
            if key in {"\x03", "\x04", ""}:
                return "q"
            if len(key) == 1 and key in keys:
                return key

    def line(self, prompt: str) -> str:
        self._lift_foot()
        with suppress(ImportError):
            import readline  # noqa: F401  input() edits with it, and takes a pasted text as one line
        try:
            with self.lent():
                return input(prompt)
        except (EOFError, KeyboardInterrupt, OSError):
            raise Quit from None

    def notice(self, text: str) -> None:
        """Show a text until it was read: the next card would wipe it off the screen."""
        self.show(text)
        self.foot("Space goes on", "")
        if self.key(" q") == "q":
            raise Quit

    def clear(self) -> None:
        self._footed = self._stale = False
        self._foot = ("", "")
        self._parts.clear()
        self._console.clear()


class Lines:
    """No terminal: text out, a line in for each key. An empty line is Space; the end of input ends the session."""

    away = 0.0
    opens = False  # a script rates each card in the same way

    def __init__(self, *, prompt: bool) -> None:
        self._prompt = self.is_read = prompt
        self._ahead = ""

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lent(self) -> AbstractContextManager[None]:
        return nullcontext()

    def card(self, task: str, prompt: str, status: Status) -> None:
        from srs.render import harmless, plain

        click.echo(f"\n{harmless(status.deck)}: {status.words.replace(' ·', ',')}")
        click.echo(f"{task}\n{plain(prompt)}")

    def show(self, text: str) -> None:
        from srs.render import harmless

        click.echo(harmless(text))

    def part(self, title: str, markdown: str) -> None:
        from srs.render import plain

        click.echo(f"{title}." + (f"\n{plain(markdown)}" if markdown else ""))

    def answer(self, markdown: str) -> None:
        from srs.render import plain

        click.echo("Answer:\n" + plain(markdown) if markdown else NO_ANSWER.strip("*"))

    def checklist(self, items: Sequence[Item], more: str) -> None:
        from srs.render import plain

        click.echo("Answer:")
        for item in items:
            mark = f"{item.key} [{'x' if item.ticked else ' '}]" if item.key or item.ticked else " •"
            click.echo(f"{mark} {plain(item.text).strip()}" + (f" ({item.remark})" if item.remark else ""))
        click.echo(more)

    def compared(self, compared: "Compared") -> None:
        from srs.render import harmless

        click.echo(" ".join(harmless(words) for _, words in _runs(compared)))
        click.echo(_verdict(compared))

    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating", digits: bool) -> None:
        named = [
            f"{int(rating)} {rating.name.capitalize()} {interval}"
            if digits
            else f"{rating.name.capitalize()} {interval}"
            for rating, interval in labels.items()
        ]
        click.echo(", ".join(named) + ("" if suggested == 3 else f"; Enter is {suggested.name.capitalize()}"))

    def foot(self, first: str, rest: str) -> None:
        pass

    def key(self, keys: str, clock: Callable[[], str] | None = None, idle: Callable[[], object] | None = None) -> str:
        while True:
            if self._ahead:
                key, self._ahead = self._ahead[0], self._ahead[1:]
                return key
            try:
                entered = "".join(self.line("> " if self._prompt else "").split())
            except Quit:
                return "q"
            key = entered[:1] or " "
            if key in keys and len(entered) <= 1:
                return key
            if (
                "5" in keys and entered.isdecimal() and set(entered) <= set(keys)
            ):  # several items of a checklist at once
                self._ahead = entered
                continue
            click.echo(f"“{printable(entered[:20])}” is no key here: ? lists the keys", err=True)

    def line(self, prompt: str) -> str:
        try:
            if prompt:
                click.echo(prompt, nl=False)
            sys.stdout.flush()
            entered = sys.stdin.readline()
        except KeyboardInterrupt:
            raise Quit from None
        if not entered:
            raise Quit
        return entered.rstrip("\r\n")

    def notice(self, text: str) -> None:
        self.show(text)

    def clear(self) -> None:
        pass


def _runs(compared: "Compared") -> "Iterator[tuple[str, str]]":
    """Words of one kind after the other: `[missing ones]` and `-those too many-` are marked without colour too."""
    marks = {"same": "{}", "missing": "[{}]", "extra": "-{}-"}
    for kind, words in groupby(compared.words, key=lambda pair: pair[0]):
        yield kind, marks[kind].format(" ".join(word for _, word in words))


def _verdict(compared: "Compared") -> str:
    if compared.share == 1:
        return "Word for word."
    return f"{compared.share:.0%} of the words: [missing], -too many-."
