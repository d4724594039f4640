package explain

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
)

const (
	maxDate    = 253402300799 // the end of the year 9999
	maxDepth   = 32
	maxMembers = 256
)

// registered are the claims that the middleware looks at.
var registered = []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"}

// checkClaims asks about copies of the token with a good signature, until one is accepted.
func (e *explainer) checkClaims() {
	e.payloadAs = readObject(e.token.payload)
	if e.payloadAs.members == nil {
		e.add(Finding{Reason: reason.Claims.Word, Wanted: "a JSON object", Came: fmt.Sprintf("%d bytes that are not one", len(e.token.payload)), Mend: "the payload is not a JSON object: have the issuer sign claims, not text or a list"})
		return
	}
	e.opts.MaxTokenBytes = maxTokenSize // a copy may be larger than the token
	for range e.attempts {
		word := e.askCopy()
		if word == reason.TooLarge.Word && e.payloadAs.keepOnly(registered...) { // that is reported
			word = e.askCopy()
		}
		if word == "" {
			e.reached = stepTimes
			return
		}
		if word == reason.TooLarge.Word {
			return
		}
		f, ok := e.claimFinding(word)
		f.Reason = word
		e.add(f)
		if !ok {
			return
		}
	}
}

// claimFinding explains a reason and mends the copy. ok is false if the reason is not one that
// it can mend.
func (e *explainer) claimFinding(word string) (f Finding, ok bool) {
	switch word {
	case reason.Claims.Word, reason.Malformed.Word:
		return e.claimsFault()
	case reason.SenderBound.Word:
		return e.senderConstrained(), true
	case reason.Issuer.Word:
		return e.otherIssuer(), true
	case reason.Audience.Word:
		return e.otherAudience(), true
	case reason.MissingClaim.Word:
		return e.missingClaim(), true
	case reason.NotYetValid.Word:
		return e.notYetValid(), true
	case reason.Expired.Word:
		return e.expired(), true
	}
	return Finding{Mend: "the middleware refuses the claims for a reason that explain does not know: see its log"}, false
}

// claimsFault finds one claim that is not as RFC 7519 has it, and mends it.
func (e *explainer) claimsFault() (Finding, bool) {
	p := &e.payloadAs
	if f, ok := strictFault(p, "payload"); ok {
		return f, true
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if f, ok := e.dateFault(name); ok {
			return f, true
		}
	}
	for _, name := range []string{"iss", "sub", "jti"} {
		value := p.members[name]
		if value == nil || isText(value) {
			continue
		}
		if _, err := strconv.ParseUint(string(value), 10, 53); err == nil && name == "sub" && e.opts.AllowNumericSubject {
			continue
		}
		f := Finding{Wanted: name + " as a string", Came: cutJSON(value), Mend: fmt.Sprintf("%s is not a string: have the issuer write it in quotes", name)}
		if _, isNumber := asNumber(value); isNumber {
			f.Mend = fmt.Sprintf("%s is a number, and RFC 7519 wants a string: have the issuer write %q, as with String(id) or strconv.Itoa", name, cutJSON(value))
			if name == "sub" {
				f.Mend += ", or set Options.AllowNumericSubject for digits up to 2^53-1"
			}
			p.set(name, string(value))
		} else {
			p.set(name, nil)
		}
		return f, true
	}
	if aud := p.members["aud"]; aud != nil {
		if list := p.list("aud"); !isText(aud) && (aud[0] != '[' || list == nil) || strings.Contains(string(aud), "null") && aud[0] == '[' {
			p.set("aud", slices.DeleteFunc(list, func(s string) bool { return s == "" }))
			return Finding{Wanted: "aud as a string or a list of strings", Came: cutJSON(aud), Mend: "aud is neither a string nor a list of strings: have the issuer write it as RFC 7519 section 4.1.3 has it"}, true
		}
	}
	for name, value := range p.members {
		if depth(value) >= maxDepth {
			p.set(name, nil)
			return Finding{Wanted: fmt.Sprintf("JSON nested at most %d deep", maxDepth), Came: logtext.Quote(name) + " is deeper", Mend: fmt.Sprintf("the claim %s is nested too deep: have the issuer leave it out", logtext.Quote(name))}, true
		}
	}
	if n := len(p.members); n > maxMembers {
		p.keepOnly(registered...)
		return Finding{Wanted: fmt.Sprintf("at most %d claims", maxMembers), Came: fmt.Sprintf("%d claims", n), Mend: "there are too many claims: have the issuer put lists in one claim each"}, true
	}
	return Finding{Wanted: "claims as RFC 7519 has them", Mend: "the claims cannot be decoded: see the log of the middleware"}, false
}

