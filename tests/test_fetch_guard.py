"""The guard: no spelling of a private address passes, and nothing public is kept out."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.fetch.guard import Guard, is_public

SHUT = Guard(())


def listed(text: str, *with_spaces: str) -> list[str]:
    return [*text.split(), *with_spaces]


def code_of(url: str, guard: Guard = SHUT) -> str:
    """What the guard says: "ok" or the code of its refusal."""
    try:
        guard.target(url)
    except SourceError as error:
        return error.code
    return "ok"


# ------------------------------------------------------------------------------------------ addresses as numbers
PRIVATE = listed("""
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
    169.254.169.254 169.254.0.1 172.16.0.1 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1
    198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1
    2001:db8::1 2002:7f00:1:: 2002:a00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fec0::1
    ff02::1 2600::5efe:10.0.0.1 2600::200:5efe:127.0.0.1 4000::1
""")
PUBLIC = listed("""
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0 172.15.255.255
    172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    2606:4700::1111 2001:200::1 2a00:1450:4001::1 ::ffff:8.8.8.8 64:ff9b::808:808
""")


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_open_internet(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert not SHUT.admits(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is(address: str) -> None:
    assert SHUT.admits(address)


def test_a_scope_does_not_matter() -> None:
    assert not SHUT.admits("fe80::1%eth0")


@given(st.ip_addresses())
def test_never_more_liberal_than_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(address) and address not in ipaddress.ip_network(
        "64:ff9b::/96" if address.version == 6 else "0.0.0.0/32"
    ):
        assert address.is_global or getattr(address, "ipv4_mapped", None)
        assert not any((address.is_private, address.is_loopback, address.is_link_local, address.is_multicast))


# --------------------------------------------------------------------------------------------- addresses as text
ATTACKS = {
    "private-address": listed("""
        http://127.0.0.1/ http://127.1/ http://127.0.1/ http://0/ http://0.0.0.0/ http://2130706433/ http://017700000001/
        http://0177.0.0.1/ http://0x7f.0.0.1/ http://0x7f000001/ http://0X7F.1/ http://127.0.0.1./ http://10.0.0.1/
        http://3232235521/ http://169.254.169.254/latest/ http://0xa9fea9fe/ http://0xa9.0xfe.0xa9.0xfe/
        http://2852039166/ http://100.100.100.200/ http://192.168.1.1:8080/ http://[::1]/ http://[::1]:22/ http://[::]/
        http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/ http://[0:0:0:0:0:ffff:10.0.0.1]/ http://[64:ff9b::10.0.0.1]/
        http://[2002:7f00:1::]/ http://[2001::1]/ http://[fd00:ec2::254]/ http://[fe80::1%25eth0]/ http://[fe80::1%eth0]/
        http://１２７.０.０.１/ http://127。0。0。1/ http://127．0．0．1/ http://①②⑦.0.0.1/ http://127%2e0%2e0%2e1/
        http://user@127.0.0.1/ http://example.org@127.0.0.1/ https://127.0.0.1:443/ http://0.0.0.0:25/
        http://[::7f00:1]/ HTTP://127.0.0.1/ http://127.0.0.1#@example.org/ http://127.0.0.1?@example.org/
    """),
    "bad-address": listed("""
        http:// http:/// http:///etc/passwd http://.. http://a..b/ http://example.org../ http://1.2.3.4.5/
        http://256.1.1.1/ http://999999999999/ http://0x/ http://1.2.3.0x/ http://134744072/ http://[::1/
        http://[::g]/ http://[127.0.0.1]/ http://example.org:0/ http://example.org:99999/ http://example.org:x/
        http://exa$mple.org/ http://a%00b/ http://127.0.0.1%2f@example.com:80%2f/ http://127.0.0.1\\@example.org/
        http://example.org\\.evil.org/ http://a%0ab/ http://*.org/
    """, "http://exa mple.org/", "http://example.org/\x00", "http://example.org/a\r\nHost: b", f"http://{'a' * 64}.org/"),
    "bad-scheme": listed("""
        file:///etc/passwd ftp://example.org/ gopher://example.org:70/ javascript:alert(1) data:text/plain,x
        //example.org/ example.org dict://localhost:11211/ ws://example.org/ feed://example.org/ http
    """, ""),
    "forbidden-port": listed("""
        http://example.org:22/ http://example.org:25/ https://example.org:993/ http://8.8.8.8:53/ http://localhost:22/
    """),
}  # fmt: skip


@pytest.mark.parametrize(("code", "url"), [(code, url) for code, urls in ATTACKS.items() for url in urls])
def test_the_attack_list(code: str, url: str) -> None:
    assert code_of(url) == code


@given(st.ip_addresses(v=4).filter(lambda a: not is_public(a)), st.data())
def test_no_spelling_of_a_private_address_passes(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    """Every text that inet_aton takes for it: each part decimal, octal or hexadecimal, the last ones joined."""
    octets = address.packed
    parts = data.draw(st.integers(1, 4))
    numbers = [*octets[: parts - 1], int.from_bytes(octets[parts - 1 :])]
    spelt = ".".join(data.draw(st.sampled_from([f"{n}", f"0{n:o}", f"0x{n:x}", f"0X{n:X}"])) for n in numbers)
    assert socket.inet_aton(spelt) == octets
    assert code_of(f"http://{spelt}/") == "private-address"


@given(st.text() | st.from_regex(r"https?://[^/]{0,20}(:\d{1,6})?/.{0,9}", fullmatch=True))
def test_any_text_is_a_target_or_a_refusal(text: str) -> None:
    assert code_of(text) in ("ok", "bad-address", "bad-scheme", "private-address", "forbidden-port")


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("HTTPS://Example.ORG:443/A?b=C#d", "https://example.org/A?b=C"),
        (" http://example.org ", "http://example.org/"),
        ("http://example.org.:80/", "http://example.org/"),
        ("http://example.org:8080/x", "http://example.org:8080/x"),
        ("http://user:pass@example.org/x", "http://example.org/x"),
        ("http://bücher.example/ä b", "http://xn--bcher-kva.example/ä%20b"),
        ("http://faß.example/", "http://xn--fa-hia.example/"),
        ("http://ｅｘａｍｐｌｅ．org/", "http://example.org/"),
        ("http://[2606:4700:0::1111]/", "http://[2606:4700::1111]/"),
        ("http://under_score.example.org/", "http://under_score.example.org/"),
        ("http://example.org?x=1", "http://example.org/?x=1"),
    ],
)
def test_one_plain_form(url: str, plain: str) -> None:
    assert SHUT.target(url).url == plain


def test_a_login_leaves_the_address_and_becomes_a_header() -> None:
    target = SHUT.target("https://us%40er:p%C3%A4ss@example.org/feed")
    assert target.login == "Basic dXNAZXI6cMOkc3M="
    assert "@" not in target.url
    assert SHUT.target("https://example.org/").login is None


# ------------------------------------------------------------------------------------------------ what is opened
@pytest.mark.parametrize(
    ("allow", "url", "opened"),
    [
        ("127.0.0.1", "http://127.0.0.1:22/", True),
        ("127.0.0.1", "http://[::ffff:127.0.0.1]/", True),
        ("127.0.0.0/8", "http://127.9.9.9/", True),
        ("127.0.0.1/8", "http://127.9.9.9/", True),
        ("10.1.0.0/16", "http://10.1.2.3/", True),
        ("::1", "http://[::1]:8000/", True),
        ("[::1]", "http://[::1]:8000/", True),
        ("localhost", "http://localhost:8000/", True),
        ("localhost", "http://pub-001.localhost/", True),
        ("127.0.0.1", "http://localhost/", True),
        (" Intranet.Example.org. ", "http://intranet.example.org:81/", True),
        ("example.org", "http://intranet.example.org/", False),
        ("intranet.example.org", "http://intranet.example.org.evil.example/", False),
        ("localhost", "http://notlocalhost/", False),
    ],
)
def test_a_host_or_network_is_opened(allow: str, url: str, opened: bool) -> None:
    assert Guard([allow]).target(url).opened is opened


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("127.0.0.1", "http://127.0.0.2/"),
        ("127.0.0.1", "http://2130706433/"),  # the spelling is refused all the same
        ("10.1.0.0/16", "http://10.2.0.1/"),
        ("localhost", "http://127.0.0.1/"),
        ("intranet.example.org", "http://10.0.0.1/"),
        ("", "http://127.0.0.1/"),
    ],
)
def test_and_nothing_else(allow: str, url: str) -> None:
    assert code_of(url, Guard([allow])) == "private-address"


# ---------------------------------------------------------------------------------------------------- redirects
@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "http://example.org/b"),
        ("../b?c#d", "http://example.org/b?c"),
        ("?x", "http://example.org/one/two?x"),
        ("//other.example/b", "http://other.example/b"),
        ("https://example.org/one/two", "https://example.org/one/two"),
        ("", "bad-redirect"),
        ("  ", "bad-redirect"),
        ("http://[::1", "bad-redirect"),
        ("file:///etc/passwd", "bad-scheme"),
        ("//10.0.0.1/", "private-address"),
        ("http://user:pass@example.org/", "redirect-credentials"),
        ("http://@example.org/", "redirect-credentials"),
        ("/\\evil.example/", "http://example.org/\\evil.example/"),
        ("http:\\\\evil.example/", "http://example.org/one/\\\\evil.example/"),
    ],
)
def test_where_a_redirect_leads(location: str, leads_to: str) -> None:
    at = SHUT.target("http://example.org/one/two")
    try:
        found = SHUT.redirect(at, location).url
    except SourceError as error:
        found = error.code
    assert found == leads_to


def test_no_refusal_tells_a_secret() -> None:
    for url in ("http://user:secret@127.0.0.1/feed?key=secret", "ftp://user:secret@example.org/?secret"):
        with pytest.raises(SourceError) as caught:
            SHUT.target(url)
        assert "secret" not in str(caught.value)
