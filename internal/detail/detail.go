// Package detail words what a log says of a refusal: what was wanted, what came, and how to mend
// it. What came is quoted and cut. No function shows the value of Authorization or of a cookie.
package detail

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

type refusedKey struct{}

// Refused returns a context for a request whose credential was refused before the middleware, such as
// a refresh token. NoToken then says how to mend that.
func Refused(ctx context.Context, mend string) context.Context {
	return context.WithValue(ctx, refusedKey{}, mend)
}

// RefusedBefore returns what was passed to Refused, or "".
func RefusedBefore(ctx context.Context) string {
	mend, _ := ctx.Value(refusedKey{}).(string)
	return mend
}

// NoToken says where a token was looked for, under which schemes in Authorization, and what the
// request has. authorization and cookies are the values of these headers. A scheme is "" if no token
// under it is good. refusedBefore is that of RefusedBefore.
func NoToken(places string, schemes, authorization, cookies []string, refusedBefore string) string {
	var came []string
	if len(authorization) > 0 && authorization[0] != "" {
		if scheme := syntax.KnownScheme(authorization[0]); scheme != "" {
			came = append(came, "Authorization with the scheme "+scheme)
		} else {
			came = append(came, "Authorization without "+words(schemes))
		}
	}
	switch names := syntax.CookieNames(cookies); len(names) {
	case 0:
	case 1:
		came = append(came, "the cookie "+logtext.Quote(names[0]))
	case 9: // there may be more, which are not counted
		came = append(came, "the cookies "+logtext.Quotes(names[:8])+" and others")
	default:
		came = append(came, "the cookies "+logtext.Quotes(names))
	}
	if came == nil {
		came = []string{"neither Authorization nor a cookie"}
	}
	mend := cmp.Or(refusedBefore, "have the client send the token there, or name its place in Options.Extractors")
	if len(authorization) > 0 && syntax.KnownScheme(authorization[0]) == "DPoP" {
		mend = "name the Binding of package dpop in Options.Bindings, or have the client get a token that is not bound to a DPoP key, and send it under Bearer"
	}
	return fmt.Sprintf("looked for %s, the request has %s: %s", places, strings.Join(came, " and "), mend)
}

// words quotes the schemes under which a token may be good, as a client writes them before a token.
func words(schemes []string) string {
	var quoted []string
	for _, scheme := range schemes {
		if scheme != "" {
			quoted = append(quoted, strconv.Quote(scheme+" "))
		}
	}
	return strings.Join(quoted, " or ")
}

// Several is for a request with tokens in several places, or with an odd one. found lists those
// that are known.
func Several(places string, found []string) string {
	if len(found) == 0 {
		found = []string{"one of these more than once, or with other text"}
	}
	return fmt.Sprintf("a token may be in %s, the request has %s: send one token, without other text, or wrap the places in FirstOf", places, strings.Join(found, " and "))
}

// MalformedCredentials says what is wrong with an Authorization value of one of these schemes, which
// are as for NoToken. The first one is for Bearer.
func MalformedCredentials(value string, schemes []string) string {
	for _, good := range schemes {
		scheme := cmp.Or(good, "Bearer")
		token, err := syntax.Credentials(value, scheme)
		switch {
		case err == syntax.ErrNoCredentials && good == "":
			return fmt.Sprintf("nothing follows the scheme after a space: have the client send %s and the token", words(schemes))
		case err == syntax.ErrNoCredentials:
			return fmt.Sprintf("nothing follows the scheme after a space: have the client send %q and the token", scheme+" ")
		case err != nil:
			return err.Error()
		case strings.ContainsAny(token, " \t"):
			return fmt.Sprintf("%q is followed by more than one word: send the token alone", scheme+" ")
		case strings.ContainsAny(token, `",'`):
			return "the token has a quote or a comma: send one token, without quotes"
		}
	}
	return "the token has a byte that no token has (RFC 6750 section 2.1): was it encoded or encrypted once more?"
}

