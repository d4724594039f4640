// Package sessiontest tests implementations of [session.Store]:
//
//	func TestStore(t *testing.T) {
//		sessiontest.Store(t, mystore.New(addr))
//	}
package sessiontest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jwthttp/jwthttp/internal/validate"
	"github.com/jwthttp/jwthttp/session"
)

// Store tests what every store must do. The store is in use by nothing else, and has room for
// 2,000 sessions. Several stores are clients of the same one, as those of several instances of a
// service are: each has to see at once what the others have written. It takes some seconds.
//
// What it cannot test:
//
//   - A store that is full, or out of reach, returns an error and changes nothing.
//   - What was written is still there after the server was killed.
//   - The clock is that of the server, since all stores are in one process here.
//   - Loads do not go to a replica.
func Store(t *testing.T, stores ...session.Store) {
	t.Helper()
	if len(stores) == 0 {
		t.Fatal("sessiontest.Store has no store: pass one")
	}
	if slices.ContainsFunc(stores, func(s session.Store) bool { return validate.IsNil(s) }) {
		t.Fatal("sessiontest.Store has a nil store: check the error of the function that makes it")
	}
	s := suite(stores)
	for _, test := range []struct {
		name string
		run  func(suite, *testing.T)
	}{
		{"nothing is there before", suite.nothing},
		{"every field comes back", suite.fields},
		{"keys that differ in one bit are different", suite.bits},
		{"of 32 simultaneous logins with one key one is written", suite.create},
		{"only the next version replaces a record", suite.versions},
		{"of simultaneous swaps one is written", suite.race},
		{"what is deleted stays deleted", suite.deleted},
		{"a swap during a delete brings nothing back", suite.deleteRace},
		{"a list has the sessions of its subject alone", suite.list},
		{"a record is kept until its IdleEnd", suite.kept},
		{"the clock goes forward and is the same for all", suite.clock},
		{"with a canceled context, a call fails or is complete", suite.canceled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(s, t) })
	}
}

type suite []session.Store

// at returns one of the stores.
func (s suite) at(i int) session.Store { return s[i%len(s)] }

// login returns a new record of a subject. It is not written.
func (s suite) login(t *testing.T, subject string) session.Record {
	t.Helper()
	_, now, err := s[0].Load(t.Context(), digest())
	if err != nil {
		t.Fatal(err)
	}
	return session.Record{
		Key: digest(), Version: 1, Current: digest(), Written: now,
		ID: rand.Text()[:22], Subject: subject, About: "sessiontest",
		LoggedIn: now, IdleEnd: now.Add(time.Hour), End: now.Add(2 * time.Hour),
	}
}

func digest() (d [sha256.Size]byte) {
	rand.Read(d[:])
	return d
}

// user returns a subject that no other test has, nor an earlier run.
func user() string { return "user " + rand.Text() }

// next returns what a refresh makes of a record.
func next(r session.Record) session.Record {
	r.Version++
	r.Previous, r.Current = r.Current, digest()
	rand.Read(r.Salt[:])
	return r
}

func (s suite) swap(t *testing.T, i int, r session.Record, want bool) {
	t.Helper()
	written, err := s.at(i).Swap(t.Context(), r)
	if err != nil {
		t.Fatalf("Swap returned the error %v", err)
	}
	if written != want {
		t.Fatalf("Swap of version %d returned %v, want %v", r.Version, written, want)
	}
}

// want asserts that all stores load this record. The zero record, but for its key, is none.
func (s suite) want(t *testing.T, want session.Record) {
	t.Helper()
	key := want.Key
	if want.Version == 0 {
		want = session.Record{}
	}
	for i := range s {
		got, now, err := s.at(i).Load(t.Context(), key)
		if err != nil {
			t.Fatalf("Load returned the error %v", err)
		}
		if now.IsZero() {
			t.Fatal("Load returned no time")
		}
		if fault := compare(got, want); fault != "" {
			t.Fatalf("Load of store %d: %s", i, fault)
		}
	}
}

