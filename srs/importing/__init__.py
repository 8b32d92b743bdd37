"""import_documents(): read, extract, reconcile, apply. A plan says what an import would do; applied, it is done.

Here is what it takes to see that nothing changed; what else it takes, in `changing`, is loaded when something did.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from srs.importing.reading import (
    STDIN,
    Read,
    SourceFile,
    digest_of,
    files,
    forget_recipes,
    gone_from,
    read,
    shipped_recipe,
    sources_of,
    was_digest_of,
)
from srs.importing.workers import made_in_order
from srs.notes import Changes, Document, KnownDocument, KnownNote, Note, Problem, Remark

if TYPE_CHECKING:
    from srs.extract.recipe import Recipe
    from srs.store import Store
    from srs.store.glance import Glance

__all__ = ["ImportPlan", "apply_plan", "import_documents", "plan_import", "plan_unchanged", "shipped_recipe"]


@dataclass(slots=True)
class ImportPlan:
    """What an import would do, and once it is applied, did.

    Attributes:
        documents: how many were read; unread: how many of them are as they were.
        unchanged: notes of changed documents that are as they were.
        by_document: for each changed document how many notes of each kind it holds.
        repairs: (path, places mended, signs lost) of documents with damaged text.
        losses: (path, cards to retire, cards it has) of documents that would lose more than half of their cards.
        remarks: on the quality of the cards that are new or edited, where they are not too many to look at.
        answered: open questions that are not asked, because a note answers them.
        lost_from_sight: (path, cards) of documents that still hold the words of cards to retire, but in no form known.
        empty: documents in which no rule found a card.
        known: the notes that change, as the collection holds them, by id.
        changed: the documents to save, without their texts.
        base: number of the newest import that the plan rests on.
    """

    base: int = 0
    documents: int = 0
    unread: int = 0
    changes: Changes = field(default_factory=Changes)
    unchanged: int = 0
    by_document: dict[str, Counter[str]] = field(default_factory=dict)
    decks: set[str] = field(default_factory=set)
    repairs: list[tuple[str, int, int]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    answered: int = 0
    losses: list[tuple[str, int, int]] = field(default_factory=list)
    lost_from_sight: list[tuple[str, int]] = field(default_factory=list)
    known: dict[int, KnownNote] = field(default_factory=dict)
    changed: list[Document] = field(default_factory=list)

    @property
    def nothing_changed(self) -> bool:
        c = self.changes
        return not (c.added or c.edited or c.moved or c.revived or c.retired)

    @property
    def empty(self) -> list[str]:
        return [path for path, kinds in self.by_document.items() if not kinds]

    def similarity(self, id: int, note: Note) -> int:
        """0 to 100: how like an edited note is to what it was."""
        from srs.reconcile import likeness

        return round(likeness(note, self.known[id]))


def import_documents(
    store: "Store",
    paths: Sequence[str],
    recipe: "Recipe | None",
    now: datetime,
    *,
    deck: str | None = None,
    starter: bool = False,
    name: str | None = None,
) -> ImportPlan:
    """Bring documents and folders into the collection, whatever is lost by it: plan, then apply."""
    plan = plan_import(store, paths, recipe, deck=deck, starter=starter, name=name)
    apply_plan(store, plan, now)
    return plan


def apply_plan(store: "Store", plan: ImportPlan, now: datetime) -> None:
    """Do what was planned, in one transaction. Raises StalePlan when another import came in between."""
    if plan.changed:
        store.apply(plan.changes, plan.changed, now, after=plan.base)


def plan_unchanged(
    seen: "Glance", paths: Sequence[str], *, deck: str | None = None, starter: bool = False
) -> ImportPlan | None:
    """The plan of an import that finds all as it was; `None` where it may find more, and the collection is needed.

    Raises what `plan_import` raises.
    """
    if STDIN in paths:
        return None
    forget_recipes()
    named = list(files(paths, starter, None))
    problems: list[Problem] = []
    for file in named:
        data, known = read(file, problems), seen.documents.get(file.name)
        if data is None or known is None:
            return None
        if known.digest != digest_of(data, sources_of(file, data), deck):
            return None
    if gone_from(paths, seen.documents, {file.name for file in named}):
        return None
    return ImportPlan(seen.last_import, documents=len(named), unread=len(named))


def plan_import(
    store: "Store",
    paths: Sequence[str],
    recipe: "Recipe | None" = None,
    *,
    deck: str | None = None,
    starter: bool = False,
    name: str | None = None,
    progress: Callable[[int, int], object] | None = None,
    again: Collection[str] = (),
    processes: int = 1,
) -> ImportPlan:
    """What an import of documents and folders would do; nothing is written.

    `-` is standard input, known by `name` if that is given; `starter` adds what comes with the program. `recipe` is for
    all documents instead of their own ones. `progress` is told after each document how many of how many are read.
    Documents in `again` are read even if they are as they were. With more than one of `processes` others help with many
    that have changed: for a program whose main module does nothing when it is imported.

    Raises ImportFailed when a path does not exist or a folder holds no documents; then nothing is read. A file that is
    no text or is empty is a Problem: the rest is imported, and its cards stay as they are.
    """
    plan = ImportPlan(store.last_import())
    forget_recipes()
    named = list(files(paths, starter, name))
    known = store.documents()
    found = None
    problems: dict[str, list[Problem]] = {file.name: [] for file in named}
    changed = (
        _changed(file, known.get(file.name), recipe, deck, problems[file.name], again=file.name in again)
        for file in named
    )
    for file, made in zip(named, made_in_order(changed, processes), strict=True):
        said = problems.pop(file.name)
        plan.problems += said
        if made is not None:
            from srs.importing import changing

            found = found or changing.Found()
            changing.take(file, made, found, plan)
        else:
            plan.unread += not said
        plan.documents += 1
        if progress is not None:
            progress(plan.documents, len(named))
    gone = gone_from(paths, known, {file.name for file in named})
    if found is None and not gone:
        return plan
    from srs.importing import changing

    wake = changing.compare(store, plan, found or changing.Found(), named, known, gone, again)
    if wake:
        return plan_import(
            store, paths, recipe, deck=deck, starter=starter, name=name, progress=progress, again={*again, *wake},
            processes=processes,
        )  # fmt: skip
    return plan


def _changed(
    file: SourceFile,
    held: KnownDocument | None,
    recipe: "Recipe | None",
    deck: str | None,
    problems: list[Problem],
    *,
    again: bool,
) -> Read | None:
    """A file to make notes of: it is not as it was, or is to be read `again`."""
    data = read(file, problems)
    if data is None:
        return None
    sources = recipe or sources_of(file, data)
    digest = digest_of(data, sources, deck)
    if held and not again and (held.digest == digest or held.digest == was_digest_of(data, sources, deck)):
        return None
    return Read(file, data, digest, sources, deck or "", held.deck if held else "")
