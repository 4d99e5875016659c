// Loaded into the Playground's process before its own code (--require). It keeps what the bot sends while no page is
// open, and hands it to the first page as soon as that connects. The page drops messages of conversations that it does
// not know yet, and it knows none before its configuration has come; so the stream connects after that.
const http = require("node:http");

const settleMs = 300;
const noConfigurationMs = 1000;
const emit = http.Server.prototype.emit;
let loading = 0;
let held = [];

function release() {
  const streams = held;
  held = [];
  for (const connect of streams) connect();
}

http.Server.prototype.emit = function emitInOrder(event, ...args) {
  const [request, other] = args;
  if (event === "request" && request.url === "/_internal/v1/config") {
    loading += 1;
    other.once("close", () => {
      loading -= 1;
      if (loading === 0) setTimeout(release, settleMs).unref();
    });
  }
  if (event === "upgrade" && request.url.startsWith("/_ws_conversation/")) {
    const socket = other;
    socket.on("error", () => {});
    held.push(() => socket.destroyed || emit.call(this, event, ...args));
    // A page that only reconnects asks for no configuration.
    setTimeout(() => loading === 0 && release(), noConfigurationMs).unref();
    return true;
  }
  return emit.call(this, event, ...args);
};
