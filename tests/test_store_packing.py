"""What is packed is zlib's format: any program may read it, and what zlib packed before is read here."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from aggregator.store.packing import pack, unpack

CONTENT = st.one_of(st.binary(max_size=2_000), st.text(max_size=300).map(lambda text: text.encode("utf-8") * 20))


@given(CONTENT)
def test_what_is_packed_is_read_by_zlib(content: bytes) -> None:
    assert zlib.decompress(pack(content)) == content


@given(CONTENT, st.integers(0, 9))
def test_what_zlib_packed_is_read(content: bytes, level: int) -> None:
    assert unpack(zlib.compress(content, level)) == content


def test_a_letter_takes_less_room() -> None:
    letter = "".join(f"Item {n}: a course begins, and its fee falls due.\r\n" for n in range(200)).encode()
    assert len(pack(letter)) < len(letter) / 5
