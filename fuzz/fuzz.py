"""Coverage-guided fuzzing of all that reads what strangers write: see README.md beside this file.

Run as: python fuzz/fuzz.py {decode,extract,recipe,query} [libFuzzer options] [corpus folder]
"""

import sys
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["srs", "markdown_it", "mdit_py_plugins"]):
    from srs.cues import distinct
    from srs.errors import QueryError, RecipeError
    from srs.extract import extract, front_matter
    from srs.extract.recipe import load_recipe
    from srs.extract.repair import decode
    from srs.extract.styles import STYLES
    from srs.importing import shipped_recipe
    from srs.notes import Document
    from srs.quality import CHECKS
    from srs.query import LONGEST, as_text, parse
    from srs.texts import normalised

RECIPE = shipped_recipe()
STYLE_NAMES = {name: style.names for name, style in STYLES.items()}


def fuzz_decode(data: bytes) -> None:
    """Bytes are text, or are none; text is the same text when it is read once more, and no character of it is lost."""
    found = decode(data)
    if found is not None:
        again = decode(found.text.encode("utf-8", "surrogatepass"))
        assert again is None or "\r" not in again.text
        front_matter(found.text)


def fuzz_extract(data: bytes) -> None:
    """Any text makes sound cards, the same ones each time."""
    found = decode(data)
    if found is None:
        return
    document = Document("any.md", found.text, b"", "any")
    notes = distinct(extract(document, RECIPE).notes, set())
    assert all(note.prompt.strip() for note in notes)
    assert len({normalised(note.prompt) for note in notes}) == len(notes)


def fuzz_recipe(data: bytes) -> None:
    """Any text is a recipe, or is refused with a RecipeError."""
    try:
        recipe = load_recipe({"mine.toml": data.decode("utf-8", "replace")}, STYLE_NAMES, CHECKS)
    except RecipeError:
        return
    extract(Document("any.md", "# A\n\n## B\n\n- c\n- d\n", b"", "any"), recipe)


def fuzz_query(data: bytes) -> None:
    """Any text is a query, or is refused with a QueryError that names a place in it; a query survives being written."""
    text = data.decode("utf-8", "replace")
    try:
        query = parse(text)
    except QueryError as error:
        place = error.position
    else:
        place = 0
        written = as_text(query)
        assert len(written) > LONGEST or parse(written) == query
    assert 0 <= place <= len(text)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": fuzz_decode,
    "extract": fuzz_extract,
    "recipe": fuzz_recipe,
    "query": fuzz_query,
}

if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in TARGETS:
        sys.exit(f"{Path(__file__).name}: name one of {', '.join(TARGETS)}")
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[name])
    atheris.Fuzz()
