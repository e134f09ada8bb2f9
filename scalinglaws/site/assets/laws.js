// The library's formulas for the page; tests compare them with Python's.
"use strict";

const LAWS = (() => {
  const FLOPS = 6; // per parameter and token, scalinglaws.laws.FLOPS_PER_PARAM_TOKEN

  // The sum in the brackets of a joint law: Chinchilla's law without a floor.
  function inner(law) {
    const power = 1 / law.gamma;
    return { A: law.A ** power, B: law.B ** power, alpha: law.alpha * power, beta: law.beta * power };
  }

  function loss(law, N, D) {
    const { A, B, alpha, beta } = inner(law);
    return law.E + (A * N ** -alpha + B * D ** -beta) ** law.gamma;
  }

  const trend = ({ k, exponent, unit }, C) => k * (C / unit) ** exponent;

  function nOpt(law, C) {
    if (law.kind === "allocation") return trend(law.N, C);
    const { A, B, alpha, beta } = inner(law);
    const G = ((alpha * A) / (beta * B)) ** (1 / (alpha + beta));
    return G * (C / FLOPS) ** (beta / (alpha + beta));
  }

  function dOpt(law, C) {
    return law.kind === "allocation" ? trend(law.D, C) : C / FLOPS / nOpt(law, C);
  }

  // null: the law says nothing about the loss.
  function lOpt(law, C) {
    if (law.kind === "joint") return loss(law, nOpt(law, C), dOpt(law, C));
    return law.L ? law.L.E + law.L.a * C ** -law.L.alpha : null;
  }

  // The tokens that bring N parameters to a loss; Infinity if no number does.
  function dFor(law, L, N) {
    const { A, B, alpha, beta } = inner(law);
    if (L <= law.E) return Infinity;
    const left = (L - law.E) ** (1 / law.gamma) - A * N ** -alpha;
    return left > 0 ? (B / left) ** (1 / beta) : Infinity;
  }

  // The fewest FLOPs that reach a loss. The best reducible loss is a power law in C, so two points give it.
  function cFor(law, L) {
    if (L <= law.E) return Infinity;
    const [one, two] = [1e10, 1e20].map((C) => Math.log(lOpt(law, C) - law.E));
    const slope = (two - one) / (10 * Math.LN10);
    return Math.exp(10 * Math.LN10 + (Math.log(L - law.E) - one) / slope);
  }

  const lifetimeFlops = (N, D, demand) => FLOPS * N * D + 2 * N * demand;

  // {N, D} that reaches a loss with the fewest FLOPs for training and serving: golden section in ln N.
  function lifetimeOptimum(law, L, demand) {
    const { A, alpha } = inner(law);
    const least = Math.log((A / (L - law.E) ** (1 / law.gamma)) ** (1 / alpha)); // below, no data suffice
    const cost = (x) => Math.log(lifetimeFlops(Math.exp(x), dFor(law, L, Math.exp(x)), demand));
    const ratio = (Math.sqrt(5) - 1) / 2;
    let low = least, high = least + 60;
    for (let i = 0; i < 120; i++) {
      const a = high - ratio * (high - low), b = low + ratio * (high - low);
      if (cost(a) < cost(b)) high = b; else low = a;
    }
    const N = Math.exp((low + high) / 2);
    return { N, D: dFor(law, L, N) };
  }

  // How many times the FLOPs of the cheapest model with the same loss.
  const waste = (law, N, D) => (FLOPS * N * D) / cFor(law, loss(law, N, D));

  function trainingCost(C, peak, low, high, lowPrice, highPrice) {
    const full = C / peak / 3600;
    const hours = [full / high, full / low];
    return { hours, money: [hours[0] * lowPrice, hours[1] * highPrice] };
  }

  // Python's interval of a quantity at C, between the budgets where it was computed; null outside them.
  function interval(law, budgets, quantity, C) {
    const bounds = law.intervals?.[quantity];
    if (!bounds || C < budgets[0] || C > budgets[budgets.length - 1]) return null;
    let i = 1;
    while (i < budgets.length - 1 && budgets[i] < C) i++;
    const part = Math.log(C / budgets[i - 1]) / Math.log(budgets[i] / budgets[i - 1]);
    return bounds.map((values) => Math.exp(Math.log(values[i - 1]) * (1 - part) + Math.log(values[i]) * part));
  }

  return { loss, nOpt, dOpt, lOpt, dFor, cFor, lifetimeFlops, lifetimeOptimum, waste, trainingCost, interval };
})();

// 1500, 25k, 1.3M, 20B, 3T, then 4e+15: as scalinglaws.plots.short_number.
function shortNumber(value) {
  const shown = +value.toPrecision(3);
  for (const [size, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e4, "k"]])
    if (shown >= size && shown < 1e15) return `${+(value / (letter === "k" ? 1e3 : size)).toPrecision(3)}${letter}`;
  return value >= 1e15 ? value.toExponential(2).replace(/\.?0+e/, "e") : `${+value.toPrecision(4)}`;
}
