// Bundles the widgets into veo_widgets/static/: one ES module and one stylesheet each, nothing fetched at run time.
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const outdir = join(here, "..", "veo_widgets", "static");
const LIMIT = 61_000;
const ICONS = /icons\.jsx$/;
const PROTOCOL = /protocol\.json$/;
// Names that no message, no trait and nothing of the page has (tests/names.test.js looks) become short: what components
// pass to each other, Preact's own that begin with two underscores, and its methods of class components, of which there
// are none here.
const INTERNAL = new RegExp(
  `^(?:__[A-Za-z]|${`
    about admits autoStart backdrop builder byTab choice choose claimPoster commands
    complain dispose fault faults grabbing guard hear inOrder linked lose marked measure near
    onAccepted onAdd onBack onClose onConfirm onDismiss onDrawn onFiles onFill onGenerate onHear
    onOpen onPick onPress onRemove onRetry onSay onSeek onSort pending playback redraw refusal
    icon pressed wire
    dismiss expect hint rate unmount resting seats setOpen setVideo settled shortcuts sources store subscribe tried uploads
    adopted begin cell changed current denied marks onStep onToggle props readout reuse schema sequel sequels
    shown thumbs visible
    checkClip fallBack
    fresh numeric others removeExtra sayExtra showExtra taken
    become coming copied deeds discard finds gone newest settle tick word
    earlier hold loaded moved phase playing press seek silent via waiting wanted wayBack
    ask asked doing elsewhere kept narrow need opened opener places settle stale stills sums tabbed tell whole diffed vnode
    dragging faulty leave
    front stands stretches stuck typed
    bad joins joinsIn jumps say ticks told
    __html clip handlers over pay pick primary shape video why
    componentDidCatch componentDidMount componentDidUpdate componentWillMount componentWillReceiveProps
    componentWillUnmount componentWillUpdate contextType debounceRendering forceUpdate getChildContext
    getDerivedStateFromError getDerivedStateFromProps getSnapshotBeforeUpdate setState shouldComponentUpdate useDebugValue
  `.trim().split(/\s+/).join("|")})$`,
);

mkdirSync(outdir, { recursive: true });
for (const name of readdirSync(outdir)) rmSync(join(outdir, name), { recursive: true });
/** @type {import("esbuild").BuildOptions} */
const HOW = {
  outdir,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  // Not as the type checker has it: see kernel/jsx.js.
  tsconfigRaw: "{}",
  jsx: "transform",
  jsxFactory: "h",
  jsxFragment: "Fragment",
  inject: [join(here, "src", "kernel", "jsx.js")],
  mangleProps: INTERNAL,
  charset: "utf8",
  legalComments: "none",
  define: { "process.env.NODE_ENV": '"production"' },
};

/**
 * Leaves out what a widget never names: icons, and messages of the kernel that it does not listen to.
 *
 * @param {string} code  of the whole widget, with all icons
 * @returns {import("esbuild").Plugin}
 */
const onlyNamedIn = (code) => ({
  name: "named",
  setup({ onLoad }) {
    onLoad({ filter: ICONS }, ({ path }) => {
      const used = (/** @type {string} */ line) => {
        const name = /^ {2}(\w+): "M/.exec(line)?.[1];
        return !name || code.includes(`"${name}"`);
      };
      return { contents: readFileSync(path, "utf8").split("\n").filter(used).join("\n"), loader: "jsx" };
    });
    onLoad({ filter: PROTOCOL }, ({ path }) => {
      const { from_kernel, ...rest } = JSON.parse(readFileSync(path, "utf8"));
      const heard = Object.entries(from_kernel).filter(([kind]) => code.includes(`"${kind}"`));
      return { contents: JSON.stringify({ ...rest, from_kernel: Object.fromEntries(heard) }), loader: "json" };
    });
  },
});

/** Preact is lent to code that another widget loads. @type {import("esbuild").Plugin} */
const LENT = {
  name: "lent",
  setup({ onResolve }) {
    onResolve({ filter: /^preact(\/hooks)?$/ }, () => ({ path: join(here, "src", "kernel", "lent.js") }));
  },
};

/**
 * @param {string} name  of the entry point
 * @param {import("esbuild").BuildOptions} how
 * @param {import("esbuild").Plugin[]} plugins
 */
async function bundle(name, how, ...plugins) {
  const all = { ...HOW, ...how, entryPoints: [join(here, "src", `${name}.jsx`)] };
  const { outputFiles } = await build({ ...all, plugins, write: false });
  const code = outputFiles?.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  return build({ ...all, plugins: [onlyNamedIn(code), ...plugins] });
}

for (const name of ["batch", "form", "grid", "job_view", "library", "player", "storyboard", "studio"]) {
  const { mangleCache } = await bundle(name, { mangleCache: {} });
  // What a widget asks for has to shorten the same names in the same way.
  const asked = { form: "panels", storyboard: "cast" }[name];
  if (asked) await bundle(asked, mangleCache ? { mangleCache } : {}, LENT);
}

// Browsers keep a text that has a single character beyond these 256 at two bytes each, once for every widget and once for
// its program.
for (const path of readdirSync(outdir).filter((name) => name.endsWith(".js")).map((name) => join(outdir, name))) {
  const escaped = (/** @type {string} */ one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`;
  writeFileSync(path, readFileSync(path, "utf8").replace(/[^\0-\xff]/g, escaped));
}

for (const name of readdirSync(outdir)) {
  const { size } = statSync(join(outdir, name));
  console.log(`${name.padEnd(14)} ${(size / 1000).toFixed(1).padStart(6)} kB`);
  if (name.endsWith(".js") && size > LIMIT) {
    console.error(`${name} is larger than ${LIMIT / 1000} kB; its text travels with every widget.`);
    process.exitCode = 1;
  }
}