// dateFault finds a date that is not a number of seconds, and mends it.
func (e *explainer) dateFault(name string) (Finding, bool) {
	value := e.payloadAs.members[name]
	if value == nil {
		return Finding{}, false
	}
	f := Finding{Wanted: name + " as a number of seconds since 1970", Came: cutJSON(value)}
	n, isNumber := asNumber(value)
	if isNumber && n >= 0 && n <= maxDate {
		return Finding{}, false
	}
	text, isString := asString(value)
	switch number, err := strconv.ParseFloat(strings.TrimSpace(text), 64); {
	case isNumber && n > maxDate:
		unit, seconds := "nanoseconds", math.Floor(n/1e9)
		if n < 1e14 {
			unit, seconds = "milliseconds", math.Floor(n/1e3)
		} else if n < 1e17 {
			unit, seconds = "microseconds", math.Floor(n/1e6)
		}
		f.Mend = fmt.Sprintf("%s is in %s: have the issuer write seconds, as with Math.floor(Date.now() / 1000)", name, unit)
		e.payloadAs.set(name, min(seconds, maxDate))
	case isNumber:
		f.Mend = fmt.Sprintf("%s is negative, and so before 1970: check the clock of the issuer", name)
		e.payloadAs.set(name, 0)
	case isString && err == nil:
		f.Mend = fmt.Sprintf("%s is a string: have the issuer write the number without quotes", name)
		e.payloadAs.set(name, min(max(number, 0), maxDate))
		if math.IsNaN(number) {
			e.payloadAs.set(name, nil)
		}
	case isString:
		f.Mend = fmt.Sprintf("%s is a text: have the issuer write a number of seconds since 1970, not a date in words", name)
		e.payloadAs.set(name, nil)
		if date, err := time.Parse(time.RFC3339, text); err == nil {
			e.payloadAs.set(name, date.Unix())
		}
	default:
		f.Mend = fmt.Sprintf("%s is not a number: have the issuer write seconds since 1970, or leave the claim out", name)
		e.payloadAs.set(name, nil)
	}
	return f, true
}

func (e *explainer) senderConstrained() Finding {
	cnf := e.payloadAs.members["cnf"]
	o := readObject(cnf)
	how := "a key of the client"
	switch {
	case o.has("jkt"):
		how = "a DPoP key of the client (RFC 9449)"
	case o.has("x5t#S256"):
		how = "a TLS certificate of the client (RFC 8705)"
	}
	e.payloadAs.set("cnf", nil)
	return Finding{Wanted: "a token without cnf", Came: "cnf " + cutJSON(cnf),
		Mend: fmt.Sprintf("the token is bound to %s and not a bearer token: name its Binding in Options.Bindings (packages dpop and mtls), turn the binding off at the issuer, or set Options.AllowSenderConstrained and lose it", how)}
}

func (e *explainer) otherIssuer() Finding {
	want, p := e.opts.Issuer, &e.payloadAs
	f := Finding{Wanted: logtext.Quote(want), Came: "no iss"}
	if !p.has("iss") {
		f.Mend = "the token has no iss: have the issuer set it"
		if e.setup.Remote == nil && !e.setup.OwnIssuer { // else the keys are bound to an issuer
			f.Mend += ", or leave Options.Issuer out where the keys are yours alone"
		}
	} else {
		iss := p.str("iss")
		f.Came = logtext.Quote(iss)
		f.Mend = e.differenceOf(want, iss, inToken)
	}
	p.set("iss", want)
	return f
}

// The places where an issuer is named, for differenceOf.
const (
	inToken    = "the token's iss"
	inMetadata = "the metadata's issuer"
)

// takeIssuer says how the middleware of the setup is made to accept another issuer.
func (e *explainer) takeIssuer(came string) string {
	switch remote := e.setup.Remote; {
	case e.setup.OwnIssuer:
		return fmt.Sprintf("send a token of %s, or start the program with the flags of your own middleware, such as -discover", logtext.Quote(e.setup.Options.Issuer))
	case remote != nil && remote.Discovers:
		return fmt.Sprintf("pass jwks.Discover exactly %s, if you trust it", logtext.Quote(came))
	case remote != nil:
		return fmt.Sprintf("set jwks.Options.Issuer to exactly %s, if you trust it", logtext.Quote(came))
	}
	return fmt.Sprintf("set Options.Issuer to exactly %s, if you trust it", logtext.Quote(came))
}

