import json
import random as chance
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from string import ascii_lowercase

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from studying import answer_all

from srs.cards import Deck, Plan, Preset, Rating, Schedule, State
from srs.cli.main import COMMANDS, main
from srs.curating import delete_deck, moment
from srs.days import Days
from srs.errors import NothingToPlan, PlanRefused
from srs.limits import followed, plan_of
from srs.memory.habits import TYPICAL
from srs.memory.model import vector
from srs.memory.simulate import Held, simulate
from srs.notes import Note
from srs.parameters import DEFAULTS, recall_after
from srs.planning import plans as planning
from srs.planning.learner import Known
from srs.planning.plans import apply, cancel, propose, standings
from srs.scheduling import Scheduler, fuzz_range, interval_of
from srs.settings import Settings
from srs.store import open_store
from srs.store.tables import cards, plans
from srs.study import Session

DAYS = Days(UTC)
NOW = datetime(2025, 1, 15, 12, tzinfo=UTC)
SETTINGS = Settings("", DAYS)


def a_note(number):
    """A question that is not easily confused with another one."""
    letters = chance.Random(number)
    front, back = (" ".join("".join(letters.choices(ascii_lowercase, k=7)) for _ in range(3)) for _ in range(2))
    return Note("qa", front, back, line=number, rule="test")


@pytest.fixture
def some(a_card, now):
    """A maker of cards: new ones, or in review with a stability, answered and due so many days from now."""

    def make(number, deck="notes", stability=None, answered=0, due=0, **changes):
        if stability is not None:
            at, until = now + timedelta(days=answered), DAYS.begin(DAYS.number(now) + due)
            seen = {"state": State.REVIEW, "step": None, "stability": stability, "difficulty": 5.0}
            changes = {**seen, "last_review": at, "due": until, "reps": 3, **changes}
        return [
            a_card(deck, note=a_note(len(made) + at), **changes) for at in range(number) if made.append(deck) is None
        ]

    made = []
    return make


def rows(store):
    with store._engine.connect() as connection:
        return [connection.execute(select(table).order_by(table.c.id)).all() for table in (cards, plans)]


def a_plan(today, days, least=0.95, deck=None, new_per_day=5):
    return Plan(deck, today, today + days, 0.9, least, new_per_day, 60, 5.0, 0.97)


# -- what the scheduler does under a plan ----------------------------------------------------------------------------------


schedules = st.builds(
    lambda stability, difficulty, waited: (stability, difficulty, waited),
    st.floats(0.3, 400),
    st.floats(1, 10),
    st.integers(1, 200),
)


@given(schedules, st.integers(1, 60), st.sampled_from([0.8, 0.9, 0.95, 0.99]), st.booleans(), st.integers(1, 99))
def test_a_last_answer_is_early_enough_and_raises_recall(schedule, left, least, fuzz, card_id):
    now = datetime(2025, 1, 15, 12, tzinfo=UTC)
    stability, difficulty, waited = schedule
    before = Schedule(State.REVIEW, now, None, stability, difficulty, now - timedelta(days=waited), 5)
    today = DAYS.number(now)
    plain = Scheduler(Preset(fuzz=fuzz), DAYS)
    held = replace(plain, plan=a_plan(today, left, least))
    free, planned = (one.preview(before, now, card_id=card_id) for one in (plain, held))
    for rating in Rating:
        due, normal = (DAYS.number(found[rating].due) for found in (planned, free))
        assert replace(planned[rating], due=free[rating].due) == free[rating], "only the due day is another"
        recall = plain.retrievability(free[rating], DAYS.begin(today + left))
        if due < today + left <= normal:
            assert today < due
            low = fuzz_range(interval_of(free[rating].stability, plain.preset))[0] if fuzz else left
            assert recall < least or low < left
            after = recall_after(DEFAULTS.values, (today + left - due) / (free[rating].stability or 1))
            assert after > recall
        elif free[rating].state is State.REVIEW:
            assert due < today + left or recall >= least or left == 1
    days = [found.due for found in planned.values()]
    assert days == sorted(days), "a better answer never gives less"


