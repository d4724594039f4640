package jwthttp_test

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/keyhook"
)

// secretN returns a different secret for each n.
func secretN(n int) []byte { return fmt.Appendf(nil, "%032d", n) }

func withKid(kid string) string { return fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid) }

func pkix(t testing.TB, pub any) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestNewRefusesKeys(t *testing.T) {
	pub := &rsaKey().PublicKey
	der, pkcs1 := pkix(t, pub), x509.MarshalPKCS1PublicKey(pub)
	cert, _ := pem.Decode(readFile(t, "certificate.pem"))
	line := string(readFile(t, "jwt_key.pub"))
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(line)[1])
	if err != nil {
		t.Fatal(err)
	}
	half := 1 << 30                      // a variable, because a constant of 2^31 does not fit in an int of 32 bits
	modulus := func(bits int) *big.Int { // odd, and exactly that many bits long
		return new(big.Int).SetBit(big.NewInt(1), bits-1, 1)
	}
	tooLarge := 1<<31 - 1
	tooLarge += 2 // negative if an int has 32 bits
	named := func(n int, kid string) jwthttp.Key { return jwthttp.HS256(secretN(n)).WithID(kid) }
	var nine jwthttp.KeySet
	for n := range 9 {
		nine = append(nine, jwthttp.HS256(secretN(n)))
	}

	const public = "cannot be the text of a key"
	for _, tc := range []struct {
		name string
		keys jwthttp.KeySource
		opts jwthttp.Options
		want string
	}{
		{"nil", nil, jwthttp.Options{}, "key source is nil"},
		{"nil key pointer", (*jwthttp.Key)(nil), jwthttp.Options{}, "key source is nil"},
		{"nil set pointer", (*jwthttp.KeySet)(nil), jwthttp.Options{}, "key source is nil"},
		{"bad key by pointer", &jwthttp.Key{}, jwthttp.Options{}, "the key is empty"},
		{"bad set by pointer", &jwthttp.KeySet{jwthttp.HS256(secret[:31])}, jwthttp.Options{}, "32 bytes or more"},
		{"nil KeyFunc", jwthttp.KeyFunc(nil), jwthttp.Options{}, "key source is nil"},
		{"typed nil", (*ownSource)(nil), jwthttp.Options{}, "key source is nil"},
		{"empty set", jwthttp.KeySet{}, jwthttp.Options{}, "key set is empty"},
		{"nil set", jwthttp.KeySet(nil), jwthttp.Options{}, "key set is empty"},
		{"zero key", jwthttp.Key{}, jwthttp.Options{}, "the key is empty"},
		{"zero key with an id", jwthttp.Key{}.WithID("a").WithIssuer("b"), jwthttp.Options{}, "the key is empty"},
		{"secret of zeros", jwthttp.HS256(make([]byte, 64)), jwthttp.Options{}, "cannot be all zeros"},
		{"nil secret", jwthttp.HS256(nil), jwthttp.Options{}, "32 bytes or more, not 0"},
		{"short secret", jwthttp.HS256(secret[:31]), jwthttp.Options{}, "32 bytes or more, not 31"},
		{"short secret with an id", jwthttp.HS256(secret[:31]).WithID("a"), jwthttp.Options{}, "32 bytes or more, not 31"},

		{"PEM as a secret", jwthttp.HS256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), jwthttp.Options{}, public},
		{"PEM behind a line", jwthttp.HS256(append([]byte("\ufeffkey:\n"), readFile(t, "pkcs1.pem")...)), jwthttp.Options{}, public},
		{"PEM without its armour", jwthttp.HS256([]byte(base64.StdEncoding.EncodeToString(der))), jwthttp.Options{}, public},
		{"certificate as a secret", jwthttp.HS256(readFile(t, "certificate.pem")), jwthttp.Options{}, public},
		{"ssh line as a secret", jwthttp.HS256([]byte(line)), jwthttp.Options{}, public},
		{"ssh base64 as a secret", jwthttp.HS256([]byte(strings.Fields(line)[1])), jwthttp.Options{}, public},
		{"ssh bytes as a secret", jwthttp.HS256(blob), jwthttp.Options{}, public},
		{"PKIX DER as a secret", jwthttp.HS256(der), jwthttp.Options{}, public},
		{"PKCS#1 DER as a secret", jwthttp.HS256(pkcs1), jwthttp.Options{}, public},
		{"certificate DER as a secret", jwthttp.HS256(cert.Bytes), jwthttp.Options{}, public},
		{"EC PEM as a secret", jwthttp.HS256(readFile(t, "ec.pem")), jwthttp.Options{}, public},
		{"JWK as a secret", jwthttp.HS256([]byte(`{"kty":"RSA","e":"AQAB","n":"...................."}`)), jwthttp.Options{}, public},

		{"DER and a line break", jwthttp.HS256(append(slices.Clone(der), '\n')), jwthttp.Options{}, public},
		{"base64url DER", jwthttp.HS256([]byte(base64.RawURLEncoding.EncodeToString(der))), jwthttp.Options{}, public},
		{"hex DER", jwthttp.HS256([]byte(hex.EncodeToString(der))), jwthttp.Options{}, public},
		{"base64 in lines", jwthttp.HS256([]byte("  " + strings.Join(strings.SplitAfterN(base64.StdEncoding.EncodeToString(der), "M", 3), "\r\n  "))), jwthttp.Options{}, public},
		{"base64 with \\n", jwthttp.HS256([]byte(strings.Replace(base64.StdEncoding.EncodeToString(der), "MII", `MII\n`, 1))), jwthttp.Options{}, public},
		{"base64 of PEM", jwthttp.HS256([]byte(base64.StdEncoding.EncodeToString(readFile(t, "pkix.pem")))), jwthttp.Options{}, public},
		{"UTF-16 PEM", jwthttp.HS256([]byte(strings.Join(strings.Split(string(readFile(t, "pkix.pem")), ""), "\x00"))), jwthttp.Options{}, public},
		{"ssh certificate", jwthttp.HS256([]byte("ssh-rsa-cert-v01@openssh.com AAAAHHNzaC1yc2EtY2VydC12MDFAb3BlbnNzaC5jb20AAAAg")), jwthttp.Options{}, public},
		{"ssh key in hardware", jwthttp.HS256([]byte("sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIP")), jwthttp.Options{}, public},

		{"base64 in quotes", jwthttp.HS256([]byte(`"` + base64.StdEncoding.EncodeToString(der) + `"`)), jwthttp.Options{}, public},
		{"base64 behind a name", jwthttp.HS256([]byte("JWT_KEY=" + base64.StdEncoding.EncodeToString(der))), jwthttp.Options{}, public},
		{"base64 behind a byte order mark", jwthttp.HS256([]byte("\ufeff" + base64.StdEncoding.EncodeToString(der))), jwthttp.Options{}, public},
		{"base64 of P-256 in quotes", jwthttp.HS256([]byte(`'` + base64.StdEncoding.EncodeToString(pkix(t, &ecKey().PublicKey)) + `'`)), jwthttp.Options{}, public},
		{"base64 of Ed25519 in quotes", jwthttp.HS256([]byte(`'` + base64.StdEncoding.EncodeToString(pkix(t, edPublic(edKey()))) + `'`)), jwthttp.Options{}, public},

		{"nil RSA key", jwthttp.RS256(nil), jwthttp.Options{}, "RSA key is nil"},
		{"RSA key without modulus", jwthttp.RS256(&rsa.PublicKey{E: 3}), jwthttp.Options{}, "RSA key is nil"},
		{"2047 bits", jwthttp.RS256(&rsa.PublicKey{N: modulus(2047), E: 3}), jwthttp.Options{}, "2048 to 8192 bits, not 2047"},
		{"8193 bits", jwthttp.RS256(&rsa.PublicKey{N: modulus(8193), E: 3}), jwthttp.Options{}, "2048 to 8192 bits, not 8193"},
		{"negative modulus", jwthttp.RS256(&rsa.PublicKey{N: new(big.Int).Neg(pub.N), E: 3}), jwthttp.Options{}, "negative or even"},
		{"even modulus", jwthttp.RS256(&rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2048), E: 3}), jwthttp.Options{}, "negative or even"},
		{"exponent 0", jwthttp.RS256(&rsa.PublicKey{N: pub.N}), jwthttp.Options{}, "odd exponent"},
		{"exponent 1", jwthttp.RS256(&rsa.PublicKey{N: pub.N, E: 1}), jwthttp.Options{}, "odd exponent"},
		{"exponent even", jwthttp.RS256(&rsa.PublicKey{N: pub.N, E: 65536}), jwthttp.Options{}, "odd exponent"},
		{"exponent 2^31+1", jwthttp.RS256(&rsa.PublicKey{N: pub.N, E: tooLarge}), jwthttp.Options{}, "odd exponent"},
		{"exponent 2^31-2", jwthttp.RS256(&rsa.PublicKey{N: pub.N, E: 1<<31 - 2}), jwthttp.Options{}, "odd exponent"},
		{"exponent 2^31+1", jwthttp.RS256(&rsa.PublicKey{N: pub.N, E: 2*half + 1}), jwthttp.Options{}, "odd exponent"},

		{"duplicate id", jwthttp.KeySet{named(1, "a"), named(2, "a")}, jwthttp.Options{}, `the id "a" is twice`},
		{"duplicate id among others", jwthttp.KeySet{named(1, "a"), jwthttp.RS256(pub).WithID("a"), named(2, "b"), jwthttp.PS256(pub).WithID("a"), jwthttp.RS256(pub).WithID("a")}, jwthttp.Options{}, `the id "a" is twice in the set for RS256`},
		{"nine unnamed beside a named one", append(nine[:9:9], named(1, "a")), jwthttp.Options{}, "at most 8 are tried"},
		{"nine unnamed", nine, jwthttp.Options{}, "at most 8 are tried"},
		{"short secret with an odd id", jwthttp.HS256(nil).WithID("\x1f"), jwthttp.Options{}, "32 bytes or more"},
		{"DEL in the id", named(1, "a\x7f"), jwthttp.Options{}, "printable ASCII"},
		{"control in the id", named(1, "a\x1f"), jwthttp.Options{}, "printable ASCII"},
		{"odd id", named(1, "a\n"), jwthttp.Options{}, "printable ASCII"},
		{"long id", named(1, strings.Repeat("a", 257)), jwthttp.Options{}, "at most 256 bytes"},
		{"bad key in a set", jwthttp.KeySet{jwthttp.HS256(secret), jwthttp.RS256(nil)}, jwthttp.Options{}, "key 2: the RSA key is nil"},
		{"empty issuer", jwthttp.HS256(secret).WithIssuer(""), jwthttp.Options{}, "empty issuer or audience"},
		{"empty audience", jwthttp.HS256(secret).WithIssuer("a", ""), jwthttp.Options{}, "empty issuer or audience"},
		{"white space behind the issuer of a key", jwthttp.HS256(secret).WithIssuer("https://a.example/ "), jwthttp.Options{}, `jwthttp: WithIssuer: "https://a.example/ " has white space at its beginning or end`},
		{"white space before the audience of a key", jwthttp.HS256(secret).WithIssuer("a", "b", "\tc"), jwthttp.Options{}, `WithIssuer: "\tc" has white space`},
		{"a template as the issuer of a key", jwthttp.HS256(secret).WithIssuer("https://login.example/{tenantid}/v2.0"), jwthttp.Options{}, `"https://login.example/{tenantid}/v2.0" is a template: put your tenant's id`},
		{"two issuers", jwthttp.HS256(secret).WithIssuer("a"), jwthttp.Options{Issuer: "b"}, "use one issuer in both"},

		{"nil keyfunc", jwthttp.FromKeyfunc(nil, "HS256"), jwthttp.Options{}, "nil function"},
		{"keyfunc without algorithm", jwthttp.FromKeyfunc(anyKey(secret)), jwthttp.Options{}, "needs the algorithm"},
		{"keyfunc with another name", jwthttp.FromKeyfunc(anyKey(secret), "ES256K"), jwthttp.Options{}, `algorithm "ES256K": use HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 or EdDSA`},
		{"keyfunc with a name in another case", jwthttp.FromKeyfunc(anyKey(secret), "EDDSA"), jwthttp.Options{}, `algorithm "EDDSA"`},
		{"keyfunc with an empty name", jwthttp.FromKeyfunc(anyKey(secret), ""), jwthttp.Options{}, `algorithm ""`},
		{"keyfunc with a name among good ones", jwthttp.FromKeyfunc(anyKey(secret), "RS256", "Ed448", "ES256"), jwthttp.Options{}, `algorithm "Ed448"`},
		{"keyfunc with none", jwthttp.FromKeyfunc(anyKey(secret), "none"), jwthttp.Options{}, `algorithm "none"`},
		{"keyfunc with both", jwthttp.FromKeyfunc(anyKey(secret), "HS256", "RS256"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
		{"keyfunc with HS256 and PS256", jwthttp.FromKeyfunc(anyKey(secret), "PS256", "HS256"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
		{"keyfunc with HS512 and RS512", jwthttp.FromKeyfunc(anyKey(secret), "HS512", "RS512"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
		{"keyfunc with HS256 and Ed25519", jwthttp.FromKeyfunc(anyKey(secret), "Ed25519", "HS256"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
		{"keyfunc with HS256 and ES256", jwthttp.FromKeyfunc(anyKey(secret), "HS256", "ES256"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
		{"keyfunc with HS256 and EdDSA", jwthttp.FromKeyfunc(anyKey(secret), "EdDSA", "HS256"), jwthttp.Options{}, "use a KeySet or a KeyFunc"},
	} {
		t.Run(tc.name, func(t *testing.T) { refused(t, tc.want)(jwthttp.New[AppClaims](tc.keys, tc.opts)) })
	}

	// These good keys are nearest to the bad ones.
	for _, keys := range []jwthttp.KeySource{
		jwthttp.HS256(secret), nine[:8], jwthttp.KeySet{named(1, "a"), jwthttp.RS256(pub)}, jwthttp.KeySet{named(1, "a"), jwthttp.RS256(pub).WithID("a")}, append(nine[:8:8], named(1, "a"), named(2, "b")),
		jwthttp.RS256(&rsa.PublicKey{N: modulus(2048), E: 3}), jwthttp.RS256(&rsa.PublicKey{N: modulus(8192), E: 1<<31 - 1}),
		jwthttp.HS256(bytes.Repeat([]byte("AB"), 40)), named(1, strings.Repeat("~", 256)),
	} {
		if _, err := jwthttp.New[AppClaims](keys, jwthttp.Options{}); err != nil {
			t.Error(err)
		}
	}
}

type ownSource struct{ keys []jwthttp.Key }

func (s *ownSource) Keys(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	return s.keys, nil
}

func anyKey(key any) jwt.Keyfunc { return func(*jwt.Token) (any, error) { return key, nil } }

// The same keys are eligible in a set that New indexes and in a source of the caller's own.
func TestEligibleKeys(t *testing.T) {
	key := func(n int, kid string) jwthttp.Key { return jwthttp.HS256(secretN(n)).WithID(kid) }
	rs := jwthttp.RS256(&rsaKey().PublicKey)
	many := func(n int, kid string) (set jwthttp.KeySet) { // the ids are k1, k2, …
		for i := range n {
			set = append(set, key(i+1, fmt.Sprint(kid, i+1)))
		}
		return set
	}
	for _, tc := range []struct {
		name   string
		set    jwthttp.KeySet
		signer int
		header string
		want   error
	}{
		{"equal ids", jwthttp.KeySet{key(1, "a"), key(2, "b")}, 2, withKid("b"), nil},
		{"ids in another order", jwthttp.KeySet{key(1, "a"), key(2, "b")}, 1, withKid("b"), jwt.ErrTokenSignatureInvalid},
		{"unknown id", jwthttp.KeySet{key(1, "a"), key(2, "b")}, 1, withKid("c"), jwthttp.ErrUnknownKey},
		{"id in another case", jwthttp.KeySet{key(1, "a")}, 1, withKid("A"), jwthttp.ErrUnknownKey},
		{"no id in the token, one named key", jwthttp.KeySet{key(1, "a")}, 1, plainHeader, nil},
		{"no id in the token, two named keys", jwthttp.KeySet{key(1, "a"), key(2, "b")}, 2, plainHeader, nil},
		{"no id in the token, eight named keys", many(8, "k"), 8, plainHeader, nil},
		{"no id in the token, nine named keys", many(9, "k"), 1, plainHeader, jwthttp.ErrUnknownKey},
		{"an id in the token, nine named keys", many(9, "k"), 9, withKid("k9"), nil},
		{"an id in the token, named keys of another algorithm", append(many(8, "k"), rs.WithID("x"), key(9, "")), 9, withKid("x"), nil},
		{"no id in the token, eight named keys and one without", append(many(8, "k"), key(9, "")), 1, plainHeader, jwthttp.ErrUnknownKey},
		{"another id, eight named keys and one without", append(many(8, "k"), key(9, "")), 9, withKid("x"), nil},
		{"another id, signed by a named key", append(many(3, "k"), key(9, "")), 1, withKid("x"), jwt.ErrTokenSignatureInvalid},
		{"an id in the token, signed by the key without", jwthttp.KeySet{key(1, "a"), key(2, "")}, 2, withKid("a"), jwt.ErrTokenSignatureInvalid},
		{"from a key without id to one with, old", jwthttp.KeySet{key(1, ""), key(2, "b")}, 1, plainHeader, nil},
		{"from a key without id to one with, new", jwthttp.KeySet{key(1, ""), key(2, "b")}, 2, withKid("b"), nil},
		{"from a key with an id to one without, old", jwthttp.KeySet{key(1, "a"), key(2, "")}, 1, withKid("a"), nil},
		{"from a key with an id to one without, new", jwthttp.KeySet{key(1, "a"), key(2, "")}, 2, plainHeader, nil},
		{"one id, two algorithms", jwthttp.KeySet{rs.WithID("a"), key(1, "a")}, 1, withKid("a"), nil},
		{"an id of another algorithm only", jwthttp.KeySet{key(1, "a"), rs.WithID("b")}, 1, withKid("b"), jwthttp.ErrUnknownKey},
		{"unnamed key, named token", jwthttp.KeySet{key(1, "")}, 1, withKid("x"), nil},
		{"rotation, old", jwthttp.KeySet{key(1, ""), key(2, "")}, 1, plainHeader, nil},
		{"rotation, new", jwthttp.KeySet{key(1, ""), key(2, "")}, 2, withKid("x"), nil},
		{"rotation, neither", jwthttp.KeySet{key(1, ""), key(2, "")}, 3, plainHeader, jwt.ErrTokenSignatureInvalid},
		{"another algorithm's id", jwthttp.KeySet{key(1, ""), rs.WithID("a")}, 1, withKid("a"), nil},
		{"no key of the algorithm", jwthttp.KeySet{rs}, 1, plainHeader, jwthttp.ErrUnknownKey},
		{"two algorithms, one key each", jwthttp.KeySet{key(1, "a"), rs.WithID("b")}, 1, plainHeader, nil},
	} {
		token := signHS(secretN(tc.signer), tc.header, payload(""))
		t.Run(tc.name, func(t *testing.T) {
			verify(t, mustNew[AppClaims](t, tc.set, jwthttp.Options{}), token, tc.want)
			verify(t, mustNew[AppClaims](t, &ownSource{tc.set}, jwthttp.Options{}), token, tc.want)
			verify(t, mustNew[AppClaims](t, jwthttp.KeyFunc(tc.set.Keys), jwthttp.Options{}), token, tc.want)
		})
	}
	// A source of the caller's own may have two keys with one id, and may return any number of
	// keys.
	verify(t, mustNew[AppClaims](t, &ownSource{jwthttp.KeySet{key(1, "a"), key(2, "a"), key(3, "")}}, jwthttp.Options{}), signHS(secretN(2), withKid("a"), payload("")), nil)
	verify(t, mustNew[AppClaims](t, &ownSource{append(many(300, "k"), key(301, ""))}, jwthttp.Options{}), signHS(secretN(301), withKid("x"), payload("")), nil)
	// A KeyFunc may return at most eight keys, whatever their algorithms.
	for n, want := range map[int]error{8: nil, 9: jwthttp.ErrUnknownKey} {
		f := func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return many(n, "k"), nil }
		verify(t, mustNew[AppClaims](t, jwthttp.KeyFunc(f), jwthttp.Options{}), signHS(secretN(1), withKid("k1"), payload("")), want)
	}
	var nine []jwthttp.Key
	for n := range 9 {
		nine = append(nine, key(n, ""))
	}
	verify(t, mustNew[AppClaims](t, &ownSource{nine}, jwthttp.Options{}), signHS(secretN(1), plainHeader, payload("")), jwthttp.ErrUnknownKey)
	verify(t, mustNew[AppClaims](t, &ownSource{nine[:8]}, jwthttp.Options{}), signHS(secretN(7), plainHeader, payload("")), nil)
	verify(t, mustNew[AppClaims](t, jwthttp.KeyFunc(key(1, "a").Keys), jwthttp.Options{}), signHS(secretN(1), withKid("a"), payload("")), nil)
}

// A replaceable is a source whose only key is replaced, under the same kid, when it is asked
// for a renewal.
type replaceable struct {
	now, next jwthttp.Key // next is the zero Key if there is no replacement
	renewals  []string
}

func newReplaceable(now, next jwthttp.Key) *replaceable {
	s := &replaceable{next: next}
	s.now = keyhook.WithOrigin(now, origin{s, "now"}).(jwthttp.Key)
	return s
}

func (s *replaceable) Keys(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
	return []jwthttp.Key{s.now}, nil
}

type origin struct {
	source *replaceable
	name   string
}

func (o origin) Source() any { return o.source }

func (o origin) Renewed(_ context.Context, _ time.Time, algorithm, kid string, tried []keyhook.Origin) bool {
	s := o.source
	s.renewals = append(s.renewals, fmt.Sprint(algorithm, " ", kid, " ", len(tried)))
	if s.next.Err() != nil {
		return false
	}
	s.now, s.next = keyhook.WithOrigin(s.next, origin{s, "next"}).(jwthttp.Key), jwthttp.Key{}
	return true
}

// A signature that fails under a key of a remote set is tried again if that key was replaced.
// This holds however the source is wrapped.
func TestReplacedKeys(t *testing.T) {
	header := `{"alg":"HS256","kid":"k"}`
	key := func(n int) jwthttp.Key { return jwthttp.HS256(secretN(n)).WithID("k") }
	token := func(n int) string { return signHS(secretN(n), header, payload(`"iss":"i"`)) }
	wrappers := map[string]func(jwthttp.KeySource) jwthttp.KeySource{
		"bare":    func(s jwthttp.KeySource) jwthttp.KeySource { return s },
		"KeyFunc": func(s jwthttp.KeySource) jwthttp.KeySource { return jwthttp.KeyFunc(s.Keys) },
		"Issuers": func(s jwthttp.KeySource) jwthttp.KeySource { return jwthttp.Issuers{"i": s} },
		"KeyFunc that changes keys": func(s jwthttp.KeySource) jwthttp.KeySource {
			return jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
				keys, err := s.Keys(ctx, h)
				return []jwthttp.Key{keys[0].WithIssuer("i")}, err
			})
		},
	}
	for _, tc := range []struct {
		name      string
		now, next jwthttp.Key
		want      error // for a token of key 2
		renewals  string
	}{
		{"replaced", key(1), key(2), nil, "[HS256 k 1]"},
		{"not replaced", key(1), jwthttp.Key{}, jwt.ErrTokenSignatureInvalid, "[HS256 k 1]"},
		{"replaced by another", key(1), key(3), jwt.ErrTokenSignatureInvalid, "[HS256 k 1]"},
		{"replaced by another id", key(1), key(2).WithID("l"), jwthttp.ErrUnknownKey, "[HS256 k 1]"},
		{"replaced by another algorithm", key(1), jwthttp.RS256(&rsaKey().PublicKey).WithID("k"), jwthttp.ErrUnknownKey, "[HS256 k 1]"},
		{"good already", key(2), key(3), nil, "[]"},
	} {
		for name, wrap := range wrappers {
			t.Run(tc.name+", "+name, func(t *testing.T) {
				source := newReplaceable(tc.now, tc.next)
				auth := mustNew[AppClaims](t, wrap(source), jwthttp.Options{})
				verify(t, auth, token(2), tc.want)
				if got := fmt.Sprint(source.renewals); got != tc.renewals {
					t.Errorf("renewals %v, want %v", got, tc.renewals)
				}
			})
		}
	}

	// Each source is asked only once. Keys that are not from a remote set are tried first, and
	// they cause no renewal.
	a, b := newReplaceable(key(1), jwthttp.Key{}), newReplaceable(key(2), key(5))
	two := jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		return []jwthttp.Key{a.now, key(3), a.now, b.now, b.now}, nil
	})
	verify(t, mustNew[AppClaims](t, two, jwthttp.Options{}), token(3), nil)
	verify(t, mustNew[AppClaims](t, two, jwthttp.Options{}), token(5), nil)
	if got := fmt.Sprint(a.renewals, b.renewals); got != "[HS256 k 4] [HS256 k 4]" {
		t.Errorf("renewals %v", got)
	}
}

// An RSA public key is refused as a secret, in whatever form a token is signed with it (RFC
// 8725 section 2.1, CVE-2015-9235, CVE-2016-10555).
func TestAlgorithmConfusion(t *testing.T) {
	pub := &rsaKey().PublicKey
	auth := mustNew[AppClaims](t, jwthttp.KeySet{jwthttp.RS256(pub).WithID("rsa"), jwthttp.HS256(secret).WithID("hmac")}, jwthttp.Options{})
	alone := mustNew[AppClaims](t, jwthttp.RS256(pub), jwthttp.Options{})
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	jwk := fmt.Sprintf(`{"kty":"RSA","n":%q,"e":"AQAB"}`, b64(string(pub.N.Bytes())))
	for name, public := range map[string][]byte{
		"PKIX": pkix(t, pub), "PKCS#1": x509.MarshalPKCS1PublicKey(pub), "PEM PKIX": block("PUBLIC KEY", pkix(t, pub)), "PEM PKCS#1": block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(pub)),
		"ssh": sshLine(pub), "ssh without comment": bytes.Join(bytes.Fields(sshLine(pub))[:2], []byte(" ")), "ssh, base64 alone": bytes.Fields(sshLine(pub))[1],
		"JWK": []byte(jwk), "JWK, in its canonical form": fmt.Appendf(nil, `{"e":"AQAB","kty":"RSA","n":%q}`, b64(string(pub.N.Bytes()))), "JWK set": []byte(`{"keys":[` + jwk + `]}`),
		"modulus": pub.N.Bytes(), "modulus, base64url": []byte(b64(string(pub.N.Bytes()))), "modulus, hex": []byte(pub.N.Text(16)), "modulus, decimal": []byte(pub.N.String()), "PEM body": []byte(base64.StdEncoding.EncodeToString(pkix(t, pub))),
	} {
		for _, end := range []string{"", "\n", "\r\n", "\x00", " "} {
			key := append(bytes.TrimRight(public, "\r\n"), end...)
			t.Run(fmt.Sprintf("%s, %q", name, end), func(t *testing.T) {
				verify(t, auth, signHS(key, withKid("rsa"), payload("")), jwthttp.ErrUnknownKey)
				verify(t, auth, signHS(key, withKid("hmac"), payload("")), jwt.ErrTokenSignatureInvalid)
				verify(t, auth, signHS(key, plainHeader, payload("")), jwt.ErrTokenSignatureInvalid)
				verify(t, auth, signHS(key, `{"alg":"RS256","kid":"rsa"}`, payload("")), jwt.ErrTokenSignatureInvalid)
				for _, alg := range []string{"HS256", "HS384", "HS512", "hs256"} {
					verify(t, alone, signHS(key, `{"alg":"`+alg+`"}`, payload("")), jwthttp.ErrUnknownKey)
				}
			})
		}
	}
	verify(t, auth, signRS(t, rsaKey(), `{"alg":"HS256","kid":"hmac"}`, payload("")), jwt.ErrTokenSignatureInvalid)
	verify(t, auth, signRS(t, rsaKey(), `{"alg":"RS256","kid":"hmac"}`, payload("")), jwthttp.ErrUnknownKey)
	verify(t, auth, signRS(t, rsaKey(), `{"alg":"RS384","kid":"rsa"}`, payload("")), jwthttp.ErrUnknownKey)
	verify(t, auth, signRS(t, rsaKey(), `{"alg":"RS256","kid":"rsa"}`, payload("")), nil)
}

func TestKeyFunc(t *testing.T) {
	type ctxKey struct{}
	ctx := context.WithValue(t.Context(), ctxKey{}, "tenant")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	var header jwthttp.TokenHeader
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(ctx context.Context, h jwthttp.TokenHeader) ([]jwthttp.Key, error) {
		header = h
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		switch h.KeyID {
		case "good":
			if ctx.Value(ctxKey{}) != "tenant" {
				return nil, errors.New("the context is another")
			}
			return []jwthttp.Key{jwthttp.HS256(secret)}, nil
		case "nothing":
			return nil, nil
		case "unknown":
			return nil, fmt.Errorf("%w: %s", jwthttp.ErrUnknownKey, h.KeyID)
		case "unknown, but one source is down":
			return nil, errors.Join(jwthttp.ErrUnknownKey, jwthttp.ErrUnavailable)
		case "broken":
			return []jwthttp.Key{jwthttp.HS256(secret)}, errors.New("disk on fire")
		case "zero":
			return []jwthttp.Key{{}}, nil
		case "zero beside a good one":
			return []jwthttp.Key{jwthttp.HS256(secret), {}}, nil
		case "short":
			return []jwthttp.Key{jwthttp.HS256(secret[:16])}, nil
		case "nil RSA":
			return []jwthttp.Key{jwthttp.RS256(nil)}, nil
		case "another algorithm":
			return []jwthttp.Key{jwthttp.RS256(&rsaKey().PublicKey)}, nil
		}
		t.Errorf("kid %q", h.KeyID)
		return nil, nil
	}), jwthttp.Options{})
	for kid, want := range map[string]error{
		"good":                            nil,
		"nothing":                         jwthttp.ErrUnknownKey,
		"unknown":                         jwthttp.ErrUnknownKey,
		"another algorithm":               jwthttp.ErrUnknownKey,
		"unknown, but one source is down": jwthttp.ErrUnavailable,
		"broken":                          jwthttp.ErrUnavailable,
		"zero":                            jwthttp.ErrUnavailable,
		"zero beside a good one":          jwthttp.ErrUnavailable,
		"short":                           jwthttp.ErrUnavailable,
		"nil RSA":                         jwthttp.ErrUnavailable,
	} {
		token, err := auth.Verify(ctx, signHS(secret, fmt.Sprintf(`{"alg":"HS256","kid":%q,"typ":"at+jwt"}`, kid), payload("")))
		if !errors.Is(err, want) || (token != nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", kid, err, want)
		}
		if errors.Is(err, jwthttp.ErrInvalidToken) == errors.Is(err, jwthttp.ErrUnavailable) && want != nil {
			t.Errorf("%s: %v is of no kind or of two kinds", kid, err)
		}
		if header.Algorithm != "HS256" || header.KeyID != kid || header.Type != "at+jwt" || header.UnverifiedIssuer() != "" {
			t.Errorf("header %+v", header)
		}
	}
	if _, err := auth.Verify(cancelled, signHS(secret, withKid("good"), payload(""))); !errors.Is(err, jwthttp.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFromKeyfunc(t *testing.T) {
	pub := &rsaKey().PublicKey
	ec, ed, p384 := &ecKey().PublicKey, edPublic(edKey()), &must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)).PublicKey
	keySet := func(keys ...jwt.VerificationKey) any { return jwt.VerificationKeySet{Keys: keys} }
	failing := func(err error) jwt.Keyfunc { return func(*jwt.Token) (any, error) { return nil, err } }
	sign := func(algorithm string, private any) string {
		return signAs(t, algorithm, private, fmt.Sprintf(`{"alg":%q}`, algorithm), payload(""))
	}
	hs, rs, ps, es, eddsa := sign("HS256", secret), sign("RS256", rsaKey()), sign("PS256", rsaKey()), sign("ES256", ecKey()), sign("EdDSA", edKey())
	errOwn := errors.New("own")
	for _, tc := range []struct {
		name      string
		f         jwt.Keyfunc
		algorithm string
		token     string
		want      error
	}{
		{"HS256", anyKey(secret), "HS256", hs, nil},
		{"RS256", anyKey(pub), "RS256", rs, nil},
		{"a set", anyKey(keySet([]byte("another secret of 32 bytes or more"), secret)), "HS256", hs, nil},
		{"a set with other kinds", anyKey(keySet(ec, pub, ed)), "RS256", rs, nil},
		{"a set without the key", anyKey(keySet(secretN(1), secretN(2))), "HS256", hs, jwt.ErrTokenSignatureInvalid},
		{"an empty set", anyKey(keySet()), "HS256", hs, jwthttp.ErrUnavailable},
		{"typed nil of another kind", anyKey((*rsa.PublicKey)(nil)), "HS256", hs, jwthttp.ErrUnavailable},
		{"nil Ed25519 key", anyKey(ed25519.PublicKey(nil)), "RS256", rs, jwthttp.ErrUnavailable},
		{"a secret that is not asked for", anyKey(secret), "RS256", hs, jwthttp.ErrUnknownKey},
		{"nine keys", anyKey(keySet(secret, secret, secret, secret, secret, secret, secret, secret, secret)), "HS256", hs, jwthttp.ErrUnknownKey},
		{"another algorithm in the token", anyKey(pub), "RS256", hs, jwthttp.ErrUnknownKey},
		{"alg none", anyKey(pub), "RS256", signHS(nil, `{"alg":"none"}`, payload("")), jwthttp.ErrUnknownKey},
		{"public key for HS256", anyKey(pub), "HS256", hs, jwthttp.ErrUnknownKey},
		{"secret for RS256", anyKey(secret), "RS256", rs, jwthttp.ErrUnknownKey},
		{"EC key", anyKey(ec), "RS256", rs, jwthttp.ErrUnknownKey},
		{"PS256", anyKey(pub), "PS256", ps, nil},
		{"ES256", anyKey(ec), "ES256", es, nil},
		{"EdDSA", anyKey(ed), "EdDSA", eddsa, nil},
		{"a set for ES256", anyKey(keySet(secret, ed, &ecForger().PublicKey, ec)), "ES256", es, nil},
		{"a set for EdDSA", anyKey(keySet(ec, edPublic(edForger()), ed)), "EdDSA", eddsa, nil},
		{"PS256 by another key", anyKey(&rsaForger().PublicKey), "PS256", ps, jwt.ErrTokenSignatureInvalid},
		{"ES256 by another key", anyKey(&ecForger().PublicKey), "ES256", es, jwt.ErrTokenSignatureInvalid},
		{"EdDSA by another key", anyKey(edPublic(edForger())), "EdDSA", eddsa, jwt.ErrTokenSignatureInvalid},
		{"an RSA key that is for PS256", anyKey(pub), "PS256", rs, jwthttp.ErrUnknownKey},
		{"an RSA key that is for RS256", anyKey(pub), "RS256", ps, jwthttp.ErrUnknownKey},
		{"RSA key for ES256", anyKey(pub), "ES256", es, jwthttp.ErrUnknownKey},
		{"Ed25519 key for ES256", anyKey(ed), "ES256", es, jwthttp.ErrUnknownKey},
		{"EC key for EdDSA", anyKey(ec), "EdDSA", eddsa, jwthttp.ErrUnknownKey},
		{"secret for EdDSA", anyKey([]byte(ed)), "EdDSA", eddsa, jwthttp.ErrUnknownKey},
		{"Ed25519 key for HS256", anyKey(ed), "HS256", signHS(ed, plainHeader, payload("")), jwthttp.ErrUnknownKey},
		{"nil EC key", anyKey((*ecdsa.PublicKey)(nil)), "ES256", es, jwthttp.ErrUnavailable},
		{"zero EC key", anyKey(&ecdsa.PublicKey{}), "ES256", es, jwthttp.ErrUnavailable},
		{"P-384", anyKey(p384), "ES256", es, jwthttp.ErrUnavailable},
		{"EC private key", anyKey(ecKey()), "ES256", es, jwthttp.ErrUnavailable},
		{"EC key by value", anyKey(*ec), "ES256", es, jwthttp.ErrUnavailable}, //nolint:govet
		{"Ed25519 private key", anyKey(edKey()), "EdDSA", eddsa, jwthttp.ErrUnavailable},
		{"Ed25519 key by pointer", anyKey(&ed), "EdDSA", eddsa, jwthttp.ErrUnavailable},
		{"Ed25519 key of 31 bytes", anyKey(ed[:31]), "EdDSA", eddsa, jwthttp.ErrUnavailable},
		{"own error", failing(errOwn), "HS256", hs, errOwn},
		{"own error is a 401", failing(errOwn), "HS256", hs, jwthttp.ErrInvalidToken},
		{"store down", failing(fmt.Errorf("x: %w", jwthttp.ErrUnavailable)), "HS256", hs, jwthttp.ErrUnavailable},
		{"too slow", failing(context.DeadlineExceeded), "HS256", hs, jwthttp.ErrUnavailable},
		{"cancelled", failing(fmt.Errorf("x: %w", context.Canceled)), "HS256", hs, jwthttp.ErrUnavailable},
		{"nil", anyKey(nil), "HS256", hs, jwthttp.ErrUnavailable},
		{"nil secret", anyKey([]byte(nil)), "HS256", hs, jwthttp.ErrUnavailable},
		{"typed nil", anyKey((*rsa.PublicKey)(nil)), "RS256", rs, jwthttp.ErrUnavailable},
		{"short secret", anyKey(secret[:16]), "HS256", hs, jwthttp.ErrUnavailable},
		{"public key text", anyKey(readFile(t, "pkix.pem")), "HS256", signHS(readFile(t, "pkix.pem"), plainHeader, payload("")), jwthttp.ErrUnavailable},
		{"string", anyKey(string(secret)), "HS256", hs, jwthttp.ErrUnavailable},
		{"private key", anyKey(rsaKey()), "RS256", rs, jwthttp.ErrUnavailable},
		{"RSA by value", anyKey(*pub), "RS256", rs, jwthttp.ErrUnavailable}, //nolint:govet
	} {
		t.Run(tc.name, func(t *testing.T) {
			auth := mustNew[AppClaims](t, jwthttp.FromKeyfunc(tc.f, tc.algorithm), jwthttp.Options{})
			verify(t, auth, tc.token, tc.want)
		})
	}

	// One function serves all asymmetric algorithms. It is not called for others.
	asked := 0
	several := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(token *jwt.Token) (any, error) {
		asked++
		if token.Method == nil || token.Method.Alg() != token.Header["alg"] {
			t.Errorf("method %v, header %v", token.Method, token.Header)
		}
		return keySet(pub, ec, ed, secret), nil
	}, "EdDSA", "RS256", "ES256", "PS256"), jwthttp.Options{})
	for _, raw := range []string{rs, ps, es, eddsa} {
		verify(t, several, raw, nil)
	}
	if asked != 4 {
		t.Errorf("the function was called %d times", asked)
	}
	verify(t, several, hs, jwthttp.ErrUnknownKey)
	verify(t, several, signHS(secret, `{"alg":"ES384"}`, payload("")), jwthttp.ErrUnknownKey)
	if asked != 4 {
		t.Error("the function was called for an algorithm that it has no keys for")
	}

	// The function gets a fresh token that contains nothing unverified.
	first := true
	auth := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(token *jwt.Token) (any, error) {
		want := map[string]any{"alg": "HS256", "kid": "k", "typ": "JWT"}
		if fmt.Sprint(token.Header) != fmt.Sprint(want) || token.Method != jwt.SigningMethodHS256 || len(token.Claims.(jwt.MapClaims)) != 0 || token.Raw != "" || token.Signature != nil || token.Valid {
			t.Errorf("token = %+v", token)
		}
		token.Header["alg"], token.Claims.(jwt.MapClaims)["x"], first = "changed", 1, false
		return secret, nil
	}, "HS256"), jwthttp.Options{})
	raw := signHS(secret, `{"alg":"HS256","kid":"k","typ":"JWT"}`, payload(""))
	for range 2 {
		if got := verify(t, auth, raw, nil); got.Header.Algorithm != "HS256" {
			t.Errorf("header %+v", got.Header)
		}
	}
	if first {
		t.Error("the function was not called")
	}
	bare := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(token *jwt.Token) (any, error) {
		if len(token.Header) != 1 {
			t.Errorf("header %v", token.Header)
		}
		return secret, nil
	}, "HS256"), jwthttp.Options{})
	verify(t, bare, signHS(secret, `{"alg":"HS256"}`, payload("")), nil)
}

