"""Several processes make of documents what one makes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks import data
from srs.errors import RecipeError
from srs.importing import plan_import, workers
from srs.importing.reading import Read, RecipeSources, files
from srs.store import Store


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents enough for two processes that are begun soon, some of them none."""
    monkeypatch.setattr(workers, "ALONE", 10_000)
    monkeypatch.setattr(workers, "BATCH", 15_000)
    folder = tmp_path / "notes"
    data.documents(folder, 30, 40, mixed=True)
    (folder / "area-03" / "picture.md").write_bytes(b"\0\1")
    (folder / "area-11" / "damaged.md").write_text("# T\n\n```\nnever closed â€œquotedâ€\x9d\n", "utf-8")
    (folder / "area-12" / "empty.md").write_text(" \n", "utf-8")
    (folder / "area-13" / "srs-recipe.toml").write_text('skip = ["phrases"]\n', "utf-8")
    return folder


def test_two_processes_plan_what_one_plans(store: Store, folder: Path) -> None:
    alone, helped = (plan_import(store, [str(folder)], processes=number) for number in (1, 2))
    assert helped == alone
    assert len(alone.changes.added) > 1000
    assert len(alone.problems) == 3


def test_progress_is_told_document_by_document_whoever_reads_them(store: Store, folder: Path) -> None:
    told: list[int] = []
    plan_import(store, [str(folder)], processes=2, progress=lambda done, _of: told.append(done))
    assert told == list(range(1, 34))


def test_the_first_mistake_in_a_recipe_is_told_whoever_finds_it(store: Store, folder: Path) -> None:
    (folder / "area-15" / "srs-recipe.toml").write_text("skip = 1\n", "utf-8")
    (folder / "area-16" / "topic-00016.md").write_text("---\nrecipe: none.toml\n---\n", "utf-8")
    said = []
    for number in (1, 2):
        with pytest.raises(RecipeError) as error:
            plan_import(store, [str(folder)], processes=number)
        said.append(str(error.value))
    assert said[0] == said[1]
    assert "area-15" in said[0]


def test_what_a_process_that_was_killed_should_have_made_is_made_here(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [
        Read(file, Path(file.source).read_bytes(), b"", RecipeSources())
        for file in files([str(folder)], starter=False, name=None)
    ]
    alone = list(workers.made_in_order(given))
    monkeypatch.setattr(workers, "_made_of_all", _killed)
    assert list(workers.made_in_order(given, 2)) == alone


def _killed(_given: list[Read]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_without_other_processes_one_makes_all(folder: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = plan_import(store, [str(folder)])

    def none(_number: int) -> None:
        raise OSError("no semaphores here")

    monkeypatch.setattr(workers, "_pool", none)
    assert plan_import(store, [str(folder)], processes=2) == alone


@pytest.mark.slow
def test_ctrl_c_ends_all_of_them_without_a_word(tmp_path: Path) -> None:
    data.documents(tmp_path / "notes", 1500, 50)
    words = [sys.executable, "-m", "srs", "--database", str(tmp_path / "srs.db"), "import", str(tmp_path / "notes")]
    began = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(4)
    os.killpg(began.pid, signal.SIGINT)
    said = began.communicate(timeout=60)
    assert (began.returncode, said) == (130, ("", ""))
