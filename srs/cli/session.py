"""Today's session: `srs review` and `srs undo`. One loop, shown on a screen or line by line."""

import sys
import time
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from srs.cli.app import App, now, printable
from srs.cli.faces import Face, Lines, Quit, Screen, Status
from srs.errors import NothingToUndo, SrsError, StaleCard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from srs.cards import Card, Rating, Schedule
    from srs.cli.exercises import Exercise
    from srs.settings import Settings
    from srs.store.queue import Queue
    from srs.study import Session

KEYS_HELP = """\
Space, Enter  show the answer; then: Good
1 2 3 4       Again, Hard, Good, Easy, each with the interval that it gives
h             a hint, one step more each time      t  type the answer
1 … 9, a      on a checklist: tick items, or all; c: the digits rate
u             undo the last answer                 s  skip for this session
-             bury until tomorrow                  @  suspend until told
e             edit the card in its document        i  about this card
q, Ctrl-C     end; every answer given so far is kept"""


@click.command()
@click.argument("deck", required=False)
@click.option(
    "--new", type=click.IntRange(0), metavar="N", help="N new cards in this session, whatever the day's limit."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="End after N answers.")
@click.option(
    "--minutes",
    type=click.FloatRange(0, min_open=True),
    metavar="M",
    help="End after M minutes, with the card that is open then.",
)
@click.option("--ahead", type=click.IntRange(1, 3650), metavar="DAYS", help="Also what is due in the next DAYS days.")
@click.option("--cram", is_flag=True, help="All cards, due or not; their schedules stay as they are.")
@click.option("--cram-counts", is_flag=True, help="As --cram, but the answers count as reviews.")
@click.option("--typed", is_flag=True, help="Type the answers to phrases.")
@click.option("--plain", is_flag=True, help="Line by line, for scripts and screen readers.")
@click.pass_obj
def review(
    app: App,
    deck: str | None,
    new: int | None,
    limit: int | None,
    minutes: float | None,
    ahead: int | None,
    cram: bool,
    cram_counts: bool,
    typed: bool,
    plain: bool,
) -> None:
    """Answer the cards that are due today.

    \b
    Example: srs review interview --new 5
    """
    from srs.study import Session

    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")  # a byte that is no text is no key, and no reason to end
    with app.queue() as (queue, settings):
        session = Session(
            queue,
            settings,
            settings.days,
            deck,
            new=new,
            limit=limit,
            minutes=minutes,
            cram=cram or cram_counts,
            cram_counts=cram_counts,
            ahead=ahead or 0,
        )
        on_screen = not plain and sys.stdin.isatty() and sys.stdout.isatty()
        face: Face = Screen(app.console()) if on_screen else Lines(prompt=sys.stdin.isatty())
        with face.session():
            _Review(session, face, queue, settings, typed=typed or session.preset.typed).run()


@click.command()
@click.pass_obj
def undo(app: App) -> None:
    """Take back the last answer, import or change.

    The newest first, also after a restart.

    \b
    Example: srs undo
    """
    from srs.notes import Imported
    from srs.store.imports import Changed

    with app.store() as (store, _):
        done = store.take_back()
    if isinstance(done, Changed):
        click.echo(f"Taken back: {printable(done.what)}")
        return
    if isinstance(done, Imported):
        from srs.cli.changes import counted

        click.echo(f"Taken back: the import of {done.at.astimezone():%Y-%m-%d %H:%M}: {counted(done)}")
        return
    from srs.render import plain

    card, review = done
    asked = " ".join(plain(card.prompt, 200).split())
    click.echo(f"Taken back: {review.rating.name.capitalize()} on “{printable(asked[:70])}”")


class _Watch:
    """Seconds since it was begun, without those in which the learner was somewhere else."""

    def __init__(self, face: Face) -> None:
        self._face, self._paused = face, 0.0
        self._began, self._away = time.monotonic(), face.away

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began - self._paused - (self._face.away - self._away)

    @contextmanager
    def paused(self) -> "Iterator[None]":
        at = self.seconds
        try:
            yield
        finally:
            self._paused += self.seconds - at