// differenceOf says how the issuer that is configured and the one that came differ. place says
// where the latter was.
func (e *explainer) differenceOf(want, came, place string) string {
	takeIt := e.takeIssuer(came)
	w, errW := url.Parse(want)
	c, errC := url.Parse(came)
	switch {
	case came == want+"/":
		return place + " has a slash at its end, and the configuration has none: " + takeIt
	case came+"/" == want:
		return "the configuration has a slash at the end of the issuer, and " + place + " has none: " + takeIt
	case strings.Replace(came, "http://", "https://", 1) == want:
		return place + " is http and the configuration is https: the issuer does not know its own address, for example in a container behind a proxy; set its public URL"
	case strings.Replace(want, "http://", "https://", 1) == came:
		return "the configuration is http and " + place + " is https: " + takeIt
	case strings.EqualFold(want, came):
		return "the two differ in capital letters, which count: " + takeIt
	case strings.TrimSpace(came) == want || strings.TrimSpace(want) == came:
		return "there is white space around one of the two: take it off"
	case "https://"+came == want:
		return place + " has no https:// before it, as with Google: " + takeIt
	case "https://"+want == came || "http://"+want == came:
		return "the configuration lacks the scheme of the issuer: " + takeIt
	case strings.HasPrefix(came, "https://sts.windows.net/") && strings.HasPrefix(want, "https://login.microsoftonline.com/"):
		return "this is an Entra token of version 1, and the configuration is for version 2: set requestedAccessTokenVersion to 2 in the manifest of the API, or take the issuer of version 1"
	case errW == nil && errC == nil && strings.Contains(w.Path, "/auth/realms/") != strings.Contains(c.Path, "/auth/realms/") && strings.Contains(c.Path, "/realms/"):
		return "one of the two has /auth before /realms, as Keycloak had it before version 17: " + takeIt
	case errW == nil && errC == nil && w.Host == c.Host && w.Scheme == c.Scheme && w.Host != "":
		return "the two differ in their path, so this is another realm or tenant of the same host: " + takeIt
	case errW == nil && errC == nil && w.Path == c.Path && w.Host != "" && c.Host != "":
		part := "host"
		if w.Hostname() == c.Hostname() {
			part = "port"
		}
		return "the two differ in their " + part + ": the client got the token at another address than the middleware knows, for example inside a container network; " + takeIt
	}
	if place == inMetadata || e.setup.OwnIssuer {
		return "this is another issuer: " + takeIt
	}
	return "the token is of another issuer: " + takeIt + "; otherwise send a token of the issuer that is configured"
}

func (e *explainer) otherAudience() Finding {
	p, want := &e.payloadAs, e.opts.Audience
	came := p.list("aud")
	f := Finding{Wanted: "one of " + logtext.Quotes(want), Came: "no aud"}
	if len(want) == 1 {
		f.Wanted = logtext.Quote(want[0])
	}
	if len(want) == 0 {
		f.Wanted = "no aud, because no audience is configured"
	}
	if len(came) > 0 {
		f.Came = logtext.Quotes(came)
	}
	f.Mend = e.audienceMend(want, came)
	switch {
	case len(want) > 0:
		p.set("aud", want[0])
	default:
		p.set("aud", nil)
	}
	return f
}

