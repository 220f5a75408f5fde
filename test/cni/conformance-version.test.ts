import { conform } from "../fixtures/conformance.ts";

conform("VERSION");