class _Review:
    """The loop: ask, reveal, rate, until nothing is left or the learner ends it."""

    def __init__(self, session: "Session", face: Face, queue: "Queue", settings: "Settings", *, typed: bool) -> None:
        self.session, self.face, self.queue, self.settings, self.typed = session, face, queue, settings, typed
        self._said = ""  # to be shown below the next card
        self._open: tuple[int, _Watch] | None = None  # the card that is asked again after an edit, and its time so far

    def run(self) -> None:
        card, status = self._following(None)
        try:
            while card is not None:
                card, status = self._following(self._ask(card, status))
        except (Quit, KeyboardInterrupt):
            pass
        self._summary()

    def _following(self, card: "Card | None") -> "tuple[Card | None, Status]":
        """The card to ask next, where it is not decided, and where the session stands."""
        at = now()
        with self.queue.at_once():
            card = card or self.session.next(at)
            today, waiting = self.session.today(at), self.session.waiting(at)
        recalled = today.recalled / today.reviews if today.reviews else None
        return card, Status(card.deck if card else "", waiting, today.seconds / 60, recalled)

    def _ask(self, card: "Card", status: Status) -> "Card | None":
        """Ask one card until it is answered or put aside; returns the card to ask next where that is decided."""
        from srs.cli.exercises import exercise

        watch = self._open[1] if self._open and self._open[0] == card.id else _Watch(self.face)
        self._open = card.id, watch
        asked = exercise(card, self.session, self.face)
        self.face.card(asked.task, card.prompt, status)
        if self._said:
            self.face.show(self._said)
            self._said = ""
        asked.begin()
        typed = self.typed and card.kind == "phrase"
        if typed:
            asked.typed()
        while not typed:
            self.face.foot(asked.shows, f"{asked.offers}u undo · ? keys · q end")
            ticks = asked.clock(0.0) != ""
            self._prepare(card)
            clock = (lambda: asked.clock(watch.seconds)) if ticks else None
            key = self.face.key(" htues-@iq?", clock, idle=self._settle)
            if key == " ":
                break
            if key == "t":
                asked.typed()
                typed = bool(card.answer)
            elif key == "h":
                asked.hint()
            else:
                done, following = self._common(card, key, watch)
                if done:
                    return following
        asked.reveal(watch.seconds)
        return self._rate(card, asked, watch)

    def _prepare(self, card: "Card") -> None:
        """Load what the answer needs while the question is read, and find out what it will want to know."""
        from srs.render import formatted

        formatted("")
        if self.face.is_read:
            self.session.prepare(card, now())

    def _settle(self) -> None:
        """Load what undo, burying and editing need, while the learner thinks."""
        with suppress(SrsError):  # who presses one of their keys is told
            _ = self.queue.whole

    def _rate(self, card: "Card", asked: "Exercise", watch: _Watch) -> "Card | None":
        from srs.cards import Rating

        shown = None
        while True:
            labels = self._labels(card, now())
            seen = labels, asked.suggested, asked.ticking
            if seen != shown:  # also when the study day turned while the answer was on the screen
                self.face.labels(labels, asked.suggested, digits=not asked.ticking)
                shown = seen
            key = self.face.key(" 1234ues-@iq?" + asked.keys)
            if key in asked.keys or (asked.ticking and key in "1234"):
                asked.press(key)
            elif key in " 1234":
                at = now()
                if self._labels(card, at) != labels:
                    continue
                rating = asked.suggested if key == " " else Rating(int(key))
                self._answer(card, rating, at, watch, asked.ticks)
                return None
            else:
                done, following = self._common(card, key, watch)
                if done:
                    return following

    def _answer(
        self, card: "Card", rating: "Rating", at: "datetime", watch: _Watch, ticks: "Sequence[tuple[str, bool]]"
    ) -> None:
        try:
            after = self.session.answer(card, rating, at, watch.seconds, ticks)
        except StaleCard as stale:
            self.face.notice(f"{stale}.")
            return
        if after.leech:
            self._leech(card, after.lapses)

    def _leech(self, card: "Card", lapses: int) -> None:
        """Say that a card costs more than it gives, and what helps."""
        gone = " It is suspended." if self.session.preset_of(card.deck).leech_action == "suspend" else ""
        self.face.notice(
            f"A leech: forgotten {lapses} times.{gone} Shorter words, two cards instead of one, or a better cue help: "
            f"srs edit {card.id}"
        )

    def _labels(self, card: "Card", at: "datetime") -> "dict[Rating, str]":
        from srs.scheduling import interval_label

        preview: dict[Rating, Schedule] = self.session.preview(card, at)
        return {rating: interval_label(at, schedule.due, self.settings.days) for rating, schedule in preview.items()}

    def _common(self, card: "Card", key: str, watch: _Watch) -> "tuple[bool, Card | None]":
        """Keys that mean the same before and after the answer is shown: (whether the card is done with, what follows)."""
        match key:
            case "q":
                raise Quit
            case "?":
                self.face.show(KEYS_HELP)
                return False, None
            case "i":
                from srs.cli.about import about

                self.face.show(about(card, self.session, self.settings, now()))
                return False, None
            case "u":
                try:
                    back, said = self.session.undo()
                except NothingToUndo as nothing:
                    self.face.show(f"{str(nothing).capitalize()}.")
                    return False, None
                self._said = f"Taken back: {said}"
                return True, back
            case "e":
                with watch.paused():
                    self._edit(card)
                return True, self.session.current(card)
            case "s":
                self.session.skip(card)
            case "-":
                self.session.bury(card, now())
            case "@":
                self.session.suspend(card, now())
        return True, None

    def _edit(self, card: "Card") -> None:
        """Open the document at the card's line in the editor, and import it again; or the card's text, if it has none."""
        from srs.cli.writing import edit_document, edit_text

        try:
            if card.path is None:
                edit_text(self.queue.whole, self.settings, card, self.face.lent())
                return
            report = edit_document(self.queue.whole, card, self.face.lent())
        except SrsError as error:
            self.face.notice(f"Not edited: {error}.")
            return
        for problem in report.problems:
            self.face.notice(f"{problem}.")

    def _summary(self) -> None:
        tally = self.session.tally
        with suppress(OSError):  # the reader, or the terminal, is gone
            self.face.clear()
            if not tally.answers:
                click.echo("No answers this time.")
            else:
                minutes, seconds = divmod(round(tally.seconds), 60)
                retention = tally.true_retention
                parts = [f"{tally.answers} answer{'' if tally.answers == 1 else 's'} in {minutes}:{seconds:02d}"]
                if retention is not None:
                    parts.append(f"true retention {retention:.0%}")
                click.echo(", ".join(parts) + ".")
            new, learning, reviews = self.session.waiting(now())
            left = (
                f"Left today: {new} new, {learning} learning, {reviews} to review. "
                if new + learning + reviews
                else "Done for today. "
            )
            click.echo(f"{left}Due tomorrow: {self.session.due_tomorrow(now())}, besides new cards.")
