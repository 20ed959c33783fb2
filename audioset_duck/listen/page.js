
"use strict";
const { digest, target, items } = JSON.parse(document.getElementById("data").textContent);
const COLUMNS = ["target", "sample_key", "subset", "clip_id", "event_id", "label_id", "verdict", "note"];
const VERDICTS = ["correct", "incorrect", "unsure"];
const STORE = "audioset-duck-listen:" + digest;
const get = id => document.getElementById(id);
const player = get("player");
// The mark and the note of each item, by its place.
let marks = items.map(() => ({ verdict: "", note: "" }));
let current = 0;
let playsNext = false;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function seconds(value) { return String(Math.round(value * 1000) / 1000); }

// Marks stay in the browser.

function remember() {
  try {
    localStorage.setItem(STORE, JSON.stringify({ marks, current, playsNext }));
  } catch (error) {
    get("message").textContent = "This browser keeps no marks; save them before you close the page.";
  }
}

function recall() {
  try {
    const kept = JSON.parse(localStorage.getItem(STORE));
    if (!kept || !Array.isArray(kept.marks) || kept.marks.length !== items.length) return;
    marks = kept.marks.map(({ verdict, note }) => ({
      verdict: VERDICTS.includes(verdict) ? verdict : "", note: String(note || ""),
    }));
    current = Math.min(Math.max(0, Number(kept.current) || 0), items.length - 1);
    playsNext = Boolean(kept.playsNext);
  } catch (error) {
    // Nothing is kept.
  }
}

// What is shown.

function place(node, start, end) {
  const { from, to } = items[current];
  const left = Math.min(Math.max(start, from), to), right = Math.min(Math.max(end, from), to);
  node.style.left = 100 * (left - from) / (to - from) + "%";
  node.style.width = 100 * (right - left) / (to - from) + "%";
}

function showPlot(item) {
  get("spectrogram").src = "data:image/png;base64," + item.image;
  get("spectrogram").alt = `Spectrogram from ${seconds(item.from)} to ${seconds(item.to)} s of the clip; the marked part is from ${seconds(item.start)} to ${seconds(item.end)} s`;
  place(get("before"), item.from, item.start);
  place(get("window"), item.start, item.end);
  place(get("after"), item.end, item.to);
  get("frequencies").replaceChildren(...item.frequencies.map(({ hz, place }) => {
    const name = element("span", hz < 1000 ? `${hz} Hz` : `${hz / 1000} kHz`);
    name.style.bottom = 100 * place + "%";
    return name;
  }));
  const length = item.to - item.from;
  const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60].find(step => length / step <= 8) || 300;
  const ticks = [];
  for (let number = Math.ceil(item.from / step + 0.2); number * step <= item.to - 0.2 * step; number++) {
    const tick = element("span", seconds(number * step) + " s");
    tick.style.left = 100 * (number * step - item.from) / length + "%";
    ticks.push(tick);
  }
  get("axis").replaceChildren(...ticks);
}

function showEvents(item) {
  const rows = new Map(), elsewhere = new Set();
  for (const event of item.events) {
    if (event.end < item.from || event.start > item.to) {
      elsewhere.add(event.title);
      continue;
    }
    if (!rows.has(event.title)) {
      const row = element("li", undefined, event.is_target ? "target" : "");
      row.append(element("span", event.title, "name"), element("span", undefined, "track"));
      rows.set(event.title, row);
    }
    const times = `${seconds(event.start)} to ${seconds(event.end)} s`;
    const bar = element("span");
    bar.title = `${event.title}, ${times}`;
    bar.append(element("span", times, "unseen"));
    place(bar, event.start, event.end);
    rows.get(event.title).lastChild.append(bar);
  }
  rows.forEach((_, title) => elsewhere.delete(title));
  get("events").replaceChildren(...rows.values());
  get("events-title").hidden = !rows.size;
  get("elsewhere").textContent = elsewhere.size ? "Elsewhere in the clip: " + [...elsewhere].join("; ") : "";
}

function labelList(labels) {
  const list = element("dd");
  labels.forEach(({ title, is_target }, index) => {
    if (index) list.append("; ");
    list.append(element(is_target ? "b" : "span", title));
  });
  if (!labels.length) list.append("none");
  return list;
}

