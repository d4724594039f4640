package jwthttptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/golang-jwt/jwt/v5"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
)

// A keyRing has the keys of an issuer.
type keyRing struct {
	secret []byte // for HMAC with every hash, so it is as long as the longest

	mu          sync.Mutex
	generations []generation // the current one last
}

// A generation has the private keys between two calls of Rotate. They are made on demand. RSA has
// one for all of its algorithms, because it takes a while to make.
type generation map[string]crypto.Signer

// A signer is a key that signs by one algorithm.
type signer struct {
	algorithm string
	key       any // as for Sign
	id        string
}

func newKeyRing() *keyRing {
	k := &keyRing{secret: make([]byte, 64), generations: []generation{{}}}
	rand.Read(k.secret)
	return k
}

func (k *keyRing) rotate() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.generations = append(k.generations, generation{})
}

// current returns what signs now by one of jws.Algorithms.
func (k *keyRing) current(algorithm string) signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.signer(algorithm, len(k.generations)-1)
}

// signer needs k.mu.
func (k *keyRing) signer(algorithm string, i int) signer {
	// Each algorithm has its own id, also where it shares a key. So a token that names
	// another algorithm finds no key.
	name := strings.ToLower(algorithm)
	if jws.IsSymmetric(algorithm) {
		return signer{algorithm, k.secret, name + "-1"}
	}
	kind := algorithm
	if keyType(algorithm) == "RSA" {
		kind = "RSA"
	}
	key := k.generations[i][kind]
	if key == nil {
		key = newKey(algorithm)
		k.generations[i][kind] = key
	}
	return signer{algorithm, key, fmt.Sprintf("%s-%d", name, i+1)}
}

// published returns the public keys of the last two generations as JWKs.
func (k *keyRing) published() (set []members) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := max(0, len(k.generations)-2); i < len(k.generations); i++ {
		for _, algorithm := range jws.Algorithms() {
			if !jws.IsSymmetric(algorithm) {
				set = append(set, k.signer(algorithm, i).jwk())
			}
		}
	}
	return set
}

// release lets later issuers use the RSA keys.
func (k *keyRing) release() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, g := range k.generations {
		if key, ok := g["RSA"].(*rsa.PrivateKey); ok {
			pool.give(key)
		}
	}
}

// material returns what verifies, as jwthttp.NewKey takes it.
func (s signer) material() any {
	if secret, ok := s.key.([]byte); ok {
		return slices.Clone(secret)
	}
	return s.key.(crypto.Signer).Public()
}

// jwk returns the JWK of material, RFC 7517 section 4.
func (s signer) jwk() members {
	m := s.public()
	m["use"], m["alg"], m["kid"] = "sig", s.algorithm, s.id
	return m
}

// public returns the members of a JWK that make the key, RFC 7518 section 6 and RFC 8037 section 2.
func (s signer) public() members {
	if secret, ok := s.key.([]byte); ok {
		return members{"kty": "oct", "k": base64.RawURLEncoding.EncodeToString(secret)}
	}
	m := members{}
	json.Unmarshal(jwk.Encode(s.material()), &m) // an object
	return m
}

// keyType returns the kty of an algorithm's keys. It is "" for other names.
func keyType(algorithm string) string {
	switch jws.MethodOf(algorithm).(type) {
	case *jwt.SigningMethodHMAC:
		return "oct"
	case *jwt.SigningMethodRSA, *jwt.SigningMethodRSAPSS:
		return "RSA"
	case *jwt.SigningMethodECDSA:
		return "EC"
	case *jwt.SigningMethodEd25519:
		return "OKP"
	}
	return ""
}

// others returns the other algorithms of the same type of key.
func others(algorithm string) []string {
	return slices.DeleteFunc(jws.Algorithms(), func(other string) bool {
		return other == algorithm || keyType(other) != keyType(algorithm)
	})
}

// newKey makes a private key for an algorithm of public keys.
func newKey(algorithm string) crypto.Signer {
	var key crypto.Signer
	var err error
	switch method := jws.MethodOf(algorithm).(type) {
	case *jwt.SigningMethodECDSA:
		curve := map[int]elliptic.Curve{256: elliptic.P256(), 384: elliptic.P384(), 521: elliptic.P521()}[method.CurveBits]
		key, err = ecdsa.GenerateKey(curve, rand.Reader)
	case *jwt.SigningMethodEd25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key = pool.take()
	}
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
}

// foreignKey returns a key of the algorithm that no issuer has.
func foreignKey(algorithm string) any {
	switch keyType(algorithm) {
	case "oct":
		secret := make([]byte, 64)
		rand.Read(secret)
		return secret
	case "RSA":
		return foreignRSAKey()
	}
	return newKey(algorithm)
}

// foreignRSAKey is made once, because it takes a while.
var foreignRSAKey = sync.OnceValue(pool.take)

// pool has the RSA keys of issuers whose tests have ended.
var pool keyPool

type keyPool struct {
	mu   sync.Mutex
	free []*rsa.PrivateKey
}

func (p *keyPool) take() *rsa.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		key := p.free[n-1]
		p.free = p.free[:n-1]
		return key
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err) // crypto/rand does not fail
	}
	return key
}

func (p *keyPool) give(key *rsa.PrivateKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, key)
}
