"use strict";
// Draws the part of the diagram that is in view, and steps through it. The
// words and the states come with the data; see timeline_html.py for its form.
const data = JSON.parse(document.getElementById("data").textContent);
const {nodes, events, messages} = data;
const $ = (id) => document.getElementById(id);
const SVG = "http://www.w3.org/2000/svg";
const ROW = 27, GUTTER = 118, LANE_MIN = 150, TERMS = 6, FOLD_MIN = 4;
const PAGE = 1000;  // Rows of the table.

// --- What follows from the data, once ---

const total = events.length;
const before = new Int32Array(total).fill(-1);  // On the same node.
const after = new Int32Array(total).fill(-1);
const copies = new Map();  // Send: its messages, if duplicated or not.
const changes = nodes.map((_, lane) =>
  [{step: -1, state: data.opening[lane] || {}}]);
const pauses = nodes.map(() => []);  // Before a restart.
const lastOf = nodes.map(() => -1);
events.forEach((event, i) => {
  before[i] = lastOf[event.n];
  if (before[i] >= 0) after[before[i]] = i;
  lastOf[event.n] = i;
  if (event.u) pauses[event.n].push({from: before[i], to: i});
  if (event.s) changes[event.n].push({step: i, state: event.s});
});
messages.forEach((message) => {
  const send = message[2];
  if (send < 0) return;
  if (!copies.has(send)) copies.set(send, []);
  copies.get(send).push(message);
});
const repeats = events.filter((event) => event.r).length;

function stateOf(lane, step) {
  const list = changes[lane];
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (list[middle].step <= step) low = middle; else high = middle - 1;
  }
  return list[low].state;
}

// What the absence of events says of a node, or nothing.
function silence(lane, step) {
  if (step > lastOf[lane]) return "no more events";
  const pause = pauses[lane].find((one) => one.from < step && step < one.to);
  return pause ? `silent until step ${data.first + pause.to}` : "";
}

// --- What the reader has chosen ---

let at = 0;
let hides = repeats > 0;
let causes = false;
let timer = 0;
let rows = [];  // {p, shown: events} or {hidden: how many}
let rowOf = new Int32Array(total);
const topOf = new Int32Array(messages.length);  // Rows of each message.
const bottomOf = new Int32Array(messages.length);
let related = new Uint8Array(total);  // 1 past, 2 future, 3 itself.

// Events of one place share a row. Many hidden ones in a row become one row,
// a few none: the numbers of the clock show the gap.
function layRows() {
  rows = [];
  let row = null;
  for (let i = 0; i < total; i++) {
    let end = i;
    while (hides && end < total && events[end].r) end++;
    if (end > i) {
      if (end - i >= FOLD_MIN || !rows.length) {
        rows.push({hidden: end - i});
        row = null;
      }
      rowOf.fill(rows.length - 1, i, end);
      i = end - 1;
      continue;
    }
    if (!row || row.p !== events[i].p) {
      rows.push(row = {p: events[i].p, shown: []});
    }
    row.shown.push(i);
    rowOf[i] = rows.length - 1;
  }
  $("full").style.height = (rows.length + 1) * ROW + "px";
  messages.forEach(([, , ...ends], n) => {
    const known = ends.slice(0, 3).filter((i) => i >= 0).map((i) => rowOf[i]);
    topOf[n] = Math.min(...known);
    bottomOf[n] = Math.max(...known) + 1;
  });
}

// The order of steps agrees with cause and effect, so one pass each will do.
function relate() {
  related = new Uint8Array(total);
  const past = new Uint8Array(total), future = new Uint8Array(total);
  past[at] = future[at] = 1;
  for (let i = at; i >= 0; i--) {
    if (!past[i]) continue;
    if (before[i] >= 0) past[before[i]] = 1;
    const message = messages[events[i].m];
    if (message && message[2] >= 0 && message[2] !== i) past[message[2]] = 1;
  }
  for (let i = at; i < total; i++) {
    if (!future[i]) continue;
    if (after[i] >= 0) future[after[i]] = 1;
    for (const message of copies.get(i) || []) {
      if (message[3] >= 0) future[message[3]] = 1;
    }
  }
  let causing = 0, following = 0;
  for (let i = 0; i < total; i++) {
    related[i] = past[i] + 2 * future[i];
    causing += past[i];
    following += future[i];
  }
  const rest = total - causing - following + 1;
  $("causal").textContent =
    `${causing - 1} of the events shown can have caused it, it can have ` +
    `caused ${following - 1}, and with ${rest} it has nothing to do.`;
}

