/**
 * What Python sends, as types. Times are epoch milliseconds by the kernel's clock.
 *
 * @typedef {"submitting"|"queued"|"running"|"downloading"|"succeeded"|"filtered"|"failed"|"expired"|"unknown"} JobState
 *
 * @typedef {object} Clip
 * @property {number} sample
 * @property {string} name
 * @property {string} path
 * @property {string|null} files_path  path below the Jupyter server's root, if it is there
 * @property {string} mime
 * @property {number} bytes
 * @property {number} seconds
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {boolean} has_audio
 * @property {string} sha256  "" until it is known
 * @property {string} version  tells the file from others of its name
 * @property {string|null} poster  a data: URL
 * @property {Settings|null} [credentials]  what its Content Credentials claim, and whether they hold; null until they are read
 * @property {string|null} [captions]  the text of the WebVTT file beside it
 * @property {string} [captions_language]  as its name says, such as "en"
 * @property {string} [captions_note]  what is to be told of captions that are not shown
 * @property {{python: string, magic: string}|null} [code]  what makes the request again
 * @property {Partial<Record<Verb, Price>>} [offers]  what can be made of it, and the price
 * @property {[number, string][]} [shots]  of a film: the second at which each begins, and its name
 * @property {{prompt: string, model: string, settings: Settings}} [facts]  where clips of several jobs stand together
 *
 * @typedef {object} Problem
 * @property {string} title
 * @property {string} message
 * @property {string} remedy
 * @property {string|null} charged
 *
 * @typedef {"extend"|"edit"} Verb
 * @typedef {{usd: number|null, text: string, note: string|null}} Price
 * @typedef {[string, string][]} Settings
 * @typedef {{low: number, likely: number, high: number, guess?: boolean}} Typical  seconds; nothing is known of a guess
 * @typedef {{share: number, at: number, ends_at: number}} Pace  how far a job is by its service's own account
 *
 * @typedef {object} Progress  how a job stands, in short
 * @property {string} id
 * @property {JobState} state
 * @property {string} prompt
 * @property {Price} price
 * @property {number} created_at
 * @property {number|null} submitted_at
 * @property {number|null} finished_at
 * @property {number} now  the kernel's clock when this was sent
 * @property {Typical} typical
 * @property {Pace|null} [pace]
 * @property {boolean} held_back  nothing is sent yet: the service has no room
 * @property {boolean} watching
 * @property {{sample: number, received: number, total: number|null}|null} download
 * @property {Problem|null} error
 *
 * @typedef {Progress & {verb: Verb, clips: Clip[]}} Sequel  a job that continues or changes a clip
 *
 * @typedef {Progress & Details} Job
 * @typedef {object} Details
 * @property {number} version
 * @property {string} model
 * @property {string} provider
 * @property {boolean} emulator
 * @property {Settings} settings
 * @property {number} width
 * @property {number} height
 * @property {number} polls
 * @property {number|null} next_poll_at
 * @property {string|null} notice
 * @property {{stop: boolean, resume: boolean, cancel: boolean, retry: boolean, look: boolean, forget: boolean}} can
 * @property {string|null} retry_price
 * @property {Clip[]} clips
 * @property {string} saved_class
 * @property {string|null} [remark]  what is said of this run of its cell
 * @property {{price: string}|null} [asks]  the request was sent before, and a click sends it again
 * @property {number} [take]  which take of its cell it is
 *
 * @typedef {{id: string, number: number, clips: Clip[]}} Take  an earlier job of the same cell with the same request
 *
 * @typedef {"star"|"reject"|""} Mark
 * @typedef {{name: string, label: string}} Column  a parameter in which the cells of a grid differ
 *
 * @typedef {object} Cell  a place in a grid; its clip comes apart, under the same number
 * @property {number} sample  its number
 * @property {Record<string, string|number>} values  of the parameters that differ
 * @property {number} width
 * @property {number} height
 * @property {Price|null} planned  the price of a draft that was not sent yet
 * @property {Progress|null} job
 * @property {number|null} made_from  the cell whose clip is made again here
 * @property {number} [take]  which run of the notebook's cell it belongs to; they are shown one at a time
 *
 * @typedef {Clip & {facts: NonNullable<Clip["facts"]>, render?: (Price & {resolution: string, seconds?: number|null})|null}} GridClip
 * @typedef {Price & {count: number}} Total
 *
 * @typedef {{job: Job|Record<string, never>, takes: Take[]}} JobTraits
 * @typedef {{cells: Cell[], clips: Record<string, GridClip>, columns: Column[], marks: Record<string, Mark>,
 *   total: Total|null, saved_class: string}} GridTraits
 * @typedef {{clips: Clip[], prompt: string, model: string, settings: Settings, saved_class: string}} PlayerTraits
 *
 * @typedef {object} Wire  the part of anywidget's model that the views use
 * @property {(event: string, listener: (...args: any[]) => void) => void} on
 * @property {(event: string, listener: (...args: any[]) => void) => void} off
 * @property {(name: any, value: any) => void} [set]  of a widget's own model
 * @property {(content: any, callbacks?: any, buffers?: ArrayBuffer[]) => void} send
 * @property {any} [widget_manager]  of the front end, where it hands it out
 */
export {};
