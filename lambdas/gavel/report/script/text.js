// Text of strangers on the page: always as text, and what is invisible or reorders is named in a box.

const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// A text as nodes; one that was cut says so.
function shown(value) {
  const nodes = document.createDocumentFragment();
  const text = textOf(value).replaceAll("\r\n", "\n");
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    nodes.append(text.slice(end, match.index));
    const code = match[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    nodes.append(make("span", "hidden-character", `U+${code}`));
    end = match.index + match[0].length;
  }
  nodes.append(text.slice(end));
  if (Array.isArray(value)) {
    const [kept, whole] = [textOf(value).length, value[1]].map((count) => count.toLocaleString("en"));
    nodes.append(make("em", "cut", `… cut after ${kept} of ${whole} characters`));
  }
  return nodes;
}

// The beginning of a text in one line.
function excerpt(value, length = 160) {
  const line = textOf(value).slice(0, 4 * length).split(/\s+/u).join(" ").trim();
  return shown(line.length > length ? `${line.slice(0, length - 1).trimEnd()}…` : line);
}

function isolated(value) {
  return make("bdi", "", shown(value));
}

function model(place) {
  const name = data.generators[place];
  const partner = data.partners.indexOf(place);
  const colour = partner < 0 ? place : partner;
  const dot = make("span", "dot");
  dot.setAttribute("aria-hidden", "true");
  return make("span", `model colour${colour % 10}${partner < 0 ? "" : " counterpart"}`, dot, isolated(name));
}

const shortNumber = (value) => String(Number(value.toPrecision(4)));
