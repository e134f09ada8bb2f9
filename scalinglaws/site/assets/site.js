// Theme, search and definitions. Nothing is fetched: from file:// a page may only load scripts, so the index is one.
"use strict";

(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);

  // --- theme ---
  const themes = { auto: "system", light: "light", dark: "dark" };
  const themeButton = byId("theme");
  const showTheme = () => (themeButton.textContent = `Theme: ${themes[root.dataset.theme] ?? "system"}`);
  themeButton.addEventListener("click", () => {
    const names = Object.keys(themes);
    root.dataset.theme = names[(names.indexOf(root.dataset.theme) + 1) % names.length];
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* a browser that keeps nothing */ }
    showTheme();
  });
  showTheme();

  if (matchMedia("(max-width: 60rem)").matches) document.querySelector(".toc details")?.removeAttribute("open");

  // A formula wider than a phone scrolls: by keyboard, too.
  for (const formula of document.querySelectorAll('math[display="block"]'))
    if (formula.scrollWidth > formula.clientWidth) formula.setAttribute("tabindex", "0");

  // A figure that waits until it is seen would be missing in print.
  addEventListener("load", () => { for (const image of document.images) image.loading = "eager"; });

  // --- search ---
  const dialog = byId("search"), words = byId("search-words"), found = byId("search-found"), count = byId("search-count");
  const folded = (text) => text.toLowerCase().replace(/[-‑]/g, ""); // "warmup" finds "warm-up"
  let loading = null;
  const index = () => (loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "assets/search.js";
    script.onload = () => resolve(window.SEARCH.map(([file, page, anchor, heading, text]) =>
      ({ file, page, anchor, heading, text, low: folded(`${heading} ${text}`), head: folded(heading) })));
    script.onerror = () => reject(new Error("assets/search.js is missing"));
    document.head.append(script);
  }));

  function marked(text, wanted) {
    const pattern = new RegExp(`(${wanted.map((word) => [...word].map((sign) => sign.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[-‑]?")).join("|")})`, "gi");
    const at = text.search(pattern), first = Math.max(0, (at < 0 ? text.length : at) - 50);
    const piece = (first ? "…" : "") + text.slice(first, first + 180) + (first + 180 < text.length ? "…" : "");
    const line = document.createElement("small");
    piece.split(pattern).forEach((part, i) => {
      if (i % 2) line.append(Object.assign(document.createElement("mark"), { textContent: part }));
      else line.append(part);
    });
    return line;
  }

  async function look() {
    const wanted = folded(words.value).split(/\s+/).filter((word) => word.length > 1);
    found.replaceChildren();
    if (!wanted.length) return (count.textContent = "Type a word of two letters or more.");
    const sections = await index();
    const score = (s) => wanted.reduce((sum, word) => sum + (s.head.includes(word) ? 20 : 0) + Math.min(5, s.low.split(word).length - 1), 0);
    const hits = sections.filter((s) => wanted.every((word) => s.low.includes(word))).map((s) => [score(s), s]).sort((a, b) => b[0] - a[0]);
    count.textContent = hits.length ? `${hits.length} section${hits.length > 1 ? "s" : ""}${hits.length > 20 ? ", the best 20 below" : ""}` : "Nothing found.";
    for (const [, s] of hits.slice(0, 20)) {
      const link = Object.assign(document.createElement("a"), { href: `${s.file}#${s.anchor}` });
      link.append(Object.assign(document.createElement("b"), { textContent: s.heading }), ` · ${s.page}`, marked(s.text, wanted));
      link.addEventListener("click", () => dialog.close());
      const item = document.createElement("li");
      item.append(link);
      found.append(item);
    }
  }
  const open = () => { dialog.showModal(); words.focus(); words.select(); index(); };
  byId("search-open").addEventListener("click", open);
  words.addEventListener("input", look);
  words.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); found.querySelector("a")?.click(); }
    if (event.key === "Escape") { event.preventDefault(); dialog.close(); } // a search field would only be emptied
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select, dialog")) { event.preventDefault(); open(); }
  });

  // --- definitions: on hover and focus; Esc closes; a click leads to the glossary ---
  const tip = byId("definition");
  let shown = null;
  function hide() {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  }
  function show(term) {
    const text = window.GLOSSARY?.[term.dataset.term];
    if (!text) return;
    hide();
    shown = term;
    tip.innerHTML = text; // made by the site's own generator
    tip.hidden = false;
    term.setAttribute("aria-describedby", "definition");
    const box = term.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, root.clientWidth - tip.offsetWidth - 8));
    const below = box.bottom + tip.offsetHeight + 12 < innerHeight;
    tip.style.left = `${left + scrollX}px`;
    tip.style.top = `${(below ? box.bottom + 6 : box.top - tip.offsetHeight - 6) + scrollY}px`;
  }
  for (const term of document.querySelectorAll(".term")) {
    term.addEventListener("mouseenter", () => show(term));
    term.addEventListener("focus", () => show(term));
    term.addEventListener("blur", hide);
    term.addEventListener("mouseleave", (event) => { if (!tip.contains(event.relatedTarget)) hide(); });
  }
  tip.addEventListener("mouseleave", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
