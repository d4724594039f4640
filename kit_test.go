package jwthttp_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwthttptest"
)

var (
	secret     = []byte("0123456789abcdef0123456789abcdef")
	longSecret = []byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") // for HS384 and HS512
	longForger = []byte("fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210")
)

// Keys are made once for a test run, because RSA keys take a while to make. A forger has other
// keys.
var (
	rsaKey, rsaForger = sync.OnceValue(newRSAKey), sync.OnceValue(newRSAKey)
	ecKey, ecForger   = sync.OnceValue(newECKey), sync.OnceValue(newECKey)
	edKey, edForger   = sync.OnceValue(newEdKey), sync.OnceValue(newEdKey)

	ec384Key, ec384Forger = onCurve(elliptic.P384()), onCurve(elliptic.P384())
	ec521Key, ec521Forger = onCurve(elliptic.P521()), onCurve(elliptic.P521())
)

func onCurve(curve elliptic.Curve) func() *ecdsa.PrivateKey {
	return sync.OnceValue(func() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(curve, rand.Reader)) })
}

func newRSAKey() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) }

func newECKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func newEdKey() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

func edPublic(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// AppClaims is the claims type of most tests.
type AppClaims struct {
	Subject string `json:"sub"`
	Role    string `json:"role"`
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// signHS signs any header and payload with HS256.
func signHS(key []byte, header, payload string) string {
	return macSegments(key, b64(header)+"."+b64(payload))
}

func macSegments(key []byte, signingInput string) string {
	return signingInput + "." + b64(string(mac(key, signingInput)))
}

func mac(key []byte, signingInput string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(signingInput))
	return h.Sum(nil)
}

func signRS(t testing.TB, key *rsa.PrivateKey, header, payload string) string {
	t.Helper()
	return signAs(t, "RS256", key, header, payload)
}

// signAs signs any header and payload by this algorithm, whatever the header says.
func signAs(t testing.TB, algorithm string, private any, header, payload string) string {
	t.Helper()
	return jwthttptest.Sign(t, algorithm, private, header, payload)
}

// signature signs with Go's crypto alone, RFC 7518 section 3 and RFC 8037.
func signature(t testing.TB, algorithm string, private any, signingInput string) []byte {
	t.Helper()
	if algorithm == "EdDSA" {
		return ed25519.Sign(private.(ed25519.PrivateKey), []byte(signingInput))
	}
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[algorithm[2:]]
	if algorithm[:2] == "HS" {
		h := hmac.New(hash.New, private.([]byte))
		h.Write([]byte(signingInput))
		return h.Sum(nil)
	}
	h := hash.New()
	h.Write([]byte(signingInput))
	switch sum := h.Sum(nil); algorithm[:2] {
	case "RS":
		return must(rsa.SignPKCS1v15(nil, private.(*rsa.PrivateKey), hash, sum))
	case "PS":
		return must(rsa.SignPSS(rand.Reader, private.(*rsa.PrivateKey), hash, sum, &rsa.PSSOptions{SaltLength: hash.Size()}))
	case "ES":
		r, s, err := ecdsa.Sign(rand.Reader, private.(*ecdsa.PrivateKey), sum)
		size := map[string]int{"ES256": 32, "ES384": 48, "ES512": 66}[algorithm]
		return concatTo(size, must(r, err), s)
	}
	t.Fatalf("no algorithm %s", algorithm)
	return nil
}

func signPSS(key *rsa.PrivateKey, sum []byte, salt int) []byte {
	return must(rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum, &rsa.PSSOptions{SaltLength: salt}))
}

// concat returns r and s in the form of a signature of ES256, RFC 7518 section 3.4.
func concat(r, s *big.Int) []byte { return concatTo(32, r, s) }

// concatTo returns r and s with size bytes each.
func concatTo(size int, r, s *big.Int) []byte {
	b := make([]byte, 2*size)
	r.FillBytes(b[:size])
	s.FillBytes(b[size:])
	return b
}

// An algorithm has what a test needs to sign, forge and verify by it.
type algorithm struct {
	name            string
	private, forger any
	public          any // the key as a key function returns it
	key             jwthttp.Key
}

func (a algorithm) header() string { return fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, a.name) }

func (a algorithm) sign(t testing.TB, payload string) string {
	t.Helper()
	return signAs(t, a.name, a.private, a.header(), payload)
}

func (a algorithm) forge(t testing.TB, payload string) string {
	t.Helper()
	return signAs(t, a.name, a.forger, a.header(), payload)
}

// misplace signs another text and puts that signature under the payload. Such an RSA signature
// is always below the modulus, unlike a forger's, so it costs the most.
func (a algorithm) misplace(t testing.TB, payload string) string {
	t.Helper()
	signingInput := b64(a.header()) + "." + b64(payload)
	return signingInput + "." + b64(string(signature(t, a.name, a.private, "x")))
}

// otherKey returns the key that verifies the tokens of forge.
func (a algorithm) otherKey() jwthttp.Key {
	public := a.forger
	switch private := a.forger.(type) {
	case *rsa.PrivateKey:
		public = &private.PublicKey
	case *ecdsa.PrivateKey:
		public = &private.PublicKey
	case ed25519.PrivateKey:
		public = edPublic(private)
	}
	return jwthttp.NewKey(jwt.GetSigningMethod(a.name), public)
}

