"""Builds the programs that come as Go modules: `python -m tests.stack.builds`.

Builds are kept outside the repository, under the hash of what pins them, so that the next run
finds them. A first build takes minutes; every step is said as it begins.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.stack.programs import HERE, PINS, REQUIRE, built_path, find, missing

GO = {"CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false", "GOWORK": "off"}
LINK = ("-trimpath", "-ldflags=-s -w")


class BuildError(Exception):
    """A program could not be built; the text says at which step and how it failed."""


def main() -> int:
    """Build what is missing; with REQUIRE_STACK=1, how many programs are still missing."""
    lacking = 0
    for name in PINS:
        try:
            found = find(name) or (build(name) if built_path(name) else None)
        except BuildError as error:
            found = None
            say(name, str(error))
        lacking += found is None
        say(name, str(found or missing(name)))
    return lacking if os.environ.get(REQUIRE) == "1" else 0


def build(name: str) -> Path:
    """Build one program into its place. Raises BuildError."""
    place = built_path(name)
    assert place, name
    if not shutil.which("go"):
        raise BuildError(f"Go is needed to build {name}: https://go.dev/dl")
    place.parent.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tallybook-") as scratch:
        directory = Path(scratch)
        made = directory / name
        make = _build_module if "module" in PINS[name] else _build_collector
        make(name, directory, made)
        partial = place.with_suffix(".partial")
        shutil.copy2(made, partial)
        partial.replace(place)
    say(name, f"built in {time.monotonic() - begun:.0f} s")
    return place


def _build_module(name: str, directory: Path, made: Path) -> None:
    """Build within a copy of the module, whose own go.mod and go.sum pin everything below it."""
    pin, source = PINS[name], directory / "source"
    _copy_module(name, pin, source)
    if inner := pin.get("inner"):
        _copy_module(name, inner, source / inner["into"])
    say(name, "compiling; the first time this takes minutes")
    _go(name, source, "build", "-mod=readonly", *LINK, "-o", str(made), pin["package"])


def _copy_module(name: str, pin: Mapping[str, Any], target: Path) -> None:
    """Download a module, check its sum, and copy it to where it may be written."""
    wanted = f"{pin['module']}@{pin['version']}"
    say(name, f"downloading {wanted}")
    module = json.loads(_go(name, target.parent, "mod", "download", "-json", wanted))
    if module["Sum"] != pin["sum"]:
        raise BuildError(f"{wanted} has the sum {module['Sum']}, expected {pin['sum']}")
    shutil.copytree(module["Dir"], target)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _build_collector(name: str, directory: Path, made: Path) -> None:
    """Have the official builder write the sources, then compile them."""
    shutil.copy2(HERE / "collector" / "manifest.yaml", directory)
    source = directory / "out"
    source.mkdir()
    shutil.copy2(HERE / "collector" / "go.sum", source)
    say(name, "writing the sources with the official builder")
    command = (PINS[name]["builder"], "--config", "manifest.yaml", "--skip-compilation")
    _go(name, directory, "run", *command)
    say(name, "compiling; the first time this takes minutes")
    _go(name, source, "build", "-mod=readonly", *LINK, "-o", str(made), ".")


def _go(name: str, directory: Path, *words: str) -> str:
    """Run go, and return what it printed. Raises BuildError with the end of what it said."""
    done = subprocess.run(
        ["go", *words],
        cwd=directory,
        env={**os.environ, **GO},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-2000:]
        raise BuildError(f"`go {' '.join(words[:2])}` failed:\n{said}")
    return done.stdout


def say(name: str, text: str) -> None:
    """Print one line of progress."""
    print(f"{name:13} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
