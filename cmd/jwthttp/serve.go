package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/devissuer"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	defaultAddress  = "127.0.0.1:8910"
	defaultAudience = "api"
	shutdownTimeout = 5 * time.Second
)

const serveUsage = `jwthttp serve runs a development issuer, and a page that shows a token's way through a
middleware. Both are on loopback alone. The issuer gives a token to everyone who asks, and its
keys last until the program ends.

	jwthttp serve
	jwthttp serve -audience orders

POST /token makes a token. Its body is a form of claims, or a JSON object of them with
Content-Type: application/json. The values of a form are strings, and a name that is there twice
is an array of them. Send JSON for numbers and other values. sub is alice if it is not sent.
expires_in is the lifetime in seconds, 86400 at most.
POST /rotate makes a new key. Tokens of the seven previous keys are still accepted.

With flags that say where keys are, there is no issuer. The page then asks a middleware with
those keys:

	jwthttp serve -discover https://tenant.example.com/ -audience orders

`

// serve runs until ctx is done.
func serve(ctx context.Context, args []string, _ io.Reader, stdout, stderr io.Writer) int {
	fs := newFlagSet("serve", serveUsage)
	address := fs.String("addr", defaultAddress, "the `address` to listen on: 127.0.0.1, [::1] or localhost, and a port; port 0 is a\nfree one")
	var c config
	c.addTo(fs)
	if status, ok := parseFlags(fs, args, stdout, stderr); !ok {
		return status
	}
	err := errors.New("it takes flags only: paste a token into the page")
	if fs.NArg() == 0 {
		err = c.serve(ctx, *address, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "jwthttp serve:", err)
		return exitUnknown
	}
	return exitGood
}

func (c *config) serve(ctx context.Context, address string, stdout, stderr io.Writer) error {
	setup, err := c.setup()
	if err != nil {
		return err
	}
	defer setup.Close()
	listener, err := listen(address)
	if err != nil {
		return err
	}
	defer listener.Close()
	s, err := c.newSite(setup, listener.Addr().String())
	if err != nil {
		return err
	}
	if _, err := io.WriteString(stdout, s.introduction()); err != nil {
		return err
	}
	server := &http.Server{
		Handler: s.handler(), BaseContext: func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 2 * explainTimeout, IdleTimeout: time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(stderr, "jwthttp serve: ", 0),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	timeout, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if server.Shutdown(timeout) != nil {
		server.Close()
	}
	<-ended
	return nil
}

// listen accepts loopback only.
func listen(address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("-addr %.80q is not an address and a port: write it like %s", address, defaultAddress)
	}
	switch host {
	case "127.0.0.1", "::1":
	case "localhost":
		host = "127.0.0.1" // whatever the name resolves to
	default:
		return nil, fmt.Errorf("-addr %.80q is not loopback, and this server gives tokens to everyone who reaches it: use 127.0.0.1, [::1] or localhost", address)
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("%w: pass another port, such as -addr 127.0.0.1:8911, or -addr 127.0.0.1:0 for a free one", err)
	}
	return listener, nil
}

// newSite returns the site at address, which asks the middleware of setup. If that has no keys,
// it gets those of a development issuer.
func (c *config) newSite(setup explain.Setup, address string) (*site, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := &site{url: "http://" + address, setup: func() (explain.Setup, error) { return setup, nil }}
	for _, host := range []string{"127.0.0.1", "[::1]", "localhost"} {
		s.hosts = append(s.hosts, host+":"+port)
		if port == "80" {
			s.hosts = append(s.hosts, host) // clients leave the default port out
		}
	}
	keys := "come from the flags of the program"
	if c.hasKeys() {
		err = setup.Check()
	} else {
		keys = "are those of the development issuer"
		setup, err = s.addIssuer(setup)
	}
	if err != nil {
		return nil, err
	}
	s.page, err = newPage(asked(setup.Options)+" Its keys "+keys+".", s.issuer != nil)
	return s, err
}

// addIssuer adds a development issuer, and returns the setup of a middleware that accepts its
// tokens.
func (s *site) addIssuer(setup explain.Setup) (explain.Setup, error) {
	setup.OwnIssuer = true
	opts := &setup.Options
	opts.Issuer = cmp.Or(opts.Issuer, s.url)
	audience := opts.Audience
	if len(audience) == 0 {
		audience = []string{defaultAudience}
	}
	if !opts.AllowAnyAudience {
		opts.Audience = audience
	}
	s.issuerName, s.audience = opts.Issuer, audience
	typ := cmp.Or(opts.Type, "JWT")
	switch {
	case opts.Type != "":
		s.types = fmt.Sprintf("Type: %q", opts.Type)
	case len(opts.Types) > 0:
		typ, s.types = opts.Types[0], fmt.Sprintf("Types: %#v", opts.Types)
	}
	var err error
	if s.issuer, err = devissuer.New(s.issuerName, audience, typ); err != nil {
		return setup, err
	}
	s.setup = func() (explain.Setup, error) {
		current := setup // it has no keys yet
		err := current.AddKeys(s.issuer.KeySet(), "the development issuer's key set", "", "")
		return current, err
	}
	current, err := s.setup()
	if err != nil {
		return current, err
	}
	return current, current.Check()
}

// asked says what the middleware wants.
func asked(opts jwthttp.Options) string {
	issuer, audience := "any issuer", "no audience"
	if opts.Issuer != "" {
		issuer = "the issuer " + logtext.Quote(opts.Issuer)
	}
	switch {
	case opts.AllowAnyAudience:
		audience = "any audience"
	case len(opts.Audience) > 0:
		var quoted []string
		for _, name := range opts.Audience {
			quoted = append(quoted, logtext.Quote(name))
		}
		audience = "the audience " + strings.Join(quoted, " or ")
	}
	return fmt.Sprintf("The middleware that is asked expects %s and %s.", issuer, audience)
}

// introduction says what to do next. It is for a terminal.
func (s *site) introduction() string {
	if s.issuer == nil {
		return fmt.Sprintf("The page that shows a token's way is %s/\n", s.url)
	}
	source := fmt.Sprintf("jwks.Discover(%q, jwks.Options{Audience: %#v})", s.issuerName, s.audience)
	if s.issuerName != s.url { // its metadata is not where discovery looks
		source = fmt.Sprintf("jwks.New(%q, jwks.Options{Issuer: %q, Audience: %#v})", s.url+keysPath, s.issuerName, s.audience)
	}
	return fmt.Sprintf(`A token's way    %[1]s/
The issuer       %[2]q
Get a token      TOKEN=$(curl -s -d sub=alice %[1]s/token | cut -d'"' -f4)
Use a new key    curl -X POST %[1]s/rotate
Accept tokens    keys, err := %[3]s
                 auth, err := jwthttp.New[Claims](keys, jwthttp.Options{%[4]s})
`, s.url, s.issuerName, source, s.types)
}
