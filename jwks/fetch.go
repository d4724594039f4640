package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

const (
	maxBodyBytes = 512 << 10
	maxRedirects = 3
)

// A remote is a key set on the network. Its methods are not safe for concurrent use.
type remote struct {
	client *http.Client
	issuer string
	url    string // of the key set; "" until the metadata was read

	discovery []string // the addresses of the issuer's metadata, in the order of asking; none if url is given
	onMachine bool     // the metadata is plain http on this machine, so the keys may be too
	insecure  bool     // every address may be plain http

	// From the last good answer.
	etag, lastModified string
	lifetime           time.Duration

	quiet time.Duration // from Retry-After in the answers to the last fetch
}

// An answer is the result of a fetch.
type answer struct {
	document  []byte // nil if it has not changed
	lifetime  time.Duration
	errLocate error // why the metadata could not be read, if the old address was used
}

// fetch asks for the keys. A whole fetch asks for the metadata first, and for the keys without
// a condition. So neither an old address nor an old validator decides what it returns.
func (r *remote) fetch(ctx context.Context, whole bool) (a answer, err error) {
	r.quiet = 0
	if whole && r.discovery != nil {
		if a.errLocate = r.locate(ctx); r.url == "" {
			return a, a.errLocate
		}
	}
	var etag, lastModified string
	if !whole {
		etag, lastModified = r.etag, r.lastModified
	}
	header, document, err := r.get(ctx, r.url, whole, etag, lastModified)
	if err != nil {
		return a, joinCauses(a.errLocate, err)
	}
	r.lifetime = lifetimeOf(header, r.lifetime, document != nil)
	if document != nil {
		r.etag, r.lastModified = header.Get("ETag"), header.Get("Last-Modified")
	}
	a.document, a.lifetime = document, r.lifetime
	return a, nil
}

// locate asks the issuer where its keys are, OpenID Connect Discovery 1.0 section 4 and RFC
// 8414 section 3.
func (r *remote) locate(ctx context.Context) error {
	if r.url != "" { // the old address may still be good, and needs the rest of the time
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, fetchTimeout/2)
		defer cancel()
	}
	var errs []error
	for i, place := range r.discovery {
		location, err := r.locateAt(ctx, place)
		if err == nil {
			r.url = location
			return nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil { // a place that hangs must not take the time of the others again
			r.discovery = slices.Concat(r.discovery[i+1:], r.discovery[:i+1])
			break
		}
	}
	return joinCauses(errs...)
}

func (r *remote) locateAt(ctx context.Context, place string) (string, error) {
	_, document, err := r.get(ctx, place, true, "", "")
	if err != nil {
		return "", err
	}
	var issuer, keySet string
	isSet := false
	err = eachMember(document, func(name string, value jsontext.Value) error {
		switch name {
		case "keys":
			isSet = true
		case "issuer":
			return json.Unmarshal(value, &issuer)
		case "jwks_uri":
			return json.Unmarshal(value, &keySet)
		}
		return nil
	})
	if err != nil {
		return "", at(place, fmt.Errorf("it is not JSON metadata: %w", err))
	}
	if issuer == "" && isSet {
		return "", at(place, errors.New("it is a key set, not the metadata of an issuer: pass its address to New"))
	}
	if issuer == "" {
		return "", at(place, errors.New("it is not the metadata of an issuer, for it has no issuer: check the address"))
	}
	if issuer != r.issuer {
		advice, also := "pass Discover exactly the issuer that this metadata is of, if you trust it", ""
		switch {
		case issuer == r.issuer+"/":
			advice = "pass Discover the issuer with the slash at the end that its metadata has"
		case issuer+"/" == r.issuer:
			advice = "pass Discover the issuer without a slash at the end, as its metadata has it"
		case isTemplate(issuer):
			advice = "pass Discover the issuer of one tenant, with its id in place of the braces"
		case len(r.discovery) > 1 && hostOf(issuer) != hostOf(r.issuer): // often an internal name
			also = ", with this address as MetadataURL"
		}
		// Each cause is cut by itself, and issuers often differ at their ends only.
		return "", joinCauses(at(place, errors.New(advice+also)), fmt.Errorf("the metadata is of %.110q, not %.110q", issuer, r.issuer))
	}
	u, errs := checkAddress(keySet, "/keys", r.insecure)
	if len(errs) == 0 && u.Scheme == "http" && !r.onMachine && !r.insecure {
		errs = append(errs, fmt.Errorf("%.200q is plain http, and the metadata is not: the issuer has to name an https address, or set Options.AllowInsecureHTTP", syntax.WithoutQuery(keySet)))
	}
	if len(errs) > 0 {
		return "", at(place, fmt.Errorf("jwks_uri: %w", errors.Join(errs...)))
	}
	return keySet, nil
}

