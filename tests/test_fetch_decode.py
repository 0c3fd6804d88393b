"""Content codings: what was packed comes out whole, and what is too large, cut or damaged never does."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import SourceError
from aggregator.fetch.decode import Decoder, coding_of

TEXT = b"<rss>" + b"news and more news, " * 300 + b"</rss>"


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKERS = {"gzip": gzip.compress, "zlib": zlib.compress, "raw": raw_deflate, "plain": bytes}


def decode(data: bytes, coding: str, limit: int = 1 << 20, step: int = 1 << 16) -> bytes:
    decoder = Decoder(coding, limit)
    for start in range(0, len(data), step):
        decoder.feed(data[start : start + step])
    return decoder.finish()


@pytest.mark.parametrize(
    ("coding", "packed_as"),
    [
        ("gzip", "gzip"), ("x-gzip", "gzip"), ("deflate", "zlib"), ("deflate", "raw"), ("", "plain"),
        ("gzip", "plain"), ("deflate", "plain"),  # the name of a coding on plain bytes
        ("", "gzip"), ("deflate", "gzip"), ("gzip", "zlib"),  # another coding than was said
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 7, 1 << 16])
def test_the_bytes_are_believed_not_the_header(coding: str, packed_as: str, step: int) -> None:
    assert decode(PACKERS[packed_as](TEXT), coding, step=step) == TEXT


@given(st.binary(), st.sampled_from(["gzip", "zlib"]), st.integers(1, 50))
def test_whatever_is_packed_comes_out_however_it_is_cut(body: bytes, packer: str, step: int) -> None:
    coding = "gzip" if packer == "gzip" else "deflate"
    assert decode(PACKERS[packer](body), coding, step=step) == body


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=5), st.integers(1, 30), st.sampled_from([b"", b"\0" * 9])
)
def test_members_are_joined_and_padding_is_ignored(parts: list[bytes], step: int, padding: bytes) -> None:
    data = b"".join(gzip.compress(part) for part in parts) + padding
    assert decode(data, "gzip", step=step) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300), st.data())
def test_a_cut_gzip_never_passes_for_whole(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    cut = data.draw(st.integers(2, len(packed) - 1))
    with pytest.raises(SourceError, match="truncated"):
        decode(packed[:cut], "gzip")


@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "deflate"]), st.integers(1, 64))
def test_anything_at_all_ends_in_bytes_or_a_code(data: bytes, coding: str, step: int) -> None:
    code = "whole"
    try:
        decode(data, coding, limit=1000, step=step)
    except SourceError as error:
        code = error.code
    assert code in ("whole", "too-large", "truncated", "bad-encoding")


@pytest.mark.parametrize("step", [1000, 1 << 20])
@pytest.mark.parametrize("packer", ["gzip", "zlib", "raw"])
def test_a_bomb_is_stopped_before_it_unpacks(packer: str, step: int) -> None:
    bomb = PACKERS[packer](bytes(50 << 20))
    tracemalloc.start()
    with pytest.raises(SourceError, match="too-large"):
        decode(bomb, "gzip" if packer == "gzip" else "deflate", limit=1 << 20, step=step)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_the_limit_counts_raw_and_unpacked_bytes_alike() -> None:
    assert decode(b"x" * 100, "", limit=100) == b"x" * 100
    assert decode(gzip.compress(b"x" * 100), "gzip", limit=100) == b"x" * 100
    for data, coding in ((b"x" * 101, ""), (gzip.compress(b"x" * 101), "gzip")):
        with pytest.raises(SourceError, match="too-large"):
            decode(data, coding, limit=100)


def test_many_empty_members_are_an_attack() -> None:
    with pytest.raises(SourceError, match="bad-encoding"):
        decode(gzip.compress(b"") * 2000, "gzip")


def test_damage_is_noticed() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-6] ^= 0xFF  # in the checksum
    with pytest.raises(SourceError, match="bad-encoding"):
        decode(bytes(packed), "gzip")


@pytest.mark.parametrize(
    ("header", "coding"),
    [("", ""), ("GZIP", "gzip"), ("identity, gzip", "gzip"), ("utf-8", ""), ("deflate", "deflate")],
)
def test_the_coding_of_a_header(header: str, coding: str) -> None:
    assert coding_of(header) == coding


@pytest.mark.parametrize("header", ["br", "zstd", "gzip, gzip", "deflate, br", "rot13"])
def test_codings_that_are_not_undone(header: str) -> None:
    with pytest.raises(SourceError, match="bad-encoding"):
        coding_of(header)
