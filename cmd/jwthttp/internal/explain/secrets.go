package explain

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// examples are secrets of documentation, which everybody knows.
var examples = []string{
	"", "secret", "your-256-bit-secret", "your-384-bit-secret", "your-512-bit-secret", "a-string-secret-at-least-256-bits-long",
	"a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long", "changeme", "password", "secretkey", "mysecret",
}

// trySecretForms finds another form of a secret that verifies the token.
func (e *explainer) trySecretForms(keys []Key, alg string) string {
	if !slices.Contains(families[0], alg) {
		return ""
	}
	for _, k := range keys {
		secret, ok := k.Material.([]byte)
		if !ok {
			continue
		}
		for _, form := range formsOf(secret, alg) {
			if !e.token.isSignedBy(form.secret, alg) {
				continue
			}
			mend := fmt.Sprintf("%s verifies the token: %s", form.what, form.mend)
			if size := jws.MethodOf(alg).(*jwt.SigningMethodHMAC).Hash.Size(); len(form.secret) < size {
				mend += fmt.Sprintf("; that has only %d bytes, and %s needs %d, so make a new one with \"openssl rand -base64 %[3]d\" for both sides", len(form.secret), alg, size)
			}
			return mend
		}
	}
	for _, example := range examples {
		if e.token.isSignedBy([]byte(example), alg) {
			what := "a secret that is an example of documentation"
			if example == "" {
				what = "an empty secret"
			}
			return "the token is signed with " + what + ", so anybody can have made it: have the issuer read its real secret"
		}
	}
	return ""
}

// A secretForm is what a program may have made of a secret.
type secretForm struct {
	what   string
	secret []byte
	mend   string
}

// formsOf returns other forms of a secret for alg.
func formsOf(secret []byte, alg string) (forms []secretForm) {
	add := func(what string, form []byte, mend string) {
		if string(form) != string(secret) && len(form) > 0 {
			forms = append(forms, secretForm{"the secret " + what, form, mend})
		}
	}
	text := strings.TrimSpace(string(secret))
	add("without the line break or space around it", []byte(text), "take it off, as with strings.TrimSpace, before you pass the secret to "+alg)
	add("with a line break at its end", []byte(text+"\n"), "the issuer reads its file with the line break; take it off there, as \"printf %s\" does in place of echo")
	add("with a Windows line break at its end", []byte(text+"\r\n"), "the issuer reads its file with the line break; take it off there")
	add("without the quotes around it", []byte(strings.Trim(text, `"'`)), "take them off; the env files of containers keep quotes")
	add("in double quotes", []byte(`"`+text+`"`), "the issuer keeps the quotes of its env file; take them off there")
	add("in single quotes", []byte("'"+text+"'"), "the issuer keeps the quotes of its env file; take them off there")
	add("without the byte order mark before it", []byte(strings.TrimPrefix(text, "\ufeff")), "save the file without one")

	for _, decoding := range []struct {
		name   string
		decode func(string) ([]byte, error)
	}{
		{"'s base64 decoding", base64.StdEncoding.DecodeString},
		{"'s base64 decoding", base64.RawStdEncoding.DecodeString},
		{"'s base64url decoding", base64.URLEncoding.DecodeString},
		{"'s base64url decoding", base64.RawURLEncoding.DecodeString},
		{"'s hex decoding", hex.DecodeString},
		{"'s base64 decoding, without the prefix base64:,", func(s string) ([]byte, error) {
			return base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "base64:"))
		}},
	} {
		decoded, err := decoding.decode(strings.Trim(text, `"'`))
		if err != nil {
			continue
		}
		mend := "decode it before you pass it to " + alg
		forms = append(forms, secretForm{"the secret" + decoding.name, decoded, mend})
		if inner := strings.TrimSpace(string(decoded)); inner != string(decoded) {
			forms = append(forms, secretForm{"the secret" + decoding.name + " without its line break", []byte(inner), mend + ", and take off the line break that echo has put into it"})
		}
		if twice, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(decoded))); err == nil && len(twice) > 0 {
			forms = append(forms, secretForm{"the secret, base64-decoded twice,", twice, "decode it twice, or store it encoded once"})
		}
	}
	for _, base := range [][]byte{secret, []byte(text)} {
		add("encoded in base64", []byte(base64.StdEncoding.EncodeToString(base)), "the issuer uses the base64 text itself as its secret: pass that text to "+alg+" without decoding it")
		add("encoded in base64 without padding", []byte(base64.RawStdEncoding.EncodeToString(base)), "the issuer uses the base64 text itself as its secret: pass that text to "+alg+" without decoding it")
		add("encoded in base64url", []byte(base64.URLEncoding.EncodeToString(base)), "the issuer uses the base64url text itself as its secret: pass that text to "+alg+" without decoding it")
		add("encoded in base64url without padding", []byte(base64.RawURLEncoding.EncodeToString(base)), "the issuer uses the base64url text itself as its secret: pass that text to "+alg+" without decoding it")
		add("encoded in hex", []byte(hex.EncodeToString(base)), "the issuer uses the hex text itself as its secret: pass that text to "+alg+" without decoding it")
		add("encoded in hex capitals", []byte(strings.ToUpper(hex.EncodeToString(base))), "the issuer uses the hex text itself as its secret: pass that text to "+alg+" without decoding it")
	}
	if narrow := fromUTF16(secret); narrow != "" {
		add("in UTF-8", []byte(strings.TrimSpace(narrow)), "its file is in UTF-16, as PowerShell writes it; save it in UTF-8")
	}
	return forms
}

// fromUTF16 returns the text of a file in UTF-16 with a byte order mark.
func fromUTF16(b []byte) string {
	if len(b) < 4 || b[0] != 0xff || b[1] != 0xfe {
		return ""
	}
	var units []uint16
	for i := 2; i+1 < len(b); i += 2 {
		units = append(units, uint16(b[i])|uint16(b[i+1])<<8)
	}
	return string(utf16.Decode(units))
}
