"""What a caller may rely on."""

import copy
import pickle
import threading
from collections.abc import Iterable
from itertools import groupby, pairwise

import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from terminal_events import Area, Control, Decoder, Direction, Event, Part

PARAMETERS = st.lists(st.sampled_from(["", "0", "1", "2", "3", "5", "38", "1049", "99999", "4:3", "38:2::9:8"]))
CSI = st.builds(
    lambda marker, parameters, space, last: f"\x1b[{marker}{';'.join(parameters)}{space}{last}",
    st.sampled_from(["", "", "?", ">"]),
    PARAMETERS,
    st.sampled_from(["", "", "", " ", "$"]),
    st.sampled_from("ABCDHJKfhlmqr@~"),
)
TITLE = st.text(st.characters(exclude_characters="\x07\x18\x1a\x1b", exclude_categories=["Cs"]))
OSC = st.builds(
    lambda number, text, end: f"\x1b]{number};{text}{end}",
    st.sampled_from(["0", "2", "8", "8;id=1", "52", "x"]), TITLE, st.sampled_from(["\x07", "\x1b\\"]),
)  # fmt: skip
ESC = st.sampled_from(["\x1b7", "\x1b(B", "\x1b#8", "\x1b%G", "\x1bM"])
TEXT = st.text(st.characters(exclude_characters="\x1b", exclude_categories=["Cs"]), max_size=9)
OUTPUT = st.lists(CSI | OSC | ESC | TEXT).map("".join).map(str.encode)


def join_texts(events: Iterable[Event]) -> list[Event]:
    """Make one text of those that follow each other."""
    joined: list[Event] = []
    for kind, group in groupby(events, type):
        same = list(group)
        if kind is Event.Text:
            joined.append(Event.Text("".join(event.text for event in same if isinstance(event, Event.Text))))
        else:
            joined.extend(same)
    return joined


def decode(*pieces: bytes) -> list[Event]:
    decoder = Decoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    return join_texts(events + decoder.flush())


# region: oracle
@given(OUTPUT)
def test_both_decode_the_same_events(data: bytes) -> None:
    assert decode(data) == join_texts(reference.decode(data))


@given(OUTPUT | st.binary(), st.lists(st.integers(0, 60)))
def test_it_does_not_matter_where_pieces_end(data: bytes, places: list[int]) -> None:
    ends = [0, *sorted(places), len(data)]
    pieces = [data[start:end] for start, end in pairwise(ends)]
    assert decode(*pieces) == decode(data)


# endregion: oracle


@given(st.binary().map(lambda data: data.translate(None, bytes([*range(32), 127, 0xC2]))))
def test_text_is_what_python_makes_of_it(data: bytes) -> None:
    (text,) = decode(data) or [Event.Text("")]
    assert text == Event.Text(data.decode(errors="replace"))


# region: match
def describe(event: Event) -> str:  # noqa: PLR0911
    """Say what a terminal would do."""
    match event:
        case Event.Text(text):
            return text
        case Event.Control(Control.LINE_FEED | Control.CARRIAGE_RETURN):
            return "⏎"
        case Event.Style([[0]]):
            return "plain"
        case Event.Style([[38, 2, _, red, green, blue], *_]):
            return f"#{red:02x}{green:02x}{blue:02x}"
        case Event.Move(Direction.UP, rows):
            return f"{rows} up"
        case Event.Erase(area=Area.LINE, part=Part.ALL):
            return "empty line"
        case Event.Mode(1049, on=True):
            return "second screen"
        case Event.Other("CSI 2 SP q"):
            return "block cursor"
    return "?"


def test_match_takes_events_apart() -> None:
    data = b"\x1b[?1049h\x1b[3A\x1b[2K\x1b[38:2::255:128:0mhot\x1b[m\r\x1b[2 q\x1b[5;7H"
    expected = ["second screen", "3 up", "empty line", "#ff8000", "hot", "plain", "⏎", "block cursor", "?"]
    assert [describe(event) for event in Decoder().feed(data)] == expected


# endregion: match


