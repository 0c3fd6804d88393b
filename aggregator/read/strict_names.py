"""Names of elements as feedparser gives them: a standard prefix for a namespace it knows, else the one written."""

from __future__ import annotations

_KNOWN = {
    "http://blogs.law.harvard.edu/tech/rss": "",
    "http://purl.org/rss/1.0/": "",
    "http://my.netscape.com/rdf/simple/0.9/": "",
    "http://purl.org/atom/ns#": "",
    "http://www.w3.org/2005/atom": "",
    "http://purl.org/rss/1.0/modules/rss091#": "",
    "http://creativecommons.org/ns#license": "cc",
    "http://web.resource.org/cc/": "cc",
    "http://cyber.law.harvard.edu/rss/creativecommonsrssmodule.html": "creativecommons",
    "http://backend.userland.com/creativecommonsrssmodule": "creativecommons",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/event/": "ev",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.georss.org/georss": "georss",
    "http://www.opengis.net/gml": "gml",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://search.yahoo.com/mrss": "media",
    "http://search.yahoo.com/mrss/": "media",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    "http://purl.org/rss/1.0/modules/threading/": "thr",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://podlove.org/simple-chapters": "psc",
    "http://www.w3.org/xml/1998/namespace": "xml",
}
PREFIXES = frozenset(_KNOWN.values()) - {""}  # under which feedparser looks for a meaning
_ATOM = "http://www.w3.org/2005/atom"
_ANY_RSS = "backend.userland.com/rss"  # of this, feedparser takes every version


class Doubt(Exception):
    """What is written may mean something else to feedparser than to us."""


class Names(dict[str, str]):
    """Tag as ElementTree has it -> `title`, `dc_creator`, `yt_videoid`: all in lower case.

    Raises Doubt where one prefix stands for several namespaces, or a namespace goes by the name of another.
    """

    def __init__(self, declarations: list[tuple[str, str]]) -> None:
        super().__init__()
        self._prefixes: dict[str, str] = {}
        self.has_atom = False
        taken: dict[str, str] = {}  # prefix -> its address
        pairs = dict.fromkeys(declarations)
        standard = {_standard(address) for _, address in pairs}
        for prefix, address in pairs:
            known = _standard(address)
            name = prefix if known is None else known
            self.has_atom = self.has_atom or address.lower() == _ATOM
            if self._prefixes.setdefault(address, name) != name:
                raise Doubt("a namespace of two prefixes")
            if prefix and taken.setdefault(prefix, address) != address:
                raise Doubt("a prefix of two namespaces")
            if prefix and prefix.lower() in standard and prefix.lower() != known:
                raise Doubt("a namespace under the prefix of another")

    def __missing__(self, tag: str) -> str:
        address, _, local = tag.rpartition("}")
        prefix = self._prefixes.get(address[1:]) if address else ""
        if prefix is None:
            raise Doubt("a namespace declared in an unusual way")
        name = self[tag] = (f"{prefix}_{local}" if prefix else local).lower()
        return name


def _standard(address: str) -> str | None:
    lower = address.lower()
    return "" if _ANY_RSS in lower else _KNOWN.get(lower)
