/**
 * The Jupyter server's own address of a clip: seekable, and no byte passes through the kernel.
 *
 * @import { Clip } from "./types.js"
 */

/**
 * The server's base path, if this page was served by Jupyter. The one look-up outside the widget's element.
 *
 * @param {Document} [page]
 * @returns {string|null}
 */
export function serverBase(page = document) {
  const element = page.getElementById("jupyter-config-data");
  if (!element) return null;
  try {
    const base = JSON.parse(element.textContent ?? "").baseUrl;
    return typeof base === "string" ? base.replace(/\/*$/, "/") : null;
  } catch {
    return null;
  }
}

/**
 * A GET that is signed by a cookie needs a Referer or the `_xsrf` cookie's value; some pages send no Referer.
 *
 * @param {string} cookies  as in `document.cookie`
 */
function xsrf(cookies) {
  return /(?:^|;\s*)_xsrf=([^;]+)/.exec(cookies)?.[1] ?? "";
}

/**
 * The `/files/` address of a clip. Its version in `v` lets the browser keep the file for as long as it likes.
 *
 * @param {Clip} clip
 * @param {string|null} base
 * @param {string} [cookies]
 * @returns {string|null}
 */
export function filesUrl(clip, base, cookies = document.cookie) {
  if (base === null || !clip.files_path) return null;
  const path = clip.files_path.split("/").map(encodeURIComponent).join("/");
  const query = new URLSearchParams({ v: clip.version });
  if (xsrf(cookies)) query.set("_xsrf", decodeURIComponent(xsrf(cookies)));
  return `${base}files/${path}?${query}`;
}

/**
 * Whether that address, which an element has shown a frame of, serves this clip: a file of the right length.
 *
 * @param {string} url
 * @param {Clip} clip
 * @param {AbortSignal} [signal]
 * @param {typeof fetch} [get]
 */
export async function serves(url, clip, signal, get = fetch) {
  try {
    // Two bytes, not a HEAD: the player asks for ranges too.
    const reply = await get(url, { headers: { Range: "bytes=0-1" }, credentials: "same-origin", signal: signal ?? null });
    // A server without ranges would send the whole clip.
    void reply.body?.cancel();
    if (!reply.ok) return false;
    const total = /\/(\d+)$/.exec(reply.headers.get("content-range") ?? "")?.[1];
    // Another file may bear the name by now.
    return total === undefined || Number(total) === clip.bytes;
  } catch {
    return false;
  }
}
