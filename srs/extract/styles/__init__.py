"""One function for each shape that a note takes on paper. A style reads a page by a rule's names and yields what it found.

A new kind of card is a rule in a recipe, and at most one function here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from srs.extract.page import Found, Page
from srs.extract.recipe import Rule
from srs.extract.styles import answers, entries, lists, notations, phrases, tables, talks, wrong


@dataclass(frozen=True, slots=True)
class Style:
    """A function that finds notes on a page, and the names that a rule may give it."""

    read: Callable[[Page, Rule], Iterator[Found]]
    names: frozenset[str]


def _style(read: Callable[[Page, Rule], Iterator[Found]], *names: str) -> Style:
    return Style(read, frozenset(names))


STYLES = {
    "inline_pair": _style(notations.inline_pair),
    "question_mark_line": _style(notations.question_mark_line),
    "exchange": _style(notations.exchange, "answering", "outside"),
    "cloze": _style(notations.cloze, "labels"),
    "labelled_answer": _style(answers.labelled_answer, "labels", "questions", "groups", "parts"),
    "labelled_remark": _style(answers.labelled_remark, "labels"),
    "points": _style(answers.points, "questions"),
    "answer": _style(answers.answer, "outside", "without"),
    "open_question": _style(answers.open_question, "under", "outside"),
    "labelled_heading": _style(entries.labelled_heading, "labels", "loose", "more", "outside"),
    "described_heading": _style(entries.described_heading, "under", "outside"),
    "flaw_and_reason": _style(wrong.flaw_and_reason, "wrong", "why", "questions"),
    "pair": _style(wrong.pair, "wrong", "right", "ambiguous", "why", "under", "outside"),
    "labelled_parts": _style(talks.labelled_parts, "first", "parts", "under"),
    "talk": _style(talks.talk, "under", "outside"),
    "phrase_list": _style(phrases.phrase_list, "under", "titles", "functions", "asking", "outside"),
    "quoted_list": _style(phrases.quoted_list, "outside", "banks", "situations"),
    "labelled_quotation": _style(phrases.labelled_quotation, "under", "labels", "outside"),
    "terms": _style(lists.terms, "under", "outside", "parts"),
    "outline": _style(lists.outline, "under", "outside", "errands", "even_questions"),
    "table": _style(tables.table, "front", "back", "ambiguous", "under", "outside"),
    "bilingual": _style(tables.bilingual, "languages"),
    "matrix": _style(tables.matrix),
    "alike_sections": _style(answers.alike_sections, "outside"),
}
