"""The templates: found once, compiled once, with their CSS inlined once.

CSS has to stand in `style` attributes, because Gmail drops `<style>` for many readers; doing that for every
letter would cost more than the letter. So the *template* is inlined. An HTML parser moves a `{% for %}` between
table rows out of the table; therefore block tags in HTML templates are HTML comments: `<!--% for ... %-->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import (
    BaseLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
)

from aggregator.compose.plain import readable, rtl, wrap
from aggregator.errors import ConfigError, Problem

# The colours that an edition chooses stand in the CSS as these two, and become variables after inlining.
ACCENT, DARK_ACCENT = "#acce01", "#acce02"
LIGHT_GROUND, DARK_GROUND = "#ffffff", "#1b2023"  # what the accents must be readable on

# An HTML parser lets no variable stand where attributes do: `data-marks` becomes lang and dir, if there are any.
_MARKS = ' data-marks=""'

_STYLE = re.compile(r"<style[^>]*>(.*?)</style>", re.DOTALL)
_Errors = tuple[type[Exception], ...]
_AT_RULE = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Pages:
    """The six templates of a letter, ready to render. Rendering raises ConfigError: the template is wrong.
    `parts_*` have macros: what stands around the items. `loops`: whether one of `letter_*` goes through the
    sections by itself."""

    letter_html: Template
    item_html: Template
    parts_html: Template
    letter_text: Template
    item_text: Template
    parts_text: Template
    loops: bool

    def render(self, name: str, values: dict[str, Any]) -> str:
        return _rendered(getattr(self, name), values)

    def parts(self, name: str, values: dict[str, Any]) -> Callable[..., str]:
        """What renders macros of `parts_*` with these values at hand: a name and arguments in, text out."""
        template: Template = getattr(self, name)
        with _blamed(template):
            module = template.make_module(values)

        def render(macro: str, *given: object) -> str:
            with _blamed(template, (TemplateError, AttributeError, TypeError)):  # no such macro, or it takes less
                return str(getattr(module, macro)(*given))

        return render


@dataclass(frozen=True, slots=True)
class ShortPages:
    """The two templates of a short letter. Rendering raises ConfigError: the template is wrong."""

    html: Template
    text: Template

    def render(self, name: str, values: dict[str, Any]) -> str:
        return _rendered(getattr(self, name), values)


def _rendered(template: Template, values: dict[str, Any]) -> str:
    with _blamed(template):
        return template.render(values)


@contextmanager
def _blamed(template: Template, errors: _Errors = (TemplateError,)) -> Iterator[None]:
    """What goes wrong within is a mistake in that template."""
    try:
        yield
    except errors as error:
        raise ConfigError([Problem(template.name or "mail", None, str(error), _REMEDY)]) from error


_REMEDY = "compare it with the template that ships with the program"


def shipped() -> Path:
    """The templates that come with the program: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "shipped" / "templates" / "mail"
    return inside if inside.is_dir() else package.parent / "templates" / "mail"


def load(folders: Sequence[Path]) -> Pages:
    """Load `letter`, `item` and `parts`, each `.html` and `.txt`.

    The first of `folders` that has a file wins; what none has is taken from the shipped ones. Raises ConfigError.
    """
    loader = FileSystemLoader([*folders, shipped()])
    rich, plain = _html_environment(loader), _text_environment(loader)
    letter, letter_path = _source(loader, rich, "letter.html")
    (item, item_path), (parts, parts_path) = (_source(loader, rich, f"{name}.html") for name in ("item", "parts"))
    css = "".join(_STYLE.findall(letter))
    texts = [_source(loader, plain, f"{name}.txt") for name in ("letter", "item", "parts")]
    letter_text, item_text, parts_text = (_compiled(plain, *text) for text in texts)
    return Pages(
        letter_html=_compiled(rich, _inlined(letter), letter_path),
        item_html=_compiled(rich, _inlined_fragment(item, css), item_path),
        parts_html=_compiled(rich, _inlined_fragment(parts, css), parts_path),
        letter_text=letter_text,
        item_text=item_text,
        parts_text=parts_text,
        loops="sections" in letter or "sections" in texts[0][0],
    )


