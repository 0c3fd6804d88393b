"""The words of letters that are looked up by a name: kinds, sections, states; and the forms of reasons."""

from __future__ import annotations

SECTIONS = {
    "changed": "Changed dates",
    "closing": "Closing soon",
    "courses": "Courses",
    "events": "Events and calls",
    "notes": "Conference notes",
    "reading": "Reading",
    "discussions": "Discussions",
    "jobs": "Jobs",
    "discovery": "From outside your topics",
}
KINDS = {
    "notes": "Conference notes",
    "course": "Course",
    "event": "Event",
    "call": "Call",
    "job": "Job",
    "paper": "Paper",
    "thread": "Discussion",
    "podcast": "Podcast",
    "video": "Video",
    "news": "News",
    "release": "Release",
}
OFTEN = {
    "daily": "every day",
    "weekdays": "on weekdays",
    "weekly": "every week",
    "fortnightly": "every two weeks",
    "monthly": "every month",
}
LANGUAGE_LIST = (
    "af Afrikaans, ar Arabic, az Azerbaijani, be Belarusian, bg Bulgarian, bn Bengali, bs Bosnian, ca "
    "Catalan, cs Czech, cy Welsh, da Danish, de German, el Greek, en English, eo Esperanto, es Spanish, "
    "et Estonian, eu Basque, fa Persian, fi Finnish, fr French, ga Irish, gd Scottish Gaelic, gl "
    "Galician, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian, is Icelandic, "
    "it Italian, ja Japanese, ka Georgian, kk Kazakh, ko Korean, la Latin, lb Luxembourgish, lt "
    "Lithuanian, lv Latvian, mi Māori, mk Macedonian, ms Malay, mt Maltese, nb Norwegian, nl Dutch, nn "
    "Norwegian, no Norwegian, pl Polish, pt Portuguese, rm Romansh, ro Romanian, ru Russian, sk Slovak, "
    "sl Slovenian, sq Albanian, sr Serbian, sv Swedish, sw Swahili, ta Tamil, th Thai, tl Tagalog, tr "
    "Turkish, uk Ukrainian, ur Urdu, uz Uzbek, vi Vietnamese, zh Chinese, zu Zulu"
)
LANGUAGES = dict(pair.split(" ", 1) for pair in LANGUAGE_LIST.split(", "))
STATUS = {
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "moved_online": "Moved online",
    "tentative": "not confirmed yet",
}
# What has become of something, and of which of its dates.
CHANGED = {
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "moved": "Moved",
    "earlier": "Earlier",
    "extended": "Extended",
    "opening_moved": "Moved",
    "moved_online": "Moved online",
    "sold_out": "Sold out",
    "restored": "Takes place after all",
    "available": "Places again",
}
DATED = {
    "": "was {was}, now {now}",
    "closes": "closing date was {was}, now {now}",
    "submissions": "deadline for proposals was {was}, now {now}",
    "early_bird": "end of early bird was {was}, now {now}",
    "opens": "enrolment opening was {was}, now {now}",
}
COVERS = {"certificate": "certificate", "exam": "exam"}
# Whether a course can be joined (occasions/states.py), for lists of courses.
STATES = {
    "closing_soon": "closing soon",
    "open": "open",
    "opens_soon": "opens soon",
    "announced": "announced",
    "always_open": "always open",
    "unknown": "unknown",
    "closed_but_running": "closed but running",
    "closed": "closed",
    "ended": "ended",
    "withdrawn": "withdrawn",
}
# The forms of the reasons that ranking gives, and of those that tagging does; known again by compose/reasons.py.
REASONS = (
    "Topic: {name}",
    "Like what you marked: {name}",
    "Search: “{name}”",
    "Keyword: “{name}”",
    "You follow {name}",
    "Outside your topics: {name}, often beside {other}",
)
EVIDENCE = (
    "“{words}” in the title",
    "“{words}” in the text",
    "“{words}” in the address",
    "“{words}” as author",
    "“{words}” among the source's own categories",
    "“{words}” at the start of the text",
    "“{words}” {count} times in the text",
    "given to every item of {name} by the curator",
    "given to this item by a curator",
)
# Short letters (compose/short.py): kind and part.
SHORT = {
    "confirm subject": "Please confirm: {title}",
    "confirm before": (
        "Somebody, most likely you, has asked for {title} at this address. Letters begin when you confirm it: "
        "open this page and press the button."
    ),
    "confirm button": "Confirm that I want these letters",
    "confirm after": "If it was not you, do nothing: no letters will be sent, and the address is deleted.",
    "confirm_address subject": "Please confirm your new address for {title}",
    "confirm_address before": (
        "Somebody, most likely you, has asked for {title} to come to this address from now on. That happens when "
        "you confirm it: open this page and press the button."
    ),
    "confirm_address button": "Confirm this address",
    "confirm_address after": "If it was not you, do nothing: no letters will be sent to this address.",
    "link subject": "Your link to {title}",
    "link before": (
        "Somebody, most likely you, has asked for this link. It opens the page on which you see and change what "
        "you get of {title}."
    ),
    "link button": "Change what you get",
    "link after": "Whoever has the link can do the same, so keep it to yourself. If you did not ask, do nothing.",
    "already subject": "You already get {title}",
    "already before": (
        "Somebody, most likely you, has asked for {title} at this address. It comes here already, so nothing was "
        "changed. This link opens the page on which you see and change what you get."
    ),
    "already button": "Change what you get",
    "already after": "If it was not you, do nothing. If you want no more letters, the page says how to leave.",
    "private subject": "Your fresh link to {title}",
    "private before": (
        "Somebody, most likely you, has asked for a fresh link. It also opens what a passed-on letter must not "
        "open: everything that is held on you, your address, and how to have all of it erased."
    ),
    "private button": "Open my page",
    "private after": "Whoever has the link can do the same, so do not pass it on. If you did not ask, do nothing.",
    "move subject": "Shall {title} come to another address?",
    "move before": (
        "Somebody, most likely you, has asked that {title} come to another address and no longer to this one. It "
        "happens when both addresses have confirmed it: open this page and press the button."
    ),
    "move button": "Confirm or stop the change",
    "move after": (
        "If it was not you, open the page and stop it. If you do nothing, nothing is changed and letters go on "
        "coming here."
    ),
    "help subject": "Help with {title}",
    "help before": (
        "You asked for help with {title}. The page behind this link shows what your letters are chosen by: "
        "topics, words and languages, how often and when they come."
    ),
    "help button": "See what you get",
    "help after": (
        "What can't be changed there, a person changes for you: answer this mail and say in a few words what it "
        "is about."
    ),
}
TABLES = (SECTIONS, KINDS, OFTEN, STATUS, CHANGED, DATED, COVERS, STATES, SHORT)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
