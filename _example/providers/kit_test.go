// The roots that TestMain sets are the only ones, also where the system has some:
//go:debug x509usefallbackroots=1

package providers

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"log/slog"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// legacySecret signs the tokens of HS256.
var legacySecret = []byte("a secret of the test's own, which has more than 32 bytes")

// A world is all that the blocks can reach: the addresses of one provider, over TLS. It is the
// proxy of every request, and its authority is the only root of this process. So a block has the
// real address of its provider, and no request leaves the machine.
type world struct {
	public, cluster *x509.Certificate // authorities; that of a cluster is not a root
	key             crypto.Signer     // of the authorities and of every host
	conns           chan net.Conn

	mu        sync.Mutex
	documents map[string][]byte
	isCluster bool // wants podToken, and its hosts are certified by cluster
	asked     []string
}

const podToken = "the token of the pod"

var theWorld = newWorld()

func TestMain(m *testing.M) {
	roots := x509.NewCertPool()
	roots.AddCert(theWorld.public)
	x509.SetFallbackRoots(roots)
	proxy := httptest.NewServer(http.HandlerFunc(theWorld.connect))
	for _, name := range []string{"NO_PROXY", "no_proxy", "https_proxy"} {
		os.Unsetenv(name)
	}
	os.Setenv("HTTPS_PROXY", proxy.URL)
	go http.Serve(theWorld, http.HandlerFunc(theWorld.answer))
	slog.SetDefault(slog.New(&refusals{slog.NewTextHandler(os.Stderr, nil)}))
	os.Exit(m.Run())
}

func newWorld() *world {
	w := &world{conns: make(chan net.Conn), key: newKey("P-256")}
	for name, authority := range map[string]**x509.Certificate{"public": &w.public, "cluster": &w.cluster} {
		template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
		*authority = must(x509.ParseCertificate(certify(template, nil, w.key, w.key)))
	}
	return w
}

// Accept, Close and Addr make a listener of the connections that connect gets.
func (w *world) Accept() (net.Conn, error) { return <-w.conns, nil }
func (w *world) Close() error              { return nil }
func (w *world) Addr() net.Addr            { return &net.TCPAddr{} }

// connect is the proxy. It answers for every host itself.
func (w *world) connect(rw http.ResponseWriter, r *http.Request) {
	host := must2(net.SplitHostPort(r.Host))
	conn, _, err := rw.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n\r\n")
	leaf := &x509.Certificate{DNSNames: []string{host}}
	if ip := net.ParseIP(host); ip != nil {
		leaf = &x509.Certificate{IPAddresses: []net.IP{ip}}
	}
	w.mu.Lock()
	authority := w.public
	if w.isCluster {
		authority = w.cluster
	}
	w.mu.Unlock()
	w.conns <- tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{{
		Certificate: [][]byte{certify(leaf, authority, w.key, w.key)}, PrivateKey: w.key,
	}}})
}

func (w *world) answer(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	address := "https://" + r.Host + r.URL.String()
	w.asked = append(w.asked, address)
	document, ok := w.documents[address]
	switch {
	case w.isCluster && r.Header.Get("Authorization") != "Bearer "+podToken:
		http.Error(rw, "Unauthorized", http.StatusUnauthorized)
	case !ok:
		http.NotFound(rw, r)
	default:
		rw.Write(document)
	}
}

// become makes the world that of a provider.
func (w *world) become(p *provider, isCluster bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.documents, w.isCluster, w.asked = p.documents, isCluster, nil
}

// takeAsked returns the addresses that were asked since the last call.
func (w *world) takeAsked() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.asked = nil }()
	return w.asked
}

// refusals is the handler of the default logger. It remembers why the last request was refused,
// and prints what the operator must mend.
type refusals struct{ slog.Handler }

var lastReason string

func (refusals) Enabled(context.Context, slog.Level) bool { return true }

func (h refusals) Handle(ctx context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "reason" {
			lastReason = a.Value.String()
		}
		return true
	})
	if r.Level < slog.LevelInfo {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// A fixture is a file of testdata. Its documents and tokens have the shape of a provider, and
// values of our own. The test makes the keys.
type fixture struct {
	Source    []string       // the public pages that describe the shape
	Documents map[string]any // by address
	Tokens    map[string]struct {
		Header, Claims map[string]any // dates are in seconds from now
		Padded         bool           // base64 with padding
	}
}

func readFixture(t *testing.T, name string) fixture {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var f fixture
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, source := range f.Source {
		if !strings.HasPrefix(source, "https://") {
			t.Errorf("%s: the source %q is not a public page", name, source)
		}
	}
	if len(f.Source) == 0 {
		t.Errorf("%s names no source", name)
	}
	return f
}

// A provider is a fixture with keys.
type provider struct {
	fixture
	documents map[string][]byte
	keys      map[string]crypto.Signer // by kid
}

func newProvider(t *testing.T, name string) *provider {
	t.Helper()
	p := &provider{readFixture(t, name), map[string][]byte{}, map[string]crypto.Signer{}}
	made := map[string]int{}
	for _, address := range slices.Sorted(maps.Keys(p.Documents)) {
		switch document := p.Documents[address].(type) {
		case string: // one key, in PEM
			kid := address[strings.LastIndex(address, "/")+1:]
			key := p.keyFor(kid, "P-256", made)
			p.documents[address] = pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(key.Public()))})
		case map[string]any:
			jwks, isSet := document["keys"].([]any)
			for _, jwk := range jwks {
				p.fill(jwk.(map[string]any), made)
			}
			for kid, value := range document { // or a map of kids to certificates
				if text, _ := value.(string); !isSet && strings.HasPrefix(text, "-----BEGIN CERTIFICATE-----") {
					key := p.keyFor(kid, "RSA", made)
					block := &pem.Block{Type: "CERTIFICATE", Bytes: certify(&x509.Certificate{}, nil, key, key)}
					document[kid] = string(pem.EncodeToMemory(block))
				}
			}
			p.documents[address] = must(json.Marshal(document))
		default:
			t.Fatalf("%s: %T", address, document)
		}
	}
	return p
}

