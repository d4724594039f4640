package proxies

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/mtls"
)

// program returns the path of a program.
func program(t testing.TB, name, debian string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	for _, place := range []string{"/usr/sbin/", "/usr/local/sbin/"} { // not in every PATH
		if err != nil {
			path, err = exec.LookPath(place + name)
		}
	}
	if err != nil {
		t.Fatalf("%s is missing: apt-get install %s", name, debian)
	}
	return path
}

// A certificate is self-signed. Its files are in PEM.
type certificate struct {
	der                   []byte
	cert, key, certAndKey string
}

// newCertificate returns a new certificate for a name on loopback.
func newCertificate(t testing.TB, name string) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	dir := t.TempDir()
	c := certificate{der, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "both.pem")}
	write(t, c.cert, certPEM)
	write(t, c.key, keyPEM)
	write(t, c.certAndKey, append(certPEM, keyPEM...))
	return c
}

func write(t testing.TB, name string, text []byte) {
	t.Helper()
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The secret of the issuer.
var secret = []byte("0123456789abcdef0123456789abcdef")

// tokenFor returns a token that is bound to a certificate.
func tokenFor(t testing.TB, c certificate) string {
	t.Helper()
	thumbprint := sha256.Sum256(c.der)
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"sub": "alice", "exp": time.Now().Add(time.Hour).Unix(),
		"cnf": map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(thumbprint[:])},
	}).SignedString(secret)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// protect returns a handler inside a middleware with that Binding.
func protect(t testing.TB, binding *mtls.Binding) http.Handler {
	t.Helper()
	auth, err := jwthttp.New[jwt.RegisteredClaims](jwthttp.HS256(secret), jwthttp.Options{Bindings: []jwthttp.Binding{binding}})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := jwthttp.ClaimsFromContext[jwt.RegisteredClaims](r.Context())
		fmt.Fprint(w, claims.Subject)
	}))
}

// serve starts a server that a proxy passes requests to. It listens on loopback, or on a Unix
// socket in that folder. It returns its host and port, or the path of the socket.
func serve(t testing.TB, binding *mtls.Binding, socketIn string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(protect(t, binding))
	if socketIn != "" {
		l, err := net.Listen("unix", filepath.Join(socketIn, "backend"))
		if err != nil {
			t.Fatal(err)
		}
		server.Listener.Close()
		server.Listener = l
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// What a client gets: the status, and what tells answers of one status apart.
const (
	passed  = "200 alice"
	refused = `401 Bearer realm="api", error="invalid_token"`
)

// answer returns what a client got, in the form of passed and refused.
func answer(status, challenge, body string) string {
	if challenge != "" {
		before, _, _ := strings.Cut(challenge, ", error_description=")
		return status + " " + before
	}
	return status + " " + body
}

func mustForwarded(t testing.TB, header string, format mtls.Format, proxies ...string) *mtls.Binding {
	t.Helper()
	b, err := mtls.Forwarded(header, format, proxies...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// start runs a proxy until the test ends, and waits until it listens.
func start(t testing.TB, address string, path string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &log, &log, time.Second // a child that is left does not block Wait
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("%s has ended: %s", path, log.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
	cmd.Process.Kill()
	<-ended
	t.Fatalf("%s does not listen: %s", path, log.String())
}

// freePort returns an address on loopback whose port is free at the moment.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// curl sends a request with a token, and returns what it got.
func curl(t testing.TB, url, token string, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	body, headers := filepath.Join(dir, "body"), filepath.Join(dir, "headers")
	args = append([]string{"--silent", "--show-error", "--max-time", "20", "--output", body, "--dump-header", headers, "--write-out", "%{http_code}", "--header", "Authorization: Bearer " + token, url}, args...)
	status, err := exec.Command(program(t, "curl", "curl"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl %s: %v: %s", strings.Join(args, " "), err, status)
	}
	text := read(t, body)
	for line := range strings.Lines(read(t, headers)) {
		if name, value, ok := strings.Cut(line, ": "); ok && strings.EqualFold(name, "WWW-Authenticate") {
			return answer(string(status), strings.TrimSpace(value), text)
		}
	}
	return answer(string(status), "", text)
}

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
