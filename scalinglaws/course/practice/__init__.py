"""Practice that lasts: the challenge, spaced questions, progress, and worked solutions after an honest try.

progress.py   one file per learner, a line for each event, safe against dying in the middle
ideas.py      the map of ideas: which rows of the coverage map belong together, and what comes before what
spacing.py    when a question comes back (FSRS)
sitting.py    the rules: attempts, time, hints, marking; the same for every way to play
play.py       in a terminal or in plain cells
widget.py     in JupyterLab (page.js, page.css)
badge.py      the picture
panel.py      what is done and what comes next
reveal.py     worked solutions
"""
