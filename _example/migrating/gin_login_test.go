package migrating

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/appleboy/gin-jwt/v3/core"
	ginstore "github.com/appleboy/gin-jwt/v3/store"
	"github.com/gin-gonic/gin"

	"github.com/jwthttp/jwthttp/_example/migrating/before"
	"github.com/jwthttp/jwthttp/session"
)

// people has one user.
type people struct{ err error }

func (people) CheckPassword(name, password string) bool {
	return name == "alice" && password == "secret"
}

func (p *people) Role(context.Context, string) (string, error) { return "buyer", p.err }

type oldPeople struct{ people }

func (oldPeople) Role(string) string { return "buyer" }

// Each of these stores fails while err is set.
type oldStore struct {
	core.TokenStore
	err error
}

func (s *oldStore) Get(ctx context.Context, token string) (any, error) {
	if s.err != nil {
		return nil, s.err
	}
	return s.TokenStore.Get(ctx, token)
}

func (s *oldStore) Delete(ctx context.Context, token string) error {
	if s.err != nil {
		return s.err
	}
	return s.TokenStore.Delete(ctx, token)
}

type newStore struct {
	session.Store
	err error
}

func (s *newStore) Swap(ctx context.Context, r session.Record) (bool, error) {
	if s.err != nil {
		return false, s.err
	}
	return s.Store.Swap(ctx, r)
}

// A site is a program with a login.
type site struct {
	t *testing.T
	http.Handler
}