def test_after_its_day_a_plan_changes_nothing(now):
    before = Schedule(State.REVIEW, now, None, 12.0, 5.0, now - timedelta(days=9), 5)
    plain = Scheduler(Preset(), DAYS)
    for days in (-30, 0, 1):
        held = replace(plain, plan=a_plan(DAYS.number(now), days))
        assert held.preview(before, now, card_id=7) == plain.preview(before, now, card_id=7)


def test_the_nearest_plan_is_followed():
    today = 700_000
    all_, near, over = a_plan(today, 30), a_plan(today, 10, deck="a/b"), a_plan(today - 9, 9, deck="a/b/c")
    given = (all_, near, over)
    assert plan_of("a/b", given, today) == near
    assert plan_of("a/b/c", given, today) == near, "the day of its own plan is there"
    assert plan_of("a/bc", given, today) == all_
    assert plan_of("a/b", given, today + 10) == all_
    assert plan_of("a/b", (near,), today + 10) is None
    decks = [Deck(1, "a"), Deck(2, "a/b"), Deck(3, "a/b/c")]
    assert followed(decks, given, today) == {all_: {1}, near: {2, 3}}


# -- a plan proposed and applied -------------------------------------------------------------------------------------------


def test_the_queue_follows_a_plan_day_by_day_and_after_it_the_schedule_goes_on(store, some, now):
    some(14)
    some(4, stability=20.0, answered=-9, due=11)
    days = 8
    found = propose(store, SETTINGS, None, date(2025, 1, 23), now)
    assert (found.days, found.cards, found.plan.new_cards) == (days, 18, 14)
    apply(store, found, now)
    plan, random, answered = found.plan, np.random.default_rng(3), {}

    def seen(_session, card, at, after):
        answered[card.id] = DAYS.number(at)
        if after.state is State.REVIEW and plan.day - DAYS.number(at) > 1:
            recall = recall_after(DEFAULTS.values, (plan.day - DAYS.number(at)) / after.stability)
            assert DAYS.number(after.due) < plan.day or recall >= plan.least

    minutes = 0.0
    for day in range(days):
        at = now + timedelta(days=day)
        assert Session(store, SETTINGS, DAYS).waiting(at)[0] <= plan.new_per_day
        begun, _, seconds = answer_all(store, SETTINGS, at, random, seen)
        assert begun <= plan.new_per_day
        minutes += seconds / 60
        [standing] = standings(store, SETTINGS, at)
        assert standing.on_track, str(standing)
    morning = now + timedelta(days=days)
    scheduler = Scheduler(Preset(), DAYS)
    recall = [scheduler.retrievability(card.schedule, morning) for card in store.cards()]
    assert np.mean(recall) == pytest.approx(plan.predicted, abs=0.02)
    assert minutes == pytest.approx(plan.minutes * days, rel=0.35)
    late = [card.id for card, chance in zip(store.cards(), recall, strict=True) if chance < plan.least]
    assert all(answered[card] == plan.day - 1 for card in late), "the weakest had their last pass on the eve"
    [standing] = standings(store, SETTINGS, morning)
    assert standing.predicted == pytest.approx(np.mean(recall), abs=1e-9)
    session = Session(store, SETTINGS, DAYS)
    while (card := session.next(morning)) is not None:
        assert session.preview(card, morning) == scheduler.preview(
            card.schedule, morning, card_id=card.id, load=session._loaded(card, morning)
        )
        session.answer(card, Rating.GOOD, morning, 1)
    assert standings(store, SETTINGS, morning + timedelta(days=1)) == []


