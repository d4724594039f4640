package explain

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

const wantedForm = "three segments of base64url with dots between them: header.payload.signature"

// A token is a token that was cut at its dots and decoded without being strict.
type token struct {
	parts                      []string
	header, payload, signature []byte // nil if the segment is not base64
	input                      string // what is signed
}

func parseToken(raw string) token {
	t := token{parts: strings.Split(raw, ".")}
	if len(t.parts) > 1 {
		t.header, t.payload = decodeLoosely(t.parts[0]), decodeLoosely(t.parts[1])
		t.input = t.parts[0] + "." + t.parts[1]
	}
	if len(t.parts) > 2 {
		t.signature = decodeLoosely(t.parts[2])
	}
	return t
}

// decodeLoosely decodes base64 of either alphabet, with or without padding.
func decodeLoosely(segment string) []byte {
	segment = strings.TrimRight(strings.NewReplacer("+", "-", "/", "_").Replace(segment), "=")
	b, err := base64.RawURLEncoding.DecodeString(segment)
	if err != nil {
		return nil
	}
	return b
}

// unwrap returns the token in what a person pasted, and the value of Authorization for it. White
// space around it does not count, and a whole header line is taken as one.
func unwrap(pasted string) (raw, authorization string) {
	raw = strings.TrimSpace(strings.TrimPrefix(pasted, "\ufeff"))
	const name = "authorization:"
	if len(raw) > len(name) && strings.EqualFold(raw[:len(name)], name) {
		authorization = strings.TrimSpace(raw[len(name):])
		scheme, rest, _ := strings.Cut(authorization, " ")
		if strings.EqualFold(scheme, "Bearer") {
			return strings.TrimSpace(rest), authorization
		}
		return authorization, authorization
	}
	if raw == "" {
		return "", ""
	}
	return raw, "Bearer " + raw
}

// readForm takes off what was pasted around the token and cuts it at its dots. It reports
// whether there is a header to read.
func (e *explainer) readForm(raw string) bool {
	if e.sent == "" {
		e.add(Finding{Reason: "no_token", Wanted: "a token", Came: "nothing", Mend: "nothing was given: pass the token, or the whole line of its header, on standard input or in a file, or check that the client sends it"})
		return false
	}
	for range e.attempts {
		e.token = parseToken(raw)
		reason, _ := e.ask(e.anyKey(), e.opts, e.sent)
		switch reason {
		case "token_too_large":
			e.tooLarge(raw)
			if len(raw) > maxTokenSize {
				e.formFault = true
				return e.readSegments(raw, reason)
			}
		case "no_token", "malformed_credential", "malformed_token":
			if !strings.HasPrefix(strings.ToLower(e.sent), "bearer ") { // a header line was pasted
				if raw = e.otherScheme(reason); raw == "" {
					return false
				}
				e.sent = "Bearer " + raw
				continue
			}
			if e.acceptsPadded(raw, reason) {
				continue
			}
			tidied, mend := tidy(raw)
			if mend == "" && e.token.isWellFormed() {
				return true // readHeader finds it
			}
			if mend == "" {
				return e.readSegments(raw, reason)
			}
			e.add(Finding{Reason: reason, Wanted: wantedForm, Came: shapeOf(raw), Mend: mend})
			if tidied == "" {
				return false
			}
			raw, e.sent = tidied, "Bearer "+tidied
		default:
			return true
		}
	}
	return false
}

// acceptsPadded reports whether AllowPadding is all that the form of the token lacks, and notes
// and sets that.
func (e *explainer) acceptsPadded(raw, reason string) bool {
	opts := e.opts
	opts.AllowPadding = true
	got, err := e.ask(e.anyKey(), opts, e.sent)
	if err != nil || e.opts.AllowPadding || got == "no_token" || got == "malformed_credential" || got == "malformed_token" {
		return false
	}
	e.opts = opts
	e.add(Finding{Reason: reason, Wanted: wantedForm, Came: shapeOf(raw), Mend: "the segments have the padding of base64, as AWS load balancers write it in x-amzn-oidc-data: have the issuer leave it out, or set Options.AllowPadding"})
	return true
}

