// Loaded into the Playground's process before its own code (--require), because the Playground has neither an
// address to bind to as an option nor any authentication: whoever reaches its port can speak as anybody.
const net = require("node:net");

const loopback = "127.0.0.1";
const listen = net.Server.prototype.listen;

/** Arguments of net.Server#listen, with every TCP address replaced by loopback; pipes and handles stay. */
function onLoopback(args) {
  const [first] = args;
  const rest = args.filter((arg) => typeof arg === "function");
  if (first !== null && typeof first === "object") {
    return "port" in first ? [{ ...first, host: loopback }, ...rest] : args;
  }
  const isPipe = typeof first === "string" && Number.isNaN(Number(first));
  if (isPipe) return args;
  const backlog = args.slice(1).find((arg) => typeof arg === "number");
  const port = typeof first === "function" || first === undefined || first === null ? 0 : Number(first);
  return [{ port, host: loopback, ...(backlog === undefined ? {} : { backlog }) }, ...rest];
}

net.Server.prototype.listen = function listenOnLoopback(...args) {
  return listen.apply(this, onLoopback(args));
};

// The launcher holds the other end of stdin. When it dies, by whatever signal, the Playground goes with it.
process.stdin.on("end", () => process.exit(0));
process.stdin.on("error", () => process.exit(0));
process.stdin.resume();
process.stdin.unref?.();
