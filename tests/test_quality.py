"""Remarks on cards: they say what could be better, and are silent about what is fine."""

import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srs.cards import Card, Schedule, State
from srs.notes import KINDS, Note, Problem, Remark
from srs.quality import CHECKS, better_answer, interfering, near_duplicates, nearest_question, remarks

TEXT = st.text(alphabet="ab A.?*`[](){}#|\\<>/-\n5", max_size=30)
NOTES = st.lists(
    st.builds(Note, st.sampled_from(KINDS), TEXT, TEXT, prompt=TEXT, heading=TEXT, path=TEXT, line=st.integers(0, 9)),
    max_size=8,
)


def a_note(kind: str, front: str, answer: str = "", line: int = 1, **changes: object) -> Note:
    note = Note(kind, front, answer, heading="Caches", topic="Speed", path="notes.md", line=line, prompt=front)
    return note._replace(**changes)  # type: ignore[arg-type]


def checks(*notes: Note) -> list[str]:
    return [remark.check for remark in remarks(notes)]


def asked_twice(first: str, second: str) -> bool:
    return bool(near_duplicates([a_note("qa", first), a_note("question", second, path="other.md")]))


@given(NOTES)
def test_any_notes_can_be_remarked_on(notes: list[Note]) -> None:
    found = remarks(notes)
    assert [(r.path, r.line) for r in found] == sorted((r.path, r.line) for r in found)
    assert {r.check for r in found} <= CHECKS.keys()
    assert remarks(notes, CHECKS) == []
    near_duplicates(notes)


@given(NOTES, st.sampled_from(sorted(CHECKS)))
def test_a_silenced_check_says_nothing_and_changes_no_other(notes: list[Note], check: str) -> None:
    assert remarks(notes, {check}) == [remark for remark in remarks(notes) if remark.check != check]


def test_a_remark_reads_like_a_problem_with_the_name_of_its_check() -> None:
    assert (
        str(Remark("a.md", 3, "markup", "left")) == f"{Problem('a.md', 3, 'left')} [markup]" == "a.md:3: left [markup]"
    )


def test_a_good_card_gets_no_remark() -> None:
    assert (
        checks(a_note("qa", "Why does a cache need a size limit?", "Memory is finite, so old entries must go.")) == []
    )


def test_loading_the_names_of_the_checks_loads_nothing_slow() -> None:
    program = "import sys, srs.quality; print('rapidfuzz' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# -- long-answer, long-list --


def test_an_answer_is_long_from_41_words_on() -> None:
    assert checks(a_note("qa", "What is cold?", "snow " * 40)) == []
    (remark,) = remarks([a_note("qa", "What is cold?", "snow — " * 41, line=7)])
    assert (remark.check, remark.line) == ("long-answer", 7)
    assert "41 words" in remark.message


@pytest.mark.parametrize("kind", ["monologue", "outline", "themes", "pattern"])
def test_what_is_long_by_nature_may_be_long(kind: str) -> None:
    assert checks(a_note(kind, "Winter", "snow " * 90)) == []


def test_a_list_is_long_from_8_items_on() -> None:
    assert checks(a_note("outline", "Colours", "…", items=tuple("abcdefg"))) == []
    assert checks(a_note("outline", "Colours", "…", items=tuple("abcdefgh"))) == ["long-list"]


# -- prompt-tells --


@pytest.mark.parametrize(
    ("kind", "front", "answer"),
    [
        ("qa", "Which header declares the atomic types?", "The <atomic> header"),
        ("definition", "Mutex", "A mutex object"),
        ("phrase", "Postponing › Later: “L…”, 3 words", "Let's try postponing"),
        ("cloze", "An iterator is an […] into a container.", "iterator"),
    ],
)
def test_a_rare_word_in_prompt_and_short_answer_gives_it_away(kind: str, front: str, answer: str) -> None:
    assert checks(a_note(kind, front, answer)) == ["prompt-tells"]


@pytest.mark.parametrize(
    ("kind", "front", "answer"),
    [
        ("qa", "What is serialization?", "Serialization turns an object into bytes that can be stored or sent."),
        ("qa", "Is lookup faster in a vector or a list?", "In a vector"),
        ("qa", "Is the destructor called?", "Yes, the destructor runs"),
        ("phrase", "In other words: “I…”, 3 words", "In other words"),
        ("themes", "Which deadline did you miss?", "A deadline"),
        ("cloze", "Stacks grow […].", "Stacks grow downwards."),
    ],
)
def test_a_word_that_the_prompt_shares_by_right_is_no_tell(kind: str, front: str, answer: str) -> None:
    assert checks(a_note(kind, front, answer)) == []


