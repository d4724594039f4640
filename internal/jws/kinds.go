package jws

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// kinds are keys that sign no tokens here, by the object identifier of their algorithm.
var kinds = map[string]string{
	"1.2.840.10040.4.1":       "a DSA key",
	"1.2.840.113549.1.1.10":   "an RSA-PSS key",
	"1.3.101.110":             "an X25519 key",
	"1.3.101.111":             "an X448 key",
	"1.3.101.113":             "an Ed448 key",
	"2.16.840.1.101.3.4.3.17": "an ML-DSA-44 key",
	"2.16.840.1.101.3.4.3.18": "an ML-DSA-65 key",
	"2.16.840.1.101.3.4.3.19": "an ML-DSA-87 key",
}

func kindOf(algorithm asn1.ObjectIdentifier) string {
	if kind := kinds[algorithm.String()]; kind != "" {
		return kind
	}
	return fmt.Sprintf("a key of the algorithm %.40s", algorithm)
}

// errKind says that a key is of a kind that signs no tokens.
func errKind(kind string) error {
	return errors.New("got " + kind + ": want RSA, P-256, P-384, P-521 or Ed25519, which \"openssl genpkey -algorithm ed25519\" makes")
}

// Object identifiers of algorithms, RFC 8017 appendix A.1, RFC 5480 section 2.1.1 and RFC 8410
// section 3.
const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112"
)

// UnknownKind names the kind of a public key, such as "an RSA-PSS key". der is the key or its
// certificate. The kind is "" if keys of it sign tokens here, and if der is damaged.
func UnknownKind(der []byte) string {
	type info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	var key info
	var certificate struct { // RFC 5280 section 4.1
		Signed struct {
			Version                   int `asn1:"optional,explicit,tag:0"`
			Serial                    *big.Int
			Algorithm                 pkix.AlgorithmIdentifier
			Issuer, Validity, Subject asn1.RawValue
			Key                       info
		}
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}
	if isDER(der, &certificate) {
		key = certificate.Signed.Key
	} else if !isDER(der, &key) {
		return ""
	}
	switch algorithm := key.Algorithm.Algorithm; algorithm.String() {
	case oidRSA, oidEd25519:
		return ""
	case oidEC:
		var curve asn1.ObjectIdentifier
		if isDER(key.Algorithm.Parameters.FullBytes, &curve) && curves[curve.String()] != nil {
			return ""
		}
		return "an EC key whose curve is not P-256, P-384 or P-521 by name"
	default:
		return kindOf(algorithm)
	}
}
