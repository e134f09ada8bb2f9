"""nbgrader's own steps, done by the engine: named in nbgrader_config.py, so that `nbgrader autograde` and formgrader use them."""

from collections.abc import Container
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Integer

from scalinglaws.course.variants import class_tokens
from scalinglaws.errors import CourseError

from .copied import copied_answers, foreign_outputs
from .engine.sandbox import Limits
from .execute import Plan, is_unjudged, require_isolation, run_notebook
from .finder import find_work, read_folder
from .scratch import temporary_folder
from .submission import Unreadable, grade_id, master, repair
from .submission_job import lay_out


def _source_of(config, resources) -> Path:
    course = CourseDirectory(config=config)
    about = resources["nbgrader"]
    folder = course.format_path(course.source_directory, ".", about["assignment"])
    return Path(folder) / f"{about['notebook']}.ipynb"


def _submitted_folder(course: CourseDirectory, about: dict[str, str]) -> Path:
    return Path(
        course.format_path(course.submitted_directory, about["student"], about["assignment"])
    )


def _drop_links(handed_in: Path, graded: Path, keep: Container[str]) -> None:
    """Remove from the graded copy what was handed in as a link: nbgrader has copied what it points to, which may be anything."""
    for path in handed_in.rglob("*"):
        name = path.relative_to(handed_in)
        if path.is_symlink() and name.as_posix() not in keep and (graded / name).is_file():
            (graded / name).unlink()


def _others(folder: Path) -> dict[str, bytes]:
    return {n: d for n, d in read_folder(folder).files.items() if not n.endswith(".ipynb")}


class ReadAnything(NotebookExporter):
    """nbgrader's exporter for grading; it reads what was handed in as `scalinglaws grade` does, torn and old files too."""

    def from_filename(self, filename, resources=None, **kw):
        """Read and convert a notebook. Raises CourseError where there is none in the file."""
        assert resources is not None  # nbgrader's command always brings them
        about = resources["nbgrader"]
        folder = _submitted_folder(CourseDirectory(config=self.config), about)
        if Path(filename).resolve().parent != folder.resolve():  # what grading has written
            return super().from_filename(filename, resources, **kw)
        try:
            source = master(_source_of(self.config, resources), self.config)
            work = find_work(about["notebook"], source, read_folder(folder))
        except Unreadable as error:
            raise CourseError(f"{filename} was not graded: {error}.") from None
        for remark in work.remarks:
            self.log.warning("%s: %s", about["student"], remark)
        resources["metadata"] = {"name": about["notebook"], "path": str(Path(filename).parent)}
        return self.from_notebook_node(work.notebook, resources, **kw)


class Repair(NbGraderPreprocessor):
    """Puts a submission in order before nbgrader looks at it: copies, missing and moved cells, tags, kernels."""

    def preprocess(self, nb, resources):
        """Repair the notebook; each remark goes to the log."""
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
        handed_in = _submitted_folder(course, resources["nbgrader"])
        given = read_folder(path.parent).files
        _drop_links(handed_in, Path(resources["metadata"]["path"]), keep=given)
        student = resources["nbgrader"]["student"]
        with temporary_folder() as folder:
            tokens = class_tokens(course.root)
            left_out = lay_out(folder / "files", _others(handed_in), given, tokens, student)
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
                "%s: %s could not be judged: 0 points until you have looked",
                student,
                name,
            )
        return nb, resources


class AskAPerson(NbGraderPreprocessor):
    """After SaveAutoGrades: has formgrader ask for a look at each test that could not be judged."""

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
