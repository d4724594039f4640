package dpop

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/answer"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Verifier is a [jwthttp.Binding] for tokens with the member jkt in cnf, which come under the
// scheme DPoP. Make one with [New]. It is safe for concurrent use.
type Verifier struct {
	member     string // "" in a zero Verifier, which jwthttp.New refuses
	origins    []origin
	algorithms []string // of proofs, under all of their names
	maxAge     time.Duration
	leeway     time.Duration
	keep       time.Duration  // of a used proof, from when it was made
	nonces     *Nonces        // nil if none are required
	replays    Store          // nil with AllowReplays
	workspace  *jws.Workspace // remembers nothing
	scratch    sync.Pool      // of *scratch
}

var _ jwthttp.Binding = (*Verifier)(nil)

// Member is "jkt", RFC 9449 section 6.1.
func (v *Verifier) Member() string { return v.member }

// Scheme is DPoP, with the algorithms of proofs, RFC 9449 section 7.1.
func (v *Verifier) Scheme() (name, parameters string) {
	return "DPoP", `algs="` + strings.Join(v.algorithms, " ") + `"`
}

// Format prints the origins under every verb, and no state.
func (v *Verifier) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "dpop.Verifier%v", v.origins) }

// Answer sets DPoP-Nonce, RFC 9449 section 8.2, if there are Nonces. An answer with a nonce must
// not be stored, so it sets Cache-Control: no-store, unless there is a Cache-Control.
func (v *Verifier) Answer(h http.Header) {
	if v.nonces == nil {
		return
	}
	syntax.SetField(h, nonceHeader, v.nonces.at(time.Now()))
	if !syntax.HasField(h, "Cache-Control") {
		h.Set("Cache-Control", "no-store")
	}
}

const (
	proofHeader = "Dpop" // as net/http writes DPoP
	nonceHeader = "Dpop-Nonce"
)

// A refusal is why a proof was refused. Its text is for the log.
type refusal struct {
	kind error // jwthttp.ErrInvalidProof or ErrUseNonce; nil refuses the token
	text string
}

func (r *refusal) Error() string { return "dpop: " + r.text }
func (r *refusal) Unwrap() error { return r.kind }

func invalid(text string) error { return &refusal{jwthttp.ErrInvalidProof, text} }

func invalidf(format string, args ...any) error { return invalid(fmt.Sprintf(format, args...)) }

var (
	errNoProof  = invalid("there is no DPoP header: have the client send a proof with each request")
	errTwo      = invalid("there are two DPoP headers: have the client, or the proxy before this service, send one")
	errNotJWT   = invalid("the proof is not one JWT: three segments of base64url with dots between them, of at most 4 KiB")
	errReplayed = invalid("the proof was used before: have the client make one for each request, with a new jti, also when it tries again")
	errOtherKey = &refusal{nil, "the proof is by another key than the one that the token is bound to (cnf.jkt): have the client use the key of its token request"}
)

// Confirm implements [jwthttp.Binding].
func (v *Verifier) Confirm(r *http.Request, token string, thumbprint [sha256.Size]byte) error {
	return v.verify(r, token, thumbprint, nil)
}

// TokenRequest verifies the proof of a request that asks for tokens, such as a login (RFC 9449 section
// 5). It returns the thumbprint of the proof's key, for the member jkt of cnf in the new token. use
// remembers the proof, so that it is good once. Call use after the user was authenticated: before that,
// anybody could fill the store of used proofs.
//
//	jkt, use, err := proofs.TokenRequest(r)
//	if err == nil && !checkPassword(r) {
//		http.Error(w, "wrong user or password", http.StatusForbidden)
//		return
//	}
//	if err == nil {
//		err = use()
//	}
//	if err != nil {
//		proofs.WriteTokenError(w, r, err)
//		return
//	}
//	cnf := issue.Claim{Name: "cnf", Value: map[string]string{"jkt": jkt}}
//
// The proof is by any key and has no ath, since there is no token yet. The rest is as for a token.
// Package session has such logins, by StartBound.
func (v *Verifier) TokenRequest(r *http.Request) (thumbprint string, use func() error, err error) {
	if v == nil || v.member == "" {
		return "", nil, fmt.Errorf("%w: dpop: the Verifier is empty: make it with New, and check its error", jwthttp.ErrMisconfigured)
	}
	var request tokenRequest
	if err := v.verify(r, "", [sha256.Size]byte{}, &request); err != nil {
		return "", nil, err
	}
	return encode(request.thumbprint[:]), func() error { return v.use(r, request.id, request.until) }, nil
}

