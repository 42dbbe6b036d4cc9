// The way of a trade through the system, with what passes a second: an SVG, wide or tall.
import { setClass, setText } from "./dom.js";
import * as format from "./format.js";

const SVG = "http://www.w3.org/2000/svg";
const BOX = { w: 118, h: 42 };

/* Each module in both layouts: [x, y] of its box. */
const nodes = {
  feed: { wide: [10, 30], tall: [10, 10] },
  bus: { wide: [170, 30], tall: [10, 90] },
  market: { wide: [330, 30], tall: [10, 170] },
  electorate: { wide: [490, 30], tall: [10, 250] },
  consensus: { wide: [650, 30], tall: [10, 330] },
  simulator: { wide: [810, 30], tall: [10, 410] },
  portfolio: { wide: [970, 30], tall: [10, 490] },
  introspection: { wide: [970, 140], tall: [232, 490] },
  evolution: { wide: [650, 140], tall: [232, 370] },
  agent_manager: { wide: [490, 140], tall: [232, 250] },
  control: { wide: [170, 140], tall: [232, 90] },
  dashboard: { wide: [330, 140], tall: [232, 170] },
  store: { wide: [10, 140], tall: [232, 10] },
};

/* [from, to, what passes, its rate]. */
const edges = [
  ["feed", "bus", "trades", "trades"],
  ["bus", "market", "messages", "messages"],
  ["market", "electorate", "bars", "bars"],
  ["electorate", "consensus", "ballots", "electorate.published"],
  ["consensus", "simulator", "decisions", "decisions"],
  ["simulator", "portfolio", "verdicts", "simulations"],
  ["portfolio", "introspection", "fills", "fills"],
  ["evolution", "agent_manager", "updates", "evolution.published"],
  ["agent_manager", "electorate", "profiles", "agent_manager.published"],
  ["introspection", "evolution", "", null],
  ["bus", "control", "", "control.handled"],
  ["bus", "dashboard", "", "dashboard.handled"],
  ["bus", "store", "", "store.handled"],
];

function make(parent, tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function place(name, layout) {
  const [x, y] = nodes[name][layout];
  return { x, y, cx: x + BOX.w / 2, cy: y + BOX.h / 2 };
}

/* From the middle of one side to the middle of the facing one. */
function line(from, to) {
  const level = Math.abs(from.cy - to.cy) < BOX.h;
  if (level && to.cx > from.cx) return [from.x + BOX.w, from.cy, to.x - 6, to.cy];
  if (level) return [from.x, from.cy, to.x + BOX.w + 6, to.cy];
  const down = to.cy > from.cy;
  return [from.cx, down ? from.y + BOX.h : from.y, to.cx, down ? to.y - 6 : to.y + BOX.h + 6];
}

/* Over a level line, else beside it; where the picture ends, on its left. */
function labelAt(x1, y1, x2, y2, layout) {
  if (y1 === y2) {
    return { class: "rate", x: (x1 + x2) / 2, y: layout === "tall" ? y1 - 8 : y1 - 26 };
  }
  const isLast = layout === "tall" && x1 > 200 && x2 > 200;
  const beside = isLast ? Math.min(x1, x2) - 8 : Math.max(x1, x2) + 8;
  return { class: isLast ? "rate before" : "rate beside", x: beside, y: (y1 + y2) / 2 + 4 };
}

export class Flow {
  #svg;
  #rates;
  #layout = null;
  #boxes = {};
  #paths = [];

  constructor(parent, rates) {
    this.#rates = rates;
    this.#svg = document.createElementNS(SVG, "svg");
    this.#svg.setAttribute("class", "flow");
    this.#svg.setAttribute("role", "img");
    this.#svg.setAttribute("aria-label", "What flows from module to module a second");
    parent.append(this.#svg);
    const fit = () => this.#build(parent.clientWidth < 700 ? "tall" : "wide");
    new ResizeObserver(fit).observe(parent);
  }

  #build(layout) {
    if (layout === this.#layout) return;
    this.#layout = layout;
    this.#svg.replaceChildren();
    this.#svg.setAttribute("viewBox", layout === "wide" ? "0 0 1100 200" : "0 0 360 545");
    const marker = make(make(this.#svg, "defs", {}), "marker", {
      id: "tip", viewBox: "0 0 6 6", refX: 0, refY: 3, markerWidth: 6, markerHeight: 6, orient: "auto",
    });
    make(marker, "path", { d: "M0 0 6 3 0 6z" });
    this.#paths = edges.map((edge) => this.#buildEdge(edge));
    for (const name of Object.keys(nodes)) this.#boxes[name] = this.#buildNode(name);
  }

  #buildNode(name) {
    const { x, y, cx } = place(name, this.#layout);
    const group = make(this.#svg, "g", { class: "node" });
    make(group, "rect", { x, y, width: BOX.w, height: BOX.h });
    make(group, "text", { x: cx, y: y + 18 }, format.words(name));
    return { group, what: make(group, "text", { class: "what", x: cx, y: y + 34 }, "–") };
  }

  #buildEdge([from, to, what, rate]) {
    const a = place(from, this.#layout);
    const b = place(to, this.#layout);
    const [x1, y1, x2, y2] = line(a, b);
    const path = make(this.#svg, "path", { d: `M${x1} ${y1} L${x2} ${y2}`, "marker-end": "url(#tip)" });
    const level = y1 === y2;
    const text = what ? make(this.#svg, "text", labelAt(x1, y1, x2, y2, this.#layout)) : null;
    return { path, text, what, rate };
  }

  draw(status) {
    if (!this.#layout) return;
    const states = new Map(status.health.modules.map((module) => [module.name, module]));
    for (const [name, box] of Object.entries(this.#boxes)) {
      const module = states.get(name);
      setClassOf(box.group, `node ${module ? format.look(module.state) : ""}`);
      setText(box.what, module ? `${this.#perSecond(`${name}.handled`)} handled` : "not running");
    }
    for (const { path, text, what, rate } of this.#paths) {
      const value = rate ? this.#rates.of(rate) : null;
      setClassOf(path, value > 0 ? "busy" : "");
      if (text) setText(text, `${this.#perSecond(rate)} ${this.#layout === "tall" ? what : ""}`.trim());
      if (text) text.setAttribute("aria-label", what);
    }
  }

  #perSecond(rate) {
    const value = this.#rates.of(rate);
    if (value === null) return "–";
    if (value > 0 && value < 0.95) return `${format.real(value * 60, 0)}/min`;
    return `${format.real(value, value >= 100 || value === 0 ? 0 : 1)}/s`;
  }
}

function setClassOf(node, name) {
  if (node.getAttribute("class") !== name) node.setAttribute("class", name);
}
