"""Cards and reviews that leave one collection and enter another: the same, or one clear line and nothing at all."""

import json
import re
from datetime import UTC, timedelta

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from srs.cards import Preset, Rating
from srs.cli import main
from srs.days import Days
from srs.errors import RecordError
from srs.export import batches, pieces, records
from srs.importing.records import import_records
from srs.notes import Note
from srs.records.writing import write, write_parquet
from srs.scheduling import Scheduler
from srs.store.reviews import Which
from srs.store.tables import cards, decks, notes, revlog, ticks
from srs.study import Session
from tests import histories

DAYS = Days(UTC)
NOW = histories.NOW
FORMS = ("csv", "jsonl", "parquet")
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
AWKWARD = TEXT | st.sampled_from(["=1+1", "'", "''x", "- a\n- b", '"', "\r\n", "None", "a,b", " x ", "@", "\t"])


def exported(store, folder, form):
    files = []
    for what in ("reviews", "cards"):  # the order does not matter
        file = folder / f"{what}.{form}"
        if form == "parquet":
            pytest.importorskip("pyarrow")
            write_parquet(batches(store, what, DAYS), what, file)
        else:
            with file.open("wb") as out:
                write(pieces(store, what, form, DAYS), what, form, out)
        files.append(str(file))
    return files


def everything(store):
    """All that the exports hold, and the rows behind them but for their times, which are exported to the millisecond."""
    with store._engine.connect() as connection:
        tables = [connection.execute(select(table).order_by(table.c.id)).mappings().all() for table in (cards, notes)]
    names = {deck.id: deck.name for deck in store.decks()}
    rows = [
        {
            name: value
            for name, value in row.items()
            if not hasattr(value, "tzinfo") and name not in {"deck_id", "document_id"}
        }
        for table in tables
        for row in table
    ]
    placed = [names[row["deck_id"]] for row in tables[0]]
    return [list(records(store, what, DAYS)) for what in ("cards", "reviews", "stats")], rows, placed


@pytest.fixture
def other(fresh):
    with fresh() as store:
        yield store


def disturb(store, texts):
    """Awkward texts, own tags, cards in other decks, suspended, buried, retired, by hand."""
    with store._writing() as connection:
        connection.execute(decks.insert().values(id=99, name="=x/y, z"))
        for number, text in enumerate(texts, 1):
            values = {"prompt": text, "answer": text, "items": [text, ""], "tags": [text, "t"], "topic": text}
            values |= {"heading": text, "anchor": text or None, "rule": text}
            connection.execute(update(notes).where(notes.c.id == number).values(values))
            state = {"suspended": number % 2 == 0, "retired": number % 3 == 0, "own_tags": ["t", text], "deck_id": 99}
            state["buried_until"] = NOW + timedelta(days=1) if number % 2 else None
            connection.execute(update(cards).where(cards.c.id == number).values(state))
        connection.execute(update(notes).where(notes.c.id == 7).values(document_id=None, line=0, rule="by hand"))
        leech = {"own_tags": [], "suspended": False}
        connection.execute(update(revlog).where(revlog.c.id == 5).values(card_before=leech))
        items = [{"review_id": id, "item": text, "covered": id == 3} for id in (3, 7) for text in {*texts}]
        connection.execute(ticks.insert(), items)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 999), texts=st.lists(AWKWARD, min_size=6, max_size=6))
def test_what_is_exported_and_imported_is_the_same_collection(fresh, tmp_path, form, seed, texts):
    with fresh() as store, fresh() as other:
        histories.fill(store, histories.generated(seed, reviews=80, number=14), DAYS)
        disturb(store, texts)
        done = import_records(other, exported(store, tmp_path, form), NOW)
        assert (done.cards, done.reviews, done.there) == (len(list(store.cards())), 80, 0)
        assert everything(other) == everything(store)


