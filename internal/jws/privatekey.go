package jws

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
)

// ParsePrivateKey reads a private key from the bytes of a file, as openssl and ssh-keygen write
// it. The key is an *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey, and is good for
// NewSigner. The error says what the file has instead, and shows nothing of it.
func ParsePrivateKey(data []byte) (crypto.Signer, error) {
	data = withoutMark(data)
	text := string(bytes.TrimSpace(data))
	block, blocks := onlyBlock(data)
	switch {
	case blocks > 1:
		return nil, errors.New("the file has more than one PEM block: keep only that of the private key to use")
	case block != nil:
		return parsePrivatePEM(block)
	case isSSHLine(text), strings.HasPrefix(text, beginSSH2):
		return nil, errors.New("got a public key of ssh, and only the private half signs: pass the file without .pub")
	case strings.HasPrefix(text, "PuTTY-User-Key-File"):
		return nil, errors.New("got a key of PuTTY: convert it with \"puttygen FILE -O private-openssh-new -o COPY\"")
	}
	return nil, noKey(data, wanted{
		key:     "a private key in PEM",
		form:    "a PEM block that begins with \"-----BEGIN PRIVATE KEY-----\", which \"openssl genpkey -algorithm ed25519\" makes",
		convert: "\"openssl pkey -inform DER -in FILE -out COPY\"",
	})
}

const makeEC = "\"openssl ecparam -name prime256v1 -genkey -noout\""

var (
	errDamagedKey = errors.New("the private key is damaged: copy the file whole")
	errOtherHalf  = errors.New("the public half in the file is not that of the private key: export the key again")
	errCurve      = errors.New("got an EC key, and its curve is not P-256, P-384 or P-521 by name: make one with " + makeEC)
)