func (e *explainer) audienceMend(want, came []string) string {
	p := &e.payloadAs
	if isIDToken(p) {
		return "this is an ID token, which is for the client that logged the user in: send the access token to the API"
	}
	switch {
	case !p.has("aud"):
		mend := fmt.Sprintf("the token has no aud: have the issuer name this service (%s), or set Options.AllowAnyAudience in place of Options.Audience", logtext.Quotes(want))
		if p.has("client_id") && p.str("token_use") == "access" {
			mend = "an access token of Amazon Cognito has no aud: set Options.AllowAnyAudience in place of Options.Audience, and check client_id in a Check"
		}
		return mend
	case len(want) == 0 && len(came) > 0:
		names := slices.DeleteFunc(slices.Clone(came), isForEveryClient)
		if len(names) == 0 {
			return fmt.Sprintf("the token is for %s only, which tokens of all clients have, and no audience is configured: have the issuer name this service in aud, as with an audience mapper of Keycloak, and set Options.Audience to that name", logtext.Quotes(came))
		}
		return fmt.Sprintf("the token is for %s, and no audience is configured: set Options.Audience to what this service is called there, such as %s", logtext.Quotes(came), logtext.Quote(names[0]))
	case len(came) == 0:
		return "the token's aud is empty: have the issuer name this service"
	}
	for _, w := range want {
		for _, c := range came {
			switch {
			case c == w+"/" || c+"/" == w:
				return fmt.Sprintf("the audiences differ in the slash at their end: set Options.Audience to exactly %s", logtext.Quote(c))
			case strings.EqualFold(c, w):
				return fmt.Sprintf("the audiences differ in capital letters, which count: set Options.Audience to %s", logtext.Quote(c))
			case strings.Replace(c, "http://", "https://", 1) == w || strings.Replace(w, "http://", "https://", 1) == c:
				return fmt.Sprintf("the audiences differ in http and https: set Options.Audience to exactly %s", logtext.Quote(c))
			case "api://"+c == w || "api://"+w == c:
				return fmt.Sprintf("the audiences differ in api://, which Entra writes for version 1 and leaves out for version 2: set Options.Audience to %s", logtext.Quote(c))
			case strings.TrimSpace(c) == w || strings.TrimSpace(w) == c:
				return "there is white space around one of the audiences: take it off"
			case slices.Contains(strings.Fields(strings.ReplaceAll(c, ",", " ")), w):
				return fmt.Sprintf("the token's aud is one string with several names in it, %s: have the issuer write a list", logtext.Quote(c))
			case slices.Contains(strings.Split(w, ","), c):
				return fmt.Sprintf("Options.Audience has several names in one string, %s: write each as a string of its own", logtext.Quote(w))
			}
		}
	}
	if !slices.ContainsFunc(came, func(c string) bool { return !isForEveryClient(c) }) {
		return fmt.Sprintf("the token is for %s only, which tokens of all clients have: have the issuer add %s, in Keycloak with an audience mapper in the client or a client scope", logtext.Quotes(came), logtext.Quote(want[0]))
	}
	return fmt.Sprintf("the token is for %s and not for %s: have the client ask for a token for this service, or set Options.Audience to the name that the issuer uses", logtext.Quotes(came), logtext.Quotes(want))
}

// isForEveryClient reports whether an audience is one that the provider itself writes into the
// tokens of all clients: an account page or an administration of Keycloak, or the userinfo
// endpoint of Auth0. A service that takes it for its own name accepts every client's token.
func isForEveryClient(audience string) bool {
	return slices.Contains([]string{"account", "broker", "realm-management"}, audience) || strings.HasSuffix(audience, "/userinfo")
}

// isIDToken reports whether the payload is that of an ID token: Keycloak and Cognito say so, and
// only an ID token has the hashes of OpenID Connect Core section 2.
func isIDToken(p *object) bool {
	if p.str("typ") == "ID" || p.str("token_use") == "id" {
		return true
	}
	isForClient := p.has("azp") && slices.Contains(p.list("aud"), p.str("azp")) && !p.has("scope") && !p.has("scp")
	return p.has("at_hash") || p.has("c_hash") || p.has("nonce") && !p.has("scope") && !p.has("scp") || isForClient && p.has("email")
}

// isRefreshToken reports whether Keycloak says so.
func isRefreshToken(p *object) bool { return p.str("typ") == "Refresh" || p.str("typ") == "Offline" }

func (e *explainer) missingClaim() Finding {
	p := &e.payloadAs
	if !p.has("exp") && !e.opts.AllowMissingExpiry {
		f := Finding{Wanted: "exp", Came: "no exp", Mend: "the token has no exp, so it would be good for ever: have the issuer set it, or set Options.AllowMissingExpiry"}
		for _, other := range []string{"expires", "expires_at", "expiry", "expiresIn", "expires_in", "Exp", "EXP", "expiration"} {
			if p.has(other) {
				f.Came = fmt.Sprintf("no exp, but %q", other)
				f.Mend = fmt.Sprintf("the token has %q and no exp, and only the name exp counts: have the issuer use it", other)
			}
		}
		p.set("exp", e.now.Add(time.Hour).Unix())
		return f
	}
	p.set("iat", e.now.Unix())
	return Finding{Wanted: "iat, which Options.MaxAge needs", Came: "no iat", Mend: "the token has no iat, so its age is not known: have the issuer set it, or leave Options.MaxAge out"}
}

