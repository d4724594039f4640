package dpop

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"unsafe"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/numericdate"
	"github.com/jwthttp/jwthttp/internal/tokenjson"
)

// The limits of a proof.
const (
	maxProofBytes     = 4 << 10
	maxHeaderBytes    = 2 << 10
	maxHeaderMembers  = 32 // at all depths
	maxPayloadMembers = 256
	maxDepth          = 4 // of header and payload; the object itself is 1
	maxIDBytes        = 256
	maxDateBytes      = 32

	proofType = "dpop+jwt"
)

// A scratch has the buffers of one Confirm. Nothing of them is kept.
type scratch struct {
	decoded  [maxProofBytes * 3 / 4]byte // the header, and then the payload
	unquoted [maxProofBytes * 3 / 4]byte // one string that has escapes
	path     [maxProofBytes * 3 / 4]byte // of htu, in its normal form
}

// object decodes a segment and calls f with each member of the strict JSON object in it. Both are
// valid until the next call. part names the segment.
func (s *scratch) object(part, segment string, maxMembers int, f func(name, value []byte)) error {
	text, isBase64 := jws.Decode(s.decoded[:], segment)
	ok, isLarge := tokenjson.Members(text, maxDepth, maxMembers, func(name, value []byte) bool {
		f(name, value)
		return true
	})
	switch {
	case isLarge:
		return invalidf("the %s of the proof is nested too deep or has too many members", part)
	case !isBase64 || !ok:
		return invalidf("the %s of the proof is not a strict JSON object in base64url: mind names that are there twice", part)
	}
	return nil
}

// text returns the text of a JSON string, without a copy: it is valid until the next call, and no
// longer than s is used.
func (s *scratch) text(value []byte) string {
	text := tokenjson.Unquote(value, s.unquoted[:])
	return unsafe.String(unsafe.SliceData(text), len(text))
}

func isString(value []byte) bool { return value[0] == '"' }

var (
	errHeaderSize  = invalid("the header of the proof is too large: it has more than 2 KiB")
	errType        = invalid("typ is not dpop+jwt: the client sends another token than a proof")
	errCritical    = invalid("the header of the proof has crit, b64, zip or enc, which are not supported")
	errNoJWK       = invalid("the header of the proof has no jwk: have the client put its public key there")
	errSignature   = invalid("the signature of the proof is not by the key in its jwk: was the proof changed on its way?")
	errNoRequest   = invalid("htm or htu is missing or not a string")
	errJTI         = invalid("jti is missing, or is not a string of 1 to 256 bytes")
	errNoAth       = invalid("ath is missing, as in a proof for a token endpoint, or is not a string: have the client make the proof for the token that it sends")
	errNeedlessAth = invalid("ath is there, and a request for tokens has none: have the client make a proof without a token for it")
	errAth         = invalid("ath is not the SHA-256 digest of the token: have the client make the proof for the token that it sends")
	errTimes       = invalid("iat is missing, or iat, exp or nbf is not a number of seconds since 1970, in at most 32 bytes")
	errNonceType   = invalid("nonce is not a string")
)

// A proofKey is the public key of a proof's header. Its signature is not verified yet.
type proofKey struct {
	jws.Verifier
	Thumbprint [sha256.Size]byte
}

// readHeader reads the header of a proof, RFC 9449 section 4.2. jku, x5u, x5c and kid are not
// read.
func (v *Verifier) readHeader(s *scratch, segment string) (key proofKey, err error) {
	if base64.RawURLEncoding.DecodedLen(len(segment)) > maxHeaderBytes {
		return key, errHeaderSize
	}
	var typ, alg, public []byte // as they are in s
	isCritical := false
	err = s.object("header", segment, maxHeaderMembers, func(name, value []byte) {
		switch string(name) {
		case "typ":
			typ = value
		case "alg":
			alg = value
		case "jwk":
			public = value
		case "crit", "b64", "zip", "enc":
			isCritical = true // these change what a JWS means, RFC 7515 section 4.1.11
		}
	})
	switch {
	case err != nil:
		return key, err
	case typ == nil || !isString(typ) || s.text(typ) != proofType:
		return key, errType
	case isCritical:
		return key, errCritical
	case alg == nil || !isString(alg):
		return key, invalid("alg is missing or not a string")
	}
	algorithm := v.algorithmOf(s.text(alg))
	if algorithm == "" {
		return key, invalidf("alg is %s, and Options.Algorithms has %s", logtext.Quote(s.text(alg)), logtext.Quotes(v.algorithms))
	}
	if public == nil || public[0] != '{' {
		return key, errNoJWK
	}
	return readKey(public, algorithm)
}

