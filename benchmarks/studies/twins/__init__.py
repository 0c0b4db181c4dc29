"""Twins: papers of a study that differ in one thing, such as a flaw that was planted in them.

A twin is one file here, registered as an entry point of the group `conference.twins`: a `Twin`,
whose function makes of a paper the changed paper, or None where it does not apply to it.
"""
