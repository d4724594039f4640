package session_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/issue"
	"github.com/jwthttp/jwthttp/session"
)

// The tests of this file are faults that published implementations of refresh tokens have.

// 32 simultaneous refreshes with one token get 32 different good tokens.
func TestFaultManySuccessors(t *testing.T) {
	s := setup{}.start(t)
	token := s.start(t)
	var wg sync.WaitGroup
	successors := make([]string, 32)
	for i := range successors {
		wg.Go(func() {
			w := httptest.NewRecorder()
			r := httptest.NewRequest("POST", "/refresh", nil)
			r.Header.Set("Cookie", refreshCookie+"="+token)
			s.sessions.Refresh(w, r)
			successors[i] = aRefreshToken.FindString(fmt.Sprint(w.Header()["Set-Cookie"]))
		})
	}
	wg.Wait()
	for _, successor := range successors {
		if successor == "" || successor == token || successor != successors[0] {
			t.Fatal(successors)
		}
	}
}

// A refresh token that is used again ends nothing.
func TestFaultReuseEndsNothing(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	first := s.start(t)
	second := s.app(t, first).refreshToken(t)
	store.wait(time.Minute)
	third := s.app(t, second).refreshToken(t)
	if got := s.app(t, first).whole; got != appEnded {
		t.Error(got)
	}
	for _, token := range []string{first, second, third} {
		if got := s.app(t, token).whole; got != appEnded {
			t.Error(got)
		}
	}
}

// Each use of a token within its grace begins the grace again, so that it never ends.
func TestFaultGraceSlides(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	first := s.start(t)
	second := s.app(t, first).refreshToken(t)
	var at time.Duration
	for range 3 { // at 4, 8 and 12 seconds
		at += 4 * time.Second
		store.wait(4 * time.Second)
		got := s.app(t, first).refreshToken(t)
		if repeats := got == second; repeats != (at <= 10*time.Second) {
			t.Errorf("after %v: the same successor: %v", at, repeats)
		}
	}
}

// A grace that covers the token before the last lets a thief in.
func TestFaultGraceCoversGrandparents(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	first := s.start(t)
	second := s.app(t, first).refreshToken(t)
	store.wait(11 * time.Second)
	s.app(t, second)
	store.wait(time.Second)
	if got := s.app(t, first).whole; got != appEnded {
		t.Error(got)
	}
}

// A refresh that was under way at the logout, or comes after it, brings the session back.
func TestFaultRefreshAfterLogout(t *testing.T) {
	store := newTap(t)
	s := setup{store: store}.start(t)
	token := s.start(t)
	isFirst := true
	store.before = func(call string) error {
		if call == "Swap" && isFirst { // the refresh has decided
			isFirst = false
			if got := s.send(t, "POST", "/logout", "refresh_token="+token).shape(); got != appLoggedOut {
				t.Error(got)
			}
		}
		return nil
	}
	if got := s.app(t, token).whole; got != appEnded {
		t.Error(got)
	}
	if got := s.app(t, token).whole; got != appEnded || isFirst {
		t.Error(got)
	}
}

// An outage of the store or of the signer logs everybody out.
func TestFaultOutageLogsOut(t *testing.T) {
	store, signer := newTap(t), newSigner(t)
	s := setup{store: store, key: signer.key()}.start(t)
	token := s.start(t)
	for name, fail := range map[string]func(error){
		"store": store.failWith,
		"signer": func(err error) {
			signer.err.Store(&err)
			if err == nil {
				signer.err.Store(nil)
			}
		},
	} {
		fail(errDown)
		if got := s.web(t, token).whole; got != unavailable {
			t.Errorf("%s: %s", name, got)
		}
		if got := s.send(t, "GET", "/me", "", "Cookie: "+refreshCookie+"="+token).whole; got != unavailable {
			t.Errorf("%s: %s", name, got)
		}
		fail(nil)
		token = s.web(t, token).refreshToken(t)
		store.wait(time.Minute)
	}
}