def test_a_plan_begins_new_cards_whatever_the_limits_are_and_leaves_the_other_decks_theirs(store, some, now):
    some(30, "talks/a")
    some(30, "other")
    settings = replace(SETTINGS, preset=Preset(new_per_day=2), chosen=frozenset({"new_per_day"}), decks={})
    assert Session(store, settings, DAYS).waiting(now)[0] == 2
    found = propose(store, settings, "talks", date(2025, 1, 25), now)
    apply(store, found, now)
    assert found.plan.new_per_day > 2
    assert Session(store, settings, DAYS, "talks").waiting(now)[0] == found.plan.new_per_day
    assert Session(store, settings, DAYS, "other").waiting(now)[0] == 2
    assert Session(store, settings, DAYS).waiting(now)[0] == found.plan.new_per_day + 2
    on_the_day = now + timedelta(days=10)
    assert Session(store, settings, DAYS).waiting(on_the_day)[0] == 2


def test_cards_that_would_come_too_late_are_brought_forward_and_undo_restores_every_row(store, some, now):
    weak = some(20, stability=10.0, answered=-3, due=25)
    strong = some(3, stability=900.0, answered=-3, due=400)
    before = rows(store)
    found = propose(store, SETTINGS, "notes", date(2025, 1, 30), now)
    assert found.due.keys() == {card.id for card in weak}
    apply(store, found, now)
    due = [DAYS.number(store.card(card.id).schedule.due) for card in weak]
    assert all(DAYS.number(now) <= day < found.plan.day for day in due)
    assert [store.card(card.id) for card in strong] == strong
    assert max(due.count(day) for day in due) <= 20
    assert rows(store) != before
    assert store.take_back().what == "plan for “notes” by 2025-01-30"
    assert rows(store) == before


def test_a_second_plan_takes_the_place_of_the_first_and_leaves_out_what_a_nearer_one_holds(store, some, now):
    some(10, "a/b")
    some(10, "a/c")
    for deck, day, held in (("a/b", 25, 10), ("a", 27, 10), ("a/b", 29, 10), (None, 31, None)):
        if held is None:
            with pytest.raises(NothingToPlan):
                propose(store, SETTINGS, deck, date(2025, 1, day), now)
            continue
        found = propose(store, SETTINGS, deck, date(2025, 1, day), now)
        assert found.cards == held
        apply(store, found, now)
    assert [(plan.deck, plan.day) for plan in store.plans()] == [
        ("a", date(2025, 1, 27).toordinal()),
        ("a/b", date(2025, 1, 29).toordinal()),
    ]
    assert cancel(store, "a", now).deck == "a"
    assert [plan.deck for plan in store.plans()] == ["a/b"]
    store.take_back()
    assert [plan.deck for plan in store.plans()] == ["a", "a/b"]
    with pytest.raises(PlanRefused, match="no plan for the whole collection"):
        cancel(store, None, now)


def test_a_deck_that_is_deleted_takes_its_plan_along_and_undo_brings_both_back(store, some, now):
    some(3, "a")
    apply(store, propose(store, SETTINGS, "a", date(2025, 1, 25), now), now)
    before = rows(store)
    delete_deck(store, moment(SETTINGS, now), "a")
    assert store.plans() == []
    store.take_back()
    assert rows(store) == before


def test_on_the_eve_the_weakest_are_asked_though_they_are_not_due(store, some, now):
    weaker, weak = some(1, stability=9.0, answered=-9, due=40), some(1, stability=9.0, answered=-5, due=40)
    some(1, stability=99.0, answered=-5, due=40)
    plan = a_plan(DAYS.number(now), 1, deck="notes")
    assert Session(store, SETTINGS, DAYS).waiting(now) == (0, 0, 0)
    store.keep_plan(plan, {}, now, "plan")
    session = Session(store, SETTINGS, DAYS)
    assert session.waiting(now) == (0, 0, 2)
    asked = []
    while (card := session.next(now)) is not None:
        asked.append(card.id)
        session.answer(card, Rating.GOOD, now, 1)
    assert asked == [weaker[0].id, weak[0].id]
    assert session.waiting(now) == (0, 0, 0)


