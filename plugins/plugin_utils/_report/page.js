// Copyright (c) 2026, Cloudkeep contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the tables of the report filter, sort and turn pages, and lets the reader choose light or dark. The page is
// complete without it, but for the rows after the first of each table. Text of the data becomes text of the page only
// through textContent.
"use strict";
(() => {
  const PRINTED_ROWS = 40;
  const MOST_CHOICES = 200;
  const report = JSON.parse(document.getElementById("report-data").textContent);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const whole = new Intl.NumberFormat("en");
  const lists = [];

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };
  const shown = (cell) => (Array.isArray(cell) ? cell[0] : cell);
  const weight = (cell) => (Array.isArray(cell) ? cell[1] : cell);
  const titleOf = (column, text) => (column.kind === "state" && text in report.states ? report.states[text][0] : text);

  const compare = (left, right) =>
    typeof left === "number" && typeof right === "number" ? left - right : collator.compare(left, right);

  class List {
    constructor(box) {
      this.box = box;
      this.table = box.querySelector("table");
      this.caption = this.table.caption.textContent;
      const { columns, rows } = JSON.parse(document.getElementById(`${this.table.id}-data`).textContent);
      this.columns = columns;
      this.rows = rows;
      this.size = Number(box.dataset.page);
      this.page = 0;
      this.found = rows;
      this.chosen = new Map();
      this.words = [];
      this.sorted = null;
      this.printing = false;
      this.heads();
      box.querySelector(":scope > .rest")?.remove();
      if (rows.length > 5) this.controls();
      this.pages();
      this.describe();
    }

    heads() {
      this.table.querySelectorAll("thead th").forEach((head, place) => {
        const button = make("button", { type: "button", textContent: head.textContent });
        button.addEventListener("click", () => this.sort(place));
        head.replaceChildren(button);
      });
    }

    controls() {
      const bar = make("div", { className: "controls" });
      const find = make("input", { type: "search", autocomplete: "off", spellcheck: false });
      find.addEventListener("input", () => {
        this.words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
        this.filter();
      });
      bar.append(make("label", {}, "Find", find));
      this.columns.forEach((column, place) => {
        if (column.choose) this.choice(bar, column, place);
      });
      if (this.columns[0].title === "Machine" && this.columns[1].title === "Resource group") {
        const button = make("button", { type: "button", textContent: "Copy the names" });
        button.title = "As RESOURCE_GROUP/NAME, a line for each machine found, as surveys and the option vms take them";
        button.addEventListener("click", () => this.copy());
        bar.append(button);
      }
      bar.setAttribute("role", "search");
      bar.setAttribute("aria-label", `Find in: ${this.caption}`);
      this.box.prepend(bar);
    }

    choice(bar, column, place) {
      const counts = new Map();
      for (const row of this.rows) counts.set(shown(row[place]), (counts.get(shown(row[place])) || 0) + 1);
      if (counts.size < 2 || counts.size > MOST_CHOICES) return;
      const select = make("select", {}, make("option", { value: "", textContent: "all" }));
      for (const text of [...counts.keys()].sort(collator.compare)) {
        const label = `${titleOf(column, text)} (${whole.format(counts.get(text))})`;
        select.append(make("option", { value: `=${text}`, textContent: label }));
      }
      select.addEventListener("change", () => {
        if (select.value) this.chosen.set(place, select.value.slice(1));
        else this.chosen.delete(place);
        this.filter();
      });
      bar.append(make("label", {}, column.title, select));
    }

    pages() {
      this.status = make("span");
      this.status.setAttribute("role", "status");
      const bar = make("div", { className: "pages" });
      if (this.rows.length > this.size) {
        this.back = make("button", { type: "button", textContent: "Previous" });
        this.next = make("button", { type: "button", textContent: "Next" });
        this.back.setAttribute("aria-label", `Previous rows: ${this.caption}`);
        this.next.setAttribute("aria-label", `Next rows: ${this.caption}`);
        this.back.addEventListener("click", () => this.turn(-1));
        this.next.addEventListener("click", () => this.turn(1));
        bar.append(this.back, this.next);
      }
      bar.append(this.status);
      this.box.append(bar);
    }

    turn(step) {
      this.page += step;
      this.show();
    }

    sort(place) {
      const down = this.columns[place].kind === "number";
      const again = this.sorted?.place === place;
      this.sorted = { place, descending: again ? !this.sorted.descending : down };
      this.table.querySelectorAll("thead th").forEach((head, number) => {
        if (number === place) head.setAttribute("aria-sort", this.sorted.descending ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      this.filter();
    }

    filter() {
      const { words, chosen } = this;
      this.found = this.rows.filter((row) => {
        for (const [place, text] of chosen) if (shown(row[place]) !== text) return false;
        if (!words.length) return true;
        const text = row.map((cell, place) => titleOf(this.columns[place], shown(cell))).join("\n").toLowerCase();
        return words.every((word) => text.includes(word));
      });
      if (this.sorted) {
        const { place, descending } = this.sorted;
        const sign = descending ? -1 : 1;
        this.found.sort((left, right) => sign * compare(weight(left[place]), weight(right[place])));
      }
      this.page = 0;
      this.show();
    }

    show() {
      const start = this.page * this.size;
      const rows = this.printing ? this.found.slice(0, PRINTED_ROWS) : this.found.slice(start, start + this.size);
      const body = document.createDocumentFragment();
      for (const row of rows) body.append(this.line(row));
      this.table.tBodies[0].replaceChildren(body);
      this.describe();
    }

    line(row) {
      const line = make("tr");
      row.forEach((cell, place) => {
        const column = this.columns[place];
        const box = column.heads ? make("th", { scope: "row" }) : make("td");
        box.className = column.kind;
        if (column.kind === "state") {
          const [title, tone] = report.states[cell] || [cell, "none"];
          box.append(make("span", { className: `state ${tone}`, textContent: title }));
        } else box.textContent = shown(cell);
        line.append(box);
      });
      return line;
    }

    describe() {
      const count = this.found.length;
      const first = this.page * this.size;
      const last = Math.min(first + this.size, count);
      const cut = this.printing && count > PRINTED_ROWS ? `The first ${PRINTED_ROWS} of ` : "";
      const range = cut || this.printing ? cut : count > this.size ? `${whole.format(first + 1)} to ${whole.format(last)} of ` : "";
      const among = count < this.rows.length ? ` found among ${whole.format(this.rows.length)}` : "";
      let text = count ? `${range}${whole.format(count)} ${count === 1 ? "row" : "rows"}${among}` : `None${among}`;
      if (this.sorted) {
        const { place, descending } = this.sorted;
        text += `, by ${this.columns[place].title}${descending ? ", the largest first" : ""}`;
      }
      this.status.textContent = text;
      if (this.back) {
        this.back.disabled = this.page === 0;
        this.next.disabled = last >= count;
      }
    }

    async copy() {
      const names = [...new Set(this.found.map((row) => (shown(row[1]) === "-" ? shown(row[0]) : `${shown(row[1])}/${shown(row[0])}`)))];
      this.status.textContent = (await toClipboard(names.join("\n")))
        ? `${whole.format(names.length)} ${names.length === 1 ? "name" : "names"} copied`
        : "This browser does not let the page copy";
    }

    print(on) {
      this.printing = on;
      this.show();
    }
  }

  const toClipboard = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = make("textarea", { value: text, className: "unseen" });
      const before = document.activeElement;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before?.focus();
      return done;
    }
  };

  const theme = () => {
    const button = document.getElementById("theme");
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const root = document.documentElement;
    const show = () => {
      const on = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
      button.setAttribute("aria-pressed", String(on));
    };
    button.addEventListener("click", () => {
      root.dataset.theme = button.getAttribute("aria-pressed") === "true" ? "light" : "dark";
      show();
    });
    dark.addEventListener("change", show);
    button.hidden = false;
    show();
  };

  const printing = () => {
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll("#failures details:not([open])")];
      for (const details of closed) details.open = true;
      for (const list of lists) if (!list.box.closest("#machines")) list.print(true);
    });
    addEventListener("afterprint", () => {
      for (const details of closed) details.open = false;
      for (const list of lists) if (list.printing) list.print(false);
    });
  };

  // What does not scroll needs no stop of the Tab key.
  const stops = () => {
    for (const box of document.querySelectorAll(".scroll")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  };

  theme();
  for (const box of document.querySelectorAll(".list")) lists.push(new List(box));
  printing();
  stops();
  addEventListener("resize", stops);
  addEventListener("toggle", stops, true);
  document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
