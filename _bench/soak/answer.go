package main

import (
	"fmt"
	"net/http"
	"runtime"

	"github.com/jwthttp/jwthttp"
)

// Claims name the sender of a token. Kept keeps the bytes that it was decoded from, so bytes
// of another request in them are found.
type Claims struct {
	Subject string `json:"sub"`
	ID      string `json:"jti"`
	Kept    kept   `json:"kept"`
}

type kept []byte

func (k *kept) UnmarshalJSON(b []byte) error { *k = b; return nil }

// echo answers with everything that it knows of the token. It first lets other requests run,
// so that shared memory would be mixed up.
func echo(w http.ResponseWriter, r *http.Request) {
	runtime.Gosched()
	t, ok := jwthttp.TokenFromContext[Claims](r.Context())
	if !ok {
		t = stranger
	}
	b := make([]byte, 0, 160)
	for _, s := range []string{t.Claims.Subject, t.Claims.ID, string(t.Claims.Kept), string(t.Source), t.Header.KeyID} {
		b = append(append(b, s...), ' ')
	}
	w.Write(b)
}

var stranger = &jwthttp.Token[Claims]{Claims: Claims{Subject: "nobody at all"}}

// An answer is everything of a response that is promised.
type answer struct {
	status                                   int
	challenge, cache, retry, mediaType, body string
	nonces                                   int // how many DPoP-Nonce fields there are
}

// The sentences and codes are written here a second time. They are not taken from the package.
var (
	noToken      = refusal(401, "", "", "No access token was sent")
	twoTokens    = refusal(400, "invalid_request", "", "The request carries more than one credential")
	badHeader    = refusal(400, "invalid_request", "", "The credential is malformed")
	malformed    = invalid("is malformed")
	tooLarge     = invalid("is too large")
	unknownKey   = invalid("was signed with an unknown key")
	badClaims    = invalid("has malformed claims")
	boundToKey   = invalid("is bound to a key")
	otherIssuer  = invalid("has another issuer")
	otherService = invalid("is for another audience")
	notYet       = invalid("is not valid yet")
	expired      = invalid("expired")
	badSignature = refusal(401, "invalid_token", "", "The access token signature is invalid")
	lacksScope   = refusal(403, "insufficient_scope", `, scope="orders:read orders:write"`, "The access token lacks a required scope")
	crossOrigin  = refusal(403, "cross_origin", "", "The request comes from another origin")
	unavailable  = refusal(503, "temporarily_unavailable", "", "The access token cannot be checked at the moment")
)

func invalid(how string) answer {
	return refusal(401, "invalid_token", "", "The access token "+how)
}

func refusal(status int, code, scope, sentence string) answer {
	a := answer{status: status, cache: "no-store", mediaType: "application/problem+json"}
	member := ""
	if code != "" {
		member = `,"error":"` + code + `"`
	}
	a.body = fmt.Sprintf("{\"title\":%q,\"status\":%d,\"detail\":%q%s}\n", http.StatusText(status), status, sentence, member)
	switch code {
	case "":
		a.challenge = `Bearer realm="api"`
	case "invalid_request", "invalid_token", "insufficient_scope":
		a.challenge = `Bearer realm="api", error="` + code + `"` + scope + `, error_description="` + sentence + `"`
	case "temporarily_unavailable":
		a.retry = "5"
	}
	return a
}

// accepted returns echo's answer to this token.
func accepted(t token, source string) answer {
	a := answer{status: 200, mediaType: "text/plain; charset=utf-8", body: fmt.Sprintf("%s %s %q %s %s ", subject(t.number), id(t.number), subject(t.number)+id(t.number), source, t.kid)}
	if source != "header:Authorization" {
		a.cache = "private"
	}
	return a
}

func answerOf(status int, h http.Header, body []byte) answer {
	return answer{status, only(h["Www-Authenticate"]), only(h["Cache-Control"]), only(h["Retry-After"]), only(h["Content-Type"]), string(body), len(h["Dpop-Nonce"])}
}

// only returns the value of a header. With a second value, it returns a text that equals no
// wanted value.
func only(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	if len(values) == 0 {
		return ""
	}
	return fmt.Sprint(values)
}
