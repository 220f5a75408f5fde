import { z } from "zod";
import { CniError } from "../../cni/errors.ts";
import type { VfApi } from "../agent/vf-view.ts";
import { bdfSchema } from "../config/bdf.ts";
import { type Answer, HttpError, json } from "./http.ts";
import { readJson, readQuery } from "./read.ts";

const oneVf = z.strictObject({ vf: bdfSchema });

const NOT_FOUND = 404;
const FAILED = 500;

export const listVfs = async (vfs: VfApi): Promise<Answer> => json(vfs.vfs());

/** @throws HttpError 404 */
export async function showVf(vfs: VfApi, _: string, query: URLSearchParams): Promise<Answer> {
  const { vf } = readQuery(oneVf, query);
  const found = await vfs.show(vf);
  if (found) return json(found);
  const known = vfs.vfs().map(({ address }) => address);
  throw new HttpError(NOT_FOUND, `vf = ${vf}: no such VF; there is ${known.join(", ") || "none"}`);
}

/** @throws HttpError 404 when nobody has the VF, 500 when it could not be given back */
export async function releaseVf(vfs: VfApi, body: string): Promise<Answer> {
  const { vf } = readJson(oneVf, body);
  const attachment = await vfs.release(vf).catch((error) => {
    if (!(error instanceof CniError)) throw error;
    throw new HttpError(FAILED, `${error.message}: ${error.details}`);
  });
  if (attachment !== null) return json({ vf, attachment });
  throw new HttpError(NOT_FOUND, `vf = ${vf}: no attachment has it, there is nothing to release`);
}
