package credential

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/jwthttp/jwthttp/internal/detail"
	"github.com/jwthttp/jwthttp/internal/logtext"
	"github.com/jwthttp/jwthttp/internal/reason"
	"github.com/jwthttp/jwthttp/internal/syntax"
)

// A Request is what a log may say of a request in which no token was found. It does not keep the
// map of the headers, to which others may write.
type Request struct {
	authorization, cookies []string
	origins, sites         []string
	host, refusedBefore    string

	others []field // with a token, besides Authorization
}

// A field is a header that a request has so many times.
type field struct {
	name  string
	count int
}

// NewRequest returns what there is to say of r, which was refused for why.
func NewRequest(r *http.Request, why *reason.Reason, places []Place) Request {
	d := Request{r.Header["Authorization"], r.Header["Cookie"], r.Header["Origin"], r.Header["Sec-Fetch-Site"], r.Host, detail.RefusedBefore(r.Context()), nil}
	if why != reason.TwoCredentials {
		return d
	}
	for p := range All(places) {
		name, ok := strings.CutPrefix(p.Reads, inHeader)
		values := r.Header.Values(name)
		if ok && !syntax.EqualFold(name, "Authorization") && (len(values) > 1 || len(values) == 1 && syntax.Trim(values[0]) != "") {
			d.others = append(d.others, field{name, len(values)})
		}
	}
	return d
}

// Explain says what was wanted and what came. The request was refused for why. schemes are the
// authentication schemes by their numbers, "" for one under which no token is good.
func (d *Request) Explain(why *reason.Reason, places []Place, schemes []string) string {
	switch {
	case why == reason.NoToken:
		return detail.NoToken(names(places, schemes), schemes, d.authorization, d.cookies, d.refusedBefore)
	case why == reason.CrossOrigin:
		return detail.CrossOrigin(d.origins, d.sites, d.host)
	case len(d.authorization) > 1:
		return fmt.Sprintf("there are %d Authorization headers: send one", len(d.authorization))
	case why == reason.Credential && len(d.authorization) == 1:
		return detail.MalformedCredentials(d.authorization[0], schemes)
	case why == reason.ManyCookies:
		return detail.ManyCookies
	}
	var found []string
	if len(d.authorization) > 0 {
		found = append(found, "Authorization")
	}
	for p := range All(places) {
		name, ok := strings.CutPrefix(p.Source, inCookie)
		switch value, err := syntax.FindCookie(d.cookies, name); {
		case !ok:
		case err == syntax.ErrTwoCookies:
			found = append(found, "two cookies "+logtext.Quote(name))
		case err != nil || value != "":
			found = append(found, "the cookie "+logtext.Quote(name))
		}
	}
	for _, f := range d.others {
		if f.count > 1 {
			found = append(found, fmt.Sprintf("%d headers %s", f.count, f.name))
		} else {
			found = append(found, "the header "+f.name)
		}
	}
	return detail.Several(names(places, schemes), found)
}

// names lists the places where a good token may be.
func names(places []Place, schemes []string) string {
	var names []string
	for p := range All(places) {
		name := p.Source
		if schemes[p.Scheme] == "" {
			continue
		} else if cookie, ok := strings.CutPrefix(p.Source, inCookie); ok {
			name = "the cookie " + logtext.Quote(cookie)
		} else if header, ok := strings.CutPrefix(p.Source, inHeader); ok && p.IsB64Token {
			name = header + ": " + schemes[p.Scheme]
		} else if ok {
			name = "the header " + header
		}
		names = append(names, name)
	}
	return strings.Join(names, " and ")
}
