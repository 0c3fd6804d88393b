"""The language of rules: what holds for an item, which words decide, and what is said of mistakes."""

from __future__ import annotations

import pytest

from aggregator.model import Item, Topic
from aggregator.topics.rules import CuratedRules, Matcher, RuleError, compile_rule, compile_search

LISTS = {
    "mentoring": {"en": ("mentor", "peer coaching", "librar*"), "it": ("tutoraggio",), "hr": ("mentorstvo",)},
    "bare": {},
}
ITEM = Item(
    "1", source="ifla-cpdwl", title="Mentoring programmes for new librarians", kind="post", language="en", author="Ann O'Neill",
    text="A mentor for every cataloguer. Last year a software apprentice had a mentor too, at our CPD meetings in Kraków.",
    tags=("Open Access", "MOOCs"),
)  # fmt: skip


def why(rule: str, item: Item = ITEM) -> str | None:
    found = Matcher({"rule": compile_rule(rule, LISTS)}).match(item).get("rule")
    return found.why if found else None


def holds(rule: str, item: Item = ITEM) -> bool:
    return why(rule, item) is not None


@pytest.mark.parametrize(
    "rule",
    [
        "mentor", "mentors", "Mentoring", "programme", "mentor*", "librar?an*", "wom?n OR cataloguer", "krakow", "=\"mentor\"",
        '"mentoring programme"', '"programmes for new"', '"open access"', '“open access”', "e-learning OR mooc", "MOOC", "CPD",
        "mentor cataloguer", "mentor AND cataloguer", "mentor and cataloguer", "journal OR mentor", "mentor NOT journal",
        "mentor AND NOT journal", "title:mentor", "title:(mentor new)", "text:mentor", "tags:MOOC", "author:neill", 'author:"O\'Neill"',
        "source:ifla-cpdwl", "source:ifla*", "kind:blog-post", "kind:(course OR post)", "language:en", "kind:post mentor",
        "list:mentoring", "list:(bare OR mentoring)", "mentor NEAR/2 cataloguer", "cataloguer NEAR/2 mentor", "mentor ADJ/2 cataloguer",
        "software ADJ apprentice", "mentor NEAR apprentice", "mentor NOT NEAR/3 apprentice", "(a OR mentor) NEAR/5 (b OR cataloguer)",
        "mentor NEAR/2 every NEAR/1 cataloguer", "title:(mentor NEAR/4 librarian)",
    ],
)  # fmt: skip
def test_it_holds(rule: str) -> None:
    lists = {**LISTS, "bare": {"en": ("nothing",)}}
    assert Matcher({"": compile_rule(rule, lists)}).match(ITEM)


@pytest.mark.parametrize(
    "rule",
    [
        "recruit", "meetin", "program AND journal", '="mentors"', '"programme mentoring"', '"programmes librarians"', "cpds", "MENTORING",
        "mentor NOT cataloguer", "title:cataloguer", "text:librarian", "tags:mentor", "author:mentor", "neill", "source:ifla",
        "source:cpdwl*", "kind:course", "language:it", "mentor NEAR/1 cataloguer", "cataloguer ADJ/5 mentor",
        "apprentice NOT NEAR/3 mentor", "librarian NEAR/50 cataloguer", "title:(mentor NEAR/4 cataloguer)", "mentor?", '"access open"',
        "tags:(access MOOC journal)", "\"librarians a mentor\"",
    ],
)  # fmt: skip
def test_it_does_not_hold(rule: str) -> None:
    assert not holds(rule)


def test_a_word_in_capitals_must_stand_in_capitals() -> None:
    assert holds("IT", Item("1", title="IT for librarians", language="en"))
    assert not holds("IT", Item("1", title="Is it for librarians?", language="en"))
    assert not holds('="IT"', Item("1", title="Is it for librarians?", language="en"))