// otherScheme notes that the Authorization line that was pasted has another scheme than Bearer,
// or none. It returns the token of the line, "" if there is none.
func (e *explainer) otherScheme(reason string) (raw string) {
	word, rest, _ := strings.Cut(strings.ReplaceAll(e.sent, "\t", " "), " ")
	scheme := syntax.KnownScheme(strings.TrimSuffix(word, ":"))
	f := Finding{Reason: reason, Wanted: "Authorization: Bearer TOKEN", Came: `Authorization without "Bearer "`,
		Mend: `Authorization has no "Bearer " before the token: have the client send "Authorization: Bearer " and then the token`}
	switch {
	case scheme == "":
		raw = e.sent
	case scheme == "Bearer":
		f.Mend = `"Bearer" is not followed by a space and the token: have the client send "Authorization: Bearer " and then the token`
		raw = rest
	default:
		f.Came = "Authorization with the scheme " + scheme
		f.Mend = fmt.Sprintf(`Authorization has the scheme %s, and the middleware takes Bearer: have the client send "Authorization: Bearer " and then the token`, scheme)
		if strings.Contains(rest, ".") { // else it is not a token, but for example a password
			raw = rest
		}
	}
	e.add(f)
	return strings.TrimSpace(raw)
}

func (e *explainer) tooLarge(raw string) {
	limit := e.opts.MaxTokenBytes
	if limit == 0 {
		limit = 8 << 10
	}
	mend := fmt.Sprintf("the token is too large: set Options.MaxTokenBytes to %d, or have the issuer put less into it, such as fewer groups and roles", min(maxTokenSize, (len(raw)+1023)&^1023))
	if len(raw) > maxTokenSize {
		mend = "the token is too large: no option allows more than 65536 bytes; have the issuer put less into it, or check what was pasted"
	}
	e.add(Finding{Reason: "token_too_large", Wanted: fmt.Sprintf("at most %d bytes", limit), Came: fmt.Sprintf("%d bytes", len(raw)), Mend: mend})
	e.opts.MaxTokenBytes = maxTokenSize
}

// isWellFormed reports whether the segments are those of a signed token, whatever is in them.
func (t *token) isWellFormed() bool {
	if len(t.parts) != 3 || slices.Contains(t.parts, "") {
		return false
	}
	for _, part := range t.parts {
		if _, ok := jws.Decode(nil, part); !ok {
			return false
		}
	}
	return readObject(t.header).members != nil
}

// readSegments notes what is wrong with the segments. It reports whether header and payload can
// be read all the same.
func (e *explainer) readSegments(raw, reason string) bool {
	t := &e.token
	e.formFault = true
	note := func(came, mend string) {
		if reason != "token_too_large" {
			e.add(Finding{Reason: reason, Wanted: wantedForm, Came: came, Mend: mend})
		}
	}
	header := readObject(t.header)
	alg := header.str("alg")
	switch {
	case len(t.parts) == 5 && header.members != nil:
		t.payload = nil // it is a key
		note(fmt.Sprintf("five segments, alg %s, enc %s", logtext.Quote(alg), logtext.Quote(header.str("enc"))),
			"the token is encrypted (a JWE), and only its receiver can read it: have the issuer sign it instead of encrypting it; a provider may need the API's audience in the token request")
		return false
	case len(t.parts) < 2, isBinary(raw):
		note(shapeOf(raw), opaqueMend(raw))
		t.header, t.payload = nil, nil
		return false
	case header.members == nil:
		note(shapeOf(raw), "the first segment is not the base64url of a JSON object: the token was changed or cut, or it is not a JWT at all")
		t.header, t.payload = nil, nil
		return false
	case len(t.parts) == 2, len(t.parts) == 3 && t.parts[2] == "":
		e.sigFault = true
		mend := "the token has no signature: its third segment is missing or empty; copy the token whole"
		if strings.EqualFold(alg, "none") {
			mend = `the token is unsigned: its alg is "none", so anybody can have made it; have the issuer sign it`
		}
		note(shapeOf(raw), mend)
	case len(t.parts) == 3 && t.parts[1] == "":
		note(shapeOf(raw), "the token has no payload, its second segment is empty: copy the token whole, or have the issuer put the payload into it")
		return false
	case len(t.parts) != 3:
		note(shapeOf(raw), "the token has too many dots: two tokens or other text may have been joined to it; copy the token alone")
		return false
	default:
		for i, name := range []string{"header", "payload", "signature"} {
			if _, ok := jws.Decode(nil, t.parts[i]); !ok {
				e.sigFault = e.sigFault || name == "signature"
				note(shapeOf(raw), fmt.Sprintf("the %s segment is not base64url: the token was cut off or changed; copy it whole", name))
				break
			}
		}
	}
	return readObject(t.payload).members != nil
}

