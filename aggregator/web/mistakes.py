"""What is wrong with something that a reader typed, in the reader's language. The rooms that find it say it in
English; here their sentences are known again. What has no known form stays as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from aggregator.config.cells import Mistake
from aggregator.topics.rules import RuleError
from aggregator.web.words import N_, Words


@dataclass(frozen=True, slots=True)
class Slip:
    """One mistake in words: what is wrong, what to do, and from where in the text (empty: all of it)."""

    what: str
    remedy: str
    where: str = ""


def slip(say: Words, mistake: Mistake | RuleError) -> Slip:
    """The mistake in the words of the page."""
    where = ""
    if isinstance(mistake, RuleError):
        where = say.t("At character {number}", number=mistake.offset + 1)
    return Slip(_said(say, mistake.what), _said(say, mistake.remedy), where)


def _said(say: Words, text: str) -> str:
    if say.code == "en":
        return text
    for form, shape in _shapes():
        if found := shape.fullmatch(text):
            return say.say.told(form).format(**found.groupdict())
    return text


@lru_cache(maxsize=1)
def _shapes() -> list[tuple[str, re.Pattern[str]]]:
    """The most exact first: forms without a blank, then those with most words of their own."""
    ordered = sorted(FORMS, key=lambda form: ("{" in form, -len(re.sub(r"\{\w+\}", "", form))))
    return [(form, _shape(form)) for form in ordered]


def _shape(form: str) -> re.Pattern[str]:
    parts = re.split(r"(\{\w+\})", form)
    return re.compile(
        "".join(f"(?P<{p[1:-1]}>.+)" if p[0] == "{" else re.escape(p) for p in parts if p), re.DOTALL
    )


FORMS = (
    # cells and columns of rosters (config/)
    N_("'{text}' is too long"),
    N_("at most {count} characters; is a ';' missing?"),
    N_("at most {count} characters"),
    N_("the list is too long"),
    N_("at most {count} entries"),
    N_("the name is too long"),
    N_("brackets are not needed in a list"),
    N_("write one;two"),
    N_("'{text}' is not a source"),
    N_("did you mean '{text}'?"),
    N_("choose one of the list"),
    N_("'{text}' is not a language"),
    N_("'{text}' names no single language"),
    N_("write a code such as en, it or pt-BR"),
    N_("'{text}' is not a country"),
    N_("write its two letters (ISO 3166): IT, HR, GB"),
    N_("'{text}' is not a number of items"),
    N_("write 1 to {count}, or leave it empty"),
    N_("'{text}' is not a time zone"),
    N_("write an IANA name such as Europe/Zagreb, or UTC"),
    N_("'{text}' is not a frequency"),
    N_("'{text}' is not a weekday"),
    N_("'{text}' is not an hour of the day"),
    N_("'{text}' is not an edition"),
    N_("one of: {list}"),
    N_("'{text}': the weight must be {low} to {high}"),
    # rules (topics/rules/)
    N_("the rule is empty"),
    N_("write what to look for: mentor* AND librar*"),
    N_("the rule has more than {count} characters"),
    N_("put words into lists, or make two rules of it"),
    N_("this bracket closes nothing"),
    N_("remove it, or open one before it"),
    N_("the phrase that begins here has no end"),
    N_('put a " after its last word'),
    N_("this bracket is never closed"),
    N_("add a ) where its group ends"),
    N_("something is missing before this bracket"),
    N_("write a word between the brackets"),
    N_("the rule ends too early"),
    N_("add what should follow, or remove the last operator"),
    N_("{operator} has nothing to join here"),
    N_('write a word before and after it, or "{word}" in quotes if you mean the word'),
    N_("'{text}' can't stand here"),
    N_("write AND, OR or NOT before it"),
    N_("put the word in quotes"),
    N_("'{sign}' is no operator here"),
    N_("write AND"),
    N_("write OR"),
    N_("write NOT"),
    N_("words side by side must all be there already: leave it out"),
    N_("'-' before a word is no operator here"),
    N_("write NOT before it"),
    N_("'{sign}' does not cut words here"),
    N_("write * at the end of the word, ? for one letter"),
    N_("write ? for one letter"),
    N_("':' has nothing to look for after it, or no field before it"),
    N_("write title:word, or put it in quotes"),
    N_("'/' belongs to NEAR/5 and ADJ/2"),
    N_("'=' must stand right before a word or a phrase"),
    N_('write ="word"'),
    N_("a word can't begin with a wildcard"),
    N_("begin with at least three letters: librar*"),
    N_("write NEAR/{number}, or ADJ/{other} for this order only"),
    N_("* can stand only at the end of a word"),
    N_("cut the word there, or write ? for each letter"),
    N_("'{word}' would find too many words"),
    N_("write at least three letters before the *"),
    N_("write at least two letters before the first ?"),
    N_("? stands for one letter and can't stand beside other marks"),
    N_("write the word without them"),
    N_("NOT stands alone: it takes away from nothing"),
    N_("write first what to look for: mentor* NOT apprentice"),
    N_("more than {count} brackets stand within each other"),
    N_("make two rules of it"),
    N_("{operator} joins words, phrases, and brackets of them with OR"),
    N_("write the other parts outside of it: (a NEAR/5 b) AND c"),
    N_("{operator} is too far"),
    N_("at most {count} words; else write AND"),
    N_("an exact word has no wildcards"),
    N_("leave out the =, or the wildcard"),
    N_("there is no word in this phrase"),
    N_("write one, or remove it"),
    N_("this word has more than {count} letters"),
    N_("cut it: write a * at its end"),
    N_("there is no field '{name}'"),
    N_("did you mean {near}; in quotes it is a word"),
    N_("there are {list}; in quotes it is a word"),
    N_("after {field} stands one name, or names in brackets with OR"),
    N_("write {field}(one OR another), and AND or NOT before {other}"),
    N_("the rule seeks more than {count} words"),
    N_("cut words (librar*), or make two rules"),
    N_("{place} can't hold {field}"),
    N_("put one field beside the other, with AND"),
    N_("{field} needs a name"),
    N_("write it after {field}"),
    N_("{field} takes whole names only"),
    N_("leave out the *"),
    N_("'{text}' is no language"),
    N_("write a code such as en, it or hr"),
    N_("write a language code such as en, it, hr or pt-BR"),
    N_("there is no kind '{text}'"),
    N_("did you mean {text}?"),
    N_("there are {list}"),
    N_("there is no list '{name}'"),
    N_("name a topic, or a list of lists:"),
)
