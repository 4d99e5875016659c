import { createLocalJWKSet, errors, type JSONWebKeySet, type JWSHeaderParameters, jwtVerify } from "jose";
import type { Clock, Log } from "../usecases/ports/world.ts";

/** The Bot Framework of a cloud: who signs activities, where its keys are found, and what Usher's own tokens are for. */
export type BotFramework = { issuer: string; metadataUrl: string; resource: string };

export const publicBotFramework: BotFramework = {
  issuer: "https://api.botframework.com",
  metadataUrl: "https://login.botframework.com/v1/.well-known/openidconfiguration",
  resource: "https://api.botframework.com",
};

/** Why a token is not taken, for the log: no word of the token is in it. 503: nobody can tell at the moment. */
export type TokenProblem = { status: 401 | 503; why: string; err?: unknown };

export type TokenCheck = (
  authorization: string | undefined,
  activity: { serviceUrl: string; channelId: string },
) => Promise<TokenProblem | undefined>;

type Options = { botId: string; framework: BotFramework; clock: Clock; log: Log };

const clockToleranceSeconds = 5 * 60;

/**
 * Whether an activity comes from the Bot Framework, for this bot and about this service address.
 *
 * In the place of the SDK's own check, whose answer is 500 for a forged token and holds the error's text. It also takes
 * what the Emulator, skills and the ASE channel send, tokens without an end and keys endorsed for no channel; it looks
 * for a new key once an hour at most, and waits for keys without an end.
 */
export function activityTokens({ botId, framework, clock, log }: Options): TokenCheck {
  const keys = signingKeys({ metadataUrl: framework.metadataUrl, clock, log });
  return async (authorization, activity) => {
    const [, token] = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "") ?? [];
    if (!token) return { status: 401, why: "no signed token" };
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys.find, {
        issuer: framework.issuer,
        audience: botId,
        // What the SDK takes from the Bot Framework.
        algorithms: ["RS256", "RS384", "RS512"],
        requiredClaims: ["exp"],
        clockTolerance: clockToleranceSeconds,
        currentDate: clock.now(),
      });
      if (payload.serviceurl !== activity.serviceUrl) return { status: 401, why: "another serviceUrl" };
      const isEndorsed = await keys.isEndorsed(protectedHeader, activity.channelId);
      return isEndorsed ? undefined : { status: 401, why: "a key that is not endorsed for the channel" };
    } catch (error) {
      if (error instanceof KeysUnavailable) return { status: 503, why: error.message, err: error.cause };
      return { status: 401, why: error instanceof errors.JOSEError ? whyOf(error) : "a broken token" };
    }
  };
}

const whyOf = (error: errors.JOSEError) =>
  error instanceof errors.JWTClaimValidationFailed ? `${error.code} ${error.claim}` : error.code;

class KeysUnavailable extends Error {}

type Keys = { set: JSONWebKeySet; find: ReturnType<typeof createLocalJWKSet>; readAt: number };

/** A key that is taken back counts no longer than this, and old ones go on for as long while nobody answers. */
const oldestMs = 24 * 3_600_000;
const readAgainAfterMs = 3_600_000;
/** A key that is not known yet may be a new one; made-up ones must not make Usher ask each time. */
const lookForNewAfterMs = 30_000;
const answerWithinMs = 5_000;

/** The keys that the metadata leads to, in memory: read at the first token, and again while the old ones serve. */
function signingKeys({ metadataUrl, clock, log }: { metadataUrl: string; clock: Clock; log: Log }) {
  let known: Keys | undefined;
  let reading: Promise<Keys> | undefined;
  const ageMs = ({ readAt }: Keys) => clock.now().getTime() - readAt;

  async function read(): Promise<Keys> {
    try {
      const { jwks_uri: address } = (await readJson(metadataUrl)) as { jwks_uri: string };
      if (new URL(address).protocol !== new URL(metadataUrl).protocol) throw new Error("not over TLS");
      const set = (await readJson(address)) as JSONWebKeySet;
      known = { set, find: createLocalJWKSet(set), readAt: clock.now().getTime() };
      return known;
    } catch (error) {
      throw new KeysUnavailable("the Bot Framework's keys cannot be read", { cause: error });
    }
  }
  function readNow(): Promise<Keys> {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    return reading;
  }
  function current(): Keys | Promise<Keys> {
    if (!known || ageMs(known) > oldestMs) return readNow();
    if (ageMs(known) > readAgainAfterMs)
      readNow().catch((error: unknown) => {
        log.warn({ err: error }, "the Bot Framework's keys could not be read again; the known ones count");
      });
    return known;
  }

  return {
    async find(header: JWSHeaderParameters) {
      if (!header.kid) throw new errors.JWKSNoMatchingKey();
      const keys = await current();
      try {
        return await keys.find(header);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || ageMs(keys) < lookForNewAfterMs) throw error;
        return (await readNow()).find(header);
      }
    },
    /** A key says for which channels it may sign; Teams is one of those that ask for it. */
    async isEndorsed({ kid }: JWSHeaderParameters, channelId: string): Promise<boolean> {
      const key = (await current()).set.keys.find((each) => each.kid === kid);
      const { endorsements } = (key ?? {}) as { endorsements?: unknown };
      return Array.isArray(endorsements) && endorsements.includes(channelId);
    },
  };
}

async function readJson(address: string): Promise<unknown> {
  const response = await fetch(address, { signal: AbortSignal.timeout(answerWithinMs) });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return response.json();
}
