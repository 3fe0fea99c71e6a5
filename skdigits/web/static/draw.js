// The page: what is done to the drawing, what is asked of the server, and what is shown.

import { followPointer, History, paint, toPicture } from "./pad.js";

const PAUSE = 80; // milliseconds between a change and the question
const SILENCE = 900; // milliseconds without a new answer before it is spoken

const part = (id) => document.getElementById(id);
const canvas = part("pad");
const context = canvas.getContext("2d");
const history = new History();
let stroke = null; // the one being drawn
let shown = null; // the picture on the pad, with its URL
let occlusion = false;

// ---- drawing

function redraw() {
  const { strokes, picture } = history.state;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--pen");
  // A stroke that is begun on a picture takes its place.
  paint(context, stroke ? [...strokes, stroke] : strokes, ink);
  showPicture(stroke ? null : picture);
  part("hint").hidden = stroke !== null || !history.empty;
  for (const [id, possible] of [
    ["undo", history.canUndo],
    ["redo", history.canRedo],
    ["clear", !history.empty],
  ]) {
    part(id).setAttribute("aria-disabled", String(!possible));
  }
}

function showPicture(picture) {
  if ((shown?.picture ?? null) === picture) return;
  if (shown) URL.revokeObjectURL(shown.url);
  shown = picture && { picture, url: URL.createObjectURL(picture) };
  const image = part("picture");
  part("unshown").hidden = true;
  image.hidden = !picture;
  image.alt = picture ? `The picture that is read${picture.name ? `: ${picture.name}` : ""}` : "";
  if (shown) image.src = shown.url;
  else image.removeAttribute("src");
}

// Not every format that the server reads is one that browsers show.
part("picture").addEventListener("error", ({ currentTarget }) => {
  if (!shown) return;
  currentTarget.hidden = true;
  part("unshown").textContent = `${shown.picture.name ?? "The picture"} cannot be shown here.`;
  part("unshown").hidden = false;
});

function changed() {
  redraw();
  ask();
}

followPointer(canvas, {
  began(point) {
    const width = Number(document.querySelector("input[name=pen]:checked").value);
    stroke = { width, points: [point] };
    changed();
  },
  moved(points) {
    stroke.points.push(...points);
    changed();
  },
  ended() {
    history.addStroke(stroke);
    stroke = null;
    changed();
  },
});

const actions = {
  undo: () => history.canUndo && history.undo(),
  redo: () => history.canRedo && history.redo(),
  clear: () => history.empty || history.clear(),
};

function act(name) {
  if (stroke) return;
  actions[name]();
  changed();
}

for (const name of Object.keys(actions)) part(name).addEventListener("click", () => act(name));

document.addEventListener("keydown", (event) => {
  const command = (event.ctrlKey || event.metaKey) && !event.altKey;
  const key = event.key.toLowerCase();
  let name = null;
  if (command && key === "z") name = event.shiftKey ? "redo" : "undo";
  else if (command && key === "y" && !event.shiftKey) name = "redo";
  else if (key === "delete" && !command && !event.altKey) name = "clear";
  if (!name) return;
  event.preventDefault();
  act(name);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

// ---- pictures

function take(files, whence) {
  const picture = [...files].find(({ type }) => type === "" || type.startsWith("image/"));
  if (!picture) {
    complain(`There is no picture in what was ${whence}.`);
  } else if (!stroke) {
    history.takePicture(picture);
    changed();
  }
}

part("open").addEventListener("click", () => part("file").click());
part("file").addEventListener("change", ({ target }) => {
  if (target.files.length) take(target.files, "opened");
  target.value = ""; // so that the same file can be opened again
});
document.addEventListener("paste", (event) => {
  event.preventDefault();
  take(event.clipboardData.files, "pasted");
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    part("paper").classList.add("dropping");
  });
}
for (const kind of ["dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    if (kind === "drop" || event.relatedTarget === null) part("paper").classList.remove("dropping");
  });
}
document.addEventListener("drop", ({ dataTransfer }) => take(dataTransfer.files, "dropped"));

// ---- questions

let timer = null;
let question = null; // the one that the server is at
let again = false; // the drawing went on meanwhile
let about = null; // the picture that the answer is about; null if it is about strokes
let speech = null; // the timer of what will be spoken

// While a line is being drawn each answer is awaited, so that a slow server still gives some;
// any other change makes the question in flight pointless.
function ask() {
  silence();
  const picture = stroke ? null : history.state.picture;
  const other = picture !== about;
  about = picture;
  if ((other || !stroke) && question) {
    question.abort();
    question = null;
  }
  if (history.empty && !stroke) {
    clearTimeout(timer);
    timer = null;
    showNothing("Nothing yet");
    speak("The pad is empty.");
    return;
  }
  // An old answer does not stand beside a new picture.
  if (other) showNothing("Reading …");
  part("answer").setAttribute("aria-busy", "true");
  timer ??= setTimeout(send, PAUSE);
}

async function send() {
  timer = null;
  if (question) {
    again = true;
    return;
  }
  const asked = new AbortController();
  question = asked;
  again = false;
  try {
    const { strokes, picture } = history.state;
    const body = stroke || !picture ? await toPicture(stroke ? [...strokes, stroke] : strokes) : picture;
    if (asked.signal.aborted) return;
    const response = await fetch(occlusion ? "api/occlusion" : "api/predict", {
      method: "POST",
      headers: { "Content-Type": body.type || "image/unknown" },
      body,
      signal: asked.signal,
    });
    const answer = await response.json().catch(() => ({ error: response.statusText }));
    if (asked.signal.aborted) return;
    if (response.ok) show(answer);
    else refused(answer.error);
  } catch (error) {
    if (asked.signal.aborted) return;
    if (!(error instanceof TypeError)) throw error;
    refused("There is no answer. Is skdigits draw still running?");
  } finally {
    if (question === asked) {
      question = null;
      if (again) ask();
      else if (!timer) part("answer").setAttribute("aria-busy", "false");
    }
  }
}

