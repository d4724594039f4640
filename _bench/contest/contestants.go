package contest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	auth0v2 "github.com/auth0/go-jwt-middleware/v2"
	validatorv2 "github.com/auth0/go-jwt-middleware/v2/validator"
	auth0 "github.com/auth0/go-jwt-middleware/v3"
	"github.com/auth0/go-jwt-middleware/v3/validator"
	cristalhq "github.com/cristalhq/jwt/v5"
	"github.com/go-chi/jwtauth/v5"
	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v5"
	"github.com/labstack/echo/v5"
	jwx "github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/jwthttp/jwthttp"
)

// These are the contestants by name.
var (
	Ours           = Contestant{"jwthttp", OursWith[Claims](jwthttp.Options{})}
	OursNoMemory   = Contestant{"jwthttp, nothing remembered", OursWith[Claims](jwthttp.Options{RememberSignatures: -1})}
	OursRegistered = Contestant{"jwthttp, RegisteredClaims", OursWith[Registered](jwthttp.Options{})}
	OursMap        = Contestant{"jwthttp, MapClaims", OursWith[jwt.MapClaims](jwthttp.Options{})}
	Floor          = Contestant{"floor: bare primitives", protectFloor(true)}
	FloorNoHeader  = Contestant{"floor: the same, the header unread", protectFloor(false)}
	FloorHS256     = Contestant{"floor: bare primitives, HS256", func(_ string, next http.Handler) (http.Handler, error) { return protectFloor(true)("HS256", next) }}
	ContextFloor   = Contestant{"floor: context alone", protectContext}
	GolangJWT      = Contestant{"golang-jwt v5.3.1, typed", protectGolangJWT(func() jwt.Claims { return &Registered{} })}
	GolangJWTMap   = Contestant{"golang-jwt v5.3.1, map", protectGolangJWT(func() jwt.Claims { return jwt.MapClaims{} })}
	Auth0          = Contestant{"auth0 v3.1.0", protectAuth0(newCustom)}
	Auth0v2        = Contestant{"auth0 v2.3.1", protectAuth0v2(newCustom)}
	JWTAuth        = Contestant{"go-chi/jwtauth v5.3.3", protectJWTAuth}
	EchoJWT        = Contestant{"echo-jwt v5.0.1", protectEcho(func() jwt.Claims { return &Registered{} })}
	CristalHQ      = Contestant{"cristalhq/jwt v5.4.0", protectCristalHQ}
)

// All has the contestants in the order of the table.
var All = []Contestant{Ours, OursRegistered, OursMap, Floor, FloorNoHeader, ContextFloor, CristalHQ, GolangJWT, GolangJWTMap, EchoJWT, Auth0v2, Auth0, JWTAuth}

type contextKey struct{}

var errRefused = errors.New("refused")

// wrap makes a middleware of a bare library.
func wrap(next http.Handler, verify func(token string) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		claims, err := verify(token)
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, claims)))
	})
}

func key(alg string) any {
	_, verifying := Keys(alg)
	return verifying
}

// OursWith makes a middleware for C. It sets issuer, audience and the longest token in opts. Tokens
// of many claims have more than the 8 KiB that are permitted by default.
func OursWith[C any](opts jwthttp.Options, checks ...jwthttp.Check[C]) func(string, http.Handler) (http.Handler, error) {
	opts.Issuer, opts.Audience, opts.MaxTokenBytes = Issuer, []string{Audience}, 64<<10
	return func(alg string, next http.Handler) (http.Handler, error) {
		auth, err := jwthttp.New(jwthttp.NewKey(jwt.GetSigningMethod(alg), key(alg)).WithID(KeyID), opts, checks...)
		if err != nil {
			return nil, err
		}
		return auth.Handler(next), nil
	}
}

func protectGolangJWT(newClaims func() jwt.Claims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(Issuer), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
		k := key(alg)
		keyfunc := func(*jwt.Token) (any, error) { return k, nil }
		return wrap(next, func(token string) (any, error) {
			t, err := parser.ParseWithClaims(token, newClaims(), keyfunc)
			if err != nil {
				return nil, err
			}
			return t.Claims, nil
		}), nil
	}
}

