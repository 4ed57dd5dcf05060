"""Finds the programs of programs.toml."""

import hashlib
import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PINS: Mapping[str, Mapping[str, Any]] = tomllib.loads((HERE / "programs.toml").read_text())
REQUIRE = "REQUIRE_STACK"
"""With this variable at 1, a program that is missing is a failure and no reason to skip."""


def find(name: str) -> Path | None:
    """The program: from its variable, the PATH, or an earlier build; None when it is missing."""
    pin = PINS[name]
    if named := os.environ.get(pin["variable"]):
        return Path(named).resolve(strict=True)
    for candidate in pin["names"]:
        if found := shutil.which(candidate):
            return Path(found)
    built = built_path(name)
    return built if built and built.exists() else None


def missing(name: str) -> str:
    """The sentence that says what is missing and what to do."""
    pin = PINS[name]
    remedy = "run `make test-stack`, which builds it with Go" if built_path(name) else "install it"
    names = " or ".join(pin["names"])
    return f"{name} is missing: {remedy}, put {names} on the PATH, or set {pin['variable']}"


def built_path(name: str) -> Path | None:
    """Where the build of these pins lies, or would lie; None for what is not built here."""
    if not {"module", "builder"} & PINS[name].keys():
        return None
    pinned = hashlib.sha256(repr(sorted(PINS[name].items())).encode())
    if "builder" in PINS[name]:
        for file in ("manifest.yaml", "go.sum"):
            pinned.update((HERE / "collector" / file).read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tallybook" / pinned.hexdigest()[:16] / name