@pytest.mark.parametrize(
    ("data", "events"),
    [
        # A control in the middle takes effect, and the sequence goes on.
        (b"\x1b[3\nA", [Event.Control(Control.LINE_FEED), Event.Move(Direction.UP, 3)]),
        (b"\x1b[3\x18A", [Event.Broken(b"\x1b[3\x18"), Event.Text("A")]),
        (b"\x1b[3\x1b[4A", [Event.Broken(b"\x1b[3"), Event.Move(Direction.UP, 4)]),
        (b"\x1b[3\xe2\x82\xac", [Event.Broken(b"\x1b[3"), Event.Text("€")]),
        (b"\x1b[ 3A", [Event.Broken(b"\x1b[ 3A")]),
        (b"\x1b]0;ti\x1b[4A", [Event.Broken(b"\x1b]0;ti"), Event.Move(Direction.UP, 4)]),
        (b"\x1b\x1b7", [Event.Broken(b"\x1b"), Event.Other("ESC 7")]),
        (b"\x1bPq#0\x07\x1b\\!", [Event.Other("DCS q"), Event.Text("!")]),
        (b"a\xc2\x9b2J", [Event.Text("a"), Event.Other("C1 9B"), Event.Text("2J")]),
        (b"\x7f", [Event.Other("C0 7F")]),
        (b"\xe2\x82", [Event.Text("�")]),
        (b"\xe2\x82\n", [Event.Text("�"), Event.Control(Control.LINE_FEED)]),
    ],
)
def test_what_is_odd_is_decoded_as_by_terminals(data: bytes, events: list[Event]) -> None:
    assert decode(data) == events
    assert decode(*[bytes([byte]) for byte in data]) == events


# region: feed
def test_what_is_incomplete_is_kept() -> None:
    decoder = Decoder()
    assert decoder.feed(b"x\x1b[3") == [Event.Text("x")]
    assert decoder.pending == b"\x1b[3"
    assert decoder.feed(bytearray(b"1m")) == [Event.Style([[31]])]
    assert decoder.pending == b""
    decoder.feed(b"\x1b]0;half a ti")
    assert decoder.flush() == [Event.Broken(b"\x1b]0;half a ti")]
    assert decoder.flush() == []


# endregion: feed


def test_an_image_takes_no_memory() -> None:
    decoder = Decoder()
    decoder.feed(b"\x1bPq")
    for _ in range(1000):
        assert decoder.feed(b"#" * 1000) == []
        assert len(decoder.pending) <= 4100
    assert decoder.feed(b"\x1b\\ok") == [Event.Other("DCS q"), Event.Text("ok")]


def test_only_bytes_are_decoded() -> None:
    for data in ("text", None, [256]):
        with pytest.raises((TypeError, OverflowError)):
            Decoder().feed(data)  # type: ignore[arg-type]


# region: codes
def test_a_control_is_its_code() -> None:
    assert Control.TAB == 9
    assert int(Control.TAB) == 9
    assert {9: "tab"}[Control.TAB] == "tab"  # type: ignore[index]
    assert Control.TAB in {9, 10}
    assert Decoder().feed(b"\t") == [Event.Control(Control.TAB)]


def test_a_member_of_an_event_is_the_member_itself() -> None:
    (event,) = Decoder().feed(b"\x1b[A")
    assert isinstance(event, Event.Move)
    assert event.direction is Direction.UP
    assert Direction.UP != 0


# endregion: codes

EVENTS = [
    Event.Text("ä'\n"), Event.Control(Control.BELL), Event.Style([[1], [38, 5, 9]]), Event.MoveTo(2, 3),
    Event.Move(Direction.LEFT, 4), Event.Erase(Area.LINE, Part.SAVED), Event.Mode(25, False), Event.Title("vi"),
    Event.Link(""), Event.Other("ESC 7"), Event.Broken(b"\x1b["),
]  # fmt: skip


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_events_are_values(event: Event) -> None:
    for twin in (copy.deepcopy(event), copy.copy(event), eval(repr(event))):  # noqa: S307
        assert twin == event
        assert hash(twin) == hash(event)
        assert type(twin) is type(event)
        assert isinstance(twin, Event)
    assert [other for other in EVENTS if other == event] == [event]
    with pytest.raises(AttributeError):
        event.text = "x"  # type: ignore[attr-defined]


# region: pickle
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_events_can_be_sent_to_another_process(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(EVENTS, protocol)) == EVENTS  # noqa: S301


@pytest.mark.parametrize("member", [Control.BELL, Direction.UP, Area.LINE, Part.TO_END])
def test_a_member_stays_the_member(member: object) -> None:
    assert pickle.loads(pickle.dumps(member)) is member  # noqa: S301
    assert copy.copy(member) is member
    assert copy.deepcopy([member])[0] is member


# endregion: pickle


@pytest.mark.parametrize(("row", "error"), [(-1, OverflowError), (65536, OverflowError), ("1", TypeError)])
def test_a_field_has_its_range(row: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        Event.MoveTo(row, 1)


# region: threads
def test_what_a_thread_feeds_stays_together() -> None:
    decoder = Decoder()
    results: list[list[Event]] = []

    def feed() -> None:
        results.extend(decoder.feed(b"\x1b[31mred\x1b[0m") for _ in range(200))

    threads = [threading.Thread(target=feed) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [[Event.Style([[31]]), Event.Text("red"), Event.Style([[0]])]] * 800


# endregion: threads
