package before

import (
	"errors"
	"net/http"

	"github.com/golang-jwt/jwt/v5"
	echojwt "github.com/labstack/echo-jwt/v5"
	"github.com/labstack/echo/v5"
)

// Echo is an API with echo's middleware.
func Echo(secret []byte, e *echo.Echo) {
	e.Use(echojwt.WithConfig(echojwt.Config{
		SigningKey:    secret,
		TokenLookup:   "header:Authorization:Bearer ,cookie:token",
		NewClaimsFunc: func(*echo.Context) jwt.Claims { return new(UserClaims) },
		ErrorHandler: func(c *echo.Context, err error) error {
			if errors.Is(err, echojwt.ErrJWTMissing) {
				return nil
			}
			return echo.NewHTTPError(http.StatusUnauthorized, "log in again")
		},
		ContinueOnIgnoredError: true,
	}))
	e.Any("/orders", func(c *echo.Context) error {
		token, ok := c.Get("user").(*jwt.Token)
		if !ok {
			return c.String(http.StatusOK, "Hello, guest!\n")
		}
		return c.String(http.StatusOK, "Hello, "+token.Claims.(*UserClaims).Subject+"!\n")
	})
}
