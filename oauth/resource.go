package oauth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/document"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/syntax"
	"github.com/jwthttp/jwthttp/internal/validate"
)

const (
	wellKnown = "/.well-known/oauth-protected-resource"

	// Examples of good URLs, for errors.
	exampleResource = "https://api.example.com/mcp"
	exampleIssuer   = "https://issuer.example.com"
)

// Metadata describes a protected resource, RFC 9728 section 2. Every URL in it is https, or
// http for loopback.
type Metadata struct {
	// Resource is the URL of this service. It has no fragment, and should have no query.
	// Clients compare it with the URL that they call, so write it as they do. Tokens should
	// have it in aud (RFC 8707).
	Resource string `json:"resource"`

	// AuthorizationServers are the issuers that clients may get tokens from, as in iss. At
	// least one is required.
	AuthorizationServers []string `json:"authorization_servers"`

	// ScopesSupported are the scopes that a client may ask for.
	ScopesSupported []string `json:"scopes_supported,omitempty"`

	// BearerMethodsSupported lists where a token may be: "header", "body" or "query". If
	// empty, it is "header", as in jwthttp's default.
	BearerMethodsSupported []string `json:"bearer_methods_supported"`

	// JWKSURI is the address of this service's own public keys, such as those that sign its
	// answers.
	JWKSURI string `json:"jwks_uri,omitempty"`

	// DPoPSigningAlgValuesSupported are the algorithms that a client may sign its DPoP proofs with
	// (RFC 9449), such as "ES256". None of them is symmetric.
	DPoPSigningAlgValuesSupported []string `json:"dpop_signing_alg_values_supported,omitempty"`

	// DPoPBoundAccessTokensRequired says that every token must be bound to a key of the client's,
	// which signs a DPoP proof for each request.
	DPoPBoundAccessTokensRequired bool `json:"dpop_bound_access_tokens_required,omitempty"`

	// TLSClientCertificateBoundAccessTokens says that this service takes tokens that are bound to
	// a client certificate (RFC 8705). Package mtls verifies that they are.
	TLSClientCertificateBoundAccessTokens bool `json:"tls_client_certificate_bound_access_tokens,omitempty"`

	// ResourceSigningAlgValuesSupported are the algorithms that this service may sign its answers
	// with. "none" is not one of them.
	ResourceSigningAlgValuesSupported []string `json:"resource_signing_alg_values_supported,omitempty"`

	// AuthorizationDetailsTypesSupported are the types of authorization details that this service
	// understands (RFC 9396).
	AuthorizationDetailsTypesSupported []string `json:"authorization_details_types_supported,omitempty"`

	// SignedMetadata is a JWT whose claims are members of this document, RFC 9728 section 2.2. It
	// has the claim iss. Clients that trust that issuer take its claims in place of the plain
	// members, so its resource must be Resource. Its signature is not verified here.
	SignedMetadata string `json:"signed_metadata,omitempty"`

	// For people: a name, and pages about how to use the service, about its use of data, and
	// its terms.
	ResourceName          string `json:"resource_name,omitempty"`
	ResourceDocumentation string `json:"resource_documentation,omitempty"`
	ResourcePolicyURI     string `json:"resource_policy_uri,omitempty"`
	ResourceTOSURI        string `json:"resource_tos_uri,omitempty"`
}

// A Resource is a handler that serves the metadata of a protected resource. The document is
// public. Make one with [NewResource]. It is safe for concurrent use.
type Resource struct {
	url, path string
	document  []byte
}

