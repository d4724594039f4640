package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/devissuer"
	"github.com/jwthttp/jwthttp/cmd/jwthttp/internal/explain"
	"github.com/jwthttp/jwthttp/internal/gate"
	"github.com/jwthttp/jwthttp/internal/logtext"
)

const (
	metadataPath = "/.well-known/openid-configuration"
	keysPath     = "/.well-known/jwks.json"

	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"

	maxBodyBytes   = 1 << 20 // JSON of a token of 64 KiB has 384 KiB if every byte is escaped
	explainTimeout = 30 * time.Second
)

// A site is the page, and the development issuer if there is one.
type site struct {
	url   string
	hosts []string // the only values of Host that are served
	page  page
	setup func() (explain.Setup, error) // of the middleware that is asked

	issuer     *devissuer.Issuer // nil if the middleware has other keys
	issuerName string
	audience   []string
	types      string // the field of jwthttp.Options that accepts its tokens, in Go; "" if none is needed
}

// handler returns the handler of the whole site.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("POST /explain", s.explainToken)
	if s.issuer != nil {
		mux.HandleFunc("GET "+metadataPath, s.showMetadata)
		mux.HandleFunc("GET "+keysPath, s.showKeys)
		mux.HandleFunc("POST /token", s.makeToken)
		mux.HandleFunc("POST /rotate", s.rotate)
	}
	return s.guarded(mux)
}

// guarded refuses what a page of another site may have made a browser send.
func (s *site) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", s.page.policy)
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		switch {
		case !slices.Contains(s.hosts, strings.ToLower(r.Host)):
			// DNS rebinding: the name of another site may resolve to loopback. For the
			// browser, that site's page then has the origin of this server.
			refuse(w, http.StatusMisdirectedRequest, "this server is on loopback alone: use "+s.url)
		case gate.IsCrossOrigin(r, nil):
			refuse(w, http.StatusForbidden, "a page of another origin has sent this request: use the page at "+s.url)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
			next.ServeHTTP(w, r)
		}
	})
}

func (s *site) showPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(s.page.text)
}

func (s *site) explainToken(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Token *string `json:"token"`
	}
	body, ok := readBody(w, r, jsonType)
	if !ok {
		return
	}
	if err := json.Unmarshal(body, &asked); err != nil || asked.Token == nil {
		refuse(w, http.StatusBadRequest, `the body is not JSON like {"token": "eyJ…"}`)
		return
	}
	setup, err := s.setup()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), explainTimeout)
	defer cancel()
	answer(w, http.StatusOK, explain.Explain(ctx, *asked.Token, setup))
}

// showMetadata has what OpenID Connect Discovery 1.0 section 3 requires, but for the login
// page that does not exist.
func (s *site) showMetadata(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": s.issuerName, "jwks_uri": s.url + keysPath, "token_endpoint": s.url + "/token",
		"grant_types_supported": []string{"client_credentials"}, "response_types_supported": []string{},
		"subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *site) showKeys(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, json.RawMessage(s.issuer.KeySet()))
}

// makeToken answers like a token endpoint, RFC 6749 section 5.1. The request is a form or a
// JSON object of claims. Its expires_in is not a claim but the lifetime in seconds.
func (s *site) makeToken(w http.ResponseWriter, r *http.Request) {
	body, ok := readBody(w, r, jsonType, formType, "")
	if !ok {
		return
	}
	claims, err := readClaims(body, mediaType(r))
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	lifetime := devissuer.Lifetime
	if text, ok := claims["expires_in"]; ok {
		seconds, err := strconv.ParseInt(strings.Trim(string(text), `"`), 10, 32)
		if err != nil {
			refuse(w, http.StatusBadRequest, "expires_in is not a number of seconds, such as 900")
			return
		}
		lifetime = time.Duration(seconds) * time.Second
		delete(claims, "expires_in")
	}
	token, err := s.issuer.Token(r.Context(), claims, lifetime)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	// The token is first, so that a shell without a JSON tool can cut it out.
	made := struct {
		Token     string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in,omitempty"`
	}{Token: token, Type: "Bearer"}
	if _, ok := claims["exp"]; !ok {
		made.ExpiresIn = int(lifetime.Seconds())
	}
	answer(w, http.StatusOK, made)
}

