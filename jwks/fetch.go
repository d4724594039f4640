package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/loopback"
)

const (
	maxBodyBytes    = 512 << 10
	maxRedirects    = 3
	minLifetime     = time.Minute
	maxLifetime     = 24 * time.Hour
	defaultLifetime = 15 * time.Minute
	maxLocationAge  = 24 * time.Hour  // then discovery is asked again
	minLocationAge  = 5 * time.Minute // not before this, but after a failure
)

// A remote is a key set at the other end of the network. Its methods are for one
// goroutine at a time.
type remote struct {
	client *http.Client
	issuer string
	url    string // of the key set; found by discovery if that is asked

	discovery []string // the places of the issuer's metadata; none if url is given
	plainHTTP bool     // the issuer is on this machine, and so may its keys be
	located   time.Time

	// What the last good answer said of itself.
	etag, lastModified string
	lifetime           time.Duration
}

// An answer is what a fetch brought.
type answer struct {
	document  []byte // nil if it has not changed since the last time
	lifetime  time.Duration
	errLocate error // the metadata could not be read again, and the keys are from where they were
}

// fetch asks for the keys, and first for where they are if that is not known, has
// failed or is old: for whoever seeks a new key, minutes are.
func (r *remote) fetch(ctx context.Context, seeks bool) (a answer, err error) {
	age := time.Since(r.located)
	asks := r.discovery != nil && (age >= maxLocationAge || seeks && age >= minLocationAge)
	if asks {
		a.errLocate = r.locate(ctx)
		if r.url == "" {
			return a, a.errLocate
		}
		r.located = time.Now()
		if a.errLocate != nil {
			r.located = r.located.Add(minLocationAge - maxLocationAge)
		}
	}
	header, document, err := r.get(ctx, r.url, r.etag, r.lastModified)
	if err != nil {
		if !asks {
			r.located = time.Time{} // perhaps they moved: ask the next time
		}
		return a, errors.Join(a.errLocate, err)
	}
	r.lifetime = lifetimeOf(header, r.lifetime, document != nil)
	if document != nil {
		r.etag, r.lastModified = header.Get("ETag"), header.Get("Last-Modified")
	}
	a.document, a.lifetime = document, r.lifetime
	return a, nil
}

// forget makes the next fetch a whole one, metadata included: what was fetched was
// of no use.
func (r *remote) forget() { r.etag, r.lastModified, r.located = "", "", time.Time{} }

// locate asks the issuer where its keys are: OpenID Connect Discovery 1.0 section
// 4, RFC 8414 section 3.
func (r *remote) locate(ctx context.Context) error {
	var errs []error
	for _, place := range r.discovery {
		location, err := r.locateAt(ctx, place)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if location != r.url {
			r.url = location
			r.forget()
		}
		return nil
	}
	return errors.Join(errs...)
}

