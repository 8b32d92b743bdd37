"""The same card through every edit: documents are written, studied, edited and imported again.

The documents are data (`Notes`) that is rendered to Markdown. Every fact in them has a number of its own, by which a test
knows which card must have stayed which, whatever its text has become.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from random import Random
from typing import Any

import ftfy  # noqa: F401  gives Python the code page that damages text as programs do
import pytest
from databases import image_of
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from srs.cards import Preset, Rating
from srs.days import Days
from srs.importing import ImportPlan, import_documents, shipped_recipe
from srs.notes import KINDS
from srs.store import Store
from srs.store.tables import revlog
from srs.study import Session
from srs.texts import asked

RECIPE = shipped_recipe()
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


# -- notes as data -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """How the notes are written down; none of it is content."""

    bold: str = "**"
    mark: str = "-"
    quotes: str = "“”’"
    dash: str = "–"
    dots: str = "…"
    numbers: int | None = 1
    level: int = 2
    matter: str = ""
    emoji: str = ""
    gap: str = "\n"
    indent: str = ""
    newline: str = "\n"
    encoding: str = "utf-8"
    damaged: bool = False
    table: bool = False


@dataclass(frozen=True)
class Fact:
    """One card: a phrase, the themes of an answer (a line each), or what is wrong with a bad answer."""

    number: int
    text: str


@dataclass(frozen=True)
class Function:
    name: str
    phrases: tuple[Fact, ...]


@dataclass(frozen=True)
class Question:
    words: str
    themes: Fact
    flaw: str
    reason: Fact | None


@dataclass(frozen=True)
class File:
    title: str
    functions: tuple[Function, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def facts(self) -> list[Fact]:
        asked_for = [fact for q in self.questions for fact in (q.themes, q.reason) if fact is not None]
        return [fact for function in self.functions for fact in function.phrases] + asked_for


@dataclass(frozen=True)
class Deleted:
    """What was taken out: the file it was in, and the numbers of what its section still held."""

    path: str
    section: Function | Question
    beside: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Notes:
    """Files by their paths in the folder; `bin` holds what was taken out."""

    files: dict[str, File]
    look: Look = field(default_factory=Look)
    bin: tuple[Deleted, ...] = ()

    @property
    def texts(self) -> dict[int, str]:
        return {fact.number: asked(fact.text) for file in self.files.values() for fact in file.facts}


_numbers = count(1)


def _numbered_anew() -> None:
    """The same edits make the same notes, whatever was written before: a draw can be drawn again."""
    global _numbers
    _numbers = count(201)


def _function(name: str, *phrases: str) -> Function:
    return Function(name, tuple(Fact(next(_numbers), phrase) for phrase in phrases))


def _question(words: str, themes: str, flaw: str, reason: str = "") -> Question:
    listed = "\n".join(theme.strip() for theme in themes.split(";"))
    return Question(words, Fact(next(_numbers), listed), flaw, Fact(next(_numbers), reason) if reason else None)


START = Notes(
    {
        "talks/meetings.md": File(
            "Meetings at the harbour",
            (
                _function(
                    "Opening",
                    "Shall we make a start, now that the ferry is in?",
                    "Thank you all for coming out… in this weather!",
                    "Before we begin – who still needs a cup of tea?",
                ),
                _function(
                    "Disagreeing",
                    "I see it in another way, if you'll allow me.",
                    "That would hold for a smaller boat, I'm afraid.",
                ),
                _function("Closing", "Let's leave it there and meet again on Monday.", "Who'll write up what we said?"),
            ),
        ),
        "talks/leisure.md": File(
            "Leisure on an island",
            (),
            (
                _question(
                    "How do you rest after a long week?",
                    "Walk to the lighthouse and back; Leave the telephone at home; Early nights, without a clock",
                    "I never rest, I am always at my desk.",
                    "It sounds like a boast – nobody will want to sit beside you.",
                ),
                _question(
                    "What do you do when a plan falls through?",
                    "Name what can still be saved; Ask the crew for a second idea",
                    "I wait until somebody tells me what to do.",
                    "Waiting is no plan, and it puts the work on others.",
                ),
                _question(
                    "Which book would you take along?",
                    "An atlas, for the names of far harbours; Something that can be read aloud",
                    "None at all.",
                ),
            ),
        ),
    }
)


# -- notes as Markdown ---------------------------------------------------------------------------------------------------


def markdown(file: File, look: Look) -> str:
    """The document in the look asked for."""
    start, end, _ = look.quotes
    high, low = "#" * look.level, "#" * (look.level + 1)
    lines = [look.matter + f"# {file.title}"]
    if file.functions:
        lines.append(f"{high} {look.emoji}Useful Phrases")
    for function in file.functions:
        lines.append(f"{low} {look.emoji}{function.name}")
        phrases = [phrase.text for phrase in function.phrases]
        if look.table:
            lines.append("\n".join(["| Phrase | Use |", "| --- | --- |", *(f"| {p} | aloud |" for p in phrases)]))
        else:
            lines.append(_listed([start + phrase + end for phrase in phrases], look))
    for place, question in enumerate(file.questions):
        number = "" if look.numbers is None else f"Q{look.numbers + place}: "
        lines.append(f"{high} {look.emoji}{number}{question.words}")
        lines.append(f"{_label('Key Themes', look)}\n" + _listed(question.themes.text.split("\n"), look))
        if question.reason is not None:
            lines.append(f"{_label('Bad answer', look)} {start}{question.flaw}{end}")
            lines.append(f"{_label('Why it is bad', look)} {question.reason.text}")
    text = ("\n" + look.gap).join(lines) + "\n"
    if look.quotes[2] != "'":
        text = re.sub(r"(?<=\w)'(?=\w)", look.quotes[2], text)
    return text.replace("–", look.dash).replace("…", look.dots)


def _listed(items: list[str], look: Look) -> str:
    # Whatever follows a list without a blank line belongs to its last item.
    return "\n".join(f"{look.indent}{look.mark} {item}" for item in items) + "\n" * (not look.gap)


def _label(words: str, look: Look) -> str:
    return f"{look.bold}{words}:{look.bold}"


def write(notes: Notes, root: Path) -> None:
    """The folder as the notes say: nothing else is in it."""
    written = {}
    for path, file in notes.files.items():
        text = markdown(file, notes.look)
        if notes.look.damaged:
            text = text.encode().decode("sloppy-windows-1252")
        written[path] = text.replace("\n", notes.look.newline).encode(notes.look.encoding)
    _fill(root, written)


def _fill(root: Path, written: dict[str, bytes]) -> None:
    """The files asked for, and no others."""
    for path in [path for path in root.rglob("*.md") if str(path.relative_to(root)) not in written]:
        path.unlink()
    for name, data in written.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


# -- edits ---------------------------------------------------------------------------------------------------------------

Edit = Callable[[Notes, Random], Notes]
Section = Function | Question
FEWEST = 6  # facts that are always left


def _swap(items: tuple[Any, ...], old: object, new: object) -> tuple[Any, ...]:
    return tuple(new if item is old else item for item in items)


def _file_changed(change: Callable[[File, Random], File], having: str = "title") -> Edit:
    """One file changed, of those that have functions or questions."""

    def edit(notes: Notes, random: Random) -> Notes:
        paths = [path for path, file in sorted(notes.files.items()) if getattr(file, having)]
        if not paths:
            return notes
        path = random.choice(paths)
        return replace(notes, files=notes.files | {path: change(notes.files[path], random)})

    return edit


def _phrase(change: Callable[[list[str], Random], list[str]]) -> Edit:
    """The words of one phrase changed."""

    def one(file: File, random: Random) -> File:
        function = random.choice(file.functions)
        phrase = random.choice(function.phrases)
        changed = replace(phrase, text=" ".join(change(phrase.text.split(), random)))
        phrases = _swap(function.phrases, phrase, changed)
        return replace(file, functions=_swap(file.functions, function, replace(function, phrases=phrases)))

    return _file_changed(one, "functions")


def _question_changed(change: Callable[[Question, Random], Question]) -> Edit:
    def one(file: File, random: Random) -> File:
        question = random.choice(file.questions)
        return replace(file, questions=_swap(file.questions, question, change(question, random)))

    return _file_changed(one, "questions")


def _themes(change: Callable[[list[str], Random], list[str]]) -> Edit:
    """The items of one answer changed."""

    def one(question: Question, random: Random) -> Question:
        items = change(question.themes.text.split("\n"), random)
        return replace(question, themes=replace(question.themes, text="\n".join(items)))

    return _question_changed(one)


def _look(**changes: Any) -> Edit:
    return lambda notes, _: replace(notes, look=replace(notes.look, **changes))


def _letters_swapped(words: list[str], random: Random) -> list[str]:
    at = random.choice([at for at, word in enumerate(words) if len(word) > 3])
    place = random.randrange(len(words[at]) - 2)
    word = words[at]
    return [*words[:at], word[:place] + word[place + 1] + word[place] + word[place + 2 :], *words[at + 1 :]]


def _letter_lost(words: list[str], random: Random) -> list[str]:
    at = random.choice([at for at, word in enumerate(words) if len(word) > 3])
    return [*words[:at], words[at][:1] + words[at][2:], *words[at + 1 :]]


def _order_changed(words: list[str], random: Random) -> list[str]:
    at = random.randrange(1, len(words))
    return [*words[at:], *words[:at]]


def _word_added(words: list[str], random: Random) -> list[str]:
    at = random.randrange(len(words) + 1)
    return [*words[:at], random.choice(["really", "perhaps", "kindly", "today"]), *words[at:]]


def _word_removed(words: list[str], random: Random) -> list[str]:
    at = random.randrange(len(words))
    return words if len(words) < 7 else [*words[:at], *words[at + 1 :]]


def _word_replaced(words: list[str], random: Random) -> list[str]:
    at = random.randrange(len(words))
    return [*words[:at], random.choice(["gladly", "somehow", "indeed"]), *words[at + 1 :]]


def _answered_anew(_: list[str], random: Random) -> list[str]:
    return [
        f"Say what the {random.choice(NAMES)} taught you in year {next(_numbers)}",
        f"Then stop, at {next(_numbers)}",
    ]


def _reordered(items: list[Any], random: Random) -> list[Any]:
    return random.sample(items, len(items))


def _function_reordered(file: File, random: Random) -> File:
    function = random.choice(file.functions)
    changed = replace(function, phrases=tuple(_reordered(list(function.phrases), random)))
    return replace(file, functions=_swap(file.functions, function, changed))


def _sections_reordered(file: File, random: Random) -> File:
    functions, questions = (tuple(_reordered(list(part), random)) for part in (file.functions, file.questions))
    return replace(file, functions=functions, questions=questions)


NAMES = ("pilot", "miller", "gardener", "baker", "ferryman", "painter")


def _function_renamed(file: File, random: Random) -> File:
    function = random.choice(file.functions)
    changed = replace(function, name=f"For the {random.choice(NAMES)} of {next(_numbers)}")
    return replace(file, functions=_swap(file.functions, function, changed))


def _phrase_inserted(file: File, random: Random) -> File:
    function = random.choice(file.functions)
    added = Fact(next(_numbers), f"Could the {random.choice(NAMES)} hand me number {next(_numbers)} over there?")
    changed = replace(function, phrases=(added, *function.phrases))
    return replace(file, functions=_swap(file.functions, function, changed))


def _sections(file: File) -> list[Section]:
    return [*file.functions, *file.questions]


def _without(file: File, section: Section) -> File:
    functions, questions = (tuple(s for s in p if s is not section) for p in (file.functions, file.questions))
    return replace(file, functions=functions, questions=questions)


def _with(file: File, section: Section) -> File:
    if isinstance(section, Question):
        return replace(file, questions=(*file.questions, section))
    here = next((function for function in file.functions if function.name == section.name), None)
    if here is None:
        return replace(file, functions=(section, *file.functions))
    both = replace(here, phrases=(*here.phrases, *section.phrases))
    return replace(file, functions=_swap(file.functions, here, both))


def _section_deleted(notes: Notes, random: Random) -> Notes:
    path = random.choice([path for path, file in sorted(notes.files.items()) if _sections(file)])
    file = notes.files[path]
    section = random.choice(_sections(file))
    changed = replace(
        notes, files=notes.files | {path: _without(file, section)}, bin=(*notes.bin, Deleted(path, section))
    )
    return changed if len(changed.texts) >= FEWEST else notes


def _phrase_deleted(notes: Notes, random: Random) -> Notes:
    several = [(p, f) for p, file in sorted(notes.files.items()) for f in file.functions if len(f.phrases) > 1]
    if not several or len(notes.texts) <= FEWEST:
        return notes
    path, function = random.choice(several)
    phrase = random.choice(function.phrases)
    rest = replace(function, phrases=tuple(p for p in function.phrases if p is not phrase))
    file = notes.files[path]
    files = notes.files | {path: replace(file, functions=_swap(file.functions, function, rest))}
    beside = frozenset(p.number for p in rest.phrases)
    deleted = Deleted(path, replace(function, phrases=(phrase,)), beside)
    return replace(notes, files=files, bin=(*notes.bin, deleted))


def _restored(notes: Notes, random: Random) -> Notes:
    """Something written again, where that now is which stood beside it, or else in the file that it was in."""
    if not notes.bin:
        return notes
    deleted = random.choice(notes.bin)
    beside = {p: sum(fact.number in deleted.beside for fact in file.facts) for p, file in notes.files.items()}
    path = max(beside, key=lambda p: (beside[p], p == deleted.path))
    rest = tuple(entry for entry in notes.bin if entry is not deleted)
    return replace(notes, files=notes.files | {path: _with(notes.files[path], deleted.section)}, bin=rest)


def _files(notes: Notes, files: dict[str, File], names: dict[str, str]) -> Notes:
    """Other files; those in `names` are called something else now, or are part of another one."""
    return replace(notes, files=files, bin=tuple(replace(d, path=names.get(d.path, d.path)) for d in notes.bin))


def _file_renamed(notes: Notes, random: Random) -> Notes:
    path = random.choice(sorted(notes.files))
    names = {path: f"talks/b{next(_numbers)}.md"}
    return _files(notes, {names.get(p, p): file for p, file in notes.files.items()}, names)


def _folder_renamed(notes: Notes, _: Random) -> Notes:
    folder = f"folder {next(_numbers)}"
    names = {path: f"{folder}/{Path(path).name}" for path in notes.files}
    return _files(notes, {names[path]: file for path, file in notes.files.items()}, names)


def _section_moved(notes: Notes, random: Random) -> Notes:
    if len(notes.files) < 2:
        return notes
    here, there = random.sample(sorted(notes.files), 2)
    if not _sections(notes.files[here]):
        return notes
    section = random.choice(_sections(notes.files[here]))
    files = {here: _without(notes.files[here], section), there: _with(notes.files[there], section)}
    return _files(notes, notes.files | files, {} if _sections(files[here]) else {here: there})


def _file_split(notes: Notes, random: Random) -> Notes:
    path = random.choice(sorted(notes.files))
    first, second = notes.files[path], File(f"Second part, volume {next(_numbers)}")
    for section in _sections(first)[::2]:
        first, second = _without(first, section), _with(second, section)
    name = f"talks/b{next(_numbers)}.md"
    return _files(notes, notes.files | {path: first, name: second}, {} if _sections(first) else {path: name})


def _files_merged(notes: Notes, random: Random) -> Notes:
    if len(notes.files) < 2:
        return notes
    here, there = random.sample(sorted(notes.files), 2)
    merged = notes.files[there]
    for section in _sections(notes.files[here]):
        merged = _with(merged, section)
    files = {p: merged if p == there else file for p, file in notes.files.items() if p != here}
    return _files(notes, files, {here: there})


CONTENT: dict[str, Edit] = {
    "a typo in a phrase": _phrase(_letter_lost),
    "two letters swapped": _phrase(_letters_swapped),
    "word order changed": _phrase(_order_changed),
    "a word added": _phrase(_word_added),
    "a word removed": _phrase(_word_removed),
    "a word replaced": _phrase(_word_replaced),
    "a phrase added": _file_changed(_phrase_inserted, "functions"),
    "the answer changed": _themes(_answered_anew),
    "an item added": _themes(lambda items, random: [*items, f"Mention the {random.choice(NAMES)} too"]),
    "an item removed": _themes(lambda items, _: items[1:] or items),
    "items reordered": _themes(_reordered),
    "the question reworded": _question_changed(lambda q, _: replace(q, words="Tell me, " + q.words.lower())),
    "the bad answer reworded": _question_changed(lambda q, _: replace(q, flaw="Well: " + q.flaw)),
    "a function renamed": _file_changed(_function_renamed, "functions"),
    "the title renamed": _file_changed(lambda file, _: replace(file, title=f"Chapter {next(_numbers)}")),
    "sections reordered": _file_changed(_sections_reordered),
    "phrases reordered": _file_changed(_function_reordered, "functions"),
    "a phrase deleted": _phrase_deleted,
    "a section deleted": _section_deleted,
    "what was deleted restored": _restored,
    "a section moved to another file": _section_moved,
    "a file renamed": _file_renamed,
    "the folder renamed": _folder_renamed,
    "a file split in two": _file_split,
    "two files merged": _files_merged,
}
LOOKS: dict[str, Edit] = {
    "questions renumbered": _look(numbers=3),
    "numbering removed": _look(numbers=None),
    "heading level changed": _look(level=3),
    "line ends of Windows": _look(newline="\r\n"),
    "a byte order mark": _look(encoding="utf-8-sig"),
    "UTF-16": _look(encoding="utf-16"),
    "UTF-8 read as cp1252": _look(damaged=True),
    "quotes straightened": _look(quotes='""\''),
    "quotes of another kind": _look(quotes="«»’"),
    "dashes changed": _look(dash="—"),
    "dashes made hyphens": _look(dash="-"),
    "dots of another kind": _look(dots="..."),
    "front matter added": _look(matter="---\nauthor: me\n---\n\n"),
    "emoji in headings": _look(emoji="🎯 "),
    "labels in italics": _look(bold="*"),
    "plain labels": _look(bold=""),
    "blank lines": _look(gap="\n\n"),
    "no blank lines": _look(gap=""),
    "lists indented": _look(indent="  "),
    "lists with stars": _look(mark="*"),
    "lists with numbers": _look(mark="1."),
    "lists turned into tables": _look(table=True),
    "everything as it was": lambda notes, _: replace(notes, look=Look()),
}
EDITS = CONTENT | LOOKS


# -- the promise ---------------------------------------------------------------------------------------------------------


def _might_be_an_edit(before: dict[int, str], now: dict[int, str]) -> bool:
    """Whether a text goes while one comes that has more than half of its words.

    “Hand me number 7” deleted and “Hand me number 8” written is the same as a number corrected, for all that can be seen.
    """
    gone, come = (
        [set(text.split()) for number, text in some.items() if number not in others]
        for some, others in ((before, now), (now, before))
    )
    return any(2 * len(old & new) > len(old) for old in gone for new in come)


def memory(store: Store) -> dict[int, object]:
    """All that is known of each card in the collection: its schedule, and its answers."""
    with store._reading() as connection:
        answers: dict[int, list[object]] = {}
        for row in connection.execute(select(revlog).order_by(revlog.c.id)):
            answers.setdefault(row.card_id, []).append(row)
    return {card.id: (card.schedule, answers.get(card.id)) for card in store.cards()}


class Learner:
    """Studies the notes once, and afterwards sees to it that every card stays the card it is."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store = store
        self.root = root
        self.notes = START
        self.cards: dict[int, int] = {}  # number of a fact -> id of its card
        self.bring()
        session = Session(store, Preset(new_per_day=99), Days(UTC), new=99)
        for place, card in enumerate(list(store.cards())):
            session.answer(card, list(Rating)[place % 4], NOW + timedelta(minutes=place), 3.0)
        self.before = memory(store)

    def bring(self) -> ImportPlan:
        write(self.notes, self.root)
        plan = import_documents(self.store, [str(self.root)], RECIPE, LATER)
        live = {asked(card.answer): card.id for card in self.store.cards() if not card.retired}
        expected = self.notes.texts
        assert sorted(live) == sorted(expected.values())
        for number, text in expected.items():
            assert self.cards.setdefault(number, live[text]) == live[text], text
        return plan

    def edit(self, *edits: tuple[str, int]) -> None:
        """All of the edits, and then one import; none of them where nobody could tell what was edited."""
        notes = self.notes
        for name, seed in edits:
            self.notes = EDITS[name](self.notes, Random(seed))
        if _might_be_an_edit(notes.texts, self.notes.texts):
            self.notes = notes
        self.bring()
        assert {id: known for id, known in memory(self.store).items() if id in self.before} == self.before
        assert self.bring().nothing_changed


