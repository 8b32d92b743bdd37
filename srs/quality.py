"""What could make a card better: remarks on notes, and notes that are easily confused. Pure; a remark stops nothing."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from functools import partial
from itertools import chain

from srs.cards import Card
from srs.notes import Note, Remark
from srs.texts import asked, normalised, points_nowhere

CHECKS = {
    "long-answer": "an answer of more than 40 words, but for outlines, themes, patterns and monologues",
    "long-list": "a list of more than 7 items",
    "prompt-tells": "a rare word of a short answer that stands in the prompt",
    "dangling": "a “this”, “as mentioned” or “see above” that points out of the card",
    "same-sides": "a front that is the back",
    "near-equal": "an answer almost like another one under the same heading",
    "markup": "Markdown or HTML signs that were meant for a page",
    "two-targets": "two questions in one prompt",
    "near-duplicate": "a question that another one asks in nearly the same words",
}
LONG_ANSWER, LONG_LIST, SHORT_ANSWER = 40, 7, 6  # words, items, words
NEAR_ANSWER, NEAR_QUESTION, SAME_SIDES = 85.0, 90.0, 95.0  # similarity, 0 to 100
STEM = 6  # letters
NEAR_SUBJECT = 0.65  # share of the telling words, 0 to 1, that two questions of one subject have in common
PREFIX, NEIGHBOURS = 3, 20  # rarest words that texts are looked up by; texts compared with at each of them

_LONG_KINDS = frozenset({"monologue", "outline", "themes", "pattern"})
_TELLABLE_KINDS = frozenset({"phrase", "definition", "cloze", "qa"})
_SPOKEN_KINDS = frozenset({"phrase", "pattern", "rewrite", "monologue"})  # words to say may point at what was said
_TOLD_KINDS = frozenset({"critique", "definition", "question"})  # quotes; `this` is a term; follows on one's own story
_QUESTION_KINDS = frozenset({"question", "themes", "qa"})

_COMMON = """about above after again against almost alone along already always among another anyone anything around avoid because
    become before begin being below between bring called cannot change could different doing during each either enough every
    everything example first found general given going great group having helps however important inside instead known large
    later least leave little longer makes making maybe means might needs never number often other others people person place
    point problem quite rather really reason right second should simple since single small something start still takes thank
    thanks their there these thing things think those three through times today under until usually using value wants where
    whether which while whole whose within without words works world would wrong years yourself"""
_SAYS_NOTHING = frozenset(_COMMON.split())  # of any subject
_CODE = re.compile(r"(?<![`~])(`+|~{3,})(?![`~]).*?(?<![`~])\1(?![`~])", re.DOTALL)

_NOUNS = r"(?:code|snippet|example|list|table|diagram|program|function|item|step|point|statement|term|option|rule)s?"
_POINTS_BACK = re.compile(
    r"(?i)\bas (?:mentioned|discussed|described|explained|noted|shown|stated|seen)\b(?! (?:in|by|to|on|below)\b)"
    rf"|\b(?:mentioned|discussed|described|explained|listed|shown|{_NOUNS}|section) above\b|\bthe above\b|\babove-mentioned\b"
    r"|\bsee (?:also )?(?:the )?(?:above|section|chapter|appendix|(?:table|figure) \d)|\bin (?:section|chapter) \d"
)
_POINTS_ON = re.compile(  # nothing may come after it: no further line, no code, nothing behind a colon
    rf"(?i)\b(?:of the following|the following(?=\W*$|\s+{_NOUNS}\b)"
    rf"|(?:mentioned|discussed|described|explained|listed|shown|see|{_NOUNS}|section) below)\b[^\n:`.!?;]*[:.?!]?\s*$"
)
_POINTING = ("above", "below", "following", "section", "chapter", "appendix", "table ", "figure ", "as ")

_BOLD = re.compile(r"\*\*(?=\S)(?:(?!\*\*).)+(?<=\S)\*\*", re.DOTALL)
_TABLE = re.compile(r"^[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*(?:\||$)", re.MULTILINE)
_RESIDUE = {
    "a stray **": re.compile(r"(?<!\w)\*\*(?=[^\s*/])|(?<=[^\s*/])\*\*(?!\w)"),  # not `2**8`, not `src/**/*.md`
    "a stray `": re.compile("`"),
    "an HTML tag": re.compile(
        r"</?(?i:a|b|i|u|s|p|br|em|hr|t[dhr]|[uo]l|li|h\d|div|su[bp]|img|kbd|del|ins|pre|code|span|mark|font|strong|details)"
        r"(?:\s[^<>]*)?/?>|<!--"
    ),
    "a broken link": re.compile(r"(?<=\w)\]\("),
    "an anchor": re.compile(r"\{#[\w-]+\}"),
    "a wiki link": re.compile(  # not Python's lists of lists, the shell's tests or C++'s attributes
        r"\[\[(?![\s\d\[\"'(-]|(?:nodiscard|maybe_unused|likely|unlikely|noreturn|deprecated|fallthrough|no_unique_address|assume)\b)"
    ),
    "a backslash escape": re.compile(r"\\(?=[!-/:-@\[-`{-~])"),
}
_SIGN = re.compile(r"[*`<{\[\]\\|]")  # without one there is nothing to look for: most sides have none
_LINK = re.compile(r"!?\[[^\]]*\]\([^)\s]{0,500}(?:\s+\"[^\"]*\")?\)")
_ROW = re.compile(r"^[ \t]*\| .* \|[ \t]*$", re.MULTILINE)


def remarks(notes: Sequence[Note], silenced: Collection[str] = ()) -> list[Remark]:
    """What could be better about the notes, in order of path and line. `silenced` are names in `CHECKS` to leave out."""
    wanted = CHECKS.keys() - set(silenced)
    rules = {check: rule for check, rule in _RULES.items() if check in wanted}
    if "prompt-tells" in wanted:
        spread = Counter(chain.from_iterable({*_words(note.prompt), *_words(note.answer)} for note in notes))
        rules["prompt-tells"] = partial(_prompt_tells, spread=spread, few=max(3, len(notes) // 1000))
    said = ((note, check, rule(note)) for note in notes for check, rule in rules.items())
    found = [Remark(note.path, note.line, check, message) for note, check, message in said if message]
    if "near-equal" in wanted:
        first: dict[int, int] = {}
        for at, other in interfering(notes):
            first.setdefault(other, at)
        for at, other in first.items():
            message = f"the answer is almost that of line {notes[other].line}"
            found.append(Remark(notes[at].path, notes[at].line, "near-equal", message))
    return sorted(found, key=lambda remark: (remark.path, remark.line, remark.check))


def interfering(notes: Sequence[Note]) -> list[tuple[int, int]]:
    """Places of notes of one heading and kind with almost equal answers of three words and more, the smaller first."""
    answers = [normalised(note.answer) for note in notes]
    groups: dict[Hashable, int] = {}
    keys = []
    for note, answer in zip(notes, answers, strict=True):
        group = groups.setdefault((note.path, note.topic, note.heading, note.kind), len(groups))
        words = re.findall(r"\w+", answer)
        tells = len(words) >= 3 and len(answer) >= 12  # "Yes" and "O(1)" answer many a question
        keys.append([f"{word} {group}" for word in words] if tells else [])
    return [
        (at, other)
        for at, other in _alike(answers, keys, NEAR_ANSWER)
        if (answers[at] != answers[other] or notes[at].front != notes[other].front)  # else they are one note
        and _in_all_parts(notes[at].answer, notes[other].answer)
    ]


def _in_all_parts(answer: str, other: str) -> bool:
    """Whether answers that are alike are so in what they say, not only in the labels of their parts."""
    parts, others = (dict(_PART.findall(text)) for text in (answer, other))
    if len(parts) < 2 or parts.keys() != others.keys():
        return True
    return all(_alike_enough(text, others[label]) for label, text in parts.items())


_PART = re.compile(r"^\*\*(.+?):\*\* (.*)$", re.MULTILINE)


def _alike_enough(answer: str, other: str) -> bool:
    from rapidfuzz.fuzz import ratio

    return bool(ratio(normalised(answer), normalised(other), score_cutoff=NEAR_ANSWER))


def confusable(card: Card, other: Card) -> bool:
    """Whether two cards of one document and kind have answers so alike that one, just seen, gives the other away."""
    if card.kind != other.kind or card.path != other.path or card.id == other.id or not card.answer:
        return False
    return _alike_enough(card.answer, other.answer) and _in_all_parts(card.answer, other.answer)


def better_answer(card: Card, others: Sequence[Card]) -> Card | None:
    """The card that says how to do better than a bad answer: one that rewrites the same words, else what answers its question.

    A card under the same heading of the same document answers the question too, if it is the only one there.
    """
    bad = _quoted(card.prompt)
    rewrites = (other for other in others if other.kind == "rewrite" and bad and _quoted(other.prompt) == bad)
    answers = [other for other in others if other.kind != "rewrite" and other.path == card.path]
    question = re.search("“(.+)”", card.prompt.split("\n", 1)[0])
    asked_for = (other for other in answers if question and asked(other.prompt) == asked(question[1]))
    beside = [other for other in answers if card.heading and other.heading == card.heading]
    return next(rewrites, None) or next(asked_for, None) or (beside[0] if len(beside) == 1 else None)


def _quoted(prompt: str) -> str:
    """What a prompt quotes in lines of their own, as it is compared."""
    return normalised(" ".join(re.findall(r"^>[ \t]*(.*)$", prompt, re.MULTILINE)))


def nearest_question(card: Card, others: Sequence[Card]) -> Card | None:
    """The card whose question is nearest to this one's: most of the words that tell what is asked for are the same."""
    mine = _telling(card.prompt)
    best: tuple[float, Card] | None = None
    for other in others:
        words = _telling(other.prompt)
        shared = len(mine & words)
        likeness = 2 * shared / max(1, len(mine) + len(words))
        if shared >= 2 and likeness >= NEAR_SUBJECT and (best is None or likeness > best[0]):
            best = likeness, other
    return best[1] if best else None


