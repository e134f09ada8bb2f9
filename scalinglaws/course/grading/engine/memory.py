"""What is kept of the last run of a notebook, so that the next one begins where the two differ.

A cell that is the same as last time, after cells that are the same, comes to the same: neither it nor a test
is run again. Before each of the learner's cells the session leaves a place: copies of both processes, which
wait. A run whose first cells are known goes on from the last place among them.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from .cells import Cell
from .messages import Gone
from .sandbox import MIB
from .session import Place, Session

MOST_PLACES = 16
WORTH_IT = 0.1  # seconds of cells and tests since the last place
MOST_MEMORY = 1024 * MIB  # of all that waits, even if no two of them shared any


@dataclass(frozen=True)
class _Kept:
    """A place, and how many cells ran before it."""

    cells: int
    place: Place


class Memory:
    """The last run, of one notebook: its cells with what they came to, and a session that waits."""

    def __init__(self) -> None:
        self._about: object = None
        self._session: Session | None = None
        self._end: Callable[[], None] = lambda: None
        self._cells: list[Cell] = []  # those after which nothing was undone, or late
        self._places: list[_Kept] = []

    def knows(self, about: object) -> bool:
        """Whether the last run was about the same: assignment, files, limits."""
        return self._session is not None and about == self._about

    def begin(self, about: object, session: Session, end: Callable[[], None]) -> None:
        """Begin from the start, in place of the last run. session: a new one. end: what ends it."""
        self.close()
        self._about, self._session, self._end = about, session, end
        session.begin()

    def run(self, cells: list[Cell]) -> list[Cell]:
        """The cells with what they came to: as far as they are known from last time, else they run.

        After `begin`, or where `knows` is true. Raises Gone where what waits does not answer: `begin` again.
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
        """End all that waits, and forget the last run."""
        self._end()
        self.__init__()


def _are_same(one: Cell, other: Cell) -> bool:
    return (one.source, one.test, one.given) == (other.source, other.test, other.given)
