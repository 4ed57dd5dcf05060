"""`tallybook serve api`, with what its settings do not offer.

`BENCH_HOLD=off`: refusals are not held back, so that the work of refusing can be seen.
"""

import os
from functools import partial

from booking import bootstrap
from booking.settings import Settings
from resilience.options import EdgeOptions

if __name__ == "__main__":
    if os.environ.get("BENCH_HOLD") == "off":
        bootstrap.EdgeOptions = partial(EdgeOptions, hold_s=0.0)  # type: ignore[attr-defined, assignment]
    bootstrap.serve_api(Settings())
