"""optimize, evaluate: from the learner's answers to parameters of the model of memory, and to how well they predict.

Numbers are fitted and judged in `memory/`, which needs packages that the rest of the program does without.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from srs.cards import Fitted
from srs.days import Days
from srs.errors import NothingToJudge, ReviewsError, ToolsMissing
from srs.parameters import DEFAULTS, Parameters, parsed
from srs.settings import nearest_fit

if TYPE_CHECKING:
    from srs.memory.fit import Fit
    from srs.memory.judge import Quality, Split, Verdict
    from srs.memory.log import Log
    from srs.store import Store

Progress = Callable[[int, int, float], object]
"""Is told which fit is at work, of how many, and its log loss so far."""


def _unseen(_at: int, _of: int, _loss: float) -> None:
    """Progress that nobody watches."""


PARTS = 3
"""Parts in which the newest answers are held out to judge a fit, each predicted from all before it."""

FROM_SHARE = 0.6
"""Share of the answers that every judged fit has at least."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_COLUMNS = ("card_id", "reviewed_at", "rating")
_STATE = "state_before"  # may be left out
_RATINGS = {str(rating): rating for rating in range(1, 5)}


# -- answers -------------------------------------------------------------------------------------------------------------


def log_of_collection(store: "Store", deck: str | None) -> "Log":
    """The answers to a deck with all below it, or all of them. Raises DeckNotFound, ToolsMissing."""
    _require_tools()
    from srs.memory.log import collect

    return collect(store.answers(deck))


def log_of_file(path: Path, days: Days) -> "Log":
    """The answers in a CSV file with the columns of `srs export reviews`. Raises ReviewsError, ToolsMissing."""
    _require_tools()
    from srs.memory.log import collect

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return collect(_rows(path, file, days), ordered=False)
    except UnicodeDecodeError:
        raise ReviewsError(f"{path} is not UTF-8: write the file as UTF-8") from None
    except OSError as error:
        raise ReviewsError(f"{path} cannot be read ({error.strerror}): check --reviews") from None


def _rows(path: Path, lines: Iterator[str], days: Days) -> Iterator[tuple[int, int, int, int, bool]]:
    """The rows of the file as (card, when, study day, rating, card was new)."""
    reader = csv.reader(lines)
    try:
        head = [name.strip() for name in next(reader, [])]
        for name in _COLUMNS:
            if name not in head:
                raise ReviewsError(
                    f"{path}, line 1: there is no column “{name}”: a file of reviews has {', '.join(_COLUMNS)} at least, "
                    "as srs export reviews writes them"
                )
        columns = itemgetter(*map(head.index, _COLUMNS))
        state = head.index(_STATE) if _STATE in head else None
        number, day = _Numbers(), days.counter()
        for row in reader:
            if len(row) != len(head):
                if not row:
                    continue
                raise ReviewsError(
                    f"{path}, line {reader.line_num}: {len(row)} values for {len(head)} columns: mend or remove the line"
                )
            card, at, rating = columns(row)
            when, rated = _instant(at), _RATINGS.get(rating.strip())
            if when is None:
                raise ReviewsError(
                    f"{path}, line {reader.line_num}: “{at.strip()}” is no time: write one in ISO 8601, "
                    "such as 2025-01-15T12:00:00Z"
                )
            if rated is None:
                raise ReviewsError(
                    f"{path}, line {reader.line_num}: the rating is “{rating}”: "
                    "write 1 for Again, 2 for Hard, 3 for Good, 4 for Easy"
                )
            yield number[card], when, day(when), rated, state is not None and row[state].strip() == "new"
    except csv.Error as error:
        raise ReviewsError(f"{path}, line {reader.line_num}: {error}: write the file as plain CSV") from None


class _Numbers(dict[str, int]):
    """A number for each card, the same wherever in a file it stands: its own if it has one."""

    def __missing__(self, cell: str) -> int:
        card = cell.strip()
        if card.isdecimal() and len(card) < 18:
            self[cell] = int(card)
        else:
            self[cell] = int.from_bytes(blake2b(card.encode(), digest_size=8).digest(), "little", signed=True) | 1 << 62
        return self[cell]


def _instant(text: str) -> int | None:
    """An instant in ISO 8601, in UTC where it does not say, as whole microseconds since 1970; `None` for anything else."""
    try:
        when = datetime.fromisoformat(text.strip())
        if when.tzinfo is not UTC:
            when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return (when - _EPOCH) // _MICROSECOND if 1970 < when.year < 9000 else None


