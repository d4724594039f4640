package jwks

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	beginPEM  = "-----BEGIN"
	supported = "use RSA, EC of P-256, P-384 or P-521, or Ed25519"
)

// An outline is what is noted of a document that may not be a key set.
type outline struct {
	members int
	pems    int    // members that are PEM texts
	odd     string // the first member that is none

	isJWK, isMetadata, isError bool
	issuer                     string // in the metadata of one
}

func (o *outline) note(name string, value jsontext.Value) {
	o.members++
	if text, _ := unquote(value); strings.HasPrefix(text, beginPEM) {
		o.pems++
	} else if o.pems == o.members-1 {
		o.odd = name
	}
	switch name {
	case "kty":
		o.isJWK = true
	case "issuer":
		o.isMetadata = true
		o.issuer, _ = unquote(value)
	case "jwks_uri":
		o.isMetadata = true
	case "error":
		o.isError = true
	}
}

// isPEMMap reports whether the document maps kids to PEM texts, as Google and Firebase publish
// them.
func (o *outline) isPEMMap() bool { return o.members > 0 && o.pems == o.members }

// unquote returns the text of a JSON string, and "" for another value.
func unquote(value jsontext.Value) (string, error) {
	if value.Kind() != '"' {
		return "", nil
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err
}

// parsePEM reads the certificate or the public key that a map has for a kid. The dates and the
// signature of a certificate are not checked: the address vouches for the keys over TLS, as it
// does for those of a key set, and providers sign these certificates themselves. With an error
// it returns the kid alone.
func parsePEM(kid string, value jsontext.Value) (jwk.Key, error) {
	pub, err := publicOf(value)
	if err == nil && len(jws.AlgorithmsFor(pub)) == 0 {
		err = fmt.Errorf("its type (%T) is not supported: "+supported, pub)
	}
	if err != nil {
		return jwk.Key{ID: kid}, err
	}
	return jwk.Key{Public: pub, ID: kid, Thumbprint: jwk.Thumbprint(pub)}, nil
}

func publicOf(value jsontext.Value) (any, error) {
	text, err := unquote(value)
	if err != nil {
		return nil, fmt.Errorf("it is not a strict JSON string: %w", err)
	}
	block, rest := pem.Decode([]byte(text))
	switch {
	case strings.Contains(text, "PRIVATE KEY-----"):
		return nil, errors.New("the issuer has to replace it, because it publishes a private key")
	case strings.Count(text, beginPEM) > 1: // pem.Decode skips a block that is damaged
		return nil, errors.New("it has more than one PEM block")
	case block == nil:
		return nil, errors.New("its PEM block is damaged")
	case len(bytes.TrimSpace(rest)) > 0:
		return nil, errors.New("something follows its PEM block")
	}
	switch block.Type {
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its certificate cannot be read: %w", err)
		}
		if certificate.PublicKey == nil { // crypto/x509 does not know the algorithm
			return nil, fmt.Errorf("its key is %s, which is not supported: "+supported, jws.UnknownKind(certificate.RawSubjectPublicKeyInfo))
		}
		return certificate.PublicKey, nil
	case "PUBLIC KEY":
		pub, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("its public key cannot be read: %w", err)
		}
		return pub, nil
	}
	return nil, fmt.Errorf("its PEM block is of the kind %.40q, and not CERTIFICATE or PUBLIC KEY", block.Type)
}

// describe returns the error for a document that has no keys. err says why it is not JSON, nil
// if it is. Nothing of the document that may be secret is in the text.
func (o *outline) describe(document []byte, err error) error {
	text := bytes.TrimSpace(bytes.TrimPrefix(document, []byte(byteOrderMark)))
	switch {
	case len(text) == 0:
		return errors.New("it is empty, not a key set: check the address or the file")
	case bytes.Contains(text, []byte("PRIVATE KEY-----")) && bytes.HasPrefix(text, []byte(beginPEM)):
		return errors.New("it is a private key (PEM), not a key set: only public keys belong here, and a private key that others can read has to be replaced")
	case bytes.HasPrefix(text, []byte(beginPEM)):
		return errors.New("it is PEM text, not a key set: pass its key to jwthttp.NewKey (jwthttp.ParseRSAPublicKey reads RSA keys, jwt.ParseECPublicKeyFromPEM EC keys)")
	case text[0] == '<':
		return errors.New("it is HTML or XML, not a key set: check the address, which may be that of a page for people")
	case text[0] == '[':
		return errors.New(`it is a JSON array, not a key set: if it is a list of JWKs, put it in {"keys": …}`)
	case err != nil:
		return fmt.Errorf("it is not a JSON key set: %w", cutError{err})
	case o.isJWK:
		return errors.New(`it is one JWK, not a key set: put it in {"keys": […]}, or have the issuer do that`)
	case o.isMetadata && o.issuer != "":
		return fmt.Errorf("it is the metadata of the issuer %s, not a key set: pass that issuer to Discover", logtext.Quote(o.issuer))
	case o.isMetadata:
		return errors.New("it is the metadata of an issuer, not a key set: pass that issuer to Discover")
	case o.isError:
		return errors.New("it is an answer with a member error, not a key set: check the address, and what the provider asks of its clients")
	case o.pems > 0:
		return fmt.Errorf("it is not a map of kids to certificates, for its member %s is not PEM text: the issuer has to mend that", logtext.Quote(o.odd))
	}
	return errors.New("it is not a key set, for it has no member keys: check the address or the file")
}
