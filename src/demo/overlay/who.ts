// Runs inside pods. `serve NAME` tells everybody who connects by TCP the name; `ask ADDRESS`
// prints what it is told there.
import { connect, createServer } from "node:net";

const PORT = 7000;
const LIMIT_MS = 3000;

const [mode, argument = ""] = process.argv.slice(2);
if (mode === "serve") serve(argument);
else ask(argument);

function serve(name: string): void {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // who hangs up has missed it
    socket.end(name);
  });
  server.listen({ port: PORT, host: "::" }, () => console.log("listening"));
}

function ask(host: string): void {
  const socket = connect({ host, port: PORT });
  socket.setTimeout(LIMIT_MS, () => socket.destroy(new Error(`no answer in ${LIMIT_MS} ms`)));
  socket.on("error", ({ message }) => {
    console.error(message);
    process.exitCode = 1;
  });
  socket.pipe(process.stdout);
}
