/**
 * The buttons of a job.
 *
 * @import { Job } from "../kernel/types.js"
 * @import { IconName } from "../ui/icons.jsx"
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { GuardedButton } from "../ui/guarded_button.jsx";
import { Icon } from "../ui/icons.jsx";

/** @typedef {(kind: "stop"|"resume"|"cancel"|"retry"|"look"|"forget"|"use") => void} Command */

/**
 * To generate again costs money, so it asks once more in its own place. The focus goes to the answer that costs nothing.
 *
 * @param {{price: string|null, primary: boolean, pending: boolean, off: boolean, onConfirm: () => void, verb?: string,
 *   icon?: IconName}} props
 */
export function RetryButton({ price, primary, pending, off, onConfirm, verb = "Generate again", icon = "again" }) {
  const [asking, setAsking] = useState(false);
  const cancel = useRef(/** @type {HTMLButtonElement|null} */ (null));
  useEffect(() => {
    if (asking) cancel.current?.focus();
  }, [asking]);
  if (!asking || off) {
    return (
      <GuardedButton key="ask" class={primary ? "veo-primary" : ""} disabled={off || pending} onPress={() => setAsking(true)}>
        <Icon name={icon} />
        {pending ? "Sending …" : price ? `${verb} · ${price}` : verb}
      </GuardedButton>
    );
  }
  const confirm = () => {
    setAsking(false);
    onConfirm();
  };
  return (
    <span key="asking" class="veo-ask" role="group" aria-label="Confirm the cost">
      <span>{price ? `${verb} · ${price}?` : `${verb}, at a price that is not known?`}</span>
      <GuardedButton button={cancel} onPress={() => setAsking(false)}>
        Cancel
      </GuardedButton>
      <GuardedButton class="veo-primary" disabled={off} onPress={confirm}>
        Confirm
      </GuardedButton>
    </span>
  );
}

/** @param {{job: Job, pending: string, off: boolean, command: Command}} props  off: there is no kernel to hear them */
export function Actions({ job, pending, off, command }) {
  const { can } = job;
  const press = (/** @type {"stop"|"resume"|"cancel"|"look"|"forget"|"use"} */ kind) => {
    command(kind);
    if (kind === "use") /** @type {HTMLElement|null} */ (document.querySelector(".veo-form textarea"))?.focus();
  };
  const button = (/** @type {"stop"|"resume"|"cancel"|"look"|"forget"|"use"} */ kind, /** @type {string} */ label, primary = false, title = "") => (
    <GuardedButton key={kind} class={primary ? "veo-primary" : ""} title={title} disabled={off || pending !== ""} onPress={() => press(kind)}>
      {pending === kind ? "Asking …" : label}
    </GuardedButton>
  );
  return (
    <div class="veo-actions">
      {job.state === "filtered" && button("use", "Edit prompt", false, "Open the request in the form and rephrase it")}
      {can.cancel && button("cancel", "Cancel", false, job.held_back ? "Do not send the job" : "Ask the service to cancel the job")}
      {can.stop && button("stop", "Stop waiting", false, "Stop watching the job; it keeps running at the service")}
      {can.resume && button("resume", "Resume waiting", true, "Watch the job again and download its clip")}
      {can.look &&
        (job.state === "failed"
          ? button("look", "Fetch it again", true, "Try the download again; costs nothing")
          : button("look", "Look for it", true, "Ask the service whether it has the job; costs nothing"))}
      {can.forget && button("forget", "Forget it", false, "Mark the job as failed; if it is running, it may still be charged")}
      {can.retry && (
        <RetryButton
          key={job.id}
          verb={job.state === "unknown" ? "Send again" : "Generate again"}
          price={job.emulator ? "free" : job.retry_price}
          primary={(job.state === "failed" && !can.look) || job.state === "expired"}
          pending={pending === "retry"}
          off={off}
          onConfirm={() => command("retry")}
        />
      )}
    </div>
  );
}
