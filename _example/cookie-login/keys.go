package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/issue"
)

// newKey returns the key that signs the tokens: a random secret for HS256, or for RS256 the
// private key that ssh-keygen -t rsa writes to file.
func newKey(alg, file string) (issue.Key, error) {
	switch alg {
	case "HS256":
		secret := make([]byte, 32)
		rand.Read(secret)
		return issue.HS256(secret), nil
	case "RS256":
		text, err := os.ReadFile(file)
		if errors.Is(err, os.ErrNotExist) {
			text, err = makeKeyFiles(file)
		}
		if err != nil {
			return issue.Key{}, err
		}
		private, err := issue.ParsePrivateKey(text)
		if err != nil {
			return issue.Key{}, fmt.Errorf("%s: %w", file, err)
		}
		return issue.NewKey(jwt.SigningMethodRS256, private), nil
	}
	return issue.Key{}, fmt.Errorf("-alg is %q: use HS256 or RS256", alg)
}

// makeKeyFiles writes a private key to file, and its public key to file.pub.
func makeKeyFiles(file string) (private []byte, err error) {
	key, err := rsa.GenerateKey(rand.Reader, 3072) // as ssh-keygen does
	if err != nil {
		return nil, err
	}
	public := &pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&key.PublicKey)}
	if err := writeNew(file+".pub", pem.EncodeToMemory(public), 0o644); err != nil {
		return nil, fmt.Errorf("%s is missing, move %[1]s.pub away to have both made: %w", file, err)
	}
	private = pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return private, writeNew(file, private, 0o600)
}

// writeNew never overwrites a file: it may be a key.
func writeNew(name string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}