// hostOf returns the host of an address, "" if it has none.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// get returns the body of a 200, and nil for a 304. A whole fetch asks for no answer that a cache
// has kept. Caches may ignore that.
func (r *remote) get(ctx context.Context, from string, whole bool, etag, lastModified string) (header http.Header, body []byte, err error) {
	fail := func(err error) (http.Header, []byte, error) {
		var outer *url.Error
		if errors.As(err, &outer) {
			err = outer.Err // the rest repeats the address, or shows that of a redirect
		}
		if err == context.DeadlineExceeded {
			err = maskedError{fmt.Sprintf("it did not answer in full in its time, %d seconds with the metadata: check the address, and the network and the proxies on the way", fetchTimeout/time.Second), err}
		}
		if text, _, hasQuery := strings.Cut(err.Error(), "?"); hasQuery { // of an address in the answer
			err = maskedError{text + "?…", err}
		}
		return nil, nil, at(from, err)
	}
	// A Transport of the user's, or the body that it returns, must not end the program by a panic.
	// Nobody else can recover on the goroutine of a fetch.
	defer func() {
		if p := recover(); p != nil {
			header, body, err = fail(fmt.Errorf("Options.Client has panicked: %v", p))
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return fail(err)
	}
	req.Header.Set("Accept", "application/jwk-set+json, application/json")
	if whole {
		req.Header.Set("Cache-Control", "no-cache") // RFC 9111 section 5.2.1.4
	}
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
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable {
		r.quiet = max(r.quiet, retryAfter(res.Header))
	}
	if res.StatusCode != http.StatusOK {
		return fail(fmt.Errorf("it answered with status %d", res.StatusCode))
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxBodyBytes+1))
	if err != nil {
		return fail(err)
	}
	if len(body) > maxBodyBytes {
		return fail(fmt.Errorf("it answered with more than %d KiB, which is too large for a key set or metadata: check the address", maxBodyBytes>>10))
	}
	return res.Header, body, nil
}

// A maskedError is an error with another text, such as one without what may be secret.
type maskedError struct {
	text  string
	cause error
}

func (e maskedError) Error() string { return e.text }
func (e maskedError) Unwrap() error { return e.cause }

// newClient returns a client that follows redirects to the same host only. It is a copy of
// given. If given is nil, it has a transport of its own, which is returned to be closed.
func newClient(given *http.Client) (*http.Client, *http.Transport) {
	var own *http.Transport
	client := http.Client{}
	if given != nil {
		client = *given
	} else {
		own = &http.Transport{
			Proxy: http.ProxyFromEnvironment,
			// net/http dials apart from the request, so the request's limit does not end it.
			DialContext:            (&net.Dialer{Timeout: fetchTimeout}).DialContext,
			TLSHandshakeTimeout:    fetchTimeout,
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        10 * time.Second, // long enough for the metadata and then the keys
			MaxResponseHeaderBytes: 64 << 10,
			// A connection that has died without a word would be used for each new fetch: a request
			// that is over does not close it. 3 seconds leave a fetch time for the next address.
			HTTP2: &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: 2 * time.Second},
		}
		client.Transport = own
	}
	client.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		first := via[0].URL
		if req.URL.Scheme != first.Scheme || !strings.EqualFold(hostAndPort(req.URL), hostAndPort(first)) || req.URL.User != nil {
			return errors.New("it redirects to another host or scheme, which is not followed: if you trust that one, use its address")
		}
		if len(via) > maxRedirects {
			return fmt.Errorf("it redirects more than %d times", maxRedirects)
		}
		return nil
	}
	return &client, own
}