// compare returns the first difference.
func compare(got, want session.Record) string {
	if got.Version == 0 && want.Version != 0 {
		return fmt.Sprintf("there is no record, want\n%+v", want)
	}
	for _, f := range []struct {
		name      string
		got, want *time.Time
	}{
		{"Written", &got.Written, &want.Written}, {"LoggedIn", &got.LoggedIn, &want.LoggedIn},
		{"IdleEnd", &got.IdleEnd, &want.IdleEnd}, {"End", &got.End, &want.End},
	} {
		// Round drops the reading of a monotonic clock, which no store keeps.
		if d := f.got.Round(0).Sub(f.want.Round(0)).Abs(); d >= time.Microsecond {
			return fmt.Sprintf("%s is %v, want %v: keep microseconds", f.name, f.got, f.want)
		}
		*f.got = *f.want
	}
	if got != want {
		return fmt.Sprintf("the record is\n%+v, want\n%+v", got, want)
	}
	return ""
}

func (s suite) nothing(t *testing.T) {
	r := s.login(t, user())
	s.want(t, session.Record{Key: r.Key})
	for _, version := range []int64{-1, 0, 2, 3} {
		r.Version = version
		for i := range s {
			s.swap(t, i, r, false)
		}
	}
	s.want(t, session.Record{Key: r.Key})
	s.wantList(t, r.Subject)
	for i := range s {
		if err := s.at(i).Delete(t.Context(), r.Key); err != nil {
			t.Fatalf("Delete of nothing returned the error %v", err)
		}
	}
}

func (s suite) fields(t *testing.T) {
	var ones [sha256.Size]byte
	for i := range ones {
		ones[i] = 0xff
	}
	for name, change := range map[string]func(*session.Record){
		"plain":                   func(*session.Record) {},
		"digests of zeros":        func(r *session.Record) { r.Current, r.Previous, r.Salt = [32]byte{}, [32]byte{}, [16]byte{} },
		"digests of ones":         func(r *session.Record) { r.Current, r.Previous, r.Salt = ones, ones, [16]byte(ones[:]) },
		"a salt that ends with 0": func(r *session.Record) { r.Salt = [16]byte{1, 2, 3} },
		"ended":                   func(r *session.Record) { r.Ended = true },
		"many answers lost":       func(r *session.Record) { r.Reissues = 10 },
		"texts of 256 bytes": func(r *session.Record) {
			r.Subject, r.About = user()+strings.Repeat("é", 112), strings.Repeat("世", 85)+"x"
		},
		"no text":                func(r *session.Record) { r.About = "" },
		"quotes and other signs": func(r *session.Record) { r.Subject, r.About = user()+"'\"\\%_;--$1?:\n\t ", "' OR 1=1 --\r\n" },
		"a zero byte":            func(r *session.Record) { r.Subject, r.About = user()+"\x00a", "\x00b\x00" },
		"emoji and combining mark": func(r *session.Record) {
			r.Subject, r.About = user()+"e\u0301 \U0001F511", "\U0001F469\u200d\U0001F4BB"
		},
		"nanoseconds":     func(r *session.Record) { r.Written = r.Written.Truncate(time.Second).Add(123_456_789) },
		"one microsecond": func(r *session.Record) { r.Written = r.Written.Truncate(time.Second).Add(time.Microsecond) },
		"another place":   func(r *session.Record) { r.LoggedIn = r.LoggedIn.In(time.FixedZone("", 5*3600+45*60)) },
		"a long time":     func(r *session.Record) { r.IdleEnd = r.End.Add(398 * 24 * time.Hour); r.End = r.IdleEnd },
	} {
		t.Run(name, func(t *testing.T) {
			r := s.login(t, user())
			change(&r)
			s.swap(t, 0, r, true)
			s.want(t, r)
			s.wantList(t, r.Subject, r)

			// A refresh writes other values, and all of them count.
			second := next(r)
			second.Written, second.IdleEnd = r.Written.Add(time.Minute), r.IdleEnd.Add(time.Minute)
			second.Reissues++
			second.Ended = !r.Ended
			s.swap(t, 1, second, true)
			s.want(t, second)
			s.wantList(t, r.Subject, second)

			third := next(second) // and back
			change(&third)
			third.Subject = r.Subject
			s.swap(t, 2, third, true)
			s.want(t, third)
		})
	}
}

