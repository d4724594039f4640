package dpop

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

// A Key signs the proofs of a client. It is safe for concurrent use if its signer is, as those of
// the standard library are. It prints its thumbprint, and nothing that is secret.
type Key struct {
	sign       func(ctx context.Context, input string) (string, error) // a function, for fmt does not look into it; nil in a zero Key
	algorithm  string
	header     string // of each proof, in base64url
	thumbprint string
}

// GenerateKey makes a key for ES256, which all servers know. It lives as long as the process does.
func GenerateKey() (*Key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("dpop: no key could be made: %w", err)
	}
	return NewKey(private)
}

// NewKey returns the key of a signer, which may be a private key of the standard library, or one in
// hardware or at a service. Its Sign is called for each proof, and once here, to see that it fits
// its public key. The algorithm is:
//
//   - ES256, ES384 or ES512 for a key of the curve P-256, P-384 or P-521
//   - EdDSA for Ed25519
//   - PS256 for RSA of 2048 to 8192 bits; a [Verifier] takes 4096 at most
func NewKey(signer crypto.Signer) (*Key, error) {
	// Public of a short Ed25519 key panics.
	if ed, ok := signer.(ed25519.PrivateKey); validate.IsNil(signer) || ok && len(ed) != ed25519.PrivateKeySize {
		return nil, errors.New("dpop: the signer of NewKey is nil or empty: pass a private key, or use GenerateKey")
	}
	public := signer.Public()
	names := jws.AlgorithmsFor(public)
	if len(names) == 0 || jws.IsSymmetric(names[0]) {
		return nil, fmt.Errorf("dpop: the signer of NewKey has a public key of the type %T: use one of P-256, Ed25519 or RSA", public)
	}
	k := &Key{algorithm: names[0]} // EdDSA has a newer name, RFC 9864, which not all servers know yet
	if slices.Contains(names, jws.PS256) {
		k.algorithm = jws.PS256
	}
	s, err := jws.NewSigner(k.algorithm, signer)
	if err == nil {
		err = s.Check()
	}
	if err != nil {
		return nil, fmt.Errorf("dpop: the signer of NewKey cannot be used: %w", err)
	}
	k.sign = s.Sign
	sum := jwk.Thumbprint(public)
	k.thumbprint = encode(sum[:])
	k.header = encode(fmt.Appendf(nil, `{"typ":%q,"alg":%q,"jwk":%s}`, proofType, k.algorithm, jwk.Encode(public)))
	return k, nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// Algorithm returns the alg of the proofs.
func (k *Key) Algorithm() string { return k.algorithm }

// Thumbprint returns what cnf.jkt is in tokens of this key, RFC 7638. An authorization request may
// carry it as dpop_jkt, RFC 9449 section 10.
func (k *Key) Thumbprint() string { return k.thumbprint }

// String has the algorithm and the thumbprint.
func (k Key) String() string { return fmt.Sprintf("dpop.Key(%s %s)", k.algorithm, k.thumbprint) }

// Format prints String under every verb.
func (k Key) Format(f fmt.State, _ rune) { f.Write([]byte(k.String())) }

// MarshalText is String: neither JSON nor log/slog show more.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Proof returns a proof for one request, as the header DPoP carries it. token is the access token
// that goes with the request, "" for none, such as at a token endpoint. nonce is what the server
// sent in DPoP-Nonce, "" if it sent none. The URL may have a query, which is not signed. Its host is
// ASCII: bücher.example is xn--bcher-kva.example, as net/http sends it.
//
// A [Transport] makes proofs by itself. Proof is for other clients.
func (k *Key) Proof(method, rawURL, token, nonce string) (string, error) {
	if k == nil || k.sign == nil {
		return "", errors.New("dpop: the key is nil or empty: make one with GenerateKey or NewKey, and check its error")
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("dpop: the URL of a proof is not an http or https URL with a host: pass all of it, as the request has it")
	}
	if !syntax.IsASCII(u.Host) {
		return "", fmt.Errorf("dpop: the URL of a proof has the host %.200q: write it in ASCII, which begins with xn--, as the request has it", u.Host)
	}
	if token != "" && !syntax.IsB64Token(token) {
		return "", errors.New("dpop: the token of a proof has characters that no token has: pass it alone, without Bearer or DPoP before it")
	}
	return k.proof(context.Background(), method, u.Scheme+"://"+u.Host, u, token, nonce)
}

// proof is Proof for the path of a URL at an origin. Its claims are those of RFC 9449 section 4.2.
func (k *Key) proof(ctx context.Context, method, origin string, u *url.URL, token, nonce string) (string, error) {
	if method == "" {
		method = http.MethodGet // as net/http does
	}
	p := map[string]any{"jti": rand.Text(), "htm": method, "htu": origin + syntax.WithoutQuery(u.RequestURI()), "iat": time.Now().Unix()}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		p["ath"] = encode(sum[:])
	}
	if nonce != "" {
		p["nonce"] = nonce
	}
	payload, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("dpop: %w", err)
	}
	input := k.header + "." + encode(payload)
	signature, err := k.sign(ctx, input)
	if err != nil {
		return "", fmt.Errorf("dpop: no proof could be made: %w", err)
	}
	return input + "." + signature, nil
}
