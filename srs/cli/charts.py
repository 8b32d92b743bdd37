"""The figures on a terminal: first what matters today, then all the rest, in bars made of characters."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import dropwhile

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from srs.cli.app import printable
from srs.figures import MATURE_DAYS, MONTH, RATINGS, Bin, Missed, Stats, Trouble, verdict

_EIGHTHS = " ▏▎▍▌▋▊▉"
_HEAT = ("·", "░", "▒", "▓", "█")
_HEAT_COLOURS = ("bright_black", "blue", "cyan", "green", "bright_yellow")
_SPANS = {1: "Today", 7: "Last 7 days", MONTH: f"Last {MONTH} days", None: "All"}
_FORECAST = 14
_WIDEST = 110
_SHOWN = 5
"""Cards on the first screen; the rest have all that are listed."""


def show(console: Console, figures: Stats) -> None:
    """Print the page. What it holds is the same at every width, and without colour."""
    width = max(40, min(console.width, _WIDEST))
    for part in _parts(figures, width, console.width):
        console.print(part)


def _parts(figures: Stats, width: int, whole: int) -> Iterator[RenderableType]:
    yield from _first_screen(figures, width)
    yield from _coming(figures, width)
    yield from _studied(figures, width, whole)
    yield from _cards(figures, width)
    yield from _memory(figures, width)
    yield from _answers(figures, width)
    yield from _calibration(figures)
    for title, troubles in (("Hardest cards", figures.hardest), ("Leeches", figures.leeches)):
        if troubles:
            more = f", {figures.leech_count} in all" if troubles is figures.leeches else ""
            yield _title(f"{title}{more}")
            yield from (_trouble(card, f"{card.lapses:>3}×", width) for card in troubles)
    if figures.missed:
        yield _title("Items missed most, when their list was ticked off")
        yield from (_missed(item, width) for item in figures.missed)


def _first_screen(figures: Stats, width: int) -> Iterator[RenderableType]:
    on_track, said = verdict(figures)
    mark, style = {True: ("✓", "bold green"), False: ("!", "bold yellow"), None: ("·", "bold")}[on_track]
    yield Text.assemble((f"{mark} ", style), (said, style))
    yield Text()
    today, late = figures.spans[0], f", {figures.overdue:,} of them overdue" if figures.overdue else ""
    yield _fact(
        "Today", f"{_count(today.reviews, 'answer')} in {today.minutes:.0f} min · {figures.due_today:,} due{late}"
    )
    days, longest = (
        _count(figures.streak, "day"),
        f" · longest {figures.longest_streak}" if figures.longest_streak else "",
    )
    yield Text.assemble(
        ("Streak: ", "bold"), f"{days} in a row{longest} · {_count(figures.days_studied, 'day')} studied"
    )
    yield _fact("Known", f"about {figures.known:,.0f} of {_count(figures.seen, 'card')} seen; {figures.cards:,} in all")
    yield Text()
    yield _spans(figures)
    if figures.forgotten:
        yield _title(f"Forgotten most in the last {MONTH} days")
        for card in figures.forgotten[:_SHOWN]:
            yield _trouble(card, f"{card.again:>3}×", width)


def _spans(figures: Stats) -> Table:
    table = _table("True retention", "Young", "Mature", "Together", "Reviews", "Answers", "Minutes")
    for span in figures.spans:
        shares = (_percent(part.recalled, part.reviews) for part in (span.young, span.mature, span.recall))
        table.add_row(
            _SPANS[span.days], *shares, f"{span.recall.reviews:,}", f"{span.reviews:,}", f"{span.minutes:,.0f}"
        )
    return table


def _coming(figures: Stats, width: int) -> Iterator[RenderableType]:
    ahead = figures.forecast[:_FORECAST]
    later = sum(cards for _, cards in figures.forecast[_FORECAST:])
    yield _title(f"Due in the next {len(ahead)} days, besides new cards")
    names = ["today", *(f"{date.fromisoformat(day):%a %d %b}" for day, _ in ahead[1:])]
    yield from _bars(list(zip(names, (cards for _, cards in ahead), strict=True)), width)
    if later:
        yield Text(f"  and {later:,} more up to {date.fromisoformat(figures.forecast[-1][0]):%d %b}", "bright_black")


def _studied(figures: Stats, width: int, whole: int) -> Iterator[RenderableType]:
    if not figures.daily:
        return
    days = {day.day: day for day in figures.daily}
    today = date.fromisoformat(figures.day)
    week = [today - timedelta(days=ago) for ago in reversed(range(_FORECAST))]
    yield _title(f"Answers in the last {_FORECAST} days, and minutes")
    rows = [(f"{at:%a %d %b}", day.reviews if (day := days.get(at.isoformat())) else 0) for at in week]
    minutes = [f"{day.minutes:>4.0f} min" if (day := days.get(at.isoformat())) else "" for at in week]
    yield from _bars(rows, width, minutes)
    yield from _heat_map(figures, today, wide=whole >= 2 * 53 + 6)


def _heat_map(figures: Stats, today: date, *, wide: bool) -> Iterator[RenderableType]:
    """A year of days, a column for each week; the fuller a field, the more answers."""
    numbers = {date.fromisoformat(day.day): day.reviews for day in figures.daily}
    weeks = min(53, figures.period_days // 7 + 1)
    monday = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    most = max(numbers.values())
    cell = 2 if wide else 1
    months = Text("     ")
    for week in range(weeks):
        first = monday + timedelta(weeks=week)
        if first.day <= 7 and len(months) <= 5 + week * cell:
            months.append(f"{'':{5 + week * cell - len(months)}}{first:%b} ")
    yield _title(f"Every day of the last {_count(weeks, 'week')}")
    yield Text(months.plain.rstrip(), "bright_black")
    for weekday in range(7):
        line = Text(f"{('Mon', '', 'Wed', '', 'Fri', '', 'Sun')[weekday]:<5}")
        for week in range(weeks):
            day = monday + timedelta(weeks=week, days=weekday)
            if day <= today:
                line.append(*_field(numbers.get(day, 0), most, cell))
        yield line
    legend = Text("     less ", "bright_black")
    for sign, style in zip(_HEAT, _HEAT_COLOURS, strict=True):
        legend.append(sign, style)
    yield legend.append(f" more; the most in a day was {most:,}")


def _field(number: int, most: int, cell: int) -> tuple[str, str]:
    place = 0 if not number else 1 + min(3, int(4 * number / (most + 1)))
    return (_HEAT[place] * cell if place else _HEAT[0].ljust(cell)), _HEAT_COLOURS[place]


def _cards(figures: Stats, width: int) -> Iterator[RenderableType]:
    decks = sorted(figures.by_deck.items(), key=lambda pair: -pair[1])
    shown, rest = decks[:12], decks[12:]
    if rest:
        shown.append((f"{len(rest)} more", sum(number for _, number in rest)))
    for title, rows in (
        ("Cards by state", [(name, number) for name, number in figures.by_state.items() if number]),
        ("Cards by kind", list(figures.by_kind.items())),
        ("Cards by deck", shown),
    ):
        yield _title(title)
        yield from _bars(rows, width)


def _memory(figures: Stats, width: int) -> Iterator[RenderableType]:
    if not figures.seen:
        return
    spread = list(dropwhile(lambda bin_: not bin_.cards, figures.retrievability))
    percent = [(f"{bin_.low:.0%} to {bin_.high or 1:.0%}", bin_.cards) for bin_ in spread]
    for title, rows in (
        ("Stability: days until the chance of recall is 90%", _limits(figures.stability)),
        ("Difficulty, 1 to 10", _limits(figures.difficulty)),
        ("Retrievability: the chance of recall now", percent),
    ):
        yield _title(title)
        yield from _bars(rows, width)


def _limits(bins: Sequence[Bin]) -> list[tuple[str, int]]:
    return [(f"{b.low:g} and more" if b.high is None else f"{b.low:g} to {b.high:g}", b.cards) for b in bins]


def _answers(figures: Stats, width: int) -> Iterator[RenderableType]:
    if not figures.daily:
        return
    yield _title(f"Answer buttons, last {figures.period_days} days")
    table = _table("", *(name.capitalize() for name in (*RATINGS, "not again")))
    for phase, by_rating in figures.buttons.items():
        total = sum(by_rating.values())
        shares = (f"{by_rating[rating]:,} {_percent(by_rating[rating], total):>4}" for rating in RATINGS)
        table.add_row(phase.capitalize(), *shares, _percent(total - by_rating["again"], total))
    yield table
    yield Text(f"Mature: the interval was {MATURE_DAYS} days or more; young: less.", "bright_black")
    yield _title("Answers by hour of the day, and the share of reviews recalled")
    active = [hour for hour in figures.hours if hour.answers]
    rows = [(f"{hour.hour:02}:00", hour.answers) for hour in active]
    yield from _bars(rows, width, [f"{_percent(hour.recalled, hour.reviews):>5}" for hour in active])


def _calibration(figures: Stats) -> Iterator[RenderableType]:
    calibration = figures.calibration
    if calibration.log_loss is None:
        return
    yield _title("Calibration: predicted and actual recall")
    table = _table("Predicted", "Actual", "95% band", "Reviews")
    for point in calibration.bins:
        band = f"{point.low:.0%} to {point.high:.0%}"
        outside = not point.low <= point.predicted <= point.high
        style = "yellow" if outside else ""
        actual = Text(f"{point.actual:.1%}{' *' if outside else '  '}", style)
        table.add_row(f"{point.predicted:.1%}", actual, band, f"{point.reviews:,}")
    yield table
    yield Text(
        f"Log loss {calibration.log_loss:.3f} over {calibration.reviews:,} answers; less is better. "
        "* the prediction lies outside the band.",
        "bright_black",
    )


# -- pieces -------------------------------------------------------------------------------------------------------------


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(first, no_wrap=True)
    for name in numbers:
        table.add_column(name, justify="right")
    return table


def _title(text: str) -> Text:
    return Text(f"\n{text}", "bold")


def _fact(name: str, text: str) -> Text:
    return Text.assemble((f"{name}: ", "bold"), text)


def _trouble(card: Trouble, how_often: str, width: int) -> Text:
    """One line: how often, the card's number, what it asks."""
    line = Text(f"{how_often}  ")
    line.append(f"{card.id:>6}  ", "bright_black")
    line.append(printable(" ".join(card.prompt.split())))
    line.truncate(width, overflow="ellipsis")
    return line


