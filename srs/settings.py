"""srs.toml and the environment -> Settings."""

import os
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from srs.cards import Preset
from srs.days import Days
from srs.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the collection is, the calendar, and the options of decks."""

    database: str
    days: Days = field(default_factory=Days)
    preset: Preset = field(default_factory=Preset)


def load_settings(database: str | None, config: str | None) -> Settings:
    """Settings in the order of precedence: command line, SRS_DATABASE, srs.toml, the platform's folders.

    Raises SettingsError, naming the file and the setting.
    """
    from platformdirs import user_config_path, user_data_path

    path = Path(config) if config else user_config_path("srs") / "srs.toml"
    table = _read(path, required=config is not None)
    named = database or os.environ.get("SRS_DATABASE") or table.pop("database", None)
    table.pop("database", None)
    if named is not None and not isinstance(named, str):
        raise SettingsError(f"{path}: database must be a path or a URL in quotes")
    zone = _zone(path, table.pop("timezone", None))
    days = Days(zone, _whole(path, "day_start", table.pop("day_start", 4), 0, 23))
    return Settings(named or str(user_data_path("srs") / "srs.db"), days, _preset(path, table))


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsError(f"{path}: no such settings file: check --config") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None


def _zone(path: Path, name: object) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"{path}: timezone “{name}” is not known: write one such as Europe/Berlin") from None


def _number(path: Path, name: str, value: object, least: float, most: float) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise SettingsError(f"{path}: {name} must be a number from {least:g} to {most:g}, not {value!r}")
    return value


def _whole(path: Path, name: str, value: object, least: float, most: float) -> int:
    number = _number(path, name, value, least, most)
    if not isinstance(number, int):
        raise SettingsError(f"{path}: {name} must be a whole number, not {value!r}")
    return number


_RANGES = {
    "new_per_day": (0, 9999),
    "reviews_per_day": (0, 99999),
    "desired_retention": (0.70, 0.99),
    "answer_cap": (1, 3600),
}


def _preset(path: Path, table: dict[str, Any]) -> Preset:
    known = [f.name for f in fields(Preset)]
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise SettingsError(
                f"{path}: there is no setting “{name}”: known are database, day_start, timezone, {', '.join(known)}"
            )
        if name in _RANGES:
            check = _whole if name.endswith("_per_day") else _number
            values[name] = check(path, name, value, *_RANGES[name])
        else:
            values[name] = _steps(path, name, value)
    return Preset(**values)


def _steps(path: Path, name: str, value: object) -> tuple[float, ...]:
    """`["1m", "10m", "2h"]` as minutes."""
    minutes = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
    steps = []
    for step in value if isinstance(value, list) else [value]:
        number, unit = (step[:-1], step[-1:]) if isinstance(step, str) else ("", "")
        try:
            steps.append(float(number) * minutes[unit])
        except (ValueError, KeyError):
            raise SettingsError(f'{path}: {name} must be a list such as ["1m", "10m"], not {value!r}') from None
        if not 0 < steps[-1] <= 14400:
            raise SettingsError(f"{path}: {name}: a step is longer than 0 and at most 10 days, not {step!r}")
    return tuple(steps)