def _telling(question: str) -> set[str]:
    """The words that tell what a question asks for, by their first letters: "disagreed" is "disagreement"."""
    words = {_form(word) for word in _words(question)}
    return {word[:STEM] for word in words - _SAYS_NOTHING - _ASKING if len(word) > 3}


_TO_ASK = """have been were will does with that this they them your yours from tell describe explain give share walk talk what
    when where which time times example examples situation situations role ever most very much many more some"""
_ASKING = frozenset(_TO_ASK.split())


def near_duplicates(notes: Sequence[Note]) -> list[tuple[Note, Note]]:
    """Questions, of any document, that ask nearly but not exactly the same.

    One word in the place of another, another number or a "not" make another question; an ending or a word more do not.
    """
    questions = [note for note in notes if note.kind in _QUESTION_KINDS]
    words = [[_form(word) for word in _words(note.front) if word not in _FILLERS] for note in questions]
    pairs = _alike([" ".join(sorted(form)) for form in words], words, NEAR_QUESTION)
    return [
        (one, two)
        for one, two, left, right in ((questions[i], questions[j], set(words[i]), set(words[j])) for i, j in pairs)
        if one.front_digest != two.front_digest
        and not any(map(str.isdecimal, left ^ right))
        and len(_NEGATION.findall(normalised(one.front))) == len(_NEGATION.findall(normalised(two.front)))
        and all(a[:3] == b[:3] for a, b in zip(sorted(left - right), sorted(right - left), strict=False))
    ]


