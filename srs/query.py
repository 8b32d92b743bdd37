"""The language in which cards are looked for: text -> syntax tree, and back. Pure: what a tree finds, `store/search.py` says.

    deck:interview (is:due or rated:7:1) -tag:easy "word for word"

Words beside each other must all hold; `or` binds less; `-` or `not` turns one around; parentheses group.
"""

import re

from srs.errors import QueryError
from srs.notes import KINDS
from srs.terms import (
    EVERYTHING,
    PROPERTIES,
    STATES,
    Added,
    And,
    Deck,
    Id,
    Is,
    Kind,
    Not,
    Or,
    Path,
    Prop,
    Query,
    Rated,
    Tag,
    Text,
)

WORDS = ("deck", "kind", "tag", "is", "rated", "prop", "added", "id", "path", "source")

LONGEST, DEEPEST, MOST_DAYS = 1000, 50, 36_500
"""Characters of a query, parentheses in one another, and days back: what a database can be asked in one sentence."""

_STATE_NAMES = {"learn": "learning"}
_PROPERTY_NAMES = {"s": "stability", "d": "difficulty", "r": "retrievability", "ivl": "interval"}


def parse(text: str) -> Query:
    """The tree of a query; an empty one is `EVERYTHING`. Raises QueryError with the place of the mistake."""
    if len(text) > LONGEST:
        raise QueryError(text[:20] + "…", LONGEST, f"a query has at most {LONGEST} characters")
    if bad := re.search("[\0\ud800-\udfff]", text):
        raise QueryError(text, bad.start(), "no card holds this character")
    return _Parser(text).query()


def as_text(query: Query) -> str:
    """A text that `parse` makes the same tree of, where it is not too long: names are written out, texts in quotes."""
    match query:
        case Text(text):
            return _quoted(text)
        case Deck(name):
            return f"deck:{_quoted(name)}"
        case Kind(name):
            return f"kind:{name}"
        case Tag(name):
            return f"tag:{_quoted(name)}"
        case Path(text):
            return f"path:{_quoted(text)}"
        case Is(state):
            return f"is:{state}"
        case Rated(days, rating):
            return f"rated:{days}" if rating is None else f"rated:{days}:{rating}"
        case Added(days):
            return f"added:{days}"
        case Prop(name, comparison, value):
            return f"prop:{name}{comparison}{repr(value).removesuffix('.0')}"
        case Id(ids):
            return "id:" + ",".join(map(str, ids))
        case Not(of):
            return f"-{_grouped(of)}"
        case And(parts):
            return " ".join(_grouped(part) for part in parts)
        case Or(parts):
            return " or ".join(as_text(part) if isinstance(part, And) else _grouped(part) for part in parts)


