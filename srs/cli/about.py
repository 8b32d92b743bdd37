"""A card's memory in a few lines: state, history, how it fades, and what the next answer would give."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from srs.cards import Card
    from srs.settings import Settings
    from srs.study import Session

WIDTH, HEIGHT = 56, 4  # columns and lines of the curve
LAST = 8  # answers shown
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def about(card: "Card", session: "Session", settings: "Settings", at: "datetime") -> str:
    """Source, state, the last answers, the forgetting curve and the next four intervals."""
    from srs.scheduling import interval_label

    schedule = card.schedule
    counts = f"{_many(schedule.reps, 'answer')}, {_many(schedule.lapses, 'lapse')}"
    lines = [f"Card {card.id}, {card.kind}, {schedule.state_name}; {counts}"]
    if card.path:
        lines.append(f"from {card.path}:{card.line}")
    if schedule.stability is not None and schedule.difficulty is not None:
        lines.append(
            f"stability {schedule.stability:.1f} days, difficulty {schedule.difficulty:.1f} of 10, "
            f"chance of recall now {session.retrievability(card, at):.0%}"
        )
    history = session.history(card)
    if len(history) > LAST:
        lines.append(f"… {_many(len(history) - LAST, 'answer')} before")
    for review in history[-LAST:]:
        known = "" if review.retrievability is None else f"   at {review.retrievability:.0%}"
        lines.append(f"{review.at.astimezone():%Y-%m-%d %H:%M}  {review.rating.name.capitalize():<5}{known}".rstrip())
    lines += curve(card, session, settings, at)
    gives = session.preview(card, at)
    labels = (f"{rating.name.capitalize()} {interval_label(at, s.due, settings.days)}" for rating, s in gives.items())
    lines.append("Next: " + ", ".join(labels))
    return "\n".join(lines)


def _many(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def curve(card: "Card", session: "Session", settings: "Settings", at: "datetime") -> list[str]:
    """The chance of recall by day from the last answer to well beyond the due day; none for a card not seen yet."""
    schedule = card.schedule
    if schedule.last_review is None or schedule.stability is None:
        return []
    days = settings.days
    first = days.number(schedule.last_review)
    due, today = (max(0, days.number(instant) - first) for instant in (schedule.due, at))
    end = max(2 * due, today + 1, 7)
    chances = [
        session.retrievability(card, days.begin(first + round(column * end / (WIDTH - 1)))) for column in range(WIDTH)
    ]
    bottom = min(0.9, *chances)
    bottom -= (1 - bottom) / (HEIGHT * 8 - 1)  # the lowest point is one eighth of a line high
    levels = [round((chance - bottom) / (1 - bottom) * HEIGHT * 8) for chance in chances]
    rows = []
    for row in range(HEIGHT - 1, -1, -1):
        bar = "".join(_EIGHTHS[min(max(level - row * 8, 0), 8)] for level in levels)
        name = "100%" if row == HEIGHT - 1 else f"{max(bottom, 0):.0%}" if row == 0 else ""
        rows.append(f"{name:>4} {bar}".rstrip())
    return [*rows, *_axis(end, today, due)]


def _axis(end: int, today: int, due: int) -> list[str]:
    """Days below the curve: the last answer, the due day, today and the end; what would cover another goes a line lower."""
    rows: list[str] = []
    for day, name in ((0, "day 0"), (due, f"due day {due}"), (today, f"today, day {today}"), (end, f"{end}")):
        if day in (0, end) and day in (due, today) and name in ("day 0", str(end)):
            continue
        column = len("100% ") + round(day * (WIDTH - 1) / end)
        free = next((at for at, row in enumerate(rows) if not row[max(column - 1, 0) :].strip()), len(rows))
        rows += [""] * (free + 1 - len(rows))
        rows[free] = f"{rows[free]:<{column}}"[:column] + f"↑{name}"
    return rows
