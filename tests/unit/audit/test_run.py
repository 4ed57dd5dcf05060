"""The description of a run is checked as it is read."""

import json
from pathlib import Path
from typing import Any

import pytest

from audit.errors import Unreadable
from audit.run import Hop, Life, Residual, read_run

GOOD: dict[str, Any] = {
    "format": 1,
    "name": "normal",
    "started_at": "1970-01-01T00:01:00+00:00",
    "lives": [
        {"name": "a-2", "service": "a", "ended": "running", "started_s": 5.0},
        {"name": "a-1", "service": "a", "ended": "killed", "started_s": 0.0, "ended_s": 4.0},
    ],
    "hops": [{"name": "users-a", "client": "", "server": "a"}],
    "residuals": [{"law": "L4", "count": 3, "why": "dropped by a fault"}],
}


def written(directory: Path, **changes: Any) -> Path:
    """A run.json with some members changed."""
    (directory / "run.json").write_text(json.dumps({**GOOD, **changes}))
    return directory


def test_members_become_a_run(tmp_path: Path) -> None:
    """Lives in the order of their start, times from the moment when the run began."""
    run = read_run(written(tmp_path, unknown="ignored"))

    assert run.began_s == 60.0
    assert run.lives_of("a") == (
        Life(name="a-1", service="a", ended="killed", ended_s=4.0),
        Life(name="a-2", service="a", ended="running", started_s=5.0),
    )
    assert run.hops == (Hop(name="users-a", server="a"),)
    assert run.residuals == (Residual(law="L4", count=3, why="dropped by a fault"),)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"format": 2}, 'expected "format": 1'),
        ({"lives": [{"name": "x"}]}, "not a description of a run"),
        ({"lives": [{"name": "x", "service": "y", "ended": "lost"}]}, "life x ended 'lost'"),
        ({"started_at": "yesterday"}, "not a description of a run"),
        ({"hops": 3}, "not a description of a run"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    """With the file that it stands in."""
    with pytest.raises(Unreadable, match=r"run\.json") as caught:
        read_run(written(tmp_path, **changes))

    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_what_is_no_object_is_refused(tmp_path: Path, text: str) -> None:
    """A file that is empty, a list, or cut off."""
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(Unreadable):
        read_run(tmp_path)
