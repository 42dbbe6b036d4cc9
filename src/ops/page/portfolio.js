// Portfolio: what it is worth, what it holds, what it has done, and why.
import * as format from "./format.js";
import { Chart } from "./charts.js";
import { element, facts, panel, panels, setText, table } from "./dom.js";
import { unlessUnanswered } from "./live.js";

const MINUTES = 600;
const FILLS = 60;
const POINTS = 1800; // of the page's own, one a second
const SLOW = 2; // ticks between two looks at the fills

export class Portfolio {
  #live;
  #minutes = []; // EQUITY messages of whole minutes
  #own = []; // [ms, equity, drawdown] since the page was opened
  #nextMs = 0;
  #ticks = 0;
  #isLoading = false;

  constructor(root, live) {
    this.#live = live;
    const grid = panels(root);
    this.books = facts(panel(grid, "Books", "w4 x3").body, [
      ["equity", "Equity", "portfolio.equity"], ["cash", "Cash", "portfolio.cash"], ["value", "Market value", "portfolio.market_value"],
      ["realised", "Realised P&L", "portfolio.realised_pnl"], ["unrealised", "Unrealised P&L", "portfolio.unrealised_pnl"],
      ["fees", "Fees", "portfolio.fees"], ["turnover", "Turnover", "portfolio.turnover"],
      ["drawdown", "Drawdown, largest"], ["orders", "Orders", "portfolio.orders"], ["open", "Open orders", "portfolio.open_orders"],
      ["fills", "Fills", "fills"], ["rejects", "Refused", "rejects"], ["halted", "Kill switch"],
    ]);
    const curves = panel(grid, "Equity and drawdown", "w8 x9");
    this.equity = new Chart(curves.body, {
      label: "Equity over time",
      series: [{ label: "equity", color: "s0", format: (value) => format.real(value, 2) }],
      options: { axes: { y: { axisLabelFormatter: (value) => format.real(value, 0), axisLabelWidth: 64 } } },
    });
    this.drawdown = new Chart(curves.body, {
      label: "Drawdown over time", height: "low",
      series: [{ label: "drawdown", color: "s1", format: (value) => format.percent(-value, 2) }],
      options: { fillGraph: true, axes: { y: { axisLabelFormatter: (value) => format.percent(value, 2), axisLabelWidth: 64 } } },
    });
    this.#buildPositions(panel(grid, "Positions", "w5 x4", { flush: true }));
    this.#buildFills(panel(grid, "Fills", "w7 x4", { flush: true, note: "choose one to see why" }));
    this.why = panel(grid, "Why", "w12 x4", { note: "choose a fill" });
  }

  #buildPositions({ body, note }) {
    this.positionsNote = note;
    this.positions = table(body, {
      label: "Positions", key: (row) => row.symbol, empty: "flat: no position is open",
      columns: [
        { title: "Symbol", cell: (row) => row.symbol },
        { title: "Quantity", number: true, cell: (row) => format.exact(row.quantity) },
        { title: "Average", number: true, cell: (row) => format.exact(row.average_price) },
        { title: "Last", number: true, cell: (row) => format.exact(row.last_price) },
        { title: "Value", number: true, cell: (row) => format.money(row.market_value) },
        { title: "P&L", number: true, cell: (row) => ({ text: format.money(row.unrealised_pnl), class: format.signClass(Number(row.unrealised_pnl)) }) },
      ],
    });
  }

  #buildFills({ body }) {
    this.fills = table(body, {
      label: "Fills", key: (row) => row.seq, pick: (row) => this.#explain(row.seq), empty: "no fill yet",
      columns: [
        { title: "Time", cell: (row) => format.clock(row.time_us) },
        { title: "Symbol", cell: (row) => row.symbol },
        { title: "Side", cell: (row) => ({ text: row.side, class: format.sideClass(row.side) }) },
        { title: "Quantity", number: true, cell: (row) => format.exact(row.quantity) },
        { title: "Price", number: true, cell: (row) => format.exact(row.price) },
        { title: "P&L", number: true, cell: (row) => ({ text: format.money(row.realised_pnl), class: format.signClass(Number(row.realised_pnl)) }) },
        { title: "Purpose", cell: (row) => format.words(row.purpose) },
        { title: "Seq", number: true, cell: (row) => String(row.seq) },
      ],
    });
  }

  restarted() {
    this.#minutes = [];
    this.#own = [];
  }

  note(status) {
    const ms = status.time.engine_us / 1000;
    if (ms < this.#nextMs && ms > this.#nextMs - 2000) return;
    this.#nextMs = ms + 900;
    this.#own.push([ms, Number(status.portfolio.equity), status.portfolio.drawdown]);
    if (this.#own.length > POINTS) this.#own.shift();
  }

  show() {
    this.#ticks = 0;
    this.#minutes = [];
    return this.tick();
  }

  async tick() {
    if (this.#isLoading || this.#ticks++ % SLOW !== 0) return;
    this.#isLoading = true;
    try {
      if (this.#minutes.length === 0) this.#minutes = await this.#live.history("chronicle/equity", MINUTES);
      this.fills.set((await this.#live.ask("trades", FILLS)).reverse());
    } catch (error) {
      this.#ticks = 0; // the next tick tries again
      unlessUnanswered(error);
    } finally {
      this.#isLoading = false;
    }
  }

  draw(status) {
    const { portfolio } = status;
    const values = {
      equity: format.money(portfolio.equity), cash: format.money(portfolio.cash), value: format.money(portfolio.market_value),
      realised: format.money(portfolio.realised_pnl), unrealised: format.money(portfolio.unrealised_pnl),
      fees: format.money(portfolio.fees), turnover: format.money(portfolio.turnover),
      drawdown: `${format.percent(portfolio.drawdown, 2)}, ${format.percent(portfolio.max_drawdown, 2)}`,
      orders: format.count(portfolio.orders), open: format.count(portfolio.open_orders),
      fills: format.count(status.fills), rejects: format.count(status.rejects),
    };
    for (const [key, text] of Object.entries(values)) this.books.set(key, text);
    this.books.set("halted", portfolio.halted ? "halted" : "released", portfolio.halted ? "fail" : "good");
    this.positions.set(portfolio.positions);
    this.positionsNote(`${portfolio.positions.length} open`);
    const first = this.#own[0]?.[0] ?? Infinity;
    const before = this.#minutes.map((minute) => [minute.time_us / 1000, Number(minute.equity), minute.drawdown]).filter(([ms]) => ms < first);
    const curve = [...before, ...this.#own];
    this.equity.set(curve.map(([ms, equity]) => [ms, equity]));
    this.drawdown.set(curve.map(([ms, , drawdown]) => [ms, -drawdown]));
  }

  async #explain(seq) {
    let chain;
    try {
      chain = await this.#live.ask("explain", seq);
    } catch (error) {
      unlessUnanswered(error);
      this.why.note(error.message);
      this.why.body.replaceChildren();
      return;
    }
    this.why.note(`${chain.topic.toLowerCase()} ${chain.seq}, ${chain.symbol}`);
    const text = element("pre", { class: "chain" });
    setText(text, chain.lines.join("\n"));
    this.why.body.replaceChildren(text);
    this.why.box.scrollIntoView({ block: "nearest" });
  }
}
