"""nbgrader's settings for this course. Each line says why nbgrader's own default is unsuitable."""

import os
import sys
import warnings
from pathlib import Path

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    LimitOutput,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning

from scalinglaws.course.grading.feedback import (
    TEMPLATES,
    Grades,
    HideTests,
    RenderComments,
    SafeHtml,
    Summary,
)
from scalinglaws.course.grading.nbgrader_api import gradebook_url
from scalinglaws.course.grading.preprocess import (
    AskAPerson,
    ReadAnything,
    Repair,
    RunIsolated,
    use_finder,
)

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "scaling_laws"

# nbgrader reads an instructor's ~/.jupyter/nbgrader_config.py before this file: without these lines, its commands would
# work on the course that one is about. And its own default for the gradebook cuts the path at a question mark.
folder = Path(__file__).absolute().parent
c.CourseDirectory.root = str(folder)
c.CourseDirectory.db_url = gradebook_url(folder)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
c.CourseDirectory.solution_directory = "solution"
c.CourseDirectory.directory_structure = str(
    Path("{nbgrader_step}", "{student_id}", "{assignment_id}")
)

# nbgrader calls the script `alembic` by its bare name: it must be found also where .venv is not activated.
scripts = str(Path(sys.executable).parent)
if scripts not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])

# SQLAlchemy's warnings about the way nbgrader adds a submission are of no use to an instructor.
warnings.filterwarnings("ignore", category=SAWarning)

# A stub must not raise: the released notebook runs to its end, and the checks tell "not started" from "wrong".
c.ClearSolutions.code_stub = {"python": "# Your code here"}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# nbgrader's list with two changes: a submission is found, read and repaired first, wherever it is
# and in any state, and our engine runs it, isolated, instead of a kernel that contains the hidden
# tests. (So `nbgrader autograde` and formgrader's button give the marks of `scalinglaws grade`.)
use_finder()
c.Autograde.exporter_class = ReadAnything
c.Autograde.sanitize_preprocessors = [
    Repair,
    ClearOutput,
    DeduplicateIds,
    OverwriteKernelspec,
    OverwriteCells,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    RunIsolated,
    LimitOutput,
    SaveAutoGrades,
    AskAPerson,
    AssignLatePenalties,
    CheckCellMetadata,
]

# For `nbgrader validate`, which still starts a kernel: 30 s would fail an honest fit on a busy machine.
c.Execute.timeout = 60

# Without the second, ipykernel 7 prints a warning about TCP for each notebook.
c.Execute.extra_arguments = [
    "--HistoryManager.hist_file=:memory:",
    "--IPKernelApp.log_level=ERROR",
]

# A learner who deletes a test cell loses nothing, and the submission does not wait for a person for
# ever.
c.OverwriteCells.add_missing_cells = True

# release/ is committed, and feedback is made again after marking by hand: without this, nbgrader skips both as done.
c.GenerateAssignment.force = True
c.GenerateFeedback.force = True

# Feedback shows every check's message, but neither hidden tests nor tracebacks of them.
# (Class objects: nbgrader ignores names given as strings.)
c.GenerateFeedback.preprocessors = [
    Grades,
    RenderComments,
    HideTests,
    Summary,
    CSSHTMLHeaderPreprocessor,
]

# Students' texts cannot run scripts in the feedback page or in formgrader's marking page, and
# formulas need no network.
c.HTMLExporter.preprocessors = [SafeHtml]
c.HTMLExporter.extra_template_basedirs = [*TEMPLATES]
