"""Files that commands write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from srs.errors import SrsError


@contextmanager
def replacing(name: str, option: str) -> Iterator[Path]:
    """A file to write that takes the place of the one named at the end, and leaves it as it was when that is not reached.

    It is for its owner's eyes only.
    Raises SrsError where it cannot be written; `option` is what names another.
    """
    target = Path(name).resolve()
    part = target.with_name(target.name + ".part")
    if target.exists() and not target.is_file():  # a pipe or a device is written to, never replaced
        part = target
    try:
        if part != target:
            part.unlink(missing_ok=True)
            part.touch(0o600)
        yield part
        if part != target:
            part.replace(target)
    except BaseException as error:
        if part != target:
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SrsError(f"{name} cannot be written ({error.strerror}): name another file with {option}") from None
        raise
