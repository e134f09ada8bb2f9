// Draws an exam and sends each answer to Python. Nothing is marked or timed here. element.js comes before this.

const QUIET = 700; // ms after the last key before a typed answer is sent

function render({ model, el }) {
  const live = make("div", { class: "slp-unseen", role: "status", "aria-live": "polite" });
  const body = make("div");
  const root = make("section", { class: "slp", "aria-label": "Exam" }, body, live);
  el.append(root);
  hideNotes(el);
  keepKeys(root);

  let drawn = ""; // the exam and phase on the page: its fields are not redrawn while the learner types
  let acted = false;
  let timer = null;
  let sure = false;
  const waiting = new Map(); // typed answers that are still to be sent, by number
  const dirty = new Set(); // questions typed in since their answer was last sent
  const sent = new Map(); // answers that Python has not confirmed yet: an older view must not undo them

  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 50); };

  function flush() {
    for (const [number, { handle, act }] of [...waiting]) {
      clearTimeout(handle);
      waiting.delete(number);
      act();
    }
  }

  function keep(shown, number, answer, soon) {
    const act = () => {
      waiting.delete(number);
      dirty.delete(number);
      sent.set(number, answer);
      model.send({ do: "answer", exam: shown.exam, number, answer });
    };
    dirty.add(number);
    clearTimeout(waiting.get(number)?.handle);
    waiting.set(number, { act, handle: setTimeout(act, soon ? 0 : QUIET) });
  }

  function field(shown, one) {
    const name = `q${one.number}`;
    if (Object.keys(one.options).length) {
      const many = one.form === "options";
      return make("fieldset", {
          onchange: (event) => {
            const chosen = [...event.currentTarget.querySelectorAll("input:checked")].map((input) => input.value).join("");
            keep(shown, one.number, chosen, true);
          },
        },
        make("legend", {}, many ? "Choose all that are right" : one.form === "truth" ? "True or false?" : "Choose one"),
        ...Object.entries(one.options).map(([letter, html]) =>
          make("label", { class: "slp-option" },
            make("input", { type: many ? "checkbox" : "radio", name, value: letter }),
            one.form === "truth" ? null : make("b", {}, `${letter}.`), make("span", { html }))));
    }
    const label = {
      number: `Your answer: a number${one.unit ? `, in ${one.unit}` : ""} (arithmetic is fine)`,
      output: "What is printed",
      expression: `Your expression in ${one.names.join(", ")}`,
    }[one.form];
    return make("label", { class: "slp-field" }, label, make("input", {
      name, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      oninput: (event) => keep(shown, one.number, event.target.value, false),
      onchange: (event) => keep(shown, one.number, event.target.value, true),
    }));
  }

  function fill(shown) {
    const { number, answer } = shown.heard ?? {};
    if (sent.get(number) === answer) sent.delete(number);
    for (const one of shown.questions) {
      if (dirty.has(one.number) || sent.has(one.number)) continue;
      for (const input of root.querySelectorAll(`[name=q${one.number}]`)) {
        if (input.type === "radio") input.checked = one.answer.toLowerCase() === input.value;
        else if (input.type === "checkbox") input.checked = one.answer.includes(input.value);
        // A wrong entry stays, so that it can be corrected.
        else if (input !== document.activeElement && shown.trouble?.number !== one.number) input.value = one.answer;
      }
      const state = root.querySelector(`[data-state="${one.number}"]`);
      if (state) state.textContent = shown.trouble?.number === one.number ? shown.trouble.text : one.answer ? "Answered." : "Not answered.";
    }
    const left = shown.questions.filter((one) => !one.answer).length;
    const count = root.querySelector(".slp-count");
    if (count) count.textContent = left ? `${left} of ${shown.questions.length} not answered` : "all answered";
  }

  function start(shown, again) {
    return make("form", {
        onsubmit: (event) => {
          event.preventDefault();
          acted = true;
          model.send({ do: "start", ...Object.fromEntries(new FormData(event.target)) });
        },
      },
      make("label", { class: "slp-field" }, "Time", make("select", { name: "pace" },
        ...[["timed", "as planned"], ["double", "twice as long"], ["untimed", "no clock"]].map(([value, text]) => make("option", { value }, text)))),
      make("div", { class: "slp-row" }, make("button", { type: "submit", class: "slp-main" }, again ? "Start another exam" : "Start")));
  }

  function open(shown) {
    const time = make("span", { class: "slp-time", role: "timer" });
    const hand = make("button", { type: "button", class: "slp-main", onclick: () => {
      const left = shown.questions.length - new Set([...root.querySelectorAll("input")].filter((i) =>
        i.type === "radio" || i.type === "checkbox" ? i.checked : i.value.trim()).map((i) => i.name)).size;
      if (left && !sure) {
        sure = true;
        hand.textContent = `Hand in with ${left} not answered`;
        return say(`${left} not answered. Press again to hand in anyway.`);
      }
      flush();
      acted = true;
      model.send({ do: "hand in", exam: shown.exam });
    } }, "Hand in");
    const parts = [
      make("p", { class: "slp-facts slp-sticky" }, make("span", { class: "slp-count" }), shown.seconds_left == null ? null : time),
      make("p", {}, "Answers are saved as you give them. You may close this page; the exam resumes where you left it."),
      ...shown.questions.map((one) =>
        make("section", { class: "slp-item", "aria-label": `Question ${one.number + 1}` },
          make("h3", {}, `Question ${one.number + 1} `, make("small", {}, `${one.level} · ${one.minutes} min`)),
          make("div", { class: "slp-prompt", html: one.prompt }), field(shown, one),
          make("p", { "data-state": String(one.number) }))),
      make("div", { class: "slp-row" }, hand),
    ];
    return parts;
  }

  function report(shown) {
    const rows = shown.topics.map((row) => make("tr", {}, make("th", { scope: "row" }, row.name),
      make("td", {}, `${row.right} of ${row.of}`), make("td", {}, row.right < row.of ? make("code", {}, row.notebook) : "–")));
    return [
      make("h3", { tabindex: -1, class: "slp-goal" }, `${shown.right} of ${shown.of} are right${shown.late ? ": time is up" : ""}`),
      make("div", { class: "slp-wide", tabindex: 0, role: "group", "aria-label": "Report by topic" },
        make("table", {}, make("caption", {}, "By topic"),
          make("thead", {}, make("tr", {}, ...["Topic", "Right", "Read again"].map((title) => make("th", { scope: "col" }, title)))),
          make("tbody", {}, ...rows))),
      make("p", {}, "Seed ", make("code", {}, String(shown.seed)), ": it draws the same exam again."),
      make("h3", {}, "Your answers"),
      ...shown.questions.map((one) => make("details", {},
        make("summary", {}, `Question ${one.number + 1}: ${one.right ? "right" : one.answer ? "not right" : "not answered"}`),
        make("div", { html: one.prompt }),
        Object.keys(one.options).length && one.form !== "truth"
          ? make("ul", {}, ...Object.entries(one.options).map(([letter, html]) => make("li", {}, make("b", {}, `${letter}. `), make("span", { html })))) : null,
        one.answer ? make("p", {}, make("b", {}, "You answered: "), one.answer) : null,
        make("div", { html: one.solution }),
        Object.keys(one.replies).length
          ? make("ul", {}, ...Object.entries(one.replies).map(([letter, html]) =>
              make("li", {}, make("b", {}, one.form === "truth" ? `${one.options[letter] ?? letter} ` : `${letter}. `), make("span", { html })))) : null)),
      make("h3", {}, "Another exam"),
      start(shown, true),
    ];
  }

  function draw() {
    const shown = model.get("shown");
    const key = `${shown.exam}/${shown.phase}`;
    if (key !== drawn) {
      drawn = key;
      sure = false;
      dirty.clear();
      sent.clear();
      clearInterval(timer);
      const parts = [make("h2", { tabindex: -1, class: "slp-top" }, shown.title)];
      if (shown.phase === "start") parts.push(make("p", {}, shown.rules), start(shown, false));
      else parts.push(...(shown.phase === "exam" ? open(shown) : report(shown)));
      body.replaceChildren(...parts.filter((part) => part != null));
      const time = body.querySelector(".slp-time");
      if (time) timer = countdown(time, shown.seconds_left, {
        short: 60, marks: [600, 300, 60], words: (mark) => (mark > 60 ? `${mark / 60} minutes left` : "1 minute left"), say,
        over: () => {
          acted = true;
          model.send({ do: "look" });
        },
      });
      if (acted) (root.querySelector(".slp-goal") ?? root.querySelector(".slp-top")).focus();
      acted = false;
    }
    if (shown.phase === "exam") fill(shown);
    root.querySelector(".slp-problem")?.remove();
    if (shown.problem) {
      body.append(make("p", { class: "slp-problem" }, shown.problem));
      say(shown.problem);
    } else if (shown.trouble) say(shown.trouble.text);
  }

  model.on("change:shown", draw);
  draw();
  model.send({ do: "look" }); // after a reload of the page the model's copy is old
  return () => {
    flush();
    model.off("change:shown", draw);
    clearInterval(timer);
  };
}

export default { render };