// CrossOrigin says where a request with a cookie came from. origins and sites are the values of Origin
// and Sec-Fetch-Site.
func CrossOrigin(origins, sites []string, host string) string {
	const two = "there are %d %s headers, and a browser sends one: have the proxy on the way remove its own"
	if len(origins) > 1 {
		return fmt.Sprintf(two, len(origins), "Origin")
	}
	if len(sites) > 1 {
		return fmt.Sprintf(two, len(sites), "Sec-Fetch-Site")
	}
	origin, site := strings.Join(origins, ""), strings.Join(sites, "")
	if origin == "" || origin == "null" {
		return fmt.Sprintf("Origin %s, Sec-Fetch-Site %s, for host %s: no origin can be trusted for that, so send the request from a page with one, or the token in a header",
			logtext.Quote(origin), logtext.Quote(site), logtext.Quote(host))
	}
	return fmt.Sprintf("Origin %s, Sec-Fetch-Site %s, for host %s: if pages of that origin may use the cookie, add it to TrustedOrigins",
		logtext.Quote(origin), logtext.Quote(site), logtext.Quote(host))
}

// TooLarge is for a token of so many bytes. ofCookies says that the limit is that of all cookies, and
// canRaise that MaxTokenBytes may be more.
func TooLarge(size, limit int, ofCookies, canRaise bool) string {
	switch {
	case ofCookies:
		return fmt.Sprintf("%d bytes, and a cookie has at most %d: have the issuer put less into the token, or send it in a header", size, limit)
	case canRaise:
		return fmt.Sprintf("%d bytes, and at most %d are accepted: raise MaxTokenBytes, or have the issuer put less into the token", size, limit)
	}
	return fmt.Sprintf("%d bytes, and at most %d are accepted, which is the most there is: have the issuer put less into the token", size, limit)
}

// Type is for a token with another typ than those of Options.Type or Options.Types. want may be
// empty.
func Type(want []string, got string) string {
	if len(want) == 0 {
		return fmt.Sprintf("want typ JWT, at+jwt or none, the token has %s (unverified): have the client send its access token, or set Options.Type", logtext.Quote(got))
	}
	field, named := "Options.Type", slices.DeleteFunc(slices.Clone(want), func(typ string) bool { return typ == "" })
	wanted := logtext.Quotes(named)
	if len(named) < len(want) {
		wanted = strings.TrimPrefix(wanted+" or none", " or ")
	}
	if len(want) > 1 || len(named) == 0 {
		field = "Options.Types"
	}
	return fmt.Sprintf("want typ %s, as %s says, the token has %s (unverified): have the issuer set it, or change %[2]s", wanted, field, logtext.Quote(got))
}

// Signature is for a token whose signature failed under the keys that were tried, all of one
// algorithm.
func Signature(algorithm, kid string, tried iter.Seq2[string, string]) string {
	names := algorithm + " without kid"
	if kid != "" {
		names = algorithm + " " + logtext.Quote(kid)
	}
	mend := "use the public key of the issuer that signed it: is the token of another environment?"
	if strings.HasPrefix(algorithm, "HS") {
		mend = "compare the secret byte for byte with that of the issuer (base64 is not decoded, and a line break at the end counts)"
	}
	return fmt.Sprintf("tried the key %s, the token names %s (unverified): %s", logtext.Keys(tried), names, mend)
}

// UnknownIssuer is for a token of an issuer that Issuers, or the look-up of jwks.NewTenants,
// does not have.
func UnknownIssuer(issuer string) string {
	if issuer == "" {
		return "the token has no iss, or one that is not a string or is longer than 256 bytes: have the issuer set it"
	}
	return fmt.Sprintf("the token has iss %s (unverified), which is not among the trusted ones: add it if you trust it, exactly as the token writes it", logtext.Quote(issuer))
}

// Issuer is for a token with another iss, or none.
func Issuer(want, got string, present bool) string {
	if !present {
		return fmt.Sprintf("want iss %s, the token has none: have the issuer set it", logtext.Quote(want))
	}
	mend := "if you trust that issuer, name it in Options.Issuer or bind the key to it"
	switch {
	case strings.TrimSuffix(want, "/") == strings.TrimSuffix(got, "/"):
		mend = "the slash at the end counts: write it as the token does"
	case strings.HasPrefix(want, "https://") && "http"+strings.TrimPrefix(want, "https") == got:
		mend = "http is not https: set the issuer's public URL to https"
	case strings.EqualFold(want, got):
		mend = "case counts: write it as the token does"
	}
	return fmt.Sprintf("want iss %s, the token has %s: %s", logtext.Quote(want), logtext.Quote(got), mend)
}

