"""Writes graded submissions into nbgrader's gradebook and `autograded/`. Only one process of a course does this at a time.

Each step may be done twice: whoever is killed in between does it again, and the result is the same.
"""

import contextlib
import datetime
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from traitlets.config import Config

from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file, try_lock

from .execute import is_unjudged
from .nbgrader_api import open_gradebook
from .submission import grade_id
from .submission_job import Outcome, text_of


@contextlib.contextmanager
def only_one(course: Path) -> Iterator[None]:
    """Hold the course's lock. Raises CourseError if another process grades."""
    path = course / ".cache" / "grade" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        if not try_lock(file):
            raise CourseError(
                f"Another process is grading the course in {course}: wait until it has ended."
            )
        yield


def read_timestamp(path: Path) -> datetime.datetime | None:
    """When a submission was handed in, in UTC, as nbgrader notes it; None where the file says nothing that can be read.

    It lies among what a student handed in, so it may be anything: a folder, a link, a pipe, noise.
    """
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > 1000:
            return None
        text = path.read_text("utf-8").strip()
        return utils.parse_utc(text) if text else None
    except (OSError, ValueError, OverflowError, TypeError):
        return None


class Records:
    """The gradebook and the graded notebooks of one assignment. Use it in a `with` statement."""

    def __init__(self, course: CourseDirectory, config: Config, assignment: str) -> None:
        self.course, self.config, self.assignment = course, config, assignment
        logging.getLogger("traitlets").setLevel(logging.ERROR)
        self.gradebook = open_gradebook(course)
        self.penalties = None
        if "LateSubmissionPlugin" in config or "AssignLatePenalties" in config:
            self.penalties = AssignLatePenalties(config=config)
            self.penalties.init_plugin()

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_) -> None:
        self.gradebook.close()

    # --- the assignment ---

    def enter_assignment(self, notebooks: dict[str, NotebookNode]) -> None:
        """Make the gradebook's cells those of the source, as `nbgrader generate_assignment` does, where they are not yet.

        notebooks: what `submission.master` gives, by name. Raises CourseError where submissions stand against it.
        """
        book = self.gradebook
        try:
            book.find_assignment(self.assignment)
        except MissingEntry:
            book.update_or_create_assignment(self.assignment)
        for name, notebook in notebooks.items():
            MetadataValidator().validate_nb(notebook)
            if self._is_entered(name, notebook):
                continue
            about = {"notebook": name, "assignment": self.assignment, "db_url": self.course.db_url}
            try:
                SaveCells(config=self.config).preprocess(
                    nbformat.from_dict(json.loads(json.dumps(notebook))), {"nbgrader": about}
                )
            except RuntimeError as error:
                raise CourseError(
                    f"The gradebook has submissions of an older {self.assignment} with other cells: {error}. Remove them with"
                    f" `nbgrader db assignment remove {self.assignment}` (a copy of the gradebook first), or restore the source."
                ) from None
            book.db.expire_all()

    def _is_entered(self, name: str, notebook: NotebookNode) -> bool:
        try:
            entered = self.gradebook.find_notebook(name, self.assignment).source_cells
        except MissingEntry:
            return False
        points = {
            c.name: c.max_score
            for c in self.gradebook.find_notebook(name, self.assignment).grade_cells
        }
        old = {c.name: (c.source, c.cell_type, points.get(c.name)) for c in entered}
        new = {
            grade_id(c): (
                c.source,
                c.cell_type,
                float(c.metadata.nbgrader["points"]) if utils.is_grade(c) else None,
            )
            for c in notebook.cells
            if grade_id(c)
        }
        return old == new

    # --- a submission ---

    def enter(self, outcome: Outcome) -> None:
        """Record the scores, then write the graded notebooks. What a person marked stays where the answer stayed."""
        if not outcome.notebooks:
            return
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # SQLAlchemy's, about nbgrader's own way to add a submission
            self._enter_scores(outcome)
        self._write(outcome)

    def undo(self) -> None:
        """Forget what `enter` could not finish."""
        self.gradebook.db.rollback()
        self.gradebook.db.expunge_all()

    def _enter_scores(self, outcome: Outcome) -> None:
        book = self.gradebook
        book.update_or_create_student(outcome.student)
        folder = self.course.format_path(
            self.course.submitted_directory, outcome.student, self.assignment
        )
        timestamp = read_timestamp(Path(folder, "timestamp.txt"))
        extra = {"timestamp": timestamp} if timestamp else {}
        submission = book.update_or_create_submission(self.assignment, outcome.student, **extra)
        for submitted in submission.notebooks:
            if submitted.name in outcome.notebooks:
                self._enter_notebook(submitted, outcome.notebooks[submitted.name], outcome.student)
            elif (
                submitted.name not in outcome.unreadable
            ):  # nbgrader: a missing notebook is worth nothing
                for grade in submitted.grades:
                    grade.auto_score, grade.needs_manual_grade = 0, False
        book.db.commit()
        if self.penalties:
            for submitted in submission.notebooks:
                self._penalize(submission, submitted, outcome.student)
            book.db.commit()
        book.db.expunge_all()  # keeps the memory of a large class flat

    def _enter_notebook(self, submitted, notebook: NotebookNode, student: str) -> None:
        cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
        before = self._answers_before(student, submitted.name)
        for grade in submitted.grades:
            cell = cells[grade.cell.name]
            score, _ = utils.determine_grade(cell)
            if utils.is_solution(cell) or utils.is_task(cell):
                same = before.get(grade.cell.name) == cell.source
            else:
                same = grade.auto_score == score
            marked = grade.manual_score is not None or (score is None and grade.auto_score is None)
            if not (same and marked):  # else: marked already, and what was marked is still there
                grade.needs_manual_grade = (
                    grade.manual_score is not None or score is None or is_unjudged(cell)
                )
            grade.auto_score = score
        for comment in submitted.comments:
            cell = cells.get(comment.cell.name)
            if cell is None:
                continue
            untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            comment.auto_comment = "No response." if untouched and not utils.is_task(cell) else None

    def _answers_before(self, student: str, name: str) -> dict[str, str]:
        """{grade_id: source} of the graded notebook as it was."""
        folder = self.course.format_path(self.course.autograded_directory, student, self.assignment)
        try:
            notebook = nbformat.read(Path(folder, f"{name}.ipynb"), as_version=4)
        except Exception:  # none, or a damaged one: then all is new
            return {}
        return {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}

    def _penalize(self, submission, submitted, student: str) -> None:
        """As nbgrader's AssignLatePenalties, without a gradebook of its own."""
        submitted.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            penalty = self.penalties.plugin_inst.late_submission_penalty(
                student, submitted.score, submission.total_seconds_late
            )
            if penalty is not None:
                penalty = self.penalties._check_late_penalty(submitted, penalty)
                submitted.late_submission_penalty = penalty

    def _write(self, outcome: Outcome) -> None:
        """Replace the files in autograded/ one by one; those that are no longer made go."""
        folder = Path(
            self.course.format_path(
                self.course.autograded_directory, outcome.student, self.assignment
            )
        )
        files = dict(outcome.files)
        for name, notebook in outcome.notebooks.items():
            files[f"{name}.ipynb"] = text_of(notebook).encode("utf-8", "replace")
        files = _without_clashes(files)
        for path in sorted(
            folder.rglob("*"), reverse=True
        ):  # what lies in a folder, before the folder
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.rmdir()  # if it is empty
            elif path.relative_to(folder).as_posix() not in files:
                path.unlink()
        for name, data in files.items():
            try:
                replace_file(folder / name, data, 0o444)  # nbgrader's own: read only
            except OSError:
                if name not in outcome.files:
                    raise
                # One of a student's own, with a name that is too long here.


def _without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files that can stand side by side. What comes later counts more: the source's files, then the notebooks.

    A student may hand in a file called as a folder of the source's, or a folder called as a notebook, which nbgrader would open.
    """
    kept: dict[str, bytes] = {}
    folders: set[str] = set()
    for name in reversed(files):
        above = [folder.as_posix() for folder in PurePosixPath(name).parents]
        if name in folders or any(a in kept or a.endswith(".ipynb") for a in above):
            continue
        kept[name] = files[name]
        folders.update(above)
    return kept
