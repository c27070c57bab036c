/** What the bundles' JSX is made of; calls of `h` are shorter than those of the automatic runtime. */
export { Fragment, h } from "preact";