def _grouped(query: Query) -> str:
    return f"({as_text(query)})" if isinstance(query, And | Or) else as_text(query)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Reads from left to right; `_at` is the next character."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._depth = text, 0, 0

    def query(self) -> Query:
        if not self._skip():
            return EVERYTHING
        found = self._or()
        if self._skip():  # only a parenthesis ends what is read
            raise self._wrong("this parenthesis closes nothing", self._at)
        return found

    def _or(self) -> Query:
        parts = [self._and()]
        while self._word("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _and(self) -> Query:
        parts = [self._not()]
        while self._word("and") or (self._skip() and self._text[self._at] != ")" and not self._sees("or")):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _not(self) -> Query:
        if not self._skip():
            raise self._wrong("something is missing at the end", len(self._text))
        begin = self._at
        self._depth += 1
        if self._depth > DEEPEST:
            raise self._wrong(f"at most {DEEPEST} parentheses stand in one another", begin)
        found = self._turned_or_grouped(begin)
        self._depth -= 1
        return found

    def _turned_or_grouped(self, begin: int) -> Query:
        character = self._text[begin]
        for operator in ("and", "or"):
            if self._sees(operator):
                raise self._wrong(f"“{operator}” stands between two things; in quotes it is a word to look for", begin)
        if character == "-":
            self._at += 1
            if self._at == len(self._text) or self._text[self._at].isspace():
                raise self._wrong("“-” stands right before what is not wanted", begin)
            return Not(self._not())
        if self._word("not"):
            return Not(self._not())
        if character == ")":
            raise self._wrong("something is missing before this parenthesis", begin)
        if character == "(":
            self._at += 1
            inner = self._or()
            if not self._skip():
                raise self._wrong("this parenthesis is not closed", begin)
            self._at += 1
            return inner
        return self._term()

    def _term(self) -> Query:
        begin = self._at
        named = re.compile(r"([A-Za-z]+):").match(self._text, begin)
        if named is None:
            return Text(self._value(begin))
        word = named[1].lower()
        if word not in WORDS:
            raise self._wrong(
                f"there is no “{word}:”, only {', '.join(f'{w}:' for w in WORDS)}; in quotes it is a text", begin
            )
        self._at = named.end()
        return self._meaning(word, self._value(begin), named.end())

    def _value(self, begin: int) -> str:
        """A text in quotes, or up to the next space or parenthesis."""
        start = self._at
        if self._text.startswith('"', start):
            found = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL).match(self._text, start)
            if found is None:
                raise self._wrong("this quote is not closed", start)
            value = re.sub(r'\\(["\\])', r"\1", found[1])
        else:
            found = re.compile(r"[^\s()]*").match(self._text, start)
            assert found is not None
            value = found[0]
        self._at = found.end()
        if not value.strip():
            raise self._wrong("nothing is said here", begin)
        return value

    def _meaning(self, word: str, value: str, at: int) -> Query:
        match word:
            case "deck":
                return Deck(value)
            case "tag":
                return Tag(value)
            case "path" | "source":
                return Path(value)
            case "kind":
                return Kind(self._one_of(value.lower(), KINDS, at))
            case "is":
                state = value.lower()
                return Is(self._one_of(_STATE_NAMES.get(state, state), STATES, at))
            case "id":
                if not re.fullmatch(r"[0-9]{1,18}(,[0-9]{1,18})*", value):
                    raise self._wrong("id: takes numbers, such as id:12 or id:12,14", at)
                return Id(tuple(map(int, value.split(","))))
            case "added":
                return Added(self._days(value, at))
            case "rated":
                days, colon, rating = value.partition(":")
                if colon and rating not in {"1", "2", "3", "4"}:
                    raise self._wrong("the rating is 1 to 4, such as rated:7:1", at)
                return Rated(self._days(days, at), int(rating) if colon else None)
        return self._property(value, at)

    def _property(self, value: str, at: int) -> Prop:
        found = re.fullmatch(r"([A-Za-z]+)(<=|>=|!=|=|<|>)(-?[0-9]{1,9}(?:\.[0-9]{1,30})?(?:e-[0-9]{1,2})?)", value)
        if found is None:
            raise self._wrong("prop: takes a comparison with a number, such as prop:stability<10", at)
        name = found[1].lower()
        return Prop(self._one_of(_PROPERTY_NAMES.get(name, name), PROPERTIES, at), found[2], float(found[3]))

    def _days(self, value: str, at: int) -> int:
        days = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else 0
        if not 1 <= days <= MOST_DAYS:
            raise self._wrong(f"a number of days is missing, 1 to {MOST_DAYS}", at)
        return days

    def _one_of(self, name: str, names: tuple[str, ...], at: int) -> str:
        if name not in names:
            raise self._wrong(f"“{name}” is none of {', '.join(names)}", at)
        return name

    def _skip(self) -> bool:
        """Go to the next character that is no space; whether there is one."""
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at < len(self._text)

    def _sees(self, word: str) -> bool:
        self._skip()
        found = re.compile(r"[^\s()]*").match(self._text, self._at)
        return found is not None and found[0].lower() == word

    def _word(self, word: str) -> bool:
        """Read the operator, if it comes next."""
        if not self._sees(word):
            return False
        self._at += len(word)
        return True

    def _wrong(self, message: str, at: int) -> QueryError:
        return QueryError(self._text, at, message)
