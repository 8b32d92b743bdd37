"""Study days: a day of study begins at a fixed local hour (04:00), not at midnight, so a late evening is one day.

Every count of days in the program, between reviews and in the figures, is a difference of these day numbers.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo


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

    def begin(self, number: int) -> datetime:
        """The instant, in UTC, at which study day `number` begins."""
        local = datetime.combine(date.fromordinal(number), time(self.start), self.zone)
        return local.astimezone(UTC)
