"""nbgrader's own steps, done by the engine: nbgrader_config.py lists them, so `nbgrader autograde`
and formgrader use them.
"""

import glob
import os
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import api, autogradeapp
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from scalinglaws.course.variants import class_tokens

from .copied import copied_answers, foreign_outputs
from .engine.sandbox import Limits
from .execute import Plan, is_unjudged, require_isolation, run_notebook
from .finder import Work, find_work, read_folder
from .gradebook_writer import ask_a_person, read_timestamp
from .scratch import temporary_folder
from .submission import Unreadable, grade_id, master, repair
from .submission_job import lay_out, others, without_clashes, write_files


def _source_of(config, resources) -> Path:
    course = CourseDirectory(config=config)
    about = resources["nbgrader"]
    folder = course.format_path(course.source_directory, ".", about["assignment"])
    return Path(folder) / f"{about['notebook']}.ipynb"


def use_finder() -> None:
    """Make `nbgrader autograde` and formgrader's button use `FindWork`, for which nbgrader has no
    setting.
    """
    for module in (autogradeapp, api):
        vars(module)["Autograde"] = FindWork


class FindWork(Autograde):
    """nbgrader's Autograde for work that may be anywhere in a submission, under any name.

    nbgrader looks for `<name>.ipynb` at the top and silently gives 0 points if it is missing. Here
    `find_work` finds the notebook, as in `scalinglaws grade`, and until a submission is graded, or
    if it cannot be, formgrader asks a person to look.
    """

    @property
    def _course(self) -> CourseDirectory:
        assert isinstance(self.coursedir, CourseDirectory)
        return self.coursedir

    def init_notebooks(self) -> None:
        """List the notebooks that each student should have submitted."""
        course, wanted = self._course, self._course.notebook_id
        # nbgrader's version opens anything with this name, even a pipe.
        vars(course)["get_existing_timestamp"] = lambda folder: read_timestamp(
            Path(folder, "timestamp.txt")
        )
        self._names = sorted(path.stem for path in self._source().glob("*.ipynb"))
        names = [name for name in self._names if fnmatch(name, wanted)]
        folders = glob.glob(self._format_source(course.assignment_id, course.student_id))
        self.notebooks = []
        self.assignments = {
            folder: [os.path.join(folder, f"{name}.ipynb") for name in names]
            for folder in sorted(folders)
            if names and Path(folder).is_dir() and not Path(folder).parent.name.startswith(".")
        }
        if not self.assignments:
            super().init_notebooks()  # says so

    def _source(self) -> Path:
        course = self._course
        return Path(course.format_path(course.source_directory, ".", course.assignment_id))

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Enter the submission, and find its notebooks.

        Raises NbGraderException if there are none.
        """
        folder = Path(self._format_source(assignment_id, student_id))
        found = read_folder(folder)
        self._enter(assignment_id, student_id, folder)
        self._found: dict[str, Work] = {}
        reasons: list[str] = []
        given = others(read_folder(self._source()).files)
        for path in self.notebooks:
            name = Path(path).stem
            try:
                source = master(self._source() / f"{name}.ipynb", self.config)
                self._found[name] = find_work(name, source, found, self._names, given)
            except Unreadable as error:
                reasons.append(f"{name}.ipynb was not graded: {error}")
        for reason in reasons:
            self.log.error("%s: %s", student_id, reason)
        self.notebooks = [path for path in self.notebooks if Path(path).stem in self._found]
        if not self.notebooks:
            raise NbGraderException("; ".join(reasons))
        remarks = [remark for work in self._found.values() for remark in work.remarks]
        for remark in dict.fromkeys(remarks):
            self.log.warning("%s: %s", student_id, remark)
        kept = set(self.exclude_overwriting.get(assignment_id, ())) & set(found.files)
        given = {name: data for name, data in given.items() if name not in kept}
        files = without_clashes({**others(found.files), **given})
        write_files(Path(self._format_dest(assignment_id, student_id)), files)

    def _enter(self, assignment: str, student: str, folder: Path) -> None:
        """Enter the submission into the gradebook; formgrader asks a person until its grades are
        there.
        """
        with Gradebook(self._course.db_url, self._course.course_id) as opened:
            book: Any = opened
            try:
                known = {notebook.name for notebook in book.find_assignment(assignment).notebooks}
                if not self.create_student:
                    book.find_student(student)
            except MissingEntry as error:
                raise NbGraderException(str(error)) from None
            self.notebooks = [path for path in self.notebooks if Path(path).stem in known]
            if not self.notebooks:
                raise NbGraderException(
                    "No notebooks found, did you forget to run 'nbgrader generate_assignment'?"
                )
            book.update_or_create_student(student)
            timestamp = read_timestamp(folder / "timestamp.txt")
            about = {"timestamp": timestamp} if timestamp else {}
            submission = book.update_or_create_submission(assignment, student, **about)
            if timestamp and submission.total_seconds_late > 0:
                late = submission.total_seconds_late
                self.log.warning("%s is %s seconds late", submission, late)
            graded = {Path(path).stem for path in self.notebooks}
            for notebook in submission.notebooks:
                if notebook.name in graded:
                    ask_a_person(notebook)
            book.db.commit()

    def init_single_notebook_resources(self, notebook_filename: str) -> dict[str, Any]:
        """nbgrader's method, with the work that was found."""
        resources = super().init_single_notebook_resources(notebook_filename)
        about = resources["nbgrader"]
        about["work"] = self._found[about["notebook"]]
        return resources


