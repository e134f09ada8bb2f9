// Opens the sealed reply to an answer, as scalinglaws/course/questions/seal.py does: scrypt finds the place and the key,
// ChaCha20-Poly1305 opens the box. Browsers have neither (and no crypto.subtle over plain http), so both are here.
"use strict";

const QUIZ = (() => {
  const utf8 = new TextEncoder();
  const rotl = (x, n) => (x << n) | (x >>> (32 - n));

  // --- SHA-256, HMAC and PBKDF2 (FIPS 180-4, RFC 2104, RFC 8018) ---
  const K = new Int32Array(64), START = new Int32Array(8);
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let k = 2; k * k <= n; k++) if (n % k === 0) { prime = false; break; }
    if (!prime) continue;
    const bits = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
    if (found < 8) START[found] = bits(Math.sqrt(n));
    K[found++] = bits(Math.cbrt(n));
  }

  function sha256(...parts) {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const data = new Uint8Array((((length + 8) >> 6) + 1) << 6);
    let at = 0;
    for (const part of parts) { data.set(part, at); at += part.length; }
    data[length] = 0x80;
    const view = new DataView(data.buffer);
    view.setUint32(data.length - 4, length * 8);
    const h = START.slice(), w = new Int32Array(64);
    for (let block = 0; block < data.length; block += 64) {
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i);
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (rotl(x, 25) ^ rotl(x, 14) ^ (x >>> 3)) + (rotl(y, 15) ^ rotl(y, 13) ^ (y >>> 10));
      }
      let [a, b, c, d, e, f, g, z] = h;
      for (let i = 0; i < 64; i++) {
        const one = (z + (rotl(e, 26) ^ rotl(e, 21) ^ rotl(e, 7)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const two = ((rotl(a, 30) ^ rotl(a, 19) ^ rotl(a, 10)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [z, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
      }
      [a, b, c, d, e, f, g, z].forEach((value, i) => (h[i] += value));
    }
    const out = new DataView(new ArrayBuffer(32));
    h.forEach((value, i) => out.setInt32(4 * i, value));
    return new Uint8Array(out.buffer);
  }

  function hmac(key, ...parts) {
    const block = new Uint8Array(64);
    block.set(key.length > 64 ? sha256(key) : key);
    return sha256(block.map((b) => b ^ 0x5c), sha256(block.map((b) => b ^ 0x36), ...parts));
  }

  function pbkdf2(password, salt, length) { // one iteration, as in scrypt
    const out = new Uint8Array(length);
    for (let i = 1, at = 0; at < length; i++, at += 32)
      out.set(hmac(password, salt, Uint8Array.of(i >>> 24, i >>> 16, i >>> 8, i)).subarray(0, Math.min(32, length - at)), at);
    return out;
  }

  // --- scrypt, r = 8, p = 1 (RFC 7914) ---
  function salsa8(x, s) {
    s.set(x);
    const q = (a, b, c, n) => (s[a] ^= rotl((s[b] + s[c]) | 0, n));
    for (let i = 0; i < 4; i++) {
      for (const [a, b, c, d] of [[0, 4, 8, 12], [5, 9, 13, 1], [10, 14, 2, 6], [15, 3, 7, 11], [0, 1, 2, 3], [5, 6, 7, 4], [10, 11, 8, 9], [15, 12, 13, 14]]) {
        q(b, a, d, 7); q(c, b, a, 9); q(d, c, b, 13); q(a, d, c, 18);
      }
    }
    for (let i = 0; i < 16; i++) x[i] += s[i];
  }

  function scrypt(password, salt, n, length) {
    const words = 256, first = pbkdf2(password, salt, 4 * words); // 128 r bytes
    const view = new DataView(first.buffer), b = new Int32Array(words);
    for (let i = 0; i < words; i++) b[i] = view.getInt32(4 * i, true);
    const v = new Int32Array(n * words), x = new Int32Array(16), s = new Int32Array(16), mixed = new Int32Array(words);
    function mix() {
      x.set(b.subarray(words - 16));
      for (let k = 0; k < 16; k++) {
        for (let i = 0; i < 16; i++) x[i] ^= b[16 * k + i];
        salsa8(x, s);
        mixed.set(x, (k % 2 ? 128 : 0) + 16 * (k >> 1));
      }
      b.set(mixed);
    }
    for (let i = 0; i < n; i++) { v.set(b, i * words); mix(); }
    for (let i = 0; i < n; i++) {
      const j = (b[words - 16] & (n - 1)) * words;
      for (let k = 0; k < words; k++) b[k] ^= v[j + k];
      mix();
    }
    for (let i = 0; i < words; i++) view.setInt32(4 * i, b[i], true);
    return pbkdf2(password, first, length);
  }

  // --- ChaCha20-Poly1305 (RFC 8439), with a nonce of zeros ---
  function chacha(key, counter) {
    const view = new DataView(key.buffer, key.byteOffset), start = new Int32Array(16);
    start.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
    for (let i = 0; i < 8; i++) start[4 + i] = view.getInt32(4 * i, true);
    start[12] = counter;
    const s = start.slice();
    for (let i = 0; i < 10; i++) {
      for (const [a, b, c, d] of [[0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15], [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14]]) {
        s[a] += s[b]; s[d] = rotl(s[d] ^ s[a], 16);
        s[c] += s[d]; s[b] = rotl(s[b] ^ s[c], 12);
        s[a] += s[b]; s[d] = rotl(s[d] ^ s[a], 8);
        s[c] += s[d]; s[b] = rotl(s[b] ^ s[c], 7);
      }
    }
    const out = new DataView(new ArrayBuffer(64));
    for (let i = 0; i < 16; i++) out.setInt32(4 * i, s[i] + start[i], true);
    return new Uint8Array(out.buffer);
  }

  const integer = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

  function poly1305(key, message) {
    const prime = (1n << 130n) - 5n, r = integer(key.subarray(0, 16)) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
    let sum = 0n;
    for (let i = 0; i < message.length; i += 16) sum = ((sum + integer([...message.subarray(i, i + 16), 1])) * r) % prime;
    return (sum + integer(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  }

  function open(key, box, extra) {
    const cipher = box.subarray(0, -16), padded = (part) => [...part, ...new Uint8Array((16 - (part.length % 16)) % 16)];
    const size = (n) => { const v = new DataView(new ArrayBuffer(8)); v.setUint32(0, n, true); return new Uint8Array(v.buffer); };
    const message = Uint8Array.from([...padded(extra), ...padded(cipher), ...size(extra.length), ...size(cipher.length)]);
    if (poly1305(chacha(key, 0), message) !== integer(box.subarray(-16))) throw new Error("The sealed reply is damaged.");
    const text = new Uint8Array(cipher.length);
    for (let i = 0; i < cipher.length; i += 64) {
      const stream = chacha(key, 1 + i / 64);
      for (let k = 0; k < 64 && i + k < cipher.length; k++) text[i + k] = cipher[i + k] ^ stream[k];
    }
    return new TextDecoder().decode(text).trimEnd();
  }

  const bytes = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

  // The reply to one spelling of an answer: {right, text, solution}, or null if none was sealed for it.
  function reply(name, entry, spelling) {
    const secret = scrypt(utf8.encode(spelling), utf8.encode(name), entry.work, 48);
    const place = [...secret.subarray(0, 16)].map((b) => b.toString(16).padStart(2, "0")).join("");
    if (!(place in entry.replies)) return null;
    const opened = JSON.parse(open(secret.slice(16), bytes(entry.replies[place]), utf8.encode(name)));
    const solution = opened.key ? open(bytes(opened.key), bytes(entry.solution), utf8.encode(name)) : "";
    return { right: opened.right, text: opened.text, solution };
  }

  // Python's round: halves go to the even neighbour.
  function round(x) {
    const low = Math.floor(x);
    return x - low === 0.5 ? low + (low % 2 ? 1 : 0) : Math.round(x);
  }

  // Arithmetic as Python reads it: numbers, + - * / ** and brackets, and a few functions.
  function calculate(text) {
    const tokens = text.replace(/(\d),(?=\d{3}\b)/g, "$1").replace(/_/g, "").match(/\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?|\*\*|[-+*/()]|[a-z]\w*|\S/gi) ?? [];
    const known = { sqrt: Math.sqrt, log: Math.log, ln: Math.log, log10: Math.log10, log2: Math.log2, exp: Math.exp, abs: Math.abs };
    let at = 0;
    const take = (token) => tokens[at] === token && ++at;
    function sum() { let v = product(); for (;;) { if (take("+")) v += product(); else if (take("-")) v -= product(); else return v; } }
    function product() { let v = sign(); for (;;) { if (take("*")) v *= sign(); else if (take("/")) v /= sign(); else return v; } }
    function sign() { return take("-") ? -sign() : take("+") ? sign() : power(); }
    function power() { const base = atom(); return take("**") ? base ** sign() : base; }
    function atom() {
      if (take("(")) { const v = sum(); if (!take(")")) throw new Error("A bracket is not closed."); return v; }
      const token = tokens[at++];
      if (known[token]) { if (!take("(")) throw new Error(`${token} needs brackets.`); const v = sum(); if (!take(")")) throw new Error("A bracket is not closed."); return known[token](v); }
      if (token === "pi") return Math.PI;
      if (!/^[\d.]/.test(token ?? "")) throw new Error("Write a number, such as 0.35 or 6 * 1e9.");
      return Number(token);
    }
    const value = sum();
    if (at < tokens.length || !Number.isFinite(value)) throw new Error("Write a number, such as 0.35 or 6 * 1e9.");
    return value;
  }

  // An answer as seal.py spells it. Throws an Error, in words for a reader, for one of the wrong kind.
  function spell(form, entry, answer) {
    if (form === "number") {
      const unit = entry.unit ?? "";
      const text = answer.trim();
      return String(round(calculate(unit && text.endsWith(unit) ? text.slice(0, -unit.length) : text) / entry.step));
    }
    if (form === "output") {
      const text = answer.trim().replace(/\s+/g, " ").replace(/\s*([\][(){},:])\s*/g, "$1");
      if (!text) throw new Error("Write what is printed.");
      return text;
    }
    if (!answer.length) throw new Error("Choose an answer first.");
    return [...answer].sort().join("");
  }

  function several(name, entry, chosen) {
    const single = Object.fromEntries(entry.options.map((c) => [c, reply(name, entry, (chosen.includes(c) ? "+" : "-") + c) ?? { right: false, text: "" }]));
    const texts = entry.options.filter((c) => chosen.includes(c)).map((c) => `(${c}) ${single[c].text}`);
    const whole = reply(name, entry, chosen);
    if (whole) return { ...whole, text: [whole.text, ...texts].filter(Boolean).join("\n\n") };
    const wrong = entry.options.filter((c) => !single[c].right);
    const said = wrong.filter((c) => chosen.includes(c)).map((c) => `(${c}) ${single[c].text}`);
    const missing = wrong.filter((c) => !chosen.includes(c)).length;
    if (missing) said.push(`${missing === 1 ? "One right option is" : `${missing} right options are`} missing from your answer.`);
    return { right: false, text: said.join("\n\n"), solution: "" };
  }

  const UNKNOWN = {
    number: "This is not the right value, nor a known slip. Read the question again.",
    output: "This is not what is printed, nor a known slip. Follow the code line by line.",
  };

  function mark(name, form, answer) {
    const entry = window.QUESTIONS[name];
    if (form === "truth") return reply(name, entry, answer);
    const spelling = spell(form, entry, answer);
    if (form === "options") return several(name, entry, spelling);
    return reply(name, entry, spelling) ?? { right: false, text: UNKNOWN[form] ?? "This is none of the options.", solution: "" };
  }

  // Markdown of a reply, as elements: paragraphs, `code`, **bold**; formulas as they are written.
  function paragraphs(text) {
    return text.trim().split(/\n\s*\n/).map((part) => {
      const block = part.match(/^```\w*\n([\s\S]*?)\n?```$/);
      if (block) {
        const pre = document.createElement("pre");
        pre.className = "code";
        pre.tabIndex = 0;
        pre.textContent = block[1];
        return pre;
      }
      const p = document.createElement("p");
      part.split(/(`[^`]+`|\*\*[^*]+\*\*)/).forEach((piece, i) => {
        if (i % 2 === 0) return p.append(plain(piece));
        const tag = piece[0] === "`" ? "code" : "b";
        p.append(Object.assign(document.createElement(tag), { textContent: piece.replace(/^(`|\*\*)|(`|\*\*)$/g, "") }));
      });
      return p;
    });
  }
  const SIGNS = { alpha: "α", beta: "β", gamma: "γ", delta: "δ", times: "×", cdot: "·", approx: "≈", ln: "ln", log: "log", le: "≤", ge: "≥", propto: "∝", infty: "∞", to: "→", sqrt: "√", pm: "±", quad: " ", ",": " ", exp: "exp", ne: "≠", ll: "≪", gg: "≫", sum: "Σ", left: "", right: "", "%": "%" };
  function plain(text) {
    return text.replace(/\$\$?([^$]+)\$\$?/g, (_, tex) => tex
      .replace(/\\(?:text|mathrm|operatorname)\s*\{([^{}]*)\}/g, "$1").replace(/\\d?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}/g, "($1)/($2)")
      .replace(/\\([A-Za-z]+|.)/g, (whole, name) => SIGNS[name] ?? name).replace(/[{}]/g, ""));
  }

  function show(form, { right, text, solution }) {
    const place = form.querySelector(".reply");
    const verdict = Object.assign(document.createElement("strong"), { className: "verdict", textContent: right ? "Right." : "Not yet." });
    const line = document.createElement("p");
    line.append(verdict);
    place.replaceChildren(line, ...paragraphs(text));
    if (solution) {
      const more = document.createElement("details");
      more.append(Object.assign(document.createElement("summary"), { textContent: "Worked solution" }), ...paragraphs(solution));
      place.append(more);
    }
    place.dataset.right = String(right);
    place.hidden = false;
    place.focus({ preventScroll: true });
  }

  for (const form of document.querySelectorAll("form.quiz")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const chosen = [...form.querySelectorAll("input:checked")].map((input) => input.value);
      const typed = form.querySelector("input[type=text]");
      const kind = form.dataset.form;
      const answer = typed ? typed.value : kind === "options" ? chosen : (chosen[0] ?? "");
      try {
        if (!answer.length) throw new Error("Choose or write an answer first.");
        show(form, mark(form.dataset.question, kind, answer));
      } catch (error) {
        show(form, { right: false, text: error.message, solution: "" });
      }
    });
  }
  return { mark, scrypt, calculate };
})();
