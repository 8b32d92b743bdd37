"""TOML -> Recipe: which labels and headings make which kind of card. Checked once, when loaded."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import translate

from srs.cards import KINDS
from srs.errors import RecipeError
from srs.extract.wording import key


def _key(part: str) -> str:
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before[:1]}{key(part)}{after[:1]}"


@dataclass(frozen=True, slots=True)
class Names:
    """Words that a label or heading may be; `*` stands for any words. `Names` without patterns matches nothing."""

    patterns: tuple[str, ...] = ()
    expression: re.Pattern[str] | None = None

    @classmethod
    def of(cls, patterns: list[str]) -> "Names":
        # The star and a space before or after it are kept; the rest is normalised as the text it is held against.
        keys = tuple("*".join(_key(part) for part in pattern.split("*")) for pattern in patterns)
        return cls(tuple(patterns), re.compile("|".join(translate(k) for k in keys)) if keys else None)

    def match(self, text: str) -> bool:
        return self.expression is not None and self.expression.match(key(text)) is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which notes stand on paper.

    Attributes:
        style: the function in `styles.STYLES` that reads it.
        names: the words that the style looks for, by their part in it.
    """

    name: str
    kind: str
    style: str
    names: Mapping[str, Names]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Rules in the order in which they are tried. `digest_text` changes whenever what they make may change."""

    rules: tuple[Rule, ...]
    digest_text: str


def load_recipe(sources: Mapping[str, str], styles: Mapping[str, frozenset[str]]) -> Recipe:
    """One recipe of several TOML texts, given by file name.

    `styles` has the parts that each style reads. Raises RecipeError, naming file, line, and what would be right.
    """
    rules = [rule for path, text in sources.items() for rule in _rules(path, text, styles)]
    return Recipe(tuple(rules), "\n".join(sources.values()))


def _rules(path: str, text: str, styles: Mapping[str, frozenset[str]]) -> list[Rule]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise RecipeError(f"{path}:{line}: {error}") from None
    unknown = tables.keys() - {"rule"}
    if unknown:
        name = min(unknown)
        raise RecipeError(f"{path}:{_lines(text, name)[0]}: a recipe consists of [[rule]] tables; remove “{name}”")
    entries = tables.get("rule")
    lines = _lines(text, "rule")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise RecipeError(f"{path}:{lines[0]}: a recipe needs at least one [[rule]]")
    if len(lines) != len(entries):  # they are written in one line, or a text mentions one
        lines = lines[:1] * len(entries)
    return [_rule(f"{path}:{line}", entry, styles) for line, entry in zip(lines, entries, strict=True)]


def _lines(text: str, name: str) -> list[int]:
    """The lines on which a table or value of that name begins; the first line where it cannot be seen."""
    begins = re.compile(rf"[\s\[\"']*{re.escape(name)}[\s\"']*[\]=.]")
    return [number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)] or [1]


def _rule(place: str, entry: dict[str, object], styles: Mapping[str, frozenset[str]]) -> Rule:
    def text(name: str, allowed: tuple[str, ...] = ()) -> str:
        value = entry.get(name)
        if not isinstance(value, str) or not value:
            raise RecipeError(f"{place}: the rule needs a {name}")
        if allowed and value not in allowed:
            raise RecipeError(f"{place}: {name} “{value}” is not one of {', '.join(allowed)}")
        return value

    name, style, kind = text("name"), text("style", tuple(styles)), text("kind", KINDS)
    parts = styles[style]
    names: dict[str, Names] = {}
    for part, words in entry.items():
        if part in {"name", "style", "kind"}:
            continue
        if part not in parts:
            raise RecipeError(f"{place}: style “{style}” reads {', '.join(sorted(parts))}; it knows no “{part}”")
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip(" *") for word in words):
            raise RecipeError(f"{place}: {part} must be a list of words")
        names[part] = Names.of(words)
    return Rule(name, kind, style, {part: names.get(part, Names()) for part in parts})
