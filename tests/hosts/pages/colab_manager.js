/**
 * A widget manager as Colab's is: made of the same packages, in the same versions, with what its public source does to
 * messages. They pass through JSON; bytes leave and arrive as `Uint8Array`; a model is made when it is first drawn.
 */
import * as base from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import * as controls from "@jupyter-widgets/controls";

/** @param {ArrayBuffer|ArrayBufferView} buffer */
const bytes = (buffer) => (ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer));

const MODULES = { "@jupyter-widgets/base": base, "@jupyter-widgets/controls": controls };

/** What a script that calls `define` defines. */
async function load(module) {
  const script = await (await fetch(`./${module}.js`)).text();
  let found;
  const define = (names, make) => (found = make(...names.map((name) => MODULES[name])));
  new Function("define", script)(define);
  return found;
}

/** A channel as models know them. */
class Comm {
  target_name = "";

  constructor(id, channel) {
    this.comm_id = id;
    this.channel = channel;
  }

  send(data, callbacks, _metadata, buffers) {
    const idle = () => callbacks?.iopub?.status?.({ content: { execution_state: "idle" } });
    void this.channel.send(JSON.parse(JSON.stringify(data)), buffers && { buffers: buffers.map(bytes) }).then(idle);
    return "";
  }

  async on_msg(hear) {
    for await (const { data, buffers = [] } of this.channel.messages) hear({ content: { comm_id: this.comm_id, data }, buffers: buffers.map(bytes) });
  }

  async on_close(hear) {
    for await (const _ of this.channel.messages);
    hear();
  }

  close() {
    this.channel.close();
    return "";
  }
}

class Manager extends ManagerBase {
  #models = new Map();

  constructor(environment) {
    super();
    this.environment = environment;
  }

  async loadClass(name, module) {
    if (!(module in MODULES)) MODULES[module] = load(module);
    return (await MODULES[module])[name];
  }

  async _create_comm(target, id, data, _metadata, buffers) {
    return new Comm(id, await this.environment.openCommChannel(target, data, buffers?.map(bytes)));
  }

  get_model(id) {
    if (!this.#models.has(id)) this.#models.set(id, this.#make(id));
    return this.#models.get(id);
  }

  async #make(id) {
    const { modelName, modelModule, modelModuleVersion, state, comm } = await this.environment.getModelState(id);
    const options = { model_name: modelName, model_module: modelModule, model_module_version: modelModuleVersion, model_id: id };
    return this.new_model({ ...options, comm: comm && new Comm(id, comm) }, state);
  }

  async render(id, element) {
    const view = await this.create_view(await this.get_model(id));
    element.append(view.el);
  }
}

export const createWidgetManager = (environment) => new Manager(environment);
