"""One function for each row of the table. Commands are run as a learner runs them; what is inside is called as they call it."""

import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from benchmarks import data
from benchmarks.data import FIRST, Size
from benchmarks.floors import BareAnswer
from benchmarks.timing import Command, answered, in_turns, memory, middle, ratio, timed, wall, walls
from srs.cards import Preset, Rating
from srs.days import Days
from srs.settings import Settings
from srs.store import open_store
from srs.store.queue import open_queue
from srs.study import Session

HERE = Path(__file__).parent
ANSWERS = 150  # of a session that is timed
BACKLOG = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        figure, unit: what was measured, in "s", "ms", "MB", "B", "/s"; size: cards or answers, where the figure depends on it.
        beside: what it is compared to, and its figure. ratio: of the pairs. bound: what the ratio, or else the figure, must
            keep to, "≤ 1.3" say; empty where nothing was promised.
        details: further figures, by name, in the unit that the name ends with.
    """

    what: str
    figure: float
    unit: str
    size: int | None = None
    beside: str = ""
    other: float | None = None
    ratio: float | None = None
    bound: str = ""
    details: dict[str, float] = field(default_factory=dict)

    @property
    def is_reached(self) -> bool | None:
        """`None` where nothing was promised, or where what it is compared to is not there."""
        if not self.bound:
            return None
        sign, number = self.bound.split()[:2]
        value = self.figure if self.bound.endswith(self.unit) and len(self.bound.split()) > 2 else self.ratio
        if value is None:
            return None
        return value <= float(number) if sign == "≤" else value >= float(number)


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and how it is measured. `peers`: the Python of an environment with anki, fsrs and fsrs-rs-python, if any."""

    folder: Path
    peers: str | None
    runs: int
    sizes: tuple[int, ...]

    @property
    def environment(self) -> dict[str, str]:
        """No settings of the person at this machine, compiled modules as of an installation, and a terminal of a known kind."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SRS_", "PYTHON"))},
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "TZ": "UTC",  # made data has its study days there
            "TERM": "xterm-256color",
            "COLUMNS": "100",
            "LINES": "40",
        }

    @property
    def lesser(self) -> list[int]:
        """For what is known to grow in proportion: 10,000 in the place of a million, so that three sizes take minutes."""
        return sorted({10_000 if size > 100_000 else size for size in self.sizes})

    def srs(self, database: Path, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name("srs")), "--database", str(database), *words]

    def peer(self, *words: object) -> list[str]:
        assert self.peers is not None
        return [self.peers, str(HERE / "anki_peer.py"), *(str(word) for word in words)]

    def collection(self, size: Size) -> Path:
        return data.collection(self.folder / f"{size.name}.db", size)

    def of_anki(self, size: Size) -> Path:
        path = self.folder / f"{size.name}.anki2"
        if not path.exists():
            answered([*self.peer("make", path, size.cards, size.answers, size.due)], self.environment, silent=True)
        return path

    def copy(self, path: Path, name: str) -> Path:
        """A copy of a collection to write to."""
        target = self.folder / name
        for each in self.folder.glob(name + "*"):
            each.unlink()
        return Path(shutil.copy(path, target))


Case = Callable[[Setting], Iterator[Row]]


def help_(setting: Setting) -> Iterator[Row]:
    """`srs --help` and `--version` beside the import of click, which they cannot do without."""
    srs, floor = str(Path(sys.executable).with_name("srs")), "import click"
    commands = {
        "--help": Command([srs, "--help"]),
        "--version": Command([srs, "--version"]),
        floor: Command([sys.executable, "-c", floor]),
    }
    found = in_turns(commands, setting.runs * 2, setting.environment)
    for name in ("--help", "--version"):
        times = ratio(walls(found[name]), walls(found[floor]))
        yield Row(
            f"srs {name}", wall(found[name]), "s", None, floor, wall(found[floor]), times, "≤ 1.3",
            {"memory_mb": memory(found[name])},
        )  # fmt: skip


def start(setting: Setting) -> Iterator[Row]:
    """From the start of `srs review` until the first card is on the terminal, and its peak memory."""
    floor = "import click, sqlalchemy"
    for number in setting.sizes:
        size = Size(number, number)
        copy = setting.copy(setting.collection(size), "start.db")
        commands = {
            "srs": Command(setting.srs(copy, "review"), until=FIRST),
            floor: Command([sys.executable, "-c", f"{floor}; print('{FIRST}', flush=True)"], until=FIRST),
        }
        if setting.peers:
            commands["Anki"] = Command(setting.peer("first", setting.of_anki(size)), until=FIRST, keys="\n")
        found = in_turns(commands, setting.runs, setting.environment)
        ours = found["srs"]
        for other, bound in (("Anki", "≤ 1.0"), (floor, "≤ 1.25")):
            if other in found:
                times = ratio(walls(ours), walls(found[other]))
                yield Row(
                    "start → first card", wall(ours), "s", number, other, wall(found[other]), times, bound,
                    {"cpu_s": median(run.cpu for run in ours)},
                )  # fmt: skip
        yield Row("memory of srs review", memory(ours), "MB", number, bound="≤ 80 MB")


def next_card(setting: Setting) -> Iterator[Row]:
    """From a rating until the next card can be drawn with its counts; the answer committed and durable.

    What its keys will say, and what follows each of them, is found while the question is read, as the program does it: a figure
    of its own.
    """
    sizes = [Size(number, number) for number in setting.sizes]
    sizes += [Size(number, number, BACKLOG) for number in setting.sizes if number >= 2 * BACKLOG]
    for size in sizes:
        yield _next(setting, size)


def _next(setting: Setting, size: Size) -> Row:
    made = setting.collection(size)
    path, bare = setting.copy(made, "next.db"), BareAnswer(setting.copy(made, "bare.db"))
    parts: dict[str, list[float]] = {name: [] for name in ("answer", "next", "counts")}
    parts["while_read"] = []
    ours, floor, cpu = [], [], []
    with closing(open_queue(str(path))) as queue, closing(sqlite3.connect(path)) as look, closing(bare):
        settings = Settings("", Days(UTC), Preset(new_per_day=100, reviews_per_day=9999))
        session = Session(queue, settings, settings.days)
        card = session.next(datetime.now(UTC))
        gc.collect()
        for at in range(ANSWERS + 10):
            assert card is not None
            rated, rating = card, (Rating.GOOD, Rating.GOOD, Rating.AGAIN, Rating.HARD)[at % 4]
            begun, marks = process_time(), [perf_counter()]
            session.answer(rated, rating, datetime.now(UTC), 3.0)
            marks.append(perf_counter())
            with queue.at_once():
                now = datetime.now(UTC)
                card = session.next(now)
                marks.append(perf_counter())
                session.waiting(now), session.today(now)
            marks.append(perf_counter())
            worked = process_time() - begun
            assert card is not None
            read = timed(partial(session.prepare, card, datetime.now(UTC)))
            row = look.execute(bare.query, [rated.id]).fetchone()
            given = look.execute("SELECT * FROM revlog ORDER BY id DESC LIMIT 1").fetchone()
            begun = process_time()
            alone = timed(partial(bare.write, row, given))
            bare_worked = process_time() - begun
            if at >= 10:
                ours.append(marks[-1] - marks[0])
                floor.append(alone)
                cpu.append((worked, bare_worked))
                parts["while_read"].append(read)
                for name, begin, end in zip(parts, marks, marks[1:], strict=False):
                    parts[name].append(end - begin)
    (half, slow), (bare_half, bare_slow) = middle(ours), middle(floor)
    details = {f"{name}_ms": 1000 * median(seconds) for name, seconds in parts.items()}
    details |= {"p99_ms": 1000 * slow, "bare_p99_ms": 1000 * bare_slow, "p99_beyond_bare_ms": 1000 * (slow - bare_slow)}
    details |= {"cpu_ms": 1000 * median(own for own, _ in cpu), "bare_cpu_ms": 1000 * median(alone for _, alone in cpu)}
    what = "next card after an answer" + (f", {size.due:,} due" if size.due == BACKLOG else "")
    return Row(
        what, 1000 * half, "ms", size.cards, "bare sqlite3", 1000 * bare_half, half / bare_half, "≤ 1.5", details
    )


def due(setting: Setting) -> Iterator[Row]:
    """Counts by deck: the session's own, and Anki's deck tree."""
    for number in setting.sizes:
        size = Size(number, number)
        with closing(open_queue(str(setting.collection(size)))) as queue:
            settings = Settings("", Days(UTC), Preset())
            session = Session(queue, settings, settings.days)
            work = partial(session.waiting_by_deck, datetime.now(UTC))
            work()
            ours = [timed(work) for _ in range(2 * setting.runs)]
        theirs = None
        if setting.peers:
            theirs = median(
                answered(setting.peer("tree", setting.of_anki(size), 2 * setting.runs), setting.environment)
            )
        own = median(ours)
        yield Row(
            "due counts by deck", 1000 * own, "ms", number, "Anki's deck tree", theirs and 1000 * theirs,
            theirs and own / theirs, "≤ 1.0",
        )  # fmt: skip


def import_(setting: Setting) -> Iterator[Row]:
    """Folders of documents with 50 phrases each: new, as they were, and with 1 card in 100 edited."""
    for number in setting.lesser:
        yield from _import(setting, max(20, number // 50))


def _import(setting: Setting, files: int) -> Iterator[Row]:
    cards, folder, database = files * 50, setting.folder / f"documents-{files}", setting.folder / "import.db"
    shutil.rmtree(folder, ignore_errors=True)
    data.documents(folder, files)
    fresh, kept = Command(setting.srs(database, "import", str(folder), "--yes"), before=partial(_clear, database)), None
    cold = in_turns({"cold": fresh}, min(setting.runs, 3), setting.environment, warm=False)["cold"]
    kept = setting.copy(database, "imported.db")
    rate, theirs = cards / wall(cold), None
    if setting.peers:
        table = data.as_csv(setting.folder / "cards.csv", cards)
        words = setting.peer("csv", setting.folder / "csv.anki2", table)
        theirs = cards / median(answered(words, setting.environment)[0] for _ in range(min(setting.runs, 3)))
    cpu, parse = median(run.cpu for run in cold), _parse(folder)
    yield Row(
        "import, cards in a second", rate, "/s", cards, "Anki's CSV import", theirs, theirs and rate / theirs,
        "≥ 1.0",
        {"wall_s": wall(cold), "cpu_s": cpu, "parse_cpu_s": parse, "rest_cpu_s": cpu - parse},
    )  # fmt: skip
    yield Row("memory of an import", memory(cold), "MB", cards, bound="≤ 300 MB")
    commands = {
        "again": Command(setting.srs(kept, "import", str(folder), "--yes")),
        "read": Command([sys.executable, str(HERE / "floors.py"), "read", str(folder)]),
    }
    found = in_turns(commands, setting.runs, setting.environment)
    times = ratio(walls(found["again"]), walls(found["read"]))
    floor = wall(found["read"])
    yield Row("import, nothing changed", wall(found["again"]), "s", cards, "read and hash", floor, times, "≤ 2.0")
    for together, how in ((True, "in 1 document of 100"), (False, "spread over every second document")):
        versions = iter(range(1000))

        def reword(together: bool = together, versions: Iterator[int] = versions) -> None:
            data.edit(folder, share=100, together=together, version=next(versions))

        edited = Command(setting.srs(kept, "import", str(folder), "--yes"), before=reword)
        seconds = wall(in_turns({how: edited}, min(setting.runs, 3), setting.environment, warm=False)[how])
        what = f"import, 1 card in 100 edited, {how}"
        yield Row(what, seconds, "s", cards, "cold", wall(cold), seconds / wall(cold), "≤ 0.2")


def _clear(database: Path) -> None:
    for each in database.parent.glob(database.name + "*"):
        each.unlink()


def _parse(folder: Path) -> float:
    """Seconds of processor to make notes of the documents, without a collection: the rest is the start and the store."""
    from srs.extract import extract
    from srs.importing import shipped_recipe
    from srs.notes import Document

    texts = [path.read_text("utf-8") for path in sorted(folder.rglob("*.md"))]
    recipe = shipped_recipe()
    begun = process_time()
    for text in texts:
        extract(Document("/d.md", text, b"", "d"), recipe)
    return process_time() - begun


def stats(setting: Setting) -> Iterator[Row]:
    """All statistics, the first time in a fresh process that has opened the collection; Anki's graphs likewise, in turns."""
    for number in (size for size in setting.sizes if size >= 1000):
        size = Size(number // 10, number)
        full = setting.collection(size)
        asked = {"srs": [sys.executable, str(HERE / "inside.py"), "stats", str(full)]}
        if setting.peers:
            asked["Anki"] = setting.peer("graphs", setting.of_anki(size))
        found: dict[str, list[float]] = {name: [] for name in asked}
        for at in range(1 + setting.runs):
            for name, words in asked.items():
                [seconds] = answered(words, setting.environment)
                if at:  # the first round fills the caches of the machine
                    found[name].append(seconds)
        command = Command(setting.srs(full, "stats", "--json"))
        whole = in_turns({"all": command}, setting.runs, setting.environment)["all"]
        theirs = found.get("Anki")
        yield Row(
            "all statistics, start apart", median(found["srs"]), "s", number, "Anki's graphs",
            median(theirs) if theirs else None, ratio(found["srs"], theirs) if theirs else None, "≤ 0.5",
            {"wall_s": wall(whole), "cpu_s": median(run.cpu for run in whole)},
        )  # fmt: skip
        yield Row("memory of srs stats", memory(whole), "MB", number, bound="≤ 200 MB")


def export(setting: Setting) -> Iterator[Row]:
    """Answers as CSV to a file."""
    for number in setting.sizes:
        full, out = setting.collection(Size(number // 10, number)), setting.folder / "reviews.csv"
        command = Command(setting.srs(full, "export", "reviews", "--output", str(out)))
        found = in_turns({"export": command}, min(setting.runs, 3), setting.environment, warm=False)["export"]
        yield Row("export, rows in a second", number / wall(found), "/s", number, bound="≥ 200000 /s")
        yield Row("memory of srs export", memory(found), "MB", number)


def size(setting: Setting) -> Iterator[Row]:
    """Bytes in the file for each card with its text, as documents give it, and for each answer."""
    cards = 5_000
    folder, database = setting.folder / "documents-sized", setting.folder / "sized.db"
    data.documents(folder, cards // 50)
    _clear(database)
    open_store(str(database)).close()
    before = database.stat().st_size
    Command(setting.srs(database, "import", str(folder))).run(setting.environment)
    each = (database.stat().st_size - before) / cards
    yield Row("database, bytes a card with text", each, "B", None, bound="≤ 593 B")
    answers = 100_000
    file = setting.collection(Size(answers // 10, answers))
    with closing(sqlite3.connect(setting.copy(file, "sized.db"), isolation_level=None)) as connection:
        full = _pages(connection)
        connection.execute("DELETE FROM revlog")
        connection.execute("VACUUM")
        less = _pages(connection)
    yield Row("database, bytes an answer", (full - less) / answers, "B", None, bound="≤ 135 B")


def _pages(connection: sqlite3.Connection) -> float:
    connection.execute("VACUUM")
    pages, bytes_ = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return float(pages * bytes_)


def replay(setting: Setting) -> Iterator[Row]:
    """Histories to schedules by arrays, beside py-fsrs one by one."""
    if find_spec("srs.memory") is None:
        return
    from fsrs.scheduler import DEFAULT_PARAMETERS

    np, replay = import_module("numpy"), import_module("srs.memory.replay")
    for number in setting.sizes:
        database = setting.collection(Size(number // 10, number))
        with closing(sqlite3.connect(database)) as connection:
            rows = connection.execute(
                "SELECT card_id, day, rating FROM revlog ORDER BY card_id, reviewed_at"
            ).fetchall()
        card, day, rating = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
        w = np.array(DEFAULT_PARAMETERS)

        def work(card=card, day=day, rating=rating, w=w) -> None:  # type: ignore[no-untyped-def]
            replay.schedules(
                w,
                card,
                replay.histories(card, day, rating),
                retention=0.9,
                learning_steps=(1, 10),
                relearning_steps=(10,),
            )

        own = median(timed(work) for _ in range(setting.runs))
        theirs = None
        if setting.peers:
            given = data.reviews_of(setting.folder / "histories.json", database)
            theirs = answered(setting.peer("replay", given), setting.environment)[0]
        yield Row("replay to schedules", own, "s", number, "py-fsrs", theirs, theirs and own / theirs, "≤ 0.1")


def optimise(setting: Setting) -> Iterator[Row]:
    """`srs optimize --reviews FILE`, start and reading included. py-fsrs's own takes a quarter of an hour: it is cited."""
    if find_spec("srs.memory") is None:
        return
    for number in setting.lesser:
        database, out = setting.collection(Size(number // 10, number)), setting.folder / "answers.csv"
        Command(setting.srs(database, "export", "reviews", "--output", str(out))).run(setting.environment)
        command = Command(setting.srs(database, "optimize", "--reviews", str(out), "--json"))
        found = in_turns({"optimize": command}, min(setting.runs, 3), setting.environment, warm=False)["optimize"]
        theirs = None
        if setting.peers:
            given = data.reviews_of(setting.folder / "histories.json", database)
            theirs = answered(setting.peer("optimize-rs", given), setting.environment)[0]
        own = wall(found)
        yield Row(
            "optimise, start included", own, "s", number, "fsrs-rs alone", theirs, theirs and own / theirs, "≤ 5 s"
        )


CASES: dict[str, Case] = {
    "help": help_, "start": start, "next": next_card, "due": due, "import": import_, "stats": stats, "export": export,
    "size": size, "replay": replay, "optimise": optimise,
}  # fmt: skip
