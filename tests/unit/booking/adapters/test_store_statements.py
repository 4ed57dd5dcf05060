"""The statements and the order of their parameters, on which the callers rely."""

import pytest

from booking.adapters import store_statements as sql
from booking.adapters.store_statements import Statement

APPOINTMENT = (
    "confirmation", "service_id", "provider", "start_utc_s", "end_utc_s", "client_name",
    "client_email", "client_phone", "status", "created_utc_s", "version",
)  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (sql.LIST_SERVICES, ()),
        (sql.ALL_SERVICES, ()),
        (sql.ADD_SERVICE, ("id", "name", "duration_minutes", "position", "offered")),
        (sql.CHANGE_SERVICE, ("name", "duration_minutes", "position", "offered", "service_id")),
        (sql.CLAIMED_CELLS, ("provider", "first_cell", "end_cell")),
        (sql.GIVE_BACK, ("provider", "first_cell", "end_cell", "confirmation")),
        (sql.ADD_APPOINTMENT, APPOINTMENT),
        (sql.FIND_APPOINTMENT, ("confirmation",)),
        (sql.CHANGE_APPOINTMENT, ("start_utc_s", "end_utc_s", "status", "version", "of")),
        (sql.FIND_KEY, ("scope", "key")),
        (sql.ADD_KEY, ("scope", "key", "fingerprint", "status", "body", "created_utc_s",
                       "expires_utc_s")),
        (sql.FORGET_KEY, ("scope", "key")),
        (sql.PURGE_KEYS, ("batch", "now_utc_s")),
    ],
)  # fmt: skip
def test_parameters_come_in_the_order_of_the_callers(
    statement: Statement, parameters: tuple[str, ...]
) -> None:
    """A statement that is rewritten must keep the order in which its values are given."""
    assert statement.parameters == parameters


def test_claiming_is_one_statement_for_all_cells() -> None:
    """Three cells are one insert of three rows, which leaves out what is claimed."""
    assert sql.claim_cells(3) == (
        "INSERT INTO claims (provider, cell, confirmation) "
        "VALUES (?, ?, ?), (?, ?, ?), (?, ?, ?) ON CONFLICT DO NOTHING"
    )
