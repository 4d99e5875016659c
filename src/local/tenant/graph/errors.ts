/** A refusal that Graph answers; everything else that is thrown is a fault of the simulation. */
export class GraphError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export const badRequest = (message: string, code = "Request_BadRequest") =>
  new GraphError(400, code, message);

/** What Graph says for an object that is missing, deleted or not replicated yet: all the same. */
export const notFound = (id: string) =>
  new GraphError(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );

export const denied = (message = "Insufficient privileges to complete the operation.") =>
  new GraphError(403, "Authorization_RequestDenied", message);

/** Graph's error body. */
export function errorBody(error: GraphError, requestId: string, clientRequestId: string, now: Date) {
  return {
    error: {
      code: error.code,
      message: error.message,
      innerError: {
        date: now.toISOString().slice(0, 19),
        "request-id": requestId,
        "client-request-id": clientRequestId,
      },
    },
  };
}

export const noApplication = (appId: string) =>
  badRequest(`The appId '${appId}' of the service principal does not reference a valid application object.`);
export const nameInUse = (appId: string) =>
  new GraphError(
    409,
    "Request_MultipleObjectsWithSameKeyValue",
    `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
  );
