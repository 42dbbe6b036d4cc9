// Numbers, times and states as people read them. What is not there is "–".

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const NONE = "–";

export const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

export function count(value) {
  return isNumber(value) ? whole.format(value) : NONE;
}

export function real(value, digits = 2) {
  return isNumber(value)
    ? value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : NONE;
}

export function signed(value, digits = 2) {
  return isNumber(value) ? (value > 0 ? "+" : value < 0 ? "−" : "") + real(Math.abs(value), digits) : NONE;
}

export function percent(value, digits = 1) {
  return isNumber(value) ? `${real(value * 100, digits)} %` : NONE;
}

/** A decimal of the status document, a text: grouped, with two digits behind the point. */
export function money(text) {
  if (text === null || text === undefined) return NONE;
  const value = Number(text);
  return (value < 0 ? "−" : "") + real(Math.abs(value), 2);
}

/** A price or quantity to its last digit. */
export function exact(text) {
  if (text === null || text === undefined) return NONE;
  const [before, after] = String(text).replace("-", "").split(".");
  const sign = String(text).startsWith("-") ? "−" : "";
  return sign + whole.format(Number(before)) + (after ? `.${after}` : "");
}

export function megabytes(bytes) {
  return isNumber(bytes) ? `${real(bytes / 1e6, 1)} MB` : NONE;
}

export function bytes(value) {
  if (!isNumber(value)) return NONE;
  if (value >= 1e6) return megabytes(value);
  return value >= 1e3 ? `${real(value / 1e3, 0)} kB` : `${count(value)} B`;
}

export function micros(value) {
  if (!isNumber(value)) return NONE;
  return value >= 1000 ? `${real(value / 1000, 1)} ms` : `${real(value, value < 10 ? 1 : 0)} µs`;
}

export function millis(value) {
  if (!isNumber(value)) return NONE;
  return value >= 10000 ? duration(value / 1000) : `${count(value)} ms`;
}

/** Seconds, in at most two units. */
export function duration(seconds) {
  if (!isNumber(seconds)) return NONE;
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  let left = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [length, name] of units) {
    if (parts.length === 2) break;
    const of = Math.floor(left / length);
    if (of > 0 || (length === 1 && parts.length === 0)) parts.push(`${of} ${name}`);
    else if (parts.length > 0) break;
    left -= of * length;
  }
  return parts.join(" ");
}

export function clock(us) {
  return isNumber(us) && us > 0 ? new Date(us / 1000).toISOString().slice(11, 19) : NONE;
}

export function dateAndClock(us) {
  return isNumber(us) && us > 0
    ? new Date(us / 1000).toISOString().slice(0, 19).replace("T", " ") : NONE;
}

export const words = (text) => (text ?? NONE).replaceAll("_", " ");

/** How a state looks: of modules, the feed, agents, alerts. */
const looks = {
  active: "good", idle: "", lagging: "warn", stale: "bad", failed: "fail",
  streaming: "good", subscribed: "good", connected: "warn", connecting: "warn",
  backing_off: "bad", refused: "fail", stopped: "fail",
  talking: "good", silent: "warn", rejected: "fail", suspended: "warn", yardstick: "",
  firing: "fail", pending: "warn",
};

export const look = (state) => looks[state] ?? "";

export const sideClass = (side) => (side === "buy" ? "up" : side === "sell" ? "down" : "muted");

export const signClass = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");
