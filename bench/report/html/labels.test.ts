import fc from "fast-check";
import { expect, it } from "vitest";
import { placeLabels } from "./labels.ts";

it("leaves labels alone that are far enough apart", () => {
  expect(placeLabels([40, 0, 20], 13, 100)).toEqual([40, 0, 20]);
});

it("moves two labels at one place apart, one up and one down", () => {
  expect(placeLabels([50, 50], 10, 100)).toEqual([45, 55]);
});

it("puts none below the bottom", () => {
  expect(placeLabels([100, 100, 100], 10, 100)).toEqual([80, 90, 100]);
});

it("keeps the order and the distance, whatever is wanted", () => {
  const wanted = fc.array(fc.double({ min: 0, max: 200, noNaN: true }), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(wanted, (places) => {
      const placed = placeLabels(places, 13, 200);
      const order = [...places.keys()].toSorted((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
      const sorted = order.map((at) => placed[at] ?? 0);
      for (const [at, place] of sorted.entries()) {
        if (at > 0) expect(place - (sorted[at - 1] ?? 0)).toBeGreaterThanOrEqual(13 - 1e-9);
      }
      expect(Math.max(...placed)).toBeLessThanOrEqual(200 + 1e-9);
    }),
    { examples: [[[205, 201]]] },
  );
});
