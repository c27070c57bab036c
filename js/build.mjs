// Bundles the widgets into veo_widgets/static/: one ES module and one stylesheet each, nothing fetched at run time.
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "veo_widgets", "static");
const LIMIT = 60_000;
// Names that no message, no trait and no element has: components pass these to each other, and they become short.
const INTERNAL =
  /^(buffered|choice|choose|commands|complain|fault|faults|grabbing|guard|inOrder|linked|marked|on(Accepted|Back|Close|Confirm|Dismiss|Drawn|Files|Fill|Generate|Hear|Open|Pick|Press|Retry|Say|Seek|Sort)|pending|playback|refusal|resting|sources|store)$/;

mkdirSync(outdir, { recursive: true });
for (const name of readdirSync(outdir)) rmSync(join(outdir, name), { recursive: true });
await build({
  entryPoints: ["form", "grid", "job_view", "player", "studio"].map((name) => join(here, "src", `${name}.jsx`)),
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  // Not as the type checker has it: see lib/jsx.js.
  tsconfigRaw: "{}",
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: [join(here, "src", "lib", "jsx.js")],
  mangleProps: INTERNAL,
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
});

for (const name of readdirSync(outdir)) {
  const { size } = statSync(join(outdir, name));
  console.log(`${name.padEnd(14)} ${(size / 1000).toFixed(1).padStart(6)} kB`);
  if (name.endsWith(".js") && size > LIMIT) {
    console.error(`${name} is larger than ${LIMIT / 1000} kB; its text travels with every widget.`);
    process.exitCode = 1;
  }
}