func (s site) send(method, path, contentType, body, token string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequest(method, "https://app.example.com"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		bearer(token)(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func (s site) post(path string, form url.Values) *httptest.ResponseRecorder {
	s.t.Helper()
	return s.send("POST", path, "application/x-www-form-urlencoded", form.Encode(), "")
}

// tokens are those of an answer.
type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Refresh string `json:"refresh_token"`
}

func (s site) read(w *httptest.ResponseRecorder) (got tokens) {
	s.t.Helper()
	err := json.Unmarshal(w.Body.Bytes(), &got)
	if w.Code != 200 || err != nil || got.Access == "" || got.Refresh == "" || got.Type != "Bearer" || got.Expires < 800 || got.Expires > 900 {
		s.t.Fatalf("%d %s: %+v, %v", w.Code, w.Body, got, err)
	}
	return got
}

func (s site) login() tokens {
	s.t.Helper()
	return s.read(s.post("/login", url.Values{"username": {"alice"}, "password": {"secret"}}))
}

func refreshWith(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

func (s site) refresh(token string) tokens {
	s.t.Helper()
	return s.read(s.post("/refresh", refreshWith(token)))
}

func (s site) want(what string, w *httptest.ResponseRecorder, want answer) {
	s.t.Helper()
	if w.Code != want.status || !strings.Contains(w.Body.String(), want.body) {
		s.t.Errorf("%s: %d %s, want %+v", what, w.Code, w.Body, want)
	}
}

func TestFromGinLogin(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	synctest.Test(t, testFromGinLogin)
}

func testFromGinLogin(t *testing.T) {
	secret := newIssuer(t).Secret()
	memory, err := session.NewMemory(0)
	if err != nil {
		t.Fatal(err)
	}
	users := &people{}
	was, is := &oldStore{TokenStore: ginstore.NewInMemoryRefreshTokenStore()}, &newStore{Store: memory}
	oldEngine, newEngine := gin.New(), gin.New()
	before.GinLogin(secret, oldPeople{}, was, oldEngine)
	browsers := ginCookies(fromGinLogin(secret, users, is, newEngine), users, newEngine)
	old, now := site{t, oldEngine}, site{t, newEngine}
	over := answer{400, `"error":"invalid_grant"`}

	// both sends one request to both.
	both := func(what, path string, form url.Values, before, after answer) {
		t.Helper()
		old.want(what+", before", old.post(path, form), before)
		now.want(what+", after", now.post(path, form), after)
	}
	both("a wrong password", "/login", url.Values{"username": {"alice"}, "password": {"x"}}, answer{401, "incorrect"}, answer{401, "wrong user"})
	both("no refresh token", "/refresh", nil, answer{400, "missing"}, answer{401, "The session has ended"})
	both("an unknown refresh token", "/refresh", refreshWith("x"), answer{401, "invalid or expired"}, over)

	oldTokens, newTokens := old.login(), now.login()
	old.want("an access token, before", old.send("GET", "/orders", "", "", oldTokens.Access), greeted)
	now.want("an access token, after", now.send("GET", "/orders", "", "", newTokens.Access), greeted)
	now.want("an access token of the old program", now.send("GET", "/orders", "", "", oldTokens.Access), greeted)
	now.want("a refresh token of the old program", now.post("/refresh", refreshWith(oldTokens.Refresh)), over)
	inJSON := func(token string) string { return `{"refresh_token":"` + token + `"}` }
	old.want("JSON, before", old.send("POST", "/refresh", "application/json", inJSON(old.login().Refresh), ""), answer{200, ""})
	now.want("JSON, after", now.send("POST", "/refresh", "application/json", inJSON(newTokens.Refresh), ""), answer{400, `"error":"invalid_request"`})

	// An answer is lost, and the client asks again.
	oldSecond, newSecond := old.refresh(oldTokens.Refresh), now.refresh(newTokens.Refresh)
	old.want("again, before", old.post("/refresh", refreshWith(oldTokens.Refresh)), answer{401, "invalid or expired"})
	if again := now.refresh(newTokens.Refresh); again.Refresh != newSecond.Refresh {
		t.Errorf("again, after: %q, want the successor %q", again.Refresh, newSecond.Refresh)
	}
	// A thief has the first token. Each use is more than Grace after the last.
	time.Sleep(time.Minute)
	oldThird, newThird := old.refresh(oldSecond.Refresh), now.refresh(newSecond.Refresh)
	time.Sleep(time.Minute)
	old.want("reuse, before", old.post("/refresh", refreshWith(oldTokens.Refresh)), unauthorized)
	now.want("reuse, after", now.post("/refresh", refreshWith(newTokens.Refresh)), over)
	oldTokens = old.refresh(oldThird.Refresh)
	now.want("the last token after reuse", now.post("/refresh", refreshWith(newThird.Refresh)), over)

	// A logout, and what is good after it.
	newTokens = now.login()
	old.want("logout, before", old.post("/logout", refreshWith(oldTokens.Refresh)), answer{200, ""})
	now.want("logout, after", now.post("/logout", refreshWith(newTokens.Refresh)), answer{200, ""})
	old.want("refresh after logout, before", old.post("/refresh", refreshWith(oldTokens.Refresh)), unauthorized)
	now.want("refresh after logout, after", now.post("/refresh", refreshWith(newTokens.Refresh)), over)
	old.want("an access token after logout, before", old.send("GET", "/orders", "", "", oldTokens.Access), greeted)
	now.want("an access token after logout, after", now.send("GET", "/orders", "", "", newTokens.Access), greeted)

	// A browser has cookies. The access cookie is over, and then the user logs out.
	var cookies map[string]string
	browse := func(method, path, body, site string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "https://app.example.com"+path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", site)
		for name, value := range cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		browsers.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if cookies[c.Name] = c.Value; c.MaxAge < 0 {
				delete(cookies, c.Name)
			}
		}
		return w
	}
	const form = "username=alice&password=secret"
	for _, how := range []string{"/login/browser", "/refresh", "/logout"} {
		cookies = map[string]string{}
		now.want("a login of another site", browse("POST", "/login/browser", form, "cross-site"), answer{403, "cross_origin"})
		now.want("a login of a browser", browse("POST", "/login/browser", form, "same-origin"), answer{204, ""})
		now.want("with cookies", browse("GET", "/orders", "", "same-origin"), greeted)
		if len(cookies) != 2 {
			t.Fatalf("cookies: %q", cookies)
		}
		for name, value := range cookies {
			if strings.Count(value, ".") == 2 {
				delete(cookies, name)
			}
		}
		now.want(how, browse("POST", how, form, "same-origin"), answer{204, ""})
		if how == "/logout" {
			now.want("after the logout", browse("GET", "/orders", "", "same-origin"), unauthorized)
			break
		}
		now.want("refreshed", browse("GET", "/orders", "", "same-origin"), greeted)
	}

	// A session that is refreshed each day.
	oldTokens, newTokens = old.login(), now.login()
	for range 29 {
		time.Sleep(24 * time.Hour)
		oldTokens, newTokens = old.refresh(oldTokens.Refresh), now.refresh(newTokens.Refresh)
	}
	time.Sleep(24*time.Hour + time.Minute)
	old.refresh(oldTokens.Refresh)
	now.want("after 30 days", now.post("/refresh", refreshWith(newTokens.Refresh)), over)

	// The store fails.
	oldTokens, newTokens = old.login(), now.login()
	was.err, is.err = errors.New("down"), errors.New("down")
	old.want("refresh during an outage, before", old.post("/refresh", refreshWith(oldTokens.Refresh)), unauthorized)
	now.want("refresh during an outage, after", now.post("/refresh", refreshWith(newTokens.Refresh)), answer{503, ""})
	old.want("logout during an outage, before", old.post("/logout", refreshWith(oldTokens.Refresh)), answer{200, ""})
	now.want("logout during an outage, after", now.post("/logout", refreshWith(newTokens.Refresh)), answer{503, ""})
	was.err, is.err = nil, nil
	old.refresh(oldTokens.Refresh) // the logout has done nothing
	newTokens = now.refresh(newTokens.Refresh)

	// The table of users fails, and then the user is locked.
	users.err = errors.New("down")
	now.want("refresh without roles", now.post("/refresh", refreshWith(newTokens.Refresh)), answer{503, ""})
	users.err = session.ErrEnded
	now.want("refresh of a locked user", now.post("/refresh", refreshWith(newTokens.Refresh)), over)
	now.want("login of a locked user", now.post("/login", url.Values{"username": {"alice"}, "password": {"secret"}}), unauthorized)
}
