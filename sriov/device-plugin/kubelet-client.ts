import {
  type Client,
  credentials,
  makeClientConstructor,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import type { RegisterRequest } from "./messages.ts";
import { kubeletRegistration } from "./protocol.ts";

/** The kubelet connects to us before it answers, for which it takes 10 s at most. */
const DEADLINE_MS = 15_000;

const RegistrationClient = makeClientConstructor(kubeletRegistration, "v1beta1.Registration");

type Register = (
  request: RegisterRequest,
  options: { deadline: number },
  callback: (error: ServiceError | null) => void,
) => { cancel(): void };

/**
 * Registers at a kubelet, once.
 * @param signal gives up when it is aborted
 * @throws Error in the words of the kubelet, or why it does not answer
 */
export async function register(
  socket: string,
  request: RegisterRequest,
  signal: AbortSignal,
): Promise<void> {
  const client = new RegistrationClient(`unix:${socket}`, credentials.createInsecure());
  try {
    await call(client, request, signal);
  } finally {
    client.close();
  }
}

function call(client: Client, request: RegisterRequest, signal: AbortSignal): Promise<void> {
  const remote = client as Client & { Register: Register };
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + DEADLINE_MS };
    const pending = remote.Register(request, options, (error) => {
      signal.removeEventListener("abort", cancel);
      if (error === null) resolve();
      else reject(new Error(words(error), { cause: error }));
    });
    const cancel = () => pending.cancel();
    signal.addEventListener("abort", cancel);
  });
}

/** Of what grpc-js has to say: "connect ECONNREFUSED /path/kubelet.sock" */
function connectError(details: string): string {
  return /connect E\w+ \S+?(?=\.? |$)/.exec(details)?.[0] ?? details;
}

function words({ code, details }: ServiceError): string {
  if (code === status.UNAVAILABLE) return `the kubelet does not answer: ${connectError(details)}`;
  if (code === status.DEADLINE_EXCEEDED) return `no answer within ${DEADLINE_MS} ms`;
  // Ours, that it quotes: it could not talk to us.
  if (details.includes("PROTOCOL_ERROR")) return `${details}; it must be 1.26 or newer`;
  return details;
}
