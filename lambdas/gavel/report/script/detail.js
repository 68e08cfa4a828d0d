// One record: prompt, reference, every answer side by side, and every judge's score with its explanation.

// Each generator with its counterpart in the baseline beside it.
function columns(record) {
  const answered = record.a.map(([generator]) => generator);
  return answered.filter((place) => place < own).flatMap((place) => {
    const partner = data.partners[place];
    return partner !== null && answered.includes(partner) ? [place, partner] : [place];
  });
}

function block(title, value) {
  const text = make("pre", "", shown(value));
  text.dir = "auto";
  text.tabIndex = 0;
  return make("div", "", make("h4", "", title), text);
}

function answerBlock(place, answer) {
  const [, response, stop, flags = []] = answer;
  const partner = data.partners.indexOf(place);
  const head = make("h4", "", model(place));
  if (stop && stop !== "END_TURN") head.append(" ", make("span", "tag lost", isolated(stop)));
  for (const flag of flags) head.append(" ", make("span", "tag lost", `flagged: ${flag}`));
  const element = make("div", `answer colour${(partner < 0 ? place : partner) % 10}`, head);
  if (response === null) element.append(make("p", "faint", "No answer."));
  else {
    const text = make("pre", "", shown(response));
    text.dir = "auto";
    text.tabIndex = 0;
    element.append(text);
  }
  return element;
}

function cell(score) {
  if (!score) return make("td", "", make("span", "faint", "–"));
  const [, , , value, text] = score;
  const said = value === null ? make("span", "lost", "missing") : make("strong", "", isNumber(value) ? shortNumber(value) : isolated(value));
  const element = make("td", "", said);
  if (textOf(text)) {
    const explanation = make("div", "explanation", shown(text));
    explanation.dir = "auto";
    element.append(explanation);
  }
  return element;
}

function scoreTable(record, places) {
  const head = make("tr", "", make("th", "", "Metric"), ...places.map((place) => make("th", "", model(place))));
  for (const element of head.children) element.scope = "col";
  const lines = new Map();
  for (const score of record.s) {
    const key = `${score[0]}/${score[1]}`;
    if (!lines.has(key)) lines.set(key, new Map());
    lines.get(key).set(score[2], score);
  }
  const body = make("tbody");
  for (const scores of lines.values()) {
    const [metric, judge] = scores.values().next().value;
    const name = make("th", "", make("bdi", "", shown(data.metrics[metric])), data.lower[metric] ? " ↓" : "");
    name.scope = "row";
    if (data.judges.length > 1) name.append(make("small", "", isolated(data.judges[judge])));
    const values = new Set([...scores.values()].filter((score) => score[3] !== null).map((score) => score[3]));
    const row = make("tr", values.size > 1 ? "differs" : "", name, ...places.map((place) => cell(scores.get(place))));
    const change = changed(metric, scores);
    if (change) name.append(make("span", `tag ${change < 0 ? "lost" : "differs"}`, change < 0 ? "worse than before" : "better than before"));
    body.append(row);
  }
  const region = make("div", "scroll", make("table", "scores", make("thead", "", head), body));
  region.tabIndex = 0;
  region.setAttribute("role", "region");
  region.setAttribute("aria-label", `Scores of record ${record.n}`);
  return region;
}

// The largest change from the baseline in a row of scores, by the metric's direction.
function changed(metric, scores) {
  let largest = 0;
  for (const [place, score] of scores) {
    const before = data.partners[place] === null ? undefined : scores.get(data.partners[place]);
    if (!before || !isNumber(score[3]) || !isNumber(before[3])) continue;
    const change = goodness(metric, score[3]) - goodness(metric, before[3]);
    if (Math.abs(change) > Math.abs(largest)) largest = change;
  }
  return largest;
}

// What a link to a record that this page does not hold gets to see.
function showAbsence(detail, number) {
  const where = document.getElementById("scores-at").textContent;
  detail.replaceChildren(
    make("h3", "", `Record ${number.toLocaleString("en")}`),
    make("p", "faint", "is not among the records of this page; look for it in ", make("code", "", where), "."),
  );
  detail.classList.add("empty");
  detail.setAttribute("aria-label", "Record that is not on this page");
}

function showRecord(detail, record) {
  const places = columns(record);
  const title = make("h3", "", `Record ${record.n.toLocaleString("en")}`);
  if (record.c !== null) title.append(" ", make("span", "tag", isolated(record.c)));
  const texts = make("div", "texts", block("Prompt", record.p));
  if (record.r !== null) texts.append(block("Reference", record.r));
  const answers = new Map(record.a.map((answer) => [answer[0], answer]));
  detail.replaceChildren(
    title,
    texts,
    make("div", "texts", ...places.map((place) => answerBlock(place, answers.get(place)))),
    scoreTable(record, places),
  );
  detail.classList.remove("empty");
  detail.setAttribute("aria-label", `Record ${record.n}`);
  detail.scrollTop = 0;
}