Fresh = Callable[[], AbstractContextManager[Store]]
Afresh = Callable[[], Learner]


@pytest.fixture(scope="module")
def afresh(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afresh]:
    """A learner who has just studied. To migrate and to answer for each would take longer than all else here."""
    with fresh() as store:
        first = Learner(store, tmp_path_factory.mktemp("learner") / "notes")
        put_back = image_of(store)

        def make() -> Learner:
            put_back()
            made = copy(first)
            made.cards = dict(first.cards)
            _numbered_anew()
            return made

        yield make


@pytest.fixture
def learner(afresh: Afresh) -> Learner:
    return afresh()


@pytest.mark.parametrize("name", EDITS)
def test_every_card_outlives_an_edit_and_its_being_taken_back(learner: Learner, name: str) -> None:
    notes = learner.notes
    learner.edit((name, 1))
    learner.notes = notes
    learner.edit()


@pytest.mark.parametrize("name", ["a phrase deleted", "a section deleted"])
def test_what_is_deleted_and_later_restored_is_the_same_card(learner: Learner, name: str) -> None:
    learner.edit((name, 1))
    assert learner.notes.bin
    learner.edit(("two letters swapped", 2))
    learner.edit(("what was deleted restored", 3))
    assert learner.notes.texts.keys() == START.texts.keys()


