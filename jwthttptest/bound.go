package jwthttptest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp/dpop"
)

// BoundTo binds a token to the key of its client: the claim cnf names the key by its thumbprint.
// That is the member jkt for the key of a DPoP client, RFC 9449 section 6.1, and x5t#S256 for a TLS
// client certificate, RFC 8705 section 3.1. Several BoundTo bind a token to several keys. A nil key
// ends the test.
func BoundTo[K *dpop.Key | *x509.Certificate](key K) TokenOption {
	return option(func(d *draft) {
		d.tb.Helper()
		switch k := any(key).(type) {
		case *dpop.Key:
			if k == nil {
				d.tb.Fatalf("jwthttptest: BoundTo has a nil *dpop.Key: make one with dpop.GenerateKey")
			}
			d.confirm("jkt", k.Thumbprint())
		case *x509.Certificate:
			if k == nil {
				d.tb.Fatalf("jwthttptest: BoundTo has a nil certificate: parse the client's with x509.ParseCertificate")
			}
			d.confirm("x5t#S256", digest(k.Raw))
		}
	})
}

// confirm sets a member of cnf, and keeps the others.
func (d *draft) confirm(member, thumbprint string) {
	cnf := members{}
	text, _ := json.Marshal(d.claims["cnf"])
	if json.Unmarshal(text, &cnf) != nil || cnf == nil {
		cnf = members{}
	}
	cnf[member] = thumbprint
	d.claims.set("cnf", cnf)
}

// digest returns the SHA-256 digest in base64url.
func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// A clientKey makes proofs, good and bad ones.
type clientKey struct {
	signer
	*dpop.Key
}

func (x *exam) newClientKey(algorithm string) clientKey {
	private := newKey(algorithm)
	if key, ok := private.(*rsa.PrivateKey); ok {
		x.borrowed = append(x.borrowed, key)
	}
	return x.clientKeyOf(algorithm, private)
}

func (x *exam) clientKeyOf(algorithm string, private crypto.Signer) clientKey {
	key, err := dpop.NewKey(private)
	if err != nil {
		x.tb.Fatalf("jwthttptest: %v", err)
	}
	return clientKey{signer{algorithm: algorithm, key: private}, key}
}

// private returns the jwk with the secret member, RFC 7518 section 6.2.2.1 and 6.3.2.1, and
// RFC 8037 section 2.
func (k clientKey) private() members {
	m := k.public()
	var secret []byte
	switch key := k.signer.key.(type) {
	case *ecdsa.PrivateKey:
		secret, _ = key.Bytes() // it was generated on its curve
	case ed25519.PrivateKey:
		secret = key.Seed()
	case *rsa.PrivateKey:
		secret = key.D.Bytes()
	}
	m["d"] = base64.RawURLEncoding.EncodeToString(secret)
	return m
}

// by makes another key sign a proof, and puts it in the header.
func by(k clientKey) TokenOption {
	return option(func(d *draft) {
		d.own, d.algorithm, d.key = k.algorithm, k.algorithm, k.signer.key
		d.header.set("alg", k.algorithm)
		d.header.set("jwk", k.public())
	})
}

// proof returns a good proof for r and a token, unless an option makes it bad. Claim, Header and
// Fault change a proof as they change a token. It is made without package dpop, which would make
// good ones only.
func (x *exam) proof(r *http.Request, token string, options ...TokenOption) string {
	d := &draft{tb: x.tb, iss: x.Issuer, header: members{"typ": "dpop+jwt"}, claims: members{
		"jti": rand.Text(), "htm": r.Method, "htu": x.address(r), "iat": time.Now().Unix(), "ath": digest([]byte(token)),
	}}
	if x.nonce != "" {
		d.claims["nonce"] = x.nonce
	}
	by(x.key).apply(d)
	for _, o := range options {
		o.apply(d)
	}
	return d.token()
}

// address returns the htu of r.
func (x *exam) address(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		address, _, _ := strings.Cut(r.RequestURI, "?")
		return address // the absolute form, RFC 9112 section 3.2.2
	}
	return x.origin() + targetOf(r)
}

func (x *exam) origin() string { return strings.TrimSuffix(x.DPoP.Origins[0], "/") }

// targetOf returns the path of r as it came.
func targetOf(r *http.Request) string {
	target, _, _ := strings.Cut(r.RequestURI, "?")
	if _, rest, ok := strings.Cut(target, "://"); ok {
		_, path, _ := strings.Cut(rest, "/")
		target = "/" + path
	}
	return target
}

// prove adds a proof to a request under DPoP, unless a probe has chosen its DPoP headers.
func (x *exam) prove(r *http.Request) {
	if proofs, chosen := r.Header["Dpop"]; chosen {
		if len(proofs) == 0 {
			r.Header.Del("DPoP")
		}
		return
	}
	if x.DPoP != nil && slices.ContainsFunc(r.Header["Authorization"], isDPoP) {
		x.proving()(r)
	}
}

// proving adds one more proof, for the token that a request has under DPoP.
func (x *exam) proving(options ...TokenOption) change {
	return func(r *http.Request) {
		token := ""
		if i := slices.IndexFunc(r.Header["Authorization"], isDPoP); i >= 0 {
			if words := strings.Fields(r.Header["Authorization"][i]); len(words) > 1 {
				token = words[1]
			}
		}
		r.Header.Add("DPoP", x.proof(r, token, options...))
	}
}

// proofs sets the DPoP headers.
func proofs(values ...string) change {
	return func(r *http.Request) { r.Header["Dpop"] = values }
}

func isDPoP(value string) bool { return strings.EqualFold(schemeOf(value), schemeDPoP) }

// schemeOf returns the first word of an Authorization header.
func schemeOf(value string) string {
	value = strings.Trim(value, " \t")
	if i := strings.IndexAny(value, " \t"); i >= 0 {
		return value[:i]
	}
	return value
}

const (
	schemeBearer = "Bearer"
	schemeDPoP   = "DPoP"
)
