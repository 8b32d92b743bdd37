import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srs.errors import QueryError
from srs.notes import KINDS
from srs.query import DEEPEST, LONGEST, as_text, parse
from srs.terms import (
    EVERYTHING,
    PROPERTIES,
    STATES,
    Added,
    And,
    Deck,
    Id,
    Is,
    Kind,
    Not,
    Or,
    Path,
    Prop,
    Rated,
    Tag,
    Text,
    walk,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12).filter(
    str.strip
)
days = st.integers(1, 36_500)
leaves = st.one_of(
    st.builds(Text, texts),
    st.builds(Deck, texts),
    st.builds(Tag, texts),
    st.builds(Path, texts),
    st.builds(Kind, st.sampled_from(KINDS)),
    st.builds(Is, st.sampled_from(STATES)),
    st.builds(Rated, days, st.none() | st.integers(1, 4)),
    st.builds(Added, days),
    st.builds(
        Prop,
        st.sampled_from(PROPERTIES),
        st.sampled_from(["<", "<=", ">", ">=", "=", "!="]),
        st.integers(-9999, 9999).map(float)
        | st.floats(0, 1, allow_subnormal=False).filter(lambda x: x == 0 or x > 1e-9),
    ),
    st.builds(Id, st.lists(st.integers(0, 10**17), min_size=1, max_size=4).map(tuple)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
scraps = st.lists(
    st.sampled_from(
        [*"()-\"\\:*, ", "and", "or", "not", "deck:", "is:due", "is:x", "rated:7:1", "rated:7:", "prop:s<1", "prop:", "id:", "é"]
    )
    | st.text(max_size=3),
    max_size=12,
).map(" ".join) | st.text(max_size=30)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(trees)
def test_a_tree_written_as_text_is_read_as_the_same_tree(tree):
    if len(as_text(tree)) <= LONGEST:
        assert parse(as_text(tree)) == tree


@settings(max_examples=200, deadline=None)
@given(scraps)
def test_any_text_is_a_query_or_an_error_with_its_place(text):
    try:
        tree = parse(text)
    except QueryError as error:
        found = error
    else:
        assert parse(as_text(tree)) == tree
        return
    assert 0 <= found.position <= len(text)
    assert f"column {found.position + 1} " in str(found)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", EVERYTHING),
        ("  ", EVERYTHING),
        ("tea", Text("tea")),
        ('"green tea"', Text("green tea")),
        ("green tea", And((Text("green"), Text("tea")))),
        ("green AND tea", And((Text("green"), Text("tea")))),
        ("a b or c", Or((And((Text("a"), Text("b"))), Text("c")))),
        ("a (b or c)", And((Text("a"), Or((Text("b"), Text("c")))))),
        ("-a b", And((Not(Text("a")), Text("b")))),
        ("not a b", And((Not(Text("a")), Text("b")))),
        ("-(a b)", Not(And((Text("a"), Text("b"))))),
        ('-"a b"', Not(Text("a b"))),
        ('deck:"a b/c" kind:QA', And((Deck("a b/c"), Kind("qa")))),
        ("DECK:x", Deck("x")),
        ("source:x", Path("x")),
        ("is:learn", Is("learning")),
        ("rated:7", Rated(7)),
        ("rated:7:1", Rated(7, 1)),
        ("prop:ivl>=10.5", Prop("interval", ">=", 10.5)),
        ("prop:due=-1", Prop("due", "=", -1.0)),
        ("id:1,02", Id((1, 2))),
        ('"and"', Text("and")),
        ("half-way", Text("half-way")),
        ("12:30", Text("12:30")),
        (r'"say \"no\" \\ \n"', Text('say "no" \\ \\n')),
    ],
)
def test_words_mean_what_users_of_the_field_expect(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a (b or c", 3, "not closed"),
        ("a b)", 4, "closes nothing"),
        ("()", 2, "something is missing"),
        ('tea "green', 5, "quote is not closed"),
        ("tea or", 7, "missing at the end"),
        ("or tea", 1, "stands between"),
        ("a and or b", 7, "stands between"),
        ("tea - green", 5, "right before"),
        ("-", 1, "right before"),
        ("x dek:a", 3, "there is no “dek:”"),
        ("deck:", 1, "nothing is said"),
        ('""', 1, "nothing is said"),
        ("is:old", 4, "“old” is none of due, new"),
        ("kind:poem", 6, "“poem” is none of themes"),
        ("rated:x", 7, "number of days"),
        ("rated:7:5", 7, "rating is 1 to 4"),
        ("added:0", 7, "number of days"),
        ("added:99999999999", 7, "number of days"),
        ("prop:stability", 6, "comparison"),
        ("prop:weight<1", 6, "“weight” is none of stability"),
        ("id:x", 4, "takes numbers"),
        ("id:" + "9" * 19, 4, "takes numbers"),
        ("a\0", 2, "no card holds"),
        ("a\ud800", 2, "no card holds"),
        ("(" * 60, DEEPEST + 1, "in one another"),
        ("a" * 1001, LONGEST + 1, "at most 1000 characters"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_column(text, column, message):
    with pytest.raises(QueryError, match=message) as error:
        parse(text)
    assert error.value.position == column - 1
    assert "\n" not in str(error.value)


def test_walking_a_tree_meets_every_part_once():
    assert walk(parse("a or -(b c)")) == [
        parse("a or -(b c)"), Text("a"), Not(And((Text("b"), Text("c")))), And((Text("b"), Text("c"))), Text("b"), Text("c")
    ]  # fmt: skip


def test_a_query_that_is_turned_many_times_can_still_be_written_and_read():
    query = parse("-" * 40 + "word")
    assert parse(as_text(query)) == query


def test_a_query_as_deep_as_may_be_can_be_written_and_read() -> None:
    query = parse(f"a or {'-' * (DEEPEST - 1)}b c")
    assert parse(as_text(query)) == query
    assert as_text(parse("(a b) or c")) == '"a" "b" or "c"'