function showFacts(item) {
  const facts = get("facts");
  facts.replaceChildren();
  const isWeak = item.subset.startsWith("weak");
  facts.append(element("dt", isWeak ? "Labels of the clip" : "Labels there"), labelList(item.labels));
  if (!isWeak && item.clip_labels.length) {
    facts.append(element("dt", "Weak labels of the clip"), labelList(item.clip_labels));
  }
  if (item.scores.length) {
    const scores = item.scores.map(({ detector, score }) => (detector ? detector + ": " : "") + score.toPrecision(3));
    facts.append(element("dt", "Score"), element("dd", scores.join("; ")));
  }
  facts.append(element("dt", "Part"), element("dd", `${seconds(item.start)} to ${seconds(item.end)} s of clip ${item.clip_id}, ${item.subset}`));
  if (item.sample_key) facts.append(element("dt", "Sample"), element("dd", item.sample_key));
  const video = element("dd"), link = element("a", item.url);
  link.href = item.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  video.append(link);
  facts.append(element("dt", "Video"), video);
}

function showMarks() {
  const { verdict } = marks[current];
  for (const button of document.querySelectorAll(".mark")) {
    button.setAttribute("aria-pressed", button.dataset.verdict === verdict);
  }
  get("strip").querySelectorAll("button").forEach((button, index) => {
    const mark = saved(index);
    button.className = mark;
    button.setAttribute("aria-label", `Sample ${index + 1}, ${mark || "not marked"}`);
    button.setAttribute("aria-current", index === current);
  });
  const count = marks.filter((_, index) => saved(index)).length;
  get("progress").value = count;
  get("count").textContent = `${count} of ${items.length} marked`;
}

function show(index) {
  current = index;
  const item = items[current];
  get("heading").textContent = `Sample ${current + 1} of ${items.length}`;
  get("claim").textContent = item.claim;
  get("reason").textContent = "Why it is shown: " + item.reason;
  document.querySelector("[data-verdict=correct] small").textContent = item.if_correct;
  document.querySelector("[data-verdict=incorrect] small").textContent = item.if_incorrect;
  get("note").value = marks[current].note;
  get("previous").disabled = current === 0;
  get("next").disabled = current === items.length - 1;
  showPlot(item);
  showEvents(item);
  showFacts(item);
  showMarks();
  load(item);
}

function go(step) {
  const index = current + step;
  if (index < 0 || index >= items.length) {
    announce(index < 0 ? "This is the first sample" : "This is the last sample");
    return;
  }
  open(index);
}

function open(index) {
  show(index);
  remember();
  get("strip").children[index].scrollIntoView({ block: "nearest" });
  announce(`${get("heading").textContent}. ${items[index].claim}`);
  if (playsNext) play();
}

function announce(text) { get("announcement").textContent = text; }

// Playing.

function load(item) {
  player.pause();
  URL.revokeObjectURL(player.src);
  const bytes = Uint8Array.from(atob(item.audio), character => character.charCodeAt(0));
  player.src = URL.createObjectURL(new Blob([bytes], { type: "audio/mpeg" }));
  showPosition();
}

function play() {
  player.play().catch(error => {
    if (error.name !== "AbortError") get("message").textContent = "It cannot be played: " + error.message;
  });
}

function playOrPause() { player.paused ? play() : player.pause(); }

function showPosition() {
  const length = items[current].to - items[current].from;
  const part = Math.min(1, player.currentTime / length);
  get("playhead").style.left = 100 * part + "%";
  get("position").value = part;
  get("position").setAttribute("aria-valuetext", `${seconds(items[current].from + part * length)} seconds of the clip`);
  if (!player.paused) requestAnimationFrame(showPosition);
}

function seek(part) {
  player.currentTime = Math.min(Math.max(0, part), 1) * (items[current].to - items[current].from);
}

for (const kind of ["play", "pause", "ended", "seeked"]) {
  player.addEventListener(kind, () => {
    get("play").textContent = player.paused ? "Play" : "Pause";
    showPosition();
  });
}
get("plot").addEventListener("click", event => {
  const box = get("plot").getBoundingClientRect();
  seek((event.clientX - box.left) / box.width);
});
get("position").addEventListener("input", event => seek(Number(event.target.value)));

// Marking.

// A note without a mark is saved as unsure.
function saved(index) { return marks[index].verdict || (marks[index].note.trim() ? "unsure" : ""); }

function mark(verdict) {
  marks[current].verdict = marks[current].verdict === verdict ? "" : verdict;
  showMarks();
  remember();
  announce(marks[current].verdict ? `Marked ${verdict}` : "Mark removed");
}

get("note").addEventListener("input", event => {
  marks[current].note = event.target.value;
  showMarks();
  remember();
});

// The file of marks.