func (s suite) bits(t *testing.T) {
	one := s.login(t, user())
	s.swap(t, 0, one, true)
	for bit := range 8 * len(one.Key) {
		other := one
		other.Key[bit/8] ^= 1 << (bit % 8)
		other.ID = rand.Text()[:22]
		s.swap(t, bit, other, true)
	}
	zero := one
	zero.Key = [sha256.Size]byte{}
	s.delete(t, zero.Key) // of an earlier run
	s.swap(t, 0, zero, true)
	s.want(t, zero)
	s.delete(t, zero.Key)
	s.want(t, one)
}

func (s suite) delete(t *testing.T, key [sha256.Size]byte) {
	t.Helper()
	if err := s[0].Delete(t.Context(), key); err != nil {
		t.Fatalf("Delete returned the error %v", err)
	}
}

// simultaneously swaps each of these records, all of one key, through all stores. One is to be
// written, and that is returned.
func (s suite) simultaneously(t *testing.T, records []session.Record) (winner session.Record) {
	t.Helper()
	written, errs := make([]bool, len(records)), make([]error, len(records))
	start := make(chan struct{})
	var callers sync.WaitGroup
	for i, r := range records {
		callers.Go(func() {
			<-start
			written[i], errs[i] = s.at(i).Swap(t.Context(), r)
		})
	}
	close(start)
	callers.Wait()
	n := 0
	for i := range records {
		if errs[i] != nil {
			t.Fatalf("one of %d simultaneous Swaps returned the error %v", len(records), errs[i])
		}
		if written[i] {
			n, winner = n+1, records[i]
		}
	}
	if n != 1 {
		t.Fatalf("of %d simultaneous Swaps %d have written, want 1", len(records), n)
	}
	s.want(t, winner)
	return winner
}

func (s suite) create(t *testing.T) {
	for range 10 {
		all := make([]session.Record, 32)
		all[0] = s.login(t, user())
		for i := range all {
			all[i] = all[0]
			all[i].Current = digest()
		}
		s.wantList(t, all[0].Subject, s.simultaneously(t, all))
	}
}

func (s suite) versions(t *testing.T) {
	r := s.login(t, user())
	s.swap(t, 0, r, true)
	for i := range 12 {
		for _, wrong := range []int64{-2, -1, 0, 2, 3, 1 - r.Version, -r.Version} { // added to the version
			other := next(r)
			other.Version, other.About, other.Ended = r.Version+wrong, "lost", true
			s.swap(t, i, other, false)
		}
		s.want(t, r)
		s.wantList(t, r.Subject, r)
		r = next(r)
		s.swap(t, i, r, true)
		s.want(t, r)
	}
}

func (s suite) race(t *testing.T) {
	r := s.login(t, user())
	s.swap(t, 0, r, true)
	for range 200 {
		all := make([]session.Record, max(6, len(s)))
		for i := range all {
			all[i] = next(r)
		}
		r = s.simultaneously(t, all)
	}
	s.wantList(t, r.Subject, r)
}

func (s suite) deleted(t *testing.T) {
	for i := range s {
		r := s.login(t, user())
		s.swap(t, i, r, true)
		other := s.login(t, r.Subject)
		s.swap(t, i, other, true)
		for j := range 3 {
			if err := s.at(i+j).Delete(t.Context(), r.Key); err != nil {
				t.Fatalf("Delete %d returned the error %v", j+1, err)
			}
			s.want(t, session.Record{Key: r.Key})
			s.wantList(t, r.Subject, other)
			s.swap(t, i+j, next(r), false)
		}
		s.want(t, other)
	}
}

