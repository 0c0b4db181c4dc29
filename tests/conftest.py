"""Settings for all tests."""

from hypothesis import settings

# No test asserts a wall-clock time: machines are noisy, and a slow example is not a wrong one.
settings.register_profile("conference", deadline=None)
settings.load_profile("conference")
