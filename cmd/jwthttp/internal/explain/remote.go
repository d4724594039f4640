package explain

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/jwks"
)

const maxRecorded = 512<<10 + 1 // the largest document that package jwks reads

// A Recorder keeps the documents that a client fetches: the trials need more of a key set than
// package jwks gives out.
type Recorder struct {
	transport *http.Transport

	mu     sync.Mutex
	keySet []byte
	issuer string // of the metadata
	status int    // of the last answer; 0 for none
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder {
	return &Recorder{transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxResponseHeaderBytes: 64 << 10,
	}}
}

// Client returns a client whose answers r keeps.
func (r *Recorder) Client() *http.Client { return &http.Client{Transport: r} }

// RoundTrip sends a request and keeps the answer.
func (r *Recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := r.transport.RoundTrip(req)
	if err == nil {
		r.mu.Lock()
		r.status = res.StatusCode
		r.mu.Unlock()
	}
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxRecorded))
	if err != nil {
		res.Body.Close()
		return nil, err
	}
	res.Body = readCloser{bytes.NewReader(body), res.Body}
	document := readObject(body)
	r.mu.Lock()
	defer r.mu.Unlock()
	if document.has("keys") {
		r.keySet = body
	}
	if issuer := document.str("issuer"); issuer != "" {
		r.issuer = issuer
	}
	return res, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}

func (r *Recorder) fetched() (keySet []byte, issuer string, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keySet, r.issuer, r.status
}

// A Remote is a key source on the network, and what it has fetched.
type Remote struct {
	Source    *jwks.Source
	Recorder  *Recorder
	Discovers bool // Source is of jwks.Discover
}

func (r *Remote) close() {
	r.Source.Close() // it returns nil
	r.Recorder.transport.CloseIdleConnections()
}

// waitForKeys fetches the keys if there are none yet, and notes why they cannot be fetched.
func (e *explainer) waitForKeys() bool {
	ctx, cancel := context.WithTimeout(e.ctx, remoteWait)
	defer cancel()
	source := e.setup.Remote.Source
	if source.Stats().Keys > 0 {
		return true
	}
	err := source.Refresh(ctx)
	if err == nil {
		return true
	}
	e.add(Finding{Reason: reason.Unavailable.Word, Wanted: "the keys of " + logtext.Quote(source.Issuer()), Came: clip(err.Error()),
		Mend: "there are no keys, so every token gets a 503: " + e.fetchMend(err)})
	return false
}

// fetchMend says what to change so that the keys can be fetched.
func (e *explainer) fetchMend(err error) string {
	want, discovers := e.setup.Remote.Source.Issuer(), e.setup.Remote.Discovers
	keySet, issuer, status := e.setup.Remote.Recorder.fetched()
	var (
		dns         *net.DNSError
		record      tls.RecordHeaderError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("the host %s is not known here: check its spelling and the network", logtext.Quote(strings.TrimSuffix(dns.Name, ".")))
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server there speaks http and not https: check scheme and port"
	case errors.As(err, &certificate):
		return "the server's certificate is not trusted here: check the host, or have this machine trust who issued it"
	case errors.Is(err, context.DeadlineExceeded):
		return "the keys could not be fetched in time: check that this machine reaches the issuer, also through its proxy"
	case status == 0:
		return "nothing answers there: check host and port"
	case issuer != "" && !discovers:
		return fmt.Sprintf("this is the metadata of an issuer and not a key set: use jwks.Discover (flag -discover) with %s", logtext.Quote(issuer))
	case issuer != "" && issuer != want:
		return fmt.Sprintf("the metadata is of the issuer %s: %s", logtext.Quote(issuer), e.differenceOf(want, issuer, inMetadata))
	case keySet != nil:
		return "the key set has no key that can be used: have the issuer publish a public key for signatures"
	case status != http.StatusOK && status != http.StatusNotFound:
		return fmt.Sprintf("the issuer answers with the status %d: check the address, or ask its operator", status)
	case issuer != "":
		return "the issuer's metadata does not lead to a key set: check its jwks_uri"
	case discovers:
		return "this is not the address of an issuer: check the path"
	}
	return "this is not the address of a key set: check the path"
}
