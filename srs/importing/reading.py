"""Reads source documents: files, folders, standard input; and finds the recipe that each of them is read by."""

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from hashlib import blake2b
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple

from srs import __version__
from srs.errors import ImportFailed, RecipeError
from srs.notes import KnownDocument, Problem
from srs.records.schema import SUFFIXES as RECORDS
from srs.shipped import shipped

if TYPE_CHECKING:
    from srs.extract.recipe import Recipe

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".txt"})
_BETWEEN = os.sep
_ENDINGS = tuple(SUFFIXES)
STDIN = "-"
RECIPES = ("notations", "interview", "speaking", "general")
"""The shipped recipes in the order in which they are tried: what an author marked first, what is most general last."""
LARGEST = 16 << 20
"""Bytes that a document may have: a thousand pages are one or two megabytes."""

LARGEST_RECIPE = 64 << 10
"""Bytes that a recipe may have."""

OWN_RECIPE = "srs-recipe.toml"
"""A file of this name holds for the documents in its folder and below it."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MATTER_END = re.compile(rb"[\r\n]---[ \t]*(?:[\r\n]|\Z)")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to read, the name it is known by, and the deck that its place gives.

    Attributes:
        folder: the one that was named, when it was not the file itself.
        place: the folder that the file is really in, where that is known: of no link.
    """

    source: str
    name: str
    deck: str
    folder: Path | None = None
    place: Path | None = None

    @property
    def shown(self) -> str:
        return self.name if self.source == STDIN else self.source


