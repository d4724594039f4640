package example

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/jwthttp/jwthttp/internal/jws"
)

// What is read as a private key, golang.org/x/crypto/ssh reads as the same key.
func FuzzPrivateKeysOfXCrypto(f *testing.F) {
	files, err := filepath.Glob("../internal/jws/testdata/private/*")
	if err != nil || len(files) < 30 {
		f.Fatal(files, err)
	}
	good := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		block, _ := pem.Decode(data)
		if block == nil || strings.Contains(block.Type, "EC PARAMETERS") {
			continue // x/crypto does not pass over the parameters
		}
		if _, err := jws.ParsePrivateKey(data); err == nil {
			good++
		}
		f.Add(block.Type, block.Bytes)
	}
	if good < 13 {
		f.Fatalf("%d keys can be compared", good)
	}
	f.Fuzz(func(t *testing.T, kind string, der []byte) {
		data := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		key, err := jws.ParsePrivateKey(data)
		if err != nil {
			return
		}
		theirs, err := ssh.ParseRawPrivateKey(data)
		if pointer, ok := theirs.(*ed25519.PrivateKey); ok {
			theirs = *pointer
		}
		if err != nil || !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(theirs) {
			t.Errorf("got a %T, x/crypto a %T, %v", key, theirs, err)
		}
		block, err := ssh.MarshalPrivateKey(key, "a comment")
		if err != nil {
			t.Fatal(err)
		}
		again, err := jws.ParsePrivateKey(pem.EncodeToMemory(block))
		if err != nil || !key.(interface{ Equal(crypto.PrivateKey) bool }).Equal(again) {
			t.Errorf("written by x/crypto: %v", err)
		}
		if signer, err := ssh.NewSignerFromKey(again); err != nil || !bytes.Equal(signer.PublicKey().Marshal(), publicOf(t, theirs)) {
			t.Errorf("another public half: %v", err)
		}
	})
}

func publicOf(t *testing.T, key any) []byte {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey().Marshal()
}
