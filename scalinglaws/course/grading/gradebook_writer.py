"""Writes graded submissions into nbgrader's gradebook and `autograded/`. Only one process of a course does this at a time.

Every step is idempotent: after a kill it is done again, with the same result.
"""

import contextlib
import datetime
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from traitlets.config import Config

from scalinglaws.errors import CourseError
from scalinglaws.files import replace_file, try_lock

from .cells import score_of
from .execute import is_unjudged
from .nbgrader_api import open_gradebook
from .results import automatic_comment
from .submission import grade_id
from .submission_job import Outcome, text_of, without_clashes


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
    """When a submission was submitted, in UTC, from nbgrader's file; None if that is unreadable.

    The file is among the student's files, so it may be anything: a folder, a link, a pipe, noise.
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
        self.penalties: Any = None
        if "LateSubmissionPlugin" in config or "AssignLatePenalties" in config:
            self.penalties = AssignLatePenalties(config=config)
            self.penalties.init_plugin()

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *_) -> None:
        self.gradebook.close()

    # --- the assignment ---

    def enter_assignment(self, notebooks: dict[str, NotebookNode]) -> list[dict[str, Any]]:
        """Update the gradebook's cells to those of the source.

        notebooks: from `submission.master`, by name. Cells may be added, removed, renamed and
        changed after grading began: marks and comments on remaining cells are kept. Returns the
        marks that people gave for removed cells.
        """
        book = self.gradebook
        removed: list[dict[str, Any]] = []
        try:
            book.find_assignment(self.assignment)
        except MissingEntry:
            book.update_or_create_assignment(self.assignment)
        for name, notebook in notebooks.items():
            MetadataValidator().validate_nb(notebook)
            if self._is_entered(name, notebook):
                continue
            if self._has_submissions(name):
                removed += self._change_cells(name, notebook)
            else:
                about = {
                    "notebook": name, "assignment": self.assignment, "db_url": self.course.db_url,
                }  # fmt: skip
                copy: Any = nbformat.from_dict(json.loads(json.dumps(notebook)))
                SaveCells(config=self.config).preprocess(
                    copy,
                    ResourcesDict(nbgrader=about),
                )
                book.db.expire_all()
            self._add_missing_rows(name)
        return removed

    def _has_submissions(self, name: str) -> bool:
        try:
            return bool(self.gradebook.find_notebook(name, self.assignment).submissions)
        except MissingEntry:
            return False

    def _change_cells(self, name: str, notebook: NotebookNode) -> list[dict[str, Any]]:
        """Rename, remove and add cells of a notebook that has submissions, which nbgrader refuses
        to do.
        """
        book: Any = self.gradebook  # nbgrader's type annotations are unreliable
        db = book.db
        entry = book.find_notebook(name, self.assignment)
        now = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
        for old, new in _renamed({c.name: c for c in entry.source_cells}, now).items():
            for row in (*entry.grade_cells, *entry.solution_cells, *entry.task_cells):
                if row.name == old:
                    row.name = new
            next(row for row in entry.source_cells if row.name == old).name = new
        removed = []
        tests = (utils.is_grade, utils.is_solution, utils.is_task)
        rows = (entry.grade_cells, entry.solution_cells, entry.task_cells)
        for kind, cells in zip(tests, rows, strict=True):
            for row in list(cells):
                if row.name in now and kind(now[row.name]):
                    continue
                for mark in (*row.grades, *row.comments):
                    removed += _by_hand(mark, name, self.assignment)
                    db.delete(mark)
                db.delete(row)
        for row in list(entry.source_cells):
            if row.name not in now:
                db.delete(row)
        about = (name, self.assignment)
        for key, cell in now.items():
            if utils.is_grade(cell):
                book.update_or_create_grade_cell(
                    key, *about, max_score=float(cell.metadata.nbgrader["points"]), cell_type=cell.cell_type,
                )  # fmt: skip
            if utils.is_solution(cell):
                book.update_or_create_solution_cell(key, *about)
            if utils.is_task(cell):
                book.update_or_create_task_cell(
                    key, *about, max_score=float(cell.metadata.nbgrader["points"]), cell_type=cell.cell_type,
                )  # fmt: skip
            book.update_or_create_source_cell(
                key, *about, cell_type=cell.cell_type, source=cell.source,
                locked=utils.is_locked(cell), checksum=cell.metadata.nbgrader.get("checksum"),
            )  # fmt: skip
        db.commit()
        db.expire_all()
        return removed

    def _add_missing_rows(self, name: str) -> None:
        """Give earlier submissions a row for each new cell.

        It has 0 points until it is graded, and waits for a person, so that no zero goes unnoticed.
        A mark that a person gave when the cell was worth more waits, too.
        """
        db = self.gradebook.db
        entry: Any = self.gradebook.find_notebook(name, self.assignment)
        assignment: Any = self.gradebook.find_assignment(self.assignment)
        for submission in assignment.submissions:
            if all(submitted.notebook_id != entry.id for submitted in submission.notebooks):
                db.add(SubmittedNotebook(notebook=entry, assignment=submission))
        db.flush()
        db.refresh(entry)
        for submitted in entry.submissions:
            graded = {grade.cell_id for grade in submitted.grades}
            commented = {comment.cell_id for comment in submitted.comments}
            for grade in submitted.grades:
                if grade.manual_score is not None and grade.manual_score > grade.cell.max_score:
                    grade.needs_manual_grade = True
            for cell in (*entry.grade_cells, *entry.task_cells):
                if cell.id not in graded:
                    about = {"auto_score": 0.0, "needs_manual_grade": True}
                    db.add(Grade(cell=cell, notebook=submitted, **about))
            for cell in (*entry.solution_cells, *entry.task_cells):
                if cell.id not in commented:
                    db.add(Comment(cell=cell, notebook=submitted))
        db.commit()
        db.expire_all()

    def waiting(self) -> dict[str, tuple[int, int]]:
        """{student: (answers that a person has yet to mark, others that a person should look at again)}."""
        found: dict[str, tuple[int, int]] = {}
        who: Any = SubmittedAssignment.student_id
        sheet: Any = Assignment
        score: Any = Grade.auto_score
        kind: Any = Grade.cell_type
        rows = (
            self.gradebook.db.query(who, score, kind)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(sheet, sheet.id == SubmittedAssignment.assignment_id)
            .filter(sheet.name == self.assignment, Grade.needs_manual_grade)
        )
        for student, score, kind in rows:
            answers, others = found.get(student, (0, 0))
            written = score is None and kind == "markdown"  # a test without a score was never run
            found[student] = (answers + 1, others) if written else (answers, others + 1)
        return found

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
        """Record the scores, then write the graded notebooks.

        A person's marks are kept if the answer has not changed. If something could not be graded,
        its former marks are kept, and a person is asked to look.
        """
        if not outcome.notebooks:
            with contextlib.suppress(MissingEntry):  # nothing was graded before
                submission: Any = self.gradebook.find_submission(self.assignment, outcome.student)
                for submitted in submission.notebooks:
                    ask_a_person(submitted)
                self.gradebook.db.commit()
            return
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # SQLAlchemy's warnings about the way nbgrader adds a submission
            self._enter_scores(outcome)
        self._write(outcome)

    def undo(self) -> None:
        """Roll back an unfinished `enter`."""
        self.gradebook.db.rollback()
        self.gradebook.db.expunge_all()

    def _enter_scores(self, outcome: Outcome) -> None:
        book: Any = self.gradebook
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
            else:
                ask_a_person(submitted)
        book.db.commit()
        if self.penalties:
            for submitted in submission.notebooks:
                self._penalize(submission, submitted, outcome.student)
            book.db.commit()
        book.db.expunge_all()  # bounds the memory for a large class

    def _enter_notebook(self, submitted, notebook: NotebookNode, student: str) -> None:
        cells = {grade_id(cell): cell for cell in notebook.cells if grade_id(cell)}
        before = self._answers_before(student, submitted.name)
        # One query; `grade.cell.name` would take one for each cell.
        about: Any = (BaseCell.id, BaseCell.name)
        rows = self.gradebook.db.query(*about)
        names: dict[str, str] = dict(rows.filter(BaseCell.notebook_id == submitted.notebook_id))
        for grade in submitted.grades:
            name = names[grade.cell_id]
            cell = cells[name]
            score = score_of(cell)
            if utils.is_solution(cell) or utils.is_task(cell):
                # A renamed exercise has its answer under the old name.
                old = before.get(name)
                same = cell.source in before.values() if old is None else old == cell.source
            else:
                same = grade.auto_score == score
            marked = grade.manual_score is not None or (score is None and grade.auto_score is None)
            if not (same and marked):  # otherwise it is marked, and the marked answer is unchanged
                grade.needs_manual_grade = (
                    grade.manual_score is not None or score is None or is_unjudged(cell)
                )
            grade.auto_score = score
        for comment in submitted.comments:
            cell = cells.get(names[comment.cell_id])
            if cell is None:
                continue
            comment.auto_comment = automatic_comment(cell)

    def _answers_before(self, student: str, name: str) -> dict[str, str]:
        """{grade_id: source} of the graded notebook as it was."""
        folder = self.course.format_path(self.course.autograded_directory, student, self.assignment)
        try:
            notebook = nbformat.read(Path(folder, f"{name}.ipynb"), as_version=4)
        except Exception:  # none, or a damaged one: then everything is new
            return {}
        return {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}

    def _penalize(self, submission, submitted, student: str) -> None:
        """Like nbgrader's AssignLatePenalties, but with our gradebook."""
        submitted.late_submission_penalty = None
        if submission.total_seconds_late > 0:
            penalty = self.penalties.plugin_inst.late_submission_penalty(
                student, submitted.score, submission.total_seconds_late
            )
            if penalty is not None:
                penalty = self.penalties._check_late_penalty(submitted, penalty)
                submitted.late_submission_penalty = penalty

    def _write(self, outcome: Outcome) -> None:
        """Replace the files in autograded/ one by one, and remove those that are no longer
        produced.
        """
        folder = Path(
            self.course.format_path(
                self.course.autograded_directory, outcome.student, self.assignment
            )
        )
        files = dict(outcome.files)
        for name, notebook in outcome.notebooks.items():
            files[f"{name}.ipynb"] = text_of(notebook).encode("utf-8", "replace")
        files = without_clashes(files)
        for path in sorted(
            folder.rglob("*"), reverse=True
        ):  # the content of a folder before the folder
            if path.is_dir() and not path.is_symlink():
                with contextlib.suppress(OSError):
                    path.rmdir()  # if it is empty
            elif path.relative_to(folder).as_posix() not in files:
                path.unlink()
        for name, data in files.items():
            try:
                replace_file(folder / name, data, 0o444)  # read-only, as in nbgrader
            except OSError:
                if name not in outcome.files:
                    raise
                # A student's file with a name that is too long here.