@pytest.mark.parametrize(
    ("language", "title", "rule"),
    [
        ("it", "Le biblioteche di Roma", "biblioteca"), ("de", "Neue Bibliotheken", "Bibliothek"), ("hr", "Knjižnice u Zagrebu", "knjižnica"),
        ("fr", "L’école des bibliothécaires", "ecole"), ("zh", "公共图书馆的未来", "图书馆"), (None, "Tutoraggio professionale", "list:mentoring"),
        ("it", "Il tutoraggio", "list:mentoring"), ("it", "Un webinar per mentors", "mentor"), ("hr", "O mentorstvu", "list:mentoring"),
        ("ru", "Новые библиотеки", "библиотек*"), ("hi", "हिन्दी पुस्तकालय", "पुस्तकालय"),
    ],
)  # fmt: skip
def test_words_are_found_in_the_forms_of_the_items_language(language: str | None, title: str, rule: str) -> None:
    assert holds(rule, Item("1", title=title, language=language))


def test_the_words_of_a_list_are_read_in_their_own_language_only() -> None:
    assert not holds("list:mentoring", Item("1", title="Tutoraggio", language="de"))


def test_a_mentor_beside_a_software_apprentice_is_no_mentor_of_librarians() -> None:
    rule = "mentor* NOT NEAR/8 (apprentice OR intern*)"
    assert not holds(
        rule, Item("1", text="Every software apprentice gets a mentor in the first week.", language="en")
    )
    assert not holds(rule, Item("1", text="Our mentoring of interns", language="en"))
    assert holds(rule, Item("1", text="A mentor for new librarians.", language="en"))
    both = (
        "Every apprentice gets a mentor. "
        + "And then came something else entirely. " * 3
        + "Librarians need a mentor."
    )
    assert holds(rule, Item("1", text=both, language="en")), "one place that is clear of it is enough"


def test_what_overlaps_is_not_near_itself_but_is_not_clear_of_it_either() -> None:
    school = Item("1", text="A library school", language="en")
    assert not holds('library NEAR/3 "library school"', school)
    assert not holds('library NOT NEAR/0 "library school"', school)
    assert not holds("school* NEAR/5 school", school)


def test_nearness_never_reaches_from_one_place_into_another() -> None:
    assert not holds(
        "librarian NEAR/3 mentor", Item("1", title="For librarians", text="Mentors wanted", language="en")
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("title:mentor", "“Mentoring” in the title"),
        ("mentor NEAR/2 cataloguer", "“mentor” in the text, “cataloguer” in the text"),
        ("tags:MOOC OR journal", "“MOOCs” among the source's own categories"),
        ("source:ifla* NOT journal", "source is ifla-cpdwl"),
        ('"mentoring programme" AND kind:post', "“Mentoring programmes” in the title, kind is post"),
        ("journal OR author:neill", "“Neill” as author"),
    ],
)
def test_the_reason_quotes_the_words_that_decided(rule: str, said: str) -> None:
    assert why(rule) == said