def test_the_kind_of_a_thing_tells_nothing() -> None:
    assert checks(a_note("qa", "What is a covered bridge?", "A bridge that has a roof.")) == []
    assert checks(a_note("qa", "What is a covered bridge?", "It has a bridge and roof.")) == ["prompt-tells"]


def test_a_word_of_many_notes_tells_nothing() -> None:
    others = [a_note("qa", f"What is kernel part {n}?", f"Number {n}", line=n) for n in range(2, 6)]
    assert checks(a_note("qa", "What does the kernel load?", "kernel modules"), *others) == []


# -- dangling --


@pytest.mark.parametrize(
    "front",
    [
        "Why is this important?",
        "What is that?",
        "How does it work?",
        "What do they do?",
        "What is it good for?",
        "When would you use it?",
        "Why not avoid them?",
        "It is slow.",
        "Which of the following is true?",
        "What does the code above print?",
        "What does the following function return?",
    ],
)
def test_a_question_that_points_at_nothing_dangles(front: str) -> None:
    assert checks(a_note("qa", front, "Answer.")) == ["dangling"]


@pytest.mark.parametrize(
    "front",
    [
        "Why is it hard to invalidate a cache?",
        "What is it like working on call?",
        "Why is this role right for you?",
        "What is it good for a beginner to know?",
        "How do you test a queue and when would you use it?",
        "How do you plan your work these days?",
        "A query reads every row. Why is this slow?",
        "What does this print: `puts(0)`?",
        "What does the following code print?\n\n```c\nputs(0);\n```",
        "What happens below zero degrees?",
        "What is `this`?",
    ],
)
def test_a_question_that_holds_what_it_points_at_does_not_dangle(front: str) -> None:
    assert checks(a_note("qa", front, "Answer.")) == []


@pytest.mark.parametrize(
    "answer",
    [
        "It is slow, as discussed above.",
        "As mentioned, it is slow.",
        "See section 4.",
        "See above.",
        "It needs the following:",
        "It is done as shown below.",
    ],
)
def test_an_answer_that_points_out_of_the_card_dangles(answer: str) -> None:
    assert checks(a_note("qa", "What is a full scan?", answer)) == ["dangling"]


@pytest.mark.parametrize(
    "answer",
    [
        "This is a read of every row.",
        "They are slow.",
        "It needs the following:\n\n- time\n- patience",
        "It went live the following day.",
        "Keep it above zero.",
        "It is fast, as explained in the SQL standard.",
        "`see above`",
    ],
)
def test_an_answer_that_refers_to_its_question_does_not_dangle(answer: str) -> None:
    assert checks(a_note("qa", "What is a full scan?", answer)) == []


@pytest.mark.parametrize(
    ("kind", "front", "answer"),
    [
        ("phrase", "Linking: “A…”, 4 words", "As mentioned above, we…"),
        ("definition", "this", "The object that a member function is called on."),
        ("question", "Could this happen again?", ""),
        ("pattern", "It is … that", "It is + noun + that, as shown below."),
    ],
)
def test_words_to_say_may_point_at_what_was_said(kind: str, front: str, answer: str) -> None:
    assert checks(a_note(kind, front, answer)) == []


# -- same-sides --


def test_a_front_that_is_its_back_is_remarked_on() -> None:
    assert checks(a_note("phrase", "Good to know", "“Good to know.”")) == ["same-sides"]
    nearly = a_note("qa", "Every cache entry needs an expiry time.", "- Every cache entry needs an expiry time")
    assert checks(nearly) == ["same-sides"]


@pytest.mark.parametrize(
    ("front", "answer"), [("I can always help you with your work.", "I can always help you with our work.")]
)
def test_a_rewrite_may_change_one_letter(front: str, answer: str) -> None:
    assert checks(a_note("rewrite", front, answer)) == []


def test_c_and_c_plus_plus_are_two_sides() -> None:
    assert checks(a_note("definition", "C", "C++")) == []


# -- near-equal --


