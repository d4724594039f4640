package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
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

func (r *Recorder) fetched() (keySet []byte, issuer string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keySet, r.issuer
}

// A Remote is a key source on the network, and what it has fetched.
type Remote struct {
	Source   *jwks.Source
	Recorder *Recorder
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
	_, issuer := e.setup.Remote.Recorder.fetched()
	f := Finding{Reason: "unavailable", Wanted: "the keys of " + logtext.Quote(source.Issuer()), Came: clip(err.Error())}
	f.Mend = fmt.Sprintf("the keys cannot be fetched, so every token gets a 503: %s", clip(err.Error()))
	if issuer != "" && issuer != source.Issuer() {
		f.Mend = fmt.Sprintf("the metadata is of the issuer %s, and the configuration says %s: %s", logtext.Quote(issuer), logtext.Quote(source.Issuer()), differenceOf(source.Issuer(), issuer))
	}
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		f.Mend = fmt.Sprintf("the host %s is not known here: check its spelling and the network", logtext.Quote(strings.TrimSuffix(dns.Name, ".")))
	case errors.Is(err, context.DeadlineExceeded):
		f.Mend = "the keys could not be fetched in time: check that this machine reaches the issuer, also through its proxy"
	}
	e.add(f)
	return false
}
