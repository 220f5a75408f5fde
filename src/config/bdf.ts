import { z } from "zod";
import type { Bdf } from "../../sriov/types.ts";

const BDF_ACCEPTED = 'the PCI address of a VF like "0000:3b:02.1"';

/** The PCI address of a VF; becomes lower case and gets its domain. */
export const bdfSchema = z.string({ error: BDF_ACCEPTED }).transform((value, context): Bdf => {
  const match = /^([0-9a-f]{4,8}:)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])$/.exec(value.toLowerCase());
  if (match) return `${match[1] ?? "0000:"}${match[2]}`;
  context.addIssue({ code: "custom", message: BDF_ACCEPTED });
  return z.NEVER;
});
