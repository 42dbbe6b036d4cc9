// Log: the tail of the health log, with filter and pause.
import * as format from "./format.js";
import { element, panel, panels } from "./dom.js";

const LINES_MAX = 1000;
const LEVELS = ["error", "warning", "notice", "info", "debug"];

/** logfmt: [[key, value], …]. A quoted value is escaped as in JSON. */
export function parse(line) {
  const pairs = [];
  const pattern = /([^\s=]+)=("(?:[^"\\]|\\.)*"|\S*)/g;
  for (const [, key, raw] of line.matchAll(pattern)) {
    let value = raw;
    if (raw.startsWith('"')) {
      try {
        value = JSON.parse(raw);
      } catch {
        value = raw; // cut off in the middle
      }
    }
    pairs.push([key, value]);
  }
  return pairs;
}

export class Log {
  #lines = []; // {number, text, node, level}
  #next = 0;
  #isPaused = false;
  #held = [];

  constructor(root) {
    const grid = panels(root);
    const made = panel(grid, "Health log", "w12", { flush: true });
    this.note_ = made.note;
    this.filter = element("input", { type: "search", placeholder: "filter: any text", "aria-label": "Show lines with this text", id: "log-filter" });
    this.level = element("select", { "aria-label": "Least severe level", id: "log-level" }, ...LEVELS.map((name) => element("option", { value: name, text: name })));
    this.level.value = "debug";
    this.pause = element("button", { type: "button", text: "Pause", "aria-pressed": "false", id: "log-pause" });
    this.filter.addEventListener("input", () => this.#refilter());
    this.level.addEventListener("change", () => this.#refilter());
    this.pause.addEventListener("click", () => this.#toggle());
    made.head.append(element("div", { class: "controls tools" }, this.filter, element("label", {}, "level ", this.level), this.pause));
    this.list = element("ol", {});
    this.view = element("div", { class: "lines", tabindex: "0", role: "log", "aria-label": "Lines of the health log" },
      this.list);
    made.body.append(this.view);
  }

  restarted() {
    this.#next = 0;
  }

  show() {
    this.#follow(true);
  }

  /** {first, lines}: numbered from the daemon's start. */
  add({ first, lines }) {
    lines.forEach((text, i) => {
      const number = first + i;
      if (number < this.#next) return;
      this.#next = number + 1;
      (this.#isPaused ? this.#held : this.#lines).push(this.#make(text));
    });
    if (this.#isPaused) {
      this.#held = this.#held.slice(-LINES_MAX);
      this.#tell();
    } else {
      this.#append(this.#lines.filter((line) => !line.node.isConnected && this.#fits(line)));
    }
  }

  #make(text) {
    const pairs = parse(text);
    const of = Object.fromEntries(pairs);
    const node = element("li", { class: of.level ?? "" },
      element("time", { text: of.ts ? format.clock(Date.parse(of.ts) * 1000) : "" }), " ",
      element("span", { class: "level", text: of.level ?? "" }), " ", element("b", { text: of.event ?? "" }));
    for (const [key, value] of pairs) {
      if (key !== "ts" && key !== "level" && key !== "event") node.append(" ", element("i", { text: `${key}=` }), value);
    }
    return { text, node, level: LEVELS.indexOf(of.level) };
  }

  #fits(line) {
    return line.level <= LEVELS.indexOf(this.level.value) && line.text.toLowerCase().includes(this.filter.value.trim().toLowerCase());
  }

  #append(lines) {
    const follows = this.#isAtEnd();
    this.list.append(...lines.map((line) => line.node));
    for (const old of this.#lines.splice(0, Math.max(0, this.#lines.length - LINES_MAX))) old.node.remove();
    this.#follow(follows);
    this.#tell();
  }

  #isAtEnd() {
    return this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight < 40;
  }

  #follow(wanted) {
    if (wanted) this.view.scrollTop = this.view.scrollHeight;
  }

  #refilter() {
    this.list.replaceChildren(...this.#lines.filter((line) => this.#fits(line)).map((line) => line.node));
    this.#follow(true);
    this.#tell();
  }

  #toggle() {
    this.#isPaused = !this.#isPaused;
    this.pause.setAttribute("aria-pressed", String(this.#isPaused));
    this.pause.textContent = this.#isPaused ? "Go on" : "Pause";
    if (!this.#isPaused) {
      const held = this.#held.splice(0);
      this.#lines.push(...held);
      this.#append(held.filter((line) => this.#fits(line)));
    }
    this.#tell();
  }

  #tell() {
    const waiting = this.#isPaused && this.#held.length > 0 ? `, ${this.#held.length} more wait` : "";
    this.note_(`${this.list.childElementCount} of ${this.#lines.length} lines${waiting}`);
  }

  draw() {
    // Lines come when they come.
  }
}
