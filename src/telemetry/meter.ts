import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

/** What is there now, as it is counted at each look: by state, and for how long the oldest of each kind is overdue. */
export type Figures = {
  requests: Readonly<Record<string, number>>;
  registrations: Readonly<Record<string, number>>;
  links: Readonly<Record<string, number>>;
  oldestDueSeconds: Readonly<Record<string, number>>;
};

/** What this process counts, in the names and units of Prometheus. Labels are ours alone: no name, address or id. */
export type Meter = ReturnType<typeof createMeter>;

let ofProcess: Registry | undefined;

/** Memory, processor, event loop and garbage, gathered once however many meters there are. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

const minutes = 60;
const hours = 60 * minutes;
const days = 24 * hours;

export function createMeter() {
  const register = new Registry();
  const registers = [register];
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `usher_${name}_total`, help, labelNames, registers });
  const gauge = (name: string, help: string, label: string) =>
    new Gauge({ name: `usher_${name}`, help, labelNames: [label], registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    ...labelNames: Label[]
  ) => new Histogram({ name: `usher_${name}_seconds`, help, buckets, labelNames, registers });

  const acts = counter("acts", "Lines of the audit trail", "what");
  const answers = counter("http_answers", "Answers over HTTP", "method", "route", "status");
  const steps = counter("steps", "Ends of provisioning steps; waiting: to be tried again", "step", "outcome");
  const deliveries = counter("deliveries", "What became of messages to Teams", "outcome");
  const undelivered = counter("messages_undelivered", "Messages that reached nobody");
  const graph = histogram(
    "graph_request",
    "Requests to Microsoft Graph; status 0: no answer",
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    "method",
    "route",
    "status",
  );
  const decision = histogram(
    "decision_wait",
    "From the submission of a request to its decision",
    [5 * minutes, 30 * minutes, 2 * hours, 8 * hours, 1 * days, 3 * days, 7 * days],
    "verdict",
  );
  const gauges = {
    requests: gauge("requests", "Requests by state", "state"),
    registrations: gauge("registrations", "Registrations by state", "state"),
    links: gauge("links", "One-time links by state", "state"),
    oldestDueSeconds: gauge(
      "oldest_due_seconds",
      "For how long the oldest of what is due has waited",
      "kind",
    ),
  };

  return {
    act: (what: string) => acts.inc({ what }),
    answer: (method: string, route: string, status: number) => answers.inc({ method, route, status }),
    step: (step: string, outcome: string) => steps.inc({ step, outcome }),
    delivery: (outcome: string) => deliveries.inc({ outcome }),
    count: (what: "messages_undelivered") => ({ messages_undelivered: undelivered })[what].inc(),
    graph: (call: { method: string; route: string; status: number }, seconds: number) =>
      graph.observe(call, seconds),
    decision: (verdict: string, seconds: number) => decision.observe({ verdict }, seconds),
    /** Prometheus text. Without figures, where the database does not answer, the rest is said all the same. */
    async text(figures: Figures | undefined): Promise<string> {
      for (const [name, each] of Object.entries(gauges)) {
        each.reset();
        for (const [label, value] of Object.entries(figures?.[name as keyof Figures] ?? {}))
          each.labels(label).set(value);
      }
      return Registry.merge([register, processRegistry()]).metrics();
    },
  };
}
