package jws

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// ParseRSAPublicKey reads a public key from the bytes of a file. The key is good for
// NewVerifier. The error says what the file has instead.
func ParseRSAPublicKey(data []byte) (*rsa.PublicKey, error) {
	pub, err := parseRSAPublicKey(data)
	if err == nil {
		err = checkRSA(pub)
	}
	if err != nil {
		return nil, err
	}
	return pub, nil
}

func parseRSAPublicKey(data []byte) (*rsa.PublicKey, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark, as some editors write it
	block, _ := pem.Decode(data)
	text := string(bytes.TrimSpace(data))
	switch {
	case strings.Count(text, "-----BEGIN ") > 1, block != nil && strings.Contains(text, "ssh-rsa "):
		return nil, errors.New("the file has more than one key: keep only the one to use")
	case block != nil:
		return parsePEM(block)
	case text == "":
		return nil, errors.New("the file is empty: want a PEM public key or an ssh-rsa line")
	case strings.HasPrefix(text, "ssh-rsa-cert-"):
		return nil, errors.New("got an ssh certificate: use its key, which is the ssh-rsa line of the .pub file")
	case strings.HasPrefix(text, "ssh-rsa"):
		return parseSSH(text)
	case strings.HasPrefix(text, "ssh-"), strings.HasPrefix(text, "ecdsa-"), strings.HasPrefix(text, "sk-"):
		kind, _, _ := strings.Cut(text, " ")
		return nil, fmt.Errorf("got an ssh key of the kind %.40q: want ssh-rsa, which \"ssh-keygen -t rsa -b 3072\" makes", kind)
	case strings.HasPrefix(text, "---- BEGIN SSH2 PUBLIC KEY"):
		return nil, errors.New("got an SSH2 (RFC 4716) key: convert it with \"ssh-keygen -i -f FILE\"")
	case strings.HasPrefix(text, "{"):
		return nil, errors.New("got JSON, perhaps a JWK: want a PEM public key or an ssh-rsa line")
	case strings.Contains(text, "-----BEGIN ") && strings.Contains(text, `\n`):
		return nil, errors.New(`the line breaks of the PEM block are written as \n, as in an environment variable: replace them by real ones`)
	case strings.Contains(text, "-----BEGIN "):
		return nil, errors.New("the PEM block is damaged: copy the file whole, with its BEGIN and END lines at the start of a line")
	case data[0] == 0x30:
		return nil, errors.New("got DER: convert it with \"openssl rsa -pubin -inform DER -in FILE\", a certificate with \"openssl x509 -inform DER -in FILE\"")
	case len(text) < 256 && !strings.ContainsAny(text, " \n"):
		return nil, errors.New("got one word: if it is the name of a file, pass what os.ReadFile returns for it")
	default:
		return nil, errors.New("got no key: want a PEM block that begins with \"-----BEGIN PUBLIC KEY-----\", or an ssh-rsa line")
	}
}

func parsePEM(block *pem.Block) (*rsa.PublicKey, error) {
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY":
		key, err = x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		key, err = x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		var cert *x509.Certificate
		if cert, err = x509.ParseCertificate(block.Bytes); err == nil {
			key = cert.PublicKey
		}
	default:
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			kind := "a private"
			if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["Proc-Type"] != "" {
				kind = "an encrypted private"
			}
			command := "openssl pkey -in FILE -pubout"
			if block.Type == "OPENSSH PRIVATE KEY" {
				command = "ssh-keygen -y -f FILE"
			}
			return nil, fmt.Errorf("got %s key: verifying takes only its public half, which %q prints; keep the private one away from this service", kind, command)
		}
		return nil, fmt.Errorf("got a PEM block of the kind %.40q: want PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE", block.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("the %s block cannot be read: %w", block.Type, err)
	}
	pub, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("got another kind of key (%T) in the %s block: want an RSA key, which \"openssl genrsa 3072\" makes", key, block.Type)
	}
	return pub, nil
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
	var fields [3][]byte
	for i := range fields {
		if len(blob) < 4 || uint64(len(blob)-4) < uint64(binary.BigEndian.Uint32(blob)) {
			return nil, errors.New("the ssh-rsa line is cut short: copy it whole")
		}
		n := 4 + int(binary.BigEndian.Uint32(blob))
		fields[i], blob = blob[4:n], blob[n:]
	}
	e, n := fields[1], fields[2]
	if string(fields[0]) != "ssh-rsa" || len(blob) > 0 || !isPositive(e) || !isPositive(n) || len(e) > 4 {
		return nil, errors.New("the ssh-rsa line does not have an RSA public key: export the key again")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
}

// isPositive reports whether b is a positive mpint in its shortest form, RFC 4251 section 5.
func isPositive(b []byte) bool {
	return len(b) > 0 && b[0] < 0x80 && (b[0] != 0 || len(b) > 1 && b[1] >= 0x80)
}
