"""The table that a run prints."""

from collections.abc import Iterable, Sequence

from .harness import Measured, Spread, Target

HEAD = ("work", "ours", "against", "ratio (low to high)", "peers", "to reach now", "in the end")


def table(results: Iterable[Measured]) -> str:
    """One line for each target, as a Markdown table whose columns line up."""
    lines: list[tuple[str, ...]] = [HEAD]
    for result in results:
        lines += [_line(result, target) for target in result.row.targets]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_padded(line, widths) for line in (lines[0], rule, *lines[1:]))


def notes(results: Iterable[Measured]) -> str:
    """What a reader of the table should know, row by row."""
    lines = []
    for result in results:
        lines.append(f"{result.row.name}: {result.row.work}")
        lines += [f"    {note}" for note in result.notes]
    return "\n".join(lines)


def _line(result: Measured, target: Target) -> tuple[str, ...]:
    unit = result.row.unit
    value = result.value(target)
    if not target.to:
        ours, against = f"{target.of} {_short(value)}", ""
    else:
        ours = f"{_short(result.figure(target.of).middle)} {unit}"
        against = f"{target.to} {_short(result.figure(target.to).middle)} {unit}"
    return (
        result.row.name,
        ours,
        against,
        _spread(result.ratio(target.of, target.to)),
        _short(result.ratio(*target.peers).middle) if target.peers else "",
        _verdict(target, value, target.now),
        _verdict(target, value, target.end),
    )


def _spread(spread: Spread) -> str:
    return f"{_short(spread.middle)} ({_short(spread.low)} to {_short(spread.high)})"


def _verdict(target: Target, value: float, wanted: float) -> str:
    sign = "<=" if target.at_most else ">="
    return f"{sign} {wanted:.4g} {'met' if target.met(value, wanted) else 'NOT MET'}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _padded(cells: Sequence[str], widths: Sequence[int]) -> str:
    return (
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        + " |"
    )