// Only the keys that a key function returns now count, whatever it returned before. Keys that
// differ in one part are different keys.
func TestFromKeyfuncTellsKeysApart(t *testing.T) {
	n, point := rsaKey().N, ecKey().PublicKey
	uncompressed := must(point.Bytes()) // a byte 4, then x and y
	y := new(big.Int).SetBytes(uncompressed[33:])
	new(big.Int).Sub(elliptic.P256().Params().P, y).FillBytes(uncompressed[33:])
	negative := must(ecdsa.ParseUncompressedPublicKey(elliptic.P256(), uncompressed))
	ed := slices.Clone(edPublic(edKey()))
	ed[31] ^= 0x80 // the sign of x: this is another point
	for _, tc := range []struct {
		algorithm string
		a, b      any
	}{
		{"HS256", append(slices.Clone(secret), '1'), append(slices.Clone(secret), '2')},
		{"RS256", &rsa.PublicKey{N: n, E: 3}, &rsa.PublicKey{N: n, E: 65537}},
		{"PS256", &rsa.PublicKey{N: n, E: 3}, &rsa.PublicKey{N: n, E: 65537}},
		{"ES256", &point, negative},
		{"EdDSA", edPublic(edKey()), ed},
	} {
		var material any
		source := jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return material, nil }, tc.algorithm)
		keys := func(m any) jwthttp.Key {
			t.Helper()
			material = m
			keys, err := source.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: tc.algorithm})
			if err != nil || len(keys) != 1 {
				t.Fatalf("%s: %v, %v", tc.algorithm, keys, err)
			}
			return keys[0]
		}
		if a, b := keys(tc.a), keys(tc.b); a == b || keys(tc.a) != a || keys(tc.b) != b {
			t.Errorf("%s: one key counts as another, or the same is made anew", tc.algorithm)
		}
	}
}

