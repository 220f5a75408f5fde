import { expect } from "vitest";
import { expectBalanced } from "../fixtures/counters.ts";
import { scenario } from "../fixtures/scenario.ts";
import { exchangeDatagrams } from "../fixtures/sockets.ts";

/** Largest payload of one packet of 1500 bytes: 20 or 40 bytes of IP, 8 of UDP. */
const LARGEST = { 4: 1472, 6: 1452 } as const;

for (const family of [4, 6] as const) {
  const largest = LARGEST[family];

  scenario(
    `UDP datagrams of 1 to ${largest} bytes come back intact over IPv${family} with DF`,
    { needs: ["python"] },
    async (lab) => {
      const pods = await lab.addPair();
      const sizes = { first: 1, last: largest, step: 1, discovery: "do" } as const;
      const report = await exchangeDatagrams(lab.scope, pods, family, sizes);
      expect(report).toEqual({ intact: largest, lost: [], broken: [], refused: {} });
      await expectBalanced(lab);
    },
  );

  scenario(
    `UDP datagrams over IPv${family} that their sender fragments come back intact`,
    { needs: ["python"] },
    async (lab) => {
      const pods = await lab.addPair();
      const sizes = { first: largest + 1, last: 60_000, step: 4999, discovery: "dont" } as const;
      const report = await exchangeDatagrams(lab.scope, pods, family, sizes);
      expect(report).toMatchObject({ lost: [], broken: [], refused: {} });
      expect(report.intact).toBeGreaterThan(10);
      await expectBalanced(lab);
    },
  );

  scenario(
    `A UDP datagram with DF beyond the MTU is refused by the pod's own kernel over IPv${family}`,
    { needs: ["python"] },
    async (lab) => {
      const pods = await lab.addPair();
      const size = largest + 1;
      const sizes = { first: size, last: size, step: 1, discovery: "do" } as const;
      const report = await exchangeDatagrams(lab.scope, pods, family, sizes);
      expect(report).toMatchObject({ intact: 0, refused: { [size]: "EMSGSIZE" } });
    },
  );
}
