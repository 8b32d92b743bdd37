"""Study days: a day of study begins at a fixed local hour (04:00), not at midnight, so a late evening is one day.

Every count of days in the program, between reviews and in the figures, is a difference of these day numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Days:
    """The calendar of one learner.

    Attributes:
        zone: where the learner lives; `None` is the time zone of the machine, with its summer time.
        start: local hour, 0 to 23, at which a study day begins.
    """

    zone: tzinfo | None = None
    start: int = 4

    def number(self, instant: datetime) -> int:
        """The study day of an aware instant, as a proleptic Gregorian ordinal (`date.toordinal`)."""
        local = instant.astimezone(self.zone).replace(tzinfo=None)
        return (local - timedelta(hours=self.start)).date().toordinal()

    def counter(self) -> Callable[[int], int]:
        """`number` for many instants, given as whole microseconds since 1970.

        The distance from UTC is asked for once for each day of UTC; only on days when the clocks change, for each instant.
        """
        shifts: dict[int, int | None] = {}

        def shift(day: int) -> int | None:
            """What is added to an instant of a day of UTC so that its days are study days."""
            ends = (_EPOCH + timedelta(days=day + after) for after in (0, 1))
            first, last = (end.astimezone(self.zone).utcoffset() or timedelta() for end in ends)
            return (first - timedelta(hours=self.start)) // _MICROSECOND if first == last else None

        def number(instant: int) -> int:
            day = instant // _DAY
            if day not in shifts:
                shifts[day] = shift(day)
            added = shifts[day]
            if added is None:
                return self.number(_EPOCH + instant * _MICROSECOND)
            return (instant + added) // _DAY + _EPOCH.toordinal()

        return number

    def begin(self, number: int) -> datetime:
        """The instant, in UTC, at which study day `number` begins."""
        local = datetime.combine(date.fromordinal(number), time(self.start), self.zone)
        return local.astimezone(UTC)
