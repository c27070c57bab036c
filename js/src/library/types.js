/**
 * What the library is sent.
 *
 * @import { Clip, JobState, Price, Wire } from "../kernel/types.js"
 *
 * @typedef {object} Filters  empty, or false, for no filter
 * @property {string} query
 * @property {string} state
 * @property {string} model
 * @property {string} day  ISO date
 * @property {string} since  ISO date or time
 * @property {string} price
 * @property {string} notebook
 * @property {boolean} starred
 * @property {boolean} deleted  what is in the trash, and nothing else
 *
 * @typedef {object} Entry  a card
 * @property {string} job
 * @property {JobState} state
 * @property {string} prompt
 * @property {string} model
 * @property {Price} price
 * @property {number} created_at
 * @property {number} clips
 * @property {number} missing  clips whose files are gone
 * @property {number} bytes  on disk
 * @property {number} seconds
 * @property {number} width
 * @property {number} height
 * @property {string|null} poster
 * @property {string} name
 * @property {string} notebook
 * @property {string|null} reason  why there is no clip
 * @property {boolean} starred
 * @property {boolean} deleted
 * @property {{python: string, magic: string}} code
 *
 * @typedef {Clip & {facts: NonNullable<Clip["facts"]>}} OpenClip
 * @typedef {{job: string, starred: boolean, clips: OpenClip[]}} Opened
 * @typedef {{filters: Filters, models: string[], notebooks: string[], chosen: string[], opened: Opened|Record<string, never>,
 *   undo: string, saved_class: string}} LibraryTraits
 *
 * @typedef {Wire & {get: (name: any) => any}} Model
 */
export {};
