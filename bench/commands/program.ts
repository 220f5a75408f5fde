import { Command } from "commander";
import { addCompare } from "./compare.ts";
import { addConnections } from "./connections.ts";
import { addDiff, addReport, addSchema } from "./documents.ts";
import { addAttach, addPipeline } from "./groups.ts";
import { addList } from "./list.ts";
import { addPps } from "./pps.ts";
import { addRfc2544 } from "./rfc2544.ts";
import { addSelfcheck } from "./selfcheck.ts";
import { addBackToBack, addLatency, addLoss } from "./single-methods.ts";
import { addSoak } from "./soak.ts";
import { addSweep } from "./sweep.ts";
import { addTune } from "./tune.ts";

/** The command line of the bench, which `millrace bench` hands its words to. */
export function createBench(): Command {
  const bench = new Command("millrace bench")
    .description("measure what a veth, a VF, a NIC or a whole path between two interfaces carries")
    .showSuggestionAfterError()
    .showHelpAfterError('(run "millrace bench COMMAND --help" for its options)');
  addRfc2544(bench);
  addPps(bench);
  addLatency(bench);
  addLoss(bench);
  addBackToBack(bench);
  addSoak(bench);
  addSweep(bench);
  addCompare(bench);
  addTune(bench);
  addConnections(bench);
  addAttach(bench);
  addPipeline(bench);
  addSelfcheck(bench);
  addList(bench);
  addDiff(bench);
  addReport(bench);
  addSchema(bench);
  return bench;
}
