package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jwthttp/jwthttp"
)

const (
	listed = time.Hour // for as long, lists keep revocations
	most   = 512       // revoked tokens of a store that a worker remembers
)

var isRevoked = invalid("was refused")

// revocable returns a token that a list can revoke, with its sid.
func (m *maker) revocable() (t token, sid string) {
	now := time.Now().Unix()
	sid = "sid-" + subject(m.number())
	return m.ours.token(fixedIssuer, m.counter, now+2400, fmt.Sprintf(`,"iat":%d,"sid":%q`, now, sid)), sid
}

// at makes r a request with a token of which a store decides.
func (r *request) at(s *store, t token) {
	r.store = s
	r.URL = r.maker.open.JoinPath("revocable", s.name)
	r.bearer(t)
}

// revoke revokes a token in one of three ways. It reports whether the store has acknowledged that.
func (m *maker) revoke(s *store, t token, sid string) bool {
	ctx, away, began := context.Background(), s.away.Load(), time.Now()
	var err error
	switch m.IntN(3) {
	case 0:
		err = s.list.RevokeToken(ctx, fixedIssuer, id(t.number), time.Now().Add(listed))
	case 1:
		err = s.list.RevokeSession(ctx, fixedIssuer, sid)
	case 2:
		err = s.list.RevokeSubject(ctx, fixedIssuer, subject(t.number), time.Now())
	}
	switch {
	case err == nil:
		return true
	case errors.Is(err, jwthttp.ErrUnavailable) && s.mayFail(began, time.Now(), away):
		s.refused.Add(1)
	default:
		m.report("a revocation in %s: %v", s.name, err)
	}
	return false
}

var revokedKinds = []kind{
	{"revocable, and not revoked", 5, func(m *maker, r *request) {
		t, _ := m.revocable()
		r.at(pick(m, m.stores.all), t)
	}},
	{"revoked", 4, func(m *maker, r *request) {
		s := pick(m, m.stores.all)
		t, sid := m.revocable()
		r.at(s, t)
		if !m.revoke(s, t, sid) {
			r.orElse = isRevoked // the store may have written it
			return
		}
		r.hit = isRevoked
		if all := m.revoked[s]; len(all) < most {
			m.revoked[s] = append(all, t)
		} else {
			all[m.IntN(most)] = t
		}
	}},
	{"revoked before", 6, func(m *maker, r *request) {
		s := pick(m, m.stores.all)
		if len(m.revoked[s]) == 0 {
			return
		}
		r.at(s, pick(m, m.revoked[s]))
		r.hit = isRevoked
	}},
}

// audit sends all revoked tokens once more, and all used proofs, when all stores are back.
func (w *world) audit(makers []*maker) {
	w.stores.peer.kill()
	by := &inProcess{handler: w.handler, machine: makers[0].machine}
	m := newMaker(w, len(makers)+1, makers[0].open, true, by.machine)
	audited := 0
	refused := func(r *request, want answer, what string) {
		got, err := by.send(r.Request)
		if audited++; got != want || err != nil {
			w.fault("at the end, %s\n got      %+v, %v\n promised %+v", what, got, err, want)
		}
	}
	for _, of := range makers {
		for s, tokens := range of.revoked {
			for _, t := range tokens {
				r := m.begin()
				r.at(s, t)
				refused(r, isRevoked, "a token that was revoked in "+s.name)
			}
		}
		for i := range of.shared {
			if of.usedShared.proof != "" {
				r := m.begin()
				r.used(of.usedShared, m.shared[i])
				refused(r, sharedAgain, "a proof that was used")
			}
		}
	}
	for _, jti := range w.stores.peer.revoked {
		t, _ := m.revocable()
		now := time.Now().Unix()
		t = m.ours.tokenWith(fixedIssuer, audience, t.number, jti, now+2400, fmt.Sprintf(`,"iat":%d`, now))
		r := m.begin()
		r.at(w.stores.sqlite, t)
		refused(r, isRevoked, "a token that the killed program has revoked")
	}
	fmt.Printf("%d revoked tokens and used proofs were sent again at the end\n", audited)
}
