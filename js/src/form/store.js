/**
 * What stands in the form. One of these per model: its views share it. It lives in the browser; the kernel hears of it
 * when the typing pauses, and this browser remembers it in case the kernel dies.
 *
 * @import { Draft, Model, Problem, Schema, Values } from "./types.js"
 * @import { Wire } from "../kernel/types.js"
 */
import { Builder } from "./prompt_parts.js";
import { clamp } from "../ui/clamp.js";
import { onEvents, onModel, Subject, together } from "../kernel/events.js";
import { changedOf, forget, recall, remember } from "./browser_storage.js";
import { isAway } from "../kernel/link.js";
import { programOf } from "../kernel/program.js";
import { listen, newRequest, send } from "../kernel/protocol.js";
import { extrasOf } from "./extras.js";
import { isSaid, modelOf, problemsOf } from "./rules.js";
import { Images } from "./images.js";

/** How long a pause in the typing is, and how long the button rests after a click, so that a double one pays once. */
const PAUSE_MS = 600;
const REST_MS = 1500;
/** What follows a choice by itself; texts and images are never touched. */
const MOVABLE = new Set(["aspect_ratio", "resolution", "duration_seconds", "samples", "generate_audio", "person_generation"]);
/** What the form itself asks of the kernel, beside sending a request off. */
const ASKED = new Set(["ready", "history", "use", "recipe"]);

/**
 * @typedef {object} FormState
 * @property {Values} values
 * @property {boolean} locked  whether the seed stays after a clip was sent off
 * @property {{parameters: string[], reason: string, before: Values}|null} moved  what has followed the last choice
 * @property {number} adopted  how often the form was filled from elsewhere: by Python, a card, or another browser
 * @property {string} told  what the kernel has to say
 * @property {Problem[]} denied  why the kernel has refused
 * @property {""|"asking"|"sent"} order
 * @property {string} job  the newest job sent from here
 * @property {string[]} shown  extra parameters that are there to be filled in, whether anything is said of them or not
 * @property {boolean} tried  whether problems that need no pointing out before have to be shown now
 */

export class FormStore extends Subject {
  #wire;
  #page = newRequest();
  #at = 0;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #flushTimer;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #restTimer;
  #order = "";
  #end;

