// The other side of the tests: an authorization server, a resource server and clients. It reads one
// command in JSON from each line of its input, and answers with one line. It ends with its input.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import * as dpop from 'dpop';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { Provider } from 'oidc-provider';

import { startLogins } from './logins.mjs';

console.log = console.info = console.warn = console.error; // the output is for answers

const resource = 'https://api.example.com'; // what tokens are for, wherever the service listens
const id = 'client', secret = randomBytes(16).toString('hex');
const algorithms = ['ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA', 'PS256', 'RS256'];

async function listen(handler) {
  const server = createServer((req, res) => handler(req, res));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

// The authorization server is panva's. It wants a nonce in each proof.
let authorize;
const issuer = await listen((req, res) => authorize(req, res));
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
const jwk = { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), alg: 'ES256', use: 'sig', key_ops: undefined };
authorize = new Provider(issuer, {
  clients: [{
    client_id: id, client_secret: secret, grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
    id_token_signed_response_alg: 'ES256',
  }],
  enabledJWA: { dPoPSigningAlgValues: algorithms },
  jwks: { keys: [jwk] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'orders', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
}).callback();

const insecure = { [oauth.allowInsecureRequests]: true }; // http on loopback
const discovered = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), insecure));

// The resource server is oauth4webapi's verifier.
const service = await listen(async (req, res) => {
  try {
    const { method, headers, url } = req;
    const request = new Request(service + url, { method, headers });
    const { sub } = await oauth.validateJwtAccessToken(discovered, request, resource, { requireDPoP: true, ...insecure });
    res.end(sub);
  } catch (err) {
    res.writeHead(401).end(String(err));
  }
});

// Each client makes a key, gets a token for it, and returns a function that calls a service.
const grant = { resource, scope: 'orders' };
const clients = {
  async oauth4webapi(alg) {
    const client = { client_id: id };
    const options = { DPoP: oauth.DPoP(client, await oauth.generateKeyPair(alg)), ...insecure };
    const withNonce = async (send) => {
      try {
        return await send();
      } catch (err) {
        if (oauth.isDPoPNonceError(err)) return send();
        throw err;
      }
    };
    const { access_token: token } = await withNonce(async () => oauth.processClientCredentialsResponse(discovered, client,
      await oauth.clientCredentialsGrantRequest(discovered, client, oauth.ClientSecretBasic(secret), grant, options)));
    return (method, url, body) => withNonce(() => oauth.protectedResourceRequest(token, method, url, new Headers(), body, options));
  },

  async 'openid-client'(alg) {
    const config = await openid.discovery(new URL(issuer), id, undefined, openid.ClientSecretBasic(secret), { execute: [openid.allowInsecureRequests] });
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(alg));
    const { access_token: token } = await openid.clientCredentialsGrant(config, grant, { DPoP });
    return (method, url, body) => openid.fetchProtectedResource(config, token, url, method, body, undefined, { DPoP });
  },

  async dpop(alg) {
    const { token, prove } = await proofs(alg);
    let nonce;
    const send = async (method, url, body) => {
      const proof = await prove(method, url.origin + url.pathname, nonce, token);
      const response = await fetch(url, { method, body, headers: { authorization: `DPoP ${token}`, dpop: proof } });
      nonce = response.headers.get('dpop-nonce') ?? undefined;
      return response;
    };
    return async (method, url, body) => {
      const response = await send(method, url, body);
      return response.status === 401 && nonce ? send(method, url, body) : response;
    };
  },
};

// proofs returns a token, and a function that makes proofs for it with npm's dpop.
async function proofs(alg) {
  const key = await dpop.generateKeyPair(alg);
  const prove = (htm, htu, nonce, token, more) => dpop.generateProof(key, htu, htm, nonce, token, more);
  const ask = async (nonce) => fetch(discovered.token_endpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}`, dpop: await prove('POST', discovered.token_endpoint, nonce) },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...grant }),
  });
  const response = await ask((await ask()).headers.get('dpop-nonce'));
  const { access_token: token, token_type: type } = await response.json();
  if (type !== 'DPoP') throw new Error(`no DPoP token, but ${response.status} with ${type}`);
  return { token, prove };
}

// once returns what make returned for the same arguments before.
const made = new Map();
function once(make, ...args) {
  const name = [make.name, ...args].join();
  if (!made.has(name)) made.set(name, make(...args));
  return made.get(name);
}

let logins;

const commands = {
  // logins starts a provider that calls a URL when a user logs out.
  async logins({ logout }) {
    logins = await startLogins(listen, jwk, resource, logout);
    return { issuer: logins.issuer };
  },
  login: (command) => logins.login(command),
  logout: (command) => logins.logout(command),

  // call has a client call a service.
  async call({ client, alg, method, url, body }) {
    const send = await once(clients[client], alg);
    try {
      const response = await send(method, new URL(url), body);
      return { status: response.status, body: await response.text() };
    } catch (err) {
      if (!(err instanceof oauth.WWWAuthenticateChallengeError)) throw err;
      return { status: err.status, challenges: err.cause };
    }
  },

  // proof returns a token of that key, and a proof of npm's dpop: for this token, another one or,
  // if that is empty, none.
  async proof({ alg, key = '', method, url, nonce, more, for: hashed }) {
    const { token, prove } = await once(proofs, alg, key);
    return { token, proof: await prove(method, url, nonce, hashed ?? token, more) };
  },

  // verify has jose verify a token, with the keys that oauth4webapi and openid-client find.
  async verify({ issuer, audience, alg, token }) {
    const found = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), insecure));
    const config = await openid.discovery(new URL(issuer), id, undefined, undefined, { execute: [openid.allowInsecureRequests] });
    if (config.serverMetadata().jwks_uri !== found.jwks_uri) throw new Error('the clients find two addresses');
    const keys = jose.createRemoteJWKSet(new URL(found.jwks_uri));
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keys, {
        issuer, audience, algorithms: [alg], typ: 'at+jwt', requiredClaims: ['exp', 'iat', 'jti', 'sub'], clockTolerance: 0,
      });
      return { payload, header: protectedHeader };
    } catch (err) {
      return { refused: err.code };
    }
  },
};

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say({ issuer, service, resource, id, secret, tokenEndpoint: discovered.token_endpoint });
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  try {
    say(await commands[command.do](command));
  } catch (err) {
    say({ error: `${err?.stack ?? err} ${err?.cause ? JSON.stringify(err.cause) : ''}` });
  }
}
process.exit(0);
