/**
 * A still of a clip that has none, taken in the browser, small enough to live in the notebook.
 */
import { whenDrawn } from "./drawing.js";

const WIDTH = 480;
const LIMIT = 10_000;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} quality  0 to 1
 * @returns {Promise<Blob|null>}
 */
const jpeg = (canvas, quality) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

/**
 * The frame that is showing, as a JPEG of at most 10 kB.
 *
 * @param {HTMLVideoElement} video
 * @returns {Promise<ArrayBuffer|null>} null when the frame cannot be read or does not get small enough
 */
export async function takePoster(video) {
  if (!video.videoWidth) return null;
  for (let width = Math.min(WIDTH, video.videoWidth); width >= 120; width = Math.round(width * 0.7)) {
    const height = Math.max(1, Math.round((width * video.videoHeight) / video.videoWidth));
    const canvas = await whenDrawn(video, width, height).catch(() => null);
    if (!canvas) return null;
    for (let quality = 0.8; quality > 0.25; quality -= 0.12) {
      const blob = await jpeg(canvas, quality).catch(() => null);
      if (!blob) return null;
      if (blob.size <= LIMIT) return blob.arrayBuffer();
    }
  }
  return null;
}
