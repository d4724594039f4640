package dpop_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

// FuzzProof signs any header and payload with a good key, and compares the verifier with a
// reference that uses encoding/json and plain code. JTI, NOW and ATH in a seed stand for what a
// good proof has.
func FuzzProof(f *testing.F) {
	s := edwards()
	x := s.jwk()["x"].(string)
	header := `{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"X"}}`
	payload := `{"jti":"JTI","htm":"GET","htu":"https://api.example.com/orders/17","iat":NOW,"ath":"ATH"}`
	for _, old := range []string{
		`"typ"`, `\u0074yp`, `"kid":{},"typ"`, `"use":"sig","kty"`, `"kty"`, `"key_ops":["verify"],"kty"`, `"d":null,"kty"`, `"d":"","kty"`, `"crit":1,"typ"`,
		`"\u0061lg"`, `"a":[[1]],"typ"`, `"a":[[[1]]],"typ"`, `"alg":"Ed25519","kty"`, `"alg":"ES256","kty"`, `"x5c":null,"kid":"\ud83d\ude00","typ"`, `"a":"\ud800","typ"`, `"kid":1,"kty"`,
	} {
		f.Add(strings.Replace(header, `"typ"`, old, 1), payload)
		f.Add(strings.Replace(header, `"kty"`, old, 1), payload)
	}
	for _, change := range [][2]string{
		{"NOW", "NOW.5"}, {"NOW", "-NOW"}, {"NOW", "0.NOWe10"}, {"NOW", "NOW0e-1"}, {"NOW", "0"}, {"NOW", `"NOW"`}, {"NOW", "null"},
		{`"GET"`, `"\u0047ET"`}, {`"GET"`, `"get"`}, {`"jti"`, `"exp":NOW,"jti"`}, {`"jti"`, `"nbf":NOW,"jti"`}, {`"jti"`, `"exp":1,"jti"`}, {`"jti"`, `"nbf":9999999999,"jti"`},
		{`"jti"`, `"nonce":"n","jti"`}, {`"jti"`, `"nonce":1,"jti"`}, {`"jti"`, `"nonce":null,"jti"`}, {`"jti"`, `"jti":"a","jti"`}, {`"JTI"`, `"\u00e9"`}, {`"JTI"`, `""`}, {`/17"`, `/17?a#b"`}, {`{`, ` {`}, {`}`, `} x`},
	} {
		f.Add(header, strings.Replace(payload, change[0], change[1], 1))
	}
	v := verifier(f, dpop.Options{AllowReplays: true})
	f.Fuzz(func(t *testing.T, header, payload string) {
		now := time.Now()
		header = strings.ReplaceAll(header, `"X"`, `"`+x+`"`)
		payload = strings.NewReplacer("JTI", rand.Text(), "NOW", big.NewInt(now.Unix()).String(), "ATH", digest(token)).Replace(payload)
		if header == "" || payload == "" {
			return
		}
		want, isKnown := reference(header, payload, x, now.Unix())
		err := confirm(v, s, s.sign(raw(header), raw(payload)))
		if err != nil && !errors.Is(err, jwthttp.ErrInvalidProof) && !contains(err, "another key") {
			t.Errorf("%v", err)
		}
		if isKnown && (err == nil) != want {
			t.Errorf("%v, the reference says %v\n%q\n%q", err, want, header, payload)
		}
	})
}

