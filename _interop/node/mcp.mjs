// An authorization server for MCP, which is oidc-provider, and an MCP client, which is the SDK of
// npm. Like peer.mjs, it reads one command in JSON from each line of its input, answers with one
// line, and ends with its input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Provider } from 'oidc-provider';

console.log = console.info = console.warn = console.error; // the output is for answers

const redirectUrl = 'http://127.0.0.1/callback';

// The authorization server is panva's, with its own pages for login and consent. Its access tokens
// are JWTs for the resource that the client names.
let authorize;
const server = createServer((req, res) => authorize(req, res));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
authorize = new Provider(issuer, {
  clients: [['authorization_code'], ['authorization_code', 'refresh_token']].map((types) => ({
    client_id: types.join(), application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: [redirectUrl],
    grant_types: types, response_types: ['code'], id_token_signed_response_alg: 'ES256',
  })),
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  jwks: { keys: [{ ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), alg: 'ES256', use: 'sig', key_ops: undefined }] },
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'notes:read notes:write notes:delete', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
}).callback();

// browse is the browser: alice logs in, and agrees to what she is asked for. It returns the URL
// that leads back to the client, and the prompts that she saw.
const cookies = new Map();
async function browse(url) {
  const prompts = [];
  for (let form; !String(url).startsWith(`${redirectUrl}?`);) {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET', body: form, redirect: 'manual',
      headers: { cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    const page = await response.text();
    if (response.headers.has('location')) {
      url = new URL(response.headers.get('location'), url);
      form = undefined;
      continue;
    }
    const action = /<form[^>]* action="([^"]+)"/.exec(page), prompt = /name="prompt" value="([^"]+)"/.exec(page);
    if (!action || !prompt || prompts.length > 3) throw new Error(`${response.status} from ${url}: ${page}`);
    prompts.push(prompt[1]);
    form = new URLSearchParams({ prompt: prompt[1], login: 'alice', password: 'any' });
    url = new URL(action[1], url);
  }
  return { back: new URL(url), prompts };
}

// The client's OAuthClientProvider. asked has what it asked the authorization server for.
let id, asked = [], tokens, verifier, wanted;
const provider = {
  redirectUrl,
  clientMetadata: { redirect_uris: [redirectUrl], client_name: 'test' },
  clientInformation: () => ({ client_id: id }),
  tokens: () => tokens,
  saveTokens(saved) { tokens = saved; },
  saveCodeVerifier(saved) { verifier = saved; },
  codeVerifier: () => verifier,
  redirectToAuthorization(url) { wanted = url; },
};

let client, transport;
async function connect(url) {
  transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
}

// authorized carries out what needs a token. It repeats that once, with the token that the SDK
// gets after the user was at the authorization server. A refusal that is left is a result.
async function authorized(act) {
  asked = [];
  let result;
  try {
    result = await act();
  } catch (err) {
    if (err instanceof StreamableHTTPError) return { result: err.message, asked, scope: tokens?.scope };
    if (!(err instanceof UnauthorizedError)) throw err;
    const { back, prompts } = await browse(wanted);
    asked.push({ ...Object.fromEntries(wanted.searchParams), prompts });
    if (back.searchParams.has('error')) throw new Error(String(back));
    await transport.finishAuth(back.searchParams.get('code'));
    result = await act();
  }
  return { result, asked, scope: tokens?.scope };
}

const commands = {
  // connect has the SDK connect without a token, for a user without a login.
  connect({ url, client }) {
    cookies.clear();
    [id, tokens] = [client];
    return authorized(() => connect(url));
  },

  call: ({ tool, arguments: args }) => authorized(async () => {
    const { content, isError } = await client.callTool({ name: tool, arguments: args });
    return `${isError ? 'error: ' : ''}${content[0].text}`;
  }),
};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ issuer });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    say(await commands[command.do](command));
  } catch (err) {
    say({ error: `${err?.stack ?? err} ${err?.cause ? JSON.stringify(err.cause) : ''}` });
  }
}
process.exit(0);