func parsePrivatePEM(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["Proc-Type"] != "" {
		return nil, errors.New("got an encrypted private key: decrypt it with \"openssl pkey -in FILE -out COPY\"")
	}
	if len(block.Bytes) > maxKeyBytes {
		return nil, errors.New("the PEM block has more than 16 KiB, and no key that signs tokens does: make one with \"openssl genrsa 3072\"")
	}
	switch block.Type {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return parsePrivateDER(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return parseOpenSSH(block.Bytes)
	case "DSA PRIVATE KEY":
		return nil, errKind("a DSA key")
	case "EC PARAMETERS":
		return nil, errors.New("got the parameters of an EC key and no key: make one with " + makeEC)
	case "PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE":
		return nil, errors.New("got a public key or a certificate, and only the private half signs: pass the file that \"openssl genpkey\" has made")
	}
	return nil, errors.New("got a PEM block of another kind: want PRIVATE KEY, RSA PRIVATE KEY, EC PRIVATE KEY or OPENSSH PRIVATE KEY")
}

// maxKeyBytes is three times the size of an RSA key of 8192 bits. It bounds the work for a bad key.
const maxKeyBytes = 16 << 10

// isDER reads all of der into form.
func isDER(der []byte, form any) bool {
	rest, err := asn1.Unmarshal(der, form)
	return err == nil && len(rest) == 0
}

// parsePrivateDER reads any of three forms. The second element tells them apart, because some
// programs write the name of another form around them.
func parsePrivateDER(der []byte) (crypto.Signer, error) {
	var form struct {
		Version int
		Second  asn1.RawValue
	}
	if !isDER(der, &form) {
		return nil, errDamagedKey
	}
	switch form.Second.Tag {
	case asn1.TagSequence:
		return parsePKCS8(der)
	case asn1.TagInteger:
		return parsePKCS1(der)
	case asn1.TagOctetString:
		return parseSEC1(der, nil)
	}
	return nil, errDamagedKey
}

// parsePKCS8 reads the form of RFC 5958 section 2. Some programs add the public half to a key of
// Ed25519.
func parsePKCS8(der []byte) (crypto.Signer, error) {
	var form struct {
		Version    int
		Algorithm  pkix.AlgorithmIdentifier
		Key        []byte
		Attributes asn1.RawValue  `asn1:"optional,tag:0"`
		Public     asn1.BitString `asn1:"optional,tag:1"`
	}
	if !isDER(der, &form) {
		return nil, errDamagedKey
	}
	switch form.Algorithm.Algorithm.String() {
	case oidRSA:
		return parsePKCS1(form.Key)
	case oidEC:
		return parseSEC1(form.Key, form.Algorithm.Parameters.FullBytes)
	case oidEd25519: // RFC 8410 section 7
		var seed []byte
		if !isDER(form.Key, &seed) || len(seed) != ed25519.SeedSize || len(form.Algorithm.Parameters.FullBytes) > 0 {
			return nil, errDamagedKey
		}
		key := ed25519.NewKeyFromSeed(seed)
		if form.Public.BitLength > 0 && !bytes.Equal(form.Public.Bytes, key[ed25519.SeedSize:]) {
			return nil, errOtherHalf
		}
		return key, nil
	}
	return nil, errKind(kindOf(form.Algorithm.Algorithm))
}

// parsePKCS1 reads the form of RFC 8017 appendix A.1.2. The size is checked first, because it
// bounds the work.
func parsePKCS1(der []byte) (crypto.Signer, error) {
	var form struct {
		Version int
		N       *big.Int
		E       int
	}
	if !isDER(der, &form) {
		return nil, errDamagedKey
	}
	if err := checkRSA(&rsa.PublicKey{N: form.N, E: form.E}); err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS1PrivateKey(der)
	if err != nil {
		return nil, errDamagedKey
	}
	return key, nil
}

// parseSEC1 reads the form of RFC 5915 section 3. Inside PKCS#8 the curve is that of PKCS#8. Else
// curve is nil.
func parseSEC1(der, curve []byte) (crypto.Signer, error) {
	var form struct {
		Version int
		Scalar  []byte
		Curve   asn1.RawValue  `asn1:"optional,tag:0"`
		Public  asn1.BitString `asn1:"optional,explicit,tag:1"`
	}
	if !isDER(der, &form) || form.Version != 1 {
		return nil, errDamagedKey
	}
	if curve == nil {
		curve = form.Curve.Bytes
	}
	var name asn1.ObjectIdentifier
	isDER(curve, &name) // else it has no name
	return ecKey(curves[name.String()], form.Scalar, form.Public.Bytes)
}

// curves are by the names of RFC 5480 section 2.1.1.1 and RFC 5656 section 10.1.
var curves = map[string]elliptic.Curve{
	"1.2.840.10045.3.1.7": elliptic.P256(), "ecdsa-sha2-nistp256": elliptic.P256(),
	"1.3.132.0.34": elliptic.P384(), "ecdsa-sha2-nistp384": elliptic.P384(),
	"1.3.132.0.35": elliptic.P521(), "ecdsa-sha2-nistp521": elliptic.P521(),
}

// ecKey returns the key of a scalar. Some programs write zeros before the scalar, or drop those
// that it needs. A point, compressed or not, must be the public half; an empty one is not checked.
func ecKey(curve elliptic.Curve, scalar, point []byte) (crypto.Signer, error) {
	if curve == nil {
		return nil, errCurve
	}
	size := (curve.Params().BitSize + 7) / 8
	scalar = bytes.TrimLeft(scalar, "\x00")
	key, err := ecdsa.ParseRawPrivateKey(curve, append(make([]byte, max(size-len(scalar), 0)), scalar...))
	if err != nil {
		return nil, errDamagedKey
	}
	own, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, errDamagedKey
	}
	compressed := append([]byte{2 + own[2*size]&1}, own[1:1+size]...) // SEC 1 section 2.3.3
	if len(point) > 0 && !bytes.Equal(point, own) && !bytes.Equal(point, compressed) {
		return nil, errOtherHalf
	}
	return key, nil
}
