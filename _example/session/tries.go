package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// A try is a request and the answer that it should get. The tries depend on those before.
type try struct {
	name   string
	as     string // "browser" has the cookies that it got, "app" has the tokens; else a header, or ""
	method string
	path   string
	form   string
	status int
	body   string // a part of it
}

var tries = []try{
	{"nobody is logged in", "", "GET", "/me", "", 401, `"No access token was sent"`},
	{"a browser logs in", "browser", "POST", "/login", "user=alice", 303, ""},
	{"it has an access token", "browser", "GET", "/me", "", 200, `"sub":"alice"`},
	{"the access token is over, and it is still logged in", "browser without access", "GET", "/me", "", 200, `"sub":"alice"`},
	{"it can also refresh by itself", "browser", "POST", "/refresh", "", 204, ""},
	{"a form of another site cannot log it out", "browser from another site", "POST", "/logout", "", 403, `"cross_origin"`},
	{"an app logs in", "", "POST", "/token", "user=alice", 200, `"token_type":"Bearer"`},
	{"it has an access token", "app", "GET", "/me", "", 200, `"sub":"alice"`},
	{"it refreshes", "", "POST", "/refresh", "grant_type=refresh_token&refresh_token=REFRESH", 200, `"refresh_token":"jr1_`},
	{"both are devices of alice", "browser", "GET", "/devices", "", 200, `"current":true`},
	{"the browser ends the app", "browser", "POST", "/devices/end-others", "", 204, ""},
	{"the access token of the app has ended", "app", "GET", "/me", "", 401, `"invalid_token"`},
	{"and so has its refresh token", "", "POST", "/refresh", "grant_type=refresh_token&refresh_token=REFRESH", 400, `"invalid_grant"`},
	{"the browser logs out", "browser", "POST", "/logout", "", 204, ""},
	{"nobody is logged in", "browser", "GET", "/me", "", 401, `"No access token was sent"`},
}

// printAll prints the tries for a shell.
func printAll(site string, out io.Writer) {
	fmt.Fprintln(out, "Requests to paste, in this order, and the answer each should get:")
	for _, t := range tries {
		fmt.Fprintf(out, "\n# %s: %d %s\n", t.name, t.status, http.StatusText(t.status))
		command := "curl -si"
		switch t.as {
		case "browser":
			command += " -c cookies -b cookies"
		case "browser without access": // nothing but the refresh cookie
			command = "sed -i /access/d cookies; " + command + " -c cookies -b cookies"
		case "browser from another site":
			command += " -b cookies -H 'Origin: https://other.example'"
		case "app":
			command += ` -H "Authorization: Bearer $ACCESS"`
		}
		if t.form != "" {
			command += ` -d "` + strings.ReplaceAll(t.form, "REFRESH", "$REFRESH") + `"`
		} else if t.method == "POST" {
			command += " -X POST"
		}
		command += " " + site + t.path
		if t.status == http.StatusOK && t.method == "POST" {
			command = "ANSWER=$(" + command + `); echo "$ANSWER"
ACCESS=$(echo "$ANSWER" | sed -n 's/.*"access_token":"\([^"]*\).*/\1/p')
REFRESH=$(echo "$ANSWER" | sed -n 's/.*"refresh_token":"\([^"]*\).*/\1/p')`
		}
		fmt.Fprintln(out, command)
	}
}

// A visitor has what was answered before.
type visitor struct {
	cookies map[string]string
	tokens  struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
}

// checkAll sends the tries and returns an error if an answer is not right.
func checkAll(ctx context.Context, site string, out io.Writer) error {
	wrong := 0
	v := visitor{cookies: map[string]string{}}
	for _, t := range tries {
		status, body, err := v.send(ctx, site, t)
		if err != nil {
			return err
		}
		verdict := "right"
		if status != t.status || !strings.Contains(body, t.body) {
			verdict = fmt.Sprintf("WRONG, want %d and %s", t.status, t.body)
			wrong++
		}
		fmt.Fprintf(out, "%s: %s\n  %s %s: %d %s\n", t.name, verdict, t.method, t.path, status, http.StatusText(status))
	}
	if wrong > 0 {
		return fmt.Errorf("%d of %d answers were wrong", wrong, len(tries))
	}
	fmt.Fprintf(out, "all %d answers were right\n", len(tries))
	return nil
}

func (v *visitor) send(ctx context.Context, site string, t try) (status int, body string, err error) {
	form := strings.ReplaceAll(t.form, "REFRESH", v.tokens.Refresh)
	req, err := http.NewRequestWithContext(ctx, t.method, site+t.path, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	isBrowser := strings.HasPrefix(t.as, "browser")
	if isBrowser {
		for name, value := range v.cookies {
			if t.as != "browser without access" || !strings.Contains(name, "access") {
				req.AddCookie(&http.Cookie{Name: name, Value: value})
			}
		}
	}
	switch t.as {
	case "browser from another site":
		req.Header.Set("Origin", "https://other.example")
	case "app":
		req.Header.Set("Authorization", "Bearer "+v.tokens.Access)
	}
	res, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, "", err
	}
	for _, c := range res.Cookies() {
		if v.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(v.cookies, c.Name)
		}
	}
	if res.StatusCode == http.StatusOK && t.method == "POST" {
		err = json.Unmarshal(b, &v.tokens)
	}
	return res.StatusCode, string(b), err
}
