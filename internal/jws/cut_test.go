package jws_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// Go's decoder skips line breaks. A signature that is short by a zero byte for that reason is not
// completed by what is in the buffer.
func TestCutSignatures(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	v, err := jws.NewVerifier("HS256", secret)
	if err != nil {
		t.Fatal(err)
	}
	w := jws.NewWorkspace(0)
	tried := 0
	for n := range 5000 {
		input := fmt.Sprintf("a.%d", n)
		mac, err := jwt.SigningMethodHS256.Sign(input, secret)
		if err != nil {
			t.Fatal(err)
		}
		if mac[len(mac)-1] != 0 {
			continue
		}
		tried++
		sig := base64.RawURLEncoding.EncodeToString(mac)
		if ok, _ := v.Verify(input, sig, w); !ok {
			t.Fatalf("%s: a good signature is refused", input)
		}
		if ok, _ := v.Verify(input, sig[:len(sig)-1]+"\n", w); ok {
			t.Fatalf("%s: a signature of 31 bytes is accepted", input)
		}
	}
	if tried < 5 {
		t.Errorf("only %d signatures end in zero", tried)
	}
}
