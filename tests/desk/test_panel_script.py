"""The side panel's script in a bare page: what it asks of the server, shows and opens. JupyterLab itself is in test_panel.py."""

import json
from pathlib import Path

import pytest

from scalinglaws.course import jupyterlab
from scalinglaws.course.learner.events import Progress
from scalinglaws.course.practice.desk_page import as_html
from scalinglaws.course.practice.progress_report import report
from tests.accessibility import complaints

SCRIPT = Path(jupyterlab.__file__).parent / (
    "learner/labextensions/scalinglaws-desk/static/remoteEntry.js"
)
# What JupyterLab shares, as far as the panel uses it: a widget, a request, a tracker of notebooks, commands.
FAKE = """
async replies => {
  const cell = (id, grade_id) => ({ model: { id, getMetadata: () => ({ grade_id }) } });
  const notebook = (path, cells) => ({
    id: path, context: { path, localPath: path, ready: Promise.resolve(), save: async () => log.push(`save ${path}`) },
    revealed: Promise.resolve(),
    content: { widgets: cells, activeCellIndex: 0, mode: 'edit', scrollToItem: index => log.push(`scroll ${index}`), activate() {} }
  });
  const log = (window.log = []);
  const open = { '01_power_laws/01_power_laws.ipynb': notebook('01_power_laws/01_power_laws.ipynb', [cell('title'), cell('ex2', 'ex2')]),
                 'start.ipynb': notebook('start.ipynb', [cell('title'), cell('practice')]) };
  const changed = [];
  const tracker = { currentWidget: null, currentChanged: { connect: act => changed.push(act) } };
  window.turnTo = async path => { tracker.currentWidget = open[path]; for (const act of changed) await act(); };
  class Widget {
    constructor() { this.node = document.createElement('div'); this.title = {}; this.isVisible = true; }
    addClass(name) { this.node.classList.add(name); }
  }
  const answer = body => ({ ok: true, json: async () => replies[body.do] });
  const scope = {
    '@jupyterlab/notebook': { INotebookTracker: 1 },
    '@jupyterlab/apputils': { ICommandPalette: 2, ToolbarButton: class {} },
    '@lumino/widgets': { Widget },
    '@lumino/disposable': { DisposableDelegate: class {} },
    '@jupyterlab/services': { ServerConnection: { makeRequest: async (url, request) => {
      const body = JSON.parse(request.body);
      log.push(`ask ${request.body}`);
      if (body.goal !== undefined) replies.start = { ...replies.start, goal: body.goal, html: replies.start.html + '<p>new</p>' };
      return answer(body);
    } } }
  };
  const container = window._JUPYTERLAB['scalinglaws-desk'];
  container.init(Object.fromEntries(Object.entries(scope).map(([name, found]) => [name, { 1: { get: async () => () => found } }])));
  const plugin = (await container.get('./index'))().default;
  const commands = { addCommand: (name, options) => (commands[name] = options.execute), addKeyBinding() {},
    execute: async (name, { path }) => { log.push(`open ${path}`); await window.turnTo(path); return open[path]; } };
  const app = { serviceManager: { serverSettings: { baseUrl: '/' } }, commands, docRegistry: { addWidgetExtension() {} },
    shell: { add: widget => document.querySelector('main').append(widget.node), activateById: id => log.push(`show ${id}`) } };
  plugin.activate(app, tracker, { addItem() {} });
  window.commands = commands;
}
"""
ROW = {"exercise": "2", "title": "write it", "cell": "ex2", "state": "not checked", "points": 0, "max_points": 2,
       "by_hand": False, "messages": []}  # fmt: skip


