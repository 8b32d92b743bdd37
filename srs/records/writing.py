"""Records -> CSV, JSON lines or Parquet, batch by batch.

CSV is that of RFC 4180, in UTF-8, with a header. A spreadsheet would run a text that begins with one of `SIGNS` as a
formula: such a text, and one that begins with an apostrophe, has an apostrophe put before it. To read it back, take one
apostrophe from the beginning of each text that has one; `reading` does.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from io import StringIO
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, BinaryIO

from srs.errors import SrsError
from srs.records.schema import COLUMNS, SCHEMAS, VERSION

FORMS = ("csv", "jsonl", "parquet")
SIGNS = frozenset("=+-@\t\r\n＝＋－＠'")

Row = Sequence[Any]
Piece = tuple[int, bytes]
"""Some records as text: how many, and what they are spelt."""

Progress = Callable[[int], object]
_BARE = {"integer", "number", "text", "instant", "day", "json"}  # types of one value, which is no list
_FIRST = re.escape("".join(sorted(SIGNS)))
_LOOK = re.compile(rf'^[{_FIRST}]|[\x00-\x1f"\\,\[\]]|null')  # what CSV quotes, JSON escapes, or is taken away


def write(pieces: Iterable[Piece], what: str, form: str, out: BinaryIO, progress: Progress | None = None) -> int:
    """Write records that `speller` has spelt; how many there were. `progress` is told as it goes."""
    number = 0
    if form == "csv":
        out.write((",".join(COLUMNS[what]) + "\r\n").encode())
    for rows, text in pieces:
        out.write(text)
        number += rows
        if progress is not None:
            progress(number)
    return number


def speller(what: str, form: str) -> Callable[[Sequence[Row]], bytes]:
    """Makes of rows, in the order of the schema, what `csv` or `jsonl` has for them, in UTF-8."""
    return _csv(what) if form == "csv" else _jsonl(what)


def _csv(what: str) -> Callable[[Sequence[Row]], bytes]:
    """Rows are spelt at once where no cell of them needs a look; the others cell by cell. The outcome is the same.

    At once means as JSON, whose brackets and quotes are then taken away: a quarter of the time of a template for each row.
    """
    from orjson import dumps

    fields = SCHEMAS[what]
    places = [place for place, field in enumerate(fields) if field.type in {"text", "json"}]
    bare = all(field.type in _BARE for field in fields)

    def spell(rows: Sequence[Row]) -> bytes:
        if not (bare and rows):
            return plainly(rows)
        found: set[str | None] = set().union(*(map(itemgetter(place), rows) for place in places))
        awkward = {text for text in found if text and _LOOK.search(text)}
        if not awkward:
            return at_once(rows)
        runs = groupby(rows, lambda row: awkward.isdisjoint([row[place] for place in places]))
        return b"".join(at_once(list(run)) if is_plain else plainly(run) for is_plain, run in runs)

    def at_once(rows: Sequence[Row]) -> bytes:
        return dumps(rows)[2:-2].replace(b"],[", b"\r\n").replace(b"null", b"").replace(b'"', b"") + b"\r\n"

    return spell


def plainly(rows: Iterable[Row]) -> bytes:
    """Rows as CSV, each cell by itself."""
    out = StringIO(newline="")
    writer = csv.writer(out)
    for row in rows:
        writer.writerow([cell(value) for value in row])
    return out.getvalue().encode()


def cell(value: Any) -> Any:
    """A value as a cell of CSV holds it: lists and objects as JSON, and no text that a spreadsheet would run."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        from orjson import dumps

        return dumps(value).decode()
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in SIGNS and value else value


def _jsonl(what: str) -> Callable[[Sequence[Row]], bytes]:
    from orjson import OPT_APPEND_NEWLINE, dumps

    names = COLUMNS[what]
    objects = [place for place, field in enumerate(SCHEMAS[what]) if field.type == "json"]

    def spell(rows: Sequence[Row]) -> bytes:
        return b"".join(
            [dumps(dict(zip(names, opened(row, objects), strict=True)), None, OPT_APPEND_NEWLINE) for row in rows]
        )

    return spell


def opened(row: Row, objects: Sequence[int]) -> Row:
    """A row with its JSON as objects."""
    if not any(row[place] for place in objects):
        return row
    return [json.loads(value) if at in objects and value else value for at, value in enumerate(row)]


def write_parquet(batches: Iterable[Sequence[Row]], what: str, path: Path, progress: Progress | None = None) -> int:
    """Write rows as Parquet, with true times and lists; how many there were. Raises SrsError without pyarrow."""
    arrow = require_arrow()
    import pyarrow.parquet

    plain, full = arrow_schemas(what)
    number = 0
    with pyarrow.parquet.ParquetWriter(path, full, compression="zstd") as writer:
        for batch in batches:
            columns = list(zip(*batch, strict=True))
            arrays = [arrow.array(column, field.type) for column, field in zip(columns, plain, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=plain).cast(full))
            number += len(batch)
            if progress is not None:
                progress(number)
    return number


def require_arrow() -> Any:
    """pyarrow. Raises SrsError where it is not installed."""
    if find_spec("pyarrow") is None:
        raise SrsError("Parquet needs pyarrow: pip install 'srs[parquet]' adds it")
    import pyarrow

    return pyarrow


def arrow_schemas(what: str) -> tuple[Any, Any]:
    """The columns as rows hold them, with times as text, and as the file does."""
    arrow = require_arrow()
    place = arrow.struct([("path", arrow.string()), ("line", arrow.int64()), ("rule", arrow.string())])
    types = {
        "integer": arrow.int64(),
        "number": arrow.float64(),
        "boolean": arrow.bool_(),
        "texts": arrow.list_(arrow.string()),
        "place": place,
        "instant": arrow.timestamp("ms", tz="UTC"),
        "day": arrow.date32(),
    }
    full, plain = [], []
    for field in SCHEMAS[what]:
        kind = types.get(field.type, arrow.string())
        full.append(arrow.field(field.name, kind, metadata={"unit": field.unit, "meaning": field.meaning}))
        plain.append(arrow.field(field.name, arrow.string() if field.type in {"instant", "day"} else kind))
    return arrow.schema(plain), arrow.schema(full, metadata={"srs": f"{what} {VERSION}"})
