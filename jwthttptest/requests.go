package jwthttptest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

// A change makes a request of a probe from one without a credential.
type change func(*http.Request)

// A response is what the chain wrote, and which request it wrote it for.
type response struct {
	*httptest.ResponseRecorder
	method   string
	query    string
	origin   string
	tried    string // the scheme of its credential; "" if it has none or several
	panicked bool   // the body is what the chain panicked with
	decided  bool   // WriteHeader was called
	after    int    // another status that the chain wrote after that, or 0
}

func (x *exam) send(c change) *response {
	r := x.prepare(c)
	w := x.serve(r)
	if nonce := w.Header().Get("DPoP-Nonce"); nonce != "" && x.hasNonces() {
		x.nonce = nonce
	}
	return w
}

// prepare returns the request of a probe.
func (x *exam) prepare(c change) *http.Request {
	r := x.Request()
	r = r.Clone(r.Context()) // Request may return the same one each time
	c(r)
	x.prove(r)
	return r
}

// serve changes nothing of x, so requests may be served at the same time.
func (x *exam) serve(r *http.Request) (w *response) {
	w = &response{ResponseRecorder: httptest.NewRecorder(), method: r.Method, query: r.URL.RawQuery, origin: r.Header.Get("Origin"), tried: x.tried(r)}
	defer func() {
		if p := recover(); p != nil {
			w.ResponseRecorder, w.panicked = httptest.NewRecorder(), true
			fmt.Fprintf(w, "%.200v", p)
		}
	}()
	x.chain.ServeHTTP(w, r)
	return w
}

// tried returns the scheme of the one credential that the middleware finds, "" if it finds none or
// several. A token in a cookie, or in a header of another name, comes as one under Bearer does.
func (x *exam) tried(r *http.Request) string {
	values, cookies := r.Header["Authorization"], 0
	if x.Cookie != "" {
		cookies = strings.Count(strings.Join(r.Header["Cookie"], ";"), x.Cookie+"=")
	}
	scheme := ""
	if len(values) == 1 {
		for _, known := range x.schemes() {
			if strings.EqualFold(schemeOf(values[0]), known) {
				scheme = known
			}
		}
	}
	switch {
	case scheme != "" && (cookies == 0 || x.HeaderFirst || len(strings.Fields(values[0])) < 2):
		return scheme // a malformed header is refused before the cookies are read
	case len(values) < 2 && scheme == "" && cookies == 1:
		return schemeBearer
	}
	return ""
}

// schemes returns those under which the chain takes tokens.
func (x *exam) schemes() []string {
	switch {
	case x.DPoP == nil:
		return []string{schemeBearer}
	case x.takesBearer():
		return []string{schemeDPoP, schemeBearer}
	}
	return []string{schemeDPoP}
}

// takesBearer reports whether a good token may come under Bearer.
func (x *exam) takesBearer() bool { return x.DPoP == nil || x.AllowUnbound || x.Certificate != nil }

// isCall reports whether a gRPC call can carry what makes the request of a probe.
func (x *exam) isCall(c change) bool {
	own := x.Request()
	r := own.Clone(own.Context())
	c(r)
	for _, values := range r.Header {
		if strings.ContainsFunc(strings.Join(values, ""), func(char rune) bool { return char < ' ' || char > '~' }) {
			return false
		}
	}
	return r.RemoteAddr == own.RemoteAddr
}

func (x *exam) hasNonces() bool { return x.DPoP != nil && x.DPoP.Nonces != nil }

// WriteHeader remembers a second status. net/http drops it, but it shows that a handler ran
// after a refusal.
func (w *response) WriteHeader(status int) {
	if status < 200 && status != http.StatusSwitchingProtocols {
		return // the answer is still to come
	}
	if w.decided && status != w.Code {
		w.after = status
	}
	w.decided = true
	w.ResponseRecorder.WriteHeader(status)
}

func (w *response) text() string { return fmt.Sprint(w.Code, " ", w.Body) }

// visible returns all that a client sees, except one header.
func (w *response) visible(except string) string {
	text := w.Body.String()
	for name, values := range w.Header() {
		if name != except {
			text += "\n" + name + ": " + strings.Join(values, "\n")
		}
	}
	return text
}

