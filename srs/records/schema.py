"""What each column of an export is: the one place where it is said. A change of meaning is a new `VERSION`."""

from dataclasses import dataclass

VERSION = 1
"""Of all three schemas. A column that is added at the end is no new version."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column.

    Attributes:
        type: `integer`, `number`, `text`, `boolean`, `instant` (ISO 8601 in UTC, to the millisecond), `day` (ISO date of a
            study day), `texts` (a list), `place` (an object of path, line and rule) or `json` (an object).
        unit: of a number, or the range of what it may be; empty where there is none.
        null: whether it may be empty.
        exact: only there so that an import gives the same collection.
    """

    name: str
    type: str
    unit: str
    meaning: str
    null: bool = False
    exact: bool = False


SUFFIXES = frozenset({".csv", ".jsonl", ".ndjson", ".parquet"})
"""Of files that are taken for records."""

SCHEMAS: dict[str, tuple[Field, ...]] = {
    "cards": (
        Field("id", "integer", "", "number of the card; stays for as long as it is the same card"),
        Field("deck", "text", "", "slash path of its deck"),
        Field("kind", "text", "", "kind of card, such as themes or phrase"),
        Field("prompt", "text", "Markdown", "what is asked"),
        Field("answer", "text", "Markdown", "the whole answer"),
        Field("items", "texts", "Markdown", "the parts of the answer where it is a list"),
        Field("tags", "texts", "", "all tags, those of the document first"),
        Field("source", "place", "", "the document, the line from 1 on, and the rule that found it", null=True),
        Field("state", "text", "new, learning, review, relearning", "where it stands in FSRS"),
        Field("due", "instant", "", "from when it is asked"),
        Field("stability_days", "number", "days", "until the chance of recall has fallen to 90 %", null=True),
        Field("difficulty", "number", "1 to 10", "how slowly stability grows", null=True),
        Field("reps", "integer", "answers", "given so far"),
        Field("lapses", "integer", "answers", "of Again while in review"),
        Field("suspended", "boolean", "", "not asked until told"),
        Field("retired", "boolean", "", "its text is gone from the documents"),
        Field("note_id", "integer", "", "number of its note", exact=True),
        Field("ordinal", "integer", "from 0", "its place among the cards of the note", exact=True),
        Field("step", "integer", "from 0", "learning or relearning step", null=True, exact=True),
        Field("last_review", "instant", "", "when it was last answered", null=True, exact=True),
        Field("buried_until", "instant", "", "until when it is not asked", null=True, exact=True),
        Field("document_tags", "texts", "", "tags that the document gives", exact=True),
        Field("own_tags", "texts", "", "tags given by hand or by the program", exact=True),
        Field("topic", "text", "", "title of the document or part", exact=True),
        Field("heading", "text", "", "nearest heading", exact=True),
        Field("anchor", "text", "", "name that its author gave it", null=True, exact=True),
        Field("digest", "text", "32 hexadecimal digits", "of its content: an import knows it again", exact=True),
        Field("front_digest", "text", "32 hexadecimal digits", "of what it asks", exact=True),
    ),
    "reviews": (
        Field("card_id", "integer", "", "number of the card"),
        Field("deck", "text", "", "deck that the card is in now"),
        Field("kind", "text", "", "kind of the card"),
        Field("reviewed_at", "instant", "", "when it was answered"),
        Field("rating", "integer", "1 to 4", "Again, Hard, Good, Easy"),
        Field("state_before", "text", "new, learning, review, relearning", "of the card, as the answer found it"),
        Field("elapsed_days", "integer", "study days", "since the answer before", null=True),
        Field("scheduled_days", "number", "days", "interval that the answer found in force", null=True),
        Field("stability_before", "number", "days", "stability that the answer found", null=True),
        Field("difficulty_before", "number", "1 to 10", "difficulty that the answer found", null=True),
        Field("retrievability", "number", "0 to 1", "chance of recall that was predicted", null=True),
        Field("duration_seconds", "number", "seconds", "from the question to the rating"),
        Field("id", "integer", "", "number of the answer; they rise with time", exact=True),
        Field("day", "day", "", "study day of the answer", exact=True),
        Field("step_before", "integer", "from 0", "step that the answer found", null=True, exact=True),
        Field("due_before", "instant", "", "from when the card was due", exact=True),
        Field("last_review_before", "instant", "", "when it was answered before", null=True, exact=True),
        Field("lapses_before", "integer", "answers", "lapses that the answer found", exact=True),
        Field("leech_before", "json", "", "what was changed because it became a leech", null=True, exact=True),
        Field("ticks", "json", "", "items of a list, and whether each was covered", null=True, exact=True),
    ),
    "stats": (
        Field("day", "day", "", "study day"),
        Field("deck", "text", "", "deck, without those below it"),
        Field("reviews", "integer", "answers", "given on the day"),
        Field("new_cards", "integer", "cards", "answered for the first time"),
        Field("again", "integer", "answers", "rated Again"),
        Field("hard", "integer", "answers", "rated Hard"),
        Field("good", "integer", "answers", "rated Good"),
        Field("easy", "integer", "answers", "rated Easy"),
        Field("true_retention", "number", "0 to 1", "share of reviews of cards in review not rated Again", null=True),
        Field("minutes", "number", "minutes", "taken for the answers"),
        Field("cards_in_review", "integer", "cards", "in review at the end of the day"),
        Field("cards_due_next_day", "integer", "cards", "due by the end of the next day"),
    ),
}

COLUMNS = {what: tuple(field.name for field in fields) for what, fields in SCHEMAS.items()}
