package dpop_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/dpop"
)

var (
	secretA = []byte("0123456789abcdef0123456789abcdef")
	secretB = []byte("fedcba9876543210fedcba9876543210")
)

func newNonces(t testing.TB, secrets ...[]byte) *dpop.Nonces {
	t.Helper()
	n, err := dpop.NewNonces(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// nonceOf returns the nonce of an answer.
func nonceOf(v *dpop.Verifier) string {
	h := http.Header{}
	v.Answer(h)
	return h.Get("DPoP-Nonce")
}

// prove confirms a proof with a nonce, which is absent if nil.
func prove(v *dpop.Verifier, nonce any) error {
	s := edwards()
	return confirm(v, s, s.sign(s.header(), payload().with("nonce", nonce)))
}

func TestNonces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
		instance := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
		stranger := verifier(t, dpop.Options{Nonces: newNonces(t, secretB)})
		nonce := nonceOf(v)
		changed := []byte(nonce)
		changed[20] ^= 1
		flipped, err := base64.RawURLEncoding.DecodeString(nonce)
		if err != nil || len(flipped) != 32 {
			t.Fatal(nonce, err)
		}
		flipped[7]++ // a second later
		for name, bad := range map[string]any{
			"none":             nil,
			"empty":            "",
			"a word":           "nonce",
			"another secret":   nonceOf(stranger),
			"changed":          string(changed),
			"another time":     b64(flipped),
			"cut":              nonce[:42],
			"longer":           nonce + "A",
			"padded":           nonce + "=",
			"a line break":     nonce[:42] + "\n",
			"trailing bits":    nonce[:42] + string(nonce[42]+1),
			"zeros":            b64(make([]byte, 32)),
			"the time alone":   b64(flipped[:8]),
			"something longer": strings.Repeat("A", 1000),
		} {
			if err := prove(v, bad); !errors.Is(err, jwthttp.ErrUseNonce) || errors.Is(err, jwthttp.ErrInvalidProof) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := prove(v, 1); !errors.Is(err, jwthttp.ErrInvalidProof) {
			t.Errorf("a number: %v", err)
		}
		for name, v := range map[string]*dpop.Verifier{"itself": v, "another instance": instance} {
			for range 2 { // a nonce is for any number of proofs
				if err := prove(v, nonce); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	})
}

// A nonce is good for MaxAge and Leeway, also while newer ones are made, and no longer.
func TestNoncesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
		nonce := nonceOf(v)
		for second := range 90 {
			if err := prove(v, nonce); (err == nil) != (second <= 70) || err != nil && !errors.Is(err, jwthttp.ErrUseNonce) {
				t.Errorf("after %d s: %v", second, err)
			}
			if second > 0 && nonceOf(v) == nonce {
				t.Errorf("after %d s there is no new one", second)
			}
			time.Sleep(time.Second)
		}
		ahead := func(d time.Duration) (nonce string) {
			time.Sleep(d)
			return nonceOf(v)
		}
		late := ahead(11 * time.Second)
		if err := prove(v, late); err != nil {
			t.Error(err)
		}
	})
}

// The clock of an instance may be ahead by Leeway.
func TestNoncesAhead(t *testing.T) {
	for ahead, ok := range map[time.Duration]bool{10 * time.Second: true, 12 * time.Second: false} {
		var nonce string
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(ahead)
			nonce = nonceOf(verifier(t, dpop.Options{Nonces: newNonces(t, secretA)}))
		})
		synctest.Test(t, func(t *testing.T) { // begins at the same time again
			err := prove(verifier(t, dpop.Options{Nonces: newNonces(t, secretA)}), nonce)
			if (err == nil) != ok || err != nil && !errors.Is(err, jwthttp.ErrUseNonce) {
				t.Errorf("%v: %v", ahead, err)
			}
		})
	}
}

// With nonces the clock of the client does not matter, but iat has to be there.
func TestNoncesStandForIat(t *testing.T) {
	s := edwards()
	v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
	for _, iat := range []any{0, time.Now().Unix() + 100_000} {
		if err := confirm(v, s, s.sign(s.header(), payload().with("iat", iat).with("nonce", nonceOf(v)))); err != nil {
			t.Errorf("iat %v: %v", iat, err)
		}
	}
	for _, iat := range []any{nil, "x"} {
		if err := confirm(v, s, s.sign(s.header(), payload().with("iat", iat).with("nonce", nonceOf(v)))); !errors.Is(err, jwthttp.ErrInvalidProof) {
			t.Errorf("iat %v: %v", iat, err)
		}
	}
}

