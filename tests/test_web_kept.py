"""Answers kept in memory for a moment."""

from __future__ import annotations

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import Response

from aggregator.web.kept import MOST, Kept


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


class Maker:
    """Makes answers, and counts them; waits for `go` if it is given one."""

    def __init__(self, body: bytes = b"page", go: asyncio.Event | None = None) -> None:
        self.body, self.go, self.made = body, go, 0

    async def __call__(self, asked: Request) -> Response:
        assert "if-none-match" not in asked.headers, "what is kept has a body"
        self.made += 1
        if self.go:
            await self.go.wait()
        return Response(self.body, headers={"ETag": '"1"'})


def test_one_answer_serves_many_until_its_time_is_over() -> None:
    at, make = [0.0], Maker()
    kept = Kept(lambda: at[0])

    async def ask() -> bytes:
        return bytes((await kept.answer(("/",), request(), make, 60)).body)

    async def asked() -> None:
        assert await asyncio.gather(*(ask() for _ in range(50))) == [b"page"] * 50
        assert make.made == 1, "fifty at once wait for one"
        at[0] = 59
        await ask()
        assert make.made == 1
        at[0] = 61
        await ask()
        assert make.made == 2

    asyncio.run(asked())


def test_while_it_is_made_anew_the_former_one_is_given() -> None:
    at = [0.0]
    kept = Kept(lambda: at[0])

    async def asked() -> None:
        await kept.answer(("/",), request(), Maker(b"old"), 60)
        at[0] = 61
        go = asyncio.Event()
        slow = asyncio.create_task(kept.answer(("/",), request(), Maker(b"new", go), 60))
        await asyncio.sleep(0)
        assert (await kept.answer(("/",), request(), Maker(b"never"), 60)).body == b"old"
        go.set()
        assert (await slow).body == b"new"

    asyncio.run(asked())


@pytest.mark.parametrize(
    ("held", "status"), [('"1"', 304), ('W/"1", "2"', 304), ("*", 304), ('"2"', 200), ("", 200)]
)
def test_who_has_it_already_is_told_so(held: str, status: int) -> None:
    kept = Kept()

    async def asked() -> None:
        for _ in range(2):
            response = await kept.answer(("/",), request(if_none_match=held), Maker(), 60)
            assert (response.status_code, response.body) == (status, b"" if status == 304 else b"page")
            assert response.headers["etag"] == '"1"'

    asyncio.run(asked())


def test_a_fault_is_told_to_all_who_wait_and_not_kept() -> None:
    kept, make = Kept(), Maker()

    async def fails(_: Request) -> Response:
        await asyncio.sleep(0)
        raise KeyError("bug")

    async def asked() -> None:
        waiting = [kept.answer(("/",), request(), fails, 60) for _ in range(3)]
        assert [type(one) for one in await asyncio.gather(*waiting, return_exceptions=True)] == [KeyError] * 3
        assert (await kept.answer(("/",), request(), make, 60)).body == b"page"

    asyncio.run(asked())


def test_memory_is_bounded_and_what_was_not_asked_for_longest_goes_first() -> None:
    kept = Kept()
    large = Maker(b"x" * (MOST // 20))

    async def asked() -> None:
        for number in range(25):
            await kept.answer((str(number),), request(), large, 60)
        assert large.made == 25
        await kept.answer(("24",), request(), large, 60)
        assert large.made == 25
        await kept.answer(("0",), request(), large, 60)
        assert large.made == 26

    asyncio.run(asked())
