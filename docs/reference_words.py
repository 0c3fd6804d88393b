"""The words of docs/reference.md that the code itself does not say. `reference_maker.py` puts them beside what the
code does say, and stops when one of them is missing or describes something that is no longer there."""

from __future__ import annotations

EXITS = {
    "DONE": "Done. Single sources may have failed: the report says so. Also for a second copy of a run.",
    "LETTERS_FAILED": "Some letters could not be sent: refused, given up, or not fit to leave. Also: `read` and "
    "the filters left something out, `sources add` found no feed, `status --check` raised an alarm.",
    "USAGE": "The command line was wrong. Nothing was done.",
    "BUG": "A fault of ours, with a traceback. Please report it.",
    "TEMPORARY": "Try again later: the relay is down, the outbox folder or the database can't be used. Nothing is "
    "lost; the next run goes on.",
    "CONFIG": "A person must act on a setting, feeds.yaml or a list of readers. Each mistake is named.",
}

ENTRY = {
    "id": "Names the item. It follows from the source and what the source calls the entry, so that it is "
    "the same on every visit.",
    "source": "Id of the source; from `read`, the file as given.",
    "guid": "The source's own name for the entry.",
    "url": "Where it is to be read.",
    "title": "One line of plain text.",
    "text": "Plain text.",
    "html": "Sanitised HTML.",
    "author": "As the source says it.",
    "tags": "The source's own categories.",
    "published_at": "`YYYY-MM-DDTHH:MM:SSZ`, or null where it is not known.",
    "updated_at": "The same, for the last change.",
    "language": "Code of the language, or null.",
    "kind": "One of the kinds of item below; from `read` null where the source says nothing.",
    "occasion": "The dates of a course, event, call or job, or null.",
    "access": "`open` or `restricted`, only where the item's own record tells.",
    "topics": 'List of `{"id", "why"}`; empty from `read`.',
    "also_in": "Ids of other sources that carried it.",
    "follows": "Id of the earlier item that this one is later news on, or empty. Only on items that are held.",
    "first_seen_at": "When we first saw it. Only on items that are held.",
    "fresh": "false for what was old when we first saw it. Only on items that are held.",
}

OCCASION = {
    "starts": "A moment, or a whole day `YYYY-MM-DD`.",
    "ends": "The same.",
    "closes": "The last day or moment to enrol, register or apply.",
    "place": "Where it happens.",
    "price": "As written.",
    "evidence": "The words or field that the dates were read from.",
}

PROFILE = {
    "topics": "Topic id -> weight, 1 to 3.",
    "keywords": "Words and phrases wanted wherever they occur.",
    "searches": "Each a few words that must all occur, or a rule: `mentor* NEAR/5 librar*`.",
    "kinds": "Kind of item -> factor; 1 changes nothing, 0 hides.",
    "languages": "Languages read; empty means all. Items of unknown language pass.",
    "mute": "Topic ids, `source:ID`, `author:NAME`: never wanted, whatever else speaks for the item.",
    "country": "Two letters, or null. What one has to travel to counts more at home and less abroad.",
    "follow": "`source:ID` and `author:NAME`: of interest whatever they are about.",
    "learned": "`topic:ID`, `source:ID`, `author:NAME`, `kind:NAME` -> -1 to 1: what marks have taught.",
    "discovery": "false: letters carry nothing from outside this profile. The filter `rank` does not use it.",
}

COLUMNS = {
    "email": "The address. The only column that must be there.",
    "name": "For the head of the letter and your own lists.",
    "topics": "`mentoring:3;cpd`: topic ids or labels, each with a weight of 1 to 3; 1 where none is said.",
    "keywords": "Words or phrases, separated by `;`.",
    "searches": "Saved searches, separated by `;`.",
    "mute": "Never wanted: topics, `source:ID`, `author:NAME`.",
    "follow": "Always of interest: `source:ID`, `author:NAME`.",
    "discovery": "`no`: no item from outside the profile. Else a letter of five or more may carry one, labelled.",
    "languages": "Languages read: `en;it`. Empty means all.",
    "kinds": "`course:2;job:0`: kinds of item with a factor of 0 to 10.",
    "country": "Two letters: `IT`, `HR`, `GB`. Onsite events and jobs at home count more, those abroad less.",
    "frequency": "`daily`, `weekdays`, `weekly`, `fortnightly`, `monthly`.",
    "weekday": "A name, or 1 (Monday) to 7. For letters that come weekly or more seldom.",
    "hour": "`8` or `08:00`, by the reader's own clock.",
    "timezone": "IANA name: `Europe/Zagreb`.",
    "language": "The reader's own: items in another one are marked. Letters are in English so far.",
    "max_items": "At most so many items in one letter; wins over the edition's.",
    "edition": "Name of an edition in feeds.yaml.",
}

