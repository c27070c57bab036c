/**
 * The frame that is showing, at its native size, decoded by the browser and by nothing else.
 *
 * @import { Clip, Wire } from "../kernel/types.js"
 */
import { whenDrawn } from "./drawing.js";
import { frameShown, halt } from "./playback.js";
import { send, upward_bytes } from "../kernel/protocol.js";

export const CANNOT_READ = "This browser does not hand out the frame. The file has it.";

/**
 * @param {HTMLVideoElement} video
 * @param {Clip} clip
 * @returns {Promise<unknown>}
 */
async function standsStill(video, clip) {
  halt(video, clip);
  return video.seeking && new Promise((resolve) => video.addEventListener("seeked", resolve, { once: true }));
}

/**
 * Stop, and take the picture that is on screen.
 *
 * @param {HTMLVideoElement} video
 * @param {Clip} clip
 * @returns {Promise<{frame: number, png: Blob}>}
 */
export async function takeFrame(video, clip) {
  await standsStill(video, clip);
  const frame = frameShown(video, clip);
  try {
    const canvas = await whenDrawn(video, video.videoWidth, video.videoHeight);
    if (canvas) {
      /** @type {Blob|null} */
      const png = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
      if (png) return { frame, png };
    }
  } catch {
    // A picture from elsewhere is kept from scripts.
  }
  throw new Error(CANNOT_READ);
}

/**
 * Send a frame to the kernel in pieces.
 *
 * @param {Wire} wire
 * @param {{sample: number, frame: number, role: string, request: string}} about
 * @param {Blob} png
 */
export async function sendFrame(wire, about, png) {
  const all = await png.arrayBuffer();
  for (let offset = 0; offset < all.byteLength; offset += upward_bytes) {
    send(wire, "grab", { ...about, offset, total: all.byteLength }, [all.slice(offset, offset + upward_bytes)]);
  }
}

/**
 * Put a frame on the clipboard. The promise is handed over unresolved: some browsers allow it only within the click.
 *
 * @param {Promise<{png: Blob}>} taken
 */
export async function copyFrame(taken) {
  if (!navigator.clipboard?.write || typeof ClipboardItem === "undefined") throw new Error("The clipboard is not available here.");
  await navigator.clipboard.write([new ClipboardItem({ "image/png": taken.then(({ png }) => png) })]);
}
