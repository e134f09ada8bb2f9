"""Practice that lasts: the challenge, spaced questions, progress, and worked solutions after an honest try.

sitting.py          the rules: attempts, time, hints, marking; the same for every way to play
spacing.py          when a question comes back (FSRS)
options.py          a question's options, in another order each time
view.py             what a learner may see at the moment, as data
play.py             in a terminal or in plain cells
loading.py          the note while a widget loads
widget.py           in JupyterLab (page.js, page.css)
challenge.py, practice.py   the two commands
exam.py             the exam: drawn, kept, marked; exam_view.py, exam_widget.py (exam.js), exam_command.py, exam_print.py
mistakes.py         what was got wrong and not right since
badge.py            the picture
progress_report.py  what is done and what comes next; today.py, places.py, desk_page.py (desk.css): the start of the desk
reveal.py           worked solutions

What a learner has done is kept by course/learner/events.py.
"""
