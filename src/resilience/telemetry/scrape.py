"""Reads what `/metrics` says."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families


def totals(text: str, **labels: str) -> Mapping[str, float]:
    """The sum of each sample's series that have these labels, from the text format."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if labels.items() <= sample.labels.items():
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums
