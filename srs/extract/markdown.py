"""Text -> tokens, by markdown-it with the rules in use. At a line only those rules are tried that may fit its first sign."""

import re
from functools import cache, partial

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.front_matter import front_matter_plugin


@cache
def _parser() -> MarkdownIt:
    parser = plain_parser()
    parser.block.ruler = _BySign(parser.block.ruler)
    return parser


def plain_parser() -> MarkdownIt:
    """The parser, with each rule tried at each line."""
    parser = MarkdownIt("commonmark").enable("table").use(front_matter_plugin).use(deflist_plugin)
    matter = next(rule for rule in parser.block.ruler.__rules__ if rule.name == "front_matter")
    # The plugin looks at the document's first sign, and then where the line's text begins: of `- $--` it would make matter.
    parser.block.ruler.at("front_matter", partial(_front_matter, matter.fn), {"alt": matter.alt})
    # Inline markup is not parsed, which is most of the work; a text indented by four is notes, not code; `[Company]: …`
    # is a placeholder more often than the target of a link.
    return parser.disable(["inline", "text_join", "code", "reference"], ignoreInvalid=True)


def _front_matter(rule: RuleFuncBlockType, state: StateBlock, line: int, end: int, silent: bool) -> bool:
    return state.src.startswith("---") and rule(state, line, end, silent)


_OPENINGS = {"fence": "`~", "blockquote": ">", "hr": "*-_", "list": "*-+0123456789", "html_block": "<", "heading": "#"}
"""What a line must begin with for these rules; the rest, but for front matter, may fit any line."""


class _BySign(Ruler[RuleFuncBlockType]):
    """Rules of which those are tried at a line that may fit its first sign: most lines are text, and few rules are for text.

    Front matter is tried at the first line only.
    """

    def __init__(self, rules: Ruler[RuleFuncBlockType]) -> None:
        super().__init__()
        self.__rules__ = rules.__rules__
        self._chains: dict[str, list[RuleFuncBlockType]] = {}

    def getRules(self, chainName: str = "") -> list[RuleFuncBlockType]:
        if chainName not in self._chains:
            active = [each for each in self.__rules__ if each.enabled and (not chainName or chainName in each.alt)]
            self._chains[chainName] = [_tried([(each.name, each.fn) for each in active])] if active else []
        return self._chains[chainName]


_Rules = list[tuple[str, RuleFuncBlockType]]
_BY_SIGN: tuple[str, ...] = tuple(dict.fromkeys("".join(_OPENINGS.values())))


def _tried(rules: _Rules) -> RuleFuncBlockType:
    """The rules as one."""
    chosen: dict[frozenset[str], tuple[list[RuleFuncBlockType], dict[str, list[RuleFuncBlockType]]]] = {}

    def choose(absent: frozenset[str]) -> tuple[list[RuleFuncBlockType], dict[str, list[RuleFuncBlockType]]]:
        """The rules for a line of text, and those for a line that begins with a sign."""
        here = [(name, rule) for name, rule in rules if name not in absent and name != "front_matter"]
        by_sign = {sign: [rule for name, rule in here if sign in _OPENINGS.get(name, sign)] for sign in _BY_SIGN}
        return [rule for name, rule in here if name not in _OPENINGS], by_sign

    every = [rule for _, rule in rules]

    def tried(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        at = state.bMarks[line] + state.tShift[line]
        fitting = every
        if line and at < state.eMarks[line]:
            absent = state.env.get("absent", _NONE)
            if absent not in chosen:
                chosen[absent] = choose(absent)
            for_text, by_sign = chosen[absent]
            fitting = by_sign.get(state.src[at], for_text)
        for rule in fitting:  # noqa: SIM110  a generator for each line would cost more than the rules
            if rule(state, line, end, silent):
                return True
        return False

    return tried


_NONE: frozenset[str] = frozenset()
# A line, below another one, without which the rule finds nothing in a whole document. Before it there may be spaces, and
# the signs of quotes.
_NEEDED = {
    "lheading": re.compile(r"(?:^|[ \t>])(?:=+|-+)[ \t]*$", re.MULTILINE),
    "table": re.compile(r"(?:^|[ \t>])[-:|][-:| \t]+$", re.MULTILINE),
    "deflist": re.compile(r"(?:^|[ \t>])[:~][ \t]", re.MULTILINE),
}


def _absent(text: str) -> frozenset[str]:
    """The rules that find nothing in a text, wherever they are tried."""
    if "\r" in text:
        return _NONE
    return frozenset(name for name, line in _NEEDED.items() if line.search(text) is None)


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text."""
    return _parser().parse(text, {"absent": _absent(text)})
