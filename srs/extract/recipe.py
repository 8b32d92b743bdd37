"""TOML -> Recipe: which labels and headings make which kind of card. Checked once, when loaded."""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from srs.errors import RecipeError
from srs.extract.wording import first_word, key
from srs.notes import KINDS


def _pattern(pattern: str) -> str:
    return "*".join(_key(part) for part in pattern.split("*"))


def _expression(pattern: str) -> str:
    """A star at the beginning stands for whole words: `*script*` is in "intro scripts", not in "description"."""
    words = (re.escape(part) for part in pattern.split("*"))
    expression = ".*".join(words) + r"\Z"
    return re.sub(r"^\.\*(?=\w)", r"(?:.* )?", expression)


def _key(part: str) -> str:
    before, after = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
    return f"{before[:1]}{key(part)}{after[:1]}"


_REMEMBERED = 500  # texts that names were held against last


@dataclass(frozen=True, slots=True)
class Names:
    """Words that a label or heading may be; `*` stands for any words. `Names` without patterns matches nothing.

    Attributes:
        beginnings: what words that match begin with, up to their first space; `None` where they may begin with any.
    """

    patterns: tuple[str, ...] = ()
    expression: re.Pattern[str] | None = None
    beginnings: tuple[str, ...] | None = None
    _known: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, patterns: list[str]) -> "Names":
        # The star and a space before or after it are kept; the rest is normalised as the text it is held against.
        keys = tuple(map(_pattern, patterns))
        fixed = [words.partition("*")[0] for words in keys]
        beginnings = {words[: words.find(" ") + 1] or words for words in fixed}
        return cls(
            tuple(patterns),
            re.compile("|".join(map(_expression, keys))) if keys else None,
            None if "" in beginnings else tuple(sorted(beginnings)),
        )

    def match(self, text: str) -> bool:
        if self.expression is None:
            return False
        found = self._known.get(text)  # one heading is held against the same names for each block below it
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[text] = self._may_match(text) and self.expression.match(key(text)) is not None
        return found

    def _may_match(self, text: str) -> bool:
        """Whether the first word is no proof that the text does not match: most texts are not what is looked for."""
        word = first_word(text) if self.beginnings is not None else ""
        return not word or f"{word} ".startswith(self.beginnings or "")

    def exact(self, text: str) -> bool:
        """Whether the text is one of the words as they stand, no star standing for a part of it."""
        return key(text) in {_pattern(pattern) for pattern in self.patterns if "*" not in pattern}

    def rank(self, text: str) -> int:
        """Place of the first pattern that matches; after all of them when none does."""
        words = key(text)
        found = (at for at, pattern in enumerate(self.patterns) if re.match(_expression(_pattern(pattern)), words))
        return next(found, len(self.patterns))


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


_OF_PARTS = frozenset({"labels", "parts", "first", "wrong", "right", "why", "without"})
WORDS = ("questions", "requests", "tasks", "answers", "follow_ups", "story", "aspects", "skip", "silence")
"""Lists of words that hold for a whole recipe, whatever the rule."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Rules in the order in which they are tried, and the words that all of them share.

    Attributes:
        questions: labels after which a question stands.
        requests: how a heading or an item may begin that asks without a question mark.
        tasks: how an item of a bank may begin that sets a task.
        answers: labels that only say that the answer follows.
        follow_ups: labels of a question that follows the one before.
        story: labels of the parts of a story; two of them in a section make it an answer.
        aspects: headings that say what is told of a thing, and not of which thing.
        skip: headings whose sections make no cards.
        silence: names of the card-quality checks that stay silent.
        digest_text: changes whenever what the recipe makes may change.
    """

    rules: tuple[Rule, ...]
    digest_text: str
    questions: Names = field(default_factory=Names)
    requests: Names = field(default_factory=Names)
    tasks: Names = field(default_factory=Names)
    answers: Names = field(default_factory=Names)
    follow_ups: Names = field(default_factory=Names)
    story: Names = field(default_factory=Names)
    aspects: Names = field(default_factory=Names)
    skip: Names = field(default_factory=Names)
    silence: tuple[str, ...] = ()

    def names_method(self, heading: str) -> bool:
        """Whether a heading is known to name a list that is remembered as a whole, such as a framework."""
        outlines = (rule.names["under"] for rule in self.rules if rule.style == "outline")
        return any(under.match(heading) for under in outlines if "*" not in under.patterns)

    def tells(self, names: Iterable[str]) -> bool:
        """Whether the names are those of the parts of a story: of three at least, which begin with different letters."""
        return len({key(name)[:1] for name in names if self.story.match(name)}) > 2

    def names_part(self, label: str) -> bool:
        """Whether the words are known to name a part of something, such as of an answer; a glossary is none."""
        if any(rule.names["under"].match(label) for rule in self.rules if rule.style == "terms"):
            return False
        names = (rule.names[part] for rule in self.rules for part in _OF_PARTS & rule.names.keys())
        return self.answers.match(label) or self.aspects.match(label) or any(each.match(label) for each in names)


