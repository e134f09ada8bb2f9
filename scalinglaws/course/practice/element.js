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
