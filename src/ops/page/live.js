// The WebSocket: pushes in, questions out, again and again when the daemon is gone. The language is
// the control socket's: JSON-RPC 2.0.

const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 5000;
const SILENT_MS = 5000;
const GIVE_UP_MS = 4 * SILENT_MS;
const QUESTIONS_MAX = 64;
const PAGE = 50;

/** Why there is no answer: the daemon says no, or there is no connection. */
export class Unanswered extends Error {}

/** For what is tried again anyhow; every other error is one of this page. */
export function unlessUnanswered(error) {
  if (!(error instanceof Unanswered)) throw error;
}

export class Live extends EventTarget {
  #socket = null;
  #next = 1;
  #waiting = []; // {id, method, params, resolve, reject}; the first has been sent
  #retryMs = RETRY_MIN_MS;
  #heard = 0;

  connect() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/live`);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#retryMs = RETRY_MIN_MS;
      this.#heard = Date.now();
      this.#say("open");
    });
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#take(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => this.#lost(socket));
  }

  /** A daemon that stands still closes nothing: silence is a loss too, and a long one may be that of a
   *  connection whose other end is gone. Call it now and then. */
  watch() {
    const socket = this.#socket;
    const silent = Date.now() - this.#heard;
    if (socket?.readyState !== WebSocket.OPEN || silent <= SILENT_MS) return;
    this.#say("silent", silent);
    if (silent > GIVE_UP_MS) {
      socket.close();
      this.#lost(socket);
    }
  }

  /** Resolves with the answer; rejects with what the daemon says, or when the connection is lost. */
  ask(method, ...params) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN || this.#waiting.length >= QUESTIONS_MAX) {
        reject(new Unanswered("not connected"));
        return;
      }
      this.#waiting.push({ id: this.#next++, method, params, resolve, reject });
      if (this.#waiting.length === 1) this.#send();
    });
  }

  /** The newest `count` entries that a command lists, oldest first, in pages that the daemon renders
   *  in well under a millisecond; seen(entries) after each. ask(n, skip) puts the question. */
  static async pages(count, ask, seen = () => {}) {
    let all = [];
    for (let skip = 0; skip < count; skip += PAGE) {
      const page = await ask(PAGE, skip);
      all = [...page, ...all];
      seen(all);
      if (page.length < PAGE) break;
    }
    return all.slice(-count);
  }

  history(name, count) {
    return Live.pages(count, (n, skip) => this.ask("history", name, n, skip));
  }

  #send() {
    const { id, method, params } = this.#waiting[0];
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
  }

  #take(message) {
    this.#heard = Date.now();
    if (message.method) {
      this.#say(message.method, message.params);
      return;
    }
    const first = this.#waiting[0];
    if (!first || message.id !== first.id) return;
    this.#waiting.shift();
    if (this.#waiting.length > 0) this.#send();
    if (message.error) first.reject(new Unanswered(message.error.message));
    else first.resolve(message.result);
  }

  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const question of this.#waiting.splice(0)) question.reject(new Unanswered("connection lost"));
    this.#say("lost");
    setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
