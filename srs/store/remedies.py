"""What the errors of databases mean for a learner: one line each, by the database's own words, and what to do about it."""

from srs.errors import CollectionDamaged, DatabaseError

LACKING = "lacks a part of its schema: srs doctor says which"

_REMEDIES = (
    ("readonly", "is read-only: allow writing to the file and its folder, or name another with --database"),
    ("read-only", "is read-only: allow writing to the file and its folder, or name another with --database"),
    ("disk is full", "has no room left on its disk: free some, then try again; nothing was changed"),
    ("database is locked", "is in use by another program: close it there, then try again; nothing was changed"),
    ("not a database", "is not a database and is left as it is: name another file with --database"),
    ("malformed", "is damaged: srs restore FILE puts a backup in its place"),
    ("unable to open", "cannot be opened: check that the path is a file, in a folder that you may write to"),
    ("i/o error", "cannot be read or written (disk error, or no room left); nothing was changed"),
    ("input/output error", "cannot be read or written (disk error, or no room left); nothing was changed"),
    ("too big", "cannot hold a value this large"),
    ("no space left", "has no room left on its disk: free some, then try again; nothing was changed"),
    ("lock timeout", "is in use by another program: close it there, then try again; nothing was changed"),
    ("permission denied", "may not be changed by this user: ask for the rights, or name another with --database"),
    ("value too long", "cannot hold a name this long"),
    ("index row", "cannot hold a name this long"),
    ("no such table", LACKING),
    ("no such column", LACKING),
    ("nul (0x00)", "cannot hold text with the sign NUL in it: take it out"),
)


def remedy(said: str) -> str | None:
    """What to do about an error, by the database's own words; `None` for one that is not known."""
    return next((remedy for sign, remedy in _REMEDIES if sign in said.lower()), None)


def says_damage(said: str) -> bool:
    return any(sign in said.lower() for sign in ("malformed", "not a database"))


def explained(name: str, said: str) -> DatabaseError | None:
    """The error to raise for what the database of the collection `name` said; `None` for one that is not known."""
    known = remedy(said)
    if known is None:
        return None
    return (CollectionDamaged if says_damage(said) else DatabaseError)(f"the collection {name} {known}")