def test_a_plan_says_who_is_behind(store, some, now):
    some(20)
    late = some(2, stability=5.0, answered=-1, due=4)
    store.keep_plan(replace(a_plan(DAYS.number(now), 9), new_cards=20), {}, now, "plan")
    [standing] = standings(store, SETTINGS, now)
    assert str(standing) == "9 days to 2025-01-24: on track, predicted recall 0.97"
    [standing] = standings(store, SETTINGS, now + timedelta(days=1))
    assert (standing.new, standing.reviews) == (5, 0)
    [standing] = standings(store, SETTINGS, now + timedelta(days=8))
    assert standing.reviews == len(late)
    assert str(standing) == "1 day to 2025-01-24: behind by 20 new cards and 2 reviews, predicted recall 0.31"
    [standing] = standings(store, SETTINGS, now + timedelta(days=9))
    assert str(standing).startswith("Today is 2025-01-24: predicted recall 0.0")


def test_of_many_cards_only_what_is_cheap_is_said(store, some, now, monkeypatch):
    monkeypatch.setattr(planning, "EXACT", 3)
    some(4, stability=5.0, answered=-1, due=4)
    store.keep_plan(a_plan(DAYS.number(now), 9), {}, now, "plan")
    [standing] = standings(store, SETTINGS, now)
    assert standing.predicted == 0.97


@pytest.mark.parametrize(
    ("day", "options", "message"),
    [
        (date(2025, 1, 15), {}, "2025-01-15 is today"),
        (date(2024, 1, 15), {}, "2024-01-15 is past"),
        (date(2035, 1, 15), {}, "3652 days ahead: a plan reaches 3650"),
        (date(2025, 2, 1), {"recall": 0.69}, "a recall of 0.69"),
        (date(2025, 2, 1), {"recall": 1.0}, "a recall of 1 cannot"),
        (date(2025, 2, 1), {"recall": float("nan")}, "a recall of nan"),
        (date(2025, 2, 1), {"minutes": 0}, "a day of 0 minutes"),
    ],
)
def test_what_is_out_of_bounds_is_refused(store, some, now, day, options, message):
    some(1)
    with pytest.raises(PlanRefused, match=message):
        propose(store, SETTINGS, None, day, now, **options)


def test_without_cards_there_is_nothing_to_plan(store, some, now):
    with pytest.raises(NothingToPlan, match="no cards to ask in the collection"):
        propose(store, SETTINGS, None, date(2025, 2, 1), now)
    some(1, suspended=True)
    with pytest.raises(NothingToPlan, match="in the deck “notes”"):
        propose(store, SETTINGS, "notes", date(2025, 2, 1), now)


def test_one_day_is_enough_for_a_plan(store, some, now):
    some(3)
    found = propose(store, SETTINGS, None, date(2025, 1, 16), now)
    assert found.plan.new_per_day == 3
    assert found.planned.unseen == 0


def test_too_few_minutes_are_said_to_be_too_few(store, some, now):
    some(50)
    found = propose(store, SETTINGS, None, date(2025, 1, 20), now, minutes=2)
    assert "the longest day takes" in found.shortfall
    found = propose(store, SETTINGS, None, date(2025, 1, 20), now, minutes=500)
    assert found.shortfall == ""
    assert found.planned.most <= 500


# -- the promise: with the same minutes, more is recalled on the day --------------------------------------------------------


def half_known(number):
    """Half new; half studied for some weeks at a desired retention of 0.9, now somewhere within their intervals."""
    random, seen = np.random.default_rng(1), np.arange(number) < number // 2
    stability = np.exp(random.normal(np.log(12), 0.9, number))
    since = np.floor(random.random(number) * np.rint(stability)).astype(int)
    due = np.maximum(np.rint(stability).astype(int) - since, 0)
    return Held(seen, stability, random.uniform(3, 8, number), -since, due)


