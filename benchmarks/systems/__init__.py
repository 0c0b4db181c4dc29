"""Measure the system: speed, scale, throughput, crashes, damage, sandbox."""
