import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from "botbuilder";
import restify from "restify";
import { tellParent } from "../../src/local/child.ts";

/** The least that a bot on this stack does: it says what was said. */
const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
const server = restify.createServer();
server.use(restify.plugins.bodyParser());
server.post("/api/messages", async (req, res) =>
  adapter.process(req as Parameters<typeof adapter.process>[0], res, async (context) => {
    if (context.activity.type === "message") await context.sendActivity(`You said ${context.activity.text}`);
    else if (context.activity.type === "invoke")
      await context.sendActivity({ type: "invokeResponse", value: { status: 200, body: {} } });
  }),
);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
tellParent({ url: `http://127.0.0.1:${server.address().port}/api/messages` }, async () => {
  server.server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});
