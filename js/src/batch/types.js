/**
 * What the table of a batch is sent.
 *
 * @import { Clip, Price, Problem, Progress, Settings, Wire } from "../kernel/types.js"
 *
 * @typedef {"due"|"running"|"made"|"failed"} Kind
 *
 * @typedef {object} Filters  and the order
 * @property {string} query
 * @property {Kind|""} kind
 * @property {boolean} starred
 * @property {string} by  number, starred, prompt, state, price, or own0, own1 … for columns of the rows
 * @property {boolean} down
 *
 * @typedef {object} Row
 * @property {number} row  its number, from 0
 * @property {string} label
 * @property {string[]} values  of its own columns
 * @property {string} prompt
 * @property {Kind} kind
 * @property {string} state  of its job, or what becomes of it
 * @property {string} problem
 * @property {string} price
 * @property {string} job  "" for none
 * @property {Progress|null} progress  while it runs
 * @property {boolean} starred
 * @property {string} better  of the clip that is made again with more lines; "" for none
 * @property {string} still  what its still is asked for by; "" for none
 *
 * @typedef {Row & OpenParts} OpenRow
 * @typedef {object} OpenParts
 * @property {string} model
 * @property {string[]} names  of the values
 * @property {Settings} settings
 * @property {Problem|null} error
 * @property {(Clip & {facts: NonNullable<Clip["facts"]>})[]} clips
 *
 * @typedef {Price & {count: number, again: number}} Offer  again: how many of them were sent before
 * @typedef {Price & {rows: number[], resolution: string, seconds?: number|null}} RenderOffer
 *
 * @typedef {object} Standing
 * @property {string} name
 * @property {string[]} columns
 * @property {number} count
 * @property {Record<Kind|"starred", number>} counts
 * @property {number} share
 * @property {string} line
 * @property {string} bill
 * @property {boolean} running
 * @property {number} refused  rows that break a rule, so that nothing can be sent
 * @property {number} idle  rows whose jobs run and are not watched
 * @property {Offer|null} make
 * @property {Offer|null} retry
 * @property {RenderOffer|null} render
 *
 * @typedef {{standing: Standing, opened: OpenRow|Record<string, never>, saved_class: string}} BatchTraits
 * @typedef {Wire & {get: (name: any) => any}} Model
 */
export {};
