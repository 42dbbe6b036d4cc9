// Charts by dygraphs (https://dygraphs.com), dressed in the page's colours. A chart that is not
// seen is not drawn; when the colours change, all are drawn anew.
/* global Dygraph */
import { element } from "./dom.js";

// Its own legend writes styles into elements, which the page's policy forbids; the page has one.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

const charts = new Set();

export function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** Colours of series, in an order in which neighbours are easily told apart. */
export const SERIES = 9;

export function onThemeChange() {
  for (const chart of charts) chart.restyle();
}

const time = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/**
 * series: [{label, color: name of a colour, format(value)}]. options: dygraphs' own, added; style():
 * those of them that hang on the colours. rows: [x in ms, value, …] with null for what is not known.
 */
export class Chart {
  #node;
  #legend;
  #graph = null;
  #rows = [];
  #series;
  #options;
  #style;

  constructor(parent, { series, options = {}, style = () => ({}), height = "", label }) {
    this.#series = series;
    this.#options = options;
    this.#style = style;
    this.#legend = element("div", { class: "legend" });
    this.#node = element("div", { class: `chart ${height}`, role: "img", "aria-label": label });
    parent.append(this.#legend, this.#node);
    new ResizeObserver(() => this.#fit()).observe(this.#node);
    charts.add(this);
    this.#tell(null);
  }

  #fit() {
    if (this.#node.clientWidth === 0) return;
    if (this.#graph) this.#graph.resize();
    else this.#draw();
  }

  #look() {
    return {
      colors: this.#series.map((one) => color(one.color)),
      gridLineColor: color("grid"),
      axisLineColor: color("strong-line"),
      ...this.#style(),
    };
  }

  #draw() {
    if (this.#rows.length === 0 || this.#node.clientWidth === 0) return;
    if (this.#graph) {
      this.#graph.updateOptions({ file: this.#rows });
      return;
    }
    const axes = this.#options.axes ?? {};
    this.#graph = new Dygraph(this.#node, this.#rows, {
      labels: ["time", ...this.#series.map((one) => one.label)],
      legend: "never",
      showLabelsOnHighlight: false,
      strokeWidth: 1.5,
      highlightCircleSize: 3,
      gridLineWidth: 1,
      labelsUTC: true,
      xRangePad: 4,
      drawGapEdgePoints: true,
      highlightCallback: (event, x) => this.#tell(x),
      unhighlightCallback: () => this.#tell(null),
      ...this.#options,
      axes: { ...axes, x: { pixelsPerLabel: 70, drawGrid: false, ...axes.x }, y: { pixelsPerLabel: 32, axisLabelWidth: 56, ...axes.y } },
      ...this.#look(),
    });
  }

  /** The values under the pointer, or the newest. */
  #tell(x) {
    const row = x === null ? this.#rows.at(-1) : this.#rows.find((one) => Number(one[0]) === x);
    const items = this.#series.map((one, i) => {
      const value = row?.[i + 1];
      const text = value === null || value === undefined || Number.isNaN(value) ? "–" : one.format(value);
      return element("span", { class: one.hidden ? "" : `key k${one.color.slice(1)}` }, `${one.label} `, element("b", { text }));
    });
    if (row) items.unshift(element("span", { text: `${time.format(row[0])} UTC` }));
    this.#legend.replaceChildren(...items);
  }

  set(rows) {
    this.#rows = rows.map(([x, ...values]) => [x instanceof Date ? x : new Date(x), ...values]);
    if (rows.length > 0) this.#draw();
    if (!this.#node.matches(":hover")) this.#tell(null);
  }

  change(options) {
    Object.assign(this.#options, options);
    this.#graph?.updateOptions(options, this.#rows.length === 0);
  }

  restyle() {
    this.#graph?.updateOptions(this.#look());
  }

  remove() {
    charts.delete(this);
    this.#graph?.destroy();
    this.#legend.remove();
    this.#node.remove();
  }
}

/** A dygraphs plotter: a column from zero to each value. colorOf(value) → colour. */
export function columns(colorOf) {
  return (drawing) => {
    const { drawingContext: canvas, points, dygraph, axis } = drawing;
    const zero = drawing.plotArea.y + drawing.plotArea.h * yOf(dygraph, 0, axis);
    const width = Math.max(1, columnWidth(points) * 0.7);
    for (const point of points) {
      if (!Number.isFinite(point.canvasy)) continue;
      canvas.fillStyle = colorOf(point.yval);
      const top = Math.min(zero, point.canvasy);
      canvas.fillRect(point.canvasx - width / 2, top, width, Math.max(1, Math.abs(zero - point.canvasy)));
    }
  };
}

function yOf(dygraph, value, axis) {
  const [low, high] = dygraph.yAxisRange(axis?.g ? 0 : 0);
  const place = (high - value) / (high - low);
  return Math.min(1, Math.max(0, place));
}

export function columnWidth(points) {
  let least = Infinity;
  for (let i = 1; i < points.length; i++) least = Math.min(least, points[i].canvasx - points[i - 1].canvasx);
  return Number.isFinite(least) ? Math.min(least, 24) : 8;
}

/** A small line of the newest values, without axes. */
export function sparkline(canvas, values) {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth || 96;
  const height = canvas.clientHeight || 20;
  const known = values.filter((value) => Number.isFinite(value));
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  if (known.length < 2) return;
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = (value) => (high === low ? height / 2 : 2 + ((high - value) / (high - low)) * (height - 4));
  pen.strokeStyle = color("accent");
  pen.lineWidth = 1.25;
  pen.beginPath();
  known.forEach((value, i) => pen.lineTo(1 + (i / (known.length - 1)) * (width - 2), y(value)));
  pen.stroke();
}