// isOK reports whether the handler ran, as far as can be seen from outside.
func (w *response) isOK() bool {
	return w.Code >= 200 && w.Code < 300 || w.Code == http.StatusSwitchingProtocols
}

func (w *response) is4xx() bool { return w.Code >= 400 && w.Code < 500 }

func (w *response) allowedOrigin() string { return w.Header().Get("Access-Control-Allow-Origin") }

// lists reports whether a header that is a list names another header, or all. All are all but
// Authorization, says the Fetch standard.
func (w *response) lists(header, name string) bool {
	for item := range strings.SplitSeq(strings.Join(w.Header().Values(header), ","), ",") {
		if item = strings.TrimSpace(item); item == "*" && name != "Authorization" || strings.EqualFold(item, name) {
			return true
		}
	}
	return false
}

// token returns a good token, unless an option makes it bad.
func (x *exam) token(more ...TokenOption) string { return x.mint(x.Claims, more...) }

func (x *exam) bad(fault Fault) string { return x.token(Claim("marker", marker), fault) }

// mint remembers the parts of each token, to find them in responses.
func (x *exam) mint(claims any, more ...TokenOption) string {
	var scopes, bound []TokenOption
	if len(x.Scopes) > 0 {
		scopes = append(scopes, Claim("scope", strings.Join(x.Scopes, " ")))
	}
	switch {
	case x.scheme == schemeDPoP:
		bound = append(bound, BoundTo(x.key.Key))
	case x.Certificate != nil:
		bound = append(bound, BoundTo(x.Certificate))
	}
	raw := x.Issuer.Token(x.tb, claims, slices.Concat(scopes, x.Options, bound, more)...)
	for i, part := range strings.Split(raw, ".") {
		if len(part) > 16 && !slices.Contains(x.minted, part[:16]) {
			x.minted = append(x.minted, part[:16])
			if i == 2 {
				x.signed = append(x.signed, part[:16])
			}
		}
	}
	return raw
}

// with puts a token in the first place that the chain reads.
func (x *exam) with(token string) change {
	if x.CookieOnly {
		return x.cookie(token)
	}
	return x.inHeader(token)
}

// header returns the name of the header that may hold a token, and what is before the token.
func (x *exam) header() (name, scheme string) {
	if x.Header != "" {
		return x.Header, ""
	}
	return "Authorization", x.scheme + " "
}

func (x *exam) inHeader(tokens ...string) change {
	name, scheme := x.header()
	return func(r *http.Request) {
		for _, token := range tokens {
			r.Header.Add(name, scheme+token)
		}
	}
}

func (x *exam) cookie(tokens ...string) change { return cookie(x.Cookie, tokens...) }

func cookie(name string, tokens ...string) change {
	return func(r *http.Request) {
		for _, token := range tokens {
			r.AddCookie(&http.Cookie{Name: name, Value: token})
		}
	}
}

// overHTTP2 makes a request look as if it came over HTTP/2. net/http keeps the white space
// around its header values.
func overHTTP2(c change) change {
	return func(r *http.Request) {
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
		c(r)
	}
}

func none(*http.Request) {}

func method(name string) change { return func(r *http.Request) { r.Method = name } }

func upgrade(r *http.Request) { headers("Connection", "Upgrade", "Upgrade", "websocket")(r) }

// query puts a token in every parameter that is used for one.
func query(token string) change {
	return func(r *http.Request) {
		q := r.URL.Query()
		for _, name := range []string{"access_token", "token", "jwt", "id_token"} {
			q.Set(name, token)
		}
		r.URL.RawQuery = q.Encode()
		r.RequestURI = r.URL.RequestURI()
	}
}

func form(text string) change {
	return func(r *http.Request) {
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

func preflight(origin, names string) change {
	return func(r *http.Request) {
		headers("Origin", origin, "Access-Control-Request-Method", r.Method, "Access-Control-Request-Headers", names)(r)
		r.Method = http.MethodOptions
	}
}

func authorization(values ...string) change {
	return func(r *http.Request) { r.Header["Authorization"] = values }
}

// headers sets names to values, in pairs.
func headers(pairs ...string) change {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
}

// all makes several changes, in order.
func all(changes ...change) change {
	return func(r *http.Request) {
		for _, c := range changes {
			c(r)
		}
	}
}
