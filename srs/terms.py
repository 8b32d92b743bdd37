"""What a query for cards is made of: the values of its syntax tree. `query.py` reads and writes them, the store finds by them."""

from dataclasses import dataclass

STATES = ("due", "new", "learning", "relearning", "review", "suspended", "buried", "leech", "retired")
PROPERTIES = ("stability", "difficulty", "interval", "due", "reps", "lapses", "retrievability")


@dataclass(frozen=True, slots=True)
class Text:
    """Stands in prompt or answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Deck:
    """In this deck or one below it; `*` stands for any letters."""

    name: str


@dataclass(frozen=True, slots=True)
class Kind:
    """Of this kind, one of `KINDS`."""

    name: str


@dataclass(frozen=True, slots=True)
class Tag:
    """Has this tag; `*` stands for any letters."""

    name: str


@dataclass(frozen=True, slots=True)
class Path:
    """From a document whose path holds this text; `*` stands for any letters."""

    text: str


@dataclass(frozen=True, slots=True)
class Is:
    """In one of `STATES`."""

    state: str


@dataclass(frozen=True, slots=True)
class Rated:
    """Answered in the last `days` study days, today included, with this rating, 1 to 4; `None` is any."""

    days: int
    rating: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """Made in the last `days` study days, today included."""

    days: int


@dataclass(frozen=True, slots=True)
class Prop:
    """One of `PROPERTIES` compared with a number. A card that does not have it does not fulfil any comparison."""

    name: str
    comparison: str
    value: float


@dataclass(frozen=True, slots=True)
class Id:
    """One of these cards."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What the other does not find."""

    of: "Query"


@dataclass(frozen=True, slots=True)
class And:
    """All hold; without any, every card."""

    of: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one holds."""

    of: tuple["Query", ...]


Query = Text | Deck | Kind | Tag | Path | Is | Rated | Added | Prop | Id | Not | And | Or

EVERYTHING = And(())


def walk(query: Query) -> list[Query]:
    """The tree's parts, itself first."""
    match query:
        case Not(of):
            return [query, *walk(of)]
        case And(parts) | Or(parts):
            return [query, *(inner for part in parts for inner in walk(part))]
    return [query]
