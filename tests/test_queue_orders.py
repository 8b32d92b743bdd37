"""Which card comes next: the order of reviews and new cards, the limits of the day, and what is kept apart."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from databases import empty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from srs.cards import Preset, Rating
from srs.days import Days
from srs.errors import NothingToUndo, StaleCard
from srs.notes import Note
from srs.scheduling import Scheduler
from srs.settings import Settings
from srs.store import open_store
from srs.store.tables import cards, decks, revlog
from srs.study import LEARN_AHEAD, Session

AGAIN, HARD, GOOD, EASY = Rating
DAYS = Days(UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")
ONE_STORE = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def one_store(fresh):
    with fresh() as store:
        yield store


@pytest.fixture
def store(one_store):
    """An empty collection: emptied, for to make one takes longer than most of these tests."""
    empty(one_store)
    return one_store


@pytest.fixture
def a_review(a_card, now):
    """A card in review, last answered `elapsed` days ago, due today."""

    def make(deck="notes", elapsed=5, stability=5.0, late=0, **changes):
        seen = {"state": 2, "step": None, "stability": stability, "difficulty": 5.0, "reps": 3}
        times = {"last_review": now - elapsed * DAY, "due": DAYS.begin(DAYS.number(now) - late)}
        return a_card(deck, **(seen | times | changes))

    return make


def a_session(store, deck=None, *, days=DAYS, decks=None, **options):
    names = set(Preset.__slots__)
    preset = {name: options.pop(name) for name in list(options) if name in names}
    made = Settings("", days, Preset(**preset), decks or {}, frozenset(preset))
    return Session(store, made, days, deck, **options)


def asked(session, now):
    """Ids of the cards in the order in which they are asked, each skipped in turn."""
    found = []
    while (card := session.next(now)) is not None:
        found.append(card.id)
        session.skip(card)
    return found


def answered(session, now, rating=EASY):
    """The cards in the order in which they are asked, each answered at the same instant."""
    found = []
    while (card := session.next(now)) is not None:
        found.append(card)
        session.answer(card, rating, now, 1)
    return found


def a_sibling(store, card):
    """A further card of the same note, new."""
    with store._writing() as connection:
        row = connection.execute(select(cards).where(cards.c.id == card.id)).mappings().one()
        new = {**row, "ordinal": 1, "last_review": None, "state": 1, "step": 0, "stability": None, "reps": 0}
        del new["id"]
        [id] = connection.execute(insert(cards).values(new)).inserted_primary_key
    return store.card(id)


def set_options(store, deck, **options):
    with store._writing() as connection:
        connection.execute(update(decks).where(decks.c.name == deck).values(options=options))


# -- the order of reviews


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # name: elapsed / stability; retrievability falls as that grows
        ("retrievability-descending", ["fresh 1/10", "steady 20/40", "on time 5/5", "weak 9/3"]),
        ("retrievability-ascending", ["weak 9/3", "on time 5/5", "steady 20/40", "fresh 1/10"]),
        ("due", ["weak 9/3", "steady 20/40", "on time 5/5", "fresh 1/10"]),  # the longest overdue first
    ],
)
def test_reviews_come_in_the_order_of_the_deck(store, a_review, now, order, expected):
    names = {
        a_review(elapsed=20, stability=40.0, late=2).id: "steady 20/40",
        a_review(elapsed=9, stability=3.0, late=6).id: "weak 9/3",
        a_review(elapsed=5, stability=5.0, late=1).id: "on time 5/5",
        a_review(elapsed=1, stability=10.0, late=0).id: "fresh 1/10",
    }
    assert [names[id] for id in asked(a_session(store, review_order=order), now)] == expected


@ONE_STORE
@given(st.lists(st.tuples(st.integers(0, 400), st.floats(0.1, 500)), min_size=2, max_size=8))
def test_the_order_by_retrievability_is_that_of_the_scheduler(store, a_review, now, seen):
    for _ in range(0 if store.deck_names() else 8):
        a_review()
    with store._writing() as connection:
        connection.execute(update(cards).values(retired=True))
        for id, (elapsed, stability) in enumerate(seen, 1):
            values = {"retired": False, "stability": stability, "last_review": now - elapsed * DAY}
            connection.execute(update(cards).where(cards.c.id == id).values(values))
    scheduler = Scheduler(Preset(), DAYS)
    for order, falls in (("retrievability-descending", True), ("retrievability-ascending", False)):
        found = asked(a_session(store, review_order=order), now)
        chances = [scheduler.retrievability(store.card(id).schedule, now) for id in found]
        assert len(found) == len(seen)
        assert chances == sorted(chances, reverse=falls)


def test_a_random_order_is_the_same_all_day_and_another_the_next_day(store, a_review, now):
    ids = [a_review().id for _ in range(12)]
    orders = [asked(a_session(store, review_order="random"), at) for at in (now, now + 9 * 60 * MINUTE, now + DAY)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(orders[0]) == sorted(orders[2]) == ids
    assert ids not in orders


@pytest.mark.parametrize(
    ("order", "news", "reviews", "expected"),
    [
        ("first", 2, 3, "NNRRR"),
        ("last", 2, 3, "RRRNN"),
        ("mixed", 2, 6, "RRNRRNRR"),
        ("mixed", 3, 3, "RNRNRN"),
        ("mixed", 4, 1, "NNRNN"),
        ("mixed", 0, 2, "RR"),
        ("mixed", 2, 0, "NN"),
    ],
)
def test_new_cards_come_among_the_reviews_as_the_deck_has_it(
    store, a_card, a_review, now, order, news, reviews, expected
):
    for _ in range(news):
        a_card()
    for _ in range(reviews):
        a_review()
    found = answered(a_session(store, new_order=order), now)
    assert "".join("N" if card.schedule.last_review is None else "R" for card in found) == expected


def test_mixed_means_the_new_cards_that_the_day_allows(store, a_card, a_review, now):
    for at in range(15):
        a_card(note=Note("question", f"What of {at}?", ""))
    for at in range(9):
        a_review(note=Note("question", f"Why {at}?", ""))
    found = answered(a_session(store, new_per_day=3), now)
    shape = "".join("N" if card.schedule.last_review is None else "R" for card in found)
    assert shape == "RRNRRRNRRNRR"


def test_new_cards_come_in_the_order_of_the_document(store, a_card, now):
    ids = [a_card().id for _ in range(5)]
    assert asked(a_session(store), now) == ids


# -- limits


def a_tree(a_card, *, number=6):
    """New cards in four decks; without answers that could be confused."""
    for deck in ("a", "a/b", "a/c", "d"):
        for at in range(number):
            a_card(deck, note=Note("question", f"{deck} {at}", ""))


@pytest.mark.parametrize(
    ("set_for", "deck", "expected"),
    [
        ({}, None, {"a": 6, "a/b": 6, "a/c": 6, "d": 2}),  # the default of 20 holds for all together
        ({"a": 3}, "a", {"a": 3}),
        ({"a": 3}, "a/b", {"a/b": 3}),  # a parent's limit holds for a sitting below it
        ({"a/b": 2}, "a/b", {"a/b": 2}),
        ({"a": 9, "a/b": 2}, "a", {"a": 6, "a/b": 2, "a/c": 1}),
        ({"a/b": 2, "a/c": 1}, "a", {"a": 6, "a/b": 2, "a/c": 1}),
        ({"a": 3, "a/b": 5}, None, {"a": 3, "d": 6}),  # no child takes more than its parent has
        ({"d": 4}, None, {"a": 6, "a/b": 6, "a/c": 6, "d": 4}),  # what is chosen goes before what is only a default
        ({"a": 0}, None, {"d": 6}),
        ({"a/x": 0}, "a/b", {"a/b": 6}),
    ],
)
def test_the_limit_of_a_deck_holds_for_all_below_it_together(store, a_card, now, set_for, deck, expected):
    a_tree(a_card)
    limits = {name: {"new_per_day": limit} for name, limit in set_for.items()}
    waiting = a_session(store, deck, decks=limits).waiting(now)
    found = {}
    for card in answered(a_session(store, deck, decks=limits), now):
        found[card.deck] = found.get(card.deck, 0) + 1
    assert found == expected
    assert waiting == (sum(expected.values()), 0, 0)
    assert a_session(store, deck, decks=limits).next(now) is None


def test_a_limit_that_was_chosen_for_the_collection_holds_for_every_deck(store, a_card, now):
    a_tree(a_card)
    assert len(answered(a_session(store, new_per_day=5, decks={"d": {"new_per_day": 30}}), now)) == 5


def test_reviews_are_limited_in_the_same_way(store, a_review, now):
    for deck in ("a", "a/b", "a/b"):
        a_review(deck), a_review(deck)
    limits = {"a": {"reviews_per_day": 4}, "a/b": {"reviews_per_day": 1}}
    assert a_session(store, decks=limits).waiting(now) == (0, 0, 3)
    assert sorted(card.deck for card in answered(a_session(store, decks=limits), now)) == ["a", "a", "a/b"]


def test_options_in_the_collection_go_before_srs_toml_and_the_nearer_deck_before_the_farther(store, a_card, now):
    a_tree(a_card)
    set_options(store, "a", new_per_day=2, desired_retention=0.8)
    session = a_session(store, "a", decks={"a": {"new_per_day": 5}, "a/b": {"desired_retention": 0.95}})
    assert session.waiting(now)[0] == 2
    found = {deck: session.preset_of(deck).desired_retention for deck in ("a", "a/b", "a/c", "d", None)}
    assert found == {"a": 0.8, "a/b": 0.95, "a/c": 0.8, "d": 0.9, None: 0.9}


def test_options_set_while_a_sitting_goes_on_count_from_the_next_card(store, a_card, now):
    a_tree(a_card)
    session = a_session(store, "a")
    session.answer(session.next(now), EASY, now, 1)
    set_options(store, "a", new_per_day=1)
    assert session.next(now) is None


def test_a_card_is_scheduled_by_the_options_of_its_own_deck(store, a_card, now):
    card = a_card("a/b")
    other = a_card("d")
    session = a_session(store, decks={"a": {"learning_steps": (7.0,), "answer_cap": 5.0}})
    assert session.answer(card, AGAIN, now, 9).due == now + 7 * MINUTE
    assert session.answer(other, AGAIN, now, 9).due == now + MINUTE
    assert [store.history(id)[0].seconds for id in (card.id, other.id)] == [5, 9]


@ONE_STORE
@given(
    limits=st.dictionaries(st.sampled_from(["a", "a/b", "a/c", "d"]), st.integers(0, 4)),
    numbers=st.lists(st.integers(0, 4), min_size=4, max_size=4),
    deck=st.sampled_from([None, "a", "a/b", "d"]),
    whole=st.none() | st.integers(0, 9),
)
def test_no_limit_is_ever_passed_and_none_stops_too_early(store, a_card, now, limits, numbers, deck, whole):
    if not store.deck_names():
        a_tree(a_card, number=4)
    while store.answered(DAYS.number(now)):
        store.undo()
    there = dict(zip(("a", "a/b", "a/c", "d"), numbers, strict=True))
    for card in list(store.cards()):
        with store._writing() as connection:
            retired = int(card.prompt.split()[1]) >= there[card.deck]
            connection.execute(update(cards).where(cards.c.id == card.id).values(retired=retired))
    chosen = {"new_per_day": whole} if whole is not None else {}
    session = a_session(store, deck, decks={name: {"new_per_day": n} for name, n in limits.items()}, **chosen)
    waiting = session.waiting(now)[0]
    found = [card.deck for card in answered(session, now)]

    def below(name):
        return sum(f"{each}/".startswith(f"{name}/") for each in found)

    assert all(below(name) <= limit for name, limit in limits.items())
    assert whole is None or len(found) <= whole
    assert len(found) == waiting
    for name, number in there.items():
        inside = deck is None or f"{name}/".startswith(f"{deck}/")
        if inside and found.count(name) < number:  # a card was left: then some limit over it is used up
            over = [limit for limit in limits if f"{name}/".startswith(f"{limit}/") and below(limit) == limits[limit]]
            assert over or len(found) == whole


def test_due_counts_a_deck_with_all_below_it(store, a_card, now):
    a_card("a"), a_card("a/b"), a_card("a/b"), a_card("ab")
    a_card("a/b", state=2, last_review=now - DAY, due=now)
    a_card("ab", retired=True)
    a_session(store).answer(a_card("ab"), GOOD, now, 1)
    found = a_session(store).waiting_by_deck(now)
    counts = {c.deck: (c.new, c.learning, c.review, c.done_today, c.cards) for c in found}
    assert counts == {"a": (3, 0, 1, 0, 4), "a/b": (2, 0, 1, 0, 3), "ab": (1, 1, 0, 1, 2)}
    assert [c.deck for c in a_session(store, "a").waiting_by_deck(now)] == ["a", "a/b"]


def test_due_does_not_count_a_card_whose_sibling_was_answered_today(store, a_card, now):
    note = a_card("a").id
    with store._writing() as connection:
        values = dict(connection.execute(select(cards).where(cards.c.id == note)).mappings().one())
        connection.execute(insert(cards), [values | {"id": 50, "ordinal": 1}])
    session = a_session(store)
    assert session.waiting_by_deck(now)[0].new == 2
    session.answer(store.card(note), GOOD, now, 1)
    assert [(c.new, c.learning) for c in session.waiting_by_deck(now)] == [(0, 1)]
    together = a_session(store, decks={"a": {"bury_siblings": False}})
    assert [(c.new, c.learning) for c in together.waiting_by_deck(now)] == [(1, 1)]


@ONE_STORE
@given(
    limits=st.dictionaries(st.sampled_from(["a", "a/b", "a/c", "d"]), st.integers(0, 4)),
    of_reviews=st.dictionaries(st.sampled_from(["a", "a/b", "d"]), st.integers(0, 2)),
    whole=st.none() | st.integers(0, 9),
    given=st.integers(0, 4),
)
def test_the_counts_by_deck_are_those_of_a_sitting_over_each(
    store, a_card, a_review, now, limits, of_reviews, whole, given
):
    if not store.deck_names():
        a_tree(a_card, number=3)
        a_review("a"), a_review("a/b"), a_review("a/b"), a_review("d")
    while store.answered(DAYS.number(now)):
        store.undo()
    chosen = {"new_per_day": whole, "reviews_per_day": whole} if whole is not None else {}
    decks = {name: {"new_per_day": n} for name, n in limits.items()}
    for name, n in of_reviews.items():
        decks.setdefault(name, {})["reviews_per_day"] = n
    for _ in range(given):
        session = a_session(store, decks=decks, **chosen)
        if card := session.next(now):
            session.answer(card, GOOD, now, 1)
    for counts in a_session(store, decks=decks, **chosen).waiting_by_deck(now):
        sitting = a_session(store, counts.deck, decks=decks, **chosen)
        assert sitting.waiting(now) == (counts.new, counts.learning, counts.review), counts.deck
        assert sitting.waiting_by_deck(now)[0] == counts


# -- the sitting's own bounds


def test_minutes_end_the_sitting_after_the_card_that_is_open(store, a_card, now):
    for _ in range(9):
        a_card()
    session = a_session(store, minutes=5)
    card = session.next(now)
    assert session.next(now + 4 * MINUTE) is not None
    session.answer(card, EASY, now + 6 * MINUTE, 60)
    assert session.next(now + 6 * MINUTE) is None


def test_minutes_end_the_sitting_even_when_the_clock_was_set_back(store, a_card, now):
    for _ in range(9):
        a_card()
    session, at = a_session(store, minutes=2), now
    for _ in range(2):
        session.answer(session.next(at), EASY, at, 60)
        at -= DAY
    assert session.next(at) is None


def test_ahead_asks_what_is_due_in_the_next_days_too_and_each_card_once(store, a_review, now):
    tomorrow, day_after = (DAYS.begin(DAYS.number(now) + days) for days in (1, 2))
    ids = [a_review(due=tomorrow).id, a_review(due=day_after).id, a_review(due=day_after + DAY).id]
    assert a_session(store).waiting(now) == (0, 0, 0)
    assert a_session(store, ahead=2).waiting(now) == (0, 0, 2)
    session = a_session(store, ahead=2, fuzz=False, relearning_steps=())
    found = answered(session, now, AGAIN)
    assert sorted(card.id for card in found) == ids[:2]


def test_a_cram_asks_every_card_once_and_changes_nothing(store, a_card, a_review, now):
    ids = [a_card().id, a_review(due=now + 9 * DAY).id, a_review().id, a_review(state=1, step=0, due=now + DAY).id]
    a_card("other"), a_card(suspended=True), a_card(retired=True)
    before = list(store.cards())
    session = a_session(store, "notes", cram=True)
    assert session.waiting(now) == (0, 0, 4)
    found = answered(session, now, GOOD)
    assert sorted(card.id for card in found) == ids
    assert list(store.cards()) == before
    assert not any(store.history(id) for id in ids)
    assert (session.tally.answers, session.waiting(now)) == (4, (0, 0, 0))


def test_what_was_not_known_in_a_cram_comes_again_until_it_is(store, a_card, now):
    ids = {a_card().id for _ in range(3)}
    session = a_session(store, cram=True)
    first = session.next(now)
    assert session.answer(first, AGAIN, now, 1) == session.preview(first, now)[AGAIN] == first.schedule
    rest = [session.next(now)]
    session.answer(rest[0], GOOD, now, 1)
    rest.append(session.next(now))
    session.answer(rest[1], GOOD, now, 1)
    assert {first.id, *(card.id for card in rest)} == ids
    assert session.next(now) == first
    session.answer(first, GOOD, now, 1)
    assert session.next(now) is None


def test_undo_in_a_cram_takes_back_the_cram_s_answers_and_no_others(store, a_card, now):
    real = a_card()
    a_session(store).answer(real, GOOD, now, 1)
    session = a_session(store, cram=True)
    card = session.next(now)
    session.answer(card, GOOD, now, 1)
    assert session.undo()[0] == card
    assert session.tally.answers == 0
    with pytest.raises(NothingToUndo):
        session.undo()
    assert len(store.history(real.id)) == 1
    assert session.next(now) == card


def test_a_cram_that_counts_is_a_review(store, a_review, now):
    card = a_review(due=now + 9 * DAY)
    session = a_session(store, cram=True, cram_counts=True)
    assert session.answer(session.next(now), GOOD, now, 1) == store.card(card.id).schedule != card.schedule
    assert len(store.history(card.id)) == 1
    assert session.next(now) is None


# -- kept apart


def test_a_card_waits_a_day_when_another_of_its_note_was_asked(store, a_card, now):
    card = a_card()
    sibling, other = a_sibling(store, card), a_card()
    session = a_session(store)
    before = store.card(sibling.id)
    session.answer(card, EASY, now, 1)
    assert asked(a_session(store), now) == [other.id]
    assert a_session(store).waiting(now) == (1, 0, 0)
    assert a_session(store).next(DAYS.begin(DAYS.number(now) + 1) - MINUTE).id == other.id
    assert asked(a_session(store), DAYS.begin(DAYS.number(now) + 1)) == [sibling.id, other.id]
    session.undo()
    assert store.card(sibling.id) == before
    assert asked(a_session(store), now) == [card.id, sibling.id, other.id]


def test_siblings_are_asked_on_one_day_where_the_deck_says_so(store, a_card, now):
    card = a_card("a")
    sibling = a_sibling(store, card)
    session = a_session(store, decks={"a": {"bury_siblings": False}})
    session.answer(card, EASY, now, 1)
    assert session.next(now) == sibling


def test_a_learning_card_goes_on_although_its_sibling_was_asked(store, a_review, now):
    learning = a_review(state=1, step=0, due=now)
    sibling = a_sibling(store, learning)
    a_session(store).answer(sibling, EASY, now, 1)
    assert a_session(store).next(now).id == learning.id


@pytest.fixture
def a_phrase(a_card):
    def make(answer, heading, deck="meetings", **changes):
        note = Note("phrase", f"{deck} {heading} {answer}", answer, heading=heading)
        return a_card(deck, note=note, **changes)

    return make


def test_phrases_of_one_function_are_asked_one_after_another_only_when_nothing_else_is_due(store, a_phrase, now):
    for answer in "ABCDEFGH":
        a_phrase(f"{answer} {answer * 9}", "Disagreeing")
    a_phrase("Z zzzzzz", "Closing"), a_phrase("Y yyyyyyy", "Disagreeing", deck="talks")
    found = [card.answer[0] for card in answered(a_session(store), now)]
    assert found == ["A", "Z", "B", "Y", "C", "D", "E", "F", "G", "H"]


def test_a_phrase_of_the_same_function_goes_before_a_learning_card_that_is_not_due(store, a_phrase, a_review, now):
    first, second = a_phrase("A aaaaaaaa", "Closing"), a_phrase("B bbbbb", "Closing")
    a_review(state=1, step=0, due=now + LEARN_AHEAD)
    session = a_session(store)
    session.answer(first, EASY, now, 1)
    assert session.next(now) == second


# -- calendars


@pytest.mark.parametrize(
    "noon",
    [datetime(2025, 3, 30, 12, tzinfo=BERLIN), datetime(2025, 10, 26, 12, tzinfo=BERLIN)],
    ids=["an hour less", "an hour more"],
)
def test_the_limits_are_new_at_four_local_time_also_when_the_clocks_change(store, a_card, noon):
    for _ in range(9):
        a_card(due=noon.astimezone(UTC) - 9 * DAY)
    days = Days(BERLIN)
    eve = (noon - DAY).astimezone(UTC)
    four = noon.replace(hour=4).astimezone(UTC)
    counts = [
        len(answered(a_session(store, days=days, new_per_day=2), at))
        for at in (eve, four - MINUTE, four, noon.astimezone(UTC), four + 23 * 60 * MINUTE + 59 * MINUTE, four + DAY)
    ]
    assert counts == [2, 0, 2, 0, 0, 2]


@pytest.mark.parametrize("noon", [datetime(2025, 3, 29, 12, tzinfo=BERLIN), datetime(2025, 10, 25, 12, tzinfo=BERLIN)])
def test_a_sibling_is_back_and_a_burial_over_as_the_day_turns_when_the_clocks_change(store, a_card, noon):
    days, now = Days(BERLIN), noon.astimezone(UTC)
    card = a_card(due=now)
    sibling, buried = a_sibling(store, card), a_card(due=now)
    session = a_session(store, days=days)
    session.answer(card, EASY, now, 1)
    session.bury(buried, now)
    four = (noon + DAY).replace(hour=4).astimezone(UTC)
    assert asked(a_session(store, days=days), four - MINUTE) == []
    assert asked(a_session(store, days=days), four) == [sibling.id, buried.id]


def test_after_a_journey_each_answer_keeps_its_day_and_no_card_is_lost(store, a_card, now):
    ids = {a_card().id for _ in range(4)}
    home, away = Days(ZoneInfo("Pacific/Auckland")), Days(ZoneInfo("America/Los_Angeles"))
    there = now.replace(hour=16)  # five in the morning of the 16th
    done = {card.id for card in answered(a_session(store, days=home, new_per_day=2), there)}
    day = store.history(min(done))[0].day
    later = now.replace(hour=18)  # ten in the morning of the 15th: a day back by the calendar
    assert away.number(later) == day - 1
    done |= {card.id for card in answered(a_session(store, days=away, new_per_day=2), later)}
    assert done == ids
    for id in ids:
        due = store.card(id).schedule.due
        asked_then = a_session(store, days=away, new_per_day=0)
        assert id in asked(asked_then, due)


def test_a_clock_set_back_asks_nothing_twice_and_loses_nothing(store, a_card, now):
    first, second = a_card(), a_card()
    session = a_session(store)
    session.answer(first, EASY, now, 1)
    earlier = now - 3 * DAY
    assert asked(a_session(store), earlier) == [second.id]
    a_session(store).answer(second, EASY, earlier, 1)
    reviews = asked(a_session(store), now + 30 * DAY)
    assert sorted(reviews) == [first.id, second.id]


# -- two sittings at once


def test_two_sittings_at_once_give_each_showing_one_answer_and_lose_none(database, a_card, now):
    stores = [open_store(database), open_store(database)]
    for _ in range(6):
        a_card(into=stores[0])
    sittings = [a_session(store) for store in stores]
    given, stale, at = [], 0, now
    shown = [sitting.next(at) for sitting in sittings]
    while any(shown):
        for which, sitting in enumerate(sittings):
            if shown[which] is None:
                shown[which] = sitting.next(at)
                continue
            try:
                sitting.answer(shown[which], EASY, at, 1)
                given.append((shown[which].id, shown[which].schedule.reps))
            except StaleCard:
                stale += 1
            shown[which] = sitting.next(at)
    assert stale
    assert len(given) == len(set(given)) == 6
    with stores[0]._reading() as connection:
        assert sorted(connection.execute(select(revlog.c.card_id)).scalars()) == sorted(id for id, _ in given)
    for store in stores:
        store.close()


def test_an_answer_to_a_showing_that_was_undone_and_given_anew_is_stale(store, a_card, now):
    card = a_card()
    here, there = a_session(store), a_session(store)
    there.answer(card, AGAIN, now, 1)
    shown = here.current(card)
    there.undo()
    there.answer(card, GOOD, now + MINUTE, 1)
    with pytest.raises(StaleCard):
        here.answer(shown, GOOD, now + 2 * MINUTE, 1)
    assert [review.rating for review in store.history(card.id)] == [GOOD]


# -- leeches


def lapse(session, store, card_id, at):
    """Answer Again on a card in review, and then Good until it is there again; returns what Again gave."""
    result = session.answer(store.card(card_id), AGAIN, at, 1)
    session.answer(store.card(card_id), EASY, at, 1)
    return result


def tags_and_state(store, id):
    with store._reading() as connection:
        return connection.execute(select(cards.c.own_tags, cards.c.suspended).where(cards.c.id == id)).one()


def test_a_card_is_a_leech_at_its_eighth_lapse_and_at_every_fourth_from_there(store, a_review, now):
    id, session = a_review().id, a_session(store)
    leech = []
    for number in range(1, 17):
        if lapse(session, store, id, now + number * 30 * DAY).leech:
            leech.append(number)
        assert store.card(id).tags == (("leech",) if number >= 8 else ())
    assert leech == [8, 12, 16]


@pytest.mark.parametrize(("action", "suspended"), [("tag", False), ("suspend", True)])
@pytest.mark.parametrize("tagged", [[], ["leech"], ["mine"]])
def test_undo_takes_tag_and_suspension_back_exactly(store, a_review, now, action, suspended, tagged):
    card = a_review(lapses=7, own_tags=tagged)
    session = a_session(store, leech_action=action)
    before = whole_row(store, card.id)
    assert session.preview(card, now)[AGAIN].leech
    assert session.answer(card, AGAIN, now, 1).leech
    after = tags_and_state(store, card.id)
    assert (after.own_tags, after.suspended) == (list(dict.fromkeys([*tagged, "leech"])), suspended)
    if suspended:
        assert session.next(now + MINUTE) is None
    assert session.undo()[0] == card
    assert whole_row(store, card.id) == before


def whole_row(store, id):
    with store._reading() as connection:
        return tuple(connection.execute(select(cards).where(cards.c.id == id)).one())


def test_a_threshold_of_0_makes_no_leech(store, a_review, now):
    assert not a_session(store, leech_threshold=0).answer(a_review(lapses=7), AGAIN, now, 1).leech


# -- the load of the days


def test_an_interval_goes_to_the_day_with_the_least_to_do(store, a_card, a_review, now):
    today = DAYS.number(now)
    card = a_card()
    low, high = 6, 10  # the band of 8 days, which Easy gives a new card
    for days in range(low, high + 1):
        for _ in range(0 if days == 9 else 2):
            a_review(due=DAYS.begin(today + days))
    session = a_session(store)
    promised = session.preview(card, now)
    assert DAYS.number(promised[EASY].due) - today == 9
    a_review(due=DAYS.begin(today + 9)), a_review(due=DAYS.begin(today + 9)), a_review(due=DAYS.begin(today + 9))
    assert session.answer(card, EASY, now, 1) == promised[EASY], "the key does what it said when it was shown"
    another = a_card()
    assert DAYS.number(session.preview(another, now)[EASY].due) - today != 9


def test_easy_days_take_their_share_of_what_comes_due(store, a_card, now):
    easy = (1, 1, 1, 1, 1, 0.5, 0)  # Saturday half, Sunday nothing
    session, counts = a_session(store, easy_days=easy, new_per_day=999), [0] * 7
    for _ in range(54):
        card = a_card()
        counts[session.answer(card, EASY, now, 1).due.weekday()] += 1  # 2025-01-15 is a Wednesday; 8 days on, +-2
    tuesday, wednesday, thursday, friday, saturday = counts[1], counts[2], counts[3], counts[4], counts[5]
    assert counts[6] == 0
    assert (counts[0], tuesday + wednesday + thursday + friday + saturday) == (0, 54)
    assert max(tuesday, wednesday, thursday, friday) - min(tuesday, wednesday, thursday, friday) <= 1
    assert abs(saturday - thursday / 2) <= 1


@pytest.mark.usefixtures("store")
def test_without_balance_and_fuzz_the_load_is_not_even_read(a_card, now):
    card = a_card()
    for changes in ({"fuzz": False}, {"load_balance": False}):
        scheduler = Scheduler(replace(Preset(), **changes), DAYS)
        assert scheduler.spread(card.schedule, now) is None
