/** How often to look whether there is something to draw, and the pause between two looks: five seconds in all. */
const LOOKS = 100;
const PAUSE_MS = 50;

/**
 * What an element shows, on a canvas of this size, as soon as there is something to draw: WebKit says that it has loaded, or
 * sought, before there is.
 *
 * @param {HTMLVideoElement} video
 * @param {number} width
 * @param {number} height
 * @returns {Promise<HTMLCanvasElement|null>} null if nothing came
 */
export async function whenDrawn(video, width, height) {
  for (let look = 0; look < LOOKS; look++) {
    // The picture that is looked at is the one that is kept: the next may be empty again.
    const canvas = canvasOf(video, width, height, true);
    if (canvas.getContext("2d")?.getImageData(0, 0, 1, 1).data[3]) return canvasOf(canvas, width, height, false);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

/**
 * @param {HTMLVideoElement|HTMLCanvasElement} source
 * @param {number} width
 * @param {number} height
 * @param {boolean} alpha  whether it stays transparent where there was nothing to draw
 */
function canvasOf(source, width, height, alpha) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { alpha })?.drawImage(source, 0, 0, width, height);
  return canvas;
}
