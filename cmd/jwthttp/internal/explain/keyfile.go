package explain

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jwthttp/jwthttp/internal/jwk"
	"github.com/jwthttp/jwthttp/internal/jws"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const maxSetKeys = 200 // of one set, for trials

// readKeys reads PEM blocks and lines of ssh-keygen. Of a private key it returns the public
// half. An empty algorithm is the usual one of the key.
func readKeys(data []byte, algorithm string) (keys []Key, hasPrivate bool, err error) {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	rest := text
	for block, after := pem.Decode(rest); block != nil; block, after = pem.Decode(rest) {
		rest = after
		material, isPrivate, err := parseBlock(block)
		if err != nil {
			if block.Type == "EC PARAMETERS" {
				continue
			}
			return nil, false, err
		}
		hasPrivate = hasPrivate || isPrivate
		keys = append(keys, Key{Algorithm: algorithm, Material: material})
	}
	if len(keys) == 0 {
		for line := range bytes.Lines(text) {
			if material, ok := parseSSH(string(line)); ok {
				keys = append(keys, Key{Algorithm: algorithm, Material: material})
			}
		}
	}
	if len(keys) == 0 {
		if _, err := jws.ParseRSAPublicKey(data); err != nil { // it knows what else people pass
			return nil, false, errors.New(clip(err.Error()))
		}
		return nil, false, errNotKey
	}
	for i := range keys {
		if keys[i].Algorithm == "" {
			keys[i].Algorithm = usualAlgorithm(keys[i].Material)
		}
	}
	return keys, hasPrivate, nil
}

// parseBlock returns the public key of a PEM block.
func parseBlock(block *pem.Block) (material any, isPrivate bool, err error) {
	var key any
	switch {
	case block.Type == "ENCRYPTED PRIVATE KEY", block.Headers["Proc-Type"] != "":
		return nil, true, errors.New("got an encrypted private key: pass its public half, which \"openssl pkey -in FILE -pubout\" prints")
	case block.Type == "OPENSSH PRIVATE KEY":
		return nil, true, errors.New("got a private key of OpenSSH: pass the .pub file beside it, or what \"ssh-keygen -y -f FILE\" prints")
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		private, err := jws.ParsePrivateKey(pem.EncodeToMemory(block))
		if err != nil {
			return nil, true, err
		}
		return private.Public(), true, nil
	case block.Type == "PUBLIC KEY", block.Type == "RSA PUBLIC KEY":
		key, err = jws.ParsePublicDER(block.Bytes)
	case block.Type == "CERTIFICATE":
		var certificate *x509.Certificate
		if certificate, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = certificate.PublicKey
		}
	case strings.HasSuffix(block.Type, "CERTIFICATE REQUEST"):
		return nil, false, errors.New("got a certificate request: pass the certificate, or what \"openssl req -in FILE -pubkey -noout\" prints")
	default:
		return nil, false, fmt.Errorf("got a PEM block of the kind %.40q: want PUBLIC KEY or CERTIFICATE", block.Type)
	}
	kind := jws.UnknownKind(block.Bytes)
	switch {
	case kind != "":
		return nil, false, fmt.Errorf("got %s, and no algorithm here takes it: use a key of RSA, P-256, P-384, P-521 or Ed25519", kind)
	case err != nil && jws.IsPublicDER(block.Bytes):
		return nil, false, fmt.Errorf("the %s block is whole, but its key cannot be read: export the key again, and its point uncompressed if it is an EC key", block.Type)
	case err != nil:
		return nil, false, fmt.Errorf("the %s block is damaged: copy the file whole", block.Type)
	case len(jws.AlgorithmsFor(key)) == 0:
		return nil, false, errors.New("it is a key of a kind that signs no tokens: use RSA, EC or Ed25519")
	}
	return key, false, nil
}

