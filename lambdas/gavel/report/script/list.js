// The list of records: rows of one height, of which only those in sight stand in the page.

const ROW = 58;
const AROUND = 8;

class RecordList {
  constructor(list, rows, opened) {
    Object.assign(this, { list, rows, opened, found: [], active: -1 });
    list.addEventListener("scroll", () => this.draw(), { passive: true });
    list.addEventListener("keydown", (event) => this.key(event));
    rows.addEventListener("click", (event) => {
      const row = event.target.closest("[data-place]");
      if (row) this.go(Number(row.dataset.place), { open: true });
    });
    new ResizeObserver(() => this.draw()).observe(list);
  }

  show(found) {
    const before = this.found[this.active];
    this.found = found;
    this.active = before ? found.indexOf(before) : -1;
    this.rows.style.height = `${found.length * ROW}px`;
    this.list.scrollTop = this.active < 0 ? 0 : Math.max(0, this.active * ROW - this.list.clientHeight / 2);
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - AROUND);
    const last = Math.min(this.found.length, Math.ceil((this.list.scrollTop + this.list.clientHeight) / ROW) + AROUND);
    const drawn = [];
    for (let place = first; place < last; place += 1) drawn.push(this.row(place));
    this.rows.replaceChildren(...drawn);
    if (this.active >= first && this.active < last) this.list.setAttribute("aria-activedescendant", `row-${this.active}`);
    else this.list.removeAttribute("aria-activedescendant");
  }

  row(place) {
    const record = this.found[place];
    const start = make("span", "start", excerpt(record.p));
    start.dir = "auto";
    const tags = make("span", "marks", ...this.tags(record));
    const row = make("div", "row", make("span", "place", String(record.n)), start, tags);
    row.id = `row-${place}`;
    row.dataset.place = place;
    row.style.top = `${place * ROW}px`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", String(place === this.active));
    row.setAttribute("aria-setsize", String(this.found.length));
    row.setAttribute("aria-posinset", String(place + 1));
    return row;
  }

  tags(record) {
    const tags = [];
    const tag = (className, text) => tags.push(make("span", `tag ${className}`, text));
    if (record.c !== null) tags.push(make("span", "tag", make("bdi", "", excerpt(record.c, 24))));
    if (record.regressed.size) tag("lost", `worse on ${record.regressed.size}`);
    if (record.improved.size) tag("differs", `better on ${record.improved.size}`);
    if (record.differing.size) tag("", `differs on ${record.differing.size}`);
    if (record.disputed.size) tag("", `judges differ on ${record.disputed.size}`);
    if (record.flagged) tag("lost", "flagged");
    if (record.missing) tag("lost", `${record.missing} missing`);
    return tags;
  }

  go(place, { open = false } = {}) {
    if (!this.found.length) return;
    this.active = Math.min(this.found.length - 1, Math.max(0, place));
    const top = this.active * ROW;
    if (top < this.list.scrollTop) this.list.scrollTop = top;
    if (top + ROW > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = top + ROW - this.list.clientHeight;
    this.draw();
    if (open) this.opened(this.found[this.active]);
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.list.clientHeight / ROW) - 1);
    const moves = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in moves) this.go(this.active + moves[event.key]);
    else if (event.key === "Home") this.go(0);
    else if (event.key === "End") this.go(this.found.length - 1);
    else if (event.key === "Enter" || event.key === " ") this.go(this.active, { open: true });
    else return;
    event.preventDefault();
  }
}