@pytest.fixture
def desk(page, tmp_path, monkeypatch):
    """The panel, beside no notebook yet."""
    progress = Progress(tmp_path / "submitted" / "ada" / "progress.jsonl")
    monkeypatch.setenv("SCALINGLAWS_COURSE", str(Path(__file__).parents[2]))
    progress.path.parent.mkdir(parents=True)
    html = as_html(report(progress), progress.path.parent, has_goal_field=True)
    checked = {"exercises": [ROW | {"state": "wrong", "messages": ["Expected 4, got 5."]}]}
    replies = {
        "start": {"html": html, "goal": 0},
        "state": {"exercises": [ROW], "full": True, "next": ""},
        "check": {
            "report": checked | {"remarks": [], "full": True},
            "summary": "0 of 2 points",
            "next": "Practise",
        },
    }
    page.set_content('<html lang="en"><body><main><h1>JupyterLab</h1></main></body></html>')
    page.add_script_tag(content=SCRIPT.read_text("utf-8"))
    page.evaluate(FAKE, replies)
    return page.get_by_role("region", name="Desk", exact=True)


def test_it_starts_with_the_start_and_turns_to_the_exercises_of_a_notebook(page, desk):
    desk.get_by_role("heading", name="The map of ideas").wait_for()
    assert desk.get_by_role("heading", name="Check", exact=True).count() == 0
    page.add_style_tag(content=".sl-desk { height: 60px }")
    assert desk.evaluate("e => (e.scrollTop = 50)") == desk.evaluate("e => e.scrollTop") == 50
    page.evaluate("turnTo('01_power_laws/01_power_laws.ipynb')")
    desk.get_by_role("button", name="2 · write it").wait_for()
    assert desk.evaluate("e => e.scrollTop") == 0  # not where the start was scrolled to
    assert desk.get_by_role("heading", name="The map of ideas").count() == 0
    # From the palette, which gives the focus to the notebook as soon as a command is executed.
    page.evaluate(
        """() => {
          commands['scalinglaws:start']();
          document.querySelector('h1').tabIndex = -1;
          document.querySelector('h1').focus();
        }"""
    )
    desk.get_by_role("heading", name="The map of ideas").wait_for()
    page.wait_for_function("document.activeElement.textContent === 'Start'")
    page.evaluate("commands['scalinglaws:check']()")
    desk.get_by_text("Expected 4, got 5.").wait_for()
    asked = [line for line in page.evaluate("log") if line.startswith(("save", "ask"))]
    assert asked[-2].startswith("save 01_power_laws") and '"do":"check"' in asked[-1]


def test_links_open_the_notebook_at_the_cell_by_the_keyboard_alone(page, desk):
    desk.locator("summary", has_text="A law in N and D").focus()
    page.keyboard.press("Enter")
    link = desk.locator("details[open]").get_by_role("link", name="practise")
    for _ in range(5):
        page.keyboard.press("Tab")
        if link.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.wait_for_function("log.includes('scroll 1')")
    assert "open start.ipynb" in page.evaluate("log")
    assert page.url == "about:blank"  # the page itself did not follow it


def test_an_exercise_that_was_not_checked_has_no_sign(page, desk):
    page.evaluate("turnTo('01_power_laws/01_power_laws.ipynb')")
    desk.get_by_text("not checked · 0/2 points", exact=True).wait_for()


def test_a_goal_is_set_by_the_keyboard(page, desk):
    choice = desk.get_by_label("Goal for each day")
    assert choice.input_value() == "0" and desk.get_by_text("sl.progress").count() == 0
    choice.focus()
    page.keyboard.press("ArrowDown")
    desk.get_by_text("new", exact=True).wait_for()
    assert choice.input_value() == "3"
    asked = [json.loads(line[4:]) for line in page.evaluate("log") if line.startswith("ask")]
    assert asked[-1] == {"do": "start", "goal": 3}


@pytest.mark.parametrize("width", [1280, 640, 320])
def test_axe_finds_nothing(page, desk, width):
    page.set_viewport_size({"width": width, "height": 600})
    page.add_style_tag(content="body { background: white; color: black }")
    desk.locator("summary").nth(3).click()
    assert complaints(page, ".sl-desk") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
