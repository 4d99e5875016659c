import type { GraphHttpRequest, Outcome } from "./graph/service.ts";

/** A request to Graph and its answer, as they went over the wire but for secrets. */
export type Exchange = {
  method: string;
  /** Path and query behind /v1.0. */
  path: string;
  /** Undefined: none, or none that is JSON. */
  requestBody: unknown;
  /** 0: there was no answer. */
  status: number;
  responseBody: unknown;
};

export function exchangeOf({ method, url, body }: GraphHttpRequest, outcome: Outcome): Exchange {
  const answer = typeof outcome === "string" ? { status: 0 } : outcome.answer;
  return {
    method,
    path: url,
    requestBody: withoutSecrets(body),
    status: answer.status,
    responseBody: withoutSecrets(JSON.stringify(answer.body)),
  };
}

function withoutSecrets(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? "", (name, value) =>
      name === "secretText" && typeof value === "string" ? "[secret]" : value,
    );
  } catch {
    return undefined;
  }
}
