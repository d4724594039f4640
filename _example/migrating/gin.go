package migrating

import (
	"errors"
	"log"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/jwthttp/jwthttp"
)

// User is what the handlers read of a token that gin-jwt has minted.
type User struct {
	Subject string `json:"sub"` // the IdentityKey
}

func fromGin(secret []byte, engine *gin.Engine) {
	auth, err := jwthttp.New[User](jwthttp.HS256(secret), jwthttp.Options{
		Extractors: []jwthttp.Extractor{jwthttp.FirstOf(jwthttp.BearerHeader(), jwthttp.Cookie("jwt"))},
	})
	if err != nil {
		log.Fatal(err)
	}
	authorizer := jwthttp.Require(func(user User) error {
		if user.Subject == "mallory" {
			return errors.New("mallory is banned") // for the log: the client does not see it
		}
		return nil
	})
	engine.Use(ginMiddleware(auth.Handler), ginMiddleware(authorizer))
	engine.Any("/orders", func(c *gin.Context) {
		user, _ := jwthttp.ClaimsFromContext[User](c.Request.Context())
		c.String(http.StatusOK, "Hello, %s!\n", user.Subject)
	})
}

// ginMiddleware makes a middleware of gin from one of net/http. Do not use gin.WrapH for that:
// gin would call the handler after a refusal. A middleware that has a ResponseWriter of its own goes
// around the engine, such as sessions.Handler(engine): handlers of gin write to that of gin.
func ginMiddleware(mw func(http.Handler) http.Handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		passed := false
		mw(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			passed = true
			c.Request = r
			c.Next()
		})).ServeHTTP(c.Writer, c.Request)
		if !passed {
			c.Abort()
		}
	}
}
