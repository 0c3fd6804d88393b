"""What a newcomer installs: everything that the program reads is in the wheel, every version is pinned."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import aggregator
from aggregator.config import load, shipped

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "aggregator"
SCRIPTS = ("scripts/demo", "scripts/test", ".ci/run")


@pytest.fixture(scope="module")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def pins() -> dict[str, Version]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / "constraints.txt").read_text().splitlines()]
    named = [line.partition("==") for line in lines if line]
    assert all(equals for _, equals, _ in named), "every line is name==version"
    return {canonicalize_name(name): Version(version) for name, _, version in named}


def requirements(pyproject: dict[str, Any]) -> Iterator[Requirement]:
    project = pyproject["project"]
    for group in (project["dependencies"], *project["optional-dependencies"].values()):
        yield from map(Requirement, group)


def shipped_names() -> set[str]:
    """What the program asks `shipped` for."""
    asked = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "shipped" and bool(node.args)
            if named and isinstance(node.args[0], ast.Constant):
                asked.add(str(node.args[0].value))
    return asked


def test_what_lies_beside_the_package_is_mapped_into_the_wheel(pyproject: dict[str, Any]) -> None:
    mapped = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert mapped == {name: f"aggregator/shipped/{name}" for name in mapped}
    assert shipped_names() <= set(mapped)
    for name in mapped:
        assert (ROOT / name).exists()
        assert shipped(name) == ROOT / name  # in a checkout; a wheel has it inside
    assert not (PACKAGE / "shipped").exists(), "a copy here would win over the files that people edit"


def test_the_shipped_catalogue_is_sound() -> None:
    catalogue, problems = load(shipped("feeds.yaml"), {})
    assert problems == []
    assert len(catalogue.topics) == 36
    assert catalogue.sources


def test_data_files_of_the_package_are_not_ignored(needs: Callable[[str, bool, str], None]) -> None:
    """The wheel takes what git does not ignore; nothing that is read at run time may be."""
    needs("git", shutil.which("git") is not None, "git says what is ignored")
    data = [p for p in PACKAGE.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]
    assert {PACKAGE / "py.typed", PACKAGE / "sample" / "feeds.yaml"} <= set(data)
    paths = "\n".join(str(path.relative_to(ROOT)) for path in data)
    ignored = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"], cwd=ROOT, input=paths, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert ignored.stdout == ""


def test_every_dependency_is_pinned_within_its_range(pyproject: dict[str, Any], pins: dict[str, Version]) -> None:
    for requirement in requirements(pyproject):
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is missing from constraints.txt"
        assert pins[name] in requirement.specifier, f"{name}: {pins[name]} is outside {requirement.specifier}"


def test_dependencies_have_an_upper_bound(pyproject: dict[str, Any]) -> None:
    unbounded = [r.name for r in requirements(pyproject) if not any(s.operator == "<" for s in r.specifier)]
    assert unbounded == ["tzdata"]  # data: the newest is the right one


def test_nothing_says_where_packages_come_from() -> None:
    for name in ("constraints.txt", "pyproject.toml", *SCRIPTS, "scripts/environment.sh"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"index-url|find-links|://(?!(127\.0\.0\.1|example\.org))", text), name


def test_the_command_is_installed_under_its_name(pyproject: dict[str, Any]) -> None:
    target = pyproject["project"]["scripts"]["aggregator"]
    module, _, function = target.partition(":")
    assert callable(getattr(__import__(module, fromlist=[function]), function))
    for found in entry_points(group="console_scripts", name="aggregator"):
        assert found.value == target


def test_versions_and_pythons_agree(pyproject: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", aggregator.__version__)
    pythons = [c.rpartition(" ")[2] for c in pyproject["project"]["classifiers"] if "Python :: 3." in c]
    assert pyproject["project"]["requires-python"] == f">={pythons[0]}"
    assert f"py{pythons[0].replace('.', '')}" == pyproject["tool"]["ruff"]["target-version"]
    assert pyproject["tool"]["mypy"]["python_version"] == pythons[0]


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_can_be_run(name: str) -> None:
    script = ROOT / name
    assert os.access(script, os.X_OK)
    shell = script.read_text(encoding="utf-8").partition("\n")[0].rpartition("/")[2].split()[-1]
    assert subprocess.run([shell, "-n", str(script)], check=False).returncode == 0


def test_a_machine_without_a_new_python_is_told_so(
    tmp_path: Path, needs: Callable[[str, bool, str], None]
) -> None:
    """scripts/demo says what is missing and touches nothing."""
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    old.chmod(0o755)
    needs("sh", Path("/bin/sh").exists(), "no POSIX shell")
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "scripts/demo")], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; Python 3.9.2 is what is here" in done.stderr
    assert done.stdout == ""
