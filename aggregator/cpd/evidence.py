"""Files that members keep as evidence: which ones are taken, by their bytes and not by what they call themselves,
and under which name they are given back."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from aggregator.cpd.record import Evidence

MOST_BYTES = 5_000_000  # of one file
MOST_FILES = 20  # of one activity
MOST_BYTES_IN_ALL = 50_000_000  # of one member
LONGEST_NAME = 100

Fault = Literal["empty", "large", "many", "full", "kind"]
# Each is a message that pages translate.
FAULTS: Mapping[Fault, str] = {
    "empty": "The file is empty.",
    "large": "The file is too large: at most 5 MB.",
    "many": "This activity has 20 files already.",
    "full": "Your files come to 50 MB already; delete one first.",
    "kind": "Only PDF, PNG, JPEG, WebP, plain text, OpenDocument and Word files are kept.",
}
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument.text"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS: Mapping[str, str] = {
    "application/pdf": ".pdf",
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/webp": ".webp",
    "text/plain": ".txt",
    _OPEN_DOCUMENT: ".odt",
    _WORD: ".docx",
}
_ALSO = {".jpeg": ".jpg", ".text": ".txt", ".md": ".txt", ".csv": ".txt"}


def media_type(content: bytes) -> str | None:
    """What a file is, of the kinds that are kept; None for all else, whatever its name says."""
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(b"PK\x03\x04"):
        return _zipped(content)
    return "text/plain" if _is_text(content) else None


def _zipped(content: bytes) -> str | None:
    """OpenDocument says what it is in its first member, Word by a member it always has; macros are not kept."""
    if b"vbaProject.bin" in content:
        return None
    if content[30:38] == b"mimetype":
        return _OPEN_DOCUMENT if content[38:].startswith(_OPEN_DOCUMENT.encode() + b"PK") else None
    return _WORD if b"[Content_Types].xml" in content and b"word/document.xml" in content else None


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return not any(unicodedata.category(char) == "Cc" and char not in "\t\r\n\f" for char in text)


def fault(content: bytes, kept: Sequence[Evidence], in_all: int) -> Fault | None:
    """Why a file is not taken; `kept` is what the activity has, `in_all` the bytes of the member's files."""
    if not content:
        return "empty"
    if len(content) > MOST_BYTES:
        return "large"
    if sum(1 for one in kept if one.sha256) >= MOST_FILES:
        return "many"
    if in_all + len(content) > MOST_BYTES_IN_ALL:
        return "full"
    return None if media_type(content) else "kind"


def described(content: bytes, name: str, kind: str = "other", note: str = "") -> Evidence:
    """What is kept of a file beside its bytes. Raises ValueError for a kind that is not kept."""
    found = media_type(content)
    if found is None:
        raise ValueError("this kind of file is not kept")
    return Evidence(
        "", kind, safe_name(name, found), found, len(content), hashlib.sha256(content).hexdigest(), note=note
    )


def safe_name(name: str, media: str) -> str:
    """A name that is safe on every system and in a header: no folders, no control characters, and the ending of
    what the file is."""
    own = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    own = "".join(char for char in own if unicodedata.category(char)[0] != "C")
    own = re.sub(r'[<>:"|?*;%\s]+', " ", own).strip(" .")
    ending = ENDINGS[media]
    stem, dot, given = own.rpartition(".")
    if dot and (f".{given.lower()}" == ending or _ALSO.get(f".{given.lower()}") == ending):
        own, ending = stem, f".{given.lower()}"
    return (own[: LONGEST_NAME - len(ending)].strip(" .") or "file") + ending