def _missed(item: Missed, width: int) -> Text:
    """One line: how often of how many times, the card's number, the item."""
    line = Text(f"{item.missed:>3} of {item.ticked:<3}")
    line.append(f"{item.id:>6}  ", "bright_black")
    line.append(printable(" ".join(item.item.split())))
    line.truncate(width, overflow="ellipsis")
    return line


def _bars(rows: Iterable[tuple[str, int]], width: int, notes: Sequence[str] = ()) -> Iterator[Text]:
    """A line for each row: name, number, a note if there is one, and a bar in proportion."""
    rows = [(printable(name), number) for name, number in rows]
    numbers = [number for _, number in rows]
    most, digits = max(numbers, default=0) or 1, max((len(f"{number:,}") for number in numbers), default=1)
    longest = min(max((len(name) for name, _ in rows), default=0), width // 2)
    room = width - longest - digits - max(map(len, notes), default=0) - 8
    for at, (name, number) in enumerate(rows):
        label = Text(f"  {name}")
        label.truncate(longest + 2, overflow="ellipsis", pad=True)
        note = f"  {notes[at]:<{max(map(len, notes))}}" if notes else ""
        label.append(f"  {number:>{digits},}{note}  ")
        label.append(_bar(number / most * room), "cyan")
        label.rstrip()
        yield label


def _bar(length: float) -> str:
    """A bar of so many characters, to an eighth; nothing at all only for 0."""
    eighths = max(1, round(length * 8)) if length > 0 else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _percent(part: int, of: int) -> str:
    return f"{part / of:.0%}" if of else "–"


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'' if number == 1 else 's'}"
