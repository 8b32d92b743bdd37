"""`python -m benchmarks [NAME…]`: measure, and write the table."""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

import click

from benchmarks.cases import CASES, Row, Setting
from benchmarks.table import as_text, machine, write

HERE = Path(__file__).parent
SIZES = {"1k": 1_000, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(CASES)))
@click.option("--peers", metavar="PYTHON", help="Python of an environment with anki, fsrs and fsrs-rs-python.")
@click.option("--runs", type=click.IntRange(2), default=5, show_default=True, help="Runs of each command.")
@click.option("--size", "sizes", default="1k,100k,1M", show_default=True, help="Cards, or answers.")
@click.option(
    "--data", type=click.Path(file_okay=False, path_type=Path), help="Folder for made data. [default: temporary]"
)
@click.option("--dry-run", is_flag=True, help="Print the table only; results.json and README.md stay as they are.")
def main(names: tuple[str, ...], peers: str | None, runs: int, sizes: str, data: Path | None, dry_run: bool) -> None:
    """Measure srs beside its peers: all cases, or those named. Rows that are not measured stay as they were."""
    folder = data or Path(tempfile.gettempdir()) / "srs-benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    setting = Setting(folder, peers, runs, tuple(SIZES[size] for size in sizes.split(",")))
    results = HERE / "results.json"
    kept = json.loads(results.read_text("utf-8"))["cases"] if results.exists() and not dry_run else {}
    for name in names or CASES:
        click.echo(name, err=True)
        found = []
        for row in CASES[name](setting):
            click.echo(f"  {row}", err=True)
            found.append(row)
        kept[name] = [asdict(row) for row in found]
    rows = [Row(**row) for name in CASES for row in kept.get(name, [])]
    about = machine(peers)
    text = as_text(rows, about)
    click.echo(text)
    if not dry_run:
        told = {"machine": about, "cases": {name: kept[name] for name in CASES if name in kept}}
        results.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
        write(HERE / "README.md", text)


if __name__ == "__main__":
    main()
