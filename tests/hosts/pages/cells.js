/**
 * A kernel of a Jupyter server behind a page that is no Jupyter's own, and under each run of code what it shows.
 */
import { KernelManager, ServerConnection } from "@jupyterlab/services";

export const WIDGET = "application/vnd.jupyter.widget-view+json";
/** What is taken of an output's forms, the first that is there, where there is no widget. */
const ORDER = ["text/html", "image/jpeg", "text/plain"];

/** Start a kernel, and have code run in it by `window.run`. */
export async function startKernel() {
  const { base, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const serverSettings = ServerConnection.makeSettings({ baseUrl: base, wsUrl: base.replace(/^http/, "ws"), token, appendToken: true });
  const manager = new KernelManager({ serverSettings });
  return manager.startNew({ name: "python3" });
}

/**
 * Let the test run code: `window.run` ends with the run, when its outputs stand on the page in an element of their own.
 *
 * @param kernel  the connection to the kernel
 * @param showWidget  draws the widget of an output into an element
 */
export function letRun(kernel, showWidget) {
  /** Outputs that may be updated later, by their display id. */
  const named = new Map();
  const draw = (element, data) => {
    if (data[WIDGET]) return void showWidget(data[WIDGET], element);
    const mime = ORDER.find((name) => name in data);
    if (mime === "text/html") element.innerHTML = data[mime];
    else if (mime === "image/jpeg") element.innerHTML = `<img src="data:image/jpeg;base64,${data[mime]}">`;
    else element.textContent = data[mime] ?? "";
  };
  const add = (cell, { data, transient }) => {
    const element = cell.appendChild(document.createElement("div"));
    element.className = "output";
    const id = transient?.display_id;
    if (id) named.set(id, [...(named.get(id) ?? []), element]);
    draw(element, data);
  };
  kernel.anyMessage.connect((_, { msg, direction }) => {
    if (direction !== "recv" || msg.header.msg_type !== "update_display_data") return;
    for (const element of named.get(msg.content.transient.display_id) ?? []) draw(element, msg.content.data);
  });
  window.run = async (code) => {
    const cell = document.body.appendChild(document.createElement("div"));
    cell.className = "cell";
    let said = "";
    const run = kernel.requestExecute({ code });
    run.onIOPub = ({ header, content }) => {
      if (header.msg_type === "display_data" || header.msg_type === "execute_result") add(cell, content);
      if (header.msg_type === "stream") said += content.text;
    };
    const { content } = await run.done;
    if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
    return said;
  };
  window.stop = () => kernel.shutdown();
}
