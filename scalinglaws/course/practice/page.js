// Draws Python's view of a sitting, and sends the learner's actions to Python. Nothing is marked or timed here:
// the countdown is a picture of Python's clock.

function render({ model, el }) {
  const live = make("div", { class: "slp-unseen", role: "status", "aria-live": "polite" });
  const body = make("div");
  const root = make("section", { class: "slp" }, body, live);
  el.append(root);
  hideNotes(el);
  keepKeys(root);

  let acted = false; // the learner acted here, so the focus must follow
  let waiting = null;
  let timer = null;
  let draft = { question: "" }; // what is typed or chosen, kept while the page is redrawn
  let announced = "";

  const say = (text) => (live.textContent = text); // to a screen reader

  function send(message) {
    acted = message.do !== "look";
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (acted) say("Python does not reply.");
      root.querySelector(".slp-problem")?.remove();
      body.prepend(
        make("p", { class: "slp-problem" }, "Python does not reply. Wait for other cells to finish; after a restart of the kernel run this cell again. Your progress is kept."),
      );
    }, DEAF);
    model.send(message);
  }

  function button(text, act, main = false) {
    return make("button", { type: "button", class: main ? "slp-main" : null, onclick: act }, text);
  }

  function startForm(shown) {
    const select = (name, label, choices) =>
      make("label", { class: "slp-field" }, label,
        make("select", { name }, ...choices.map(([value, text]) => make("option", { value }, text))));
    return make("form", {
        onsubmit: (event) => {
          event.preventDefault();
          send({ do: "start", ...Object.fromEntries(new FormData(event.target)) });
        },
      },
      make("label", { class: "slp-field" }, "Your name, for the badge",
        make("input", { name: "name", maxlength: 60, autocomplete: "off", value: shown.name ?? "" })),
      select("topic", "Round", Object.entries(shown.topics)),
      select("level", "Level (of the other rounds)", shown.levels.map((level) => [level, level || "any"])),
      select("pace", "Time", [["timed", "against the clock"], ["double", "twice as long"], ["untimed", "no clock"]]),
      make("div", { class: "slp-row" }, make("button", { type: "submit", class: "slp-main" }, "Start")));
  }

  function field(shown) {
    const keep = (event) => {
      const chosen = [...root.querySelectorAll("input:checked")].map((input) => input.value).join("");
      draft.answer = event.target.matches("[type=radio], [type=checkbox]") ? chosen : event.target.value;
    };
    if (Object.keys(shown.options).length) {
      const many = shown.form === "options";
      const truth = shown.form === "truth";
      return make("fieldset", { onchange: keep },
        make("legend", {}, many ? "Choose all that are right" : truth ? "True or false?" : "Choose one"),
        ...Object.entries(shown.options).map(([letter, html]) =>
          make("label", { class: "slp-option" },
            make("input", {
              type: many ? "checkbox" : "radio", name: "answer", value: letter,
              checked: truth ? draft.answer === letter : (draft.answer ?? "").includes(letter),
            }),
            truth ? null : make("b", {}, `${letter}.`), make("span", { html }))));
    }
    const label = {
      number: `Your answer: a number${shown.unit ? `, in ${shown.unit}` : ""} (arithmetic is fine)`,
      output: "What is printed",
      expression: `Your expression in ${shown.names.join(", ")}`,
      words: "Your answer, in a sentence or two",
    }[shown.form];
    const input = make(shown.form === "words" ? "textarea" : "input", {
      name: "answer", oninput: keep, autocomplete: "off", autocapitalize: "off", spellcheck: shown.form === "words" ? null : "false",
    });
    input.value = draft.answer ?? "";
    return make("label", { class: "slp-field" }, label, input);
  }

  function question(shown) {
    const parts = [make("div", { class: "slp-prompt", html: shown.prompt })];
    shown.hints.forEach((html, i) =>
      parts.push(make("div", { class: "slp-hint" }, make("b", {}, `Hint ${i + 1}. `), make("span", { html }))));
    const hint = shown.more_hints
      ? button(shown.hints.length ? "Another hint" : "Hint", () => send({ do: "hint" })) : null;
    if (shown.phase === "question") {
      if (shown.reply) parts.push(reply(shown));
      const left = shown.attempts - shown.attempt;
      parts.push(
        make("form", {
            onsubmit: (event) => {
              event.preventDefault();
              if (!draft.answer) return problem("Choose or write an answer first.");
              send({ do: "answer", answer: draft.answer, attempt: shown.attempt, put: shown.put });
            },
          },
          field(shown),
          make("div", { class: "slp-row" },
            make("button", { type: "submit", class: "slp-main" }, left === 1 && shown.attempts > 1 ? "Answer (last attempt)" : "Answer"),
            hint,
            shown.mode === "practice" && shown.attempt ? button("Show the solution", () => send({ do: "give up" })) : null)));
      return parts;
    }
    if (shown.phase === "compare") {
      parts.push(make("h3", {}, "You wrote"), make("blockquote", {}, shown.answer),
        make("h3", { tabindex: -1, class: "slp-goal" }, "A model answer"), make("div", { html: shown.reply.text }),
        make("p", {}, make("b", {}, "Does yours say so?")),
        make("div", { class: "slp-row" }, ...[["yes", "Yes"], ["partly", "Partly"], ["no", "No"]].map(([verdict, text]) =>
          button(text, () => send({ do: "judge", verdict })))));
      return parts;
    }
    parts.push(reply(shown));
    // At the end of a round the result follows at once, not below a long solution.
    if (shown.over) parts.push(...results(shown));
    const last = shown.over ? " of the last problem" : "";
    if (Object.keys(shown.others).length) {
      const name = (letter) => (shown.form === "truth" ? shown.options[letter] : `${letter}.`);
      parts.push(make("h3", {}, `The other options${last}, and why`),
        make("ul", {}, ...Object.entries(shown.others).map(([letter, html]) =>
          make("li", {}, make("b", {}, `${name(letter)} `), make("span", { html })))));
    }
    parts.push(make("h3", {}, `Worked solution${last}`), make("div", { html: shown.solution }));
    if (shown.references.length)
      parts.push(make("ul", {}, ...shown.references.map((html) => make("li", { html }))));
    return parts;
  }

  function verdict(shown) {
    if (shown.late) return "Time is up.";
    if (shown.form === "words") return shown.right ? "You made the points." : "Noted: it will come back.";
    if (shown.right) return "Right.";
    if (!shown.reply) return "Closed.";
    const left = shown.attempts - shown.attempt;
    return shown.phase === "question" ? `Not yet: ${left} attempt${left === 1 ? "" : "s"} left.` : "Not right.";
  }

  function reply(shown) {
    const given = shown.reply && !shown.late && shown.form !== "words";
    const letters = ["option", "options", "truth"].includes(shown.form);
    return make("div", { class: "slp-reply slp-goal", tabindex: -1, "data-right": String(shown.right) },
      make("p", {}, make("strong", { class: "slp-verdict" }, verdict(shown)),
        given ? make("span", {}, letters ? ` You chose ${shown.answer}.` : ` You wrote ${shown.answer}`) : null),
      given ? make("div", { html: shown.reply.text }) : null);
  }

  function problem(text) {
    root.querySelector(".slp-problem")?.remove();
    const note = make("p", { class: "slp-problem" }, text);
    (root.querySelector("form") ?? body).prepend(note);
    say(text);
  }

  function results(shown) {
    const rows = shown.results.map((row) =>
      make("li", {}, `${row.name}: ${row.right ? "right" : "not right"}${row.right && row.attempts > 1 ? `, at attempt ${row.attempts}` : ""}`));
    const good = shown.results.filter((row) => row.right).length;
    return [
      make("h3", { tabindex: -1 },
        shown.won ? `${shown.all} right: the badge is yours` : `${good} of ${shown.of} are right`),
      make("ol", {}, ...rows),
      shown.badge ? make("img", { src: shown.badge.picture, alt: shown.badge.alt }) : null,
      shown.badge ? make("p", {}, "Saved as ", make("code", {}, shown.badge.file), " beside your work.") : null,
    ];
  }

  function mistakes(shown) {
    if (!shown.mistakes?.length) return [];
    const part = (title, html) => (html ? [make("h4", {}, title), make("div", { html })] : []);
    return [
      make("h3", {}, shown.mode === "practice" ? "What you got wrong" : "Your mistakes in this round"),
      ...shown.mistakes.map((one) =>
        make("details", {},
          make("summary", { html: one.prompt.replace(/<\/?(p|pre|code|div)[^>]*>/g, " ") }),
          ...part("You answered", one.yours), make("div", { html: one.reply }),
          ...part("Right is", one.right), ...part("Worked solution", one.solution))),
      shown.mode === "practice" ? null : make("p", {}, "To try them again, with other numbers where they have some: ",
        make("code", {}, "sl.practice(review=True)"), "."),
    ];
  }

  function draw() {
    const shown = model.get("shown");
    clearTimeout(waiting);
    clearInterval(timer);
    const key = `${shown.question}/${shown.put}/${shown.attempt}`;
    if (draft.question !== key) draft = { question: key };
    root.setAttribute("aria-label", shown.mode === "practice" ? "Practice" : "LLM Scaling Master");
    const parts = [make("h2", { tabindex: -1, class: "slp-top" }, shown.title)];
    if (shown.phase === "start") {
      parts.push(make("p", {}, `${shown.rules}, and a hint if you ask for one. Time runs while you read. If all are right, you get the badge.`), startForm(shown));
    } else if (shown.phase === "rest") {
      parts.push(make("p", {}, "Nothing is due here. Questions come back when you are about to forget them."));
    } else {
      const time = make("span", { class: "slp-time", role: "timer" });
      const counts = shown.counts ? [make("span", {}, `${shown.counts.due} due, ${shown.counts.later} later, ${shown.counts.new} new`)] : [];
      parts.push(make("p", { class: "slp-facts" }, ...shown.facts.map((fact) => make("span", {}, fact)), ...counts,
        shown.seconds_left == null ? null : time));
      parts.push(...question(shown));
      if (shown.phase === "closed" && !shown.over)
        parts.push(make("div", { class: "slp-row" }, button(shown.mode === "practice" ? "Next question" : "Next problem", () => send({ do: "next", put: shown.put }), true)));
      if (shown.over) parts.push(...mistakes(shown), make("h3", {}, "Another round"), startForm(shown));
    }
    if (shown.mode === "practice") parts.push(...mistakes(shown));
    const inside = body.contains(document.activeElement) ? document.activeElement : null;
    const typed = inside?.matches("input, select, textarea") ? { name: inside.name, value: inside.value } : null;
    body.replaceChildren(...parts.filter((part) => part != null));
    const time = body.querySelector(".slp-time");
    if (time) timer = countdown(time, shown.seconds_left, {
      short: 30, marks: [60, 30, 10], words: (mark) => `${mark} seconds left`, say,
      over: () => {
        send({ do: "look" });
        acted = true; // the question is closed: go to its reply
      },
    });
    if (shown.problem) problem(shown.problem);
    // If the focus moves to the reply, a screen reader reads it; otherwise it is announced.
    else if (!acted && announced && announced !== key + shown.phase) say(root.querySelector(".slp-goal, .slp-top").textContent);
    announced = key + shown.phase;
    focus(shown, typed);
  }

  function focus(shown, typed) {
    if (acted) {
      acted = false;
      const hints = root.querySelectorAll(".slp-hint");
      if (shown.problem) return root.querySelector("form input, form textarea")?.focus();
      if (shown.phase === "question" && hints.length && !shown.reply) {
        say(hints[hints.length - 1].textContent);
        return (root.querySelector("input:checked, form input, form textarea") ?? root.querySelector(".slp-top")).focus();
      }
      return (root.querySelector(".slp-goal") ?? root.querySelector(".slp-top")).focus();
    }
    // Redrawn by the clock or another tab: leave the focus where it was.
    if (typed) (root.querySelector(`[name=${typed.name}][value="${CSS.escape(typed.value)}"], [name=${typed.name}]`))?.focus();
  }

  model.on("change:shown", draw);
  draw();
  send({ do: "look" }); // after a reload of the page the model's copy is old
  return () => {
    model.off("change:shown", draw);
    clearInterval(timer);
    clearTimeout(waiting);
  };
}

export default { render };