// An unfit key is refused each time.
func TestFromKeyfuncKeepsNoUnfitKey(t *testing.T) {
	auth := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return []byte("short"), nil }, "HS256"), jwthttp.Options{})
	for range 2 {
		verify(t, auth, good(), jwthttp.ErrUnavailable)
	}
}

// The keys that a source returns are not changed, even if two of them are eligible.
func TestKeysOfASourceAreReadOnly(t *testing.T) {
	a, b := jwthttp.HS256(secretN(1)), jwthttp.HS256(secretN(2))
	rs := jwthttp.RS256(&rsaKey().PublicKey)
	shared := []jwthttp.Key{a, rs, b}
	auth := mustNew[AppClaims](t, jwthttp.KeyFunc(func(context.Context, jwthttp.TokenHeader) ([]jwthttp.Key, error) { return shared, nil }), jwthttp.Options{})
	verify(t, auth, signHS(secretN(2), plainHeader, payload("")), nil)
	if want := []jwthttp.Key{a, rs, b}; !slices.Equal(shared, want) {
		t.Errorf("%v, want %v", shared, want)
	}
	verify(t, auth, signRS(t, rsaKey(), `{"alg":"RS256"}`, payload("")), nil)
}

// A source around a key set may append to what that returns. It changes no list of the set.
func TestKeysAreAppendedTo(t *testing.T) {
	set := slices.Grow(jwthttp.KeySet{jwthttp.HS256(secretN(0)), jwthttp.HS256(secretN(1))}, 2)
	appended := func(k jwthttp.Key) jwthttp.Key {
		keys, err := set.Keys(t.Context(), jwthttp.TokenHeader{Algorithm: "HS256"})
		if err != nil {
			t.Fatal(err)
		}
		return append(keys, k)[2]
	}
	appended(jwthttp.HS256(secretN(2)))
	if k := set[:3][2]; k != (jwthttp.Key{}) {
		t.Errorf("the set has got %v", k)
	}
}

