"""Language codes: BCP 47 tags reduced to their base subtag, and the slips people make with them."""

from __future__ import annotations

import difflib
import re

# ISO 639-1, every two-letter code that may begin a BCP 47 tag.
_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv
dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie
ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv
mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm
rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
CODES = frozenset(_CODES.split())
# "Several", "not said" and "no language at all" (ISO 639-2) all mean that nothing is known of one item.
UNKNOWN = frozenset({"mul", "und", "zxx"})

_NAMES = {
    "arabic": "ar", "bosnian": "bs", "bulgarian": "bg", "catalan": "ca", "català": "ca", "chinese": "zh",
    "croatian": "hr", "hrvatski": "hr", "czech": "cs", "čeština": "cs", "danish": "da", "dansk": "da",
    "deutsch": "de", "dutch": "nl", "english": "en", "español": "es", "estonian": "et", "finnish": "fi",
    "français": "fr", "french": "fr", "galician": "gl", "german": "de", "greek": "el", "hebrew": "he",
    "hindi": "hi", "hungarian": "hu", "icelandic": "is", "irish": "ga", "italian": "it", "italiano": "it",
    "japanese": "ja", "korean": "ko", "latvian": "lv", "lithuanian": "lt", "magyar": "hu", "nederlands": "nl",
    "norwegian": "no", "norsk": "no", "persian": "fa", "polish": "pl", "polski": "pl", "portuguese": "pt",
    "português": "pt", "romanian": "ro", "română": "ro", "russian": "ru", "serbian": "sr", "slovak": "sk",
    "slovene": "sl", "slovenian": "sl", "slovenščina": "sl", "spanish": "es", "suomi": "fi", "swedish": "sv",
    "svenska": "sv", "turkish": "tr", "türkçe": "tr", "ukrainian": "uk", "vietnamese": "vi", "welsh": "cy",
}  # fmt: skip
# Countries written where a language is meant, and three-letter codes that have a two-letter form.
_SLIPS = {
    "at": "de", "cn": "zh", "cz": "cs", "dk": "da", "gb": "en", "gr": "el", "jp": "ja", "us": "en",
    "ua": "uk", "ara": "ar", "cat": "ca", "ces": "cs", "cze": "cs", "chi": "zh", "zho": "zh", "dan": "da",
    "deu": "de", "ger": "de", "dut": "nl", "nld": "nl", "ell": "el", "gre": "el", "eng": "en", "fin": "fi",
    "fra": "fr", "fre": "fr", "heb": "he", "hrv": "hr", "hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko",
    "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "slk": "sk", "slo": "sk",
    "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tur": "tr", "ukr": "uk",
}  # fmt: skip
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*")


def base_language(tag: str) -> str | None:
    """The base subtag of a BCP 47 tag (RFC 5646, 2.2.1): `pt-BR` gives `pt`; None for `mul`, `und`, `zxx`.

    Raises ValueError, whose text is the remedy, for what is no language.
    """
    text = tag.strip().lower()
    match = _TAG.fullmatch(text)
    base = match[1] if match else ""
    if base in UNKNOWN:
        return None
    if base in CODES or (len(base) == 3 and base not in _SLIPS):
        return base
    raise ValueError(_remedy(text, base))


def _remedy(text: str, base: str) -> str:
    word = text.split("-")[0].split("_")[0]
    meant = _NAMES.get(text) or _SLIPS.get(base) or _NAMES.get(word)
    if meant is None:
        near = difflib.get_close_matches(text, _NAMES, 1, 0.8)
        meant = _NAMES[near[0]] if near else None
    return f"did you mean '{meant}'?" if meant else "write a language code such as en, it, hr or pt-BR"