// hostAndPort returns the host of an http or https URL with its port, also if that is the default
// one and not written.
func hostAndPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// checkAddress returns the URL that raw is, nil if it is of no use, and everything that keeps it
// from being fetched. The errors show nothing of raw that may be secret. path is that of the
// example in them. insecure allows plain http.
func checkAddress(raw, path string, insecure bool) (*url.URL, []error) {
	var errs []error
	if hasSpace(raw) {
		errs = append(errs, errSpace)
	}
	if isTemplate(syntax.WithoutQuery(raw)) {
		errs = append(errs, errTemplate)
	}
	rest := strings.NewReplacer("{", "", "}", "").Replace(strings.TrimFunc(raw, isInvisible))
	u, err := syntax.ParseHTTP(rest, "https://issuer.example.com"+path)
	switch shown := syntax.WithoutQuery(rest); {
	case err != nil:
	case !insecure && syntax.IsPlain(u): // the option comes early, because a long text is cut
		u, err = nil, fmt.Errorf("use https, or set Options.AllowInsecureHTTP: %.200q is plain http, which others can change on the way (loopback, such as http://127.0.0.1, needs neither)", shown)
	case u.Fragment != "":
		err = fmt.Errorf("%.200q has a fragment (#): leave it out", shown)
	}
	if err != nil {
		errs = append(errs, err)
	}
	return u, errs
}

var (
	errSpace    = errors.New("it begins or ends with white space: remove that")
	errTemplate = errors.New("it is a template: put the id of your tenant in place of the braces and what is in them")
)

// hasSpace reports whether name begins or ends with something invisible.
func hasSpace(name string) bool { return strings.TrimFunc(name, isInvisible) != name }

// isTemplate reports whether name has something in braces, such as {tenantid}.
func isTemplate(name string) bool {
	_, after, _ := strings.Cut(name, "{")
	return strings.Contains(after, "}")
}

func isInvisible(c rune) bool { return unicode.IsSpace(c) || !unicode.IsPrint(c) }

// at returns err with the address first. The address is cut, so that there is room for err.
func at(address string, err error) error {
	return fmt.Errorf("%.120s: %w", syntax.WithoutQuery(address), err)
}

// A fetchError says why there are no keys, or no new ones. Its text is one line. Others choose
// parts of it, so each cause is cut by itself.
type fetchError struct{ causes []error }

func (e *fetchError) Error() string {
	texts := make([]string, len(e.causes))
	for i, cause := range e.causes {
		texts[i] = logtext.Cut(strings.ReplaceAll(cause.Error(), "\n", "; "))
	}
	return "jwks: " + strings.Join(texts, "; ")
}

func (e *fetchError) Unwrap() []error { return e.causes }

// newFetchError returns err as a fetchError, with its causes if it is one already.
func newFetchError(err error) *fetchError {
	if several, ok := err.(*fetchError); ok {
		return several
	}
	return &fetchError{[]error{err}}
}

// joinCauses returns an error with the causes of all errs that are not nil. It is nil if all
// are.
func joinCauses(errs ...error) error {
	var all fetchError
	for _, err := range errs {
		if err != nil {
			all.causes = append(all.causes, newFetchError(err).causes...)
		}
	}
	if len(all.causes) == 0 {
		return nil
	}
	return &all
}
