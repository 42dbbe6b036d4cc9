// Agents: who votes, what their votes are worth, how their weights move, how they change.
import * as format from "./format.js";
import { Chart, SERIES, sparkline } from "./charts.js";
import { element, panel, panels, table } from "./dom.js";
import { unlessUnanswered } from "./live.js";

const MINUTES = 240;
const EVENTS = 60;
const SLOW = 30; // ticks between two looks at the minutes

export class Agents {
  #live;
  #weights = []; // WEIGHTS messages, oldest first
  #species = []; // of each place
  #ticks = 0;
  #chart = null;
  #agents = [];

  constructor(root, live) {
    this.#live = live;
    const grid = panels(root);
    this.list = panel(grid, "Agents", "w12 x8", { flush: true });
    this.#buildTable(this.list.body);
    this.detail = panel(grid, "Versions", "w12 x4", { note: "choose an agent in the table" });
    this.chartPanel = panel(grid, "Weights by species", "w7 x6", { note: "shares, minute by minute, stacked" });
    this.#buildEvents(panel(grid, "Evolution", "w5 x6", { flush: true }));
  }

  #buildTable(body) {
    this.table = table(body, {
      label: "All agents", key: (agent) => agent.id, pick: (agent) => this.#choose(agent.id),
      tall: true, rowClass: (agent) => (agent.state === "active" ? "" : "off"),
      columns: [
        { title: "Id", number: true, cell: (agent) => String(agent.id) },
        { title: "Species", cell: (agent) => format.words(agent.species) },
        { title: "State", cell: (agent) => ({ text: agent.state, class: `state ${format.look(agent.state)}` }) },
        { title: "Weight", number: true, cell: (agent) => format.percent(agent.weight, 2) },
        { title: "Last hours", draw: (cell, agent) => this.#drawSpark(cell, agent) },
        { title: "Reward", number: true, cell: (agent) => ({ text: format.signed(agent.mean_reward, 3), class: format.signClass(agent.mean_reward) }) },
        { title: "Worth", number: true, cell: (agent) => format.signed(agent.mean_worth, 3) },
        { title: "Hit rate", number: true, cell: (agent) => format.percent(agent.hit_rate) },
        { title: "Votes", number: true, cell: (agent) => format.count(agent.votes) },
        { title: "Brier", number: true, cell: (agent) => format.real(agent.brier, 3) },
        { title: "Sharpe", number: true, cell: (agent) => format.signed(agent.sharpe, 3) },
        { title: "Over coin", number: true, cell: (agent) => format.signed(agent.over_coin, 2) },
        { title: "Turnover", number: true, cell: (agent) => format.real(agent.turnover, 3) },
        { title: "Version", number: true, cell: (agent) => format.count(agent.version) },
      ],
    });
  }

