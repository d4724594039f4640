package jwks_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/jwks"
)

// Whatever a provider sends, Parse returns keys or an error:
//
//   - New accepts the keys. Each is from an element of the set, or a member of the map, that keeps
//     all rules. Every one of them is counted.
//   - With an error, Parse returns nothing else.
//   - A source that wants certain algorithms has keys for these alone. A source that wants every
//     one has at least the keys that Parse returns.
//
// The cost grows with the size of the document.
func FuzzParse(f *testing.F) {
	for _, d := range documents() {
		if len(d.text) < 2<<10 { // larger ones make it slow
			f.Add([]byte(d.text))
		}
	}
	rs, ec, ed := rsaJWK("rs", rsaKey()), ecJWK("ec", ecKey()), edJWK("ed", "ed")
	for _, more := range []string{
		`"alg":"PS256"`, `"alg":"none"`, `"alg":"HS256","k":"AAAA"`, `"use":"sig"`, `"use":null`, `"use":"enc"`, `"key_ops":["verify"]`, `"key_ops":[]`,
		`"d":"AQ"`, `"kid":"again"`, `"x5c":["garbage"],"x5u":":","x5t":"*"`, `"x":{"y":[1,null]}`, `"e":"AQAAAAE"`,
	} {
		f.Add([]byte(keySet(with(rs, more), with(ec, more), with(ed, more))))
	}
	f.Add([]byte(keySet(edJWK("a", "x"), edJWK("b", "x"), rsaJWK("x", rsaKey()), edJWK("c", ""))))
	f.Add([]byte(keySet(edJWK("a", ""), edJWK("b", ""), edJWK("c", ""), edJWK("d", ""), edJWK("e", ""), edJWK("f", ""), edJWK("g", ""), edJWK("h", ""), edJWK("i", ""))))
	f.Add([]byte(keySet(slicesOf(101, "1")...)))
	for _, more := range []string{
		`"k":null`, `"\u0064":"AQ"`, `"priv":"AQ"`, `"use":["sig"]`, `"use":""`, `"use":"SIG"`, `"key_ops":["verify","sign"]`, `"key_ops":["Verify"]`, `"key_ops":[null,"verify"]`, `"alg":"\u0052S256"`, `"alg":null`, `"kid":null`, `"kty":"oct"`, `"x5c":["` + certificate(rsaOther()) + `"]`,
	} {
		f.Add([]byte(keySet(edJWK("a", "a"), with(rs, more), with(ec, more), with(edJWK("b", "b"), more))))
	}
	long := strings.Repeat(`\n`, 300)
	f.Add([]byte(keySet(edJWK("a", "a"), `{"`+long+`":1,"`+long+`":2}`)))
	f.Add([]byte(`{"` + long + `":1,"` + long + `":2}`))
	f.Add([]byte(keySet(`{"` + long + `":1,"` + long + `":2}`)))
	for _, jwk := range kindsConfused() {
		f.Add([]byte(keySet(edJWK("a", "a"), jwk)))
	}
	f.Add([]byte("\ufeff" + keySet(with(ed, `"alg":"Ed25519"`), edJWK("a", "x"), rsaJWK("x", rsaKey()), with(rsaJWK("x", rsaKey()), `"alg":"PS256"`))))
	f.Add([]byte(keySet(append(slicesOf(150, "1"), ed)...)))
	f.Add([]byte(keySet(strings.NewReplacer("-", "+", "_", "/").Replace(rs), strings.Replace(ec, `","y"`, `==","y"`, 1))))
	f.Add([]byte(keySet(`null`, `1`, `"a"`, `[]`, `{}`, ed)))
	f.Add([]byte(keySet(rsaJWK("x", rsaKey()), with(rsaJWK("x", rsaOther()), `"alg":"PS256"`))))
	cert, pub := certificatePEM(rsaKey()), publicPEM(ecKey())
	f.Add([]byte(pemMap("4feb44f0", cert, "b0b2bd0e", certificatePEM(ecKey()))))
	f.Add([]byte(pemMap("LYyP2g", pub, "", publicPEM(edKey("a")), "mpf0DA", publicPEM(newECKey(elliptic.P384())))))
	for _, odd := range []string{
		cert + pub, cert + "x", cert[:300], "-----BEGIN", strings.ReplaceAll(cert, "CERTIFICATE", "PUBLIC KEY"), toPEM("CERTIFICATE", nil),
		toPEM("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey().PublicKey)), privatePEM(ecKey()), "-----BEGIN CERTIFICATE-----\nX: y\n\n" + cert,
	} {
		f.Add([]byte(pemMap("a", pub, "odd", odd)))
	}
	f.Add([]byte(pemMap("a", pub, "b", "no PEM")))
	f.Add([]byte(strings.Replace(pemMap("a", pub), "BEGIN", "BEGIN\xff", 1)))
	for _, other := range []string{cert, pub, privatePEM(ecKey()), `{"error":"x"}`, `[]`, "<", `{"kty":"RSA"}`, `{"issuer":"\ud83d\udd11\u0000"}`} {
		f.Add([]byte(other))
	}

	f.Fuzz(func(t *testing.T, data []byte) {
		// The whole process is measured, so the smallest of three measurements counts.
		var set jwks.Set
		var err error
		cost := uint64(math.MaxUint64)
		for range 3 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			set, err = jwks.Parse(data)
			runtime.ReadMemStats(&after)
			cost = min(cost, after.TotalAlloc-before.TotalAlloc)
			if cost <= 256<<10+200*uint64(len(data)) {
				break
			}
		}
		if cost > 256<<10+200*uint64(len(data)) {
			t.Errorf("%d bytes cost %d", len(data), cost)
		}
		if err != nil {
			if set.Keys != nil || set.Skipped != nil {
				t.Errorf("a set with an error: %v, %v", set, err)
			}
			for line := range strings.Lines(err.Error()) {
				checkText(t, strings.TrimSuffix(line, "\n"))
			}
			return
		}
		var document map[string]json.RawMessage
		if json.Unmarshal(bytes.TrimPrefix(data, []byte("\ufeff")), &document) != nil {
			t.Fatalf("keys are taken from %q", data)
		}
		var elements []json.RawMessage
		allowed := map[string]int{}
		if keys, isSet := document["keys"]; isSet {
			if json.Unmarshal(keys, &elements) != nil {
				t.Fatalf("keys are taken from %q", data)
			}
			for _, element := range elements {
				allowed[allowedKey(element)]++
			}
		} else {
			for kid, member := range document {
				var text string
				if json.Unmarshal(member, &text) != nil || !strings.HasPrefix(text, "-----BEGIN") {
					t.Fatalf("keys are taken from %q", data)
				}
				elements = append(elements, member)
				allowed[allowedPEM(kid, text)]++
			}
		}
		unnamed := map[string]int{}
		tooMany := false // New refuses more than 8 keys of an algorithm without a kid
		for _, k := range set.Keys {
			unnamed[k.String()]++
			tooMany = tooMany || strings.Contains(k.String(), `kid=""`) && unnamed[k.String()] > 8
		}
		got := len(set.Keys)
		for _, err := range set.Skipped {
			if strings.HasPrefix(err.Error(), "key ") { // the other errors are about the whole set
				got++
			}
		}
		if len(set.Keys) > 100 || len(set.Skipped) > 112 || len(elements) <= 100 && got != len(elements) || len(elements) > 100 && got < 100 {
			t.Errorf("%d keys taken, %d skipped, of %d", len(set.Keys), len(set.Skipped), len(elements))
		}
		for _, k := range set.Keys {
			if err := k.Err(); err != nil {
				t.Errorf("%v: %v", k, err)
			}
			if allowed[k.String()]--; allowed[k.String()] < 0 {
				t.Errorf("%v is of no element that may be taken: %q", k, data)
			}
		}
		for _, err := range set.Skipped {
			if err == nil {
				t.Fatal("a key is skipped without a reason")
			}
			checkText(t, err.Error())
		}
		if _, err := jwthttp.New[Claims](set.Keys, jwthttp.Options{}); (err != nil) != tooMany {
			t.Errorf("New: %v", err)
		}
		some, _ := jwks.ParseFor(data, "PS256", "ES384")
		for _, k := range some {
			if name := k.String(); !strings.Contains(name, "{PS256 ") && !strings.Contains(name, "{ES384 ") {
				t.Errorf("%v is not wanted", k)
			}
		}
		every, err := jwks.ParseFor(data, "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
		for _, k := range set.Keys {
			if err != nil || !slices.ContainsFunc(every, func(e jwthttp.Key) bool { return e.String() == k.String() }) {
				t.Errorf("%v is not among %v, %v", k, every, err)
			}
		}
		again, err := jwks.Parse(data)
		if err != nil || len(again.Keys) != len(set.Keys) {
			t.Errorf("the second time: %v, %v", again, err)
		}
	})
}

// checkText asserts that a line is fit for a log, whatever the document contains.
func checkText(t *testing.T, line string) {
	t.Helper()
	if len(line) > 400 || strings.ContainsFunc(line, unicode.IsControl) {
		t.Errorf("%d bytes: %q", len(line), line)
	}
}

// allowedPEM reads the member of a map again, with golang-jwt. It returns how its key prints, or ""
// if it may not become a key.
func allowedPEM(kid, text string) string {
	if strings.Contains(text, "PRIVATE KEY-----") || strings.Count(text, "-----BEGIN") > 1 {
		return ""
	}
	algorithm := ""
	if pub, err := jwt.ParseRSAPublicKeyFromPEM([]byte(text)); err == nil && pub.N.BitLen() >= 2048 && pub.N.BitLen() <= 8192 && pub.N.Bit(0) == 1 {
		algorithm = "RS256"
	}
	if pub, err := jwt.ParseECPublicKeyFromPEM([]byte(text)); err == nil {
		algorithm = map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[pub.Params().Name]
	}
	if _, err := jwt.ParseEdPublicKeyFromPEM([]byte(text)); err == nil {
		algorithm = "EdDSA"
	}
	if algorithm == "" {
		return ""
	}
	return fmt.Sprintf("jwthttp.Key{%s kid=%q}", algorithm, kid)
}

// allowedKey applies the rules again, with encoding/json and crypto/elliptic. It returns how
// the key of an element prints, or "" if the element may not become a key.
func allowedKey(element []byte) string {
	var members map[string]any // exact names, unlike a struct of encoding/json
	if json.Unmarshal(element, &members) != nil {
		return ""
	}
	for _, name := range []string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"} {
		if members[name] != nil {
			return ""
		}
	}
	if use := members["use"]; use != nil && use != "sig" {
		return ""
	}
	if operations := members["key_ops"]; operations != nil {
		list, ok := operations.([]any)
		if !ok || !slices.Contains(list, any("verify")) {
			return ""
		}
	}
	number := func(name string) (*big.Int, []byte) {
		text, _ := members[name].(string)
		text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
		b, err := base64.RawStdEncoding.DecodeString(text)
		if err != nil {
			return new(big.Int), nil
		}
		return new(big.Int).SetBytes(b), b
	}
	algorithm := ""
	var others []string
	switch members["kty"] {
	case "RSA":
		n, _ := number("n")
		e, _ := number("e")
		if bits := n.BitLen(); bits < 2048 || bits > 8192 || n.Bit(0) == 0 || e.Bit(0) == 0 || e.Cmp(big.NewInt(3)) < 0 || e.BitLen() > 31 {
			return ""
		}
		algorithm, others = "RS256", []string{"RS384", "RS512", "PS256", "PS384", "PS512"}
	case "EC":
		name, _ := members["crv"].(string)
		size := map[string]int{"P-256": 32, "P-384": 48, "P-521": 66}[name]
		x, xText := number("x")
		y, yText := number("y")
		if size == 0 || len(xText) > size || len(yText) > size {
			return ""
		}
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[name]
		point := slices.Concat([]byte{4}, x.FillBytes(make([]byte, size)), y.FillBytes(make([]byte, size)))
		if _, err := ecdsa.ParseUncompressedPublicKey(curve, point); err != nil {
			return ""
		}
		algorithm = map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[name]
	case "OKP":
		if _, x := number("x"); len(x) != 32 || members["crv"] != "Ed25519" {
			return ""
		}
		algorithm = "EdDSA"
	default:
		return ""
	}
	if alg, _ := members["alg"].(string); alg != "" && alg != algorithm && (alg != "Ed25519" || algorithm != "EdDSA") {
		if !slices.Contains(others, alg) {
			return ""
		}
		algorithm = alg
	}
	kid, _ := members["kid"].(string)
	return fmt.Sprintf("jwthttp.Key{%s kid=%q}", algorithm, kid)
}
