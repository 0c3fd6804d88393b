"""The strict reader against feedparser: equal in every field that we use, or in doubt. Never something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.model import Document, Reading, Source
from aggregator.read import feed, strict
from aggregator.read.encoding import decoded
from aggregator.read.entries import reading_of

SAMPLES = Path(__file__).parent / "data" / "feeds"
URL = "https://fetched.example.org/news/feed"


def strictly(text: str) -> Reading | None:
    """What the strict reader makes of a feed; None for a doubt."""
    try:
        return reading_of(strict.parsed(text), URL)
    except strict.Doubt:
        return None


def by_feedparser(text: str) -> Reading | SourceError:
    try:
        return reading_of(feed._by_feedparser(feed.allowed(text)), URL)
    except SourceError as error:
        return error


def agrees(text: str) -> bool:
    """True where the strict reader answered, False where it was in doubt; fails where the two differ."""
    ours = strictly(text)
    if ours is None:
        return False
    assert ours == by_feedparser(text)
    return True


def compared(documents: list[Path]) -> tuple[int, int]:
    """(answered, doubted) of documents that are feeds in XML."""
    answered = doubted = 0
    for path in documents:
        try:
            text = feed._from_root(decoded(path.read_bytes()).lstrip("\ufeff \t\r\n\x00"))
        except SourceError:
            continue
        if agrees(text) or agrees(feed.allowed(text)):
            answered += 1
        else:
            doubted += 1
    return answered, doubted


# ------------------------------------------------------------------------------------------ whole collections
def test_own_samples() -> None:
    answered, doubted = compared([path for path in SAMPLES.iterdir() if ".xml" in path.suffixes])
    assert answered > doubted > 0


def test_real_feeds(shared: Path) -> None:
    """Equal on all of the corpus, and in doubt about an eighth of it at most."""
    answered, doubted = compared(sorted((shared / "corpus" / "feeds").iterdir()))
    assert answered > 400
    assert doubted <= 0.12 * (answered + doubted)


def test_documents_of_feedparser(feedparser_tests: Path) -> None:
    answered, _ = compared(sorted(feedparser_tests.rglob("*.xml")))
    assert answered > 1_500


# ----------------------------------------------------------------------------------------- what is easily missed
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"'
)


def rss(item: str, channel: str = "<title>T</title>", spaces: str = SPACES) -> str:
    return f'<rss version="2.0" {spaces}><channel>{channel}<item>{item}</item><item>{item}</item></channel></rss>'


def atom(entry: str, root: str = ATOM) -> str:
    return f"<feed {root}><title>T</title><entry>{entry}</entry><entry>{entry}</entry></feed>"


@pytest.mark.parametrize(
    "text",
    [
        rss("<media:title>a</media:title><title>b</title><title>c</title><media:title>d</media:title>"),
        rss("<title/><media:group><media:title>a</media:title></media:group><title>b</title>"),
        rss("<title>a</title><source url='u'>s</source><media:title>b</media:title>"),
        rss("<title>a</title><image>i</image><media:title>b</media:title>"),
        rss("<description>a</description><itunes:summary>b</itunes:summary><description>c</description>"),
        rss("<content:encoded>a</content:encoded><description>b</description>"),
        rss("<description>a</description><content:encoded>longer</content:encoded>"),
        rss("<description/><itunes:summary>b</itunes:summary>"),
        rss("<itunes:summary>a</itunes:summary>", "<itunes:summary>x</itunes:summary><description>y</description>"),
        rss("<description>a</description><description>b</description>",
            "<itunes:summary>x</itunes:summary><description>y</description>"),
        rss("<link>http://a.example/?a=1&amp;b=2</link><guid>x</guid>"),
        rss("<guid>17</guid>"), rss("<guid isPermaLink='false'>17</guid>"), rss("<guid isPermaLink='TRUE'>1</guid>"),
        rss("<link/><guid>http://a.example/</guid>"), rss("<link>x</link><link>y</link>"),
        rss("<atom:link href='http://a.example/'/><link>x</link>"),
        rss("<link>http:///a.example/</link>"), rss("<link rel='ALTERNATE' href='a'/>"),
        rss("<enclosure url='a.mp3' type='Audio/MPEG'/>"), rss("<enclosure href='a.mp3' type='video/mp4' url=''/>"),
        rss("<author>a@b.org (Ann)</author><dc:creator>Ben</dc:creator>"),
        rss("<author>Ann &lt;a@b.org&gt;</author>"), rss("<author>a@b.org</author><author/>"),
        rss("<dc:creator>@ann</dc:creator><dc:creator>ben@home</dc:creator>"),
        rss("<category>a</category><category domain='d'>a</category><category domain='d'/><category>b</category>"),
        rss("<dc:subject>a</dc:subject><itunes:keywords>a, b,,c</itunes:keywords><media:keywords>d</media:keywords>"),
        rss("<itunes:category text='a'><itunes:category text='b'/></itunes:category>"),
        rss("<pubDate>Mon, 16 Nov 2026 06:00:00 EST</pubDate><dc:date>2026-11-17</dc:date>"),
        rss("<pubDate>16 Nov 2026 06:00 +0130</pubDate><dcterms:modified>2026-11-17T10:00:00-08:00</dcterms:modified>"),
        rss("<pubDate>lun, 16 nov 2026 06:00:00 +0100</pubDate>"), rss("<pubDate>16.11.2026 06:00</pubDate>"),
        rss("<pubDate>2026-11-16 06:00:00 +0200</pubDate>"), rss("<pubDate>2026-11-16T06:00:00.123Z</pubDate>"),
        rss("<pubDate>Mon, 16 Nov 2026 06:00:00 GMT+01:00</pubDate>"), rss("<pubDate/>"),
        rss("<pubDate>soon</pubDate><pubDate>16 Nov 2026 06:00:00 Z</pubDate>"),
        rss("<dcterms:valid>start=2026-01-01;end=2026-11-30T10:00:00Z</dcterms:valid>"),
        rss("<expirationDate>2026-12-01</expirationDate>"),
        rss("<title>Ã¼ber</title><description>Itâ\x80\x99s \x93so\x94</description>"),
        rss("<title>&#147;a&#148; &#8217;</title>"), rss("<title>  a&#160; </title>"),
        rss("<title>a</title>", "<title>T</title><image><title>I</title><url>u</url><link>l</link></image>"),
        rss("<title>a</title>", "<media:title>M</media:title><title>T</title><image><title>I</title></image>"),
        rss("<title>a</title>", "<ttl>60</ttl><language>it</language><link>http://h.example/</link>"),
        rss("<dc:language>de</dc:language>"), rss("<unknown><title>a</title></unknown><title>b</title>"),
        rss("<title>a</title><unknown><title>b</title><category>c</category></unknown>"),
        rss("<media:content url='u'><media:description>a</media:description></media:content>"),
        rss("<m:title>a</m:title>", spaces='xmlns:m="https://search.yahoo.com/mrss/"'),
        rss("<media:title>a</media:title>", spaces='xmlns:media="https://search.yahoo.com/mrss/"'),
        rss("<yt:videoId>v</yt:videoId>", spaces='xmlns:yt="http://www.youtube.com/xml/schemas/2015"'),
        atom("<title type='html'>&lt;b&gt;a&lt;/b&gt;</title><summary>1 &lt; 2</summary>"),
        atom("<id>urn:x</id>"), atom("<id>x</id><link href='b'/>", f"{ATOM} xml:base='http://a.example/c/'"),
        atom("<link href='b'/><content type='html' xml:base='http://a.example/x/'>&lt;a href='y'&gt;z&lt;/a&gt;</content>"),
        atom("<content type='html' xml:base='/one/'>&lt;a href='y'&gt;z&lt;/a&gt;</content>"
             "<summary type='html' xml:base='/two/'>&lt;a href='y'&gt;z&lt;/a&gt;</summary>"),
        atom("<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a &amp; <b>b</b><br/></p></div></content>"),
        atom("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a</div> </title>"),
        atom("<content type='xhtml'><p xmlns='http://www.w3.org/1999/xhtml'>a</p>"
             "<p xmlns='http://www.w3.org/1999/xhtml'>b</p></content>"),
        atom("<content type='xhtml' xml:lang='fr'>a &lt;b&gt;</content><title xml:lang='en_GB'>a</title>"),
        atom("<author><name>Ann</name><email>a@b.org</email></author><author><name>Ben</name></author>"),
        atom("<author><email>a@b.org</email></author>"), atom("<author><uri>u</uri></author>"),
        atom("<source><title>S</title><author><name>N</name></author><updated>2026-01-01T00:00:00Z</updated></source>"),
        atom("<category term='t' label='L'/><category term='t'/><category label='M'/>"),
        atom("<published>2026-01-01</published><updated>2026-01-02T00:00:00Z</updated>"),
        atom("<title>a</title>", 'version="0.3" xmlns="http://purl.org/atom/ns#"'),
        atom("<content type='text/html' mode='escaped'>&lt;p&gt;a</content>", 'version="0.3" xmlns="http://purl.org/atom/ns#"'),
        "<?xml version='1.0'?><!-- c --><?pi?><!DOCTYPE rss SYSTEM \"x.dtd\">" + rss("<title>a</title>"),
    ],
)  # fmt: skip
def test_both_see_the_same(text: str) -> None:
    assert agrees(text)


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE rss [<!ENTITY a 'b'>]>" + rss("<title>&a;</title>"),
        rss("<title>a <b>c</b></title>"), rss("<description>a <b>c</b></description>"),
        rss("<pubDate>05/10/2026</pubDate>"), rss("<pubDate>2026</pubDate>"), rss("<pubDate>31 Feb 2026 1:00 GMT</pubDate>"),
        rss("<pubDate>Mon, 16 Nov 2026 6:00 PM CET</pubDate>"), rss("<date>2026-11-16</date>"),
        rss("<author>Ann, a@b.org, and Ben</author>"), rss("<item><title>a</title></item>"),
        rss("<textInput><title>a</title></textInput>"), rss("<links>a</links>"), rss("<summary_detail>a</summary_detail>"),
        rss("<unknown><dc:creator>c</dc:creator></unknown>"), rss("<itunes:summary>a &amp;foo; b</itunes:summary>"),
        rss("<dc:title>a</dc:title>", spaces='xmlns:dc="http://other.example/" xmlns:x="http://purl.org/dc/elements/1.1/"'),
        atom("<content type='image/png'>aGk=</content>"), atom("<content mode='base64'>aGk=</content>"),
        atom("<content type='xhtml'><svg xmlns='http://www.w3.org/2000/svg'/></content>"),
        atom("<content type='html'><p>a</p></content>"), "<channel><title>a</title></channel>",
    ],
)  # fmt: skip
def test_doubts(text: str) -> None:
    assert strictly(text) is None


# --------------------------------------------------------------------------------------------------- all the rest
TAGS = st.sampled_from(
    "title link guid description pubDate category author source image item dc:creator dc:date dc:title media:title "
    "media:group media:content media:description content:encoded itunes:summary itunes:author itunes:keywords "
    "atom:link atom:id atom:summary atom:content atom:updated atom:author name email enclosure unknown "
    "language url".split()
)
ATTRIBUTES = st.sampled_from(
    ["", " type='html'", " type='text/plain'", " href='a'", " rel='enclosure'", " isPermaLink='false'", " term='t'",
     " domain='d'", " xml:lang='de'", " xml:base='http://b.example/'", " url='u'", " lang='x'"]
)  # fmt: skip
TEXTS = st.sampled_from(
    ["", " ", "a", "b", "&lt;p&gt;c&lt;/p&gt;", "http://a.example/x?y=1&amp;z=2", "Mon, 16 Nov 2026 06:00:00 GMT",
     "2026-11-16T06:00:00Z", "a@b.org (Ann)", "x, y", "Ã©", "\x92", "’", "&amp;nbsp;", "soon"]
)  # fmt: skip
ELEMENTS = st.recursive(
    st.builds(lambda tag, said, text: f"<{tag}{said}>{text}</{tag}>", TAGS, ATTRIBUTES, TEXTS),
    lambda inner: st.builds(
        lambda tag, said, parts: f"<{tag}{said}>{''.join(parts)}</{tag}>",
        TAGS,
        ATTRIBUTES,
        st.lists(inner, max_size=3),
    ),
    max_leaves=6,
)


@given(st.lists(ELEMENTS, max_size=6).map("".join), st.lists(ELEMENTS, max_size=3).map("".join), st.booleans())
@example("<guid>a</guid><link/>", "<atom:id>x</atom:id>", False)
@settings(max_examples=300)
def test_any_feed_is_read_as_feedparser_reads_it(items: str, channel: str, is_atom: bool) -> None:
    agrees(atom(items, f"{ATOM} {SPACES}") if is_atom else rss(items, channel))


def nested(depth: int) -> Document:
    inner = "<x>" * depth + "y" + "</x>" * depth
    body = f"<rss version='2.0'><channel><title>T</title><item><title>t</title>{inner}</item></channel></rss>"
    return Document(body.encode())


@pytest.mark.parametrize("depth", [49, 52, 400, 1_500])
def test_elements_nested_deep_are_left_to_feedparser(depth: int) -> None:
    [entry] = feed.read(nested(depth), Source("s", "https://e.org/feed")).entries
    assert entry.title == "t"


def test_elements_nested_without_end_are_refused() -> None:
    with pytest.raises(SourceError, match="too-deep"):
        feed.read(nested(5_000), Source("s", "https://e.org/feed"))


@pytest.mark.parametrize("base", ["http://[::1/", "http://[x]y/", "https://e.org:port/"])
def test_a_base_that_is_no_address_costs_nothing(base: str) -> None:
    body = (
        f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{base}'><title>T</title><entry xml:base='{base}'>"
        "<title>One</title><link href='https://e.org/1'/><content type='html'>text</content></entry></feed>"
    )
    [entry] = feed.read(Document(body.encode()), Source("s", "https://e.org/feed")).entries
    assert entry.title == "One"
