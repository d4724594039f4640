package migrating

import (
	"context"
	"log"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/jwthttp/jwthttp"
	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// Users are where the users are, such as a table of a database.
type Users interface {
	CheckPassword(name, password string) bool
	Role(ctx context.Context, name string) (string, error)
}

// Member is what the handlers read of a token that this program issues.
type Member struct {
	Subject string `json:"sub"`
	Role    string `json:"role"`
}

func fromGinLogin(secret []byte, users Users, store session.Store, engine *gin.Engine) *session.Sessions[Member] {
	iss, err := issue.New[Member](issue.Options{Lifetime: 15 * time.Minute}, issue.HS256(secret))
	if err != nil {
		log.Fatal(err)
	}
	claims := func(ctx context.Context, s session.Session) (Member, error) { // PayloadFunc, also at each refresh
		role, err := users.Role(ctx, s.Subject)
		return Member{Role: role}, err // an error is a 503; session.ErrEnded ends the session
	}
	sessions, err := session.New(iss, store, claims, session.Options{Idle: 7 * 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := jwthttp.New[Member](iss, sessions.Options())
	if err != nil {
		log.Fatal(err)
	}
	engine.POST("/login", func(c *gin.Context) { // Authenticator and LoginResponse
		name := c.PostForm("username")
		if !users.CheckPassword(name, c.PostForm("password")) {
			c.JSON(http.StatusUnauthorized, gin.H{"message": "wrong user or password"})
			return
		}
		tokens, err := sessions.Start(c.Request.Context(), name, c.Request.UserAgent())
		if err != nil {
			jwthttp.WriteError(c.Writer, c.Request, err) // a 401, 503 or 500
			return
		}
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, tokens)
	})
	engine.POST("/refresh", gin.WrapF(sessions.Refresh))
	engine.POST("/logout", gin.WrapF(sessions.Logout))
	engine.GET("/orders", ginMiddleware(auth.Handler), func(c *gin.Context) {
		member, _ := jwthttp.ClaimsFromContext[Member](c.Request.Context())
		c.String(http.StatusOK, "Hello, %s!\n", member.Subject)
	})
	return sessions
}

// ginCookies is the login of browsers, in place of that of apps: SendCookie.
func ginCookies(sessions *session.Sessions[Member], users Users, engine *gin.Engine) http.Handler {
	engine.POST("/login/browser", func(c *gin.Context) {
		name := c.PostForm("username")
		if !users.CheckPassword(name, c.PostForm("password")) {
			c.JSON(http.StatusUnauthorized, gin.H{"message": "wrong user or password"})
			return
		}
		if err := sessions.Login(c.Writer, c.Request, name); err == nil { // else the answer is written
			c.Status(http.StatusNoContent)
		}
	})
	return sessions.Handler(engine)
}
