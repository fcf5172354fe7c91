"""Settings of the tests."""

from hypothesis import settings

# A machine that is busy for a moment is no error of the code.
settings.register_profile("any-machine", deadline=None)
settings.load_profile("any-machine")
