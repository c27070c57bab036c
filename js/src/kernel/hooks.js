/**
 * State that lives outside a view: a trait, a clip's source, the time.
 *
 * @import { Clip, Job, Mark, Wire } from "./types.js"
 * @import { ClipSources } from "./clip_sources.js"
 * @import { KernelClock } from "./time.js"
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { onModel, together } from "./events.js";
import { GONE, isAway, useSilent } from "./link.js";
import { listen, newRequest, send } from "./protocol.js";
import { programOf } from "./program.js";
import { useRedraw } from "./redraw.js";

/**
 * A trait's value, and the view drawn again when it changes.
 *
 * @template T
 * @param {Wire & {get: (name: any) => any}} wire
 * @param {string} name
 * @returns {T}
 */
export function useTrait(wire, name) {
  const [value, setValue] = useState(() => wire.get(name));
  useEffect(() => {
    const update = () => setValue(wire.get(name));
    update();
    return onModel(wire, `change:${name}`, update);
  }, [wire, name]);
  return value;
}

/** By the kinds of the messages that they come with. @type {Record<string, any>} */
const programs = {};

/**
 * Code that is asked of the kernel when the first of the page needs it; undefined until it is there.
 *
 * @param {Wire} wire
 * @param {"panels"|"player"} kind
 */
export function useProgram(wire, kind) {
  const [ready, setReady] = useState(kind in programs);
  useEffect(() => {
    if (ready) return undefined;
    const stop = listen(wire, kind, async ({ code }) => {
      programs[kind] ??= await programOf(code);
      setReady(true);
    });
    send(wire, kind);
    return stop;
  }, [ready]);
  return programs[kind];
}

/**
 * @param {ClipSources} sources
 * @param {Clip} clip
 */
export function useSource(sources, clip) {
  const [, see] = useState({});
  // Only for this clip: a grid has many, each of which changes several times. Not after a paint, which would hold it up.
  useLayoutEffect(() => sources.subscribe(() => see(sources.get(clip))), [sources, clip]);
  return sources.get(clip);
}

/**
 * The kernel's time in ms, ticking while `ticking`.
 *
 * @param {KernelClock} clock
 * @param {boolean} ticking
 */
export function useNow(clock, ticking) {
  const [now, setNow] = useState(clock.now);
  useEffect(() => {
    setNow(clock.now());
    if (!ticking) return undefined;
    const timer = setInterval(() => setNow(clock.now()), 250);
    return () => clearInterval(timer);
  }, [clock, ticking]);
  return now;
}

/**
 * Whether the element is on screen now, or nearly.
 *
 * @param {Element|null} element
 * @param {string} [margin]  around the screen
 */
