export type Metrics = {
  /** `route` is a pattern such as `/s/:token`, never an address that somebody asked for. */
  countAnswer(method: string, route: string, status: number): void;
  /** Prometheus text format 0.0.4. `counters` are the caller's own, by name without `usher_` and `_total`. */
  text(counters: Readonly<Record<string, number>>): string;
};

/** Counts what this process answered. */
export function createMetrics(): Metrics {
  const answers = new Map<string, number>();
  return {
    countAnswer(method, route, status) {
      const labels = `method="${method}",route="${route}",status="${status}"`;
      answers.set(labels, (answers.get(labels) ?? 0) + 1);
    },
    text(counters) {
      const memory = process.memoryUsage();
      return [
        metric("process_uptime_seconds", "gauge", [["", process.uptime()]]),
        metric("process_resident_memory_bytes", "gauge", [["", memory.rss]]),
        metric("nodejs_heap_size_used_bytes", "gauge", [["", memory.heapUsed]]),
        metric(
          "usher_http_answers_total",
          "counter",
          [...answers].map(([labels, count]) => [`{${labels}}`, count]),
        ),
        ...Object.entries(counters).map(([name, count]) =>
          metric(`usher_${name}_total`, "counter", [["", count]]),
        ),
      ].join("");
    },
  };
}

function metric(name: string, type: "gauge" | "counter", samples: [labels: string, value: number][]): string {
  return [
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
    "",
  ].join("\n");
}
