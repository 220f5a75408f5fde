import { z } from "zod";
import { integer, list } from "./fields.ts";

/** IEEE 802.1Q 9.6: 0 tags no VLAN, 4095 is reserved. */
export const MAX_VLAN = 4094;

const ITEM = `{id} or {minID, maxID} with VLAN ids from 1 to ${MAX_VLAN}, minID not above maxID`;

const id = integer(1, MAX_VLAN, "VLAN id");

const range = z
  .strictObject({ minID: id, maxID: id })
  .refine(({ minID, maxID }) => minID <= maxID, { error: ITEM });

/** VLAN whose frames come and go untagged; the keys are those of the bridge CNI plugin. */
export const vlanSchema = integer(0, MAX_VLAN, "VLAN id; 0 for none");

/** VLANs whose frames come and go tagged. */
export const vlanTrunkSchema = list(
  z.union([z.strictObject({ id }), range], { error: ITEM }),
  ITEM,
);

export type VlanTrunk = readonly Readonly<z.output<typeof vlanTrunkSchema>[number]>[];
