"""Made data: documents, collections and review logs. Seeded: the same arguments make the same, but for the day they end on."""

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from random import Random

from srs.store import open_store

FIRST = "Zinnia"
"""The word that every prompt of a made collection begins with: it is on the screen when the first card is."""

_TEXT = """account achieve address agree answer approach assume balance begin board budget build carry change check choose claim
clear close collect compare complete concern confirm consider contact continue cost cover create customer decide deliver
demand depend describe design detail develop direct discuss double draft drive effect effort engage estimate evidence
expect explain extend factor feature figure finish focus follow forecast frame gather goal handle happen history improve
include inform insight involve issue journey judge keep launch learn level limit listen manage matter measure meeting
method milestone model monitor move notice number offer open option order outcome owner partner pattern phase plan point
position prepare present prevent price process product progress project promise protect prove provide quarter question
quality raise reach reason record reduce report request require resolve result review risk role scale schedule scope
season share signal simple solve source speed stage start state step strategy structure support system target team
timeline topic track trade trend trust update value version view vision voice weigh window work write year
"""
WORDS = _TEXT.split()

DAY = 86_400
_MICRO = 1_000_000
_HOUR = 4  # at which a study day begins
_EPOCH_DAY = datetime(1970, 1, 1).toordinal()  # noqa: DTZ001  only its number is wanted
_CARD = (
    "id", "note_id", "ordinal", "deck_id", "state", "step", "due", "stability", "difficulty", "last_review", "reps", "lapses",
    "suspended", "retired",
)  # fmt: skip
_ANSWER = (
    "card_id", "reviewed_at", "day", "rating", "seconds", "state_before", "step_before", "due_before", "stability_before",
    "difficulty_before", "last_review_before", "lapses_before", "elapsed_days", "scheduled_days", "retrievability",
)  # fmt: skip
_NOTE = (
    "id", "document_id", "line", "kind", "prompt", "answer", "items", "tags", "topic", "heading", "rule", "digest",
    "front_digest",
)  # fmt: skip


def sentence(random: Random, least: int, most: int) -> str:
    words = random.choices(WORDS, k=random.randint(least, most))
    return " ".join(words).capitalize()


def documents(folder: Path, number: int, phrases: int = 50, *, mixed: bool = False, seed: int = 1) -> int:
    """Write documents of phrases under four functions each; the bytes written.

    When `mixed`, each also asks questions with their key themes, shows bad answers, and ends with a glossary.
    """
    written = 0
    for at in range(number):
        random = Random(f"{seed}:{at}")
        path = folder / f"area-{at % 20:02}" / f"topic-{at:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "\n".join([*_phrases(random, at, phrases), *(_mixed(random) if mixed else ())]) + "\n"
        written += path.write_text(text, "utf-8")
    return written


def _phrases(random: Random, at: int, number: int) -> Iterator[str]:
    yield f"# {sentence(random, 2, 3)} {at}\n\n## Phrases\n"
    for part in range(4):
        yield f"**{sentence(random, 2, 4)}:**\n"
        yield from (f"- {sentence(random, 6, 12)}." for _ in range(part, number, 4))
        yield ""


def _mixed(random: Random) -> Iterator[str]:
    yield "## Questions\n"
    for _ in range(4):
        yield f"### How do you {sentence(random, 5, 8).lower()}?\n\n**Key Themes:**\n"
        yield from (f"- {sentence(random, 3, 6)}: {sentence(random, 4, 8).lower()}" for _ in range(4))
        yield ""
    for _ in range(3):
        yield f"**Bad Example:** “{sentence(random, 8, 14)}.”\n\n**Why it's bad:** {sentence(random, 8, 14)}.\n"
    yield "## Glossary\n"
    yield from (f"- **{sentence(random, 2, 2)}**: {sentence(random, 6, 10).lower()}" for _ in range(3))


def edit(folder: Path, *, share: int, together: bool, version: int) -> int:
    """Reword one phrase in `share`: in documents spread over the folder, or all those of few documents; how many."""
    found = sorted(folder.rglob("*.md"))
    edited, seen = 0, 0
    for at, path in enumerate(found):
        if together and at % share:
            continue
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines):
            if line.startswith("- "):
                seen += 1
                if together or seen % share == 0:
                    lines[number] = f"{line.split(' (as ')[0].rstrip('.')} (as reworded {version})."
                    edited += 1
        text = "\n".join(lines) + "\n"
        path.write_text(text, "utf-8")
    return edited


@dataclass(frozen=True, slots=True)
class Size:
    """What a made collection holds: cards, answers to half of them, and how many of those are due."""

    cards: int
    answers: int
    due: int = 200

    @property
    def name(self) -> str:
        return f"{self.cards}-{self.answers}-{self.due}"