// WriteTokenError answers a request for tokens with an error of [Verifier.TokenRequest] or of its use,
// whose text is for logs. An error of the proof is a 400 with invalid_dpop_proof or use_dpop_nonce in
// JSON, with a nonce if there are Nonces. Any other is as by [jwthttp.WriteError]: a 503 while the store
// of used proofs is out of reach.
func (v *Verifier) WriteTokenError(w http.ResponseWriter, r *http.Request, err error) {
	code := "invalid_dpop_proof"
	switch {
	case errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, jwthttp.ErrInvalidProof) && !errors.Is(err, jwthttp.ErrUseNonce):
		jwthttp.WriteError(w, r, err)
		return
	case errors.Is(err, jwthttp.ErrUseNonce):
		code = "use_dpop_nonce"
	}
	h := w.Header()
	answer.Clean(h)
	v.Answer(h)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, "{%q:%q}\n", "error", code)
}

// A tokenRequest is what the proof of one says.
type tokenRequest struct {
	thumbprint, id [sha256.Size]byte
	until          time.Time
}

// verify verifies the proof for a token, whose key has that thumbprint, or that of a request for tokens,
// which it fills.
//
// What costs little comes first: the signature is verified after everything that the header alone
// decides, and the store is asked at the end, so that a proof that was refused is not used up.
func (v *Verifier) verify(r *http.Request, token string, thumbprint [sha256.Size]byte, request *tokenRequest) error {
	segments, err := splitProof(r.Header[proofHeader])
	if err != nil {
		return err
	}
	s := v.scratch.Get().(*scratch)
	defer v.scratch.Put(s)
	key, err := v.readHeader(s, segments.Header)
	if err != nil {
		return err
	}
	if request != nil {
		thumbprint = key.Thumbprint
	}
	if key.Thumbprint != thumbprint {
		return errOtherKey
	}
	if ok, _ := key.Verify(segments.SigningInput, segments.Signature, v.workspace); !ok {
		return errSignature
	}
	// No byte of the payload has been decoded so far.
	c, err := readClaims(s, segments.Payload, request == nil)
	if err != nil {
		return err
	}
	if err := v.checkRequest(s, &c, r); err != nil {
		return err
	}
	if request == nil && !isDigest(s.text(c.ath), token) {
		return errAth
	}
	until, err := v.checkTimes(s, &c, time.Now())
	if err != nil {
		return err
	}
	id := useID(thumbprint, s.text(c.jti))
	if request != nil {
		*request = tokenRequest{thumbprint, id, until}
		return nil
	}
	return v.use(r, id, until)
}

// splitProof returns the segments of the only proof.
func splitProof(values []string) (jws.Segments, error) {
	switch {
	case len(values) == 0:
		return jws.Segments{}, errNoProof
	case len(values) > 1:
		return jws.Segments{}, errTwo
	}
	segments, err := jws.Split(syntax.Trim(values[0]), maxProofBytes, false)
	if err != nil {
		return jws.Segments{}, errNotJWT
	}
	return segments, nil
}

