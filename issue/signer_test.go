package issue_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
)

// A kms is a key that a service keeps. It does what its fields say, and what the real key does where
// they are nil.
type kms struct {
	crypto.Signer
	public func() crypto.PublicKey
	sign   func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (k kms) Public() crypto.PublicKey {
	if k.public != nil {
		return k.public()
	}
	return k.Signer.Public()
}

func (k kms) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.sign != nil {
		return k.sign(context.Background(), digest, opts)
	}
	return k.Signer.Sign(rand.Reader, digest, opts)
}

// A contextKMS has SignContext. Its Sign is never called.
type contextKMS struct{ kms }

func (k contextKMS) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	panic("Sign is called")
}

func (k contextKMS) SignContext(ctx context.Context, _ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	if k.sign != nil {
		return k.sign(ctx, digest, opts)
	}
	return k.Signer.Sign(rand.Reader, digest, opts)
}

// Keys take a while to make, so that all tests share them.
var (
	rsaKey, otherRSA = sync.OnceValue(newRSA), sync.OnceValue(newRSA)
	p256, otherP256  = newEC(elliptic.P256()), newEC(elliptic.P256())
	p384, p521       = newEC(elliptic.P384()), newEC(elliptic.P521())
	edKey, otherEd   = newEd(), newEd()
)

func newRSA() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) }

func newEC(curve elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(curve, rand.Reader))
}

func newEd() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func derOf(r, s *big.Int) []byte { return must(asn1.Marshal(struct{ R, S *big.Int }{r, s})) }

var errKMS = errors.New("the service is down")

// A fault is one of a signer. want is in the text of the error.
type fault struct {
	name  string
	alg   string // of the only algorithm that has it; "" for all
	sign  func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error)
	cause error
	want  string
}

func returns(signature func() []byte) func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
	return func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { return signature(), nil }
}

const doesNotVerify = "the signer's signature does not verify: have its Public and its Sign use the same key"

var faults = []fault{
	{"fails", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
		return nil, fmt.Errorf("call: %w", errKMS)
	}, errKMS, "no token could be signed: the signer failed: call: the service is down"},
	{"fails with a signature", "", func(_ context.Context, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
		return digest, errKMS
	}, errKMS, "the service is down"},
	{"fails with a long text", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
		return nil, errors.New(strings.Repeat("x", 1000) + "end")
	}, nil, "xxx"},
	{"stalls for 10 s", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
		time.Sleep(10 * time.Second)
		return nil, errKMS
	}, context.DeadlineExceeded, "the signer failed: context deadline exceeded"},
	{"stalls until its context ends", "", func(ctx context.Context, _ []byte, _ crypto.SignerOpts) ([]byte, error) {
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
		return nil, context.DeadlineExceeded
	}, context.DeadlineExceeded, "context deadline exceeded"},
	{"returns garbage", "", returns(func() []byte { return []byte("garbage") }), nil, ""},
	{"returns garbage of the length", "EdDSA", returns(func() []byte { return make([]byte, 64) }), nil, doesNotVerify},
	{"returns 64 KB", "EdDSA", returns(func() []byte { return make([]byte, 64<<10) }), nil, "has 65536 bytes, and those of its key have 64"},
	{"returns 64 KB", "PS256", returns(func() []byte { return make([]byte, 64<<10) }), nil, "has 65536 bytes, and those of its key have 256"},
	{"returns 64 KB", "ES256", returns(func() []byte { return make([]byte, 64<<10) }), nil, "not r and s in DER"},
	{"returns an empty signature", "", returns(func() []byte { return []byte{} }), nil, ""},
	{"returns nothing", "", returns(func() []byte { return nil }), nil, ""},
	{"signs with another key", "ES256", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return otherP256.Sign(rand.Reader, digest, opts)
	}, nil, doesNotVerify},
	{"signs with another key", "EdDSA", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return otherEd.Sign(rand.Reader, digest, opts)
	}, nil, doesNotVerify},
	{"signs with another key", "PS256", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return otherRSA().Sign(rand.Reader, digest, opts)
	}, nil, doesNotVerify},
	{"signs by PKCS#1 v1.5", "PS256", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return rsaKey().Sign(rand.Reader, digest, opts.HashFunc())
	}, nil, doesNotVerify},
	{"signs a digest of the digest", "ES256", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		h := opts.HashFunc().New()
		h.Write(digest)
		return p256.Sign(rand.Reader, h.Sum(nil), opts)
	}, nil, doesNotVerify},
	{"returns r and s of JOSE", "ES256", func(_ context.Context, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
		r, s, err := ecdsa.Sign(rand.Reader, p256, digest)
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...), err
	}, nil, "the signer's ECDSA signature is not r and s in DER: have its Sign return what that of the standard library returns"},
	{"returns DER with a negative number", "ES256", returns(func() []byte { return derOf(big.NewInt(-1), big.NewInt(1)) }), nil, "not r and s in DER"},
	{"returns DER with zero", "ES256", returns(func() []byte { return derOf(big.NewInt(1), new(big.Int)) }), nil, "not r and s in DER"},
	{"returns DER with a number that is too large", "ES256", returns(func() []byte {
		return derOf(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	}), nil, "not r and s in DER"},
	{"returns DER with a number of 64 KB", "ES256", returns(func() []byte {
		return derOf(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 8<<16))
	}), nil, "not r and s in DER"},
	{"returns DER of the order", "ES256", returns(func() []byte { return derOf(p256.Params().N, p256.Params().N) }), nil, doesNotVerify},
	{"returns DER with more after it", "ES256", func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		signature, err := p256.Sign(rand.Reader, digest, opts)
		return append(signature, 0), err
	}, nil, "not r and s in DER"},
	{"panics", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { panic("a bug") }, nil, "the signer failed: it panicked: a bug"},
	{"panics with its error", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) { panic(errKMS) }, nil, "it panicked: the service is down"},
	{"ends its goroutine", "", func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
		runtime.Goexit()
		return nil, nil
	}, nil, "it ended its goroutine"},
}

