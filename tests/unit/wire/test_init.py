"""The public face of the package."""

import wire


def test_the_public_names_are_sorted_and_there() -> None:
    """Each name in __all__ exists, once, in alphabetical order."""
    assert sorted(set(wire.__all__)) == wire.__all__
    assert [name for name in wire.__all__ if not hasattr(wire, name)] == []


def test_every_public_name_is_documented() -> None:
    """Whoever reads help() learns what each name is for."""
    assert [name for name in wire.__all__ if not getattr(wire, name).__doc__] == []