@pytest.mark.parametrize("move", ["a file renamed", "the folder renamed", "a file split in two", "two files merged"])
@pytest.mark.parametrize("name", ["two letters swapped", "a word added", "the question reworded", "an item added"])
def test_a_card_outlives_an_edit_in_a_document_that_goes_elsewhere(learner: Learner, move: str, name: str) -> None:
    learner.edit((name, 1), (move, 2))


def test_a_question_that_moves_to_another_document_and_is_answered_anew_is_the_same_card(learner: Learner) -> None:
    learner.edit(("a file split in two", 0), ("a section moved to another file", 80), ("the answer changed", 0))


def test_a_phrase_edited_while_its_neighbour_is_deleted_is_the_same_card(learner: Learner) -> None:
    learner.edit(("a phrase deleted", 1), ("two letters swapped", 2), ("a phrase added", 3))


def test_a_phrase_with_a_word_more_is_the_same_though_one_with_another_number_is_added(learner: Learner) -> None:
    learner.edit(("a phrase added", 0))
    learner.edit(("a word added", 0), ("a phrase added", 0))
    old, new = (fact.text.split() for fact in learner.notes.files["talks/meetings.md"].functions[1].phrases[1::-1])
    assert len(old) == 10
    assert sum(one != other for one, other in zip(old, new, strict=False)) > 1


