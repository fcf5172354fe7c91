"""What a caller may rely on."""

from price_tags import label


def test_cents_have_two_places() -> None:
    assert label(1205) == "12.05"
