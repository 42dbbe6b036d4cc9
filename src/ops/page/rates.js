// How fast the counters of the status grow: over the last five seconds.

const SPAN_US = 5e6;

function counters(status) {
  const all = {
    frames: status.input.frames,
    trades: status.input.trades,
    messages: status.bus.messages,
    bars: status.bars,
    decisions: Object.values(status.decisions).reduce((sum, of) => sum + of, 0),
    simulations: Object.values(status.simulations).reduce((sum, of) => sum + of, 0),
    orders: status.portfolio.orders,
    fills: status.fills,
    rejects: status.rejects,
  };
  for (const module of status.health.modules) {
    all[`${module.name}.handled`] = module.handled;
    all[`${module.name}.published`] = module.published;
  }
  return all;
}

export class Rates {
  #notes = []; // {us, counters}, oldest first

  clear() {
    this.#notes = [];
  }

  note(status) {
    const us = status.started_us + status.uptime_s * 1e6;
    const last = this.#notes.at(-1);
    if (last && us <= last.us) return;
    this.#notes.push({ us, counters: counters(status) });
    while (this.#notes.length > 2 && this.#notes[1].us <= us - SPAN_US) this.#notes.shift();
  }

  /** A second; null while it is not known. */
  of(name) {
    const first = this.#notes[0];
    const last = this.#notes.at(-1);
    if (!first || last === first || !(name in last.counters)) return null;
    const grown = last.counters[name] - (first.counters[name] ?? 0);
    return (grown * 1e6) / (last.us - first.us);
  }
}
