"""The figures as one page of HTML that works offline and alone: charts by Plotly, whose script is part of the page.

Whatever comes from notes is escaped, and a policy in the page forbids every connection and any script but these two.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from pathlib import Path

from srs.errors import SrsError
from srs.figures import MONTH, Stats, Trouble, counted, verdict
from srs.page.charts import Chart, charts

__all__ = ["page", "require_charts"]

_HERE = Path(__file__).parent


def require_charts() -> Path:
    """Where Plotly keeps its script. Raises SrsError where it is not installed. None of its Python is loaded."""
    found = find_spec("plotly")
    for folder in (found and found.submodule_search_locations) or ():
        script = Path(folder) / "package_data" / "plotly.min.js"
        if script.is_file():
            return script
    raise SrsError("the page needs Plotly for its charts: pip install 'srs[html]' adds it")


def page(figures: Stats) -> str:
    """The whole page. Raises SrsError without Plotly."""
    plotly, own = require_charts().read_text("utf-8"), _read("page.js")
    drawn = charts(figures)
    data = json.dumps({chart.name: {"data": chart.traces, "layout": chart.layout} for chart in drawn})
    title = f"Progress{f' in {figures.deck}' if figures.deck else ''}"
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; "
        f"script-src {_hash(plotly)} {_hash(own)}; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="color-scheme" content="light dark">\n',
            f"<title>{escape(title)}</title>\n<style>\n{_read('page.css')}</style>\n</head>\n<body>\n<main>\n",
            _head(figures, title),
            *(_section(chart) for chart in drawn[:1]),
            *_troubles(figures, _FORGOTTEN),
            *(_section(chart) for chart in drawn[1:]),
            *_troubles(figures, "Hardest cards", "Leeches"),
            *_missed(figures),
            f"<footer>{_FOOTER}</footer>\n</main>\n",
            f'<script type="application/json" id="charts">{data.replace("<", chr(92) + "u003c")}</script>\n',
            f"<script>{plotly}</script>\n<script>{own}</script>\n</body>\n</html>\n",
        )
    )


_FOOTER = (
    "Study days begin at 04:00, or when you said. True retention is the share of reviews of cards in review that were not "
    "answered Again. A card is mature when the interval was 21 days or more. Known is the sum of the chances of recall. "
    "This page holds all it needs and asks nothing of any server. Made by srs."
)


def _read(name: str) -> str:
    return (_HERE / name).read_text("utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _head(figures: Stats, title: str) -> str:
    on_track, said = verdict(figures)
    sign, state = {True: ("✓", "good"), False: ("!", "bad"), None: ("·", "unknown")}[on_track]
    today, month = figures.spans[0], figures.month
    retention = "–" if month.true_retention is None else f"{month.true_retention:.0%}"
    late = f"{figures.overdue:,} of them overdue" if figures.overdue else "none of them overdue"
    tiles = (
        ("Today", f"{today.reviews:,}", f"answers in {today.minutes:.0f} minutes"),
        ("Still due", f"{figures.due_today:,}", late),
        ("True retention", retention, f"last {MONTH} days; {figures.desired_retention:.0%} asked for"),
        ("Streak", f"{figures.streak:,}", f"days in a row; longest {figures.longest_streak:,}"),
        ("Known", f"{figures.known:,.0f}", f"of {counted(figures.seen, 'card')} seen, {figures.cards:,} in all"),
    )
    listed = "".join(
        f"<div><dt>{name}</dt><dd><b>{escape(number)}</b> <span>{escape(note)}</span></dd></div>\n"
        for name, number, note in tiles
    )
    return (
        f'<header>\n<h1>{escape(title)}</h1>\n<p class="day"><time datetime="{figures.day}">{figures.day}</time></p>\n'
        f'<p class="verdict {state}"><span aria-hidden="true">{sign}</span> {escape(said)}</p>\n'
        f"<dl>\n{listed}</dl>\n</header>\n"
    )


def _section(chart: Chart) -> str:
    label = escape(f"{chart.title}. {chart.says}")
    return (
        f'<section class="{"wide" if chart.wide else "half"}">\n<h2>{escape(chart.title)}</h2>\n'
        f"<p>{escape(chart.says)}</p>\n"
        f'<div class="chart" id="{chart.name}" role="img" aria-label="{label}" style="height:{chart.height}px"></div>\n'
        f"<details><summary>Numbers</summary>{_table(chart.columns, chart.rows, chart.title)}</details>\n</section>\n"
    )


_FORGOTTEN = f"Forgotten most in the last {MONTH} days"


def _troubles(figures: Stats, *titles: str) -> Iterable[str]:
    """Cards that are hard to keep."""
    known = {
        _FORGOTTEN: ("Cards in review that were answered Again.", "Again", figures.forgotten),
        "Hardest cards": ("Highest difficulty first, then most lapses.", "Lapses", figures.hardest),
        "Leeches": (f"{figures.leech_count:,} in all; most lapses first.", "Lapses", figures.leeches),
    }
    for title in titles:
        says, often, cards = known[title]
        if cards:
            table = _table(
                (often, "Difficulty", "Card", "Deck", "Prompt"), [_row(card, often) for card in cards], title
            )
            yield f'<section class="wide">\n<h2>{title}</h2>\n<p>{says}</p>\n{table}\n</section>\n'


def _missed(figures: Stats) -> Iterable[str]:
    """Items of lists that are left out."""
    if figures.missed:
        title = "Items missed most"
        rows = [(m.missed, m.ticked, " ".join(m.item.split()), str(m.id), m.deck) for m in figures.missed]
        table = _table(("Missed", "Of", "Item", "Card", "Deck"), rows, title)
        says = "Left out when the list was ticked off."
        yield f'<section class="wide">\n<h2>{title}</h2>\n<p>{says}</p>\n{table}\n</section>\n'


def _row(card: Trouble, often: str) -> tuple[object, ...]:
    number = card.again if often == "Again" else card.lapses
    return number, f"{card.difficulty:.1f}", str(card.id), card.deck, " ".join(card.prompt.split())


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>\n" for row in rows)
    hidden = f'<caption class="hidden">{escape(caption)}</caption>'
    return f'<div class="scroll"><table>{hidden}<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<td class="number">{value:,}</td>'
    return f"<td>{escape(str(value))}</td>"
