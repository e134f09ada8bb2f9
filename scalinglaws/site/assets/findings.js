// The live charts of the findings: the measured runs, by text and by parameter count.
"use strict";

(() => {
  function choice(name, label, options) {
    const field = document.createElement("label"), select = document.createElement("select");
    select.name = name;
    for (const [value, text] of options) select.append(new Option(text, value));
    field.append(label, select);
    return field;
  }
  const TEXT = () => choice("text", "Text", [["prose", "prose"], ["code", "code"]]);
  const COUNT = () => choice("count", "Parameters counted", [["N", "all"], ["N_nonemb", "without embeddings"]]);

  function live(id, fields, draw) {
    const figure = document.getElementById(id);
    if (!figure) return;
    const form = document.createElement("form"), place = document.createElement("div");
    form.className = "controls";
    form.append(...fields);
    figure.replaceChildren(form, place);
    const again = () => drawChart(place, draw(Object.fromEntries(new FormData(form))));
    form.addEventListener("change", again);
    form.addEventListener("submit", (event) => event.preventDefault());
    again();
  }

  const rows = (plan, text) => {
    const table = DATA.runs[plan][text];
    return table.run.map((run, i) => Object.fromEntries(Object.keys(table).map((key) => [key, table[key][i]])));
  };
  const counted = { N: "parameters N", N_nonemb: "parameters without embeddings" };
  const words = (r) => `Run ${r.run}: N = ${r.N.toLocaleString("en")} (${r.N_nonemb.toLocaleString("en")} without embeddings), ` +
    `D = ${r.D.toLocaleString("en")} bytes, C = ${r.C.toExponential(2)} FLOPs, loss ${r.loss.toFixed(3)} nats per byte`;

  function groups(list, key) {
    const found = new Map();
    for (const row of list) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
    return [...found].sort((a, b) => a[0] - b[0]);
  }
  const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

  live("live-isoflop", [TEXT(), COUNT()], ({ text, count }) => {
    const budgets = groups(rows("isoflop", text), (r) => +(2 * Math.log10(r.C)).toFixed(0) / 2);
    return {
      label: `Loss against ${counted[count]} on ${text}: one set of points for each of ${budgets.length} budgets.`,
      x: { label: counted[count], log: true }, y: { label: "held-out loss (nats per byte)", log: true },
      series: budgets.flatMap(([power, list], i) => [
        { label: `C = ${(10 ** power).toExponential(0)}`, colour: COLOURS[i % 7], marker: i, points: list.map((r) => [r[count], r.loss, words(r)]) },
        { line: true, width: 1, colour: COLOURS[i % 7], points: groups(list, (r) => r[count]).map(([n, same]) => [n, mean(same.map((r) => r.loss))]) },
      ]),
    };
  });

  const along = () => choice("along", "Along", [["N", "parameters"], ["D", "data"]]);
  live("live-grid", [TEXT(), COUNT(), along()], ({ text, count, along }) => {
    const [across, held] = along === "N" ? [count, "D"] : ["D", count];
    const lines = groups(rows("grid", text), (r) => r[held]);
    return {
      label: `Loss of the grid on ${text} against ${along === "N" ? counted[count] : "bytes"}, a line for each ${along === "N" ? "amount of data" : "size"}.`,
      x: { label: along === "N" ? counted[count] : "training data D (bytes)", log: true },
      y: { label: "held-out loss (nats per byte)", log: true },
      series: lines.flatMap(([value, list], i) => [
        { label: `${along === "N" ? "D" : "N"} = ${shortNumber(value)}`, colour: COLOURS[i % 7], marker: i, points: list.map((r) => [r[across], r.loss, words(r)]) },
        { line: true, width: 1, colour: COLOURS[i % 7], dash: i >= 7 ? "5 3" : "", points: groups(list, (r) => r[across]).map(([v, same]) => [v, mean(same.map((r) => r.loss))]) },
      ]),
    };
  });

  const metric = () => choice("metric", "Metric", [
    ["loss", "loss"], ["accuracy", "share of bytes right"], ["match_2", "stretches of 2 bytes exact"],
    ["match_4", "stretches of 4 bytes exact"], ["match_8", "stretches of 8 bytes exact"]]);
  live("live-metrics", [TEXT(), metric()], ({ text, metric }) => ({
    label: `The metric ${metric} of the grid's runs on ${text} against training compute.`,
    x: { label: "training compute C (FLOPs)", log: true },
    y: { label: metric === "loss" ? "held-out loss (nats per byte)" : "share", format: (v) => `${+v.toPrecision(3)}` },
    series: [{ points: rows("grid", text).map((r) => [r.C, r[metric], `${words(r)}; ${metric} ${r[metric].toPrecision(3)}`]) }],
  }));
})();
