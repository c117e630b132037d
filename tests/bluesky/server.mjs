/* Bluesky's own servers on loopback, offline, for as long as stdin is open.

   Each line on stdin is one command in JSON, each answer one line on stdout:
   {"do": "account", "handle": "lea.test"}  ->  {"did", "handle", "password"}
   {"do": "process"}: let the AppView catch up with the repositories.

   With DB_POSTGRES_URL and REDIS_HOST an AppView runs beside the PDS; the PDS alone
   needs neither. */

import { createInterface } from "node:readline";
import { TestNetwork, TestNetworkNoAppView } from "@atproto/dev-env";

const withAppView = Boolean(process.env.DB_POSTGRES_URL);
const Network = withAppView ? TestNetwork : TestNetworkNoAppView;

function say(answer) {
  process.stdout.write(`promura ${JSON.stringify(answer)}\n`);
}

async function makeAccount(network, { handle }) {
  const agent = network.pds.getClient();
  const { data } = await agent.com.atproto.server.createAccount({
    handle,
    email: `${handle}@example.com`,
    password: "the account's own password",
  });
  const headers = { authorization: `Bearer ${data.accessJwt}` };
  const made = await agent.com.atproto.server.createAppPassword(
    { name: "promura" },
    { headers, encoding: "application/json" },
  );
  return { did: data.did, handle, password: made.data.password };
}

const commands = {
  account: makeAccount,
  process: async (network) => {
    await network.processAll();
    return {};
  },
};

const network = await Network.create({});
say({ service: network.pds.url, appview: withAppView });

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    say(await commands[command.do](network, command));
  } catch (error) {
    say({ error: String(error) });
  }
}
await network.close();
process.exit(0);
