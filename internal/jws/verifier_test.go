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

// HMACs with secrets that are shorter than a block of the hash, as long, and longer (RFC 2104
// section 2), of texts of every length up to three blocks.
func TestSecretLengths(t *testing.T) {
	w := jws.NewWorkspace(0)
	for _, method := range []*jwt.SigningMethodHMAC{jwt.SigningMethodHS256, jwt.SigningMethodHS384, jwt.SigningMethodHS512} {
		for _, n := range []int{64, 65, 127, 128, 129, 500} {
			secret := []byte(strings.Repeat("0123456789", n)[:n])
			v, err := jws.NewVerifier(method.Alg(), secret)
			if err != nil {
				t.Fatal(err)
			}
			for length := range 3 * 128 {
				input := strings.Repeat("a", length)
				mac, err := method.Sign(input, secret)
				if err != nil {
					t.Fatal(err)
				}
				if ok, _ := v.Verify(input, base64.RawURLEncoding.EncodeToString(mac), w); !ok {
					t.Fatalf("%s, a secret of %d bytes: the HMAC of %d bytes is refused", method.Alg(), n, length)
				}
				mac[n%len(mac)] ^= 1
				if ok, _ := v.Verify(input, base64.RawURLEncoding.EncodeToString(mac), w); ok {
					t.Fatalf("%s, a secret of %d bytes: a changed HMAC of %d bytes is accepted", method.Alg(), n, length)
				}
			}
		}
	}
}
