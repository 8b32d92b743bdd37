"""kill -9 at any moment: what was acknowledged is there, nothing is half there, and the next start finds all in order."""

import json
import os
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random

import pytest
from killed import KINDS, NOW, Learner, digest, undisturbed, work

from srs.care.doctor import diagnose
from srs.store import open_store
from srs.store.files import verified

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills as POSIX does")


def killed(folder: Path, first: int, end: int, random: Random) -> int:
    """Let a learner work, kill it a moment after some operation, and return how many it has acknowledged then."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["killed"])
    hear, tell = context.Pipe(duplex=False)
    child = context.Process(target=work, args=(folder, first, end, tell))
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
    database = Path(learner.settings.database)
    if database.stat().st_size:
        verified(database)
    state = learner.state()
    assert state in states[done : done + 2], f"neither as after operation {done} nor as after the next one"
    with closing(open_store(learner.settings.database)) as store:
        assert diagnose(store, learner.settings, NOW + timedelta(days=4000)) == []
    for number in range(done):
        if KINDS[number % len(KINDS)] == "backup":
            assert learner.saved(number).exists()
    for copy in [*learner.folder.glob("saved-*.db"), *learner.folder.glob("backups/*.db")]:
        verified(copy)
    migrated = {digest(old) for old in learner.migrated()}
    assert len(migrated) <= 1, "whether or not the upgrade was disturbed"
    # Operations that leave all as it was, such as a backup, may be done twice: that is what a learner would do.
    return done if state == states[done] else done + 1


def run(tmp_path: Path, moments: int, seed: int) -> dict[str, object]:
    """Kill a learner again and again; each begins where the one before was killed."""
    random, most = Random(seed), (4 if moments < 100 else 12) * len(KINDS)
    states = undisturbed(tmp_path / "undisturbed", most)
    acknowledged, at, lives = 0, 0, 1
    interrupted: Counter[str] = Counter()
    learner = Learner(tmp_path / "life1")
    for _ in range(moments):
        if at > most - 6:
            lives, at = lives + 1, 0
            learner = Learner(tmp_path / f"life{lives}")
        learner.folder.mkdir(exist_ok=True)
        done = killed(learner.folder, at, most, random)
        acknowledged += done - at
        interrupted[KINDS[done % len(KINDS)]] += 1
        at = all_is_well(learner, states, done)
    return {"moments": moments, "acknowledged": acknowledged, "lost": 0, "interrupted": dict(interrupted)}


@pytest.fixture(autouse=True)
def _folders(tmp_path):
    (tmp_path / "undisturbed").mkdir()


def test_whoever_is_killed_at_twelve_moments_loses_nothing(tmp_path):
    report = run(tmp_path, 12, seed=int(os.environ.get("SRS_TEST_SEED", "1")))
    assert report["acknowledged"] > 12


@pytest.mark.slow
def test_whoever_is_killed_at_two_hundred_moments_loses_nothing(tmp_path, capsys):
    report = run(tmp_path, 200, seed=2)
    with capsys.disabled():
        print("\nkilled:", json.dumps(report))
    assert report["acknowledged"] > 200