// parseSSH reads a line as ssh-keygen writes it, RFC 4253 section 6.6, RFC 5656 section 3.1 and
// RFC 8709 section 4.
func parseSSH(line string) (material any, ok bool) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return nil, false
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return nil, false
	}
	var fields [][]byte
	for len(blob) >= 4 {
		n := binary.BigEndian.Uint32(blob)
		if uint64(n) > uint64(len(blob)-4) {
			return nil, false
		}
		fields, blob = append(fields, blob[4:4+n]), blob[4+n:]
	}
	if len(fields) == 0 || string(fields[0]) != words[0] {
		return nil, false
	}
	switch {
	case words[0] == "ssh-rsa":
		pub, err := jws.ParseRSAPublicKey([]byte(line))
		return pub, err == nil
	case words[0] == "ssh-ed25519" && len(fields) == 2 && len(fields[1]) == ed25519.PublicKeySize:
		return ed25519.PublicKey(fields[1]), true
	case sshCurves[words[0]] != nil && len(fields) == 3:
		pub, err := ecdsa.ParseUncompressedPublicKey(sshCurves[words[0]], fields[2])
		return pub, err == nil
	}
	return nil, false
}

// sshCurves are those of RFC 5656 section 10.1.
var sshCurves = map[string]elliptic.Curve{
	"ecdsa-sha2-nistp256": elliptic.P256(), "ecdsa-sha2-nistp384": elliptic.P384(), "ecdsa-sha2-nistp521": elliptic.P521(),
}

// usualAlgorithm returns the algorithm of a key that names none, "" for an unknown curve.
func usualAlgorithm(material any) string {
	if names := jws.AlgorithmsFor(material); len(names) > 0 {
		return names[0]
	}
	return ""
}

func isJSON(data []byte) bool {
	text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	return len(text) > 0 && text[0] == '{'
}

// asSet returns a key set. It makes one of a single JWK.
func asSet(data []byte) (document []byte, single bool) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
	if one := readObject(data); one.has("kty") && !one.has("keys") {
		return slices.Concat([]byte(`{"keys":[`), data, []byte(`]}`)), true
	}
	return data, false
}

// keysOfSet returns the keys of a key set, also those that no middleware uses.
func keysOfSet(document []byte, name string) (keys []Key) {
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal(document, &set) != nil {
		return nil
	}
	for i, text := range set.Keys {
		if i == maxSetKeys {
			break
		}
		k := readJWK(text)
		isTwice := func(other Key) bool {
			return other.ID == k.ID && algorithmOf(other) == algorithmOf(k) && other.Skipped == ""
		}
		if k.ID != "" && k.Skipped == "" && slices.ContainsFunc(keys, isTwice) {
			k.Skipped = "its kid is twice in the set for this alg, and the first key is used"
		}
		k.Name, k.text = fmt.Sprintf("key %d of %s", i+1, name), nil
		keys = append(keys, k)
	}
	return keys
}

// readJWK reads a JWK without being strict about its purpose.
func readJWK(text []byte) Key {
	o := readObject(text)
	k := Key{ID: o.str("kid"), Algorithm: o.str("alg")}
	switch {
	case o.str("kty") == "oct":
		if secret := decodeLoosely(o.str("k")); len(secret) > 0 {
			k.Material = secret
		}
		k.Skipped = "it is a symmetric key (kty oct), which no key set may publish: write the decoded secret to a file for -secret-file, and pass it to HS256"
	case o.has("d"):
		k.Skipped = "it is a private key: publish its public half, without d, p, q, dp, dq and qi"
	case o.has("use") && o.str("use") != "sig":
		k.Skipped = fmt.Sprintf("its use is %s and not \"sig\"", logtext.Quote(o.str("use")))
	case o.has("key_ops") && !slices.Contains(o.list("key_ops"), "verify"):
		k.Skipped = "its key_ops do not have \"verify\""
	}
	if k.Material != nil {
		return k
	}
	for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "use", "key_ops"} {
		o.set(member, nil)
	}
	found, err := jwk.Parse(o.json(), jwk.Lenient)
	if err != nil {
		if k.Skipped == "" {
			k.Skipped = clip(err.Error())
		}
		return k
	}
	k.Material = found.Public
	algorithm := k.Algorithm
	if algorithm == "" {
		algorithm = usualAlgorithm(k.Material)
	}
	if key, ok := verifying(algorithm, k.Material); k.Skipped == "" && !ok {
		k.Skipped = fmt.Sprintf("its alg is %s, which no middleware here takes", logtext.Quote(k.Algorithm))
	} else if err := key.Err(); ok && err != nil {
		k.Skipped = clip(err.Error())
	}
	return k
}
