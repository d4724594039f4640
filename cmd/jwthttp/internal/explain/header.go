package explain

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

// readHeader finds what is wrong with the header. It reports whether it can be mended.
func (e *explainer) readHeader() bool {
	e.headerAs, e.payloadAs = readObject(e.token.header), readObject([]byte("{}"))
	for range e.attempts {
		reason := e.askCopy()
		if !e.isMended && !e.formFault { // exactly what was sent; no key is looked at yet
			reason, _ = e.ask(e.anyKey(), e.opts, e.sent)
		}
		switch reason {
		case "header", "malformed_token", "token_too_large":
			if reason == "token_too_large" { // the copy has no other payload, so it is the header
				reason = "header"
			}
			f, ok := e.headerFault()
			if !ok {
				return false
			}
			f.Reason = reason
			e.add(f)
			e.isMended = true
		case "type":
			e.typeFault()
		default:
			e.reached = stepType
			return true
		}
	}
	return false
}

// headerFault finds one fault of the header and mends it.
func (e *explainer) headerFault() (Finding, bool) {
	h := &e.headerAs
	if f, ok := strictFault(h, "header"); ok {
		return f, true
	}
	if alg := h.members["alg"]; alg != nil && !isText(alg) {
		h.set("alg", "")
		return Finding{Wanted: "alg as a string", Came: cutJSON(alg), Mend: "alg in the header is not a string: have the issuer set it, as in \"RS256\""}, true
	}
	for _, name := range []string{"crit", "b64", "zip", "enc"} {
		if !h.has(name) {
			continue
		}
		value := string(h.members[name])
		h.set(name, nil)
		mend := fmt.Sprintf("the header has %s, an extension that changes what a token means and that no middleware here knows: have the issuer leave it out", name)
		if name == "enc" || name == "zip" {
			mend = fmt.Sprintf("the header has %s, which is for encrypted tokens: have the issuer sign the token instead", name)
		}
		return Finding{Wanted: "no crit, b64, zip or enc", Came: name + " " + clip(value), Mend: mend}, true
	}
	if kid := h.members["kid"]; kid != nil && (!isText(kid) || !jws.IsKeyID(h.str("kid"))) {
		h.set("kid", nil)
		return Finding{Wanted: "kid as a string of at most 256 printable ASCII characters", Came: cutJSON(kid),
			Mend: "kid in the header is not a string of at most 256 printable ASCII characters: have the issuer give its key another id"}, true
	}
	if typ := h.members["typ"]; typ != nil && (!isText(typ) || h.str("typ") == "" || len(h.str("typ")) > jws.MaxTypeBytes) {
		h.set("typ", nil)
		return Finding{Wanted: "typ as a short string", Came: cutJSON(typ), Mend: "typ in the header is not a short string: have the issuer set it to \"JWT\" or \"at+jwt\""}, true
	}
	size := len(h.json())
	isSmaller := h.keepOnly("alg", "kid", "typ")
	if alg := h.members["alg"]; len(alg) > jws.MaxTypeBytes {
		h.set("alg", "")
		isSmaller = true
	}
	if !isSmaller {
		return Finding{}, false
	}
	return Finding{Wanted: "a header of at most 2 KiB, nested at most 4 deep, with at most 32 members", Came: fmt.Sprintf("a header of %d bytes", size),
		Mend: "the header is too large or too deep, as with certificates in x5c: have the issuer leave out what no verifier needs; alg, kid and typ are enough"}, true
}

// strictFault finds what is not strict JSON, and mends it.
func strictFault(o *object, where string) (Finding, bool) {
	if !utf8.Valid(o.text) {
		f := Finding{Wanted: "UTF-8", Came: "bytes that are not UTF-8", Mend: fmt.Sprintf("the %s is not valid UTF-8: have the issuer encode names and claims in UTF-8, not in Latin-1", where)}
		*o = readObject(bytes.ToValidUTF8(o.text, []byte("?")))
		return f, true
	}
	var value any
	if json.Unmarshal(o.text, &value) != nil {
		return Finding{}, false
	}
	err := strictError(o.text)
	if err == nil {
		return Finding{}, false
	}
	f := Finding{Wanted: "strict JSON", Came: "JSON that readers understand in different ways", Mend: fmt.Sprintf("the %s is not strict JSON, for example because of half a surrogate pair: have the issuer encode it with a usual library", where)}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		name := ""
		if syntactic := (*jsontext.SyntacticError)(nil); errors.As(err, &syntactic) {
			name = syntactic.JSONPointer.LastToken()
		}
		f = Finding{Wanted: "each name once", Came: logtext.Quote(name) + " twice",
			Mend: fmt.Sprintf("%s is twice in the %s, and readers differ on which one counts: have the issuer write it once", logtext.Quote(name), where)}
	}
	decoder := json.NewDecoder(bytes.NewReader(o.text))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return Finding{}, false
	}
	text, err := json.Marshal(value)
	if err != nil {
		return Finding{}, false
	}
	*o = readObject(text)
	return f, true
}

// strictError returns what is not strict about a JSON text.
func strictError(text []byte) error {
	_, err := jsontext.NewDecoder(bytes.NewReader(text)).ReadValue()
	return err
}

// typeFault notes that typ is for something else, and lets the middleware accept it.
func (e *explainer) typeFault() {
	typ, field, want := e.headerAs.str("typ"), "Options.Type", ""
	wanted := "JWT, at+jwt or no typ"
	if e.opts.Type != "" {
		want = logtext.Quote(e.opts.Type)
		wanted = want
	} else if len(e.opts.Types) > 0 {
		field, want = "Options.Types", logtext.Quotes(e.opts.Types)
		wanted = "one of " + want
	}
	came, mend := logtext.Quote(typ), fmt.Sprintf("the token is of the type %s and not meant for access: send an access token, or set Options.Type to %s if these are your access tokens", logtext.Quote(typ), logtext.Quote(typ))
	switch bare := strings.TrimPrefix(strings.ToLower(typ), "application/"); {
	case typ == "":
		came, mend = "no typ", fmt.Sprintf("the token has no typ and %s asks for %s: leave %[1]s out, or have the issuer set typ (RFC 9068)", field, want)
	case bare == "logout+jwt":
		mend = "this is a logout token, which ends a session and gives no access: send the access token"
	case bare == "dpop+jwt":
		mend = "this is a DPoP proof, which belongs in the header DPoP: send the access token in Authorization"
	case want != "" && (bare == "jwt" || bare == "at+jwt"):
		mend = fmt.Sprintf("the token's typ is %s and %s asks for %s: this may be an ID token in place of an access token, or else the issuer writes %[1]s, and %[2]s must say so", logtext.Quote(typ), field, want)
	}
	e.add(Finding{Reason: "type", Wanted: wanted, Came: came, Mend: mend})
	e.opts.Type, e.opts.Types = typ, nil
	if reason, err := e.ask(e.anyKey(), e.opts, ""); err != nil || reason == "" || e.askCopy() == "type" { // New refuses such a Type
		e.opts.Type = ""
		e.headerAs.set("typ", nil)
		e.isMended = true
	}
}

func isText(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' }

// cutJSON returns a JSON value for a sentence.
func cutJSON(value json.RawMessage) string {
	if s, ok := asString(value); ok {
		return logtext.Quote(s)
	}
	if len(value) > maxQuoted {
		return clip(string(value[:maxQuoted])) + "…"
	}
	return clip(string(value))
}
