"""What an import changes, as a diff, as a few lines, or as JSON."""

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from srs.cli.app import printable

if TYPE_CHECKING:
    from srs.importing import ImportPlan
    from srs.notes import Imported, KnownNote, Note, Problem

SHOWN = 20
"""Documents, or places, that are named one by one after an import; the rest is counted."""

_AROUND = 5  # words shown on either side of a change
_LARGEST = 4_000_000  # word pairs: beyond that a comparison takes seconds, and the texts are shown as they are


def count(number: int, thing: str) -> str:
    """`1 card`, `2 cards`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def counted(imported: "Imported") -> str:
    """`12 new, 3 edited, 1 retired`."""
    parts = (
        (imported.added, "new"),
        (imported.edited, "edited"),
        (imported.moved, "moved"),
        (imported.revived, "back again"),
        (imported.retired, "retired"),
    )
    return ", ".join(f"{number} {name}" for number, name in parts if number) or "lines and places only"


def summary(plan: "ImportPlan") -> Iterator[str]:
    """What was imported, in a few lines."""
    if plan.documents == len(plan.problems) and plan.nothing_changed:
        return
    if plan.nothing_changed and not plan.changes.kept and not plan.empty:
        yield f"Nothing changed in {count(plan.documents, 'document')}."
        return
    yield from _without_cards(plan)
    full = [(path, kinds) for path, kinds in plan.by_document.items() if kinds]
    for path, kinds in full[:SHOWN]:
        yield f"{path}: {count(kinds.total(), 'card')} ({_by_kind(kinds)})"
    if len(full) > SHOWN:
        rest = sum((kinds for _, kinds in full[SHOWN:]), Counter[str]())
        yield f"{len(full) - SHOWN} more documents: {count(rest.total(), 'card')} ({_by_kind(rest)})"
    if total := _total(plan):
        yield f"{total}.{' Next: srs review' if plan.changes.added else ''}"


def remarks(plan: "ImportPlan", *, dry_run: bool) -> Iterator[str]:
    """What someone who edits the documents should know of them, besides what a dry run shows."""
    for path, repaired, lost in plan.repairs:
        left = f", {count(lost, 'sign')} could not be told and left out" if lost else ""
        yield f"{path}: text damaged by a wrong encoding: {count(repaired, 'place')} repaired{left}"
    places: dict[str, list[int]] = {}
    for note in plan.changes.echoes:
        places.setdefault(note.path, []).append(note.line)
    for path, lines in list(places.items())[:SHOWN]:
        where = f"{path}:{lines[0]}" if len(lines) == 1 else f"{path}: {len(lines)} cards from line {lines[0]} on"
        yield f"{where}: {'stands' if len(lines) == 1 else 'stand'} elsewhere too; asked once"
    if len(places) > SHOWN:
        yield f"{count(len(places) - SHOWN, 'more document')} with cards that stand elsewhere too"
    for case in () if dry_run else plan.changes.ambiguous[:SHOWN]:
        note, taken = case.note, plan.known[case.taken].card_id
        yield f"{note.path}:{note.line}: like {len(case.others) + 1} cards; taken for the oldest of them, card {taken}"
    for path, number in plan.lost_from_sight:
        words = "card is" if number == 1 else "cards are"
        yield f"{path}: {number} {words} retired though the words still stand there: was a heading or label renamed?"
    if plan.remarks:
        first = plan.remarks[0]
        yield f"{count(len(plan.remarks), 'remark')} on the cards, such as {first}. srs check PATH shows all"
    yield from (str(problem) for problem in plan.problems)


def _without_cards(plan: "ImportPlan") -> Iterator[str]:
    for path in plan.empty[:3]:
        yield f"No cards found in {path}: srs check shows what was read"
    if len(plan.empty) > 3:
        yield f"No cards found in {len(plan.empty) - 3} more documents."


def _by_kind(kinds: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in kinds.most_common())


def _total(plan: "ImportPlan") -> str:
    parts = [f"{len(group)} {name}" for name, group in _groups(plan) if group]
    if plan.unchanged:
        parts.append(f"{plan.unchanged} unchanged")
    return ", ".join(parts)


def _groups(plan: "ImportPlan") -> tuple[tuple[str, tuple[Any, ...]], ...]:
    changes = plan.changes
    return (
        ("new", changes.added),
        ("edited", changes.edited),
        ("moved", changes.moved),
        ("back again", changes.revived),
        ("retired", changes.retired),
        ("ambiguous", changes.ambiguous),
    )


# -- each change, one by one --------------------------------------------------------------------------------------------

# What is done to a card: its sign and colour in a diff, and what is said of the cards that it is done to.
_LOOKS = {
    "added": ("+", "green", "new"),
    "edited": ("~", "yellow", "edited, schedule kept"),
    "moved": (">", "cyan", "moved, schedule kept"),
    "revived": ("+", "cyan", "back again, schedule kept"),
    "retired": ("-", "red", "retired, schedule kept in case they come back"),
    "ambiguous": ("?", "magenta", "ambiguous: like several cards, taken for the oldest"),
}


@dataclass(frozen=True, slots=True)
class _Change:
    """One card: what it is to read like, and what it reads like now; either may be missing."""

    name: str
    note: "Note | None" = None
    known: "KnownNote | None" = None
    others: tuple["KnownNote", ...] = ()

    @property
    def now(self) -> "Note | KnownNote":
        found = self.note or self.known
        assert found is not None
        return found


def _changes(plan: "ImportPlan") -> Iterator[_Change]:
    changes = plan.changes
    for note in changes.added:
        yield _Change("added", note)
    for name, pairs in (("edited", changes.edited), ("moved", changes.moved), ("revived", changes.revived)):
        for id, note in pairs:
            yield _Change(name, note, plan.known[id])
    for id in changes.retired:
        yield _Change("retired", None, plan.known[id])
    for case in changes.ambiguous:
        others = tuple(plan.known[id] for id in case.others)
        yield _Change("ambiguous", case.note, plan.known[case.taken], others)


def as_json(plan: "ImportPlan", *, dry_run: bool) -> Iterator[str]:
    """One JSON value in pieces: a first import has a hundred thousand changes, and they need not be in memory twice."""
    import json

    changes = plan.changes
    head = {
        "dry_run": dry_run,
        "documents": plan.documents,
        "documents_unchanged": plan.unread,
        "decks": sorted(plan.decks),
        **{name: len(getattr(changes, name)) for name in _LOOKS},
        "unchanged": plan.unchanged,
        "kinds": {path: dict(kinds) for path, kinds in plan.by_document.items()},
        "repaired": [{"path": path, "places": places, "lost": lost} for path, places, lost in plan.repairs],
        "problems": [as_record(problem) for problem in plan.problems],
        "losses": [{"path": path, "retired": retired, "cards": cards} for path, retired, cards in plan.losses],
    }
    yield json.dumps(head, ensure_ascii=False)[:-1] + ', "changes": ['
    for place, change in enumerate(_changes(plan)):
        yield (", " if place else "") + json.dumps(_record(plan, change), ensure_ascii=False)
    yield "]}"


def as_record(problem: "Problem") -> dict[str, Any]:
    """A problem for JSON, which is UTF-8: a file name that is not, and is the problem then, is spelled out."""
    path = problem.path.encode("utf-8", "backslashreplace").decode()
    return {"path": path, "line": problem.line, "message": problem.message}


def _record(plan: "ImportPlan", change: _Change) -> dict[str, Any]:
    note, known = change.note, change.known
    return {
        "change": change.name,
        "card_id": known.card_id if known else None,
        **_content(change.now),
        "before": _content(known) if note and known else None,
        "similarity": plan.similarity(known.id, note) if note and known else None,
        "others": [other.card_id for other in change.others],
    }


def _content(note: "Note | KnownNote") -> dict[str, Any]:
    return {name: getattr(note, name) for name in ("kind", "prompt", "answer", "path", "heading", "line")}


# -- a plan as a diff ---------------------------------------------------------------------------------------------------


def diff(plan: "ImportPlan", *, color: bool) -> Iterator[str]:
    """All that an import would do, by document and kind of change: a line for a card, and what differs in its words."""

    def styled(text: str, foreground: str) -> str:
        return click.style(text, fg=foreground) if color else text

    documents: dict[str, dict[str, list[_Change]]] = {}
    for change in _changes(plan):
        documents.setdefault(change.now.path, {}).setdefault(change.name, []).append(change)
    for path, groups in documents.items():
        yield click.style(printable(path), bold=True) if color else printable(path)
        for name, group in groups.items():
            sign, foreground, said = _LOOKS[name]
            kinds = _by_kind(Counter(change.now.kind for change in group))
            yield f"  {len(group)} {said} ({kinds})"
            for change in group:
                yield "    " + styled(f"{sign} {_one_line(change.now.prompt)}", foreground)
                yield from ("      " + line for line in _detail(plan, change, color))
    yield from (printable(line) for line in _without_cards(plan))
    for path, retired, cards in plan.losses:
        yield styled(f"{printable(path)} would lose {retired} of {count(cards, 'card')}: srs import asks first.", "red")
    if total := _total(plan):
        new = _by_kind(Counter(note.kind for note in plan.changes.added))
        yield f"{total}. {f'The new ones: {new}. ' if new else ''}Nothing was written."
    else:
        yield f"Nothing would change in {count(plan.documents, 'document')}."


def _detail(plan: "ImportPlan", change: _Change, color: bool) -> Iterator[str]:
    note, known = change.note, change.known
    if note is None or known is None:
        return
    if change.name == "edited":
        yield f"{plan.similarity(known.id, note)} % alike"
        if known.prompt != note.prompt and (note.kind != "phrase" or known.answer == note.answer):  # of its words
            yield words_changed(known.prompt, note.prompt, color=color)
        if known.answer != note.answer:
            yield words_changed(known.answer, note.answer, color=color)
    elif change.name == "moved":
        places = [f"{n.path} › {n.heading}" if known.path != note.path else n.heading for n in (known, note)]
        yield printable(f"{places[0] or 'the beginning'} → {places[1] or 'the beginning'}")
    elif change.name == "ambiguous":
        for taken in (known, *change.others):
            yield f"card {taken.card_id}: {_one_line(taken.answer or taken.prompt)}"


def _one_line(text: str) -> str:
    width = max(shutil.get_terminal_size((100, 24)).columns - 8, 30)
    line = printable(" ".join(text.split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def words_changed(old: str, new: str, *, color: bool) -> str:
    """What became of a text, word by word: `[-old-]{+new+}`, or red and green. Long parts that are equal are cut short."""
    before, after = ([printable(word) for word in text.split()] for text in (old, new))
    from difflib import SequenceMatcher

    steps: Sequence[tuple[str, int, int, int, int]] = [("replace", 0, len(before), 0, len(after))]
    if len(before) * len(after) <= _LARGEST:
        steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    parts = []
    for place, (step, begin, end, new_begin, new_end) in enumerate(steps):
        gone, come = " ".join(before[begin:end]), " ".join(after[new_begin:new_end])
        if step == "equal":
            parts.append(_shortened(before[begin:end], first=place == 0, last=place == len(steps) - 1))
        elif color:
            marked = (click.style(text, fg=shade) for text, shade in ((gone, "red"), (come, "green")) if text)
            parts.append(" ".join(marked))
        else:
            parts.append((f"[-{gone}-]" if gone else "") + (f"{{+{come}+}}" if come else ""))
    return " ".join(parts) or "(only spaces)"


def _shortened(words: list[str], *, first: bool, last: bool) -> str:
    head, tail = 0 if first else _AROUND, 0 if last else _AROUND
    if len(words) <= head + tail + 2:
        return " ".join(words)
    return " ".join([*words[:head], "…", *words[len(words) - tail :]])