// shapeOf describes a text that may be a secret, so it shows none of it.
func shapeOf(raw string) string {
	n := strings.Count(raw, ".") + 1
	segments := fmt.Sprintf("%d segments", n)
	if n == 1 {
		segments = "one segment"
	}
	return fmt.Sprintf("%d bytes, %s", len(raw), segments)
}

// opaqueMend guesses what a text without dots is.
func opaqueMend(raw string) string {
	switch {
	case jws.IsUTF16([]byte(raw)):
		return "this is UTF-16, as PowerShell writes it: save the file as UTF-8"
	case isBinary(raw):
		return "this is binary data and not text: pass the compact form of a token"
	case json.Valid([]byte(raw)) && strings.HasPrefix(raw, "{"):
		return "this is JSON and not a token in compact form: pass the value of its access_token, or have it serialized as header.payload.signature"
	case strings.HasPrefix(raw, "-----BEGIN"):
		return "this is a key or a certificate: pass a token; the key belongs in -key"
	case strings.HasPrefix(raw, "<"), strings.HasPrefix(raw, "PHNhbWw"), strings.HasPrefix(raw, "PD94bW"):
		return "this is XML, perhaps a SAML assertion: have the issuer give out JWTs"
	case isHeader(raw):
		return "only the first segment of a token is here: copy the token whole, with its two dots"
	case strings.ContainsAny(raw, " \t\n"):
		return "this is text and not a token: a token is one word with two dots"
	}
	return "the token is opaque and not a JWT: only its issuer can read it; ask the provider for a JWT access token (often by naming the API's audience in the token request), or check the token by introspection (RFC 7662)"
}

func isBinary(raw string) bool {
	odd := 0
	for _, c := range raw {
		if c == utf8.RuneError || unicode.IsControl(c) && !unicode.IsSpace(c) {
			odd++
		}
	}
	return odd > len(raw)/20
}

var (
	// The first characters are a brace, and a quote or white space.
	compact = regexp.MustCompile(`e(y[A-DI-L]|w[k-r0-3])[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*`)
	scheme  = regexp.MustCompile(`(?i)^(bearer|jwt|token|dpop)[\s:]+`)
	escaped = regexp.MustCompile(`(?i)%(2e|3d|2b|2f|20|22|0a|0d)`)
)

