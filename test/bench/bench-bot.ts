import { randomBytes } from "node:crypto";
import { tellParent } from "../../src/local/child.ts";
import { createLog } from "../../src/log.ts";
import { startUsher } from "../../src/main.ts";
import { noLimits } from "../../src/store/chat-pace.ts";
import { companyConfig } from "../support/company-config.ts";

/** Usher as a process of its own, before a simulated tenant and a Teams stand-in that its parent has. */
const { DATABASE_URL, DATA_DIR = "", GRAPH_URL = "", AUTHORITY_URL = "", PORT = "" } = process.env;
const usher = await startUsher(
  companyConfig({
    port: Number(PORT),
    database: DATABASE_URL ? { databaseUrl: DATABASE_URL } : { dataDir: DATA_DIR },
    secretKeys: [randomBytes(32)],
    graphUrl: GRAPH_URL,
    authorityUrl: AUTHORITY_URL,
  }),
  // One person says more than Teams would let through.
  { log: createLog("warn"), chatLimits: noLimits },
);
tellParent({ url: `http://127.0.0.1:${usher.port}/api/messages` }, usher.stop);
