package mtls

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Format is the form in which a proxy writes a client's certificate into a header.
type Format int

const (
	// ClientCert is the header Client-Cert of RFC 9440: the certificate in base64 between colons.
	ClientCert Format = iota + 1

	// EscapedPEM is a certificate in PEM with percent-encoding. These write it:
	//
	//   - nginx: proxy_set_header X-SSL-Client-Cert $ssl_client_escaped_cert;
	//   - the Application Load Balancer of AWS: X-Amzn-Mtls-Clientcert-Leaf. In its passthrough
	//     mode X-Amzn-Mtls-Clientcert has all certificates that a client sends, and more than
	//     one are refused.
	//
	// A + is a +, and never a space.
	EscapedPEM

	// XFCC is the header X-Forwarded-Client-Cert of Envoy and Istio, with one element that has
	// a Hash. Set forward_client_cert_details to SANITIZE_SET: with APPEND_FORWARD, a client's own
	// element comes first, and more than one are refused. So are a second "Hash=", also within
	// another value, and quotes around others than Subject, Cert and Chain.
	XFCC

	// Base64DER is a certificate in base64, as HAProxy writes it:
	//
	//	http-request set-header X-SSL-Client-Cert %[ssl_c_der,base64]
	Base64DER
)

// maxHeaderBytes is enough for every Format with a certificate of 8 KiB, which is four times the
// usual, and for the XFCC header with a few certificates.
const maxHeaderBytes = 16 << 10

// String returns the name of the constant, or "" for any other number.
func (f Format) String() string {
	switch f {
	case ClientCert:
		return "ClientCert"
	case EscapedPEM:
		return "EscapedPEM"
	case XFCC:
		return "XFCC"
	case Base64DER:
		return "Base64DER"
	}
	return ""
}

// thumbprint returns the SHA-256 digest of the one certificate that the value of a header has. No
// error quotes the value, which a client may have chosen.
func (f Format) thumbprint(value string) (thumbprint [sha256.Size]byte, err error) {
	if len(value) > maxHeaderBytes {
		return thumbprint, fmt.Errorf("it has %d bytes, and at most %d are read", len(value), maxHeaderBytes)
	}
	if f == XFCC {
		return hashOfXFCC(value)
	}
	der, err := f.decode(value)
	if err != nil {
		return thumbprint, err
	}
	// Bytes after the certificate are an error too. The text of some errors quotes the certificate.
	if _, err := x509.ParseCertificate(der); err != nil {
		return thumbprint, errors.New("it is not one certificate that Go can parse")
	}
	return sha256.Sum256(der), nil
}

// decode returns the bytes of the certificate.
func (f Format) decode(value string) ([]byte, error) {
	switch f {
	case ClientCert:
		if len(value) < 2 || value[0] != ':' || value[len(value)-1] != ':' { // RFC 9440 section 2.2
			return nil, errors.New("it is not base64 between two colons")
		}
		return fromBase64(value[1 : len(value)-1])
	case EscapedPEM:
		return fromEscapedPEM(value)
	default:
		return fromBase64(value)
	}
}

// fromBase64 does not ask for padding, RFC 8941 section 4.2.7.
func fromBase64(text string) ([]byte, error) {
	encoding := base64.StdEncoding
	if len(text)%4 != 0 {
		encoding = base64.RawStdEncoding
	}
	der, err := encoding.DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // line breaks, which Go skips
		return nil, errors.New("it is not base64")
	}
	return der, nil
}

func fromEscapedPEM(value string) ([]byte, error) {
	const begin = "-----BEGIN "
	// The AWS load balancer sends + as it is, so the decoder must not be that of forms.
	text, err := url.PathUnescape(value)
	if err != nil {
		return nil, errors.New("it is not percent-encoded")
	}
	// pem.Decode passes over what is before a block, and over a block that is malformed.
	if n := strings.Count(text, begin); n != 1 || !strings.HasPrefix(text, begin) {
		return nil, fmt.Errorf("it has %d blocks of PEM, and must be one alone", n)
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("it is not a certificate in PEM")
	}
	return block.Bytes, nil
}

// hashOfXFCC returns the Hash of an XFCC header. Envoy does not escape all that a client may choose,
// such as the URI in its certificate. So these are errors, wherever they come from: a second Hash,
// also within another value, a second element, and quotes that Envoy does not write.
func hashOfXFCC(rest string) (hash [sha256.Size]byte, err error) {
	if syntax.CountFold(rest, "hash=") > 1 {
		return hash, errors.New("it has more than one Hash, or one within another value")
	}
	found := false
	for {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || !syntax.IsToken(name) {
			return hash, errors.New("it is not a list of NAME=VALUE")
		}
		n, err := lengthInXFCC(name, after)
		if err != nil {
			return hash, err
		}
		if syntax.EqualFold(name, "Hash") {
			sum, err := hex.DecodeString(after[:n])
			if err != nil || len(sum) != len(hash) {
				return hash, errors.New("its Hash is not a SHA-256 digest in hexadecimal")
			}
			found = true
			copy(hash[:], sum)
		}
		rest = after[n:]
		switch {
		case rest == "" && found:
			return hash, nil
		case rest == "":
			return hash, errors.New("it has no Hash, which Envoy always writes")
		case rest[0] == ',':
			return hash, errors.New("it has more than one element: set forward_client_cert_details to SANITIZE_SET")
		}
		rest = rest[1:] // after a semicolon
	}
}

// lengthInXFCC returns how long the value is that text begins with. A value in quotes ends at the
// first quote that has no backslash of its own.
func lengthInXFCC(name, text string) (int, error) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, `,;"`)
		if end < 0 {
			return len(text), nil
		}
		if text[end] == '"' {
			return 0, errors.New("it has a quote inside a value without quotes")
		}
		return end, nil
	}
	if !syntax.EqualFold(name, "Subject") && !syntax.EqualFold(name, "Cert") && !syntax.EqualFold(name, "Chain") {
		return 0, errors.New("it has quotes around another value than Subject, Cert and Chain")
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			if end := i + 1; end == len(text) || text[end] == ',' || text[end] == ';' {
				return end, nil
			}
			return 0, errors.New("it has more after a value in quotes")
		}
	}
	return 0, errors.New("it has a value whose quotes do not end")
}
