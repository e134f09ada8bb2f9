// The course's side panel in JupyterLab 4, the desk. Check: the exercises of the open notebook, what is wrong, and the way to
// its cell. Start: where to resume, what is due, the map of ideas; that page is made by Python (course/practice/desk_page.py).
//
// A federated extension written by hand: JupyterLab asks a container for `init` and `get`, and what it needs of JupyterLab it takes
// from the share scope. So there is nothing to build, and no Node.
(() => {
  'use strict';

  const NAME = 'scalinglaws-desk';
  const CHECK = 'scalinglaws:check';
  const START = 'scalinglaws:start';
  const SHORTCUT = 'Alt K';
  const GOALS = [0, 3, 5, 10, 20];
  const SIGNS = { right: '✓', wrong: '✗', 'not started': '○', 'waits for a person': '…' };
  const STYLE = `
    .sl-desk { padding: 12px 10px; overflow: auto; min-width: 240px; color: var(--jp-ui-font-color1);
      background: var(--jp-layout-color1); font-size: var(--jp-ui-font-size1); line-height: 1.4; }
    .sl-desk h2 { font-size: 1.2em; margin: 0 0 8px; }
    .sl-desk h3 { font-size: 1em; margin: 16px 0 4px; }
    .sl-desk progress { width: 100%; }
    .sl-desk ol { list-style: none; margin: 12px 0; padding: 0; }
    .sl-desk ol > li { border-top: 1px solid var(--jp-border-color2); padding: 6px 0; }
    .sl-desk p { margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
    .sl-desk button { font: inherit; color: inherit; cursor: pointer; min-height: 24px; padding: 2px 8px;
      background: var(--jp-layout-color2); border: 1px solid var(--jp-border-color0); border-radius: 3px; }
    .sl-desk button.sl-go { display: block; width: 100%; text-align: left; background: none; border: none; padding: 2px 0;
      overflow-wrap: anywhere; text-decoration: underline; }
    .sl-desk button:focus-visible { outline: 2px solid var(--jp-brand-color1); outline-offset: 1px; }
    .sl-desk button[aria-disabled='true'] { opacity: 0.6; cursor: default; }
    .sl-desk button[aria-pressed='true'] { font-weight: 600; background: var(--jp-layout-color1); border-width: 2px; }
    .sl-desk select { font: inherit; color: inherit; background: var(--jp-layout-color1); border: 1px solid var(--jp-border-color0); min-height: 24px; }
    .sl-desk .sl-parts { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 12px; }
    .sl-desk .sl-line { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; justify-content: space-between; }`;

  let scope;
  const shared = async name => {
    const version = Object.values(scope[name] || {})[0];
    if (!version) throw new Error(`JupyterLab does not share ${name}`);
    return (await version.get())();
  };

  const make = (tag, text = '', more = {}) => Object.assign(document.createElement(tag), { textContent: text }, more);
  const points = (row, full) => `${row.by_hand || !full ? '–' : row.points}/${row.max_points} points`;

  async function load() {
    const [{ INotebookTracker }, { ICommandPalette, ToolbarButton }, { Widget }, { ServerConnection }, { DisposableDelegate }] =
      await Promise.all(
        ['@jupyterlab/notebook', '@jupyterlab/apputils', '@lumino/widgets', '@jupyterlab/services', '@lumino/disposable'].map(shared)
      );

    class Desk extends Widget {
      constructor(app, tracker) {
        super();
        Object.assign(this, { app, tracker, states: new WeakMap(), running: null });
        this.id = NAME;
        this.addClass('sl-desk');
        this.title.label = 'Desk';
        this.title.caption = 'Desk: check the open notebook, or find what to do next';
        this.title.closable = false;
        this.node.setAttribute('role', 'region');
        this.node.setAttribute('aria-label', 'Desk');
        this.node.tabIndex = 0;
        this.status = make('p', '', { role: 'status' });
        this.body = make('div');
        this.startSaid = make('p', '', { role: 'status' });
        this.start = make('div');
        this.start.addEventListener('click', event => this.follow(event));
        this.parts = { check: make('div'), start: make('div') };
        this.parts.check.append(make('h2', 'Check'), this.status, this.body);
        this.parts.start.append(make('h2', 'Start'), this.startSaid, this.goalChoice(), this.start);
        const choice = make('div', '', { className: 'sl-parts' });
        this.choices = { check: make('button', 'Check', { type: 'button' }), start: make('button', 'Start', { type: 'button' }) };
        for (const [name, button] of Object.entries(this.choices)) button.addEventListener('click', () => this.turnTo(name));
        choice.append(...Object.values(this.choices));
        this.node.append(choice, ...Object.values(this.parts));
        this.turnTo('start');
        tracker.currentChanged.connect(() => this.look());
        this.look();
      }

      onAfterShow() {
        this.begin();
      }

      // One of the two parts.
      turnTo(part) {
        for (const [name, node] of Object.entries(this.parts)) {
          node.hidden = name !== part;
          this.choices[name].setAttribute('aria-pressed', String(name === part));
        }
        this.node.scrollTop = 0; // each part from its beginning
        this.begin();
      }

      // The page to start from, as things are now. goal: a new goal of a day.
      async begin(goal) {
        if (this.parts.start.hidden || !this.isVisible) return;
        try {
          const reply = await this.post({ do: 'start', ...(goal === undefined ? {} : { goal }) });
          this.startSaid.textContent = reply.error || '';
          if (reply.error || (reply.html === this.shown) || this.start.contains(document.activeElement)) return;
          this.shown = reply.html;
          this.start.innerHTML = reply.html;
          this.chosen.value = String(reply.goal);
          if (this.chosen.selectedIndex < 0) this.chosen.append(make('option', reply.goal, { value: reply.goal, selected: true }));
        } catch (error) {
          this.startSaid.textContent = `The start cannot be read: ${error.message}.`;
        }
      }

      goalChoice() {
        const label = make('label', 'Goal for each day: ');
        this.chosen = make('select');
        for (const goal of GOALS) this.chosen.append(make('option', goal || 'none', { value: goal }));
        this.chosen.addEventListener('change', () => this.begin(Number(this.chosen.value)));
        label.append(this.chosen);
        return label;
      }

      // A link of that page: open the notebook at the cell.
      async follow(event) {
        const link = event.target.closest('a[href]');
        if (!link) return;
        event.preventDefault();
        const [path, cell] = link.getAttribute('href').split('#cell-id=');
        const panel = await this.app.commands.execute('docmanager:open', { path: decodeURIComponent(path) });
        if (!panel?.content?.widgets || !cell) return;
        await panel.context.ready;
        await panel.revealed;
        this.goToIndex(panel, panel.content.widgets.findIndex(found => found.model.id === cell));
      }

      goToIndex(panel, index) {
        if (index < 0) return;
        this.app.shell.activateById(panel.id);
        panel.content.activeCellIndex = index;
        panel.content.mode = 'command';
        panel.content.scrollToItem(index, 'center');
        panel.content.activate();
      }

      ask(panel, what, exercise = '') {
        return this.post({ do: what, path: panel.context.localPath ?? panel.context.path, exercise });
      }

      async post(asked) {
        const settings = this.app.serviceManager.serverSettings;
        const body = JSON.stringify(asked);
        const request = { method: 'POST', body, headers: { 'Content-Type': 'application/json' } };
        const response = await ServerConnection.makeRequest(`${settings.baseUrl}scalinglaws/desk`, request, settings);
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        return response.json();
      }

      // The notebook that is open now. What was found out about another one stays with that one.
      async look() {
        const panel = this.tracker.currentWidget;
        if (!panel) return this.draw(null);
        if (!this.states.has(panel)) {
          const state = { exercises: [], said: 'Reading the exercises …' };
          this.states.set(panel, state);
          state.read = this.read(panel, state);
        }
        this.draw(panel);
        const state = this.states.get(panel);
        await state.read; // a check that comes meanwhile waits for the same
        if (panel !== this.lookedAt && !this.running) this.turnTo(state.exercises.length ? 'check' : 'start');
        this.lookedAt = panel;
        this.draw(this.tracker.currentWidget);
      }

      async read(panel, state) {
        try {
          await panel.context.ready;
          const reply = await this.ask(panel, 'state');
          const said = reply.exercises?.length ? '' : 'This notebook has no exercises.';
          Object.assign(state, reply.error ? { said: reply.error } : { ...reply, said });
        } catch (error) {
          state.said = `The exercises cannot be read: ${error.message}.`;
        }
      }

      async check(exercise = '') {
        const panel = this.tracker.currentWidget;
        if (!panel || this.running) return;
        this.running = panel;
        await this.look();
        const state = this.states.get(panel);
        state.said = exercise ? `Checking exercise ${exercise} …` : 'Checking …';
        this.draw(this.tracker.currentWidget);
        try {
          await panel.context.save();
          const reply = await this.ask(panel, 'check', exercise);
          if (reply.error) {
            state.said = reply.error;
          } else {
            const found = new Map(reply.report.exercises.map(row => [row.exercise, row]));
            state.exercises = state.exercises.map(row => ({ ...row, ...found.get(row.exercise) }));
            const only = exercise && found.get(exercise);
            state.said = only
              ? `Exercise ${exercise}: ${only.state}. ${only.messages.join(' ')}`
              : [...reply.report.remarks, reply.summary].join('\n');
            state.next = reply.next;
          }
        } catch (error) {
          state.said = `It was not checked: ${error.message}. Save the notebook, then try again.`;
        }
        this.running = null;
        this.draw(this.tracker.currentWidget);
      }

      goTo(panel, row) {
        const cells = panel.content.widgets;
        const index = cells.findIndex(cell => (cell.model.getMetadata('nbgrader') || {}).grade_id === row.cell);
        if (index < 0) {
          this.status.textContent = `The cell of exercise ${row.exercise} is not in this notebook any more.`;
          return;
        }
        this.goToIndex(panel, index);
      }

      draw(panel) {
        const held = this.body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
        const state = panel && this.states.get(panel);
        this.status.textContent = state ? state.said : 'Open a notebook of the course to check it.';
        this.body.replaceChildren();
        if (!state || !state.exercises.length) return;
        const rows = state.exercises;
        const good = rows.filter(row => row.state === 'right' || row.state === 'waits for a person').length;
        const bar = make('progress', '', { max: rows.length, value: good });
        bar.setAttribute('aria-label', `${good} of ${rows.length} exercises done`);
        this.body.append(make('p', `${good} of ${rows.length} exercises done`), bar, this.button('Check all', 'all', () => this.check()));
        const list = make('ol');
        for (const row of rows) {
          const item = make('li');
          const go = this.button([row.exercise, row.title].filter(Boolean).join(' · '), `go ${row.exercise}`, () => this.goTo(panel, row), false);
          go.classList.add('sl-go');
          const line = make('div', '', { className: 'sl-line' });
          const said = row.state === 'right' && !state.full ? 'right so far' : row.state;
          const one = this.button('Check', `check ${row.exercise}`, () => this.check(row.exercise));
          one.setAttribute('aria-label', `Check exercise ${row.exercise}`);
          line.append(make('span', [SIGNS[row.state], said, '·', points(row, state.full)].filter(Boolean).join(' ')), one);
          item.append(go, line, ...row.messages.map(message => make('p', message)));
          list.append(item);
        }
        this.body.append(list);
        if (state.next) this.body.append(make('h3', 'Next'), make('p', state.next.replaceAll('`', '')));
        if (held) [...this.body.querySelectorAll('button')].find(button => button.dataset.key === held)?.focus();
      }

      // aria-disabled, not disabled: a button that is switched off while it works would lose the focus.
      button(text, key, act, waits = true) {
        const button = make('button', text, { type: 'button' });
        button.dataset.key = key;
        if (waits && this.running) button.setAttribute('aria-disabled', 'true');
        button.addEventListener('click', () => (waits && this.running ? null : act()));
        return button;
      }
    }

    const plugin = {
      id: `${NAME}:plugin`,
      description: 'Checks the open notebook of the course.',
      autoStart: true,
      requires: [INotebookTracker],
      optional: [ICommandPalette],
      activate: (app, tracker, palette) => {
        document.head.append(make('style', STYLE));
        const desk = new Desk(app, tracker);
        app.shell.add(desk, 'right', { rank: 50 });
        app.commands.addCommand(CHECK, {
          label: 'Check this notebook',
          caption: 'Save this notebook and check its exercises',
          execute: () => {
            desk.turnTo('check');
            app.shell.activateById(desk.id);
            return desk.check();
          }
        });
        app.commands.addKeyBinding({ command: CHECK, keys: [SHORTCUT], selector: '.jp-Notebook' });
        app.commands.addCommand(START, {
          label: 'Open the desk',
          caption: 'Where to resume, what is due, the map of ideas',
          execute: () => {
            app.shell.activateById(desk.id);
            desk.turnTo('start');
            setTimeout(() => desk.choices.start.focus(), 0); // the palette that closes gives the focus to the notebook
          }
        });
        for (const command of [CHECK, START]) palette?.addItem({ command, category: 'Scaling laws' });
        app.docRegistry.addWidgetExtension('Notebook', {
          createNew: panel => {
            const button = new ToolbarButton({
              label: 'Check',
              tooltip: 'Save this notebook and check its exercises (Alt K)',
              onClick: () => app.commands.execute(CHECK)
            });
            panel.toolbar.insertAfter('cellType', NAME, button) || panel.toolbar.addItem(NAME, button);
            return new DisposableDelegate(() => button.dispose());
          }
        });
      }
    };
    return { __esModule: true, default: plugin };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB[NAME] = {
    init: given => {
      scope = given;
    },
    get: async () => {
      const module = await load();
      return () => module;
    }
  };
})();
