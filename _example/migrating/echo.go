package migrating

import (
	"log"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
	"github.com/labstack/echo/v5"

	"github.com/jwthttp/jwthttp"
)

// UserClaims stay as they were.
type UserClaims struct {
	Scope string `json:"scope"`
	jwt.RegisteredClaims
}

func fromEcho(secret []byte, e *echo.Echo) {
	auth, err := jwthttp.New[UserClaims](jwthttp.HS256(secret), jwthttp.Options{
		AllowAnyAudience: true, // as before; better: Audience: []string{"orders"}
		AllowAnonymous:   true, // ContinueOnIgnoredError
		Extractors:       []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("token"))},
		ErrorHandler:     loginAgain,
	})
	if err != nil {
		log.Fatal(err)
	}
	e.Use(echo.WrapMiddleware(auth.Handler))
	e.Any("/orders", func(c *echo.Context) error {
		claims, ok := jwthttp.ClaimsFromContext[UserClaims](c.Request().Context())
		if !ok {
			return c.String(http.StatusOK, "Hello, guest!\n")
		}
		return c.String(http.StatusOK, "Hello, "+claims.Subject+"!\n")
	})
}
