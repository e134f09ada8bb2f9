// A small chart: lines and points on linear or log axes, a nearest point on hover, and arrow keys for the same.
"use strict";

const COLOURS = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)", "var(--c6)"];

// x, y: {label, log, range, format}. series: {label, points: [[x, y, words]], line, dash, width, colour}.
function drawChart(place, { x, y, series, label }) {
  const W = 720, H = 430, left = 64, right = 14, top = 12, bottom = 46;
  const NS = "http://www.w3.org/2000/svg";
  const all = series.flatMap((s) => s.points).filter((p) => Number.isFinite(p[0]) && Number.isFinite(p[1]));
  const axis = (spec, i, from, to) => {
    const values = all.map((p) => p[i]);
    let [low, high] = spec.range ?? [Math.min(...values), Math.max(...values)];
    const scale = spec.log ? Math.log10 : (v) => v;
    if (!spec.range) {
      const pad = (scale(high) - scale(low)) * 0.05 || (spec.log ? 0.1 : Math.abs(low) * 0.1 || 1);
      [low, high] = spec.log ? [10 ** (scale(low) - pad), 10 ** (scale(high) + pad)] : [low - pad, high + pad];
    }
    const at = (v) => from + ((scale(v) - scale(low)) / (scale(high) - scale(low))) * (to - from);
    return { at, ticks: ticks(low, high, spec.log), low, high, format: spec.format ?? shortNumber };
  };
  const X = axis(x, 0, left, W - right), Y = axis(y, 1, H - bottom, top);

  function element(tag, attributes, parent, text) {
    const made = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text != null) made.textContent = text;
    parent.append(made);
    return made;
  }
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const v of X.ticks) {
    element("line", { class: "grid", x1: X.at(v), x2: X.at(v), y1: top, y2: H - bottom }, svg);
    element("text", { x: X.at(v), y: H - bottom + 18, "text-anchor": "middle" }, svg, X.format(v));
  }
  for (const v of Y.ticks) {
    element("line", { class: "grid", x1: left, x2: W - right, y1: Y.at(v), y2: Y.at(v) }, svg);
    element("text", { x: left - 7, y: Y.at(v) + 4, "text-anchor": "end" }, svg, Y.format(v));
  }
  element("path", { class: "axis", d: `M${left} ${top}V${H - bottom}H${W - right}`, fill: "none" }, svg);
  element("text", { x: (left + W - right) / 2, y: H - 8, "text-anchor": "middle" }, svg, x.label);
  element("text", { transform: `translate(14 ${(top + H - bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, svg, y.label);
  const clip = `clip${(drawChart.count = (drawChart.count ?? 0) + 1)}`;
  element("rect", { x: left, y: top, width: W - left - right, height: H - top - bottom }, element("clipPath", { id: clip }, element("defs", {}, svg)));
  const inside = element("g", { "clip-path": `url(#${clip})` }, svg);
  const reachable = [];
  series.forEach((s, i) => {
    const colour = s.colour ?? COLOURS[i % COLOURS.length];
    const points = s.points.filter((p) => Number.isFinite(p[0]) && Number.isFinite(p[1]));
    if (s.line) {
      const d = points.map((p, k) => `${k ? "L" : "M"}${X.at(p[0]).toFixed(1)} ${Y.at(p[1]).toFixed(1)}`).join("");
      element("path", { d, fill: "none", stroke: colour, "stroke-width": s.width ?? 1.8, "stroke-dasharray": s.dash ?? "" }, inside);
    } else {
      for (const p of points) {
        const [cx, cy] = [X.at(p[0]), Y.at(p[1])];
        marker(s.marker ?? i, cx, cy, s.size ?? 4, colour);
        if (p[2]) reachable.push({ cx, cy, words: p[2] });
      }
    }
  });
  function marker(kind, cx, cy, r, colour) {
    const shapes = [
      () => ["circle", { cx, cy, r }],
      () => ["rect", { x: cx - r * 0.9, y: cy - r * 0.9, width: r * 1.8, height: r * 1.8 }],
      () => ["path", { d: `M${cx} ${cy - r * 1.2}L${cx + r * 1.1} ${cy + r * 0.8}H${cx - r * 1.1}Z` }],
      () => ["path", { d: `M${cx} ${cy - r * 1.3}L${cx + r * 1.3} ${cy}L${cx} ${cy + r * 1.3}L${cx - r * 1.3} ${cy}Z` }],
      () => ["path", { d: `M${cx} ${cy + r * 1.2}L${cx + r * 1.1} ${cy - r * 0.8}H${cx - r * 1.1}Z` }],
    ];
    const [tag, attributes] = shapes[kind % shapes.length]();
    element(tag, { ...attributes, fill: colour, "fill-opacity": 0.75 }, inside);
  }
  place.replaceChildren(svg);
  const named = series.filter((s) => s.label);
  if (named.length) {
    const list = document.createElement("ul");
    list.className = "legend";
    series.forEach((s, i) => {
      if (!s.label) return;
      const item = document.createElement("li"), mark = document.createElement("i");
      mark.style.borderTopColor = s.colour ?? COLOURS[i % COLOURS.length];
      if (s.dash) mark.style.borderTopStyle = "dashed";
      if (!s.line) Object.assign(mark.style, { width: "0.6rem", borderTopWidth: "0.6rem", borderRadius: i % 5 ? "0" : "50%" });
      item.append(mark, s.label);
      list.append(item);
    });
    place.append(list);
  }
  if (!reachable.length) return;
  const say = document.createElement("output");
  say.setAttribute("aria-live", "polite");
  say.textContent = "Point at a run, or use the arrow keys, to see what it is.";
  place.append(say);
  const ring = element("circle", { class: "hover", r: 7, cx: -99, cy: -99 }, svg);
  svg.setAttribute("tabindex", "0");
  reachable.sort((a, b) => a.cx - b.cx || a.cy - b.cy);
  let now = -1;
  function pick(i) {
    now = i;
    ring.setAttribute("cx", reachable[i].cx);
    ring.setAttribute("cy", reachable[i].cy);
    say.textContent = reachable[i].words;
  }
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), zoom = W / box.width;
    const [px, py] = [(event.clientX - box.left) * zoom, (event.clientY - box.top) * zoom];
    let best = 0, least = Infinity;
    reachable.forEach((p, i) => {
      const far = (p.cx - px) ** 2 + (p.cy - py) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    if (least < 40 ** 2) pick(best);
  });
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    pick((now + step + reachable.length) % reachable.length);
  });
}

function ticks(low, high, log) {
  if (log) {
    const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
    const decades = Math.log10(high / low), found = [];
    if (decades >= 1.3) {
      const every = Math.ceil((last - first + 1) / 8), digits = decades < 2.6 ? [1, 3] : [1];
      for (let power = first - 1; power <= last; power += every) for (const digit of digits) found.push(digit * 10 ** power);
      return found.filter((v) => v >= low * 0.999 && v <= high * 1.001);
    }
  }
  const rough = (high - low) / 6, size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * size).find((s) => s >= rough);
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) found.push(+v.toPrecision(12));
  return found;
}
