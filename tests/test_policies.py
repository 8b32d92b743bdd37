"""Days of study against a simple model: whatever is done in which order, no card is lost and no promise broken."""

from collections import Counter
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from srs.cards import Deck, Preset, Rating, State
from srs.days import Days
from srs.errors import NothingToUndo
from srs.limits import shares
from srs.notes import Changes, Document, Note
from srs.scheduling import interval_label
from srs.settings import Settings
from srs.store import open_store
from srs.store.queue import Queue, open_queue
from srs.store.tables import cards, revlog
from srs.study import LEARN_AHEAD, Session

DAYS = Days(UTC)
DECKS = ("a", "a/b", "c")
NEW = {None: 6, "a": 4, "a/b": 2}
REVIEWS = {None: 5, "a": 3, "a/b": 2}


def below(deck, above):
    return above is None or f"{deck}/".startswith(f"{above}/")


class DaysOfStudy(RuleBasedStateMachine):
    """The model: which cards there are and what was put aside, and the answers with the rows that they found."""

    def __init__(self, fresh, queue_of=lambda store: nullcontext(store)):
        super().__init__()
        self.left = ExitStack()
        self.store = self.left.enter_context(fresh())
        self.queue = self.left.enter_context(queue_of(self.store))
        self.now = datetime(2025, 1, 15, 12, tzinfo=UTC)
        self.deck_of: dict[int, str] = {}
        self.aside: set[int] = set()  # suspended
        self.buried: dict[int, int] = {}  # card: the day of its burial
        self.stack: list[dict] = []  # what undo takes back, the newest last

    @property
    def answers(self):
        return [done for done in self.stack if done["answer"]]

    def teardown(self):
        self.left.close()

    @initialize(
        order=st.sampled_from(["retrievability-descending", "due", "random"]),
        new_order=st.sampled_from(["mixed", "first", "last"]),
        action=st.sampled_from(["tag", "suspend"]),
        deck=st.sampled_from([None, None, "a"]),
    )
    def begin(self, order, new_order, action, deck):
        preset = Preset(
            new_per_day=NEW[None], reviews_per_day=REVIEWS[None], review_order=order, new_order=new_order,
            leech_threshold=2, leech_action=action, learning_steps=(10.0,),
        )  # fmt: skip
        options = {name: {"new_per_day": NEW[name], "reviews_per_day": REVIEWS[name]} for name in ("a", "a/b")}
        self.settings = Settings("", DAYS, preset, options, frozenset({"new_per_day", "reviews_per_day"}))
        self.deck, self.action = deck, action
        for name in DECKS:
            self.add(name, 4)
        self.sit_down()

    @rule()
    def sit_down(self):
        """A sitting can be left and begun again at any moment."""
        self.session = Session(self.queue, self.settings, DAYS, self.deck)

    @rule(deck=st.sampled_from(DECKS), number=st.integers(1, 3))
    def add(self, deck, number):
        at = len(self.deck_of)
        notes = tuple(Note("question", f"q{at + n}", "", path=f"/{deck}", prompt=f"q{at + n}") for n in range(number))
        self.store.apply(Changes(added=notes), [Document(f"/{deck}", "", b"", deck)], self.now)
        for id in set(self.rows()) - self.deck_of.keys():
            self.deck_of[id] = deck
        self.imported()

    @precondition(lambda self: self.deck_of)
    @rule(data=st.data())
    def edit(self, data):
        """The words of a note change in its document, and its cards stay the same cards."""
        id = data.draw(st.sampled_from(sorted(self.deck_of)))
        before, deck = self.rows(), self.deck_of[id]
        words = f"q{id} edited {len(self.stack)}"
        note = Note("question", words, "", path=f"/{deck}", prompt=words)
        changes = Changes(edited=((before[id].note_id, note),))
        self.store.apply(changes, [Document(f"/{deck}", "", b"", deck)], self.now)
        assert self.store.card(id).prompt == words
        assert self.rows() == before
        self.imported()

    def imported(self):
        """What was put aside before an import is taken back by taking back that import first."""
        for done in self.stack:
            done["sealed"] = not done["answer"]

    @rule(
        ratings=st.lists(st.sampled_from([Rating.AGAIN, *Rating]), min_size=1, max_size=6),
        minutes=st.integers(0, 9),
        read=st.none() | st.integers(0, 120),
    )
    def study(self, ratings, minutes, read):
        """`read`: seconds for which the question was looked at, while what follows was found out."""
        for rating in ratings:
            card = self.session.next(self.now)
            new, _, reviews = self.session.waiting(self.now)
            if card is None:
                assert (new, reviews) == (0, 0), "nothing was left out"
                return
            self.may_be_asked(card)
            if read is not None:
                held = self.rows()
                self.session.prepare(card, self.now)
                assert self.rows() == held, "on trial, nothing is written"
                self.now += timedelta(seconds=read)
            promised = self.session.preview(card, self.now)
            label = interval_label(self.now, promised[rating].due, DAYS)
            found = self.rows()[card.id]
            given = self.session.answer(card, rating, self.now, 5)
            row = self.rows()[card.id]
            assert given == promised[rating]
            assert row.due == given.due
            assert row.reps == found.reps + 1
            if label.endswith("d"):
                assert DAYS.number(row.due) - DAYS.number(self.now) == int(label[:-1])
            else:
                assert row.due - self.now == timedelta(minutes=float(label[:-1]))
            lapsed = rating is Rating.AGAIN and card.schedule.state is State.REVIEW
            assert given.leech == (lapsed and row.lapses >= 2)
            if given.leech and self.action == "suspend":
                self.aside.add(card.id)
            day, leech = DAYS.number(self.now), given.leech and self.action == "suspend"
            self.stack.append({"answer": True, "found": found, "day": day, "aside": leech, "sealed": False})
            self.what_a_sitting_keeps_is_what_it_would_read()
            self.now += timedelta(minutes=minutes)

    def may_be_asked(self, card):
        assert below(card.deck, self.deck)
        assert card.id not in self.aside
        assert self.buried.get(card.id, 0) < DAYS.number(self.now)
        schedule = card.schedule
        early = LEARN_AHEAD if schedule.state is not State.REVIEW else timedelta()
        assert schedule.last_review is None or schedule.due <= self.now + early

    @precondition(lambda self: self.stack)
    @rule(times=st.integers(1, 3))
    def undo(self, times):
        for _ in range(min(times, len(self.stack))):
            if self.stack[-1]["sealed"]:
                before = self.rows()
                with pytest.raises(NothingToUndo):
                    self.session.undo()
                assert self.rows() == before
                return
            last = self.stack.pop()
            card, _ = self.session.undo()
            assert self.rows()[card.id] == last["found"], "the row is what the answer found, bit for bit"
            if last["aside"]:
                self.aside.discard(card.id)
            if not last["answer"]:
                self.buried = {id: day for id, day in self.buried.items() if id != card.id or self.is_buried(id)}

    def is_buried(self, id):
        until = self.rows()[id].buried_until
        return until is not None and until > self.now

    @rule()
    def bury(self):
        if card := self.session.next(self.now):
            self.put_aside(card, aside=False)
            self.session.bury(card, self.now)
            self.buried[card.id] = DAYS.number(self.now)

    @rule()
    def suspend(self):
        if card := self.session.next(self.now):
            self.put_aside(card, aside=True)
            self.session.suspend(card, self.now)
            self.aside.add(card.id)

    def put_aside(self, card, *, aside):
        found = self.rows()[card.id]
        self.stack.append({"answer": False, "found": found, "day": 0, "aside": aside, "sealed": False})

    @rule(days=st.sampled_from([0, 1, 1, 3, 30]), hours=st.integers(0, 23))
    def time_passes(self, days, hours):
        self.now += timedelta(days=days, hours=hours)

    def rows(self):
        with self.store._reading() as connection:
            found = connection.execute(select(cards)).all()
        return {row.id: Row(row) for row in found}

    @invariant()
    def no_card_is_lost_and_the_answers_add_up(self):
        rows = self.rows()
        assert rows.keys() == self.deck_of.keys()
        assert {id for id, row in rows.items() if row.suspended} == self.aside
        given = Counter(answer["found"].id for answer in self.answers)
        assert {id: row.reps for id, row in rows.items() if row.reps} == given
        with self.store._reading() as connection:
            assert len(connection.execute(select(revlog.c.id)).all()) == len(self.answers)

    @invariant()
    def no_limit_is_ever_passed(self):
        for limits, counts in ((NEW, lambda row: row.last_review is None), (REVIEWS, lambda row: row.state == 2)):
            begun = [(a["day"], self.deck_of[a["found"].id]) for a in self.answers if counts(a["found"])]
            for above, limit in limits.items():
                per_day = Counter(day for day, deck in begun if below(deck, above))
                assert all(number <= limit for number in per_day.values())

    @invariant()
    def what_a_sitting_keeps_is_what_it_would_read(self):
        """The twin asks the collection for everything anew."""
        kept, twin = self.session, Session(self.store, self.settings, DAYS, self.deck)
        twin._new_begun, twin.tally, twin._last = kept._new_begun, kept.tally, kept._last
        assert kept.waiting(self.now) == twin.waiting(self.now)
        card = kept.next(self.now)
        assert card == twin.next(self.now)
        today, read = kept.today(self.now), twin.today(self.now)
        assert replace(today, seconds=0) == replace(read, seconds=0)
        assert today.seconds == pytest.approx(read.seconds)
        if card is not None:
            assert kept.preview(card, self.now) == twin.preview(card, self.now)


