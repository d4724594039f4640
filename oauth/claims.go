// Package oauth makes a service that package jwthttp guards an OAuth 2.0 protected
// resource by two standards: access tokens are those of RFC 9068, and a client
// finds out where to get one by RFC 9728.
//
//	resource, err := oauth.NewResource(oauth.Metadata{
//		Resource:             "https://api.example.com/mcp",
//		AuthorizationServers: []string{"https://issuer.example.com"},
//	})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	opts, err := oauth.AccessTokens("https://issuer.example.com", "https://api.example.com/mcp")
//	if err != nil {
//		log.Fatal(err)
//	}
//	opts.ResourceMetadata = resource.URL()
//	auth, err := jwthttp.New[oauth.Claims](keys, opts)
//	if err != nil {
//		log.Fatal(err)
//	}
//	mux.Handle("/mcp", auth.Handler(mcp))
//	mux.Handle(resource.Path(), resource) // public
//
// Every challenge then names the document, as clients of the Model Context Protocol
// expect it. A client in a browser reads a challenge only from an answer whose CORS
// headers expose it (Access-Control-Expose-Headers: WWW-Authenticate); they are a
// matter for what stands outside of the middleware. The document brings its own.
//
// An MCP server that keeps sessions may call a tool with the context of the request
// that began the session, whoever calls now. Let it be stateless, or hand each
// request's token on in the way of its SDK, as _example/mcp does.
package oauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
)

// AccessTokens returns the [jwthttp.Options] for the access tokens of one issuer, RFC
// 9068 section 4: the typ at+jwt, which no ID token has, the issuer as it stands in
// iss, and what this service is called in aud, any one of which will do. Both may
// be repeated where the keys are bound to them already, as those of package jwks
// are. Set further fields as you like.
//
// It belongs with [Claims], which asks for the claims that such a token must have.
// An empty issuer, an empty audience and no audience are errors. The Options beside an error
// are no less strict.
func AccessTokens(issuer string, audience ...string) (jwthttp.Options, error) {
	var errs []error
	if issuer == "" {
		errs = append(errs, errors.New("oauth: the issuer is empty: pass AccessTokens the issuer as it is in iss"))
	}
	if len(audience) == 0 || slices.Contains(audience, "") {
		errs = append(errs, errors.New("oauth: the audience is missing or empty: pass AccessTokens what this service is called in aud"))
	}
	return jwthttp.Options{Issuer: issuer, Audience: slices.Clone(audience), Type: "at+jwt"}, errors.Join(errs...)
}

// Claims are the claims of an access token, RFC 9068 section 2.2, for
// [jwthttp.New]. Only the exact names of the RFC count. What the token may be used
// for, [jwthttp.Token.Scopes] and [jwthttp.RequireScopes] read from the token
// itself, not from Scope; a test says it by [jwthttp.Token.WithScopes].
//
// To add claims of your own, embed it by value in a struct: its Validate is called
// then too (a type defined as type X oauth.Claims has none). A Validate of that
// struct's own takes its place and must call it. Do not declare a claim of these
// again, nor embed [jwt.RegisteredClaims] beside it: the outer field would take the
// value, and Validate refuse every token.
type Claims struct {
	jwt.RegisteredClaims                  // iss, sub, aud, exp, iat and jti must be there
	ClientID             string           `json:"client_id"` // who asked for the token; must be there
	Scope                string           `json:"scope,omitempty"`
	AuthTime             *jwt.NumericDate `json:"auth_time,omitempty"` // when the user logged in
	ACR                  string           `json:"acr,omitempty"`       // how well, as one word
	AMR                  []string         `json:"amr,omitempty"`       // and by what means
	Roles                Values           `json:"roles,omitempty"`
	Groups               Values           `json:"groups,omitempty"`
	Entitlements         Values           `json:"entitlements,omitempty"`
}

// Validate returns an error that names the claims which RFC 9068 section 2.2
// requires and which are missing or empty; it wraps
// [jwt.ErrTokenRequiredClaimMissing]. The text holds nothing of the token.
// [jwthttp.Middleware] calls it.
func (c Claims) Validate() error {
	var missing []string
	for _, claim := range []struct {
		name    string
		present bool
	}{
		{"iss", c.Issuer != ""},
		{"exp", c.ExpiresAt != nil},
		{"aud", len(c.Audience) > 0},
		{"sub", c.Subject != ""},
		{"client_id", c.ClientID != ""},
		{"iat", c.IssuedAt != nil},
		{"jti", c.ID != ""},
	} {
		if !claim.present {
			missing = append(missing, claim.name)
		}
	}
	if missing != nil {
		return fmt.Errorf("oauth: %w: %s (RFC 9068 section 2.2)", jwt.ErrTokenRequiredClaimMissing, strings.Join(missing, ", "))
	}
	return nil
}

// Values are roles, groups or entitlements, RFC 9068 section 2.2.3.1. In a token
// they are an array, as every SCIM attribute of several values is (RFC 7643 section
// 2.4), of strings or of objects with a string as their value (section 4.1.2), whose
// other members are left aside. A single string is no such array and is refused,
// as all else is but null, which stands for none.
type Values []string

// UnmarshalJSON implements [json.Unmarshaler].
func (v *Values) UnmarshalJSON(b []byte) error {
	var elements []json.RawMessage
	if err := json.Unmarshal(b, &elements); err != nil {
		return errors.New("oauth: roles, groups and entitlements are arrays")
	}
	*v = nil
	for _, element := range elements {
		value, ok := valueOf(element)
		if !ok {
			return errors.New("oauth: an element of roles, groups or entitlements is neither a string nor an object with a string as its value")
		}
		*v = append(*v, value)
	}
	return nil
}

func valueOf(element json.RawMessage) (string, bool) {
	var value *string
	if json.Unmarshal(element, &value) == nil && value != nil {
		return *value, true
	}
	// Not a struct: encoding/json would take VALUE for value.
	var object map[string]json.RawMessage
	if json.Unmarshal(element, &object) != nil || json.Unmarshal(object["value"], &value) != nil || value == nil {
		return "", false
	}
	return *value, true
}
