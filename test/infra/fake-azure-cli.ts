import fs from "node:fs";
import path from "node:path";

/** A folder for PATH with an `az` that hands out one token, and counts nothing. */
export function fakeAzureCli(folder: string, token: string): string {
  const bin = path.join(folder, "bin");
  fs.mkdirSync(bin);
  const answer = JSON.stringify({
    accessToken: token,
    expires_on: Math.floor(Date.now() / 1000) + 3_600,
    tokenType: "Bearer",
  });
  fs.writeFileSync(path.join(bin, "az"), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  return bin;
}