func TestFromKeyfuncFollowsTheFunction(t *testing.T) {
	material := slices.Clone(secretN(0))
	source := jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return material, nil }, "HS256")
	auth := mustNew[AppClaims](t, source, jwthttp.Options{})
	token := func(n int) string { return signHS(secretN(n), plainHeader, payload("")) }
	for n := range 80 { // more than are kept
		copy(material, secretN(n)) // in place
		verify(t, auth, token(n), nil)
		verify(t, auth, token(n+1), jwt.ErrTokenSignatureInvalid)
		if n > 0 {
			verify(t, auth, token(n-1), jwt.ErrTokenSignatureInvalid)
		}
		if kept := jwthttp.KeysKept(source); kept < 1 || kept > 64 {
			t.Errorf("%d keys are kept", kept)
		}
	}
	pub := &rsa.PublicKey{N: new(big.Int).Set(rsaKey().N), E: rsaKey().E}
	rs := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return pub, nil }, "RS256"), jwthttp.Options{})
	good := signRS(t, rsaKey(), `{"alg":"RS256"}`, payload(""))
	verify(t, rs, good, nil)
	verify(t, rs, good, nil)
	pub.N.Set(rsaForger().N)
	verify(t, rs, good, jwt.ErrTokenSignatureInvalid)
	pub.N = nil
	verify(t, rs, good, jwthttp.ErrUnavailable)

	point := ecKey().PublicKey
	es := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return &point, nil }, "ES256"), jwthttp.Options{})
	good = signAs(t, "ES256", ecKey(), `{"alg":"ES256"}`, payload(""))
	verify(t, es, good, nil)
	verify(t, es, good, nil)
	point = ecForger().PublicKey
	verify(t, es, good, jwt.ErrTokenSignatureInvalid)
	point = ecdsa.PublicKey{}
	verify(t, es, good, jwthttp.ErrUnavailable)

	ed := slices.Clone(edPublic(edKey()))
	eddsa := mustNew[AppClaims](t, jwthttp.FromKeyfunc(func(*jwt.Token) (any, error) { return ed, nil }, "EdDSA"), jwthttp.Options{})
	good = signAs(t, "EdDSA", edKey(), `{"alg":"EdDSA"}`, payload(""))
	verify(t, eddsa, good, nil)
	verify(t, eddsa, good, nil)
	copy(ed, edPublic(edForger()))
	verify(t, eddsa, good, jwt.ErrTokenSignatureInvalid)
	clear(ed)
	verify(t, eddsa, good, jwthttp.ErrUnavailable)
}