def ask_a_person(submitted: Any) -> None:
    """Make formgrader ask a person to look at a notebook that could not be graded."""
    for grade in submitted.grades:
        grade.needs_manual_grade = True


def _renamed(old: dict[str, Any], new: dict[str, NotebookNode]) -> dict[str, str]:
    """{old name: new name} of cells with a new name and the same text, in order.

    If several cells have the same text (as written answers do), and their number changed, none is
    matched.
    """
    gone: dict[tuple[str, str], list[str]] = {}
    came: dict[tuple[str, str], list[str]] = {}
    for name, row in old.items():
        if name not in new:
            gone.setdefault((row.cell_type, row.source), []).append(name)
    for name, cell in new.items():
        if name not in old:
            came.setdefault((cell.cell_type, cell.source), []).append(name)
    pairs = ((gone[key], came[key]) for key in gone if len(gone[key]) == len(came.get(key, ())))
    return {one: other for before, after in pairs for one, other in zip(before, after, strict=True)}


def _by_hand(mark: Any, notebook: str, assignment: str) -> list[dict[str, Any]]:
    """The marks that a person gave in a row of the gradebook, if any."""
    about = {
        "assignment": assignment, "notebook": notebook, "cell": mark.cell.name,
        "student": mark.notebook.assignment.student_id,
    }  # fmt: skip
    fields = ("manual_score", "extra_credit", "manual_comment")
    given = {name: value for name in fields if (value := getattr(mark, name, None)) is not None}
    return [about | given] if given else []