// --- Drawing ---

function draw(name, attributes, parent, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

let laneWidth = LANE_MIN;
const laneX = (lane) => GUTTER + (lane + 0.5) * laneWidth;
const rowY = (row) => row * ROW + ROW / 2 + 4 - $("scroll").scrollTop;
const fade = (i) => causes && !(related[i] & 1) ? " fade" : "";
const tint = (term) => term === undefined ? "--none"
  : "--t" + Number(BigInt(term) % BigInt(TERMS));

function fit(text, width) {
  const most = Math.max(3, Math.floor(width / 6.3));
  const one = text.replace(/\s+/g, " ");
  return one.length <= most ? one : one.slice(0, most - 1) + "\u2026";
}

function millis(us) {
  return us === undefined ? "" : "+" + (us / 1000).toFixed(us < 1e7 ? 2 : 1);
}

const picture = $("drawing");
let pending = 0;
function redraw() {
  if (!pending) pending = requestAnimationFrame(drawAll);
}

function drawAll() {
  pending = 0;
  const box = $("scroll");
  const width = GUTTER + laneWidth * nodes.length;
  const height = box.clientHeight;
  picture.setAttribute("width", width);
  picture.setAttribute("height", height);
  picture.replaceChildren();
  const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 2);
  const last = Math.min(rows.length - 1,
                        Math.ceil((box.scrollTop + height) / ROW) + 1);
  drawTerms(first, last);
  for (let row = first; row <= last; row++) drawRow(row, width);
  drawLanes(first, last);
  messages.forEach((message, n) => {
    if (topOf[n] <= last && bottomOf[n] >= first) drawMessage(message);
  });
  for (let row = first; row <= last; row++) {
    if (!rows[row].hidden) rows[row].shown.forEach(drawEvent);
  }
}

// Calls what with (state, top, bottom) for each stretch of a lane in view.
function stretches(lane, first, last, what) {
  const list = changes[lane];
  // Rows and steps have the same order, so most changes can be skipped.
  let low = 0, high = list.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rowOf[Math.max(0, list[middle].step)] < first) low = middle;
    else high = middle - 1;
  }
  for (let n = low; n < list.length; n++) {
    const change = list[n];
    const start = change.step < 0 ? -1 : rowOf[change.step];
    const end = n + 1 < list.length ? rowOf[list[n + 1].step] : rows.length;
    if (start > last) return;
    if (end < first || end === start) continue;
    what(change.state, start < 0 ? rowY(0) - ROW : rowY(start), rowY(end));
  }
}

function drawTerms(first, last) {
  nodes.forEach((_, lane) => stretches(lane, first, last, (state, top, end) =>
    draw("rect", {x: laneX(lane) - laneWidth / 2, y: top, width: laneWidth,
                  height: end - top, style: `fill:var(${tint(state.term)})`},
         picture)));
}

function drawRow(row, width) {
  const y = rowY(row), one = rows[row];
  if (row === rowOf[at]) {
    draw("rect", {class: "band", x: 0, y: y - ROW / 2, width, height: ROW},
         picture);
  }
  if (one.hidden) {
    draw("rect", {class: "gap", x: 0, y: y - ROW / 2 + 3, width,
                  height: ROW - 6}, picture);
    draw("text", {class: "faint", x: 10, y: y + 4}, picture,
         `\u22EE  ${one.hidden} repeats`);
    return;
  }
  draw("text", {class: "clock", x: 44, y: y + 4}, picture, one.p);
  draw("text", {class: "clock faint", x: GUTTER - 8, y: y + 4}, picture,
       millis(events[one.shown[0]].t));
}

