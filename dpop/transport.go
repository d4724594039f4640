package dpop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	authorization  = "Authorization"
	maxNonceBytes  = 512
	maxAnswerBytes = 64 << 10 // of a body that is dropped
)

// TransportOptions say where a [Transport] sends proofs. Origins is required.
type TransportOptions struct {
	// Origins are those of the services that the key is for, such as https://api.example.com,
	// without a path. Tokens and proofs go nowhere else. http is for loopback only.
	Origins []string

	// Token returns the access token for a request that has no Authorization header. It is called
	// for each, so it should remember the token until that expires. It must not use the Transport.
	// If nil, a request without Authorization gets a proof without a token, as a token endpoint
	// needs it.
	Token func(ctx context.Context) (string, error)

	// Base sends the requests. If nil, that is http.DefaultTransport.
	Base http.RoundTripper
}

// A Transport is an [http.RoundTripper] that adds a proof to each request for one of its origins:
//
//   - A request with "Authorization: Bearer" or DPoP gets the scheme DPoP, and a proof for this
//     token. So a Transport is the Base of the Transport of golang.org/x/oauth2, which writes
//     Bearer, or the type of its token.
//   - A request without Authorization gets the token of [TransportOptions].Token in the same way,
//     if there is one.
//   - Any other request, such as that of a token endpoint with "Authorization: Basic", gets a proof
//     without a token.
//
// A request for another origin, to which a redirect may lead, is sent without the header DPoP and
// without a Bearer or DPoP Authorization.
//
// If one of the origins is an xn-- host, a request for a host beyond ASCII is an error, because that
// may be the same one: write https://xn--bcher-kva.example, and not https://bücher.example.
//
// A Transport remembers the last nonce of each origin. A server may ask for one (use_dpop_nonce,
// RFC 9449 sections 8 and 9): in a 401 with a DPoP challenge, or in the JSON of a 400. If it sends
// one that is new, the request is sent once more. That needs a request without a body, or with
// GetBody, which [http.NewRequest] sets for bodies in memory.
//
// Make one with [NewTransport]. It is safe for concurrent use.
type Transport struct {
	key     *Key
	origins []string // in their normal form
	token   func(ctx context.Context) (string, error)
	base    http.RoundTripper
	nonces  sync.Map // the last one of each origin
}

// NewTransport returns a transport that signs with key.
func NewTransport(key *Key, opts TransportOptions) (*Transport, error) {
	t := &Transport{key: key, token: opts.Token, base: opts.Base}
	var errs []error
	switch {
	case t.base == nil:
		t.base = http.DefaultTransport
	case validate.IsNil(t.base):
		errs = append(errs, fmt.Errorf("TransportOptions.Base is a nil %T: leave it out, or make one", t.base))
	}
	if key == nil || key.sign == nil {
		errs = append(errs, errors.New("the key of NewTransport is nil or empty: make one with GenerateKey or NewKey, and check its error"))
	}
	if len(opts.Origins) == 0 {
		errs = append(errs, fmt.Errorf("TransportOptions.Origins is empty: name the origin of the service, such as %s", exampleOrigin))
	}
	for _, raw := range opts.Origins {
		base, prefix, err := syntax.ParseOrigin(raw, exampleOrigin)
		if prefix != "" {
			err = fmt.Errorf("%.200q has a path: write %s", raw, base)
		}
		t.origins, errs = append(t.origins, base), append(errs, validate.Prefixed("TransportOptions.Origins: ", err))
	}
	if err := validate.Prefixed("dpop: ", errors.Join(errs...)); err != nil {
		return nil, err
	}
	return t, nil
}

// RoundTrip implements [http.RoundTripper]. It does not change req.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t == nil || t.base == nil {
		closeBody(req.Body)
		return nil, errors.New("dpop: the Transport is empty: make it with NewTransport, and check its error")
	}
	origin, err := t.originOf(req)
	if err != nil {
		closeBody(req.Body)
		return nil, err
	}
	if origin == "" {
		return t.base.RoundTrip(withoutCredentials(req))
	}
	token, err := t.tokenFor(req, origin)
	if err != nil {
		closeBody(req.Body)
		return nil, err
	}
	last, _ := t.nonces.Load(origin)
	nonce, _ := last.(string)
	resp, fresh, err := t.prove(req, req.Body, origin, token, nonce)
	if err != nil || fresh == "" || fresh == nonce || !syntax.AsksForNonce(resp) {
		return resp, err
	}
	body := req.Body
	if body != nil && body != http.NoBody {
		if req.GetBody == nil {
			return resp, nil
		}
		if body, err = req.GetBody(); err != nil {
			return resp, nil
		}
	}
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswerBytes)) // so that the connection is used again
	resp.Body.Close()
	resp, _, err = t.prove(req, body, origin, token, fresh)
	return resp, err
}

