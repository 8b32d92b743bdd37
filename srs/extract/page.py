"""A document as the styles read it: its blocks, its questions and what answers them, and who took what."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from srs.extract.blocks import Block, Heading
from srs.extract.recipe import Recipe, Rule
from srs.extract.wording import title
from srs.notes import Note
from srs.texts import points_nowhere

ENDS_ASKING = re.compile(r"[?？][\"”'’*_`»\s.!…]*(?:[(\[][^)\]]*[)\]])?\W*$")
_NUMBERED_Q = re.compile(r"\W*(?:q|question)\s*#?\d+\b", re.IGNORECASE)
_LEANING = frozenset({"qa", "themes", "outline"})
"""Kinds of which the front may speak of what the headings over it name."""
_PRONOUNS = frozenset({"it", "they", "them"})  # "this" may have its noun behind it: "Why this role?"
_SOME_PRONOUN = re.compile(
    r"\b(?:[Ii]t|[Tt]hey|them)\b"
)  # without one there is nothing to look at: most fronts have none
_LAST_CLAUSE = re.compile(r",\s*(?:and )?(?:how|what|why|which|when|where|who)\b(?:[^.,:;]+)?$", re.IGNORECASE)


class Found(NamedTuple):
    """A note, and the blocks that it is made of: later rules leave them alone.

    Attributes:
        flawed: blocks that the note quotes as badly said, and leaves to others.
    """

    note: Note
    blocks: Collection[int]
    flawed: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on the page.

    Attributes:
        at: index of the block that asks.
        text: what is asked, as a person says it.
        inline: what answers it in the same block.
        body: indices of the blocks that may answer it.
        after: the question that it follows up, if it does.
    """

    at: int
    text: str
    inline: str
    body: range
    after: str = ""

    @property
    def all(self) -> range:
        return range(self.at, max(self.at + 1, self.body.stop))


@dataclass(slots=True)
class Page:
    """What a style is given.

    Attributes:
        blocks: in order; what is no content (links, tasks, templates, skipped sections) is left out.
        name: the topic where no heading of level one gives it.
        path, tags: of the document, and so of its notes.
        taken: indices of the blocks that notes were made of so far.
        flawed: indices of the blocks that a note quotes as badly said: nothing to learn by heart.
        questions: those asked on the page, in order.
        glossed: items of lists of sentences with their meanings.
        owners: for each block of an answer the innermost question over it.
        text: of all blocks: a sign that is not in it need not be looked for in each.
        of_kind: indices of the blocks of each kind; worded: of those that are a heading or have a label.
    """

    blocks: Sequence[Block]
    name: str
    recipe: Recipe
    path: str = ""
    tags: tuple[str, ...] = ()
    taken: set[int] = field(default_factory=set)
    flawed: set[int] = field(default_factory=set)
    questions: list[Asked] = field(default_factory=list)
    owners: dict[int, Asked] = field(default_factory=dict)
    glossed: set[int] = field(default_factory=set)
    text: str = field(default="", init=False)
    of_kind: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list), init=False)
    worded: list[int] = field(default_factory=list, init=False)
    _asking: dict[str, bool] = field(default_factory=dict, init=False)
    _over: tuple[tuple[Heading, ...], tuple[str, ...]] = field(default=((), ()), init=False)

    def __post_init__(self) -> None:
        self.text = "\n".join(block.whole for block in self.blocks)
        for at, block in enumerate(self.blocks):
            self.of_kind[block.kind].append(at)
            if block.label or block.kind == "heading":
                self.worded.append(at)

    def ask(self, questions: Iterable[Asked]) -> None:
        """Note the questions of the page."""
        self.questions = list(questions)
        self.owners = {at: asked for asked in self.questions for at in asked.body}

    def topic(self, block: Block) -> str:
        over = block.headings[0] if block.headings else None
        return title(over.text) if over and over.level == 1 else self.name

    def free(self, at: int) -> bool:
        return at not in self.taken

    def asks(self, text: str) -> bool:
        """Whether the words ask: by a question mark at the end, by how they begin, or because they are numbered Q1, Q2 …"""
        found = self._asking.get(text)  # each text is looked at for several reasons
        if found is None:
            found = asks(text) or self.recipe.requests.match(text)
            found = self._asking[text] = found or ("," in text and _LAST_CLAUSE.search(text) is not None)
        return found

    def section(self, at: int) -> range:
        """The blocks below the heading at `at`, those of its inner headings included."""
        level = self.blocks[at].headings[-1].level
        end = at + 1
        while end < len(self.blocks) and not (
            self.blocks[end].kind == "heading" and self.blocks[end].headings[-1].level <= level
        ):
            end += 1
        return range(at + 1, end)

    def own(self, at: int) -> range:
        """The blocks between the heading at `at`, or the beginning where it is -1, and the next heading."""
        end = at + 1
        while end < len(self.blocks) and self.blocks[end].kind != "heading":
            end += 1
        return range(at + 1, end)

    def over(self, at: int) -> Asked | None:
        """The innermost question whose answer the block at `at` belongs to."""
        return self.owners.get(at)

    def note(
        self,
        rule: Rule,
        at: int,
        front: str,
        answer: str,
        items: Sequence[str] = (),
        *,
        heading: str = "",
        kind: str = "",
        leans: bool = False,
    ) -> Note:
        """A note of the rule whose question stands at `at`. One that `leans` is asked with the heading over it."""
        block = self.blocks[at]
        under = heading or (title(block.headings[-1].text) if block.headings else "")
        kind, topic = kind or rule.kind, self.topic(block)
        return Note(
            kind=kind,
            front=front,
            answer=answer,
            items=tuple(items),
            topic=topic,
            heading=under,
            path=self.path,
            line=block.line,
            rule=rule.name,
            tags=self.tags,
            over=tuple([name for name in self._names_over(block) if name not in ("", front, under, topic)]),
            leans=leans or (kind in _LEANING and self._leans(kind, front)),
        )

    def _names_over(self, block: Block) -> Iterable[str]:
        """The headings over a block, the nearest first."""
        headings, names = self._over
        if headings is not block.headings:  # all blocks below a heading share them
            names = tuple(dict.fromkeys(title(heading.text) for heading in reversed(block.headings)))
            self._over = block.headings, names
        return names

    def _leans(self, kind: str, front: str) -> bool:
        """Whether a front does not say what it is about; the row of a table does."""
        name = front.partition(" › ")[0] if kind == "outline" else front
        if self.recipe.aspects.match(name):
            return True
        return _SOME_PRONOUN.search(front) is not None and points_nowhere(front) in _PRONOUNS


def asks(text: str) -> bool:
    """Whether a text asks by its form alone."""
    if ("?" in text or "？" in text) and ENDS_ASKING.search(text) is not None:
        return True
    return _NUMBERED_Q.match(text) is not None


_QUESTIONS = re.compile(r"question|\bask|\bprompt|\bfrage|\bpregunt|\bdomand|\bpergunt|\bвопрос", re.IGNORECASE)


def asks_for_questions(text: str) -> bool:
    """Whether what answers a question are questions: "What would you ask us?"."""
    return _QUESTIONS.search(text) is not None


def bare_label(label: str) -> str:
    """`Q12.` as `Q`."""
    return re.sub(r"[\s#]*\d+[.)]?$", "", label)
