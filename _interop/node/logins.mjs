// An OpenID provider, panva's, and browsers whose users log in and out there.
import { randomBytes } from 'node:crypto';

import { Provider } from 'oidc-provider';

const callback = 'https://app.example.com/callback';

// startLogins starts the provider. It calls the URL logout when a user logs out: for the client
// sessions with the sid of the login, and for the client subjects without. To reach loopback, it
// does without the provider's protection against server-side request forgery.
export async function startLogins(listen, jwk, resource, logout) {
  let handle;
  const issuer = await listen((req, res) => handle(req, res));
  const secret = randomBytes(16).toString('hex');
  const client = (id, withSession) => ({
    client_id: id, client_secret: secret, redirect_uris: [callback], id_token_signed_response_alg: 'ES256',
    backchannel_logout_uri: `${logout}/${id}`, backchannel_logout_session_required: withSession,
  });
  const provider = new Provider(issuer, {
    clients: [client('sessions', true), client('subjects', false)],
    jwks: { keys: [jwk] },
    cookies: { keys: [secret] },
    scopes: ['openid', 'orders'],
    pkce: { required: () => false },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    extraTokenClaims: (ctx, token) => (token.sid ? { sid: token.sid } : undefined),
    fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'orders', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
      },
    },
  });
  const calls = [];
  provider.on('backchannel.success', () => calls.push('success'));
  provider.on('backchannel.error', (ctx, err) => calls.push(`${err.message} ${err.cause ?? ''}`));
  handle = provider.callback();

  const browsers = new Map();

  // open sends a request of a browser with its cookies, and follows redirects. It returns the last
  // URL and the page, which is empty for the client's callback.
  async function open(browser, url, form) {
    const cookies = browsers.get(browser) ?? new Map();
    browsers.set(browser, cookies);
    for (;;) {
      if (url.href.startsWith(callback)) return { url, page: '' };
      const response = await fetch(url, {
        method: form ? 'POST' : 'GET', body: form, redirect: 'manual',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const page = await response.text();
      if (response.status >= 400) throw new Error(`${url}: ${response.status} ${page}`);
      if (response.status < 300) return { url, page };
      url = new URL(response.headers.get('location'), url);
      form = undefined;
    }
  }

  return {
    issuer,

    // login has a user log in at a client, and returns the tokens that the client gets.
    async login({ browser, client, user }) {
      const query = new URLSearchParams({ client_id: client, response_type: 'code', redirect_uri: callback, scope: 'openid orders', resource });
      let { url, page } = await open(browser, new URL(`${issuer}/auth?${query}`));
      while (page) {
        const [, prompt] = /name="prompt" value="(\w+)"/.exec(page);
        ({ url, page } = await open(browser, url, new URLSearchParams({ prompt, login: user, password: 'x' })));
      }
      const response = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
        body: new URLSearchParams({ grant_type: 'authorization_code', code: url.searchParams.get('code'), redirect_uri: callback, resource }),
      });
      const { access_token: access, id_token: id, ...rest } = await response.json();
      if (!access) throw new Error(`no access token: ${url} ${JSON.stringify(rest)}`);
      return { access, id };
    },

    // logout has the user of a browser log out, and returns how the calls to the clients ended.
    async logout({ browser }) {
      const { url, page } = await open(browser, new URL(`${issuer}/session/end`));
      const [, xsrf] = /name="xsrf" value="(\w+)"/.exec(page);
      calls.length = 0;
      await open(browser, new URL('/session/end/confirm', url), new URLSearchParams({ xsrf, logout: 'yes' }));
      return { calls };
    },
  };
}
