"""`scalinglaws reveal`: worked solutions, after an honest try.

A question's solution opens at once after a right answer: its key is in the sealed reply. Otherwise,
and for the exercises of the notebooks, it opens after several different tries recorded in your
progress file. It is then read from the course's own folder, questions/ or source/, because the
package never contains the key to an answer that was not given. A class that gets only the released
notebooks and the package has neither folder, and its instructor decides.
"""

import argparse
import re
import textwrap
from collections.abc import Sequence

from scalinglaws.course.learner.events import (
    Answered,
    Checked,
    Event,
    GaveUp,
    Judged,
    Progress,
    own_progress,
    progress_of,
)
from scalinglaws.course.markdown import to_text
from scalinglaws.course.questions.answers import WORDS, from_text
from scalinglaws.course.questions.question import Question
from scalinglaws.course.questions.seal import (
    Reply,
    find,
    open_reply,
    option_replies,
    right_letters,
    solution_of_variant,
)
from scalinglaws.errors import CourseError

TRIES = 3  # this many different answers make an honest try


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    from scalinglaws.course.learner.identity import default_student

    parser.add_argument("what", help="a question (power_laws.trend) or exercise (01_power_laws/5)")
    parser.add_argument(
        "--student", default=default_student(), help="whose tries count (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Print a worked solution. Returns the exit code."""
    print(to_text(solution(args.what, progress_of(args.student))))
    return 0


def reveal(what: str) -> None:
    """Show the worked solution of a question ("power_laws.trend") or exercise ("01_power_laws/5").

    Raises CourseError, which says what is missing, before an honest try.
    """
    text = solution(what, own_progress())
    from IPython import get_ipython
    from IPython.display import Markdown, display

    if get_ipython() is not None:
        display(Markdown(text))
    else:
        print(to_text(text))


def solution(
    what: str, progress: Progress | None = None, events: Sequence[Event] | None = None
) -> str:
    """The worked solution as Markdown.

    Raises CourseError before an honest try, or if there is none to read.
    """
    if events is None:
        events = (progress or progress_of()).events()
    if "/" in what:
        assignment, _, number = what.partition("/")
        return _exercise_solution(assignment, number, events)
    entry = find(what)
    answered = [
        e
        for e in events
        if isinstance(e, Answered)
        and e.question == what
        and not e.sitting.startswith("exam-")  # which may still be open
    ]
    tries = len({event.answer for event in answered})
    over = any(event.right for event in answered) or any(
        isinstance(event, GaveUp | Judged) and event.question == what for event in events
    )
    enough = _tries_needed(entry)
    if not over and tries < enough:
        raise CourseError(
            f"The solution of {what} opens after a right answer or {enough} different tries; "
            f"recorded so far: {tries}. Quiz cells, practice and the challenge count."
        )
    text = worked_solution(what, events)
    if text is None:
        raise CourseError(
            f"The solution of {what} is not in this installation: it opens after the right "
            "answer, or in a full copy of the course (with questions/)."
        )
    references = "".join(f"\n- {source}" for source in entry.references)
    replies = {c: reply.text for c, reply in option_replies(what).items()}
    options = "".join(f"\n- **{letter}.** {reply}" for letter, reply in replies.items())
    parts = [text, f"**The options, and why**\n{options}" if options else "", references.strip()]
    return "\n\n".join(filter(None, parts))


def _tries_needed(entry: Question) -> int:
    """The number of tries needed, small enough to leave more than one option."""
    if entry.form == "words":
        return 1
    if entry.form in ("option", "truth"):
        return min(TRIES, max(1, len(entry.options) - 2))
    return TRIES


def worked_solution(question: str, events: Sequence[Event] = ()) -> str | None:
    """The worked solution of a question that is over; None if it cannot be opened here."""
    entry = find(question)
    if (drawn := solution_of_variant(question)) is not None:
        return drawn
    if entry.form == "words":
        return open_reply(question, " ".join(str(i) for i in range(WORDS))).solution
    for event in events:
        if isinstance(event, Answered) and event.question == question and event.right:
            opened = _open_again(question, event.answer)
            if opened.right:  # otherwise the question was changed since
                return opened.solution
    if reply := right_letters(question):
        return reply.solution
    return _from_course(question)


def _open_again(question: str, answer: str) -> Reply:
    """The reply to a saved answer, which the learner may have edited in the file."""
    try:
        return open_reply(question, from_text(find(question), answer))
    except CourseError as error:
        return Reply(False, str(error))


def _from_course(question: str) -> str | None:
    from scalinglaws.course.questions.bank import load_bank
    from scalinglaws.course.questions.worked import worked
    from scalinglaws.paths import course_dir

    try:
        bank = load_bank(course_dir() / "questions")
    except (CourseError, OSError):
        return None
    return worked(bank[question]) if question in bank else None


# -- Exercises


def _exercise_solution(assignment: str, number: str, events: Sequence[Event]) -> str:
    from scalinglaws.course.exercises import (
        check_name,
        check_number,
        exercises,
        graded_cells,
        number_of,
        read_notebook,
    )
    from scalinglaws.paths import course_dir, exercises_dir, is_complete

    course = course_dir()
    path = exercises_dir(course) / assignment / f"{assignment}.ipynb"
    check_name(course, assignment)
    number = number_of(number)
    if not is_complete(course):
        raise CourseError(
            "Your course was handed out without solutions: ask your instructor for them."
        )
    notebook = read_notebook(path)
    found = {exercise.number: exercise for exercise in exercises(notebook)}
    check_number(assignment, number, list(found))
    exercise = found[number]
    seen = [
        event.exercises[number]
        for event in events
        if isinstance(event, Checked)
        and event.assignment == assignment
        and number in event.exercises
    ]
    tries = {row.wrote for row in seen if row.state != "not started"}
    enough = 1 if exercise.by_hand else TRIES
    if not any(row.state == "right" for row in seen) and len(tries) < enough:
        raise CourseError(
            f"The solution of exercise {number} opens when it is right, or after checks of {assignment} "
            f"have seen {enough} different {'try' if enough == 1 else 'tries'}; recorded so far: "
            f"{len(tries)}."
        )
    cells = graded_cells(notebook)
    parts = []
    for name in exercise.answers:
        text = cells[name].source
        marked = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", text, re.S)
        if cells[name].cell_type == "markdown":
            parts.append(text)
        else:
            code = re.sub(r"^ *### (?:BEGIN|END) SOLUTION\n?", "", text, flags=re.M)
            parts.append(f"```python\n{textwrap.dedent(code if marked else text).strip()}\n```")
    return f"**{exercise.title}**\n\n" + "\n\n".join(parts)