// Whatever a signer does, there is no token, the error is one of the signer, and it comes within the
// context. The tokens that were made before are verified all the while.
func TestSignerFaults(t *testing.T) {
	for _, f := range faults {
		for alg, key := range map[string]crypto.Signer{"ES256": p256, "EdDSA": edKey, "PS256": rsaKey()} {
			if f.alg != "" && f.alg != alg {
				continue
			}
			for kind, wrap := range map[string]func(kms) crypto.Signer{
				"Sign":        func(k kms) crypto.Signer { return k },
				"SignContext": func(k kms) crypto.Signer { return contextKMS{k} },
			} {
				t.Run(f.name+"/"+alg+" "+kind, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testFault(t, f, alg, key, wrap) })
				})
			}
		}
	}
}

func testFault(t *testing.T, f fault, alg string, key crypto.Signer, wrap func(kms) crypto.Signer) {
	defer time.Sleep(10 * time.Second) // until the last signer has returned
	var isFaulty atomic.Bool
	signer := wrap(kms{Signer: key, sign: func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		if isFaulty.Load() {
			return f.sign(ctx, digest, opts)
		}
		return key.Sign(rand.Reader, digest, opts)
	}})
	iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.GetSigningMethod(alg), signer))
	auth := newAuth(t, iss)
	good, _, err := iss.Token(t.Context(), Claims{})
	if err != nil {
		t.Fatal(err)
	}
	isFaulty.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	began := time.Now()
	token, expires, err := iss.Token(ctx, Claims{})
	if took := time.Since(began); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if token != "" || !expires.IsZero() {
		t.Errorf("a token: %q %v", token, expires)
	}
	if err == nil || !errors.Is(err, jwthttp.ErrUnavailable) || errors.Is(err, jwthttp.ErrMisconfigured) || errors.Is(err, jwthttp.ErrInvalidToken) {
		t.Fatalf("the error is %v", err)
	}
	if f.cause != nil && !errors.Is(err, f.cause) {
		t.Errorf("the error %v does not wrap that of the signer", err)
	}
	if text := err.Error(); !strings.HasPrefix(text, "issue: ") || !strings.Contains(text, f.want) || len(text) > 400 || strings.Contains(text, "eyJ") {
		t.Errorf("the error is %q", text)
	}
	w := httptest.NewRecorder()
	jwthttp.WriteError(w, httptest.NewRequest("POST", "/login", nil), err)
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("the answer is %d", w.Code)
	}
	if _, err := auth.Verify(t.Context(), good); err != nil {
		t.Errorf("a token of before: %v", err)
	}
	isFaulty.Store(false)
	if _, _, err := iss.Token(t.Context(), Claims{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A signer that stalls holds 16 calls. The others wait for as long as their context.
func TestSignerStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, running, most atomic.Int32
		release := make(chan struct{})
		iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.SigningMethodES256, kms{Signer: p256, sign: func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			calls.Add(1)
			if n := running.Add(1); n > most.Load() {
				most.Store(n)
			}
			<-release
			running.Add(-1)
			return p256.Sign(rand.Reader, digest, opts)
		}}), issue.NewKey(jwt.SigningMethodEdDSA, edKey).From(time.Now().Add(24*time.Hour)))
		before := runtime.NumGoroutine()
		var group sync.WaitGroup
		for i := range 1000 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%7+1)*time.Second)
				defer cancel()
				began := time.Now()
				token, _, err := iss.Token(ctx, Claims{})
				if took := time.Since(began); token != "" || !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) || took != time.Duration(i%7+1)*time.Second {
					t.Errorf("%q %v after %v", token, err, took)
				}
			})
		}
		group.Wait()
		synctest.Wait()
		runtime.GC() // waits for threads that put away what has ended, which still counts until then
		if calls.Load() != 16 || most.Load() != 16 || runtime.NumGoroutine()-before > 16 {
			t.Errorf("%d calls, %d at once, %d goroutines more", calls.Load(), most.Load(), runtime.NumGoroutine()-before)
		}
		// The 17th call says why it waited, and succeeds when there is a slot.
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errKMS)
		defer cancel()
		if _, _, err := iss.Token(ctx, Claims{}); !errors.Is(err, errKMS) || !strings.Contains(fmt.Sprint(err), "16 calls of it have not returned") {
			t.Errorf("the 17th call: %v", err)
		}
		group.Go(func() {
			if _, _, err := iss.Token(t.Context(), Claims{}); err != nil {
				t.Errorf("a call that waits: %v", err)
			}
		})
		synctest.Wait()
		close(release)
		group.Wait()
		if calls.Load() != 17 {
			t.Errorf("%d calls", calls.Load())
		}
	})
}