// checkRequest compares the proof with the method and the URL of the request.
func (v *Verifier) checkRequest(s *scratch, c *proofClaims, r *http.Request) error {
	if htm := s.text(c.htm); htm != r.Method {
		return invalidf("htm is %s, and the method of the request is %s", logtext.Short(htm), logtext.Short(r.Method))
	}
	htu := s.text(c.htu)
	base, path, ok := syntax.NormalURL(htu, s.path[:])
	if !ok {
		return invalidf("htu is not an https URL, but %s", logtext.URL(htu))
	}
	if r.RequestURI == "" {
		return invalid("the request has no RequestURI, which net/http sets on servers: in a test, make the request with httptest.NewRequest")
	}
	targetOrigin, target, ok := syntax.CutTarget(r.RequestURI)
	for _, o := range v.origins {
		if ok && base == o.base && (targetOrigin == "" || targetOrigin == base) &&
			len(path) >= len(o.prefix) && string(path[:len(o.prefix)]) == o.prefix &&
			(syntax.IsNormalOf(path[len(o.prefix):], target) || len(path) == len(o.prefix) && target == "/") {
			return nil
		}
	}
	return invalid("htu is " + logtext.URL(htu) + ", and this service is " + v.origins[0].base + v.origins[0].prefix + " with the target " + logtext.URL(r.RequestURI) +
		": mind Options.Origins, and that no proof is for a target with dot segments")
}

// checkTimes returns until when the proof could pass.
func (v *Verifier) checkTimes(s *scratch, c *proofClaims, now time.Time) (until time.Time, err error) {
	made, text := c.iat.Floor(), "iat"
	ahead := c.iat.Ceil()
	refused := jwthttp.ErrInvalidProof
	if v.nonces != nil {
		text, refused = "the time of the nonce", jwthttp.ErrUseNonce
		if c.nonce == nil {
			return until, errNoNonce
		}
		ok := false
		if made, ok = v.nonces.timeOf(s.text(c.nonce)); !ok {
			return until, errOtherNonce
		}
		ahead = made
	}
	switch age := now.Sub(made); {
	case ahead.Sub(now) > v.leeway:
		return until, &refusal{refused, fmt.Sprintf("%s is %s ahead, and Leeway is %v: mind the clocks of client and server", text, logtext.Duration(ahead.Sub(now)), v.leeway)}
	case age > v.maxAge+v.leeway:
		return until, &refusal{refused, fmt.Sprintf("%s is %s back, and MaxAge is %v: have the client make a proof for each request, and mind the clocks", text, logtext.Duration(age), v.maxAge)}
	case c.exp.Present() && !now.Before(c.exp.Floor().Add(v.leeway)):
		return until, invalidf("exp is %s back: have the client leave it out, or mind its clock", logtext.Duration(now.Sub(c.exp.Floor())))
	case c.nbf.Present() && c.nbf.Ceil().Sub(now) > v.leeway:
		return until, invalidf("nbf is %s ahead: have the client leave it out, or mind its clock", logtext.Duration(c.nbf.Ceil().Sub(now)))
	}
	// It could pass until made + maxAge + leeway by this clock. That of another instance may be
	// behind it. One without Nonces looks at iat, and one with them at the time of the nonce.
	if now.After(made) {
		made = now
	}
	return made.Add(v.keep), nil
}

// useID returns what is remembered of a proof. Two keys may have the same jti.
func useID(thumbprint [sha256.Size]byte, jti string) [sha256.Size]byte {
	var both [sha256.Size + maxIDBytes]byte
	n := copy(both[:], thumbprint[:])
	n += copy(both[n:], jti)
	return sha256.Sum256(both[:n])
}

// use asks the store in one step whether this is the first use.
func (v *Verifier) use(r *http.Request, id [sha256.Size]byte, until time.Time) error {
	if v.replays == nil {
		return nil
	}
	first, err := v.replays.Use(r.Context(), id, until)
	switch {
	case errors.Is(err, jwthttp.ErrUnavailable):
		return err
	case err != nil:
		return fmt.Errorf("%w: dpop: the store of used proofs failed: %w", jwthttp.ErrUnavailable, err)
	case !first:
		return errReplayed
	}
	return nil
}