function drawLanes(first, last) {
  nodes.forEach((_, lane) => {
    const x = laneX(lane);
    // From and to where nothing is heard of the node.
    const quiet = pauses[lane].map(({from, to}) =>
      [from < 0 ? -ROW : rowY(rowOf[from]), rowY(rowOf[to])]);
    quiet.push([lastOf[lane] < 0 ? -ROW : rowY(rowOf[lastOf[lane]]),
                rowY(rows.length + 1)]);
    stretches(lane, first, last, (state, top, bottom) => {
      const known = ["leader", "candidate", "follower"].includes(state.role);
      const role = known ? state.role : "unknown";
      const line = (class_, from, to) => draw(
        "line", {class: class_, x1: x, x2: x, y1: from, y2: to}, picture);
      const lively = (from, to) => {
        if (to <= from) return;
        line("lane " + role, from, to);
        if (role !== "leader") return;
        line("lane inner", from, to).style.setProperty(
          "--halo", `var(${tint(state.term)})`);
      };
      let from = top;
      for (const [start, back] of quiet) {
        if (back <= from || start >= bottom) continue;
        lively(from, start);
        line("lane silent", Math.max(from, start), Math.min(back, bottom));
        from = back;
      }
      lively(from, bottom);
    });
  });
}

function cross(x, y, size) {
  draw("path", {class: "cross", d: `M${x - size} ${y - size}L${x + size} ` +
    `${y + size}M${x + size} ${y - size}L${x - size} ${y + size}`}, picture);
}

function drawMessage(message) {
  const [from, to, send, receive, drop, fate] = message;
  const start = send >= 0 ? send : fate === "lost" ? drop : -1;
  if (start < 0 && receive < 0) return;
  const startRow = start >= 0 ? rowOf[start] : rowOf[receive];
  const ends = [send, receive, drop].filter((i) => i >= 0);
  if (hides && ends.every((i) => events[i].r)) return;
  const picked = ends.includes(at) ? " picked" : "";
  const faded = ends.every((i) => fade(i)) ? " fade" : "";
  const result = /_result$/.test(events[ends[0]].f.type || "") ? " result" : "";
  const x1 = laneX(from), x2 = laneX(to);
  const line = (class_, tx, ty, fx, fy) => draw("line", {
    class: "arrow" + result + class_ + picked + faded,
    x1: fx, y1: fy, x2: tx, y2: ty}, picture);
  if (receive >= 0) {
    const y2 = rowY(rowOf[receive]);
    const fx = start >= 0 ? x1 : x2 + Math.sign(x1 - x2) * laneWidth * 0.4;
    const y1 = start >= 0 ? rowY(startRow) : y2 - ROW * 0.4;
    const angle = Math.atan2(y2 - y1, x2 - fx);
    const tx = x2 - 7 * Math.cos(angle), ty = y2 - 7 * Math.sin(angle);
    line(start >= 0 ? "" : " open", tx, ty, fx, y1);
    const point = (turn, far) => (x2 - 4 * Math.cos(angle) - far * Math.cos(
      angle + turn)) + "," + (y2 - 4 * Math.sin(angle) - far * Math.sin(
      angle + turn));
    draw("polygon", {class: "head" + faded, points:
      `${point(0, 0)} ${point(0.42, 12)} ${point(-0.42, 12)}`}, picture);
    return;
  }
  const y1 = rowY(startRow);
  const atReceiver = drop >= 0 && events[drop].n === to && from !== to;
  const share = atReceiver ? 1 : send >= 0 ? 0.6 : 0.35;
  const x = x1 + (x2 - x1) * share;
  const y = atReceiver ? rowY(rowOf[drop]) : y1 + ROW * 0.45;
  line(fate === "lost" ? " lost" : " open", x, y, x1, y1);
  if (fate === "lost") cross(x, y, 6);
  else draw("circle", {class: "ring", cx: x, cy: y, r: 4.5}, picture);
}

