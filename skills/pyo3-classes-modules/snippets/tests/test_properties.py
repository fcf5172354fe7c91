"""What attributes read and write, and which belong to the class."""

import copy

import pytest
from classes_snippets._core import properties

Parcel, Room, Row, Settings, Song = (
    properties.Parcel,
    properties.Room,
    properties.Row,
    properties.Settings,
    properties.Song,
)


@pytest.fixture
def song() -> Song:
    return Song("Summertime", 298, ["jazz"])


def test_each_read_of_a_field_converts(song: Song) -> None:
    song.tags.append("live")
    assert song.tags == ["jazz"]
    assert song.tags is not song.tags
    song.tag("live")
    assert song.tags == ["jazz", "live"]


def test_an_object_of_python_is_the_object_itself(song: Song) -> None:
    song.players.append("Ella")
    assert song.players == ["Ella"]
    assert song.players is song.players


def test_a_field_of_a_class_is_a_clone_or_the_object() -> None:
    studio = properties.Studio("Memphis")
    recording = properties.Recording(studio)
    recording.clone.city = "Paris"
    recording.object.city = "Detroit"
    assert (recording.clone.city, studio.city) == ("Memphis", "Detroit")


def test_a_setter_of_a_field_checks_the_type_only(song: Song) -> None:
    song.stars = 200
    assert song.stars == 200
    with pytest.raises(OverflowError):
        song.stars = 300
    with pytest.raises(TypeError):
        song.stars = "five"


def test_a_field_has_another_name_and_a_docstring(song: Song) -> None:
    assert song.seconds == 298
    assert not hasattr(song, "duration")
    assert Song.tags.__doc__ == "Words to search by."
    assert type(Song.tags).__name__ == "getset_descriptor"


def test_a_class_has_no_other_attributes(song: Song) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'genre'"):
        song.genre = "jazz"


def test_a_field_without_set_cannot_be_written(song: Song) -> None:
    with pytest.raises(AttributeError, match="is not writable"):
        song.title = "Winter"
    with pytest.raises(AttributeError, match="property has no deleter"):
        del song.stars


def test_a_property_checks_and_deletes() -> None:
    room = Room()
    room.celsius = 20
    assert (room.celsius, room.fahrenheit) == (20.0, 68.0)
    with pytest.raises(ValueError, match="from 5 to 30"):
        room.celsius = 99
    del room.celsius
    assert room.celsius is None
    assert not hasattr(Room.celsius, "setter")
    for change in (lambda: setattr(room, "fahrenheit", 1), lambda: delattr(room, "fahrenheit")):
        with pytest.raises(AttributeError, match="is not writable"):
            change()


def test_a_getter_may_say_that_the_attribute_is_not_there() -> None:
    room = Room()
    assert not hasattr(room, "fahrenheit")
    assert getattr(room, "fahrenheit", None) is None
    with pytest.raises(AttributeError, match="the thermostat is off"):
        room.fahrenheit  # noqa: B018


def test_a_setter_alone_cannot_be_read() -> None:
    room = Room()
    room.kelvin = 293.15
    assert room.celsius == pytest.approx(20)
    with pytest.raises(AttributeError, match="is not readable"):
        room.kelvin  # noqa: B018
    with pytest.raises(AttributeError, match="property has no deleter"):
        del room.kelvin


def test_class_attributes_are_made_once_and_shared() -> None:
    sizes = Parcel.SIZES
    assert Parcel(1).SIZES is sizes
    assert properties.calls_of_sizes() == 1
    sizes.append("XL")
    try:
        assert Parcel.SIZES == ["S", "M", "L", "XL"]
    finally:
        sizes.pop()


# PyO3 reports the error as unraisable, too.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_class_attribute_that_fails_fails_the_import_or_the_first_use() -> None:
    with pytest.raises(RuntimeError, match="initializing class Broken") as failure:
        properties.export_broken(properties)
    error = failure.value.__cause__
    assert str(error) == "An error occurred while initializing `Broken.limit`"
    assert str(error.__cause__) == "there is no limit"
    with pytest.raises(BaseException, match="failed to create type object for `Broken`") as failure:
        properties.use_broken()
    assert not isinstance(failure.value, Exception)


def test_fields_are_renamed_and_methods_are_not() -> None:
    seat = properties.Seat(1)
    assert (seat.rowNumber, seat.is_in_front()) == (1, True)


def test_python_may_replace_what_rust_does_not_read() -> None:
    assert Parcel.MAX_GRAMS == 31_500
    Parcel.MAX_GRAMS = 1
    try:
        assert Parcel.is_carried(100)
        assert Parcel.heaviest().grams == 1
    finally:
        Parcel.MAX_GRAMS = 31_500
    with pytest.raises(AttributeError, match="read-only"):
        Parcel(5).MAX_GRAMS = 1


def test_a_class_method_reads_what_a_subclass_has() -> None:
    class Letter(Parcel):
        MAX_GRAMS = 1_000

    assert Letter.heaviest().grams == 1_000
    assert type(Letter.heaviest()) is Letter
    assert Letter.is_carried(2_000)


def test_columns_are_attributes() -> None:
    row = Row(price=1.5, columns=3)
    assert row.price == 1.5
    assert row.columns() == ["columns", "price"]
    assert "price" in dir(row)
    assert "columns" in dir(row)
    with pytest.raises(AttributeError, match="there is no column `weight`"):
        row.weight  # noqa: B018
    with pytest.raises(AttributeError):
        row.price = 2


def test_copy_looks_for_names_that_are_not_there() -> None:
    class Everything:
        def __getattr__(self, name: str) -> float:
            return 1.0

    with pytest.raises(TypeError, match="not callable"):
        copy.deepcopy(Everything())


def test_every_name_is_set_and_deleted() -> None:
    settings = Settings()
    settings.colour = "red"
    assert settings.colour == "red"
    settings.__class__ = "also a setting"
    assert type(settings) is Settings
    del settings.colour
    with pytest.raises(AttributeError):
        settings.colour  # noqa: B018
    with pytest.raises(TypeError):
        settings.colour = 1