def test_rows_of_a_table_are_near_equal_only_where_all_their_cells_are() -> None:
    rows = {"Barge": ("heavy", "slow"), "Skiff": ("light", "slow"), "Lighter": ("heavy", "slow.")}
    notes = [a_note("qa", name, f"**Load:** {load}\n\n**Speed:** {speed}") for name, (load, speed) in rows.items()]
    assert checks(*notes[:2]) == []
    assert checks(*notes) == ["near-equal"]


def test_near_equal_answers_under_one_heading_interfere() -> None:
    notes = [
        a_note("phrase", "Opening: “L…”", "Let me walk you through the plan", line=4),
        a_note("phrase", "Opening: “G…”", "Good morning to all of you", line=5),
        a_note("phrase", "Opening: “L… m…”", "Let me talk you through the plan", line=6),
    ]
    assert interfering(notes) == [(0, 2)]
    (remark,) = remarks(notes)
    assert (remark.check, remark.line) == ("near-equal", 6)
    assert "line 4" in remark.message


def test_each_note_is_named_once_however_many_are_like_it() -> None:
    notes = [
        a_note("qa", f"Which {name} is it?", f"Take the blue door on floor {n}", n) for n, name in enumerate("abcd")
    ]
    assert checks(*notes) == ["near-equal"] * 3


@pytest.mark.parametrize(
    "changes", [{"heading": "Queues"}, {"kind": "definition"}, {"path": "other.md"}, {"topic": "Cost"}], ids=str
)
def test_answers_interfere_only_in_one_place_and_kind(changes: dict[str, object]) -> None:
    one = a_note("qa", "What is a hit?", "A read that the cache can serve", 1)
    two = a_note("qa", "What is a miss?", "A read that the cache cannot serve", 2)
    assert interfering([one, two]) == [(0, 1)]
    assert interfering([one, two._replace(**changes)]) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("answer", ["Yes.", "O(log n)", "It depends"])
def test_short_answers_may_be_equal(answer: str) -> None:
    assert checks(a_note("qa", "Is Ada fast?", answer, 1), a_note("qa", "Was Ada early?", answer, 2)) == []


def test_the_same_note_twice_does_not_interfere() -> None:
    note = a_note("phrase", "Opening: “L…”", "Let me walk you through the plan")
    assert interfering([note, note._replace(line=9)]) == []


# -- markup --


@pytest.mark.parametrize(
    "text",
    [
        "A **bold word",
        "A bold** word",
        "A `span",
        "one<br>two",
        "<b>fat</b>",
        "see] [the page](",
        "text](page.md",
        "Title {#anchor}",
        "See [[Other note]]",
        r"snake\_case",
        "| a | b |",
    ],
)
def test_markup_that_is_left_is_remarked_on_either_side(text: str) -> None:
    assert "markup" in checks(a_note("qa", "What is it called?", f"{text} here" if text[0] != "|" else text))
    assert "markup" in checks(a_note("outline", text, "One"))


@pytest.mark.parametrize(
    "text",
    [
        "**R**esource **a**cquisition **i**s",
        "**…and so on**",
        "***both*** and **C++**",
        "2**8 is 256",
        "src/**/*.md",
        "``a ` b``",
        "`**x` and `<br>` and `[[x` and `a\\_b`",
        "```\n| a | b |\n**\n```",
        "std::vector<int>",
        "a < b and c > d",
        "[a page](https://example.org/a_(b)",
        "[](int n) { return n; }",
        "[[nodiscard]] int f();",
        "[[1, 2], [3]]",
        "C:\\Users\\ada",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "|x| is positive",
        "I work at [Company] as a {role}",
    ],
)
def test_markdown_and_code_as_they_should_be_are_no_residue(text: str) -> None:
    assert checks(a_note("qa", "Which text is it?", text)) == []


# -- two-targets --


@pytest.mark.parametrize("kind", ["question", "qa", "themes"])
def test_two_questions_in_one_prompt_are_two_targets(kind: str) -> None:
    assert checks(a_note(kind, "What is a lock? And when does one wait?")) == ["two-targets"]


@pytest.mark.parametrize(
    "front",
    [
        "Why us? / Why our product?",
        "Would you do so again? Why?",
        "What do you say to “Ready? Now?”",
        "Have you led a team (of two? of ten?)?",
        "What does `a ? b : c` mean?",
        "Did you ever fail? Tell the story.",
    ],
)
def test_alternatives_and_reasons_are_one_target(front: str) -> None:
    assert checks(a_note("themes", front)) == []


