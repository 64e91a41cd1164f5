"use strict";
// Looks closer into the lanes than a page without scripts can. Reads the columns that lanes.h
// describes, and draws anew what of them lies in view. Numbers alone come from there: every text on
// the page was put there when it was written.
(() => {
  const COLUMNS = 1000, CLOSE = 300;
  const facts = JSON.parse(document.getElementById("facts").textContent);
  const text = atob(document.getElementById("columns").textContent.trim());
  let at = 0;
  const varint = () => {
    let value = 0, scale = 1, byte;
    do {
      byte = text.charCodeAt(at++);
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  };
  const n = facts.inputs;
  const seq = new Float64Array(n), x = new Float64Array(n), us = new Float64Array(n);
  const lane = new Uint32Array(n), session = new Float64Array(n), bytes = new Float64Array(n);
  const flags = new Uint8Array(n);
  let next = 0, now = 0;
  for (let i = 0; i < n; i++) {
    seq[i] = next + varint();
    next = seq[i] + 1;
    const zigzag = varint();
    now += zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    us[i] = now;
    x[i] = facts.by_order ? i : now;
    lane[i] = varint();
    session[i] = varint() - 1;
    bytes[i] = varint();
    flags[i] = varint();
  }
  const members = facts.lanes.map(() => []);
  for (let i = 0; i < n; i++) members[lane[i]].push(i);
  for (const list of members) list.sort((a, b) => x[a] - x[b] || a - b);
  let low = 0, high = 1;
  for (let i = 0; i < n; i++) { low = i ? Math.min(low, x[i]) : x[i]; high = Math.max(high, x[i]); }
  if (high <= low) high = low + 1;
  const least = facts.by_order ? 4 : 20;
  let from = low, to = high, chosen = -1;

  const box = document.getElementById("lanes");
  const drawings = [...box.querySelectorAll("svg")];
  const names = [...document.querySelectorAll(".names span")];
  const said = document.getElementById("chosen");
  const column = (value) => (value - from) / (to - from) * (COLUMNS - 1);
  const first = (list, value) => {
    let a = 0, b = list.length;
    while (a < b) { const m = (a + b) >> 1; if (x[list[m]] < value) a = m + 1; else b = m; }
    return a;
  };
  const boxes = (set, top, height, width) => {
    let path = "";
    for (let c = 0; c < COLUMNS; c++) {
      if (!set[c]) continue;
      let end = c + 1;
      while (end < COLUMNS && set[end]) end++;
      const w = Math.max(end - c, width);
      path += `M${c} ${top}h${w}v${height}h-${w}z`;
      c = end;
    }
    return path;
  };
  const place = (s) => {
    let a = 0, b = n;
    while (a < b) { const m = (a + b) >> 1; if (seq[m] < s) a = m + 1; else b = m; }
    return a < n && seq[a] === s ? a : -1;
  };
  const seconds = (v) => ((v + facts.from_us) / 1e6).toFixed(6) + " s";
  const draw = () => {
    drawings.forEach((svg, k) => {
      const list = members[k], dropped = new Uint8Array(COLUMNS), kept = new Uint8Array(COLUMNS);
      const begin = first(list, from);
      let seen = 0;
      for (let j = begin; j < list.length && x[list[j]] <= to; j++, seen++) {
        (flags[list[j]] & 1 ? kept : dropped)[Math.floor(column(x[list[j]]))] = 1;
      }
      const close = seen <= CLOSE;
      svg.querySelector(".dropped").setAttribute("d", boxes(dropped, 4, 8, close ? 3 : 1));
      svg.querySelector(".kept").setAttribute("d", boxes(kept, 1, 14, close ? 5 : 3));
      for (const mark of svg.querySelectorAll(".mark")) {
        const i = place(Number(mark.dataset.seq));
        const c = i < 0 ? -9 : column(x[i]);
        mark.setAttribute("d", c < 0 || c > COLUMNS ? "" : `M${c} 0v16`);
      }
      const here = chosen >= 0 && lane[chosen] === k ? column(x[chosen]) : -9;
      svg.querySelector(".chosen").setAttribute("d",
        here < -1 || here > COLUMNS ? "" : `M${here - 3} 0h10v16h-10z`);
    });
    for (const name of names) {
      const i = place(Number(name.dataset.seq));
      const share = i < 0 ? -1 : (x[i] - from) / (to - from);
      name.style.left = share * 100 + "%";
      name.hidden = share < 0 || share > 1;
      name.classList.toggle("flip", share > 0.6);
    }
    const ends = document.querySelectorAll(".axis span");
    ends[0].textContent = facts.by_order ? "input " + (Math.ceil(from) + 1) : seconds(from);
    ends[1].textContent = facts.by_order ? "input " + (Math.floor(to) + 1) : seconds(to);
  };
  const look = (a, b) => {
    const width = Math.min(Math.max(b - a, least), high - low);
    const rim = width < high - low ? width / 2 : 0;  // so that the last input, too, can stand amid
    from = Math.min(Math.max(a, low - rim), high - width + rim);
    to = from + width;
    draw();
  };
  const zoom = (factor, around = (from + to) / 2) =>
    look(around - (around - from) * factor, around + (to - around) * factor);
  const choose = (i, closer) => {
    if (i < 0 || i >= n) return;
    chosen = i;
    const who = flags[i] & 2 ? "signal" : "session " + session[i];
    said.textContent = `input ${seq[i]}: ${who}, ${seconds(us[i])}, ${bytes[i]} bytes, ` +
      (flags[i] & 1 ? (facts.reduced ? "kept" : "in the reel") : "left out") + " ";
    const section = document.getElementById("input-" + seq[i]);
    if (section) {
      const link = document.createElement("a");
      link.href = "#input-" + seq[i];
      link.textContent = "its bytes";
      said.append(link);
    }
    if (closer) {
      const before = i > 0 ? x[i] - x[i - 1] : least, after = i + 1 < n ? x[i + 1] - x[i] : least;
      const room = Math.max(Math.min(Math.abs(before) + Math.abs(after), high - low), least) * 2;
      look(x[i] - room, x[i] + room);
    } else if (x[i] < from || x[i] > to) {
      look(x[i] - (to - from) / 2, x[i] + (to - from) / 2);
    } else {
      draw();
    }
  };
  const nextKept = (step) => {
    for (let i = chosen + step; i >= 0 && i < n; i += step) if (flags[i] & 1) return i;
    return chosen;
  };
  drawings.forEach((svg, k) => {
    const value = (event) => {
      const area = svg.getBoundingClientRect();
      return from + (event.clientX - area.left) / area.width * (to - from);
    };
    svg.addEventListener("click", (event) => {
      const list = members[k], wanted = value(event), j = first(list, wanted);
      const near = [list[j - 1], list[j]].filter((i) => i !== undefined);
      near.sort((a, b) => Math.abs(x[a] - wanted) - Math.abs(x[b] - wanted));
      if (near.length) choose(near[0], event.detail > 1);
      box.focus({preventScroll: true});
    });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.shiftKey && document.activeElement !== box) return;
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8, value(event));
    }, {passive: false});
  });
  const shift = (share) => look(from + (to - from) * share, to + (to - from) * share);
  const deeds = {
    in: () => zoom(0.5), out: () => zoom(2), all: () => look(low, high),
    earlier: () => shift(-0.3), later: () => shift(0.3),
    previous: () => choose(chosen < 0 ? n - 1 : chosen - 1),
    next: () => choose(chosen + 1),
    kept: () => choose(nextKept(1), true), keptBefore: () => choose(nextKept(-1), true),
    closer: () => choose(chosen < 0 ? n - 1 : chosen, true),
  };
  for (const button of document.querySelectorAll("button[data-do]")) {
    button.addEventListener("click", () => deeds[button.dataset.do]());
  }
  const keys = {"+": "in", "=": "in", "-": "out", "0": "all", ArrowLeft: "earlier", ArrowRight: "later",
    n: "next", p: "previous", k: "kept", K: "keptBefore", Enter: "closer"};
  box.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in keys)) return;
    event.preventDefault();
    deeds[keys[event.key]]();
  });
  const copy = document.getElementById("copy");
  copy.addEventListener("click", () => {
    const commands = document.getElementById("commands");
    const range = document.createRange();
    range.selectNodeContents(commands);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    copy.textContent = document.execCommand("copy") ? "copied" : "selected: copy it now";
  });
  addEventListener("beforeprint", () => look(low, high));
  document.documentElement.classList.add("scripted");
  draw();
})();