def test_a_phrase_deleted_while_file_and_title_are_renamed_is_the_same_card_when_it_is_restored(
    learner: Learner,
) -> None:
    learner.edit(("a file renamed", 0), ("a phrase deleted", 0), ("the title renamed", 1))
    learner.edit(("what was deleted restored", 0))


ONE = st.tuples(st.sampled_from(sorted(EDITS)), st.integers(0, 999))
IMPORTS = st.lists(st.lists(ONE, min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=20, deadline=None)
@given(IMPORTS)
def test_every_card_outlives_several_edits_between_imports(
    afresh: Afresh, imports: list[list[tuple[str, int]]]
) -> None:
    learner = afresh()
    for edits in imports:
        learner.edit(*edits)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(IMPORTS)
def test_every_card_outlives_many_imports(afresh: Afresh, imports: list[list[tuple[str, int]]]) -> None:
    learner = afresh()
    for edits in imports:
        learner.edit(*edits)


DELETING = (
    "a phrase deleted",
    "a section deleted",
    "what was deleted restored",
    "a typo in a phrase",
    "a function renamed",
    "the title renamed",
    "a section moved to another file",
    "a file renamed",
    "the folder renamed",
    "a file split in two",
    "two files merged",
)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(DELETING), st.integers(0, 99)), min_size=1, max_size=3),
        min_size=2,
        max_size=5,
    )
)
def test_what_is_deleted_outlives_whatever_becomes_of_its_file(
    afresh: Afresh, imports: list[list[tuple[str, int]]]
) -> None:
    learner = afresh()
    for edits in imports:
        learner.edit(*edits)