@pytest.mark.parametrize(
    ("rule", "where", "what", "remedy"),
    [
        ("", "column 1", "the rule is empty", "mentor*"),
        ("(mentor OR coach", "column 1", "never closed", "add a )"),
        ("mentor) OR coach", "column 7", "closes nothing", "remove it"),
        ('mentor "open access', "column 8", "has no end", 'put a "'),
        ("mentor AND", "column 11", "ends too early", "last operator"),
        ("mentor OR AND coach", "column 11", "AND has nothing to join", '"and" in quotes'),
        ("or mentor", "column 1", "OR has nothing to join", "before and after"),
        ("mentor ()", "column 9", "missing before this bracket", "write a word"),
        ('mentor ""', "column 8", "no word in this phrase", "remove it"),
        ("*mentor", "column 1", "can't begin with a wildcard", "three letters"),
        ("?entor", "column 1", "can't begin with a wildcard", "three letters"),
        ("me*", "column 1", "too many words", "three letters"),
        ("men*or", "column 1", "only at the end", "?"),
        ("mentor$", "column 1", "does not cut", "*"),
        ("NOT mentor", "column 1", "NOT stands alone", "first what to look for"),
        ("coach OR NOT mentor", "column 10", "NOT stands alone", "first what to look for"),
        ("titel:mentor", "column 1", "no field 'titel'", "title:"),
        ("kind:curse", "column 6", "no kind 'curse'", "course"),
        ("language:tlhingan-hol-x", "column 10", "is no language", "en, it or hr"),
        ("list:mentorin", "column 6", "no list 'mentorin'", "mentoring"),
        ("list:bare", "column 6", "'bare' is empty", "words"),
        ("mentor NEAR/3 (a AND b)", "column 8", "joins words, phrases", "(a NEAR/5 b) AND c"),
        ("mentor NEAR/9999 coach", "column 8", "too far", "AND"),
        ("mentor near5 coach", "column 8", "no operator", "NEAR/5"),
        ("mentor W/3 coach", "column 8", "no operator", "NEAR/3"),
        ("mentor & coach", "column 8", "'&' is no operator", "AND"),
        ("-mentor coach", "column 1", "'-' before a word", "NOT"),
        ("title:(kind:post)", "column 1", "can't hold kind:", "beside"),
        ("kind:(post AND course)", "column 7", "one name", "OR"),
        ("mentor\n  OR (coach", "line 2, column 6", "never closed", "add a )"),
        ("x" * 70, "column 1", "more than 60 letters", "*"),
        ("(" * 30 + "mentor" + ")" * 30, "column 1", "20 brackets", "two rules"),
        ("mentor " * 900, "column 1", "4000 characters", "lists"),
        ("mentor OR list:long", "column 16", "2000 words", "librar*"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_what_to_do(rule: str, where: str, what: str, remedy: str) -> None:
    with pytest.raises(RuleError) as mistake:
        compile_rule(rule, {**LISTS, "long": {"en": tuple(f"word{n}" for n in range(2000))}})
    assert mistake.value.where.startswith(where)
    assert what in mistake.value.what
    assert remedy in mistake.value.remedy


def test_a_saved_search_is_a_rule_where_it_can_be_one_and_plain_words_where_not() -> None:
    def found(search: str) -> bool:
        rule = compile_search(search)
        return rule is not None and bool(Matcher({"": rule}).match(ITEM))

    assert found("mentoring programme")
    assert not found("mentoring journal")
    assert found("mentor* NEAR/5 librarian*")
    assert found("mentor (cataloguer")  # no rule: the words all occur
    assert not found("journal (cataloguer")
    assert not found("NOT mentor")
    assert compile_search("…") is None


# ------------------------------------------------------------------------------------------------ rules of topics
def test_rules_give_bar_and_stand_alone() -> None:
    topics = [
        Topic("a", "A", rule="mentor* NEAR/2 librarian*"),
        Topic("b", "B", rule="NOT (apprentice OR intern*)"),
        Topic("c", "C", rule="journal", only_rule=True),
        Topic("d", "D"),
    ]
    verdict = CuratedRules(topics).judge(ITEM)
    assert dict(verdict.given) == {}
    assert verdict.barred == {"b", "c"}
    other = CuratedRules(topics).judge(Item("2", title="A journal for mentors of librarians", language="en"))
    assert dict(other.given) == {
        "a": "“mentors” in the title, “librarians” in the title (by its rule)", "c": "“journal” in the title (by its rule)",
    }  # fmt: skip
    assert other.barred == set()


def test_an_item_is_read_once_for_all_rules_and_rules_without_their_words_are_not_tried() -> None:
    rules = {f"r{n}": compile_rule(f"word{n} AND mentor") for n in range(50)}
    assert list(Matcher(rules).match(Item("1", title="word7 and a mentor, word8", language="en"))) == ["r7", "r8"]