// algorithms returns those with a function of their own first, HS256 before all. RSA has one key
// for all algorithms, and so have HS384 and HS512.
func algorithms() []algorithm {
	rs, ec, ed := &rsaKey().PublicKey, &ecKey().PublicKey, edPublic(edKey())
	p384, p521 := &ec384Key().PublicKey, &ec521Key().PublicKey
	return []algorithm{
		{"HS256", secret, secretN(1), secret, jwthttp.HS256(secret)},
		{"RS256", rsaKey(), rsaForger(), rs, jwthttp.RS256(rs)},
		{"PS256", rsaKey(), rsaForger(), rs, jwthttp.PS256(rs)},
		{"ES256", ecKey(), ecForger(), ec, jwthttp.ES256(ec)},
		{"EdDSA", edKey(), edForger(), ed, jwthttp.EdDSA(ed)},

		{"HS384", longSecret, longForger, longSecret, jwthttp.NewKey(jwt.SigningMethodHS384, longSecret)},
		{"HS512", longSecret, longForger, longSecret, jwthttp.NewKey(jwt.SigningMethodHS512, longSecret)},
		{"RS384", rsaKey(), rsaForger(), rs, jwthttp.NewKey(jwt.SigningMethodRS384, rs)},
		{"RS512", rsaKey(), rsaForger(), rs, jwthttp.NewKey(jwt.SigningMethodRS512, rs)},
		{"PS384", rsaKey(), rsaForger(), rs, jwthttp.NewKey(jwt.SigningMethodPS384, rs)},
		{"PS512", rsaKey(), rsaForger(), rs, jwthttp.NewKey(jwt.SigningMethodPS512, rs)},
		{"ES384", ec384Key(), ec384Forger(), p384, jwthttp.NewKey(jwt.SigningMethodES384, p384)},
		{"ES512", ec521Key(), ec521Forger(), p521, jwthttp.NewKey(jwt.SigningMethodES512, p521)},
	}
}

func asymmetric() []algorithm {
	return slices.DeleteFunc(algorithms(), func(a algorithm) bool { return strings.HasPrefix(a.name, "HS") })
}

// allKeys returns one key of each algorithm, without ids.
func allKeys() (set jwthttp.KeySet) {
	for _, a := range algorithms() {
		set = append(set, a.key)
	}
	return set
}

const plainHeader = `{"alg":"HS256","typ":"JWT"}`

// payload returns the JSON of claims that are valid for an hour. If more is not empty, payload
// appends it after a comma.
func payload(more string) string {
	if more != "" {
		more = "," + more
	}
	return fmt.Sprintf(`{"sub":"alice","exp":%d%s}`, time.Now().Add(time.Hour).Unix(), more)
}

// good returns an HS256 token that the strictest options accept.
func good() string { return signHS(secret, plainHeader, payload("")) }

func mustNew[C any](t testing.TB, keys jwthttp.KeySource, opts jwthttp.Options, checks ...jwthttp.Check[C]) *jwthttp.Middleware[C] {
	t.Helper()
	auth, err := jwthttp.New[C](keys, opts, checks...)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// An answer is a response over real HTTP. It says how often next ran.
type answer struct {
	*http.Response
	body string
	ran  int
}

// A site is a real server. Its middleware is outside a handler that counts its calls.
type site struct {
	*httptest.Server
	ran int
}

func serve[C any](t testing.TB, auth *jwthttp.Middleware[C]) *site {
	t.Helper()
	s := &site{}
	s.Server = httptest.NewServer(auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ran++
		showClaims[C]().ServeHTTP(w, r)
	})))
	t.Cleanup(s.Close)
	return s
}

// showClaims returns a handler that answers with the claims, or with "anonymous".
func showClaims[C any]() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, ok := jwthttp.ClaimsFromContext[C](r.Context())
		if !ok {
			io.WriteString(w, "anonymous")
			return
		}
		json.NewEncoder(w).Encode(claims)
	})
}

// send makes a request with this method. Each line is a header, "Name: value".
func (s *site) send(t testing.TB, method string, lines ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if name == "Host" {
			req.Host = strings.TrimPrefix(value, " ")
			continue
		}
		req.Header.Add(name, strings.TrimPrefix(value, " "))
	}
	s.ran = 0
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, string(body), s.ran}
}

// logged returns what the test logs to slog's default logger.
func logged(t testing.TB) *logBuffer {
	t.Helper()
	before, output, flags := slog.Default(), log.Writer(), log.Flags()
	t.Cleanup(func() {
		slog.SetDefault(before)
		log.SetOutput(output) // slog.SetDefault has changed the output and the flags
		log.SetFlags(flags)
	})
	b := &logBuffer{}
	slog.SetDefault(slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	return b
}

// A logBuffer holds log records, one in a line.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// take returns the lines that were written since the last call.
func (b *logBuffer) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := strings.SplitAfter(b.text.String(), "\n")
	b.text.Reset()
	return lines[:len(lines)-1]
}

// verify asserts that a token is refused with the error want, or accepted if want is nil.
func verify[C any](t testing.TB, auth *jwthttp.Middleware[C], raw string, want error) *jwthttp.Token[C] {
	t.Helper()
	token, err := auth.Verify(t.Context(), raw)
	if (token == nil) == (err == nil) {
		t.Fatalf("Verify returned neither or both: %v, %v", token, err)
	}
	if !errors.Is(err, want) {
		t.Fatalf("error = %v, want %v", err, want)
	}
	if err != nil && len(raw) > 20 && strings.Contains(err.Error(), raw) {
		t.Errorf("the error shows the token: %v", err)
	}
	return token
}

// classesOf returns every reason that err wraps.
func classesOf(err error) (classes []error) {
	for _, class := range []error{
		jwt.ErrTokenMalformed, jwt.ErrTokenUnverifiable, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenInvalidClaims, jwt.ErrTokenRequiredClaimMissing,
		jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenExpired,
	} {
		if errors.Is(err, class) {
			classes = append(classes, class)
		}
	}
	return classes
}
