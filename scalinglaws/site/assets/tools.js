// The calculator and the sliders.
"use strict";

(() => {
  const FLOPs = (C) => `${C.toExponential(2)} FLOPs`;
  const share = (x) => `${(100 * x).toFixed(x < 0.1 ? 1 : 0)} %`;
  const more = (times) => (times < 10 ? `${share(Math.max(0, times - 1))} more than` : `${shortNumber(times)} times as much as`);
  const several = (count) => (count < 10 ? count.toFixed(2) : shortNumber(count));
  const byId = (id) => DATA.laws.find((law) => law.id === id);
  const ladder = (low, high, count = 120) => Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));

  function tool(id, act) {
    const figure = document.getElementById(`tool-${id}`);
    const form = figure.querySelector("form"), place = figure.querySelector(".drawn"), said = figure.querySelector("output");
    const show = (name, text) => {
      form.querySelector(`[data-value="${name}"]`).textContent = text;
      form.elements[name].setAttribute("aria-valuetext", text);
    };
    const again = () => act(Object.fromEntries(new FormData(form)), place, (text) => (said.textContent = text), show);
    form.addEventListener("input", again);
    again();
  }

  // --- calculator ---
  tool("budget", (typed, place, say) => {
    // A comma parts thousands. Elsewhere it may be a decimal mark: better asked than read wrongly.
    const number = (name) => {
      const text = String(typed[name]).replace(/[\s_]/g, "");
      return Number(/^\d{1,3}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(",", "") : text);
    };
    const [C, peak, low, high, low_price, high_price] = ["C", "peak", "low", "high", "low_price", "high_price"].map(number);
    place.replaceChildren();
    if (![C, peak, low, high, low_price, high_price].every((value) => value > 0 && Number.isFinite(value)))
      return say("Every field needs a positive number, such as 1e21 or 0.5.");
    if (low > high || low_price > high_price || high > 100) return say("Low values must not exceed high ones, and utilisation is at most 100 %.");
    const cost = LAWS.trainingCost(C, peak, low / 100, high / 100, low_price, high_price);
    const range = ([a, b]) => (a === b ? shortNumber(a) : `${shortNumber(a)} to ${shortNumber(b)}`);
    say(`${FLOPs(C)} take ${range(cost.hours)} accelerator hours and cost ${range(cost.money)}, whichever law you follow.`);
    const table = document.createElement("table"), head = table.createTHead().insertRow(), body = table.createTBody();
    for (const title of ["Law", "N", "D", "D/N", "Loss", "95 % interval of the loss"]) {
      head.append(Object.assign(document.createElement("th"), { scope: "col", textContent: title }));
    }
    const beyond = [];
    for (const law of DATA.laws) {
      const N = LAWS.nOpt(law, C), D = LAWS.dOpt(law, C), L = LAWS.lOpt(law, C);
      const bounds = LAWS.interval(law, DATA.budgets, "L_opt", C);
      const row = body.insertRow();
      const name = Object.assign(document.createElement("th"), { scope: "row", textContent: law.name, title: law.source });
      if (law.range && (C < law.range[0] || C > law.range[1])) { name.textContent += " *"; beyond.push(law.range[1]); }
      row.append(name);
      const none = "not given";
      const cells = [shortNumber(N), shortNumber(D), `${+(D / N).toPrecision(3)}`,
        L == null ? none : `${L.toFixed(3)} nats per ${law.unit}`, bounds ? bounds.map((v) => v.toFixed(3)).join(" to ") : law.intervals ? "outside our budgets" : none];
      for (const text of cells) row.insertCell().textContent = text;
    }
    const box = Object.assign(document.createElement("div"), { className: "scroll", tabIndex: 0 });
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "What each law says");
    box.append(table);
    place.append(box);
    const notes = ["Not given: the published constants come without it. Our intervals cover noise between runs, not a wrong form of the law."];
    if (beyond.length) notes.unshift(`* Outside the runs that were fitted (at most ${FLOPs(Math.max(...beyond))}): a tiny model's law says nothing reliable here.`);
    for (const text of notes) place.append(Object.assign(document.createElement("p"), { className: "yours", textContent: text }));
  });

  // --- loss surface ---
  tool("surface", (typed, place, say, show) => {
    const law = byId(typed.law), N = 10 ** typed.N, D = 10 ** typed.D, C = 6 * N * D;
    show("N", shortNumber(N));
    show("D", shortNumber(D));
    const sizes = ladder(1e3, 1e13, 160), L = LAWS.loss(law, N, D);
    const levels = [0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2].map((r) => law.E + r);
    const best = { N: LAWS.nOpt(law, C), D: LAWS.dOpt(law, C), L: LAWS.lOpt(law, C) };
    drawChart(place, {
      label: `Curves of equal loss in N and D by ${law.name}; your model at ${shortNumber(N)} parameters and ${shortNumber(D)} tokens.`,
      x: { label: "parameters N", log: true, range: [1e3, 1e13] }, y: { label: "training tokens D", log: true, range: [1e4, 1e15] },
      series: [
        ...levels.map((level, i) => ({ label: `L = ${level.toFixed(2)}`, line: true, width: 1.2, colour: `color-mix(in srgb, var(--c0) ${100 - 10 * i}%, var(--c4))`, points: sizes.map((n) => [n, LAWS.dFor(law, level, n)]) })),
        { label: "same cost as yours", line: true, dash: "5 4", colour: "var(--ink)", points: sizes.map((n) => [n, C / 6 / n]) },
        { label: "compute-optimal", marker: 3, size: 6, colour: "var(--c2)", points: [[best.N, best.D]] },
        { label: "your model", marker: 0, size: 6, colour: "var(--c1)", points: [[N, D]] },
      ],
    });
    say(`Your model: C = ${FLOPs(C)}, L = ${L.toFixed(3)}. The best split of this budget: N = ${shortNumber(best.N)}, D = ${shortNumber(best.D)}, L = ${best.L.toFixed(3)}; yours is ${(L - best.L).toFixed(3)} above it.`);
  });

  // --- IsoFLOP ---
  tool("isoflop", (typed, place, say, show) => {
    const law = byId(typed.law), C = 10 ** typed.C, best = LAWS.nOpt(law, C), N = best * 10 ** typed.off;
    const at = (n) => LAWS.loss(law, n, C / 6 / n), L = at(N), least = LAWS.lOpt(law, C);
    show("C", FLOPs(C));
    show("off", `${several(10 ** typed.off)} times`);
    drawChart(place, {
      label: `Loss against parameters at ${FLOPs(C)}: lowest at ${shortNumber(best)}.`,
      x: { label: "parameters N", log: true }, y: { label: `loss (nats per ${law.unit})`, format: (v) => v.toFixed(2) },
      series: [
        { line: true, points: ladder(best / 100, best * 100).map((n) => [n, at(n)]) },
        { label: "compute-optimal", marker: 3, size: 6, colour: "var(--c2)", points: [[best, least]] },
        { label: "your model", marker: 0, size: 6, colour: "var(--c1)", points: [[N, L]] },
      ],
    });
    say(`N = ${shortNumber(N)}, D = ${shortNumber(C / 6 / N)}: L = ${L.toFixed(3)}, ${(L - least).toFixed(3)} above the lowest (${least.toFixed(3)} at N = ${shortNumber(best)}).`);
  });

  // --- lifetime ---
  tool("lifetime", (typed, place, say, show) => {
    const law = byId(typed.law), C = 10 ** typed.C, demand = 10 ** typed.demand, L = LAWS.lOpt(law, C);
    show("C", `${FLOPs(C)}, L = ${L.toFixed(3)}`);
    show("demand", shortNumber(demand));
    const trained = { N: LAWS.nOpt(law, C), D: LAWS.dOpt(law, C) }, best = LAWS.lifetimeOptimum(law, L, demand);
    const cost = (n) => LAWS.lifetimeFlops(n, LAWS.dFor(law, L, n), demand), base = cost(trained.N), low = cost(best.N);
    drawChart(place, {
      label: `Lifetime FLOPs against parameters at loss ${L.toFixed(3)}: lowest at ${shortNumber(best.N)}.`,
      x: { label: "parameters N", log: true },
      y: { label: "FLOPs over the whole life", log: true, range: [low / 1.6, Math.max(low * 12, base * 1.5)], format: (v) => v.toExponential(1).replace(".0e", "e") },
      series: [
        { label: "training and serving", line: true, points: ladder(best.N / 20, trained.N * 30, 300).map((n) => [n, cost(n)]) },
        { label: "training alone", line: true, dash: "5 4", colour: "var(--c4)", points: ladder(best.N / 20, trained.N * 30, 300).map((n) => [n, 6 * n * LAWS.dFor(law, L, n)]) },
        { label: "compute-optimal to train", marker: 3, size: 6, colour: "var(--c2)", points: [[trained.N, base]] },
        { label: "cheapest over its life", marker: 0, size: 6, colour: "var(--c1)", points: [[best.N, low]] },
      ],
    });
    say(`Cheapest over its life: N = ${shortNumber(best.N)} on ${shortNumber(best.D)} tokens, ${FLOPs(low)}. The compute-optimal model (N = ${shortNumber(trained.N)}) would take ${share(base / low - 1)} more.`);
  });

  // --- waste ---
  tool("waste", (typed, place, say, show) => {
    const law = byId(typed.law), N = 10 ** typed.N, ratio = 10 ** typed.ratio, D = N * ratio;
    show("N", shortNumber(N));
    show("ratio", shortNumber(ratio));
    const L = LAWS.loss(law, N, D), times = LAWS.waste(law, N, D), cheapest = LAWS.cFor(law, L);
    const best = LAWS.nOpt(law, cheapest), kind = N < best ? "over-trained" : "under-trained";
    drawChart(place, {
      label: `Compute of a model of ${shortNumber(N)} parameters relative to the cheapest with its loss, against tokens per parameter.`,
      x: { label: "tokens per parameter D/N", log: true }, y: { label: "compute, relative to the cheapest", log: true, range: [0.9, Math.max(10, times * 1.5)] },
      series: [
        { line: true, points: ladder(0.1, 1e5, 300).map((r) => [r, LAWS.waste(law, N, N * r)]) },
        { label: "your model", marker: 0, size: 6, colour: "var(--c1)", points: [[ratio, times]] },
      ],
    });
    say(`L = ${L.toFixed(3)} for ${FLOPs(6 * N * D)}: ${more(times)} the cheapest model with this loss (N = ${shortNumber(best)}, ${FLOPs(cheapest)}). Yours is ${times < 1.005 ? "compute-optimal" : kind}.`);
  });
})();
