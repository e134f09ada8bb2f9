"""Draw the architecture in CONTRIBUTING.md: each package, what it is for, and what it may import.

python docs/architecture.py           # write it
python docs/architecture.py --check   # exit 1 if it is stale

The layers come from the contracts in pyproject.toml, the sentences from the modules' docstrings,
and the arrows from the imports in the code.
"""

import ast
import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- made by docs/architecture.py -->\n", "<!-- end -->\n"
COURSE = "scalinglaws.course"
PLUMBING = {"errors", "files", "paths", "arrays", "extras", "terminal", "markdown", "colours"}


def storeys(contract: str) -> list[list[str]]:
    """The packages of each layer of a contract, from the top down."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (layers,) = [c["layers"] for c in contracts if c["id"] == contract]
    return [layer.split(" | ") for layer in layers]


def purpose(module: str) -> str:
    """The first paragraph of a module's docstring, without its full stop."""
    path = ROOT / module.replace(".", "/")
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return " ".join(text.partition("\n\n")[0].split()).rstrip(".")


def room(module: str) -> str:
    """The package that a module is in: `laws`, or `course/practice`."""
    parts = module.split(".")[1:]
    return "/".join(parts[:2] if parts[:1] == ["course"] else parts[:1])


def arrows(graph: grimp.ImportGraph) -> set[tuple[str, str]]:
    """(importer, imported) of packages, without the basic modules that everything uses."""
    found = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = room(module), room(imported)
            if pair[0] != pair[1] and all(pair) and not PLUMBING & {*pair}:
                found.add(pair)
    return found


def picture() -> str:
    """The layers as a table and the arrows as a diagram, in Markdown."""
    lines = ["| Package of the course, top to bottom | What it does |", "| --- | --- |"]
    for rooms in storeys("course"):
        lines += [f"| `course/{name}` | {purpose(f'{COURSE}.{name}')} |" for name in rooms]
    lines += ["", "| Package below the course, top to bottom | What it does |", "| --- | --- |"]
    for rooms in storeys("storeys"):
        names = [name for name in rooms if name != "course"]
        lines += [f"| `{name}` | {purpose(f'scalinglaws.{name}')} |" for name in names]
    graph = grimp.build_graph("scalinglaws", exclude_type_checking_imports=True)
    doors = {"__main__", "cli", "environment", "grading"}
    drawn = sorted(pair for pair in arrows(graph) if not doors & {*pair})
    lines += ["", f"{len(drawn)} arrows, none of which points upwards (left imports right):", ""]
    lines += ["```mermaid", "flowchart LR"]
    lines += [f"  {a.replace('/', '_')}[{a}] --> {b.replace('/', '_')}[{b}]" for a, b in drawn]
    return "\n".join([*lines, "```", ""])


def page() -> str:
    """CONTRIBUTING.md with a fresh picture."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + "\n" + picture() + "\n" + END + after


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text("utf-8") != page())
    PAGE.write_text(page(), "utf-8")
