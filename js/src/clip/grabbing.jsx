/**
 * Takes the frame on screen for something: the next request, a file, the clipboard.
 *
 * @import { Clip, Wire } from "../kernel/types.js"
 * @import { IconName } from "../ui/icons.jsx"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { together } from "../kernel/events.js";
import { copyFrame, sendFrame, takeFrame } from "./grab.js";
import { listen, newRequest, send } from "../kernel/protocol.js";
import { Dismiss } from "../ui/icons.jsx";
import { Menu } from "../ui/menu.jsx";

/** @typedef {"first_frame"|"last_frame"|"reference_images"|"file"|"clipboard"} Role */

/** @type {[Role, IconName, string][]} */
const ROLES = [
  ["first_frame", "first", "First frame of the next shot"],
  ["last_frame", "last", "Last frame of the next shot"],
  ["reference_images", "image", "Reference image"],
  ["file", "download", "PNG beside the clip"],
  ["clipboard", "copy", "Copy to the clipboard"],
];

/** How long a good word stays. */
const STAYS_MS = 6000;

/** @typedef {{text: string, bad: boolean}} Word */

/**
 * What is said about the last frame, and the one that is still on its way.
 *
 * @param {Wire} wire
 */
function useWord(wire) {
  const [word, setWord] = useState(/** @type {Word|null} */ (null));
  // Listened for from the first: the answer may be quicker than the next drawing.
  const request = useRef("");
  useEffect(() => {
    const answer = (/** @type {Word} */ told) => {
      request.current = "";
      setWord(told);
    };
    return together(
      listen(wire, "grabbed", (message) => message.request === request.current && answer({ text: message.message, bad: false })),
      listen(wire, "refused", (message) => ["grab", "reuse"].includes(message.command) && request.current && answer({ text: message.message, bad: true })),
    );
  }, [wire]);
  useEffect(() => {
    if (!word || word.bad || request.current) return undefined;
    const timer = setTimeout(() => setWord(null), STAYS_MS);
    return () => clearTimeout(timer);
  }, [word]);
  const expect = (/** @type {string} */ wanted) => void (request.current = wanted);
  return { word, say: setWord, expect };
}

/**
 * @param {Wire} wire
 * @param {Clip} clip
 * @param {HTMLVideoElement|null} video
 */
export function useGrabbing(wire, clip, video) {
  const [open, setOpen] = useState(false);
  const { word, say, expect } = useWord(wire);
  const grab = async (/** @type {Role} */ role) => {
    if (!video) return;
    const taken = takeFrame(video, clip);
    try {
      if (role === "clipboard") {
        const [{ frame }] = await Promise.all([taken, copyFrame(taken)]);
        say({ text: `Frame ${frame} is on the clipboard.`, bad: false });
        return;
      }
      const { frame, png } = await taken;
      const request = newRequest();
      expect(request);
      say({ text: `Frame ${frame} is on its way to the kernel …`, bad: false });
      await sendFrame(wire, { sample: clip.sample, frame, role, request }, png);
    } catch (error) {
      say({ text: error instanceof Error ? error.message : String(error), bad: true });
    }
  };
  const reuse = () => {
    const request = newRequest();
    expect(request);
    send(wire, "reuse", { sample: clip.sample, request });
  };
  return { open, setOpen, grab, reuse, word, dismiss: () => say(null) };
}

/** @typedef {ReturnType<typeof useGrabbing>} Grabbing */

/** @param {{grabbing: Grabbing, ready: boolean}} props */
export function GrabMenu({ grabbing, ready }) {
  const items = ROLES.map(([role, icon, label], index) => ({
    icon,
    label,
    hint: String(index + 1),
    onPick: () => void grabbing.grab(role),
  }));
  return (
    <Menu
      icon="camera"
      label={ready ? "Take this frame" : "Take this frame, once the clip is loaded"}
      keys="g"
      disabled={!ready}
      open={grabbing.open}
      onOpen={grabbing.setOpen}
      items={items}
    />
  );
}

/** @param {{grabbing: Grabbing}} props */
export function GrabWord({ grabbing: { word, dismiss } }) {
  return (
    <div class={word ? `veo-remark ${word.bad ? "veo-remark-bad" : ""}` : "veo-unseen"} role="status">
      {word && <span>{word.text}</span>}
      {word?.bad && <Dismiss onClick={dismiss} />}
    </div>
  );
}
