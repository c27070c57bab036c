/* What every program here does: read a JSON object from standard input, run each of its requests, and write what became
 * of them beside their clips. It has `base_url`, `key` or `token`, `folder`, and the `requests`. */

import { readFileSync, writeFileSync } from "node:fs";
import { OAuth2Client } from "google-auth-library";

export const said = JSON.parse(readFileSync(0, "utf8"));

/** Someone who has signed in already: where a key file is exchanged for a token is fixed in Google's library. */
export function signedIn() {
  const client = new OAuth2Client();
  client.setCredentials({ access_token: said.token });
  return { authClient: client };
}

/** Before one asks again: the emulator is done at the second poll, however soon that comes. */
export const pause = () => new Promise((resolve) => setTimeout(resolve, 20));

export async function runAll(run) {
  const results = {};
  for (const [name, request] of Object.entries(said.requests)) {
    const path = `${said.folder}/${name.replaceAll(" ", "-")}.mp4`;
    try {
      results[name] = await run(request, path);
    } catch (error) {
      const code = error.statusCode ?? error.status ?? error.code ?? null;
      results[name] = { raised: error.name, code, message: error.message };
    }
  }
  // Not to standard output, where these packages write as well.
  writeFileSync(`${said.folder}/results.json`, JSON.stringify(results));
}
