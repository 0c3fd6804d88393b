"""What `doctor` finds in the DNS, at the relay and behind the base URL, each with its next step."""

from __future__ import annotations

import json
import shutil
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dnsserver import NameServer
from smtpserver import ScriptedRelay, make_certificate
from webserver import WebServer, reply

from aggregator.cli import cli
from aggregator.cli.checks_dns import Domains, dns_checks
from aggregator.cli.checks_tls import NoPolicy, fetched, sts_check, tls_report_check
from aggregator.cli.spf import Spf, Unusable
from aggregator.deliver.dkim import DkimKey, public_key
from aggregator.deliver.dns import Names

Zone = dict[str, dict[str, Sequence[str]]]
Marks = dict[str, tuple[str, str]]
DKIM = "d1._domainkey.lib.test"


def a_key(folder: Path, bits: int = 2048) -> DkimKey:
    made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    path = folder / f"dkim{bits}.pem"
    path.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    return DkimKey(path, "d1", "lib.test")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    return a_key(tmp_path_factory.mktemp("keys"))


def txt(text: str) -> str:
    """A TXT record's text in pieces of at most 255 characters."""
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


def sound(key: DkimKey) -> Zone:
    """A zone in which nothing is wrong."""
    return {
        "lib.test": {
            "TXT": [txt("unrelated"), txt("v=spf1 mx include:relay.test -all")],
            "MX": ["10 mx.lib.test."],
        },
        "relay.test": {"TXT": [txt("v=spf1 ip4:192.0.2.0/24 ~all")]},
        "mx.lib.test": {"A": ["192.0.2.7"]},
        DKIM: {"TXT": [txt(f"v=DKIM1; k=rsa; p={public_key(key.path)}")]},
        "_dmarc.lib.test": {"TXT": [txt("v=DMARC1; p=quarantine")]},
        "out.relay.test": {"A": ["192.0.2.9"]},
        "9.2.0.192.in-addr.arpa": {"PTR": ["out.relay.test."]},
    }


def found_in(
    zone: Zone, key: DkimKey | None, sender: str = "lib.test", broken: Sequence[str] = (), *, near: bool = False
) -> Marks:
    with NameServer(zone, broken) as server:
        domains = Domains(sender, "lib.test", key, "out.relay.test", near)
        return {check.what: (check.mark, check.remedy) for check in dns_checks(Names(server.address), domains)}


def test_a_zone_in_which_nothing_is_wrong(key: DkimKey) -> None:
    found = found_in(sound(key), key)
    assert [mark for mark, _ in found.values()] == ["good"] * 8


def lookups(count: int) -> Zone:
    spf = " ".join(f"include:s{n}.test" for n in range(count))
    return {"lib.test": {"TXT": [txt(f"v=spf1 {spf} -all")], "MX": ["10 mx.lib.test."]}} | {
        f"s{n}.test": {"TXT": [txt("v=spf1 ip4:192.0.2.1 -all")]} for n in range(count)
    }