function fields(item) {
  if (item.sample_key) return [target, item.sample_key, "", "", "", ""];
  return [target, "", item.subset, item.clip_id, item.event_id ?? "", item.label_id ?? ""].map(String);
}

function quoted(text) { return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text; }

// Several parts of one clip are one row: incorrect if any of them is, else unsure if any is.
function corrections() {
  const rows = new Map();
  items.forEach((item, index) => {
    const verdict = saved(index);
    if (!verdict) return;
    const key = fields(item), note = marks[index].note.trim(), name = JSON.stringify(key);
    const row = rows.get(name) || { key, verdict: "correct", notes: [] };
    if (verdict === "incorrect" || row.verdict === "correct") row.verdict = verdict;
    if (note) row.notes.push(note);
    rows.set(name, row);
  });
  const lines = [COLUMNS, ...[...rows.values()].map(row => [...row.key, row.verdict, row.notes.join("; ")])];
  return lines.map(line => line.map(quoted).join(",") + "\r\n").join("");
}

function parse(text) {
  const rows = [[""]];
  let isQuoted = false;
  for (let index = text.charCodeAt(0) === 0xfeff ? 1 : 0; index < text.length; index++) {
    const row = rows[rows.length - 1], character = text[index];
    if (isQuoted && character === '"' && text[index + 1] === '"') row[row.length - 1] += text[++index];
    else if (character === '"' && (isQuoted || row[row.length - 1] === "")) isQuoted = !isQuoted;
    else if (isQuoted) row[row.length - 1] += character;
    else if (character === ",") row.push("");
    else if (character === "\n") rows.push([""]);
    else if (character !== "\r") row[row.length - 1] += character;
  }
  return rows.filter(row => row.length > 1 || row[0] !== "");
}

function take(text) {
  const [header, ...rows] = parse(text);
  const columns = COLUMNS.map(name => (header || []).indexOf(name));
  if (columns.includes(-1)) {
    return `This is not a file of corrections; expected the columns ${COLUMNS.join(", ")}.`;
  }
  let count = 0;
  for (const row of rows) {
    const values = columns.map(column => row[column] ?? "");
    const [verdict, note] = values.splice(6);
    const found = items.flatMap((item, index) => {
      const key = fields(item);
      return values.every((value, column) => value === key[column] || (column === 0 && !value)) ? [index] : [];
    });
    if (!found.length || !VERDICTS.includes(verdict)) continue;
    count++;
    for (const index of found) marks[index] = { verdict, note };
  }
  show(current);
  remember();
  return `${count} of ${rows.length} rows are marks of this page. Others are not kept: keep their file.`;
}

get("save").addEventListener("click", () => {
  const text = corrections(), count = parse(text).length - 1;
  if (!count) {
    get("message").textContent = "There are no marks to save.";
    return;
  }
  const link = element("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "corrections.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  get("message").textContent = `Rows saved as corrections.csv: ${count}.`;
});
get("load").addEventListener("change", async event => {
  const [file] = event.target.files;
  if (file) get("message").textContent = take(await file.text());
  event.target.value = "";
});

// Buttons and keys.

items.forEach((_, index) => {
  const button = element("button", String(index + 1)), entry = element("li");
  button.type = "button";
  button.addEventListener("click", () => open(index));
  entry.append(button);
  get("strip").append(entry);
});
get("play").addEventListener("click", playOrPause);
get("previous").addEventListener("click", () => go(-1));
get("next").addEventListener("click", () => go(1));
for (const button of document.querySelectorAll(".mark")) {
  button.addEventListener("click", () => mark(button.dataset.verdict));
}
get("autoplay").addEventListener("change", event => {
  playsNext = event.target.checked;
  remember();
});
// After a click with a pointer, space is to play and not to press the same button again.
document.addEventListener("click", event => {
  const pressed = event.target.closest("button, input[type=checkbox]");
  if (pressed && event.detail) pressed.blur();
});
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === get("note")) {
    if (event.key === "Escape" || event.key === "Enter") event.target.blur();
    return;
  }
  const isControl = event.target.matches("button, a, input, summary");
  const isSlider = event.target === get("position");
  if (event.key === " " && (!isControl || isSlider)) playOrPause();
  else if ("123".includes(event.key)) mark(VERDICTS[event.key - 1]);
  else if (event.key === "j" || (event.key === "ArrowRight" && !isSlider)) go(1);
  else if (event.key === "k" || (event.key === "ArrowLeft" && !isSlider)) go(-1);
  else if (event.key === "n") get("note").focus();
  else return;
  event.preventDefault();
});

recall();
get("autoplay").checked = playsNext;
show(current);
