/**
 * A page with the widgets of VS Code's notebooks: its own bundle, loaded as a preload of its renderer is, and what its
 * extension gives to the manager. Scripts of widgets are found by require.js.
 */
import { letRun, startKernel } from "./cells.js";

const version = new URLSearchParams(location.search).get("widgets");
window.define = window.requirejs.define ?? window.define;
window.undef = window.requirejs.undef;
const bundle = `./ipywidgets${version}.js`;
const { activate } = await import(bundle);
activate();
window[`vscIPyWidgets${version}`].load();

const kernel = await startKernel();
const found = new Set();
const loader = {
  widgetsRegisteredInRequireJs: found,
  loadWidgetScript: async (name) => void found.add(name),
  successHandler() {},
  errorHandler: (...why) => console.error("no widget", ...why),
};
const manager = new window.vscIPyWidgets.WidgetManager(kernel, undefined, loader, () => {});
letRun(kernel, async (data, element) => {
  const view = await manager.create_view(await manager.get_model(data.model_id), { el: element });
  await manager.display_view(data, view, { node: element });
});