func (s suite) deleteRace(t *testing.T) {
	for i := range 100 {
		r := s.login(t, user())
		s.swap(t, i, r, true)
		var callers sync.WaitGroup
		var errSwap, errDelete error
		callers.Go(func() { _, errSwap = s.at(i).Swap(t.Context(), next(r)) })
		callers.Go(func() { errDelete = s.at(i+1).Delete(t.Context(), r.Key) })
		callers.Wait()
		if errSwap != nil || errDelete != nil {
			t.Fatalf("a Swap during a Delete returned the error %v, and Delete %v", errSwap, errDelete)
		}
		s.want(t, session.Record{Key: r.Key})
		s.wantList(t, r.Subject)
	}
}

// wantList asserts that all stores list these records, in any order.
func (s suite) wantList(t *testing.T, subject string, want ...session.Record) {
	t.Helper()
	for i := range s {
		got, now, err := s.at(i).List(t.Context(), subject)
		if err != nil {
			t.Fatalf("List returned the error %v", err)
		}
		if now.IsZero() {
			t.Fatal("List returned no time")
		}
		if len(got) != len(want) {
			t.Fatalf("List of store %d returned %d records, want %d", i, len(got), len(want))
		}
		byKey := map[[sha256.Size]byte]session.Record{}
		for _, r := range got {
			byKey[r.Key] = r
		}
		for _, r := range want {
			if fault := compare(byKey[r.Key], r); fault != "" {
				t.Fatalf("List of store %d: %s", i, fault)
			}
		}
	}
}

func (s suite) list(t *testing.T) {
	// Subjects that are nearly the same are others.
	name := user()
	records := map[string]session.Record{}
	for i, subject := range []string{
		name, strings.ToUpper(name), " " + name, name + " ", name + "\x00", name + "\x00x", name[:len(name)-1], name + "%", "%", "_", "*",
		name + "\u00e9", name + "e\u0301", name + "e",
	} {
		r := s.login(t, subject)
		for _, old := range s.all(t, subject) { // of an earlier run
			s.delete(t, old.Key)
		}
		s.swap(t, i, r, true)
		records[subject] = r
	}
	for subject, r := range records {
		s.wantList(t, subject, r)
	}
	s.wantList(t, "")
	s.wantList(t, name+"\xff") // not UTF-8: there is no such user

	var many []session.Record
	subject := user()
	for i := range 200 {
		r := s.login(t, subject)
		s.swap(t, i, r, true)
		if i%2 == 0 {
			r = next(r)
			s.swap(t, i+1, r, true)
		}
		many = append(many, r)
	}
	s.wantList(t, subject, many...)
	var rest []session.Record
	for i, r := range many { // first one of two
		if i%2 == 0 {
			s.delete(t, r.Key)
		} else {
			rest = append(rest, r)
		}
	}
	s.wantList(t, subject, rest...)
	for _, r := range rest {
		s.delete(t, r.Key)
	}
	s.wantList(t, subject)
}

func (s suite) all(t *testing.T, subject string) []session.Record {
	t.Helper()
	all, _, err := s[0].List(t.Context(), subject)
	if err != nil {
		t.Fatalf("List returned the error %v", err)
	}
	return all
}

