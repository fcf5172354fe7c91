"""When a class is worth it."""

import sys

from classes_snippets._core import choosing


def test_a_result_needs_no_class() -> None:
    assert choosing.statistics("a bürd\nsings") == {"words": 3, "lines": 2, "longest": 6}


def test_one_object_holds_a_walk() -> None:
    track = choosing.Track([(0, 0), (3, 4), (3, 5)])
    points = [choosing.Point(0, 0), choosing.Point(3, 4), choosing.Point(3, 5)]
    assert (track.length(), len(track)) == (6.0, 3)
    assert choosing.length_of(points) == 6.0
    assert sys.getsizeof(points[0]) == 48
