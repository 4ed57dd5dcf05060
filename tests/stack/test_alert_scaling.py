"""The one mechanism that shortens the rules' windows for tests."""

import re
from pathlib import Path

import pytest
import yaml
from tests.stack.rule_scaling import scale_duration, scale_query, scale_rules, write_scaled

RULES = Path(__file__).parents[2] / "dashboards" / "rules"


@pytest.mark.parametrize(
    ("given", "factor", "expected"),
    [
        ("5m", 1 / 60, "5000ms"),
        ("1h30m", 1 / 60, "90000ms"),
        ("30d", 1 / 3600, "720000ms"),
        ("500ms", 2, "1000ms"),
        ("1ms", 1 / 60, "1ms"),
        ("1w1d", 1, "691200000ms"),
    ],
)
def test_a_duration_is_scaled(given: str, factor: float, expected: str) -> None:
    """In whole milliseconds, and never to nothing."""
    assert scale_duration(given, factor) == expected


@pytest.mark.parametrize("wrong", ["", "5", "m", "5 m", "$__range", "1.5h"])
def test_what_is_no_duration_is_refused(wrong: str) -> None:
    """So nothing is left unscaled in silence."""
    with pytest.raises(ValueError, match="is no duration"):
        scale_duration(wrong, 1.0)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("rate(a_total[5m])", "rate(a_total[5000ms])"),
        ("max_over_time(a[1h:5m])", "max_over_time(a[60000ms:5000ms])"),
        ("max_over_time(a[1h:])", "max_over_time(a[60000ms:])"),
        ("a offset 2m > 1", "a offset 2000ms > 1"),
        ("a offset -1h", "a offset -60000ms"),
        ("job:a:rate5m > 14.4 and b >= 300", "job:a:rate5m > 14.4 and b >= 300"),
        ("a{window=\"[5m]\", c='offset 5m'}", "a{window=\"[5m]\", c='offset 5m'}"),
        ('a{b="\\"[5m]"}[5m]', 'a{b="\\"[5m]"}[5000ms]'),
    ],
)
def test_only_the_durations_of_a_query_change(given: str, expected: str) -> None:
    """Names, thresholds and texts in quotes stay."""
    assert scale_query(given, 1 / 60) == expected


def test_the_times_of_a_rule_change_and_its_words_do_not() -> None:
    """What the rule says stays true of the unscaled one."""
    rule = {
        "alert": "A",
        "expr": "rate(a[5m]) > 5",
        "for": "2m",
        "labels": {"window": "5m", "for": "1h"},
        "annotations": {"description": "for [5m]"},
    }
    content = {"groups": [{"name": "5m", "interval": "15s", "rules": [rule]}]}
    scaled = {**rule, "expr": "rate(a[5000ms]) > 5", "for": "2000ms"}

    assert scale_rules(content, 1 / 60) == {
        "groups": [{"name": "5m", "interval": "250ms", "rules": [scaled]}]
    }


def test_scaling_by_one_keeps_every_expression(tmp_path: Path) -> None:
    """Read back, the files say the same but for the unit of their durations."""
    write_scaled(RULES, tmp_path, 1.0)
    names = sorted(path.name for path in RULES.glob("*.yml"))

    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for name in names:
        original = yaml.safe_load((RULES / name).read_text(encoding="utf-8"))
        assert yaml.safe_load((tmp_path / name).read_text(encoding="utf-8")) == scale_rules(
            original, 1.0
        )


def test_no_duration_of_the_rules_escapes(tmp_path: Path) -> None:
    """Every range, offset, `for` and interval is in milliseconds afterwards."""
    write_scaled(RULES, tmp_path, 1 / 60)
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(tmp_path.iterdir()))

    assert re.findall(r"(?:\[|offset |for: |interval: )\d+(?!\d|ms).*", text) == []
    assert len(re.findall(r"\[\d+ms\]", text)) > 40