// tidy undoes one thing that people do to a token, and says what it is. Without such a thing
// mend is "". tidied is "" if there is no token at all.
func tidy(raw string) (tidied, mend string) {
	if slices.Contains([]string{"undefined", "null", "none", "nil", "nan", "true", "false", "[object object]"}, strings.ToLower(raw)) {
		return "", fmt.Sprintf("the client sent the word %s and no token: its variable was not set when it made the header", logtext.Quote(raw))
	}
	if strings.HasPrefix(raw, "$") || strings.HasPrefix(raw, "{{") || strings.HasPrefix(raw, "<") && strings.HasSuffix(raw, ">") && !strings.Contains(raw, "/") {
		return "", "this is the name of a variable and no token: it was not replaced by its value; mind single quotes in a shell"
	}
	if isBinary(raw) {
		return raw, ""
	}
	if visible := strings.Map(dropInvisible, raw); visible != raw {
		return visible, "there are invisible characters in the token, as word processors and chats add them: copy it from its source again"
	}
	if prefix := scheme.FindString(raw); prefix != "" && len(prefix) < len(raw) {
		word := strings.TrimRight(strings.TrimSpace(prefix), ":")
		return strings.TrimSpace(raw[len(prefix):]), fmt.Sprintf("%q was pasted along with the token: pass the token alone, or the whole line that begins with \"Authorization:\"", word+" ")
	}
	if inner := strings.Trim(raw, "\"'`“”«»"); inner != raw && inner != "" {
		return strings.TrimSpace(inner), "there are quotes around the token: take them off"
	}
	if strings.HasSuffix(raw, "...") || strings.HasSuffix(raw, "…") {
		return "", "the token was cut short with an ellipsis, as logs do it: copy it whole"
	}
	if plain := escaped.MatchString(raw); plain {
		if text, err := url.PathUnescape(raw); err == nil && text != raw {
			return text, "the token is percent-encoded, as in a URL: decode it first"
		}
	}
	if inner, mend := cutAround(raw); mend != "" {
		return inner, mend
	}
	if joined := strings.Join(strings.Fields(raw), ""); joined != raw && isHeader(joined) && strings.Contains(joined, ".") {
		return joined, "there are line breaks or spaces inside the token, as e-mails and terminals add them: join the lines"
	}
	if strings.Contains(raw, ".") && strings.ContainsAny(raw, "+/=") && decodeLoosely(strings.Split(raw, ".")[0]) != nil {
		return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(raw),
			"the token is in standard base64, with +, / or =, where base64url without padding belongs: have the issuer encode it as RFC 7515 says"
	}
	if !strings.Contains(raw, ".") {
		if inner := decodeLoosely(raw); compact.Match(inner) && len(compact.Find(inner)) == len(bytes.TrimSpace(inner)) {
			return string(bytes.TrimSpace(inner)), "the token was encoded in base64 once more: decode it once"
		}
	}
	return raw, ""
}

// isHeader reports whether a text begins with the header of a token. A header that was written
// with white space does not begin with eyJ.
func isHeader(text string) bool {
	segment, _, _ := strings.Cut(text, ".")
	header := readObject(decodeLoosely(segment))
	return strings.HasPrefix(text, "eyJ") || header.members != nil
}

// findTokens returns where the first two tokens of a text are.
func findTokens(raw string) (found [][]int) {
	for from := 0; len(found) < 2; {
		at := compact.FindStringIndex(raw[from:])
		if at == nil {
			break
		}
		start, end := from+at[0], from+at[1]
		from = end
		if isHeader(raw[start:end]) {
			found = append(found, []int{start, end})
		} else { // the token may begin behind the first dot
			from = start + strings.IndexByte(raw[start:], '.')
		}
	}
	return found
}

// cutAround returns the token in a text that has other things around it. Without such things
// mend is "".
func cutAround(raw string) (inner, mend string) {
	at := findTokens(raw)
	switch len(at) {
	case 0:
		return raw, ""
	case 2:
		return raw[at[0][0]:at[0][1]], "there is more than one token: pass one"
	}
	before, after := raw[:at[0][0]], raw[at[0][1]:]
	if before == "" && (after == "" || strings.ContainsAny(after[:1], ".=+/ \t\r\n")) {
		return raw, "" // a part of the token
	}
	inner = raw[at[0][0]:at[0][1]]
	switch {
	case strings.HasPrefix(strings.TrimSpace(raw), "{"):
		return inner, "the whole JSON answer of the token endpoint was pasted: pass the value of access_token alone"
	case strings.Contains(before, "://"):
		return inner, "a URL with a token in it was pasted: pass the token alone, and keep tokens out of URLs, which end up in logs"
	case strings.ContainsAny(before, "=:"):
		return inner, "a name was pasted along with the token, as of a cookie or a form field: pass the value alone"
	}
	return inner, "there is other text around the token: pass the token alone"
}

// dropInvisible drops characters that show nothing.
func dropInvisible(c rune) rune {
	if unicode.In(c, unicode.Cf, unicode.Co) || unicode.IsControl(c) && !unicode.IsSpace(c) || c > 0x7e && unicode.IsSpace(c) {
		return -1
	}
	return c
}
