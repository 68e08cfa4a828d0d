// The reader's side: controls, keys, and links to single records.

const element = (id) => document.getElementById(id);
const [query, show, category, metric, from, to, sort, count, detail] =
  ["query", "show", "category", "metric", "from", "to", "sort", "count", "detail"].map(element);
element("browser").hidden = false;

const list = new RecordList(element("list"), element("rows"), open);

function open(record) {
  showRecord(detail, record);
  history.replaceState(null, "", `#record-${record.n}`);
  detail.focus({ preventScroll: window.matchMedia("(min-width: 60rem)").matches });
}

const bound = (input, otherwise) => (input.value.trim() === "" || Number.isNaN(input.valueAsNumber) ? otherwise : input.valueAsNumber);

function ask() {
  const found = chosen({
    words: query.value.toLowerCase().split(/\s+/u).filter(Boolean),
    show: show.value,
    category: category && category.value !== "" ? data.categories[Number(category.value)] : null,
    metric: metric.value === "" ? null : Number(metric.value),
    from: bound(from, -Infinity),
    to: bound(to, Infinity),
    sort: sort.value,
  });
  list.show(found);
  const number = found.length.toLocaleString("en");
  count.textContent = found.length === records.length
    ? `${number} record${found.length === 1 ? "" : "s"}`
    : `${number} of ${records.length.toLocaleString("en")} records match`;
}

for (const input of [query, show, category, metric, from, to, sort]) input?.addEventListener("input", ask);

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, select, textarea");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    query.focus();
  } else if (event.key === "Escape" && (detail.contains(event.target) || event.target === query)) {
    element("list").focus();
  } else if (event.key === "Enter" && event.target === query) {
    element("list").focus();
    list.go(Math.max(0, list.active), { open: true });
  }
});

// A link such as #record-17 opens that record, whatever is asked for at the moment.
function follow() {
  const number = /^#record-(\d+)$/.exec(location.hash)?.[1];
  if (number === undefined) return;
  const record = records.find((one) => one.n === Number(number));
  if (!record) {
    showAbsence(detail, Number(number));
    element("records").scrollIntoView();
    return;
  }
  if (!list.found.includes(record)) {
    for (const input of [query, category, metric, from, to]) if (input) input.value = "";
    show.value = "all";
    ask();
  }
  list.go(list.found.indexOf(record));
  showRecord(detail, record);
  element("records").scrollIntoView();
}

ask();
prepare();
follow();
window.addEventListener("hashchange", follow);
