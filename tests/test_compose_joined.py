"""Letters joined from pieces that were encoded once, against letters rendered whole by plain templates and written by
the standard library's `EmailMessage`."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import drafts
import pytest
from hypothesis import HealthCheck, given, settings
from test_letter_promises import letters

from aggregator.compose import Composer, opened, pages
from aggregator.errors import ConfigError
from aggregator.model import Draft

JOINED = Composer()
# What `parts` say, written as one loop, as an operator's own letter may.
HTML = """
<!--% for section in sections %-->
<h2>{{ section.title }}</h2>
<!--% for pick in section.picks %-->
<!--% if pick.block %-->
<p class="block" dir="{{ pick.block | direction }}">{{ pick.block }}</p>
<!--% endif %-->
{{ pick.fragment }}
<p class="why">{{ say.why }}: {{ pick.why }}<!--% if pick.page %--> · <a class="quiet" href="{{ pick.page }}" aria-label="{{ say.marking }}: {{ pick.title }}">{{ say.marking }}</a><!--% endif %--></p>
<!--% endfor %-->
<!--% endfor %-->
"""
TEXT = """
{% for section in sections %}

{{ section.title }}
{{ "-" * section.title | length }}

{% for pick in section.picks %}
{% if pick.block %}
{{ ("== " ~ pick.block) | wrap }}

{% endif %}
{{ pick.fragment }}
{{ (say.why ~ ": " ~ pick.why) | wrap("  ") }}
{% if pick.page %}
  {{ say.marking }}:
  {{ pick.page }}
{% endif %}

{% endfor %}
{% endfor %}
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composer]:
    """A composer whose templates go through the sections by themselves. Both composers have room for all: soft line
    breaks fall elsewhere in joined letters, so at the very limit one of the two might be shortened."""
    folder = tmp_path_factory.mktemp("mail")
    for name, loop in (("letter.html", HTML), ("letter.txt", TEXT)):
        shipped = (pages.shipped() / name).read_text(encoding="utf-8")
        assert "{{ body }}\n" in shipped
        (folder / name).write_text(shipped.replace("{{ body }}\n", loop.lstrip("\n")), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aggregator.compose.letter.SIZE", 10**8)
        yield Composer([folder])


def by_the_library(text: str, html: str) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return parsed(message.as_bytes())


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def bodies(message: EmailMessage) -> list[tuple[str, str]]:
    return [(part.get_content_type(), part.get_content().replace("\r\n", "\n")) for part in message.iter_parts()]


def same(draft: Draft, whole: Composer) -> None:
    one, other = JOINED.write(draft), whole.write(draft)
    assert one.laid == other.laid
    assert one.draft == other.draft
    assert one.plan
    assert other.plan is None
    plain = opened(other.letter.content)
    assert bodies(parsed(one.letter.content)) == bodies(by_the_library(plain.text or "", plain.html or ""))
    assert opened(one.letter.content) == plain


@given(letters())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_letter_is_the_one_that_was_rendered_whole(whole: Composer, draft: Draft) -> None:
    for folder in ("", drafts.ITEM_PAGES, "https://digest.example.org/my/" + "k=" * 90 + "/items?a=1&b=2"):
        same(replace(draft, item_pages=folder), whole)


def test_nothing_of_one_reader_stays_for_the_next(whole: Composer) -> None:
    """What is kept is the same for all readers: with other names, pages or reasons it is another letter."""
    draft = drafts.draft(item_pages=drafts.ITEM_PAGES)
    sections = tuple(
        replace(part, picks=tuple(replace(pick, why="New") for pick in part.picks))
        for part in draft.selection.sections
    )
    for other in (
        draft,
        replace(draft, item_pages="https://digest.example.org/my/other/items"),
        replace(draft, topics={"rare-books": "Old books"}),
        replace(draft, sources={**draft.sources, "room": "Renamed"}),
        replace(draft, selection=replace(draft.selection, sections=sections)),
        replace(draft, edition=replace(draft.edition, accent="#aa0000")),
        draft,
    ):
        same(other, whole)
        assert JOINED.write(other).letter == Composer().compose(other)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("macro block(words)", "macro bloc(words)", "block"),
        ("macro heading(title)", "macro heading()", "heading"),
        ("macro heading(title)", "macro", "parts.txt:1"),
        ("{{ page }}", "{{ nonsense }}", "nonsense"),
    ],
)
def test_broken_parts_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    shipped = (pages.shipped() / "parts.txt").read_text(encoding="utf-8")
    (tmp_path / "parts.txt").write_text(shipped.replace(old, new), encoding="utf-8")
    notes = [drafts.item(number, kind="notes", event="HLC 2026") for number in (1, 2)]
    with pytest.raises(ConfigError) as caught:
        Composer([tmp_path]).compose(drafts.draft(*map(drafts.pick, notes)))
    assert "parts.txt" in str(caught.value)
    assert words in str(caught.value)
