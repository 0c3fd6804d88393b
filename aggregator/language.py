"""Which language a text is in: what its source states, checked against what can be seen.

Blog software states American English for blogs in every language, so a stated language is believed only while the
text does not clearly speak for another. Scripts decide first, then a vote of stop words; the statistical model
(py3langid, a second to load) is asked only where nothing is stated and the vote has no winner.
What is not known stays None: English is never assumed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

from aggregator.text import spellings

_SAMPLE = 2000  # characters that are looked at
_LETTERS_NEEDED = 24  # fewer letters are no evidence for the statistical model
_MOST = 3  # times that a word counts in a vote
_ROUNDING = 1e-6  # by which sums in another order may differ
_REMEMBERED = 100_000  # words of which is known whether they are stop words
_SURE = 0.5  # its confidence below which we say that we do not know

# ISO 639-1. What is not in here is no language, whatever a feed says ("utf", "xx").
_CODES = frozenset(
    """aa ab af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el
    en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu
    ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na
    nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so
    sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh
    zu""".split()
)
# Other writings: ISO 639-2, old codes, country codes taken for languages, and names in English and their own.
_NAMES = {
    "in": "id", "iw": "he", "ji": "yi", "us": "en", "gb": "en", "jp": "ja", "cn": "zh", "cz": "cs", "dk": "da",
    "gr": "el", "ua": "uk", "nb": "no", "nn": "no", "sh": "hr", "mo": "ro", "eng": "en", "ita": "it", "fra": "fr",
    "fre": "fr", "deu": "de", "ger": "de", "spa": "es", "por": "pt", "nld": "nl", "dut": "nl", "hrv": "hr",
    "pol": "pl", "swe": "sv", "dan": "da", "nor": "no", "nob": "no", "nno": "no", "fin": "fi", "ces": "cs",
    "cze": "cs", "slk": "sk", "slo": "sk", "slv": "sl", "hun": "hu", "ron": "ro", "rum": "ro", "cat": "ca",
    "tur": "tr", "rus": "ru", "ukr": "uk", "ell": "el", "gre": "el", "heb": "he", "ara": "ar", "fas": "fa",
    "per": "fa", "hin": "hi", "jpn": "ja", "kor": "ko", "zho": "zh", "chi": "zh", "srp": "sr", "bul": "bg",
    "english": "en", "italian": "it", "italiano": "it", "french": "fr", "français": "fr", "francais": "fr",
    "german": "de", "deutsch": "de", "spanish": "es", "español": "es", "espanol": "es", "castellano": "es",
    "portuguese": "pt", "português": "pt", "dutch": "nl", "nederlands": "nl", "croatian": "hr", "hrvatski": "hr",
    "polish": "pl", "polski": "pl", "swedish": "sv", "svenska": "sv", "danish": "da", "dansk": "da",
    "norwegian": "no", "norsk": "no", "finnish": "fi", "suomi": "fi", "czech": "cs", "čeština": "cs",
    "slovak": "sk", "slovenian": "sl", "hungarian": "hu", "magyar": "hu", "romanian": "ro", "catalan": "ca",
    "català": "ca", "turkish": "tr", "türkçe": "tr", "russian": "ru", "ukrainian": "uk", "greek": "el",
    "hebrew": "he", "arabic": "ar", "persian": "fa", "farsi": "fa", "hindi": "hi", "japanese": "ja",
    "korean": "ko", "chinese": "zh", "serbian": "sr", "bulgarian": "bg", "icelandic": "is", "welsh": "cy",
}  # fmt: skip

# Frequent small words. A word counts the less the more of these languages share it.
_STOP_WORDS = {
    "en": "the of and to in is that for it with as was are be this by on not or from at have has an we you will "
    "which their they been can our your more about what who its how",
    "fr": "le la les de des du un une et est en que qui dans pour par sur pas au aux avec ce cette ces son sa ses "
    "nous vous il elle ils sont plus ou mais être été leur d'un d'une c'est qu'il n'est",
    "es": "el la los las de del un una y es en que por para con no se su sus al lo como más pero este esta estos "
    "o son ha sobre entre también desde cuando muy nos fue ser hay donde",
    "de": "der die das und ist in den von zu mit für auf im nicht ein eine einer eines einem einen dem des als "
    "auch sich es an werden wird sind bei aus nach wie über zum zur oder wir sie hat haben durch um",
    "it": "il lo la i gli le di del della dei delle dello degli e è che per con non un una uno in nel nella nei "
    "nelle al alla ai alle dal dalla da sul sulla si sono come più anche ma o questo questa ed ha dell'a",
    "pt": "o a os as de do da dos das um uma e é em no na nos nas que para por com não se ao à aos pela pelo "
    "mais como mas foi são ser sua seu também ou este esta isso já há você",
    "nl": "de het een en van in is dat op te voor met zijn niet aan er door ook als bij naar om uit dan maar "
    "wordt worden deze die dit heeft hebben over wij we je ze nog kan meer tot",
    "sv": "och att det som en ett är av för på med den till inte om har de i var jag vi ni från kan eller men sig "
    "vid så också ska när hur alla blir efter under mellan",
    "da": "og at det som en et er af for på med den til ikke om har de i var jeg vi fra kan eller men sig ved så "
    "også skal når hvordan alle bliver efter mellem hvor blev deres der",
    "no": "og å det som en et er av for på med den til ikke om har de i var jeg vi fra kan eller men seg ved så "
    "også skal når hvordan alle blir etter mellom hvor ble deres mer noe",
    "fi": "ja on ei että se oli ovat myös kun mutta tai hän joka sekä kanssa ole voi niin kuin mitä mukaan jotka "
    "tämä sen jos vain nyt jo ovat olla tämän tai kuten",
    "hr": "i u je na se za od su da s o koji koja koje kao iz do te ili bi će nije ali što po kako više biti samo "
    "ovaj ova sve nakon između prema kod gdje također",
    "sl": "in v je na se za so da s o ki kot iz do ter ali bi pa tudi ni z bo po kako več biti samo ta to pri med "
    "lahko kjer bila še že",
    "pl": "i w na z do że się jest nie o to od za po jak dla przez są oraz ale ze który która które lub czy tym "
    "tego jego może będzie był także przy pod",
    "cs": "a v na je se že s z do o to k i pro jako za od ale by jsou která který které při nebo jeho také byl "
    "podle jen po více však ve ze si aby může tak",
    "sk": "a v na je sa že s z do o to k i pre ako za od ale by sú ktorá ktorý ktoré pri alebo jeho tiež bol "
    "podľa len po viac však vo zo si aby môže tak",
    "hu": "a az és hogy nem is egy van volt de ez meg azt csak mint el ha már még vagy lehet minden ki után "
    "között szerint kell ezt illetve által",
    "ro": "și de la în a cu pe un o care este nu din să se pentru mai ce sunt au fost prin că după sau al ale "
    "această acest între lor ca ne",
    "ca": "el la els les de del dels i en que per a amb un una és no al als més es són com però aquest aquesta "
    "també ha o seva seu entre des sobre ens",
    "tr": "ve bir bu da de için ile olarak olan çok daha en gibi ne kadar sonra ancak değil ya ki veya her ise "
    "tarafından üzerinde göre olduğu",
    "id": "yang dan di dari untuk dengan ini pada itu adalah dalam tidak ke akan oleh juga atau sebagai telah "
    "bisa lebih karena kami dapat para tersebut",
    "et": "ja on ei et see oli ka kui aga või mis oma ning selle kes siis veel seda tema olid kuid saab juba "
    "välja kõik mida",
    "lv": "un ir ar no par kas uz lai bet vai tas pie arī kā tika savu bija gan pēc viņa šis var līdz",
    "lt": "ir yra kad su iš į tai bet apie kaip buvo dėl nuo ar taip pat jis savo per prie už arba kurie po",
}
_WEIGHTS: dict[str, dict[str, float]] = {}


@lru_cache(maxsize=1000)
def base(value: str | None) -> str | None:
    """The two-letter code for what somebody wrote: `en-US`, `en_GB`, `eng`, `English` -> `en`; else None."""
    if not value:
        return None
    name = re.split(r"[-_,;. ]", value.strip().lower(), maxsplit=1)[0]
    name = _NAMES.get(name, name)
    return name if name in _CODES else None


def language_of(text: str, stated: str | None = None) -> str | None:
    """The language of `text`, as a two-letter code, or None where nobody can tell.

    `stated` is what its source says, in any writing; it wins unless the text clearly speaks against it.
    """
    said = base(stated)
    sample = text[:_SAMPLE]
    octets = _octets(sample)
    scripted = _by_script(sample, said) if octets is None else None
    if scripted is not None:
        return scripted or said
    if said is not None and octets is not None and _is_as_said(octets, said):
        return said
    votes = _votes(sample)
    best = max(votes, key=lambda code: votes[code], default=None)
    if said is None:
        return best if best and _clear(votes, best) else _by_model(sample)
    if best and best != said and _overrules(votes, best, said):
        return best
    return said


# --------------------------------------------------------------------------------------------------- scripts
# First and last letter, the language that it nearly always means (empty: several), those that may be stated.
_SCRIPTS = (
    ("\u0370", "\u03ff", "el", "el"),
    ("\u0400", "\u052f", "", "ru uk bg sr mk be kk ky mn tg tt"),
    ("\u0530", "\u058f", "hy", "hy"),
    ("\u0590", "\u05ff", "he", "he yi"),
    ("\u0600", "\u06ff", "", "ar fa ur ps ug sd ku"),
    ("\u0900", "\u097f", "hi", "hi mr ne sa"),
    ("\u0980", "\u09ff", "bn", "bn as"),
    ("\u0a80", "\u0aff", "gu", "gu"),
    ("\u0b80", "\u0bff", "ta", "ta"),
    ("\u0c00", "\u0c7f", "te", "te"),
    ("\u0c80", "\u0cff", "kn", "kn"),
    ("\u0d00", "\u0d7f", "ml", "ml"),
    ("\u0e00", "\u0e7f", "th", "th"),
    ("\u10a0", "\u10ff", "ka", "ka"),
    ("\uac00", "\ud7af", "ko", "ko"),
    ("\u3040", "\u30ff", "ja", "ja"),
    ("\u4e00", "\u9fff", "zh", "zh ja"),
)  # fmt: skip
_BEYOND_LATIN = re.compile("[\u0370-\u10ff\u3040-\ud7af]")
_CYRILLIC = (("ўў", "be"), ("іїєґ", "uk"), ("ѓќѕ", "mk"), ("ђћџљњј", "sr"), ("ыэё", "ru"), ("ъщ", "bg"))
_PERSIAN, _URDU = "پچژگ", "ٹڈڑےں"


def _by_script(sample: str, said: str | None) -> str | None:
    """None for Latin script or too little; empty for a script that speaks for no one language."""
    foreign = [] if sample.isascii() else _BEYOND_LATIN.findall(sample)
    if len(foreign) < 2 or len(foreign) * 5 < sum(map(str.isalpha, sample)) * 2:
        return None
    foreign.sort()
    totals = {low: bisect_right(foreign, high) - bisect_left(foreign, low) for low, high, *_ in _SCRIPTS}
    if totals["\u3040"] * 12 > totals["\u4e00"] and totals["\u3040"] > 1:
        return "ja"
    _, _, usual, possible = max(_SCRIPTS, key=lambda script: totals[script[0]])
    if said in possible.split():
        return said
    return usual or _cyrillic_or_arabic(Counter(foreign))


def _cyrillic_or_arabic(counts: Counter[str]) -> str:
    lower: Counter[str] = Counter()
    for letter, number in counts.items():
        lower[letter.lower()] += number
    if any("\u0600" <= letter <= "\u06ff" for letter in lower):
        if sum(lower[letter] for letter in _URDU) > 1:
            return "ur"
        return "fa" if sum(lower[letter] for letter in _PERSIAN) * 50 > sum(lower.values()) else "ar"
    for telling, code in _CYRILLIC:
        if sum(lower[letter] for letter in telling):
            return code
    return ""


# ------------------------------------------------------------------------------------------------ stop words
_PRINT = "‘“”–—…"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LETTERS = re.compile(r"[^\W\d_]+")


def _weights() -> dict[str, dict[str, float]]:
    """word -> language -> weight, made once: 1 for a word of one language, a share of it for a shared one."""
    if not _WEIGHTS:
        shared = Counter(word for words in _STOP_WORDS.values() for word in set(words.split()))
        made: dict[str, dict[str, float]] = {}
        for code, words in _STOP_WORDS.items():
            for word in words.split():
                made.setdefault(word, {})[code] = 1 / shared[word]
        _WEIGHTS.update(made)
    return _WEIGHTS


class _Voters(dict[str, tuple[str, ...]]):
    """A run of letters and digits as written, or a word with an apostrophe -> the stop words in it."""

    def __missing__(self, run: str) -> tuple[str, ...]:
        if len(self) >= _REMEMBERED:
            self.clear()
        weights = _weights()
        words = [run] if run.isalpha() or "'" in run or "’" in run else _LETTERS.findall(run)
        found = self[run] = tuple(
            lower
            for word in words
            if (lower := word.lower()) in weights and (len(word) == 1 or not word.isupper())  # AI is no "ai"
        )
        return found


_VOTERS = _Voters()


def _votes(sample: str) -> dict[str, float]:
    # Without an apostrophe there are quicker ways to what _WORD finds.
    runs = _WORD.findall(sample) if "'" in sample or "’" in sample else spellings(sample)
    weights, votes = _weights(), dict[str, float]()
    for word, times in Counter(chain.from_iterable(map(_VOTERS.__getitem__, runs))).items():
        for code, weight in weights[word].items():
            votes[code] = votes.get(code, 0.0) + weight * min(times, _MOST)
    return votes


# --------------------------------------------------------------------------------------------- bounds of a vote
_LATIN = "".join(map(chr, range(256)))
_LATIN_LETTERS = "".join(filter(lambda one: one.isalnum() and not one.isdecimal(), _LATIN))
_CAPITALS = "".join(filter(str.isupper, _LATIN_LETTERS))


def _table(kept: str) -> bytes:
    """Latin-1 for `bytes.translate`: what is kept in small letters, all else blank."""
    return bytes(ord(one.lower()) if one in kept else 32 for one in _LATIN)


_SMALL_WORDS, _CAPITALS_SMALL = _table(_LATIN_LETTERS + "'"), _table(_CAPITALS)
_NO_CAPITALS = "".join(one for one in _LATIN_LETTERS if one not in _CAPITALS).encode("latin-1")


def _is_as_said(octets: bytes, said: str) -> bool:
    """Whether no vote of a text in Latin-1 can overrule what is said.

    Most texts are in the language that they state, and to see that, it is enough to know which stop words there
    are: one of another language may stand as often as it counts. What stands in capitals has perhaps no vote, so
    it counts against and not for what is said.
    """
    small = octets.translate(_SMALL_WORDS)
    weights, own, others = _shares(said)
    found = weights.intersection(small.split())
    certain = found.difference(octets.translate(_CAPITALS_SMALL, _NO_CAPITALS).split())
    if b"'" in octets:
        found |= weights.intersection(_beside_apostrophes(small))
    against, needed, factor = _MOST * sum(map(others.__getitem__, found)), *_needed(said)
    against += _ROUNDING
    return against < needed or against < factor * sum(map(own.__getitem__, certain))


def _beside_apostrophes(small: bytes) -> Iterator[bytes]:
    """Of "all'alba": all three of "all", "alba" and "all'alba"; it has one of them at least."""
    for before, after in pairwise(small.split(b"'")):
        left, right = before.rpartition(b" ")[2], after.partition(b" ")[0]
        yield from (left, right, left + b"'" + right)


def _octets(sample: str) -> bytes | None:
    """A text of Latin letters as Latin-1, with the marks of print made plain; None for what goes beyond."""
    if not sample.isascii():
        sample = sample.replace("’", "'")
        for mark in _PRINT:
            sample = sample.replace(mark, " ")
    try:
        return sample.encode("latin-1")
    except UnicodeEncodeError:
        return None


@lru_cache(maxsize=100)
def _shares(said: str) -> tuple[frozenset[bytes], dict[bytes, float], dict[bytes, float]]:
    """All stop words in Latin-1; what each surely counts for a language, and what at most for any other one."""
    every = {word.encode("latin-1"): codes for word, codes in _weights().items() if _is_latin(word)}
    own = {word: 0.0 if b"'" in word else codes.get(said, 0.0) for word, codes in every.items()}
    others = {
        word: max((codes[one] for one in codes if one != said), default=0.0) for word, codes in every.items()
    }
    return frozenset(every), own, others


def _is_latin(word: str) -> bool:
    return all(one in _LATIN for one in word)


def _clear(votes: dict[str, float], best: str) -> bool:
    second = max((vote for code, vote in votes.items() if code != best), default=0.0)
    return votes[best] >= 2.0 and votes[best] >= 1.5 * second


def _overrules(votes: dict[str, float], best: str, said: str) -> bool:
    """English is what software states unasked, so it falls to weaker evidence than a language somebody chose."""
    needed, factor = _needed(said)
    return votes[best] >= needed and votes[best] >= factor * votes.get(said, 0.0) and _clear_of_kin(votes, best)


def _needed(said: str) -> tuple[float, float]:
    """The vote that overrules a language, and how many times its own vote that must be."""
    return (1.5, 2.0) if said == "en" else (4.0, 2.5)


def _clear_of_kin(votes: dict[str, float], best: str) -> bool:
    second = max((vote for code, vote in votes.items() if code != best), default=0.0)
    return votes[best] > second


# ------------------------------------------------------------------------------------------------- the model
@lru_cache(maxsize=1)
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages([code for code in model.labels if code in _STOP_WORDS])
    return model


def _by_model(sample: str) -> str | None:
    if sum(map(str.isalpha, sample)) < _LETTERS_NEEDED:
        return None
    code, confidence = _model().classify(sample)
    return base(code) if confidence >= _SURE else None
