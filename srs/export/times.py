"""Instants and days as records spell them: ISO 8601, in UTC, to the millisecond."""

from collections.abc import Callable
from datetime import UTC, date, datetime

_DAY = 24 * 60 * 60 * 1000  # milliseconds
_EPOCH = date(1970, 1, 1).toordinal()
# Small tables: the seconds of a whole day would be looked up in slower memory, for twice the time.
_MINUTES = tuple(f"T{at // 60:02}:{at % 60:02}:" for at in range(24 * 60))
_SECONDS = tuple(f"{at:02}." for at in range(60))
_PARTS = tuple(f"{part:03}Z" for part in range(1000))


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def clock() -> Callable[[int | None], str | None]:
    """Whole microseconds since 1970 -> what `instant` makes of them; each day and each minute is spelt out only once."""
    begins, minutes, seconds, parts = IsoDays(), _MINUTES, _SECONDS, _PARTS

    def spelt(microseconds: int | None) -> str | None:
        if microseconds is None:
            return None
        day, rest = divmod(microseconds // 1000, _DAY)
        return f"{begins[day + _EPOCH]}{minutes[rest // 60_000]}{seconds[rest // 1000 % 60]}{parts[rest % 1000]}"

    return spelt


class IsoDays(dict[int, str]):
    """Study days as ISO dates, each spelt out once."""

    def __missing__(self, day: int) -> str:
        self[day] = date.fromordinal(day).isoformat()
        return self[day]
