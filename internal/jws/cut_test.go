package jws_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// A signature that is short by its last byte is not completed by what is in the buffer, nor by the
// zero that the byte is.
func TestCutSignatures(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	private := ed25519.NewKeyFromSeed(secret)
	for _, tt := range []struct {
		method             jwt.SigningMethod
		signing, verifying any
		last               int // how many characters have a part of the last byte
	}{
		{jwt.SigningMethodHS256, secret, secret, 1},
		{jwt.SigningMethodEdDSA, private, private.Public(), 2},
	} {
		t.Run(tt.method.Alg(), func(t *testing.T) {
			v, err := jws.NewVerifier(tt.method.Alg(), tt.verifying)
			if err != nil {
				t.Fatal(err)
			}
			w := jws.NewWorkspace(0)
			tried := 0
			for n := range 5000 {
				input := fmt.Sprintf("a.%d", n)
				signature, err := tt.method.Sign(input, tt.signing)
				if err != nil {
					t.Fatal(err)
				}
				if signature[len(signature)-1] != 0 {
					continue
				}
				tried++
				sig := base64.RawURLEncoding.EncodeToString(signature)
				if ok, _ := v.Verify(input, sig, w); !ok {
					t.Fatalf("%s: a good signature is refused", input)
				}
				short := sig[:len(sig)-tt.last]
				for _, cut := range []string{short, short + strings.Repeat("\n", tt.last)} {
					if ok, _ := v.Verify(input, cut, w); ok {
						t.Fatalf("%s: %q, a signature without its last byte, is accepted", input, cut)
					}
				}
			}
			if tried < 5 {
				t.Errorf("only %d signatures end in zero", tried)
			}
		})
	}
}
