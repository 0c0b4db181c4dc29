"""Reviewers measured against human reviews: the work behind `conference benchmark`.

Read in this order: question.py (the papers), reviewer.py (who is measured), scoring.py,
human.py and figures.py (the measuring), run.py (the whole), report.py and plots.py (the output).
"""
