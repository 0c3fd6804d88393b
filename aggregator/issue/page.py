"""An issue as one page that needs nothing besides: for a repository, a printer, an archive of the web."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup, escape

from aggregator.compose.plain import readable
from aggregator.issue.document import Carried, Issue, Part, Shown

_STYLE = """\
:root{color-scheme:light dark;--ink:#1c2429;--soft:#55626a;--page:#fff;--line:#dcd9d1;--accent:LIGHT}
@media(prefers-color-scheme:dark){:root{--ink:#e7e5df;--soft:#a6adb1;--page:#14181b;--line:#39424a;--accent:DARK}}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:40rem;background:var(--page);color:var(--ink);\
font:1.06rem/1.55 Charter,"Bitstream Charter","Sitka Text",Cambria,Georgia,serif;overflow-wrap:anywhere}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 1rem}
h2{font-size:1.25rem;margin:2.5rem 0 1rem;padding-top:1rem;border-top:1px solid var(--line)}
h3,h4{font-size:1.06rem;line-height:1.35;margin:1.5rem 0 .25rem}
h3.block{color:var(--soft)}
p{margin:.25rem 0}
a{color:var(--accent);text-underline-offset:.15em}
.meta,.why,.cite{color:var(--soft);font-size:.92rem}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line)}
@media print{body{max-width:none;padding:0}h3,h4{break-after:avoid}
h3 a::after,h4 a::after{content:" <" attr(href) ">";font-weight:400;font-size:.85em}}
"""


def html(issue: Issue) -> str:
    return "".join(f"{line}\n" for line in _lines(issue))


def _lines(issue: Issue) -> Iterator[str]:
    light, dark = readable(issue.accent, "#ffffff"), readable(issue.accent, "#14181b", 6.0)
    yield "<!doctype html>"
    yield Markup('<html lang="{}" dir="{}">').format(issue.language, issue.direction)
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield Markup("<title>{}</title>").format(issue.citation)
    yield Markup('<link rel="canonical" href="{}">').format(issue.address)
    yield Markup('<meta name="citation_title" content="{}">').format(issue.citation)
    yield f'<meta name="citation_publication_date" content="{issue.made_at:%Y/%m/%d}">'
    yield f"<style>{_STYLE.replace('LIGHT', light).replace('DARK', dark)}</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    yield Markup("<h1>{}</h1>").format(issue.citation)
    for paragraph in issue.introduction:
        yield Markup("<p>{}</p>").format(paragraph)
    if not issue.parts:
        yield Markup("<p>{}</p>").format(issue.words["nothing"])
    for part in issue.parts:
        yield from _part(part, issue)
    yield "</main>"
    yield "<footer>"
    link = Markup('<a href="{}">{}</a>').format(issue.address, issue.address)
    yield Markup('<p class="cite">{}: {}. {}</p>').format(issue.words["cite"], issue.citation, link)
    yield "</footer>"
    yield "</body>"
    yield "</html>"


def _part(part: Part, issue: Issue) -> Iterator[str]:
    yield "<section>"
    yield Markup("<h2>{}</h2>").format(part.title)
    level = 3
    for shown in part.items:
        if shown.block:
            level = 4  # under the heading of what belongs together
            yield Markup('<h3 class="block">{}</h3>').format(shown.block)
        yield from _item(shown, issue, level)
    yield "</section>"


def _item(shown: Shown, issue: Issue, level: int) -> Iterator[str]:
    item = shown.item
    marks = Markup("").join(
        Markup(' {}="{}"').format(name, value)
        for name, value in zip(("lang", "dir"), item.marks, strict=True) if value
    )  # fmt: skip
    title = Markup('<a href="{}">{}</a>').format(item.url, item.title) if item.url else escape(item.title)
    yield Markup('<article id="{}">').format(item.id)
    yield Markup("<h{}{}>{}</h{}>").format(level, marks, title, level)
    if item.meta:
        yield Markup('<p class="meta">{}</p>').format(" · ".join(item.meta))
    if item.facts:
        yield Markup("<p>{}</p>").format(_facts(item))
    if item.excerpt:
        yield Markup("<p{}>{}</p>").format(marks, item.excerpt)
    if item.library:
        yield Markup('<p><a href="{}">{}</a></p>').format(item.library, issue.words["library"])
    if item.also_in:
        yield Markup('<p class="meta">{}</p>').format(item.also_in)
    if shown.why:
        yield Markup('<p class="why">{}: {}</p>').format(issue.words["why"], shown.why)
    yield "</article>"


def _facts(item: Carried) -> Markup:
    told = (
        Markup("<strong>{}</strong>").format(words) if strong else escape(words) for words, strong in item.facts
    )
    return Markup(" · ").join(told)
