import { join } from "node:path";
import { expect } from "vitest";
import { root } from "../../src/setup/run.mjs";
import { FOR_VFS, grantedCapabilities, holding } from "../fixtures/deploy.ts";
import { bareScenario } from "../fixtures/scenario.ts";
import { must } from "../harness/run.ts";

// A program of another user has a VF open, as a virtual machine in a pod does; the file stands for
// that of VFIO. What looks for it has the capabilities of the agent.
const SCRIPT = `mount -t tmpfs none /dev
  mkdir /dev/vfio
  mknod -m 666 /dev/null c 1 3
  : > /dev/vfio/7
  setpriv --reuid 65534 --regid 65534 --clear-groups sleep 60 < /dev/vfio/7 > /dev/null 2>&1 &
  holder=$!
  while ! grep -q sleep /proc/$holder/comm; do sleep 0.01; done
  "$@"`;

const LOOK = `
  const { vfioUsers } = await import(${JSON.stringify(join(root, "sriov/policy/vfio-users.ts"))});
  const vf = { address: "0000:01:00.1", driver: "vfio-pci", iommuGroup: 7 };
  const users = await vfioUsers([{ vfs: [vf] }]);
  console.log(JSON.stringify([...users.values()]));`;

async function usersSeenWith(capabilities: readonly string[]): Promise<string[]> {
  const look = [process.execPath, "--input-type=module", "--eval", LOOK];
  const command = ["sh", "-ec", SCRIPT, "sh", ...holding(capabilities).through, ...look];
  const apart = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  return JSON.parse(await must("unshare", [...apart, ...command]));
}

const GRANTED = grantedCapabilities();
const UNREADABLE = /EACCES: permission denied, .*'\/proc\/\d+\/fd/;

bareScenario("who has a VF open is seen with what the chart adds for VFs", {}, async () => {
  expect(await usersSeenWith([...GRANTED, ...FOR_VFS])).toEqual([
    expect.stringMatching(/^process \d+ \(sleep\) by VFIO$/),
  ]);
});

for (const capability of FOR_VFS) {
  bareScenario(`CAP_${capability} alone does not show it, and that is an error`, {}, async () => {
    await expect(usersSeenWith([...GRANTED, capability])).rejects.toThrow(UNREADABLE);
  });
}
