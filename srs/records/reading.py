"""Files of records -> rows, each value checked against the schema; a mistake is told with file, line and remedy."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from srs.errors import RecordError
from srs.records.schema import COLUMNS, SCHEMAS, Field
from srs.records.writing import require_arrow

LARGEST = 2**63 - 1

csv.field_size_limit(2**31 - 1)  # an answer may be longer than the csv module expects

Line = tuple[str, dict[str, Any]]
"""Where a record stands, as `path:line`, and its values: instants and days are those of `datetime`."""


def kind_of(path: Path) -> str:
    """Whether a file holds `cards` or `reviews`. Raises RecordError where it is no export of either."""
    _, names = next(_lines(path), ("", ()))
    for what in ("cards", "reviews"):
        if set(COLUMNS[what]) <= set(names):
            return what
    if "true_retention" in names:
        raise RecordError(f"{path}: these are figures, which are counted anew: import the cards and reviews")
    if not names and path.suffix != ".csv":
        return "nothing"
    for what, sign in (("cards", "prompt"), ("reviews", "rating")):
        if sign in names:
            missing = next(name for name in COLUMNS[what] if name not in names)
            raise RecordError(f"{path}: the column {missing} is missing: export it anew with srs export {what}")
    raise RecordError(f"{path}: is no export of cards or reviews: srs export cards --output cards.jsonl makes one")


def read(path: Path, what: str) -> Iterator[Line]:
    """The records of a file, in its order. Raises RecordError at the first that cannot be taken in."""
    fields = SCHEMAS[what]
    for place, values in _lines(path, header=False):
        yield place, {field.name: _value(place, field, values) for field in fields}


def _lines(path: Path, *, header: bool = True) -> Iterator[tuple[str, Any]]:
    """Each record and where it stands. With `header`, of CSV only the names of its columns."""
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
            return
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix != ".csv":
                yield from _json_lines(path, file)
                return
            rows = csv.DictReader(file, strict=True)
            if header:
                yield f"{path}:1", rows.fieldnames or ()
            for row in rows:
                place = f"{path}:{rows.line_num}"
                if None in row or None in row.values():
                    raise RecordError(f"{place}: has more or fewer cells than the header: export the file anew")
                yield place, {name: _Cell(text) for name, text in row.items()}
    except OSError as error:
        raise RecordError(f"{path}: cannot be read ({error.strerror}): check the path") from None
    except UnicodeDecodeError:
        raise RecordError(f"{path}: is not UTF-8: save it so, or export it anew") from None
    except csv.Error as error:
        raise RecordError(f"{path}: is no CSV ({error}): export it anew") from None


def _json_lines(path: Path, file: Any) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "too deep")
            raise RecordError(
                f"{path}:{number}: is no JSON ({reason}): mend the line, or export the file anew"
            ) from None
        if not isinstance(value, dict):
            raise RecordError(f"{path}:{number}: is no object with the names of the columns: export the file anew")
        yield f"{path}:{number}", value


def _parquet(path: Path) -> Iterator[tuple[str, Any]]:
    arrow = require_arrow()
    import pyarrow.parquet

    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(2000):
                for row in batch.to_pylist():
                    number += 1
                    yield f"{path}: record {number}", {name: _told(value) for name, value in row.items()}
    except arrow.ArrowInvalid as error:
        raise RecordError(f"{path}: is no Parquet ({str(error).splitlines()[0]}): export it anew") from None


def _told(value: Any) -> Any:
    """Times as the other forms have them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


class _Cell(str):
    """A cell of CSV: all of it is text, and what it means depends on the column."""

    __slots__ = ()


def _value(place: str, field: Field, values: dict[str, Any]) -> Any:
    if field.name not in values:
        raise RecordError(f"{place}: {field.name} is missing: export the file anew")
    value = values[field.name]
    if isinstance(value, _Cell):
        value = _uncelled(field, value)
    if value is None:
        if field.null:
            return None
        raise RecordError(f"{place}: {field.name} is empty: it is {_wanted(field)}")
    try:
        return _READ[field.type](value)
    except (ValueError, TypeError, OverflowError):
        shown = json.dumps(value, ensure_ascii=False, default=str)
        shown = shown if len(shown) <= 40 else f"{shown[:39]}…"
        raise RecordError(f"{place}: {field.name} is {_wanted(field)}, not {shown}") from None


def _wanted(field: Field) -> str:
    return f"{field.type}{f', {field.unit}' if field.unit else ''}"


def _uncelled(field: Field, cell: _Cell) -> Any:
    """What a cell of CSV means: the inverse of `writing.cell`."""
    if field.type == "text":
        return None if field.null and not cell else cell[1:] if cell.startswith("'") else str(cell)
    if not cell:
        return None
    if field.type == "boolean":
        return {"true": True, "false": False}.get(cell.lower(), cell)
    if field.type in {"instant", "day"}:
        return str(cell)
    try:
        return json.loads(cell)
    except ValueError:
        return str(cell)


def _integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -LARGEST <= value <= LARGEST:
        raise ValueError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or re.search("[\0\ud800-\udfff]", value):
        raise ValueError
    return value


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError
    return [_text(each) for each in value]


def _place(value: Any) -> dict[str, Any]:
    return {"path": _text(value["path"]), "line": _integer(value["line"]), "rule": _text(value["rule"])}


def _instant(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise ValueError
    return at.astimezone(UTC)


def _json(value: Any) -> dict[str, Any]:
    value = json.loads(value) if isinstance(value, str) else value
    if not isinstance(value, dict):
        raise ValueError
    return value


_READ: dict[str, Callable[[Any], Any]] = {
    "integer": _integer,
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "texts": _texts,
    "place": _place,
    "instant": _instant,
    "day": date.fromisoformat,
    "json": _json,
}