# -- all kinds of card, edited as text -----------------------------------------------------------------------------------

TEXT = """\
# Harbour 201

## Glossary

- **bollard 101** – a short post on the quay that holds the ropes
- **fender 102** – a cushion between the boat and the harbour wall
- **gangway 103** – door

## Key ideas to cover

- where ferry 104 was built, and by whom
- who sailed ferry 104 across the channel first
- what broke on ferry 104 last winter

## Practice questions

- Who taught you to steer ferry 105 in heavy weather?
- What would you change about lighthouse 106 if you could?

## Short monologue

Good morning. I look after clock 107 in the harbour museum, the oldest of them all.

Visitors believe that clock 107 is broken. It only wants to be listened to, and then it strikes.

## Grammar patterns

### Used to

**Structure:** used to + verb, as in lesson 108

**When to use:** for habits that are over since summer 108

- "We used to anchor near island 108."
- "They used to whistle at buoy 108."

## Talking about the weather

- ❌ "The weather hates me."
- ✅ "The wind turns at nine, so berth 109 stays empty."
- ❌ "Nothing works in this fog."
- ✅ "We wait until the light of tower 110 shows again."

## 1. How do you enter berth 111 in a storm?

Slowly, against the wind, with every rope ready at berth 111.

## 2. What does this print?

```python
print("ferry", 100 + 12)
```

It prints the name and number 112, since both have the same type.

## 3. What does this print?

```python
print("barge" * 2)
```

It prints the word twice, as told in chapter 113 of the handbook.

## 4. How would you calm a passenger who is afraid?

**Key Themes:**

- Listen to passenger 114 before anything else
- Explain the noise that frightens passenger 114
- Never promise passenger 114 smooth water

**Bad answer:** "I tell them that I have no time."

**Why it is bad:** It leaves passenger 115 alone, and everybody aboard will hear of it.

## Useful Phrases

### Opening

- "Shall we begin, now that ferry 116 is in?"
- "Thank you all for coming to pier 117 in this weather!"

### Closing

- "Let us leave it there until ferry 118 returns."

## Ropes

- The ==knot== of pier 119 keeps its ==form== under every load.
- Never untie {{c1::both}} ropes of raft 120 at {{c2::once}}, whatever the captain shouts.
- When does the bell of chapel 121 ring?::at dusk
"""
Pages = dict[str, list[str]]  # sections of the files, the first with the title
TextEdit = Callable[[Pages, Random], Pages]
_ITEM = re.compile(r"- (?![❌✅])")
_WORD = re.compile(r"[^\W\d_]{5,}")


