"""srs.toml and the environment -> Settings."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from srs.cards import LEECH_ACTIONS, NEW_ORDERS, REVIEW_ORDERS, Deck, Fitted, Preset
from srs.days import Days
from srs.errors import SettingsError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Kept:
    """How many automatic backups are kept: all of the newest days, and the last of the newest weeks and months."""

    daily: int = 12
    weekly: int = 10
    monthly: int = 9


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the collection is, the calendar, and the options of decks.

    Attributes:
        preset: the options of the whole collection, which every deck inherits.
        decks: options that srs.toml gives to single decks, by slash path.
        chosen: names of the options in `preset` that somebody wrote down; the others are defaults.
        backups: which automatic ones are kept; `None` for making none by the day.
    """

    database: str
    days: Days = field(default_factory=Days)
    preset: Preset = field(default_factory=Preset)
    decks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    chosen: frozenset[str] = frozenset()
    backups: Kept | None = Kept()

    def preset_for(
        self,
        deck: str | None,
        options: Mapping[str, Mapping[str, Any]],
        fits: Mapping[str | None, Fitted] | None = None,
    ) -> Preset:
        """The options in force in a deck, `None` for the whole collection. `options` are what the collection holds, by deck.

        A nearer deck goes before a farther one; for one deck, the collection goes before srs.toml. So it is with `fits`,
        the parameters that the collection holds. Raises SettingsError.
        """
        preset = self.preset
        for name in paths(deck):
            preset = replace(preset, **self.own_options(name, options))
        nearest = nearest_fit(deck, fits or {})
        return preset if nearest is None else replace(preset, parameters=nearest[1].parameters)

    def own_options(self, deck: str, options: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """What is set for this very deck, in srs.toml or in the collection, without what it inherits."""
        return {**self.decks.get(deck, {}), **preset_options(f"deck “{deck}”", _written(options.get(deck, {})))}

    def day_limit(self, option: str, decks: Sequence[Deck]) -> tuple[dict[str, int], int, bool]:
        """A limit of the day: what is set for decks, or for what stands over them; for the whole; and if that was chosen."""
        options = {deck.name: deck.options for deck in decks}
        names = dict.fromkeys(name for deck in options for name in paths(deck))
        own = {name: self.own_options(name, options) for name in names}
        set_for = {name: values[option] for name, values in own.items() if option in values}
        return set_for, getattr(self.preset, option), option in self.chosen


def paths(deck: str | None) -> Iterator[str]:
    """A deck and those over it, the farthest first: "a/b" gives "a" and "a/b"."""
    parts = deck.strip("/").split("/") if deck else []
    for depth in range(1, len(parts) + 1):
        yield "/".join(parts[:depth])


def nearest_fit(deck: str | None, fits: Mapping[str | None, Fitted]) -> tuple[str | None, Fitted] | None:
    """The parameters in force in a deck, with the deck they are for; `None` when they are the defaults."""
    for name in (*reversed([*paths(deck)]), None):
        if name in fits:
            return name, fits[name]
    return None


def data_folder() -> Path:
    """Where collections are that have no other place."""
    from platformdirs import user_data_path

    return user_data_path("srs")


def load_settings(database: str | None, config: str | None) -> Settings:
    """Settings in the order of precedence: command line, SRS_DATABASE, srs.toml, the platform's folders.

    Raises SettingsError, naming the file and the setting.
    """
    from platformdirs import user_config_path

    path = Path(config) if config else user_config_path("srs") / "srs.toml"
    table = _read(path, required=config is not None)
    named = database or os.environ.get("SRS_DATABASE") or table.pop("database", None)
    table.pop("database", None)
    if named is not None and not isinstance(named, str):
        raise SettingsError(f"{path}: database must be a path or a URL in quotes")
    zone = time_zone(str(path), table.pop("timezone", None))
    days = Days(zone, _whole(path, "day_start", table.pop("day_start", 4), 0, 23))
    decks = _decks(path, table.pop("deck", {}))
    backups = _backups(path, table.pop("backups", {}))
    options = preset_options(str(path), table, besides="database, day_start, timezone, backups, deck, ")
    address = named or str(data_folder() / "srs.db")
    return Settings(address, days, Preset(**options), decks, frozenset(options), backups)


def _read(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        if required:
            raise SettingsError(f"{path}: no such settings file: check --config") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    import tomllib  # most learners have no settings file

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    except RecursionError:
        raise SettingsError(f"{path}: lists or tables stand within each other too deeply") from None


def _backups(path: Path, value: object) -> Kept | None:
    """`false`, or a table such as `{daily = 12, weekly = 10, monthly = 9}`."""
    if value is False:
        return None
    names = tuple(Kept.__slots__)
    if value is True or not isinstance(value, dict) or not value.keys() <= set(names):
        raise SettingsError(f"{path}: backups must be false, or a table of {', '.join(names)}, not {value!r}")
    kept = Kept(**{name: _whole(path, f"backups: {name}", number, 0, 1000) for name, number in value.items()})
    return kept if kept.daily or kept.weekly or kept.monthly else None


def time_zone(place: str, name: object) -> ZoneInfo | None:
    """The time zone of that name, of the machine for `None`. Raises SettingsError; `place` is for its message."""
    if name is None:
        return None
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingsError(f"{place}: timezone “{name}” is not known: write one such as Europe/Berlin") from None


def _number(path: object, name: str, value: object, least: float, most: float) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise SettingsError(f"{path}: {name} must be a number from {least:g} to {most:g}, not {value!r}")
    return value


def _whole(path: object, name: str, value: object, least: float, most: float) -> int:
    number = _number(path, name, value, least, most)
    if not isinstance(number, int):
        raise SettingsError(f"{path}: {name} must be a whole number, not {value!r}")
    return number


def preset_options(place: str, values: Mapping[str, Any], *, besides: str = "") -> dict[str, Any]:
    """Options of a deck, checked, as `Preset` and the collection hold them. `place` and `besides` are for the message.

    Raises SettingsError, which names the place, the option and its right form.
    """
    for name in values:
        if name not in _OPTIONS:
            raise SettingsError(f"{place}: there is no setting “{name}”: known are {besides}{', '.join(_OPTIONS)}")
    return {name: _OPTIONS[name].check(place, name, value) for name, value in values.items()}


def parse_options(place: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """Options of a deck from the text after `name=`: "0.85", "yes", "1m 10m", "saturday:0.5 sunday:0". Raises SettingsError."""
    return preset_options(place, {name: _parsed(name, text.strip()) for name, text in texts.items()})


def _parsed(name: str, text: str) -> object:
    """A text as srs.toml would have it; one that makes no sense is left for the check to refuse."""
    default = getattr(Preset(), name, None)
    words = re.split(r"[\s,]+", text.strip("[]{}")) if text.strip("[]{} ") else []
    if isinstance(default, bool):
        return {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}.get(
            text.casefold(), text
        )
    if isinstance(default, int | float):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                pass
    if name == "easy_days":
        pairs = [re.split("[:=]", word.replace('"', ""), maxsplit=1) for word in words]
        return {day: _parsed("answer_cap", rest[0]) if rest else "" for day, *rest in pairs}
    if isinstance(default, tuple):
        return [word.strip("\"'") for word in words]
    return text


def _written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Options as the collection's JSON holds them, in the form that srs.toml has."""
    steps = {
        name: [f"{step}m" if isinstance(step, int | float) else step for step in value]
        for name, value in values.items()
        if name.endswith("_steps") and isinstance(value, list | tuple)
    }
    return {**values, **steps}


def _decks(path: Path, tables: object) -> dict[str, dict[str, Any]]:
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        raise SettingsError(f'{path}: options of a deck stand under its name, as in [deck."interview/behavioral"]')
    return {name.strip("/"): preset_options(f"{path}: deck “{name}”", table) for name, table in tables.items()}


def _number_from(least: float, most: float) -> Callable[[str, str, object], Any]:
    return lambda place, name, value: _number(place, name, value, least, most)


def _whole_from(least: int, most: int) -> Callable[[str, str, object], Any]:
    return lambda place, name, value: _whole(place, name, value, least, most)


def _one_of(*choices: str) -> Callable[[str, str, object], Any]:
    def check(place: str, name: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise SettingsError(f"{place}: {name} must be one of {', '.join(choices)}, not {value!r}")
        return value

    return check


def _flag(place: str, name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{place}: {name} must be true or false, not {value!r}")
    return value


def _easy_days(place: str, name: str, value: object) -> tuple[float, ...]:
    """`{saturday = 0.5, sunday = 0}`, or all seven from Monday on, as seven numbers."""
    if isinstance(value, list | tuple) and len(value) == len(WEEKDAYS):
        value = dict(zip(WEEKDAYS, value, strict=True))
    if not isinstance(value, dict) or not value.keys() <= set(WEEKDAYS):
        raise SettingsError(f"{place}: {name} must be weekdays such as {{saturday = 0.5, sunday = 0}}, not {value!r}")
    return tuple(_number(place, f"{name}: {day}", value.get(day, 1.0), 0, 1) for day in WEEKDAYS)


def _steps(place: str, name: str, value: object) -> tuple[float, ...]:
    """`["1m", "10m", "2h"]` as minutes."""
    minutes = {"s": 1 / 60, "m": 1.0, "h": 60.0, "d": 1440.0}
    steps = []
    for step in value if isinstance(value, list) else [value]:
        number, unit = (step[:-1], step[-1:]) if isinstance(step, str) else ("", "")
        try:
            steps.append(float(number) * minutes[unit])
        except (ValueError, KeyError):
            raise SettingsError(f'{place}: {name} must be a list such as ["1m", "10m"], not {value!r}') from None
        if not 0 < steps[-1] <= 14400:
            raise SettingsError(f"{place}: {name}: a step is longer than 0 and at most 10 days, not {step!r}")
    return tuple(steps)


@dataclass(frozen=True, slots=True)
class _Option:
    """How an option is checked, and what it may be, in the words of `srs deck set`."""

    check: Callable[[str, str, object], Any]
    values: str


_OPTIONS = {
    "new_per_day": _Option(_whole_from(0, 9999), "0 to 9999 new cards"),
    "reviews_per_day": _Option(_whole_from(0, 99999), "0 to 99999 reviews"),
    "desired_retention": _Option(_number_from(0.70, 0.99), "0.70 to 0.99"),
    "learning_steps": _Option(_steps, "such as 1m,10m; each at most 10d"),
    "relearning_steps": _Option(_steps, "such as 10m; each at most 10d"),
    "answer_cap": _Option(_number_from(1, 3600), "1 to 3600 seconds"),
    "new_order": _Option(_one_of(*NEW_ORDERS), ", ".join(NEW_ORDERS)),
    "review_order": _Option(_one_of(*REVIEW_ORDERS), ", ".join(REVIEW_ORDERS)),
    "bury_siblings": _Option(_flag, "yes, no"),
    "leech_threshold": _Option(_whole_from(0, 99), "0 to 99 lapses; 0 for never"),
    "leech_action": _Option(_one_of(*LEECH_ACTIONS), ", ".join(LEECH_ACTIONS)),
    "fuzz": _Option(_flag, "yes, no"),
    "load_balance": _Option(_flag, "yes, no"),
    "easy_days": _Option(_easy_days, "such as saturday:0.5,sunday:0"),
    "typed": _Option(_flag, "yes, no"),
    "speaking_time": _Option(_whole_from(0, 3600), "0 to 3600 seconds; 0 for no countdown"),
}

OPTIONS = {name: option.values for name, option in _OPTIONS.items()}
"""What each option of a deck may be, for the learner to read."""
