"""What known programs publish, and where: leads from an address alone, and from what a page gives away of the
program that made it.

Each rule is a small function in one of two lists. A rule may be wrong: what it names is only tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit, urlunsplit

from aggregator.errors import SourceError
from aggregator.read import answers
from aggregator.read.answers import inside, json_of, rows
from aggregator.read.discover_links import (
    CALENDAR,
    GUESS,
    LISTING,
    NAMED,
    SPECIFIC,
    Lead,
    Page,
    calendar_of,
    meta,
    related,
)
from aggregator.urls import absolute, host, is_web

BESIDE = 25  # what is worth a try where the feed itself fails
_WORDPRESS = "https://api.w.org/"
_REFRESH = re.compile(r"url\s*=\s*['\"]?([^'\";]+)", re.I)
_CHANNEL = re.compile(r"UC[\w-]{22}")
_LIST_NAME = r"[A-Za-z0-9][\w.-]{0,80}"


# ------------------------------------------------------------------------------------------ from the address alone
def by_address(url: str) -> list[Lead]:
    """The leads that an address gives by its form."""
    parts = urlsplit(url)
    return [lead for rule in _BY_ADDRESS for lead in rule(parts) if lead.url != url or lead.kind]


def _at(parts: SplitResult, path: str, query: str = "") -> str:
    return urlunsplit(parts._replace(path=path, query=query, fragment=""))


def _youtube(parts: SplitResult) -> Iterator[Lead]:
    channel = re.fullmatch(r"/channel/(UC[\w-]{22})(?:/\w*)?", parts.path)
    playlist = parse_qs(parts.query).get("list", [""])[0] if parts.path in ("/playlist", "/watch") else ""
    if channel or re.fullmatch(r"PL[\w-]{10,60}", playlist):
        query = f"channel_id={channel[1]}" if channel else f"playlist_id={playlist}"
        yield Lead(_youtube_feed(parts, query), "YouTube has a feed for it", NAMED + 5)


def _youtube_feed(parts: SplitResult, query: str) -> str:
    name = (parts.hostname or "").removeprefix("m.").removeprefix("music.")
    place = parts._replace(netloc="www.youtube.com") if name.removeprefix("www.") == "youtube.com" else parts
    return _at(place, "/feeds/videos.xml", query)


def _fediverse(parts: SplitResult) -> Iterator[Lead]:
    profile = re.fullmatch(r"/(?:web/)?@([\w.-]+)(?:@([\w.-]+))?(?:/.*)?", parts.path)
    if profile and not re.search(r"(?:^|\.)(?:youtube|tiktok|medium)\.com$", parts.hostname or ""):
        place = parts._replace(netloc=profile[2]) if profile[2] else parts
        yield Lead(_at(place, f"/@{profile[1]}.rss"), "Mastodon has a feed for each public profile", NAMED - 4)
    if tag := re.fullmatch(r"/(?:web/)?tags/([^/.]+)/?", parts.path):
        yield Lead(_at(parts, f"/tags/{tag[1]}.rss"), "Mastodon has a feed for each tag", NAMED - 4)


def _hosts(parts: SplitResult) -> Iterator[Lead]:
    """Hosts that put their feeds at places of their own."""
    name, path = (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/")
    if name.endswith("reddit.com") and (found := re.match(r"/(?:r|user)/[\w-]+", path)):
        yield Lead(_at(parts, f"{found[0]}/.rss"), "Reddit has a feed for it, and often refuses programs", NAMED)
    if name == "bsky.app" and (found := re.fullmatch(r"/profile/[\w.:-]+", path)):
        yield Lead(_at(parts, f"{path}/rss"), "Bluesky has a feed for each profile", NAMED)
    if name == "medium.com" and path and not path.startswith("/feed/"):
        first = path.split("/")[1]
        yield Lead(_at(parts, f"/feed/{first}"), "Medium has a feed for it", NAMED + 2)
    if name == "github.com" and (found := re.match(r"/[\w.-]+/[\w.-]+", path)):
        yield Lead(_at(parts, f"{found[0]}/releases.atom"), "GitHub has a feed of the releases", NAMED + 2)
    if name == "groups.io" and (found := re.match(r"/g/[\w.+-]+", path)):
        yield Lead(_at(parts, f"{found[0]}/rss"), "Groups.io has a feed for each public group", NAMED + 2)
    if name.endswith(".sched.com"):
        yield Lead(_at(parts, "/all.ics"), "Sched has a calendar of the whole event", LISTING, "calendar")
    if name == "podcasts.apple.com" and (found := re.search(r"/id(\d+)", path)):
        yield Lead(f"https://itunes.apple.com/lookup?id={found[1]}", "Apple knows the podcast's own feed", NAMED)
    if name == "doaj.org" and (found := re.match(r"/toc/(\d{4}-\d{3}[\dXx])", path)):
        search = f"/api/search/articles/issn:{found[1]}"
        yield Lead(_at(parts, search), "DOAJ lists the journal's articles", LISTING, "works")
    if calendar := calendar_of(urlunsplit(parts)):
        yield Lead(calendar, "the calendar behind this page", LISTING, "calendar")


def _listserv(parts: SplitResult) -> Iterator[Lead]:
    program = re.match(r"(.*/wa(?:[.-][\w.-]+)?)/?$", parts.path, re.I)
    named = re.search(rf"(?:^|&)(?:A0|A1|A2|L|SUBED1|SUBED2|LIST)=(?:ind\d+&L=)?({_LIST_NAME})", parts.query, re.I)
    if program and named and "RSS" not in parts.query.split("&"):
        query = f"RSS&L={named[1].upper()}&v=2.0&LIMIT=100"
        yield Lead(_at(parts, program[1], query), "LISTSERV has a feed for each public list", NAMED + 5)
    is_jisc = parts.hostname in ("www.jiscmail.ac.uk", "jiscmail.ac.uk") and not program
    if is_jisc and (found := re.fullmatch(rf"/(?:lists/)?({_LIST_NAME}?)(?:\.html)?/?", parts.path)):
        query = f"RSS&L={found[1].upper()}&v=2.0&LIMIT=100"
        yield Lead(_at(parts, "/cgi-bin/wa-jisc.exe", query), "JISCMail has a feed for each list", NAMED + 5)


def _lists(parts: SplitResult) -> Iterator[Lead]:
    """Archives of mailing lists: HyperKitty (Mailman 3) and Sympa."""
    path = unquote(parts.path)
    if found := re.match(r"(.*/list/[\w.+-]+@[\w.-]+)(?:/|$)", path):
        yield Lead(_at(parts, f"{found[1]}/feed/"), "HyperKitty has a feed for each list", NAMED + 5)
    if found := re.fullmatch(rf"(.*?)/(?:info|arc|arcsearch_form|d_read)/({_LIST_NAME})(?:/.*)?", path):
        query = "count=20&for=30"
        yield Lead(
            _at(parts, f"{found[1]}/rss/latest_arc/{found[2]}", query), "Sympa has a feed for it", NAMED + 5
        )


def _harvested(parts: SplitResult) -> Iterator[Lead]:
    """Where repositories answer to harvesters: without a verb such an address says only that it lacks one."""
    if re.search(r"/oai2?(?:/request)?/?$", parts.path) and "verb=" not in parts.query:
        yield Lead(urlunsplit(parts), "it answers to harvesters (OAI-PMH)", NAMED + 5, "works")


def _indico(parts: SplitResult) -> Iterator[Lead]:
    if found := re.fullmatch(r"(.*)/(category|event)/(\d+)(?:/.*)?", parts.path):
        kind = "categ" if found[2] == "category" else "event"
        yield _events(_at(parts, f"{found[1]}/export/{kind}/{found[3]}.json"), "Indico", "indico")


def _events(url: str, program: str, form: str, worth: float = LISTING) -> Lead:
    return Lead(url, f"{program} lists its events for programs", worth, "events", {"format": form})


# ------------------------------------------------------------------------------------------------ from the page
def by_page(page: Page, header: str = "") -> list[Lead]:
    """The leads that a page gives by what it shows of its program."""
    signs = _signs(page)
    return [lead for rule in _BY_PAGE for lead in rule(page, signs, header) if is_web(lead.url)]


def _signs(page: Page) -> str:
    """Where programs give themselves away: generator, scripts, styles, classes of the body; in lower case."""
    body = page.tree.css_first("body")
    said = [page.generator, *(value or "" for value in (body.attributes.values() if body else ()))]
    for node in page.tree.css("script[src], link[href], meta[content]")[:400]:
        said += [value or "" for value in node.attributes.values()]
    return " ".join(said)[:200_000].lower()


def _root(page: Page, path: str) -> str:
    return absolute(page.url, path)


def _wordpress(page: Page, signs: str, header: str) -> Iterator[Lead]:
    rest = related(page, header, _WORDPRESS)
    if not rest and not re.search(r"wordpress|/wp-(?:content|includes|json)/", signs):
        return
    home = _wordpress_home(page, rest)
    yield Lead(f"{home}feed/", "WordPress puts its feed there", NAMED - 5)
    posts = f"{rest.rstrip('/')}/wp/v2/posts" if rest else f"{home}wp-json/wp/v2/posts"
    if "/wp/v2/sites/" in rest:  # WordPress.com answers for all its sites at one place
        posts = f"{rest.rstrip('/')}/posts"
    yield Lead(posts, "WordPress gives its posts to programs", BESIDE, "page")
    if re.search(r"tribe[-_]events|the-events-calendar|tec-api", signs):
        api = next(iter(meta(page.tree, "tec-api-origin")), "") or home
        on_it = "tribe" in _classes(page) or re.search(r"/events?(?:/|$)", urlsplit(page.url).path)
        worth = LISTING if on_it else CALENDAR - 8
        url = f"{api.rstrip('/')}/wp-json/tribe/events/v1/events"
        yield _events(url, "The Events Calendar", "tec", worth)


def _wordpress_home(page: Page, rest: str) -> str:
    if "/wp-json" in rest:
        return rest.partition("/wp-json")[0] + "/"
    if "rest_route=" in rest:
        return rest.partition("?")[0].removesuffix("index.php")
    for node in page.tree.css("script[src], link[href]")[:400]:
        written = absolute(page.base, node.attributes.get("src") or node.attributes.get("href") or "")
        found = re.match(r"(https?://[^?#]*?/)wp-(?:content|includes)/", written)
        if found and host(written) == host(page.url):  # scripts of others lie elsewhere
            return found[1]
    return _root(page, "/")


def _classes(page: Page) -> str:
    body = page.tree.css_first("body[class]")
    return ((body.attributes.get("class") or "") if body else "").lower()


def _youtube_page(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001 (rules are called alike)
    if not re.search(r"ytcfg|ytInitialData|youtube\.com", page.text):
        return
    canonical = related(page, "", "canonical")
    told = [canonical, *meta(page.tree, "identifier"), *meta(page.tree, "channelId")]
    own = re.search(r'"(?:externalId|channelId)"\s*:\s*"(UC[\w-]{22})"', page.text)
    found = next((match for text in told if (match := _CHANNEL.search(text))), None)
    if channel := (found[0] if found else own[1] if own else ""):
        url = _youtube_feed(urlsplit(page.url), f"channel_id={channel}")
        yield Lead(url, "YouTube has a feed for each channel", NAMED + 5)


def _discourse(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    if "discourse" not in signs:
        return
    base = next(iter(meta(page.tree, "discourse-base-uri")), "").rstrip("/")
    path = urlsplit(page.url).path.rstrip("/")
    within = path.removeprefix(base)
    if re.match(r"/(?:c|tag|t)/", within):
        yield Lead(_root(page, f"{path}.rss"), "Discourse has a feed for it", NAMED + SPECIFIC)
    yield Lead(_root(page, f"{base}/latest.rss"), "Discourse has a feed of new topics", NAMED + 2)


def _ojs(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    if not re.search(r"open journal systems|webfeedgatewayplugin|/lib/pkp/", signs):
        return
    base = _journal(page)
    feed = f"{base}/gateway/plugin/WebFeedGatewayPlugin/atom"
    yield Lead(feed, "Open Journal Systems has a feed of the current issue there", NAMED - 3)
    yield Lead(f"{base}/oai", "Open Journal Systems answers to harvesters (OAI-PMH)", BESIDE, "works")


def _journal(page: Page) -> str:
    """The address of an OJS journal's front page, from a page of it."""
    spots = r"/(?:issue|article|about|announcement|gateway|login|user|search|index|information)\b"
    path = urlsplit(page.url).path
    if found := re.match(r"(.*?/index\.php/[\w-]+)", path):
        return _root(page, found[1])
    for node in page.tree.css("a[href*='/issue/']")[:5]:
        link = absolute(page.base, node.attributes.get("href") or "")
        if is_web(link) and host(link) == host(page.url):
            return _root(page, re.split(r"/issue\b", urlsplit(link).path)[0])
    return _root(page, re.split(spots, path)[0].rstrip("/"))