# -- questions asked twice --


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What will you do in five years?", "What will you do in 5 years?"),
        ("What is a virtual function?", "What are virtual functions?"),
        ("Which classes did you write?", "Which class did you write?"),
        ("How do you handle conflicts in a team?", "How do you handle conflict in the team?"),
        ("Describe a time you missed a deadline.", "Describe a time when you missed a deadline."),
    ],
)
def test_questions_that_ask_nearly_the_same_are_found(first: str, second: str) -> None:
    assert asked_twice(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is a lock?", "What is a lock"),
        ("What will you do in 5 years?", "What will you do in 10 years?"),
        ("What was new in release eleven of it?", "What was new in the release of it?"),
        ("Why is a global lock a good idea?", "Why isn't a global lock a good idea?"),
        ("What are the advantages of threads here?", "What are the disadvantages of threads here?"),
        ("What is an lvalue?", "What is an rvalue?"),
    ],
)
def test_the_same_question_and_another_question_are_no_near_duplicates(first: str, second: str) -> None:
    assert not asked_twice(first, second)


def test_only_questions_are_compared() -> None:
    assert near_duplicates([a_note("phrase", "In five years"), a_note("phrase", "In 5 years")]) == []


@pytest.mark.slow
def test_time_grows_with_the_number_of_notes_and_not_with_its_square() -> None:
    def seconds(count: int) -> float:
        notes = [a_note("qa", f"What is {n} of {n % 97}?", f"the same long answer {n % 1000}", n) for n in range(count)]
        start = time.perf_counter()
        remarks(notes)
        near_duplicates(notes)
        return time.perf_counter() - start

    assert seconds(40_000) < 10 * seconds(10_000)


# -- what stands beside a card in a session


def a_card(kind: str, prompt: str, path: str = "notes.md", heading: str = "", id: int = 1) -> Card:
    schedule = Schedule(State.LEARNING, datetime(2025, 1, 15, tzinfo=UTC))
    return Card(id, "notes", kind, prompt, "an answer", (), (), path, 1, "rule", schedule, heading=heading)


BAD = a_card("critique", "Bad answer to “Why do you leave?”\n\n> My boss is a fool.", heading="Leaving")


@pytest.mark.parametrize(
    "better",
    [
        a_card(
            "rewrite", "Say it better: Blame\n\n> “My boss is a fool.”".replace("“", "").replace("”", ""), "other.md"
        ),
        a_card("themes", "Why do you leave?"),
        a_card("qa", "“Why do you leave?”", heading="Elsewhere"),
        a_card("themes", "Reasons to go", heading="Leaving"),
    ],
)
def test_a_bad_answer_finds_the_better_one(better: Card) -> None:
    others = [
        a_card("rewrite", "Say it better\n\n> I am bored."),
        a_card("themes", "What motivates you?", heading="Drive"),
    ]
    assert better_answer(BAD, [*others, better]) == better


@pytest.mark.parametrize(
    "others",
    [
        [],
        [a_card("themes", "Why do you leave?", "other.md")],
        [a_card("themes", "Where next?", heading="Leaving"), a_card("qa", "And then?", heading="Leaving")],
    ],
)
def test_where_it_is_not_sure_no_better_answer_is_shown(others: list[Card]) -> None:
    assert better_answer(BAD, others) is None


@pytest.mark.parametrize(
    ("question", "themes"),
    [
        (
            "When did you disagree with a decision of your manager?",
            "Tell me about a time you disagreed with a decision.",
        ),
        ("Which project of yours has slipped furthest?", "Tell me about a project that slipped."),
        ("How do you handle conflicts within your team?", "Describe a conflict in a team and how you handled it."),
    ],
)
def test_a_question_finds_the_one_that_asks_nearly_the_same(question: str, themes: str) -> None:
    other, found = a_card("themes", "What makes a deadline realistic?"), a_card("themes", themes)
    assert nearest_question(a_card("question", question), [other, found]) == found


@pytest.mark.parametrize(
    "question",
    [
        "How do you choose a library?",
        "When did you disagree with a colleague?",
        "What would you do in your first month?",
    ],
)
def test_a_question_of_another_subject_finds_none(question: str) -> None:
    others = ["Tell me about a time you disagreed with a decision.", "What did you learn from your first project?", "?"]
    assert nearest_question(a_card("question", question), [a_card("themes", other) for other in others]) is None
