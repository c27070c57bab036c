/** A session of JupyterLab, as far as the widgets look at it. */
class FakeSession {
  /** @type {Set<() => void>} */
  #slots = new Set();
  session = { kernel: { status: "idle", connectionStatus: "connected", isDisposed: false } };
  statusChanged = { connect: (/** @type {() => void} */ slot) => this.#slots.add(slot), disconnect: (/** @type {() => void} */ slot) => this.#slots.delete(slot) };

  end() {
    this.#tell({ status: "dead" });
  }

  /** @param {"connected"|"connecting"} connectionStatus */
  connection(connectionStatus) {
    this.#tell({ connectionStatus });
  }

  /** @param {Partial<typeof this.session.kernel>} change */
  #tell(change) {
    Object.assign(this.session.kernel, change);
    for (const slot of this.#slots) slot();
  }
}

/** A model as anywidget gives it to a widget, without a kernel behind it. */
export class FakeModel {
  /** @type {Map<string, Set<(...args: any[]) => void>>} */
  #listeners = new Map();
  /** @type {{content: any, buffers: ArrayBuffer[]}[]} */
  sent = [];
  /** @type {(content: any) => void} */
  onSend = () => {};

  /** @param {Record<string, any>} state */
  constructor(state) {
    const session = new FakeSession();
    /** @type {Record<string, any>} */
    this.state = { session, ...state };
    this.widget_manager = { context: { sessionContext: session } };
  }

  /** @param {any} name */
  get(name) {
    return this.state[name];
  }

  /**
   * @param {any} name
   * @param {any} value
   */
  set(name, value) {
    this.state = { ...this.state, [name]: value };
    this.emit(`change:${name}`);
  }

  save_changes() {}

  /**
   * @param {string} event
   * @param {(...args: any[]) => void} listener
   */
  on(event, listener) {
    const all = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, all.add(listener));
  }

  /**
   * @param {string} event
   * @param {(...args: any[]) => void} listener
   */
  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }

  /**
   * @param {any} content
   * @param {any} [_callbacks]
   * @param {ArrayBuffer[]} [buffers]
   */
  send(content, _callbacks, buffers = []) {
    this.sent.push({ content, buffers });
    this.onSend(content);
  }

  /**
   * @param {string} event
   * @param {any[]} args
   */
  emit(event, ...args) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }

  /** How many listeners are still there. */
  get listening() {
    return [...this.#listeners.values()].reduce((sum, all) => sum + all.size, 0);
  }

  /** @param {string} kind */
  sentOf(kind) {
    return this.sent.filter(({ content }) => content.kind === kind);
  }
}
