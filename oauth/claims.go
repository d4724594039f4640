// Package oauth makes a service an OAuth 2.0 protected resource. It has the access tokens of
// RFC 9068, and the metadata of RFC 9728, which tells a client where to get a token.
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
// Every challenge then names the document, as clients of the Model Context Protocol (MCP)
// expect. They also look for scopes there: set opts.ChallengeScopes to those that a token needs.
//
// A client in a browser can read a challenge only if the answer's CORS headers expose it:
// Access-Control-Expose-Headers: WWW-Authenticate. Set them outside of the middleware. The
// document has CORS headers of its own.
//
// An MCP server that keeps sessions may call a tool with the context of the request that began
// the session, and that request may be another user's. Make the server stateless, or pass each
// request's token by the means of its SDK, as _example/mcp does.
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

// AccessTokens returns the [jwthttp.Options] for the access tokens of one issuer, RFC 9068
// section 4. A token must have:
//
//   - the typ at+jwt, which ID tokens do not have
//   - this issuer as its iss
//   - one of these audiences in its aud
//
// The keys may be bound to the same issuer and audience, as those of package jwks are. You may
// set further fields. Use the Options with [Claims], which checks that a token has the claims
// of RFC 9068.
//
// An empty issuer, an empty audience and no audience are errors. With an error, the Options are
// such that [jwthttp.New] refuses them.
func AccessTokens(issuer string, audience ...string) (jwthttp.Options, error) {
	var errs []error
	if issuer == "" {
		errs = append(errs, errors.New("oauth: the issuer is empty: pass AccessTokens the iss of the tokens"))
	}
	if len(audience) == 0 || slices.Contains(audience, "") {
		errs = append(errs, errors.New("oauth: the audience is missing or empty: pass AccessTokens the name of this service in aud"))
	}
	opts := jwthttp.Options{Issuer: issuer, Audience: slices.Clone(audience), Type: "at+jwt"}
	if errs != nil {
		opts.Audience = []string{""}
	}
	return opts, errors.Join(errs...)
}

// Claims are the claims of an access token, RFC 9068 section 2.2, for [jwthttp.New]. Names
// match in exact case only.
//
// [jwthttp.Token.Scopes] and [jwthttp.RequireScopes] read the scopes from the token itself, not
// from Scope. A test sets them with [jwthttp.Token.WithScopes].
//
// To add claims, embed Claims by value in a struct:
//
//   - The Validate of Claims is then called for the struct. If the struct has a Validate of its
//     own, that one must call the other.
//   - Do not use type X oauth.Claims, which has no Validate.
//   - Do not declare one of these claims again, and do not embed [jwt.RegisteredClaims] beside
//     Claims. The outer field would take the value, and Validate would refuse every token.
type Claims struct {
	jwt.RegisteredClaims                  // iss, sub, aud, exp, iat and jti are required
	ClientID             string           `json:"client_id"` // the client that asked for the token; required
	Scope                Scope            `json:"scope,omitempty"`
	AuthTime             *jwt.NumericDate `json:"auth_time,omitempty"` // when the user logged in
	ACR                  string           `json:"acr,omitempty"`       // how strong the login was
	AMR                  []string         `json:"amr,omitempty"`       // the methods of the login
	Roles                Values           `json:"roles,omitempty"`
	Groups               Values           `json:"groups,omitempty"`
	Entitlements         Values           `json:"entitlements,omitempty"`
}

// Validate returns an error if a claim that RFC 9068 section 2.2 requires is missing or empty.
// The error names all of these claims and wraps [jwt.ErrTokenRequiredClaimMissing]. It has
// nothing of the token in it. [jwthttp.Middleware] calls Validate.
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

// A Scope is a list of scopes with a space between them, RFC 6749 section 3.3. In a token it is a
// string (RFC 9068 section 2.2.3), or an array of strings without spaces. null is "". Everything
// else is refused.
type Scope string

// UnmarshalJSON implements [json.Unmarshaler].
func (s *Scope) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*s = Scope(text)
		return nil
	}
	var elements []*string
	if json.Unmarshal(b, &elements) != nil {
		return errors.New("oauth: scope is neither a string nor an array of strings")
	}
	var words []string
	for _, element := range elements {
		// Joined, "read write" would become two scopes.
		if element == nil || *element == "" || strings.Contains(*element, " ") {
			return errors.New("oauth: an element of scope is not one scope")
		}
		words = append(words, *element)
	}
	*s = Scope(strings.Join(words, " "))
	return nil
}

// Values are roles, groups or entitlements, RFC 9068 section 2.2.3.1. In a token they are an
// array (RFC 7643 section 2.4). An element is a string, or an object with a string as its
// value (section 4.1.2); its other members are ignored. null means none. Everything else is
// refused, also a single string.
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
