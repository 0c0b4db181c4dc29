"""Twins: versions of a study's papers that differ in one thing, such as a planted flaw.

Each file here has a `Twin`, registered as an entry point of the group `conference.twins`. Its
function `change` returns the changed paper, or None if it does not apply to the paper.
"""