class ReadAnything(NotebookExporter):
    """nbgrader's exporter for grading; it takes the submitted work that `FindWork` found and read."""

    def from_filename(self, filename, resources=None, **kw):
        """Read and convert a notebook."""
        assert resources is not None  # nbgrader's command always passes them
        about = resources["nbgrader"]
        course = CourseDirectory(config=self.config)
        folder = course.format_path(
            course.submitted_directory, about["student"], about["assignment"]
        )
        if Path(filename).resolve().parent != Path(folder).resolve():  # what grading has written
            return super().from_filename(filename, resources, **kw)
        resources["metadata"] = {"name": about["notebook"], "path": str(Path(filename).parent)}
        return self.from_notebook_node(about["work"].notebook, resources, **kw)


class Repair(NbGraderPreprocessor):
    """Repairs a submission before nbgrader reads it: copies, missing and moved cells, tags,
    kernels.
    """

    def preprocess(self, nb, resources):
        """Repair the notebook, and log each remark."""
        student = resources["nbgrader"]["student"]
        tokens = class_tokens(CourseDirectory(config=self.config).root)
        source = master(_source_of(self.config, resources), self.config)
        for remark in (*foreign_outputs(nb, tokens, student), *repair(nb, source)):
            self.log.warning("%s: %s", student, remark)
        return nb, resources


class RunIsolated(NbGraderPreprocessor):
    """Takes the place of nbgrader's Execute."""

    sandboxed = Bool(True, help="False runs students' code with all your rights.").tag(config=True)
    cell_time = Float(Limits.cell_time, help="seconds for one cell").tag(config=True)
    total_time = Float(Limits.total_time, help="seconds for one submission").tag(config=True)
    memory = Integer(Limits.memory, help="MiB for one submission").tag(config=True)
    output = Integer(Limits.output, help="KiB of text for one cell").tag(config=True)

    def limits(self) -> Limits:
        """The limits that the configuration sets."""
        return Limits(self.cell_time, self.total_time, self.memory, output=self.output)

    def preprocess(self, nb, resources):
        """Run all cells of the notebook."""
        path = _source_of(self.config, resources)
        course = CourseDirectory(config=self.config)
        source = master(path, self.config)
        given = others(read_folder(path.parent).files)
        student, work = resources["nbgrader"]["student"], resources["nbgrader"]["work"]
        with temporary_folder() as folder:
            tokens = class_tokens(course.root)
            left_out = lay_out(folder / "files", work.files, given, tokens, student)
            if left_out:
                said = "%s: %s of the files beside the notebook were left out"
                self.log.warning(said, student, left_out)
            ran = run_notebook(
                nb,
                Plan.of(source, [str(Path(course.root).resolve())]),
                limits=self.limits(),
                files=folder / "files",
                sandboxed=require_isolation(self.sandboxed),
            )
        for remark in copied_answers(nb, tokens):
            self.log.warning("%s: %s", student, remark)
        for name in ran.unjudged:
            self.log.warning(
                "%s: %s could not be judged: 0 points until you look at it",
                student,
                name,
            )
        return nb, resources


class AskAPerson(NbGraderPreprocessor):
    """After SaveAutoGrades: makes formgrader ask a person to look at each test that could not be
    judged.
    """

    def preprocess(self, nb, resources):
        """Mark the gradebook's grades of such tests."""
        about = resources["nbgrader"]
        names = [grade_id(cell) for cell in nb.cells if is_unjudged(cell)]
        if names:
            course = CourseDirectory(config=self.config)
            with Gradebook(about["db_url"], course.course_id) as book:
                for name in names:
                    grade: Any = book.find_grade(
                        name, about["notebook"], about["assignment"], about["student"]
                    )
                    grade.needs_manual_grade = True
                book.db.commit()
        return nb, resources
