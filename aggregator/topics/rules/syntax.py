"""The language of rules: text in, a tree out, or what is wrong with it and where.

From loose to tight: OR, AND (also nothing at all), NOT, NEAR and ADJ; brackets first. `a NOT b` is `a AND NOT b`.
Operators may be written in small letters; whoever seeks the word "not" puts it in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from aggregator.spelling import spelled
from aggregator.topics.rules import mistakes
from aggregator.topics.rules.fields import Lists, fact, list_of, pieces_of, placed
from aggregator.topics.rules.mistakes import RuleError
from aggregator.topics.rules.tree import FACTS, PLACES, All, Near, Node, Some, Sought, Without, is_bound

if TYPE_CHECKING:  # a service without rules does not load it
    from lark import Lark, Token

LONGEST = 4_000  # characters of one rule
DEEPEST = 20  # brackets within brackets
MOST_TERMS = 2_000  # words and phrases, those of lists included
LONGEST_WORD = 60
FARTHEST = 200  # words between what is NEAR
NEAR_BY = 10  # words between, where NEAR has no number
FIELDS = (*PLACES, *FACTS, "list")

_GRAMMAR = r"""
start: some
some: every (OR every)*
every: clause (AND? clause)*
clause: near | NOT near -> without
near: unit ((NEAR | ADJ | NOT_NEAR) unit)*
?unit: WORD -> word
     | EXACT -> exact
     | PHRASE -> phrase
     | EXACT_PHRASE -> exact_phrase
     | FIELD unit -> field
     | "(" some ")" -> group

