package jwthttptest

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
)

func (x *exam) send(change func(*http.Request)) (w *response) {
	r := x.Request()
	r = r.Clone(r.Context()) // it may be the same each time
	change(r)
	w = &response{ResponseRecorder: httptest.NewRecorder(), method: r.Method, query: r.URL.RawQuery}
	defer func() {
		if p := recover(); p != nil {
			w.ResponseRecorder, w.panicked = httptest.NewRecorder(), true
			fmt.Fprintf(w, "%.200v", p)
		}
	}()
	x.chain.ServeHTTP(w, r)
	return w
}

// options are those of a good token.
func (x *exam) options(more ...TokenOption) []TokenOption {
	var scopes []TokenOption
	if len(x.Scopes) > 0 {
		scopes = append(scopes, Claim("scope", strings.Join(x.Scopes, " ")))
	}
	return slices.Concat(scopes, x.Options, more)
}

func (x *exam) token(more ...TokenOption) string { return x.mint(x.Claims, more...) }

func (x *exam) mint(claims any, more ...TokenOption) string {
	raw := x.Issuer.Token(x.tb, claims, x.options(more...)...)
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

func (x *exam) bad(fault Fault) string { return x.token(Claim("marker", marker), fault) }

// rewritten returns a token whose header and payload were changed as texts before a
// good signature.
func (x *exam) rewritten(header, payload func(string) string) string {
	return x.token(option(func(d *draft) {
		if header != nil {
			d.rewriteHeader = append(d.rewriteHeader, header)
		}
		if payload != nil {
			d.rewrite = append(d.rewrite, payload)
		}
	}))
}

func (x *exam) with(token string) func(*http.Request) {
	if x.CookieOnly {
		return x.cookie(token)
	}
	return x.inHeader(token)
}

func (x *exam) inHeader(tokens ...string) func(*http.Request) {
	name, scheme := "Authorization", "Bearer "
	if x.Header != "" {
		name, scheme = x.Header, ""
	}
	return func(r *http.Request) {
		for _, token := range tokens {
			r.Header.Add(name, scheme+token)
		}
	}
}

func (x *exam) cookie(tokens ...string) func(*http.Request) { return cookie(x.Cookie, tokens...) }

func cookie(name string, tokens ...string) func(*http.Request) {
	return func(r *http.Request) {
		for _, token := range tokens {
			r.AddCookie(&http.Cookie{Name: name, Value: token})
		}
	}
}

// spaced puts white space before the header that holds the token.
func (x *exam) spaced(r *http.Request) {
	values := r.Header[http.CanonicalHeaderKey(cmp.Or(x.Header, "Authorization"))]
	for i := range values {
		values[i] = " " + values[i]
	}
}

// overHTTP2 makes a request as one that came over HTTP/2, whose header values net/http
// leaves as they are.
func overHTTP2(change func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
		change(r)
	}
}

func none(*http.Request) {}

func method(name string) func(*http.Request) { return func(r *http.Request) { r.Method = name } }

func upgrade(r *http.Request) { header("Connection", "Upgrade", "Upgrade", "websocket")(r) }

func form(text string) func(*http.Request) {
	return func(r *http.Request) {
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
}

func authorization(values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header["Authorization"] = values }
}

// header sets names to values, in pairs.
func header(pairs ...string) func(*http.Request) {
	return func(r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			r.Header.Set(pairs[i], pairs[i+1])
		}
	}
}

func both(changes ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, change := range changes {
			change(r)
		}
	}
}
