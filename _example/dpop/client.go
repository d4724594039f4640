package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/jwthttp/jwthttp/dpop"
)

// A client has a key, and a token that is bound to it.
type client struct {
	token string
	http  *http.Client // adds token and proof
	sent  http.Header  // the last one, as it went out
}

// newClient makes a key, and gets a token for it. The client sends both to the origin of api alone.
func newClient(ctx context.Context, api, issuer string) (*client, error) {
	u, err := url.Parse(api)
	if err != nil {
		return nil, err
	}
	key, err := dpop.GenerateKey()
	if err != nil {
		return nil, err
	}
	c := &client{}
	prover, err := dpop.NewTransport(key, dpop.TransportOptions{Origins: []string{issuer}})
	if err != nil {
		return nil, fmt.Errorf("-issuer: %w", err)
	}
	if c.token, err = fetchToken(ctx, &http.Client{Transport: prover}, issuer); err != nil {
		return nil, err
	}
	transport, err := dpop.NewTransport(key, dpop.TransportOptions{
		Origins: []string{u.Scheme + "://" + u.Host},
		Token:   func(context.Context) (string, error) { return c.token, nil },
		Base:    c,
	})
	if err != nil {
		return nil, fmt.Errorf("-call: %w", err)
	}
	c.http = &http.Client{Transport: transport}
	return c, nil
}

// RoundTrip is what the transport of package dpop sends through. It is here to show what is sent.
func (c *client) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent = r.Header.Clone()
	return http.DefaultTransport.RoundTrip(r)
}

// fetchToken gets a token that is bound to the key that c proves.
func fetchToken(ctx context.Context, c *http.Client, issuer string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, issuer+"/token", nil)
	if err != nil {
		return "", err
	}
	status, token, err := send(c, r)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%d %s", status, token)
	}
	if err != nil {
		return "", fmt.Errorf("the issuer gave no token, is -issuer as the server has printed it? %w", err)
	}
	return token, nil
}

func send(c *http.Client, r *http.Request) (status int, body string, err error) {
	res, err := c.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	return res.StatusCode, string(text), err
}

// call sends one request, and prints the answer and how to send the same again.
func call(ctx context.Context, api, issuer string, out io.Writer) error {
	c, err := newClient(ctx, api, strings.TrimSuffix(issuer, "/"))
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, api, nil)
	if err != nil {
		return err
	}
	status, body, err := send(c.http, r)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, `%d %s

# the same request again, as a thief who has read it would send it: 401, the proof was used
curl -i -H 'Authorization: %s' -H 'DPoP: %s' '%s'

# the token alone, as a thief who has read a log would send it: 401
curl -i -H 'Authorization: Bearer %s' '%[5]s'
`, status, strings.TrimSpace(body), c.sent.Get("Authorization"), c.sent.Get("DPoP"), api, c.token)
	if status != http.StatusOK {
		return fmt.Errorf("the API answered %d", status)
	}
	return nil
}
