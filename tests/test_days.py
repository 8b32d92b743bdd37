from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.days import Days

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "Europe/Istanbul", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe"]


def berlin(year: int, month: int, day: int, hour: int, minute: int = 0, fold: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, fold=fold, tzinfo=BERLIN)


def test_a_study_day_turns_at_four_in_the_morning_where_the_learner_lives():
    days = Days(BERLIN)
    assert days.number(berlin(2025, 1, 15, 3, 59)) == date(2025, 1, 14).toordinal()
    assert days.number(berlin(2025, 1, 15, 4)) == date(2025, 1, 15).toordinal()


def test_midnight_turns_nothing():
    days = Days(BERLIN)
    assert days.number(berlin(2025, 1, 15, 23, 59)) == days.number(berlin(2025, 1, 16, 0, 1))


def test_the_same_instant_is_the_same_day_in_whatever_zone_it_is_written():
    days = Days(BERLIN)
    local = berlin(2025, 1, 15, 4)
    assert local.astimezone(UTC).hour == 3
    assert (
        days.number(local)
        == days.number(local.astimezone(UTC))
        == days.number(local.astimezone(ZoneInfo("Asia/Tokyo")))
    )


def test_the_hour_at_which_a_day_begins_can_be_chosen():
    days = Days(UTC, 11)
    assert days.number(datetime(2025, 1, 15, 10, 59, tzinfo=UTC)) == date(2025, 1, 14).toordinal()
    assert days.begin(date(2025, 1, 15).toordinal()) == datetime(2025, 1, 15, 11, tzinfo=UTC)


def test_a_beginning_is_given_in_utc():
    assert Days(BERLIN).begin(date(2025, 1, 15).toordinal()).tzinfo is UTC


@pytest.mark.parametrize(
    ("eve", "hours"),
    [
        pytest.param(date(2025, 3, 29), 23, id="clocks go forward"),
        pytest.param(date(2025, 10, 25), 25, id="clocks go back"),
        pytest.param(date(2025, 7, 1), 24, id="an ordinary day"),
    ],
)
def test_a_day_lasts_23_or_25_hours_when_the_clocks_change(eve: date, hours: int):
    days = Days(BERLIN)
    assert days.begin(eve.toordinal() + 1) - days.begin(eve.toordinal()) == timedelta(hours=hours)


@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26)])
def test_a_day_begins_at_four_by_the_wall_clock_on_the_night_the_clocks_change(day: date):
    days = Days(BERLIN)
    begin = days.begin(day.toordinal())
    assert begin.astimezone(BERLIN).hour == 4
    assert days.number(begin - timedelta(microseconds=1)) == day.toordinal() - 1


def test_both_passes_of_the_repeated_hour_are_one_day():
    days = Days(BERLIN)
    first, second = berlin(2025, 10, 26, 2, 30), berlin(2025, 10, 26, 2, 30, fold=1)
    assert first.astimezone(UTC) != second.astimezone(UTC)
    assert days.number(first) == days.number(second)


def test_a_day_that_would_begin_in_the_skipped_hour_begins_right_after_it():
    days = Days(BERLIN, 2)
    begin = days.begin(date(2025, 3, 30).toordinal())
    assert begin == berlin(2025, 3, 30, 3).astimezone(UTC)
    assert days.number(begin) == date(2025, 3, 30).toordinal()


def test_without_a_zone_the_machine_s_own_is_used():
    number = date(2025, 6, 1).toordinal()
    begin = Days().begin(number)
    assert begin.astimezone().hour == 4
    assert Days().number(begin) == number


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 23),
    number=st.integers(date(1990, 1, 1).toordinal(), date(2100, 1, 1).toordinal()),
)
def test_a_day_s_beginning_is_in_that_day_and_the_instant_before_is_not(zone: str, start: int, number: int):
    days = Days(ZoneInfo(zone), start)
    begin = days.begin(number)
    assert days.number(begin) == number
    assert days.number(begin - timedelta(microseconds=1)) == number - 1


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 23),
    instant=st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_every_instant_lies_between_the_beginnings_of_its_day_and_the_next(zone: str, start: int, instant: datetime):
    days = Days(ZoneInfo(zone), start)
    number = days.number(instant)
    assert days.begin(number) <= instant < days.begin(number + 1)


@pytest.mark.parametrize("zone", [*ZONES, "America/St_Johns", "Africa/Monrovia", "Pacific/Apia"])
@given(st.integers(-70 * 366 * 1440, 130 * 366 * 1440), st.integers(0, 23))
def test_days_counted_for_many_instants_are_those_of_each(zone: str, minutes: int, start: int):
    """Also around the very instants at which clocks change: some do so at a minute past midnight, some by odd seconds."""
    days, at = Days(ZoneInfo(zone), start), EPOCH + timedelta(minutes=minutes)
    number = days.counter()
    for instant in (at, *_around_changes(days.zone, at)):
        assert number((instant - EPOCH) // timedelta(microseconds=1)) == days.number(instant)


def _around_changes(zone: tzinfo | None, at: datetime) -> list[datetime]:
    """Every ten minutes of the days of the year after an instant on which the distance from UTC changes."""
    noons = [at + timedelta(days=day) for day in range(366)]
    changed = [
        one for one, next_ in pairwise(noons) if one.astimezone(zone).utcoffset() != next_.astimezone(zone).utcoffset()
    ]
    return [one + timedelta(minutes=minutes) for one in changed for minutes in range(0, 24 * 60, 10)]
