"""One table of the business file, field by field."""

from typing import Any

import pytest

from booking.adapters.business_fields import ITEMS_MAX, BusinessFileError, Fields


def fields(**table: Any) -> Fields:
    """The fields of a table named t in file f."""
    return Fields("f", "t", table)


def test_a_field_of_the_right_kind_is_read() -> None:
    """Texts, numbers, lists and tables come out as they went in."""
    table = fields(text="x", number=10, items=[1], inner={"a": "b"}, rows=[{"a": "c"}])
    assert (table.text("text"), table.whole("number", lowest=1, highest=10)) == ("x", 10)
    assert (table.sequence("items"), table.table("inner").text("a")) == ([1], "b")
    assert [row.text("a") for row in table.tables("rows")] == ["c"]
    table.nothing_else()


def test_an_error_says_all_there_is_to_say() -> None:
    """File, key, what is wrong, what was expected, what to do."""
    with pytest.raises(BusinessFileError) as caught:
        fields(n=7).whole("n", lowest=5, highest=50, multiple_of=5)
    assert str(caught.value) == (
        "f: t.n: it is 7; expected a whole number from 5 to 50 and a multiple of 5; "
        "correct the file and start again"
    )


@pytest.mark.parametrize("items", [[], ["x"] * (ITEMS_MAX + 1), "x", None])
def test_a_list_is_neither_empty_nor_endless(items: Any) -> None:
    """Only a list of 1 to 200 entries is one."""
    with pytest.raises(BusinessFileError):
        fields(items=items).sequence("items")


def test_a_field_that_nobody_reads_is_misspelt() -> None:
    """The error lists the fields that there are."""
    table = fields(name="x", nmae="y")
    table.text("name")
    with pytest.raises(BusinessFileError, match=r"t\.nmae: there is no such field; .*one of: name"):
        table.nothing_else()
