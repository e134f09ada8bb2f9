"""nbgrader's settings for this course. Each line says why nbgrader's own default does not do."""

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import GetGrades

from scalinglaws.grading.feedback import TEMPLATES, DrawFormulas, HideTests

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "scaling_laws"

# A stub must not raise: the released notebook runs to its end, and the checks tell "not started" from "wrong".
c.ClearSolutions.code_stub = {"python": "# Your code here"}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# 30 s would fail an honest fit on a busy machine.
c.Execute.timeout = 60

# A learner who deletes a test cell loses nothing, and does not wait for a human for ever.
c.OverwriteCells.add_missing_cells = True

# Feedback shows every check's message, but neither hidden tests nor tracebacks of them; its formulas need no network.
# (As class objects: nbgrader ignores names given as strings.)
c.GenerateFeedback.preprocessors = [GetGrades, HideTests, DrawFormulas, CSSHTMLHeaderPreprocessor]
c.HTMLExporter.extra_template_basedirs = [*TEMPLATES]
