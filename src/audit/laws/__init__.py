"""The laws, in their order."""

from audit.laws import attempts, operations, retries
from audit.laws.law import Law

LAWS: tuple[Law, ...] = (attempts.LAW, operations.LAW, retries.LAW)