// Keys copy what they are made of.
func TestKeysCopy(t *testing.T) {
	pub := &rsa.PublicKey{N: new(big.Int).Set(rsaKey().N), E: rsaKey().E}
	audience := []string{"orders"}
	key := jwthttp.RS256(pub).WithIssuer("a", audience...)
	pub.N.SetInt64(0)
	pub.E, audience[0] = 3, "x"
	verify(t, mustNew[AppClaims](t, key, jwthttp.Options{}), signRS(t, rsaKey(), rsHeader, payload(`"iss":"a","aud":"orders"`)), nil)

	hs, ed := slices.Clone(secret), slices.Clone(edPublic(edKey()))
	rs := &rsa.PublicKey{N: new(big.Int).Set(rsaKey().N), E: rsaKey().E}
	//lint:ignore SA1019 a copy of the point
	ec := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).Set(ecKey().X), Y: new(big.Int).Set(ecKey().Y)}
	set := jwthttp.KeySet{jwthttp.HS256(hs), jwthttp.RS256(rs), jwthttp.PS256(rs), jwthttp.ES256(ec), jwthttp.EdDSA(ed)}
	clear(hs)
	clear(ed)
	rs.N.SetInt64(0)
	//lint:ignore SA1019 as somebody else may
	ec.X.SetInt64(0)
	ec.Curve = nil
	for i, a := range algorithms()[:len(set)] {
		verify(t, mustNew[AppClaims](t, set[i], jwthttp.Options{}), a.sign(t, payload("")), nil)
	}
}

