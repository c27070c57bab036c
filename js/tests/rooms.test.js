/** The folders of the browser's side: each imports from those before it alone, and the form from the first two. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOMS = ["kernel", "ui", "clip", "job", "grid", "library", "film", "storyboard", "batch", "form"];
const IMPORTED = /(?:from|import\()\s*"(\.{1,2}\/[^"]+\.jsx?)"/g;

/** @param {string} room */
const uses = (room) =>
  readdirSync(join("src", room)).flatMap((file) => {
    const code = readFileSync(join("src", room, file), "utf8");
    return [...code.matchAll(IMPORTED)].map((found) => normalize(join(room, found[1] ?? "")));
  });

test.each(ROOMS)("%s imports only from the rooms before it", (room) => {
  const below = room === "form" ? ["kernel", "ui", "form"] : ROOMS.slice(0, ROOMS.indexOf(room) + 1);
  const used = uses(room);
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((path) => !below.includes(dirname(path)))).toEqual([]);
});