_FILLERS = frozenset({"a", "an", "the", "is", "are", "was", "were", "do", "does", "did", "of", "please", "just"})
_NEGATION = re.compile(r"\b(?:not|no|never|without|cannot)\b|n't\b")
_NUMBERS = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve")
_DIGITS = {word: str(number) for number, word in enumerate(_NUMBERS)} | {"fifteen": "15", "twenty": "20"}


def _form(word: str) -> str:
    """The word as it counts for nearly the same question: numbers in digits, no plural."""
    if word in _DIGITS:
        return _DIGITS[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def _alike(texts: Sequence[str], keys: Sequence[Iterable[str]], least: float) -> list[tuple[int, int]]:
    """Places of texts that are alike to `least`, 0 to 100, among those that share one of their rarest keys.

    Each text is compared with a bounded number of others, those next in alphabetical order: time grows with the number
    of texts, not with its square. Prefix filtering, as in Chaudhuri et al., "A primitive operator for similarity joins".
    """
    from rapidfuzz.fuzz import ratio  # here, since help lists `CHECKS` and must not wait for it
    from rapidfuzz.process import extract

    sets = [set(own) for own in keys]
    spread = Counter(chain.from_iterable(sets))
    holders: dict[str, list[int]] = defaultdict(list)
    for at in sorted(range(len(texts)), key=texts.__getitem__):
        shared = sorted((spread[key], key) for key in sets[at] if spread[key] > 1)
        for _, key in shared[:PREFIX]:
            holders[key].append(at)
    pairs = set()
    for places in holders.values():
        for number, at in enumerate(places[:-1], start=1):
            others = places[number : number + NEIGHBOURS]
            alike = extract(texts[at], [texts[o] for o in others], scorer=ratio, score_cutoff=least, limit=None)
            pairs |= {(min(at, others[found]), max(at, others[found])) for _, _, found in alike}
    return sorted(pairs)


def _long_answer(note: Note) -> str:
    count = len(re.findall(r"\w\S*", note.answer)) if note.kind not in _LONG_KINDS else 0
    return f"an answer of {count} words: split it, or keep what is to be recalled" if count > LONG_ANSWER else ""


def _long_list(note: Note) -> str:
    count = len(note.items)
    return f"a list of {count} items: {LONG_LIST} are about what one recall holds" if count > LONG_LIST else ""


def _prompt_tells(note: Note, spread: Counter[str], few: int) -> str:
    if note.kind not in _TELLABLE_KINDS or len(words := _words(note.answer)) > SHORT_ANSWER:
        return ""
    shown = set(_words(note.prompt))
    if note.kind == "qa" and ("or" in shown or words[:1] in (["yes"], ["no"])):
        return ""  # a choice names its answers, and a "yes" repeats its question
    if note.kind == "cloze" and shown <= set(words):
        return ""  # the answer is the whole text
    genus = _GENUS.match(note.answer.lower())
    words = [word for word in words if not (genus and word == genus[1])]
    told = (w for w in words if w in shown and len(w) >= 5 and w not in _SAYS_NOTHING and spread[w] <= few)
    return f"“{word}” stands in prompt and answer" if (word := next(told, "")) else ""


_GENUS = re.compile(r"(?:an?|the) (?:\w+ )?(\w+) (?:that|which|who|whose|where|when|with|without|of|for|in|to)\b")
"""How a definition names the kind of a thing, as "a class that …" says of a sealed class what its name says already."""


def _dangling(note: Note) -> str:
    if note.kind in _SPOKEN_KINDS:
        return ""
    if note.kind not in _TOLD_KINDS and (pronoun := points_nowhere(note.prompt)):
        return f"nothing in the prompt says what “{pronoun}” is"
    for side in (note.answer,) if note.kind == "critique" else (note.prompt, note.answer):  # a critique's prompt quotes
        prose = _CODE.sub("`", side) if any(map(side.lower().__contains__, _POINTING)) else ""  # the patterns are slow
        if found := _POINTS_BACK.search(prose) or _POINTS_ON.search(prose):
            return f"“{found[0].strip()}” points out of the card"
    return ""


def _same_sides(note: Note) -> str:
    from rapidfuzz.fuzz import ratio

    front, back = (normalised(re.sub(r"[*_`“”\"]", "", side)).strip(" .?!:-") for side in (note.front, note.answer))
    change_counts = note.kind in {"rewrite", "cloze"}  # there a small difference is the point
    same = front == back or (not change_counts and ratio(front, back, score_cutoff=SAME_SIDES) > 0)
    return "front and back say the same" if same and back else ""


def _markup(note: Note) -> str:
    for side in (note.prompt, note.answer):
        prose = _LINK.sub("x", _BOLD.sub("x", _CODE.sub("x", side))) if _SIGN.search(side) else ""
        if left := next((name for name, residue in _RESIDUE.items() if residue.search(prose)), ""):
            return f"{left} is left"
        if _ROW.search(prose) and not _TABLE.search(prose):
            return "a table's | is left"
    return ""


def _two_targets(note: Note) -> str:
    if note.kind not in _QUESTION_KINDS or note.front.count("?") < 2:
        return ""
    own = re.sub(r"\([^)]*\)|“[^”]*”|\"[^\"]*\"", "", _CODE.sub("x", note.front))
    questions = [q for q in re.findall(r"[^\s.!?][^.!?]*\?+(?=\s|$)", own) if q[0] != "/" and asked(q) not in _WHY]
    return f"{len(questions)} questions in one prompt" if len(questions) > 1 else ""


_WHY = frozenset({"why", "why not", "why or why not", "and why", "how so"})  # asks for the same thing's reason
_RULES: dict[str, Callable[[Note], str]] = {
    "long-answer": _long_answer,
    "long-list": _long_list,
    "dangling": _dangling,
    "same-sides": _same_sides,
    "markup": _markup,
    "two-targets": _two_targets,
}


def _words(text: str) -> list[str]:
    return asked(text).split()
