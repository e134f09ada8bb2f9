"""What is kept from the last run of a notebook, so that the next run can begin where the two
differ.

An unchanged cell after unchanged cells gives the same result, so neither it nor its test is run
again. Before each of the learner's cells, the session leaves a place: copies of both processes,
which wait. A run whose first cells are unchanged continues from the last place among them.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from .cells import Cell
from .messages import Gone
from .sandbox import MIB
from .session import Place, Session

MOST_PLACES = 16
WORTH_IT = 0.1  # leave a place after this many seconds of cells and tests
MOST_MEMORY = 1024 * MIB  # of all waiting processes, as if they shared no memory


@dataclass(frozen=True)
class _Kept:
    """A place, and how many cells ran before it."""

    cells: int
    place: Place


class Memory:
    """The last run of one notebook: its cells with their results, and a waiting session."""

    def __init__(self) -> None:
        self._about: object = None
        self._session: Session | None = None
        self._end: Callable[[], None] = lambda: None
        self._cells: list[Cell] = []  # those up to which nothing was undone or timed out
        self._places: list[_Kept] = []

    def knows(self, about: object) -> bool:
        """Whether the last run had the same assignment, files and limits."""
        return self._session is not None and about == self._about

    def begin(self, about: object, session: Session, end: Callable[[], None]) -> None:
        """Start from the beginning, and drop the last run. session: a new one. end: a function that
        ends it.
        """
        self.close()
        self._about, self._session, self._end = about, session, end
        session.begin()

    def run(self, cells: list[Cell]) -> list[Cell]:
        """The cells with their results, reused from the last run as far as possible, otherwise run
        now.

        Call it after `begin`, or if `knows` is true. Raises Gone if the waiting session does not
        answer: then call `begin` again.
        """
        session = self._session
        assert session is not None
        pairs = zip(self._cells, cells, strict=False)
        same = itertools.takewhile(lambda pair: _are_same(*pair), pairs)
        common = sum(1 for _ in same)
        if common == len(cells):
            return self._cells[:common]
        if common == len(self._cells) and session.is_plain:
            session.go_on()
        else:
            common = self._go_back(session, common)
        done = self._cells[:common]
        for number in range(common, len(cells)):
            cell = cells[number]
            if number and not cell.given and not cell.test:
                self._leave_place(session, number)
            session.run(cell)
            done.append(cell)
            if session.is_plain:
                self._cells.append(cell)
        return done

    def _go_back(self, session: Session, common: int) -> int:
        """Go to the last place among the first `common` cells; returns how many cells ran there. Raises Gone."""
        while self._places and self._places[-1].cells > common:
            session.forget(self._places.pop().place)
        if not self._places:
            raise Gone
        kept = self._places[-1]
        session.go_to(kept.place)
        del self._cells[kept.cells :]
        return kept.cells

    def _leave_place(self, session: Session, number: int) -> None:
        since = self._cells[self._places[-1].cells if self._places else 0 :]
        if sum(cell.seconds for cell in since) < WORTH_IT:
            return
        if len(self._places) >= min(MOST_PLACES, MOST_MEMORY // max(session.grown, 1)):
            for kept in self._places[::2]:
                session.forget(kept.place)
            del self._places[::2]
        if session.grown < MOST_MEMORY and (place := session.leave_place()) is not None:
            self._places.append(_Kept(number, place))

    def close(self) -> None:
        """End all waiting processes, and forget the last run."""
        self._end()
        self.__init__()


def _are_same(one: Cell, other: Cell) -> bool:
    return (one.source, one.test, one.given) == (other.source, other.test, other.given)
