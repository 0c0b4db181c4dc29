# expect: tamper
"""Raises its own limits, and those of process 1."""
import resource

for name in ("RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_NOFILE"):
    number = getattr(resource, name)
    everything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    for attempt in (lambda: resource.setrlimit(number, everything),
                    lambda: resource.prlimit(1, number, everything)):
        try:
            attempt()
            print("ESCAPED:", name)
        except (OSError, ValueError):
            pass
