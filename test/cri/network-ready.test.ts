import { expect } from "vitest";
import { type CriLab, criScenario } from "../fixtures/cri.ts";
import { waitFor } from "../fixtures/wait.ts";

criScenario(
  "NetworkReady says that the agent is away, and where it was looked for",
  {},
  async (lab) => {
    expect(await networkReady(lab)).toMatchObject({ status: true, message: "" });
    await lab.agent.stop();
    const { status, message } = await networkReady(lab);
    expect(status).toBe(false);
    expect(message).toContain("the millrace agent is not reachable");
    expect(message).toContain(lab.agent.socket);
  },
);

criScenario(
  "NetworkReady turns true by itself while a killed agent starts again",
  {},
  async (lab) => {
    await lab.agent.kill();
    const [seen] = await Promise.all([statesUntilReady(lab), lab.restart()]);
    expect(seen[0]).toBe(false);
    expect(seen.at(-1)).toBe(true);
  },
);

criScenario(
  "NetworkReady names the networks that there are when the one of the pods is not among them",
  { config: { network: "green" } },
  async (lab) => {
    const { status, message } = await networkReady(lab);
    expect(status).toBe(false);
    expect(message).toMatch(/green.*pods/);
  },
);

for (const notReadyWhenFull of [false, true]) {
  criScenario(
    `With notReadyWhenFull ${notReadyWhenFull} NetworkReady is ${!notReadyWhenFull} when no address is left`,
    { network: { nodePrefixes: ["10.81.1.0/30"], notReadyWhenFull } },
    async (lab) => {
      const pod = await lab.runPod("a");
      const { status, message } = await networkReady(lab);
      expect(status).toBe(!notReadyWhenFull);
      expect(message).toMatch(notReadyWhenFull ? /10\.81\.1\.0\/30/ : /^$/);
      await lab.deletePod(pod);
      expect(await networkReady(lab)).toMatchObject({ status: true });
    },
  );
}

async function statesUntilReady(lab: CriLab): Promise<boolean[]> {
  const seen: boolean[] = [];
  const ask = async () => {
    seen.push((await networkReady(lab)).status);
    return seen.at(-1);
  };
  await waitFor("NetworkReady", ask, Boolean, 20_000);
  return seen;
}

async function networkReady({ containerd }: CriLab) {
  const condition = (await containerd.cri.conditions()).get("NetworkReady");
  if (!condition) throw new Error("containerd has no condition NetworkReady");
  return condition;
}
