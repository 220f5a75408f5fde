import type { Fault } from "../../cni/netconf-errors.ts";
import type { VfKnobs } from "./knobs.ts";

/**
 * Checks the knobs against each other, before any of them is applied.
 * @throws what `fault` makes, for the first that does not fit
 */
export function checkKnobs(knobs: VfKnobs, fault: Fault): void {
  checkVlan(knobs, fault);
  checkRates(knobs, fault);
  checkListening(knobs, fault);
}

// Zero and 802.1q say no more than their absence, and templates write them always.
function checkVlan({ vlan = 0, vlanQoS = 0, vlanProto }: VfKnobs, fault: Fault): void {
  if (vlan !== 0) return;
  const reason = "there is no vlan that it could be for";
  if (vlanQoS !== 0) throw fault("vlanQoS", "0, or a vlan from 1 to 4094", reason);
  if (vlanProto === "802.1ad") {
    throw fault("vlanProto", "802.1q, or a vlan from 1 to 4094", reason);
  }
}

/** A maximum of 0 is no limit. */
function checkRates({ minTxRate = 0, maxTxRate = 0 }: VfKnobs, fault: Fault): void {
  if (maxTxRate === 0 || minTxRate <= maxTxRate) return;
  const reason = `it is above max_tx_rate = ${maxTxRate}`;
  throw fault("min_tx_rate", `0 to ${maxTxRate} (Mbit/s)`, reason);
}

// A PF drops the wish of a VF that it does not trust, mostly without a word.
function checkListening({ promisc, allmulti, trust }: VfKnobs, fault: Fault): void {
  const reason = "only a VF with trust = on may hear what is not for it";
  const accepted = "off, or on together with trust = on";
  if (promisc && !trust) throw fault("promisc", accepted, reason);
  if (allmulti && !trust) throw fault("allmulti", accepted, reason);
}
