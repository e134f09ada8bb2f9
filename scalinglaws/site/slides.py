"""`scalinglaws slides NAME`: a notebook for a projector, as one HTML file that needs no network.

Each heading begins a slide. Code is folded (a click opens it), figures and tables are shown.
(nbconvert's own slides load reveal.js from the network.)
"""

import argparse
import base64
import re
from html import escape
from pathlib import Path

import nbformat

from scalinglaws.colours import page_css
from scalinglaws.course.exercises import check_name
from scalinglaws.files import write_output
from scalinglaws.paths import complete_course_dir

from .chapters import chapter, execute

_STYLE = """
html { scroll-snap-type: y proximity; scroll-behavior: smooth }
body { margin: 0; font: clamp(18px, 2.1vw, 30px)/1.45 system-ui, sans-serif; color: var(--ink); background: var(--ground) }
section { box-sizing: border-box; min-height: 100vh; padding: 5vh 7vw; scroll-snap-align: start;
  border-bottom: 1px solid var(--rule) }
h1 { font-size: 2em } h2 { font-size: 1.6em } h3 { font-size: 1.25em } h1, h2, h3 { margin: 0 0 .6em }
a { color: var(--accent) } img.figure { display: block; margin: 1em auto; max-width: 100%; max-height: 70vh;
  width: auto; height: 70vh; object-fit: contain }
table { border-collapse: collapse; font-size: .8em } th, td { padding: .2em .9em .2em 0; text-align: left;
  border-bottom: 1px solid var(--rule); font-variant-numeric: tabular-nums }
pre { font-size: .7em; padding: .6em; overflow: auto; background: var(--raised) }
code { background: var(--raised) } pre code { background: none }
details { margin: .4em 0 } summary { cursor: pointer; color: var(--remark); font-size: .8em }
fieldset { border: 0; padding: 0 } label { display: block; margin: .3em 0 } form button, noscript { display: none }
#at { position: fixed; right: 1rem; bottom: .6rem; font-size: 14px; color: var(--remark) }
@media print { section { break-after: page; border: 0 } #at { display: none } }
"""
_SCRIPT = """
const slides = [...document.querySelectorAll("section")], at = document.querySelector("#at");
const current = () => slides.findLastIndex((s) => s.getBoundingClientRect().top < innerHeight / 2);
const show = () => { at.textContent = `${Math.max(current(), 0) + 1} / ${slides.length}`; };
addEventListener("scroll", show); show();
addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select")) return;
  const step = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  slides[Math.min(Math.max(current() + step, 0), slides.length - 1)].scrollIntoView();
});
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("assignment", help="for example 01_power_laws")
    parser.add_argument("--output", type=Path, help="the file (default: NAME-slides.html)")


def run(args: argparse.Namespace) -> int:
    """Run the released notebook, unless a cached run is current, and write its slides."""
    course = complete_course_dir()
    check_name(course, args.assignment)
    print(f"running {args.assignment}", flush=True)
    page = to_slides(execute(course, args.assignment, course / ".cache" / "site"), args.assignment)
    target: Path = args.output or Path(f"{args.assignment}-slides.html")
    write_output(target, page.encode())
    print(f"{target}: {page.count('<section')} slides. Arrow keys turn them.")
    return 0


def to_slides(notebook: nbformat.NotebookNode, name: str) -> str:
    """The slides of a released notebook with its outputs: one self-contained page."""
    made = chapter(notebook, name)
    html = re.sub(r'(<pre class="code".*?</pre>)', r"<details><summary>Code</summary>\1</details>", made.html, flags=re.DOTALL)  # fmt: skip
    for path, picture in made.pictures.items():
        inside = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
        html = html.replace(f'src="{path}"', f'src="{inside}"')
    html = re.sub(r'<a\b[^>]*href="#[^"]*"[^>]*>#</a>', "", html)  # a heading's own anchor
    # Other pages are not here.
    html = re.sub(
        r'<a\b[^>]*href="(?!https?:|#)[^"]*"[^>]*>(.*?)</a>', r"\1", html, flags=re.DOTALL
    )
    parts = [part for part in re.split(r"(?=<h[123]\b)", html) if part.strip()]
    body = "\n".join(f"<section>{part}</section>" for part in parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(made.title)}</title><style>{page_css('img.figure')}{_STYLE}</style></head>"
        f'<body><main>{body}</main><div id="at" aria-hidden="true"></div><script>{_SCRIPT}</script></body></html>\n'
    )
