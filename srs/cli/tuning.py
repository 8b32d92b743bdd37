"""Commands that fit the schedule to the learner, and say how well it predicts."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import App, now, printable

if TYPE_CHECKING:
    from srs.days import Days
    from srs.memory.judge import Figure
    from srs.memory.log import Log
    from srs.parameters import Parameters
    from srs.tuning import Evaluation, InForce, Outcome

_SHOWN = 7  # parameters in a line


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """Options of both commands."""
    for option in reversed(
        (
            click.argument("deck", required=False),
            click.option(
                "--reviews",
                metavar="FILE",
                type=click.Path(dir_okay=False),
                help="Answers from a CSV file, as srs export reviews writes them; the collection is left alone.",
            ),
            click.option("--day-start", metavar="HOUR", type=click.IntRange(0, 23), help="Hour of its study days."),
            click.option("--timezone", metavar="NAME", help="Time zone of its study days, such as Europe/Berlin."),
            click.option("--seed", type=click.IntRange(0), default=0, metavar="N", help="Of the random resamples."),
            click.option("--json", "as_json", is_flag=True, help="One JSON value."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_shared
@click.option("--dry-run", is_flag=True, help="Fit and judge, and change nothing.")
@click.option("--reset", is_flag=True, help="Back to the defaults; with DECK, to what the deck inherits.")
@click.pass_obj
def optimize(
    app: App,
    deck: str | None,
    reviews: str | None,
    day_start: int | None,
    timezone: str | None,
    seed: int,
    as_json: bool,
    dry_run: bool,
    reset: bool,
) -> None:
    """Fit the schedule to your own answers.

    Of what is fitted, only what predicts newer answers better than before, by more than chance, comes into force.
    srs undo takes it back.

    \b
    Example: srs optimize --dry-run
    """
    from srs import tuning

    _check(deck, reviews, day_start, timezone)
    if reset:
        if reviews is not None or dry_run:
            raise click.UsageError("--reset stands alone, or with a DECK.")
        _reset(app, deck, as_json)
        return
    if reviews is not None:
        log = tuning.log_of_file(Path(reviews), _days(app, day_start, timezone))
        with _progress() as progress:
            outcome = tuning.optimize(log, tuning.defaults(), seed=seed, progress=progress)
        _tell(outcome, deck, applied=False, elsewhere=True, as_json=as_json)
        return
    with app.store() as (store, _settings):
        force = tuning.in_force(store, deck)
        log = tuning.log_of_collection(store, deck)
        rival = None if force.own or force.since is None else tuning.log_of_collection(store, force.scope)
        with _progress() as progress:
            outcome = tuning.optimize(log, force, rival=rival, seed=seed, progress=progress)
        applied = outcome.accepted and not dry_run
        if applied:
            tuning.keep(store, deck, outcome, now())
    _tell(outcome, deck, applied=applied, elsewhere=False, as_json=as_json)


def _check(deck: str | None, reviews: str | None, day_start: int | None, timezone: str | None) -> None:
    if reviews is not None and deck is not None:
        raise click.UsageError("--reviews takes the answers of a file: leave out DECK.")
    if reviews is None and (day_start is not None or timezone is not None):
        raise click.UsageError("--day-start and --timezone are for --reviews: your own study days are in srs.toml.")


def _days(app: App, day_start: int | None, timezone: str | None) -> "Days":
    """Study days as told, or else as srs.toml has them."""
    from srs.settings import time_zone

    days = app.settings().days
    if timezone is not None:
        days = replace(days, zone=UTC if timezone.upper() == "UTC" else time_zone("--timezone", timezone))
    return days if day_start is None else replace(days, start=day_start)


@contextmanager
def _progress() -> Iterator[Callable[[int, int, float], None]]:
    """A line on stderr that says how far the fits are, where someone watches."""
    watched = sys.stderr.isatty()

    def show(at: int, of: int, loss: float) -> None:
        if watched:
            click.echo(f"\rFitting, {at} of {of}: log loss {loss:.4f}", nl=False, err=True)

    try:
        yield show
    finally:
        if watched:
            click.echo("\r" + " " * 50 + "\r", nl=False, err=True)


def _reset(app: App, deck: str | None, as_json: bool) -> None:
    from srs import tuning

    with app.store() as (store, _settings):
        found = tuning.reset(store, deck, now())
    if as_json:
        click.echo(json.dumps({"deck": deck, "model": found.model, "parameters": list(found.values)}))
    else:
        what = "the defaults" if deck is None else f"what the deck {deck} inherits"
        click.echo(printable(f"In force from your next answer on: {what}. srs undo takes that back."))


def _tell(outcome: "Outcome", deck: str | None, *, applied: bool, elsewhere: bool, as_json: bool) -> None:
    from srs.tuning import expectation

    verdict, fit = outcome.verdict, outcome.fit
    if as_json:
        record = {
            "deck": deck,
            "model": outcome.parameters.model,
            "parameters": list(outcome.parameters.values),
            "parameters_before": list(outcome.before.values),
            "parameters_fitted": list(fit.parameters.values),
            "fitted": fit.fitted,
            "reviews": fit.answers,
            "reviews_on_a_later_day": fit.judged,
            "accepted": outcome.accepted,
            "applied": applied,
            "reason": outcome.reason,
            "held_out": verdict
            and {
                "reviews": verdict.answers,
                "log_loss_before": verdict.before,
                "log_loss_after": verdict.after,
                "chance_of_no_gain": verdict.doubt,
            },
        }
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{expectation(fit)}.")
    if fit.fitted == "nothing":
        click.echo(f"Nothing was changed: {outcome.reason}.")
        return
    click.echo(f"{'Accepted' if outcome.accepted else 'Not accepted'}: the fit {outcome.reason}.")
    if applied:
        click.echo("In force from your next answer on. srs undo takes it back.")
    elif outcome.accepted:
        click.echo("Nothing was changed. The parameters:")
        _show(outcome.parameters)
    else:
        click.echo("The defaults are as good for these answers." if elsewhere else "Nothing was changed.")


def _show(parameters: "Parameters") -> None:
    for begin in range(0, len(parameters.values), _SHOWN):
        part = parameters.values[begin : begin + _SHOWN]
        click.echo("  " + " ".join(f"{value:>8.4f}" for value in part))


@click.command()
@_shared
@click.option(
    "--parameters",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Judge these: 21 numbers as a JSON list, or what srs optimize --json prints.",
)
@click.option(
    "--newest",
    type=click.FloatRange(0.05, 0.9),
    default=0.2,
    show_default=True,
    metavar="SHARE",
    help="Share of the answers held out.",
)
@click.option(
    "--splits",
    type=click.IntRange(1, 20),
    default=1,
    show_default=True,
    metavar="N",
    help="Parts of these, each predicted by a fit to all before it.",
)
@click.pass_obj
def evaluate(
    app: App,
    deck: str | None,
    reviews: str | None,
    day_start: int | None,
    timezone: str | None,
    seed: int,
    as_json: bool,
    parameters: str | None,
    newest: float,
    splits: int,
) -> None:
    """Say how well your answers are predicted.

    By what is in force, by the defaults, and by a fit.

    Only the newest answers are judged by, and the fit has seen none of them.

    \b
    Example: srs evaluate --reviews reviews.csv --timezone Europe/Berlin
    """
    from srs import tuning

    _check(deck, reviews, day_start, timezone)
    given = None if parameters is None else tuning.parameters_of_file(Path(parameters))
    if reviews is not None:
        force = tuning.defaults()
        log = tuning.log_of_file(Path(reviews), _days(app, day_start, timezone))
    else:
        force, log = _of_collection(app, deck)
    name = "in force" if given is None else "given"
    if given is not None:
        force = tuning.InForce(given)
    with _progress() as progress:
        found = tuning.evaluate(log, force, name=name, share=newest, parts=splits, seed=seed, progress=progress)
    if as_json:
        click.echo(json.dumps(_record(found, deck), ensure_ascii=False))
    else:
        _print(app, found)


def _of_collection(app: App, deck: str | None) -> "tuple[InForce, Log]":
    from srs import tuning

    with app.store() as (store, _settings):
        return tuning.in_force(store, deck), tuning.log_of_collection(store, deck)


def _record(found: "Evaluation", deck: str | None) -> dict[str, Any]:
    results = {}
    for result in found.results:
        quality = asdict(result.quality)
        quality["calibration"] = list(quality["calibration"])
        results[result.name.replace(" ", "_")] = {
            "parameters": result.parameters and list(result.parameters.values),
            **quality,
            "chance_of_no_gain_over_defaults": result.doubt,
            "may_have_seen_them": result.seen,
        }
    return {"deck": deck, "held_out": {"reviews": found.answers, "splits": found.parts}, "results": results}


def _print(app: App, found: "Evaluation") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in ("Log loss", "RMSE (bins)", "AUC"):
        table.add_column(name, justify="right")
    for result in found.results:
        quality = result.quality
        figures = (_figure(quality.log_loss), _figure(quality.rmse_bins), _figure(quality.auc))
        table.add_row(result.name.capitalize() + (" *" if result.seen else ""), *figures)
    console = app.console()
    console.print(f"On the newest {found.answers} answers that came on a later day than the one before:\n")
    console.print(table)
    console.print(
        "Lower is better, but for AUC; in brackets, where the figure lies in 95 of 100 resamples of the cards."
    )
    if any(result.seen for result in found.results):
        console.print("* fitted after these answers began, and so perhaps to some of them")
    first = found.results[0]
    console.print(f"\nPredicted and recalled ({first.name})")
    for band in first.quality.calibration:
        predicted, recalled = round(band.predicted * 40), round(band.recalled * 40)
        bar = "".join("|" if at == predicted else "█" if at <= recalled else " " for at in range(1, 41))
        console.print(f"  {band.predicted:>4.0%}  {band.recalled:>4.0%}  {bar}  {band.answers:>6}")
    console.print("  The line is what was predicted, the bar what was recalled, in bands of as many answers each.")


def _figure(figure: "Figure | None") -> str:
    return "–" if figure is None else f"{figure.value:.4f} ({figure.low:.4f}–{figure.high:.4f})"
