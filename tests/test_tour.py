"""A visit of several documents ends, whatever pages say of the next one, and loses nothing that was read."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Answer, Entry, Occasion, Reading, Source, SourceState, Wanted
from aggregator.tour import DOCUMENTS, MOST_DOCUMENTS, Tour, documents_of, joined

HOME = "https://catalogue.example"


def answer(url: str = f"{HOME}/1", outcome: str = "body", **more: object) -> Answer:
    return Answer("c", url, outcome, **more)  # type: ignore[arg-type]


def tour(**options: object) -> Tour:
    source = Source("c", f"{HOME}/1", kind="courses", options=options)
    return Tour(source, SourceState("c", source.url), [Wanted(source.url)])


def reading(*guids: str, more: tuple[str, ...] = ()) -> Reading:
    return Reading(
        "C", entries=tuple(Entry(guid, title=guid) for guid in guids), more=tuple(Wanted(url) for url in more)
    )


def test_pages_are_walked_to_the_end_of_the_list() -> None:
    one = tour()
    assert [w.url for w in one.next_round()] == [f"{HOME}/1"]
    one.first(answer(), reading("a", more=(f"{HOME}/2",)))
    assert [w.url for w in one.next_round()] == [f"{HOME}/2"]
    one.further(answer(f"{HOME}/2"), reading("b", more=(f"{HOME}/3",)))
    one.next_round()
    one.further(answer(f"{HOME}/3", "failed", error="http-404"), None)  # past the last page
    assert one.next_round() == []
    assert [e.guid for e in one.reading.entries] == ["a", "b"]  # type: ignore[union-attr]
    assert one.trouble == ""


def test_a_broken_page_keeps_what_was_read_and_says_so() -> None:
    one = tour()
    one.next_round()
    one.first(answer(), reading("a", more=(f"{HOME}/2",)))
    one.next_round()
    one.further(answer(f"{HOME}/2", "failed", error="timeout"), None)
    assert [e.guid for e in one.reading.entries] == ["a"]  # type: ignore[union-attr]
    assert "timeout" in one.trouble


def test_the_end_of_a_list_is_a_failure_where_the_protocol_names_every_page() -> None:
    source = Source("w", f"{HOME}/1", kind="works")
    one = Tour(source, SourceState("w", source.url), [Wanted(source.url)])
    one.next_round()
    one.first(answer(), reading("a", more=(f"{HOME}/2",)))
    one.next_round()
    one.further(answer(f"{HOME}/2", "failed", error="http-404"), None)
    assert one.broke_off


def test_a_finished_tour_holds_nothing() -> None:
    one = tour()
    one.next_round()
    one.first(answer(), reading("a"))
    one.forget()
    assert (one.answer, one.reading) == (None, None)


def test_other_hosts_are_not_asked_on_a_pages_word() -> None:
    one = tour()
    one.next_round()
    one.first(answer(), reading("a", more=("https://other.example/2", "http://catalogue.example/2", f"{HOME}/2")))
    assert [w.url for w in one.next_round()] == [f"{HOME}/2"]


@given(st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=60), st.integers(-5, 500))
def test_every_visit_ends(pages: list[list[int]], most: int) -> None:
    one = tour(pages=most)
    asked = [w.url for w in one.next_round()]
    one.first(answer(), reading("a", more=tuple(f"{HOME}/{n}" for n in (pages[0] if pages else []))))
    for page in [*pages[1:], *[[n] for n in range(400)]]:
        coming = one.next_round()
        if not coming:
            break
        asked += [w.url for w in coming]
        for wanted in coming:
            one.further(answer(wanted.url), reading(wanted.url, more=tuple(f"{HOME}/{n}" for n in page)))
    assert len(set(asked)) == len(asked) <= min(max(most, 1), MOST_DOCUMENTS)


def test_how_many_documents_is_an_option() -> None:
    assert documents_of(Source("a", "b")) == DOCUMENTS
    assert documents_of(Source("a", "b", options={"pages": 3})) == 3
    assert documents_of(Source("a", "b", options={"pages": "many"})) == DOCUMENTS


def test_details_add_to_the_dates_of_the_list() -> None:
    listed = Entry("1", occasion=Occasion(starts=date(2027, 3, 1), place="Zagreb"))
    detail = Entry("1", occasion=Occasion(closes=date(2027, 2, 1)))
    [entry] = joined([listed], [detail])
    assert entry.occasion == Occasion(starts=date(2027, 3, 1), closes=date(2027, 2, 1), place="Zagreb")


def test_details_complete_the_entry_of_the_list() -> None:
    listed = (Entry("1", "https://x.example/1", "Title", text="short", tags=("cpd",)), Entry("2", title="Other"))
    detail = (Entry("1", text="the whole text", author="Ann"), Entry("3", title="Third"))
    assert joined(listed, detail) == (
        Entry("1", "https://x.example/1", "Title", text="the whole text", tags=("cpd",), author="Ann"),
        Entry("2", title="Other"),
        Entry("3", title="Third"),
    )


def test_what_only_began_is_unfinished_until_its_details_came() -> None:
    one = tour()
    one.next_round()
    listed = replace(reading("a", "b"), more=(Wanted(f"{HOME}/a", role="detail:a"),), unfinished=frozenset("ab"))
    one.first(answer(), listed)
    one.next_round()
    one.further(answer(f"{HOME}/a"), reading("a"))
    assert one.reading is not None
    assert one.reading.unfinished == {"b"}


def test_details_beyond_the_bound_are_no_trouble_but_pages_are() -> None:
    for role, trouble in (("detail:x", ""), ("page", "more than 1 documents; the rest was left")):
        one = tour(pages=1)
        one.next_round()
        one.first(answer(), replace(reading("a"), more=(Wanted(f"{HOME}/2", role=role),)))
        assert (one.next_round(), one.trouble) == ([], trouble)
