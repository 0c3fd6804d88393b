"""Topics are given on evidence, with reasons that are true."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Item, Source, Tag, Topic
from aggregator.topics import Tagger
from aggregator.topics.learn import Learned

TOPICS = {
    "mentoring": Topic(
        "mentoring", "Mentoring", words={"en": ("mentoring", "mentoring programme"), "it": ("mentoring",)}
    ),
    "careers": Topic("careers", "Careers", words={"en": ("recruit", "librarian position")}),
    "open-access": Topic(
        "open-access", "Open access", words={"en": ("open access", "APC"), "it": ("accesso aperto",)}
    ),
    "cataloguing": Topic("cataloguing", "Cataloguing", words={"en": ("MARC", "authority file", "cataloguing")}),
    "privacy": Topic("privacy", "Privacy", words={"en": ("privacy",)}),
    "empty": Topic("empty", "Nothing"),
}
TAGGER = Tagger(TOPICS)
PADDING = "The meeting was held on a rainy day and everybody came home late but content. " * 12


def tagged(title: str = "", text: str = "", tags: tuple[str, ...] = (), language: str | None = "en") -> list[str]:
    return [tag.id for tag in TAGGER.tag(Item("i", title=title, text=text, tags=tags, language=language))]


def test_a_title_and_a_category_are_enough() -> None:
    assert tagged(title="A mentoring programme for law librarians") == ["mentoring"]
    assert tagged(title="Monday", tags=("Open Access",)) == ["open-access"]


def test_a_passing_mention_in_a_long_text_gives_nothing() -> None:
    assert tagged("Monday notes", PADDING + "Somebody spoke of open access. " + PADDING) == []


def test_what_a_long_text_keeps_coming_back_to_is_its_topic() -> None:
    text = PADDING + "Open access pays. " * 3 + PADDING + "Open access works for libraries. " * 3
    assert tagged("Monday notes", text) == ["open-access"]


def test_a_word_that_everybody_uses_needs_company() -> None:
    assert tagged("Monday", "Your privacy matters. " + PADDING + "See our privacy policy.") == []
    assert tagged("Patron privacy", "Your privacy matters in the library. " + PADDING) == ["privacy"]


def test_what_is_not_of_the_field_gets_no_topic() -> None:
    """Words that other fields use too count only where the field is spoken of."""
    text = "The startup's CEO says that privacy matters to investors, and that the recipe is secret. " * 3
    assert tagged("Privacy at a startup", text) == []
    text = "The librarian says that privacy matters to readers, and that loans are secret. " * 3
    assert tagged("Privacy at the library", text) == ["privacy"]


def test_an_operators_own_topic_needs_no_field() -> None:
    own = Tagger({"plants": Topic("plants", "Plants", words={"en": ("seed swap", "gardening"), "it": ("orto",)})})
    assert [t.id for t in own.tag(Item("i", title="A seed swap in May", text="Bring beans.", language="en"))] == [
        "plants"
    ]
    assert [t.id for t in own.tag(Item("i", title="Un orto per tutti", language="it"))] == ["plants"]
    assert own.tag(Item("i", title="Monday", text=PADDING + "Somebody has a seed swap. " + PADDING)) == ()


def test_what_corrections_taught_moves_a_topic_in_its_source() -> None:
    item = Item("i", source="s", title="Monday", text="A library on open access. " + PADDING, language="en")
    taught = Tagger(TOPICS, Learned({"s": {"open-access": 0.5}}))
    assert taught.weigh(item).topics["open-access"].chance < TAGGER.weigh(item).topics["open-access"].chance
    assert taught.weigh(replace(item, source="t")) == TAGGER.weigh(replace(item, source="t"))


@pytest.mark.parametrize("title", ["We are not recruiting", "No mentoring this year", "Senza accesso aperto"])
def test_what_is_denied_is_not_said(title: str) -> None:
    assert tagged(title, language=None) == []


def test_parts_of_words_give_nothing() -> None:
    assert tagged("Marc met a commentor", "Marc. " * 9) == []


def test_the_items_language_decides_which_words_count() -> None:
    assert tagged("Accesso aperto in Italia", language="it") == ["open-access"]
    assert tagged("Accesso aperto in Italia", language="en") == []
    assert tagged("Accesso aperto in Italia", language=None) == ["open-access"]
    assert set(tagged("Mentoring e open access", language="it")) == {"mentoring", "open-access"}


def test_at_most_four_topics_the_strongest_first() -> None:
    many = Tagger({f"t{n}": Topic(f"t{n}", "", words={"en": (f"word{n}",)}) for n in range(9)})
    tags = many.tag(Item("i", title=" ".join(f"word{n}" for n in range(9)), text="word7 word7", language="en"))
    assert [tag.id for tag in tags] == ["t7", "t0", "t1", "t2"]


def test_a_curators_decision_is_given_to_every_item() -> None:
    source = Source("chapter", "https://example.org", title="A chapter", topics=("privacy", "mentoring"))
    tags = TAGGER.tag(Item("i", title="Mentoring", language="en"), source)
    why = "given to every item of A chapter by the curator"
    assert tags == (Tag("privacy", why), Tag("mentoring", why))


def test_what_a_source_is_about_lifts_weak_evidence_but_gives_nothing_alone() -> None:
    weak = Item("i", title="Monday", text="The library likes open access. " + PADDING, language="en")
    alone = TAGGER.weigh(weak).topics["open-access"].chance
    assert TAGGER.weigh(weak, frozenset({"open-access"})).topics["open-access"].chance > alone
    about = Source("s", "https://example.org", about=("open-access", "privacy"))
    assert TAGGER.tag(Item("i", title="Monday", text=PADDING, language="en"), about) == ()


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (Item("i", title="Our  Mentoring\nProgrammes, 2026"), "“Mentoring Programmes” in the title"),
        (Item("i", title="x", tags=("Mentoring",)), "“Mentoring” among the source's own categories"),
        (Item("i", text="APC, APCs and APC. " * 2), "“APC” 6 times in the text"),
        (
            Item(
                "i", title="On mentorship", tags=("Mentoring",), text="A mentor. A mentor. A mentoring programme."
            ),
            "“mentorship” in the title, “Mentoring” among the source's own categories",
        ),
    ],
)
def test_reasons_quote_the_item(item: Item, why: str) -> None:
    tags = TAGGER.tag(item)
    assert why in [tag.why for tag in tags]


@given(
    title=st.lists(
        st.sampled_from(
            ["open", "access", "not", "mentoring", "Programme", "MARC", "privacy,", "the", "a", "APCs"]
        ),
        max_size=8,
    ),
    text=st.lists(
        st.sampled_from(["authority", "files", "recruit", "open", "Access!", "marc", "the-of", "mentoring"]),
        max_size=80,
    ),
    language=st.sampled_from(["en", "it", "de", None]),
)
def test_every_reason_is_true(title: list[str], text: list[str], language: str | None) -> None:
    item = Item("i", title=" ".join(title), text=" ".join(text), language=language)
    for tag in TAGGER.tag(item):
        assert tag.id in TOPICS
        for reason in tag.why.split(", “"):
            quoted, place = reason.removeprefix("“").split("” ")
            assert quoted in (item.title if place == "in the title" else item.text)


@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_can_be_tagged(title: str, text: str, tags: list[str]) -> None:
    item = Item("i", title=title, text=text, tags=tuple(tags))
    assert TAGGER.tag(item) == TAGGER.tag(item)


def test_the_fingerprint_names_the_rules_and_not_their_order() -> None:
    again = Tagger(dict(reversed(TOPICS.items())))
    assert again.fingerprint == TAGGER.fingerprint
    more = TOPICS | {"privacy": Topic("privacy", "Privacy", words={"en": ("privacy", "curtains")})}
    assert Tagger(more).fingerprint != TAGGER.fingerprint
    renamed = TOPICS | {"privacy": Topic("privacy", "Private life", words={"en": ("privacy",)})}
    assert Tagger(renamed).fingerprint == TAGGER.fingerprint


# ----------------------------------------------------------------------------------------------- curators' rules
def test_a_rule_gives_its_topic_whatever_the_words_weigh_and_forbids_it_where_it_says_not() -> None:
    words = {"en": ("mentor",)}
    item = Item(
        "1", title="On interns", text="A long beginning. " * 40 + "Later a mentor of librarians.", language="en"
    )
    assert Tagger({"m": Topic("m", "M", words=words)}).tag(item) == ()
    ruled = Tagger({"m": Topic("m", "M", words=words, rule="mentor NEAR/3 librarian*")})
    assert ruled.tag(item) == (Tag("m", "“mentor” in the text, “librarians” in the text (by its rule)"),)
    named = Item("2", title="A mentor for every intern", language="en")
    assert [tag.id for tag in ruled.tag(named)] == ["m"], "words still count beside a rule"
    assert Tagger({"m": Topic("m", "M", words=words, rule="NOT intern*")}).tag(named) == ()
    assert Tagger({"m": Topic("m", "M", words=words, rule="librarian*", only_rule=True)}).tag(named) == ()


def test_a_source_that_is_given_the_topic_keeps_it_whatever_the_rule_forbids() -> None:
    tagger = Tagger({"m": Topic("m", "M", rule="NOT intern*")})
    given = tagger.tag(Item("1", title="Interns"), Source("s", "https://example.org/", topics=("m",)))
    assert [tag.id for tag in given] == ["m"]


def test_an_edited_rule_has_another_fingerprint() -> None:
    one, other = (Tagger({"m": Topic("m", "M", rule=rule)}) for rule in ("mentor", "mentors"))
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint != Tagger({"m": Topic("m", "M", rule="mentor", only_rule=True)}).fingerprint