  /** @param {Wire & {get: (name: any) => any}} wire @param {typeof programOf} [program]  makes a module of its text */
  constructor(wire, program = programOf) {
    super();
    this.#wire = wire;
    this.program = program;
    /** @type {FormState} */
    this.state = { values: {}, locked: false, moved: null, adopted: 0, told: "", denied: [], order: "", job: "", tried: false, shown: [] };
    this.images = new Images(wire, () => this.changed());
    this.builder = new Builder(wire.get("place"), () => this.changed());
    this.#restore();
    this.#end = together(
      onModel(wire, "change:draft", () => this.#takeOver(this.#draft)),
      onModel(wire, "change:schema", () => this.changed()),
      onEvents(window, "pagehide", () => this.flush()),
      listen(wire, "accepted", (message) => this.#accepted(message)),
      listen(wire, "denied", (message) => this.#denied(message)),
      listen(wire, "told", ({ message }) => this.#set({ told: message })),
      listen(wire, "refused", (message) => this.#refused(message)),
    );
  }

  /** @returns {Schema} */
  get schema() {
    return this.#wire.get("schema");
  }

  /** @returns {Draft} */
  get #draft() {
    return this.#wire.get("draft");
  }

  /** @returns {Model} */
  get model() {
    return modelOf(this.schema, this.state.values);
  }

  /** @returns {Problem[]} */
  get problems() {
    const found = problemsOf(this.schema, this.state.values);
    return [...found, ...this.state.denied.filter(({ parameter }) => !found.some((one) => one.parameter === parameter))];
  }

  /**
   * Change what a control says and nothing else.
   *
   * @param {Values} change
   */
  say(change) {
    const values = Object.fromEntries(Object.entries({ ...this.state.values, ...change }).filter(([, value]) => isSaid(value)));
    // A fault of an extra parameter bears its path.
    const denied = this.state.denied.filter(({ parameter }) => parameter && !((parameter.split(".")[0] ?? "") in change));
    this.#set({ values, denied, told: "" });
    this.#edited();
  }

  /**
   * Choose, and have other choices follow where they would be impossible now; the form says which.
   *
   * @param {keyof Values} name
   * @param {unknown} value
   * @param {Partial<Record<keyof Values, unknown>>} [more]  what is chosen along with it
   */
  choose(name, value, more = {}) {
    const before = this.state.values;
    /** @type {Values & Record<string, any>} */
    const values = { ...before, .../** @type {Values} */ (more), [name]: value };
    /** @type {Problem[]} */
    const moves = [];
    for (let steps = 0; steps < MOVABLE.size; steps++) {
      const next = problemsOf(this.schema, values).find((one) => one.parameter !== name && MOVABLE.has(one.parameter) && one.allowed?.length);
      if (!next?.allowed) break;
      values[next.parameter] = nearest(next.allowed, values[next.parameter]);
      moves.push(next);
    }
    this.say(values);
    const parameters = [...new Set(moves.map(({ parameter }) => parameter))];
    this.#set({ moved: moves[0] ? { parameters, reason: moves[0].message, before } : null });
  }

  /** Say an extra parameter, or leave it out. @param {string} name @param {unknown} value */
  sayExtra(name, value) {
    const { [name]: _, ...rest } = this.state.values.extra ?? {};
    if (this.#others.includes(name)) this.showExtra(name);
    this.say({ extra: value === undefined ? rest : { ...this.state.values.extra, [name]: value } });
  }

  /** Show a field for an extra parameter, in its place or after the others. @param {string} name */
  showExtra(name) {
    this.#set({ shown: [...new Set([...this.#others, name])] });
  }

  /** @param {string} name */
  removeExtra(name) {
    this.sayExtra(name, undefined);
    this.#set({ shown: this.state.shown.filter((one) => one !== name) });
  }

  get #others() {
    return extrasOf(this.schema, this.model, this.state.values, this.state.shown).others.map(({ name }) => name);
  }

  /** Take the last choice back. */
  undo() {
    const { moved, values } = this.state;
    if (!moved) return;
    const gone = Object.fromEntries(Object.keys(values).map((name) => [name, undefined]));
    this.say({ ...gone, ...moved.before });
    this.#set({ moved: null });
  }

  /** @param {boolean} locked */
  lock(locked) {
    this.#set({ locked });
    this.#edited();
  }

  /** @param {Partial<Pick<FormState, "told"|"moved">>} change */
  dismiss(change) {
    this.#set(change);
  }

  /**
   * Send the request off, once: not while an answer is awaited, and not by the second half of a double click.
   *
   * @returns {boolean} whether it was sent
   */
  generate() {
    // Nothing that costs money is left for a connection that may come back when nobody looks.
    if (this.state.order || this.images.busy || isAway(this.#wire)) return false;
    if (problemsOf(this.schema, this.state.values).length > 0) {
      this.#set({ tried: true });
      return false;
    }
    clearTimeout(this.#flushTimer);
    this.#order = newRequest();
    this.#flushTimer = undefined;
    this.#set({ order: "asking", denied: [], told: "", moved: null, tried: false });
    const sent = send(this.#wire, "generate", { order: this.#order, draft: this.#draftNow() });
    if (!sent) this.#set({ order: "" });
    return sent;
  }

  /** Tell the kernel now what it has not heard yet. */
  flush() {
    if (this.#flushTimer === undefined) return;
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    send(this.#wire, "draft", { draft: this.#draftNow() });
  }

  dispose() {
    clearTimeout(this.#flushTimer);
    clearTimeout(this.#restTimer);
    this.#end();
    this.images.dispose();
    super.dispose();
  }

  #draftNow() {
    const { values, locked } = this.state;
    return { values, locked, at: this.#at, by: this.#page };
  }

  /** What the kernel has, or what this browser remembers where that is newer. */
  #restore() {
    const draft = this.#draft;
    const kept = recall(this.#wire.get("place"));
    if (!kept || kept.at <= draft.at) {
      this.#takeOver(draft);
      return;
    }
    const values = { ...kept.values, ...changedOf(draft.given, kept.given) };
    Object.assign(this.state, { values, locked: kept.locked });
    this.#at = kept.at;
    this.#flushTimer = setTimeout(() => this.flush(), 0);
  }

  /** @param {Draft} draft */
  #takeOver(draft) {
    // The echo of what was typed here: it is older than what stands in the form now.
    if (draft.by === this.#page) return;
    this.#at = Math.max(this.#at, draft.at);
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#set({ values: draft.values, locked: draft.locked, denied: [], moved: null, shown: [], adopted: this.state.adopted + 1 });
    if (draft.at > 0) remember(this.#wire.get("place"), { ...this.#draftNow(), given: draft.given });
    else forget(this.#wire.get("place"));
  }

  #edited() {
    // Later than whatever the kernel said last, even if its clock is ahead of this one.
    this.#at = Math.max(Date.now(), this.#at + 1);
    remember(this.#wire.get("place"), { ...this.#draftNow(), given: this.#draft.given });
    clearTimeout(this.#flushTimer);
    this.#flushTimer = setTimeout(() => this.flush(), PAUSE_MS);
  }

  /** @param {{order: string, job: string}} message */
  #accepted({ order, job }) {
    if (order !== this.#order) return;
    this.#set({ order: "sent", job });
    this.builder.keep();
    // The second half of a double click arrives after a quick answer.
    this.#restTimer = setTimeout(() => this.#set({ order: "" }), REST_MS);
    const { values, locked } = this.state;
    // The same seed again would make the same clip, and cost as much.
    if (isSaid(values.seed) && !locked) this.say({ seed: newSeed() });
  }

  /** @param {{order: string, problems: Problem[]}} message */
  #denied({ order, problems }) {
    if (order !== this.#order) return;
    const denied = problems.map(({ parameter, message }) => ({ parameter, message: message.replace(/^\w+: /, "") }));
    this.#set({ order: "", denied, tried: true });
  }

  /**
   * The kernel could not even begin: its client is closed, or Python runs in the browser.
   *
   * @param {{command: string, message: string}} refusal
   */
  #refused({ command, message }) {
    if (command === "generate") this.#set({ order: "", denied: [{ parameter: "", message }], tried: true });
    else if (ASKED.has(command)) this.#set({ told: message });
  }

  /** @param {Partial<FormState>} change */
  #set(change) {
    this.state = { ...this.state, ...change };
    this.changed();
  }
}

export const newSeed = () => /** @type {number} */ (crypto.getRandomValues(new Uint32Array(1))[0]);

/**
 * @param {(string|number|boolean)[]} allowed
 * @param {unknown} value
 */
function nearest(allowed, value) {
  if (typeof value !== "number") return allowed[0];
  const numbers = allowed.map(Number);
  const least = Math.min(...numbers.map((one) => Math.abs(one - value)));
  return clamp(numbers.find((one) => Math.abs(one - value) === least) ?? value, Math.min(...numbers), Math.max(...numbers));
}