@pytest.mark.parametrize(
    ("changed", "mark", "words", "remedy"),
    [
        ({"lib.test": {"MX": ["10 mx.lib.test."]}}, "bad", "no SPF record", "publish TXT lib.test"),
        ({"lib.test": {"TXT": [txt("v=spf1 -all"), txt("v=spf1 ~all")]}}, "bad", "2 SPF records", "join"),
        ({"relay.test": {}}, "bad", "relay.test has 0 SPF records", "mend"),
        ({"lib.test": {"TXT": [txt("v=spf1 +all")]}}, "bad", "lets everybody send", "-all"),
        (lookups(11), "bad", "more than 10 look-ups", "take out"),
        ({DKIM: {}}, "bad", f"no key at {DKIM}", "v=DKIM1; k=rsa; p=MI"),
        ({DKIM: {"TXT": [txt("v=DKIM1; k=rsa; p=")]}}, "bad", "withdrawn", "publish TXT"),
        ({DKIM: {"TXT": [txt("v=DKIM1; p=MIIBIjAN")]}}, "bad", "is not ours", "publish TXT"),
        ({DKIM: {"TXT": [txt("v=DKIM1; p=a"), txt("v=DKIM1; p=b")]}}, "bad", "2 keys", "publish"),
        ({"_dmarc.lib.test": {}}, "warning", "has no policy", "v=DMARC1; p=none"),
        ({"_dmarc.lib.test": {"TXT": [txt("v=DMARC1; p=none"), txt("v=DMARC1;p=x")]}}, "bad", "2 policies", "one"),
        ({"mx.lib.test": {}}, "bad", "no mail server with an address", "MX"),
        ({"lib.test": {"TXT": [txt("v=spf1 -all")], "MX": ["0 ."]}}, "bad", "takes no mail", "MX"),
        ({"9.2.0.192.in-addr.arpa": {}}, "warning", "no name in reverse", "ask"),
        ({"9.2.0.192.in-addr.arpa": {"PTR": ["x.test."]}}, "warning", "does not lead back", "ask"),
        ({"out.relay.test": {}}, "warning", "has no address", "myhostname"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_remedy(
    key: DkimKey, changed: Zone, mark: str, words: str, remedy: str
) -> None:
    found = found_in(sound(key) | changed, key)
    [(what, (found_mark, said))] = [(what, how) for what, how in found.items() if words in what]
    assert found_mark == mark, what
    assert remedy in said


def test_exactly_ten_look_ups_are_allowed(key: DkimKey) -> None:
    assert not [what for what in found_in(sound(key) | lookups(10), key) if "look-ups" in what]


def test_a_key_in_test_mode_and_a_short_one_are_worth_a_look(key: DkimKey, tmp_path: Path) -> None:
    testing = {DKIM: {"TXT": [txt(f"v=DKIM1; t=y:s; p={public_key(key.path)}")]}}
    assert [mark for what, (mark, _) in found_in(sound(key) | testing, key).items() if "t=y" in what] == [
        "warning"
    ]
    short = a_key(tmp_path, 1024)
    found = found_in(sound(short), short)
    assert [what for what, (mark, _) in found.items() if mark == "warning"] == ["the DKIM key has 1024 bits"]


def test_the_policy_of_a_domain_above_counts(key: DkimKey) -> None:
    assert "DMARC: _dmarc.lib.test asks for p=quarantine" in found_in(sound(key), key, "news.deep.lib.test")


def test_without_a_key_of_ours_the_relay_must_sign(key: DkimKey) -> None:
    [(mark, remedy)] = [how for what, how in found_in(sound(key), None).items() if "not signed here" in what]
    assert mark == "warning"
    assert "dkim=pass" in remedy


@pytest.mark.parametrize(("near", "mark"), [(True, "warning"), (False, "good")])
def test_spf_that_leaves_the_relay_out_is_a_fault_only_where_the_relay_is_ours(
    key: DkimKey, near: bool, mark: str
) -> None:
    other = {"relay.test": {"TXT": [txt("v=spf1 ip4:198.51.100.0/24 ~all")]}}
    found = found_in(sound(key) | other, key, near=near)
    words = "says fail to the relay 192.0.2.9" if near else "does not name out.relay.test (192.0.2.9) itself"
    [(found_mark, remedy)] = [how for what, how in found.items() if words in what]
    assert found_mark == mark
    assert ("ip4:192.0.2.9" if near else "include:") in remedy


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 -all", "fail"), ("v=spf1 ~all", "softfail"), ("v=spf1 ?all", "neutral"), ("v=spf1", "neutral"),
        ("v=spf1 ip4:192.0.2.9 -all", "pass"), ("v=spf1 ip4:192.0.2.0/28 -all", "pass"),
        ("v=spf1 ip4:192.0.2.16/28 -all", "fail"), ("v=spf1 -ip4:192.0.2.9 +all", "fail"),
        ("v=spf1 a -all", "fail"), ("v=spf1 a:out.relay.test -all", "pass"), ("v=spf1 a:mx.lib.test/28 -all", "pass"),
        ("v=spf1 mx/28 -all", "pass"), ("v=spf1 mx -all", "fail"), ("v=spf1 MX/28 -ALL", "pass"),
        ("v=spf1 include:relay.test -all", "pass"), ("v=spf1 redirect=relay.test", "pass"),
        ("v=spf1 include:none.test -all", "error"), ("v=spf1 redirect=none.test", "error"),
        ("v=spf1 include:strict.test ~all", "softfail"), ("v=spf1 exists:%{ir}.sends.test -all", "pass"),
        ("v=spf1 exists:%{l1r-}.%{d2}.no.test -all", "fail"), ("v=spf1 ptr:relay.test -all", "pass"),
        ("v=spf1 ptr -all", "fail"), ("v=spf1 ip6:2001:db8::/32 -all", "fail"), ("v=spf1 ip4:nonsense -all", "error"),
        ("v=spf1 teapot -all", "error"), ("v=spf1 a:x1.test a:x2.test a:x3.test -all", "error"),
        ("v=spf1 include:lib.test -all", "error"), ("v=spf1 exp=why.test unknown=1 ip4:192.0.2.9 -all", "pass"),
        ("v=spf10 ip4:192.0.2.9 -all", "none"),
    ],
)  # fmt: skip
def test_spf_is_evaluated_as_receivers_do(key: DkimKey, record: str, result: str) -> None:
    zone = sound(key) | {
        "lib.test": {"TXT": [txt(record)], "MX": ["10 mx.lib.test."], "A": ["203.0.113.1"]},
        "strict.test": {"TXT": [txt("v=spf1 -all")]}, "9.2.0.192.sends.test": {"A": ["127.0.0.2"]},
    }  # fmt: skip
    with NameServer(zone) as server:
        spf = Spf(Names(server.address), ip_address("192.0.2.9"))
        try:
            found: str = spf.check("lib.test")
        except Unusable:
            found = "error"
    assert found == result


POLICY = "version: STSv1\r\nmode: enforce\r\nmx: mx.lib.test\r\nmax_age: 86400\r\n"


@pytest.mark.parametrize(
    ("record", "policy", "mark", "words"),
    [
        ("", "", "good", "has none"),
        ("v=STSv1; id=20260101", POLICY, "good", "asks senders for TLS (enforce)"),
        ("v=STSv1; id=20260101", POLICY.replace("mx.lib", "*.lib"), "good", "enforce"),
        (
            "v=STSv1; id=20260101",
            POLICY.replace("mx.lib.test", "*.mx.lib.test"),
            "bad",
            "does not name mx.lib.test",
        ),
        ("v=STSv1; id=20260101", POLICY.replace("mx.lib", "old.lib"), "bad", "does not name mx.lib.test"),
        (
            "v=STSv1; id=20260101",
            POLICY.replace("mx.lib", "old.lib").replace("enforce", "testing"),
            "warning",
            "name",
        ),
        ("v=STSv1; id=20260101", POLICY.replace("86400", "long"), "bad", "max_age"),
        ("v=STSv1; id=20260101", "<html>", "warning", "no version"),
        ("v=STSv1; id=20260101", "", "warning", "can't be had"),
        ("v=STSv1;", POLICY, "warning", "no id"),
    ],
)
def test_a_policy_for_mail_to_us_must_be_right_where_there_is_one(
    record: str, policy: str, mark: str, words: str
) -> None:
    zone: Zone = {"lib.test": {"MX": ["10 mx.lib.test."]}}
    zone |= {"_mta-sts.lib.test": {"TXT": [txt(record)]}} if record else {}

    def fetch(domain: str) -> str:
        if not policy:
            raise NoPolicy("nobody answers")
        return policy

    with NameServer(zone) as server:
        [check] = sts_check(Names(server.address), Domains("lib.test", "lib.test"), fetch)
    assert check.mark == mark
    assert words in check.what


def test_a_policy_that_nobody_serves_is_named() -> None:
    with pytest.raises(NoPolicy, match=r"mta-sts\.localhost"):
        fetched("localhost")


@pytest.mark.parametrize(
    ("records", "mark", "words"),
    [
        ([], "good", "asks for none"), (["v=TLSRPTv1; rua=mailto:a@lib.test"], "good", "go where"),
        (["v=TLSRPTv1;"], "warning", "no rua"),
        (["v=TLSRPTv1; rua=mailto:a@b.c", "v=TLSRPTv1; rua=mailto:d@e.f"], "warning", "2 records"),
    ],
)  # fmt: skip
def test_where_senders_report_trouble_with_tls(records: list[str], mark: str, words: str) -> None:
    zone: Zone = {"_smtp._tls.lib.test": {"TXT": [txt(one) for one in records]}} if records else {}
    with NameServer(zone) as server:
        [check] = tls_report_check(Names(server.address), Domains("lib.test", "lib.test"))
    assert check.mark == mark
    assert words in check.what


@pytest.mark.parametrize(
    ("sender", "zone", "told"),
    [
        ("news.lib.test", {}, "asks for p=quarantine"),
        ("news.lib.test", {"_dmarc.lib.test": {"TXT": [txt("v=DMARC1; p=reject; sp=none")]}}, "asks for p=none"),
        ("lib.test", {"_dmarc.lib.test": {"TXT": [txt("v=DMARC1; p=reject; t=y")]}}, "p=reject, as a trial"),
        ("a.b.c.d.e.f.g.h.i.lib.test", {}, "_dmarc.lib.test asks for"),
        (
            "lib.test",
            {"_dmarc.lib.test": {}, "_dmarc.test": {"TXT": [txt("v=DMARC1; p=none; psd=y")]}},
            "_dmarc.test",
        ),
        (
            "other.test",
            {"_dmarc.other.test": {"TXT": [txt("v=DMARC1; p=none")]}},
            "SPF of lib.test does not count",
        ),
        ("news.lib.test", {"_dmarc.news.lib.test": {"TXT": [txt("v=DMARC1; p=none; aspf=s")]}}, "does not count"),
    ],
)
def test_the_policy_is_that_of_the_tree(key: DkimKey, sender: str, zone: Zone, told: str) -> None:
    assert any(told in what for what in found_in(sound(key) | zone, key, sender))


def test_a_return_address_beside_from_counts_where_the_organisation_is_one(key: DkimKey) -> None:
    own = {"_dmarc.news.lib.test": {"TXT": [txt("v=DMARC1; p=none")]}}
    assert not [what for what in found_in(sound(key) | own, key, "news.lib.test") if "does not count" in what]


def test_a_server_in_trouble_costs_only_its_question(key: DkimKey) -> None:
    found = found_in(sound(key), key, broken=["_dmarc.lib.test"])
    assert sorted(mark for mark, _ in found.values()) == ["good"] * 7 + ["warning"]
    assert any("gave no answer" in what for what in found)


# --------------------------------------------------------------------------------------------- the whole command
@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, key: DkimKey) -> Callable[..., Marks]:
    """doctor(relay, name server, base URL) on a service whose settings are sound."""
    Path("feeds.yaml").write_text("sources:\n  a: https://blog.example/feed\n")

    def doctor(relay: ScriptedRelay, names: NameServer, base_url: str = "https://lib.example") -> Marks:
        values = {
            "FROM": "d@lib.test", "BASE_URL": base_url, "SECRET": "x" * 32, "NAME_SERVER": names.address,
            "OUTBOX": f"smtp://127.0.0.1:{relay.port}?starttls=none", "DKIM_KEY": str(key.path),
            "DKIM_SELECTOR": "d1",
        }  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(f"AGGREGATOR_{name}", value)
        said: list[dict[str, Any]] = json.loads(CliRunner().invoke(cli, ["doctor", "--json"]).stdout)
        return {one["what"]: (one["mark"], one["remedy"]) for one in said}

    return doctor


