"""What all tests share."""

from hypothesis import settings

# A debug build, a first call or a busy machine may take longer than the 200 ms that hypothesis allows an example.
settings.register_profile("sensor-arrays", deadline=None)
settings.load_profile("sensor-arrays")
