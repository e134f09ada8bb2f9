"""Build the site: pages from texts and notebooks, their pictures, the search index, the data of the
charts.
"""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import nbformat
import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from scalinglaws.colours import DARK_FIGURE, PAGE, css_variables
from scalinglaws.course.exercises import assignments, read_notebook
from scalinglaws.course.questions import seal
from scalinglaws.errors import CourseError
from scalinglaws.plots.style import BLACK, COLOURS

from . import charts, glossary, ideas
from .chapters import Chapter, chapter
from .text import PAGES, Document, Heading, picture_name, plain_text, render

ASSETS = Path(__file__).with_name("assets")
Executed = Callable[[str], nbformat.NotebookNode]  # an assignment's released notebook, with outputs

# The menu in the header: pages and their short titles.
MENU = {
    "index.html": "Map",
    "readme.html": "Get started",
    "findings.html": "Findings",
    "tools.html": "Calculator",
    "which_fit.html": "Which fit",
    "reference.html": "Reference",
    "teaching.html": "Teach",
    "glossary.html": "Glossary",
}


@dataclass(frozen=True)
class Link:
    """A page and its title in a menu."""

    file: str
    title: str


@dataclass
class Page:
    """A page of the site, as the template needs it."""

    file: str
    title: str
    html: str
    headings: Sequence[Heading] = ()
    summary: str = ""
    scripts: Sequence[str] = ()
    toc: Sequence[Heading] = ()
    before: Link | None = None
    after: Link | None = None
    pictures: dict[str, bytes] = field(default_factory=dict)


def build(course: Path, out: Path, executed: Executed) -> list[Path]:
    """Write the site into `out`, a folder that is empty or holds an older site.

    Returns the files written.

    executed: returns an assignment's released notebook with its outputs. Raises CourseError if
    `out` holds something else.
    """
    _check(out)
    terms = glossary.terms((course / "source/glossary.md").read_text("utf-8"))
    chapters = [chapter(executed(name), name) for name in assignments(course)]
    pages = [
        _front(course, chapters),
        *_chapter_pages(course, chapters, terms),
        *_text_pages(course, terms),
        charts.tools_page(Page),
        _cite(course),
    ]
    files = {
        f"assets/{path.name}": path.read_bytes() for path in ASSETS.iterdir() if path.is_file()
    }
    files["assets/site.css"] = (_colours() + (ASSETS / "site.css").read_text("utf-8")).encode()
    files["assets/glossary.js"] = _script("GLOSSARY", glossary.definitions(terms))
    files["assets/search.js"] = _script("SEARCH", [row for page in pages for row in _rows(page)])
    files["assets/data.js"] = _script("DATA", charts.data())
    for made in chapters:
        if made.questions:
            sealed = {name: _sealed(name) for name in made.questions}
            files[f"assets/questions-{made.name}.js"] = _script("QUESTIONS", sealed)
    template = Environment(
        loader=PackageLoader(__package__ or "scalinglaws.site"),
        autoescape=False,
        trim_blocks=True,
        undefined=StrictUndefined,
    ).get_template("page.html.j2")
    menu = [Link(file, title) for file, title in MENU.items()]
    for page in pages:
        page.summary = escape(page.summary or page.title, quote=True)
        shown = template.render(page=page, menu=menu, version=version("scalinglaws"))
        files[page.file] = shown.encode()
        files |= page.pictures
    try:
        if out.exists():
            shutil.rmtree(out)
        for name, content in files.items():
            (out / name).parent.mkdir(parents=True, exist_ok=True)
            (out / name).write_bytes(content)
    except OSError as error:
        raise CourseError(
            f"The site cannot be written to {out} ({error.strerror}): make room or choose another folder."
        ) from None
    return [out / name for name in files]


def _check(out: Path) -> None:
    """Raise CourseError for a folder that holds anything but an older site, which would be lost."""
    older = (out / "assets" / "site.css").is_file()
    if not older and (out.is_file() or (out.is_dir() and any(out.iterdir()))):
        raise CourseError(f"{out} holds something that is not a site: give another folder.")


def _script(name: str, data: object) -> bytes:
    """Data as a script: a page opened from file:// may load nothing else."""
    return (
        f"window.{name} = {json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n".encode()
    )


