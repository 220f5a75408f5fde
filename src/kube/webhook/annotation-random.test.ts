import fc from "fast-check";
import { expect, test } from "vitest";
import { parseNetworks } from "./networks-annotation.ts";
import { parseNodeSelector } from "./node-selector.ts";
import { PodRefusal } from "./pod-refusal.ts";
import { parseVfs } from "./vfs-annotation.ts";

const runs = { numRuns: 2000 };
const piece = fc.constantFrom(
  ...'a-z09AZ_.@/,= []{}":~\\\n\u0000é'.split(""),
  "name",
  "infra",
  "1",
);
/** Half-right texts find more than arbitrary ones. */
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: piece, maxLength: 40 }),
  fc.json(),
  fc
    .array(fc.dictionary(fc.constantFrom("name", "Name", "namespace"), fc.jsonValue()))
    .map((elements) => JSON.stringify(elements)),
);

test("whatever a pod says, its networks are read or refused in words", () => {
  fc.assert(
    fc.property(text, (value) => {
      try {
        for (const { namespace, name } of parseNetworks("key", value, "shop")) {
          expect(`${namespace}/${name}`).toMatch(/^[-a-z0-9]+\/[-a-z0-9.]+$/);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(PodRefusal);
        expect((error as Error).message).toContain("accepted: ");
      }
    }),
    runs,
  );
});

test("whatever a pod says, its pools are read or refused in words", () => {
  fc.assert(
    fc.property(text, (value) => {
      try {
        for (const [resource, count] of parseVfs(value)) {
          expect(resource).toMatch(/^[-a-z0-9.]+\/[-A-Za-z0-9_.]+$/);
          expect(count).toBeGreaterThan(0);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(PodRefusal);
        expect((error as Error).message).toContain("accepted: ");
      }
    }),
    runs,
  );
});

test("whatever a definition says, its labels are read or refused in words", () => {
  fc.assert(
    fc.property(text, (value) => {
      try {
        for (const label of parseNodeSelector(value).keys()) {
          expect(label).toMatch(/^[-a-z0-9./A-Z_]+$/);
        }
      } catch (error) {
        expect((error as Error).message).toContain("accepted: ");
      }
    }),
    runs,
  );
});

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,10}[a-z0-9])?$/);
const reference = fc.record({ namespace: name, name });

test("both forms of a list of networks say the same", () => {
  fc.assert(
    fc.property(fc.array(reference, { minLength: 1, maxLength: 64 }), (networks) => {
      const list = networks.map((one) => `${one.namespace}/${one.name}@net1`).join(" ,");
      expect(parseNetworks("key", list, "shop")).toEqual(networks);
      expect(parseNetworks("key", JSON.stringify(networks), "shop")).toEqual(networks);
    }),
  );
});
