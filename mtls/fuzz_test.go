package mtls_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/jwthttp/jwthttp/mtls"
)

// A pair of an XFCC header, by its grammar alone.
const (
	quotedOfXFCC = "(?i:(?:subject|cert|chain)=\"(?:[^\"\\\\]|\\\\[\\x00-\\x{10ffff}])*\")"
	plainOfXFCC  = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+=[^\",;]*"
	pairOfXFCC   = "(?:" + quotedOfXFCC + "|" + plainOfXFCC + ")"
)

var (
	elementOfXFCC = regexp.MustCompile(`^` + pairOfXFCC + `(?:;` + pairOfXFCC + `)*$`)
	hashOfXFCC    = regexp.MustCompile(`(?:^|;)[hH][aA][sS][hH]=([0-9A-Fa-f]{64})(?:;|$)`)
	anyHashOfXFCC = regexp.MustCompile(`[hH][aA][sS][hH]=`)
)

// referenceXFCC returns the one Hash of a header with one element, by regular expressions. That it
// is the only "Hash=" does not say that it is a pair: a value in quotes may hold one.
func referenceXFCC(value string) (hash [sha256.Size]byte, ok bool) {
	if len(value) > 16<<10 || !elementOfXFCC.MatchString(value) || len(anyHashOfXFCC.FindAllString(value, -1)) != 1 {
		return hash, false
	}
	withoutQuoted := regexp.MustCompile(quotedOfXFCC).ReplaceAllString(value, "x=")
	found := hashOfXFCC.FindStringSubmatch(withoutQuoted)
	if found == nil {
		return hash, false
	}
	hex.Decode(hash[:], []byte(found[1]))
	return hash, true
}

// The parser and the regular expressions agree on every header.
func FuzzXFCC(f *testing.F) {
	digest := strings.Repeat("0a", sha256.Size)
	for _, seed := range []string{
		"Hash=" + digest, "By=x;Hash=" + digest + `;Subject="CN=a\"b\\";URI=`, "Hash=" + digest + ";Hash=" + digest, "Hash=" + digest + ",Hash=" + digest,
		`A="Hash=";hash=` + digest, `Subject="Hash=";hash=` + digest, `URI=";Hash=` + digest + `;DNS="`, `cert="";HASH=` + digest + `;Chain="\""`, `Subject="x;Hash=` + digest + `;y"`, `URI=hash=;Hash=` + digest, `A="`, `A=b"c"`, `A="b"c`, ";", "=", `A="\`,
	} {
		f.Add(seed)
	}
	b := mustForwarded(f, "X-Cert", mtls.XFCC, "10.0.0.7")
	f.Fuzz(func(t *testing.T, value string) {
		trimmed := strings.Trim(value, " \t")
		hash, ok := referenceXFCC(strings.ToValidUTF8(trimmed, "\uFFFD")) // the expressions read runes
		if len(trimmed) > 16<<10 {
			ok = false
		}
		if err := b.Confirm(from(proxy, "X-Cert", value), "token", hash); (err == nil) != ok {
			t.Errorf("%q: error %v, and the reference says %v", value, err, ok)
		}
	})
}

var clientCert = regexp.MustCompile(`^:([0-9A-Za-z+/]*)(={0,2}):$`)

// referenceClientCert returns the certificate of a Client-Cert header: another decoder reads its
// base64.
func referenceClientCert(value string) (der []byte, ok bool) {
	parts := clientCert.FindStringSubmatch(value)
	if parts == nil || len(value) > 16<<10 || parts[2] != "" && (len(parts[1])+len(parts[2]))%4 != 0 {
		return nil, false
	}
	der, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(parts[1]))
	if err != nil {
		return nil, false
	}
	cert, err := x509.ParseCertificate(der)
	return der, err == nil && len(cert.Raw) == len(der)
}

// The parser and the reference agree on every header, and on whose thumbprint it is.
func FuzzClientCert(f *testing.F) {
	for _, seed := range []string{
		clientCert9440, ":" + base64Of8705 + ":", ":" + strings.TrimRight(base64Of8705, "=") + ":", ":" + base64Of8705 + "=:", "::", ":", ":=:", ":" + base64Of8705 + ":;a",
	} {
		f.Add(seed)
	}
	b := mustForwarded(f, "X-Cert", mtls.ClientCert, "10.0.0.7")
	f.Fuzz(func(t *testing.T, value string) {
		der, ok := referenceClientCert(strings.Trim(value, " \t"))
		if err := b.Confirm(from(proxy, "X-Cert", value), "token", sha256.Sum256(der)); (err == nil) != ok {
			t.Errorf("%q: error %v, and the reference says %v", value, err, ok)
		}
	})
}