NOT_NEAR.4: /NOT\s+NEAR(?:\/\d+)?(?=[\s("=)]|\Z)/i
NEAR.3: /NEAR(?:\/\d+)?(?=[\s("=)]|\Z)/i
ADJ.3: /ADJ(?:\/\d+)?(?=[\s("=)]|\Z)/i
AND.3: /AND(?=[\s("=)]|\Z)/i
OR.3: /OR(?=[\s("=)]|\Z)/i
NOT.3: /NOT(?=[\s("=)]|\Z)/i
FIELD.2: /[^\W\d_]\w*:(?=\s*[^\s)])/
EXACT_PHRASE.2: /(?<![^\s(:])="[^"]*"/
EXACT.2: /(?<![^\s(:])=[^\s()":=]+/
PHRASE.2: /"[^"]*"/
WORD: /[^\s()":=&|][^\s()":=]*/
%ignore /\s+/
"""
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))
_MORE_THAN_WORDS = re.compile(r"[^\w\s]|\b(?:and|or|not|near|adj)\b", re.I)
_SPECIAL = re.compile(r"[*?]")
_ASKED = re.compile(r"\?+(?=\W*(?:\s|$))")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be used. `forbids`: it only says what must not be there ("NOT …" and nothing else).
    `lists`: the names of the lists it reads."""

    text: str
    root: Node
    forbids: bool = False
    lists: tuple[str, ...] = ()


def compile_rule(text: str, lists: Lists | None = None, *, may_forbid: bool = False) -> Rule:
    """The rule that `text` is. `lists`: name -> language -> words, for `list:name`. Raises RuleError.

    `may_forbid`: whether a rule may consist of NOT alone. Its root is then what must not be there.
    """
    plain = text.translate(_QUOTES)
    if not plain.strip():
        raise RuleError("the rule is empty", "write what to look for: mentor* AND librar*")
    if len(plain) > LONGEST:
        raise RuleError(
            f"the rule has more than {LONGEST} characters", "put words into lists, or make two rules of it"
        )
    if wrong := mistakes.unbalanced(plain):
        raise wrong
    rule = _Reader(plain, lists or {}).rule(_parsed(plain))
    if rule.forbids and not may_forbid:
        raise _alone(plain)
    return rule


@lru_cache(maxsize=10_000)
def compile_search(text: str) -> Rule | None:
    """A reader's saved search: the rule it is; plain words that must all be there where it is none; None where it
    has no words. Never raises: what a reader once saved is never an error in the middle of a run."""
    if not _MORE_THAN_WORDS.search(text):  # most are plain words: nothing to read
        return _plain(text.split())
    try:
        return compile_rule(text)
    except RuleError:
        return _plain(spelled(text))


def _plain(words: Iterable[str]) -> Rule | None:
    found = [word for word in dict.fromkeys(words) if len(word) <= LONGEST_WORD][:MOST_TERMS]
    terms = tuple(Sought(pieces, shown=word) for word in found if (pieces := pieces_of(word)))
    return Rule(" ".join(found), terms[0] if len(terms) == 1 else All(terms)) if terms else None


def _alone(text: str) -> RuleError:
    return RuleError(
        "NOT stands alone: it takes away from nothing",
        "write first what to look for: mentor* NOT apprentice",
        max(0, text.upper().find("NOT")), text,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    return Lark(_GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=False)


def _parsed(text: str) -> Any:
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    if max_depth(text) > DEEPEST:
        raise RuleError(f"more than {DEEPEST} brackets stand within each other", "make two rules of it")
    try:
        return _parser().parse(text)
    except UnexpectedToken as error:
        kind = ")" if error.token.type == "RPAR" else error.token.type
        raise mistakes.misplaced(kind, str(error.token), error.token.start_pos or 0, text) from None
    except UnexpectedCharacters as error:
        raise mistakes.unreadable(error.pos_in_stream or 0, text) from None


def max_depth(text: str) -> int:
    """How many brackets stand within each other; fields without brackets count too."""
    depth = deepest = 0
    for sign in re.findall(r'"[^"]*"|[():]', text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        deepest = max(deepest, depth)
    return deepest + max((len(run[0].split(":")) - 1 for run in re.finditer(r"(?:\w+:\s*){2,}", text)), default=0)


class _Reader:
    """Turns what the grammar found into nodes, and says what the grammar can't know."""

    def __init__(self, text: str, lists: Lists) -> None:
        self._text, self._lists = text, lists
        self._terms = 0
        self._named: dict[str, None] = {}

    def rule(self, tree: Any) -> Rule:
        root = self._node(tree.children[0])
        if is_bound(root):
            return Rule(self._text, root, lists=tuple(self._named))
        forbidden = root.parts if isinstance(root, All) else (root,)
        parts = tuple(one.part for one in forbidden if isinstance(one, Without))
        if len(parts) < len(forbidden) or not all(map(is_bound, parts)):
            raise _alone(self._text)
        return Rule(self._text, parts[0] if len(parts) == 1 else Some(parts), True, tuple(self._named))

    def _node(self, tree: Any) -> Node:
        node: Node = getattr(self, f"_{tree.data}")(tree.children)
        return node

    # ------------------------------------------------------------------------------------------------ operators
    def _some(self, children: Sequence[Any]) -> Node:
        parts = [self._node(child) for child in _trees(children)]
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self, children: Sequence[Any]) -> Node:
        parts = [self._node(child) for child in _trees(children)]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _clause(self, children: Sequence[Any]) -> Node:
        return self._node(children[0])

    def _without(self, children: Sequence[Any]) -> Node:
        return Without(self._node(children[1]))

    def _group(self, children: Sequence[Any]) -> Node:
        return self._node(children[0])

    def _near(self, children: Sequence[Any]) -> Node:
        node = self._node(children[0])
        for operator, unit in zip(children[1::2], children[2::2], strict=True):
            node = self._joined(node, operator, self._node(unit))
        return node

    def _joined(self, left: Node, operator: Token, right: Node) -> Near:
        name, _, number = operator.upper().partition("/")
        for side in (left, right):
            if not stands_at_a_place(side):
                raise self._error(
                    f"{name} joins words, phrases, and brackets of them with OR",
                    "write the other parts outside of it: (a NEAR/5 b) AND c", operator,
                )  # fmt: skip
        distance = int(number[:6]) if number else 0 if name == "ADJ" else NEAR_BY
        if distance > FARTHEST:
            raise self._error(f"{name}/{number} is too far", f"at most {FARTHEST} words; else write AND", operator)
        return Near(left, right, distance, ordered=name == "ADJ", forbidden=name.startswith("NOT"))

    # -------------------------------------------------------------------------------------------- words, fields
    def _word(self, children: Sequence[Any]) -> Node:
        wrong = mistakes.odd_word(str(children[0]))
        if wrong:
            raise self._error(*wrong, children[0])
        return self._sought(str(children[0]), children[0], exact=False)

    def _exact(self, children: Sequence[Any]) -> Node:
        return self._sought(str(children[0])[1:], children[0], exact=True)

    def _phrase(self, children: Sequence[Any]) -> Node:
        # A question mark at a word's end is the phrase's own here.
        return self._sought(_ASKED.sub("", str(children[0])[1:-1]), children[0], exact=False)

    def _exact_phrase(self, children: Sequence[Any]) -> Node:
        return self._sought(str(children[0])[2:-1], children[0], exact=True)

    def _sought(self, written: str, token: Token, *, exact: bool) -> Node:
        if exact and _SPECIAL.search(written):
            raise self._error("an exact word has no wildcards", "leave out the =, or the wildcard", token)
        for word in () if exact else written.split():
            if _SPECIAL.search(word) and (wrong := mistakes.odd_word(word)):
                raise self._error(*wrong, token)
        pieces = pieces_of(written, exact=exact)
        if not pieces:
            raise self._error("there is no word in this phrase", "write one, or remove it", token)
        if any(len(piece.text) > LONGEST_WORD for piece in pieces):
            raise self._error(
                f"this word has more than {LONGEST_WORD} letters", "cut it: write a * at its end", token
            )
        self._count(1, token)
        return Sought(pieces, shown=" ".join(written.split()))

    def _field(self, children: Sequence[Any]) -> Node:
        token, inner = children
        name = str(token)[:-1].strip().lower()
        if name not in FIELDS:
            near = _nearest(name, FIELDS)
            known = near or f"there are {', '.join(FIELDS)}"
            raise self._error(f"there is no field '{name}'", f"{known}; in quotes it is a word", token)
        if name in PLACES:
            place: Any = name
            return placed(self._node(inner), place, self._complaint(token))
        convert: Callable[[str, Token], Node] = self._list if name == "list" else lambda value, at: fact(
            name, value, self._complaint(at)
        )  # fmt: skip
        return self._values(inner, convert, name)

    def _values(self, tree: Any, convert: Callable[[str, Token], Node], field: str) -> Node:
        """What stands after kind:, source:, language: or list:, one value or a bracket of them with OR."""
        token = next(tree.scan_values(lambda _: True))
        match tree.data:
            case "word":
                return convert(str(tree.children[0]), token)
            case "phrase":
                return convert(str(tree.children[0])[1:-1], token)
            case "group":
                return self._values(tree.children[0], convert, field)
            case "some":
                parts = [self._values(child, convert, field) for child in _trees(tree.children)]
                return parts[0] if len(parts) == 1 else Some(tuple(parts))
            case "every" | "clause" | "near" if len(tree.children) == 1:
                return self._values(tree.children[0], convert, field)
        raise self._error(
            f"after {field}: stands one name, or names in brackets with OR",
            f"write {field}:(one OR another), and AND or NOT before {field}:", token,
        )  # fmt: skip

    def _list(self, name: str, token: Token) -> Node:
        node = list_of(name, self._lists, self._complaint(token))
        self._named[name] = None
        self._count(len(node.parts), token)
        return node

    # --------------------------------------------------------------------------------------------------- limits
    def _count(self, more: int, token: Token) -> None:
        self._terms += more
        if self._terms > MOST_TERMS:
            raise self._error(
                f"the rule seeks more than {MOST_TERMS} words", "cut words (librar*), or make two rules", token
            )

    def _error(self, what: str, remedy: str, token: Token) -> RuleError:
        return RuleError(what, remedy, token.start_pos or 0, self._text)

    def _complaint(self, token: Token) -> Callable[[str, str], RuleError]:
        return lambda what, remedy: self._error(what, remedy, token)


def _trees(children: Iterable[Any]) -> list[Any]:
    return [child for child in children if hasattr(child, "data")]


def _nearest(name: str, known: Iterable[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean {near[0]}:" if near else ""


def stands_at_a_place(node: Node) -> bool:
    """Whether a node names places in a text, so that something can be near it."""
    match node:
        case Sought() | Near():
            return True
        case Some(parts):
            return all(map(stands_at_a_place, parts))
        case _:
            return False
