"""What refusals mean: whether an address is dead, its box is full, or it was us."""

import pytest

from aggregator.bounces.verdicts import judge

# (status, diagnostic in our own words, in the shape of what servers say) -> verdict, reason
CASES = [
    # the address
    ("5.1.1", "smtp; 550 5.1.1 <a@lib.example>: Recipient address rejected: User unknown in local recipient table", "hard", "user-unknown"),
    ("5.1.1", "550-5.1.1 The email account that you tried to reach does not exist. Please check for typos", "hard", "user-unknown"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "hard", "user-unknown"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. [host.prod.example 2026-01-01]", "hard", "user-unknown"),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "hard", "user-unknown"),
    ("5.0.0", "550 No Such User Here", "hard", "user-unknown"),
    ("5.0.0", "550 Unrouteable address", "hard", "user-unknown"),
    ("5.0.0", "554 delivery error: dd This user doesn't have a yahoo.example account (a@yahoo.example) [0]", "hard", "user-unknown"),
    ("", "550 Requested action not taken: mailbox unavailable invalid DNS MX or A/AAAA", "hard", "user-unknown"),
    ("5.0.0", "553 sorry, that domain isn't in my list; no mailbox here by that name (#5.1.1)", "hard", "user-unknown"),
    ("5.1.1", "550 5.1.1 Empfänger unbekannt", "hard", "user-unknown"),
    ("5.1.1", "550 Destinataire inconnu / adresse inconnue", "hard", "user-unknown"),
    ("", "550 utente sconosciuto", "hard", "user-unknown"),
    ("5.1.1", "550 5.1.1 antispam.gate.example: no such user", "hard", "user-unknown"),
    ("5.1.6", "550 5.1.6 recipient no longer on server", "hard", "mailbox-disabled"),
    ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled", "hard", "mailbox-disabled"),
    ("5.2.1", "554 5.2.1 account inactive", "hard", "mailbox-disabled"),
    ("5.0.0", "550 mailbox suspended for inactivity", "hard", "mailbox-disabled"),
    ("5.7.1", "550 5.7.1 <a@lib.example>: user unknown", "hard", "user-unknown"),
    ("5.0.0", "X-Notes; ユーザー a は Domino ディレクトリには見つかりません。", "hard", "user-unknown"),
    ("", "The recipient name is not recognized MSEXCH:IMS:LIB:MAIN 0 (000C05A6) Unknown Recipient", "hard", "user-unknown"),
    ("", "a@lib.example Invalid Address, ERROR_CODE :550, Requested action not taken: mailbox unavailable", "hard", "user-unknown"),
    # the domain
    ("5.1.2", "Sorry, I couldn't find any host named old.example. (#5.1.2)", "hard", "domain-not-found"),
    ("5.4.4", "Host or domain name not found. Name service error for name=gone.example type=A: Host not found", "hard", "domain-not-found"),
    ("5.0.0", "all relevant MX records point to non-existent hosts", "hard", "domain-not-found"),
    ("5.1.10", "556 5.1.10 <a@gone.example>: Recipient address rejected: Domain gone.example does not accept mail (nullMX)", "hard", "domain-not-found"),
    ("5.4.310", "550 5.4.310 DNS domain gone.example does not exist [Message=InfoDomainNonexistent]", "hard", "domain-not-found"),
    # the mailbox is full
    ("5.2.2", "552 5.2.2 mailbox full", "soft", "mailbox-full"),
    ("4.2.2", "452 4.2.2 The email account that you tried to reach is over quota", "soft", "mailbox-full"),
    ("5.2.2", "552-5.2.2 The recipient's inbox is out of storage space", "soft", "mailbox-full"),
    ("5.0.0", "550 Benutzer hat zuviele Mails: Postfach voll", "soft", "mailbox-full"),
    ("5.1.1", "550 5.1.1 user mailbox is full", "soft", "mailbox-full"),
    ("5.3.1", "452 4.3.1 Insufficient system storage", "soft", "mailbox-full"),
    ("5.7.1", "550 5.7.1 quota exceeded for this recipient", "soft", "mailbox-full"),
    # given up
    ("4.4.1", "connect to mx.example[192.0.2.7]:25: Connection timed out", "soft", "expired"),
    ("4.4.7", "smtp; 451 4.4.7 Message delayed; delivery time expired", "soft", "expired"),
    ("5.4.316", "550 5.4.316 Message expired, connection refused(Socket error code 10061)", "soft", "expired"),
    ("5.0.0", "retry timeout exceeded", "soft", "expired"),
    ("4.3.0", "451 4.3.0 temporary local problem - please try later", "soft", "expired"),
    ("4.1.1", "450 4.1.1 <a@lib.example>: Recipient address rejected: unverified address", "soft", "expired"),
    ("4.4.3", "Host or domain name not found. Name service error: try again", "soft", "expired"),
    # us: reputation, authentication, content, size, rate
    ("5.7.1", "554 5.7.1 Service unavailable; Client host [192.0.2.10] blocked using zen.spamhaus.example", "blocked", "reputation"),
    ("5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.10]", "blocked", "reputation"),
    ("5.7.1", "550 5.7.1 Unfortunately, messages from [192.0.2.10] weren't sent: part of their network is on our block list (S3140)", "blocked", "reputation"),
    ("5.0.0", "554 Denied: poor reputation of the sending host", "blocked", "reputation"),
    ("5.7.25", "550-5.7.25 The IP address sending this message does not have a PTR record setup", "blocked", "reputation"),
    ("5.7.26", "550-5.7.26 Unauthenticated email from news.example is not accepted due to domain's DMARC policy", "blocked", "authentication"),
    ("5.7.515", "550 5.7.515 Access denied, sending domain news.example does not meet the required authentication level", "blocked", "authentication"),
    ("5.7.23", "550 5.7.23 The message was rejected because of Sender Policy Framework violation", "blocked", "authentication"),
    ("5.1.8", "550 5.1.8 Sender address rejected: Domain not found", "blocked", "authentication"),
    ("5.7.1", "550 5.7.1 message content rejected, considered spam", "blocked", "content"),
    ("5.7.0", "552-5.7.0 This message was blocked because its content presents a potential security issue (virus)", "blocked", "content"),
    ("5.0.0", "550 High probability of spam", "blocked", "content"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed maximum message size", "blocked", "message-too-big"),
    ("5.2.3", "552 5.2.3 message length exceeds administrative limit", "blocked", "message-too-big"),
    ("4.7.28", "421-4.7.28 unusual rate of unsolicited mail originating from your IP address", "blocked", "reputation"),
    ("4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.10 temporarily deferred due to user complaints", "blocked", "reputation"),
    ("4.7.1", "452 too many connections from your host, throttled", "blocked", "rate-limited"),
    ("5.7.1", "550 5.7.1 Access denied", "blocked", "reputation"),
    ("5.7.1", "554 5.7.1 <a@b.example>: Recipient address rejected: Access denied", "blocked", "reputation"),
    ("5.4.5", "550 5.4.5 Daily sending quota exceeded", "blocked", "rate-limited"),
    ("5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "blocked", "authentication"),
    # a reader who gets too much, for now
    ("5.2.1", "550 5.2.1 The user you are trying to contact is receiving mail too quickly", "soft", "expired"),
    ("4.7.1", "450 4.7.1 <a@b.example>: Recipient address rejected: Greylisted, please try again", "soft", "expired"),
    # doubtful: nobody is silenced by a guess
    ("5.0.0", "550 Rejected", "soft", "expired"),
    ("", "", "soft", "expired"),
    ("5.3.0", "unknown mailer error 1", "soft", "expired"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "words", "verdict", "reason"), CASES, ids=[f"{c[0]} {c[1][:50]}" for c in CASES]
)
def test_verdict(status: str, words: str, verdict: str, reason: str) -> None:
    assert judge(words, status) == (verdict, reason)
