package jws

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/big"
	"slices"
	"strings"
)

// isSSHLine reports whether text begins as a public key of ssh-keygen does.
func isSSHLine(text string) bool {
	return strings.HasPrefix(text, "ssh-") || strings.HasPrefix(text, "ecdsa-") || strings.HasPrefix(text, "sk-")
}

// parseSSH reads a line of RFC 4253 section 6.6. It has three fields: the name of the format,
// the exponent and the modulus. Each begins with its length, in 4 bytes.
func parseSSH(line string) (*rsa.PublicKey, error) {
	if strings.ContainsAny(line, "\r\n") {
		return nil, errors.New("the file has more than one line: keep only the ssh-rsa line to use")
	}
	words := strings.Fields(line)
	if len(words) < 2 || words[0] != "ssh-rsa" {
		return nil, errors.New("the ssh-rsa line is cut short: copy it whole")
	}
	blob, err := base64.StdEncoding.DecodeString(words[1])
	if err != nil {
		return nil, errors.New("the ssh-rsa line is damaged, for its second word is not base64: copy it whole")
	}
	fields, rest, ok := sshStrings(blob, 3)
	if !ok {
		return nil, errors.New("the ssh-rsa line is cut short: copy it whole")
	}
	pub := sshRSA(fields[1], fields[2])
	if string(fields[0]) != "ssh-rsa" || len(rest) > 0 || pub == nil {
		return nil, errors.New("the ssh-rsa line does not have an RSA public key: export the key again")
	}
	return pub, nil
}

// sshStrings reads n strings of RFC 4251 section 5 from b. They are parts of b, as is the rest.
func sshStrings(b []byte, n int) (fields [][]byte, rest []byte, ok bool) {
	for range n {
		if len(b) < 4 || uint64(len(b)-4) < uint64(binary.BigEndian.Uint32(b)) {
			return nil, nil, false
		}
		end := 4 + int(binary.BigEndian.Uint32(b))
		fields, b = append(fields, b[4:end]), b[end:]
	}
	return fields, b, true
}

// sshRSA returns the key of an exponent and a modulus, nil if they cannot be those of a key.
func sshRSA(e, n []byte) *rsa.PublicKey {
	if !isPositive(e) || !isPositive(n) || len(e) > 4 {
		return nil
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
}

// isPositive reports whether b is a positive mpint in its shortest form, RFC 4251 section 5.
func isPositive(b []byte) bool {
	return len(b) > 0 && b[0] < 0x80 && (b[0] != 0 || len(b) > 1 && b[1] >= 0x80)
}

// sshFields are how many fields a private key of OpenSSH has before its comment.
var sshFields = map[string]int{
	"ssh-rsa": 6, // n, e, d, 1/q mod p, p, q

	// the curve, the point, the scalar
	"ecdsa-sha2-nistp256": 3,
	"ecdsa-sha2-nistp384": 3,
	"ecdsa-sha2-nistp521": 3,

	"ssh-ed25519": 2, // the public half, and the seed with the public half after it
}

// parseOpenSSH reads the form that OpenSSH's file PROTOCOL.key describes.
func parseOpenSSH(b []byte) (crypto.Signer, error) {
	b, isOpenSSH := bytes.CutPrefix(b, []byte("openssh-key-v1\x00"))
	head, b, ok := sshStrings(b, 3)
	switch {
	case !isOpenSSH || !ok || len(b) < 4:
		return nil, errDamagedKey
	case string(head[0]) != "none" || string(head[1]) != "none":
		return nil, errors.New("got an encrypted private key: decrypt a copy of it with \"ssh-keygen -p -N '' -f COPY\"")
	case binary.BigEndian.Uint32(b) != 1:
		return nil, errors.New("the OPENSSH PRIVATE KEY block does not have one key: use a file for each key")
	}
	halves, rest, ok := sshStrings(b[4:], 2)
	if !ok || len(rest) > 0 || len(halves[1]) < 8 || !bytes.Equal(halves[1][:4], halves[1][4:8]) {
		return nil, errDamagedKey
	}
	public := halves[0]
	name, private, _ := sshStrings(halves[1][8:], 1)
	kind := string(bytes.Join(name, nil))
	switch {
	case kind == "":
		return nil, errDamagedKey
	case strings.HasPrefix(kind, "sk-"):
		return nil, errors.New("got an ssh key whose private half is in hardware (sk): make another with \"ssh-keygen -t ed25519\"")
	case kind == "ssh-dss":
		return nil, errKind("a DSA key")
	case sshFields[kind] == 0:
		return nil, errKind("another kind of key")
	}
	f, padding, ok := sshStrings(private, sshFields[kind]+1)
	if !ok || !isPadding(padding) {
		return nil, errDamagedKey
	}
	switch kind {
	case "ssh-rsa":
		if !isPublic(public, name[0], f[1], f[0]) {
			return nil, errOtherHalf
		}
		return sshPrivateRSA(f)
	case "ssh-ed25519":
		if len(f[1]) != ed25519.PrivateKeySize {
			return nil, errDamagedKey
		}
		key := ed25519.NewKeyFromSeed(f[1][:ed25519.SeedSize])
		if !bytes.Equal(key, f[1]) || !isPublic(public, name[0], key[ed25519.SeedSize:]) || !bytes.Equal(f[0], key[ed25519.SeedSize:]) {
			return nil, errOtherHalf
		}
		return key, nil
	}
	if kind != "ecdsa-sha2-"+string(f[0]) || len(f[1]) == 0 || !isPositive(f[2]) {
		return nil, errDamagedKey
	}
	if !isPublic(public, name[0], f[0], f[1]) {
		return nil, errOtherHalf
	}
	return ecKey(curves[kind], f[2], f[1])
}

// isPadding reports whether b is 1, 2, 3 and so on.
func isPadding(b []byte) bool {
	for i, c := range b {
		if int(c) != i+1 {
			return false
		}
	}
	return true
}

// isPublic reports whether the public half, RFC 4253 section 6.6, is these fields.
func isPublic(half []byte, fields ...[]byte) bool {
	got, rest, ok := sshStrings(half, len(fields))
	return ok && len(rest) == 0 && slices.EqualFunc(got, fields, bytes.Equal)
}

// sshPrivateRSA returns the key of the fields that sshFields names.
func sshPrivateRSA(f [][]byte) (crypto.Signer, error) {
	pub := sshRSA(f[1], f[0])
	if pub == nil || slices.ContainsFunc(f[2:6], func(b []byte) bool { return !isPositive(b) }) {
		return nil, errDamagedKey
	}
	if err := checkRSA(pub); err != nil {
		return nil, err
	}
	number := func(i int) *big.Int { return new(big.Int).SetBytes(f[i]) }
	key := &rsa.PrivateKey{PublicKey: *pub, D: number(2), Primes: []*big.Int{number(4), number(5)}}
	key.Precompute()
	if err := key.Validate(); err != nil || key.Precomputed.Qinv.Cmp(number(3)) != 0 {
		return nil, errDamagedKey
	}
	return key, nil
}
