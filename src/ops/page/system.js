// System: is it healthy, has it been, what does it owe, what does it take.
import * as format from "./format.js";
import { Chart } from "./charts.js";
import { element, facts, panel, panels, setClass, setText, table } from "./dom.js";
import { Flow } from "./flow.js";
import { unlessUnanswered } from "./live.js";

const MODULES = ["feed", "bus", "market", "electorate", "consensus", "simulator", "portfolio",
  "agent_manager", "evolution", "introspection", "store", "control", "dashboard"];
const MINUTES_SHOWN = 60;
const LAG_POINTS = 600;
const MEMORY_POINTS = 720;

export class System {
  #live;
  #minutes = [];
  #lag = [];
  #memory = [];
  #nextMemoryMs = 0;
  #nextLagMs = 0;
  #gauges = new Map();
  #tiles = new Map();

  constructor(root, live, rates) {
    this.#live = live;
    const grid = panels(root);
    this.#buildHealth(panel(grid, "Health", "w4 x3"));
    this.#buildAlerts(panel(grid, "Alerts", "w3 x4", { flush: true }));
    this.#buildFeed(panel(grid, "Feed", "w5 x5"));
    const modules = panel(grid, "Modules", "w12", { note: "thirteen; one is stale when work has waited too long" });
    this.#buildTiles(modules.body);
    this.flow = new Flow(panel(grid, "Flow", "w12 x6", { note: "a second, over the last five: trades, messages, bars, ballots, decisions, verdicts, fills" }).body, rates);
    this.#buildMemory(panel(grid, "Memory", "w6 x3"));
    this.#buildLag(panel(grid, "Event loop", "w6 x3", { note: "longest turn in each second" }));
    this.#buildStaleness(panel(grid, "How stale modules were", "w4 x3", { note: "last hour, a look a second" }));
    this.#buildCounters(panel(grid, "Input and latency", "w5 x6"));
    this.#buildJournal(panel(grid, "Journal and archive", "w3 x3"));
    this.histories = panel(grid, "Histories", "w12");
    this.gauges = element("div", { class: "gauges" });
    this.histories.body.append(this.gauges);
  }

