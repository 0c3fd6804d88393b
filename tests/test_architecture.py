"""What docs/architecture.md promises about the house, checked in the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "aggregator"
MODULES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# From the ground up. A room may know those of its own floor (where that is said) and all below it.
NOUNS = {"model", "errors", "on_demand", "__init__"}
PURE = {
    "read", "normalise", "topics", "dedupe", "rank", "choose", "compose", "schedule", "language", "text", "safe", "urls",
    "occasions", "visits", "jsonlines", "tour", "nesting", "bounces", "cpd", "issue", "spelling",
}  # fmt: skip
WORLD = {
    "fetch",
    "store",
    "deliver",
    "config",
    "tokens",
    "sample",
    "crew",
}  # tokens: links carry when they were signed
FLOORS = (
    NOUNS, PURE, WORLD, {"app"},
    {"collect", "errand", "arrivals", "coworker", "coworkers", "publish", "table", "post", "feedback", "trial",
     "returns", "trust", "urgent", "archive", "joining", "moving", "held", "waiting",
     "figures"}, {"cli", "web", "__main__"},
)  # fmt: skip
OPEN_FLOORS = (PURE, FLOORS[4])  # here a room may know its neighbours, but not in a circle
NEIGHBOURS = {("model", "errors"), ("cli", "web"), ("__main__", "cli")}

# Whoever has a reason to be larger is named here with it.
LONGEST_FILE, LONGEST_FUNCTION = 400, 45
LARGE_FILES: dict[str, str] = {"model.py": "the nouns are looked up in one place, and each stands for itself"}
LONG_FUNCTIONS: dict[str, str] = {
    "store/migrations/versions/r0001_first_schema.py:upgrade": "one table after the other, as they were then",
}

# Rule 6: errors are caught only at the loop over units, and at the command line, where the traceback is printed.
CATCH_ALL = {
    "publish.py",
    "joining.py",
    "cli/__init__.py",
    "cli/run.py",
}  # cli/run.py carries the error on to the end of the run
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
    ("time", "monotonic"), ("time", "perf_counter"), ("time", "localtime"), ("time", "gmtime"),
}  # fmt: skip


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every imported module in full, wherever the import stands; `from aggregator import text` as aggregator.text."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}:{node.lineno}: relative import"
            module = node.module or ""
            yield from ([f"{module}.{a.name}" for a in node.names] if module == "aggregator" else [module])


def rooms_known_by(path: Path) -> set[str]:
    ours = [name.split(".") for name in imports_of(path) if name.partition(".")[0] == "aggregator"]
    rooms = {parts[1] if len(parts) > 1 else "__init__" for parts in ours}
    return {room if room in set().union(*FLOORS) else "__init__" for room in rooms} - {room_of(path)}


def floor_of(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def test_every_room_has_its_floor() -> None:
    here = {room_of(path) for path in MODULES}
    assert here <= set().union(*FLOORS), "say in docs/architecture.md and here where the new room belongs"


def test_the_document_names_every_room() -> None:
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {room_of(path) for path in MODULES} - {"__init__", "__main__"}
    assert rooms <= set(re.findall(r"`(\w+)(?:/|\.py)`", document))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downwards(path: Path) -> None:
    own = room_of(path)
    for room in rooms_known_by(path):
        beside = floor_of(room) == floor_of(own)
        allowed = beside and (
            FLOORS[floor_of(own)] in OPEN_FLOORS or (own, room) in NEIGHBOURS or room == "__init__"
        )
        assert floor_of(room) < floor_of(own) or allowed, f"{own} may not know {room}"


def test_no_room_knows_itself_by_way_of_others() -> None:
    known: dict[str, set[str]] = {}
    for path in MODULES:
        known.setdefault(room_of(path), set()).update(rooms_known_by(path) - {"__init__"})

    def walk(room: str, way: tuple[str, ...]) -> None:
        assert room not in way, f"a circle: {' -> '.join((*way, room))}"
        for further in sorted(known.get(room, ())):
            walk(further, (*way, room))

    for room in known:
        walk(room, ())


@pytest.mark.parametrize("path", [p for p in MODULES if room_of(p) in NOUNS | PURE], ids=name_of)
def test_the_middle_never_asks_the_clock(path: Path) -> None:
    asked = [
        f"line {node.lineno}: {node.value.id}.{node.attr}"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    ]
    assert asked == []


def test_only_fetch_knows_the_http_libraries() -> None:
    for path in MODULES:
        known = {name.partition(".")[0] for name in imports_of(path)} & {
            "httpx",
            "httpcore",
            "aiohttp",
            "httpx_aiohttp",
        }
        assert not known or room_of(path) == "fetch", f"{name_of(path)} knows {known}"


def test_each_library_of_the_rim_stays_in_its_room() -> None:
    rooms = {
        "sqlalchemy": {"store"}, "sqlite_utils": {"store"}, "psycopg": {"store"}, "alembic": {"store"},
        "feedparser": {"read"}, "ruamel": {"config"}, "starlette": {"web", "cli"}, "uvicorn": {"cli"},
        "imaplib": {"fetch"}, "rich": {"cli"}, "css_inline": {"compose"}, "babel": {"compose"}, "itsdangerous": {"tokens"}, "xlsxwriter": {"cpd"},
    }  # fmt: skip
    for path in MODULES:
        for name in imports_of(path):
            library = name.partition(".")[0]
            assert library not in rooms or room_of(path) in rooms[library], f"{name_of(path)} knows {library}"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_mocks(path: Path) -> None:
    doubles = {name for name in imports_of(path) if name.startswith(("unittest", "mock", "pytest_mock"))}
    assert doubles == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_errors_are_caught_by_name(path: Path) -> None:
    if name_of(path) in CATCH_ALL:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            reraised = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            carried = caught == "BaseException" and node.name is not None  # given to the thread that waits for it
            assert caught not in ("everything", "Exception", "BaseException") or reraised or carried, (
                f"{name_of(path)}:{node.lineno} catches {caught}"
            )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_files_and_functions_stay_small(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines < LONGEST_FILE or name_of(path) in LARGE_FILES, f"{lines} lines"
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION or f"{name_of(path)}:{node.name}" in LONG_FUNCTIONS, (
                f"{node.name} has {length} lines"
            )


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_room_is_called_after_nothing(path: Path) -> None:
    empty = {"utils", "helpers", "manager", "managers", "service", "services", "base", "common", "misc"}
    assert empty.isdisjoint(part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts)


def test_help_imports_no_heavy_library() -> None:
    """Help answers quickly because commands and libraries are imported only when they run."""
    import subprocess
    import sys

    code = (
        "import sys; from click.testing import CliRunner; from aggregator.cli import cli; "
        "assert CliRunner().invoke(cli, ['--help']).exit_code == 0; print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    heavy = {
        "numpy",
        "sqlalchemy",
        "pydantic",
        "httpx",
        "aiohttp",
        "feedparser",
        "jinja2",
        "starlette",
        "rich",
        "nh3",
    }
    assert heavy.isdisjoint(done.stdout.split())
