import { expectBalanced } from "../fixtures/counters.ts";
import { mustPing } from "../fixtures/ping.ts";
import { type Family, gatewayOf, ipOf } from "../fixtures/pod.ts";
import { scenario } from "../fixtures/scenario.ts";

const SIZES: Record<Family, number[]> = { 4: [0, 1, 56, 1472], 6: [0, 1, 56, 1452] };

for (const family of [4, 6] as const) {
  for (const target of ["another pod of its network", "its gateway"]) {
    scenario(`A pod pings ${target} over IPv${family} up to the MTU`, {}, async (lab) => {
      const [a, b] = await lab.addPair();
      const address = target === "its gateway" ? gatewayOf(a, family) : ipOf(b, family);
      for (const size of SIZES[family]) {
        // -M do: never fragmented by the sender.
        await mustPing(a, address, { extra: ["-s", `${size}`, "-M", "do"] });
      }
      await expectBalanced(lab);
    });
  }
}
