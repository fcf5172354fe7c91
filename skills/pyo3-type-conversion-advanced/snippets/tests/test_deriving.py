"""What `deriving.md` claims."""

from __future__ import annotations

from collections import UserDict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from conversion_snippets import parcels
from conversion_snippets._core import deriving

OUTPUT = Path(__file__).parent.parent / "output"
SENDER = {"name": "Müller", "postalCode": "8001"}
BOX = {"length": 300, "width": 200, "height": 100}


def shipment(**parcel: Any) -> dict[str, Any]:
    return {"sender": SENDER, "parcels": [{"grams": 500, "size": BOX}, {"grams": 250, "size": "B5"} | parcel]}


def lines(name: str) -> list[str]:
    """Return what the chapter shows."""
    return (OUTPUT / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def chain(error: BaseException) -> list[tuple[type, str]]:
    links = []
    cause: BaseException | None = error
    while cause is not None:
        links.append((type(cause), str(cause)))
        cause = cause.__cause__
    return links


def test_structs_nest() -> None:
    assert deriving.weight(shipment()) == 750
    assert deriving.weight(UserDict(shipment())) == 750


def test_an_option_may_be_none_but_not_missing() -> None:
    assert deriving.paid({"cents": 5}) == 5
    assert deriving.paid({"cents": None}) is None
    with pytest.raises(KeyError, match="cents"):
        deriving.paid({})


def test_what_comes_back_is_what_could_go_in() -> None:
    given = deriving.understood(shipment(note="fragile"))
    assert given["sender"] == SENDER | {"country": "CH"}
    assert given["parcels"][0] == {"grams": 500, "size": BOX, "note": None}
    assert given["parcels"][1] == {"grams": 250, "size": "B5", "note": "fragile"}
    assert deriving.understood(given) == given


def test_a_name_of_its_own_is_not_renamed() -> None:
    assert deriving.strict_address(SENDER | {"country": "FR"})["country"] == "FR"
    with pytest.raises(KeyError, match="postalCode"):
        deriving.strict_address({"name": "Müller"})


def test_other_keys_are_ignored_unless_they_are_refused() -> None:
    misspelt = SENDER | {"contry": "FR"}
    assert deriving.understood(shipment() | {"sender": misspelt})["sender"]["country"] == "CH"
    with pytest.raises(ValueError, match="unknown key 'contry'"):
        deriving.strict_address(misspelt)


class NamedQuote(NamedTuple):
    carrier: str
    cents: int


QUOTES = [parcels.Quote("Post", 900), SimpleNamespace(carrier="Rail", cents=800), NamedQuote("Bike", 700)]


@pytest.mark.parametrize("quote", QUOTES)
def test_attributes_of_any_object(quote: Any) -> None:
    assert deriving.cheapest([quote]) == {"carrier": quote.carrier, "cents": quote.cents, "days": 3}


def test_a_dictionary_has_no_attributes() -> None:
    given = deriving.cheapest(QUOTES)
    assert given == {"carrier": "Bike", "cents": 700, "days": 3}
    with pytest.raises(AttributeError, match="'dict' object has no attribute 'carrier'"):
        deriving.cheapest([given])


def test_an_error_names_the_fields_but_not_the_item() -> None:
    with pytest.raises(TypeError) as caught:
        deriving.weight(shipment(grams="heavy"))
    assert [f"{kind.__name__}: {words}" for kind, words in chain(caught.value)] == lines("field-error")
    assert caught.value.__notes__ == ["while processing 'shipment'"]


def test_the_field_is_called_as_in_rust() -> None:
    with pytest.raises(TypeError, match=r"failed to extract field Shipment\.sender") as caught:
        deriving.weight(shipment() | {"sender": SENDER | {"postalCode": 8001}})
    assert chain(caught.value)[1][1] == "failed to extract field Address.postal_code"


def test_a_key_that_is_missing_deeper_is_the_cause_of_a_type_error() -> None:
    with pytest.raises(TypeError) as caught:
        deriving.weight(shipment() | {"sender": {"name": "Müller"}})
    assert chain(caught.value) == [
        (TypeError, "failed to extract field Shipment.sender"),
        (KeyError, "'postalCode'"),
    ]
    with pytest.raises(KeyError, match="parcels"):
        deriving.weight({"sender": SENDER})


def test_an_error_with_the_place_of_the_item() -> None:
    assert deriving.weigh(shipment()) == 750
    with pytest.raises(ValueError, match="failed") as caught:
        deriving.weigh(shipment(grams="heavy"))
    assert str(caught.value) == (
        "failed to extract field Manifest.parcels: item 1: failed to extract field Parcel.grams: "
        "'str' object cannot be interpreted as an integer"
    )
    assert deriving.sender_of(shipment())["name"] == "Müller"


class Interrupted:
    def __index__(self) -> int:
        raise KeyboardInterrupt

    def __str__(self) -> str:
        return "interrupted"


def test_an_interrupt_stays_one() -> None:
    with pytest.raises(KeyboardInterrupt):
        deriving.weigh(shipment(grams=Interrupted()))
    with pytest.raises(TypeError, match=r"Shipment\.parcels"):
        deriving.weight(shipment(grams=Interrupted()))


class Ring:
    def __index__(self) -> int:
        first, second = ValueError("first"), ValueError("second")
        first.__cause__, second.__cause__ = second, first
        raise first


def test_causes_may_be_a_ring() -> None:
    with pytest.raises(ValueError, match="first: second: first"):
        deriving.weigh(shipment(grams=Ring()))


def test_none_is_not_missing() -> None:
    assert deriving.understood(shipment(note=None))["parcels"][1]["note"] is None
    with pytest.raises(TypeError, match=r"Shipment\.sender") as caught:
        deriving.weight(shipment() | {"sender": SENDER | {"country": None}})
    assert chain(caught.value)[1][1] == "failed to extract field Address.country_code"


class Lazy:
    carrier = "Post"
    cents = 900

    @property
    def days(self) -> int:
        raise ConnectionError("the database is gone")


def test_a_default_hides_the_error_of_a_property() -> None:
    assert deriving.cheapest([Lazy()]) == {"carrier": "Post", "cents": 900, "days": 3}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (BOX, BOX),
        ({"length": 900, "diameter": 80}, {"length": 900, "diameter": 80}),
        ("B5", "B5"),
        (BOX | {"diameter": 80}, BOX),
    ],
)
def test_the_first_shape_that_fits(size: Any, expected: Any) -> None:
    assert deriving.understood(shipment(size=size))["parcels"][1]["size"] == expected


