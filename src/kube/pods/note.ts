import type { PortMode } from "../../dataplane/native.ts";
import { type AttachmentRecord, attachmentKey } from "../../store/records.ts";

/** What an annotation says of one attachment of a pod. */
export interface AttachmentNote {
  mode: "fastpath" | "vf";
  /** Millrace network; absent where none gives the addresses. */
  network?: string;
  /** Mode fastpath: how the ring loop reaches it. */
  portMode?: PortMode;
  /** Mode vf. */
  pciAddress?: string;
  /** Mode vf: the pool that has the VF. */
  pool?: string;
}

/** @param modeOf how the ring loop reaches an attachment */
export function noteOf(
  record: AttachmentRecord,
  modeOf: (key: string) => PortMode | null,
): AttachmentNote {
  const network = record.network === "" ? {} : { network: record.network };
  if (record.mode === "vf") {
    const { pool, vf } = record;
    return { mode: "vf", ...network, pciAddress: vf.address, ...(pool === "" ? {} : { pool }) };
  }
  const portMode = modeOf(attachmentKey(record.containerId, record.ifname));
  return { mode: "fastpath", ...network, ...(portMode && { portMode }) };
}

const PREFIX = "attachment.millrace.io";
// Kubernetes, "Labels and Selectors": the part of a key after the prefix.
const KEY_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** Key of the annotation for an interface; null for a name that no key can have. */
export function noteKey(ifname: string): string | null {
  return KEY_NAME.test(ifname) ? `${PREFIX}/${ifname}` : null;
}
