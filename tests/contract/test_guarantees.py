"""The page of guarantees against the markers of the tests."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "guarantees.md"
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
LINK = re.compile(r"^\[(\w+)\]: \.\./(\S+)$", re.MULTILINE)


class Row(NamedTuple):
    """A row of the page: its number, and the names of the files that it links."""

    number: int
    names: tuple[str, ...]


@cache
def rows() -> tuple[Row, ...]:
    """The rows, in order."""
    return tuple(
        Row(int(number), tuple(re.findall(r"\[(\w+)\]", tests)))
        for number, tests in ROW.findall(PAGE.read_text(encoding="utf-8"))
    )


@cache
def files() -> dict[str, str]:
    """The linked files, by their names on the page."""
    return dict(LINK.findall(PAGE.read_text(encoding="utf-8")))


def marked(path: Path) -> Iterator[int]:
    """The rows that the tests of a file are marked with."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
            yield from (ast.literal_eval(argument) for argument in node.args)


@cache
def markers() -> dict[str, frozenset[int]]:
    """The rows of each test file, by its path from the root."""
    found = sorted((ROOT / "tests").rglob("test_*.py"))
    return {path.relative_to(ROOT).as_posix(): frozenset(marked(path)) for path in found}


def test_no_number_names_two_rows() -> None:
    """And the rows are found at all."""
    numbers = [row.number for row in rows()]

    assert len(numbers) == len(set(numbers)) > 50


def test_the_rows_of_the_page_are_the_markers_of_the_tests() -> None:
    """No promise without a test, and no test of a promise that is not made."""
    assert {row.number for row in rows()} == frozenset().union(*markers().values())


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row.number))
def test_every_file_of_a_row_has_a_test_of_it(row: Row) -> None:
    """What the row links to carries the row's number."""
    linked = {name: files().get(name, "(no such link)") for name in row.names}
    without = [path for path in linked.values() if row.number not in markers().get(path, ())]

    assert row.names
    assert without == []


def test_every_link_is_used() -> None:
    """A file that no row names is not listed."""
    assert files().keys() == {name for row in rows() for name in row.names}