// The mark of an event; its shape says its kind.
function mark(kind, x, y, parent) {
  const shapes = {
    append: "M-5 -5H5V5H-5Z", commit: "M0 -7L7 0L0 7L-7 0Z",
    apply: "M-6 -5H6L0 6Z", snapshot: "M-7 -4H7V4H-7Z",
    role: "M-6 -7L7 -2L-6 3V7H-7.5V-7Z", term: "M-6 -7L7 -2L-6 3V7H-7.5V-7Z",
    vote: "M-6 -7L7 -2L-6 3V7H-7.5V-7Z", start: "M-6 -7L8 0L-6 7Z",
    configuration: "M-4 -7H4L7 0L4 7H-4L-7 0Z",
  };
  const place = `translate(${x} ${y})`;
  if (kind === "drop") {
    draw("path", {class: "cross", transform: place,
                  d: "M-5 -5L5 5M5 -5L-5 5"}, parent);
  } else if (kind === "receive") {
    draw("circle", {class: "ring", cx: x, cy: y, r: 3.5}, parent);
  } else if (Object.hasOwn(shapes, kind)) {
    draw("path", {class: "mark", transform: place, d: shapes[kind]}, parent);
  } else {
    draw("circle", {class: "mark", cx: x, cy: y, r: 4.5}, parent);
  }
}

function drawEvent(i) {
  const event = events[i], x = laneX(event.n), y = rowY(rowOf[i]);
  const group = draw("g", {class: (i === at ? "picked" : "") + fade(i)},
                     picture);
  if (i === at) draw("circle", {class: "halo", cx: x, cy: y, r: 11}, group);
  mark(event.k, x, y, group);
  // The words stand where the arrow does not.
  const message = messages[event.m];
  let side = 1;
  if (message) {
    const other = message[0] === event.n ? message[1] : message[0];
    side = other > event.n ? -1 : 1;
  }
  const taken = 13 + drawFlag(event, i, x + side * 13, y, side, group);
  const room = laneWidth / 2 - taken - 3;
  const isSaid = taken > 13 && ["role", "term", "start"].includes(event.k);
  if (room > 30 && !isSaid) {
    const label = draw("text", {
      class: "label" + (event.r || event.b === "heartbeat" ? " faint" : ""),
      x: x + side * taken, y: y + 4,
      "text-anchor": side > 0 ? "start" : "end"}, group, fit(event.b, room));
    const state = stateOf(event.n, i);
    label.style.setProperty("--halo", rowOf[i] === rowOf[at]
      ? "var(--band)" : `var(${tint(state.term)})`);
  }
  draw("rect", {class: "hit", x: x - laneWidth / 2, y: y - ROW / 2,
                width: laneWidth, height: ROW, "data-i": i}, group);
}

// A new role or term, said on the lane where it begins. Returns its width.
function drawFlag(event, i, x, y, side, group) {
  if (!event.q || !event.s) return 0;
  const old = stateOf(event.n, i - 1);
  const parts = [];
  const newTerm = event.s.term !== old.term && event.s.term !== undefined;
  // That a new term makes followers need not be said.
  if (event.s.role !== old.role && event.s.role !== undefined &&
      !(newTerm && event.s.role === "follower")) {
    parts.push(event.s.role);
  }
  if (newTerm) parts.push(`term ${event.s.term}`);
  if (!parts.length) return 0;
  const text = fit(parts.join(", "), laneWidth / 2 - 24);
  const width = text.length * 6.7 + 12;
  draw("rect", {class: "flag", x: side > 0 ? x : x - width, y: y - 9, width,
                height: 18, rx: 4}, group);
  draw("text", {class: "flag-text", x: x + side * 6, y: y + 4,
                "text-anchor": side > 0 ? "start" : "end"}, group, text);
  return width + 6;
}

function layLanes() {
  const free = $("scroll").clientWidth - GUTTER;
  laneWidth = Math.max(LANE_MIN, Math.floor(free / nodes.length));
  const width = GUTTER + laneWidth * nodes.length;
  $("lanes").style.width = $("scroll").style.width = "";
  if (width > $("diagram").clientWidth) {
    $("lanes").style.width = $("scroll").style.width = width + 16 + "px";
  }
  for (const lane of $("lanes").children) {
    lane.style.width =
      (lane.className === "gutter" ? GUTTER : laneWidth) + "px";
  }
  redraw();
}

