"""Feeds of platforms, with what each does differently (formats 10, 20 to 25 and 27 to 30).

A place is kept for 26, mbox archives, which are of kind `mail`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from xml.sax.saxutils import escape

from journeys.conftest import MONDAY
from journeys.listings import Listing
from journeys.listings import page as json_page
from journeys.press import Asked, Page

NOT_A_FEED = "not-a-feed"
_SUBJECTS = ("apprentices", "budgets", "circulation", "digitising", "exhibitions", "fundraising")
_SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
)


def day(number: int) -> datetime:
    """The moment so many days before the first visit."""
    return MONDAY - timedelta(days=number)


def rss(*items: str, link: str = "https://x.example/", title: str = "A list") -> Page:
    head = f"<title>{title}</title><link>{link}</link>"
    text = f'<?xml version="1.0"?><rss version="2.0" {_SPACES}><channel>{head}{"".join(items)}</channel></rss>'
    return Page(text.encode(), headers={"Content-Type": "application/rss+xml"})


def atom(*entries: str) -> Page:
    head = "<title>A list</title><id>urn:x</id><updated>2026-11-23T08:00:00Z</updated>"
    text = (
        f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" {_SPACES}>{head}{"".join(entries)}</feed>'
    )
    return Page(text.encode(), headers={"Content-Type": "application/atom+xml"})


def item(title: str, link: str, when: datetime, more: str = "", guid: str = "") -> str:
    named = f"<title>{escape(title)}</title>" if title else ""
    return (
        f"<item>{named}<link>{escape(link)}</link><guid isPermaLink='false'>{escape(guid or link)}</guid>"
        f"<pubDate>{format_datetime(when)}</pubDate>{more}</item>"
    )


def by_title(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["title"]: row for row in rows}


# --------------------------------------------------------------------------------------- 10: articles on courses
def class_central(asked: Asked, visit: int) -> Page:
    more = "<dc:creator>Staff</dc:creator><category>Best Courses</category><description>We looked.</description>"
    return rss(*(
        item(f"Class Central: {n + 4} free courses on {_SUBJECTS[n]} compared", f"https://cc.example/report/{n}/", day(n),
             more, f"https://cc.example/report/?p=9000{n}")
        for n in range(4)
    ))  # fmt: skip


def openlearn(asked: Asked, visit: int) -> Page:
    return rss(*(
        item(f"OpenLearn unit {n}: {_SUBJECTS[n]} at your own pace", f"https://ol.example/{n}", day(n),
             "<description>Ten hours of study.</description>")
        for n in range(3)
    ))  # fmt: skip


# -------------------------------------------------------------------------------------- 20, 21: journals, channels
def ojs(asked: Asked, visit: int) -> Page:
    """All articles of an issue carry one date; later the links lead to the galleys, and the ids go with them."""
    galley = "/77" if visit > 1 else ""
    return atom(*(
        f"<entry><id>https://ojs.example/index.php/lib/article/view/{40 + n}{galley}</id>"
        f"<title>{'Editorial' if n == 0 else f'OJS article on {_SUBJECTS[n]}'}</title><updated>2026-11-20T00:00:00Z</updated>"
        f"<published>2026-11-20T00:00:00Z</published><author><name>E. Writer</name></author>"
        f'<link rel="alternate" href="https://ojs.example/index.php/lib/article/view/{40 + n}{galley}"/>'
        "<summary type='html'>&lt;p&gt;An abstract.&lt;/p&gt;</summary></entry>"
        for n in range(4)
    ))  # fmt: skip


def youtube(asked: Asked, visit: int) -> Page:
    """`updated` moves with every view that is counted."""
    return atom(*(
        f"<entry><id>yt:video:AbCdEfGhI{n}</id><yt:videoId>AbCdEfGhI{n}</yt:videoId>"
        f"<title>Recorded webinar {n}: {_SUBJECTS[n]} circles</title>"
        f'<link rel="alternate" href="https://www.youtube.com/watch?v=AbCdEfGhI{n}"/>'
        f"<published>{day(n + 2).isoformat()}</published>"
        f"<updated>{(MONDAY + timedelta(days=visit - 2)).isoformat()}</updated>"
        f"<media:group><media:description>Recording {n}.</media:description><media:community>"
        f'<media:statistics views="{100 * visit + n}"/></media:community></media:group></entry>'
        for n in range(3)
    ))  # fmt: skip


def _youtube_holds(rows: list[dict[str, Any]]) -> None:
    assert {row["kind"] for row in rows} == {"video"}
    assert rows[0]["published_at"] == int(day(2).timestamp())


# -------------------------------------------------------------------------------------------- 22, 28, 29: networks
def mastodon(asked: Asked, visit: int) -> Page:
    texts = ("CFP closes Friday for our meeting on budgets.", "New reading list: circulation without fines.")
    return rss(*(
        item("", f"https://social.example.org/@lib/1156{n}", day(n),
             f"<description>{escape(f'<p>{text} <a href=%shttps://social.example.org/tags/x%s>#x</a></p>' % (chr(34), chr(34)))}"
             "</description><category>x</category>")
        for n, text in enumerate(texts)
    ), link="https://social.example.org/@lib")  # fmt: skip


def reddit(asked: Asked, visit: int) -> Page:
    return atom(*(
        f"<entry><id>t3_{n}abc</id><title>Reddit asks {n}: how do you teach {_SUBJECTS[n]}?</title>"
        f'<link href="https://www.reddit.com/r/Libraries/comments/{n}abc/x/"/><updated>{day(n).isoformat()}</updated>'
        f"<published>{day(n).isoformat()}</published><author><name>/u/someone</name></author>"
        "<content type='html'>&lt;p&gt;Question.&lt;/p&gt;</content></entry>"
        for n in range(3)
    ))  # fmt: skip


def bluesky(asked: Asked, visit: int) -> Page:
    """Every title is the same, dates are not RFC 822's, the identifier is an `at://` address."""
    texts = ("New date for the metadata webinar: 9 December.", "We are hiring a cataloguer of maps in Split.")
    rows = "".join(
        f"<item><title>@libassoc.example post</title><link>https://bsky.app/profile/libassoc.example/post/3k{n}</link>"
        f"<description>{text}</description><pubDate>{day(n):%Y-%m-%dT%H:%M:%S}.000Z</pubDate>"
        f"<guid>at://did:plc:abc/app.bsky.feed.post/3k{n}</guid></item>"
        for n, text in enumerate(texts)
    )
    return rss(rows, title="@libassoc.example - Example Library Association")


