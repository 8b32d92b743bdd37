"""`srs add` and `srs edit`, and the learner's editor, which the session opens too."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click

from srs.cli.app import App, now, printable
from srs.errors import NotEditable
from srs.notes import KINDS

if TYPE_CHECKING:
    from srs.cards import Card
    from srs.importing import ImportPlan
    from srs.settings import Settings
    from srs.store import Store

_CUT = "\n---\n"
_FORM = """deck: {deck}
kind: {kind}
tags: {tags}
---
{prompt}
---
{answer}
"""


def open_editor(path: str, line: int = 0) -> None:
    """Let the learner edit a file, in $VISUAL, $EDITOR or vi. Raises NotEditable when that cannot be started."""
    import shlex
    import subprocess
    from pathlib import Path

    try:
        editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "") or ["vi"]
        at_line = Path(editor[0]).name in {"vi", "vim", "nvim", "nano", "emacs", "micro", "kak"}
        place = [f"+{line}"] if at_line and line else []
        subprocess.run([*editor, *place, path], check=False)
    except (OSError, ValueError) as error:  # ValueError: a quote that is not closed
        raise NotEditable(f"the editor cannot be started ({error}): set EDITOR") from None


def edit_document(store: "Store", card: "Card", lent: "AbstractContextManager[None] | None" = None) -> "ImportPlan":
    """Open a card's document at its line, and import it again; `lent` is on while the editor has the terminal.

    Raises NotEditable when the document is no file of the learner's, and what an import raises.
    """
    from pathlib import Path

    from srs.importing import import_documents

    if not card.path or not Path(card.path).is_file():
        raise NotEditable("this card's document is not a file of yours to edit")
    with lent or nullcontext():
        open_editor(card.path, card.line)
    return import_documents(store, [card.path], None, now())


def edit_text(
    store: "Store",
    settings: "Settings",
    card: "Card",
    lent: "AbstractContextManager[None] | None" = None,
    *,
    prompt: str | None = None,
    answer: str | None = None,
) -> "Card":
    """Another text for a card that stands in no document, from the editor where none is given; `lent` as above.

    Raises NotEditable, CardExists.
    """
    from srs import curating

    if prompt is None and answer is None:
        with lent or nullcontext():
            form = _sides(_in_editor(f"{curating.own_front(card)}{_CUT}{card.answer}\n"))
        prompt, answer = form["prompt"], form["answer"]
    return curating.edit(store, card, curating.moment(settings, now()), prompt=prompt, answer=answer)


def _in_editor(text: str) -> str:
    """The text as the learner leaves it."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "card.md"
        file.write_text(text, "utf-8")
        open_editor(str(file))
        try:
            return file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise NotEditable(f"what the editor left cannot be read ({error}): nothing was written") from None


def _filled_in(**fields: str) -> dict[str, str]:
    """The form of a new card, filled in by the learner. Raises NotEditable when it is no longer one."""
    head, cut, rest = _in_editor(_FORM.format(**fields)).partition(_CUT)
    if not cut:
        raise _no_form()
    lines = dict(line.partition(":")[::2] for line in head.splitlines() if line.strip())
    found = {name.strip(): value.strip() for name, value in lines.items()}
    return {**fields, **found, **_sides(rest)}


def _sides(text: str) -> dict[str, str]:
    prompt, cut, answer = f"\n{text}".partition(_CUT)
    if not cut:
        raise _no_form()
    return {"prompt": prompt.strip(), "answer": answer.strip()}


def _no_form() -> NotEditable:
    return NotEditable("a line of --- that parts prompt and answer is gone: nothing was written")


@click.command()
@click.option("--kind", type=click.Choice(KINDS), default="qa", help="Kind of card.  [default: qa]")
@click.option("--deck", metavar="DECK", default="notes", help="Deck, such as interview/behavioral.  [default: notes]")
@click.option("--prompt", metavar="TEXT", help="What is asked, as Markdown.")
@click.option("--answer", metavar="TEXT", help="The answer, as Markdown.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag; may be given several times.")
@click.pass_obj
def add(app: App, kind: str, deck: str, prompt: str | None, answer: str | None, tags: tuple[str, ...]) -> None:
    """Make one card by hand: by options, or in $EDITOR on a terminal.

    \b
    Example: srs add --deck work --prompt "Who signs off a release?" --answer "Two reviewers."
    """
    from srs.curating import add as add_card
    from srs.curating import deck_path, moment

    form = {"kind": kind, "deck": deck, "tags": " ".join(tags), "prompt": prompt or "", "answer": answer or ""}
    if prompt is None or (answer is None and kind != "question"):
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise click.UsageError("--prompt and --answer say what the card asks; on a terminal $EDITOR opens.")
        form = _filled_in(**form)
        if not form["prompt"]:
            raise NotEditable("the prompt was left empty: nothing was added")
    if form["kind"] not in KINDS:
        raise NotEditable(f"“{form['kind']}” is no kind of card: it is one of {', '.join(KINDS)}")
    with app.store() as (store, settings):
        card = add_card(
            store,
            moment(settings, now()),
            kind=form["kind"],
            deck=deck_path(form["deck"]),
            prompt=form["prompt"],
            answer=form["answer"],
            tags=[tag.lstrip("#") for tag in form["tags"].replace(",", " ").split()],
        )
    click.echo(f"Card {card.id} added to {printable(card.deck)}: {printable(' '.join(card.prompt.split()))}")


@click.command()
@click.argument("card_id", metavar="ID", type=click.IntRange(1, 2**62))
@click.option("--prompt", metavar="TEXT", help="Another prompt, for a card made by srs add.")
@click.option("--answer", metavar="TEXT", help="Another answer, for a card made by srs add.")
@click.pass_obj
def edit(app: App, card_id: int, prompt: str | None, answer: str | None) -> None:
    """Edit a card in $EDITOR: its document, at its line.

    It is then imported again. A card without a document is edited as a text. The schedule stays.

    \b
    Example: srs edit 12
    """
    from srs import curating

    with app.store() as (store, settings):
        card = curating.the_card(store, card_id)
        if card.path is None or prompt is not None or answer is not None:
            edited = edit_text(store, settings, card, prompt=prompt, answer=answer)
            click.echo(f"Card {card.id} {'is as it was' if card == edited else 'edited'}.")
            return
        plan = edit_document(store, card)
    from srs.cli import changes

    for line in changes.summary(plan):
        click.echo(printable(line))
    for line in changes.remarks(plan, dry_run=False):
        click.echo(printable(line), err=True)
    if plan.problems:
        raise click.exceptions.Exit(1)