func TestParseRSAPublicKey(t *testing.T) {
	privDER, err := x509.MarshalPKCS8PrivateKey(rsaKey())
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	field := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	ssh := func(name string, e, n []byte, more ...byte) string {
		blob := append(append(append(field([]byte(name)), field(e)...), field(n)...), more...)
		return "ssh-rsa " + base64.StdEncoding.EncodeToString(blob) + " bob@example"
	}
	pub := &rsaKey().PublicKey
	n, e := append([]byte{0}, pub.N.Bytes()...), []byte{1, 0, 1}
	small := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537}
	pemText := string(readFile(t, "pkix.pem"))
	line := string(readFile(t, "jwt_key.pub"))

	for name, text := range map[string]string{
		"PKIX": block("PUBLIC KEY", pkix(t, pub)), "PKCS#1": block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(pub)),
		"PKIX under the name of PKCS#1": block("RSA PUBLIC KEY", pkix(t, pub)), "PKCS#1 under the name of PKIX": block("PUBLIC KEY", x509.MarshalPKCS1PublicKey(pub)),
		"ssh": ssh("ssh-rsa", e, n), "ssh without comment": strings.Join(strings.Fields(ssh("ssh-rsa", e, n))[:2], " "), "ssh with white space": "\n " + ssh("ssh-rsa", e, n) + "\r\n",
		"byte order mark": "\ufeff" + block("PUBLIC KEY", pkix(t, pub)), "byte order mark before a line": "\ufeff" + ssh("ssh-rsa", e, n),
		"text before the block": "my key\n" + block("PUBLIC KEY", pkix(t, pub)) + "that was it\n",
	} {
		if got, err := jwthttp.ParseRSAPublicKey([]byte(text)); err != nil || !got.Equal(pub) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "", "is empty"},
		{"white space", " \n", "is empty"},
		{"words", "hello key", "got no key"}, {"file name", "keys/jwt.pem", "or the content of the file that the word names"},
		{"escaped line breaks", strings.ReplaceAll(pemText, "\n", `\n`), `written as \n`}, {"byte order mark in the middle", pemText[:40] + "\ufeff" + pemText[40:], "is damaged"},
		{"ssh-rsa alone", "ssh-rsa", "cut short"}, {"ssh-rsa2", "ssh-rsa2 AAAA", "cut short"},
		{"PKCS#8 private key", block("PRIVATE KEY", privDER), "got a private key"},
		{"PKCS#1 private key", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey())), "got a private key"},
		{"EC private key", block("EC PRIVATE KEY", []byte("x")), "got a private key"},
		{"ssh private key", block("OPENSSH PRIVATE KEY", []byte("x")), "ssh-keygen -y"},
		{"encrypted private key", block("ENCRYPTED PRIVATE KEY", []byte("x")), "got an encrypted private key"},
		{"encrypted private key, old form", string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte("x")})), "got an encrypted private key"},
		{"EC public key", string(readFile(t, "ec.pem")), "another kind of key (*ecdsa.PublicKey)"},
		{"X25519", block("PUBLIC KEY", pkix(t, must(ecdh.X25519().GenerateKey(rand.Reader)).Public())), "got an X25519 key in the PUBLIC KEY block: want an RSA key, which \"openssl genrsa 3072\" makes"},
		{"secp256k1", block("PUBLIC KEY", fromBase64(secp256k1)), "got an EC key whose curve is not P-256, P-384 or P-521 by name in the PUBLIC KEY block"},
		{"Ed448", block("PUBLIC KEY", fromBase64(ed448)), "got an Ed448 key in the PUBLIC KEY block"},
		{"RSA-PSS", block("PUBLIC KEY", publicInfo(oidPSS, x509.MarshalPKCS1PublicKey(pub))), "got an RSA-PSS key in the PUBLIC KEY block"},
		{"a kind without a name", block("PUBLIC KEY", publicInfo(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 7}, x509.MarshalPKCS1PublicKey(pub))), "got a key of the algorithm 1.2.840.113549.1.1.7 in the PUBLIC KEY block"},
		{"a kind with a long number", block("PUBLIC KEY", publicInfo(slices.Repeat(asn1.ObjectIdentifier{1}, 500), nil)), "got a key of the algorithm 1" + strings.Repeat(".1", 19) + ". in the PUBLIC KEY block"},
		{"certificate of secp256k1", block("CERTIFICATE", fromBase64(secp256k1Certificate)), "got an EC key whose curve is not P-256, P-384 or P-521 by name in the CERTIFICATE block"},
		{"certificate of Ed448", block("CERTIFICATE", fromBase64(ed448Certificate)), "got an Ed448 key in the CERTIFICATE block"},
		{"EC PARAMETERS and a key", block("EC PARAMETERS", []byte("x")) + block("EC PRIVATE KEY", []byte("x")), "got a private key"},
		{"EC PARAMETERS alone", block("EC PARAMETERS", []byte("x")), "of the kind \"EC PARAMETERS\": want PUBLIC KEY"},
		{"EC PARAMETERS and two keys", block("EC PARAMETERS", []byte("x")) + pemText + pemText, "more than one key"},
		{"EC PARAMETERS and a damaged key", block("EC PARAMETERS", []byte("x")) + strings.ReplaceAll(pemText, "END", "DNE"), "is damaged"},
		{"certificate request", block("CERTIFICATE REQUEST", []byte("x")), "want PUBLIC KEY"},
		{"a damaged block before a good one", strings.Replace(pemText, "MII", "M!I", 1) + pemText, "more than one key"},
		{"a private key before a public one", block("RSA PRIVATE KEY", []byte("x")) + pemText, "more than one key"},
		{"a line before a block", line + pemText, "more than one key"},
		{"a block before a line", pemText + line, "more than one key"},
		{"two blocks", pemText + pemText, "more than one key"},
		{"broken PKIX", block("PUBLIC KEY", []byte("x")), "cannot be read"},
		{"broken PKCS#1", block("RSA PUBLIC KEY", []byte("x")), "the RSA PUBLIC KEY block cannot be read"},
		{"an EC key under the name of PKCS#1", block("RSA PUBLIC KEY", pkix(t, &ecKey().PublicKey)), "another kind of key (*ecdsa.PublicKey) in the RSA PUBLIC KEY block"},
		{"broken certificate", block("CERTIFICATE", []byte("x")), "cannot be read"},
		{"broken PEM", strings.ReplaceAll(pemText, "END", "DNE"), "is damaged"},
		{"DER", string(pkix(t, pub)), "got DER"},
		{"JWK", `{"kty":"RSA"}`, "perhaps a JWK"},
		{"base64 of PEM", base64.StdEncoding.EncodeToString([]byte(pemText)), "decode it with"}, {"UTF-16", "\xff\xfe-\x00-\x00", "got UTF-16"},
		{"1024 bits", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(small)), "2048 to 8192 bits, not 1024"},
		{"ssh-ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG x", `of the kind "ssh-ed25519"`},
		{"ecdsa", "ecdsa-sha2-nistp256 AAAA x", "want ssh-rsa"},
		{"SSH2", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", "ssh-keygen -i"},
		{"two ssh lines", line + line, "more than one line"},
		{"ssh without base64", "ssh-rsa !!!", "not base64"},
		{"ssh with empty base64", "ssh-rsa ====", "not base64"},
		{"ssh cut short", line[:100], "is cut short"},
		{"ssh cut within a group", line[:101], "is damaged"},
		{"ssh blob cut short", "ssh-rsa " + base64.StdEncoding.EncodeToString(field([]byte("ssh-rsa"))), "cut short"},
		{"ssh huge length", "ssh-rsa " + base64.StdEncoding.EncodeToString([]byte{0xff, 0xff, 0xff, 0xff, 1}), "cut short"},
		{"ssh with another name inside", ssh("ssh-dss", e, n), "does not have an RSA public key"},
		{"ssh with more after it", ssh("ssh-rsa", e, n, 0), "does not have an RSA public key"},
		{"ssh negative modulus", ssh("ssh-rsa", e, pub.N.Bytes()), "does not have an RSA public key"},
		{"ssh modulus with zeros", ssh("ssh-rsa", e, append([]byte{0}, n...)), "does not have an RSA public key"},
		{"ssh empty modulus", ssh("ssh-rsa", e, nil), "does not have an RSA public key"},
		{"ssh modulus zero", ssh("ssh-rsa", e, []byte{0}), "does not have an RSA public key"},
		{"ssh long exponent", ssh("ssh-rsa", []byte{1, 0, 0, 0, 1}, n), "does not have an RSA public key"},
		{"ssh exponent 2", ssh("ssh-rsa", []byte{2}, n), "odd exponent"},
		{"ssh 1024 bits", ssh("ssh-rsa", e, append([]byte{0}, small.N.Bytes()...)), "not 1024"},
	} {
		pub, err := jwthttp.ParseRSAPublicKey([]byte(tc.text))
		if pub != nil || err == nil || !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "jwthttp: ParseRSAPublicKey: ") {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}