  #buildHealth({ body }) {
    body.classList.add("fill-body");
    this.score = element("span", { class: "big", "data-field": "health.score" });
    this.fresh = element("span", { class: "muted" });
    this.hour = element("div", { class: "hour", role: "img", "aria-label": "Health of the last hour, minute by minute" });
    this.cells = Array.from({ length: MINUTES_SHOWN }, () => element("i"));
    this.hour.append(...this.cells);
    body.append(element("div", { class: "score" }, this.score, this.fresh), this.hour,
      element("div", { class: "ends" }, element("span", { text: "an hour ago" }), element("span", { text: "now" })));
  }

  #buildAlerts({ body, note }) {
    this.alertsNote = note;
    this.alerts = table(body, {
      label: "Alerts",
      empty: "no alert is firing",
      key: (alert) => `${alert.name}/${alert.severity}`,
      columns: [
        { title: "Alert", cell: (alert) => format.words(alert.name) },
        { title: "State", cell: (alert) => ({ text: alert.state, class: `state ${format.look(alert.state)}` }) },
        { title: "Severity", cell: (alert) => alert.severity },
        { title: "Since", cell: (alert) => format.clock(alert.since_us) },
        { title: "What", cell: (alert) => ({ text: alert.text, class: "wrap" }) },
      ],
    });
  }

  #buildFeed({ body }) {
    this.feed = facts(body, [
      ["state", "State"], ["since", "For"], ["url", "Address"],
      ["connections", "Connections", "feed.connections"], ["failures", "Failed attempts", "feed.connection_failures"],
      ["subscribed", "Subscribed", "feed.subscribed"], ["silent", "Silent symbols", "feed.silent"],
      ["delay50", "Delay p50"], ["delay99", "Delay p99"],
      ["duplicates", "Duplicate factor, largest"], ["prints", "Prints seen twice", "market.duplicate_prints"],
      ["late", "Late trades", "input.late"],
    ]);
  }

  #buildTiles(body) {
    const tiles = element("div", { class: "tiles" });
    body.append(tiles);
    for (const name of MODULES) {
      const state = element("span", { class: "state", text: "not running" });
      const values = {};
      const list = element("dl");
      for (const [key, label] of [["owes", "owes for"], ["owed", "debts"], ["handled", "handled"], ["longest", "longest"]]) {
        values[key] = element("dd", { text: "–" });
        list.append(element("dt", { text: label }), values[key]);
      }
      values.handled.dataset.module = name;
      const tile = element("article", { class: "tile off" }, element("h3", {}, element("span", { text: format.words(name) }), state), list);
      tiles.append(tile);
      this.#tiles.set(name, { tile, state, values });
    }
  }

  #buildMemory({ body }) {
    this.memory = new Chart(body, {
      label: "Memory over time",
      series: [
        { label: "resident", color: "s0", format: (value) => `${format.real(value, 1)} MB` },
        { label: "allocated", color: "s2", format: (value) => `${format.real(value, 1)} MB` },
        { label: "budget", color: "s1", format: (value) => `${format.real(value, 1)} MB` },
      ],
      options: { includeZero: true, series: { budget: { strokePattern: [6, 4], strokeWidth: 1 } } },
    });
  }

  #buildLag({ body }) {
    this.lag = new Chart(body, {
      label: "Longest turn of the event loop, second by second",
      series: [{ label: "lag", color: "s0", format: format.micros }],
      options: { includeZero: true, fillGraph: true, axes: { y: { axisLabelFormatter: (value) => format.micros(value) } } },
    });
  }

  #buildStaleness({ body }) {
    this.staleness = element("div", { class: "bars" });
    body.append(this.staleness);
  }

  #buildCounters({ body }) {
    this.counters = facts(body, [
      ["frames", "Frames", "input.frames"], ["trades", "Trades", "input.trades"], ["accepted", "Accepted", "input.accepted"],
      ["filtered", "Filtered", "input.filtered"], ["unknown", "Unknown symbol", "input.unknown_symbol"],
      ["malformed", "Malformed", "input.malformed"], ["bars", "Bars", "bars"], ["messages", "Messages", "bus.messages"],
      ["p50", "Frame to decision p50"], ["p99", "p99"], ["p999", "p99.9"], ["allocations", "Allocations on the tick path", "memory.tick_path_allocations"],
      ["rss", "Resident"], ["arena", "Arena"], ["histories", "Histories"], ["digest", "Digest", "digest"],
    ]);
  }

  #buildJournal({ body }) {
    this.journal = facts(body, [
      ["tape", "Tape"], ["lag", "Durable after"], ["inputs", "Inputs recorded", "tape.inputs"], ["lost", "Inputs lost", "tape.inputs_lost"],
      ["tapes", "Tapes"], ["store", "Archive"], ["written", "Rows written", "store.written"], ["waiting", "Rows waiting"],
      ["dropped", "Rows dropped", "store.dropped"],
    ]);
  }

  restarted() {
    this.#minutes = [];
    this.#lag = [];
    this.#memory = [];
  }

  show() {
    this.#live.ask("health").then((health) => this.#takeHealth(health)).catch(unlessUnanswered);
  }

  /** Each push, seen or not: what only the page keeps. */
  note(status) {
    const ms = status.time.engine_us / 1000;
    if (ms >= this.#nextLagMs || ms < this.#nextLagMs - 2000) {
      this.#nextLagMs = ms + 900;
      this.#lag.push([ms, status.loop?.lag_us ?? null]);
      if (this.#lag.length > LAG_POINTS) this.#lag.shift();
    }
    if (ms >= this.#nextMemoryMs || ms < this.#nextMemoryMs - 10000) {
      this.#nextMemoryMs = ms + 5000;
      this.#memory.push([ms, status.memory.rss_bytes, status.memory.allocated_bytes]);
      if (this.#memory.length > MEMORY_POINTS) this.#memory.shift();
    }
    const minute = Math.floor(ms / 60000);
    if (this.lastMinute !== undefined && minute !== this.lastMinute) this.show();
    this.lastMinute = minute;
  }

  #takeHealth(health) {
    this.#minutes = health.minutes;
    const ends = health.staleness_ms ?? [];
    const sums = ends.map((_, i) => health.minutes.reduce((sum, minute) => sum + (minute.staleness?.[i] ?? 0), 0));
    const all = sums.reduce((sum, of) => sum + of, 0);
    const rows = sums.flatMap((sum, i) => {
      const seconds = (ms) => (ms < 60000 ? `${format.real(ms / 1000, ms < 10000 ? 1 : 0)} s` : format.duration(ms / 1000));
      const label = i === 0 ? "nothing owed" : ends[i] === null ? `over ${seconds(ends[i - 1])}` : `up to ${seconds(ends[i])}`;
      const fill = element("div", { class: `fill ${ends[i] === null ? "bad" : i === ends.length - 2 ? "warn" : ""}` });
      // Most looks find nothing owed: the length goes by the logarithm, the number tells the rest.
      fill.style.width = sum > 0 ? `${Math.max(2, (100 * Math.log10(sum + 1)) / Math.log10(all + 1))}%` : "0";
      return [element("span", { text: label }), element("div", { class: "track" }, fill), element("span", { class: "number", text: format.count(sum) })];
    });
    this.staleness.replaceChildren(...rows);
    this.#drawHour();
  }

  #drawHour() {
    const newest = this.#minutes.slice(-MINUTES_SHOWN);
    this.cells.forEach((cell, i) => {
      const minute = newest[i - (MINUTES_SHOWN - newest.length)];
      const troubled = minute && minute.stale.length > 0 ? "bad" : minute && minute.lagging.length > 0 ? "warn" : "good";
      setClass(cell, minute ? troubled : "");
      cell.style.height = minute ? `${Math.max(8, minute.score)}%` : "";
      cell.title = minute ? `${format.clock(minute.time_us)} ${format.real(minute.score, 1)} % ${minute.stale.join(", ")}` : "";
    });
  }

  draw(status) {
    this.#drawScore(status);
    this.#drawAlerts(status.alerts);
    this.#drawFeed(status);
    this.#drawTiles(status.health.modules);
    this.flow.draw(status);
    this.#drawMemory(status.memory);
    this.lag.set(this.#lag);
    this.#drawCounters(status);
    this.#drawJournal(status);
    this.#drawGauges(status.histories);
  }

  #drawJournal({ tape, store }) {
    const say = (key, part) => this.journal.set(key, !part ? "off" : part.failing ? "failing" : "writing", !part ? "" : part.failing ? "fail" : "good");
    const isTaped = tape?.enabled;
    say("tape", isTaped ? tape : null);
    say("store", store);
    const values = {
      lag: isTaped ? format.millis(tape.durable_lag_ms) : "–", inputs: format.count(tape?.inputs), lost: format.count(tape?.inputs_lost),
      tapes: isTaped ? `${format.count(tape.files)}, ${format.bytes(tape.bytes)}` : "–",
      written: format.count(store?.written), waiting: format.count(store?.waiting), dropped: format.count(store?.dropped),
    };
    for (const [key, text] of Object.entries(values)) this.journal.set(key, text);
  }

  #drawScore(status) {
    const modules = status.health.modules;
    const fresh = modules.filter((module) => module.state !== "stale" && module.state !== "failed");
    setText(this.score, `${format.real(status.health.score, 1)} %`);
    setText(this.fresh, `${fresh.length} of ${modules.length} modules fresh`);
  }

  #drawAlerts(alerts) {
    const open = (alerts ?? []).filter((alert) => alert.state === "firing" || alert.state === "pending");
    this.alerts.set(open);
    this.alertsNote(`${open.length} of ${alerts?.length ?? 0}`);
  }

  #drawFeed(status) {
    const { feed, market, latency, input } = status;
    if (!feed) return;
    this.feed.set("state", format.words(feed.state), format.look(feed.state));
    this.feed.set("since", feed.since_us ? format.duration((status.time.engine_us - feed.since_us) / 1e6) : "–");
    this.feed.set("url", feed.url ?? "–");
    this.feed.set("connections", format.count(feed.connections));
    this.feed.set("failures", format.count(feed.connection_failures));
    this.feed.set("subscribed", format.count(feed.subscribed));
    this.feed.set("silent", format.count(feed.silent), feed.silent > 0 ? "warn" : "number");
    this.feed.set("delay50", format.millis(latency.feed_delay_ms.p50));
    this.feed.set("delay99", format.millis(latency.feed_delay_ms.p99));
    this.feed.set("duplicates", `× ${format.count(market.duplicate_factor_max)}`);
    this.feed.set("prints", format.count(market.duplicate_prints));
    this.feed.set("late", format.count(input.late));
  }

  #drawTiles(modules) {
    const known = new Map(modules.map((module) => [module.name, module]));
    for (const [name, { tile, state, values }] of this.#tiles) {
      const module = known.get(name);
      if (!module) {
        setClass(tile, "tile off");
        setClass(state, "state");
        setText(state, "not running");
        continue;
      }
      const look = format.look(module.state);
      setClass(tile, `tile ${look}`);
      setClass(state, `state ${look}`);
      setText(state, module.state);
      setText(values.owes, format.millis(module.owed_ms));
      setText(values.owed, format.count(module.owed));
      setText(values.handled, format.count(module.handled));
      setText(values.longest, module.longest_us > 0 ? format.micros(module.longest_us) : "–");
    }
  }

  #drawMemory(memory) {
    const budget = (memory.budget_bytes || memory.arena_bytes + 16 * 1048576) / 1e6;
    const first = this.#memory[0]?.[0] ?? Infinity;
    const before = this.#minutes.map((minute) => [minute.time_us / 1000, minute.rss_bytes, minute.allocated_bytes]).filter(([ms, rss]) => ms < first && rss > 0);
    const megabytes = (bytes) => (bytes > 0 ? bytes / 1e6 : null);
    this.memory.set([...before, ...this.#memory].map(([ms, rss, allocated]) => [ms, megabytes(rss), megabytes(allocated), budget]));
  }

  #drawCounters({ input, bus, bars, latency, memory, digest }) {
    const took = latency?.receive_to_decision_us;
    const values = {
      frames: format.count(input.frames), trades: format.count(input.trades), accepted: format.count(input.accepted),
      filtered: format.count(input.filtered), unknown: format.count(input.unknown_symbol), malformed: format.count(input.malformed),
      bars: format.count(bars), messages: format.count(bus.messages),
      p50: format.micros(took?.p50), p99: format.micros(took?.p99), p999: format.micros(took?.p999),
      allocations: format.count(memory.tick_path_allocations), rss: format.megabytes(memory.rss_bytes),
      arena: format.megabytes(memory.arena_bytes), histories: format.megabytes(memory.histories_bytes), digest,
    };
    for (const [key, text] of Object.entries(values)) this.counters.set(key, text);
  }

  #drawGauges(histories) {
    for (const history of histories) {
      const id = `${history.module}/${history.name}`;
      if (!this.#gauges.has(id)) this.#gauges.set(id, this.#makeGauge(id));
      const gauge = this.#gauges.get(id);
      const wrapped = history.overwritten > 0;
      setClass(gauge.track, wrapped ? "gauge wrapped" : "gauge");
      gauge.fill.style.width = `${(100 * history.size) / history.capacity}%`;
      setText(gauge.size, `${format.count(history.size)} of ${format.count(history.capacity)}`);
      setText(gauge.more, wrapped ? `wrapped, ${format.count(history.overwritten)} overwritten` : "not wrapped");
      setText(gauge.bytes, format.bytes(history.bytes));
    }
    const total = histories.reduce((sum, history) => sum + history.bytes, 0);
    this.histories.note(`${histories.length}, ${format.megabytes(total)} in all`);
  }

  #makeGauge(id) {
    const gauge = { fill: element("div", { class: "fill" }), size: element("span", { class: "muted" }), more: element("span"), bytes: element("span") };
    gauge.track = element("div", { class: "gauge" }, gauge.fill);
    this.gauges.append(element("div", {},
      element("div", { class: "name" }, element("b", { text: id, title: id }), gauge.size), gauge.track,
      element("div", { class: "more" }, gauge.more, gauge.bytes)));
    return gauge;
  }
}
