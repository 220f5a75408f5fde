import { z } from "zod";
import { absolutePath, bool, integer, list, name, oneOf, text } from "./fields.ts";

/** No NIC has more per PF. */
export const MAX_VFS = 256;

const PCI_ID = 'four hex digits in quotes like "8086"';
const pciId = text(/^[0-9a-fA-F]{4}$/, PCI_ID);

const BDF = "[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]";
const ADDRESS = 'a PCI address with its domain like "0000:01:00.0"';
const pciAddress = text(new RegExp(`^${BDF}$`), ADDRESS);

// checkSriov reads which VFs are named.
const VFS = "(#[\\d,-]+)?";
export const PF_NAME =
  'the name of a PF, with or without VFs of it, like "ens1f0" or "ens1f0#0-3,5"';
const pfName = text(new RegExp(`^(?!\\.{1,2}(#|$))[^/:%#\\s\\0]{1,15}${VFS}$`), PF_NAME);
export const ROOT_DEVICE =
  'the PCI address of a PF, with or without VFs of it, like "0000:01:00.0#0-3,5"';
const rootDevice = text(new RegExp(`^${BDF}${VFS}$`), ROOT_DEVICE);

const driver = text(/^[A-Za-z0-9_-]{1,63}$/, 'the name of a PCI driver like "igbvf"');

/** Of several values one must fit, of several keys each; a key without values restricts nothing. */
const selectors = z.strictObject({
  vendors: list(pciId, "PCI ids").default([]),
  devices: list(pciId, "PCI ids").default([]),
  drivers: list(driver, "drivers").default([]),
  pfNames: list(pfName, "names of PFs").default([]),
  pciAddresses: list(pciAddress, "PCI addresses").default([]),
  rootDevices: list(rootDevice, "PCI addresses of PFs").default([]),
});

const policy = z.strictObject({
  name,
  /** Which PFs. VFs named with a PF are those that `driver` is for. */
  selectors,
  /** VFs that each PF has. Without this key: those that are there. */
  numVfs: integer(0, MAX_VFS, "VFs").optional(),
  /** kernel: the VF's netdev; vfio-pci: for programs in user space. Without this key: as it is. */
  driver: oneOf(["kernel", "vfio-pci"]).optional(),
  /** Whether a PF is changed that a default route of the node leaves by. */
  allowDefaultRoute: bool.default(false),
});

// Kubernetes: a qualified name that is one with "requests." before it as well (253 - 9).
const LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
const PREFIX = "a DNS name in lower case of at most 244 characters, not of kubernetes.io";
const RESOURCE = "1 to 63 letters, digits and inner - _ .";

const pool = z.strictObject({
  /** Of the resource, after the prefix and a slash. */
  name: text(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, RESOURCE),
  resourcePrefix: text(
    new RegExp(`^(?=.{1,244}$)(?!requests\\.)(?!(.*\\.)?kubernetes\\.io$)${LABEL}(\\.${LABEL})*$`),
    PREFIX,
  ).default("millrace.io"),
  /** Which VFs. A VF goes to the first pool that selects it. */
  selectors,
  /** Offer the VFs to the kubelet; else the agent gives them to pods whose networks name the pool. */
  devicePlugin: bool.default(true),
  /** How the VFs of a pod, and of one pod after the other, are laid over the PFs. */
  pfPreference: oneOf(["spread", "pack"]).default("spread"),
  /** Do not tell kubelet the NUMA node of the VFs. */
  excludeTopology: bool.default(false),
  /** For the environment of pods: by PCI address or "*", which is for all, keys with their values. */
  additionalInfo: z
    .record(
      text(new RegExp(`^(\\*|${BDF})$`), `${ADDRESS} or "*"`),
      z.record(z.string(), z.string({ error: "a text" }), { error: "texts by name" }),
      { error: `keys with their texts, by ${ADDRESS} or "*"` },
    )
    .default({}),
});

/** The key `sriov`: VFs that this node makes and gives to pods. */
export const sriovSchema = z.strictObject({
  /** Which PFs have how many VFs with which driver. */
  policies: list(policy, "{name, selectors, numVfs, driver}").default([]),
  /** Which VFs pods can ask for by which name. */
  pools: list(pool, "{name, selectors}").default([]),
  /** How long a VF stays unused after it was given back, so that late frames find nobody. */
  reuseCooldown: integer(0, 3600, "seconds").default(0),
  /** How many free VFs of each pool are kept with their link down, which saves time at ADD. */
  warmVfs: integer(0, MAX_VFS, "VFs").default(0),
  /** How the kubelet learns of the pools: we call it, or it finds our sockets (plugins_registry). */
  registration: oneOf(["register", "watcher"]).default("register"),
  /** Of the kubelet, with its directories device-plugins and plugins_registry. */
  kubeletDir: absolutePath().default("/var/lib/kubelet"),
});
