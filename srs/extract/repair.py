"""Bytes -> text: which encoding they are in, and what a wrong one did to them. Nothing here knows Markdown.

UTF-8 that was once read as a one-byte code page ("mojibake") is repaired run by run: a run that decodes is decoded, a
run whose bytes were lost is completed only where one common sign fits, and is `�` otherwise. A whole-file guess would
spoil what is right, and would eat the space after a damaged sign.
"""

import re
import unicodedata
from dataclasses import dataclass
from itertools import product

LOST = "\ufffd"

# The signs that notes are made of. A damaged run that lost a byte is completed to one of these or to nothing.
_COMMON_SIGNS = frozenset("“”‘’–—…•·→←↑↓⇒≠≤≥≈×✅✓✔❌✗✘❗❓⚠⭐\ufe0f")

# What a code page shows for the first byte of a sequence of two to four: without one of these no text is damaged.
_LEAD = re.compile("[ÂÃâÅÎÐðğÄË√‚ïƒ≈\uf8ff]")
_RUN = re.compile(r"[^\x00-\x7f]+")

# Code page -> the bytes that have no character in it, so that they may be lost on the way.
_CODE_PAGES = {
    "sloppy-windows-1252": (0x81, 0x8D, 0x8F, 0x90, 0x9D),
    "sloppy-windows-1254": (0x81, 0x8D, 0x8E, 0x8F, 0x90, 0x9D, 0x9E),
    "mac_roman": (),
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text as its author meant it. `repaired` counts damaged runs mended, `lost` those of which only a `�` is left."""

    text: str
    repaired: int = 0
    lost: int = 0


def decode(data: bytes) -> Decoded | None:
    """The text of a file, in Unicode form NFC with `\\n` between lines; `None` when the bytes are no text."""
    text = _characters(data)
    if text is None:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    repaired = lost = 0
    if _LEAD.search(text):
        text, repaired, lost = _mend(text)
    return Decoded(unicodedata.normalize("NFC", text), repaired, lost)


def _characters(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    # Text in a one-byte code page is nearly all letters; a program or a picture read so is full of control characters.
    strange = sum(1 for character in text if character == LOST or (character < " " and character not in "\t\n\r\f"))
    return text if strange * 50 <= len(text) else None


def _mend(text: str) -> tuple[str, int, int]:
    from ftfy import TextFixerConfig, fix_encoding  # slow to load, and most text is sound

    # `restore_byte_a0` is what eats spaces; `replace_lossy_sequences` would hide that a byte was lost.
    config = TextFixerConfig(restore_byte_a0=False, replace_lossy_sequences=False)
    runs = {run: fix_encoding(run, config) for run in set(_RUN.findall(text)) if _LEAD.search(run)}
    mended = {run: better for run, better in runs.items() if better != run}
    # ftfy leaves what lost a byte as it is, even at the end of a run of which it decodes the rest.
    open_runs = {run: better for run, better in runs.items() if _LEAD.search(better)}
    for code_page in _code_pages(mended):
        for run, better in list(open_runs.items()):
            completed = _complete(run, code_page)
            if completed != run and _complete(better, code_page) != better:
                mended[run] = completed
                del open_runs[run]
    repaired = lost = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal repaired, lost
        run = match.group()
        better = mended.get(run, run)
        if better != run:
            repaired += LOST not in better
            lost += LOST in better
        return better

    return _RUN.sub(replace, text), repaired, lost


def _code_pages(mended: dict[str, str]) -> list[str]:
    """The code pages by which the mended runs were damaged, likeliest first.

    They are the proof that a document is damaged: without one, a broken sequence may be a word of another language.
    """
    votes = {page: sum(_shown(better, page) == run for run, better in mended.items()) for page in _CODE_PAGES}
    return sorted((page for page in votes if votes[page]), key=lambda page: -votes[page])


def _shown(text: str, code_page: str) -> str:
    """What `text` looks like when its UTF-8 is read in a code page."""
    return text.encode().decode(code_page, errors="replace")


def _complete(run: str, code_page: str) -> str:
    """Decode what decodes in a run, and complete or give up the sequences that lost bytes."""
    try:
        data = run.encode(code_page)
    except UnicodeEncodeError:
        return run
    result, at, changed = [], 0, False
    while at < len(data):
        length = _sequence_length(data[at])
        end = at + 1
        while end < min(at + length, len(data)) and 0x80 <= data[end] <= 0xBF:
            end += 1
        piece = data[at:end]
        if length > 1 and len(piece) == length:
            result.append(piece.decode("utf-8", errors="replace"))
            changed = True
        elif length > 2 and len(piece) > 1:  # a lead byte alone is a letter such as â; with a trail it is damage
            result.append(_guess(piece, length, code_page))
            changed = True
        else:
            result.append(piece.decode(code_page))
        at = end
    return "".join(result) if changed else run


def _sequence_length(lead: int) -> int:
    return 2 if 0xC2 <= lead <= 0xDF else 3 if 0xE0 <= lead <= 0xEF else 4 if 0xF0 <= lead <= 0xF4 else 1


def _guess(piece: bytes, length: int, code_page: str) -> str:
    """The one common sign that these bytes can be the rest of, else `�`."""
    missing = length - len(piece)
    fits = set()
    for lost in product(_CODE_PAGES[code_page], repeat=missing):
        for at in range(1, len(piece) + 1):
            try:
                sign = (piece[:at] + bytes(lost) + piece[at:]).decode()
            except UnicodeDecodeError:
                continue
            fits.add(sign)
    common = fits & _COMMON_SIGNS
    return common.pop() if len(common) == 1 else LOST