def _pages(text: str) -> list[str]:
    return re.split(r"\n(?=## )", text.rstrip("\n"))


def _lines(change: Callable[[str, Random], str], where: str = r"[^#`*|].*\d{3}|#.{20}", part: int = 6) -> TextEdit:
    """Some of the lines changed, of those that are `where`: not labels and not code."""

    def edit(pages: Pages, random: Random) -> Pages:
        def changed(section: str) -> str:
            return "\n".join(
                change(line, random) if re.match(where, line) and not random.randrange(part) else line
                for line in section.split("\n")
            )

        return {path: [changed(section) for section in sections] for path, sections in pages.items()}

    return edit


def _words(change: Callable[[str, Random], str]) -> TextEdit:
    """One word of some lines changed; those of a gap or heading that says what the section is are too short or too few."""

    def line_changed(line: str, random: Random) -> str:
        found = [
            word for word in _WORD.finditer(line) if not line.startswith("- **") or word.start() > line.find(" – ")
        ]
        if not found:
            return line
        word = random.choice(found)
        return line[: word.start()] + change(word.group(), random) + line[word.end() :]

    return _lines(line_changed, r"[^#`*|].*\d{3}")


def _swapped(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 2)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _section_of(change: Callable[[list[str], Random], list[str]]) -> TextEdit:
    """The order or number of the sections of one file changed."""

    def edit(pages: Pages, random: Random) -> Pages:
        path = random.choice(sorted(pages))
        return pages | {path: [pages[path][0], *change(pages[path][1:], random)]}

    return edit


