package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/crypto/ssh"

	"github.com/jwthttp/jwthttp"
)

// A signer makes the tokens, and has the key that verifies them.
type signer struct {
	method  jwt.SigningMethod
	private any
	key     jwthttp.Key
}

// newSigner returns a signer for HS256, with a random secret, or for RS256, with the files
// that ssh-keygen writes.
func newSigner(alg, file string) (*signer, error) {
	switch alg {
	case "HS256":
		secret := make([]byte, 32)
		rand.Read(secret)
		return &signer{jwt.SigningMethodHS256, secret, jwthttp.HS256(secret)}, nil
	case "RS256":
		private, public, err := keyFiles(file)
		if err != nil {
			return nil, err
		}
		return &signer{jwt.SigningMethodRS256, private, jwthttp.RS256(public)}, nil
	}
	return nil, fmt.Errorf("-alg is %q: use HS256 or RS256", alg)
}

func (s *signer) sign(subject string, lifetime time.Duration) (token string, expires time.Time, err error) {
	now := time.Now()
	expires = now.Add(lifetime).Truncate(time.Second) // as exp is
	token, err = jwt.NewWithClaims(s.method, jwt.RegisteredClaims{
		Subject: subject, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
	}).SignedString(s.private)
	return token, expires, err
}

// keyFiles reads the files that ssh-keygen -t rsa -f file writes: the private key in file, and
// the public key in file.pub. If neither exists, it writes both.
func keyFiles(file string) (*rsa.PrivateKey, *rsa.PublicKey, error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		if err := makeKeyFiles(file); err != nil {
			return nil, nil, err
		}
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, nil, err
	}
	private, err := ssh.ParseRawPrivateKey(text)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return nil, nil, fmt.Errorf("%s has a passphrase: make another with ssh-keygen -t rsa -N '' -f %[1]s", file)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", file, err)
	}
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, nil, fmt.Errorf("%s is a %T and no RSA key: make one with ssh-keygen -t rsa -f %[1]s", file, private)
	}
	text, err = os.ReadFile(file + ".pub")
	if err != nil {
		return nil, nil, fmt.Errorf("the public half is missing, write it with ssh-keygen -y -f %s > %[1]s.pub: %w", file, err)
	}
	public, err := jwthttp.ParseRSAPublicKey(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s.pub: %w", file, err)
	}
	if !key.PublicKey.Equal(public) {
		return nil, nil, fmt.Errorf("%s.pub is not the public half of %[1]s: write it with ssh-keygen -y -f %[1]s > %[1]s.pub", file)
	}
	return key, public, nil
}

func makeKeyFiles(file string) error {
	key, err := rsa.GenerateKey(rand.Reader, 3072) // as ssh-keygen does
	if err != nil {
		return err
	}
	private, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return err
	}
	public, err := ssh.NewPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	if err := writeNew(file+".pub", ssh.MarshalAuthorizedKey(public), 0o644); err != nil {
		return fmt.Errorf("%s is missing, move %[1]s.pub away to have both made: %w", file, err)
	}
	return writeNew(file, pem.EncodeToMemory(private), 0o600)
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