// --- Showing a step ---

const dash = (value) => value === undefined ? "\u2013" : String(value);

function add(parent, name, text, class_) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (class_) element.className = class_;
  parent.appendChild(element);
  return element;
}

function showStates() {
  const body = $("states").tBodies[0];
  body.replaceChildren();
  nodes.forEach((node, lane) => {
    const now = stateOf(lane, at), old = stateOf(lane, at - 1);
    const row = add(body, "tr", undefined, lane === events[at].n ? "here" : "");
    add(row, "th", node).scope = "row";
    for (const name of ["role", "term", "last", "commit", "applied"]) {
      const changed = now[name] !== old[name];
      const cell = add(row, "td", dash(now[name]), changed ? "changed" : "");
      if (name === "role" && silence(lane, at)) cell.append(" (silent)");
      if (name === "role" && now.role) cell.classList.add("role-" + now.role);
      if (changed) cell.title = `was ${dash(old[name])} before this step`;
    }
    const head = $("lanes").children[lane + 1];
    head.classList.toggle("here", lane === events[at].n);
    head.style.background = `var(${tint(now.term)})`;
    head.replaceChildren();
    add(head, "b", `Node ${node}`);
    add(head, "div", [now.role || "role unknown",
      now.term === undefined ? "" : `term ${now.term}`,
      now.vote === undefined ? "" : `vote ${now.vote}`]
      .filter((text) => text).join(" \u00b7 "), "role-" + (now.role || ""));
    const quiet = silence(lane, at);
    if (quiet) add(head, "div", quiet, "quiet");
    else add(head, "div", `log ${dash(now.last)} \u00b7 commit ` +
      `${dash(now.commit)} \u00b7 applied ${dash(now.applied)}`, "faint");
  });
}

function showFields() {
  const event = events[at], list = $("fields");
  list.replaceChildren();
  const pair = (name, value) => {
    add(list, "dt", name);
    add(list, "dd", value);
  };
  pair("event", event.k);
  pair("node", nodes[event.n]);
  pair("clock", event.c === event.p ? event.c
    : `${event.c}, here ${event.p}: clocks begin again at a restart`);
  if (event.t !== undefined) pair("time", millis(event.t) + " ms");
  for (const name in event.f) pair(name, event.f[name]);
}

function otherEnd() {
  const message = messages[events[at].m];
  if (!message) return -1;
  const others = [message[2], message[3], message[4]].filter(
    (i) => i >= 0 && i !== at);
  return others.length ? others[0] : -1;
}

function link() {
  const extra = (causes ? "&causes" : "") +
    (hides || !repeats ? "" : "&repeats") +
    ($("table-box").hidden ? "" : "&text");
  try {
    history.replaceState(null, "", `#step=${data.first + at}${extra}`);
  } catch { /* Some browsers ration it; the link is only a convenience. */ }
}

function select(step) {
  at = Math.max(0, Math.min(total - 1, step));
  if (hides && events[at].r) setHides(false);
  const event = events[at], number = data.first + at;
  $("said").replaceChildren();
  add($("said"), "b", `Step ${number} of ${data.first + total - 1}` +
    (event.t === undefined ? "" : `, ${millis(event.t)} ms`) + ". ");
  $("said").append(event.w);
  $("slide").value = number;
  $("slide").setAttribute("aria-valuetext", `step ${number}: ${event.w}`);
  $("place").textContent = `${number} / ${data.first + total - 1}`;
  $("other-end").disabled = otherEnd() < 0;
  $("back").disabled = $("to-first").disabled = at === 0;
  $("forward").disabled = $("to-last").disabled = at === total - 1;
  showStates();
  showFields();
  relate();
  bringIntoView();
  markTableRow();
  link();
  redraw();
}

