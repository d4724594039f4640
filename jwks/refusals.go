package jwks

import (
	"container/list"
	"time"
)

// refusals remember why the tokens of some issuers are refused. Nothing but a look-up adds one,
// so the budget of look-ups bounds them too. Tenants.mu guards it.
type refusals struct {
	entries map[string]*list.Element // by issuer
	order   list.List                // of refusal, the oldest first
}

type refusal struct {
	issuer string
	err    error
	until  time.Duration
}

// find returns the error for this issuer, nil if there is none.
func (r *refusals) find(issuer string, now time.Duration) error {
	if e := r.entries[issuer]; e != nil {
		if known := e.Value.(refusal); now < known.until {
			return known.err
		}
		r.remove(issuer)
	}
	return nil
}

// add replaces the refusal for this issuer. If they are too many, the oldest is removed.
func (r *refusals) add(issuer string, err error, until time.Duration) {
	r.remove(issuer)
	r.entries[issuer] = r.order.PushBack(refusal{issuer, err, until})
	if r.order.Len() > maxRefused {
		r.remove(r.order.Front().Value.(refusal).issuer)
	}
}

func (r *refusals) remove(issuer string) {
	if e := r.entries[issuer]; e != nil {
		r.order.Remove(e)
		delete(r.entries, issuer)
	}
}

func (r *refusals) len() int { return r.order.Len() }
