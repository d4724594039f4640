// Package mtls confirms that a token comes from the client that it was issued to, by the client's
// TLS certificate, RFC 8705 section 3. The token's claim cnf has the certificate's thumbprint in
// its member x5t#S256.
//
// A server that ends TLS itself asks clients for their certificate, and takes that of the
// connection:
//
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{mtls.Connection()}})
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	server := http.Server{
//		Handler:   auth.Handler(api),
//		TLSConfig: &tls.Config{ClientAuth: tls.RequestClientCert},
//	}
//	log.Fatal(server.ListenAndServeTLS("cert.pem", "key.pem"))
//
// RequestClientCert is enough: TLS proves that the client has the certificate's key, and the
// token names the certificate. A stricter ClientAuth also asks who issued the certificate.
//
// A proxy that ends TLS writes the certificate into a header, which [Forwarded] reads:
//
//	certificates, err := mtls.Forwarded("X-SSL-Client-Cert", mtls.EscapedPEM, "10.0.0.7")
//	if err != nil {
//		log.Fatal(err) // says what to mend
//	}
//	auth, err := jwthttp.New[Claims](keys, jwthttp.Options{Bindings: []jwthttp.Binding{certificates}})
package mtls

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Binding is a [jwthttp.Binding] for tokens that are bound to a client certificate. Make one
// with [Connection] or [Forwarded]. It is safe for concurrent use.
//
// If the certificate is another one, or none came, the token is refused: 401, invalid_token. The
// log says what came.
type Binding struct {
	member  string // "" in a zero Binding, which jwthttp.New refuses
	header  string // of a proxy; "" for the certificate of the connection
	format  Format
	proxies []netip.Prefix
	unix    bool // whether what comes through a Unix socket comes from a proxy
}

const member = "x5t#S256" // RFC 8705 section 3.1

var _ jwthttp.Binding = (*Binding)(nil)

// Connection returns the Binding for a server that ends TLS itself. It takes the certificate that
// the client has sent on the connection of the request. The server must ask for one:
// [crypto/tls.Config].ClientAuth must not be NoClientCert, which is its default.
func Connection() *Binding { return &Binding{member: member} }

// Forwarded returns the Binding for a server whose proxy ends TLS. The proxy writes the client's
// certificate into a header of that name and format. The header counts only if the request comes
// from one of proxies, and if it is the only header of its name, with one certificate.
//
// Each of proxies is one of these:
//
//   - an address, such as "10.0.0.7" or "::1"
//   - a range of addresses, such as "10.0.0.0/24"
//   - "unix": whoever connects to a Unix socket of this server, as its file's mode permits
//
// Everybody at these addresses can pretend to have any certificate, so name no more than the
// proxies. The address is that of [http.Request].RemoteAddr. What changes RemoteAddr breaks this
// rule, so do not use it outside of the middleware: neither the PROXY protocol nor a middleware
// that reads X-Forwarded-For.
//
// The proxy must remove a header of that name that a client has sent, also from a client without
// a certificate. Try it: send one through the proxy. The proxy must ask clients for a
// certificate, and need not know who issued it.
//
// The error lists everything that is wrong with the arguments, and how to mend it.
func Forwarded(header string, format Format, proxies ...string) (*Binding, error) {
	var errs []error
	fault := func(text string, args ...any) { errs = append(errs, fmt.Errorf("mtls: "+text, args...)) }
	b := &Binding{member: member, header: http.CanonicalHeaderKey(header), format: format}
	if !syntax.IsToken(header) {
		fault("%s is not the name of a header: write it like X-SSL-Client-Cert", logtext.Quote(header))
	}
	switch b.header {
	case "Authorization", "Cookie", "Dpop":
		fault("the header %s is the client's own: name the one into which the proxy writes the certificate", b.header)
	case "Host", "Trailer", "Transfer-Encoding":
		fault("net/http takes %s out of the headers: have the proxy write the certificate into another one", b.header)
	}
	if format.String() == "" {
		fault("the format %d is not known: use ClientCert, EscapedPEM, XFCC or Base64DER", int(format))
	}
	if len(proxies) == 0 {
		fault("no proxy may send the header %s, so that no certificate would count: name the proxy's address", b.header)
	}
	for _, proxy := range proxies {
		if proxy == "unix" {
			b.unix = true
			continue
		}
		prefix, err := parseProxy(proxy)
		if err != nil {
			fault("the proxy %s %w", logtext.Quote(proxy), err)
		}
		b.proxies = append(b.proxies, prefix)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return b, nil
}

// parseProxy returns the range that text names. An address is a range of one.
func parseProxy(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	addr, notOne := netip.ParseAddr(text)
	if notOne == nil {
		prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	switch {
	case err != nil:
		err = errors.New(`is not an address: write it like 10.0.0.7, ::1 or 10.0.0.0/24, without a port, or "unix"`)
	case notOne == nil && addr.IsUnspecified():
		err = errors.New("is the address of no connection: name the proxy's address")
	case addr.Zone() != "": // a Prefix has none
		err = errors.New("has a zone (%): use an address that is the same on every interface")
	case prefix.Addr().Is4In6():
		err = fmt.Errorf("is an IPv4 address in IPv6: write it like %s", prefix.Addr().Unmap())
	case prefix != prefix.Masked():
		err = fmt.Errorf("is an address and not the first one of a range: write %s, or %s", prefix.Addr(), prefix.Masked())
	case prefix.Bits() == 0:
		err = errors.New("is every address, so that anybody could send a certificate: name the proxy's address")
	}
	return prefix, err
}

// Member implements [jwthttp.Binding]. It returns "x5t#S256".
func (b *Binding) Member() string { return b.member }

// Scheme implements [jwthttp.Binding]. The name is empty: the token comes as any bearer token.
func (b *Binding) Scheme() (name, parameters string) { return "", "" }

// Answer implements [jwthttp.Binding]. It adds nothing.
func (b *Binding) Answer(http.Header) {}

// Confirm implements [jwthttp.Binding]. It returns nil if the client's certificate has that
// thumbprint. Otherwise the error, which is for the log, says what came and how to mend it.
func (b *Binding) Confirm(r *http.Request, _ string, thumbprint [sha256.Size]byte) error {
	got, err := b.read(r)
	if err != nil {
		return err
	}
	if got != thumbprint {
		return fmt.Errorf("mtls: the token is for the certificate with the thumbprint %s, and the client's is %s: have the client get its token and call this service with one certificate",
			base64.RawURLEncoding.EncodeToString(thumbprint[:]), base64.RawURLEncoding.EncodeToString(got[:]))
	}
	return nil
}

// Thumbprint returns that of the client's certificate, for a token endpoint which issues tokens that
// are bound to it: it is the value of x5t#S256 in cnf, RFC 8705 section 3.1. Nobody has verified who
// the client is: compare it with the certificate that the client has registered. The error, which is
// for the log, says what came and how to mend it.
func (b *Binding) Thumbprint(r *http.Request) (string, error) {
	sum, err := b.read(r)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// read returns the digest of the client's certificate.
func (b *Binding) read(r *http.Request) (sum [sha256.Size]byte, err error) {
	if b.header != "" {
		sum, err = b.fromHeader(r)
	} else {
		sum, err = b.fromConnection(r)
	}
	if err != nil {
		err = fmt.Errorf("mtls: %w", err)
	}
	return sum, err
}

func (b *Binding) fromConnection(r *http.Request) (thumbprint [sha256.Size]byte, err error) {
	switch {
	case r.TLS == nil:
		return thumbprint, errors.New("the request came without TLS: where a proxy ends TLS, use mtls.Forwarded in place of mtls.Connection")
	case len(r.TLS.PeerCertificates) == 0:
		return thumbprint, errors.New("the client sent no certificate: have it send its own, and set ClientAuth of the server's tls.Config to tls.RequestClientCert or stricter")
	}
	return sha256.Sum256(r.TLS.PeerCertificates[0].Raw), nil // RFC 8705 section 3.1
}

func (b *Binding) fromHeader(r *http.Request) (thumbprint [sha256.Size]byte, err error) {
	if !b.isFromProxy(r) {
		if _, err := netip.ParseAddr(r.RemoteAddr); err == nil {
			return thumbprint, fmt.Errorf("RemoteAddr is %s and has no port, so a handler outside has changed it: put that inside of the middleware", logtext.Quote(r.RemoteAddr))
		}
		return thumbprint, fmt.Errorf("the request comes from %s, which is not a configured proxy: name it in mtls.Forwarded if it is yours", logtext.Quote(r.RemoteAddr))
	}
	values := r.Header[b.header]
	if len(values) > 1 {
		return thumbprint, fmt.Errorf("the request has %d headers %s: have the proxy remove those that a client sends", len(values), b.header)
	}
	if len(values) == 0 || syntax.Trim(values[0]) == "" {
		return thumbprint, fmt.Errorf("the request has no header %s with a certificate: have the client send its own, and the proxy ask for it and pass it", b.header)
	}
	thumbprint, err = b.format.thumbprint(syntax.Trim(values[0]))
	if err != nil {
		return thumbprint, fmt.Errorf("the header %s is not what %s reads: check what the proxy writes: %w", b.header, b.format, err)
	}
	return thumbprint, nil
}

// isFromProxy reports whether the other end of the connection is a configured proxy.
func (b *Binding) isFromProxy(r *http.Request) bool {
	// The client's end of a Unix socket may have any name or none.
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && strings.HasPrefix(local.Network(), "unix") {
		return b.unix
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr := remote.Addr().Unmap() // a server that listens on IPv6 sees IPv4 clients so
	for _, proxy := range b.proxies {
		if proxy.Contains(addr) {
			return true
		}
	}
	return false
}