func (r *remote) locateAt(ctx context.Context, place string) (string, error) {
	_, document, err := r.get(ctx, place, "", "")
	if err != nil {
		return "", err
	}
	var metadata struct {
		Issuer string `json:"issuer"`
		KeySet string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(document, &metadata); err != nil {
		return "", fmt.Errorf("%s: it is no JSON metadata: %w", place, err)
	}
	if metadata.Issuer != r.issuer {
		return "", fmt.Errorf("%s: it is the metadata of the issuer %.200q, not of %q: pass Discover exactly what it says, slash and case included, if that is whom you trust", place, metadata.Issuer, r.issuer)
	}
	if _, err := checkURL(metadata.KeySet, r.plainHTTP, "/keys"); err != nil {
		return "", fmt.Errorf("%s: jwks_uri: %w", place, err)
	}
	return metadata.KeySet, nil
}

// get returns the body of a 200, nil for a 304.
func (r *remote) get(ctx context.Context, from, etag, lastModified string) (http.Header, []byte, error) {
	fail := func(err error) (http.Header, []byte, error) {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the rest repeats the address, or where it was to be led
		}
		return nil, nil, fmt.Errorf("%s: %w", withoutQuery(from), err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return fail(err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	if lastModified != "" {
		req.Header.Set("If-Modified-Since", lastModified)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return fail(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified && etag+lastModified != "" {
		return res.Header, nil, nil
	}
	if res.StatusCode != http.StatusOK {
		return fail(fmt.Errorf("it answered with status %d", res.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBodyBytes+1))
	if err != nil {
		return fail(err)
	}
	if len(body) > maxBodyBytes {
		return fail(fmt.Errorf("it answered with more than %d KiB", maxBodyBytes>>10))
	}
	return res.Header, body, nil
}

// newClient returns a client that follows a redirect to the same place only: the
// copy of given, or one of its own, with the transport to close behind it.
func newClient(given *http.Client) (*http.Client, *http.Transport) {
	var own *http.Transport
	client := http.Client{}
	if given != nil {
		client = *given
	} else {
		own = &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			// A connection is made apart from the request that asks for it, and would
			// outlive its limit.
			DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
			TLSHandshakeTimeout:    fetchTimeout,
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        10 * time.Second, // long enough for discovery and the keys behind it
			MaxResponseHeaderBytes: 64 << 10,
		}
		client.Transport = own
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		if req.URL.Scheme != first.Scheme || !strings.EqualFold(req.URL.Host, first.Host) || req.URL.User != nil {
			return errors.New("it redirects to another host or scheme, which is not followed: use the address where it ends, if you trust that")
		}
		if len(via) > maxRedirects {
			return fmt.Errorf("it redirects more than %d times", maxRedirects)
		}
		return nil
	}
	return &client, own
}

// checkURL returns the address if keys, or what stands at like, may be fetched from
// it. It shows nothing of it that may be secret.
func checkURL(raw string, plainHTTP bool, like string) (*url.URL, error) {
	u, err := url.Parse(raw)
	like = "write it like https://issuer.example.com" + like
	shown := withoutQuery(raw)
	switch {
	case err != nil:
		return nil, errors.New("it is no URL: " + like)
	case u.User != nil, u.Host == "" && strings.Contains(raw, "@"):
		return nil, errors.New("it has a user or password, which end up in logs: leave them out, a Client of yours can send them in a header")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, fmt.Errorf("%.200q names no host: %s", shown, like)
	case u.Scheme == "https", u.Scheme == "http" && plainHTTP && loopback.Is(u.Hostname()):
	case u.Scheme == "http":
		return nil, fmt.Errorf("%.200q is plain http, so anybody on the way could put in a key: use https; only loopback, such as http://127.0.0.1, does without", shown)
	default:
		return nil, fmt.Errorf("%.200q is no https URL: %s", shown, like)
	}
	if u.Fragment != "" {
		return nil, fmt.Errorf("%.200q has a fragment (#) behind it: leave that out", shown)
	}
	return u, nil
}

// withoutQuery leaves out what may be a secret in an address.
func withoutQuery(address string) string {
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		return address[:end]
	}
	return address
}

// lifetimeOf returns for how long an answer is fresh, RFC 9111 section 4.2, within
// bounds. An answer that does not say is fresh for as long as the one it confirms
// was, or for 15 minutes.
func lifetimeOf(h http.Header, before time.Duration, isNew bool) time.Duration {
	age := parseSeconds(h.Get("Age"))
	lifetime := defaultLifetime
	if !isNew && before > 0 {
		lifetime = before
	}
	// An Expires that is no date is in the past.
	if expires := h.Get("Expires"); expires != "" {
		lifetime = 0
		date, err := http.ParseTime(h.Get("Date"))
		if err != nil {
			date = time.Now()
		}
		if t, err := http.ParseTime(expires); err == nil {
			lifetime = t.Sub(date) - age
		}
	}
	directives := strings.Split(strings.ToLower(strings.Join(h.Values("Cache-Control"), ",")), ",")
	for _, directive := range directives {
		if seconds, ok := strings.CutPrefix(strings.TrimSpace(directive), "max-age="); ok {
			lifetime = parseSeconds(strings.Trim(seconds, `"`)) - age
			break
		}
	}
	for _, directive := range directives {
		if slices.Contains([]string{"no-cache", "no-store"}, strings.TrimSpace(directive)) {
			lifetime = 0
		}
	}
	return min(max(lifetime, minLifetime), maxLifetime)
}

// parseSeconds reads delta-seconds, RFC 9111 section 1.2.2; 0 for what is none.
func parseSeconds(s string) time.Duration {
	n, err := strconv.ParseUint(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) || n > math.MaxInt32 {
		n = math.MaxInt32
	} else if err != nil {
		n = 0
	}
	return time.Duration(n) * time.Second
}

// A fetchError is why there are no keys or no newer ones. Its text may hold what
// others chose, so it is cut.
type fetchError struct{ error }

func (e fetchError) Error() string { return "jwks: " + logtext.Cut(e.error.Error()) }
func (e fetchError) Unwrap() error { return e.error }