def test_the_scheduler_goes_on_as_if_nothing_had_been(store, other, tmp_path):
    histories.fill(store, histories.generated(5), DAYS)
    import_records(other, exported(store, tmp_path, "jsonl"), NOW)
    scheduler = Scheduler(Preset(), DAYS)
    for before, after in zip(store.cards(), other.cards(), strict=True):
        dues = [scheduler.preview(card.schedule, NOW)[Rating.GOOD].due for card in (before, after)]
        assert dues[0] == dues[1]
    for number in (1, 2, 3):
        assert len(store.history(number)) == len(other.history(number))


def test_what_is_made_afterwards_gets_numbers_of_its_own(store, other, a_card, tmp_path):
    histories.fill(store, histories.generated(5, reviews=30), DAYS)
    import_records(other, exported(store, tmp_path, "jsonl"), NOW)
    card = a_card("new", into=other)
    assert card.id == 1 + max(card.id for card in store.cards())
    Session(other, Preset(), DAYS).answer(card, Rating.GOOD, NOW, 5)
    assert other.undo()[0].id == card.id


def test_an_import_of_the_documents_afterwards_knows_every_card(databases, tmp_path):
    one, two = databases(), databases()
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Kilns\n\nWhat is a kiln?::An oven for clay.\n\nWhat is slip?::Clay and water.\n")

    def srs(database, *arguments):
        done = CliRunner().invoke(main, ["--database", database, *map(str, arguments)])
        assert done.exit_code == 0, done.output
        return done.stdout

    srs(one, "import", folder)
    srs(one, "export", "cards", "--output", tmp_path / "cards.jsonl")
    srs(two, "import", tmp_path / "cards.jsonl")
    srs(two, "import", folder, "--json")
    assert srs(two, "export", "cards") == srs(one, "export", "cards")
    assert srs(two, "export", "cards").count("\n") == 3


# -- into a collection that holds something -----------------------------------------------------------------------------


@pytest.fixture
def files(store, a_card, tmp_path):
    """Two cards, one of them with an answer, as files; `store` still holds them."""
    first = a_card("a", note=Note("qa", "One?", "1", path="/a.md", line=1, rule="r"))
    a_card("b", note=Note("qa", "Two?", "2", path="/b.md", line=1, rule="r"))
    Session(store, Preset(), DAYS).answer(first, Rating.GOOD, NOW, 5)
    return exported(store, tmp_path, "jsonl")


def test_what_is_there_already_stays_as_it_is(store, files):
    before = everything(store)
    done = import_records(store, files, NOW)
    assert (done.cards, done.reviews, done.there) == (0, 0, 2)
    assert everything(store) == before


def test_what_is_not_there_comes_in_and_undo_takes_it_out_again(store, other, a_card, files, tmp_path):
    import_records(other, files, NOW)
    late = a_card("c")
    Session(store, Preset(), DAYS).answer(late, Rating.AGAIN, NOW, 5)
    more = exported(store, tmp_path, "csv")
    before = everything(other)
    done = import_records(other, more, NOW)
    assert (done.cards, done.reviews, done.there) == (1, 1, 2)
    assert other.card(late.id).prompt == late.prompt
    assert len(other.history(late.id)) == 1
    assert "1 cards and 1 answers" in str(other.take_back())
    assert everything(other) == before


def test_a_number_that_another_card_has_stops_the_whole_import(other, a_card, files):
    a_card("z", into=other, note=Note("qa", "Another?", "!", path="/z.md", line=1, rule="r"))
    before = everything(other)
    with pytest.raises(
        RecordError, match=r"number 1 belongs to another card here, and nothing was imported: .*--database"
    ):
        import_records(other, files, NOW)
    assert everything(other) == before


def test_reviews_without_their_cards_are_refused(other, files):
    with pytest.raises(RecordError, match="card 1 is in none of the files"):
        import_records(other, [name for name in files if name.endswith("reviews.jsonl")], NOW)


# -- files that are not as they should be -------------------------------------------------------------------------------

