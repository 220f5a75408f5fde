import { status } from "@grpc/grpc-js";

/** An error that the kubelet is to see as it is; its words end up in the events of the pod. */
export class Refusal extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a handler hands to gRPC for any error. */
export function toStatus(error: unknown): { code: status; details: string } {
  if (error instanceof Refusal) return { code: error.code, details: error.message };
  return { code: status.INTERNAL, details: error instanceof Error ? error.message : String(error) };
}