def test_no_shape_fits() -> None:
    with pytest.raises(TypeError) as caught:
        deriving.weight(shipment(size={"length": 900, "diameter": "wide"}))
    last = chain(caught.value)[2][1]
    assert last.splitlines() == lines("shape-error")


def test_an_enum_makes_words_of_an_interrupt() -> None:
    with pytest.raises(TypeError) as caught:
        deriving.weight(shipment(size={"length": Interrupted(), "diameter": 80}))
    last = chain(caught.value)[-1]
    assert last[0] is TypeError
    assert "caused by KeyboardInterrupt" in last[1]


@pytest.mark.parametrize(
    ("handover", "expected"),
    [
        ({"kind": "pickup", "depot": "Bern", "hour": 9}, "Bern, from 9:00"),
        ({"kind": "delivery", "street": "Aareweg 1"}, "Aareweg 1, floor 0"),
    ],
)
def test_a_tag_chooses_the_struct(handover: dict[str, Any], expected: str) -> None:
    assert deriving.describe(handover) == expected


def test_a_tag_keeps_errors_short() -> None:
    with pytest.raises(TypeError, match=r"^failed to extract field Pickup\.hour"):
        deriving.describe({"kind": "pickup", "depot": "Bern", "hour": "nine"})
    with pytest.raises(ValueError, match="`kind` is `pickup` or `delivery`, not `drone`"):
        deriving.describe({"kind": "drone"})


def test_the_way_out() -> None:
    assert deriving.label("Rossi", 1500) == [{"to": "Rossi", "grams": 1.5, "note": None}] * 2


def test_keys_are_the_same_objects_each_time() -> None:
    first, second = deriving.label("Rossi", 1500)
    assert all(key is other for key, other in zip(first, second, strict=True))


def test_tuples() -> None:
    assert deriving.reverse(("Bern", "Chur"), "A7") == (("Chur", "Bern"), "A7")
    with pytest.raises(TypeError, match="'list' object is not an instance of 'tuple'"):
        deriving.reverse(["Bern", "Chur"], "A7")
    with pytest.raises(TypeError, match=r"failed to extract field Route\.1"):
        deriving.reverse(("Bern", 7), "A7")
    with pytest.raises(TypeError, match=r"failed to extract field Reference\.0"):
        deriving.reverse(("Bern", "Chur"), 7)


def test_a_dataclass_comes_back() -> None:
    assert deriving.sell(4) == parcels.Ticket(number=4, paid=True)
