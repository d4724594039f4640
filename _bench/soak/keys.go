//go:build unix

package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"

	"github.com/jwthttp/jwthttp"
)

// A keyKind is a kind of key, by the algorithm of its tokens.
type keyKind string

const (
	rsaKeys       keyKind = "RS256"
	ellipticCurve keyKind = "ES256"
	edwardsCurve  keyKind = "EdDSA"
)

func (k keyKind) generate() (crypto.Signer, error) {
	switch k {
	case ellipticCurve:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case edwardsCurve:
		_, key, err := ed25519.GenerateKey(nil)
		return key, err
	}
	return rsa.GenerateKey(rand.Reader, 2048)
}

// keys are one of each of the five kinds.
type keys struct {
	secret []byte
	rs, ps *rsa.PrivateKey
	es     *ecdsa.PrivateKey
	ed     ed25519.PrivateKey
}

// newKeys makes the keys of the fixed issuer, and others for forgeries.
func newKeys() (ours, theirs *keys, err error) {
	var both [2]*keys
	for i := range both {
		k := &keys{secret: []byte(rand.Text() + rand.Text())}
		if k.rs, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, nil, err
		}
		if k.ps, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			return nil, nil, err
		}
		if k.es, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
			return nil, nil, err
		}
		if _, k.ed, err = ed25519.GenerateKey(nil); err != nil {
			return nil, nil, err
		}
		both[i] = k
	}
	return both[0], both[1], nil
}

func (k *keys) signer(kid string) signer {
	switch kid {
	case "hs-1":
		return newSigner("HS256", kid, k.secret)
	case "rs-1":
		return newSigner("RS256", kid, k.rs)
	case "ps-1":
		return newSigner("PS256", kid, k.ps)
	case "es-1":
		return newSigner("ES256", kid, k.es)
	}
	return newSigner("EdDSA", kid, k.ed)
}

func (k *keys) keySet() jwthttp.KeySet {
	return jwthttp.KeySet{
		jwthttp.HS256(k.secret).WithID("hs-1"), jwthttp.RS256(&k.rs.PublicKey).WithID("rs-1"), jwthttp.PS256(&k.ps.PublicKey).WithID("ps-1"),
		jwthttp.ES256(&k.es.PublicKey).WithID("es-1"), jwthttp.EdDSA(k.ed.Public().(ed25519.PublicKey)).WithID("ed-1"),
	}
}
