"""Plans for a day, the cards as a plan or a simulation needs to know them, and due days changed by the hundred."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, select

from srs.cards import Plan, State
from srs.notes import Imported
from srs.store.base import Base, asked
from srs.store.imports import Journal
from srs.store.tables import cards, decks, plans, revlog


class Planned(Base):
    """What plans, simulations and a new reckoning of all due days read and write."""

    def keep_plan(self, plan: Plan, due: Mapping[int, datetime], at: datetime, what: str) -> None:
        """Put a plan in the place of that of the same deck, and those that are over; and give cards other due days."""
        with self._writing() as connection:
            journal = Journal(connection, Imported(at), what)
            deck_id = None
            if plan.deck is not None:
                self._within(connection, plan.deck)
                deck_id = connection.execute(select(decks.c.id).where(decks.c.name == plan.deck)).scalar()
                if deck_id is None:
                    [deck_id] = journal.insert(decks, [{"name": plan.deck}])
            journal.remove(plans, plans.c.deck_id.is_not_distinct_from(deck_id) | (plans.c.day < plan.first_day))
            row = {name: value for name, value in asdict(plan).items() if name != "deck"}
            journal.insert(plans, [{"made_at": at, "deck_id": deck_id, **row}])
            journal.change(cards, [(id, {"due": instant}) for id, instant in due.items()])

    def drop_plan(self, deck: str | None, at: datetime, what: str) -> None:
        """End the plan of a deck; due days stay as they are."""
        named = select(decks.c.id).where(decks.c.name == deck).scalar_subquery()
        with self._writing() as connection:
            of_deck = plans.c.deck_id.is_(None) if deck is None else plans.c.deck_id == named
            Journal(connection, Imported(at), what).remove(plans, of_deck)

    def schedules(self, deck: str | None) -> Iterator[Row[*tuple[Any, ...]]]:
        """The cards that are asked, streamed: those seen by number, and then new ones in their order.

        Rows have id, deck, and the columns of the schedule. Raises DeckNotFound.
        """
        columns = ("id", "state", "step", "due", "stability", "difficulty", "last_review", "reps", "lapses")
        new = cards.c.last_review.is_(None)
        with self._reading() as connection:
            query = (
                select(*(cards.c[name] for name in columns), decks.c.name.label("deck"))
                .join_from(cards, decks)
                .where(asked(), *self._within(connection, deck))
                .order_by(new, case((new, cards.c.due)), cards.c.id)
            )
            yield from connection.execution_options(stream_results=True, yield_per=1000).execute(query)

    def reschedule(self, changes: Sequence[tuple[int, Mapping[str, Any]]], at: datetime, what: str) -> None:
        """Give cards, by number, other values of their schedules, for all the same columns: one change."""
        with self._writing() as connection:
            Journal(connection, Imported(at), what).change(cards, changes)

    def habits(self, deck: str | None, since: int) -> list[Row[Any]]:
        """Answers since a study day, counted alike by alike: new, state_before, previous, rating, number, seconds.

        `previous` is the rating of the card's answer before on the same day, if there was one; `seconds` is their sum.
        """

        def before(column: ColumnElement[Any]) -> ColumnElement[Any]:
            return func.lag(column).over(partition_by=revlog.c.card_id, order_by=revlog.c.id)

        with self._reading() as connection:
            query = select(
                revlog.c.last_review_before.is_(None).label("new"),
                revlog.c.state_before,
                case((before(revlog.c.day) == revlog.c.day, before(revlog.c.rating))).label("previous"),
                revlog.c.rating,
                revlog.c.seconds,
            ).where(revlog.c.day >= since)
            if deck is not None:
                query = query.join_from(revlog, cards).where(*self._within(connection, deck))
            each = query.subquery()
            kind = (each.c.new, each.c.state_before, each.c.previous, each.c.rating)
            totals = select(*kind, func.count().label("number"), func.sum(each.c.seconds).label("seconds"))
            return list(connection.execute(totals.group_by(*kind)))

    def standing(
        self, within: Collection[int] | None, before: datetime, most: int
    ) -> tuple[int, int, list[Row[*tuple[Any, ...]]]]:
        """Of some decks, or all: new cards, reviews that were due before an instant, and the cards seen, up to a number.

        Rows are stability, last_review, due; there are none when there are more of them.
        """
        some = () if within is None else (cards.c.deck_id.in_(list(within)),)
        seen = cards.c.last_review.is_not(None)
        overdue = and_(seen, cards.c.state == State.REVIEW, cards.c.due < before)
        counts = [func.count().filter(one) for one in (~seen, overdue, seen)]
        columns = (cards.c.stability, cards.c.last_review, cards.c.due)
        with self._reading() as connection:
            found = connection.execute(select(*counts).where(asked(), *some)).one()
            new, late, known = found[0], found[1], found[2]
            query = select(*columns).where(asked(), seen, *some)
            return new, late, list(connection.execute(query)) if known <= most else []