// Nothing is signed for a context that is over.
func TestContextThatIsOver(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, key := range map[string]issue.Key{
		"HS256": issue.HS256(secret),
		"ES256": issue.NewKey(jwt.SigningMethodES256, p256),
		"a KMS": issue.NewKey(jwt.SigningMethodES256, kms{Signer: p256, sign: func(context.Context, []byte, crypto.SignerOpts) ([]byte, error) {
			panic("it is called")
		}}),
	} {
		token, _, err := newIssuer[Claims](t, issue.Options{}, key).Token(ctx, Claims{})
		if token != "" || !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %q %v", name, token, err)
		}
	}
}

type contextKey struct{}

// SignContext gets the context of Token, with its values.
func TestSignContext(t *testing.T) {
	var got any
	iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.SigningMethodES256, contextKMS{kms{Signer: p256, sign: func(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		got = ctx.Value(contextKey{})
		return p256.Sign(rand.Reader, digest, opts)
	}}}))
	if _, _, err := iss.Token(context.WithValue(t.Context(), contextKey{}, "a trace"), Claims{}); err != nil || got != "a trace" {
		t.Errorf("%v, the context has %v", err, got)
	}
}

// New does not sign with a signer that may be out of reach, and asks it once for its key.
func TestSignerIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		publics, signs := 0, 0
		signer := kms{Signer: p256, public: func() crypto.PublicKey {
			if publics++; publics > 1 {
				time.Sleep(time.Hour)
			}
			return p256.Public()
		}, sign: func(_ context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			signs++
			return p256.Sign(rand.Reader, digest, opts)
		}}
		began := time.Now()
		iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.SigningMethodES256, signer))
		if signs != 0 {
			t.Errorf("New signs %d times", signs)
		}
		if _, _, err := iss.Token(t.Context(), Claims{}); err != nil || signs != 1 || time.Since(began) != 0 {
			t.Errorf("%v, %d signatures, after %v", err, signs, time.Since(began))
		}
	})
}

