"""Answers of programs with something wrong in them: one value of another type, one piece of text lost."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**40, max_value=10**41),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "2027-13-45",
            "2027-02-29 25:61",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "http://[",
            "\ud800",
        ]
    ),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@st.composite
def damaged(draw: st.DrawFn, answers: list[Any]) -> bytes:
    """One of the answers as bytes of JSON, with one to three of its values replaced or lost."""
    answer = json.loads(json.dumps(draw(st.sampled_from(answers))))
    for _ in range(draw(st.integers(1, 3))):
        places = [*_places(answer)]
        holder, key = draw(st.sampled_from(places))
        if draw(st.booleans()) and isinstance(holder, dict):
            holder.pop(key, None)
        else:
            holder[key] = draw(ANYTHING)
        if not [*_places(answer)]:
            break
    return json.dumps(answer).encode()


def _places(value: Any) -> Any:
    """Every (holder, key or index) in a value of JSON."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


@st.composite
def torn(draw: st.DrawFn, documents: list[bytes]) -> bytes:
    """One of the documents with pieces cut out, doubled or replaced by other bytes."""
    body = draw(st.sampled_from(documents))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 60)))
        put = draw(st.one_of(st.binary(max_size=10), st.just(body[start:end] * 2), st.just(b"<x>&nbsp;&#0;</y>")))
        body = body[:start] + put + body[end:]
    return body