// Audience is for a token with another aud, none, or one where none is wanted. option is where want
// comes from.
func Audience(want, got []string, option string) string {
	switch {
	case len(want) == 0 && len(got) == 1 && got[0] == "account":
		return "want no aud, as jwthttp.Options.Audience is empty, the token has \"account\", which names Keycloak itself: add an Audience mapper for this service to the client, and name it there"
	case len(want) == 0 && len(got) == 0:
		return "want no aud, as jwthttp.Options.Audience is empty, the token has []: have the issuer leave it out, or set AllowAnyAudience there"
	case len(want) == 0:
		return fmt.Sprintf("want no aud, as jwthttp.Options.Audience is empty, the token has %s: name this service there, or set AllowAnyAudience there", logtext.Quotes(got))
	case len(got) == 0:
		return fmt.Sprintf("want aud %s, the token has none: have the issuer add it (in Keycloak an Audience mapper, elsewhere often a parameter audience or resource)", logtext.Quotes(want))
	}
	if len(got) == 1 && got[0] == "account" { // every client of a Keycloak realm gets that
		return fmt.Sprintf("want aud %s, the token has \"account\", which names Keycloak itself: add an Audience mapper for this service to the client", logtext.Quotes(want))
	}
	return fmt.Sprintf("want aud %s, the token has %s: have the issuer add it, or name this service in %s as the token does", logtext.Quotes(want), logtext.Quotes(got), option)
}

// Ahead is for a claim that is so far in the future.
func Ahead(claim string, by, leeway time.Duration) string {
	mend := "set Leeway, or mend the clocks"
	if by > 5*time.Minute { // the longest Leeway
		mend = "mend the clocks, or have the issuer set it earlier"
	}
	return fmt.Sprintf("%s is %s ahead, and Leeway is %v: %s", claim, logtext.Duration(by), leeway, mend)
}

// Expired is for an exp that is so long over.
func Expired(by, leeway time.Duration) string {
	return fmt.Sprintf("exp is %s back, and Leeway is %v: the client needs a new token", logtext.Duration(by), leeway)
}

// TooOld is for an iat that is so long over.
func TooOld(age, maxAge, leeway time.Duration) string {
	return fmt.Sprintf("iat is %s back, MaxAge is %v and Leeway is %v: the client needs a new token", logtext.Duration(age), maxAge, leeway)
}

// Scheme is for a token that came under another scheme than its own. wants has the schemes by the
// members of cnf that need them. came is "" for Bearer and other places.
func Scheme(wants map[string]string, came string) string {
	var texts []string
	for _, member := range slices.Sorted(maps.Keys(wants)) {
		texts = append(texts, fmt.Sprintf("cnf with %s under the scheme %s", logtext.Quote(member), wants[member]))
	}
	if came == "" || came == "Bearer" {
		came = "under Bearer, or in another place than Authorization"
	} else {
		came = "under " + came
	}
	return fmt.Sprintf("want a %s, and no other token under it, this one came %s: have the client send it under its own scheme", strings.Join(texts, ", a "), came)
}

// The texts that say all by themselves.
const (
	ManyCookies     = "more than 3,000 cookies: remove some in the browser, or have the sites of this domain set fewer"
	AddKey          = ": add the key, or have the issuer sign with one of these"
	MissingExpiry   = "exp is missing: have the issuer set it, or set AllowMissingExpiry"
	MissingIssuedAt = "iat is missing, which MaxAge needs: have the issuer set it, or leave MaxAge out"
	SenderBound     = "the token has cnf, so it is bound to a key by DPoP or mutual TLS: name its Binding in Options.Bindings, ask for a Bearer token, or set AllowSenderConstrained"
)
