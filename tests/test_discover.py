"""Discovery: from any address the best source behind it. Pure: a site is a dict of what its addresses answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Answer
from aggregator.read import asked, read
from aggregator.read.discover import REQUESTS, Candidate, Search
from aggregator.read.discover_advice import advice, issn_of, obstacle
from aggregator.read.discover_links import announced, calendar_of, web_address
from aggregator.read.discover_list import selectors
from aggregator.read.discover_platforms import by_address
from aggregator.read.structured import parsed

DATA = Path(__file__).parent / "data" / "discover"
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LONG = "A whole text about libraries and what happens in them, told to its end. " * 12
PAGE = "<!DOCTYPE html><html><head><title>A page</title>{}</head><body>{}</body></html>"


def page(name: str) -> str:
    return (DATA / name).read_text(encoding="utf-8")


def rss(title: str = "News", path: str = "https://site.example.org/post", text: str = LONG, count: int = 3) -> str:
    items = "".join(
        f"<item><title>Post number {n}</title><link>{path}/{n}</link><guid>{path}/{n}</guid>"
        f"<pubDate>{20 - n} Nov 2026 10:00:00 GMT</pubDate><description>{text}</description></item>"
        for n in range(count)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'


COMMENTS = rss("Comments for News").replace("</link>", "#comment-7</link>")
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Our events\r\nBEGIN:VEVENT\r\nUID:1@x\r\nDTSTART:20270211T140000Z\r\n"
    "SUMMARY:A reading\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@dataclass
class Site:
    """What each address answers; all else is 404. `asked` in order."""

    answers: Mapping[str, str | bytes]
    links: str = ""
    moved: Mapping[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def search(self, address: str) -> Search:
        search = Search(address, NOW)
        while leads := search.next_round():
            for lead in leads:
                search.take(lead, self.answer(asked_for(lead)), read)
        return search

    def answer(self, url: str) -> Answer:
        self.asked.append(url)
        url = self.moved.get(url, url)
        body = self.answers.get(url.partition("?")[0] if url not in self.answers else url)
        if body is None:
            return Answer(url, url, "failed", error="http-404", detail="HTTP 404")
        return Answer(url, url, "body", body=body if isinstance(body, bytes) else body.encode(), links=self.links)


def asked_for(lead: object) -> str:
    from aggregator.model import Source
    from aggregator.read.discover_links import Lead

    assert isinstance(lead, Lead)
    source = Source("new", lead.url, lead.kind or "feed", options=lead.options)
    return asked(source, lead.url, None, NOW).url


def best(site: Site, address: str) -> Candidate:
    return site.search(address).candidates()[0]


# -------------------------------------------------------------------------------------------- what a page names
def test_the_main_feed_wins_over_comments_and_comments_are_not_asked() -> None:
    home = "https://site.example.org/blog/"
    site = Site(
        {home: page("wordpress_home.html"), f"{home}feed/": rss("Shelf Notes"), f"{home}comments/feed/": COMMENTS}
    )
    search = site.search(home)
    [found] = search.candidates()
    assert (found.source.url, found.source.kind, found.source.title) == (f"{home}feed/", "feed", "Shelf Notes")
    assert site.asked == [home, f"{home}feed/"]
    assert [lead.url for lead in search.untried() if "comments" in lead.why] == [f"{home}comments/feed/"]


def test_what_a_page_names_below_itself_is_its_comments_where_it_is_one_post() -> None:
    post = "https://site.example.org/2026/11/neue-lesesaele/"
    site = Site({post: page("wordpress_post_de.html"), "https://site.example.org/feed/": rss()})
    assert best(site, post).source.url == "https://site.example.org/feed/"
    assert f"{post}feed/" not in site.asked


def test_a_category_page_gives_the_feed_of_its_category() -> None:
    here = "https://site.example.org/category/cataloguing/"
    site = Site(
        {here: page("wordpress_category.html"), f"{here}feed/": rss("Cataloguing", "https://site.example.org/c"),
         "https://site.example.org/feed/": rss()}
    )  # fmt: skip
    first, second = site.search(here).candidates()
    assert first.source.url == f"{here}feed/"
    assert second.source.url == "https://site.example.org/feed/"


def test_a_feed_of_comments_is_known_by_its_content_whatever_it_is_called() -> None:
    links = '<link rel=alternate type="application/rss+xml" title="Discussion" href="/a"><link rel=alternate type="application/atom+xml" href="/b">'
    site = Site(
        {"https://site.example.org/": PAGE.format(links, ""), "https://site.example.org/a": COMMENTS,
         "https://site.example.org/b": rss()}
    )  # fmt: skip
    assert best(site, "https://site.example.org/").source.url == "https://site.example.org/b"


def test_full_texts_win_over_beginnings_and_the_reasons_say_so() -> None:
    links = '<link rel=alternate type="application/rss+xml" href="/cut"><link rel=alternate type="application/rss+xml" href="/full">'
    site = Site(
        {"https://site.example.org/": PAGE.format(links, ""), "https://site.example.org/cut": rss(text="It begins [...]"),
         "https://site.example.org/full": rss(path="https://site.example.org/other")}
    )  # fmt: skip
    first, second = site.search("https://site.example.org/").candidates()
    assert (first.source.url[-4:], second.source.url[-3:]) == ("full", "cut")
    assert "full texts" in first.why
    assert "beginnings of texts only" in second.why


def test_rss_and_atom_of_one_blog_are_one_source() -> None:
    links = '<link rel=alternate type="application/rss+xml" href="/1"><link rel=alternate type="application/rss+xml" href="/2">'
    site = Site(
        {
            "https://site.example.org/": PAGE.format(links, ""),
            "https://site.example.org/1": rss(),
            "https://site.example.org/2": rss(),
        }
    )
    assert [one.source.url[-2:] for one in site.search("https://site.example.org/").candidates()] == ["/1"]


def test_the_header_link_is_believed() -> None:
    site = Site(
        {"https://site.example.org/": PAGE.format("", ""), "https://site.example.org/x": rss()},
        links='<https://site.example.org/x>; rel="alternate"; type="application/atom+xml", </y>; rel=next',
    )
    found = best(site, "https://site.example.org/")
    assert found.source.url == "https://site.example.org/x"
    assert "header Link" in found.why[0]
    assert [lead.url for lead in announced("</f>; rel=alternate; type=text/calendar", "https://a.example/")] == [
        "https://a.example/f"
    ]


def test_links_for_people_are_followed_where_none_are_named() -> None:
    body = '<a href="/services">Services</a> <a href="https://other.example/feed/">A friend</a> <a href="/news.rss">RSS</a>'
    site = Site(
        {
            "https://site.example.org/": PAGE.format("", body),
            "https://site.example.org/news.rss": rss(),
            "https://other.example/feed/": rss("Friend", "https://other.example"),
        }
    )
    assert best(site, "https://site.example.org/").source.url == "https://site.example.org/news.rss"


def test_a_page_of_news_is_looked_into() -> None:
    home, news = "https://site.example.org/", "https://site.example.org/aktuelles/"
    named = '<link rel=alternate type="application/rss+xml" href="/aktuelles/rss">'
    site = Site(
        {
            home: PAGE.format("", '<a href="/aktuelles/">Aktuelles</a>'),
            news: PAGE.format(named, ""),
            f"{news}rss": rss(),
        }
    )
    assert best(site, home).source.url == f"{news}rss"


def test_usual_places_are_tried_where_nothing_is_named() -> None:
    site = Site({"https://site.example.org/": PAGE.format("", ""), "https://site.example.org/index.xml": rss()})
    found = best(site, "https://site.example.org/")
    assert found.source.url == "https://site.example.org/index.xml"
    assert found.why[0] == "feeds often are there"


def test_a_page_that_sends_its_readers_on_is_followed() -> None:
    named = '<link rel=alternate type="application/rss+xml" href="/f">'
    site = Site(
        {
            "https://site.example.org/": PAGE.format('<meta http-equiv="Refresh" content="0; URL=/en/">', ""),
            "https://site.example.org/en/": PAGE.format(named, ""),
            "https://site.example.org/f": rss(),
        }
    )
    assert best(site, "https://site.example.org/").source.url == "https://site.example.org/f"


def test_a_site_that_says_200_to_everything_is_no_feed() -> None:
    class Anything(dict[str, str]):
        def get(self, key: str, default: object = None) -> str:
            return PAGE.format("", "Page not found")

    site = Site(Anything())
    search = site.search("https://site.example.org/")
    assert search.candidates() == []
    assert len(site.asked) <= REQUESTS


# ---------------------------------------------------------------------------------------------- what it is itself
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rss(), "feed"),
        (ICS, "calendar"),
        ('{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","url":"https://a.example/1","title":"T"}]}', "feed"),
        ('{"pagination":{"next":null,"count":1},"results":[{"id":"course-v1:A+B+C","course_id":"course-v1:A+B+C","name":"A course","blocks_url":"x","start":"2027-02-01T08:00:00Z","start_type":"timestamp"}]}', "courses"),
        ('{"count":1,"_type":"HTTPAPIResult","complete":true,"results":[{"_type":"Conference","id":"2","title":"A workshop","startDate":{"date":"2027-06-16","time":"09:00:00","tz":"Europe/Zurich"},"url":"https://i.example/event/2/"}]}', "events"),
        ('[{"id":8,"date_gmt":"2026-11-18T08:05:00","link":"https://b.example/1","title":{"rendered":"A post"},"content":{"rendered":"x"}}]', "page"),
        ('<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords><record><header><identifier>oai:x:1</identifier><datestamp>2026-11-19</datestamp></header><metadata><oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>T</dc:title><dc:identifier>https://x.example/1</dc:identifier></oai_dc:dc></metadata></record></ListRecords></OAI-PMH>', "works"),
    ],
)  # fmt: skip
def test_what_is_a_source_already_is_taken_as_it_is(body: str, kind: str) -> None:
    site = Site({"https://site.example.org/it": body})
    found = best(site, "https://site.example.org/it")
    assert (found.source.kind, found.source.url) == (kind, "https://site.example.org/it")
    assert site.asked == ["https://site.example.org/it"]


def test_of_comments_pasted_by_mistake_the_main_feed_is_found() -> None:
    here = "https://site.example.org/comments/feed/"
    named = '<link rel=alternate type="application/rss+xml" href="/feed/">'
    site = Site(
        {
            here: COMMENTS,
            "https://site.example.org/": PAGE.format(named, ""),
            "https://site.example.org/feed/": rss(),
        }
    )
    assert best(site, here).source.url == "https://site.example.org/feed/"


# -------------------------------------------------------------------------------------------------- known programs
@pytest.mark.parametrize(
    ("name", "here", "there", "kind", "body"),
    [
        ("wordpress_bare.html", "https://biblioteca.example.org/sezione/", "https://biblioteca.example.org/sezione/feed/", "feed", rss()),
        ("ojs_journal.html", "https://journals.example.org/index.php/jils", "https://journals.example.org/index.php/jils/gateway/plugin/WebFeedGatewayPlugin/atom", "feed", rss()),
        ("youtube_channel.html", "https://video.example.org/@webinars", "https://video.example.org/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv", "feed", rss()),
        ("mastodon_profile.html", "https://social.example.org/@desk", "https://social.example.org/@desk.rss", "feed", rss()),
        ("discourse_home.html", "https://x.example.org/forum/", "https://x.example.org/forum/latest.rss", "feed", rss()),
        ("calendar_page.html", "https://library.example.org/whats-on", "https://library.example.org/events.ics", "calendar", ICS),
        ("moodle_home.html", "https://corsi.example.org/moodle/", "https://corsi.example.org/moodle/course/index.php", "courses", page("moodle_courses.html")),
    ],
)  # fmt: skip
def test_known_programs_have_their_feeds_in_known_places(
    name: str, here: str, there: str, kind: str, body: str
) -> None:
    site = Site({here: page(name), there: body})
    found = best(site, here)
    assert (found.source.url, found.source.kind) == (there, kind)
    assert len(site.asked) <= 4


OPENEDX = '{"pagination":{"count":1},"results":[{"id":"course-v1:A+B+C","course_id":"course-v1:A+B+C","name":"N","blocks_url":"x"}]}'
RICHIE = '{"meta":{"count":1,"offset":0,"total_count":1},"objects":[{"id":"1","code":"9","title":"Science ouverte","absolute_url":"/fr/1/","state":{"priority":0}}],"filters":{}}'
MOOCHUB = '{"links":{},"data":[{"type":"Course","id":"6f","attributes":{"name":"Offene Daten","url":"https://m.example/1"}}]}'
CANVAS = '[{"course":{"id":311,"name":"Library instruction online","course_code":"LIO","start_at":"2027-01-11T05:00:00Z"}}]'


@pytest.mark.parametrize(
    ("sign", "path", "body", "form"),
    [
        ('<meta name="openedx-release-line" content="teak">', "/api/courses/v1/courses/", OPENEDX, "openedx"),
        ('<link rel=stylesheet href="/static/richie/css/main.css">', "/api/v1.0/courses/", RICHIE, "richie"),
        ('<link rel=stylesheet href="/assets/xikolo-1.css">', "/bridges/moochub/courses", MOOCHUB, "moochub"),
        ('<script src="https://du.instructure.example/dist/brandable_css/x.js"></script>', "/api/v1/search/all_courses", CANVAS, "canvas"),
    ],
)  # fmt: skip
def test_learning_platforms_give_their_lists(sign: str, path: str, body: str, form: str) -> None:
    named = '<link rel=alternate type="application/rss+xml" href="/blog.rss">'
    home = "https://learn.example.org/"
    site = Site(
        {home: PAGE.format(sign + named, ""), f"https://learn.example.org{path}": body, f"{home}blog.rss": rss()}
    )
    found = best(site, home)
    assert (found.source.kind, found.source.options) == ("courses", {"format": form})
    assert found.source.url == f"https://learn.example.org{path}"


def test_the_moodle_list_itself_is_read_as_it_is() -> None:
    here = "https://corsi.example.org/moodle/course/index.php?categoryid=3"
    found = best(Site({here: page("moodle_courses.html")}), here)
    assert (found.source.kind, found.source.url, len(found.reading.entries)) == ("courses", here, 2)


def test_on_a_page_of_events_the_events_win_over_the_blog() -> None:
    here, rest = "https://assoc.example.org/events/", "https://assoc.example.org/wp-json/tribe/events/v1/events"
    tec = '{"events":[{"id":5,"url":"https://assoc.example.org/event/c/","title":"Clinic","start_date":"2027-02-11 14:30:00","timezone":"Europe/London"}],"rest_url":"x","total":1,"total_pages":1}'
    site = Site(
        {here: page("tec_events.html"), "https://assoc.example.org/feed/": rss(), f"{here}?ical=1": ICS, rest: tec}
    )
    first, second, *_ = site.search(here).candidates()
    assert (first.source.kind, first.source.options) == ("events", {"format": "tec"})
    assert second.source.kind == "calendar"


def test_indico_is_asked_by_its_export() -> None:
    here, export = "https://indico.example.org/category/77/", "https://indico.example.org/export/categ/77.json"
    answer = '{"count":1,"_type":"HTTPAPIResult","complete":true,"results":[{"_type":"Conference","id":"2","title":"W","startDate":{"date":"2027-06-16","time":"09:00:00","tz":"Europe/Zurich"},"url":"https://i.example/event/2/"}]}'
    site = Site(
        {
            here: PAGE.format(
                '<link rel=alternate type="application/atom+xml" href="/category/77/events.atom">', ""
            ),
            export: answer,
            "https://indico.example.org/category/77/events.atom": rss(),
        }
    )
    found = best(site, here)
    assert (found.source.kind, found.source.url) == ("events", export)


def test_a_page_that_describes_courses_is_their_source_and_the_news_feed_comes_after() -> None:
    here = "https://academy.example.org/courses"
    site = Site({here: page("courses_jsonld.html"), "https://academy.example.org/news.rss": rss()})
    first, second = site.search(here).candidates()
    assert (first.source.kind, first.source.url) == ("courses", here)
    assert first.why[0] == "the page describes 2 courses for programs (schema.org)"
    assert second.source.kind == "feed"


def test_where_the_feed_is_off_ojs_is_harvested_and_wordpress_asked_by_its_interface() -> None:
    here, oai = "https://journals.example.org/index.php/jils", "https://journals.example.org/index.php/jils/oai"
    record = "<OAI-PMH><ListRecords><record><header><identifier>oai:x:1</identifier></header><metadata><dc><title>T</title><identifier>https://x.example/1</identifier></dc></metadata></record></ListRecords></OAI-PMH>"
    site = Site({here: page("ojs_journal.html"), oai: record})
    assert (best(site, here).source.kind, best(site, here).source.url) == ("works", oai)
    posts = "https://site.example.org/blog/wp-json/wp/v2/posts"
    answer = '[{"id":8,"date_gmt":"2026-11-18T08:05:00","link":"https://b.example/1","title":{"rendered":"A post"},"content":{"rendered":"x"}}]'
    site = Site({"https://site.example.org/blog/": page("wordpress_home.html"), posts: answer})
    assert (
        best(site, "https://site.example.org/blog/").source.kind,
        best(site, "https://site.example.org/blog/").source.url,
    ) == ("page", posts)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://lists.example.org/cgi-bin/wa?A0=LIS-TALK", "https://lists.example.org/cgi-bin/wa?RSS&L=LIS-TALK&v=2.0&LIMIT=100"),
        ("https://lists.example.org/cgi-bin/wa.exe?A2=LIS-TALK;1a2b.2611", "https://lists.example.org/cgi-bin/wa.exe?RSS&L=LIS-TALK&v=2.0&LIMIT=100"),
        ("https://lists.example.org/cgi-bin/wa?A2=ind2611&L=LIS-TALK&P=R1", "https://lists.example.org/cgi-bin/wa?RSS&L=LIS-TALK&v=2.0&LIMIT=100"),
        ("https://www.jiscmail.ac.uk/lists/LIS-LINK.html", "https://www.jiscmail.ac.uk/cgi-bin/wa-jisc.exe?RSS&L=LIS-LINK&v=2.0&LIMIT=100"),
        ("https://mail.example.org/archives/list/talk@example.org/thread/ABC/", "https://mail.example.org/archives/list/talk@example.org/feed/"),
        ("https://listes.example.org/sympa/info/biblio", "https://listes.example.org/sympa/rss/latest_arc/biblio?count=20&for=30"),
        ("https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv/videos", "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"),
        ("https://m.youtube.com/playlist?list=PLabcdefghijkl", "https://www.youtube.com/feeds/videos.xml?playlist_id=PLabcdefghijkl"),
        ("https://social.example.org/@me@other.example.org", "https://other.example.org/@me.rss"),
        ("https://social.example.org/tags/libraries", "https://social.example.org/tags/libraries.rss"),
        ("https://www.reddit.com/r/libraries/", "https://www.reddit.com/r/libraries/.rss"),
        ("https://bsky.app/profile/lib.example.org", "https://bsky.app/profile/lib.example.org/rss"),
        ("https://libcon27.sched.com/", "https://libcon27.sched.com/all.ics"),
        ("https://calendar.google.com/calendar/embed?src=a%40group.calendar.google.com&ctz=Europe/Rome", "https://calendar.google.com/calendar/ical/a%40group.calendar.google.com/public/basic.ics"),
        ("https://indico.example.org/event/20077/overview", "https://indico.example.org/export/event/20077.json"),
        ("https://eprints.example.org/cgi/oai2", "https://eprints.example.org/cgi/oai2"),
        ("https://groups.io/g/libraries/topics", "https://groups.io/g/libraries/rss"),
        ("https://calendar.google.com/calendar/u/0?cid=YUBncm91cC5jYWxlbmRhci5nb29nbGUuY29t", "https://calendar.google.com/calendar/ical/a%40group.calendar.google.com/public/basic.ics"),
        ("https://doaj.org/toc/2049-3630", "https://doaj.org/api/search/articles/issn:2049-3630"),
    ],
)  # fmt: skip
def test_some_addresses_say_all(written: str, meant: str) -> None:
    assert [lead.url for lead in by_address(written)] == [meant]


# --------------------------------------------------------------------------------------------------- lists by guess
def test_a_list_without_a_feed_is_proposed_and_never_taken_for_found() -> None:
    here = "https://library.example.org/notices"
    search = Site({here: page("plain_list.html")}).search(here)
    assert search.candidates() == []
    guess = search.guess(read)
    assert guess is not None
    assert guess.guessed
    assert guess.source.options == {
        "item": "ul.notices > li",
        "link": "a[href]@href",
        "date": "span.date",
        "summary": "p",
    }
    titles = [(entry.title, entry.published_at and entry.published_at.day) for entry in guess.reading.entries]
    assert titles[0] == ("New opening hours from January", 20)
    assert len(titles) == 5


@pytest.mark.parametrize(
    ("body", "item"),
    [
        ("<table id=t>" + "".join(f"<tr><td>{d}.11.2026</td><td><a href='/n/{d}'>The news of day {d}</a></td></tr>" for d in range(13, 20)) + "</table>", "tbody > tr"),
        ("<main>" + "".join(f"<article class='post-1{d} teaser'><header><h3><a href='/n/{d}'>The news of day {d}</a></h3></header><time datetime='2026-11-{d}'>x</time></article>" for d in range(13, 20)) + "</main>", "article.teaser"),
        ("<div id=list>" + "".join(f"<div><p><a href='/n/{d}'>The news of day {d}</a></p></div>" for d in range(13, 20)) + "</div>", "#list > div"),
    ],
)  # fmt: skip
def test_selectors_are_guessed_from_what_repeats(body: str, item: str) -> None:
    options = selectors(parsed(PAGE.format("", body)), "https://a.example/")
    assert options is not None
    assert options["item"] == item


def test_elements_that_nobody_knows_are_no_rows() -> None:
    body = "".join(f"<x:y<z class=a><a href='/n/{n}'>The news of day {n}</a></x:y<z>" for n in range(5))
    selectors(parsed(PAGE.format("", f"<div id=d>{body}</div>")), "https://a.example/")


def test_links_that_are_none_lead_an_ojs_page_nowhere_else() -> None:
    here = "https://journals.example.org/jils"
    generator = '<meta name="generator" content="Open Journal Systems 3.3">'
    body = '<a href="http://[/issue/1">x</a><a href="https://other.example/a/issue/2">y</a><a href="/jils/issue/3">z</a>'
    site = Site({here: PAGE.format(generator, body), f"{here}/gateway/plugin/WebFeedGatewayPlugin/atom": rss()})
    assert best(site, here).source.url == f"{here}/gateway/plugin/WebFeedGatewayPlugin/atom"


def test_menus_are_no_lists() -> None:
    menu = (
        "<nav><ul>"
        + "".join(f"<li><a href='/{n}'>A long entry of the menu {n}</a></li>" for n in range(9))
        + "</ul></nav>"
    )
    assert selectors(parsed(PAGE.format("", menu)), "https://a.example/") is None


def test_a_map_of_the_site_comes_last_and_is_only_proposed() -> None:
    home, there = "https://site.example.org/", "https://site.example.org/sitemap.xml"
    urls = "".join(f"<url><loc>{home}news/{n}</loc><lastmod>2026-11-0{n}</lastmod></url>" for n in (1, 2))
    site = Site({home: PAGE.format("", ""), there: f"<urlset>{urls}</urlset>"})
    [found] = site.search(home).candidates()
    assert (found.source.kind, found.source.url, found.guessed, site.asked[-1]) == ("sitemap", there, True, there)


# ------------------------------------------------------------------------------------------------ nothing found
def test_what_stood_in_the_way_is_said_and_what_to_do() -> None:
    here = "https://journal.example.org/"
    walled = Site({here: page("robot_check.html")}).search(here)
    assert "turns programs away" in obstacle(walled)
    shell = Site({here: page("script_shell.html")}).search(here)
    assert "empty until a browser" in obstacle(shell)
    login = Site({here: PAGE.format("", '<form><input type="password"></form>')}).search(here)
    assert "log in" in obstacle(login)
    opml = Site(
        {here: '<opml version="2.0"><body><outline text="A" xmlUrl="https://a.example/"/></body></opml>'}
    ).search(here)
    assert advice(opml)[0] == "save the file and add what is in it: aggregator sources import FILE"


def test_platforms_that_are_closed_are_asked_once_and_said_to_be_so() -> None:
    site = Site({"https://www.facebook.com/library": page("script_shell.html")})
    search = site.search("https://www.facebook.com/library")
    assert site.asked == ["https://www.facebook.com/library"]
    assert "gives programs nothing" in obstacle(search)
    assert "newsletter" in advice(search)[0]


def test_an_address_with_an_issn_behind_a_wall_is_referred_to_crossref() -> None:
    search = Site({}).search("https://publisher.example.org/journal/20493630")
    assert advice(search)[0].endswith("https://api.crossref.org/journals/2049-3630/works")


def test_a_harvesters_address_is_asked_with_a_verb() -> None:
    here = "https://eprints.example.org/cgi/oai2"
    record = "<OAI-PMH><ListRecords><record><header><identifier>oai:x:1</identifier></header><metadata><dc><title>T</title><identifier>https://x.example/1</identifier></dc></metadata></record></ListRecords></OAI-PMH>"
    asked_with = f"{here}?verb=ListRecords&metadataPrefix=oai_dc&from=2026-08-25"
    site = Site({asked_with: record, here: '<OAI-PMH><error code="badVerb">no</error></OAI-PMH>'})
    found = best(site, here)
    assert (found.source.kind, found.source.url, len(found.reading.entries)) == ("works", here, 1)


@pytest.mark.parametrize(
    "before", ["", "Warning: something in line 3\n", "<!-- made by hand -->\n", "<br />\n<b>Notice</b>: x"]
)
def test_pages_that_begin_anyhow_are_pages(before: str) -> None:
    home = "https://site.example.org/"
    named = '<html><head><link rel=alternate type="application/rss+xml" href="/f"></head>'
    site = Site({home: before + named, f"{home}f": rss()})
    assert best(site, home).source.url == f"{home}f"


def test_a_journal_without_anything_is_referred_to_crossref() -> None:
    here = "https://journal.example.org/"
    search = Site({here: PAGE.format('<meta name="citation_issn" content="2049-3630">', "")}).search(here)
    assert "https://api.crossref.org/journals/2049-3630/works" in advice(search)[0]
    wrong = Site({here: PAGE.format("", "ISSN 2049-3631")}).search(here)
    assert issn_of(wrong) == ""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("example.org", "https://example.org"),
        (" example.org/feed ", "https://example.org/feed"),
        ("webcal://example.org/a.ics", "https://example.org/a.ics"),
        ("feed:https://example.org/a", "https://example.org/a"),
        ("@desk@social.example.org", "https://social.example.org/@desk"),
        ("127.0.0.1:80/a", "https://127.0.0.1:80/a"),
        ("https://example.org/", "https://example.org/"),
        ("nowhere", "nowhere"),
    ],
)
def test_addresses_as_people_write_them(written: str, meant: str) -> None:
    assert web_address(written) == meant


def test_a_host_without_https_is_asked_without_it() -> None:
    class Plain(Site):
        def answer(self, url: str) -> Answer:
            if url.startswith("https:"):
                self.asked.append(url)
                return Answer(url, url, "failed", error="tls")
            return super().answer(url)

    site = Plain({"http://example.org": rss()})
    assert best(site, "example.org").source.url == "http://example.org"


def test_a_host_that_is_not_there_is_asked_once_with_and_once_without_www() -> None:
    class Gone(Site):
        def answer(self, url: str) -> Answer:
            self.asked.append(url)
            return Answer(url, url, "failed", error="dns")

    site = Gone({})
    assert site.search("https://gone.example/blog/").candidates() == []
    assert site.asked == ["https://gone.example/blog/", "https://www.gone.example/blog/"]


def test_of_a_dead_page_the_site_may_still_have_a_feed_but_no_list_is_proposed() -> None:
    front = page("plain_list.html")
    search = Site({"https://site.example.org/": front}).search("https://site.example.org/gone")
    assert (search.candidates(), search.guess(read)) == ([], None)
    assert search.troubles[0][1] == "http-404"
    named = '<link rel=alternate type="application/rss+xml" href="/f">'
    site = Site({"https://site.example.org/": PAGE.format(named, ""), "https://site.example.org/f": rss()})
    assert best(site, "https://site.example.org/gone").source.url == "https://site.example.org/f"


def test_the_rest_of_wordpress_com_is_asked_where_it_is() -> None:
    head = (
        '<link rel="https://api.w.org/" href="https://public-api.wordpress.com/wp/v2/sites/blog.example.org/">'
        '<script src="https://s0.wp.com/wp-content/js/x.js"></script>'
    )
    posts = "https://public-api.wordpress.com/wp/v2/sites/blog.example.org/posts"
    answer = '[{"id":8,"link":"https://b.example/1","title":{"rendered":"A post"},"content":{"rendered":"x"}}]'
    site = Site({"https://blog.example.org/": PAGE.format(head, ""), posts: answer})
    assert best(site, "https://blog.example.org/").source.url == posts
    assert not [url for url in site.asked if "s0.wp.com" in url]


# ------------------------------------------------------------------------------------------------------- hostile
def test_thousands_of_links_cost_a_dozen_requests() -> None:
    links = "".join(f'<link rel=alternate type="application/rss+xml" href="/{n}">' for n in range(5_000))
    anchors = "".join(f'<a href="/f/{n}.rss">RSS {n}</a>' for n in range(9_000))
    site = Site({"https://site.example.org/": PAGE.format(links, anchors)})
    search = site.search("https://site.example.org/")
    assert len(site.asked) == REQUESTS
    assert search.candidates() == []


def test_pages_that_lead_in_a_circle_are_each_looked_at_once() -> None:
    site = Site(
        {
            f"https://site.example.org/{n}": PAGE.format(
                f'<meta http-equiv=refresh content="0;url=/{(n + 1) % 3}">', ""
            )
            for n in range(3)
        }
    )
    site.search("https://site.example.org/0")
    assert len(site.asked) == len(set(site.asked)) <= REQUESTS


def test_pages_without_measure_are_refused_with_a_reason() -> None:
    site = Site({"https://site.example.org/": "<!DOCTYPE html><html><body>" + "<div>" * 5_000})
    assert next(code for _, code, _ in site.search("https://site.example.org/").troubles) == "too-deep"


def test_calendars_of_others_are_no_calendars() -> None:
    assert calendar_of("https://evil.example/calendar/embed?src=a") == ""


TAGS = st.sampled_from(
    ["<a href='/feed/'>RSS", "<link rel=alternate type=application/rss+xml href='", "</a>", "<li>", "<ul class='a b'>", "<div id=x>",
     "<time datetime='2026-11-01'>", "<script type=application/ld+json>{", "<meta http-equiv=refresh content='0;url=", "'>", "<base href='//'>",
     "<table><tr><td>", "</div>", "<li class=n><a href='http://[x'>A title that tells</a></li>", "<iframe src='https://calendar.google.com/calendar/embed?src='>", "http://[::1", "webcal:", "\x00", "%zz"]
)  # fmt: skip


@given(st.lists(TAGS | st.text(max_size=12), max_size=40))
def test_no_page_is_too_broken(pieces: list[str]) -> None:
    text = "<!DOCTYPE html><html><head>" + "".join(pieces)
    site = Site({"https://site.example.org/": text}, links="".join(pieces)[:200])
    search = site.search("https://site.example.org/")
    search.guess(read)
    advice(search)
    search.untried()
    assert len(site.asked) <= REQUESTS


@given(st.binary(max_size=60), st.text(max_size=40))
def test_no_address_and_no_answer_is_too_broken(body: bytes, address: str) -> None:
    site = Site({"https://site.example.org/": body})
    site.search("https://site.example.org/")
    Site({}).search(address)