func (e *explainer) notYetValid() Finding {
	p := &e.payloadAs
	name := "nbf"
	if n, ok := asNumber(p.members[name]); !ok || !e.at(n).After(e.now.Add(e.opts.Leeway)) {
		name = "iat"
	}
	n, _ := asNumber(p.members[name])
	ahead := e.at(n).Sub(e.now)
	mend := fmt.Sprintf("the token is not valid before %s, which is %s ahead: wait, or check what the issuer writes into %s", e.date(n), logtext.Duration(ahead), name)
	switch {
	case ahead <= 5*time.Minute:
		mend = fmt.Sprintf("%s is %s ahead, so the clocks differ: synchronize them (NTP), or set Options.Leeway to %s or more, at most 5m", name, logtext.Duration(ahead), logtext.Duration(ahead))
	case isWholeHours(ahead):
		mend = fmt.Sprintf("%s is %s ahead, about a whole number of hours, so the issuer may write its local time for UTC: have it write seconds since 1970 in UTC", name, logtext.Duration(ahead))
	}
	if name == "nbf" {
		p.set(name, nil)
	} else {
		p.set(name, e.now.Unix())
	}
	return Finding{Wanted: fmt.Sprintf("%s that is not ahead, with a leeway of %v", name, e.opts.Leeway), Came: fmt.Sprintf("%s %s", cutJSON(number(n)), e.date(n)), Mend: mend}
}

func (e *explainer) expired() Finding {
	p := &e.payloadAs
	n, ok := asNumber(p.members["exp"])
	if expires := e.at(math.Floor(n)); ok && !e.now.Before(expires.Add(e.opts.Leeway)) {
		ago := e.now.Sub(expires)
		mend := fmt.Sprintf("the token expired %s ago: get a new one", logtext.Duration(ago))
		iat, hasIssued := asNumber(p.members["iat"])
		switch {
		case n < 366*24*3600:
			mend = fmt.Sprintf("exp is %s, which looks like a lifetime: have the issuer write the time when the token ends, which is the present time plus that", cutJSON(number(n)))
		case hasIssued && n <= iat:
			mend = "exp is not after iat, so the token was never good: have the issuer add the lifetime to the present time"
		case hasIssued && e.at(iat).After(e.now):
			mend = "exp is over and iat is ahead: the issuer's clock or time zone is wrong"
		case ago <= 5*time.Minute:
			mend += "; if it is new, the clocks differ: synchronize them (NTP), or set Options.Leeway, to at most 5m"
		case isWholeHours(ago) && hasIssued && ago < 15*time.Hour && n-iat <= 3600:
			mend += "; if it is new, the issuer writes its local time for UTC"
		}
		p.set("exp", e.now.Add(time.Hour).Unix())
		return Finding{Wanted: fmt.Sprintf("exp ahead, with a leeway of %v", e.opts.Leeway), Came: fmt.Sprintf("%s %s", cutJSON(number(n)), e.date(n)), Mend: mend}
	}
	iat, _ := asNumber(p.members["iat"])
	p.set("iat", e.now.Unix())
	return Finding{Wanted: fmt.Sprintf("iat at most %v back (Options.MaxAge)", e.opts.MaxAge), Came: fmt.Sprintf("%s %s", cutJSON(number(iat)), e.date(iat)),
		Mend: fmt.Sprintf("the token was issued %s ago, and Options.MaxAge is %v: get a new one, or raise MaxAge", logtext.Duration(e.now.Sub(e.at(iat))), e.opts.MaxAge)}
}

// at returns the time of a date, which is at most maxDate.
func (e *explainer) at(seconds float64) time.Time { return time.Unix(int64(seconds), 0) }

// date returns a date for people.
func (e *explainer) date(seconds float64) string {
	return "(" + e.at(seconds).UTC().Format(time.RFC3339) + ")"
}

// number returns the JSON of n, without an exponent.
func number(n float64) json.RawMessage {
	return json.RawMessage(strconv.FormatFloat(n, 'f', -1, 64))
}

// isWholeHours reports whether d is within a minute of 1 to 14 hours.
func isWholeHours(d time.Duration) bool {
	hours := d.Round(time.Hour)
	return hours >= time.Hour && hours <= 14*time.Hour && (d-hours).Abs() <= time.Minute
}