def _repositories(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    oai = "it answers to harvesters (OAI-PMH)"
    if "eprints" in page.generator:
        yield Lead(_root(page, "/cgi/latest_tool?output=Atom"), "EPrints has a feed of what came last", NAMED - 6)
        yield Lead(_root(page, "/cgi/oai2"), oai, BESIDE, "works")
    if "dspace" in page.generator:
        yield Lead(_root(page, "/server/oai/request"), oai, NAMED - 6, "works")
        yield Lead(_root(page, "/oai/request"), oai, BESIDE, "works")
    if re.search(r"janeway", signs):
        yield Lead(_root(page, "/api/oai/"), oai, BESIDE, "works")


# What names a learning platform in a page, how its list is asked for, and its format.
_PLATFORMS: tuple[tuple[str, str, str, str], ...] = (
    ("Open edX", r"open ?edx|openedx|[/=]course-v1:|edx-platform", "/api/courses/v1/courses/", "openedx"),
    ("Richie", r"/richie/|richie-react|richie_frontend", "/api/v1.0/courses/", "richie"),
    ("MOOCHub", r"xikolo|moochub|openhpi", "/bridges/moochub/courses", "moochub"),
    ("Canvas", r"instructure|canvas_session|/dist/brandable_css/", "/api/v1/search/all_courses", "canvas"),
)


def _courses(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    nodes = page.tree.css("a[href], img[src], [class*=richie]")[:2_000]
    said = f"{signs} {' '.join(value or '' for node in nodes for value in node.attributes.values()).lower()}"
    for program, sign, path, form in _PLATFORMS:
        if re.search(sign, said):
            why = f"{program} lists its courses for programs"
            yield Lead(_root(page, path), why, LISTING, "courses", {"format": form})
    if re.search(r"\bmoodle\b|/theme/(?:styles|yui_combo|image)\.php", signs) or "m.cfg = {" in page.text.lower():
        yield from _moodle(page)


def _moodle(page: Page) -> Iterator[Lead]:
    here = urlsplit(page.url)
    if re.search(r"/course/(?:index|search)\.php$", here.path):
        return  # the page itself is the list
    base = next(iter(re.findall(r'"wwwroot"\s*:\s*"([^"]{1,300})"', page.text)), "").replace("\\/", "/")
    base = (
        base if is_web(base) else re.split(r"/(?:course|login|mod|my|user|enrol)/", page.url.partition("?")[0])[0]
    )
    options: Mapping[str, Any] = {"format": "moodle_html"}
    url = f"{base.rstrip('/')}/course/index.php"
    yield Lead(url, "Moodle lists its courses there", LISTING, "courses", options)


def _pretalx(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    if "pretalx" not in signs and "pretalx" not in page.text[-20_000:].lower():
        return
    if found := re.match(r"(/(?!api/|orga/|static/|media/)[\w-]+)(?:/|$)", urlsplit(page.url).path):
        yield _events(_root(page, f"{found[1]}/schedule.json"), "pretalx", "pretalx")


def _indico_page(page: Page, signs: str, header: str) -> Iterator[Lead]:  # noqa: ARG001
    if re.search(r"\bindico\b", signs) and urlsplit(page.url).path in ("", "/"):
        yield _events(_root(page, "/export/categ/0.json"), "Indico", "indico")


def usual_places(url: str) -> list[Lead]:
    """The addresses at which feeds mostly are, for a site that names none: below the page, then below its root."""
    parts = urlsplit(url)
    folder = parts.path if parts.path.endswith("/") else f"{parts.path}/"
    if re.search(r"\.\w{2,5}/$", folder):  # a file
        folder = folder.rstrip("/").rpartition("/")[0] + "/"
    places = [f"{folder}feed/", f"{folder}rss.xml", f"{folder}atom.xml", f"{folder}index.xml"]
    if folder != "/":
        places = [*places[:2], "/feed/", "/rss.xml", *places[2:3], "/atom.xml", "/index.xml"]
    places += ["/feed.xml", "/rss/", "/feed.json"]
    return [
        Lead(_at(parts, quote(path, safe="/%@:+~,;=&!$'()*")), "feeds often are there", GUESS - number / 10)
        for number, path in enumerate(dict.fromkeys(places))
    ]


def sent_on(page: Page) -> list[Lead]:
    """Where a page that is none sends its readers: `<meta http-equiv=refresh>`, and the frames of old sites."""
    found = []
    for node in page.tree.css('meta[http-equiv="refresh" i][content]')[:2]:
        if to := _REFRESH.search(node.attributes.get("content") or ""):
            found.append(absolute(page.base, to[1].strip()))
    found += [absolute(page.base, node.attributes.get("src") or "") for node in page.tree.css("frame[src]")[:2]]
    return [Lead(url, "the page sends its readers there", LISTING) for url in found if is_web(url)]


def in_json(text: str, url: str) -> list[Lead]:
    """The leads in JSON that is no source: the index of a WordPress interface, and Apple's answer on a podcast."""
    try:
        said = inside(json_of(text))
    except SourceError:
        return []
    found = [
        Lead(answers.address(url, one.get("feedUrl")), "the podcast's own feed", NAMED)
        for one in rows(said.get("results"))[:3]
    ]
    names = said.get("namespaces")
    if isinstance(names, list) and (home := answers.address(url, said.get("home"))):
        base = url.partition("?")[0].rstrip("/")
        found += [Lead(f"{home.rstrip('/')}/feed/", "WordPress puts its feed there", NAMED)]
        found += [Lead(f"{base}/wp/v2/posts", "WordPress gives its posts to programs", BESIDE, "page")] * (
            "wp/v2" in names
        )
        if "tribe/events/v1" in names:
            found.append(_events(f"{base}/tribe/events/v1/events", "The Events Calendar", "tec", CALENDAR - 8))
    return [lead for lead in found if is_web(lead.url)]


_BY_ADDRESS: tuple[Callable[[SplitResult], Iterator[Lead]], ...] = (
    _youtube, _fediverse, _hosts, _listserv, _lists, _harvested, _indico,
)  # fmt: skip
_BY_PAGE: tuple[Callable[[Page, str, str], Iterator[Lead]], ...] = (
    _wordpress, _youtube_page, _discourse, _ojs, _repositories, _courses, _pretalx, _indico_page,
)  # fmt: skip
