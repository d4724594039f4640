package jwks

import (
	"hash/maphash"
	"iter"
	"sync/atomic"
)

const leastBuckets = 64

// A tenantTable has tenants by their issuers. find takes no lock, and it may miss a tenant while
// the table changes. Tenants.mu guards everything else, so a find with it misses nothing. It is
// twice as fast as a sync.Map of 100,000.
type tenantTable struct {
	seed    maphash.Seed
	buckets atomic.Pointer[[]atomic.Pointer[tenant]] // their number is a power of two
	len     int
}

func newTenantTable() *tenantTable {
	t := &tenantTable{seed: maphash.MakeSeed()}
	buckets := make([]atomic.Pointer[tenant], leastBuckets)
	t.buckets.Store(&buckets)
	return t
}

// first returns the pointer to the first tenant of a bucket. The others follow by tenant.next.
func (t *tenantTable) first(buckets []atomic.Pointer[tenant], issuer string) *atomic.Pointer[tenant] {
	return &buckets[maphash.String(t.seed, issuer)&uint64(len(buckets)-1)]
}

// find returns the tenant with this issuer, nil if there is none.
func (t *tenantTable) find(issuer string) *tenant {
	n := t.first(*t.buckets.Load(), issuer).Load()
	for n != nil && n.issuer != issuer {
		n = n.next.Load()
	}
	return n
}

// add adds a tenant whose issuer is not there.
func (t *tenantTable) add(n *tenant) {
	if t.len >= len(*t.buckets.Load()) {
		t.grow()
	}
	link(t.first(*t.buckets.Load(), n.issuer), n)
	t.len++
}

func link(first *atomic.Pointer[tenant], n *tenant) {
	n.next.Store(first.Load())
	first.Store(n)
}

// remove removes a tenant that is there.
func (t *tenantTable) remove(n *tenant) {
	place := t.first(*t.buckets.Load(), n.issuer)
	for other := place.Load(); other != n; other = place.Load() {
		place = &other.next
	}
	place.Store(n.next.Load())
	t.len--
}

func (t *tenantTable) grow() {
	old := *t.buckets.Load()
	buckets := make([]atomic.Pointer[tenant], 2*len(old))
	for i := range old {
		for n := old[i].Load(); n != nil; {
			next := n.next.Load()
			link(t.first(buckets, n.issuer), n)
			n = next
		}
	}
	t.buckets.Store(&buckets)
}

// all yields all tenants.
func (t *tenantTable) all() iter.Seq[*tenant] {
	return func(yield func(*tenant) bool) {
		buckets := *t.buckets.Load()
		for i := range buckets {
			for n := buckets[i].Load(); n != nil; n = n.next.Load() {
				if !yield(n) {
					return
				}
			}
		}
	}
}
