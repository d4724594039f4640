package proxies

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
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

func (c certificate) thumbprint() [sha256.Size]byte { return sha256.Sum256(c.der) }

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

// A backend is a server that a proxy passes requests to. Its token is for one certificate.
type backend struct {
	address string // host and port, or the path of a Unix socket
	token   string
}

// serve starts a backend on loopback, or on a Unix socket in dir.
func serve(t testing.TB, binding *mtls.Binding, thumbprint [sha256.Size]byte, socketIn string) backend {
	t.Helper()
	server := httptest.NewUnstartedServer(protect(t, binding, thumbprint))
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
	return backend{server.Listener.Addr().String(), "token"}
}

// protect returns a handler that lets through who has the certificate.
func protect(_ testing.TB, binding *mtls.Binding, thumbprint [sha256.Size]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := binding.Confirm(r, "token", thumbprint); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "ok")
	})
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
	cmd.Stdout, cmd.Stderr = &log, &log
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

// curl sends a request, and returns the status.
func curl(t testing.TB, url, token string, args ...string) string {
	t.Helper()
	args = append([]string{"--silent", "--show-error", "--max-time", "20", "--output", filepath.Join(t.TempDir(), "body"), "--write-out", "%{http_code}", "--header", "Authorization: Bearer " + token, url}, args...)
	out, err := exec.Command(program(t, "curl", "curl"), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
