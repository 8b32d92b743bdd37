"""Today's session: `srs review` and `srs undo`. One loop, shown on a screen or line by line."""

import sys
import time
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

import click

from srs.cli.app import App, now, printable
from srs.cli.faces import Face, Lines, Quit, Screen
from srs.errors import NothingToUndo, SrsError, StaleCard

if TYPE_CHECKING:
    from datetime import datetime

    from srs.cards import Card, Rating, Schedule
    from srs.settings import Settings
    from srs.store import Store
    from srs.study import Session

KEYS_HELP = """\
Space, Enter  show the answer; then: Good
1 2 3 4       Again, Hard, Good, Easy, each with the interval that it gives
h             a hint, one step more each time      t  type the answer
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
    with app.store() as (store, settings):
        session = Session(
            store,
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
            _Review(session, face, store, settings, typed=typed or session.preset.typed).run()


@click.command()
@click.pass_obj
def undo(app: App) -> None:
    """Take back the last answer, import or change.

    The newest first, also after a restart.

    \b
    Example: srs undo
    """
    from srs.cards import Imported
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


class _Review:
    """The loop: ask, reveal, rate, until nothing is left or the learner ends it."""

    def __init__(self, session: "Session", face: Face, store: "Store", settings: "Settings", *, typed: bool) -> None:
        self.session, self.face, self.store, self.settings, self.typed = session, face, store, settings, typed

    def run(self) -> None:
        card = self.session.next(now())
        try:
            while card is not None:
                card = self._ask(card) or self.session.next(now())
        except (Quit, KeyboardInterrupt):
            pass
        self._summary()

    def _ask(self, card: "Card") -> "Card | None":
        """Ask one card until it is answered or put aside; returns the card to ask next where that is decided."""
        from srs.cues import hints

        began = time.monotonic()
        self.face.card(card, self.session.waiting(now()))
        talk = _Talk(card, self.session) if card.kind == "monologue" else None
        if talk:
            talk.begin(self.face)
        steps = list(hints(card.kind, card.answer))
        shown = 0
        typed = None
        if self.typed and card.kind == "phrase":
            typed = self._type(card)
        else:
            while (key := self.face.key(" htues-@iq?")) != " ":
                if key == "t":
                    typed = self._type(card)
                    break
                if key == "h":
                    self.face.show(steps[shown] if shown < len(steps) else "There is no further hint.")
                    shown = min(shown + 1, len(steps))
                    continue
                done, following = self._common(card, key)
                if done:
                    return following
        self.face.answer(card)
        if talk:
            talk.end(self.face, time.monotonic() - began)
        return self._rate(card, began, _suggested(typed, shown, talk))

    def _rate(self, card: "Card", began: float, suggested: "Rating") -> "Card | None":
        from srs.cards import Rating

        shown = None
        while True:
            labels = self._labels(card, now())
            if labels != shown:  # also when the study day turned while the answer was on the screen
                self.face.labels(labels, suggested)
                shown = labels
            key = self.face.key(" 1234ues-@iq?")
            if key in " 1234":
                at = now()
                if self._labels(card, at) != shown:
                    continue
                rating = suggested if key == " " else Rating(int(key))
                try:
                    after = self.session.answer(card, rating, at, time.monotonic() - began)
                except StaleCard as stale:
                    self.face.notice(f"{stale}.")
                    return None
                if after.leech:
                    self._leech(card, after.lapses)
                return None
            done, following = self._common(card, key)
            if done:
                return following

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

    def _type(self, card: "Card") -> float | None:
        """Compare a typed answer with the right one: the share of its words that are right, `None` when nothing was typed."""
        from srs.answering import compare

        typed = self.face.line("Your answer: ")
        if not typed.strip():
            return None
        compared = compare(typed, card.answer)
        self.face.compared(compared)
        return compared.share

    def _common(self, card: "Card", key: str) -> "tuple[bool, Card | None]":
        """Keys that mean the same before and after the answer is shown: (whether the card is done with, what follows)."""
        match key:
            case "q":
                raise Quit
            case "?":
                self.face.show(KEYS_HELP)
                return False, None
            case "i":
                self.face.show(_about(self.session, card, now()))
                return False, None
            case "u":
                try:
                    return True, self.session.undo()
                except NothingToUndo as nothing:
                    self.face.show(f"{str(nothing).capitalize()}.")
                    return False, None
            case "e":
                self._edit(card)
                return True, self.session.current(card)
            case "s":
                self.session.skip(card)
            case "-":
                self.session.bury(card, now())
            case "@":
                self.session.suspend(card)
        return True, None

    def _edit(self, card: "Card") -> None:
        """Open the document at the card's line in the editor, and import it again."""
        from srs.cli.writing import edit_document

        try:
            report = edit_document(self.store, card, self.face.lent())
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


def _suggested(typed: float | None, hints: int, talk: "_Talk | None") -> "Rating":
    """What Space and Enter mean: Good, unless what was typed, asked for or in sight says otherwise."""
    from srs.answering import suggested_for_talk, suggested_for_words

    return suggested_for_talk(talk.rung) if talk else suggested_for_words(1.0 if typed is None else typed, hints)


class _Talk:
    """A talk that is rehearsed: each success takes some of it out of sight."""

    def __init__(self, card: "Card", session: "Session") -> None:
        from srs.answering import rung

        self.card = card
        self.rung = rung([review.rating for review in session.history(card)])

    def begin(self, face: Face) -> None:
        """Show what is in sight while the talk is given."""
        from srs.answering import RUNGS, in_sight

        face.in_sight(f"In sight: {RUNGS[self.rung]}", in_sight(self.card.answer, self.rung))

    def end(self, face: Face, seconds: float) -> None:
        """Say how long it took, and at what pace."""
        from srs.answering import clock, pace, target_seconds

        target = target_seconds(self.card.prompt)
        wanted = ""
        if target:
            wanted = f" of {clock(target[0])}" + (f"–{clock(target[1])}" if target[1] > target[0] else "")
        face.show(f"{clock(seconds)}{wanted}, {pace(self.card.answer, seconds)} words a minute if you said all of it")


def _about(session: "Session", card: "Card", at: "datetime") -> str:
    schedule = card.schedule
    lines = [f"Card {card.id}, {card.kind}, {schedule.state_name}; {schedule.reps} answers, {schedule.lapses} lapses"]
    if card.path:
        lines.append(f"from {card.path}:{card.line}")
    if schedule.stability is not None and schedule.difficulty is not None:
        lines.append(
            f"stability {schedule.stability:.1f} days, difficulty {schedule.difficulty:.1f} of 10, "
            f"chance of recall now {session.retrievability(card, at):.0%}"
        )
    lines += [f"{r.at.astimezone():%Y-%m-%d %H:%M}  {r.rating.name.capitalize()}" for r in session.history(card)[-5:]]
    return "\n".join(lines)
