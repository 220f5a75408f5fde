import { callCni, POD_NAMES } from "../stage.ts";
import type { Section, Step } from "../step.ts";

/** CHECK with the result of ADD, after all the traffic. */
export const cniCheckSection: Section = {
  title: "Attachments still as promised",
  steps: POD_NAMES.map((name): Step => {
    const check = { name: `check-${name}`, label: `CHECK ${name}`, unit: "ms", row: "CNI CHECK" };
    return {
      ...check,
      async run(stage) {
        const { ms } = await callCni(stage, "CHECK", stage.pods[name]);
        const value = Math.round(ms * 10) / 10;
        const text = `${value} ms, nothing differs`;
        return [{ ...check, ok: true, value, text, cell: `${name} ${value} ms` }];
      },
    };
  }),
};
