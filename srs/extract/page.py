"""A document as the styles read it: its blocks, its questions and what answers them, and who took what."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from srs.extract.blocks import Block
from srs.extract.recipe import Recipe, Rule
from srs.extract.wording import title
from srs.notes import Note

ENDS_ASKING = re.compile(r"[?？][\"”'’*_`»\s.!…]*(?:[(\[][^)\]]*[)\]])?\W*$")
_NUMBERED_Q = re.compile(r"\W*(?:q|question)\s*#?\d+\b", re.IGNORECASE)
_LAST_CLAUSE = re.compile(r",\s*(?:and )?(?:how|what|why|which|when|where|who)\b(?:[^.,:;]+)?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
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
    """

    at: int
    text: str
    inline: str
    body: range

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
        if asks(text) or self.recipe.requests.match(text):
            return True
        return "," in text and _LAST_CLAUSE.search(text) is not None

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
    ) -> Note:
        """A note of the rule whose question stands at `at`."""
        block = self.blocks[at]
        under = heading or (title(block.headings[-1].text) if block.headings else "")
        return Note(
            kind=kind or rule.kind,
            front=front,
            answer=answer,
            items=tuple(items),
            topic=self.topic(block),
            heading=under,
            path=self.path,
            line=block.line,
            rule=rule.name,
            tags=self.tags,
        )


def asks(text: str) -> bool:
    """Whether a text asks by its form alone."""
    if ("?" in text or "？" in text) and ENDS_ASKING.search(text) is not None:
        return True
    return _NUMBERED_Q.match(text) is not None


def bare_label(label: str) -> str:
    """`Q12.` as `Q`."""
    return re.sub(r"[\s#]*\d+[.)]?$", "", label)