// A text is a signer that is not a pointer, and whose Public depends on it.
type text string

func (s text) Public() crypto.PublicKey { return []byte(s) }

func (s text) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, errKMS }

// Material that an algorithm cannot use is an error of New that says how to mend it.
func TestNewKeyRefuses(t *testing.T) {
	public := func(v any) kms { return kms{Signer: p256, public: func() crypto.PublicKey { return v }} }
	small, mixed := rsaKey1024(), new(ecdsa.PrivateKey)
	*mixed = *p256
	mixed.PublicKey = otherP256.PublicKey
	pemOf := func(key any) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))})
	}
	const nilKey, notPrivate = "the private key is nil or empty: read one from a file, and check its error", "signs with a private key or another crypto.Signer, and got"
	for _, tc := range []struct {
		name     string
		material any
		want     string // for all asymmetric algorithms
	}{
		{"nil", nil, nilKey},
		{"a typed nil of RSA", (*rsa.PrivateKey)(nil), nilKey},
		{"a typed nil of ECDSA", (*ecdsa.PrivateKey)(nil), nilKey},
		{"a typed nil of Ed25519", ed25519.PrivateKey(nil), nilKey},
		{"a typed nil of a signer", (*kms)(nil), nilKey},
		{"a nil signer in a signer", kms{}, "the signer's Public panics (issue_test.kms): have it return the public key"},
		{"a short Ed25519 key", edKey[:32], nilKey},
		{"a long Ed25519 key", append(edKey[:64:64], 0), nilKey},
		{"an empty RSA key", &rsa.PrivateKey{}, ": "},
		{"an RSA key without its private half", &rsa.PrivateKey{PublicKey: rsaKey().PublicKey}, ": "},
		{"an RSA key with the private half of another", &rsa.PrivateKey{PublicKey: rsaKey().PublicKey, D: otherRSA().D, Primes: otherRSA().Primes}, ": "},
		{"an empty ECDSA key", &ecdsa.PrivateKey{}, ": "},
		{"an ECDSA key without its private half", &ecdsa.PrivateKey{PublicKey: p256.PublicKey}, ": "},
		{"an ECDSA key with the private half of another", mixed, ": "},
		{"an Ed25519 key with the public half of another", append(edKey[:32:32], otherEd[32:]...), ": "},
		{"an RSA key that is not a pointer", *rsaKey(), notPrivate},
		{"a public key", p256.Public(), notPrivate},
		{"an Ed25519 public key", edKey.Public(), notPrivate},
		{"bytes", secret, notPrivate},
		{"a string", string(secret), notPrivate},
		{"the bytes of a file", pemOf(p256), notPrivate},
		{"a key of this package", issue.HS256(secret), notPrivate},
		{"RSA of 1024 bits", small, ": "},
		{"another curve", newEC(elliptic.P224()), ": "},
		{"a signer without a key", public(nil), ": "},
		{"a signer with a nil key", public((*ecdsa.PublicKey)(nil)), ": "},
		{"a signer with the value of a key", public(p256.PublicKey), ": "},
		{"a signer with bytes", text("secret"), ": "},
		{"a signer with a private key", public(p256), ": "},
		{"a signer with a short Ed25519 key", public(ed25519.PublicKey("short")), ": "},
		{"a signer with RSA of 1024 bits", kms{Signer: small}, ": "},
		{"a signer whose Public panics", kms{public: func() crypto.PublicKey { panic("a bug") }}, "have it return the public key"},
	} {
		for _, alg := range algorithms[3:] {
			err := newError(issue.NewKey(jwt.GetSigningMethod(alg), tc.material))
			if text := fmt.Sprint(err); err == nil || !strings.Contains(text, tc.want) || !strings.HasPrefix(text, "issue: key 1: ") || strings.Count(text, ": ") < 3 || strings.Contains(text, "\n") {
				t.Errorf("%s, %s: %v", alg, tc.name, err)
			}
		}
	}
	for _, alg := range algorithms[:3] {
		for name, material := range map[string]any{
			"nil": nil, "a string": string(secret), "a private key": p256, "a short secret": secret[:16], "a signer": text(secret), "typed nil": []byte(nil), "a key": issue.HS256(secret),
			"the bytes of a file": pemOf(edKey),
		} {
			if err := newError(issue.NewKey(jwt.GetSigningMethod(alg), material)); err == nil || !strings.Contains(err.Error(), ": ") {
				t.Errorf("%s, %s: %v", alg, name, err)
			}
		}
	}
	for alg, tc := range map[string]struct {
		material any
		want     string
	}{
		"RS256": {p256, "RS256 does not take a key for ES256: use the method of the key"},
		"PS512": {edKey, "PS512 does not take a key for EdDSA"},
		"EdDSA": {rsaKey(), "EdDSA does not take a key for RS256, RS384"},
		"ES256": {p384, "an ES256 key is of the curve elliptic.P256(), and this one is not: make one with"},
		"ES384": {p521, "elliptic.P384()"},
		"ES512": {p256, "elliptic.P521()"},
	} {
		if err := newError(issue.NewKey(jwt.GetSigningMethod(alg), tc.material)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s of another kind: %v", alg, err)
		}
	}
	for name, method := range map[string]jwt.SigningMethod{"none": jwt.SigningMethodNone, "nil": nil, "typed nil": (*jwt.SigningMethodECDSA)(nil)} {
		if err := newError(issue.NewKey(method, p256)); err == nil {
			t.Errorf("the method %s passes", name)
		}
	}
}

