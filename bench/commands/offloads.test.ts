import { expect, test } from "vitest";
import { formatOffloads } from "./offloads.ts";

const shown = `Features for eth0:
rx-checksumming: on [fixed]
tx-checksumming: on
	tx-checksum-ipv4: off [fixed]
tcp-segmentation-offload: off
generic-segmentation-offload: on
generic-receive-offload: off
large-receive-offload: off [fixed]
`;

test("offloads that move numbers are named with what they are set to", () => {
  expect(formatOffloads(shown)).toBe(
    "rx-checksumming, tx-checksumming, generic-segmentation-offload on; " +
      "tcp-segmentation-offload, generic-receive-offload off",
  );
});

test("what a driver does not tell is left out", () => {
  expect(formatOffloads("tx-checksumming: off\n")).toBe("tx-checksumming off");
});