def load_recipe(
    sources: Mapping[str, str], styles: Mapping[str, frozenset[str]], checks: Collection[str] = ()
) -> Recipe:
    """One recipe of several TOML texts, given by file name; a rule named as an earlier one adds its words to it.

    `styles` has the parts that each style reads, `checks` the names that may be silenced. Raises RecipeError, naming file,
    line, and what would be right.
    """
    rules: dict[str, Rule] = {}
    words: dict[str, list[str]] = {name: [] for name in WORDS}
    for path, text in sources.items():
        tables = _tables(path, text)
        for name in WORDS:
            words[name] += _words(f"{path}:{_lines(text, name)[0]}", name, tables.get(name, []))
        for check in sorted(set(words["silence"]) - set(checks)):
            place = f"{path}:{_lines(text, 'silence')[0]}"
            raise RecipeError(f"{place}: there is no check “{check}”: known are {', '.join(checks)}")
        for place, entry in _entries(path, text, tables):
            rule = _rule(place, entry, styles, rules)
            rules[rule.name] = rule
    shared = {name: Names.of(words[name]) for name in WORDS if name != "silence"}
    return Recipe(tuple(rules.values()), "\n".join(sources.values()), **shared, silence=tuple(words["silence"]))


def _tables(path: str, text: str) -> dict[str, object]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        raise RecipeError(f"{path}:{line}: {error}") from None
    except RecursionError:
        raise RecipeError(f"{path}:1: lists or tables stand within each other too deeply") from None
    unknown = tables.keys() - {"rule", *WORDS}
    if unknown:
        name = min(unknown)
        known = ", ".join(WORDS)
        raise RecipeError(
            f"{path}:{_lines(text, name)[0]}: a recipe consists of [[rule]] tables and of {known}; remove “{name}”"
        )
    if not tables:
        raise RecipeError(f"{path}:1: a recipe needs at least one [[rule]]")
    return tables


def _entries(path: str, text: str, tables: Mapping[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Where each [[rule]] stands, and what it says."""
    entries = tables.get("rule", [])
    lines = _lines(text, "rule")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise RecipeError(f"{path}:{lines[0]}: a recipe needs at least one [[rule]]")
    if len(lines) != len(entries):  # they are written in one line, or a text mentions one
        lines = lines[:1] * len(entries)
    yield from ((f"{path}:{line}", entry) for line, entry in zip(lines, entries, strict=True))


def _words(place: str, name: str, words: object) -> list[str]:
    if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
        raise RecipeError(f"{place}: {name} must be a list of words")
    return words


def _lines(text: str, name: str) -> list[int]:
    """The lines on which a table or value of that name begins; the first line where it cannot be seen."""
    begins = re.compile(rf"[\s\[\"']*{re.escape(name)}[\s\"']*[\]=.]")
    return [number for number, line in enumerate(text.splitlines(), 1) if begins.match(line)] or [1]


def _rule(
    place: str, entry: dict[str, object], styles: Mapping[str, frozenset[str]], rules: Mapping[str, Rule]
) -> Rule:
    base = rules.get(str(entry.get("name")))

    def text(name: str, allowed: tuple[str, ...] = ()) -> str:
        value = entry.get(name, getattr(base, name, None))
        if not isinstance(value, str) or not value:
            raise RecipeError(f"{place}: the rule needs a {name}")
        if allowed and value not in allowed:
            raise RecipeError(f"{place}: {name} “{value}” is not one of {', '.join(allowed)}")
        return value

    name, style, kind = text("name"), text("style", tuple(styles)), text("kind", KINDS)
    parts = styles[style]
    names: dict[str, Names] = dict(base.names) if base and base.style == style else {}
    for part, words in entry.items():
        if part in {"name", "style", "kind"}:
            continue
        if part not in parts:
            raise RecipeError(f"{place}: style “{style}” reads {', '.join(sorted(parts))}; it knows no “{part}”")
        earlier = names.get(part, Names()).patterns
        names[part] = Names.of([*earlier, *_words(place, part, words)])
    return Rule(name, kind, style, {part: names.get(part, Names()) for part in parts})