// notClaims are the fields of a form that say how a client gets its token, and the credentials
// for it. As claims, credentials would be readable for everyone who sees the token.
var notClaims = []string{
	"grant_type", "client_secret", "password", "refresh_token", "code", // RFC 6749
	"assertion", "client_assertion", "client_assertion_type", // RFC 7521
	"code_verifier",                // RFC 7636
	"device_code",                  // RFC 8628
	"subject_token", "actor_token", // RFC 8693
}

// jsonObject is the beginning of a JSON object, also of one that was encoded as a form. A client
// that names no type, such as curl, sends JSON with the type of a form.
var jsonObject = regexp.MustCompile(`(?i)^\s*(\{|%7b)`)

// readClaims reads the body of a request for a token. A field of a form is a claim that is a
// string, and one that is there twice is an array. The fields of notClaims are left out.
func readClaims(body []byte, mediaType string) (claims map[string]jsontext.Value, err error) {
	if mediaType == jsonType {
		if err := jsonv2.Unmarshal(body, &claims); err != nil || claims == nil {
			return nil, errors.Join(errors.New(`the claims are not a JSON object like {"sub": "alice"}`), err)
		}
		return claims, nil
	}
	if jsonObject.Match(body) {
		return nil, errors.New("the body is JSON, and its type is that of a form: send it with Content-Type: application/json")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("the form cannot be read: %w", err)
	}
	claims = map[string]jsontext.Value{}
	for name, values := range form {
		var value any = values
		switch {
		case slices.Contains(notClaims, name):
			continue
		case len(values) == 1:
			value = values[0]
		}
		if claims[name], err = jsonv2.Marshal(value); err != nil {
			return nil, fmt.Errorf("the field %q is not UTF-8", name)
		}
	}
	return claims, nil
}

func (s *site) rotate(w http.ResponseWriter, r *http.Request) {
	if _, ok := readBody(w, r, jsonType, ""); !ok {
		return
	}
	kid, err := s.issuer.Rotate()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err.Error())
		return
	}
	answer(w, http.StatusOK, map[string]string{"kid": kid})
}

// mediaType returns the type of the body without its parameters, and "" if none is named.
func mediaType(r *http.Request) string {
	named, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return "invalid"
	}
	return named
}

// readBody returns the body if it has one of types. Otherwise it answers the request. The type
// "" is for a request without a body.
func readBody(w http.ResponseWriter, r *http.Request, types ...string) (body []byte, ok bool) {
	// A form of another site has another type than JSON, and older browsers send it without
	// an Origin.
	if named := mediaType(r); !slices.Contains(types, named) || named == "" && r.ContentLength != 0 {
		refuse(w, http.StatusUnsupportedMediaType, "send the body with Content-Type: "+types[0])
		return nil, false
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, "the body has more than 1 MiB: a token has at most 64 KiB")
		return nil, false
	case err != nil:
		refuse(w, http.StatusBadRequest, "the body could not be read")
		return nil, false
	}
	return body, true
}

// refuse answers with an error in the form of RFC 6749 section 5.2. The description may name a
// part of the request, and is for a terminal too.
func refuse(w http.ResponseWriter, status int, description string) {
	answer(w, status, map[string]string{"error": "invalid_request", "error_description": logtext.Cut(description)})
}

func answer(w http.ResponseWriter, status int, content any) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(content)
}

//go:embed page.html
var pageText string

// A page is the HTML with its Content-Security-Policy.
type page struct {
	text   []byte
	policy string
}

// newPage returns the page, which is the same for every request. asked says which middleware
// is asked.
func newPage(asked string, issues bool) (page, error) {
	parsed, err := template.New("page").Parse(pageText)
	if err != nil {
		return page{}, err
	}
	var text bytes.Buffer
	if err := parsed.Execute(&text, map[string]any{"Asked": asked, "Issues": issues}); err != nil {
		return page{}, err
	}
	policy := fmt.Sprintf("default-src 'none'; script-src %s; style-src %s; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		hashOf(text.Bytes(), "script"), hashOf(text.Bytes(), "style"))
	return page{text.Bytes(), policy}, nil
}

// hashOf allows the one element of that name and nothing else.
func hashOf(text []byte, element string) string {
	_, rest, _ := bytes.Cut(text, []byte("<"+element+">"))
	content, _, _ := bytes.Cut(rest, []byte("</"+element+">"))
	hash := sha256.Sum256(content)
	return "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"
}
