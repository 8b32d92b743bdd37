"""Looking after a collection: backups by day, by hand and before what is hard to take back; putting one back in its place.

A backup is a file, wherever the collection is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from srs.care.daily import folder_of, stem_of
from srs.errors import CollectionDamaged, DatabaseError
from srs.settings import Kept, Settings, data_folder
from srs.store import open_store
from srs.store.database import is_there, plain, signs
from srs.store.files import Held, copy_file, file_of, held, make_private_folder, put_in_place, set_aside, verified
from srs.store.version import SCHEMA

_NAME = re.compile(r"(\d{4}-\d\d-\d\d)(-\d{6}(-[a-z]+)*(-\d+)?)?\.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the collection: its file, and the number of cards and answers in it."""

    file: Path
    cards: int
    answers: int


def back_up_before_upgrade(settings: Settings, now: datetime) -> None:
    _back_up(settings, _named(settings, now, "before-upgrade"))


def back_up_day(settings: Settings, now: datetime, collection: Path, target: Path) -> None:
    """The day's backup, and those taken away that are not kept any longer."""
    make_private_folder(target.parent)
    if _back_up(settings, target) is not None and settings.backups is not None:
        _thin_out(collection, settings.backups, now)


def back_up(settings: Settings, now: datetime, target: Path | None = None) -> Backup:
    """A copy of the collection now, in `target` or among the others. Raises DatabaseError when there is nothing to copy."""
    if not is_there(settings.database):
        raise DatabaseError(f"there is no collection at {plain(settings.database)} yet: srs import PATH makes one")
    made = _back_up(settings, target or _named(settings, now, ""), even_empty=True)
    assert made is not None
    return made


def restore(settings: Settings, now: datetime, source: Path) -> tuple[Backup, Path | None]:
    """Make the collection hold what a backup holds: that backup, and the file that has what was there before.

    What was there is backed up first; if it is damaged, it is set aside as it is. Raises DatabaseError; then all is as it was.
    """
    collection, folder = file_of(settings.database), folder_of(_place(settings))
    if not source.is_file():
        raise DatabaseError(f"{source}: no such file: the backups are in {folder}")
    if collection is not None and collection.exists() and source.samefile(collection):
        raise DatabaseError(f"{source} is the collection itself: name a backup, from {folder}")
    found = verified(source)
    before = _put_aside(settings, _named(settings, now, "before-restore"))
    if collection is None:
        from srs.care.moving import from_file

        from_file(source, settings.database)
        return _backup(source, found), before
    make_private_folder(collection.parent)
    put_in_place(source, collection)
    if found.version != SCHEMA:
        open_store(settings.database).close()
    return _backup(source, found), before


def backups(collection: Path) -> list[Path]:
    """The backups of a collection, the oldest first."""
    start = f"{stem_of(collection)}-"
    folder = folder_of(collection)
    names = (path for path in folder.glob(f"{start}*") if _NAME.fullmatch(path.name.removeprefix(start)))
    return sorted(names, key=lambda path: (_day(collection, path), path.stat().st_mtime_ns, path.name))


def kept(files: Iterable[tuple[date, Path]], numbers: Kept) -> set[Path]:
    """Which backups, given oldest first, stay: all of the newest days that have some, and the last of weeks and months."""
    days: dict[object, list[Path]] = {}
    weeks: dict[object, list[Path]] = {}
    months: dict[object, list[Path]] = {}
    for day, file in files:
        days.setdefault(day, []).append(file)
        weeks.setdefault(day.isocalendar()[:2], []).append(file)
        months.setdefault((day.year, day.month), []).append(file)
    stay = {file for day in _newest(days, numbers.daily) for file in days[day]}
    stay |= {weeks[week][-1] for week in _newest(weeks, numbers.weekly)}
    return stay | {months[month][-1] for month in _newest(months, numbers.monthly)}


def _put_aside(settings: Settings, target: Path) -> Path | None:
    """What a collection holds, in another file; `None` where there is nothing in it."""
    if not is_there(settings.database):
        return None
    try:
        return target if _back_up(settings, target) is not None else None
    except CollectionDamaged:
        collection = file_of(settings.database)
        if collection is None:
            raise
        set_aside(collection, target)
        return target


def _newest(groups: Iterable[object], number: int) -> list[object]:
    return list(groups)[-number:] if number else []


def _thin_out(collection: Path, numbers: Kept, now: datetime) -> None:
    files = backups(collection)
    stay = kept(((_day(collection, file), file) for file in files), numbers)
    for file in files:
        if file not in stay:
            file.unlink(missing_ok=True)
    for part in folder_of(collection).glob(f".{stem_of(collection)}-*.part"):  # of a copy that was killed
        if part.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            part.unlink(missing_ok=True)


def _back_up(settings: Settings, target: Path, *, even_empty: bool = False) -> Backup | None:
    """A copy; `None` where nothing was copied, because the collection is empty or another process was faster."""
    collection = file_of(settings.database)
    if not even_empty and not (
        _has_cards(collection) if collection is not None else _server_has_cards(settings.database)
    ):
        return None
    make_private_folder(target.parent)
    try:
        if collection is None:
            from srs.care.moving import to_file

            return _backup(target, to_file(settings.database, target))
        return _backup(target, copy_file(collection, target))
    except DatabaseError:
        if not even_empty and target.exists():
            return None
        raise


def _server_has_cards(address: str) -> bool:
    from srs.care.moving import holds_cards

    return holds_cards(address)


def _has_cards(collection: Path) -> bool:
    return bool(collection.stat().st_size) and bool(held(collection).rows.get("cards"))


def _backup(file: Path, holds: Held) -> Backup:
    return Backup(file, holds.rows.get("cards", 0), holds.rows.get("revlog", 0))


def _place(settings: Settings) -> Path:
    """The file of a collection. One on a server has none: by this name its backups are known, in the data folder."""
    collection = file_of(settings.database)
    return data_folder() / f"{signs(settings.database)}.db" if collection is None else collection


def _day(collection: Path, backup: Path) -> date:
    return date.fromisoformat(backup.name.removeprefix(f"{stem_of(collection)}-")[:10])


def _named(settings: Settings, now: datetime, why: str) -> Path:
    """A name that no file has yet: the study day, the local time, and why it was made."""
    collection = _place(settings)
    day = date.fromordinal(settings.days.number(now))
    time = now.astimezone(settings.days.zone).strftime("%H%M%S")
    start = "-".join(part for part in (stem_of(collection), str(day), time, why) if part)
    return next(path for path in _names(folder_of(collection), start) if not path.exists())


def _names(folder: Path, start: str) -> Iterator[Path]:
    yield folder / f"{start}.db"
    yield from (folder / f"{start}-{number}.db" for number in range(2, 1000))
