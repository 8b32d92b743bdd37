"""How a session is shown: on a screen, one card at a time, or line by line."""

import sys
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

import click

from srs.cli.app import printable
from srs.cli.keyboard import Keyboard, keyboard

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rich.console import Console

    from srs.answering import Compared
    from srs.cards import Card, Rating

TASKS = {
    "themes": "Which key themes does a good answer show?",
    "phrase": "Say the phrase.",
    "critique": "Why is this a bad answer?",
    "rewrite": "How would you say it better?",
    "pattern": "How is it built, and when is it used?",
    "outline": "Name its parts.",
    "monologue": "Give the talk.",
    "question": "Answer aloud.",
    "definition": "What does it mean?",
    "cloze": "Fill the gap.",
}


class Quit(Exception):
    """The learner ends the session."""


class Face(Protocol):
    """How a session is shown. Keys are single characters; a space stands for Space and Enter."""

    def session(self) -> AbstractContextManager[None]: ...
    def lent(self) -> AbstractContextManager[None]: ...
    def card(self, card: "Card", waiting: tuple[int, int, int]) -> None: ...
    def show(self, text: str) -> None: ...
    def answer(self, card: "Card") -> None: ...
    def in_sight(self, what: str, markdown: str) -> None: ...
    def compared(self, compared: "Compared") -> None: ...
    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating") -> None: ...
    def key(self, keys: str) -> str: ...
    def line(self, prompt: str) -> str: ...
    def notice(self, text: str) -> None: ...
    def clear(self) -> None: ...


class Screen:
    """A terminal: one card at a time, one key at a time."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._keys: Keyboard = keyboard()
        self._footed = False

    def session(self) -> AbstractContextManager[None]:
        return self._keys.single()

    def lent(self) -> AbstractContextManager[None]:
        """The terminal as other programs want it."""
        return self._keys.lines()

    def card(self, card: "Card", waiting: tuple[int, int, int]) -> None:
        from rich.text import Text

        from srs.render import harmless, terminal

        self.clear()
        new, learning, reviews = waiting
        status = Text(harmless(card.deck), style="bold cyan", overflow="ellipsis", no_wrap=True)
        status.append(f"   {new} new · {learning} learning · {reviews} review", style="not bold dim")
        self._console.print(status)
        self._console.print()
        self._console.print(Text(_task(card), style="italic"))
        self._console.print()
        self._console.print(terminal(card.prompt), style="bold")
        self._console.print()
        self._foot(
            "Space shows the answer",
            "h hint · u undo · ? keys · q end" if card.kind == "phrase" else "u undo · ? keys · q end",
        )

    def _foot(self, first: str, rest: str) -> None:
        from rich.text import Text

        self._console.print(Text.assemble((first, "bold"), ("   " + rest, "dim")), end="")
        self._footed = True

    def _lift_foot(self) -> None:
        """What comes next takes the place of the line of keys."""
        if self._footed:
            from rich.control import Control
            from rich.segment import ControlType

            self._console.control(Control(ControlType.CARRIAGE_RETURN, (ControlType.ERASE_IN_LINE, 2)))
            self._footed = False

    def show(self, text: str) -> None:
        from srs.render import harmless

        self._lift_foot()
        self._console.print(harmless(text), style="yellow")

    def answer(self, card: "Card") -> None:
        from rich.rule import Rule

        from srs.render import terminal

        self._lift_foot()
        self._console.print(Rule(style="dim"))
        self._console.print(terminal(card.answer or "*No answer is written down: judge how you spoke.*"))
        self._console.print()

    def in_sight(self, what: str, markdown: str) -> None:
        from rich.padding import Padding

        from srs.render import terminal

        self._lift_foot()
        self._console.print(what, style="dim")
        if markdown:
            self._console.print(Padding(terminal(markdown), (1, 0, 0, 0)))
        self._console.print()
        self._foot("Space when you have given it", "u undo · ? keys · q end")

    def compared(self, compared: "Compared") -> None:
        from rich.text import Text

        from srs.render import harmless

        self._lift_foot()
        styles = {"same": "green", "missing": "bold yellow", "extra": "red"}
        shown = Text()
        for kind, words in _runs(compared):
            shown.append(harmless(words), style=styles[kind]).append(" ")
        self._console.print(shown)
        self._console.print(_verdict(compared), style="dim")

    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating") -> None:
        from rich.text import Text

        colors = {1: "red", 2: "yellow", 3: "green", 4: "blue"}
        text = Text()
        for rating, interval in labels.items():
            text.append(f"{int(rating)} {rating.name.capitalize()}", style=f"bold {colors[rating]}")
            text.append(f" {interval}    ")
        text.append(f"Space is {suggested.name.capitalize()}", style="dim")
        self._console.print(text)

    def key(self, keys: str) -> str:
        while True:
            try:
                key = self._keys.read()
            except (EOFError, KeyboardInterrupt, OSError):  # OSError: the terminal is gone
                return "q"
            if key in {"\r", "\n"}:
                key = " "
            if key in {"\x03", "\x04", ""}:
                return "q"
            if len(key) == 1 and key in keys:
                return key

    def line(self, prompt: str) -> str:
        self._lift_foot()
        try:
            with self.lent():
                return input(prompt)
        except (EOFError, KeyboardInterrupt, OSError):
            raise Quit from None

    def notice(self, text: str) -> None:
        """Show a text until it was read: the next card would wipe it off the screen."""
        self.show(text)
        self.line("Enter goes on. ")

    def clear(self) -> None:
        self._footed = False
        self._console.clear()


class Lines:
    """No terminal: text out, a line in for each key. An empty line is Space; the end of input ends the session."""

    def __init__(self, *, prompt: bool) -> None:
        self._prompt = prompt

    def session(self) -> AbstractContextManager[None]:
        return nullcontext()

    def lent(self) -> AbstractContextManager[None]:
        return nullcontext()

    def card(self, card: "Card", waiting: tuple[int, int, int]) -> None:
        from srs.render import harmless, plain

        new, learning, reviews = waiting
        click.echo(f"\n{harmless(card.deck)}: {new} new, {learning} learning, {reviews} review")
        click.echo(f"{_task(card)}\n{plain(card.prompt)}")

    def show(self, text: str) -> None:
        from srs.render import harmless

        click.echo(harmless(text))

    def answer(self, card: "Card") -> None:
        from srs.render import plain

        click.echo(
            "Answer:\n" + (plain(card.answer) if card.answer else "No answer is written down: judge how you spoke.")
        )

    def in_sight(self, what: str, markdown: str) -> None:
        from srs.render import plain

        click.echo(f"{what}." + (f"\n{plain(markdown)}" if markdown else ""))

    def compared(self, compared: "Compared") -> None:
        from srs.render import harmless

        click.echo(" ".join(harmless(words) for _, words in _runs(compared)))
        click.echo(_verdict(compared))

    def labels(self, labels: "Mapping[Rating, str]", suggested: "Rating") -> None:
        named = [f"{int(rating)} {rating.name.capitalize()} {interval}" for rating, interval in labels.items()]
        click.echo(", ".join(named) + ("" if suggested == 3 else f"; Enter is {suggested.name.capitalize()}"))

    def key(self, keys: str) -> str:
        while True:
            try:
                entered = self.line("> " if self._prompt else "").strip()
            except Quit:
                return "q"
            key = entered[:1] or " "
            if key in keys and len(entered) <= 1:
                return key
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


def _task(card: "Card") -> str:
    task = TASKS.get(card.kind, "")
    return f"{task} ({len(card.items)})" if card.items and card.kind in {"themes", "outline"} else task
