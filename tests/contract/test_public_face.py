"""What the library shows to whoever imports it."""

import ast
import inspect
from importlib.resources import files
from itertools import pairwise
from types import ModuleType

import pytest

import resilience
import resilience.testing
from resilience import errors

FACES = (resilience, resilience.testing)
NAMES = [(face, name) for face in FACES for name in face.__all__]
PLANNED = {
    "CircuitBreaker",
    "CircuitBreakerOpen",
    "RequestIDMiddleware",
    "api_call_with_protection",
    "create_http_session",
    "generate_request_id",
    "get_logger",
    "setup_structured_logging",
}


def imported(module: ModuleType) -> dict[str, str]:
    """Each name that a module's source imports, with where from."""
    return {
        alias.asname or alias.name: node.module or ""
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def described(module: ModuleType) -> set[str]:
    """The names that a module assigns at its top and describes in the line below."""
    body = ast.parse(inspect.getsource(module)).body
    found = set()
    for node, below in pairwise(body):
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        text = isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        if isinstance(target, ast.Name) and text:
            found.add(target.id)
    return found


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
def test_the_names_are_sorted_and_exactly_those_that_are_imported(face: ModuleType) -> None:
    """`__all__` is the table of contents: in order, without gaps, without repetitions."""
    assert face.__all__ == sorted({*face.__all__})
    assert {*face.__all__} == {*imported(face)}


@pytest.mark.parametrize(
    ("face", "name"), NAMES, ids=lambda value: getattr(value, "__name__", value)
)
def test_every_name_is_documented(face: ModuleType, name: str) -> None:
    """A class or a function has a docstring of its own, anything else a sentence below it."""
    value = getattr(face, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert (value.__doc__ or "").strip()
        assert not (value.__doc__ or "").startswith(f"{name}(")  # what dataclass writes itself
    else:
        source = __import__(imported(face)[name], fromlist=[name])
        assert name in described(source)


def test_every_error_of_the_tree_can_be_caught_by_its_public_name() -> None:
    """Nobody has to know the module of an error to handle it."""
    raised = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    ours = {name for name in raised if getattr(errors, name).__module__ == errors.__name__}

    assert ours - {*resilience.__all__} == set()


def test_the_names_of_the_plan_are_there() -> None:
    """The names that the project grew from stay where they were."""
    assert PLANNED - {*resilience.__all__} == set()


@pytest.mark.parametrize("package", ["resilience", "booking", "wire", "audit"])
def test_every_package_says_that_it_is_typed(package: str) -> None:
    """Type checkers look for `py.typed`."""
    assert files(package).joinpath("py.typed").is_file()


def test_the_helpers_for_tests_are_not_loaded_by_the_library() -> None:
    """Whoever uses the library in production does not load its test helpers."""
    assert [module for module in imported(resilience).values() if ".testing" in module] == []
