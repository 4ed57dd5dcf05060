"""A copy of the sources to mutate, so that a run touches nothing else."""

import ast
import shutil
from pathlib import Path

from tests.mutants.modules import TESTS, UNIT

ROOT = Path(__file__).parents[2]

# Plugins that no unit test of a policy needs, each of which every mutant would pay for.
_WITHOUT = ("xdist", "hypothesispytest", "cacheprovider", "tallybook")


def build(tree: Path, module: str) -> None:
    """Copy sources and tests to `tree`, set up to mutate one module of resilience."""
    shutil.rmtree(tree, ignore_errors=True)
    for folder in ("src", "tests"):
        junk = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / folder, tree / folder, ignore=junk)
    shutil.copy(ROOT / "pyproject.toml", tree)
    source = tree / source_of(module)
    source.write_text(undecorated(source.read_text("utf-8")), "utf-8")
    tree.joinpath("setup.cfg").write_text(_settings(module), "utf-8")


def source_of(module: str) -> Path:
    """The file of a module, from the root."""
    return Path("src/resilience", f"{module}.py")


def undecorated(source: str) -> str:
    """The same source, each property made below its function: mutmut passes by what is decorated.

    Lines keep their numbers but for those that follow a property.
    """
    lines = source.splitlines(keepends=True)
    for function in _properties(ast.parse(source)):
        [decorator] = function.decorator_list
        lines[decorator.lineno - 1] = "\n"
        indent = " " * function.col_offset
        assert function.end_lineno is not None
        lines[function.end_lineno - 1] += f"{indent}{function.name} = property({function.name})\n"
    return "".join(lines)


def _properties(tree: ast.Module) -> list[ast.FunctionDef]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and [ast.unparse(decorator) for decorator in node.decorator_list] == ["property"]
    ]


def _settings(module: str) -> str:
    values = {
        "source_paths": ["src"],
        "only_mutate": [str(source_of(module))],
        "pytest_add_cli_args": [*(f"-pno:{plugin}" for plugin in _WITHOUT), "--no-header"],
        "pytest_add_cli_args_test_selection": [f"{UNIT}/{test}" for test in TESTS[module]],
        # A mutant may take (its tests' time + 10 s) x 5, twice that of CPU time: on a busy machine
        # less has killed mutants that change nothing.
        "timeout_multiplier": ["5"],
        "timeout_constant": ["10"],
        "use_git_change_detection": ["false"],
    }
    lists = (f"{name} =\n    " + "\n    ".join(value) for name, value in values.items())
    return "[mutmut]\n" + "\n".join(lists) + "\n"
