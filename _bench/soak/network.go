package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"time"
)

// machines have clients of each version of HTTP, with one certificate.
const machines = 4

// A machine is where clients run.
type machine struct {
	certificate tls.Certificate
	transports  [3]*http.Transport // by the version of HTTP
}

// thumbprint returns the member of cnf for the machine's certificate.
func (m *machine) thumbprint() string {
	sum := sha256.Sum256(m.certificate.Leaf.Raw)
	return `"x5t#S256":"` + base64.RawURLEncoding.EncodeToString(sum[:]) + `"`
}

// A network is a server with TLS, and machines that are connected to it.
type network struct {
	server     *httptest.Server
	open       atomic.Int64 // connections of the server
	machines   [machines]*machine
	home, away *url.URL // of the handler in process, and of the server
}

func newNetwork(handler http.Handler) (*network, error) {
	n := &network{server: httptest.NewUnstartedServer(handler)}
	n.server.Config.ErrorLog = log.New(io.Discard, "", 0) // errors because of clients that hang up
	n.server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			n.open.Add(1)
		case http.StateClosed, http.StateHijacked:
			n.open.Add(-1)
		}
	}
	n.server.EnableHTTP2 = true
	n.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	n.server.StartTLS()
	n.home = &url.URL{Scheme: "http", Host: "127.0.0.1", Path: "/"}
	n.away = &url.URL{Scheme: "https", Host: n.server.Listener.Addr().String(), Path: "/"}
	for i := range n.machines {
		certificate, err := newCertificate()
		if err != nil {
			n.server.Close()
			return nil, err
		}
		m := &machine{certificate: certificate}
		for version := 1; version <= 2; version++ {
			var only http.Protocols
			only.SetHTTP1(version == 1)
			only.SetHTTP2(version == 2)
			m.transports[version] = &http.Transport{
				Protocols: &only, DisableCompression: true, MaxIdleConnsPerHost: 64, ResponseHeaderTimeout: 2 * time.Minute,
				TLSClientConfig: &tls.Config{RootCAs: n.roots(), Certificates: []tls.Certificate{certificate}},
			}
		}
		n.machines[i] = m
	}
	return n, nil
}

func (n *network) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(n.server.Certificate())
	return pool
}

func newCertificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"}, NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

func (n *network) client(version, i int) overTLS {
	return overTLS{n.machines[i%machines], version}
}

// dial returns a connection for HTTP/1 without a certificate, and the connection below it.
func (n *network) dial() (*tls.Conn, *net.TCPConn, error) {
	conn, err := tls.Dial("tcp", n.away.Host, &tls.Config{RootCAs: n.roots()})
	if err != nil {
		return nil, nil, err
	}
	return conn, conn.NetConn().(*net.TCPConn), nil
}

// close closes the clients' connections. The server must then have none.
func (n *network) close(report func(string, ...any)) {
	for _, m := range n.machines {
		for _, t := range m.transports[1:] {
			t.CloseIdleConnections()
		}
	}
	if !eventually(func() bool { return n.open.Load() == 0 }) {
		report("%d connections to the server are left", n.open.Load())
	}
	n.server.Close()
}

// A way sends requests to a handler.
type way interface {
	send(r *http.Request) (answer, error)
	certificate() *machine
}

type inProcess struct {
	handler http.Handler
	machine *machine
	w       recorder
}

func (p *inProcess) certificate() *machine { return p.machine }

func (p *inProcess) send(r *http.Request) (answer, error) {
	if p.w.header == nil {
		p.w.header = http.Header{}
	}
	clear(p.w.header)
	p.w.status = 0
	arrive(r, p.machine)
	p.w.body.Reset()
	p.handler.ServeHTTP(&p.w, r)
	return answerOf(p.w.status, p.w.header, p.w.body.Bytes()), nil
}

// arrive sets what net/http sets on servers.
func arrive(r *http.Request, from *machine) {
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	r.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{from.certificate.Leaf}}
}

type overTLS struct {
	machine *machine
	version int // of HTTP
}

func (p overTLS) certificate() *machine { return p.machine }

func (p overTLS) send(r *http.Request) (answer, error) {
	res, err := p.RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answerOf(res.StatusCode, res.Header, body), err
}

func (p overTLS) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := p.machine.transports[p.version].RoundTrip(r)
	if err == nil && (res.ProtoMajor != p.version || res.TLS == nil) {
		res.Body.Close()
		return nil, fmt.Errorf("an answer by %s instead of HTTP/%d with TLS", res.Proto, p.version)
	}
	return res, err
}

// A recorder is a cheap ResponseWriter that is reused.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.header["Content-Type"] == nil {
		w.header["Content-Type"] = plainText // net/http finds this type by itself
	}
	return w.body.Write(b)
}

var plainText = []string{"text/plain; charset=utf-8"}
