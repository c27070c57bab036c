/**
 * The parts of a prompt as plain sentences.
 *
 * @import { Parts } from "./prompt_parts.js"
 */
const PREPOSITION =
  /^(in|on|at|by|to|from|of|under|above|below|beneath|inside|outside|near|over|along|between|behind|beside|beyond|through|across|among|amid|around|within|against|during|before|after|where|while|as|with|into|onto|up|down)\b/i;

/** @param {string} text */
function sentence(text) {
  const whole = text.charAt(0).toLocaleUpperCase() + text.slice(1);
  return /[.!?…]["”’»]?$/.test(whole) ? whole : `${whole.replace(/[,;:]$/, "")}.`;
}

/** An article at the beginning is small within a sentence. @param {string} text */
const lowerArticle = (text) => text.replace(/^(An?|The)\b/, (word) => word.toLowerCase());

/** Who says what: "Girl: Hello" or only the words. @param {string} text */
function dialogueSentence(text) {
  if (/["“„«]/.test(text)) return sentence(text);
  const [, who, words = text] = /^([^:]{1,40}):\s*(.+)$/s.exec(text) ?? [];
  return `${sentence(who ?? "A voice").slice(0, -1)} says: “${sentence(words)}”`;
}

/** @param {string} text */
const soundSentence = (text) => (/^(we hear|no|silence|the sound|sounds?)\b/i.test(text) ? sentence(text) : sentence(`we hear ${lowerArticle(text)}`));

/** Who does what where: one sentence, whatever is left out. @param {string} who @param {string} where */
function sceneText(who, where) {
  if (!who || !where) return who || where;
  return PREPOSITION.test(where) ? `${who} ${where.charAt(0).toLowerCase()}${where.slice(1)}` : `${who}, ${lowerArticle(where)}`;
}

/**
 * The parts as sentences that a person could have written.
 *
 * @param {Parts} parts
 */
export function prose(parts) {
  const said = Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, text.trim()]));
  const who = [said.subject, said.subject ? lowerArticle(said.action ?? "") : said.action].filter(Boolean).join(" ");
  const seen = [sceneText(who, said.setting ?? ""), said.camera, said.style, said.light].filter(Boolean).map((text) => sentence(text ?? ""));
  return [...seen, said.dialogue && dialogueSentence(said.dialogue), said.sound && soundSentence(said.sound)].filter(Boolean).join(" ");
}
