"""The floors: the least that the same work could cost, by the same Python without srs.

python floors.py read FOLDER    read and hash all documents
"""

import sqlite3
import sys
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path


def read(folder: str) -> None:
    for path in sorted(Path(folder).rglob("*.md")):
        blake2b(path.read_bytes(), digest_size=16).digest()


class BareAnswer:
    """The two rows of an answer by plain sqlite3 and with the pragmas of srs, in a copy of the same collection."""

    def __init__(self, path: Path) -> None:
        self._to = sqlite3.connect(path, isolation_level=None)
        for pragma in ("busy_timeout = 5000", "foreign_keys = ON", "synchronous = FULL"):
            self._to.execute(f"PRAGMA {pragma}")
        names = ("state", "step", "due", "stability", "difficulty", "last_review", "reps", "lapses")
        self._update = f"UPDATE cards SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ? AND reps = ? - 1"
        self.query = f"SELECT {', '.join(names)}, id, reps FROM cards WHERE id = ?"

    def write(self, card: Sequence[object], answer: Sequence[object]) -> None:
        self._to.execute("BEGIN IMMEDIATE")
        changed = self._to.execute(self._update, card).rowcount
        self._to.execute(f"INSERT INTO revlog VALUES ({', '.join('?' * len(answer))})", answer)
        self._to.execute("COMMIT")
        assert changed == 1

    def close(self) -> None:
        self._to.close()


if __name__ == "__main__":
    {"read": read}[sys.argv[1]](sys.argv[2])
