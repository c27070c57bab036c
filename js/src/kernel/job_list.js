/**
 * The jobs of a studio, newest first. Each has a model of its own, as if it stood alone, that speaks through the studio's.
 *
 * @import { Job, Wire } from "./types.js"
 */
import { onModel, Subject, together } from "./events.js";
import { GONE } from "./link.js";
import { listen, send } from "./protocol.js";

/** One job as its card knows it: a trait, and a way to its part of the kernel. */
export class JobModel {
  #wire;
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  #listeners = new Map();

  /** @param {Wire} wire @param {Job} job */
  constructor(wire, job) {
    this.#wire = wire;
    this.job = job;
  }

  /** @param {string} name */
  get(name) {
    return name === "job" ? this.job : undefined;
  }

  /** @param {string} event @param {(...args: any[]) => void} listener */
  on(event, listener) {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(listener));
  }

  /** @param {string} event @param {(...args: any[]) => void} listener */
  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }

  /** @param {any} message @param {any} [_callbacks] @param {ArrayBuffer[]} [buffers] */
  send(message, _callbacks, buffers = []) {
    if (!send(this.#wire, "of-job", { job: this.job.id, message }, buffers)) throw new Error(GONE);
  }

  get widget_manager() {
    return this.#wire.widget_manager;
  }

  /** @param {Job} job */
  show(job) {
    this.job = job;
    this.emit("change:job");
  }

  /** @param {string} event @param {any[]} args */
  emit(event, ...args) {
    // A copy: a listener may take itself off while it is told.
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }
}

export class JobList extends Subject {
  /** @type {Map<string, JobModel>} */
  #models = new Map();
  #end;

  /** @param {Wire} wire */
  constructor(wire) {
    super();
    this.#end = together(
      listen(wire, "job", ({ job }) => this.#take(wire, job)),
      onModel(wire, "comm_live_update", () => this.all.forEach((model) => model.emit("comm_live_update"))),
      listen(wire, "of-job", ({ job, message }, buffers) => this.#models.get(job)?.emit("msg:custom", message, buffers)),
    );
  }

  /** @returns {JobModel[]} newest first */
  get all() {
    return [...this.#models.values()].sort((a, b) => b.job.created_at - a.job.created_at);
  }

  dispose() {
    this.#end();
    this.#models.clear();
    super.dispose();
  }

  /** @param {Wire} wire @param {Job} job */
  #take(wire, job) {
    const known = this.#models.get(job.id);
    if (known) known.show(job);
    else this.#models.set(job.id, new JobModel(wire, job));
    this.changed();
  }
}
