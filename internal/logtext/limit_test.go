package logtext_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jwthttp/jwthttp/internal/logtext"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limit, other logtext.Limit
		for _, step := range []struct {
			wait time.Duration
			want bool
		}{
			{0, true}, {0, false}, {time.Minute - 1, false}, {1, true}, {30 * time.Second, false}, {time.Hour, true}, {0, false},
		} {
			time.Sleep(step.wait)
			if got := limit.Allow(); got != step.want {
				t.Errorf("%v, want %v", got, step.want)
			}
		}
		if !other.Allow() {
			t.Error("one limit counts for another")
		}
	})
}

func TestLimitIsShared(t *testing.T) {
	var limit logtext.Limit
	var allowed atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if limit.Allow() {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n := allowed.Load(); n != 1 {
		t.Errorf("%d records are allowed at once", n)
	}
}
