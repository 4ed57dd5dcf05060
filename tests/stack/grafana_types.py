"""Checks dashboards against Grafana's own TypeScript types, with npm and tsc.

Both packages are installed into a cache outside the repository, under the hash of what pins them.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "grafana-types"
MISSING = "node is missing: install Node.js with npm (https://nodejs.org) to check the types"
RAW = "@grafana/schema/dist/esm/raw"
BOARD = f"{RAW}/dashboard/x/Dashboard_types.gen"
KINDS = {
    "timeseries": ("timeseries", "TimeSeries"),
    "stat": ("stat", "Stat"),
    "gauge": ("gauge", "Gauge"),
    "bargauge": ("bargauge", "BarGauge"),
    "state-timeline": ("statetimeline", "StateTimeline"),
    "table": ("table", "Table"),
    "heatmap": ("heatmap", "Heatmap"),
    "logs": ("logs", "Logs"),
    "text": ("text", "Text"),
}
"""Where the types of each kind of panel are; the kind `traces` has none."""

TSC = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022")


def installed() -> Path | None:
    """The directory with the packages, made when it is not there; None without node and npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    place = _place()
    if not (place / "ready").exists():
        place.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", "json.ts"):
            shutil.copy2(HERE / name, place)
        _run(place, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        (place / "ready").touch()
    return place


def _place() -> Path:
    pinned = hashlib.sha256()
    for path in sorted(HERE.iterdir()):
        pinned.update(path.read_bytes())
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tallybook" / f"grafana-types-{pinned.hexdigest()[:16]}"


def complaints(place: Path, name: str, board: Mapping[str, Any]) -> str:
    """What tsc says against a dashboard; nothing when all its types are right."""
    source = place / f"{name}.ts"
    source.write_text("\n".join(_typescript(board)) + "\n", encoding="utf-8")
    tsc = place / "node_modules" / ".bin" / "tsc"
    done = subprocess.run(
        [tsc, *TSC, source.name], cwd=place, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def _typescript(board: Mapping[str, Any]) -> Iterator[str]:
    """The dashboard as a value of its type, and each panel's options and fields as of theirs."""
    yield f'import type {{ Dashboard }} from "{BOARD}";'
    yield 'import type { Json, Saved } from "./json.js";'
    yield f"export const board: Json<Dashboard> = {json.dumps(board, indent=1)};"
    for panel in board["panels"]:
        if panel["type"] in KINDS:
            yield from _of_panel(panel)


def _of_panel(panel: Mapping[str, Any]) -> Iterator[str]:
    folder, prefix = KINDS[panel["type"]]
    types = f'import("{RAW}/composable/{folder}/panelcfg/x/{prefix}PanelCfg_types.gen")'
    number = panel["id"]
    yield f"export const options{number}: Saved<{types}.Options> = {json.dumps(panel['options'])};"
    custom = panel.get("fieldConfig", {}).get("defaults", {}).get("custom")
    if custom:
        yield f"export const fields{number}: Saved<{types}.FieldConfig> = {json.dumps(custom)};"


def _run(place: Path, *words: str) -> None:
    done = subprocess.run(words, cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`{' '.join(words)}` failed:\n{done.stderr[-2000:]}"