// NewResource returns the handler for m, which it copies. The error lists everything that is
// wrong with m, and how to mend it.
func NewResource(m Metadata) (*Resource, error) {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf("oauth: "+format, args...)) }

	resource, err := checkIdentifier(m.Resource, exampleResource)
	if err == nil && !syntax.IsCanonical(resource, m.Resource) {
		err = fmt.Errorf("%.200q has a scheme or host that clients would write differently: use letters in lower case (xn-- for names beyond ASCII), digits, hyphens and dots, and no default port", m.Resource)
	}
	if err != nil {
		fault("Metadata.Resource: %w", err)
	}
	if len(m.AuthorizationServers) == 0 {
		fault("Metadata.AuthorizationServers is empty, so that a client would not know where to get a token: add the issuer")
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
	if err := validate.Scopes("oauth: Metadata.ScopesSupported", m.ScopesSupported); err != nil {
		errs = append(errs, err)
	}
	if len(m.BearerMethodsSupported) == 0 {
		m.BearerMethodsSupported = []string{"header"}
	}
	for _, method := range m.BearerMethodsSupported {
		if !slices.Contains([]string{"header", "body", "query"}, method) {
			fault("Metadata.BearerMethodsSupported has %.200q: use header, body or query", method)
		}
	}
	for _, algorithms := range []struct {
		name   string
		values []string
		isGood func(string) bool
		use    string
	}{
		{"DPoPSigningAlgValuesSupported", m.DPoPSigningAlgValuesSupported, func(alg string) bool { return !jws.IsSymmetric(alg) }, "those of public keys, such as ES256"},
		{"ResourceSigningAlgValuesSupported", m.ResourceSigningAlgValuesSupported, func(string) bool { return true }, "names such as ES256, but not none"},
	} {
		for _, alg := range algorithms.values {
			if !syntax.IsWord(alg) || strings.EqualFold(alg, "none") || !algorithms.isGood(alg) {
				fault("Metadata.%s has %.200q: use %s", algorithms.name, alg, algorithms.use)
			}
		}
	}
	for _, name := range m.AuthorizationDetailsTypesSupported {
		if name == "" || !utf8.ValidString(name) {
			fault("Metadata.AuthorizationDetailsTypesSupported has %.200q: use the type of authorization details, in UTF-8", name)
		}
	}
	if err := checkSigned(m.SignedMetadata, m.Resource); err != nil {
		fault("Metadata.SignedMetadata %w", err)
	}
	if !utf8.ValidString(m.ResourceName) {
		fault("Metadata.ResourceName is not UTF-8: check where it comes from")
	}
	for _, page := range []struct{ name, url string }{
		{"JWKSURI", m.JWKSURI},
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
	// RFC 9728 section 3.1: it is between host and path, and a path of one slash is left out.
	if p := resource.EscapedPath(); p != "/" {
		r.path += p
	}
	r.url = resource.Scheme + "://" + resource.Host + r.path
	if resource.RawQuery != "" {
		r.url += "?" + resource.RawQuery
	}
	return r, nil
}

// URL returns the address of the document, for [jwthttp.Options].ResourceMetadata. It is made
// of Metadata.Resource, never of a request.
func (r *Resource) URL() string { return r.url }

// Path returns the path of [Resource.URL], escaped, for a router:
//
//	mux.Handle(resource.Path(), resource)
//
// Three cases need more:
//
//   - If the path ends in a slash, [http.ServeMux] also matches everything below it. Use
//     Path()+"{$}" to match the path only.
//   - Beside a route such as "GET /", [http.ServeMux] reports a conflict. Use "GET "+Path() and
//     "OPTIONS "+Path().
//   - The path is not below that of Metadata.Resource. A proxy that passes only the latter must
//     also pass this one.
func (r *Resource) Path() string { return r.path }

// ServeHTTP answers every path in the same way:
//
//   - GET and HEAD get the document, which may be cached for an hour.
//   - OPTIONS, a browser's preflight request, gets CORS headers. Pages of any origin may read
//     the document, with any header in their request but Authorization. The document is public
//     and the same for every client.
//   - Other methods get a 405.
func (r *Resource) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	document.Serve(w, req, "application/json", time.Hour, r.document)
}

// checkSigned finds what keeps a client from using signed metadata for this resource, RFC 9728
// section 2.2. "" is good.
func checkSigned(raw, resource string) error {
	if raw == "" {
		return nil
	}
	var header struct{ Alg string }
	var claims struct{ Iss, Resource string }
	parts := strings.Split(raw, ".")
	if !syntax.IsWord(raw) || len(parts) != 3 || parts[2] == "" || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil {
		return errors.New("is not a JWT: pass three parts of base64url with a dot between them")
	}
	switch {
	case header.Alg == "" || strings.EqualFold(header.Alg, "none"):
		return errors.New("is not signed: use an alg such as ES256")
	case claims.Iss == "":
		return errors.New("has no iss: set it to the one who signs the metadata")
	case claims.Resource != "" && claims.Resource != resource:
		return fmt.Errorf("is for the resource %.200q, and clients would refuse it: sign it for %.200q", claims.Resource, resource)
	}
	return nil
}

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// checkIdentifier returns the URL that raw is, if it can be the identifier of a resource, RFC
// 9728 section 1.2. An issuer must also have no query.
func checkIdentifier(raw, example string) (*url.URL, error) {
	u, err := syntax.CheckURL(raw, example)
	if err != nil {
		return nil, err
	}
	if u.ForceQuery {
		return nil, fmt.Errorf("%.200q has a query (?) with nothing in it: leave the ? out", raw)
	}
	if strings.Contains(u.Path+"/", "/.well-known/") {
		return nil, fmt.Errorf("%.200q is the address of metadata: leave out /.well-known and the segment after it", raw)
	}
	// Routers and browsers would change the path.
	if clean := path.Clean(u.Path); u.Path != "" && u.Path != clean && (clean == "/" || u.Path != clean+"/") {
		return nil, fmt.Errorf("%.200q has an empty segment, . or .. in its path: write %.200q", raw, clean)
	}
	return u, nil
}