def collection(path: Path, size: Size, *, seed: int = 1) -> Path:
    """Make a collection, in which nothing was answered today; one of the same name that is of today is kept."""
    today = int(time.time()) // DAY
    if path.exists() and int(path.stat().st_mtime) // DAY == today:
        return path
    for each in path.parent.glob(path.name + "*"):
        each.unlink()
    open_store(str(path)).close()
    decks = min(200, max(4, size.cards // 250))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        names = [(id + 1, f"area-{id % 20:02}/topic-{id:03}") for id in range(decks)]
        connection.executemany("INSERT INTO decks (id, name) VALUES (?, ?)", names)
        places = ((id, f"/notes/{name}.md", id, b"", 0) for id, name in names)
        connection.executemany("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", places)
        _insert(connection, "notes", _NOTE, _notes(size.cards, decks, seed))
        cards, answers = histories(size, seed)
        _insert(
            connection, "cards", _CARD, ((id, id, 0, 1 + id * decks // (size.cards + 1), *card) for id, card in cards)
        )
        _insert(connection, "revlog", _ANSWER, answers)
    connection.close()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


def _insert(
    connection: sqlite3.Connection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]
) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _notes(number: int, decks: int, seed: int) -> Iterator[tuple[object, ...]]:
    random = Random(f"{seed}:notes")
    for id in range(1, number + 1):
        answer = f"{sentence(random, 6, 12)}."
        prompt = f"{FIRST} {id}: {sentence(random, 3, 6).lower()}"
        digests = (blake2b(text.encode(), digest_size=16).digest() for text in (answer, prompt))
        deck = 1 + id * decks // (number + 1)
        yield id, deck, id, "qa", prompt, answer, "[]", "[]", "", "", "made", *digests


_YEARS = 10
"""That most histories go back at most; one with very many answers goes farther."""

_Card = tuple[int, int | None, int, float | None, float | None, int | None, int, int, bool, bool]


def histories(size: Size, seed: int = 1) -> tuple[list[tuple[int, _Card]], list[tuple[object, ...]]]:
    """Cards as (id, the rest of the row), and all answers by time. Half of the cards were seen, `due` of them are due.

    A card is remembered by chance, as its stability says: what a learner's answers would be, without a learner.
    """
    random = Random(f"{seed}:{size.name}")
    now = int(time.time())
    today = _EPOCH_DAY + (now - _HOUR * 3600) // DAY
    seen = min(size.cards // 2, size.answers)
    chosen = random.sample(range(1, size.cards + 1), seen)
    mean = size.answers / max(seen, 1)
    cards: dict[int, _Card] = {id: (1, 0, (now - 30 * DAY) * _MICRO + id, None, None, None, 0, 0, False, False)
                               for id in range(1, size.cards + 1)}  # fmt: skip
    answers: list[tuple[object, ...]] = []
    left = size.answers
    for at, id in enumerate(chosen):
        most = left - (seen - at - 1)
        number = most if at == seen - 1 else min(most, 1 + int(random.expovariate(1 / max(mean - 0.5, 0.01))))
        left -= number
        cards[id], given = _history(random, id, number, today, is_due=at < size.due)
        answers += given
    answers.sort(key=lambda row: row[1])  # type: ignore[arg-type, return-value]
    return sorted(cards.items()), answers


def _history(
    random: Random, id: int, number: int, today: int, *, is_due: bool
) -> tuple[_Card, list[tuple[object, ...]]]:
    """A card's row, and those of its answers. Days are study days, which begin at 04:00 UTC here."""
    stability, difficulty, lapses = 0.0, 5.0, 0
    longest = min(400.0, _YEARS * 365 / number)
    at, due, last = 0, 0, -1
    steps: list[tuple[int, int, int, float, float, int, int, float]] = []
    for _ in range(number):
        is_new, elapsed = last < 0, at - last
        recall = 1.0 if is_new else (1 + 19 / 81 * elapsed / stability) ** -0.5
        known = random.random() < (0.85 if is_new else recall)
        rating = 1 if not known else random.choices((2, 3, 4), (1, 8, 1))[0]
        steps.append((at, rating, due, stability, difficulty, last, lapses, recall))
        if is_new:
            stability = (0.4, 1.2, 3.2, 15.7)[rating - 1]
        elif rating == 1:
            stability, lapses = max(0.4, stability**0.4), lapses + 1
        else:
            stability *= 1 + (1.0, 1.8, 2.6)[rating - 2] * (11 - difficulty) / 6 * stability**-0.1 * (1.2 - recall) * 2
        stability = min(stability, longest)
        difficulty = min(10.0, max(1.0, difficulty + (1.2, 0.4, 0.0, -0.6)[rating - 1]))
        last, due = at, at + max(1 if is_due else 2, round(stability))
        at = due + int(random.expovariate(2))
    # The history ends so that the card is due when it should be, and its last answer lies before today.
    shift = (today - random.randint(0, 3) if is_due else today + random.randint(1, due - last - 1)) - due
    hours = random.uniform(3, 18)

    def micro(day: int, hour: float) -> int:
        return int(((day + shift - _EPOCH_DAY) * DAY + (_HOUR + hour) * 3600) * _MICRO)

    rows: list[tuple[object, ...]] = []
    for given, rating, due_day, stable, hard, before, forgotten, recall in steps:
        state: tuple[object, ...] = (1, 0, micro(given, 0), None, None, None, forgotten, None, None, None)
        if before >= 0:
            seen = micro(before, hours)
            state = (
                2,
                None,
                micro(due_day, 0),
                stable,
                hard,
                seen,
                forgotten,
                given - before,
                due_day - before,
                recall,
            )
        seconds = round(random.uniform(2, 25), 3)
        rows.append((id, micro(given, hours), given + shift, rating, seconds, *state))
    card: _Card = (2, None, micro(due, 0), stability, difficulty, micro(last, hours), number, lapses, False, False)
    return card, rows


def as_csv(path: Path, number: int) -> Path:
    """Cards for another program's import, two fields each, of the same length as those of `documents`."""
    random = Random("csv")
    with path.open("w", encoding="utf-8") as file:
        for at in range(number):
            file.write(f"{sentence(random, 3, 6)} {at}\t{sentence(random, 6, 12)}.\n")
    return path


def reviews_of(path: Path, database: Path) -> Path:
    """The histories of a collection for a peer: for each card [[rating, days since the answer before], …], as JSON."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute("SELECT card_id, rating, coalesce(elapsed_days, 0) FROM revlog ORDER BY card_id, id")
        found: dict[int, list[tuple[int, int]]] = {}
        for card, rating, elapsed in rows:
            found.setdefault(card, []).append((rating, elapsed))
    connection.close()
    path.write_text(json.dumps(list(found.values())), "utf-8")
    return path
