package jwks

import (
	"container/list"
	"context"
	"fmt"
	"time"
)

// turns limit how many do something at a time. Those who wait get their turns in the order in
// which they came. Tenants.mu guards it.
type turns struct {
	free    int       // 0 while somebody waits
	waiting list.List // of chan struct{}, closed when it is their turn
}

// take reports whether there is a free turn, and takes it.
func (q *turns) take() bool {
	if q.free == 0 {
		return false
	}
	q.free--
	return true
}

// release gives a turn back, or to the first who waits.
func (q *turns) release() {
	if first := q.waiting.Front(); first != nil {
		close(q.waiting.Remove(first).(chan struct{}))
		return
	}
	q.free++
}

// isWanted reports whether somebody waits.
func (q *turns) isWanted() bool { return q.waiting.Len() > 0 }

// await returns nil once the caller has a turn. It waits no longer than ctx and until. t.mu is
// held, but not while await waits.
func (t *Tenants) await(ctx context.Context, until time.Time, q *turns) error {
	turn := make(chan struct{})
	place := q.waiting.PushBack(turn)
	err := t.wait(ctx, until, turn)
	if err != nil {
		select {
		case <-turn:
			q.release()
		default:
			q.waiting.Remove(place)
		}
	}
	return err
}

var errStillLooking = fmt.Errorf("jwks: the look-up of the tenant, or a place for its keys, takes too long: %w", context.DeadlineExceeded)

// wait returns nil once done is closed. It waits no longer than ctx and until. t.mu is held,
// but not while wait waits.
func (t *Tenants) wait(ctx context.Context, until time.Time, done <-chan struct{}) error {
	t.mu.Unlock()
	defer t.mu.Lock()
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-t.ctx.Done():
		return errTenantsClosed
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errStillLooking
	}
}
