"""Reading the business data."""

from pathlib import Path

import pytest
from tests.booking_shop import LONG, MIDDLE, SHORT, shop

from booking.adapters.business_fields import BusinessFileError
from booking.adapters.business_file import load_business

GOOD = """
timezone = "Europe/Paris"
horizon_days = 14
[provider]
id = "p"
name = "N"
specialty = "S"
location = "L"
[[services]]
id = "a"
name = "A"
duration_minutes = 30
[opening_hours]
monday = ["09:00-12:00", "13:00-17:05"]
"""


def load(path: Path, text: str) -> BusinessFileError | None:
    """What is wrong with a file of this text, if anything."""
    file = path / "business.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    try:
        load_business(file)
    except BusinessFileError as error:
        return error
    return None


def test_the_packaged_default_is_the_shop() -> None:
    """Without a file the business is the one that the package brings."""
    default = load_business()
    assert (default.services, default.provider) == ((MIDDLE, LONG, SHORT), shop().provider)
    assert (default.zone.key, default.horizon_days) == ("America/New_York", 30)
    assert default.opening_hours == shop().opening_hours


def test_a_good_file_is_accepted(tmp_path: Path) -> None:
    """A small business of one's own is fine."""
    assert load(tmp_path, GOOD) is None


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('timezone = "Europe/Paris"', "", "timezone"),
        ("Europe/Paris", "Mars/Base", "timezone"),
        ("Europe/Paris", "../etc/passwd", "timezone"),
        ("horizon_days = 14", "horizon_days = 0", "horizon_days"),
        ("horizon_days = 14", "horizon_days = true", "horizon_days"),
        ("horizon_days = 14", "horizon_days = 14\nhorizont = 1", "horizont"),
        ('location = "L"', "", "provider.location"),
        ('location = "L"', 'location = "a\\nb"', "provider.location"),
        ('id = "p"', 'id = "p q"', "provider.id"),
        ("duration_minutes = 30", "duration_minutes = 31", "services[0].duration_minutes"),
        ("duration_minutes = 30", 'duration_minutes = "30"', "services[0].duration_minutes"),
        ("duration_minutes = 30", "duration_minutes = 30\nprice = 1", "services[0].price"),
        ("[opening_hours]", '[[services]]\nid="a"\nname="B"\nduration_minutes=5\n[opening_hours]',
         "services"),
        ("[[services]]", "[services]", "services"),
        ("09:00-12:00", "9:00-12:00", "opening_hours.monday"),
        ("09:00-12:00", "09:02-12:00", "opening_hours.monday"),
        ("09:00-12:00", "12:00-09:00", "opening_hours.monday"),
        ("09:00-12:00", "09:00-24:00", "opening_hours.monday"),
        ("09:00-12:00", "09:00-13:05", "opening_hours.monday"),
        ('monday = ["09:00-12:00", "13:00-17:05"]', "", "opening_hours"),
        ("monday", "moonday", "opening_hours.moonday"),
        ("[provider]", "[provider", "the file"),
        ('name = "A"', 'name = "\udcff"', "the file"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    """Whatever is wrong, the error names the file, the key, what was expected and what to do."""
    error = load(tmp_path, GOOD.replace(old, new, 1))
    assert error is not None
    assert (error.key, error.source) == (key, str(tmp_path / "business.toml"))
    assert f"expected {error.expected}; correct the file and start again" in str(error)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is an error like any other."""
    with pytest.raises(BusinessFileError) as caught:
        load_business(tmp_path / "nowhere.toml")
    assert str(caught.value).startswith(f"{tmp_path / 'nowhere.toml'}: the file: it cannot be read")
