package contest

import (
	"crypto"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// floorState is what the floor reuses.
type floorState struct {
	mac, hash hash.Hash
	in        [16 << 10]byte
	sum       [sha256.Size]byte
	sig       [256]byte
}

// header has what a verifier must know before it checks the signature.
type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
	Type      string `json:"typ"`
}

// protectFloor does only the necessary work, with the bare primitives:
//
//   - the hash with a reused state
//   - base64
//   - a strict decoding of the claims and, if withHeader, of the header, which names the key
//   - a new request context
//
// It does not check what it has decoded.
func protectFloor(withHeader bool) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		pub := &PrivateKey().PublicKey
		states := sync.Pool{New: func() any { return &floorState{mac: hmac.New(sha256.New, Secret), hash: sha256.New()} }}
		return wrap(next, func(token string) (any, error) {
			s := states.Get().(*floorState)
			defer states.Put(s)
			first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
			if withHeader {
				text, err := base64.RawURLEncoding.DecodeString(token[:first])
				if err != nil {
					return nil, err
				}
				var h header
				if err := json.Unmarshal(text, &h); err != nil {
					return nil, err
				}
			}
			n := copy(s.in[:], token[:last])
			m, err := base64.RawURLEncoding.Decode(s.sig[:], []byte(token[last+1:]))
			if err != nil {
				return nil, err
			}
			if alg == "RS256" {
				s.hash.Reset()
				s.hash.Write(s.in[:n])
				if err := rsa.VerifyPKCS1v15(pub, crypto.SHA256, s.hash.Sum(s.sum[:0]), s.sig[:m]); err != nil {
					return nil, err
				}
			} else {
				s.mac.Reset()
				s.mac.Write(s.in[:n])
				if !hmac.Equal(s.mac.Sum(s.sum[:0]), s.sig[:m]) {
					return nil, errRefused
				}
			}
			payload, err := base64.RawURLEncoding.DecodeString(token[first+1 : last])
			if err != nil {
				return nil, err
			}
			claims := new(Claims)
			return claims, json.Unmarshal(payload, claims)
		}), nil
	}
}

func protectContext(_ string, next http.Handler) (http.Handler, error) {
	claims := new(Claims)
	return wrap(next, func(string) (any, error) { return claims, nil }), nil
}
