import { conform } from "../fixtures/conformance.ts";

conform("DEL");