// kept goes by the clock of the store: if that says that it is before IdleEnd, the record is there. Of
// every other one the End has passed, as of an ending that is to be completed.
func (s suite) kept(t *testing.T) {
	var records []session.Record
	for i := range 20 {
		r := s.login(t, user())
		r.IdleEnd = r.Written.Add(time.Duration(i+1)*50*time.Millisecond + 333*time.Microsecond)
		if i%2 == 0 {
			r.Ended, r.End = true, r.Written.Add(-time.Hour)
		}
		s.swap(t, i, r, true)
		records = append(records, r)
	}
	r := s.login(t, user())
	r.IdleEnd = r.Written.Add(2 * time.Second)
	s.swap(t, 0, r, true)
	refreshed := next(r)
	refreshed.IdleEnd = r.IdleEnd.Add(300 * time.Millisecond)
	written, err := s.at(1).Swap(t.Context(), refreshed)
	if err != nil {
		t.Fatal(err)
	}
	if _, now, err := s[0].Load(t.Context(), r.Key); err != nil || !written && now.Before(r.IdleEnd) { // the test may be slow
		t.Fatalf("a Swap %v before the IdleEnd returned false, and Load the error %v", r.IdleEnd.Sub(now), err)
	}
	if written {
		records = append(records, refreshed)
	}
	began := time.Now()
	for i := 0; len(records) > 0; i++ {
		if time.Since(began) > time.Minute {
			t.Fatal("Load returns a time that does not pass: return the present time of the store, also with the zero record")
		}
		s.swap(t, i, s.login(t, user()), true) // logins may remove what is over
		want := records[0]
		got, now, err := s.at(i).Load(t.Context(), want.Key)
		if err != nil {
			t.Fatal(err)
		}
		if !now.Before(want.IdleEnd) {
			records = records[1:]
		} else if fault := compare(got, want); fault != "" {
			t.Fatalf("Load %v before the IdleEnd: %s", want.IdleEnd.Sub(now), fault)
		}
		list, now, err := s.at(i).List(t.Context(), want.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if now.Before(want.IdleEnd) && (len(list) != 1 || compare(list[0], want) != "") {
			t.Fatalf("List %v before the IdleEnd: %+v, want %+v", want.IdleEnd.Sub(now), list, want)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s suite) clock(t *testing.T) {
	r := s.login(t, user())
	s.swap(t, 0, r, true)
	last := r.Written
	for i := range 100 {
		key := r.Key
		if i%3 == 0 {
			key = digest() // of nothing
		}
		_, loaded, err := s.at(i).Load(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
		_, listed, err := s.at(i+1).List(t.Context(), r.Subject)
		if err != nil {
			t.Fatal(err)
		}
		if loaded.Before(last) {
			t.Fatalf("the time of store %d is %v before that of another, a moment earlier", i%len(s), last.Sub(loaded))
		}
		if !listed.After(loaded) {
			t.Fatalf("the time is still the same after 5 milliseconds")
		}
		last = listed
	}
	if passed := last.Sub(r.Written); passed < 400*time.Millisecond {
		t.Errorf("%v have passed by the store's clock, and 500ms at least by that of the test", passed)
	}
}

func (s suite) canceled(t *testing.T) {
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range s {
		r := s.login(t, user())
		written, err := s.at(i).Swap(canceled, r)
		switch {
		case err != nil && written:
			t.Fatal("Swap returned true and an error")
		case err == nil && !written:
			t.Fatal("Swap returned false for a new key")
		case err == nil:
			s.want(t, r)
		default: // with an error it may be written or not, and then wholly
			if _, err := s.at(i).Swap(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			s.want(t, r)
		}
		s.wantList(t, r.Subject, r)

		got, now, err := s.at(i).Load(canceled, r.Key)
		if err != nil && got != (session.Record{}) {
			t.Fatal("Load returned a record and an error")
		}
		if fault := compare(got, r); err == nil && (fault != "" || now.IsZero()) {
			t.Fatalf("Load returned %v, no error, and %s", now, fault)
		}
		all, now, err := s.at(i).List(canceled, r.Subject)
		if err != nil && len(all) > 0 {
			t.Fatal("List returned records and an error")
		}
		if err == nil && (len(all) != 1 || now.IsZero()) {
			t.Fatalf("List returned %v, no error, and %d records, want 1", now, len(all))
		}
		if err := s.at(i).Delete(canceled, r.Key); err == nil {
			s.want(t, session.Record{Key: r.Key})
		}
	}
}