SOURCES = {
    "due": "Sources whose time had come. visited + not_reached.",
    "visited": "Those that were asked.",
    "unchanged": "Of those: nothing new there.",
    "failed": "Of those: nothing could be read, or the source is gone.",
    "not_reached": "Put off to the next run: the run's time was over, or their host asked for a pause.",
}

ENTRIES = {
    "fetched": "Entries found. The sum of the following.",
    "new": "Never seen before.",
    "updated": "Changed by their own source.",
    "known": "Seen before, unchanged.",
    "merged": "The same thing from another source.",
    "refused": "Unusable: neither title nor text, or no address.",
}

DIGESTS = {
    "due": "Periods that fell due, and letters that waited. The sum of the following.",
    "sent": "Handed over.",
    "skipped": "No letter: nothing new, or the period was missed by too much.",
    "held": "In a dry run: letters that would have been written. Otherwise 0.",
    "deferred": "Still waiting: refused for now, or not reached.",
    "refused": "Refused for good, or given up.",
    "failed": "Not fit to leave: it could not be written, or the last check found a fault.",
}

BOUNCES = {
    "read": "Mails that were read. The sum of the following.",
    "known": "Dealt with before.",
    "suppress": "Hard bounces and complaints: the reader gets nothing more.",
    "count_soft": "Soft bounces: counted; the letters end after several issues in a row.",
    "alert_operator": "Refused for reputation, policy, authentication or size: no fault of the reader's.",
    "unsubscribe": "Readers who asked to leave, and left.",
    "review": "For a person to read.",
    "none": "Delays, successes, automatic answers, reports about letters that are not ours.",
}

RETURNED = {
    "given_up": "Of the soft bounces: how many ended a reader's letters.",
    "answered": "Of those to review: how many asked for help and get an answer with the next run.",
    "kinds": "How many of each kind.",
    "reasons": "Why letters were refused through no fault of their readers.",
    "command": "`bounces`.",
    "moment": "The moment the run was for.",
}

RUN = {
    "issues": "Ids of the editions' issues that were made.",
    "suppressed": "Of the letters refused: how many ended their readers' letters, because the address is no more.",
    "ambiguous": "Letters that may have gone out twice, because the relay's answer was never heard: "
    "`{digest, message_id, why}`.",
    "warnings": "What should be known before sending stops by itself: complaints above 0.1 % of the letters.",
    "command": "`collect`, `publish` or `run`.",
    "moment": "The moment the run was for.",
    "exit_code": "As above.",
}

STATES = {
    "waiting": "Written down, to be posted by this run or the next.",
    "sent": "Handed over.",
    "deferred": "Refused for now; tried again later.",
    "refused": "Refused for good.",
    "expired": "Given up: refused for now for too long, or its reader has left.",
    "skipped": "No letter in this period; the reason is kept.",
    "failed": "Not fit to leave; written anew by the next run.",
}

STATUSES = {
    "unconfirmed": "Has not said yes yet: gets nothing, and is erased by `prune` after some days.",
    "active": "Gets letters.",
    "left": "Has unsubscribed.",
    "suppressed": "Must not be written to: mail came back, or was reported.",
}

RELAY = {
    "connections": "Connections at once.",
    "per_minute": "Letters in any 60 seconds, over all connections.",
    "per_domain": "The same for one receiving domain; letters to others overtake.",
    "per_run": "Letters in one run; the others wait for the next.",
    "per_connection": "Letters before a new connection is made.",
    "final_timeout": "Seconds to wait for the answer to a whole letter; who gives up early makes copies. If not "
    "set, twenty times `timeout`: the ten minutes of RFC 5321.",
    "timeout": "Seconds to wait for one answer.",
    "starttls": "Whether the connection is switched to TLS; with a login the default is `required`.",
    "ca": "A file of certificates to trust besides the system's.",
    "ehlo": "The name to greet with.",
}

OTHER_VARIABLES = {
    "AGGREGATOR_SMTP_USER": "User name for the relay, where it is not in the outbox address.",
    "AGGREGATOR_SMTP_PASSWORD": "Password for the relay, where it is not in the outbox address.",
    "SSL_CERT_FILE": "Another file of certificate authorities, for visits to sources.",
    "SSL_CERT_DIR": "The same, as a folder.",
}

SECTIONS = {
    "groups": "Headings over topics: id -> label. Nobody can follow a group.",
    "topics": "What items can be about. Without this section the topics of the shipped file apply.",
    "lists": "Words that rules may name, as `list:name`: name -> language -> words.",
    "sources": "What is visited: id -> address, or id -> the keys below.",
    "editions": "How letters look: name -> the keys below. Without this section there is one, `digest`.",
}
