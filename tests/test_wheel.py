"""The wheel, built from the checkout and installed where there is no checkout: what a learner gets from a package index."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


def run(*command: str | Path, stdin: str = "", cwd: Path, home: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("SRS_", "XDG_", "PYTHON"))}
    if home is not None:
        environment["HOME"] = str(home)
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, cwd=cwd, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps")
    run(*pip, "-w", folder, CHECKOUT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_decks_and_migrations_and_one_package(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    inside = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert {name.split("/")[0] for name in inside} == {"srs"}
    assert not [name for name in names if "__pycache__" in name]
    for folder in ("decks", "migrations"):
        tracked = [path for path in (CHECKOUT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        assert tracked
        assert {f"srs/{path.relative_to(CHECKOUT).as_posix()}" for path in tracked} <= inside
    assert {"srs/py.typed", "srs/page/page.css", "srs/page/page.js"} <= inside


def test_a_first_day_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    bin = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(bin / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check", wheel, cwd=tmp_path)
    home = tmp_path / "learner"
    home.mkdir()

    def srs(*arguments: str, stdin: str = "") -> str:
        return run(bin / "srs", *arguments, stdin=stdin, cwd=home, home=home)

    where = run(bin / "python", "-c", "import srs; print(srs.__file__)", cwd=home, home=home)
    assert str(tmp_path / "venv") in where
    assert srs("--version").startswith("srs")
    assert "Next: srs review" in srs("import", "--starter")
    assert "2 answers" in srs("review", stdin="\n3\n\n1\n")
    assert srs("export", "reviews").count("\n") == 3
    assert srs("stats")
