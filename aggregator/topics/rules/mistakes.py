"""What is wrong with a rule, in words for the person who wrote it, with the place and what to do."""

from __future__ import annotations

import re

from aggregator.errors import AggregatorError, Exit

_OTHER_NEAR = re.compile(r"(?:near|adj|n|w|pre|within|same|xnear)/?\d+", re.I)
_PATTERN = re.compile(r"[^\W_?][\w?]*\*?")
_MARKS = {
    "&": ("'&' is no operator here", "write AND"),
    "|": ("'|' is no operator here", "write OR"),
    "!": ("'!' is no operator here", "write NOT"),
    "+": ("'+' is no operator here", "words side by side must all be there already: leave it out"),
    "-": ("'-' before a word is no operator here", "write NOT before it"),
    "$": ("'$' does not cut words here", "write * at the end of the word, ? for one letter"),
    "#": ("'#' does not cut words here", "write ? for one letter"),
    ":": ("':' has nothing to look for after it, or no field before it", "write title:word, or put it in quotes"),
    "/": ("'/' belongs to NEAR/5 and ADJ/2", "put the word in quotes"),
    "=": ("'=' must stand right before a word or a phrase", 'write ="word"'),
}  # fmt: skip


class RuleError(AggregatorError):
    """A rule that can't be used: what is wrong, what to do, and where (line and column, both from 1)."""

    exit_code = Exit.USAGE

    def __init__(self, what: str, remedy: str, offset: int = 0, text: str = "") -> None:
        self.what, self.remedy, self.offset = what, remedy, offset
        before = text[:offset]
        self.line = before.count("\n") + 1
        self.column = offset - (before.rfind("\n") + 1) + 1
        super().__init__(f"{self.where}: {what} → {remedy}")

    @property
    def where(self) -> str:
        return f"column {self.column}" if self.line == 1 else f"line {self.line}, column {self.column}"


def unbalanced(text: str) -> RuleError | None:
    """The bracket or quotation mark that has no partner, if there is one."""
    open_: list[int] = []
    quote = -1
    for at, char in enumerate(text):
        if char == '"':
            quote = -1 if quote >= 0 else at
        elif quote < 0 and char == "(":
            open_.append(at)
        elif quote < 0 and char == ")":
            if not open_:
                return RuleError("this bracket closes nothing", "remove it, or open one before it", at, text)
            open_.pop()
    if quote >= 0:
        return RuleError("the phrase that begins here has no end", 'put a " after its last word', quote, text)
    if open_:
        return RuleError("this bracket is never closed", "add a ) where its group ends", open_[-1], text)
    return None


def misplaced(kind: str, value: str, offset: int, text: str) -> RuleError:
    """A sign that can't stand where it stands. `kind` is its name in the grammar."""
    if kind == ")":
        return RuleError(
            "something is missing before this bracket", "write a word between the brackets", offset, text
        )
    if kind == "$END":
        return RuleError("the rule ends too early", "add what should follow, or remove the last operator",
                         len(text.rstrip()), text)  # fmt: skip
    if kind in ("AND", "OR", "NOT", "NEAR", "ADJ", "NOT_NEAR"):
        return RuleError(
            f"{value.upper()} has nothing to join here",
            f"write a word before and after it, or \"{value.lower()}\" in quotes if you mean the word",
            offset, text,
        )  # fmt: skip
    return RuleError(f"'{value}' can't stand here", "write AND, OR or NOT before it", offset, text)


def unreadable(offset: int, text: str) -> RuleError:
    """A character that begins nothing."""
    what, remedy = _MARKS.get(text[offset], (f"'{text[offset]}' can't stand here", "put the word in quotes"))
    return RuleError(what, remedy, offset, text)


def odd_word(word: str) -> tuple[str, str] | None:
    """What is wrong with a single word that people write from the habit of other systems; (what, remedy)."""
    if word[0] in "*?":
        return "a word can't begin with a wildcard", "begin with at least three letters: librar*"
    if word[0] in _MARKS:
        return _MARKS[word[0]]
    if _OTHER_NEAR.fullmatch(word):
        number = re.sub(r"\D", "", word)
        return f"'{word}' is no operator here", f"write NEAR/{number}, or ADJ/{number} for this order only"
    if "*" in word[:-1]:
        return "* can stand only at the end of a word", "cut the word there, or write ? for each letter"
    if word.endswith("*") and len(word.rstrip("*")) < 3:
        return f"'{word}' would find too many words", "write at least three letters before the *"
    if "?" in word[:2]:
        return f"'{word}' would find too many words", "write at least two letters before the first ?"
    if "?" in word and not _PATTERN.fullmatch(word):
        return "? stands for one letter and can't stand beside other marks", "write the word without them"
    if word[-1] in "$#":
        return _MARKS[word[-1]]
    return None
