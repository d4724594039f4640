package grpcauth_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
	"github.com/jwthttp/jwthttp/jwthttptest"
	"github.com/jwthttp/jwthttp/mtls"
)

// newCertificate returns one for a client, signed by itself.
func newCertificate(t *testing.T) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, parsed
}

// A token that is bound to a key is of no use without it, and only a certificate of the call's own
// connection can prove one.
func TestBoundTokens(t *testing.T) {
	iss := jwthttptest.NewIssuer(t)
	mine, parsed := newCertificate(t)
	other, _ := newCertificate(t)
	key, err := dpop.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := dpop.New(dpop.Options{Origins: []string{"https://127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	forwarded, err := mtls.Forwarded("X-Cert", mtls.Base64DER, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	byCertificate := token(t, iss, jwthttptest.BoundTo(parsed))
	byKey := token(t, iss, jwthttptest.BoundTo(key))
	proof := func() string {
		p, err := key.Proof("POST", "https://127.0.0.1"+unaryMethod, byKey, "")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	plain := token(t, iss)
	with := func(certificates ...tls.Certificate) transport {
		tr := overTLS()
		tr.client.Certificates = certificates
		return tr
	}
	for _, tc := range []struct {
		name     string
		bindings []jwthttp.Binding
		tr       transport
		header   []string
		want     codes.Code
	}{
		{"no binding, certificate", nil, with(mine), []string{"authorization", "Bearer " + byCertificate}, codes.Unauthenticated},
		{"no binding, key", nil, with(mine), []string{"authorization", "Bearer " + byKey}, codes.Unauthenticated},
		{"no binding, key under DPoP", nil, with(mine), []string{"authorization", "DPoP " + byKey, "dpop", proof()}, codes.Unauthenticated},
		{"connection, its certificate", []jwthttp.Binding{mtls.Connection()}, with(mine), []string{"authorization", "Bearer " + byCertificate}, codes.OK},
		{"connection, another certificate", []jwthttp.Binding{mtls.Connection()}, with(other), []string{"authorization", "Bearer " + byCertificate}, codes.Unauthenticated},
		{"connection, no certificate", []jwthttp.Binding{mtls.Connection()}, with(), []string{"authorization", "Bearer " + byCertificate}, codes.Unauthenticated},
		{"connection, no TLS", []jwthttp.Binding{mtls.Connection()}, inMemory(), []string{"authorization", "Bearer " + byCertificate}, codes.Unauthenticated},
		{"connection, unbound", []jwthttp.Binding{mtls.Connection()}, with(mine), []string{"authorization", "Bearer " + plain}, codes.Unauthenticated},
		{"connection, key", []jwthttp.Binding{mtls.Connection()}, with(mine), []string{"authorization", "Bearer " + byKey}, codes.Unauthenticated},
		{"forwarded", []jwthttp.Binding{forwarded}, with(mine), []string{"authorization", "Bearer " + byCertificate, "x-cert", base64.StdEncoding.EncodeToString(parsed.Raw)}, codes.Unauthenticated},
		{"DPoP", []jwthttp.Binding{proofs}, with(mine), []string{"authorization", "DPoP " + byKey, "dpop", proof()}, codes.Unauthenticated},
		{"DPoP under Bearer", []jwthttp.Binding{proofs}, with(mine), []string{"authorization", "Bearer " + byKey, "dpop", proof()}, codes.Unauthenticated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := newAuth(t, iss, func(o *jwthttp.Options) { o.Bindings = tc.bindings })
			s := &service{}
			client := tc.tr.serve(t, s, interceptors(t, auth)...)
			for _, kind := range kinds {
				before := s.ran.Load()
				_, err := kind.call(metadata.AppendToOutgoingContext(t.Context(), tc.header...), client)
				if status.Code(err) != tc.want || (s.ran.Load() > before) != (tc.want == codes.OK) {
					t.Errorf("%s: %v", kind.name, err)
				}
			}
		})
	}
}
