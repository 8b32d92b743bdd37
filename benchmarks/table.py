"""What was measured as a table, and the machine that it was measured on."""

import os
import platform
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.cases import Row
from benchmarks.timing import growth

PACKAGES = ("srs", "click", "sqlalchemy", "rich", "markdown-it-py", "fsrs")
PEERS = ("anki", "fsrs", "fsrs-rs-python")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def machine(peers: str | None) -> dict[str, str]:
    """The machine and the versions of all that takes part, by name."""
    found = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{_line('/proc/cpuinfo', 'model name') or platform.processor()}, {os.cpu_count()} cores",
        "memory": f"{int((_line('/proc/meminfo', 'MemTotal') or '0').split()[0]) / 2**20:.0f} GB",
        "system": f"{platform.system()} {platform.release()}",
        "load at the end": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }
    if peers is not None:
        program = (
            f"from importlib.metadata import version\nprint(*(f'{{n}} {{version(n)}}' for n in {PEERS}), sep=', ')"
        )
        found["peers"] = subprocess.run(
            [peers, "-c", program], capture_output=True, text=True, check=True
        ).stdout.strip()
    return found


def _line(path: str, name: str) -> str:
    """The value of the first line of a file of /proc that begins with a name; empty on other systems."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def as_text(rows: Sequence[Row], about: Mapping[str, str]) -> str:
    """The table, the growth of each figure, and the machine."""
    lines = [
        "| what | size | srs | beside | | ratio | to reach | |",
        "| --- | ---: | ---: | --- | ---: | ---: | --- | --- |",
    ]
    for row in rows:
        mark = {True: "✓", False: "✗", None: ""}[row.is_reached]
        other = _figure(row.other, row.unit) if row.other else "not there" if row.beside else ""
        cells = (
            row.what, _size(row.size), _figure(row.figure, row.unit), row.beside, other,
            f"{row.ratio:.2f}" if row.ratio else "", row.bound, mark,
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    for row in rows:
        if row.details:
            told = ", ".join(f"{name.replace('_', ' ')} {value:.3g}" for name, value in row.details.items())
            lines.append(f"- {row.what}{f', {_size(row.size)}' if row.size else ''}: {told}")
    lines += ["", "| grows with size | sizes | exponent |", "| --- | --- | ---: |", *_growth(rows), ""]
    return "\n".join([*lines, *(f"- {name}: {what}" for name, what in about.items())])


def _growth(rows: Sequence[Row]) -> list[str]:
    found: dict[str, dict[int, float]] = {}
    for row in rows:
        if row.size and row.figure > 0:
            found.setdefault(row.what, {})[row.size] = row.size / row.figure if row.unit == "/s" else row.figure
    return [
        f"| {what} | {', '.join(_size(size) for size in sorted(points))} | {growth(list(points.items())):.2f} |"
        for what, points in found.items()
        if len(points) > 1
    ]


def _size(size: int | None) -> str:
    if size is None:
        return ""
    return f"{size // 1_000_000}M" if size % 1_000_000 == 0 else f"{size // 1000}k"


def _figure(value: float, unit: str) -> str:
    if unit == "/s":
        return f"{value:,.0f}/s"
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def write(readme: Path, text: str) -> None:
    """Put the figures between the two marks of a README."""
    before, _, rest = readme.read_text("utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert end, f"{readme}: the marks {BEGIN} and {END} are not there"
    readme.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
