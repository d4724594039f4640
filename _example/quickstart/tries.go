package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// A try is a request for /me and the answer that it should get.
type try struct {
	name      string
	header    string // "Name: value", "" for none
	status    int
	challenge string // in WWW-Authenticate, after the realm
	body      string // a part of it
}

func (iss *issuer) tries(ctx context.Context) []try {
	bob := jwt.MapClaims{"sub": "bob"}
	hs256 := must(iss.minters["HS256"].Token(ctx, bob))
	// An issuer makes no expired token.
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Issuer: iss.opts.Issuer, Audience: iss.opts.Audience, ExpiresAt: jwt.NewNumericDate(time.Now().Add(-time.Minute)),
	}).SignedString(iss.secret)
	expired := must(token, time.Time{}, err)
	// The claims of another user, with the signature of the good token.
	parts := strings.Split(hs256, ".")
	forged := parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"admin","exp":4102444800}`)) + "." + parts[2]

	refused := func(sentence string) string {
		return `, error="invalid_token", error_description="` + sentence + `"`
	}
	tries := []try{
		{"a good token in the header", "Authorization: Bearer " + hs256, 200, "", `"source":"header:Authorization"`},
		{"the same in a cookie", "Cookie: token=" + hs256, 200, "", `"source":"cookie:token"`},
		{"an expired one", "Authorization: Bearer " + expired, 401, refused("The access token expired"), `"invalid_token"`},
		{"a forged one", "Authorization: Bearer " + forged, 401, refused("The access token signature is invalid"), `"invalid_token"`},
		{"none", "", 401, "", `"No access token was sent"`},
	}
	if minter := iss.minters["RS256"]; minter != nil {
		rs256 := must(minter.Token(ctx, bob))
		tries = append(tries, try{"a good one, RS256", "Authorization: Bearer " + rs256, 200, "", `"algorithm":"RS256"`})
	}
	return tries
}

// must returns a token of a key that is in memory, and of claims that are in order.
func must(token string, _ time.Time, err error) string {
	if err != nil {
		panic(err)
	}
	return token
}

func (t try) wantChallenge() string {
	if t.status != http.StatusUnauthorized {
		return ""
	}
	return `Bearer realm="api"` + t.challenge
}

func printAll(tries []try, url string, out io.Writer) {
	fmt.Fprintf(out, "Serving on %s, stop with Ctrl-C. Requests to paste, and the answer each should get:\n", url)
	for _, t := range tries {
		fmt.Fprintf(out, "\n# %s: %d %s\n", t.name, t.status, http.StatusText(t.status))
		if challenge := t.wantChallenge(); challenge != "" {
			fmt.Fprintf(out, "# WWW-Authenticate: %s\n", challenge)
		}
		fmt.Fprintf(out, "curl -i %s/me", url)
		if t.header != "" {
			fmt.Fprintf(out, " -H '%s'", t.header)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "\n# a token of your own\ncurl -X POST %s/token -d sub=alice -d alg=HS256\n", url)
}

// checkAll sends the tries and returns an error if an answer is not right.
func checkAll(ctx context.Context, tries []try, url string, out io.Writer) error {
	wrong := 0
	for _, t := range tries {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/me", nil)
		if err != nil {
			return err
		}
		if name, value, ok := strings.Cut(t.header, ": "); ok {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			return err
		}
		challenge := res.Header.Get("WWW-Authenticate")
		verdict := "right"
		if res.StatusCode != t.status || challenge != t.wantChallenge() || !strings.Contains(string(body), t.body) {
			verdict = fmt.Sprintf("WRONG, want %d and %q", t.status, t.wantChallenge())
			wrong++
		}
		fmt.Fprintf(out, "%s: %s\n  %s\n", t.name, verdict, res.Status)
		if challenge != "" {
			fmt.Fprintf(out, "  WWW-Authenticate: %s\n", challenge)
		}
		fmt.Fprintf(out, "  %s\n", strings.TrimSpace(string(body)))
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d answers were wrong", wrong, len(tries))
	}
	fmt.Fprintf(out, "all %d answers were right\n", len(tries))
	return nil
}