def _series(theme: Literal["light", "dark"]) -> str:
    """The colours of the figures as --c0, --c1, ...; black becomes the text colour of a dark page."""
    ink = PAGE[theme]["ink"]
    colours = (ink if colour == BLACK else colour for colour in COLOURS)
    return " ".join(f"--c{i}: {colour};" for i, colour in enumerate(colours))


def _colours() -> str:
    dark = f"{css_variables('dark')} {_series('dark')}"
    light = f"{css_variables('light')} {_series('light')}"
    rules = "{theme} {{ color-scheme: dark; {dark} }}\n{theme} .figure {{ {turn} }}\n"
    system = rules.format(theme=':root:not([data-theme="light"])', dark=dark, turn=DARK_FIGURE)
    chosen = rules.format(theme=':root[data-theme="dark"]', dark=dark, turn=DARK_FIGURE)
    return (
        f"@media all {{ :root {{ {light} }} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{\n{system}}}\n@media screen {{\n{chosen}}}\n"
    )


def _sealed(question: str) -> dict[str, object]:
    """The parts of a sealed question that the page's script needs to open the reply to an answer."""
    sealed = seal.sealed_bank()[question]
    wanted = ("type", "options", "step", "unit", "replies", "solution")
    kept: dict[str, object] = {
        key: value for key, value in sealed.to_json().items() if key in wanted
    }
    if sealed.question.options:
        kept["options"] = sorted(sealed.question.options)
    return kept | {"work": seal.work(sealed.question)}


def _front(course: Path, chapters: Sequence[Chapter]) -> Page:
    """The first page: a sentence, a figure, the two commands, who it is for, the map, the chapters."""
    figure = course / "docs/which_fit/isoflop.png"
    name = picture_name("docs/which_fit/isoflop.png")
    cards = "".join(
        f'<li><h3><a href="{made.name}.html">{escape(made.title)}</a></h3><p>{made.promise}</p></li>'
        for made in chapters
    )
    html = f"""
<div class="hero"><div><h1>LLM scaling laws</h1>
<p class="lead">Measure, fit, use and break the scaling laws of language models, on more than a thousand small models that this project trained itself.</p>
<pre class="code" tabindex="0" role="group" aria-label="The two commands"><code>git clone &lt;this repository&gt; &amp;&amp; cd &lt;its folder&gt;
make study</code></pre>
<p>For students who know some Python, for people who teach them, and for researchers with their own runs to fit.
<a href="readme.html">Get started</a>, or <a href="{chapters[0].name}.html">read the first chapter</a>.</p></div>
<img class="figure" alt="Loss against parameters, on a log axis: for each of five budgets the measured runs, a parabola through them, and a star at its lowest point, which moves to larger models as the budget grows." src="{name}"></div>
<h2 id="map">The map of ideas</h2>
<p>Each box is an idea, with the number of its chapter. An arrow runs from an idea to one that needs it. Select a box to see its card below.</p>
{ideas.map_svg()}
<h2 id="chapters">Chapters</h2>
<p>Every chapter is a notebook. Here you can read it, with its figures and its quiz. In JupyterLab you also work through its exercises, which are checked as you go.</p>
<ul class="cards">{cards}</ul>
<h2 id="ideas">The ideas, one by one</h2>
{ideas.cards({made.name: made.title for made in chapters})}
"""
    sections = {"map": "The map of ideas", "chapters": "Chapters", "ideas": "The ideas, one by one"}
    headings = [Heading(2, anchor, title) for anchor, title in sections.items()]
    return Page(
        "index.html",
        "LLM scaling laws",
        html,
        headings,
        "A course on the scaling laws of language models, with training runs that you can repeat.",
        pictures={name: figure.read_bytes()},
    )


