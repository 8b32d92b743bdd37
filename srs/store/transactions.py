"""How a collection is asked and written to, whatever is asked: transactions, trials, and the stamp of a state."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from srs.store.link import SQLITE, Ask, Beside, Dialect, FileLink, Safeguard, side_by_side

if TYPE_CHECKING:
    from srs.store.store import Store


@dataclass(frozen=True, slots=True)
class Stamp:
    """A state of the collection, as one that asks saw it: equal stamps mean that nothing was written in between.

    Attributes:
        others: changes when somebody else writes. own: its own changes so far.
    """

    others: Hashable
    own: int

    def after_own(self) -> "Stamp":
        """The stamp after one more change of its own, if nobody else writes."""
        return replace(self, own=self.own + 1)


class Transactions:
    """A collection, open. `whole` is the same collection with all that can be done to it.

    Attributes:
        has_trials: whether it can be tried what an answer would give, as `on_trial` does.
    """

    has_trials = True

    def __init__(self, to: FileLink, whole: "Callable[[], Store]", safeguard: Safeguard | None = None) -> None:
        self._link, self._open_whole = to, whole
        self._whole: Store | None = None
        self._begin(SQLITE, safeguard)

    def _begin(self, dialect: Dialect, safeguard: Safeguard | None) -> None:
        self._dialect, self._safeguard = dialect, safeguard
        self._shared: Any = None  # the transaction of what is asked at once
        self._stamp: Stamp | None = None  # of what is asked at once
        self._own_changes = 0
        self._is_trial = False

    def close(self) -> None:
        self._link.close()
        if self._whole is not None:
            self._whole.close()

    @property
    def whole(self) -> "Store":
        """Opened when it is asked for first."""
        if self._whole is None:
            self._whole = self._open_whole()
        return self._whole

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Whatever is asked inside is one transaction: of one state of the collection, and quicker than each alone.

        Nothing may be changed inside.
        """
        if self._shared is not None:
            yield
            return
        with self._transaction() as self._shared:
            try:
                yield
            finally:
                self._shared = self._stamp = None

    @contextmanager
    def on_trial(self) -> Iterator[None]:
        """What is written inside is seen by what is asked inside, and by nobody else: it is taken back when it is left.

        Raises DatabaseError, at once where somebody else is writing.
        """
        own = self._own_changes
        with self._link.transaction(writes=True, on_trial=True) as self._shared:
            try:
                self._is_trial = True
                yield
            finally:
                self._shared = self._stamp = None
                self._is_trial, self._own_changes = False, own

    def _reading(self) -> AbstractContextManager[Any]:
        return self._transaction() if self._shared is None else nullcontext(self._shared)

    def _writing(self) -> AbstractContextManager[Any]:
        if self._is_trial:
            self._own_changes += 1
            self._stamp = None
            return nullcontext(self._shared)
        assert self._shared is None, "a change inside at_once"
        if self._safeguard is not None:
            self._safeguard("change")
        self._own_changes += 1
        return self._transaction(writes=True)

    @contextmanager
    def _asking(self) -> Iterator[Ask]:
        with self._reading() as transaction:
            yield self._ask(transaction)

    @contextmanager
    def _answering(self) -> Iterator[Ask]:
        with self._writing() as transaction:
            yield self._ask(transaction)

    def _transaction(self, *, writes: bool = False) -> AbstractContextManager[Any]:
        return self._link.transaction(writes=writes)

    def _ask(self, transaction: Any, *, many: bool = False) -> Ask:
        """How the queue's statements are asked in a transaction; `many` rows come as they are read."""
        asked: Ask = transaction
        return asked

    def side_by_side(self, *questions: Callable[[Ask, Dialect], Any]) -> list[Any]:
        """The answers to questions, each a transaction of its own, by two connections at once; the longest first is best."""
        return side_by_side(questions, self._dialect, self._asking, self._beside)

    def _beside(self) -> Beside:
        return self._link.beside()

    def stamp(self) -> Stamp:
        """What tells whether something was written since. On a server nobody can say: no two stamps are equal there."""
        if self._stamp is None:
            found = Stamp(self._others(), self._own_changes)
            if self._shared is None:
                return found
            self._stamp = found
        return self._stamp

    def _others(self) -> Hashable:
        return self._link.others()
