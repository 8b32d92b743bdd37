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
from pathlib import Path
from typing import Any, TextIO

from srs.errors import SrsError
from srs.records.schema import COLUMNS, SCHEMAS, VERSION

FORMS = ("csv", "jsonl", "parquet")
SIGNS = frozenset("=+-@\t\r\n＝＋－＠'")

Row = Sequence[Any]
Progress = Callable[[int], object]
_BARE = {"integer", "number", "text", "instant", "day", "json"}  # types of one value, which is no list
_FIRST = re.escape("".join(sorted(SIGNS)))
_LOOK = re.compile(f'^[{_FIRST}]|[",\r\n]|None')  # None is how an empty cell looks for a while


def write(batches: Iterable[Sequence[Row]], what: str, form: str, out: TextIO, progress: Progress | None = None) -> int:
    """Write rows, in the order of the schema, as `csv` or `jsonl`; how many there were. `progress` is told as it goes."""
    if form == "jsonl":
        put: Callable[[Sequence[Row]], object] = _jsonl(what, out)
    else:
        writer = csv.writer(out)
        writer.writerow(COLUMNS[what])
        put = _csv(what, writer, out)
    number = 0
    for batch in batches:
        put(batch)
        number += len(batch)
        if progress is not None:
            progress(number)
    return number


def _csv(what: str, writer: Any, out: TextIO) -> Callable[[Sequence[Row]], object]:
    """Puts a batch at once where no cell of it needs a look; else each by itself. The outcome is the same.

    At once means by one template for each row: half the time of the csv module, which looks at every character.
    """
    fields = SCHEMAS[what]
    texts = [place for place, field in enumerate(fields) if field.type in {"text", "json"}]
    bare = all(field.type in _BARE for field in fields)
    template = ",".join(["%s"] * len(fields)) + "\r\n"

    def put(batch: Sequence[Row]) -> None:
        if bare and not any(text and _LOOK.search(text) for at in texts for text in {row[at] for row in batch}):
            out.write("".join([template % tuple(row) for row in batch]).replace(",None", ","))
        else:
            put_plainly(writer, batch)

    return put


def put_plainly(writer: Any, batch: Sequence[Row]) -> None:
    """Each cell by itself."""
    for row in batch:
        writer.writerow([cell(value) for value in row])


def cell(value: Any) -> Any:
    """A value as a cell of CSV holds it: lists and objects as JSON, and no text that a spreadsheet would run."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if isinstance(value, str) and value[:1] in SIGNS and value else value


def _jsonl(what: str, out: TextIO) -> Callable[[Sequence[Row]], object]:
    names, encode = COLUMNS[what], json.JSONEncoder(ensure_ascii=False).encode
    objects = [place for place, field in enumerate(SCHEMAS[what]) if field.type == "json"]

    def put(batch: Sequence[Row]) -> None:
        out.write("".join(encode(dict(zip(names, opened(row, objects), strict=True))) + "\n" for row in batch))

    return put


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