// reference reports whether a proof that is signed by the key x is good. isKnown is false where
// that depends on the normal form of htu, or on the very second.
func reference(header, payload, x string, now int64) (good, isKnown bool) {
	if len(b64([]byte(header)))+len(b64([]byte(payload)))+2+86 > 4096 || len(header) > 2048 {
		return false, len(header) < 2040 || len(header) > 2048
	}
	h, ok := strictObject(header, 4, 32)
	if !ok || h["typ"] != "dpop+jwt" || h["alg"] != "EdDSA" && h["alg"] != "Ed25519" {
		return false, true
	}
	for _, name := range []string{"crit", "b64", "zip", "enc"} {
		if _, ok := h[name]; ok {
			return false, true
		}
	}
	jwk, ok := h["jwk"].(map[string]any)
	if !ok || jwk["kty"] != "OKP" || jwk["crv"] != "Ed25519" || jwk["x"] != x {
		return false, true
	}
	for name, value := range jwk {
		switch {
		case slices.Contains([]string{"k", "d", "p", "q", "dp", "dq", "qi", "oth", "priv"}, name):
			return false, true
		case value == nil:
		case name == "use" && value != "sig",
			name == "alg" && value != "" && value != "EdDSA" && value != "Ed25519":
			return false, true
		case slices.Contains([]string{"kid", "alg", "n", "e", "y"}, name):
			if _, ok := value.(string); !ok {
				return false, true
			}
		case name == "key_ops":
			list, ok := value.([]any)
			if len(list) > 8 {
				return false, true
			}
			for _, one := range list {
				text, isString := one.(string)
				if !isString || strings.Contains(text, ",") { // commas are what is counted
					return false, one != nil && !isString
				}
			}
			if !ok || !slices.Contains(list, any("verify")) {
				return false, true
			}
		}
	}
	p, ok := strictObject(payload, 4, 256)
	if !ok {
		return false, true
	}
	jti, _ := p["jti"].(string)
	htu, _ := p["htu"].(string)
	if nonce, ok := p["nonce"]; ok {
		if _, ok := nonce.(string); !ok {
			return false, true
		}
	}
	if jti == "" || len(jti) > 256 || p["htm"] != "GET" || p["ath"] != digest(token) {
		return false, true
	}
	var times [3]*big.Rat
	for i, name := range []string{"iat", "exp", "nbf"} {
		value, ok := p[name]
		if !ok {
			continue
		}
		number, ok := value.(json.Number)
		if !ok {
			return false, true
		}
		if strings.ContainsAny(number.String(), "eE") {
			return false, false
		}
		times[i], ok = new(big.Rat).SetString(number.String())
		if !ok || times[i].Sign() < 0 || times[i].Cmp(big.NewRat(253402300799, 1)) > 0 {
			return false, true
		}
	}
	if times[0] == nil {
		return false, true
	}
	htu, _, _ = strings.Cut(htu, "#")
	htu, _, _ = strings.Cut(htu, "?")
	if htu != base+"/orders/17" {
		return false, !strings.ContainsAny(strings.TrimPrefix(htu, base), "%.:") && strings.HasPrefix(htu, base)
	}
	// Each limit, and from when on it is exceeded.
	for i, limits := range [3][2]int64{{now - 70, now + 10}, {now - 10, 1 << 40}, {-1, now + 10}} {
		if times[i] == nil {
			continue
		}
		for _, limit := range limits {
			if d := new(big.Rat).Sub(times[i], big.NewRat(limit, 1)); d.Abs(d).Cmp(big.NewRat(3, 1)) < 0 {
				return false, false
			}
		}
		if times[i].Cmp(big.NewRat(limits[0], 1)) < 0 || times[i].Cmp(big.NewRat(limits[1], 1)) > 0 {
			return false, true
		}
	}
	return true, true
}

// strictObject decodes an object with encoding/json, which is made strict here.
func strictObject(text string, maxDepth, maxMembers int) (o map[string]any, ok bool) {
	if !utf8.ValidString(text) || hasLoneSurrogate(text) {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&o); err != nil || o == nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	d = json.NewDecoder(strings.NewReader(text))
	members := 0
	return o, isStrict(d, maxDepth, &members) && members <= maxMembers
}

// isStrict reads one value, and finds depth and names that are there twice.
func isStrict(d *json.Decoder, depth int, members *int) bool {
	first, err := d.Token()
	if err != nil {
		return false
	}
	open, ok := first.(json.Delim)
	if !ok {
		return true
	}
	names := map[string]bool{}
	for d.More() {
		if open == '{' {
			name, _ := d.Token()
			if names[name.(string)] {
				return false
			}
			names[name.(string)] = true
			*members++
		}
		if !isStrict(d, depth-1, members) {
			return false
		}
	}
	d.Token()
	return depth > 0
}

func hasLoneSurrogate(text string) bool {
	unit := func(i int) uint64 {
		if i+6 > len(text) || text[i] != '\\' || text[i+1] != 'u' {
			return 0
		}
		n, ok := new(big.Int).SetString(text[i+2:i+6], 16)
		if !ok {
			return 0
		}
		return n.Uint64()
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		u := unit(i)
		if u >= 0xdc00 && u < 0xe000 {
			return true
		}
		if u >= 0xd800 && u < 0xdc00 {
			if low := unit(i + 6); low < 0xdc00 || low >= 0xe000 {
				return true
			}
			i += 6
		}
		i++
	}
	return false
}