def _bluesky_holds(rows: list[dict[str, Any]]) -> None:
    assert {row["title"] for row in rows} == {
        "New date for the metadata webinar: 9 December.", "We are hiring a cataloguer of maps in Split."
    }  # fmt: skip
    assert [row["published_at"] for row in rows] == [int(day(0).timestamp()), int(day(1).timestamp())]


# ------------------------------------------------------------------------------------------- 23 to 27: conversations
def listserv(asked: Asked, visit: int) -> Page:
    return rss(*(
        item(f"{'Re: ' * (n % 2)}LISTSERV query {n} on {_SUBJECTS[n]} after chartership",
             f"https://lists.example.ac.uk/cgi-bin/wa?A2=LIS-EXAMPLE;1a2b{n}.2611", day(n),
             f"<description>Dear all, booking is open.</description><author>jane.roe{n}@example.ac.uk (Jane Roe)</author>")
        for n in range(3)
    ))  # fmt: skip


def _no_addresses(rows: list[dict[str, Any]]) -> None:
    assert {row["author"] for row in rows} == {"Jane Roe"}
    assert "@example.ac.uk" not in str(rows)


def hyperkitty(asked: Asked, visit: int) -> Page:
    return rss(*(
        item(f"[lib] Hyperkitty thread {n}: {_SUBJECTS[n]} again", f"https://mail.example.org/list/lib/message/{n}/", day(n),
             f"<description>Hello</description><author>jane{n}@example.ac.uk (Jane Roe)</author>")
        for n in range(3)
    ))  # fmt: skip


def sympa(asked: Asked, visit: int) -> Page:
    assert asked.query == {"count": "20", "for": "10"}
    return rss(*(
        item(f"Sympa message {n} sur {_SUBJECTS[n]} en bibliothèque", f"https://sympa.example/arc/lib/2026-11/msg{n}.html", day(n))
        for n in range(3)
    ))  # fmt: skip


def discourse(asked: Asked, visit: int) -> Page:
    """A pinned topic of years ago comes first; when somebody answers, nothing is new."""
    pinned = item("Discourse: read this before you post anything", "https://forum.example/t/rules/1", day(900),
                  "<description>Rules.</description>", "forum.example-topic-1")  # fmt: skip
    topics = (
        item(f"Discourse topic {n}: which platform accepts invoices for {_SUBJECTS[n]}?", f"https://forum.example/t/x/{n + 800}", day(n),
             f"<description>{escape(f'<p>{visit * 7} posts - 3 participants</p>')}</description>",
             f"forum.example-topic-{n + 800}")
        for n in range(2)
    )  # fmt: skip
    return rss(pinned, *topics)


def _discourse_holds(rows: list[dict[str, Any]]) -> None:
    fresh = {title.split(":")[0]: row["fresh"] for title, row in by_title(rows).items()}
    assert fresh == {"Discourse": 0, "Discourse topic 0": 1, "Discourse topic 1": 1}


def discourse_json(asked: Asked, visit: int) -> Page:
    """Pinned first; ten years of topics, of which the curator reads two pages more than the first."""
    at = int(asked.query.get("page", 0))
    topics = [
        {"id": 812 + n, "title": f"JSON topic {n}: who lends {_SUBJECTS[n]} to schools?", "slug": f"topic-{n}",
         "created_at": f"{day(900 if n == 0 else n):%Y-%m-%dT%H:%M:%S}.000Z", "pinned": n == 0, "tags": ["mooc"],
         "last_posted_at": f"{MONDAY + timedelta(days=visit):%Y-%m-%dT%H:%M:%S}.000Z", "posts_count": 7 + visit,
         "archetype": "private_message" if n == 5 else "regular"}
        for n in range(6)
    ]  # fmt: skip
    more = {"more_topics_url": f"/latest?no_definitions=true&page={at + 1}"} if at < 2 else {}
    return json_page({"topic_list": {**more, "topics": topics[2 * at : 2 * at + 2]}})


