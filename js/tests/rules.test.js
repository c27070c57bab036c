/** The browser's rules and prices against Python's, over the table that tests/test_schema.py writes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dollars, priceOf } from "../src/lib/pricing.js";
import { modelOf, problemsOf } from "../src/lib/rules.js";

/** @import { Model, Schema, Values } from "../src/lib/form_types.js" */

/** @type {{schema: Schema, rows: {values: Values, faults: string[], usd: number|null}[]}[]} */
const TABLE = JSON.parse(readFileSync("tests/agreement.json", "utf8"));

describe.each(TABLE)("requests at $schema.provider.label", ({ schema, rows }) => {
  it("break the rules that Python says they break", () => {
    const mine = rows.map(({ values }) => {
      const model = /** @type {Model} */ (modelOf(schema, values));
      return { values, faults: problemsOf(values, model).map(({ parameter }) => parameter).sort() };
    });
    expect(mine).toEqual(rows.map(({ values, faults }) => ({ values, faults })));
  });

  it("cost what Python says they cost", () => {
    const mine = rows.map(({ values }) => ({ values, usd: priceOf(values, /** @type {Model} */ (modelOf(schema, values))).usd }));
    expect(mine).toEqual(rows.map(({ values, usd }) => ({ values, usd })));
  });
});

it("writes dollars as Python does", () => {
  expect([0.8, 0, 0.0034, 12, null].map(dollars)).toEqual(["$0.80", "$0.00", "$0.0034", "$12.00", "price unknown"]);
});