// ---- answers

const percent = (probability) => `${(100 * probability).toFixed(1)} %`;

function show(answer) {
  const { label, probabilities, counts, doubt, number, occlusion: map, milliseconds } = answer;
  const [best, second] = [...probabilities].sort((a, b) => b.probability - a.probability);
  const perhaps = second && (doubt || second.probability >= 0.02) ? second : null;
  complain(doubt && !stroke ? doubt : "");
  const read = number ? number.replaceAll("\n", " / ") : label;
  part("digit").textContent = read;
  part("digit").classList.remove("none");
  part("digit").classList.toggle("several", Boolean(number));
  part("sentence").textContent = number
    ? "Several digits. The figures are of all of them, taken for one."
    : percent(best.probability) + (perhaps ? `, or ${perhaps.label}: ${percent(perhaps.probability)}` : "");
  showBars(probabilities, best.label);
  showCounts(counts);
  showMap(occlusion ? map : null, label);
  part("time").textContent = `Read in ${milliseconds.toFixed(1)} ms.`;
  const rounded = ({ probability }) => `${Math.round(100 * probability)} percent`;
  speak(
    number
      ? `${read}.`
      : (doubt ? `${doubt} ` : "") +
          `${label}, ${rounded(best)}.` +
          (perhaps ? ` Perhaps ${perhaps.label}, ${rounded(perhaps)}.` : ""),
  );
}

function showNothing(sentence) {
  complain("");
  part("answer").setAttribute("aria-busy", "false");
  part("digit").textContent = "–";
  part("digit").classList.add("none");
  part("digit").classList.remove("several");
  part("sentence").textContent = sentence;
  part("time").textContent = "";
  const labels = [...part("bars").children].map(({ firstChild }) => firstChild.textContent);
  showBars(labels.map((label) => ({ label, probability: 0 })), null);
  showCounts(null);
  showMap(null, null);
}

function refused(sentence) {
  if (stroke) return; // the first point of a digit is none yet
  showNothing("No digit");
  complain(sentence);
}

function complain(sentence) {
  part("problem").textContent = sentence;
}

function showBars(probabilities, best) {
  const list = part("bars");
  const labels = [...list.children].map(({ firstChild }) => firstChild.textContent);
  if (labels.join(" ") !== probabilities.map(({ label }) => label).join(" ")) {
    list.replaceChildren(
      ...probabilities.map(({ label }) => {
        const [item, name, track, bar, share] = ["li", "span", "div", "div", "span"].map((tag) =>
          document.createElement(tag),
        );
        name.textContent = label;
        track.className = "track";
        bar.className = "bar";
        share.className = "share";
        track.append(bar);
        item.append(name, track, share);
        return item;
      }),
    );
  }
  for (const [index, { label, probability }] of probabilities.entries()) {
    const item = list.children[index];
    item.classList.toggle("best", label === best);
    item.querySelector(".bar").style.width = `${100 * probability}%`;
    item.querySelector(".share").textContent = best === null ? "" : percent(probability);
  }
}

function cells(table) {
  if (!table.tBodies.length) {
    const body = table.createTBody();
    for (let row = 0; row < 8; row += 1) {
      const line = body.insertRow();
      for (let column = 0; column < 8; column += 1) line.insertCell();
    }
  }
  return [...table.tBodies[0].rows].map(({ cells: line }) => [...line]);
}

function showCounts(counts) {
  for (const [row, line] of cells(part("counts")).entries()) {
    for (const [column, cell] of line.entries()) {
      const count = counts ? Math.round(counts[row][column]) : 0;
      cell.textContent = counts ? count : "";
      cell.style.setProperty("--share", count / 16);
      cell.className = count === 0 ? "none" : count >= 10 ? "full" : count >= 8 ? "half" : "";
    }
  }
}

function showMap(map, label) {
  part("map").hidden = !map;
  if (!map) return;
  const limit = Math.max(...map.flat().map(Math.abs), 1e-12);
  for (const [row, line] of cells(part("map")).entries()) {
    for (const [column, cell] of line.entries()) {
      const value = map[row][column];
      const text = value.toFixed(1).replace("-", "−");
      cell.textContent = Number(value.toFixed(1)) === 0 ? "" : value > 0 ? `+${text}` : text;
      cell.style.setProperty("--share", Math.abs(value) / limit);
      cell.style.setProperty("--hue", value > 0 ? "var(--for)" : "var(--against)");
    }
  }
  part("map-means").textContent =
    `What ${label} loses of its log-probability, in nats, where ink is blanked. Red, +: ink that ` +
    "speaks for it; blue, −: against it.";
}

part("occlusion").addEventListener("click", ({ currentTarget }) => {
  occlusion = !occlusion;
  currentTarget.setAttribute("aria-pressed", String(occlusion));
  if (!occlusion) showMap(null, null);
  else if (!history.empty) ask();
});

// ---- what a screen reader says, once the drawing has come to rest

function speak(sentence) {
  silence();
  speech = setTimeout(() => {
    part("spoken").textContent = sentence;
  }, SILENCE);
}

// What was said of an earlier drawing does not stay, to be found later or to keep the same answer
// to the next one from being said.
function silence() {
  clearTimeout(speech);
  part("spoken").textContent = "";
}

showBars([..."0123456789"].map((label) => ({ label, probability: 0 })), null);
showCounts(null);
redraw();
part("digit").classList.add("none");