func newError(key issue.Key) error {
	_, err := issue.New[Claims](issue.Options{}, key)
	return err
}

// rsaKey1024 is made of small primes, for GenerateKey refuses its size.
func rsaKey1024() *rsa.PrivateKey {
	for {
		p, q := must(rand.Prime(rand.Reader, 512)), must(rand.Prime(rand.Reader, 512))
		one, e := big.NewInt(1), big.NewInt(65537)
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		if d := new(big.Int).ModInverse(e, phi); d != nil {
			return &rsa.PrivateKey{PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, D: d, Primes: []*big.Int{p, q}}
		}
	}
}

var algorithms = []string{"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// materialOf returns a good key for an algorithm.
func materialOf(alg string) any {
	switch alg {
	case "HS256", "HS384", "HS512":
		return secret
	case "ES256":
		return p256
	case "ES384":
		return p384
	case "ES512":
		return p521
	case "EdDSA":
		return edKey
	}
	return rsaKey()
}

// Every algorithm signs, by a key in memory and by a KMS, on several goroutines.
func TestAlgorithms(t *testing.T) {
	for _, alg := range algorithms {
		material := materialOf(alg)
		all := []any{material}
		if signer, ok := material.(crypto.Signer); ok {
			all = append(all, kms{Signer: signer}, contextKMS{kms{Signer: signer}})
		}
		for _, material := range all {
			t.Run(fmt.Sprintf("%s/%T", alg, material), func(t *testing.T) {
				iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.GetSigningMethod(alg), material))
				auth := newAuth(t, iss)
				var group sync.WaitGroup
				for i := range 8 {
					group.Go(func() {
						for j := range 3 {
							subject := fmt.Sprint(i, " ", j)
							token, _, err := iss.Token(t.Context(), Claims{RegisteredClaims: jwt.RegisteredClaims{Subject: subject}})
							if err != nil {
								t.Error(err)
								return
							}
							got, err := auth.Verify(t.Context(), token)
							if err != nil || got.Claims.Subject != subject || got.Header.Algorithm != alg {
								t.Errorf("%+v %v", got, err)
							}
						}
					})
				}
				group.Wait()
			})
		}
	}
}

// The material is copied, as far as a program is likely to clear it.
func TestMaterialIsCopied(t *testing.T) {
	mine, key := append([]byte(nil), secret...), append(ed25519.PrivateKey(nil), edKey...)
	for alg, material := range map[string]any{"HS256": mine, "EdDSA": key} {
		iss := newIssuer[Claims](t, issue.Options{}, issue.NewKey(jwt.GetSigningMethod(alg), material))
		clear(mine)
		clear(key)
		if _, _, err := iss.Token(t.Context(), Claims{}); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		copy(mine, secret)
		copy(key, edKey)
	}
}
