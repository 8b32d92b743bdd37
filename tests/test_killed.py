"""kill -9 at any moment: what was acknowledged is there, nothing is half there, and the next start finds all in order."""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from databases import Files, number_on, processes
from killed import KINDS, NOW, Learner, digest, undisturbed, work

from srs.care.doctor import diagnose
from srs.store import open_store
from srs.store.files import file_of, verified

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")


def killed(learner: Learner, first: int, end: int, random: Random) -> int:
    """Let a learner work, kill it a moment after some operation, and return how many it has acknowledged then."""
    context = processes()
    hear, tell = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(learner, first, end, tell))
    child.start()
    tell.close()
    done = first
    try:
        hear.recv()
        for _ in range(random.randrange(5)):
            done = hear.recv() + 1
        time.sleep(random.uniform(0, 0.1))
        child.kill()
        while True:
            done = hear.recv() + 1
    except EOFError:
        pass
    finally:
        child.kill()
        child.join()
        hear.close()
    return done


def all_is_well(learner: Learner, states: list[str], done: int) -> int:
    """Checks everything after a kill; returns with which operation to go on."""
    file = file_of(learner.database)
    if file is not None and file.stat().st_size:
        verified(file)
    state = learner.state()
    assert state in states[done : done + 2], f"neither as after operation {done} nor as after the next one"
    with closing(open_store(learner.settings.database)) as store:
        assert diagnose(store, learner.settings, NOW + timedelta(days=4000)) == []
    for number in range(done):
        if KINDS[number % len(KINDS)] == "backup":
            assert learner.saved(number).exists()
    for copy in [*learner.folder.glob("saved-*.db"), *learner.folder.rglob("backups/*.db")]:
        verified(copy)
    migrated = {digest(str(old), learner.folder) for old in learner.migrated()}
    assert len(migrated) <= 1, "whether or not the upgrade was disturbed"
    # Operations that leave all as it was, such as a backup, may be done twice: that is what a learner would do.
    return done if state == states[done] else done + 1


def run(born: Callable[[], Learner], moments: int, seed: int) -> dict[str, object]:
    """Kill a learner again and again; each begins where the one before was killed."""
    random, most = Random(seed), (4 if moments < 100 else 12) * len(KINDS)
    states, given = undisturbed(born(), most)
    acknowledged, at = 0, 0
    interrupted: Counter[str] = Counter()
    learner = born()
    for _ in range(moments):
        if at > most - 6:
            learner, at = born(), 0
        done = killed(learner, at, most, random)
        acknowledged += done - at
        interrupted[KINDS[done % len(KINDS)]] += 1
        at = all_is_well(learner, states, done)
        number_on(
            learner.database, given[at]
        )  # what was killed half-way has used numbers up: no state would be the same
    return {"moments": moments, "acknowledged": acknowledged, "lost": 0, "interrupted": dict(interrupted)}


@pytest.fixture
def born(tmp_path, place):
    """Makes learners, each with a folder and an empty collection."""
    with ExitStack() as stack:
        numbers = count(1)

        def make() -> Learner:
            folder = tmp_path / f"life{next(numbers)}"
            folder.mkdir()
            return Learner(folder, stack.enter_context(place.database(folder)))

        yield make


def test_whoever_is_killed_at_twelve_moments_loses_nothing(born):
    report = run(born, 12, seed=int(os.environ.get("SRS_TEST_SEED", "1")))
    assert report["acknowledged"] > 12


@pytest.mark.slow
def test_whoever_is_killed_at_two_hundred_moments_loses_nothing(born, capsys, place):
    moments = (
        200 if isinstance(place, Files) else 50
    )  # the moments are those of one program; a server ends or takes back
    report = run(born, moments, seed=2)
    with capsys.disabled():
        print("\nkilled:", json.dumps(report))
    assert report["acknowledged"] > moments