// Moves no more than it must, so that the eye keeps its place.
function bringIntoView() {
  const box = $("scroll"), y = rowOf[at] * ROW;
  const margin = Math.min(box.clientHeight / 3, 6 * ROW);
  if (y < box.scrollTop + margin) box.scrollTop = y - margin;
  const low = y + ROW - box.clientHeight + margin;
  if (box.scrollTop < low) box.scrollTop = low;
}

function setHides(value) {
  hides = value;
  $("hide").checked = value;
  layRows();
}

// The next step in that direction that is shown and wanted, or -1.
function find(direction, wanted) {
  for (let i = at + direction; i >= 0 && i < total; i += direction) {
    if ((!hides || !events[i].r) && (!wanted || wanted(events[i]))) return i;
  }
  return -1;
}

function go(direction, wanted) {
  const next = find(direction, wanted);
  if (next >= 0) select(next);
  else if (timer) play();
}

function goEnd(direction) {
  at = direction < 0 ? total : -1;
  go(direction);
}

function goMany(direction) {
  let next = at;
  for (let n = 0; n < 20; n++) {
    const keep = at;
    at = next;
    const found = find(direction);
    at = keep;
    if (found < 0) break;
    next = found;
  }
  select(next);
}

function play() {
  if (timer) clearInterval(timer);
  timer = timer ? 0 : setInterval(() => go(1), 700);
  $("play").textContent = timer ? "Pause" : "Play";
  $("play").setAttribute("aria-pressed", String(timer !== 0));
}

// --- The table ---

// A long trace has pages, which keeps the browser quick.
let page = -1;
function list(wanted) {
  if (page === wanted) return;
  page = wanted;
  const first = page * PAGE, end = Math.min(total, first + PAGE);
  $("earlier").disabled = first === 0;
  $("later").disabled = end === total;
  $("table-title").textContent = `All events: steps ${data.first + first} ` +
    `to ${data.first + end - 1} of ${data.first + total - 1}`;
  const body = $("events").tBodies[0];
  body.replaceChildren();
  for (let i = first; i < end; i++) {
    const event = events[i], row = add(body, "tr");
    const number = add(row, "th");
    number.scope = "row";
    add(number, "a", data.first + i).href = `#step=${data.first + i}`;
    add(row, "td", event.c);
    add(row, "td", event.t === undefined ? "" : millis(event.t) + " ms");
    add(row, "td", nodes[event.n]);
    add(row, "td", event.k);
    add(row, "td", event.w);
  }
}

function turnPage(by) {
  list(page + by);
  $("table-scroll").scrollTop = 0;
  $("table-scroll").focus();
}

function markTableRow() {
  if ($("table-box").hidden) return;
  list(Math.floor(at / PAGE));
  const old = $("events").querySelector("[aria-current]");
  const row = $("events").tBodies[0].rows[at % PAGE];
  if (row === old) return;
  if (old) old.removeAttribute("aria-current");
  row.setAttribute("aria-current", "step");
  row.scrollIntoView({block: "center"});
}

function toggleText() {
  const shows = $("table-box").hidden;
  $("table-box").hidden = !shows;
  $("diagram").hidden = shows;
  $("as-text").setAttribute("aria-expanded", String(shows));
  markTableRow();
  if (!shows) layLanes();
  bringIntoView();
  link();
}

function toggleHelp() {
  const shows = $("legend").hidden;
  $("legend").hidden = !shows;
  $("help").setAttribute("aria-expanded", String(shows));
  layLanes();
}

function drawSigns() {
  const svg = $("signs");
  const lanes = [["leader", "leader"], ["candidate", "candidate"],
                 ["follower", "follower"], ["unknown", "role not known"],
                 ["silent", "no more events"]];
  lanes.forEach(([role, text], n) => {
    const y = 14 + n * 26;
    draw("line", {class: "lane " + role, x1: 8, x2: 60, y1: y, y2: y}, svg);
    if (role === "leader") {
      draw("line", {class: "lane inner", x1: 8, x2: 60, y1: y, y2: y}, svg);
    }
    draw("text", {x: 72, y: y + 4}, svg, text);
  });
  const kinds = [["send", "send"], ["receive", "receive"],
                 ["drop", "given up, lost"], ["append", "append to the log"],
                 ["commit", "commit"], ["apply", "apply"],
                 ["role", "role, term, vote"], ["start", "start"],
                 ["configuration", "configuration"]];
  kinds.forEach(([kind, text], n) => {
    mark(kind, 240, 14 + n * 26, svg);
    draw("text", {x: 258, y: 18 + n * 26}, svg, text);
  });
  draw("text", {x: 8, y: 170, class: "faint"}, svg, "Background: the term,");
  draw("text", {x: 8, y: 188, class: "faint"}, svg, "with a flag where it begins.");
  draw("text", {x: 8, y: 206, class: "faint"}, svg, "Dashed arrows: results.");
}