// custom has the claims that auth0's packages decode beside the registered ones.
type custom struct {
	Scope string `json:"scope"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Validates
}

func newCustom() CustomClaims { return &custom{} }

// protectAuth0 decodes only the claims of RFC 7519 if newCustom is nil.
func protectAuth0(newCustom func() CustomClaims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		k := key(alg)
		opts := []validator.Option{
			validator.WithKeyFunc(func(context.Context) (any, error) { return k, nil }),
			validator.WithAlgorithm(validator.SignatureAlgorithm(alg)),
			validator.WithIssuer(Issuer),
			validator.WithAudience(Audience),
		}
		if newCustom != nil {
			opts = append(opts, validator.WithCustomClaims(newCustom))
		}
		v, err := validator.New(opts...)
		if err != nil {
			return nil, err
		}
		m, err := auth0.New(auth0.WithValidator(v))
		if err != nil {
			return nil, err
		}
		return m.CheckJWT(next), nil
	}
}

func protectAuth0v2(newCustom func() CustomClaims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		k := key(alg)
		var opts []validatorv2.Option
		if newCustom != nil {
			opts = append(opts, validatorv2.WithCustomClaims(func() validatorv2.CustomClaims { return newCustom() }))
		}
		v, err := validatorv2.New(func(context.Context) (any, error) { return k, nil }, validatorv2.SignatureAlgorithm(alg), Issuer, []string{Audience}, opts...)
		if err != nil {
			return nil, err
		}
		return auth0v2.New(v.ValidateToken).CheckJWT(next), nil
	}
}

func protectJWTAuth(alg string, next http.Handler) (http.Handler, error) {
	var verifyKey any
	if alg == "RS256" {
		verifyKey = key(alg)
	}
	ja := jwtauth.New(alg, Secret, verifyKey, jwx.WithIssuer(Issuer), jwx.WithAudience(Audience), jwx.WithRequiredClaim("exp"))
	return jwtauth.Verifier(ja)(jwtauth.Authenticator(ja)(next)), nil
}

func protectEcho(newClaims func() jwt.Claims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		k := key(alg)
		parser := jwt.NewParser(jwt.WithValidMethods([]string{alg}), jwt.WithIssuer(Issuer), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
		e := echo.New()
		// The package's own parsing checks neither issuer nor audience. So it uses the function
		// from the package's documentation.
		mw, err := echojwt.Config{ParseTokenFunc: func(_ *echo.Context, auth string) (any, error) {
			return parser.ParseWithClaims(auth, newClaims(), func(*jwt.Token) (any, error) { return k, nil })
		}}.ToMiddleware()
		if err != nil {
			return nil, err
		}
		e.Use(mw)
		e.GET("/", echo.WrapHandler(next))
		return e, nil
	}
}

func cristalhqVerifier(alg string) (cristalhq.Verifier, error) {
	if alg == "RS256" {
		return cristalhq.NewVerifierRS(cristalhq.RS256, &PrivateKey().PublicKey)
	}
	return cristalhq.NewVerifierHS(cristalhq.HS256, Secret)
}

func protectCristalHQ(alg string, next http.Handler) (http.Handler, error) {
	verifier, err := cristalhqVerifier(alg)
	if err != nil {
		return nil, err
	}
	type claims struct {
		cristalhq.RegisteredClaims
		custom
	}
	return wrap(next, func(token string) (any, error) {
		c := &claims{}
		if err := cristalhq.ParseClaims([]byte(token), verifier, c); err != nil {
			return nil, err
		}
		if now := time.Now(); !c.IsValidAt(now) || !c.IsIssuer(Issuer) || !c.IsForAudience(Audience) {
			return nil, errRefused
		}
		return c, nil
	}), nil
}

// protectCristalHQWith decodes into a claims type of golang-jwt's, and has golang-jwt check it.
func protectCristalHQWith(newClaims func() jwt.Claims) func(string, http.Handler) (http.Handler, error) {
	return func(alg string, next http.Handler) (http.Handler, error) {
		verifier, err := cristalhqVerifier(alg)
		if err != nil {
			return nil, err
		}
		v := jwt.NewValidator(jwt.WithIssuer(Issuer), jwt.WithAudience(Audience), jwt.WithExpirationRequired())
		return wrap(next, func(token string) (any, error) {
			c := newClaims()
			if err := cristalhq.ParseClaims([]byte(token), verifier, c); err != nil {
				return nil, err
			}
			return c, v.Validate(c)
		}), nil
	}
}
