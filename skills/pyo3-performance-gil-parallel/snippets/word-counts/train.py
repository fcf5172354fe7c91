"""Run what users run most, for a build that is guided by its profile."""

from word_counts import Counter, Route, nothing

TEXT = "The quick brown Fox jumps over the lazy Dog while 1984 other Animals watch it from the Fence. " * 2000

counter = Counter()
for _ in range(10):
    counter.add(TEXT)
    counter.add_in_arena(TEXT)
Route([float(number * 7 % 1000) for number in range(100_000)]).ascent()
for _ in range(10_000):
    nothing()