// A proof that is wrong by itself asks for no nonce.
func TestInvalidProofBeforeNonce(t *testing.T) {
	s := edwards()
	v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
	for name, p := range map[string]object{
		"method": payload().with("htm", "POST"),
		"URL":    payload().with("htu", base),
		"token":  payload().with("ath", digest("another")),
	} {
		if err := confirm(v, s, s.sign(s.header(), p)); !errors.Is(err, jwthttp.ErrInvalidProof) || errors.Is(err, jwthttp.ErrUseNonce) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While a secret is replaced, every instance accepts the nonces of the others.
func TestNonceRotation(t *testing.T) {
	steps := [][][]byte{{secretA}, {secretA, secretB}, {secretB, secretA}, {secretB}}
	for i := range steps[1:] {
		before, after := verifier(t, dpop.Options{Nonces: newNonces(t, steps[i]...)}), verifier(t, dpop.Options{Nonces: newNonces(t, steps[i+1]...)})
		if i != 2 { // the nonces of A are over by then
			if err := prove(after, nonceOf(before)); err != nil {
				t.Errorf("step %d: %v", i, err)
			}
		}
		if err := prove(before, nonceOf(after)); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

func TestNewNoncesErrors(t *testing.T) {
	for name, secrets := range map[string][][]byte{
		"none": nil, "short": {secretA[:31]}, "nil": {secretA, nil}, "zeros": {make([]byte, 64)}, "nine": {secretA, secretA, secretA, secretA, secretA, secretA, secretA, secretA, secretA},
	} {
		if n, err := dpop.NewNonces(secrets...); n != nil || !contains(err, "dpop: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	secret := bytes.Clone(secretA)
	n := newNonces(t, secret)
	clear(secret)
	if err := prove(verifier(t, dpop.Options{Nonces: newNonces(t, secretA)}), nonceOf(verifier(t, dpop.Options{Nonces: n}))); err != nil {
		t.Errorf("the secret is not a copy: %v", err)
	}
}

func TestAnswer(t *testing.T) {
	v := verifier(t, dpop.Options{Nonces: newNonces(t, secretA)})
	h := http.Header{}
	v.Answer(h)
	v.Answer(h)
	if len(h.Values("DPoP-Nonce")) != 1 || !reflect.DeepEqual(h.Values("Cache-Control"), []string{"no-store"}) || len(h) != 2 {
		t.Errorf("%v", h)
	}
	h = http.Header{"Cache-Control": {"private"}, "Dpop-Nonce": {"old", "older"}}
	v.Answer(h)
	if len(h.Values("DPoP-Nonce")) != 1 || h.Get("DPoP-Nonce") == "old" || !reflect.DeepEqual(h.Values("Cache-Control"), []string{"private"}) {
		t.Errorf("%v", h)
	}
	h = http.Header{"DPoP-Nonce": {"another"}, "dpop-nonce": {"another"}, "cache-control": {"private"}}
	v.Answer(h)
	if len(h) != 2 || len(h["Dpop-Nonce"]) != 1 {
		t.Errorf("names in another case: %v", h)
	}
	h = http.Header{}
	if verifier(t, dpop.Options{}).Answer(h); len(h) != 0 {
		t.Errorf("without nonces: %v", h)
	}
}

// Neither secrets nor private keys are printed.
func TestNothingSecretIsPrinted(t *testing.T) {
	key, err := dpop.NewKey(p256().private)
	if err != nil {
		t.Fatal(err)
	}
	edKey, err := dpop.NewKey(edwards().private)
	if err != nil {
		t.Fatal(err)
	}
	nonces := newNonces(t, secretA)
	v := verifier(t, dpop.Options{Nonces: nonces})
	transport, err := dpop.NewTransport(edKey, dpop.TransportOptions{Origins: []string{base}, Base: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	// fmt calls no method of a value in an unexported field. Under %s it also follows a pointer there.
	values := []any{nonces, key, *key, edKey, *edKey, v, transport, dpop.Options{Nonces: nonces}, jwthttp.Options{Bindings: []jwthttp.Binding{v}}}
	for _, one := range values[:7] {
		field := reflect.StructOf([]reflect.StructField{{Name: "f", PkgPath: "p", Type: reflect.TypeOf(one)}})
		s := reflect.New(field)
		reflect.NewAt(reflect.TypeOf(one), s.UnsafePointer()).Elem().Set(reflect.ValueOf(one))
		values = append(values, s.Interface(), s.Elem().Interface(), struct{ F any }{one}, struct{ f any }{one}, map[string]any{"f": one}, []any{one})
	}
	for _, one := range []any{nonces, key, edKey, v, transport} { // what they point to, by value
		inside := reflect.ValueOf(one).Elem()
		s := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "f", PkgPath: "p", Type: inside.Type()}}))
		reflect.NewAt(inside.Type(), s.UnsafePointer()).Elem().Set(inside)
		values = append(values, inside.Interface(), s.Interface(), s.Elem().Interface())
	}
	ec, err := p256().private.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	ed := []byte(edwards().private.(ed25519.PrivateKey))
	for _, v := range values {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		text, _ := json.Marshal(v)
		log.Write(text)
		for _, verb := range "vTtbcdoOqxXUeEfFgGsp" {
			fmt.Fprintf(&log, " %"+string(verb)+" %+"+string(verb)+" %#"+string(verb), v, v, v)
		}
		for _, secret := range [][]byte{secretA, ec, ed} {
			for _, verb := range []string{"%s", "%x", "%X", "%v", "%#v", "%q", "%o", "%b", "%c", "%U", "% x"} {
				if strings.Contains(log.String(), strings.Trim(fmt.Sprintf(verb, secret[:8]), "[]uint8bye{}\"")) {
					t.Errorf("%T prints a secret as %s: %.300s", v, verb, log.String())
				}
			}
			if strings.Contains(log.String(), base64.StdEncoding.EncodeToString(secret[:9])) || strings.Contains(log.String(), new(big.Int).SetBytes(secret).String()) {
				t.Errorf("%T prints a secret: %.300s", v, log.String())
			}
		}
	}
	if text := fmt.Sprint(key); !strings.Contains(text, key.Thumbprint()) || !strings.Contains(text, "ES256") {
		t.Error(text)
	}
}
