// Market: a symbol's bars with fills marked, its volume, indicators on demand, the votes under it.
import * as format from "./format.js";
import { Chart, color, columns, columnWidth } from "./charts.js";
import { element, panel, panels, table } from "./dom.js";
import { Live, unlessUnanswered } from "./live.js";

const BARS_MAX = 300;
const SLOW = 5; // ticks between two looks at all symbols, and at fills

/* Those drawn over the price, and those with a scale of their own. */
const OVERLAYS = { ema12: "s3", ema26: "s4", vwap: "s6" };
const OTHERS = ["rsi14", "macd", "atr14", "percent_b", "zscore20", "roc10", "donchian20", "ewma_volatility", "vwap_distance", "volume_ratio20", "imbalance"];

const price = (value) => format.real(value, value < 10 ? 4 : 2);

/* Open, high, low, close as one candle each; dygraphs hands over the four series at once. */
function candles({ allSeriesPoints: [open, high, low, close], drawingContext: canvas }) {
  const width = Math.max(1, columnWidth(open) * 0.62);
  for (let i = 0; i < open.length; i++) {
    const rises = close[i].yval >= open[i].yval;
    canvas.strokeStyle = color(rises ? "up" : "down");
    canvas.fillStyle = rises ? color("panel") : canvas.strokeStyle;
    canvas.lineWidth = 1;
    const x = open[i].canvasx;
    canvas.beginPath();
    canvas.moveTo(x, high[i].canvasy);
    canvas.lineTo(x, low[i].canvasy);
    canvas.stroke();
    const top = Math.min(open[i].canvasy, close[i].canvasy);
    const height = Math.max(1, Math.abs(open[i].canvasy - close[i].canvasy));
    if (width >= 3) {
      canvas.fillRect(x - width / 2, top, width, height);
      canvas.strokeRect(x - width / 2, top, width, height);
    }
  }
}

/* A triangle that points up for a buy, down for a sell. */
function marker(sign, name) {
  return (graph, series, canvas, x, y) => {
    canvas.fillStyle = color(name);
    canvas.strokeStyle = color("panel");
    canvas.beginPath();
    canvas.moveTo(x, y);
    canvas.lineTo(x - 6, y + sign * 11);
    canvas.lineTo(x + 6, y + sign * 11);
    canvas.closePath();
    canvas.fill();
    canvas.stroke();
  };
}

export class Market {
  #live;
  #symbol = null;
  #symbols = [];
  #bars = [];
  #fills = [];
  #votes = [];
  #ticks = 0;
  #isLoading = false;
  #isDirty = true;
  #overlays = new Set(["ema12", "ema26"]);

  constructor(root, live) {
    this.#live = live;
    const grid = panels(root);
    this.main = panel(grid, "Bars", "w7 x9");
    this.#buildControls();
    this.priceBody = element("div");
    this.main.body.append(this.priceBody);
    this.#buildPrice();
    this.volume = new Chart(this.main.body, {
      label: "Volume of each bar", height: "low",
      series: [{ label: "volume", color: "s8", format: (value) => format.count(value) }],
      options: { includeZero: true, plotter: columns(() => color("s8")), axes: { y: { axisLabelFormatter: (value) => format.count(value), pixelsPerLabel: 28 } } },
    });
    this.votes = new Chart(this.main.body, {
      label: "Score of each decision", height: "low",
      series: [{ label: "score of the votes", color: "s0", format: (value) => format.signed(value, 3) }],
      options: { valueRange: [-1.05, 1.05], axes: { y: { pixelsPerLabel: 24, axisLabelFormatter: (value) => format.signed(value, 1) } }, plotter: columns((value) => color(value > 0 ? "up" : value < 0 ? "down" : "s8")) },
    });
    this.otherBody = element("div");
    this.main.body.append(this.otherBody);
    const side = element("div", { class: "stack w5 x3" });
    grid.append(side);
    this.#buildSymbols(panel(side, "Symbols", "", { flush: true }));
    this.#buildDecisions(panel(side, "Newest decisions", "", { flush: true }));
  }