def test_doctor_asks_the_dns_and_the_relay(service: Callable[..., Marks], key: DkimKey) -> None:
    with ScriptedRelay({"CONNECT": ["220 out.relay.test ESMTP"]}) as relay, NameServer(sound(key)) as names:
        found = service(relay, names)
    good = [what for what, (mark, _) in found.items() if mark == "good"]
    for part in ("SPF", "DKIM: the key", "DMARC", "bounces go to mx.lib.test", "192.0.2.9 is called", "2048 bits"):
        assert any(part in what for what in good), part


@pytest.mark.parametrize(("off", "mark"), [(timedelta(0), "good"), (timedelta(hours=1), "bad")])
def test_the_clock_is_held_against_the_relays(
    service: Callable[..., Marks], key: DkimKey, off: timedelta, mark: str
) -> None:
    said = f"220 out.relay.test ESMTP Sendmail; {format_datetime(datetime.now(UTC) - off)}"
    with ScriptedRelay({"CONNECT": [said]}) as relay, NameServer(sound(key)) as names:
        found = service(relay, names)
    assert [how for what, (how, _) in found.items() if "clock" in what] == [mark]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, needs: Callable[[str, bool, str], None]) -> Path:
    needs("openssl", shutil.which("openssl") is not None, "no openssl to make a certificate with")
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize(
    ("answer", "trusted", "mark", "words"),
    [
        (reply(200, b"ok\n"), True, "good", "it is ours"),
        (reply(200, b"<html>It works!"), True, "bad", "not as ours"),
        (reply(301, b"", Location="https://elsewhere.test/health"), True, "bad", "redirected"),
        (reply(502, b"Bad Gateway"), True, "bad", "502"),
        (reply(200, b"ok\n"), False, "bad", "certificate"),
    ],
)
def test_the_pages_behind_the_links_are_asked(
    service: Callable[..., Marks], key: DkimKey, certificate: Path, monkeypatch: pytest.MonkeyPatch,
    answer: Any, trusted: bool, mark: str, words: str,
) -> None:  # fmt: skip
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with WebServer(tls=context) as web, ScriptedRelay() as relay, NameServer(sound(key)) as names:
        web.on("/digest/health", answer)
        found = service(relay, names, web.url("/digest"))
    assert [how for what, (how, remedy) in found.items() if words in what] == [mark]


def test_pages_that_nobody_serves_are_named(service: Callable[..., Marks], key: DkimKey) -> None:
    with ScriptedRelay() as relay, NameServer(sound(key)) as names:
        found = service(relay, names, f"https://127.0.0.1:{relay.port}")
    assert [how for what, (how, _) in found.items() if "can't be reached from here" in what] == ["bad"]