class RecipeSources(NamedTuple):
    """What a recipe is made of: names of shipped ones, and files of the user's own as (name, text)."""

    names: tuple[str, ...] = RECIPES
    own: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A document that has changed, as it was read.

    Attributes:
        recipe: the one to read it by, or the sources of it.
        deck: the one asked for, or that it is in already; empty where it says so itself, or its place does.
    """

    file: SourceFile
    data: bytes
    digest: bytes
    recipe: "Recipe | RecipeSources"
    deck: str = ""
    known_deck: str = ""


@cache
def _shipped(name: str) -> str:
    return (shipped("decks") / "recipes" / f"{name}.toml").read_text("utf-8")


@cache
def shipped_recipe(names: tuple[str, ...] = RECIPES, own: tuple[tuple[str, str], ...] = ()) -> "Recipe":
    """The recipe of these shipped files, and of files of the user's own, given as (name, text), that come after them.

    Rules that are the user's alone are tried first: what ships would leave them nothing, for it reads any list and table.
    """
    from srs.extract.recipe import load_recipe
    from srs.extract.styles import STYLES
    from srs.quality import CHECKS

    recipe = load_recipe(_texts(names, own), {name: style.names for name, style in STYLES.items()}, CHECKS)
    ours = {rule.name for rule in shipped_recipe(names).rules} if own else set()
    return replace(recipe, rules=tuple(sorted(recipe.rules, key=lambda rule: rule.name in ours))) if own else recipe


def _texts(names: tuple[str, ...], own: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {f"{name}.toml": _shipped(name) for name in names} | dict(own)


def recipe_of(file: SourceFile, matter: Mapping[str, str]) -> "Recipe":
    """The recipe that a document is read by. Raises RecipeError."""
    return shipped_recipe(*_sources(file, matter))


def sources_of(file: SourceFile, data: bytes) -> RecipeSources:
    """The sources of the recipe that a document, of these bytes, is read by. Raises RecipeError."""
    matter = _matter(data)
    may_name_one = b"recipe" in matter.lower() or data.startswith(_UTF_16)
    return _sources(file, _values(matter) if may_name_one else {})


def _sources(file: SourceFile, matter: Mapping[str, str]) -> RecipeSources:
    """The sources of the recipe that a document is read by.

    All that ships, or those that `recipe:` in its front matter names (`interview`, or a TOML file beside the document);
    and every `srs-recipe.toml` in its folder and those above it, the nearest last. Raises RecipeError.
    """
    if not matter and file.source != STDIN:
        return _unasked(file.place or _folder(Path(file.source)))
    names, own = list(RECIPES), []
    asked = [name.strip().strip("'\"") for name in matter.get("recipe", "").strip("[]").split(",") if name.strip()]
    if asked:
        names = [name for name in RECIPES if name in asked or name == "notations"]
    if file.source != STDIN:
        own = [*_unasked(file.place or _folder(Path(file.source))).own]
    for name in asked:
        if name not in RECIPES:
            folder = Path(file.source).parent
            path = folder / name
            if not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
                known = ", ".join(RECIPES)
                raise RecipeError(f"{file.shown}: there is no recipe “{name}”: name one of {known}, or a TOML file")
            own.append((str(path), _text(path)))
    return RecipeSources(tuple(names), tuple(own))


def _folder(source: Path) -> Path:
    """The folder that a file really lies in; a link lies where it leads to."""
    return source.resolve().parent if source.is_symlink() else _resolved(source.parent)


@cache
def _resolved(folder: Path) -> Path:
    return folder.resolve()


@cache
def _unasked(folder: Path) -> RecipeSources:
    """What is read by in a folder where a document names nothing else."""
    found = (path for place in reversed((folder, *folder.parents)) if (path := place / OWN_RECIPE).is_file())
    return RecipeSources(own=tuple((str(path), _text(path)) for path in found))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_RECIPE:
            raise RecipeError(f"{path}: a recipe has at most {LARGEST_RECIPE >> 10} kilobytes: is this one?")
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: the recipe cannot be read: {error}") from None


def forget_recipes() -> None:
    """Look for recipes anew: they may have been edited since the last import of this process."""
    _unasked.cache_clear()
    _resolved.cache_clear()


def are_records(name: str) -> bool:
    """Whether a path names a file of records, not a document or a folder."""
    return Path(name).suffix.lower() in RECORDS and not Path(name).is_dir()


def files(paths: Sequence[str], starter: bool, name: str | None) -> Iterator[SourceFile]:
    seen: set[str] = set()
    for file in _named_files(paths, starter, name):
        if file.name not in seen:
            seen.add(file.name)
            yield file


def _named_files(paths: Sequence[str], starter: bool, stdin_name: str | None) -> Iterator[SourceFile]:
    if starter:
        root = shipped("decks") / "starter"
        for path in sorted(root.rglob("*.md")):
            inside = path.relative_to(root)
            yield SourceFile(str(path), f"starter/{inside.as_posix()}", inside.with_suffix("").as_posix())
    for name in paths:
        path = Path(name)
        if name == STDIN:
            yield SourceFile(STDIN, stdin_name or STDIN, _deck_of(stdin_name) if stdin_name else "stdin")
        elif path.is_dir():
            found = sorted(_documents(str(path), ()))
            if not found:
                raise ImportFailed(f"{name}: no documents in this folder: srs reads {', '.join(sorted(SUFFIXES))}")
            root = path.resolve()
            shown, over = ("" if each == Path() else str(each).rstrip(os.sep) + os.sep for each in (path, root))
            places: dict[tuple[str, ...], Path] = {}
            for (*way, file), is_link in found:
                place = places.get(tuple(way)) or places.setdefault(tuple(way), root.joinpath(*way))
                names_in = _BETWEEN.join((*way, file))
                deck = "/".join((root.name, *way, file[: file.rindex(".")])).lstrip("/")
                yield SourceFile(shown + names_in, over + names_in, deck, root, None if is_link else place)
        elif path.exists():
            yield SourceFile(str(path), str(path.resolve()), path.stem)
        else:
            raise ImportFailed(f"{name}: no such file or folder: check the path")


def _documents(folder: str, inside: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The documents in a folder and those below it, each by the names on the way to it, and whether it is a link.

    Nothing hidden, and no linked folder.
    """
    try:
        entries = list(os.scandir(folder))
    except PermissionError:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _documents(entry.path, (*inside, entry.name))
        elif entry.name.lower().endswith(_ENDINGS) and entry.is_file():
            yield (*inside, entry.name), entry.is_symlink()


def _deck_of(name: str) -> str:
    """The deck of a document that is only a name: as for a file or, if it has folders of its own, for one in a folder."""
    path = Path(name)
    path = path.with_suffix("") if path.suffix.lower() in SUFFIXES else path
    return path.name if path.is_absolute() else path.as_posix()


def slash_path(deck: str) -> str:
    return "/".join(part.strip() for part in deck.split("/") if part.strip()) or "notes"


