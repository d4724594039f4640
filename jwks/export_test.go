package jwks

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/jwthttp/jwthttp"
)

// ParseFor is Parse for a source with these Options.Algorithms.
func ParseFor(data []byte, algorithms ...string) (set jwthttp.KeySet, err error) {
	found, _, err := parse(data, algorithms)
	for _, k := range found {
		set = append(set, k.Key)
	}
	return set, err
}

// SkewWallClock sets the wall clock of a source ahead of the monotonic one, by skew in
// nanoseconds. The clocks differ in this way after the machine has slept or after the wall
// clock was set.
func SkewWallClock(s *Source, skew *atomic.Int64) {
	s.now = func() moment {
		now := readClocks()
		return moment{now.monotonic, now.wall.Add(time.Duration(skew.Load()))}
	}
}

// Log writes the record of a kind.
func Log(s *Source, kind EventKind, name string, value any) { s.log(kind, name, value) }

// Trust makes the own client of a source, or of tenants, trust the certificate of an
// httptest.Server.
func Trust(keys any, certificate *x509.Certificate) {
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	client := &http.Client{}
	switch k := keys.(type) {
	case *Source:
		client = k.remote.client
	case *Tenants:
		client = k.client
	}
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots, ServerName: "example.com"}
}
