"""A script that runs in a sandbox: it has no files, no network, and one function of the host's."""

import wit_world
from wit_world import edit_distance


class WitWorld(wit_world.WitWorld):
    """What the script offers, by the names in `script.wit`."""

    def correct(self, text: str, words: list[str]) -> str:
        """Replace each word of a text that is nearly one of those that are known."""
        return " ".join(self.correct_word(word, words) for word in text.split())

    def correct_word(self, word: str, words: list[str]) -> str:
        """Find the known word that is at most two edits away, or leave the word as it is."""
        distances = {known: edit_distance(word, known) for known in words}
        closest = min(distances, key=distances.__getitem__, default=word)
        return closest if distances.get(closest, 3) <= 2 else word