  #buildControls() {
    this.choice = element("select", { "aria-label": "Symbol", id: "symbol" });
    this.choice.addEventListener("change", () => this.#choose(this.choice.value));
    this.other = element("select", { "aria-label": "Indicator under the chart", id: "indicator" }, element("option", { value: "", text: "none" }),
      ...OTHERS.map((name) => element("option", { value: name, text: format.words(name) })));
    this.other.addEventListener("change", () => this.#changeOther());
    const boxes = Object.keys(OVERLAYS).map((name) => {
      const box = element("input", { type: "checkbox", value: name, checked: this.#overlays.has(name) ? "" : null });
      box.addEventListener("change", () => {
        if (box.checked) this.#overlays.add(name);
        else this.#overlays.delete(name);
        this.#buildPrice();
        this.#isDirty = true;
        this.#drawCharts();
      });
      return element("label", {}, box, name);
    });
    this.main.head.append(element("div", { class: "controls tools" }, element("label", {}, "symbol ", this.choice), ...boxes, element("label", {}, "below ", this.other)));
  }

  #buildPrice() {
    this.price?.remove();
    const lines = [...this.#overlays].map((name) => ({ label: name, color: OVERLAYS[name], format: price }));
    this.price = new Chart(this.priceBody, {
      label: "Price, bar by bar, with fills", height: "tall",
      series: [
        { label: "open", color: "s8", hidden: true, format: price }, { label: "high", color: "s8", hidden: true, format: price },
        { label: "low", color: "s8", hidden: true, format: price }, { label: "close", color: "s8", hidden: true, format: price },
        ...lines, { label: "bought", color: "s0", format: price }, { label: "sold", color: "s1", format: price },
      ],
      options: {
        connectSeparatedPoints: false,
        series: {
          open: { plotter: candles }, high: { plotter: () => {} }, low: { plotter: () => {} }, close: { plotter: () => {} },
          bought: { strokeWidth: 0, drawPoints: true, drawPointCallback: marker(1, "up"), pointSize: 5 },
          sold: { strokeWidth: 0, drawPoints: true, drawPointCallback: marker(-1, "down"), pointSize: 5 },
        },
        axes: { y: { axisLabelFormatter: (value) => price(value) } },
      },
    });
  }

  #buildSymbols({ body }) {
    this.symbols = table(body, {
      label: "All symbols", key: (row) => row.symbol, pick: (row) => this.#choose(row.symbol),
      columns: [
        { title: "Symbol", cell: (row) => row.symbol },
        { title: "Last", number: true, cell: (row) => format.exact(row.last_price) },
        { title: "Trades", number: true, cell: (row) => format.count(row.trades) },
        { title: "Bars", number: true, cell: (row) => format.count(row.bars) },
        { title: "Dup", number: true, cell: (row) => `× ${row.duplicate_factor}` },
        { title: "Stream", cell: (row) => ({ text: row.stream, class: `state ${format.look(row.stream)}` }) },
      ],
    });
  }

  #buildDecisions({ body }) {
    this.decisions = table(body, {
      label: "Newest decisions of the symbol", key: (row) => row.seq,
      columns: [
        { title: "Time", cell: (row) => format.clock(row.time_us) },
        { title: "Side", cell: (row) => ({ text: row.side, class: format.sideClass(row.side) }) },
        { title: "Score", number: true, cell: (row) => format.signed(row.score, 3) },
        { title: "Support", number: true, cell: (row) => format.percent(row.support, 0) },
        { title: "Quorum", number: true, cell: (row) => format.percent(row.quorum, 0) },
        { title: "Reason", cell: (row) => format.words(row.reason) },
      ],
    });
  }

  restarted() {
    this.#bars = [];
    this.#fills = [];
    this.#symbols = [];
  }

  async show() {
    this.#ticks = 0;
    await this.tick();
  }

  #choose(symbol) {
    if (symbol === this.#symbol) return;
    this.#symbol = symbol;
    this.choice.value = symbol;
    this.#bars = [];
    this.#fills = [];
    this.#votes = [];
    this.#ticks = 0;
    this.tick();
  }

  /** Once a second while it is looked at. */
  async tick() {
    if (this.#isLoading) return;
    this.#isLoading = true;
    try {
      await this.#load();
    } catch (error) {
      unlessUnanswered(error); // the next tick tries again
    } finally {
      this.#isLoading = false;
    }
  }

  async #load() {
    if (this.#ticks++ % SLOW === 0) await this.#loadSymbols();
    if (!this.#symbol) return;
    const symbol = this.#symbol;
    if (this.#bars.length === 0) await this.#loadBars(symbol);
    else this.#merge(symbol, await this.#live.ask("bars", symbol, 4));
    const votes = await this.#live.ask("decisions", 100, symbol);
    const fills = this.#ticks % SLOW === 1 ? await this.#live.ask("trades", 100, symbol) : null;
    if (symbol !== this.#symbol) return;
    if (fills) this.#fills = fills;
    this.#votes = votes;
    this.#isDirty = true;
    this.#drawCharts();
  }

  async #loadSymbols() {
    this.#symbols = await this.#live.ask("symbols");
    this.symbols.set(this.#symbols);
    const names = this.#symbols.map((row) => row.symbol);
    if (names.join() !== [...this.choice.options].map((option) => option.value).join()) {
      this.choice.replaceChildren(...names.map((name) => element("option", { value: name, text: name })));
    }
    if (!names.includes(this.#symbol)) this.#symbol = names[0] ?? null;
    this.choice.value = this.#symbol;
  }

  /** The newest first, page by page, so that something is seen at once. */
  async #loadBars(symbol) {
    await Live.pages(BARS_MAX, (n, skip) => this.#live.ask("bars", symbol, n, skip), (bars) => this.#merge(symbol, bars));
  }

  #merge(symbol, bars) {
    if (symbol !== this.#symbol || bars.length === 0) return;
    const known = new Map(this.#bars.map((bar) => [bar.start_ms, bar]));
    for (const bar of bars) known.set(bar.start_ms, bar);
    this.#bars = [...known.values()].sort((a, b) => a.start_ms - b.start_ms).slice(-BARS_MAX);
    this.#isDirty = true;
    this.#drawCharts();
  }

  #changeOther() {
    this.otherChart?.remove();
    this.otherChart = null;
    const name = this.other.value;
    if (name) {
      this.otherChart = new Chart(this.otherBody, {
        label: `${name} of each bar`, height: "low",
        series: [{ label: format.words(name), color: "s3", format: (value) => format.real(value, 5) }],
      });
    }
    this.#isDirty = true;
    this.#drawCharts();
  }

  #fillsByBar(side) {
    const width = this.#bars.length > 1 ? this.#bars[1].start_ms - this.#bars[0].start_ms : 1000;
    const found = new Map();
    for (const fill of this.#fills.filter((one) => one.side === side)) {
      const bar = this.#bars.findLast((one) => one.start_ms <= fill.time_us / 1000);
      if (bar && fill.time_us / 1000 < bar.start_ms + 2 * width) found.set(bar.start_ms, Number(fill.price));
    }
    return found;
  }

  #drawCharts() {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    const bought = this.#fillsByBar("buy");
    const sold = this.#fillsByBar("sell");
    const overlays = [...this.#overlays];
    const of = (bar, name) => (name === "vwap" ? bar.vwap && Number(bar.vwap) : bar.indicators[name]);
    this.price.set(this.#bars.map((bar) => [bar.start_ms, Number(bar.open), Number(bar.high), Number(bar.low), Number(bar.close),
      ...overlays.map((name) => of(bar, name) ?? null), bought.get(bar.start_ms) ?? null, sold.get(bar.start_ms) ?? null]));
    this.volume.set(this.#bars.map((bar) => [bar.start_ms, Number(bar.volume)]));
    const scores = new Map(this.#votes.map((vote) => [vote.bar_start_ms, vote.score]));
    this.votes.set(this.#bars.map((bar) => [bar.start_ms, scores.get(bar.start_ms) ?? null]));
    this.otherChart?.set(this.#bars.map((bar) => [bar.start_ms, bar.indicators[this.other.value] ?? null]));
    this.decisions.set(this.#votes.slice(-14).reverse());
    this.main.note(`${this.#bars.length} bars of ${this.#symbol}, ${this.#fills.length} fills; drag to look closer, double click to see all`);
  }

  draw() {
    // Its data comes with the ticks, not with the pushes.
  }
}
