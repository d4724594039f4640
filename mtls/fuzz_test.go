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
const pairOfXFCC = "([!#$%&'*+\\-.^_`|~0-9A-Za-z]+)=(\"(?:[^\"\\\\]|\\\\[\\x00-\\x{10ffff}])*\"|[^\",;]*)"

var (
	elementOfXFCC = regexp.MustCompile(`^` + pairOfXFCC + `(?:;` + pairOfXFCC + `)*$`)
	pairsOfXFCC   = regexp.MustCompile(pairOfXFCC + `(?:;|$)`)
	hashOfXFCC    = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)
)

// referenceXFCC returns the one Hash of a header with one element, by regular expressions.
func referenceXFCC(value string) (hash [sha256.Size]byte, ok bool) {
	if len(value) > 16<<10 || !elementOfXFCC.MatchString(value) {
		return hash, false
	}
	for _, pair := range pairsOfXFCC.FindAllStringSubmatch(value, -1) {
		if strings.EqualFold(pair[1], "hash") {
			if ok || !hashOfXFCC.MatchString(pair[2]) {
				return hash, false
			}
			hex.Decode(hash[:], []byte(pair[2]))
			ok = true
		}
	}
	return hash, ok
}

// The parser and the regular expressions agree on every header.
func FuzzXFCC(f *testing.F) {
	digest := strings.Repeat("0a", sha256.Size)
	for _, seed := range []string{
		"Hash=" + digest, "By=x;Hash=" + digest + `;Subject="CN=a\"b\\";URI=`, "Hash=" + digest + ";Hash=" + digest, "Hash=" + digest + ",Hash=" + digest,
		`A="Hash=";hash=` + digest, `A="`, `A=b"c"`, `A="b"c`, ";", "=", `A="\`,
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
