// What page.js and exam.js share; widget.py puts it before either.

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