export function useVisible(element, margin = "160px") {
  const watched = typeof IntersectionObserver !== "undefined";
  const [visible, setVisible] = useState(!watched);
  useLayoutEffect(() => {
    if (!element || !watched) return undefined;
    // The observer tells after the next frame, and the one that shows a page's first output takes long.
    const { top, bottom, width } = element.getBoundingClientRect();
    setVisible(width > 0 && bottom > 0 && top < innerHeight);
    const watcher = new IntersectionObserver((entries) => setVisible(entries.at(-1)?.isIntersecting ?? false), { rootMargin: margin });
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [element]);
  return visible;
}

/**
 * Whether the element is, or ever was, on screen.
 *
 * @param {Element|null} element
 */
export function useSeen(element) {
  const seen = useRef(false);
  if (useVisible(element, "0px")) seen.current = true;
  return seen.current;
}

/**
 * A word that goes again by itself.
 *
 * @param {(word: string) => number} stays  for so many milliseconds
 * @returns {[string, (word: string) => void]}
 */
export function usePassing(stays) {
  const [word, setWord] = useState("");
  useEffect(() => {
    if (!word) return undefined;
    const timer = setTimeout(() => setWord(""), stays(word));
    return () => clearTimeout(timer);
  }, [word]);
  return [word, setWord];
}

/**
 * Stars and rejections. A click shows at once; what the kernel says counts from then on.
 *
 * @param {Wire & {get: (name: any) => any}} wire
 */
export function useMarks(wire) {
  /** @type {Record<string, Mark>} */
  const kept = useTrait(wire, "marks") ?? {};
  const [clicked, setClicked] = useState(/** @type {Record<string, Mark>} */ ({}));
  useEffect(() => setClicked({}), [kept]);
  const mark = (/** @type {number} */ sample, /** @type {Mark} */ wanted) => {
    setClicked((before) => ({ ...before, [sample]: wanted }));
    send(wire, "mark", { sample, mark: wanted });
  };
  return { marks: { ...kept, ...clicked }, mark };
}

/** Commands that may start a job: each click bears a name, so that none is carried out twice. */
const PAYING = new Set(["retry", "resume"]);

/**
 * The commands of one job: what was asked and not answered yet, and what was refused.
 *
 * The next state of the job answers a command; so does a refusal.
 *
 * @param {Wire} wire
 * @param {Job} job
 */
export function useCommands(wire, job) {
  const [pending, setPending] = useState("");
  const [refusal, setRefusal] = useState("");
  // Another view, or a poster, draws the same job again while the answer is still out.
  useEffect(() => setPending(""), [job.id, job.state, job.watching, JSON.stringify(job.can)]);
  useEffect(
    () =>
      listen(wire, "refused", ({ message }) => {
        setPending("");
        setRefusal(message);
      }),
    [wire],
  );
  const command = (/** @type {"stop"|"resume"|"cancel"|"retry"|"look"|"forget"|"use"} */ kind) => {
    setRefusal("");
    // Which job it was clicked for: another may have taken its place before the click arrives.
    const sent = send(wire, kind, { job: job.id, ...(PAYING.has(kind) ? { request: newRequest() } : {}) });
    // The form is its own answer.
    setPending(sent && kind !== "use" ? kind : "");
  };
  return { pending, off: useSilent(wire), refusal, command, forget: () => setRefusal("") };
}

/**
 * A command that costs money: sent once, then waited for, whatever is clicked meanwhile.
 *
 * @param {Wire} wire
 * @param {"sequel"|"render"|"drafts"|"make"|"run"} kind
 * @param {() => void} [onAccepted]
 */
export function usePaying(wire, kind, onAccepted) {
  const [refusal, setRefusal] = useState("");
  const redraw = useRedraw();
  // Not state: a second click may come before the first has been drawn.
  const request = useRef("");
  const answer = (/** @type {string} */ why) => {
    request.current = "";
    redraw();
    setRefusal(why);
  };
  useEffect(() =>
    together(
      listen(wire, "taken", (message) => {
        if (message.request !== request.current) return;
        answer("");
        onAccepted?.();
      }),
      listen(wire, "refused", (message) => message.command === kind && request.current && answer(message.message)),
    ),
  );
  const pay = (/** @type {Record<string, unknown>} */ payload) => {
    // Nothing that costs money is left for a connection that may come back when nobody looks.
    if (request.current || isAway(wire)) return;
    request.current = newRequest();
    redraw();
    setRefusal("");
    if (!send(wire, kind, { ...payload, request: request.current })) answer(GONE);
  };
  return { pending: request.current !== "", off: useSilent(wire), refusal, pay, forget: () => setRefusal("") };
}

/**
 * The text of a live region: the newest, but no more than one in `gap` milliseconds.
 *
 * @param {string} text
 * @param {number} [gap]
 */
export function useAnnouncement(text, gap = 10_000) {
  const [said, setSaid] = useState("");
  const last = useRef(-Infinity);
  useEffect(() => {
    const say = () => {
      last.current = performance.now();
      setSaid(text);
    };
    const timer = setTimeout(say, Math.max(0, last.current + gap - performance.now()));
    return () => clearTimeout(timer);
  }, [text, gap]);
  return said;
}
