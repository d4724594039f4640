package oauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

const (
	wellKnown = "/.well-known/oauth-protected-resource"

	// Examples of good URLs, for errors.
	exampleResource = "https://api.example.com/mcp"
	exampleIssuer   = "https://issuer.example.com"
)

// Metadata is what a protected resource says of itself, RFC 9728 section 2. Every
// URL in it is https; plain http is for loopback.
type Metadata struct {
	// Resource is the URL of this service as clients call it, without fragment,
	// better without query. Clients compare it, so write it as they do, and let
	// tokens have it as their audience (RFC 8707).
	Resource string `json:"resource"`

	// AuthorizationServers are the issuers that clients may get tokens from, at
	// least one, as in iss.
	AuthorizationServers []string `json:"authorization_servers"`

	// ScopesSupported are the scopes that a client may ask for.
	ScopesSupported []string `json:"scopes_supported,omitempty"`

	// BearerMethodsSupported says where tokens are taken from: "header", "body" or
	// "query". If empty it is header alone, as in jwthttp's default.
	BearerMethodsSupported []string `json:"bearer_methods_supported"`

	// For people: a name, and pages about how to use the service, what it does
	// with data, and its terms.
	ResourceName          string `json:"resource_name,omitempty"`
	ResourceDocumentation string `json:"resource_documentation,omitempty"`
	ResourcePolicyURI     string `json:"resource_policy_uri,omitempty"`
	ResourceTOSURI        string `json:"resource_tos_uri,omitempty"`
}

// A Resource serves the metadata of a protected resource, to everybody. Make one
// with [NewResource]. It is safe for concurrent use.
type Resource struct {
	url, path string
	document  []byte
}

// NewResource returns the handler for m, which it copies. The error names
// everything that is wrong with m at once, each with how to mend it.
func NewResource(m Metadata) (*Resource, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("oauth: "+format, args...)) }

	resource, err := checkIdentifier(m.Resource, exampleResource)
	if err == nil && !syntax.IsCanonical(resource, m.Resource) {
		err = fmt.Errorf("%.200q has a scheme or host that clients would not write so: use letters in lower case (xn-- for names beyond ASCII), digits, hyphens and dots, and no port where it is the default", m.Resource)
	}
	if err != nil {
		fault("Metadata.Resource: %w", err)
	}
	if len(m.AuthorizationServers) == 0 {
		fault("Metadata.AuthorizationServers is empty, and a client would not learn where to get a token: name the issuer")
	}
	for _, issuer := range m.AuthorizationServers {
		u, err := checkIdentifier(issuer, exampleIssuer)
		if err == nil && u.RawQuery != "" { // RFC 8414 section 2
			err = fmt.Errorf("%.200q has a query (?), which no issuer has: leave it out", issuer)
		}
		if err != nil {
			fault("Metadata.AuthorizationServers: %w", err)
		}
	}
	for _, scope := range m.ScopesSupported {
		if !syntax.IsWord(scope) { // RFC 6749 section 3.3
			fault("Metadata.ScopesSupported has %.200q, which is no scope: use printable ASCII without spaces, quotes and backslashes, each scope a string of its own", scope)
		}
	}
	if len(m.BearerMethodsSupported) == 0 {
		m.BearerMethodsSupported = []string{"header"}
	}
	for _, method := range m.BearerMethodsSupported {
		if !slices.Contains([]string{"header", "body", "query"}, method) {
			fault("Metadata.BearerMethodsSupported has %.200q: use header, body or query", method)
		}
	}
	if !utf8.ValidString(m.ResourceName) {
		fault("Metadata.ResourceName is no UTF-8: check where it comes from")
	}
	for _, page := range []struct{ name, url string }{
		{"ResourceDocumentation", m.ResourceDocumentation},
		{"ResourcePolicyURI", m.ResourcePolicyURI},
		{"ResourceTOSURI", m.ResourceTOSURI},
	} {
		if page.url == "" {
			continue
		}
		// Unlike an identifier, the address of a page may have a fragment.
		_, err := syntax.ParseURL(page.url, exampleResource)
		if err == nil && !syntax.IsWord(page.url) {
			_, err = syntax.CheckURL(page.url, exampleResource)
		}
		if err != nil {
			fault("Metadata.%s: %w", page.name, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}

	var document bytes.Buffer
	enc := json.NewEncoder(&document)
	enc.SetEscapeHTML(false) // a query may have an &
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("oauth: %w", err)
	}
	r := &Resource{path: wellKnown, document: document.Bytes()}
	// RFC 9728 section 3.1: between host and path; a slash that is all there is of
	// a path goes.
	if p := resource.EscapedPath(); p != "/" {
		r.path += p
	}
	r.url = resource.Scheme + "://" + resource.Host + r.path
	if resource.RawQuery != "" {
		r.url += "?" + resource.RawQuery
	}
	return r, nil
}

// URL returns where clients find the document, for
// [jwthttp.Options].ResourceMetadata. It comes from Metadata.Resource alone, never
// from a request.
func (r *Resource) URL() string { return r.url }

// Path returns the path of [Resource.URL], escaped, to be routed to r as it is:
//
//	mux.Handle(resource.Path(), resource)
//
// Where it ends in a slash, [http.ServeMux] takes it for all that is below, which
// Path()+"{$}" is not. Beside a route such as "GET /", with which it takes that for
// a conflict, route "GET "+Path() and "OPTIONS "+Path(). It is outside of the path
// of Metadata.Resource, so a proxy that passes on only the latter has to learn of it.
func (r *Resource) Path() string { return r.path }

// ServeHTTP answers GET and HEAD with the document, which may be cached for an hour,
// and OPTIONS, a browser's preflight request, with leave for any page to get it with
// any headers but Authorization: it is public, and no answer depends on who asks.
// Other methods are a 405. It does not look at the path.
func (r *Resource) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	const allow = "GET, HEAD, OPTIONS"
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("Content-Type", "application/json")
		h.Set("Content-Length", strconv.Itoa(len(r.document)))
		if req.Method == http.MethodGet {
			w.Write(r.document)
		}
	case http.MethodOptions:
		h.Set("Allow", allow)
		h.Set("Access-Control-Allow-Methods", "GET, HEAD")
		h.Set("Access-Control-Allow-Headers", "*") // MCP-Protocol-Version, traceparent, whatever comes next
		h.Set("Access-Control-Max-Age", "3600")
		w.WriteHeader(http.StatusNoContent)
	default:
		h.Set("Allow", allow)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	}
}

// checkIdentifier returns the URL if it can name a resource, RFC 9728 section 1.2,
// or an issuer, but for its query.
func checkIdentifier(raw, example string) (*url.URL, error) {
	u, err := syntax.CheckURL(raw, example)
	if err != nil {
		return nil, err
	}
	if u.ForceQuery {
		return nil, fmt.Errorf("%.200q has a query (?) with nothing in it: leave the ? out", raw)
	}
	if strings.Contains(u.Path+"/", "/.well-known/") {
		return nil, fmt.Errorf("%.200q is the address of metadata: leave out /.well-known and the word behind it", raw)
	}
	// Routers and browsers would ask for another path than was written.
	if clean := path.Clean(u.Path); u.Path != "" && u.Path != clean && (clean == "/" || u.Path != clean+"/") {
		return nil, fmt.Errorf("%.200q has an empty segment, . or .. in its path: write %.200q", raw, clean)
	}
	return u, nil
}
