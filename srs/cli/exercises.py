"""What each kind of card adds to showing a question and flipping it: hints, ticks, a ladder, a clock, what stands beside it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from srs.answering import (
    RUNGS,
    clock,
    compare,
    in_sight,
    pace,
    rung,
    suggested_for_items,
    suggested_for_talk,
    suggested_for_words,
    target_seconds,
)
from srs.cards import Rating
from srs.cli.faces import Face, Item
from srs.cues import hints
from srs.texts import normalised

if TYPE_CHECKING:
    from srs.cards import Card
    from srs.study import Session

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
DIGITS = "123456789"
SPOKEN = 5
"""Seconds below which nothing was spoken, and there is no pace to tell."""


class Exercise:
    """A card that is flipped. Every kind can be: what it offers besides need not be used.

    Attributes:
        keys: keys that this kind has of its own once the answer is shown.
        shows: what Space does before that.
    """

    keys = ""
    shows = "Space shows the answer"

    def __init__(self, card: "Card", session: "Session", face: Face) -> None:
        self.card, self.session, self.face = card, session, face
        self._hints = hints(card.kind, card.answer, card.items)
        self._hinted = 0
        self._typed: float | None = None

    @property
    def task(self) -> str:
        """What to do, in a line."""
        return TASKS.get(self.card.kind, "")

    @property
    def offers(self) -> str:
        """The keys worth a word below the question."""
        return "h hint · " if self._hints else ""

    def begin(self) -> None:
        """Show what stands below the question while it is answered."""

    def clock(self, seconds: float) -> str:
        """What the clock says after so many seconds; empty where there is none."""
        return ""

    def hint(self) -> None:
        """One hint more."""
        if self._hinted < len(self._hints):
            self.face.show(self._hints[self._hinted])
            self._hinted += 1
        else:
            self.face.show("There is no further hint." if self._hints else "There is no hint for this card.")

    def typed(self) -> None:
        """Compare a typed answer with the right one; nothing typed is no answer, but a look at it."""
        if not self.card.answer:
            self.face.show("There is no answer to compare with: speak, then judge yourself.")
            return
        typed = self.face.line("Your answer: ")
        if typed.strip():
            compared = compare(typed, self.card.answer)
            self.face.compared(compared)
            self._typed = compared.share

    def reveal(self, seconds: float) -> None:
        """Show the answer, after so many seconds."""
        self.face.answer(self.card.answer)

    def press(self, key: str) -> None:
        """One of the keys of its own, after the answer is shown."""

    @property
    def ticking(self) -> bool:
        """Whether the digits tick items, and do not rate."""
        return False

    @property
    def suggested(self) -> Rating:
        """What Space means: Good, unless what was typed or hinted says otherwise."""
        return suggested_for_words(1.0 if self._typed is None else self._typed, self._hinted)

    @property
    def ticks(self) -> Sequence[tuple[str, bool]]:
        """Items of the answer, and whether each was covered; none where the learner did not say."""
        return ()


class Checklist(Exercise):
    """A list whose items are ticked off, as far as they were covered: the digits do it as long as it is open.

    Without a tick it is a card to flip, and Space means Good.
    """

    keys = "ca567890"

    def __init__(self, card: "Card", session: "Session", face: Face) -> None:
        super().__init__(card, session, face)
        self._ticked = [False] * len(card.items)
        self._open, self._used, self._from = face.opens, False, 0
        self._missed: dict[str, tuple[int, int]] = {}

    @property
    def task(self) -> str:
        return f"{super().task} ({len(self.card.items)})"

    def reveal(self, seconds: float) -> None:
        self._missed = self.session.missed(self.card)
        if normalised(" ".join(self.card.items)) != normalised(_without_marks(self.card.answer)):
            self.face.answer(self.card.answer)  # it says more than its items
        self._show()

    def _show(self) -> None:
        items = [
            Item(self._key(at), item, self._ticked[at], self._missed.get(item))
            for at, item in enumerate(self.card.items)
        ]
        last = min(len(items), len(DIGITS))
        digits = f"1–{last} tick" if last > 1 else "1 ticks"
        more = " · 0 the next nine" if len(items) > len(DIGITS) else ""
        open_ = f"{digits} what you covered{more} · a all · c rates by digit"
        self.face.checklist(items, open_ if self._open else "c opens the checklist")

    def _key(self, at: int) -> str:
        place = at - self._from
        return DIGITS[place] if self._open and 0 <= place < len(DIGITS) else ""

    def press(self, key: str) -> None:
        if key == "c":
            self._open = not self._open
        elif key == "a":
            self._used, self._ticked = True, [not all(self._ticked)] * len(self._ticked)
        elif key == "0":
            self._from = self._from + len(DIGITS) if self._from + len(DIGITS) < len(self._ticked) else 0
        elif (at := self._from + int(key) - 1) < len(self._ticked):
            self._used, self._ticked[at] = True, not self._ticked[at]
        self._show()

    @property
    def ticking(self) -> bool:
        return self._open

    @property
    def suggested(self) -> Rating:
        if not self._used:
            return super().suggested
        return Rating(max(Rating.AGAIN, suggested_for_items(sum(self._ticked), len(self._ticked)) - self._hinted))

    @property
    def ticks(self) -> Sequence[tuple[str, bool]]:
        return tuple(zip(self.card.items, self._ticked, strict=True)) if self._used else ()


class Critique(Exercise):
    """A bad answer: its flaw first, then a better answer, where a document has one."""

    def reveal(self, seconds: float) -> None:
        super().reveal(seconds)
        better = self.session.better(self.card)
        if better is not None:
            self.face.part("A good answer shows" if better.kind == "themes" else "Better", better.answer)


class Talk(Exercise):
    """A talk that is rehearsed: each success takes some of it out of sight."""

    shows = "Space when you have given it"

    def __init__(self, card: "Card", session: "Session", face: Face) -> None:
        super().__init__(card, session, face)
        self._rung = rung([review.rating for review in session.history(card)])
        self._target = target_seconds(card.prompt)

    def begin(self) -> None:
        self.face.part(f"In sight: {RUNGS[self._rung]}", in_sight(self.card.answer, self._rung))

    def clock(self, seconds: float) -> str:
        if not self._target:
            return clock(seconds)
        least, most = self._target
        return f"{clock(seconds)} of {clock(least)}" + (f"–{clock(most)}" if most > least else "")

    def reveal(self, seconds: float) -> None:
        super().reveal(seconds)
        self.face.show(f"{self.clock(seconds)}, {pace(self.card.answer, seconds)} words a minute if you said all of it")

    @property
    def suggested(self) -> Rating:
        return suggested_for_talk(self._rung)


class Spoken(Exercise):
    """A question to be answered aloud against a countdown. What another card says of its subject is shown afterwards."""

    shows = "Space when you have spoken"

    def __init__(self, card: "Card", session: "Session", face: Face) -> None:
        super().__init__(card, session, face)
        self._time = session.preset_of(card.deck).speaking_time

    def clock(self, seconds: float) -> str:
        if not self._time:
            return ""
        left = self._time - seconds
        return f"{clock(left)} left" if left >= 0 else f"{clock(-left)} over"

    def reveal(self, seconds: float) -> None:
        super().reveal(seconds)
        if self._time:
            self.face.show(f"{clock(seconds)} of {clock(self._time)}")
        found = self.session.answered_by(self.card)
        if found is not None:
            self.face.part(f"Themes of “{found.prompt}”", found.answer)


def exercise(card: "Card", session: "Session", face: Face) -> Exercise:
    """The exercise for a card of its kind."""
    kinds: dict[str, Callable[[Card, Session, Face], Exercise]] = {
        "critique": Critique,
        "monologue": Talk,
        "question": Spoken,
    }
    if card.kind in {"themes", "outline"} and card.items:
        return Checklist(card, session, face)
    return kinds.get(card.kind, Exercise)(card, session, face)


def _without_marks(answer: str) -> str:
    """An answer without the marks of its list."""
    import re

    return re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+", "", answer, flags=re.MULTILINE)
