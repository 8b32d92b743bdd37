"""A card's schedule from its answers alone, and whether the one it has can have come from them. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from math import isclose

from srs.cards import Card, Rating, Review, Schedule, State
from srs.scheduling import Scheduler, fuzz_range

LONGEST = 36_600
"""Days: a hundred years is the longest interval of FSRS, and a little for fuzz and time zones."""

LEAST_RETENTION = 0.70
"""The bound of the setting: what was wanted when an answer was given is not kept. Plans make any interval shorter."""

LONGEST_STEP = timedelta(days=10)
"""The bound of the setting, as above."""

_NEXT = {
    State.LEARNING: {State.LEARNING, State.REVIEW},
    State.REVIEW: {State.REVIEW},
    State.RELEARNING: {State.RELEARNING, State.REVIEW},
}


def since_reset(answers: Sequence[Review]) -> Sequence[Review]:
    """The answers from the newest one that found the card new: a card that was reset begins anew."""
    starts = [place for place, review in enumerate(answers) if review.before.last_review is None]
    return answers[starts[-1] :] if starts else answers


def rebuilt(answers: Sequence[Review], scheduler: Scheduler) -> Schedule | None:
    """The schedule that the answers since the last reset give, without fuzz; `None` when there is none.

    State and step are taken from each answer's row: which steps a deck had at the time stands nowhere else.
    """
    schedule = None
    for review in since_reset(answers):
        schedule = scheduler.unfuzzed(found_by(review, schedule), review.rating, review.at)
    return schedule


def found_by(review: Review, schedule: Schedule | None) -> Schedule:
    """The schedule that an answer found, by the answers before it."""
    before = review.before
    if schedule is None:
        return replace(before, reps=0)
    return replace(schedule, state=before.state, step=before.step, due=before.due)


def doubts(card: Card, answers: Sequence[Review], scheduler: Scheduler, past: Sequence[Scheduler] = ()) -> list[str]:
    """What of a card's schedule does not follow from its answers, in words; none for a card that is new or was reset.

    `past` are schedulers with parameters that were in force before: under any of them the memory may have been reckoned.
    """
    has = card.schedule
    if has.last_review is None and not has.reps:
        return []
    expected = rebuilt(answers, scheduler)
    if expected is None:
        return ["it looks answered, but has no answers"]
    found = []
    if has.reps != expected.reps:
        found.append(f"it counts {has.reps} answers, not {expected.reps}")
    if has.lapses != expected.lapses:
        found.append(f"it counts {has.lapses} lapses, not {expected.lapses}")
    if has.last_review != expected.last_review:
        found.append("its last review is not its last answer")
    wrong = {name: getattr(expected, name) for name in _MEMORY if not _is_close(name, has, expected)}
    if wrong and not any(
        all(_is_close(name, has, other) for name in _MEMORY) for other in _reckoned(answers, scheduler, past)
    ):
        found += [f"its {name} is {getattr(has, name)}, not {right}" for name, right in wrong.items()]
    last = since_reset(answers)[-1]
    allowed = _NEXT[last.before.state] | ({State.RELEARNING} if last.rating is Rating.AGAIN else set())
    if has.state not in allowed:
        found.append(f"its state, {has.state_name}, does not follow from {last.before.state_name}")
    if not found and not _is_due_in_time(has, last, scheduler):
        found.append(f"it is due on {has.due:%Y-%m-%d}, which no retention of 70 % and more gives")
    return found


def mended(
    card: Card, answers: Sequence[Review], scheduler: Scheduler, past: Sequence[Scheduler] = ()
) -> Schedule | None:
    """The schedule as the answers have it; the card's own due instant stays where it can have come from them."""
    schedule = rebuilt(answers, scheduler)
    if schedule is None:
        return None
    has = card.schedule
    state = replace(schedule, state=has.state, step=has.step, due=has.due)
    for kept in (state, replace(schedule, due=has.due)):
        if not doubts(replace(card, schedule=kept), answers, scheduler, past):
            return kept
    return schedule


def _is_due_in_time(has: Schedule, last: Review, scheduler: Scheduler) -> bool:
    """Whether a card is due no later than fuzz and any retention make it; a day more or less aside."""
    days = scheduler.days
    if has.state is not State.REVIEW:
        return last.at <= has.due <= last.at + LONGEST_STEP + timedelta(days=1)
    begin = days.number(last.at)
    interval = days.number(has.due) - begin
    if not 0 <= interval <= LONGEST:
        return False
    slack = round(1.1 * (fuzz_range(max(interval, 1))[1] - interval)) + 2
    earliest = days.begin(begin + max(0, interval - slack))
    return scheduler.retrievability(has, earliest) >= LEAST_RETENTION


_MEMORY = ("stability", "difficulty")


def _is_close(name: str, has: Schedule, expected: Schedule) -> bool:
    value, right = getattr(has, name), getattr(expected, name)
    return value is not None and right is not None and isclose(value, right, rel_tol=1e-6)


def _reckoned(answers: Sequence[Review], scheduler: Scheduler, past: Sequence[Scheduler]) -> Iterator[Schedule]:
    """What the memory may be when parameters have changed: all answers replayed, or the last one from what it found."""
    last = since_reset(answers)[-1]
    for one in (scheduler, *past) if past else ():
        whole = rebuilt(answers, one)
        if whole is not None:
            yield whole
        yield one.unfuzzed(last.before, last.rating, last.at)
