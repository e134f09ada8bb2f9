"""Who owns a name that a test cell uses? This is read from the source notebook, so no submission
can change it.
"""

import ast
import builtins
import contextlib
import functools
import symtable
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing nbformat takes longer than everything else in the warm process
    from nbformat import NotebookNode

_SEES_ALL = {"globals", "locals", "vars", "eval", "exec", "dir"}


def python(source: str) -> ast.Module:
    """The cell without its magics, parsed; empty if it is not Python."""
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        lines = [line if line.lstrip()[:1] not in "%!?" else "" for line in source.splitlines()]
        try:
            return ast.parse("\n".join(lines))
        except (SyntaxError, ValueError):
            return ast.Module([], [])


def imports(source: str) -> list[str]:
    """The import statements at the top level of a cell."""
    body = python(source).body
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


def definitions(source: str) -> list[str]:
    """The imports, functions and classes at the top level of a cell."""
    kinds = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
    return [ast.unparse(node) for node in python(source).body if isinstance(node, kinds)]


def _targets(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Names that statements bind, without functions' local names."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
            yield from _targets(ast.iter_child_nodes(node))
        elif not isinstance(
            node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
        ):
            yield from _targets(ast.iter_child_nodes(node))


@functools.lru_cache(maxsize=1024)  # a class has the same tests
def bound(source: str, without_imports: bool = False) -> frozenset[str]:
    """The names that a cell gives a value."""
    body = python(source).body
    if without_imports:
        body = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    return frozenset(_targets(body))


@functools.lru_cache(maxsize=1024)
def used(source: str) -> frozenset[str] | None:
    """The global names that a cell reads, in any scope; None if it may look at all names
    (`globals()`).
    """
    tree = python(source)
    names = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
    }
    if names & _SEES_ALL:
        return None
    with contextlib.suppress(SyntaxError):  # await at the top level, which only IPython allows
        names &= _global_reads(symtable.symtable(ast.unparse(tree), "cell", "exec"))
    return frozenset(names)


def _global_reads(table: symtable.SymbolTable) -> set[str]:
    top = table.get_type() == "module"
    own = {
        s.get_name() for s in table.get_symbols() if s.is_referenced() and (top or s.is_global())
    }
    return own.union(*(_global_reads(child) for child in table.get_children()))


class Owners:
    """Goes through the source notebook's cells once and finds, for each test cell, the names that
    are the learner's.

    The last binding before the test cell decides: names bound by a test cell or a given import are
    trusted; all others come from the learner's process.
    """

    def __init__(self, source: "NotebookNode", is_test) -> None:
        self.imports: list[str] = []  # of the given cells, in order
        self.of_test: dict[str, set[str]] = {}  # grade_id: names that are the learner's there
        learners: set[str] = set()
        for cell in source.cells:
            if cell.cell_type != "code":
                continue
            if is_test(cell):
                self.of_test[cell.metadata.nbgrader["grade_id"]] = set(learners)
                learners -= bound(cell.source)
                continue
            answers = bool(cell.metadata.get("nbgrader", {}).get("solution"))
            if not answers:
                self.imports += imports(cell.source)
                learners -= set(_targets(ast.parse(i) for i in imports(cell.source)))
            learners |= bound(cell.source, without_imports=not answers)


BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython", "In", "Out", "_", "__", "___"}