CASES = {
    "60 new cards, 19 days": (Held(np.zeros(60, bool), *np.ones((2, 60)), *np.zeros((2, 60), int)), 19),
    "300 cards half known, 30 days": (half_known(300), 30),
    "40 new cards, 5 days": (Held(np.zeros(40, bool), *np.ones((2, 40)), *np.zeros((2, 40), int)), 5),
}


def known_as(held):
    """Cards of which only matters whether they are new."""
    schedules = [Schedule(State.REVIEW, NOW, last_review=NOW if seen else None) for seen in held.seen]
    return tuple(Known(at, "notes", schedule) for at, schedule in enumerate(schedules))


def compared(held, days, copies):
    """The ordinary way, the plan, and the ordinary way at the desired retentions that take at least as long."""
    learner = planning.Learner(known_as(held), held, TYPICAL, 0, Preset())
    ordinary, *ways = planning._ways(learner, days)
    course = planning._simulated(learner, [ordinary, *ways], days, 0)
    expected = [planning._expected(course, at) for at in range(len(ways) + 1)]
    best = ways[planning._best(expected[1:], expected[0], 0.9, None)]
    tighter = [replace(ordinary, retention=hundredths / 100) for hundredths in range(91, 100)]
    # Judged by other draws than those that the plan was chosen by.
    course = simulate(vector(DEFAULTS), held, TYPICAL, [ordinary, best, *tighter], days, copies=copies, seed=99)
    return best, course.recall.mean(axis=1), course.seconds.sum(axis=1) / 60


