package jws

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
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
	data = withoutMark(data)
	block, blocks := onlyBlock(data)
	text := string(bytes.TrimSpace(data))
	switch {
	case blocks > 1, block != nil && strings.Contains(text, "ssh-rsa "):
		return nil, errors.New("the file has more than one key: keep only the one to use")
	case block != nil:
		return parsePEM(block)
	case strings.HasPrefix(text, "ssh-rsa-cert-"):
		return nil, errors.New("got an ssh certificate: use its key, which is the ssh-rsa line of the .pub file")
	case strings.HasPrefix(text, "ssh-rsa"):
		return parseSSH(text)
	case isSSHLine(text):
		kind, _, _ := strings.Cut(text, " ")
		return nil, fmt.Errorf("got an ssh key of the kind %.40q: want ssh-rsa, which \"ssh-keygen -t rsa -b 3072\" makes", kind)
	case strings.HasPrefix(text, beginSSH2):
		return nil, errors.New("got an SSH2 (RFC 4716) key: convert it with \"ssh-keygen -i -f FILE\"")
	}
	return nil, noKey(data, wanted{
		key:     "a PEM public key or an ssh-rsa line",
		form:    "a PEM block that begins with \"-----BEGIN PUBLIC KEY-----\", or an ssh-rsa line",
		convert: "\"openssl rsa -pubin -inform DER -in FILE\", a certificate with \"openssl x509 -inform DER -in FILE\"",
	})
}

const (
	beginPEM  = "-----BEGIN "
	beginSSH2 = "---- BEGIN SSH2 PUBLIC KEY"
)

// onlyBlock returns the first PEM block, and how many blocks begin in data, damaged ones too. It
// skips EC PARAMETERS before another block, as "openssl ecparam -genkey" writes them.
func onlyBlock(data []byte) (block *pem.Block, blocks int) {
	blocks = bytes.Count(data, []byte(beginPEM))
	block, rest := pem.Decode(data)
	if block != nil && block.Type == "EC PARAMETERS" && blocks > 1 {
		block, _ = pem.Decode(rest)
		blocks--
	}
	return block, blocks
}

// withoutMark returns data without a byte order mark, which some editors write.
func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// IsUTF16 reports whether data begins with the byte order mark of UTF-16, which PowerShell 5 writes.
func IsUTF16(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
}

// A wanted is what a file should have. convert are the commands that make it of DER.
type wanted struct{ key, form, convert string }

// noKey says what a file has in which there is no key. The error shows nothing of the file.
func noKey(data []byte, want wanted) error {
	text := string(bytes.TrimSpace(data))
	switch {
	case text == "":
		return errors.New("the file is empty: want " + want.key)
	case strings.HasPrefix(text, "{"):
		return errors.New("got JSON, perhaps a JWK: want " + want.key)
	case strings.Contains(text, beginPEM) && strings.Contains(text, `\n`):
		return errors.New(`the line breaks of the PEM block are written as \n, as in an environment variable: replace them by real ones`)
	case strings.Contains(text, beginPEM):
		return errors.New("the PEM block is damaged: copy the file whole, with its BEGIN and END lines at the start of a line")
	case strings.HasPrefix(text, "LS0tLS1CRUdJTi"): // of beginPEM
		return errors.New("got the base64 of a PEM file: decode it with \"base64 -d\"")
	case IsUTF16(data):
		return errors.New("got UTF-16, as PowerShell writes it: save the file as UTF-8")
	case data[0] == 0x30:
		return errors.New("got DER: convert it with " + want.convert)
	case strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2:
		return errors.New("got a token: want " + want.key)
	case len(text) < 256 && !strings.ContainsAny(text, " \n"):
		return fmt.Errorf("got one word and no key: want %s, or the content of the file that the word names", want.key)
	}
	return errors.New("got no key: want " + want.form)
}

func parsePEM(block *pem.Block) (*rsa.PublicKey, error) {
	var key any
	var err error
	switch block.Type {
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		key, err = ParsePublicDER(block.Bytes)
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
	if kind := UnknownKind(block.Bytes); kind != "" {
		return nil, fmt.Errorf("got %s in the %s block: want an RSA key, which \"openssl genrsa 3072\" makes", kind, block.Type)
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

// ParsePublicDER reads PKIX or PKCS #1, because some programs write the name of the other form
// around them. The key is of a type that [x509.ParsePKIXPublicKey] returns.
func ParsePublicDER(der []byte) (any, error) {
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		if pub, errPKCS1 := x509.ParsePKCS1PublicKey(der); errPKCS1 == nil {
			return pub, nil
		}
	}
	return key, err
}
