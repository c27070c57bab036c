/**
 * A page that gives a widget manager what Colab gives to its own: the state of a model, channels whose messages are read
 * one after the other, and nothing else of the kernel (the interface is described in googlecolab/colab-cdn-widget-manager).
 */
import { letRun, startKernel } from "./cells.js";

const { createWidgetManager } = await import("./colab_manager.js");

/** The messages of a channel, which may be read by several, each from the first. */
class Channel {
  #heard = [];
  #open = true;
  #wake = new Set();
  #comm;

  constructor(comm) {
    this.#comm = comm;
    comm.onMsg = ({ content, buffers }) => {
      this.#heard.push({ data: content.data, buffers: buffers?.map((one) => (ArrayBuffer.isView(one) ? one.buffer.slice(one.byteOffset, one.byteOffset + one.byteLength) : one)) });
      this.#tell();
    };
    comm.onClose = () => {
      this.#open = false;
      this.#tell();
    };
    this.messages = { [Symbol.asyncIterator]: () => this.#read() };
  }

  #tell() {
    for (const wake of this.#wake) wake();
    this.#wake.clear();
  }

  async *#read() {
    for (let at = 0; ; at += 1) {
      while (at === this.#heard.length) {
        if (!this.#open) return;
        await new Promise((wake) => this.#wake.add(wake));
      }
      yield this.#heard[at];
    }
  }

  async send(data, options) {
    // On its way through frames it is copied as `postMessage` copies, which refuses what is no plain data.
    const copied = structuredClone({ data, buffers: options?.buffers });
    // With the kernel's end its answers are cancelled.
    await this.#comm.send(copied.data, undefined, copied.buffers).done.catch(() => {});
  }

  close() {
    this.#comm.close();
  }
}

/** State with its buffers in their places. */
function whole({ state, buffer_paths: paths = [] }, buffers = []) {
  paths.forEach((path, at) => {
    const parent = path.slice(0, -1).reduce((within, key) => within[key], state);
    parent[path.at(-1)] = buffers[at].buffer ?? buffers[at];
  });
  return state;
}

const kernel = await startKernel();
const models = new Map();
const environment = {
  getModelState: async (id) => models.get(id),
  async openCommChannel(target, data, buffers) {
    const comm = kernel.createComm(target);
    await comm.open(data, undefined, buffers).done;
    return new Channel(comm);
  },
  async renderOutput() {},
};
const manager = createWidgetManager(environment);
kernel.registerCommTarget("jupyter.widget", (comm, { content, buffers }) => {
  const state = whole(content.data, buffers);
  const { _model_name: modelName, _model_module: modelModule, _model_module_version: modelModuleVersion } = state;
  models.set(comm.commId, { modelName, modelModule, modelModuleVersion, state, comm: new Channel(comm) });
});
letRun(kernel, (data, element) => manager.render(data.model_id, element));
