"""Anki's engine and py-fsrs, asked the same things. Run by the Python of the environment that holds them; knows nothing of srs.

    python anki_peer.py make FILE CARDS ANSWERS DUE    a collection of the same size and shape
    python anki_peer.py first FILE                     open, and show the first card that is due
    python anki_peer.py graphs FILE                    all graphs, once: the first time in this process
    python anki_peer.py (tree | next) FILE N           N times: counts by deck, an answer and the next card
    python anki_peer.py csv FILE CSV                   import notes into a new collection
    python anki_peer.py (replay | optimize | optimize-rs) HISTORIES

Whatever is timed prints a JSON list of seconds.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

DAY = 86_400
WORDS = (
    "account",
    "balance",
    "carry",
    "decide",
    "effort",
    "figure",
    "gather",
    "issue",
    "journey",
    "measure",
    "outcome",
)


def _open(file: str) -> Any:
    from anki.collection import Collection

    return Collection(file)


def make(file: str, cards: int, answers: int, due: int) -> None:
    """Half of the cards seen, `due` of them due today, in as many decks as the collection of srs has."""
    for each in Path(file).parent.glob(Path(file).name + "*"):
        each.unlink()
    collection = _open(file)
    number = min(200, max(4, cards // 250))
    decks = [collection.decks.id(f"area-{at % 20:02}::topic-{at:03}") for at in range(number)]
    kind = collection.models.by_name("Basic")["id"]
    today, offset = collection.sched.today, collection.sched.day_cutoff
    collection.close()
    random, now = Random(1), int(time.time())
    first = now * 1000 - 2 * cards
    seen = min(cards // 2, answers)

    def notes() -> Any:
        for at in range(cards):
            front, back = f"Zinnia {at}: {_words(random, 4)}", _words(random, 9)
            yield first + at, f"g{at}", kind, now, 0, "", f"{front}\x1f{back}", front, random.getrandbits(32), 0, ""

    def rows() -> Any:
        for at in range(cards):
            deck = decks[at * number // cards]
            if at % 2 or at // 2 >= seen:
                yield first + at, first + at, deck, 0, now, 0, 0, 0, at, 0, 0, 0, 0, 0, 0, 0, 0, "{}"
                continue
            interval = random.randint(1, 200)
            when = today - random.randint(0, 3) if at // 2 < due else today + random.randint(1, interval)
            data = json.dumps({"s": float(interval), "d": 5.0, "dr": 0.9})
            yield first + at, first + at, deck, 0, now, 0, 2, 2, when, interval, 2500, 3, 0, 0, 0, 0, 0, data

    def log() -> Any:
        step = 2 * 365 * DAY * 1000 // answers
        for at in range(answers):
            card = first + 2 * (at % seen)
            ease = random.choices((1, 2, 3, 4), (10, 5, 80, 5))[0]
            yield (
                offset * 1000 - DAY * 1000 - (answers - at) * step,
                card,
                0,
                ease,
                20,
                8,
                2500,
                random.randint(2000, 25000),
                1,
            )

    with sqlite3.connect(file) as connection:
        for table, values in (("notes", notes()), ("cards", rows()), ("revlog", log())):
            marks = ", ".join("?" * {"notes": 11, "cards": 18, "revlog": 9}[table])
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)
    connection.close()
    collection = _open(file)
    options = collection.decks.get_config(1)
    options["rev"]["perDay"] = options["new"]["perDay"] = 9999
    collection.decks.update_config(options)
    collection.close()


def _words(random: Random, number: int) -> str:
    return " ".join(random.choices(WORDS, k=number))


def first(file: str) -> None:
    collection = _open(file)
    for deck in collection.decks.all_names_and_ids():
        collection.decks.select(deck.id)
        card = collection.sched.getCard()
        if card is not None:
            print(card.question(), flush=True)
            break
    input()
    collection.close()


def tree(file: str, times: int) -> list[float]:
    collection = _open(file)
    found = [_timed(lambda: collection.sched.deck_due_tree()) for _ in range(times)]
    collection.close()
    return found


def graphs(file: str) -> list[float]:
    """All of the graphs' figures, over all days."""
    collection = _open(file)
    found = [_timed(lambda: collection._backend.graphs(search="", days=36500))]
    collection.close()
    return found


def next_(file: str, times: int) -> list[float]:
    """From an answer to the question of the next card, with the counts that are shown beside it."""
    collection = _open(file)
    collection.decks.select(max(collection.decks.all_names_and_ids(), key=lambda deck: deck.id).id)
    card = collection.sched.getCard()
    found = []
    for _ in range(times):
        if card is None:
            break
        began = time.perf_counter()
        collection.sched.answerCard(card, 3)
        card = collection.sched.getCard()
        if card is not None:
            card.question()
        collection.sched.counts()
        found.append(time.perf_counter() - began)
    collection.close()
    return found


def csv(file: str, source: str) -> list[float]:
    from anki.collection import ImportCsvRequest

    for each in Path(file).parent.glob(Path(file).name + "*"):
        each.unlink()
    collection = _open(file)
    metadata = collection.get_csv_metadata(source, None)
    found = [_timed(lambda: collection.import_csv(ImportCsvRequest(path=source, metadata=metadata)))]
    collection.close()
    return found


def replay(histories: str) -> list[float]:
    """py-fsrs, one answer after the other."""
    from datetime import UTC, datetime, timedelta

    from fsrs import Card, Rating, Scheduler

    given = json.loads(Path(histories).read_text("utf-8"))
    scheduler = Scheduler(enable_fuzzing=False)

    def work() -> None:
        for history in given:
            card, at = Card(card_id=1), datetime(2024, 1, 1, tzinfo=UTC)
            for rating, days in history:
                at += timedelta(days=days)
                card, _ = scheduler.review_card(card, Rating(rating), at)

    return [_timed(work)]


def optimize(histories: str) -> list[float]:
    from datetime import UTC, datetime, timedelta

    from fsrs import Optimizer, Rating, ReviewLog

    logs = []
    for id, history in enumerate(json.loads(Path(histories).read_text("utf-8"))):
        at = datetime(2024, 1, 1, tzinfo=UTC)
        for rating, days in history:
            at += timedelta(days=days, seconds=1)
            logs.append(ReviewLog(id, Rating(rating), at, None))
    return [_timed(lambda: Optimizer(logs).compute_optimal_parameters())]


def optimize_rs(histories: str) -> list[float]:
    from fsrs_rs_python import FSRS, FSRSItem, FSRSReview

    items = []
    for history in json.loads(Path(histories).read_text("utf-8")):
        reviews = [FSRSReview(rating, days) for rating, days in history]
        items += [FSRSItem(reviews[: end + 1]) for end in range(1, len(reviews)) if history[end][1] > 0]
    return [_timed(lambda: FSRS([]).compute_parameters(items))]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


DOES: dict[str, Callable[..., list[float] | None]] = {
    "make": make, "first": first, "tree": tree, "graphs": graphs, "next": next_, "csv": csv, "replay": replay,
    "optimize": optimize, "optimize-rs": optimize_rs,
}  # fmt: skip

if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    seconds = DOES[name](*(int(word) if word.isdigit() else word for word in rest))
    if seconds is not None:
        print(json.dumps(seconds))
