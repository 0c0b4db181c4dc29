"""Measures of reviewers against people: one module per family, one plain function per measure.

A point value comes from a function of `decisions`, `ratings`, `calibration` or `agreement`; its
95 % interval from `bootstrap`, which draws papers (never single reviews) with replacement.
"""
