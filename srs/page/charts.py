"""Each chart of the page: what it shows, Plotly's description of it, and the same numbers as rows. Pure.

A colour that begins with @ is one of the page's own, by name: they differ in light and dark, and are those of Okabe and
Ito, which colour-blind readers can tell apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

from srs.figures import MONTH, PHASES, RATINGS, Bin, Stats, counted

Json = dict[str, Any]

_PHASE_COLOURS = {"new": "@purple", "learning": "@orange", "young": "@sky", "mature": "@blue"}
_RATING_COLOURS = {"again": "@red", "hard": "@orange", "good": "@sky", "easy": "@blue"}
_SPANS = {1: "Today", 7: "7 days", MONTH: f"{MONTH} days", None: "All"}
_LONGEST = 24
_DECKS = 20


@dataclass(frozen=True, slots=True)
class Chart:
    """Attributes:
    name: the element's id. says: one sentence, which with the title stands for the chart where it cannot be seen.
    traces, layout: as Plotly has them. columns, rows: the numbers.
    height: pixels. wide: takes a whole row of the page.
    """

    name: str
    title: str
    says: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    traces: list[Json]
    layout: Json
    height: int = 260
    wide: bool = False


def charts(figures: Stats) -> list[Chart]:
    """Those for which there is something to show, in the order of the page."""
    found: list[Chart] = []
    if figures.seen:
        found.append(_forecast(figures))
    if figures.daily:
        found += [_retention(figures), _buttons(figures), _calendar(figures), _daily(figures), _minutes(figures)]
        found.append(_hours(figures))
    if figures.calibration.bins:
        found.append(_calibration(figures))
    if figures.seen:
        found += _memory(figures)
    if figures.cards:
        found += _counts(figures)
    return found


def _forecast(figures: Stats) -> Chart:
    days, numbers = zip(*figures.forecast, strict=True)
    reviews = counted(sum(numbers), "review")
    say = f"{reviews} in the next {len(days)} days, besides new cards; {figures.due_today:,} of them today"
    late = f", where {figures.overdue:,} are overdue." if figures.overdue else "."
    labels = [f"{date.fromisoformat(day):%a %d %b}" for day in days]
    colours = ["@orange" if figures.overdue and not at else "@blue" for at in range(len(days))]
    return Chart(
        "forecast",
        "What comes due",
        say + late,
        ("Day", "Cards due"),
        list(zip(days, numbers, strict=True)),
        [_bar(days, numbers, colours, customdata=labels, hovertemplate="%{customdata}: %{y:,} due<extra></extra>")],
        {"xaxis": _dates(), "yaxis": _whole(numbers)},
        wide=True,
    )


def _retention(figures: Stats) -> Chart:
    spans = [span for span in figures.spans if span.recall.reviews]
    traces, low = [], figures.desired_retention
    for name, colour in (("young", "@sky"), ("mature", "@blue")):
        parts = [(_SPANS[span.days], recall) for span in spans if (recall := getattr(span, name)).share is not None]
        if not parts:
            continue
        low = min(low, *(recall.band[0] for _, recall in parts))
        bar = _bar([at for at, _ in parts], [recall.share for _, recall in parts], colour, name=name.capitalize())
        error = {
            "type": "data",
            "symmetric": False,
            "array": [recall.band[1] - recall.share for _, recall in parts],
            "arrayminus": [recall.share - recall.band[0] for _, recall in parts],
            "color": "@ink",
            "thickness": 1,
            "width": 3,
        }
        tip = f"{name.capitalize()}, %{{x}}: %{{y:.1%}} of %{{customdata:,}}<extra></extra>"
        traces.append(bar | {"error_y": error, "customdata": [r.reviews for _, r in parts], "hovertemplate": tip})
    rows = [
        (_SPANS[span.days], _percent(span.young.share), _percent(span.mature.share), _percent(span.true_retention),
         span.recall.reviews)
        for span in figures.spans
    ]  # fmt: skip
    wanted = figures.desired_retention
    floor = max(0.0, min(low - 0.05, 0.7))
    return Chart(
        "retention",
        "True retention",
        f"Share of reviews recalled, young and mature cards apart. The line is the {wanted:.0%} asked for; whiskers are "
        "where the true share lies, at 95%.",
        ("Span", "Young", "Mature", "Together", "Reviews"),
        rows,
        traces,
        {
            "barmode": "group",
            "showlegend": True,
            "xaxis": {"type": "category"},
            "yaxis": {"tickformat": ".0%", "range": [floor, 1.0]},
            "shapes": [_line(0, 1, wanted, wanted, xref="paper")],
        },
    )


def _buttons(figures: Stats) -> Chart:
    phases = [phase for phase in PHASES if sum(figures.buttons[phase].values())]
    names = [phase.capitalize() for phase in phases]
    traces = []
    for rating in RATINGS:
        numbers = [figures.buttons[phase][rating] for phase in phases]
        totals = [sum(figures.buttons[phase].values()) for phase in phases]
        shares = [number / total for number, total in zip(numbers, totals, strict=True)]
        tip = f"%{{x}}, {rating.capitalize()}: %{{y:.1%}}, %{{customdata:,}} answers<extra></extra>"
        bar = _bar(names, shares, _RATING_COLOURS[rating], name=rating.capitalize())
        traces.append(bar | {"customdata": numbers, "hovertemplate": tip})
    rows = [(phase.capitalize(), *(figures.buttons[phase][rating] for rating in RATINGS)) for phase in PHASES]
    return Chart(
        "buttons",
        "Answer buttons",
        f"How cards were answered in the last {figures.period_days} days, by what they were when they were asked.",
        ("Cards", *(rating.capitalize() for rating in RATINGS)),
        rows,
        traces,
        {
            "barmode": "stack",
            "showlegend": True,
            "xaxis": {"type": "category"},
            "yaxis": {"tickformat": ".0%", "range": [0, 1]},
        },
    )


def _calendar(figures: Stats) -> Chart:
    """A column for each week from Monday on, a field for each day."""
    numbers = {date.fromisoformat(day.day): day.reviews for day in figures.daily}
    today = date.fromisoformat(figures.day)
    weeks = min(53, figures.period_days // 7 + 1)
    first = today - timedelta(days=today.weekday(), weeks=weeks - 1)
    days = [[first + timedelta(weeks=week, days=weekday) for week in range(weeks)] for weekday in range(7)]
    z = [[None if day > today else numbers.get(day, 0) for day in row] for row in days]
    text = [[f"{day:%a %d %b %Y}: {numbers.get(day, 0):,} answers" for day in row] for row in days]
    studied = sum(first <= day for day in numbers)
    steps = [[at / 4, f"@heat{at}"] for at in range(5)]
    trace: Json = {"type": "heatmap", "x": [day.isoformat() for day in days[0]], "y": list(range(7)), "z": z}
    trace |= {"text": text, "hovertemplate": "%{text}<extra></extra>", "hoverongaps": False, "colorscale": steps}
    trace |= {"zmin": 0, "xgap": 2, "ygap": 2, "showscale": False}
    return Chart(
        "calendar",
        "Every day",
        f"Answers on each day of the last {weeks} weeks, the darker or brighter the more: "
        f"{counted(studied, 'day')} with answers, {max(numbers.values()):,} on the busiest.",
        ("Day", "Answers"),
        [(day.day, day.reviews) for day in reversed(figures.daily)],
        [trace],
        {
            "xaxis": {"type": "date", "tickformat": "%b", "dtick": "M1", "showgrid": False},
            "yaxis": {
                "autorange": "reversed",
                "showgrid": False,
                "tickvals": [0, 2, 4, 6],
                "ticktext": ["Mon", "Wed", "Fri", "Sun"],
            },
        },
        height=190,
        wide=True,
    )


def _daily(figures: Stats) -> Chart:
    days = [day.day for day in figures.daily]
    traces = []
    for phase in PHASES:
        tip = f"%{{x|%a %d %b}}: %{{y:,}} {phase}<extra></extra>"
        numbers = [getattr(day, phase) for day in figures.daily]
        traces.append(_bar(days, numbers, _PHASE_COLOURS[phase], name=phase.capitalize(), hovertemplate=tip))
    mean = sum(day.reviews for day in figures.daily) / len(days)
    return Chart(
        "daily",
        "Answers by day",
        f"By what the cards were when they were asked: {mean:,.0f} answers on an average day of study.",
        ("Day", *(phase.capitalize() for phase in PHASES), "Again"),
        [(d.day, d.new, d.learning, d.young, d.mature, d.again) for d in reversed(figures.daily)],
        traces,
        {
            "barmode": "stack",
            "bargap": 0,
            "showlegend": True,
            "xaxis": _dates(),
            "yaxis": _whole([day.reviews for day in figures.daily]),
        },
        wide=True,
    )


def _minutes(figures: Stats) -> Chart:
    days, minutes = [day.day for day in figures.daily], [day.minutes for day in figures.daily]
    tip = "%{x|%a %d %b}: %{y:.0f} minutes<extra></extra>"
    return Chart(
        "minutes",
        "Minutes by day",
        f"{sum(minutes) / 60:,.0f} hours in the last {figures.period_days} days, "
        f"{sum(minutes) / len(days):.0f} minutes on an average day of study.",
        ("Day", "Minutes"),
        [(day.day, day.minutes) for day in reversed(figures.daily)],
        [_bar(days, minutes, "@green", hovertemplate=tip)],
        {"bargap": 0, "xaxis": _dates(), "yaxis": {"rangemode": "tozero"}},
    )


def _hours(figures: Stats) -> Chart:
    hours = [f"{hour.hour:02}" for hour in figures.hours]
    answers = _bar(hours, [hour.answers for hour in figures.hours], "@sky", name="Answers")
    answers["hovertemplate"] = "%{x}:00: %{y:,} answers<extra></extra>"
    reviewed = [hour for hour in figures.hours if hour.reviews]
    shares = [hour.recalled / hour.reviews for hour in reviewed]
    recalled: Json = {"type": "scatter", "mode": "lines+markers", "name": "Recalled", "yaxis": "y2"}
    recalled |= {"x": [f"{hour.hour:02}" for hour in reviewed], "y": shares, "marker": {"color": "@red", "size": 6}}
    recalled |= {"line": {"color": "@red", "width": 2}, "customdata": [hour.reviews for hour in reviewed]}
    recalled["hovertemplate"] = "%{x}:00: %{y:.1%} of %{customdata:,} reviews recalled<extra></extra>"
    return Chart(
        "hours",
        "By hour of the day",
        f"Answers in the last {figures.period_days} days (bars), and the share of reviews recalled (line, on the right).",
        ("Hour", "Answers", "Reviews", "Recalled"),
        [(f"{hour.hour:02}:00", hour.answers, hour.reviews, hour.recalled) for hour in figures.hours],
        [answers, recalled],
        {
            "showlegend": True,
            "xaxis": {"type": "category", "tickvals": hours[::3], "tickangle": 0},
            "yaxis": _whole([hour.answers for hour in figures.hours]),
            "yaxis2": {
                "overlaying": "y",
                "side": "right",
                "tickformat": ".0%",
                "showgrid": False,
                "dtick": 0.1,
                "range": [max(0.0, (10 * min((*shares, 0.8)) - 1) // 1 / 10), 1.0],
            },
        },
    )


def _calibration(figures: Stats) -> Chart:
    points, loss = figures.calibration.bins, figures.calibration.log_loss
    low = max(0.0, min(min(point.predicted, point.low) for point in points) - 0.03)
    xs, most = [point.predicted for point in points], max(point.reviews for point in points)
    band: Json = {"type": "scatter", "mode": "lines", "hoverinfo": "skip", "line": {"width": 0}, "showlegend": False}
    upper = band | {"x": xs, "y": [point.high for point in points]}
    lower = band | {"x": xs, "y": [point.low for point in points], "fill": "tonexty", "fillcolor": "@heat1"}
    dots: Json = {"type": "scatter", "mode": "markers+lines", "x": xs, "y": [point.actual for point in points]}
    dots |= {"marker": {"color": "@blue", "size": [6 + 8 * point.reviews / most for point in points], "opacity": 1}}
    dots |= {"line": {"color": "@blue", "width": 1}, "customdata": [point.reviews for point in points]}
    dots["hovertemplate"] = "predicted %{x:.1%}, recalled %{y:.1%} of %{customdata:,}<extra></extra>"
    return Chart(
        "calibration",
        "Predicted and actual recall",
        f"Where the points lie on the broken line, predictions are right; the band is where the true share lies, at 95%. "
        f"Log loss {loss:.3f} over {figures.calibration.reviews:,} answers.",
        ("Predicted", "Actual", "Band from", "to", "Answers"),
        [(_percent(p.predicted), _percent(p.actual), _percent(p.low), _percent(p.high), p.reviews) for p in points],
        [upper, lower, dots],
        {
            "hovermode": "closest",
            "xaxis": {"title": {"text": "predicted"}, "tickformat": ".0%", "range": [low, 1.005]},
            "yaxis": {"title": {"text": "recalled"}, "tickformat": ".0%", "range": [low, 1.005]},
            "shapes": [_line(low, 1, low, 1)],
        },
        height=320,
    )


def _memory(figures: Stats) -> Iterator[Chart]:
    known = f"{figures.known:,.0f} of {counted(figures.seen, 'card')} seen would be recalled, were all asked now."
    for name, title, says, label, bins in (
        ("retrievability", "Retrievability", f"The chance of recall now. {known}", "Chance", figures.retrievability),
        ("stability", "Stability", "Days until the chance of recall has fallen to 90%.", "Days", figures.stability),
        ("difficulty", "Difficulty", "From 1, easy, to 10.", "Difficulty", figures.difficulty),
    ):
        names = [_percents(bin_) if name == "retrievability" else _range(bin_) for bin_ in bins]
        numbers = [bin_.cards for bin_ in bins]
        yield Chart(
            name,
            title,
            says,
            (label, "Cards"),
            list(zip(names, numbers, strict=True)),
            [_bar(names, numbers, "@blue", hovertemplate="%{x}: %{y:,} cards<extra></extra>")],
            {"xaxis": {"type": "category", "tickangle": 0 if name == "difficulty" else -45}, "yaxis": _whole(numbers)},
        )


def _counts(figures: Stats) -> Iterator[Chart]:
    decks = sorted(figures.by_deck.items(), key=lambda pair: -pair[1])
    shown, rest = decks[:_DECKS], decks[_DECKS:]
    if rest:
        shown.append((f"{len(rest)} more", sum(number for _, number in rest)))
    states = [(name, number) for name, number in figures.by_state.items() if number]
    for name, title, says, rows, every in (
        ("states", "Cards by state", f"{figures.cards:,} cards in all.", states, states),
        ("kinds", "Cards by kind", f"{len(figures.by_kind):,} kinds.", list(figures.by_kind.items()), None),
        ("decks", "Cards by deck", f"{len(decks):,} decks, the largest first.", shown, decks),
    ):
        names, numbers = [_label(name) for name, _ in rows], [number for _, number in rows]
        bar = _bar(numbers, names, "@blue", customdata=[escape(name) for name, _ in rows])
        bar |= {"orientation": "h", "hovertemplate": "%{customdata}: %{x:,} cards<extra></extra>"}
        yield Chart(
            name,
            title,
            says,
            (title.rpartition(" ")[2].capitalize(), "Cards"),
            list(every or rows),
            [bar],
            {"xaxis": _whole(numbers), "yaxis": {"type": "category", "autorange": "reversed", "ticksuffix": " "}},
            height=60 + 26 * len(rows),
            wide=name == "decks",
        )


# -- pieces -------------------------------------------------------------------------------------------------------------


def _bar(x: Sequence[object], y: Sequence[object], colour: object, **more: object) -> Json:
    return {"type": "bar", "x": list(x), "y": list(y), "marker": {"color": colour, "line": {"width": 0}}, **more}


def _dates() -> Json:
    return {"type": "date", "tickformat": "%d %b", "showgrid": False, "nticks": 8}


def _whole(numbers: Sequence[int]) -> Json:
    """An axis of counts: no halves of a card between two ticks."""
    few: Json = {"dtick": 1} if max(numbers, default=0) < 5 else {"nticks": 6}
    return {"rangemode": "tozero", "tickformat": ",d", **few}


def _line(x0: float, x1: float, y0: float, y1: float, **more: object) -> Json:
    line = {"color": "@ink", "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x0, "x1": x1, "y0": y0, "y1": y1, "line": line, "layer": "above", **more}


def _label(name: str) -> str:
    """A name as an axis shows it: its end tells more than its beginning. Plotly reads tags, so there must be none."""
    return escape(name if len(name) <= _LONGEST else "…" + name[1 - _LONGEST :])


def _range(bin_: Bin) -> str:
    return f"{bin_.low:g}+" if bin_.high is None else f"{bin_.low:g}–{bin_.high:g}"


def _percents(bin_: Bin) -> str:
    return f"{100 * bin_.low:.0f}–{100 * (bin_.high or 1):.0f}%"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
