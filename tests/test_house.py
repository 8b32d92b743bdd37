"""The plan of the house, held by its imports."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import srs
from srs.store import open_store

ROOT = Path(srs.__file__).parent
FLOORS = {
    5: {"__main__"},
    4: {"cli", "web"},
    3: {"importing", "curating", "study", "stats", "export", "tuning", "planning", "care"},
    2: {
        "extract",
        "reconcile",
        "scheduling",
        "cues",
        "answering",
        "quality",
        "query",
        "limits",
        "memory",
        "page",
        "records",
        "render",
        "store",
        "settings",
    },
    1: {
        "assignment",
        "cards",
        "notes",
        "days",
        "errors",
        "figures",
        "parameters",
        "processes",
        "shipped",
        "terms",
        "__init__",
    },
    0: {"texts"},
}
FLOOR = {room: floor for floor, rooms in FLOORS.items() for room in rooms}
IMPORTERS = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "fsrs": {"scheduling"},
    "markdown_it": {"extract/blocks", "extract/markdown", "render"},
    "mdit_py_plugins": {"extract/markdown"},
    "rapidfuzz": {"extract/__init__", "reconcile", "quality"},
    "ftfy": {"extract/repair"},
    "numpy": {"memory"},
    "scipy": {"memory"},
    "plotly": {"page"},
    "pyarrow": {"records"},
    "orjson": {"records"},
}
MODULES = sorted(ROOT.rglob("*.py"))


def name_of(module):
    return module.relative_to(ROOT).with_suffix("").as_posix()


def room_of(name):
    return name.split("/")[0]


def imports(module):
    """Full names of what a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are written in full"
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_an_import_goes_to_a_lower_floor_or_stays_in_its_room(module):
    room = room_of(name_of(module))
    for name in imports(module):
        package, _, rest = name.partition(".")
        other = rest.partition(".")[0]
        if package == "srs" and not other.startswith("__") and other != room:
            assert FLOOR[other] < FLOOR[room], f"{room} (floor {FLOOR[room]}) imports {other} (floor {FLOOR[other]})"


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_a_package_is_imported_only_where_the_plan_says(module):
    name = name_of(module)
    for imported in imports(module):
        rooms = IMPORTERS.get(imported.partition(".")[0])
        assert rooms is None or name in rooms or room_of(name) in rooms, f"{name} imports {imported}"


def test_every_room_stands_on_a_floor():
    assert {room_of(name_of(module)) for module in MODULES} <= FLOOR.keys()


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["review", "--help"], ["optimize", "--help"]], ids=" ".join
)
def test_help_and_version_load_nothing_slow(arguments):
    slow = "sqlalchemy fsrs alembic rich markdown_it ftfy rapidfuzz platformdirs numpy scipy"
    slow += " dataclasses" * (len(arguments) == 1)  # it takes as long to load as our own modules together
    program = f"""if True:
        import sys
        from srs.cli import main
        try:
            main({arguments!r})
        finally:
            print(sorted(set({slow!r}.split()) & sys.modules.keys()), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_first_card_is_shown_without_what_only_its_answer_needs(tmp_path):
    """The rest is loaded while the question is read."""
    path = str(tmp_path / "srs.db")
    open_store(path).close()
    program = f"""if True:
        import sys
        from datetime import UTC, datetime
        from srs.cards import Preset
        from srs.cli import exercises, session
        from srs.care.daily import safeguard
        from srs.days import Days
        from srs.render import terminal
        from srs.store.queue import open_queue
        from srs.study import Session
        sitting = Session(open_queue({path!r}), Preset(), Days())
        sitting.next(datetime.now(UTC)), sitting.waiting(datetime.now(UTC)), terminal("Opening: “T…”, 9 words")
        slow = {{"fsrs", "markdown_it", "pygments", "rapidfuzz", "sqlalchemy", "srs.store.store", "srs.notes", "srs.terms",
            "tomllib", "difflib", "concurrent.futures.thread", "srs.store.copying"}}
        print(sorted(slow & sys.modules.keys()), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_figures_of_a_file_are_counted_without_what_only_changes_need(tmp_path):
    open_store(path := str(tmp_path / "srs.db")).close()
    words = ["--database", path, "stats", "--json"]
    program = f"""if True:
        import sys
        from srs.cli import main
        try:
            main({words!r})
        finally:
            slow = {{"sqlalchemy", "srs.store.store", "concurrent.futures.thread", "logging", "fsrs", "rich"}}
            print(sorted(slow & sys.modules.keys()), file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_an_import_that_changes_nothing_is_made_without_what_only_changes_need(tmp_path):
    (tmp_path / "notes.md").write_text("# Tea\n\n## Phrases\n\n- Shall we have some tea?\n", "utf-8")
    words = ["--database", str(tmp_path / "srs.db"), "import", str(tmp_path / "notes.md")]
    slow = (
        "sqlalchemy alembic markdown_it mdit_py_plugins ftfy rapidfuzz fsrs rich difflib json "
        "srs.extract srs.reconcile srs.quality srs.importing.changing srs.store.store"
    )
    program = f"""if True:
        import sys
        from srs.cli import main
        try:
            main({words!r})
        finally:
            print(sorted(set({slow!r}.split()) & sys.modules.keys()), file=sys.stderr)
    """
    for said, loaded in (("1 new", False), ("Nothing changed in 1 document", True)):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert said in done.stdout
        assert (done.stderr.strip() == "[]") is loaded


@pytest.mark.parametrize("module", MODULES, ids=name_of)
def test_what_a_reader_meets_first_says_what_it_is(module):
    """Modules and classes always; a function when it is longer than its name can say."""
    tree = ast.parse(module.read_text("utf-8"))
    if name_of(module) not in {"__init__", "__main__"}:
        assert ast.get_docstring(tree)
    for node in tree.body:
        is_long = isinstance(node, ast.ClassDef) or (isinstance(node, ast.FunctionDef) and len(node.body) > 5)
        if is_long and not node.name.startswith("_"):
            assert ast.get_docstring(node), node.name