def _items_shuffled(pages: Pages, random: Random) -> Pages:
    def shuffled(section: str) -> str:
        lines = section.split("\n")
        places = [at for at, line in enumerate(lines) if _ITEM.match(line)]
        if any(b - a > 1 for a, b in pairwise(places)):  # several lists
            return section
        order = random.sample(places, len(places))
        return "\n".join(lines[order[places.index(at)]] if at in places else line for at, line in enumerate(lines))

    return {path: [shuffled(section) for section in sections] for path, sections in pages.items()}


def _split_pages(pages: Pages, random: Random) -> Pages:
    path = max(pages, key=lambda path: len(pages[path]))
    title, *sections = pages[path]
    cut = random.randrange(len(sections) + 1)
    return pages | {path: [title, *sections[:cut]], f"b{next(_numbers)}.md": ["# Harbour 202\n", *sections[cut:]]}


def _pages_joined(pages: Pages, _: Random) -> Pages:
    first, *others = sorted(pages)
    return {first: [*pages[first], *(section for path in others for section in pages[path][1:])]}


def _everywhere(change: Callable[[str], str]) -> TextEdit:
    return lambda pages, _: {path: [change(section) for section in sections] for path, sections in pages.items()}


TEXT_EDITS: dict[str, TextEdit] = {
    "letters swapped": _words(_swapped),
    "a letter lost": _words(lambda word, _: word[:2] + word[3:]),
    "a word added": _words(lambda word, random: f"{word} {random.choice(['gladly', 'indeed', 'somehow'])}"),
    "a word removed": _words(lambda *_: ""),
    "a word replaced": _words(lambda _, random: random.choice(["lantern", "orchard", "quietly"])),
    "a question reworded": _lines(lambda line, _: line.replace("How", "And how", 1), r"## .*\?", 2),
    "a question misspelt": _lines(
        lambda line, _: line.replace("storm", "strom").replace("passenger", "pasenger"), "##"
    ),
    "a title changed": _lines(lambda _, random: f"# Chapter {random.randrange(1000, 2000)}", "# ", 1),
    "a talk grows": _lines(
        lambda line, _: f"{line} And so, in the end, does everybody aboard who hears it.", "Visitors", 1
    ),
    "items shuffled": _items_shuffled,
    "an item added": _lines(
        lambda line, random: f"{line}\n- mention the gardener of {random.randrange(50)}", "- who", 1
    ),
    "an item removed": _lines(lambda *_: "", "- (what broke|Never promise)", 1),
    "a remark added": _lines(lambda line, _: f"\nA remark of the gardener.\n\n{line}", "## Ropes|## Practice", 1),
    "sections shuffled": _section_of(lambda sections, random: random.sample(sections, len(sections))),
    "a section deleted": _section_of(lambda sections, _: sections[1:] if len(sections) > 4 else sections),
    "a file renamed": lambda pages, _: {f"b{next(_numbers)}.md": sections for sections in pages.values()},
    "a file split": _split_pages,
    "files merged": _pages_joined,
    "numbers removed": _everywhere(lambda text: re.sub(r"^## \d+\. ", "## ", text)),
    "other numbers": _everywhere(lambda text: re.sub(r"^## (\d)\. ", r"## Question \g<1>7: ", text)),
    "emoji": _everywhere(lambda text: re.sub("^## ", "## 🎯 ", text)),
    "labels in italics": _everywhere(lambda text: re.sub(r"^\*\*([^*]+:)\*\*", r"*\1*", text, flags=re.MULTILINE)),
    "plain labels": _everywhere(lambda text: re.sub(r"^\*\*([^*]+:)\*\*", r"\1", text, flags=re.MULTILINE)),
    "stars": _everywhere(lambda text: re.sub("^- ", "* ", text, flags=re.MULTILINE)),
    "plus signs": _everywhere(lambda text: re.sub("^- ", "+ ", text, flags=re.MULTILINE)),
    "curled quotes": _everywhere(lambda text: text if "```" in text else re.sub('"([^"]*)"', r"“\1”", text)),
    "more blank lines": _everywhere(lambda text: text if "```" in text else text.replace("\n\n", "\n\n\n")),
    "Windows": _everywhere(lambda text: text.replace("\n", "\r\n")),
}