func closeBody(body io.Closer) {
	if body != nil {
		body.Close()
	}
}

// Format prints the origins under every verb, and no state.
func (t *Transport) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "dpop.Transport%v", t.origins) }

// MarshalText is that of Format: neither JSON nor log/slog show more.
func (t *Transport) MarshalText() ([]byte, error) { return fmt.Append(nil, t), nil }

// CloseIdleConnections calls that of Base, for [http.Client.CloseIdleConnections].
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// originOf returns the origin of a request if it is one of ours, else "". req.Host may name another
// one than the URL, and then the URL of the proof: so both must be ours. The error is for a host of
// which that cannot be known.
func (t *Transport) originOf(req *http.Request) (origin string, err error) {
	if req.URL == nil {
		return "", nil
	}
	for _, host := range []string{req.URL.Host, req.Host} {
		if host == "" {
			continue
		}
		if !syntax.IsASCII(host) && slices.ContainsFunc(t.origins, hasXN) {
			return "", fmt.Errorf("dpop: the request is for the host %.200q: write it in ASCII, which begins with xn--, as TransportOptions.Origins has it", host)
		}
		normal, _, ok := syntax.NormalURL(req.URL.Scheme+"://"+host, nil)
		if !ok || !slices.Contains(t.origins, normal) {
			return "", nil
		}
		origin = normal
	}
	return origin, nil
}

// hasXN reports whether an origin in its normal form has a name that can be written beyond ASCII.
func hasXN(origin string) bool {
	return strings.Contains(origin, "/xn--") || strings.Contains(origin, ".xn--")
}

// withoutCredentials returns req, or a copy without what only our origins may see.
func withoutCredentials(req *http.Request) *http.Request {
	_, isToken := tokenOf(req)
	if !isToken && !syntax.HasField(req.Header, proofHeader) {
		return req
	}
	clone := req.Clone(req.Context())
	clone.Trailer = req.Trailer // which may be filled while the body is read
	maps.DeleteFunc(clone.Header, func(name string, _ []string) bool {
		return syntax.EqualFold(name, proofHeader) || isToken && syntax.EqualFold(name, authorization)
	})
	return clone
}

// tokenOf returns the token of a request's Authorization header, in whatever case the caller has
// written that: net/http sends it as it is. ok reports whether the scheme is Bearer or DPoP.
func tokenOf(req *http.Request) (token string, ok bool) {
	for name, values := range req.Header {
		if !syntax.EqualFold(name, authorization) {
			continue
		}
		for _, value := range values {
			for _, scheme := range []string{"Bearer", "DPoP"} {
				if token, err := syntax.Credentials(value, scheme); token != "" || err != nil {
					return token, true
				}
			}
		}
	}
	return "", false
}

// tokenFor returns the token for a request, "" for none.
func (t *Transport) tokenFor(req *http.Request, origin string) (string, error) {
	if req.URL.Opaque != "" {
		return "", fmt.Errorf("dpop: the request for %s has URL.Opaque, so that its path is not known: set URL.Path, and URL.RawPath for an escaped slash", origin)
	}
	token, ok := tokenOf(req)
	switch {
	case ok && token == "":
		return "", fmt.Errorf("dpop: the Authorization header for %s has a scheme and no token", origin)
	case ok || t.token == nil || syntax.HasField(req.Header, authorization):
		return token, nil
	}
	token, err := t.token(req.Context())
	if err != nil {
		return "", fmt.Errorf("dpop: there is no token for %s: %w", origin, err)
	}
	if token == "" {
		return "", fmt.Errorf("dpop: TransportOptions.Token returned an empty token for %s: have it return an error if there is none", origin)
	}
	return token, nil
}

// prove sends a copy of a request, which is ours, with a proof. It remembers the nonce of the
// answer, and returns it: "" if there is none.
func (t *Transport) prove(req *http.Request, body io.ReadCloser, origin, token, nonce string) (resp *http.Response, fresh string, err error) {
	proof, err := t.key.proof(req.Context(), req.Method, origin, req.URL, token, nonce)
	if err != nil {
		closeBody(body)
		return nil, "", err
	}
	clone := req.Clone(req.Context())
	clone.Body, clone.Trailer = body, req.Trailer // which may be filled while the body is read
	if clone.Header == nil {
		clone.Header = http.Header{}
	}
	syntax.SetField(clone.Header, proofHeader, proof)
	if token != "" {
		syntax.SetField(clone.Header, authorization, "DPoP "+token)
	}
	resp, err = t.base.RoundTrip(clone)
	if err != nil {
		return nil, "", err
	}
	values := resp.Header[nonceHeader]
	if len(values) != 1 || len(values[0]) > maxNonceBytes || !syntax.IsWord(values[0]) { // RFC 9449 section 8.1
		return resp, "", nil
	}
	t.nonces.Store(origin, values[0])
	return resp, values[0], nil
}
