"""Writes docs/clients.md: what our letters use of HTML and CSS, and which mail programs understand it.

    npm pack caniemail && tar xzf caniemail-*.tgz    # bundles the data of caniemail.com (MIT)
    .venv/bin/python docs/clients_maker.py package/data/caniemail.json

What letters use is read off letters: every template with every part of it. A test asks that the table names all
of it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("clients.md")
# Client -> the family and platforms of the data, of which the least able counts.
CLIENTS = {
    "Gmail web": ("gmail", ("desktop-webmail",)),
    "Gmail apps": ("gmail", ("ios", "android")),
    "Outlook Windows": ("outlook", ("windows",)),
    "Outlook Mac": ("outlook", ("macos",)),
    "Outlook web": ("outlook", ("outlook-com",)),
    "Outlook apps": ("outlook", ("ios", "android")),
    "Apple Mail": ("apple-mail", ("macos", "ios")),
    "Yahoo": ("yahoo", ("desktop-webmail", "ios", "android")),
    "AOL": ("aol", ("desktop-webmail", "ios", "android")),
    "Thunderbird": ("thunderbird", ("macos", "windows")),
    "Samsung": ("samsung-email", ("android",)),
    "Proton": ("protonmail", ("desktop-webmail", "ios", "android")),
    "Fastmail": ("fastmail", ("desktop-webmail",)),
    "GMX": ("gmx", ("desktop-webmail", "ios", "android")),
}
# What is used -> its name in the data; what all programs have understood since there is mail in HTML has none.
NAMES = {
    "<!doctype>": "html-doctype", "<html>": "", "<head>": "", "<title>": "", "<meta>": "", "<style>": "html-style",
    "<body>": "html-body", "<article>": "html-semantics", "<div>": "html-div", "<table>": "html-table",
    "<tbody>": "html-table", "<tr>": "html-table", "<td>": "html-table", "<h1>": "html-h1-h6",
    "<h2>": "html-h1-h6", "<h3>": "html-h1-h6", "<p>": "html-p", "<a>": "", "<strong>": "html-strong",
    "<br>": "", "lang=": "html-lang",
    "dir=": "html-dir", "role=": "html-role", "aria-label=": "html-aria-label", "aria-roledescription=": "",
    "class=": "css-selector-class", "style=": "", "href=": "", "charset=": "", "content=": "", "name=": "",
    "meta color-scheme": "html-meta-color-scheme", "meta supported-color-schemes": "", "meta viewport": "",
    "meta format-detection": "", "background-color": "css-background-color",
    "border-bottom": "css-border", "border-color": "css-border", "border-left": "css-border",
    "border-right": "css-border", "border-top": "css-border", "border-collapse": "css-border-collapse",
    "border-spacing": "css-border-spacing", "break-after": "", "break-before": "", "page-break-before": "",
    "color": "", "display": "css-display-none",
    "font": "css-font", "font-size": "css-font-size", "font-weight": "css-font-weight", "margin": "css-margin",
    "max-height": "css-max-height", "max-width": "css-max-width", "orphans": "css-orphans",
    "overflow": "css-overflow", "padding": "css-padding", "padding-left": "css-padding",
    "padding-right": "css-padding", "page-break-after": "", "text-align": "css-text-align",
    "text-decoration": "css-text-decoration", "text-decoration-color": "css-text-decoration-color",
    "text-decoration-thickness": "css-text-decoration-thickness",
    "text-underline-offset": "css-text-underline-offset", "widows": "css-widows", "width": "css-width",
    "overflow-wrap": "css-overflow-wrap", "word-break": "css-word-break",
    "!important": "css-important", "@media": "css-at-media",
    "prefers-color-scheme": "css-at-media-prefers-color-scheme", "selector: class": "css-selector-class",
    "selector: type": "css-selector-type", "selector: descendant": "css-selector-descendant",
    "selector: grouping": "css-selector-grouping", "unit: px": "css-unit-px", "unit: %": "css-unit-percent",
}  # fmt: skip
SIGNS = {"y": "yes", "a": "partly", "n": "no", "u": "?"}
_WORST = "nauy"


# ------------------------------------------------------------------------------------------------- what is used
class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._in_style = False

    def handle_decl(self, decl: str) -> None:
        self.found.add(f"<!{decl.split()[0].lower()}>")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        self.found |= {f"<{tag}>", *(f"{name}=" for name, _ in attrs)}
        given = dict(attrs)
        if tag == "meta" and given.get("name"):
            self.found.add(f"meta {given['name']}")
        self.found |= _declared(given.get("style") or "")

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found |= _of_sheet(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._in_style = False


def used(page: str) -> set[str]:
    """Every element, attribute, property, unit, selector and rule of a page, as NAMES calls them."""
    seen = _Seen()
    seen.feed(page)
    return seen.found


def _of_sheet(css: str) -> set[str]:
    found = {"@media"} if "@media" in css else set()
    found |= {f"@{name}" for name in re.findall(r"@([a-z-]+)", css)}
    found |= {name for name in ("prefers-color-scheme",) if name in css}
    for selectors, block in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        found |= _declared(block) | set(_selected(selectors.rpartition("{")[2]))
    return found


def _selected(selectors: str) -> Iterator[str]:
    if "," in selectors:
        yield "selector: grouping"
    for one in selectors.split(","):
        parts = one.split()
        if len(parts) > 1:
            yield "selector: descendant"
        for part in parts:
            known = re.fullmatch(r"\.[a-z]+", part) or re.fullmatch(r"[a-z][a-z0-9]*", part)
            yield f"selector: {('class' if part[0] == '.' else 'type') if known else part}"


def _declared(block: str) -> set[str]:
    found: set[str] = set()
    for pair in block.split(";"):
        name, _, value = pair.partition(":")
        if name.strip():
            found.add(name.strip().lower())
        found |= {"!important"} if "!important" in value else set()
        found |= {f"unit: {unit}" for unit in re.findall(r"(?<![#\w.])\d*\.?\d+([a-z]+|%)", value)}
    return found


# ------------------------------------------------------------------------------------------------------- the table
def table(features: Iterable[str], data: dict[str, Any]) -> Iterator[str]:
    known = {one["slug"]: one for one in data["data"]}
    yield "| used | tested | " + " | ".join(CLIENTS) + " |"
    yield "|---" * (len(CLIENTS) + 2) + "|"
    rows: dict[str, list[str]] = {}
    for feature in sorted(features):
        rows.setdefault(NAMES[feature] or "", []).append(f"`{feature}`")
    for slug, names in sorted(rows.items(), key=lambda row: row[1]):
        if slug:
            one = known[slug]
            signs = " | ".join(_sign(one["stats"], *place) for place in CLIENTS.values())
            yield f"| {', '.join(names)} | {one['last_test_date'][:7]} | {signs} |"
    yield ""
    rest = ", ".join(rows[""])
    yield f"Not in the data, and understood or passed over by all since there is mail in HTML: {rest}."


def _sign(stats: dict[str, Any], family: str, platforms: tuple[str, ...]) -> str:
    """The least of what the newest versions tested can do."""
    tested = [stats.get(family, {}).get(platform) for platform in platforms]
    signs = [list(one.values())[-1].split()[0][0] for one in tested if one]
    return SIGNS[min(signs, key=_WORST.index)] if signs else "?"


def main(path: Path) -> None:
    sys.path.insert(0, str(TABLE.parent.parent / "tests"))
    from test_clients import every_page

    data = json.loads(path.read_text(encoding="utf-8"))
    features = set().union(*map(used, every_page()))
    head, _, rest = TABLE.read_text(encoding="utf-8").partition("<!-- table -->\n")
    tail = rest.partition("<!-- end -->")[2]
    stated = f"Data of {data['last_update_date'][:10]}.\n\n"
    body = "\n".join(table(features, data))
    TABLE.write_text(f"{head}<!-- table -->\n{stated}{body}\n<!-- end -->{tail}", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
