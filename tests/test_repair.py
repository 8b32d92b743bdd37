import codecs
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.extract.repair import LOST, Decoded, decode

TURKISH = "Çağrı’nın ışığı: “Şöyle söyleyin…” — İyi, güzel, öğüt."
FRENCH = "« Voilà l’été à la plage », dit Zoë — naïf, œuvre, garçon, ça, où… À bientôt !"
NOTES = [
    "❌ Wrong: “no, never”",
    "- ✅ Right → say “yes, and…”",
    "It’s fine — really",
    "café déjà vu, voilà l’été",
    "Çağrı’nın ışığı",
    "latency ≥ 2 × the mean",
    "⚠️ now • later",
]
CODE_PAGES = ["cp1252", "cp1254", "latin-1", "mac_roman"]
LETTERS = {
    "English": "abcdefghijklmnopqrstuvwxyz",
    "Turkish": "abcçdefgğhıijklmnoöprsştuüvyz",
    "French": "abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûü",
    "German": "abcdefghijklmnopqrstuvwxyzäöüß",
    "Polish": "aąbcćdeęfghijklłmnńoóprsśtuwyzźż",
    "Russian": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
    "Greek": "αβγδεζηθικλμνξοπρστυφχψωάέήίόύώ",
    "Hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "Arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Japanese": "あいうえおかきくけこ日本語学習",
    "Korean": "가나다라마바사아자차카타파하",
}


def damaged(text: str, code_page: str) -> str:
    """UTF-8 read in a code page that has no character for some bytes, which are lost."""
    return text.encode().decode(code_page, errors="ignore")


def words_of(letters: str) -> st.SearchStrategy[str]:
    # The decomposed form too: what comes back is NFC.
    words = st.text(letters, min_size=1, max_size=9)
    marks = st.sampled_from([" ", ", ", ". ", " — ", " → ", "… ", " ✅ ", " ❌ ", " 🎯 ", "\n", "\n- "])
    sentences = st.lists(st.tuples(words, marks), max_size=12).map(lambda pairs: "".join(a + b for a, b in pairs))
    return st.builds(unicodedata.normalize, st.sampled_from(["NFC", "NFD"]), sentences)


# --- Sound text


@pytest.mark.parametrize("text", [TURKISH, FRENCH, "\n".join(NOTES)])
def test_sound_text_is_left_alone(text: str):
    assert decode(text.encode()) == Decoded(text)


@given(st.sampled_from(sorted(LETTERS)).flatmap(lambda language: words_of(LETTERS[language])))
def test_text_of_any_language_comes_back_as_its_nfc(text: str):
    assert decode(text.encode()) == Decoded(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize("text", ["Ângela foi à Â", "Ðorđe i Ïve", "√2 ≈ 1.41, f ƒ", "Ä Ö Ü Å", "ð og þ"])
def test_letters_that_damage_is_made_of_are_no_proof_of_damage(text: str):
    assert decode(text.encode()) == Decoded(text)


def test_an_empty_file_is_empty_text():
    assert decode(b"") == Decoded("")


# --- Damaged text


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_a_document_read_in_a_wrong_code_page_is_restored(code_page: str):
    found = decode(damaged("\n".join(NOTES), code_page).encode())
    assert found is not None
    for line, note in zip(found.text.split("\n"), NOTES, strict=True):
        assert line in (note, note.replace("❌", LOST))
    assert found.repaired > 20


@pytest.mark.parametrize("code_page", ["cp1252", "cp1254"])
def test_a_cross_whose_byte_was_lost_comes_back(code_page: str):
    text = "❌ Don’t say “never”"
    assert "\x9d" not in damaged(text, code_page)
    assert decode(damaged(text, code_page).encode()) == Decoded(text, repaired=4)


def test_a_sign_that_cannot_be_told_any_more_is_marked_as_lost():
    found = decode(damaged("🎯 Don’t guess", "cp1254").encode())
    assert found == Decoded(f"{LOST} Don’t guess", repaired=1, lost=1)


@pytest.mark.parametrize("code_page", ["cp1252", "cp1254"])
def test_a_closing_quote_that_lost_its_byte_comes_back_after_another_sign(code_page: str):
    text = "“yes, and…”"
    assert decode(damaged(text, code_page).encode()) == Decoded(text, repaired=2)


def test_turkish_read_as_mac_roman_is_restored():
    assert decode(damaged(TURKISH, "mac_roman").encode()).text == TURKISH


def test_text_damaged_twice_over_is_restored():
    text = "“voilà” — l’été"
    twice = text.encode().decode("latin-1").encode().decode("latin-1")
    assert decode(twice.encode()).text == text


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_no_space_is_eaten(code_page: str):
    text = "voilà une idée → à suivre ❌ “a” ❌ “b” — à la fin ✅ c"
    found = decode(damaged(text, code_page).encode())
    assert [len(line) for line in found.text.split(" ")] == [len(line) for line in text.split(" ")]


# --- Partly damaged text


@pytest.mark.parametrize("code_page", CODE_PAGES)
@pytest.mark.parametrize("sound", [TURKISH, FRENCH])
def test_only_the_damaged_part_of_a_document_is_changed(sound: str, code_page: str):
    part = "It’s “late” — don’t"
    found = decode(f"{sound}\n{damaged(part, code_page)}\n{sound}".encode())
    assert found is not None
    assert found.text == f"{sound}\n{part}\n{sound}"
    assert found.lost == 0


def test_every_damaged_run_is_counted_and_no_sound_one():
    found = decode(f"é — ❌\n{damaged('don’t, won’t — it’s', 'cp1252')}".encode())
    assert found == Decoded("é — ❌\ndon’t, won’t — it’s", repaired=4)


# --- Marks, line ends and encodings


def test_a_byte_order_mark_is_not_part_of_the_text():
    assert decode(codecs.BOM_UTF8 + TURKISH.encode()) == Decoded(TURKISH)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_lines_end_in_a_line_feed_however_they_were_written(end: str):
    assert decode(end.join(["un", "", "été", ""]).encode()) == Decoded("un\n\nété\n")


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
def test_utf_16_is_read_by_its_mark(mark: bytes, encoding: str):
    assert decode(mark + f"❌ {TURKISH}\r\n".encode(encoding)) == Decoded(f"❌ {TURKISH}\n")


def test_bytes_of_windows_1252_are_read_as_such():
    text = "It’s “déjà vu” — 5 €"
    assert decode(text.encode("cp1252")) == Decoded(text)


# --- What is no text


@pytest.mark.parametrize(
    "data",
    [b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"plain words, then \0"],
)
def test_a_file_with_nul_bytes_is_no_text(data: bytes):
    assert decode(data) is None


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_are_no_text_even_without_nul(seed: int):
    noise = random.Random(seed).randbytes(4096)
    assert decode(b"\x01" + noise) is None
    assert decode(b"\x01" + noise.replace(b"\0", b"")) is None