def read(file: SourceFile, problems: list[Problem]) -> bytes | None:
    """The bytes of a file; `None`, and a problem more, when it cannot be read."""
    if not file.name.isascii() and any("\ud800" <= character <= "\udfff" for character in file.name):
        problems.append(Problem(file.shown, 0, "has a name that is not UTF-8: rename it"))
        return None
    try:
        data = sys.stdin.buffer.read(LARGEST + 1) if file.source == STDIN else _bytes(file)
    except OSError as error:
        problems.append(Problem(file.shown, 0, f"cannot be read: {error.strerror or error}"))
        return None
    if len(data) > LARGEST:
        problems.append(Problem(file.shown, 0, f"has more than {LARGEST >> 20} megabytes: split it, if it is notes"))
        return None
    return data


def _bytes(file: SourceFile) -> bytes:
    """The bytes of a file, at most one more than `LARGEST`. Raises OSError also for what is no file, or not where it seems."""
    flags = _READING
    if file.place is not None:  # it was no link when it was found
        flags |= _NO_LINK
    elif file.folder is not None and not Path(file.source).resolve().is_relative_to(file.folder):
        raise OSError("it is a link out of the folder that was named; name what it points to")
    elif not Path(file.source).is_file():
        raise OSError("it is a pipe or a device, no file; - reads from a pipe")
    opened = os.open(file.source, flags)
    try:
        found = os.fstat(opened)
        if not S_ISREG(found.st_mode):
            raise OSError("it is a pipe or a device, no file; - reads from a pipe")
        return _all_of(opened, found.st_size)
    finally:
        os.close(opened)


# A pipe that took a file's place is not waited for, and a link that did is not followed.
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def _all_of(opened: int, size: int) -> bytes:
    """What is in an open file that is said to have this size, at most one byte more than `LARGEST`."""
    data = os.read(opened, min(size, LARGEST) + 1)
    if len(data) == size:
        return data
    parts = [data]  # it has grown, or comes in parts
    while parts[-1] and (left := LARGEST + 1 - sum(map(len, parts))) > 0:
        parts.append(os.read(opened, left))
    return b"".join(parts)


def matter_of(data: bytes) -> dict[str, str]:
    """The front matter of a document, of which no more is decoded than that."""
    return _values(_matter(data))


def _matter(data: bytes) -> bytes:
    """The bytes that hold the front matter; all of them in UTF-16, where every sign is two bytes."""
    if data.startswith(_UTF_16):
        return data
    end = _MATTER_END.search(data, 3) if b"---" in data[:8] else None
    return data[: end.end()] if end else b""


def _values(matter: bytes) -> dict[str, str]:
    from srs.extract import front_matter
    from srs.extract.repair import decode

    decoded = decode(matter)
    return front_matter(decoded.text) if decoded else {}


def digest_of(data: bytes, recipe: "Recipe | RecipeSources", deck: str | None) -> bytes:
    """Of the bytes of a document, and of all that decides what is made of them.

    What decides comes first: it is longer than most documents, and its part of the digest is reckoned once.
    """
    digest = _begun(_text_of(recipe), deck or "").copy()
    digest.update(data)
    return digest.digest()


def was_digest_of(data: bytes, recipe: "Recipe | RecipeSources", deck: str | None) -> bytes:
    """The digest as collections still have it that were made before `digest_of` was what it is."""
    digest = blake2b(data, digest_size=16)
    digest.update(_deciding(_text_of(recipe), deck or ""))
    return digest.digest()


@lru_cache
def _begun(recipe: str, deck: str) -> blake2b:
    deciding = _deciding(recipe, deck)
    return blake2b(len(deciding).to_bytes(8, "little") + deciding, digest_size=16)


@lru_cache
def _deciding(recipe: str, deck: str) -> bytes:
    return b"".join(b"\0" + part.encode("utf-8", "surrogatepass") for part in (recipe, __version__, deck))


def _text_of(recipe: "Recipe | RecipeSources") -> str:
    return _joined(recipe) if isinstance(recipe, RecipeSources) else recipe.digest_text


@lru_cache
def _joined(sources: RecipeSources) -> str:
    return "\n".join(_texts(*sources).values())


def gone_from(paths: Sequence[str], known: Mapping[str, KnownDocument], present: set[str]) -> set[str]:
    """Documents that were imported from one of the folders, are no longer there, and were not yet emptied for it."""
    folders = (str(Path(name).resolve()) for name in paths if name != STDIN and Path(name).is_dir())
    roots = tuple(folder.rstrip(os.sep) + os.sep for folder in folders)
    missing = (name for name, document in known.items() if document.digest and name not in present)
    return {name for name in missing if name.startswith(roots) and not Path(name).exists()}
