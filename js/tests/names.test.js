/** The names that the build makes short: none may be one that the browser knows, or that part of it is no longer reached. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** What else has a name of the list, and why that does no harm: no view makes, is handed or reads one of these. */
const REASONED = {
  clip: ["CSSStyleProperties", "CanvasDrawPath"], // nothing is cut out, in a style or on a canvas
  changed: ["CookieChangeEvent", "CookieChangeEventInit"], // no cookies
  dispose: ["DisposableStack", "SymbolConstructor"], // no `using`, which the build's target does not have
  hint: ["WebGLRenderingContextBase"], // canvases are drawn on in 2D
  icon: ["Notification", "NotificationOptions"], // no notifications
  loaded: ["FontFace", "ProgressEvent", "ProgressEventInit"], // no fonts, and bytes come by messages or by `fetch`
  measure: ["Performance"], // no timings
  opener: ["Window"], // no window is opened
  pending: ["Animation", "LockManagerSnapshot", "PaymentItem", "SpeechSynthesis"], // animations are the style sheets'
  pressed: ["GamepadButton"], // no gamepads
  rate: ["SpeechSynthesisUtterance"], // no speech
  seek: ["FileSystemWritableFileStream"], // downloads are links
  shape: ["HTMLAnchorElement", "HTMLAreaElement"], // no image maps
  silent: ["Notification", "NotificationOptions"],
  store: ["Atomics", "CredentialsContainer"], // no shared memory, no passwords
  subscribe: ["CookieStoreManager", "PushManager"],
  video: ["DisplayMediaStreamOptions", "MediaCapabilitiesKeySystemConfiguration", "MediaConfiguration", "MediaStreamConstraints"], // no cameras
  visible: ["BarProp"], // the browser's bars are its own
  waiting: ["ServiceWorkerRegistration"], // no service worker
};

const SHORTENED = /\$\{`(.*?)`\.trim/s.exec(readFileSync("build.mjs", "utf8"))?.[1]?.trim().split(/\s+/) ?? [];
const INTERFACE = /^interface (\w+)[^\n]*\{\n(.*?)^\}/gms;
const MEMBER = /^ {4}(?:readonly |get |set )?(\w+)\??[:(<]/gm;

/** By the name of a member, the interfaces of the language and the page that have it. */
function owners() {
  /** @type {Record<string, string[]>} */
  const found = Object.create(null);
  const packages = readdirSync("node_modules/@typescript").map((name) => `node_modules/@typescript/${name}/lib`);
  const files = packages.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`));
  for (const file of files.filter((name) => /\/lib\.(dom|es[^/]*)\.d\.ts$/.test(name))) {
    for (const [, name = "", body = ""] of readFileSync(file, "utf8").matchAll(INTERFACE)) {
      for (const [, member = ""] of body.matchAll(MEMBER)) (found[member] ??= []).push(name);
    }
  }
  return found;
}

it("shortens no name of the page's own", () => {
  const known = owners();
  expect(known.buffered).toContain("HTMLMediaElement");
  expect(known.position).toContain("CSSStyleProperties");
  const clashes = SHORTENED.filter((name) => known[name]).map((name) => [name, [...new Set(known[name])].sort()]);
  expect(Object.fromEntries(clashes)).toEqual(REASONED);
});
