"""Adding sources as curators do it: `aggregator sources add ADDRESS` against a web server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import AT, FEEDS, Run, hold, item, runner
from webserver import WebServer, redirect, reply

from aggregator.config import load
from aggregator.model import Source

DATA = Path(__file__).parent.parent / "data" / "discover"
HTML = "text/html; charset=utf-8"
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Our events\r\n"
    + "".join(
        f"BEGIN:VEVENT\r\nUID:{n}@x\r\nDTSTART:202702{n}T140000Z\r\nSUMMARY:A mentoring evening {n}\r\n"
        f"URL:https://x.example/e/{n}\r\nEND:VEVENT\r\n"
        for n in (11, 12)
    )
    + "END:VCALENDAR\r\n"
)
INDICO = {
    "count": 1, "_type": "HTTPAPIResult", "complete": True,
    "results": [{"_type": "Conference", "id": "2", "title": "Workshop on mentoring", "url": "https://i.example/event/2/",
                 "startDate": {"date": "2027-06-16", "time": "09:00:00", "tz": "Europe/Zurich"}}],
}  # fmt: skip


def rss(title: str, *paths: str, host: str = "https://m.example") -> bytes:
    items = "".join(
        f"<item><title>A mentoring programme {path}</title><link>{host}{path}</link><guid>{host}{path}</guid>"
        f"<pubDate>{20 - n} Nov 2026 10:00:00 GMT</pubDate><description>How to mentor new librarians.</description></item>"
        for n, path in enumerate(paths)
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title>{items}</channel></rss>'.encode()
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(capsys, monkeypatch)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("AGGREGATOR_ALLOW_PRIVATE", "127.0.0.1")
    with WebServer() as server:
        yield server


def serve(web: WebServer, path: str, body: str | bytes, kind: str = HTML) -> str:
    """An address with this body; sample pages by their file name, their hosts made ours."""
    content = body if isinstance(body, bytes) else body.encode()
    if isinstance(body, str) and body.endswith(".html"):
        text = (DATA / body).read_text(encoding="utf-8")
        for host in ("journals", "video", "corsi", "library", "assoc", "academy", "biblioteca"):
            text = text.replace(f"https://{host}.example.org", web.url("")).replace(
                f"https:\\/\\/{host}.example.org", web.url("").replace("/", "\\/")
            )
        content = text.replace("webcal://library.example.org", f"webcal://127.0.0.1:{web.port}").encode()
    return web.on(path, reply(200, content, Content_Type=kind))


def sources() -> dict[str, Source]:
    catalogue, problems = load("feeds.yaml", {"KEY": "hush"})
    assert [problem for problem in problems if problem.level == "error"] == []
    return dict(catalogue.sources)


# ---------------------------------------------------------------------------------------------- what people paste
def test_from_a_home_page_its_feed_is_found_tried_and_written(run: Run, web: WebServer) -> None:
    home = serve(web, "/blog/", "wordpress_home.html")
    serve(web, "/blog/feed/", rss("Shelf Notes", "/1", "/2", "/3", "/4"), "application/rss+xml")
    code, out, err = run("sources", "add", home, "--about", "mentoring", "--at", AT)
    assert (code, err) == (0, "")
    assert out.splitlines()[:4] == [
        f"{home}: 1 found, 2 documents asked for",
        f" *1  feed: {home}feed/",
        "      the page names it for programs; 4 entries; the newest of 2026-11-20; beginnings of texts only",
        f"   -  not tried: {home}comments/feed/ (the page names it for programs: comments)",
    ]
    assert "4 entries, 4 with a date, 2026-11-17 to 2026-11-20, one every 24 hours; 4 recent enough" in out
    assert "2026-11-20  post: A mentoring programme /1\n              mentoring" in out
    assert out.splitlines()[-1] == f"added to feeds.yaml as shelf-notes: {home}feed/"
    added = f"  shelf-notes:\n    url: {home}feed/\n    title: Shelf Notes\n    about: [mentoring]\n"
    assert Path("feeds.yaml").read_text() == FEEDS + added
    assert web.paths == ["/blog/", "/blog/feed/"]


def test_a_bare_host_will_do(run: Run, web: WebServer) -> None:
    serve(web, "/", '<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="/f">')
    serve(web, "/f", rss("Short", "/1"))
    assert run("sources", "add", f"127.0.0.1:{web.port}")[0] == 0
    assert sources()["short"].url == web.url("/f")


@pytest.mark.parametrize(
    ("page", "at", "there", "body", "kind", "options"),
    [
        ("wordpress_bare.html", "/sezione/", "/sezione/feed/", rss("N", "/1"), "feed", {}),
        ("ojs_journal.html", "/index.php/jils", "/index.php/jils/gateway/plugin/WebFeedGatewayPlugin/atom", rss("J", "/1"), "feed", {}),
        ("youtube_channel.html", "/@webinars", "/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv", rss("Y", "/1"), "feed", {}),
        ("mastodon_profile.html", "/@desk", "/@desk.rss", rss("M", "/1"), "feed", {}),
        ("discourse_home.html", "/forum/", "/forum/latest.rss", rss("D", "/1"), "feed", {}),
        ("calendar_page.html", "/whats-on", "/events.ics", ICS.encode(), "calendar", {}),
        ("moodle_home.html", "/moodle/", "/moodle/course/index.php", "moodle_courses.html", "courses", {"format": "moodle_html"}),
    ],
)  # fmt: skip
def test_platforms_are_known(
    run: Run, web: WebServer, page: str, at: str, there: str, body: str | bytes, kind: str, options: dict[str, str]
) -> None:
    home = serve(web, at, page)
    serve(web, there, body)
    code, out, err = run("sources", "add", home, "--id", "found", "--at", AT)
    assert (code, err) == (0, "")
    found = sources()["found"]
    assert (found.url, found.kind, found.options) == (web.url(there), kind, options)
    assert "added to feeds.yaml as found" in out


def test_indico_is_added_by_its_export_and_then_collected(run: Run, web: WebServer) -> None:
    home = serve(web, "/category/77/", "<!DOCTYPE html><html><head><title>Indico</title></head></html>")
    query = "?from=today&to=%2B365d&limit=100&onlypublic=yes"
    serve(web, f"/export/categ/77.json{query}", json.dumps(INDICO).encode(), "application/json")
    code, out, err = run("sources", "add", home, "--id", "conference", "--at", AT)
    assert (code, err) == (0, "")
    assert "Dates: 1 with a beginning; 1 not over yet" in out
    assert sources()["conference"].options == {"format": "indico"}
    assert run("collect", "conference", "--at", AT)[0] == 0


def test_a_page_that_describes_its_courses_is_a_source(run: Run, web: WebServer) -> None:
    here = serve(web, "/courses", "courses_jsonld.html")
    code, out, _ = run("sources", "add", here, "--at", AT)
    assert code == 0
    assert "the page describes 2 courses for programs (schema.org)" in out
    assert "starts 2027-02-01  course: Linked data for cataloguers" in out
    assert sources()["courses-of-the-example-academy"].kind == "courses"


def test_another_one_can_be_taken_by_number_or_kind(run: Run, web: WebServer) -> None:
    here = serve(web, "/courses", "courses_jsonld.html")
    serve(web, "/news.rss", rss("Academy news", "/1"))
    out = run("sources", "add", here, "--dry-run")[1]
    assert "To take another one, add --pick and its number." in out
    assert run("sources", "add", here, "--pick", "2")[0] == 0
    assert sources()["academy-news"].url == web.url("/news.rss")
    code, _, err = run("sources", "add", here, "--pick", "7")
    assert (code, "there is no number 7" in err) == (78, True)
    assert run("sources", "add", here, "--kind", "courses", "--id", "list")[0] == 0
    assert sources()["list"].url == here


def test_a_list_without_a_feed_is_proposed_and_only_added_when_asked_for(run: Run, web: WebServer) -> None:
    here = serve(web, "/notices", "plain_list.html")
    code, out, err = run("sources", "add", here, "--at", AT)
    assert code == 1
    assert "item: ul.notices > li" in out
    assert "2026-11-20  New opening hours from January" in out
    assert err.startswith(
        "not added: only a list without a feed was found; how to read it is a guess\n  → look at"
    )
    assert Path("feeds.yaml").read_text() == FEEDS
    assert run("sources", "add", here, "--pick", "1", "--at", AT)[0] == 0
    found = sources()["notices-of-the-example-library"]
    assert (found.kind, found.options["item"], found.options["date"]) == ("page", "ul.notices > li", "span.date")
    code, _, _ = run("collect", found.id, "--at", AT)
    assert code == 0
    assert json.loads(run("sources", "health", "--json", "--at", AT)[1])["counts"]["failing"] == 0


# -------------------------------------------------------------------------------------- what must not happen twice
def test_what_is_there_under_another_address_is_not_added_again(run: Run, web: WebServer) -> None:
    home = serve(web, "/blog/", "wordpress_home.html")
    serve(web, "/blog/feed/", rss("Shelf Notes", "/1", "/2"))
    web.on("/old", redirect(301, "/blog/feed/"))
    assert run("sources", "add", home)[0] == 0
    for address in (home, web.url("/old"), web.url("/blog/feed")):
        code, _, err = run("sources", "add", address)
        assert (code, "there already, as shelf-notes" in err) == (78, True)
    assert list(sources()) == ["ours", "private", "off", "shelf-notes"]


def test_a_feed_that_carries_what_we_have_is_shown_to_and_waits_for_anyway(run: Run, web: WebServer) -> None:
    hold(item(1), item(2), item(3))
    copy = serve(web, "/mirror", rss("Ours", "/1", "/2", "/9"))
    code, out, err = run("sources", "add", copy, "--at", AT)
    assert code == 1
    assert "2 of them came from ours already" in out
    assert "it seems to be the same source" in err
    assert run("sources", "add", copy, "--anyway", "--at", AT)[0] == 0
    assert "ours-2" in sources()


def test_a_blog_that_a_planet_carries_is_a_source_of_its_own(run: Run, web: WebServer) -> None:
    hold(item(1), item(2), item(3))
    blog = serve(web, "/blog", rss("A blog", "/1", "/2", "/3"))
    code, out, _ = run("sources", "add", blog, "--at", AT)
    assert (code, "3 of them came from ours already" in out) == (0, True)


def test_several_addresses_are_tried_one_after_the_other(run: Run, web: WebServer) -> None:
    one, two = serve(web, "/a", rss("First", "/1")), serve(web, "/b", rss("Second", "/2"))
    code, out, err = run("sources", "add", one, web.url("/gone"), one, "ftp://x.example/", two)
    assert code == 78
    assert {"first", "second"} <= set(sources())
    assert "nothing is at this address" in err
    assert "'ftp:' addresses can't be visited" in err
    assert "there already, as first" in err
    assert out.count("added to feeds.yaml") == 2


def test_a_service_without_a_file_begins_one(run: Run, web: WebServer) -> None:
    Path("feeds.yaml").unlink()
    assert run("sources", "add", serve(web, "/a", rss("First", "/1")))[0] == 0
    assert Path("feeds.yaml").read_text() == f"sources:\n  first:\n    url: {web.url('/a')}\n    title: First\n"


# -------------------------------------------------------------------------------------------------- when it is off
def test_a_dead_address_is_not_added_and_anyway_adds_it(run: Run, web: WebServer) -> None:
    code, out, err = run("sources", "add", web.url("/dead"))
    assert (code, out) == (1, "")
    assert err.startswith(f"not added: {web.url('/dead')}: nothing is at this address")
    assert len(web.paths) <= 12
    code, out, err = run("sources", "add", web.url("/dead"), "--anyway", "--id", "later")
    assert code == 0
    assert "it can't be read now" in err
    assert sources()["later"].url == web.url("/dead")


def test_a_redirect_to_a_private_place_is_not_followed(run: Run, web: WebServer) -> None:
    web.on("/leap", redirect(302, "http://10.0.0.1/feed"))
    code, _, err = run("sources", "add", web.url("/leap"))
    assert code == 1
    assert "private address" in err
    serve(
        web,
        "/page",
        '<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="http://10.0.0.1/feed">',
    )
    assert run("sources", "add", web.url("/page"))[0] == 1


def test_a_page_that_names_thousands_costs_a_dozen_requests(run: Run, web: WebServer) -> None:
    links = "".join(f'<link rel="alternate" type="application/rss+xml" href="/{n}">' for n in range(3_000))
    page = serve(web, "/", f"<!DOCTYPE html><html><head>{links}</head></html>")
    code, _, err = run("sources", "add", page)
    assert code == 1
    assert "12 documents asked for" in err
    assert len(web.paths) == 12


def test_secrets_go_nowhere_but_to_their_own_address(run: Run, web: WebServer) -> None:
    serve(
        web,
        "/k/hush/home",
        '<!DOCTYPE html><link rel="alternate" type="application/rss+xml" href="/f"><a href="x/feed">RSS</a>',
    )
    code, out, err = run("sources", "add", web.url("/k/${KEY}/home"), "--json")
    assert code == 1
    assert "hush" not in out + err
    assert web.paths == ["/k/hush/home"]
    serve(web, "/k/hush/list", "plain_list.html")
    for more in ((), ("--json",), ("--pick", "1", "--dry-run"), ("--pick", "1", "--dry-run", "--json")):
        _, out, err = run("sources", "add", web.url("/k/${KEY}/list"), *more)
        assert "New opening hours" in out
        assert "hush" not in out + err
    _, out, err = run("sources", "add", "https://me:pw@x.example/", "ftp://me:pw@x.example/")
    assert "pw" not in out + err
    serve(web, "/k/hush/cal", ICS.encode(), "text/calendar")
    code, out, err = run("sources", "add", web.url("/k/${KEY}/cal"), "--id", "cal", "--json")
    assert (code, "hush" in out + err) == (0, False)
    assert f"    url: {web.url('/k/${KEY}/cal')}\n    kind: calendar\n" in Path("feeds.yaml").read_text()


def test_programs_get_the_same_as_data(run: Run, web: WebServer) -> None:
    home = serve(web, "/blog/", "wordpress_home.html")
    serve(web, "/blog/feed/", rss("Shelf Notes", "/1", "/2", "/3"))
    said = json.loads(run("sources", "add", home, "--dry-run", "--json", "--at", AT)[1])
    assert (said["id"], said["kind"], said["entries"], said["dated"], said["rhythm_days"]) == (
        "shelf-notes", "feed", 3, 3, 1.0,
    )  # fmt: skip
    assert [(one["url"], one["chosen"]) for one in said["found"]] == [(f"{home}feed/", True)]
    assert said["items"][0]["topics"][0]["id"] == "mentoring"
    assert said["entry"] == {"url": f"{home}feed/", "title": "Shelf Notes"}
    assert Path("feeds.yaml").read_text() == FEEDS
    two = json.loads(run("sources", "add", home, web.url("/no"), "--dry-run", "--json", "--at", AT)[1])
    assert [one["added"] for one in two] == [True, False]