def _discourse_json_holds(rows: list[dict[str, Any]]) -> None:
    assert [row["fresh"] for row in rows] == [0, 1, 1, 1, 1]  # pinned is not new
    assert rows[1]["url"].endswith("/t/topic-1/813")


def mastodon_json(asked: Asked, visit: int) -> Page:
    posts = [
        {"id": str(200 - n), "created_at": f"{day(n):%Y-%m-%dT%H:%M:%S}.000Z", "visibility": "private" if n == 1 else "public",
         "url": f"https://social.example.org/@lib/{200 - n}", "spoiler_text": "long, on weeding" if n == 2 else "",
         "content": f"<p>Worth an evening: {_SUBJECTS[n]} told by those who were there.</p>", "language": "en",
         "account": {"acct": "lib", "display_name": "Lib", "noindex": n == 3}, "tags": [{"name": "libcon"}],
         "reblog": {"id": "1"} if n == 4 else None,
         "card": {"url": "https://talks.example.org/stories", "title": "Stories"} if n == 0 else None}
        for n in range(6)
    ]  # fmt: skip
    older = f'<https://{asked.headers["host"]}{asked.place}?max_id=197>; rel="next"'
    return json_page(
        posts[3:] if "max_id" in asked.query else posts[:3], Link="" if "max_id" in asked.query else older
    )


def _mastodon_json_holds(rows: list[dict[str, Any]]) -> None:
    assert rows[0]["url"] == "https://talks.example.org/stories"  # the item is what it links to
    assert rows[1]["title"] == "long, on weeding"
    assert "evening" not in rows[1]["text"]  # what is behind a content warning stays there


# ---------------------------------------------------------------------------------------------------- 30: podcasts
def podcast(asked: Asked, visit: int) -> Page:
    """The whole run; the address of the file gets another prefix for counting on each visit."""
    return rss(*(
        item(f"Podcast episode {40 + n}: informal talk on {_SUBJECTS[n]}", "", day(30 * n),
             f'<enclosure url="https://count{visit}.example/cdn/{n}.mp3" length="31457280" type="audio/mpeg"/>'
             f"<itunes:duration>00:3{n}:45</itunes:duration><description>Episode notes {n}.</description>", f"ep-00{n}")
        for n in range(4)
    ))  # fmt: skip


def _podcast_holds(rows: list[dict[str, Any]]) -> None:
    assert {row["kind"] for row in rows} == {"podcast"}
    assert [row["fresh"] for row in rows] == [1, 0, 0, 0]  # the run of years is no news
    assert [row["occasion"]["effort"] for row in rows] == ["31 min", "32 min", "33 min", "34 min"]


def _feed(key: str, path: str, serve: Any, count: int, **more: Any) -> Listing:
    empty = atom() if serve in (ojs, youtube, reddit) else rss()
    return Listing(key, "feed", path, serve, count, empty, NOT_A_FEED, **more)


LISTINGS = (
    _feed("class-central", "/report/feed/", class_central, 4),
    _feed("openlearn", "/openlearn/rss.xml", openlearn, 3),
    _feed("ojs", "/index.php/lib/gateway/plugin/WebFeedGatewayPlugin/atom", ojs, 4),
    _feed("youtube", "/feeds/videos.xml?channel_id=UCexample", youtube, 3, holds=_youtube_holds),
    _feed("mastodon", "/@lib.rss", mastodon, 2,
          holds=lambda rows: [row["title"].index("closes Friday") for row in rows[:1]]),
    _feed("listserv", "/cgi-bin/wa?RSS&L=LIS-EXAMPLE&v=2.0&LIMIT=100", listserv, 3, holds=_no_addresses),
    _feed("hyperkitty", "/hyperkitty/list/lib@example.org/feed/", hyperkitty, 3, holds=_no_addresses),
    _feed("sympa", "/sympa/rss/latest_arc/lib?count=20&for=10", sympa, 3),
    _feed("discourse", "/latest.rss", discourse, 3, holds=_discourse_holds),
    Listing("discourse-json", "feed", "/latest.json", discourse_json, 5, json_page({"topic_list": {"topics": []}}),
            NOT_A_FEED, options={"pages": 3}, holds=_discourse_json_holds),
    Listing("mastodon-json", "feed", "/api/v1/timelines/tag/libcon?limit=40", mastodon_json, 3, json_page([]),
            NOT_A_FEED, options={"pages": 2}, holds=_mastodon_json_holds),
    _feed("reddit", "/r/Libraries/.rss", reddit, 3),
    _feed("bluesky", "/profile/did:plc:abc/rss", bluesky, 2, holds=_bluesky_holds),
    _feed("podcast", "/feed.xml", podcast, 4, holds=_podcast_holds),
)  # fmt: skip