BROKEN = {
    "no JSON": (lambda lines: [lines[0], "{"], r"cards.jsonl:2: is no JSON"),
    "no object": (lambda lines: [lines[0], "[]"], r"cards.jsonl:2: is no object"),
    "a word for a number": (
        lambda lines: [lines[0], changed(lines[1], reps="two")],
        r':2: reps is integer.*, not "two"',
    ),
    "nothing where something must be": (lambda lines: [changed(lines[0], deck=None)], r":1: deck is empty"),
    "a column that is gone": (lambda lines: [lines[0], changed(lines[1], due=...)], r":2: due is missing"),
    "no kind": (lambda lines: [changed(lines[0], kind="poem")], r":1: kind is one of themes, .*, not “poem”"),
    "no time": (lambda lines: [changed(lines[0], due="soon")], r':1: due is instant, not "soon"'),
    "no state": (lambda lines: [changed(lines[1], state="review")], r":1: state is review, which does not fit"),
    "no digest": (lambda lines: [changed(lines[0], digest="xyz")], r":1: digest is 32 hexadecimal digits"),
    "a card twice": (lambda lines: [lines[0], lines[0]], r":2: card 1 is there twice"),
    "infinity": (lambda lines: [changed(lines[0], difficulty=float("inf"))], r":1: difficulty is number, 1 to 10, not"),
    "figures": (lambda _: ['{"true_retention": 1}'], r"cards.jsonl: these are figures"),
    "something else": (lambda _: ['{"a": 1}'], r"cards.jsonl: is no export of cards or reviews: srs export"),
    "a contract export of old": (
        lambda lines: [changed(lines[0], note_id=...)],
        r"column note_id is missing: export it",
    ),
}


def changed(line, **values):
    record = json.loads(line) | values
    return json.dumps({name: value for name, value in record.items() if value is not ...})


@pytest.mark.parametrize("fault", BROKEN)
def test_a_bad_record_is_one_clear_line_and_changes_nothing(files, other, tmp_path, fault):
    breaking, said = BROKEN[fault]
    file = tmp_path / "cards.jsonl"
    file.write_text("\n".join(breaking(file.read_text("utf-8").splitlines())), "utf-8")
    with pytest.raises(RecordError, match=said) as error:
        import_records(other, files, NOW)
    assert "\n" not in str(error.value)
    assert everything(other) == ([[], [], []], [], [])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", b"id,deck\r\n1\r\n", "is no export of cards or reviews"),
        ("x.csv", b"\xff\xfe", "is not UTF-8"),
        ("x.csv", b"", "is no export of cards or reviews"),
        ("x.parquet", b"PAR1", "is no Parquet"),
        ("none.csv", None, "cannot be read"),
    ],
)
def test_a_file_that_is_no_export(database, tmp_path, name, content, said):
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = CliRunner().invoke(main, ["--database", database, "import", str(tmp_path / name)])
    assert (done.exit_code, done.stdout) == (1, "")
    assert re.fullmatch(rf"Error: .*{re.escape(name)}: {said}.*\n", done.stderr)


@pytest.mark.usefixtures("files")
def test_a_row_of_csv_that_is_too_short(store, other, tmp_path):
    [_, csv_file] = exported(store, tmp_path, "csv")
    (tmp_path / "cards.csv").write_text((tmp_path / "cards.csv").read_text("utf-8") + "1,2\n", "utf-8")
    with pytest.raises(RecordError, match=r"cards.csv:4: has more or fewer cells than the header"):
        import_records(other, [csv_file], NOW)


def test_records_and_notes_are_imported_apart(tmp_path):
    (tmp_path / "a.md").write_text("a::b\n")
    for more in (["a.md"], ["--starter"], ["--deck", "x"], ["--dry-run"]):
        done = CliRunner().invoke(main, ["--database", str(tmp_path / "x.db"), "import", "cards.csv", *more])
        assert done.exit_code == 2
        assert "Records are imported by themselves" in done.stderr


def test_records_of_a_deck_are_whole_records_too(store, files, other, tmp_path):
    assert files
    with (tmp_path / "a.jsonl").open("wb") as out:
        write(pieces(store, "cards", "jsonl", DAYS, Which("a")), "cards", "jsonl", out)
    assert import_records(other, [str(tmp_path / "a.jsonl")], NOW).cards == 1
