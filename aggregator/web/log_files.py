"""The files that readers keep with an activity: taken by what their bytes are, given back as downloads only."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.responses import Response
from starlette.routing import Route

from aggregator.cpd.evidence import FAULTS, MOST_BYTES, MOST_FILES, described, fault
from aggregator.cpd.record import EVIDENCE_KINDS, Activity, Evidence
from aggregator.web.forms import Form
from aggregator.web.log_entry import Log, entry_of, entry_page
from aggregator.web.pages import PRIVATE
from aggregator.web.parts import Me, Parts, mine

_FORM = 64 * 1024  # octets around the file


def routes(parts: Parts) -> list[Route]:
    return [
        mine(parts, "/log/entry/{entry}/files", _attach, "POST", private=True, most=MOST_BYTES + _FORM),
        mine(parts, "/log/entry/{entry}/files/{file}", _file, "GET", "POST", private=True),
    ]


def _attach(me: Me, form: Form) -> Response:
    activity = entry_of(me)
    if activity is None:
        return me.page("cpd/gone", 404, log=me.url("log"))
    if (late := me.here.too_often("files", 60, 3600, me.reader.id)) is not None:
        return late
    name, content = form.files.get("file", ("", b""))
    if name or content:
        return _keep(me, activity, form, (name, content))
    return _link(me, activity, form)


def _keep(me: Me, activity: Activity, form: Form, file: tuple[str, bytes]) -> Response:
    log, (name, content) = Log.of(me), file
    wrong = fault(content, activity.evidence, me.store.cpd.bytes_of(me.reader.id))
    if wrong is not None:
        return entry_page(log, activity, notice=log.words.told(FAULTS[wrong]), bad=True)
    kept = described(content, name, _kind(form), form.get("note")[:500])
    me.store.cpd.attach(me.reader.id, activity.id, kept, content, me.now)
    return _told(me, me.say.t("{name} is kept with this activity.", name=kept.name))


def _link(me: Me, activity: Activity, form: Form) -> Response:
    """An address, for a badge or a certificate that is kept elsewhere."""
    url = form.get("url")
    if not _is_web(url) or len(activity.evidence) >= 2 * MOST_FILES:
        said = me.say.t("Choose a file, or write an address that begins with https://.")
        return entry_page(Log.of(me), activity, notice=said, bad=True)
    me.store.cpd.attach(
        me.reader.id, activity.id, Evidence("", _kind(form), url=url, note=form.get("note")[:500]), None, me.now
    )
    return _told(me, me.say.t("The address is kept with this activity."))


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= 2000 and " " not in url


def _kind(form: Form) -> str:
    return form.get("kind") if form.get("kind") in EVIDENCE_KINDS else "other"


def _told(me: Me, notice: str) -> Response:
    activity = entry_of(me)
    return (
        entry_page(Log.of(me), activity, notice=notice)
        if activity
        else me.page("cpd/gone", 404, log=me.url("log"))
    )


def _file(me: Me, _: Form) -> Response:
    """The file as a download (GET), or away with it (POST)."""
    name = me.here.path("file")
    if me.here.request.method == "POST":
        me.store.cpd.detach(me.reader.id, name)
        return _told(me, me.say.t("It is no longer kept here."))
    held = me.store.cpd.file(me.reader.id, name)
    if held is None:
        return me.page("wrong", 404, reason="no-page")
    evidence, content = held
    return download(me, content, evidence.media_type, evidence.name)


def download(me: Me, content: bytes, media_type: str, name: str, *, inline: bool = False) -> Response:
    """Bytes under a name (RFC 6266), that no browser runs anything of and nobody keeps."""
    plain = "".join(char if char.isascii() and char not in '\\"%' else "_" for char in name)
    how = "inline" if inline else "attachment"
    headers = me.parts.pages.headers | PRIVATE | {
        "Content-Disposition": f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip
    return Response(content, 200, headers, media_type)
