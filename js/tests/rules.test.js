/** The browser's reader of rules and prices against Python's, over the table that tests/notebook/test_schema.py writes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dollars, priceOf } from "../src/form/pricing.js";
import { problemsOf } from "../src/form/rules.js";

/** @import { Schema, Values } from "../src/form/types.js" */

/** @type {{schema: Schema, rows: {values: Values, faults: Record<string, string>, price: {usd: number|null, estimated: boolean}}[]}[]} */
const TABLE = JSON.parse(readFileSync("tests/agreement.json", "utf8"));

describe.each(TABLE)("requests at $schema.provider.label", ({ schema, rows }) => {
  it("break the rules that Python says they break, in the same words", () => {
    const mine = rows.map(({ values }) => {
      const faults = Object.fromEntries(problemsOf(schema, values).map(({ parameter, message }) => [parameter, parameter.startsWith("extra.") ? "not that" : message]));
      return { values, faults };
    });
    expect(mine).toEqual(rows.map(({ values, faults }) => ({ values, faults })));
  });

  it("cost what Python says they cost", () => {
    const mine = rows.map(({ values }) => ({ values, price: priceOf(schema, values) }));
    expect(mine).toEqual(rows.map(({ values, price }) => ({ values, price })));
  });
});

it("writes dollars as Python does", () => {
  expect([0.8, 0, 0.0034, 12, null].map(dollars)).toEqual(["$0.80", "$0.00", "$0.0034", "$12.00", "price unknown"]);
});
