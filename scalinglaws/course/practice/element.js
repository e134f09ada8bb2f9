// Shared by page.js and exam.js; widget.py puts it before both.

const DEAF = 8000; // ms without a reply, after which the page says so

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "html") element.innerHTML = value; // from the course's own Markdown, escaped by Python
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

function clock(seconds) {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

// JupyterLab would take plain keys for its command mode: D twice deletes the cell. They stay in the
// widget; so does undo in a text field, with which JupyterLab would undo the learner's code. Escape, Tab, function keys and every other combination with Ctrl, Cmd or Alt pass: otherwise the command palette
// and the like would be dead while the focus is here. Escape leads back to the cell, as from its code.
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    const writes = event.getModifierState("AltGraph"); // on Windows, AltGr sets Ctrl and Alt too
    const combined = !writes && (event.ctrlKey || event.metaKey || event.altKey);
    const field = event.target.matches("textarea, input:not([type=radio], [type=checkbox])");
    const undo = field && combined && event.keyCode === 90; // Z in any alphabet, as JupyterLab does
    const plain = !combined && !/^(Escape|Tab|F\d+)$/.test(event.key);
    if (plain || undo) event.stopPropagation();
    if (event.key === "Escape" && !event.target.matches("select")) root.closest(".jp-Cell")?.focus();
  });
}

// The note that a widget is loading (loading.py): this one runs. Colab has a page of its own for each output.
function hideNotes(el) {
  const around = el.closest(".jp-OutputArea, .output_wrapper, .cell-output, .output_container") ?? document;
  for (const note of around.querySelectorAll(".slp-note")) note.style.display = "none";
}

// Count down in the element `time` while it is on the page. say: what a screen reader hears; words(mark): of each of `marks`, in seconds, when
// it has come. short: from how many seconds on it looks urgent. over: called once, when Python's clock is over, too. Returns the interval.
function countdown(time, seconds, { short, marks, words, say, over }) {
  const end = performance.now() + 1000 * seconds;
  const ahead = marks.filter((mark) => mark < seconds - 1);
  const tick = () => {
    if (!time.isConnected) return clearInterval(timer);
    const left = Math.max(0, (end - performance.now()) / 1000);
    time.textContent = `${clock(left)} left`;
    time.dataset.short = String(left <= short);
    while (ahead.length && left <= ahead[0]) say(words(ahead.shift()));
    if (end - performance.now() < -2200) {
      clearInterval(timer);
      over();
    }
  };
  const timer = setInterval(tick, 250);
  tick();
  return timer;
}