// Instances whose clocks differ log users out, or have another grace. Here the store's clock counts,
// whatever those of the processes are.
func TestFaultClocksDiffer(t *testing.T) {
	for _, ahead := range []time.Duration{-30 * 24 * time.Hour, -time.Hour, -30 * time.Second, 30 * time.Second, time.Hour, 30 * 24 * time.Hour} {
		t.Run(ahead.String(), func(t *testing.T) {
			store := newTap(t)
			store.wait(ahead)
			s := setup{store: store}.start(t)
			first := s.start(t)
			got := s.web(t, first)
			second := got.refreshToken(t)
			if me := s.send(t, "GET", "/me", "", "Authorization: Bearer "+got.accessToken(t)); me.StatusCode != 200 {
				t.Error(me.whole)
			}
			if age := got.Cookies()[0].MaxAge; age < 604790 || age > 604800 {
				t.Errorf("Max-Age %d", age)
			}
			store.wait(5 * time.Second)
			if got := s.web(t, first).refreshToken(t); got != second {
				t.Error("another successor within Grace")
			}
			store.wait(6 * time.Second)
			if got := s.web(t, first).refreshToken(t); got == second {
				t.Error("the same successor after Grace")
			}
		})
	}
	t.Run("a clock that is set back", func(t *testing.T) {
		store := newTap(t)
		s := setup{store: store}.start(t)
		first := s.start(t)
		second := s.web(t, first).refreshToken(t)
		store.wait(-time.Hour)
		if got := s.web(t, first).refreshToken(t); got != second {
			t.Error("another successor")
		}
		if got := s.web(t, second); got.StatusCode != 204 {
			t.Error(got.whole)
		}
	})
}

// A store that is down at the start is replaced by memory, and the sessions are of one process.
func TestFaultFallbackToMemory(t *testing.T) {
	store := newTap(t)
	store.failWith(errDown)
	s := setup{store: store}.start(t) // a service starts while its store is down
	if got := s.send(t, "POST", "/login", "user=alice").whole; got != unavailable {
		t.Error(got)
	}
	store.failWith(nil)
	if all, err := s.sessions.List(t.Context(), "alice"); err != nil || len(all) != 0 {
		t.Error(all, err)
	}
	token := s.send(t, "POST", "/login", "user=alice").refreshToken(t)
	if got := (setup{store: store}).start(t).web(t, token); got.StatusCode != 204 {
		t.Error(got.whole)
	}
}

// A store has tokens as keys, so whoever reads it is every user.
func TestFaultRawTokensInStore(t *testing.T) {
	seen := &witness{Memory: newMemory(t, 0)}
	store := &tap{Store: seen}
	s := setup{store: store}.start(t)
	tokens := []string{s.start(t)}
	var access []string
	for range 5 {
		got := s.web(t, tokens[len(tokens)-1])
		tokens, access = append(tokens, got.refreshToken(t)), append(access, got.accessToken(t))
		store.wait(time.Minute)
	}
	s.app(t, tokens[len(tokens)-2]) // reissued
	s.send(t, "POST", "/logout", "refresh_token="+tokens[0])
	var secrets [][]byte
	for _, token := range tokens {
		raw, err := base64.RawURLEncoding.DecodeString(token[4:])
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, raw[:16], raw[16:])
	}
	for _, token := range access {
		secrets = append(secrets, []byte(token))
	}
	if len(seen.records) < 6 {
		t.Fatal(len(seen.records))
	}
	for _, r := range seen.records {
		text, err := json.Marshal(r) // its arrays are lists of numbers
		if err != nil {
			t.Fatal(err)
		}
		whole := bytes.Join([][]byte{r.Key[:], r.Current[:], r.Previous[:], r.Salt[:], []byte(r.ID), []byte(r.Subject), []byte(r.About), text}, []byte("|"))
		known := [][]byte{r.Key[:], r.Current[:], r.Previous[:], r.Salt[:], []byte(r.ID)}
		for _, secret := range secrets {
			for _, form := range [][]byte{secret, []byte(hex.EncodeToString(secret)), []byte(base64.RawURLEncoding.EncodeToString(secret)), []byte(base64.StdEncoding.EncodeToString(secret))} {
				if bytes.Contains(whole, form) {
					t.Fatalf("the store has a secret: %+v", r)
				}
			}
			// And no one step from what it has leads to one.
			for _, a := range known {
				sum := sha256.Sum256(a)
				if bytes.Equal(sum[:len(secret)%33], secret) || bytes.Equal(sum[:16], secret) {
					t.Fatalf("a digest of the store is a secret: %+v", r)
				}
				for _, b := range known {
					h := hmac.New(sha256.New, a)
					h.Write(b)
					if bytes.HasPrefix(h.Sum(nil), secret) {
						t.Fatalf("a MAC of the store is a secret: %+v", r)
					}
				}
			}
		}
	}
}

// A witness keeps all that a store has ever had.
type witness struct {
	*session.Memory
	records []session.Record
}

