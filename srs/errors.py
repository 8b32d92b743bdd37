"""The mistakes a user can make outside documents. Each says what is wrong, then the remedy; the command line prints it."""

from collections.abc import Sequence


class SrsError(Exception):
    """Ends a command with `Error: …` and exit code 1. The message is one line: the thing, then what to do about it."""


class ImportFailed(SrsError):
    """What was named for import cannot be read as documents at all."""


class DeckNotFound(SrsError):
    """No deck has that name, nor does one below it."""


class RecipeError(SrsError):
    """A recipe file does not say what a recipe must."""


class SettingsError(SrsError):
    """srs.toml, or an environment variable, holds something that cannot be used."""


class DatabaseError(SrsError):
    """The collection cannot be opened, read or written."""


class CollectionDamaged(DatabaseError):
    """The file of a collection is not as SQLite wrote it, or is no database at all."""


class StaleCard(SrsError):
    """The card was answered elsewhere since it was shown."""


class StalePlan(SrsError):
    """The collection was changed by another import since this one was planned."""


class ConfirmationNeeded(SrsError):
    """The import takes so much away that someone has to agree to it."""


class NothingToUndo(SrsError):
    """No answer, nor import, is left to take back."""


class QueryError(SrsError):
    """A query that cannot be read. `position` is the place of the mistake, 0 to the length of the text."""

    def __init__(self, query: str, position: int, message: str) -> None:
        super().__init__(f"column {position + 1} of the query “{query}”: {message}")
        self.position = position


class CardNotFound(SrsError):
    """No card has that number."""


class CardExists(SrsError):
    """Another card asks the same, and has the same answer."""


class NotEditable(SrsError):
    """The text of a card is in no file of the learner's, or was not written whole."""


class DeckExists(SrsError):
    """Another deck has that name already."""


class ReviewsError(SrsError):
    """A file of reviews, or of parameters, that cannot be read as such."""


class NothingToJudge(SrsError):
    """There are too few answers to say how good predictions are."""


class ToolsMissing(SrsError):
    """A package is not installed that only some commands need."""


class RecordError(SrsError):
    """A file of records holds something that cannot be taken in; nothing of it was."""


class NothingToPlan(SrsError):
    """There is nothing that could be planned, simulated or rescheduled."""


class PlanRefused(SrsError):
    """The day, or what is wanted on it, is out of bounds; or there is no such plan."""


def no_deck(deck: str, names: Sequence[str]) -> DeckNotFound:
    """What to raise for a deck that is not there; `names` are those that are, and the nearest of them is named."""
    if not names:
        return DeckNotFound(f"there is no deck “{deck}”, nor any other yet: srs import PATH makes some")
    from difflib import get_close_matches

    parents = {"/".join(name.split("/")[:depth]) for name in names for depth in range(1, name.count("/") + 2)}
    by_end = {name.rpartition("/")[2]: name for name in sorted(parents)}
    near = get_close_matches(deck, sorted(parents), 1) or [
        by_end[end] for end in get_close_matches(deck, list(by_end), 1)
    ]
    meant = f"did you mean “{near[0]}”? " if near else ""
    return DeckNotFound(f"there is no deck “{deck}”: {meant}srs due lists them")
