"""Templates: the operator's own win, mistakes in them are named, their CSS is inlined once and from nowhere else."""

from __future__ import annotations

from pathlib import Path

import drafts
import pytest

from aggregator.compose import Composer, opened, pages, preflight
from aggregator.errors import ConfigError


def own(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def html(composer: Composer) -> str:
    return opened(composer.compose(drafts.draft()).content).html or ""


def test_an_operators_template_wins_and_the_rest_is_shipped(tmp_path: Path) -> None:
    shipped = (pages.shipped() / "letter.html").read_text(encoding="utf-8")
    changed = shipped.replace("h1 { margin: 0;", "h1 { margin: 0; text-transform: uppercase;")
    composer = Composer([tmp_path / "missing", own(tmp_path, "letter.html", changed)])
    page = html(composer)
    assert '<h1 style="margin:0;text-transform:uppercase;' in page
    assert drafts.COURSE.title in page
    assert preflight(composer.compose(drafts.draft()), drafts.draft()) == []


def test_an_operators_item_is_styled_by_the_letters_sheet(tmp_path: Path) -> None:
    item = '<h3><a href="{{ item.url }}">{{ item.title }}</a></h3><p class="meta">Mine</p>'
    page = html(Composer([own(tmp_path, "item.html", item)]))
    assert '<p class="meta" style="margin:6px 0 0;font-size:14px;color:#566067">Mine</p>' in page


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("letter.html", "<p>\n<!--% if %--></p>", "letter.html:2"),
        ("letter.txt", "{% for %}", "letter.txt:1"),
        ("item.txt", "{{ item.titel }}", "titel"),
        ("letter.html", "{{ nonsense }}", "nonsense"),
    ],
)
def test_a_broken_template_is_named(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        html(Composer([own(tmp_path, name, text)]))
    assert name in str(caught.value)
    assert words in str(caught.value)


def test_a_template_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "item.html").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"item\.html"):
        Composer([tmp_path])


def test_a_template_fetches_nothing(tmp_path: Path) -> None:
    css = own(tmp_path, "own.css", "h1 { color: #010203 }") / "own.css"
    sheet = f'<link rel="stylesheet" href="{css.as_uri()}"><link rel="stylesheet" href="http://127.0.0.1:9/x.css">'
    letter = (pages.shipped() / "letter.html").read_text(encoding="utf-8").replace("</head>", sheet + "</head>")
    assert "#010203" not in html(Composer([own(tmp_path, "letter.html", letter)]))


def test_a_template_without_line_breaks_around_items_keeps_lines_whole(tmp_path: Path) -> None:
    loop = "{% for section in sections %}{% for pick in section.picks %}\n>{{ pick.fragment }}<  {{ pick.why }}\n"
    letter = (pages.shipped() / "letter.txt").read_text(encoding="utf-8")
    letter = letter.replace("{{ body }}\n", loop + "{% endfor %}{% endfor %}")
    text = opened(Composer([own(tmp_path, "letter.txt", letter)]).compose(drafts.draft()).content).text or ""
    assert ">\nWebinar: clean data without tears\n" in text
    assert "\n<  Keyword" in text


def test_a_style_sheet_loses_its_blanks_and_nothing_else(tmp_path: Path) -> None:
    sheet = """@media (max-width: 480px) and (min-width: 1px) {
      .foot a:hover , h3   a { color: #010203 !important; margin : 0 auto }
    }
    @media screen { h1 { color: {{ accent }} !important } }
    """
    letter = (pages.shipped() / "letter.html").read_text(encoding="utf-8").replace("</style>", sheet + "</style>")
    page = html(Composer([own(tmp_path, "letter.html", letter)]))
    expected = (
        "@media (max-width:480px) and (min-width:1px){.foot a:hover,h3 a{color:#010203!important;margin : 0 auto}}"
    )
    assert expected in page.replace("\n", "")
    assert "@media screen{h1{color:#1a5f7a!important}\n}\n" in page


def test_accents_become_readable_on_both_grounds() -> None:
    assert pages.accents("#1a5f7a")["accent"] == "#1a5f7a", "what can be read stays as it was chosen"
    assert pages.accents("#ffe600")["accent"] != "#ffe600"
    assert pages.accents("#1a5f7a")["dark_accent"] != "#1a5f7a"
