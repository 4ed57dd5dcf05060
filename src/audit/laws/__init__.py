"""The laws, in their order."""

from audit.laws import (
    attempts,
    bookings,
    bounds,
    breaker,
    correlation,
    operations,
    outcomes,
    pipe,
    privacy,
    reached,
    rejections,
    retries,
    timeouts,
)
from audit.laws.law import Law

LAWS: tuple[Law, ...] = (
    attempts.LAW,
    operations.LAW,
    retries.LAW,
    rejections.LAW,
    timeouts.LAW,
    breaker.LAW,
    outcomes.LAW,
    correlation.LAW,
    bookings.LAW,
    pipe.LAW,
    privacy.LAW,
    bounds.LAW,
    reached.LAW,
)