def load_short(folders: Sequence[Path]) -> ShortPages:
    """Load `short.html` and `short.txt`, as `load` does."""
    loader = FileSystemLoader([*folders, shipped()])
    rich, plain = _html_environment(loader), _text_environment(loader)
    html, path = _source(loader, rich, "short.html")
    return ShortPages(
        _compiled(rich, _inlined(html), path), _compiled(plain, *_source(loader, plain, "short.txt"))
    )


def _source(loader: BaseLoader, environment: Environment, name: str) -> tuple[str, str]:
    try:
        text, path, _ = loader.get_source(environment, name)
    except (TemplateError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(f"mail/{name}", None, f"can't be read: {error}", _REMEDY)]) from error
    return text, path or name


def _compiled(environment: Environment, source: str, path: str) -> Template:
    try:
        template = environment.from_string(source)
    except TemplateSyntaxError as error:
        raise ConfigError([Problem(path, error.lineno, error.message or "syntax error", _REMEDY)]) from error
    template.name = path
    return template


def _inlined(html: str) -> str:
    """The document with its rules in `style` attributes; only media queries stay in the head."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)
    return _with_variables(_tight(_style_last(inliner.inline(html))))


def _inlined_fragment(html: str, css: str) -> str:
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    return _with_variables(_tight(inliner.inline_fragment(html, _AT_RULE.sub("", css))))


def _style_last(html: str) -> str:
    """Move what is left of the style sheet to the head's end: `<meta charset>` comes within 1,024 bytes."""
    found = _STYLE.search(html)
    return html.replace(found[0], "", 1).replace("</head>", f"{found[0]}\n</head>", 1) if found else html


def _tight(html: str) -> str:
    # Each byte of a style is repeated in every item of every letter, and the style sheet in every letter.
    html = re.sub(r'style="([^"]*)"', lambda found: f'style="{_short(found[1])}"', html)
    return re.sub(r"(<style[^>]*>)(.*?)(</style>)", _short_sheet, html, flags=re.DOTALL)


def _short(style: str) -> str:
    return re.sub(r"\s*([:;,])\s*", r"\1", style).strip("; ")


def _short_sheet(found: re.Match[str]) -> str:
    """The style sheet without the blanks that nothing needs, a rule a line, so that no braces look like those of
    templates; what stands in those stays."""
    around = re.split(r"(\{\{.*?\}\})", found[2])
    around[::2] = map(_without_blanks, around[::2])
    return found[1] + "".join(around).strip() + "\n" + found[3]


def _without_blanks(rules: str) -> str:
    """Blanks stay where they mean something: between selectors, before a colon in them, and around `and`."""
    rules = re.sub(r"(?<=[a-z]): ", ":", re.sub(r"\s+", " ", rules))
    return re.sub(r";? ?([{};,!]) ?", r"\1", rules).replace("}", "}\n")


def _with_variables(html: str) -> str:
    filled = html.replace(ACCENT, "{{ accent }}").replace(DARK_ACCENT, "{{ dark_accent }}")
    # What stands at the side where lines begin changes sides with the direction of the letter.
    filled = re.sub(r"\b(border|padding|margin)-left:", r"\1-{{ say.start }}:", filled)
    filled = filled.replace("text-align:left", "text-align:{{ say.start }}")
    return filled.replace(_MARKS, "{{ marks }}")


def accents(colour: str) -> dict[str, str]:
    """An edition's colour as it can be read on the light and on the dark ground."""
    return {"accent": readable(colour, LIGHT_GROUND), "dark_accent": readable(colour, DARK_GROUND, 6.0)}


def _html_environment(loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True, block_start_string="<!--%", block_end_string="%-->",
        comment_start_string="<!--#", comment_end_string="#-->",
    )  # fmt: skip
    environment.filters["direction"] = lambda text: "rtl" if rtl(text) else "ltr"
    return environment


def _text_environment(loader: BaseLoader) -> Environment:
    environment = Environment(
        loader=loader, autoescape=False,  # noqa: S701 - plain text: nothing to escape
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters["wrap"] = lru_cache(4096)(wrap)  # many letters have their reasons in common
    return environment
