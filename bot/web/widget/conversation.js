// One conversation with the server: its session, what is still to be sent, and every message once and in order.
//
// All that is stored is one entry of sessionStorage (gone with the tab): the session's token, the number of the last
// message shown and seen, what is chosen, and what is not sent yet. A message goes out under an id made here, so that
// sending it again after a lost connection runs nothing twice.

const TIMEOUT_MS = 30_000;
const POLL_MS = 1_000;
const RETRY_MS = 3_000;

/** Why a request failed. `kind`: offline, expired, busy, rejected or unavailable. `said`: the server's words. */
export class Failure extends Error {
  constructor(kind, { said = "", wait = 0, code = "" } = {}) {
    super(kind);
    Object.assign(this, { kind, said, wait, code });
  }
}

export class Conversation {
  /**
   * `view` is told what happens: begin() (nothing is shown), mine(entry), entry(entry), guide(message), waiting(bool), trouble(kind),
   * ended(). An entry is {id, text | button, words, state: "sending" | "queued" | "failed" | "rejected" | "sent"}.
   */
  constructor(base, view) {
    this.base = base;
    this.view = view;
    this.key = `partner-guide:${base}`;
    this.kept = { outbox: [], last: 0, seen: 0, ...this.#read() };
    this.running = false; // whether something is on its way
    this.restored = false; // whether what was said before is shown
    this.timer = 0;
  }

  // What is kept --------------------------------------------------------------------------------------------------

  #read() {
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key)) || {};
      return Array.isArray(kept.outbox) ? kept : {};
    } catch {
      return {};
    }
  }

  keep(changes = {}) {
    Object.assign(this.kept, changes);
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // no storage here (blocked, or full): the conversation lasts as long as the page
    }
  }

  #forget() {
    const { locale, cloud, open, given } = this.kept;
    this.kept = { outbox: [], last: 0, seen: 0, locale, cloud, open, given };
    this.keep();
  }

  // A new conversation in the place of one that is over. Words can be said again in it; what a button stood for is gone.
  #renew() {
    const rest = this.kept.outbox.filter((entry) => !entry.button);
    this.#forget();
    this.kept.outbox = rest;
    this.keep();
    this.view.ended();
    for (const entry of rest) this.view.mine(entry);
  }

  // Requests ------------------------------------------------------------------------------------------------------

  async #call(method, path, body) {
    const headers = { "Accept-Language": this.kept.locale || document.documentElement.lang || "*" };
    if (body) headers["Content-Type"] = "application/json";
    if (this.kept.token) headers.Authorization = `Bearer ${this.kept.token}`;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
    try {
      const reply = await fetch(`${this.base}/webhooks/widget${path}`, {
        method,
        headers,
        body: body && JSON.stringify(body),
        credentials: "omit",
        cache: "no-store",
        signal: stop.signal,
      });
      if (reply.status === 204) return null;
      if (reply.ok) return await reply.json(); // one that was cut off (a reload) counts as lost, not as refused
      throw failure(reply.status, (await reply.json().catch(() => null)) || {});
    } catch (error) {
      throw error instanceof Failure ? error : new Failure(navigator.onLine ? "unavailable" : "offline");
    } finally {
      clearTimeout(timer);
    }
  }

  async #begin() {
    if (this.kept.token) return;
    const { locale = null, cloud = null } = this.kept;
    const { token, conversation } = await this.#call("POST", "/session", { locale, cloud });
    this.keep({ token, conversation, last: 0, seen: 0 });
  }

  // Sending -------------------------------------------------------------------------------------------------------

  /** Say something: {text} or {button, words}. */
  say({ text, button, words = text }) {
    const entry = { id: newId(), text, button, words, state: navigator.onLine ? "sending" : "queued" };
    this.kept.outbox.push(entry);
    this.keep();
    this.view.mine(entry);
    this.flush();
  }

  /** Send what waits, one after the other. */
  async flush() {
    if (this.running || !this.restored) return;
    clearTimeout(this.timer);
    this.running = true;
    try {
      while (this.kept.outbox.length) {
        const entry = this.kept.outbox[0];
        if (!(await this.#deliver(entry))) return;
      }
      this.view.trouble(null);
    } finally {
      this.running = false;
      this.view.waiting(false);
    }
  }

  /** Try to send one entry; false where what waits behind it has to go on waiting. */
  async #deliver(entry) {
    this.#mark(entry, "sending");
    this.view.waiting(true);
    const { id, text, button } = entry;
    const { locale = null, cloud = null } = this.kept;
    const generation = this.kept;
    try {
      await this.#begin();
      const said = button ? { id, button } : { id, text };
      const reply = await this.#call("POST", "/message", { ...said, locale, cloud });
      if (generation !== this.kept) return false;
      this.#drop(entry, "sent");
      await this.#take(reply, true);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (generation !== this.kept) return false;
      return this.#failed(entry, error);
    }
  }

  #failed(entry, { kind, said, wait }) {
    if (kind === "expired" && !entry.renewed) {
      entry.renewed = true;
      this.#renew();
      if (!entry.button) return true;
    }
    if (kind === "rejected" || kind === "expired") {
      entry.said = said;
      this.#drop(entry, "rejected");
      return true;
    }
    entry.said = kind === "busy" ? said : "";
    this.#mark(entry, kind === "offline" ? "queued" : "failed");
    this.view.trouble(kind === "busy" ? null : kind);
    // a lost connection is tried again by itself: at once when the browser says that it is back, else in a while
    if (kind === "busy") this.timer = setTimeout(() => this.flush(), wait * 1000);
    else if (kind === "unavailable") this.#later(entry);
    return false;
  }

  #later(entry) {
    entry.tries = (entry.tries || 0) + 1;
    if (entry.tries <= 3) this.timer = setTimeout(() => this.flush(), RETRY_MS * 2 ** (entry.tries - 1));
  }

  #drop(entry, state) {
    this.kept.outbox = this.kept.outbox.filter((one) => one.id !== entry.id);
    this.#mark(entry, state);
  }

  #mark(entry, state) {
    entry.state = state;
    this.keep();
    this.view.entry(entry);
  }

  /** Try again now what did not work. */
  retry() {
    if (this.restored) this.flush();
    else this.restore();
  }

  // Receiving -----------------------------------------------------------------------------------------------------

  /** Show the messages of a reply, after those that came before them. `own`: the reply to an entry that is shown. */
  async #take(reply, own = false) {
    const mine = new Set(own ? reply.messages.filter((m) => m.from === "user").map((m) => m.seq) : []);
    let found = reply.messages;
    if (found.length && found[0].seq > this.kept.last + 1) {
      // something was said elsewhere (in a copied tab) or was lost on the way
      found = await this.#missed(found);
    }
    for (const message of found) {
      if (message.seq <= this.kept.last) continue;
      this.keep({ last: message.seq });
      if (message.from !== "user") this.view.guide(message);
      else if (!mine.has(message.seq)) this.view.mine({ words: message.text, state: "sent" });
    }
  }

  async #missed(found) {
    try {
      return (await this.#call("GET", `/messages?after=${this.kept.last}`)).messages;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      return found;
    }
  }

  /** Show what was said before this page was loaded, and go on where it was broken off. */
  async restore() {
    clearTimeout(this.timer);
    if (this.kept.token) {
      try {
        const { messages, last, pending } = await this.#call("GET", "/messages?after=0");
        this.view.begin();
        for (const message of messages) {
          if (message.from === "user") this.view.mine({ words: message.text, state: "sent" });
          else this.view.guide(message);
        }
        this.keep({ last });
        this.#showOutbox(messages);
        if (pending && !this.kept.outbox.length) this.#poll();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.kind !== "expired") {
          this.view.trouble(error.kind === "offline" ? "offline" : "unavailable");
          this.timer = setTimeout(() => this.restore(), Math.max(RETRY_MS, error.wait * 1000));
          return;
        }
        this.#renew();
      }
    } else {
      this.view.begin();
      this.#showOutbox([]);
    }
    this.restored = true;
    if (this.kept.outbox.length) this.flush();
    else this.view.trouble(null);
  }

  /** Entries that were not acknowledged; where the server took the first one up, its words stand there already. */
  #showOutbox(messages) {
    const latest = messages.filter((message) => message.from === "user").at(-1);
    for (const [i, entry] of this.kept.outbox.entries()) {
      const taken = i === 0 && latest?.text === entry.words.trim();
      if (!taken) this.view.mine(entry);
      else entry.words = latest.text;
    }
  }

  async #poll() {
    this.view.waiting(true);
    try {
      const reply = await this.#call("GET", `/messages?after=${this.kept.last}`);
      await this.#take(reply);
      if (reply.pending) this.timer = setTimeout(() => this.#poll(), POLL_MS);
      else this.view.waiting(false);
    } catch (error) {
      this.view.waiting(false);
      if (!(error instanceof Failure)) throw error;
    }
  }

  // The rest ------------------------------------------------------------------------------------------------------

  /** Whether an answer helped. Raises Failure. */
  async rate(seq, helpful) {
    await this.#call("POST", "/feedback", { seq, helpful });
  }

  /** Delete the conversation, here and on the server. Raises Failure where the server did not. */
  async clear() {
    clearTimeout(this.timer);
    if (this.kept.token) {
      try {
        await this.#call("DELETE", "/conversation");
      } catch (error) {
        if (error.kind !== "expired") throw error;
      }
    }
    this.#forget();
    this.view.waiting(false);
  }
}

function failure(status, { message = "", retry_after: wait = 0, error: code = "" }) {
  const words = typeof message === "string" ? message : "";
  if (status === 401) return new Failure("expired", { said: words, code });
  if (status === 429) return new Failure("busy", { said: words, wait: Math.max(1, Number(wait) || 5), code });
  if (status >= 500 || status === 408) return new Failure("unavailable", { said: words, code });
  return new Failure("rejected", { said: words, code });
}

// crypto.randomUUID is there in secure contexts only
function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