// fill puts a public key into a JWK that has empty members for it.
func (p *provider) fill(jwk map[string]any, made map[string]int) {
	kid, _ := jwk["kid"].(string)
	kind, _ := jwk["crv"].(string)
	if jwk["kty"] == "RSA" {
		kind = "RSA"
	}
	key := p.keyFor(kid, kind, made)
	values := map[string]any{}
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		values["n"] = b64(public.N.Bytes())
	case *ecdsa.PublicKey:
		point := must(public.Bytes())[1:]
		values["x"], values["y"] = b64(point[:len(point)/2]), b64(point[len(point)/2:])
	}
	certificate := certify(&x509.Certificate{}, nil, key, key)
	one, two := sha1.Sum(certificate), sha256.Sum256(certificate)
	values["x5c"] = []string{base64.StdEncoding.EncodeToString(certificate)}
	values["x5t"], values["x5t#S256"] = b64(one[:]), b64(two[:])
	for name, value := range values {
		if _, ok := jwk[name]; ok {
			jwk[name] = value
		}
	}
}

// keyFor returns the key with that kid. It makes one key for each kid of a provider.
func (p *provider) keyFor(kid, kind string, made map[string]int) crypto.Signer {
	key := p.keys[kid]
	if key == nil {
		made[kind]++
		key = keyNumber(kind, made[kind])
		if kid != "" {
			p.keys[kid] = key
		}
	}
	return key
}

// token returns a token of the fixture, with other claims. "header" before a name changes the
// header. nil removes a member.
func (p *provider) token(t *testing.T, name string, changes map[string]any) string {
	t.Helper()
	made, ok := p.Tokens[name]
	if !ok {
		t.Fatalf("there is no token %q", name)
	}
	header, claims := maps.Clone(made.Header), maps.Clone(made.Claims)
	for name, value := range changes {
		object := claims
		if inHeader, ok := strings.CutPrefix(name, "header "); ok {
			object, name = header, inHeader
		}
		if object[name] = value; value == nil {
			delete(object, name)
		}
	}
	for _, object := range []map[string]any{header, claims} {
		for _, name := range []string{"exp", "iat", "nbf", "auth_time"} {
			switch offset := object[name].(type) {
			case float64:
				object[name] = time.Now().Unix() + int64(offset)
			case int:
				object[name] = time.Now().Unix() + int64(offset)
			}
		}
	}
	encoding := base64.RawURLEncoding
	if made.Padded {
		encoding = base64.URLEncoding
	}
	input := encoding.EncodeToString(must(json.Marshal(header))) + "." + encoding.EncodeToString(must(json.Marshal(claims)))
	alg := header["alg"].(string)
	var key any = legacySecret
	if !strings.HasPrefix(alg, "HS") {
		if key = p.keys[header["kid"].(string)]; key == nil {
			t.Fatalf("no document has the key %q", header["kid"])
		}
	}
	signature, err := jwt.GetSigningMethod(alg).Sign(input, key)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encoding.EncodeToString(signature)
}

var (
	keysMu  sync.Mutex
	allKeys = map[string]crypto.Signer{}
)

// keyNumber returns the key of a kind with this number, so that the providers share the RSA keys,
// which take long to make.
func keyNumber(kind string, n int) crypto.Signer {
	keysMu.Lock()
	defer keysMu.Unlock()
	name := fmt.Sprint(kind, n)
	if allKeys[name] == nil {
		allKeys[name] = newKey(kind)
	}
	return allKeys[name]
}

func newKey(kind string) crypto.Signer {
	switch kind {
	case "RSA":
		return must(rsa.GenerateKey(rand.Reader, 2048))
	case "P-256":
		return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	case "P-384":
		return must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	}
	panic("no key of the kind " + kind)
}

// certify returns a certificate of the key, by the authority, or by itself if that is nil.
func certify(template, authority *x509.Certificate, key, signer crypto.Signer) []byte {
	template.SerialNumber = big.NewInt(1)
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if authority == nil {
		authority = template
	}
	return must(x509.CreateCertificate(rand.Reader, template, authority, key.Public(), signer))
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func must[T any](value T, err error) T {
	if err != nil {
		log.Panic(err)
	}
	return value
}

func must2[T, U any](value T, _ U, err error) T { return must(value, err) }
