// The records: what is known of each, and which of them somebody asks for. Nothing here touches the page.

const data = JSON.parse(document.getElementById("data").textContent);

// A text that was cut comes as [its beginning, its whole length].
const textOf = (value) => (Array.isArray(value) ? value[0] : value) ?? "";

// How good a number is on a metric, from 0 (the bad end of its scale) to 1 (the good one).
function goodness(metric, value) {
  const [low, high] = data.scales[metric];
  const share = (value - low) / (high - low);
  return data.lower[metric] ? 1 - share : share;
}
const isNumber = (value) => typeof value === "number";

// The scores of a record by metric, judge and generator, and what follows from them.
function described(record) {
  const cells = new Map();
  record.failed = new Set();
  record.missing = 0;
  record.worst = Infinity;
  for (const [metric, judge, generator, value] of record.s) {
    cells.set(`${metric}/${judge}/${generator}`, value);
    if (generator >= own) continue;
    if (value === null) record.missing += 1;
    if (!isNumber(value)) continue;
    const good = goodness(metric, value);
    record.worst = Math.min(record.worst, good);
    if (good < 0.5) record.failed.add(metric);
  }
  record.differing = new Set();
  record.disputed = new Set();
  record.regressed = new Set();
  record.improved = new Set();
  record.gap = 0;
  record.loss = 0;
  for (const [metric, judge, generator, value] of record.s) {
    if (value === null) continue;
    const partner = data.partners[generator];
    const before = partner === null ? undefined : cells.get(`${metric}/${judge}/${partner}`);
    if (isNumber(value) && isNumber(before)) {
      const change = goodness(metric, value) - goodness(metric, before);
      if (change < 0) record.regressed.add(metric);
      if (change > 0) record.improved.add(metric);
      record.loss = Math.max(record.loss, -change);
    }
    if (generator >= own) continue;
    for (let other = 0; other < generator; other += 1) {
      const said = cells.get(`${metric}/${judge}/${other}`);
      if (said === undefined || said === null || said === value) continue;
      record.differing.add(metric);
      if (isNumber(said) && isNumber(value)) record.gap = Math.max(record.gap, Math.abs(goodness(metric, said) - goodness(metric, value)));
    }
    for (let other = 0; other < judge; other += 1) {
      const said = cells.get(`${metric}/${other}/${generator}`);
      if (said !== undefined && said !== null && said !== value) record.disputed.add(metric);
    }
  }
  record.flagged = record.a.some(([generator, , , flags]) => generator < own && flags !== undefined);
  record.longest = Math.max(0, ...record.a.map(([, answer]) => (Array.isArray(answer) ? answer[1] : textOf(answer).length)));
  return record;
}

// Generators of the evaluation itself; those after them are their counterparts in the baseline.
const own = data.generators.length - data.partners.filter((partner) => partner !== null).length;
const records = data.records.map(described);

// Everything that a search looks at, in one text and in lower case; made when it is needed, and for the rest while idle.
function haystack(record) {
  record.hay ??= [
    `#${record.n}`, textOf(record.p), textOf(record.r), record.c ?? "",
    ...record.a.map(([, answer]) => textOf(answer)),
    ...record.s.map(([, , , value, text]) => (typeof value === "string" ? `${value} ` : "") + textOf(text)),
  ].join("\n").toLowerCase();
  return record.hay;
}

function prepare(from = 0) {
  const work = (deadline) => {
    let place = from;
    do haystack(records[place]); while (++place < records.length && deadline.timeRemaining() > 2);
    if (place < records.length) prepare(place);
  };
  if (!records.length) return;
  if (window.requestIdleCallback) window.requestIdleCallback(work);
  else setTimeout(() => work({ timeRemaining: () => 10 }), 20);
}

const shows = {
  all: () => true,
  failed: (record, metric) => has(record.failed, metric),
  disagreeing: (record, metric) => has(record.differing, metric),
  disputed: (record, metric) => has(record.disputed, metric),
  regressed: (record, metric) => has(record.regressed, metric),
  improved: (record, metric) => has(record.improved, metric),
  flagged: (record) => record.flagged,
  missing: (record, metric) =>
    metric === null ? record.missing > 0 : record.s.some((s) => s[0] === metric && s[2] < own && s[3] === null),
};
const has = (metrics, metric) => (metric === null ? metrics.size > 0 : metrics.has(metric));

const orders = {
  number: (a, b) => a.n - b.n,
  worst: (a, b) => a.worst - b.worst || a.n - b.n,
  difference: (a, b) => b.gap - a.gap || a.n - b.n,
  regression: (a, b) => b.loss - a.loss || a.n - b.n,
  length: (a, b) => b.longest - a.longest || a.n - b.n,
};

// The records that a question asks for: {words, show, category, metric, from, to, sort}; all words must occur.
function chosen(question) {
  const { words, show, category, metric, from, to, sort } = question;
  const scored = (record) =>
    record.s.some(([m, , generator, value]) =>
      generator < own && (metric === null || m === metric) && isNumber(value) && value >= from && value <= to);
  const found = records.filter((record) =>
    (category === null || record.c === category)
    && shows[show](record, metric)
    && (from === -Infinity && to === Infinity || scored(record))
    && words.every((word) => haystack(record).includes(word)));
  return sort === "number" ? found : found.sort(orders[sort]);
}