// algorithmOf returns the algorithm of this name, "" if it is not accepted.
func (v *Verifier) algorithmOf(name string) string {
	for _, known := range v.algorithms {
		if name == known {
			return jws.Canonical(known)
		}
	}
	return ""
}

var curveTypes = []string{"EC", "OKP"}

// readKey reads a jwk for an algorithm.
func readKey(text []byte, algorithm string) (proofKey, error) {
	var types []string
	if strings.HasPrefix(algorithm, "E") { // a key of RSA takes memory
		types = curveTypes
	}
	k, err := jwk.Parse(text, jwk.Canonical, types...)
	if err != nil {
		return proofKey{}, invalidf("the jwk is refused for %s: %v", algorithm, err)
	}
	if k.Algorithm != "" && jws.Canonical(k.Algorithm) != algorithm {
		return proofKey{}, invalidf("the jwk is for the algorithm %s, and the proof has %s", logtext.Quote(k.Algorithm), algorithm)
	}
	verifier, err := jws.NewOneTimeVerifier(algorithm, k.Public)
	if err != nil {
		return proofKey{}, invalidf("the jwk is refused for %s: %v", algorithm, err)
	}
	return proofKey{verifier, k.Thumbprint}, nil
}

// proofClaims are those of a proof, RFC 9449 section 4.2. The strings are JSON texts in a scratch.
type proofClaims struct {
	jti, htm, htu, ath, nonce []byte // nil if absent
	iat, exp, nbf             numericdate.Date
}

// readClaims reads the payload of a proof whose signature has verified. All claims are there that
// a proof for a resource needs, or one for tokens.
func readClaims(s *scratch, segment string, isForToken bool) (c proofClaims, err error) {
	areDates := true
	date := func(d *numericdate.Date, value []byte) {
		ok := len(value) <= maxDateBytes
		if ok {
			*d, ok = numericdate.Parse(string(value))
		}
		areDates = areDates && ok
	}
	err = s.object("payload", segment, maxPayloadMembers, func(name, value []byte) {
		switch string(name) {
		case "jti":
			c.jti = value
		case "htm":
			c.htm = value
		case "htu":
			c.htu = value
		case "ath":
			c.ath = value
		case "nonce":
			c.nonce = value
		case "iat":
			date(&c.iat, value)
		case "exp":
			date(&c.exp, value)
		case "nbf":
			date(&c.nbf, value)
		}
	})
	switch {
	case err != nil:
		return c, err
	case !areDates || !c.iat.Present():
		return c, errTimes
	case c.jti == nil || !isString(c.jti) || len(s.text(c.jti)) == 0 || len(s.text(c.jti)) > maxIDBytes:
		return c, errJTI
	case c.htm == nil || !isString(c.htm) || c.htu == nil || !isString(c.htu):
		return c, errNoRequest
	case isForToken && (c.ath == nil || !isString(c.ath)):
		return c, errNoAth
	case !isForToken && c.ath != nil:
		return c, errNeedlessAth
	case c.nonce != nil && !isString(c.nonce):
		return c, errNonceType
	}
	return c, nil
}

// isDigest reports whether text is the SHA-256 digest of token in base64url, RFC 9449 section 4.2.
func isDigest(text, token string) bool {
	sum := sha256.Sum256([]byte(token))
	var want [43]byte
	base64.RawURLEncoding.Encode(want[:], sum[:])
	return text == string(want[:])
}