func (w *witness) Swap(ctx context.Context, r session.Record) (bool, error) {
	w.records = append(w.records, r)
	return w.Memory.Swap(ctx, r)
}

// A thief who takes turns with the owner is never found.
func TestFaultThiefTakesTurns(t *testing.T) {
	for _, thiefIsFirst := range []bool{true, false} {
		store := newTap(t)
		s := setup{store: store}.start(t)
		owner := s.start(t)
		thief := owner
		turns := []*string{&owner, &thief}
		if thiefIsFirst {
			turns = []*string{&thief, &owner}
		}
		used := 0
		for i := range 10 {
			store.wait(time.Minute)
			got := s.app(t, *turns[i%2])
			if got.whole == appEnded {
				break
			}
			*turns[i%2] = got.refreshToken(t)
			used++
		}
		if used > 2 {
			t.Errorf("thief first %v: %d uses", thiefIsFirst, used)
		}
		for _, token := range []string{owner, thief} {
			if got := s.app(t, token).whole; got != appEnded {
				t.Error(got)
			}
		}
	}
}

// The id that pages show is the secret, or a part of it.
func TestFaultPublicIDIsTheSecret(t *testing.T) {
	s := setup{}.start(t)
	token := s.start(t)
	all, err := s.sessions.List(t.Context(), "alice")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(token[4:])
	if err != nil {
		t.Fatal(err)
	}
	id, err := base64.RawURLEncoding.DecodeString(all[0].ID)
	if err != nil || len(id) != 16 {
		t.Fatal(id, err)
	}
	if strings.Contains(token, all[0].ID) || bytes.Contains(raw, id) || bytes.Contains(raw, id[:8]) {
		t.Errorf("%s is in the token", all[0].ID)
	}
	// Nor is it good for anything.
	sum := sha256.Sum256(raw[:16])
	if bytes.Equal(sum[:16], id) {
		t.Error("the id is the key of the record")
	}
	for _, text := range []string{all[0].ID, "jr1_" + all[0].ID, "jr1_" + base64.RawURLEncoding.EncodeToString(append(id, raw[16:]...))} {
		if got := s.app(t, text).whole; got != appEnded {
			t.Error(got)
		}
		s.send(t, "POST", "/logout", "refresh_token="+text)
	}
	if got := s.app(t, token); got.StatusCode != 200 {
		t.Error(got.whole)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(s.app(t, token).accessToken(t), ".")[1])
	if err != nil || bytes.Contains(payload, []byte(token[4:20])) {
		t.Errorf("%s %v", payload, err)
	}
}

// A made-up token of a family that does not exist ends a session.
func TestFaultMadeUpTokenEndsASession(t *testing.T) {
	s := setup{}.start(t)
	token := s.start(t)
	strange := setup{}.start(t).start(t)
	// 22 characters are the family and two bits of the secret.
	for _, text := range []string{strange, strange[:26] + token[26:]} {
		s.app(t, text)
		s.send(t, "POST", "/logout", "refresh_token="+text)
	}
	if got := s.app(t, token); got.StatusCode != 200 {
		t.Error(got.whole)
	}
}

// A refresh cookie in a shared cache is everybody's.
func TestFaultCookieInSharedCache(t *testing.T) {
	iss, err := issue.New[Claims](issue.Options{}, issue.HS256(secret))
	if err != nil {
		t.Fatal(err)
	}
	s, err := session.New(iss, newMemory(t, 0), noClaims, session.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := s.Start(t.Context(), "alice", "")
	if err != nil {
		t.Fatal(err)
	}
	for name, serve := range map[string]func(w *httptest.ResponseRecorder){
		"login": func(w *httptest.ResponseRecorder) { s.Login(w, httptest.NewRequest("POST", "/", nil), "alice") },
		"browser": func(w *httptest.ResponseRecorder) {
			r := httptest.NewRequest("POST", "/", nil)
			r.Header.Set("Cookie", refreshCookie+"="+tokens.Refresh)
			s.Refresh(w, r)
		},
		"app": func(w *httptest.ResponseRecorder) {
			r := httptest.NewRequest("POST", "/", strings.NewReader("refresh_token="+tokens.Refresh))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			s.Refresh(w, r)
		},
	} {
		w := httptest.NewRecorder()
		serve(w)
		if !aRefreshToken.MatchString(fmt.Sprint(w.Header(), w.Body)) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v %s", name, w.Header(), w.Body)
		}
	}
	// TestHandlerForbidsCaching has Handler.
}