@pytest.mark.parametrize("case", CASES)
def test_with_the_same_minutes_a_plan_is_worth_more_on_the_day(case):
    held, days = CASES[case]
    _, recall, minutes = compared(held, days, copies=6000 // len(held))
    assert recall[1] > recall[0] + 0.004
    assert minutes[1] < minutes[0] * 1.02


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_how_much_more_it_is_worth_is_reported(case, capsys):
    held, days = CASES[case]
    best, recall, minutes = compared(held, days, copies=20000 // len(held))
    same = 2 + next((at for at, recalled in enumerate(recall[2:]) if recalled >= recall[1]), len(recall) - 3)
    with capsys.disabled():
        print(
            f"\n{case}: without a plan {recall[0]:.4f} in {minutes[0]:.0f} min; planned {recall[1]:.4f} in {minutes[1]:.0f} min "
            f"({best.new_per_day} new a day, least {best.least}); as much without a plan, by a desired retention of "
            f"{(89 + same) / 100:.2f}: {recall[same]:.4f} in {minutes[same]:.0f} min"
        )
    assert recall[1] > recall[0]


# -- the command ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def srs(database, monkeypatch, now):
    for name in COMMANDS:  # a command that is loaded while the clock is another keeps that clock for ever
        main.get_command(None, name)
    for module in ("app", "planning", "progress", "outlook"):
        monkeypatch.setattr(f"srs.cli.{module}.now", lambda: now)

    def run(*arguments, code=0):
        done = CliRunner().invoke(main, ["--database", database, *arguments])
        assert done.exit_code == code, done.output
        return done.output

    with closing(open_store(database)) as store:
        run.store = store
        yield run


def test_the_command_plans_applies_lists_and_cancels(srs, a_card):
    for number in range(12):
        a_card("talks", into=srs.store, note=a_note(number))
    assert "Nothing was changed" in srs("plan", "talks", "--by", "2025-01-25")
    assert srs("plan") == "There is no plan. Next: srs plan --by DATE\n"
    record = json.loads(srs("plan", "talks", "--by", "2025-01-25", "--apply", "--json"))
    assert record["applied"]
    assert record["feasible"]
    assert (record["days"], record["cards"], record["deck"]) == (10, 12, "talks")
    assert record["planned"]["recall"] >= record["ordinary"]["recall"]
    line = f"10 days to 2025-01-25 (talks): on track, predicted recall {record['planned']['recall']:.2f}"
    for command in ([], ["due"], ["due", "talks"], ["stats"], ["plan"]):
        assert line in srs(*command)
    assert [standing["days"] for standing in json.loads(srs("plan", "--json"))] == [10]
    assert "cancelled" in srs("plan", "talks", "--cancel")
    assert line not in srs()
    assert srs("undo") == "Taken back: plan for “talks” cancelled\n"
    assert line in srs()
    assert srs("undo") == "Taken back: plan for “talks” by 2025-01-25\n"
    assert "There is no plan" in srs("plan")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["plan", "--by", "10 December"], 2, "is no date"),
        (["plan", "--apply"], 2, "--apply needs --by"),
        (["plan", "--by", "2025-02-01", "--cancel"], 2, "--cancel stands alone"),
        (["plan", "--by", "2024-02-01"], 1, "2024-02-01 is past"),
        (["plan", "--by", "2025-02-01", "--recall", "0.5"], 1, "a recall of 0.5"),
        (["plan", "--by", "2025-02-01", "--minutes", "-3"], 1, "a day of -3 minutes"),
        (["plan", "--by", "2025-02-01"], 1, "there are no cards to ask"),
        (["plan", "nowhere", "--by", "2025-02-01"], 1, "there is no deck"),
        (["plan", "--cancel"], 1, "there is no plan"),
        (["simulate"], 1, "there are no cards to ask"),
        (["simulate", "--days", "0"], 2, "--days"),
        (["simulate", "--new", "-1"], 2, "--new"),
        (["reschedule"], 1, "no card is in review"),
        (["reschedule", "nowhere"], 1, "there is no deck"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(srs, arguments, code, message):
    said = srs(*arguments, code=code)
    assert message in said
    assert "Traceback" not in said


def test_simulate_shows_a_curve_and_where_the_learner_is(srs, a_card):
    for number in range(5):
        a_card(into=srs.store, note=a_note(number))
    said = srs("simulate", "--days", "30", "--new", "2")
    assert "you are here" in said
    assert "0.97" in said
    found = json.loads(srs("simulate", "--days", "30", "--json"))
    assert [at["desired_retention"] for at in found["outlook"]] == [n / 100 for n in range(70, 98)]
    assert found["outlook"][0]["knowledge"][-1]["day"] == 30
    assert found == json.loads(srs("simulate", "--days", "30", "--json"))


def test_without_numpy_plans_are_shown_and_the_commands_say_what_to_install(srs, a_card, now, database):
    a_card(into=srs.store, note=a_note(1))
    today = DAYS.number(datetime.now(UTC))
    srs.store.keep_plan(a_plan(today, 9), {}, now, "plan")
    program = """if True:
        import sys
        from importlib.abc import MetaPathFinder
        class None_(MetaPathFinder):
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in {"numpy", "scipy"}:
                    raise ModuleNotFoundError(name)
        sys.meta_path.insert(0, None_())
        import importlib.util
        found = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name in {"numpy", "scipy"} else found(name, *rest)
        from srs.cli import main
        main()
    """

    def run(*arguments):
        call = [sys.executable, "-c", program, "--database", database, *arguments]
        return subprocess.run(call, capture_output=True, text=True, check=False)

    for arguments in ([], ["plan"]):
        assert "on track" in run(*arguments).stdout
    for arguments in (["plan", "--by", str(date.fromordinal(today + 9))], ["simulate"]):
        done = run(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
    assert "pip install numpy" in done.stderr


def test_every_row_of_an_older_collection_is_kept_beside_the_plans(tmp_path):
    with closing(open_store(str(tmp_path / "srs.db"))):
        pass
    with closing(sqlite3.connect(tmp_path / "srs.db")) as connection:
        assert connection.execute("SELECT count(*) FROM plans").fetchone() == (0,)
