package before

import (
	"net/http"
	"time"

	ginjwt "github.com/appleboy/gin-jwt/v3"
	"github.com/appleboy/gin-jwt/v3/core"
	"github.com/gin-gonic/gin"
	"github.com/golang-jwt/jwt/v5"
)

// Gin is an API with gin's middleware.
func Gin(secret []byte, engine *gin.Engine) {
	auth, _ := ginjwt.New(&ginjwt.GinJWTMiddleware{
		Key:         secret,
		TokenLookup: "header: Authorization, cookie: jwt",
		IdentityKey: "sub",
		Authorizer:  func(c *gin.Context, data any) bool { return data != "mallory" },
	})
	engine.Use(auth.MiddlewareFunc())
	engine.Any("/orders", func(c *gin.Context) {
		c.String(http.StatusOK, "Hello, %v!\n", ginjwt.ExtractClaims(c)["sub"])
	})
}

// Users are where the users are, such as a table of a database.
type Users interface {
	CheckPassword(name, password string) bool
	Role(name string) string
}

// GinLogin is an API that logs its users in.
func GinLogin(secret []byte, users Users, tokens core.TokenStore, engine *gin.Engine) {
	auth, _ := ginjwt.New(&ginjwt.GinJWTMiddleware{
		Key:                 secret,
		Timeout:             15 * time.Minute,
		RefreshTokenTimeout: 7 * 24 * time.Hour,
		RefreshTokenStore:   tokens, // nil is one in memory
		IdentityKey:         "sub",
		Authenticator: func(c *gin.Context) (any, error) {
			name := c.PostForm("username")
			if !users.CheckPassword(name, c.PostForm("password")) { // a function of yours
				return nil, ginjwt.ErrFailedAuthentication
			}
			return name, nil
		},
		PayloadFunc: func(data any) jwt.MapClaims {
			name := data.(string)
			return jwt.MapClaims{"sub": name, "role": users.Role(name)}
		},
	})
	engine.POST("/login", auth.LoginHandler)
	engine.POST("/refresh", auth.RefreshHandler)
	engine.POST("/logout", auth.LogoutHandler)
	engine.GET("/orders", auth.MiddlewareFunc(), func(c *gin.Context) {
		c.String(http.StatusOK, "Hello, %v!\n", ginjwt.ExtractClaims(c)["sub"])
	})
}
