"""What was promised; `dashboards/rules` holds the same numbers, and a test compares them."""

AVAILABILITY = 0.999
"""Share of requests that are answered without a server error, the client's own faults apart."""

IN_TIME = 0.99
"""Share of bookings that take `BOOKING_S` at most."""

BOOKING_S = 0.5

BURN_RATES = (1.0, 3.0, 6.0, 14.4)
"""From where on the error budget burns too fast: over 3 days, 1 day, 6 hours and 1 hour."""

AMPLIFICATION = 1.5
"""Attempts for each operation from which on retries are too much of the load."""

REJECTED = 0.2
"""Share of 429s from which on the rate limits are too tight, or somebody is too greedy."""

NOT_CLOSED = 0.1
"""Share of 5 minutes that a circuit may be open."""

DRIFT = 0.05
"""Share by which counters and spans may differ."""