// --- Keys, buttons, start ---

const isTurn = (event) => event.q;
const keys = {
  ArrowDown: () => go(1), ArrowRight: () => go(1), j: () => go(1),
  ArrowUp: () => go(-1), ArrowLeft: () => go(-1), k: () => go(-1),
  Home: () => goEnd(1), End: () => goEnd(-1),
  PageDown: () => goMany(1), PageUp: () => goMany(-1),
  n: () => go(1, isTurn), p: () => go(-1, isTurn),
  m: () => { if (otherEnd() >= 0) select(otherEnd()); },
  h: () => { setHides(!hides); select(at); },
  c: () => { $("causes").checked = causes = !causes; select(at); },
  t: toggleText, "?": toggleHelp, " ": play,
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const on = event.target.closest("input, button, a");
  const own = on && (event.key === " " || event.key === "Enter" ||
    (on.type === "range" && event.key.length > 1));
  if (own || !Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key]();
});

const click = (id, what) => $(id).addEventListener("click", what);
click("to-first", keys.Home);
click("to-last", keys.End);
click("back", keys.k);
click("forward", keys.j);
click("turn-back", keys.p);
click("turn-on", keys.n);
click("other-end", keys.m);
click("play", play);
click("as-text", toggleText);
click("help", toggleHelp);
click("earlier", () => turnPage(-1));
click("later", () => turnPage(1));
$("hide").addEventListener("change", () => {
  setHides($("hide").checked);
  // A step that is hidden now gives way to the one before it.
  if (hides && events[at].r) at = Math.max(0, find(-1));
  select(at);
});
$("causes").addEventListener("change", () => {
  causes = $("causes").checked;
  select(at);
});
$("slide").addEventListener("input", () => {
  let step = Number($("slide").value) - data.first;
  while (hides && step < total - 1 && events[step].r) step++;
  select(step);
});
picture.addEventListener("click", (event) => {
  const hit = event.target.closest("[data-i]");
  if (hit) select(Number(hit.dataset.i));
});
picture.addEventListener("mousemove", (event) => {
  const hit = event.target.closest("[data-i]");
  const one = hit && events[Number(hit.dataset.i)];
  if (!hit || hit.firstChild) return;
  draw("title", {}, hit, `${millis(one.t)} ms, clock ${one.c}\n${one.w}`);
});
$("scroll").addEventListener("scroll", redraw, {passive: true});
new ResizeObserver(layLanes).observe($("diagram"));

function followLink() {
  const wish = new URLSearchParams(location.hash.slice(1));
  const step = Number(wish.get("step"));
  if (wish.has("repeats")) setHides(false);
  if (wish.has("causes")) $("causes").checked = causes = true;
  if (wish.has("text") && $("table-box").hidden) toggleText();
  if (wish.has("keys") && $("legend").hidden) toggleHelp();
  if (step) select(step - data.first);
  return step > 0;
}
addEventListener("hashchange", followLink);

const gutter = add($("lanes"), "div", undefined, "gutter");
add(gutter, "span", "clock");
add(gutter, "span", "ms");
nodes.forEach(() => add($("lanes"), "div", "", "lane"));
$("slide").min = data.first;
$("slide").max = data.first + total - 1;
$("repeats").textContent = `(${repeats} of ${total})`;
$("hide").disabled = !repeats;
setHides(hides);
drawSigns();
layLanes();
if (!followLink()) goEnd(1);