def parameters_of_file(path: Path) -> Parameters:
    """Parameters in JSON: a list of 21, or what `srs optimize --json` writes. Raises ReviewsError."""
    try:
        return parsed(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ReviewsError(f"{path} cannot be read ({error.strerror}): check --parameters") from None
    except ValueError as error:
        raise ReviewsError(
            f"{path}: {error}: write the 21 numbers as a JSON list, or what srs optimize --json prints"
        ) from None


def _require_tools() -> None:
    """Raises ToolsMissing when numpy or scipy is not installed."""
    missing = [name for name in ("numpy", "scipy") if find_spec(name) is None]
    if missing:
        raise ToolsMissing(f"{' and '.join(missing)} must be installed for this: pip install numpy scipy")


# -- parameters in force -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InForce:
    """The parameters that a deck is scheduled with.

    Attributes:
        own: they were fitted for this very deck, or for the collection where it is asked about.
        scope: the deck that they were fitted for, `None` for the whole collection, or for the defaults.
        since: microseconds since 1970 when they were fitted; `None` for the defaults.
    """

    parameters: Parameters
    own: bool = False
    scope: str | None = None
    since: int | None = None


def defaults() -> InForce:
    """What is in force where nothing was fitted."""
    return InForce(DEFAULTS)


def in_force(store: "Store", deck: str | None) -> InForce:
    """What a deck, or the collection, is scheduled with. Raises DeckNotFound."""
    if deck is not None:
        store.require_deck(deck)
    found = nearest_fit(deck, store.fits())
    if found is None:
        return defaults()
    scope, fitted = found
    since = (fitted.at - _EPOCH) // _MICROSECOND
    return InForce(Parameters(fitted.parameters, fitted.model), scope == deck, scope, since)


# -- optimize ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fit came to.

    Attributes:
        before: the parameters in force. fit: what was fitted. verdict: `None` where nothing was fitted.
        accepted: the fit predicts newer answers better than what is in force, by more than chance.
        reason: why it was accepted or not, in words.
    """

    before: Parameters
    fit: "Fit"
    verdict: "Verdict | None"
    accepted: bool
    reason: str

    @property
    def parameters(self) -> Parameters:
        """What is to be in force."""
        return self.fit.parameters if self.accepted else self.before


def optimize(
    log: "Log",
    force: InForce,
    *,
    rival: "Log | None" = None,
    seed: int = 0,
    progress: Progress = _unseen,
) -> Outcome:
    """Fit parameters to a log, and judge them on its newest answers against those in force.

    What is in force may have been fitted to the answers that it is judged by. So only answers since then count; or, where it
    was fitted to other decks too, their answers are the `rival` log, and it is fitted anew to the part before each cut.
    """
    from srs.memory.fit import LEAST, fit
    from srs.memory.judge import FEWEST, compare, split
    from srs.memory.model import vector

    held = split(log, from_share=FROM_SHARE, parts=PARTS, since=force.since if rival is None else None)
    fits = len(held.cuts) * (1 if rival is None else 2) + 1
    done = 0

    def fitted(part: "Log", start: Parameters) -> "Fit":
        nonlocal done
        done += 1
        return fit(part, start=start, step=partial(progress, done, fits))

    if len(log) < LEAST or not len(log.judged.at):
        found = fitted(log, DEFAULTS)
        return Outcome(force.parameters, found, None, False, _too_few(found, LEAST))
    if len(held.at) < FEWEST:
        found = fitted(log, DEFAULTS)
        newer = "newer answers on a later day" + (" since the last fit" if force.since is not None else "")
        reason = f"there are only {len(held.at)} {newer}: {FEWEST} are needed to judge a fit by"
        return Outcome(force.parameters, found, None, False, reason)
    start, rival_start, after, before = DEFAULTS, DEFAULTS, [], []
    for cut in held.cuts:
        start = fitted(log.until(cut), start).parameters
        after.append(vector(start))
        if rival is not None:
            rival_start = fitted(rival.until(cut), rival_start).parameters
            before.append(vector(rival_start))
    found = fitted(log, start)
    verdict = compare(held, held.predicted(before or [vector(force.parameters)]), held.predicted(after), seed)
    return Outcome(force.parameters, found, verdict, verdict.better, _judged(verdict))


def _too_few(found: "Fit", least: int) -> str:
    if found.answers < least:
        return f"{found.answers} answers tell too little: {least} are needed at least"
    return "no card was answered on two days yet: there is nothing to learn from"


def _judged(verdict: "Verdict") -> str:
    change = f"log loss {verdict.before:.4f} before, {verdict.after:.4f} with a fit"
    newer = f"on {verdict.answers} newer answers held out: {change}"
    if verdict.better:
        return f"predicts better {newer}"
    if verdict.after >= verdict.before:
        return f"does not predict better {newer}"
    return f"predicts better by no more than chance {newer}"


def expectation(found: "Fit") -> str:
    """How many answers there are, and what can be expected of a fit, in words."""
    counted = f"{found.answers} answers, {found.judged} of them on a later day than the one before"
    if found.fitted == "nothing":
        return f"{counted}: nothing is fitted yet"
    if found.fitted == "initial stabilities":
        return f"{counted}: enough for the intervals after a first answer, and for no more"
    if found.judged < 500:
        return f"{counted}: enough for a first fit, close to the defaults"
    return f"{counted}: enough to fit all parameters" + ("" if found.judged < 2000 else " well")


def keep(store: "Store", deck: str | None, outcome: Outcome, now: datetime) -> None:
    """Put the fitted parameters into force. `store.take_back` undoes it."""
    verdict = outcome.verdict
    fitted = Fitted(
        at=now,
        parameters=outcome.fit.parameters.values,
        model=outcome.fit.parameters.model,
        reviews=outcome.fit.answers,
        log_loss_before=None if verdict is None else verdict.before,
        log_loss_after=None if verdict is None else verdict.after,
    )
    store.keep_fit(deck, fitted, f"parameters fitted to {outcome.fit.answers} answers{_of(deck)}")


def reset(store: "Store", deck: str | None, now: datetime) -> Parameters:
    """Put back what a deck inherits, or the defaults of the collection; returns what is in force then."""
    if in_force(store, deck).own:
        store.drop_fit(deck, now, f"parameters put back{_of(deck)}")
    return in_force(store, deck).parameters


def _of(deck: str | None) -> str:
    return "" if deck is None else f" of {deck}"


# -- evaluate ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evaluated:
    """How well some parameters predict the answers held out.

    Attributes:
        name: "in force", "given", "defaults" or "fit". parameters: `None` for a fit to each part before its own.
        doubt: share of resamples in which they are no better than the defaults; `None` for these.
        seen: they may have been fitted to some of these answers.
    """

    name: str
    parameters: Parameters | None
    quality: "Quality"
    doubt: float | None = None
    seen: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Answers held out, and how well they are predicted by each set of parameters."""

    answers: int
    parts: int
    results: tuple[Evaluated, ...]


def evaluate(
    log: "Log",
    force: InForce,
    *,
    name: str = "in force",
    share: float = 0.2,
    parts: int = 1,
    seed: int = 0,
    progress: Progress = _unseen,
) -> Evaluation:
    """Judge parameters, the defaults and a fit by the newest `share` of the answers. Raises NothingToJudge."""
    from srs.memory.fit import fit
    from srs.memory.judge import FEWEST, split
    from srs.memory.model import vector

    held = split(log, from_share=1 - share, parts=parts)
    if len(held.at) < FEWEST:
        raise NothingToJudge(
            f"among the newest {share:.0%} of {len(log)} answers, {len(held.at)} are on a later day than the card's answer "
            f"before: {FEWEST} are needed to judge by"
        )
    fits, start = [], DEFAULTS
    for number, cut in enumerate(held.cuts, 1):
        start = fit(log.until(cut), start=start, step=partial(progress, number, len(held.cuts))).parameters
        fits.append(start)
    seen = force.since is not None and force.since > held.cuts[0]
    chosen = [(name, [force.parameters], seen), ("defaults", [DEFAULTS], False), ("fit", fits, False)]
    return Evaluation(len(held.at), len(held.cuts), tuple(_evaluated(held, *entry, seed, vector) for entry in chosen))


def _evaluated(
    held: "Split", name: str, parameters: list[Parameters], seen: bool, seed: int, vector: Callable[[Parameters], Any]
) -> Evaluated:
    from srs.memory.judge import compare, quality

    recall = held.predicted([vector(each) for each in parameters])
    one = parameters[0] if name != "fit" else None
    found = Evaluated(name, one, quality(held, recall, seed), seen=seen)
    if one == DEFAULTS:
        return found
    return replace(found, doubt=compare(held, held.predicted([vector(DEFAULTS)]), recall, seed).doubt)
