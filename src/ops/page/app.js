// The page's frame: connection, tabs, colours, headline. Each section draws itself, and only while
// it is looked at.
import * as format from "./format.js";
import { setClass, setText } from "./dom.js";
import { Live } from "./live.js";
import { Rates } from "./rates.js";
import { onThemeChange } from "./charts.js";
import { System } from "./system.js";
import { Market } from "./market.js";
import { Agents } from "./agents.js";
import { Portfolio } from "./portfolio.js";
import { Log } from "./log.js";

const byId = (id) => document.getElementById(id);
const live = new Live();
const rates = new Rates();
const sections = {
  system: new System(byId("system"), live, rates),
  market: new Market(byId("market"), live),
  agents: new Agents(byId("agents"), live),
  portfolio: new Portfolio(byId("portfolio"), live),
  log: new Log(byId("log")),
};
const names = Object.keys(sections);
let current = "system";
let status = null;
let startedUs = null;

/* The newest state is drawn at the screen's next turn; what came in between is skipped. */
let isDrawing = false;

function draw() {
  isDrawing = false;
  drawHeadline();
  sections[current].draw(status);
  document.body.dataset.engineUs = status.time.engine_us; // of when what is seen is
}

function wantDraw() {
  if (isDrawing || !status) return;
  isDrawing = true;
  requestAnimationFrame(draw);
}

function drawHeadline() {
  const health = byId("head-health");
  setText(byId("version"), status.tickd);
  setText(health, `${format.real(status.health.score, 1)} %`);
  setClass(health, `state ${healthLook(status.health)}`);
  const feed = status.feed?.state;
  setText(byId("head-feed"), format.words(feed));
  setClass(byId("head-feed"), `state ${format.look(feed)}`);
  setText(byId("head-rate"), format.real(status.rates?.trades_per_s, 1));
  setText(byId("head-equity"), format.money(status.portfolio.equity));
  setText(byId("head-uptime"), format.duration(status.uptime_s));
}

function healthLook(health) {
  const states = new Set(health.modules.map((module) => module.state));
  if (states.has("failed")) return "fail";
  if (states.has("stale")) return "bad";
  return states.has("lagging") ? "warn" : "good";
}

/* Connection. */

function showLink(text, look, trouble) {
  setText(byId("link"), text);
  setClass(byId("link"), `state ${look}`);
  byId("lost").hidden = trouble === null;
  setText(byId("lost"), trouble ?? "");
  document.body.classList.toggle("is-old", trouble !== null);
}

live.addEventListener("open", () => showLink("live", "good", null));
live.addEventListener("lost", () => {
  const seen = status ? ` What is shown is of ${format.clock(status.time.engine_us)} UTC.` : "";
  showLink("disconnected", "fail", `No connection to tickd; trying again.${seen}`);
});
live.addEventListener("silent", (event) => {
  const seconds = Math.round(event.detail / 1000);
  showLink("silent", "warn", `tickd has said nothing for ${seconds} s.`);
});
live.addEventListener("status", (event) => {
  status = event.detail;
  if (startedUs !== status.started_us) {
    startedUs = status.started_us;
    rates.clear();
    for (const section of Object.values(sections)) section.restarted?.();
    sections[current].show?.();
  }
  rates.note(status);
  for (const section of Object.values(sections)) section.note?.(status);
  if (!byId("lost").hidden) showLink("live", "good", null);
  wantDraw();
});
live.addEventListener("log", (event) => sections.log.add(event.detail));

setInterval(() => live.watch(), 1000);
setInterval(() => sections[current].tick?.(), 1000);

/* Tabs: click, arrows, 1 to 5; the address remembers. */

function select(name, focus) {
  current = name;
  for (const other of names) {
    const tab = byId(`tab-${other}`);
    tab.setAttribute("aria-selected", String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
    byId(other).hidden = other !== name;
  }
  if (focus) byId(`tab-${name}`).focus();
  history.replaceState(null, "", `#/${name}`); // no element's name: nothing is scrolled to
  sections[name].show?.();
  wantDraw();
}

for (const name of names) byId(`tab-${name}`).addEventListener("click", () => select(name, false));
document.querySelector(".tabs").addEventListener("keydown", (event) => {
  const place = names.indexOf(current);
  const moves = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: names.length - 1 };
  if (!(event.key in moves)) return;
  event.preventDefault();
  select(names.at(moves[event.key] % names.length), true);
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea");
  const name = names[Number(event.key) - 1];
  if (name && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) select(name, true);
});

/* Colours. */

const themes = ["auto", "light", "dark"];

function showTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  setText(byId("theme"), theme[0].toUpperCase() + theme.slice(1));
  byId("theme").setAttribute("aria-label", `Colours: ${theme}`);
  onThemeChange();
  wantDraw();
}

byId("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme ?? "auto";
  const theme = themes[(themes.indexOf(now) + 1) % themes.length];
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // It is forgotten with the page, then.
  }
  showTheme(theme);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  onThemeChange();
  wantDraw();
});

showTheme(document.documentElement.dataset.theme ?? "auto");
const wanted = location.hash.slice(2);
select(names.includes(wanted) ? wanted : "system", false);
live.connect();