class Row(dict):
    """A row by the names of its columns, with equality."""

    def __init__(self, row):
        super().__init__(row._mapping if hasattr(row, "_mapping") else row)

    def __getattr__(self, name):
        return self[name]

    def _replace(self, **changes):
        return Row({**self, **changes})


FEW = settings(
    max_examples=5,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # To shrink a failure takes minutes, and days read well as they are.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


def test_days_of_study(fresh):
    run_state_machine_as_test(lambda: DaysOfStudy(fresh), settings=FEW)


@pytest.mark.sqlite
def test_days_of_study_by_the_driver_alone(databases):
    """The twin asks a store, through SQLAlchemy; all that a sitting does not do itself is done beside it."""

    def fresh():
        return closing(open_store(databases()))

    def queue_of(store):
        queue = open_queue(store._engine.url.database)
        assert type(queue) is Queue
        return closing(queue)

    run_state_machine_as_test(lambda: DaysOfStudy(fresh, queue_of), settings=FEW)


@settings(deadline=None)
@given(st.integers(0, 5), st.dictionaries(st.integers(1, 6), st.integers(0, 9)), st.integers(0, 20), st.booleans())
def test_decks_without_limits_of_their_own_share_one_the_short_way_as_the_long_way(number, done, whole, chosen):
    decks = [Deck(id, f"d{id}", {}) for id in range(1, number + 1)]
    beside = {"no deck of these": 1}
    assert shares(decks, done, {}, whole, chosen) == shares(decks, done, beside, whole, chosen)