def _chapter_pages(
    course: Path, chapters: Sequence[Chapter], terms: Sequence[glossary.Term]
) -> list[Page]:
    links = [Link("index.html", "The map of ideas")]
    links += [Link(f"{made.name}.html", made.title) for made in chapters]
    links += [Link("findings.html", "Findings of the measured study")]
    pages = []
    for place, made in enumerate(chapters, start=1):
        facts = f'<p class="facts">{made.minutes} minutes to read'
        worked = re.search(
            r"\*\*Time:\*\* (about \d+ minutes)", _text(course, made.name)
        )  # with the exercises
        facts += f"; {worked[1]} with the exercises, in JupyterLab.</p>" if worked else ".</p>"
        html = made.html.replace("</h1>", f"</h1>\n{facts}", 1)
        scripts = [f"questions-{made.name}.js", "quiz.js"] if made.questions else []
        pages.append(
            Page(
                f"{made.name}.html",
                made.title,
                glossary.mark_terms(html, terms),
                made.headings,
                plain_text(made.promise),
                scripts,
                [heading for heading in made.headings if heading.level == 2],
                links[place - 1],
                links[place + 1],
                made.pictures,
            )
        )
    return pages


def _text(course: Path, assignment: str) -> str:
    notebook = read_notebook(course / "release" / assignment / f"{assignment}.ipynb")
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def _text_pages(course: Path, terms: Sequence[glossary.Term]) -> list[Page]:
    """The pages made from the repository's texts."""
    pages = []
    for path, file in PAGES.items():
        if not path.endswith(".md"):
            continue
        markdown = (course / path).read_text("utf-8")
        document = render(markdown, path)
        scripts: list[str] = []
        if file == "glossary.html":
            document.html = glossary.with_anchors(document.html, terms)
        elif file == "findings.html":
            document = _with_charts(document)
            scripts = ["data.js", "laws.js", "chart.js", "findings.js"]
        (title, *_) = [h.text for h in document.headings if h.level == 1] or [file]
        pictures = {
            picture_name(name): (course / name).read_bytes() for name in sorted(document.pictures)
        }
        toc = [heading for heading in document.headings if heading.level == 2]
        pages.append(
            Page(file, title, document.html, document.headings, "", scripts, toc, pictures=pictures)
        )
    return pages


def _with_charts(document: Document) -> Document:
    """The findings, with a live chart below each heading that has one."""
    for title, element in charts.LIVE.items():
        heading = next((h for h in document.headings if h.text == title), None)
        if heading is None:
            raise CourseError(f"docs/findings.md has no heading {title!r} for the chart {element}.")
        pattern = rf'(<h2 id="{re.escape(heading.anchor)}">.*?</h2>\n)'
        chart = f'<figure class="chart" id="{element}"><noscript>This chart needs JavaScript; the picture below shows the same.</noscript></figure>\n'
        document.html = re.sub(pattern, lambda match, c=chart: match[1] + c, document.html)
    return document


def _cite(course: Path) -> Page:
    """How to cite, from CITATION.cff."""
    facts = yaml.safe_load((course / "CITATION.cff").read_text("utf-8"))
    year = str(facts["date-released"])[:4]
    authors = ", ".join(
        author.get("name") or f"{author['given-names']} {author['family-names']}"
        for author in facts["authors"]
    )
    bibtex = (
        f"@software{{scalinglaws{year},\n  title = {{{facts['title']}}},\n  author = {{{{{authors}}}}},\n"
        f"  version = {{{facts['version']}}},\n  year = {{{year}}}\n}}"
    )
    markdown = f"""# How to cite

{authors} ({year}). *{facts["title"]}*. Version {facts["version"]}.

```bibtex
{bibtex}
```

Code is under the MIT licence; text and data are under CC BY 4.0. To cite a published law, cite its
paper: the [reference](docs/reference.md#published-constants) gives the source of every constant, and [References](source/references.md) lists what the chapters cite.
"""
    document = render(markdown, "CITATION.cff")
    return Page("cite.html", "How to cite", document.html, document.headings)


def _rows(page: Page) -> list[list[str]]:
    """The sections of a page for the search: file, page, anchor, heading, text."""
    html = re.sub(r"<(math|svg|form|script)\b.*?</\1>", " ", page.html, flags=re.S)
    html = re.sub(r'<a class="anchor".*?</a>', "", html, flags=re.S)
    parts = re.split(r'<h[1-4] id="([^"]+)">(.*?)</h[1-4]>', html, flags=re.S)
    found = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return [
        [page.file, page.title, anchor, plain_text(heading), plain_text(text)[:4000]]
        for anchor, heading, text in found
    ]