class Writer:
    """Studies notes of all kinds once, and knows their cards by the number that each of them has in its text."""

    def __init__(self, store: Store, root: Path) -> None:
        self.store = store
        self.root = root
        self.pages: Pages = {"a.md": _pages(TEXT)}
        self.bring()
        self.cards = self.found()
        session = Session(store, Preset(new_per_day=99), Days(UTC), new=99)
        for place, card in enumerate(list(store.cards())):
            session.answer(card, list(Rating)[place % 4], NOW + timedelta(minutes=place), 3.0)
        self.before = memory(store)

    def found(self) -> dict[tuple[str, str], int]:
        """The cards in use by their number, and the gap of those that have several."""
        found = {}
        for card in self.store.cards():
            number = re.search(r"\b1\d\d\b", card.answer) or re.search(r"\b1\d\d\b", card.prompt)
            if number and not card.retired:
                found[number.group(), card.answer if card.kind == "cloze" else ""] = card.id
        return found

    def bring(self) -> ImportPlan:
        _fill(self.root, {path: ("\n".join(sections) + "\n").encode() for path, sections in self.pages.items()})
        return import_documents(self.store, [str(self.root)], RECIPE, LATER)

    def edit(self, *edits: tuple[str, int]) -> None:
        for name, seed in edits:
            self.pages = TEXT_EDITS[name](self.pages, Random(seed))
        self.bring()
        numbers = set(re.findall(r"\b1\d\d\b", "\n".join("\n".join(sections) for sections in self.pages.values())))
        assert self.found() == {key: id for key, id in self.cards.items() if key[0] in numbers}
        assert {id: known for id, known in memory(self.store).items() if id in self.before} == self.before
        assert self.bring().nothing_changed


@pytest.fixture(scope="module")
def writing(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Writer]]:
    """A writer who has just studied."""
    with fresh() as store:
        first = Writer(store, tmp_path_factory.mktemp("writer") / "notes")
        put_back = image_of(store)

        def make() -> Writer:
            put_back()
            _numbered_anew()
            return copy(first)

        yield make


def test_the_notes_of_the_writer_have_all_kinds_of_card(writing: Callable[[], Writer]) -> None:
    writer = writing()
    assert {card.kind for card in writer.store.cards()} == set(KINDS)
    assert len(writer.cards) == len(list(writer.store.cards())) == 23


@pytest.mark.parametrize("name", TEXT_EDITS)
def test_a_card_of_any_kind_outlives_an_edit_and_its_being_taken_back(writing: Callable[[], Writer], name: str) -> None:
    writer = writing()
    pages = writer.pages
    writer.edit((name, 1))
    writer.pages = pages
    writer.edit()


@pytest.mark.parametrize("seed", [0, 1, 4, 36, 62])
def test_a_term_with_another_word_and_another_sign_before_it_is_the_same_card(
    writing: Callable[[], Writer], seed: int
) -> None:
    writer = writing()
    writer.edit(("plus signs", 0), ("a word replaced", seed))
    assert "gangway 103" not in "\n".join(writer.pages["a.md"])


TEXT_IMPORTS = st.lists(
    st.lists(st.tuples(st.sampled_from(sorted(TEXT_EDITS)), st.integers(0, 999)), min_size=1, max_size=2),
    min_size=1,
    max_size=3,
)


@settings(max_examples=12, deadline=None)
@given(TEXT_IMPORTS)
def test_a_card_of_any_kind_outlives_several_edits(
    writing: Callable[[], Writer], imports: list[list[tuple[str, int]]]
) -> None:
    writer = writing()
    for edits in imports:
        writer.edit(*edits)


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(TEXT_IMPORTS)
def test_a_card_of_any_kind_outlives_many_imports(
    writing: Callable[[], Writer], imports: list[list[tuple[str, int]]]
) -> None:
    writer = writing()
    for edits in imports:
        writer.edit(*edits)
