"""Markup that would take a parser of HTML without measure is made flat; what people write stays."""

from __future__ import annotations

from aggregator.nesting import bounded, depth, shallow
from aggregator.text import sanitise, title


def test_formatting_that_nothing_closes_is_not_repeated_in_every_paragraph() -> None:
    hostile = "<p>" + "".join(f"<b title={n}>" for n in range(390)) + "</p>" + "<p>x" * 2_000
    assert len(sanitise(hostile)) < len(hostile)


def test_a_close_in_a_place_where_it_is_none_does_not_count() -> None:
    comments = "<p>" + "".join(f"<b title={n}><!--</b>-->" for n in range(390)) + "</p>" + "<p>x" * 2_000
    values = "<p>" + "".join(f"<b title={n}><i title='</b>'>" for n in range(190)) + "</p>" + "<p>x" * 2_000
    for hostile in (comments, values):
        assert "<b" not in bounded(hostile)


def test_much_that_is_closed_stays() -> None:
    pictures = (
        '<p><a href="x"><img src="http://e.org/i.png"></a> <b><i>so</i></b> <em class="a">x</em></p>' * 2_000
    )
    assert bounded(pictures) == pictures


def test_what_is_deep_is_flat() -> None:
    deep = "<div>" * 500 + "x" + "</div>" * 500
    assert depth(deep) == 500
    assert shallow(deep).split() == ["x"]
    assert shallow("<b>x</b>" * 500) == "<b>x</b>" * 500


def test_comments_leave_titles_and_an_open_one_is_text() -> None:
    assert title("a <!-- b --> c<!-- d") == "a c<!-- d"
