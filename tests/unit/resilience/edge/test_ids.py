"""Request ids for a busy loop."""

import re

from resilience.edge.ids import RequestIds


def test_ids_are_unique_and_of_the_known_form() -> None:
    """Across several fetches of randomness, none comes twice."""
    new_id = RequestIds()
    ids = [new_id() for _ in range(2000)]

    assert len(set(ids)) == 2000
    assert all(re.fullmatch(r"req-[0-9a-f]{12}", made) for made in ids)