  #buildEvents({ body, note }) {
    this.eventsNote = note;
    this.events = table(body, {
      label: "Events of evolution", key: (event) => `${event.seq}/${event.time_us}/${event.agent}`, empty: "no event yet",
      columns: [
        { title: "Time", cell: (event) => format.clock(event.time_us) },
        { title: "Event", cell: (event) => format.words(event.event) },
        { title: "Species", cell: (event) => format.words(event.species) },
        { title: "Agent", number: true, cell: (event) => (event.agent ? String(event.agent) : "–") },
        { title: "Incumbent", number: true, cell: (event) => format.signed(event.incumbent_fitness, 3) },
        { title: "Challenger", number: true, cell: (event) => format.signed(event.challenger_fitness, 3) },
        { title: "Tried", number: true, cell: (event) => format.count(event.tried) },
        { title: "Gen.", number: true, cell: (event) => format.count(event.generation) },
      ],
    });
  }

  restarted() {
    this.#weights = [];
    this.detail.body.replaceChildren();
    this.detail.note("choose an agent in the table");
  }

  show() {
    this.#ticks = 0;
    return this.tick();
  }

  async tick() {
    if (this.#ticks++ % SLOW !== 0) return;
    try {
      this.#weights = await this.#live.history("chronicle/weights", MINUTES);
      this.#drawWeights();
      const events = await this.#live.history("evolution/evolution_history", EVENTS);
      this.events.set(events.reverse());
    } catch (error) {
      this.#ticks = 0; // the next tick tries again
      unlessUnanswered(error);
    }
  }

  #drawSpark(cell, agent) {
    let canvas = cell.firstElementChild;
    if (!canvas) {
      canvas = element("canvas", { class: "spark", role: "img", "aria-label": "weight over time" });
      cell.append(canvas);
    }
    const values = this.#weights.map((minute) => minute.weights[agent.id - 1] ?? null);
    const state = `${values.length}/${values.at(-1)}/${document.documentElement.dataset.theme}`;
    if (canvas.dataset.state === state) return;
    canvas.dataset.state = state;
    sparkline(canvas, values);
  }

  draw(status) {
    this.#agents = status.agents;
    this.table.set(status.agents);
    this.list.note(`${status.agents.length}; reward after costs, worth before them, a bar`);
    const { generations, challengers, replacements, rollbacks } = status.evolution;
    this.eventsNote(`${format.count(generations)} generations, ${format.count(challengers)} challengers, ${format.count(replacements)} replacements, ${format.count(rollbacks)} roll-backs`);
    const species = status.agents.map((agent) => agent.species);
    if (species.join() !== this.#species.join()) {
      this.#species = species;
      this.#drawWeights();
    }
  }

  #drawWeights() {
    const names = [...new Set(this.#species)].filter((name) => name !== "coin");
    if (names.length === 0 || this.#weights.length === 0) return;
    if (this.#chart?.names !== names.join()) {
      this.#chart?.remove();
      this.#chart = new Chart(this.chartPanel.body, {
        label: "Weights by species, stacked", height: "tall",
        series: names.map((name, i) => ({ label: format.words(name), color: `s${i % SERIES}`, format: (value) => format.percent(value, 1) })),
        options: { stackedGraph: true, fillAlpha: 0.55, valueRange: [0, 1.001], axes: { y: { axisLabelFormatter: (value) => format.percent(value, 0) } } },
      });
      this.#chart.names = names.join();
    }
    const ofSpecies = (minute, name) => this.#species.reduce((sum, of, place) => sum + (of === name ? minute.weights[place] ?? 0 : 0), 0);
    this.#chart.set(this.#weights.map((minute) => [minute.time_us / 1000, ...names.map((name) => ofSpecies(minute, name))]));
  }

  async #choose(id) {
    let agent;
    try {
      agent = await this.#live.ask("agent", id);
    } catch (error) {
      unlessUnanswered(error);
      this.detail.note(error.message);
      return;
    }
    this.detail.note(`agent ${agent.id}, ${format.words(agent.species)}: ${agent.versions.length} kept`);
    const versions = new Map(agent.versions.map((version) => [version.version, version]));
    const steps = [];
    for (let version = agent.versions[0]; version; version = versions.get(version.parent)) steps.push(version);
    this.detail.body.replaceChildren(
      element("p", { class: "muted", text: agent.reference }),
      element("ol", { class: "steps", "aria-label": "The version that votes, and its ancestors" }, ...steps.map((version, i) => this.#describe(version, i))));
  }

  #describe(version, place) {
    const list = element("dl", { class: "facts two" });
    for (const [name, value] of Object.entries(version.parameters)) {
      list.append(element("div", {}, element("dt", { text: format.words(name) }), element("dd", { text: String(value) })));
    }
    const origin = version.parent ? `from version ${version.parent}` : "the first";
    return element("li", {},
      element("h3", { text: `Version ${version.version}${place === 0 ? ", votes now" : ""}` }),
      element("p", { class: "muted", text: `${format.words(version.reason)}, ${origin}, ${format.dateAndClock(version.time_us)}; reward ${format.signed(version.mean_reward, 3)} over ${format.count(version.judged)} votes judged, before that ${format.signed(version.fitness, 3)}` }),
      list);
  }
}
